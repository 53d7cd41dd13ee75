/* intake.c - what every row passes on its way out of a driver. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "index_format.h"
#include "set.h"

struct intake {
	struct hash_set *set;
	void (*use)(void *context, const struct hash_row *row);
	void  *context;
};

/*
 * MD5, SHA-1 and SHA-256 of nothing, of LF and of CR LF.  Published lists of
 * bad files carry them by mistake, and every system has such files.
 */
static const char *const empty_digests[] = {
	"d41d8cd98f00b204e9800998ecf8427e", "68b329da9893e34099c7d8ad5cb9c940",
	"81051bcc2cf1bedf378224b0a93e2877",
	"da39a3ee5e6b4b0d3255bfef95601890afd80709", "adc83b19e793491b1c6ea0fd8b46cd9f32e592fc",
	"ba8ab5a0280b953aa97435ff8946cbcbb2755a27",
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b",
	"7eb70257593da06f682a3ddda54a9d260d4fc514f645237f5ca74b08f8da61a6",
};

static bool
is_of_an_empty_file(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < sizeof empty_digests / sizeof empty_digests[0]; i++) {
		uint8_t empty[DIGEST_BYTES_MAX];

		if (strlen(empty_digests[i]) == size * 2 &&
		    text_parse_hex(empty_digests[i], size * 2, empty) && !memcmp(bytes, empty, size))
			return true;
	}
	return false;
}

bool
set_is_empty_content(const struct digests *digests)
{
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++) {
		const uint8_t *bytes = digests_get(digests, (enum digest_algorithm)i);

		if (bytes && is_of_an_empty_file(bytes, digest_size((enum digest_algorithm)i)))
			return true;
	}
	return false;
}

/* "0000..." and the like stand for no digest in the lists that carry them. */
static bool
is_one_digit(const uint8_t *bytes, size_t size)
{
	return bytes[0] >> 4 == (bytes[0] & 15) && !memcmp(bytes, bytes + 1, size - 1);
}

static bool
is_one_digit_repeated(const struct digests *digests)
{
	return (digests->known & 1u << DIGEST_MD5 && is_one_digit(digests->md5, sizeof digests->md5)) ||
	       (digests->known & 1u << DIGEST_SHA1 && is_one_digit(digests->sha1, sizeof digests->sha1)) ||
	       (digests->known & 1u << DIGEST_SHA256 && is_one_digit(digests->sha256, sizeof digests->sha256));
}

static const char *
why_unusable(const struct hash_row *row)
{
	if (!row->digests.known)
		return "no digest";
	if (is_one_digit_repeated(&row->digests))
		return "one digit repeated is no digest";
	if (row->class == HASH_BAD && set_is_empty_content(&row->digests))
		return "digest of an empty file or of one line end";
	return NULL;
}

enum hash_class
set_row_class(enum hash_class row, enum hash_class kind)
{
	if (row == HASH_NONE || (row == HASH_TOOL && kind == HASH_BAD))
		return kind;
	return row;
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
	struct hash_row settled = *row;
	const char *why;

	settled.class = set_row_class(row->class, intake->set->identity.kind);
	why = why_unusable(&settled);
	if (why) {
		reject(intake, row->row, row->name, why);
		return;
	}
	intake->set->identity.rows++;
	for (size_t i = 0; i < STRENGTHS; i++)
		intake->set->identity.entries[digests_by_strength[i]] += row->digests.known >> digests_by_strength[i] & 1;
	intake->use(intake->context, &settled);
}

enum status
set_read(struct hash_set *set, void (*use)(void *context, const struct hash_row *row), void *context,
	const struct notes *notes)
{
	struct intake intake = { .set = set, .use = use, .context = context };
	const struct hash_set_identity said = set->identity;
	const size_t said_rejects = set->reject_count;
	const struct hash_row_sink sink = { .row = take, .rejected = reject, .context = &intake };
	const struct place here = { .path = set->identity.path };
	enum status status;

	set->identity.rows = set->identity.rejected = set->reject_count = 0;
	memset(set->identity.entries, 0, sizeof set->identity.entries);
	status = set->format->read(set->identity.path, set->content ? set->content : set->source, &sink, &set->identity, &set->arena, notes);
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
