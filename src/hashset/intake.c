/* intake.c - what every row passes on its way out of a driver. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "index_format.h"
#include "set.h"

struct intake {
	struct hash_set *set;
	void (*use)(void *context, const struct hash_row *row);
	void (*use_network)(void *context, const struct network_row *row);
	void  *context;
	const struct notes *notes;
	uint64_t rows[8];		/* by the algorithms of their digests: index_algorithms() */
};

/* "0000..." and the like stand for no digest in the lists that carry them. */
static bool
is_one_digit(const uint8_t *bytes, size_t size)
{
	return bytes[0] == bytes[1] && bytes[0] >> 4 == (bytes[0] & 15) && !memcmp(bytes, bytes + 1, size - 1);
}

static bool
is_one_digit_repeated(const struct digests *digests)
{
	return (digests->known & 1u << DIGEST_MD5 && is_one_digit(digests->md5, sizeof digests->md5)) ||
	       (digests->known & 1u << DIGEST_SHA1 && is_one_digit(digests->sha1, sizeof digests->sha1)) ||
	       (digests->known & 1u << DIGEST_SHA256 && is_one_digit(digests->sha256, sizeof digests->sha256));
}

static const char *
why_unusable(const struct hash_row *row, enum hash_class kind)
{
	if (!row->digests.known)
		return row->digest.algorithm ? "a digest of an algorithm that is not computed for files" : "no digest";
	if (is_one_digit_repeated(&row->digests))
		return "one digit repeated is no digest";
	if (set_row_class(row->class, kind) == HASH_BAD && hashset_is_meaningless(&row->digests))
		return "digest of a content without meaning: empty, zeros, one word ...";
	return NULL;
}

static void
reject(void *context, uint64_t line, const char *text, const char *why)
{
	struct intake *intake = context;
	struct hash_set *set = intake->set;
	size_t kept = limit_get(LIMIT_SET_REJECTS_KEPT), length = text ? strnlen(text, 200) : 0;

	set->identity.rejected++;
	if (!set->rejects && kept)
		set->rejects = arena_allocate(&set->arena, kept * sizeof *set->rejects);
	if (set->reject_count < kept)
		set->rejects[set->reject_count++] = (struct set_reject){ .line = line,
			.text = arena_copy(&set->arena, text, length),
			.why = arena_copy_text(&set->arena, why) };
}

static void
take(void *context, const struct hash_row *row)
{
	struct intake *intake = context;
	const char *why = why_unusable(row, intake->set->identity.kind);

	if (why) {
		reject(intake, row->row, row->name, why);
		return;
	}
	intake->rows[index_algorithms(row->digests.known)]++;
	intake->use(intake->context, row);
}

/* A line that is skipped for its length may have been a row. */
static void
pass_note(void *context, const struct note *note)
{
	struct intake *intake = context;

	note_add(intake->notes, note);
	if (note->kind == NOTE_LIMIT_HIT && note->at.line)
		reject(intake, note->at.line, "", "longer than a line may be (line-bytes)");
}

static void
take_network(void *context, const struct network_row *row)
{
	struct intake *intake = context;
	const char *why = network_value_is_meaningless(&row->value);
	struct buffer text;

	if (why) {
		buffer_init(&text, 0);
		network_value_add(&text, &row->value);
		buffer_add_format(&text, " (%s)", why);
		reject(intake, row->line, text.bytes, "an address or a name that says nothing of who uses it: it would match everywhere");
		buffer_release(&text);
		return;
	}
	*(row->value.is_domain ? &intake->set->identity.domains : &intake->set->identity.addresses) += 1;
	if (intake->use_network)
		intake->use_network(intake->context, row);
}

static void
count_rows(struct hash_set_identity *identity, const uint64_t rows[8])
{
	for (uint8_t algorithms = 0; algorithms < 8; algorithms++) {
		uint32_t known = index_known(algorithms);

		identity->rows += rows[algorithms];
		for (size_t i = 0; i < STRENGTHS; i++)
			if (known >> digests_by_strength[i] & 1)
				identity->entries[digests_by_strength[i]] += rows[algorithms];
	}
}

enum status
set_read(struct hash_set *set, void (*use)(void *context, const struct hash_row *row), void *context,
	const struct notes *notes)
{
	return set_read_network(set, use, NULL, context, notes);
}

enum status
set_read_network(struct hash_set *set, void (*use)(void *context, const struct hash_row *row),
	void (*use_network)(void *context, const struct network_row *row), void *context, const struct notes *notes)
{
	struct intake intake = { .set = set, .use = use, .use_network = use_network, .context = context, .notes = notes };
	const struct notes passed = { .add = pass_note, .context = &intake };
	const struct hash_set_identity said = set->identity;
	const size_t said_rejects = set->reject_count;
	const struct hash_row_sink sink = { .row = take, .rejected = reject, .context = &intake, .network = take_network };
	const struct place here = { .path = set->identity.path };
	enum status status;

	set->identity.rows = set->identity.rejected = set->reject_count = 0;
	set->identity.addresses = set->identity.domains = 0;
	memset(set->identity.entries, 0, sizeof set->identity.entries);
	status = set->format->read(set->identity.path, set->content ? set->content : set->source, &sink, &set->identity, &set->arena, &passed);
	count_rows(&set->identity, intake.rows);
	if (set->index) {		/* it says of itself what its sources held */
		set->identity = said;
		set->reject_count = said_rejects;
	} else if (set->identity.rejected) {
		struct place line = here;

		line.line = set->reject_count ? set->rejects[0].line : 0;
		note(notes, status, NOTE_SET_REJECTED, &line, "%llu rows of hash set %s were not usable; the first: %s",
			(unsigned long long)set->identity.rejected, set->identity.name,
			set->reject_count ? set->rejects[0].why : "not kept");
	}
	return status;
}
