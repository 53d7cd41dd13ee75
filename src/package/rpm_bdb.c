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
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>

#include "rpm_package.h"

enum { MAGIC_HASH = 0x00061561, MAGIC_BTREE = 0x00053162 };
enum { PAGE_HEADER = 26, PAGE_SMALLEST = 512, PAGE_LARGEST = 65536, KEY = 4 };
enum { PAGE_HASH_OLD = 2, PAGE_LEAF = 5, PAGE_OVERFLOW = 7, PAGE_HASH = 13 };
enum { ITEM_INLINE = 1, ITEM_OVERFLOW = 3, ITEM_DELETED = 0x80, OVERFLOW_ITEM = 12, LEAF_ITEM = 3, RECORD_MOST = 256 << 20 };

struct store {
	struct rpm_database *database;
	struct source       *source;
	struct place         at;
	bool                 big_endian;
	uint32_t             page_size, pages;
	uint8_t             *page, *overflow;
	struct buffer        record;
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

/* A record over several pages. */
static bool
read_overflow(struct store *store, uint32_t page, uint32_t length)
{
	buffer_clear(&store->record);
	for (uint32_t i = 0; page && i < store->pages && store->record.length < length; i++) {
		uint32_t there;

		if (!read_page(store, page, store->overflow) || store->overflow[25] != PAGE_OVERFLOW)
			return false;
		there = page_number(store, store->overflow, 22, 2);
		if (there > store->page_size - PAGE_HEADER)
			return false;
		buffer_add(&store->record, store->overflow + PAGE_HEADER, there);
		page = page_number(store, store->overflow, 16, 4);
	}
	return store->record.length == length;
}

static void
take_record(struct store *store, uint32_t number, const void *bytes, size_t length)
{
	store->at.record_id = number;
	if (number)
		rpm_database_take(store->database, bytes, length, &store->at, NULL);
}

static void
take_overflow(struct store *store, uint32_t number, const uint8_t *item)
{
	uint32_t page = page_number(store, item, 4, 4), length = page_number(store, item, 8, 4);

	store->at.offset = (uint64_t)page * store->page_size;
	if (length > RECORD_MOST || !read_overflow(store, page, length))
		complain(store, "a record breaks off between its pages: the package in it is not known");
	else
		take_record(store, number, store->record.bytes, store->record.length);
}

/* Item of a hash page: from its place up to that of the one before it. */
static bool
hash_item(const struct store *store, uint32_t index, const uint8_t **ret_item, size_t *ret_length)
{
	uint32_t place = page_number(store, store->page, PAGE_HEADER + 2 * index, 2);
	uint32_t end = index ? page_number(store, store->page, PAGE_HEADER + 2 * (index - 1), 2) : store->page_size;

	if (place < PAGE_HEADER || place >= end || end > store->page_size)
		return false;
	*ret_item = store->page + place;
	*ret_length = end - place;
	return true;
}

static void
read_hash_page(struct store *store, uint32_t entries)
{
	const uint8_t *key, *data;
	size_t key_length, length;

	for (uint32_t i = 0; i + 1 < entries; i += 2) {
		if (!hash_item(store, i, &key, &key_length) || !hash_item(store, i + 1, &data, &length)) {
			complain(store, "an item lies outside of its page: the package in it is not known");
			continue;
		}
		if (*key != ITEM_INLINE || key_length != 1 + KEY)
			continue;
		if (*data == ITEM_INLINE)
			take_record(store, number_at(store, key + 1, KEY), data + 1, length - 1);
		else if (*data == ITEM_OVERFLOW && length >= OVERFLOW_ITEM)
			take_overflow(store, number_at(store, key + 1, KEY), data);
	}
}

/* Item of a leaf: its own length stands before it. */
static bool
leaf_item(const struct store *store, uint32_t index, const uint8_t **ret_item, size_t *ret_length)
{
	uint32_t place = page_number(store, store->page, PAGE_HEADER + 2 * index, 2);
	uint32_t length;

	if (place < PAGE_HEADER || place > store->page_size - LEAF_ITEM)
		return false;
	length = (store->page[place + 2] & ~ITEM_DELETED) == ITEM_OVERFLOW ? OVERFLOW_ITEM :
		LEAF_ITEM + page_number(store, store->page, place, 2);
	if (length > store->page_size - place)
		return false;
	*ret_item = store->page + place;
	*ret_length = length;
	return true;
}

static void
read_leaf(struct store *store, uint32_t entries)
{
	const uint8_t *key, *data;
	size_t key_length, length;

	for (uint32_t i = 0; i + 1 < entries; i += 2) {
		if (!leaf_item(store, i, &key, &key_length) || !leaf_item(store, i + 1, &data, &length)) {
			complain(store, "an item lies outside of its page: the package in it is not known");
			continue;
		}
		if (key[2] != ITEM_INLINE || key_length != LEAF_ITEM + KEY)
			continue;
		if (data[2] == ITEM_INLINE)
			take_record(store, number_at(store, key + LEAF_ITEM, KEY), data + LEAF_ITEM, length - LEAF_ITEM);
		else if (data[2] == ITEM_OVERFLOW)
			take_overflow(store, number_at(store, key + LEAF_ITEM, KEY), data);
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
	last = number_at(store, head + 32, 4);
	store->pages = (uint32_t)(store->source->size / store->page_size);
	if (last >= store->pages)
		complain(store, "the file is shorter than it says: packages may be missing");
	return true;
}

static void
read_bdb(struct rpm_database *database, const struct artifact *artifact, struct source *source)
{
	struct store store = { .database = database, .source = source, .at = artifact->place };

	if (source->size > limit_get(LIMIT_ARTIFACT_BYTES)) {
		complain(&store, "it is longer than is read (limit artifact-bytes)");
	} else if (!read_first_page(&store)) {
		complain(&store, "this is no Berkeley DB of rpm: no package is known from it");
	} else {
		buffer_init(&store.record, RECORD_MOST);
		store.page = memory_allocate(store.page_size, 1);
		store.overflow = memory_allocate(store.page_size, 1);
		read_pages(&store);
		memory_free(store.page);
		memory_free(store.overflow);
		buffer_release(&store.record);
	}
}

static enum status
parse_bdb(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	return rpm_read_stores(group, out, notes, read_bdb);
}

const struct package_db_driver rpm_bdb_package_db = {
	.name        = "rpm_bdb",
	.description = "rpm before 4.16 and rpm5: packages, their files with digests and modes, from Packages",
	.files       = (const char *const[]){
		"/var/lib/rpm/Packages", "/usr/lib/sysimage/rpm/Packages", "/usr/share/rpm/Packages", NULL
	},
	.parse       = parse_bdb,
	.directories = (const char *const[]){ "/var/lib/rpm", "/usr/lib/sysimage/rpm", NULL },
};
