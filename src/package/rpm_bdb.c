/*
 * rpm_bdb.c - rpm before 4.16: Packages, a Berkeley DB of the kind hash, or btree of rpm5
 * (Berkeley DB, dbinc/db_page.h; numbers in the byte order of the machine that wrote it)
 *
 *	page 0          magic:4 at 12, version:4, page-size:4, type:1 at 25, last-page:4 at 32
 *	page            number:4 at 8, next:4 at 16, entries:2, offset:2, level:1, type:1, places of items:2 each
 *	hash page (2, 13)   items are key and data in turn: 1 and the bytes, or 3 0 0 0 page:4 length:4
 *	btree leaf (5)      length:2 type:1 and the bytes, or 0 0 3 0 page:4 length:4; bit 80 of the type: deleted
 *	overflow (7)        offset is the number of bytes, which follow
 *
 * A key is the number of a record, 0 a counter.  Every page is looked at, and
 * not only those that the hash leads to: a record that was unlinked turns up, too.
 *
 * Beside it lie the indexes, each a Berkeley DB of its own, hash or btree: Basenames, Name and Sha1header have a text for a
 * key and pairs of numbers behind it, the record and where in it the text stands, four bytes each in the order of the
 * file (rpm, lib/backend/db3.c).  They are held against the records.  rpm5 keeps its indexes otherwise: those are not.
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "manifest.h"
#include "rpm_index.h"

enum { MAGIC_HASH = 0x00061561, MAGIC_BTREE = 0x00053162 };
enum { PAGE_HEADER = 26, PAGE_SMALLEST = 512, PAGE_LARGEST = 65536, KEY = 4 };
enum { PAGE_HASH_OLD = 2, PAGE_LEAF = 5, PAGE_OVERFLOW = 7, PAGE_HASH = 13 };
enum { ITEM_INLINE = 1, ITEM_OVERFLOW = 3, ITEM_DELETED = 0x80, OVERFLOW_ITEM = 12, LEAF_ITEM = 3, RECORD_MOST = 256 << 20,
	PAIR = 8, TEXT_MOST = 4096 };

static const char *const index_names[RPM_INDEX_COUNT] = { "Basenames", "Name", "Sha1header" };

/* What lies in a page: the bytes, or where they begin and how many they are. */
struct item { const uint8_t *bytes; size_t length; uint32_t page, page_length; };

struct store {
	struct rpm_database *database;
	struct source       *source;
	struct place         at;
	bool                 big_endian;
	uint32_t             page_size, pages;
	uint8_t             *page, *overflow;
	struct buffer        record, key;
	bool                 is_btree;
	struct rpm_index_table *index;	/* what is read is this one, NULL: the records */
	struct rpm_indexes  *indexes;	/* that the records are held against */
};

static void
complain(struct store *store, const char *what)
{
	store->database->status = status_worse(store->database->status,
		note(store->database->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &store->at, "%s: %s", store->at.path, what));
}

static uint32_t
number_at(const struct store *store, const uint8_t *bytes, size_t length)
{
	struct cursor at = cursor_over(bytes, length);

	return (uint32_t)(store->big_endian ? take_be(&at, length) : take_le(&at, length));
}

static uint32_t
page_number(const struct store *store, const uint8_t *page, size_t offset, size_t length)
{
	return number_at(store, page + offset, length);
}

static bool
read_page(struct store *store, uint32_t number, uint8_t *page)
{
	enum status status = number < store->pages ? source_read_exactly(store->source,
		(uint64_t)number * store->page_size, page, store->page_size) : STATUS_UNREADABLE;

	if (status == STATUS_DAMAGED)
		complain(store, "zeros stand for a part of a page that is lost: packages may be missing");
	return status > STATUS_UNREADABLE;
}

/* What lies on several pages. */
static bool
read_overflow(struct store *store, uint32_t page, uint32_t length, struct buffer *out)
{
	buffer_clear(out);
	for (uint32_t i = 0; page && i < store->pages && out->length < length; i++) {
		uint32_t there;

		if (!read_page(store, page, store->overflow) || store->overflow[25] != PAGE_OVERFLOW)
			return false;
		there = page_number(store, store->overflow, 22, 2);
		if (there > store->page_size - PAGE_HEADER)
			return false;
		buffer_add(out, store->overflow + PAGE_HEADER, there);
		page = page_number(store, store->overflow, 16, 4);
	}
	return out->length == length;
}

/* ---- indexes ---- */

/* The pairs behind one text. */
static void
take_index_pair(struct store *store, const uint8_t *key, size_t key_length, const uint8_t *data, size_t length)
{
	const char *text = arena_copy(&store->database->arena, key, key_length < TEXT_MOST ? key_length : TEXT_MOST);

	if (length % PAIR)
		complain(store, "an entry of the index is cut off: the index is compared with nothing");
	for (size_t i = 0; i + PAIR <= length; i += PAIR) {
		if (!rpm_index_add(store->index, number_at(store, data + i, 4), number_at(store, data + i + 4, 4), text)) {
			complain(store, "it has more entries than are read (limit package-files): it is compared with nothing");
			return;
		}
	}
}

/* ---- records ---- */

static void
take_record(struct store *store, uint32_t number, const void *bytes, size_t length)
{
	struct rpm_index of_record;

	store->at.record_id = number;
	if (!number)
		return;
	of_record = rpm_indexes_of_record(store->indexes, number);
	rpm_database_take(store->database, bytes, length, &store->at, &of_record);
}

/* The bytes of an item, wherever they lie. */
static bool
fetch(struct store *store, const struct item *item, struct buffer *room, const uint8_t **ret_bytes, size_t *ret_length)
{
	*ret_bytes = item->bytes;
	*ret_length = item->length;
	if (item->bytes)
		return true;
	store->at.offset = (uint64_t)item->page * store->page_size;
	if (item->page_length > RECORD_MOST || !read_overflow(store, item->page, item->page_length, room))
		return false;
	*ret_bytes = (const uint8_t *)room->bytes;
	*ret_length = room->length;
	return true;
}

static void
take_pair(struct store *store, const struct item *key, const struct item *data)
{
	const uint8_t *key_bytes, *bytes;
	size_t key_length, length;

	if (!store->index && (!key->bytes || key->length != KEY))
		return;
	if (!fetch(store, key, &store->key, &key_bytes, &key_length) || !fetch(store, data, &store->record, &bytes, &length))
		complain(store, store->index ? "an entry of the index breaks off between its pages: the index is compared with nothing"
			: "a record breaks off between its pages: the package in it is not known");
	else if (store->index)
		take_index_pair(store, key_bytes, key_length, bytes, length);
	else
		take_record(store, number_at(store, key_bytes, KEY), bytes, length);
}

/* Item of a hash page: from its place up to that of the one before it. */
static bool
hash_item(const struct store *store, uint32_t index, struct item *ret_item)
{
	const uint8_t *bytes;
	uint32_t place = page_number(store, store->page, PAGE_HEADER + 2 * index, 2);
	uint32_t end = index ? page_number(store, store->page, PAGE_HEADER + 2 * (index - 1), 2) : store->page_size;

	if (place < PAGE_HEADER || place >= end || end > store->page_size)
		return false;
	bytes = store->page + place;
	*ret_item = (struct item){ .length = 0 };
	if (*bytes == ITEM_INLINE)
		*ret_item = (struct item){ .bytes = bytes + 1, .length = end - place - 1 };
	else if (*bytes == ITEM_OVERFLOW && end - place >= OVERFLOW_ITEM)
		*ret_item = (struct item){ .page = page_number(store, bytes, 4, 4), .page_length = page_number(store, bytes, 8, 4) };
	return true;
}

static void
read_hash_page(struct store *store, uint32_t entries)
{
	struct item key, data;

	for (uint32_t i = 0; i + 1 < entries; i += 2) {
		if (!hash_item(store, i, &key) || !hash_item(store, i + 1, &data))
			complain(store, "an item lies outside of its page: the package in it is not known");
		else if ((key.bytes || key.page) && (data.bytes || data.page))
			take_pair(store, &key, &data);
	}
}

/* Item of a leaf: its own length stands before it. */
static bool
leaf_item(const struct store *store, uint32_t index, struct item *ret_item)
{
	const uint8_t *bytes;
	uint32_t place = page_number(store, store->page, PAGE_HEADER + 2 * index, 2);
	uint32_t length;

	if (place < PAGE_HEADER || place > store->page_size - LEAF_ITEM)
		return false;
	length = (store->page[place + 2] & ~ITEM_DELETED) == ITEM_OVERFLOW ? OVERFLOW_ITEM :
		LEAF_ITEM + page_number(store, store->page, place, 2);
	if (length > store->page_size - place)
		return false;
	bytes = store->page + place;
	*ret_item = (struct item){ .length = 0 };
	if (bytes[2] == ITEM_INLINE)
		*ret_item = (struct item){ .bytes = bytes + LEAF_ITEM, .length = length - LEAF_ITEM };
	else if (bytes[2] == ITEM_OVERFLOW)
		*ret_item = (struct item){ .page = page_number(store, bytes, 4, 4), .page_length = page_number(store, bytes, 8, 4) };
	return true;
}

static void
read_leaf(struct store *store, uint32_t entries)
{
	struct item key, data;

	for (uint32_t i = 0; i + 1 < entries; i += 2) {
		if (!leaf_item(store, i, &key) || !leaf_item(store, i + 1, &data))
			complain(store, "an item lies outside of its page: the package in it is not known");
		else if ((key.bytes || key.page) && (data.bytes || data.page))
			take_pair(store, &key, &data);
	}
}

static void
read_pages(struct store *store)
{
	for (uint32_t i = 1; i < store->pages; i++) {
		uint32_t entries;

		store->at.offset = (uint64_t)i * store->page_size;
		if (!read_page(store, i, store->page)) {
			complain(store, "a page cannot be read: what packages it held is not known");
			continue;
		}
		entries = page_number(store, store->page, 20, 2);
		if (entries > (store->page_size - PAGE_HEADER) / 2)
			entries = 0;
		if (store->page[25] == PAGE_HASH || store->page[25] == PAGE_HASH_OLD)
			read_hash_page(store, entries);
		else if (store->page[25] == PAGE_LEAF)
			read_leaf(store, entries);
	}
}

/* The first page says what it is and how long the others are. */
static bool
read_first_page(struct store *store)
{
	uint8_t head[512];
	uint32_t magic, last;
	struct cursor at = cursor_at(head, sizeof head, 12);

	if (source_read_exactly(store->source, 0, head, sizeof head) <= STATUS_UNREADABLE)
		return false;
	magic = take_u32le(&at);
	store->big_endian = magic != MAGIC_HASH && magic != MAGIC_BTREE;
	if (store->big_endian)
		magic = number_at(store, head + 12, 4);
	store->page_size = number_at(store, head + 20, 4);
	if ((magic != MAGIC_HASH && magic != MAGIC_BTREE) || store->page_size < PAGE_SMALLEST ||
	    store->page_size > PAGE_LARGEST || store->page_size & (store->page_size - 1))
		return false;
	store->is_btree = magic == MAGIC_BTREE;
	last = number_at(store, head + 32, 4);
	store->pages = (uint32_t)(store->source->size / store->page_size);
	if (last >= store->pages)
		complain(store, "the file is shorter than it says: packages may be missing");
	return true;
}

static void
store_open(struct store *store, struct rpm_database *database, const struct place *at, struct source *source)
{
	*store = (struct store){ .database = database, .source = source, .at = *at };
	buffer_init(&store->record, RECORD_MOST);
	buffer_init(&store->key, RECORD_MOST);
}

/* False with a note where it is no store. */
static bool
store_begin(struct store *store)
{
	if (store->source->size > limit_get(LIMIT_ARTIFACT_BYTES)) {
		complain(store, "it is longer than is read (limit artifact-bytes)");
		return false;
	}
	if (!read_first_page(store)) {
		complain(store, store->index ? "this is no index of rpm's database: it is compared with nothing"
			: "this is no Berkeley DB of rpm: no package is known from it");
		return false;
	}
	store->page = memory_allocate(store->page_size, 1);
	store->overflow = memory_allocate(store->page_size, 1);
	return true;
}

static void
store_close(struct store *store)
{
	memory_free(store->page);
	memory_free(store->overflow);
	buffer_release(&store->record);
	buffer_release(&store->key);
}

/* An index that is not there, or empty, says nothing; one that cannot be read whole is compared with nothing. */
static void
read_index(struct rpm_database *database, const struct artifact *artifact, struct rpm_index_table *index)
{
	enum status opened;
	struct source *source;
	struct store store;

	index->at = artifact->place;
	opened = artifact_open(artifact, database->notes, &source);
	database->status = opened;
	if (opened >= STATUS_DAMAGED && source->size) {
		store_open(&store, database, &artifact->place, source);
		store.index = index;
		if (store_begin(&store))
			read_pages(&store);
		store_close(&store);
	}
	if (opened >= STATUS_DAMAGED)
		source_close(source);
	if (database->status == STATUS_OK)
		rpm_index_finish(index);
}

/* Those beside the store, in its folder.  Returns the worst of their states; that of the records is left as it is. */
static enum status
read_indexes(struct rpm_database *database, const struct artifact_group *group, const struct artifact *packages,
	struct rpm_indexes *indexes)
{
	size_t folder = (size_t)(text_base_name(packages->path) - packages->path);
	enum status of_records = database->status, status = STATUS_OK;

	for (size_t i = 0; i < group->count; i++)
		for (size_t kind = 0; kind < RPM_INDEX_COUNT; kind++) {
			if (indexes->tables[kind].count || strncmp(group->items[i].path, packages->path, folder) ||
			    strcmp(group->items[i].path + folder, index_names[kind]))
				continue;
			read_index(database, &group->items[i], &indexes->tables[kind]);
			status = status_worse(status, database->status);
		}
	database->status = of_records;
	return status;
}

static enum status
read_store(const struct artifact_group *group, const struct artifact *artifact, const struct package_sink *out,
	const struct notes *notes)
{
	struct rpm_indexes indexes;
	struct rpm_database database;
	struct source *source;
	struct store store;
	enum status indexes_status = STATUS_OK, opened = artifact_open(artifact, notes, &source);

	if (opened < STATUS_DAMAGED)
		return opened;
	rpm_database_init(&database, out, notes);
	database.keyring = group->keyring;
	database.place = &artifact->place;
	store_open(&store, &database, &artifact->place, source);
	rpm_indexes_init(&indexes);
	store.indexes = &indexes;
	if (store_begin(&store)) {
		if (!store.is_btree)
			indexes_status = read_indexes(&database, group, artifact, &indexes);
		read_pages(&store);
		if (database.status == STATUS_OK)
			rpm_indexes_look_for_missing(&indexes, &database);
	}
	store_close(&store);
	rpm_indexes_release(&indexes);
	source_close(source);
	return status_worse(status_worse(opened, indexes_status), rpm_database_finish(&database));
}

static enum status
parse_bdb(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < group->count; i++)
		if (text_has_suffix(group->items[i].path, "/Packages") && !manifest_is_repeated(group, i))
			status = status_worse(status, read_store(group, &group->items[i], out, notes));
	return status;
}

const struct package_db_driver rpm_bdb_package_db = {
	.name        = "rpm_bdb",
	.description = "rpm before 4.16 and rpm5: packages, their files with digests and modes, from Packages",
	.files       = (const char *const[]){
		"/var/lib/rpm/Packages", "/usr/lib/sysimage/rpm/Packages", "/usr/share/rpm/Packages",
		"/var/lib/rpm/Basenames", "/var/lib/rpm/Name", "/var/lib/rpm/Sha1header",
		"/usr/lib/sysimage/rpm/Basenames", "/usr/lib/sysimage/rpm/Name", "/usr/lib/sysimage/rpm/Sha1header",
		"/usr/share/rpm/Basenames", "/usr/share/rpm/Name", "/usr/share/rpm/Sha1header", NULL
	},
	.parse       = parse_bdb,
	.directories = (const char *const[]){ "/var/lib/rpm", "/usr/lib/sysimage/rpm", NULL },
};
