/*
 * index.c - compiled sets, NAME.t1554set: what "hashset build" makes and
 * questions are answered from at once.  Layout: index_format.h.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "index.h"
#include "set.h"

static const enum digest_algorithm by_strength[] = { DIGEST_SHA256, DIGEST_SHA1, DIGEST_MD5 };

static bool
probe(const uint8_t *head, size_t length)
{
	return length >= INDEX_MAGIC_BYTES && !memcmp(head, INDEX_MAGIC, INDEX_MAGIC_BYTES);
}

static void
take_reject(struct hash_set *set, const struct index_reject_fact *reject, size_t capacity)
{
	if (!set->rejects)
		set->rejects = arena_allocate(&set->arena, capacity * sizeof *set->rejects);
	if (set->reject_count < capacity)
		set->rejects[set->reject_count++] = (struct set_reject){
			.line = reject->line, .text = reject->text ? reject->text : "", .why = reject->why ? reject->why : "" };
}

/* The sources become the description: "name (format, bytes, rows, sha256 ...)". */
static void
take_source(struct hash_set *set, const struct index_source_fact *source)
{
	struct buffer text;

	buffer_init(&text, 65536);
	buffer_add_format(&text, "%s%s%s (%s%s%s, %llu bytes, %llu rows, sha256 ", set->identity.description,
		*set->identity.description ? "; " : "made from ", source->name ? source->name : "",
		source->format ? source->format : "", source->release ? ", release " : "",
		source->release ? source->release : "",
		(unsigned long long)source->size, (unsigned long long)source->rows);
	text_add_hex(&text, source->sha256, sizeof source->sha256);
	buffer_add_char(&text, ')');
	set->identity.description = arena_copy(&set->arena, text.bytes, text.length);
	buffer_release(&text);
}

static bool
take_record(struct hash_set *set, const char *line, size_t length)
{
	struct index_reject_fact reject;
	struct index_source_fact source;
	struct index_set_fact fact;

	if (record_read(line, length, &index_set_record, &set->arena, &fact) == STATUS_OK) {
		set->identity.release = fact.release ? fact.release : "";
		set->identity.kind = (enum hash_class)fact.kind;
		set->identity.rows = fact.rows;
		set->identity.rejected = fact.rejected;
		return true;
	}
	if (record_read(line, length, &index_source_record, &set->arena, &source) == STATUS_OK) {
		take_source(set, &source);
		return true;
	}
	if (record_read(line, length, &index_reject_record, &set->arena, &reject) != STATUS_OK)
		return false;
	take_reject(set, &reject, 64);
	return true;
}

static bool
read_identity(struct hash_set *set)
{
	const char *text;
	size_t length;

	if (!set_index_identity(set->index, &text, &length))
		return false;
	for (const char *at = text, *end = text + length; at < end; ) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (!stop || !take_record(set, at, (size_t)(stop - at)))
			return false;
		at = stop + 1;
	}
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++) {
		const struct key_table *keys = set_index_keys(set->index, (enum digest_algorithm)i);

		set->identity.entries[i] = keys ? keys->count : 0;
	}
	return true;
}

static enum status
open_index(struct hash_set *set, const struct notes *notes, struct buffer *ret_message)
{
	const struct place here = { .path = set->identity.path };
	const char *why;

	set->index = set_index_open(set->descriptor, set->source->size, &why);
	if (set->index && read_identity(set))
		return STATUS_OK;
	if (set->index)
		why = "damaged: its identity fails its checksum; build it again";
	buffer_add_format(ret_message, "hash set %s: %s\n", set->identity.path, why);
	return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here, "%s", why);
}

static void
close_index(struct hash_set *set)
{
	set_index_close(set->index);
}

struct match_sink {
	void (*match)(void *context, size_t item, enum digest_algorithm by, const struct hash_row *row);
	void  *context;
};

/* A row that also has a stronger digest of the item was found by that one, or differs in it. */
static bool
ask_by(struct set_index *index, enum digest_algorithm by, uint32_t stronger, const struct digests *item, size_t number,
	const struct match_sink *out)
{
	const struct key_table *keys = set_index_keys(index, by);
	const uint8_t *bytes = digests_get(item, by);
	uint64_t first, count;

	if (!keys || !bytes)
		return true;
	if (!key_table_find(keys, bytes, &first, &count))
		return false;
	for (uint64_t i = 0; i < count; i++) {
		struct hash_row row;
		uint32_t algorithms;

		if (!set_index_detail(index, key_row_number(keys, first + i), &row, &algorithms))
			return false;
		if (!(algorithms & item->known & stronger))
			out->match(out->context, number, by, &row);
	}
	return true;
}

static enum status
ask_index(struct hash_set *set, const struct digests *items, size_t item_count,
	void (*match)(void *context, size_t item, enum digest_algorithm by, const struct hash_row *row),
	void *context, const struct notes *notes)
{
	const struct match_sink out = { .match = match, .context = context };
	uint64_t damaged = 0;

	for (size_t i = 0; i < item_count; i++) {
		uint32_t stronger = 0;
		bool sound = true;

		for (size_t j = 0; j < sizeof by_strength / sizeof by_strength[0]; j++) {
			sound &= ask_by(set->index, by_strength[j], stronger, &items[i], i, &out);
			stronger |= 1u << by_strength[j];
		}
		damaged += !sound;
	}
	if (!damaged)
		return STATUS_OK;
	return note_add(notes, &(struct note){ .kind = NOTE_ARTIFACT_DAMAGED, .status = STATUS_DAMAGED,
		.at = { .path = set->identity.path }, .files = damaged, .incomplete = true,
		.text = "the hash set is damaged where these digests would stand: build it again" });
}

static bool
read_keys(struct set_index *index, enum digest_algorithm algorithm, const struct hash_row_sink *out)
{
	const struct key_table *keys = set_index_keys(index, algorithm);
	bool sound = true;

	for (uint64_t i = 0; keys && i < keys->count; i++) {
		const uint8_t *row = keys->rows + i * key_row_size(keys);
		struct hash_row found;
		uint32_t algorithms;

		if (!keys->check(keys->context, row, key_row_size(keys)) ||
		    !set_index_detail(index, key_row_number(keys, i), &found, &algorithms)) {
			sound = false;
			continue;
		}
		digests_set(&found.digests, algorithm, row);
		out->row(out->context, &found);
	}
	return sound;
}

/*
 * A compiled set as the source of another, or read from end to end: one row
 * for each digest, because a detail does not know its digests.
 */
static enum status
read_index(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	const struct place here = { .path = path };
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	const char *why = "cannot be opened again";
	struct set_index *index = NULL;
	bool sound = true;

	(void)identity;
	(void)arena;
	if (descriptor >= 0) {
		index = set_index_open(descriptor, source->size, &why);
		close(descriptor);
	}
	if (!index)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here, "%s", why);
	for (size_t i = 0; i < sizeof by_strength / sizeof by_strength[0]; i++)
		sound &= read_keys(index, by_strength[i], out);
	set_index_close(index);
	return sound ? STATUS_OK : note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &here,
		"a block of the compiled set fails its checksum: build it again");
}

const struct hashset_format index_hashset_format = {
	.name        = "index",
	.description = "compiled sets, NAME.t1554set (hashset build)",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_index,
	.open        = open_index,
	.close       = close_index,
	.ask         = ask_index,
};
