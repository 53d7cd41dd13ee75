/*
 * rpm_ndb_index.c - Index.db beside rpm's own store (rpm, lib/backend/ndb/rpmxdb.c and rpmidx.c; numbers little-endian)
 *
 *	header  RpmX version:4 generation:4 slot-pages:4 page-size:4 generation-of-the-store:4, 32 bytes with its padding
 *	slot    Slo sub:1 tag:4 page:4 pages:4		from byte 32 to the end of the last slot page; page 0: free
 *
 *	index   RpmI version:4 generation:4 slots:4 used:4 left:4 mask:4, 64 bytes with its padding
 *	        key:4 data:4 for each slot, then more:4 for each slot, then the keys
 *	key     length:1 (FF: two more bytes; FF FF FF: four more) and the text
 *
 * Sub 0 is an index in use, tag says of what.  The key of a slot is 0 where it is free and -1 where it was left, else a place
 * among the keys, with bits of the key's hash above it, which the mask takes away.  Data is the number of a record and
 * where in it the text stands: 20 and 10 bits; 24 and 6 with bit 30; with bit 31 the number stands in "more".
 *
 * rpm makes the indexes anew where they are of another generation than the store.
 */
#include <string.h>

#include <t1554triage/cursor.h>

#include "rpm_ndb_index.h"

enum { HEADER = 32, SLOT = 16, PAGE_MOST = 1 << 20, INDEX_HEADER = 64, INDEX_SLOT = 12, INDEX_BYTES_MOST = 256 << 20,
	LONG_KEY = 0xFF, SUB_IN_USE = 0 };
enum { TAG_BASE_NAMES = 1117, TAG_NAME = 1000, TAG_SHA1 = 269 };
static const uint32_t LEFT = UINT32_MAX;

static const uint32_t tags[RPM_INDEX_COUNT] = { [RPM_INDEX_BASE_NAMES] = TAG_BASE_NAMES, [RPM_INDEX_NAMES] = TAG_NAME,
	[RPM_INDEX_DIGESTS] = TAG_SHA1 };

/* The file while it is read. */
struct indexing {
	struct rpm_database *database;
	struct place         at;
	struct buffer        file;
	enum status          status;
};

/* One index within the file. */
struct index {
	const uint8_t *bytes;
	size_t         length;
	uint32_t       slots, mask;
	size_t         keys;	/* where they begin */
	struct map     texts;	/* place of a key to where its text stands in the arena */
	size_t         text_bytes;
};

static bool
complain(struct indexing *indexing, const char *what)
{
	indexing->status = status_worse(indexing->status, note(indexing->database->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED,
		&indexing->at, "%s: %s", indexing->at.path, what));
	return false;
}

static bool
take_key(const struct index *index, uint32_t place, const uint8_t **ret_text, size_t *ret_length)
{
	struct cursor at = cursor_at(index->bytes + index->keys, index->length - index->keys, place);
	size_t length = take_u8(&at);

	if (length == LONG_KEY) {
		length = take_u16le(&at);
		if (length == UINT16_MAX)
			length = take_u32le(&at);
	}
	*ret_text = take_bytes(&at, length);
	*ret_length = length;
	return !at.failed;
}

/* The text of a key, kept once; NULL: it lies outside, or keys share their bytes. */
static const char *
text_of_key(struct indexing *indexing, struct index *index, uint32_t place)
{
	const uint8_t *bytes;
	const char *text;
	uint64_t known;
	size_t length;

	if (map_get(&index->texts, &place, sizeof place, &known))
		return (const char *)(uintptr_t)known;
	if (!take_key(index, place, &bytes, &length) || (index->text_bytes += length) > index->length)
		return NULL;
	text = arena_copy(&indexing->database->arena, bytes, length);
	map_add(&index->texts, &place, sizeof place, (uintptr_t)text);
	return text;
}

static void
decode_data(uint32_t data, uint32_t more, uint32_t *ret_record, uint32_t *ret_number)
{
	if (data & 1u << 31) {
		*ret_record = more;
		*ret_number = data & ~(1u << 31);
	} else if (data & 1u << 30) {
		*ret_record = data & 0xFFFFFF;
		*ret_number = (data & ~(1u << 30)) >> 24;
	} else {
		*ret_record = data & 0xFFFFF;
		*ret_number = data >> 20;
	}
}

static bool
take_slots(struct indexing *indexing, struct index *index, struct rpm_index_table *table)
{
	struct cursor slots = cursor_at(index->bytes, index->length, INDEX_HEADER);
	struct cursor overflow = cursor_at(index->bytes, index->length, INDEX_HEADER + (uint64_t)index->slots * 8);

	for (uint32_t i = 0; i < index->slots; i++) {
		uint32_t key = take_u32le(&slots), data = take_u32le(&slots), more = take_u32le(&overflow), record, number;
		const char *text;

		if (!key || key == LEFT)
			continue;
		text = text_of_key(indexing, index, key & ~index->mask);
		if (!text)
			return complain(indexing, "a key of an index lies outside of it: the index is compared with nothing");
		decode_data(data, more, &record, &number);
		if (!rpm_index_add(table, record, number, text))
			return complain(indexing, "an index has more entries than are read (limit package-files): it is compared with nothing");
	}
	return true;
}

static void
read_index(struct indexing *indexing, const uint8_t *bytes, size_t length, struct rpm_index_table *table)
{
	struct index index = { .bytes = bytes, .length = length };
	struct cursor at = cursor_over(bytes, length);
	const uint8_t *magic = take_bytes(&at, 4);

	take_bytes(&at, 8);
	index.slots = take_u32le(&at);
	take_bytes(&at, 8);
	index.mask = take_u32le(&at);
	if (at.failed || memcmp(magic, "RpmI", 4) || length < INDEX_HEADER || index.slots > (length - INDEX_HEADER) / INDEX_SLOT) {
		complain(indexing, "an index in it is none, or cut off: it is compared with nothing");
		return;
	}
	index.keys = INDEX_HEADER + (size_t)index.slots * INDEX_SLOT;
	map_init(&index.texts);
	if (take_slots(indexing, &index, table))
		rpm_index_finish(table);
	map_release(&index.texts);
}

static void
take_file_slot(struct indexing *indexing, struct cursor *at, uint64_t page_size, struct rpm_indexes *indexes)
{
	const uint8_t *magic = take_bytes(at, 4);
	uint32_t tag = take_u32le(at);
	uint64_t start = take_u32le(at) * page_size, length = take_u32le(at) * page_size;

	indexing->at.offset = start;
	for (size_t kind = 0; kind < RPM_INDEX_COUNT; kind++) {
		if (!start || tag != tags[kind] || magic[3] != SUB_IN_USE || indexes->tables[kind].count)
			continue;
		indexes->tables[kind].at = indexing->at;
		if (start > indexing->file.length || length > indexing->file.length - start)
			complain(indexing, "an index lies outside of the file: it is compared with nothing");
		else
			read_index(indexing, (const uint8_t *)indexing->file.bytes + start, (size_t)length, &indexes->tables[kind]);
	}
}

static void
read_file(struct indexing *indexing, uint32_t generation, struct rpm_indexes *indexes)
{
	struct cursor at = cursor_over(indexing->file.bytes, indexing->file.length);
	const uint8_t *magic = take_bytes(&at, 4);
	uint64_t slot_pages, page_size, slots;
	uint32_t of_store;

	take_bytes(&at, 8);
	slot_pages = take_u32le(&at);
	page_size = take_u32le(&at);
	of_store = take_u32le(&at);
	take_bytes(&at, 8);
	if (at.failed || memcmp(magic, "RpmX", 4) || page_size % SLOT || page_size < HEADER || page_size > PAGE_MOST ||
	    slot_pages > indexing->file.length / page_size) {
		complain(indexing, "these are no indexes of rpm's store: they are compared with nothing");
		return;
	}
	if (of_store != generation) {
		note(indexing->database->notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &indexing->at, "%s is of state %u of the "
			"store, and the store is in state %u: rpm would make it anew, and it is compared with nothing",
			indexing->at.path, of_store, generation);
		return;
	}
	slots = (slot_pages * page_size - (slot_pages ? HEADER : 0)) / SLOT;
	for (uint64_t i = 0; i < slots && at.end - at.at >= SLOT; i++)
		take_file_slot(indexing, &at, page_size, indexes);
}

enum status
rpm_ndb_index_read(const struct artifact *artifact, uint32_t generation, struct rpm_database *database,
	struct rpm_indexes *indexes)
{
	struct indexing indexing = { .database = database, .at = artifact->place };
	struct source *source;
	enum status read;

	indexing.status = artifact_open(artifact, database->notes, &source);
	if (indexing.status < STATUS_DAMAGED)
		return indexing.status;
	buffer_init(&indexing.file, INDEX_BYTES_MOST);
	read = source_read_all(source, INDEX_BYTES_MOST, &indexing.file);
	if (source->size && read < STATUS_OK)
		complain(&indexing, read <= STATUS_UNREADABLE ? "it cannot be read: the records are compared with nothing" :
			"it is damaged or longer than is read: the records are compared with nothing");
	else if (source->size)
		read_file(&indexing, generation, indexes);
	buffer_release(&indexing.file);
	source_close(source);
	return indexing.status;
}
