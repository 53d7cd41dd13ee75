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

/* The sources become the description: "name (format, bytes, rows, sha256 ...)".  A folder has neither bytes nor a digest. */
static void
take_source(struct hash_set *set, const struct index_source_fact *source)
{
	static const uint8_t no_digest[sizeof source->sha256];
	bool is_folder = !source->size && !memcmp(source->sha256, no_digest, sizeof no_digest);
	struct buffer text;

	buffer_init(&text, 65536);
	buffer_add_format(&text, "%s%s%s (%s%s%s, ", set->identity.description,
		*set->identity.description ? "; " : "made from ", source->name ? source->name : "",
		source->format ? source->format : "", source->release ? ", release " : "",
		source->release ? source->release : "");
	if (!is_folder)
		buffer_add_format(&text, "%llu bytes, ", (unsigned long long)source->size);
	buffer_add_format(&text, "%llu rows, %s", (unsigned long long)source->rows, is_folder ? "a folder, without a digest" : "sha256 ");
	if (!is_folder)
		text_add_hex(&text, source->sha256, sizeof source->sha256);
	buffer_add_char(&text, ')');
	set->identity.description = arena_copy(&set->arena, text.bytes, text.length);
	buffer_release(&text);
}

/* An address or a name; false where the line is no such record. */
static bool
network_row_read(const char *line, size_t length, struct arena *arena, struct network_row *ret_row)
{
	struct index_network_fact fact;

	if (record_read(line, length, &index_network_record, arena, &fact) != STATUS_OK || !fact.value)
		return false;
	*ret_row = (struct network_row){ .product = fact.product, .actor = fact.actor, .source = fact.source,
		.note = fact.note, .grade = fact.grade ? *fact.grade : '\0', .line = fact.line };
	return !network_value_read(fact.value, strlen(fact.value), &ret_row->value);
}

static void
hand_out_network(struct set_index *index, const struct hash_row_sink *out)
{
	struct network_row row;
	struct arena arena;
	const char *text;
	size_t length;

	if (!set_index_identity(index, &text, &length))
		return;
	arena_init(&arena);
	for (const char *at = text, *end = text + length; at < end; ) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (!stop)
			break;
		if (network_row_read(at, (size_t)(stop - at), &arena, &row))
			hash_row_sink_network(out, &row);
		arena_release(&arena);
		at = stop + 1;
	}
	arena_release(&arena);
}

struct handing_out { struct set_index *index; const struct hash_row_sink *out; };

static void
hand_out(void *context)
{
	const struct handing_out *at = context;

	hand_out_network(at->index, at->out);
}

/* What cannot be read is said when the set is asked for digests. */
static void
network_of_index(struct hash_set *set, const struct hash_row_sink *out)
{
	struct handing_out at = { set->index, out };

	(void)set_index_guard(set->index, hand_out, &at);
}

static bool
take_record(struct hash_set *set, const char *line, size_t length)
{
	struct index_reject_fact reject;
	struct index_source_fact source;
	struct index_set_fact fact;
	struct network_row row;

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
	if (record_read(line, length, &index_reject_record, &set->arena, &reject) == STATUS_OK) {
		take_reject(set, &reject, 64);
		return true;
	}
	if (!network_row_read(line, length, &set->arena, &row))
		return false;
	*(row.value.is_domain ? &set->identity.domains : &set->identity.addresses) += 1;
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
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		set->identity.entries[i] = set_index_distinct(set->index, (enum digest_algorithm)i);
	set->identity.contradictions_counted = set_index_contradictions(set->index, &set->identity.contradictions);
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

enum { MANY_QUESTIONS = 1 << 14 };

struct match_sink {
	void (*match)(void *context, size_t item, enum digest_algorithm by, const struct hash_row *row);
	void  *context;
	const struct digests *item;
	size_t   number;		/* of the item */
	enum digest_algorithm by;
	uint32_t stronger;		/* algorithms that were asked before */
};

/* A row that also has a stronger digest of the item was found by that one, or differs in it. */
static void
take_row(void *context, const struct hash_row *row, uint32_t algorithms)
{
	const struct match_sink *out = context;

	if (!(algorithms & out->item->known & out->stronger))
		out->match(out->context, out->number, out->by, row);
}

/* Asks a batch by one algorithm; sets what was damaged of each item. */
static void
ask_batch(struct set_index *index, const struct digests *items, size_t begin, size_t count, struct match_sink *out,
	bool *damaged)
{
	const struct key_table *keys = set_index_keys(index, out->by);
	const uint8_t *digests[KEY_BATCH];
	struct key_range ranges[KEY_BATCH];
	size_t numbers[KEY_BATCH], asked = 0;

	for (size_t i = 0; i < count && keys; i++) {
		digests[asked] = digests_get(&items[begin + i], out->by);
		numbers[asked] = i;
		asked += digests[asked] != NULL;
	}
	if (asked)
		key_table_find_batch(keys, digests, asked, ranges);
	for (size_t i = 0; i < asked; i++) {
		bool sound = !ranges[i].damaged;

		out->number = begin + numbers[i];
		out->item = &items[out->number];
		for (uint32_t key = 0; key < ranges[i].count; key++)
			sound &= set_index_key(index, out->by, (uint64_t)ranges[i].first + key, take_row, out);
		damaged[numbers[i]] |= !sound;
	}
}

struct asking {
	struct hash_set      *set;
	const struct digests *items;
	size_t                item_count;
	struct match_sink     out;
	uint64_t              damaged_count;
};

static void
ask_all(void *context)
{
	struct asking *at = context;

	for (size_t begin = 0; begin < at->item_count; begin += KEY_BATCH) {
		size_t count = at->item_count - begin < KEY_BATCH ? at->item_count - begin : KEY_BATCH;
		bool damaged[KEY_BATCH] = { false };

		at->out.stronger = 0;
		for (size_t i = 0; i < STRENGTHS; i++) {
			at->out.by = digests_by_strength[i];
			ask_batch(at->set->index, at->items, begin, count, &at->out, damaged);
			at->out.stronger |= 1u << at->out.by;
		}
		for (size_t i = 0; i < count; i++)
			at->damaged_count += damaged[i];
	}
}

static const char became_unreadable[] = "the hash set was cut off since it was opened, or cannot be read any more: not all was asked of it";

static enum status
ask_index(struct hash_set *set, const struct digests *items, size_t item_count,
	void (*match)(void *context, size_t item, enum digest_algorithm by, const struct hash_row *row),
	void *context, const struct notes *notes)
{
	struct asking at = { .set = set, .items = items, .item_count = item_count,
		.out = { .match = match, .context = context } };
	const struct place here = { .path = set->identity.path };

	if (item_count >= MANY_QUESTIONS)
		set_index_expect_many(set->index);
	if (!set_index_guard(set->index, ask_all, &at))
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here, "%s", became_unreadable);
	if (!at.damaged_count)
		return STATUS_OK;
	return note_add(notes, &(struct note){ .kind = NOTE_ARTIFACT_DAMAGED, .status = STATUS_DAMAGED,
		.at = { .path = set->identity.path }, .files = at.damaged_count, .incomplete = true,
		.text = "the hash set is damaged where these digests would stand: build it again" });
}

/* A compiled set that is read from its first content to its last. */
struct reading {
	struct set_index *index;
	const struct hash_row_sink *out;
	struct digests    digests;
	uint32_t         *keys[DIGEST_ALGORITHM_COUNT];	/* of each content, 1 + number; 0: none */
	bool              is_sound;
};

static void
hand_out_row(void *context, const struct hash_row *row, uint32_t algorithms)
{
	struct reading *reading = context;
	struct hash_row whole = *row;

	(void)algorithms;
	whole.digests = reading->digests;
	reading->out->row(reading->out->context, &whole);
}

static const uint8_t *
checked_key(const struct key_table *keys, uint64_t key)
{
	const uint8_t *at = keys->keys + key * keys->digest_size;

	return keys->check(keys->context, at, keys->digest_size) ? at : NULL;
}

/* Which key of the algorithm each content has. */
static bool
find_keys_of_contents(struct reading *reading, enum digest_algorithm algorithm, uint64_t contents)
{
	const struct key_table *keys = set_index_keys(reading->index, algorithm);
	bool sound = true;

	reading->keys[algorithm] = memory_allocate(contents, sizeof *reading->keys[algorithm]);
	for (uint64_t key = 0; keys && key < keys->count; key++) {
		uint64_t content;

		if (set_index_content_of_key(reading->index, algorithm, key, &content) && content < contents)
			reading->keys[algorithm][content] = (uint32_t)key + 1;
		else
			sound = false;
	}
	return sound;
}

static bool
read_content(struct reading *reading, uint64_t content)
{
	reading->digests.known = 0;
	for (size_t i = 0; i < STRENGTHS; i++) {
		enum digest_algorithm algorithm = digests_by_strength[i];
		uint32_t key = reading->keys[algorithm][content];
		const uint8_t *digest = key ? checked_key(set_index_keys(reading->index, algorithm), key - 1) : NULL;

		if (digest)
			digests_set(&reading->digests, algorithm, digest);
		else if (key)
			return false;
	}
	return set_index_content(reading->index, content, hand_out_row, reading);
}

static bool
read_contents(struct reading *reading)
{
	uint64_t contents = set_index_contents(reading->index);
	bool sound = true;

	for (size_t i = 0; i < STRENGTHS; i++)
		sound &= find_keys_of_contents(reading, digests_by_strength[i], contents);
	for (uint64_t content = 0; content < contents; content++)
		sound &= read_content(reading, content);
	for (size_t i = 0; i < STRENGTHS; i++)
		memory_free(reading->keys[digests_by_strength[i]]);
	return sound;
}

/* Of a set of keys only nobody knows which digests belong to one content. */
static bool
read_keys(struct reading *reading, enum digest_algorithm algorithm)
{
	const struct key_table *keys = set_index_keys(reading->index, algorithm);
	bool sound = true;

	for (uint64_t key = 0; keys && key < keys->count; key++) {
		const uint8_t *digest = checked_key(keys, key);

		reading->digests.known = 0;
		sound &= digest && digests_set(&reading->digests, algorithm, digest) &&
			set_index_key(reading->index, algorithm, key, hand_out_row, reading);
	}
	return sound;
}

static void
read_all(void *context)
{
	struct reading *reading = context;

	reading->is_sound = true;
	if (set_index_contents(reading->index))
		reading->is_sound = read_contents(reading);
	else
		for (size_t i = 0; i < STRENGTHS; i++)
			reading->is_sound &= read_keys(reading, digests_by_strength[i]);
	hand_out_network(reading->index, reading->out);
}

/* A compiled set as the source of another, or read from end to end. */
static enum status
read_index(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	const struct place here = { .path = path };
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	const char *why = "cannot be opened again";
	struct reading reading = { .out = out };
	bool is_whole;

	(void)identity;
	(void)arena;
	if (descriptor >= 0) {
		reading.index = set_index_open(descriptor, source->size, &why);
		close(descriptor);
	}
	if (!reading.index)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here, "%s", why);
	is_whole = set_index_guard(reading.index, read_all, &reading);
	set_index_close(reading.index);
	if (!is_whole)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here, "%s", became_unreadable);
	return reading.is_sound ? STATUS_OK : note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &here,
		"a block of the compiled set fails its checksum: build it again");
}

const struct hashset_format index_hashset_format = {
	.name        = "index",
	.description = "compiled sets, NAME.t1554set (hashset build)",
	.kind        = HASH_KNOWN,
	.carries_network = true,
	.probe       = probe,
	.read        = read_index,
	.network     = network_of_index,
	.open        = open_index,
	.close       = close_index,
	.ask         = ask_index,
};
