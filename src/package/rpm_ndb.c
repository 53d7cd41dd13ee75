/*
 * rpm_ndb.c - rpm's own store, of SUSE: Packages.db (rpm, lib/backend/ndb/rpmpkg.c; numbers little-endian)
 *
 *	header  RpmP version:4 generation:4 slot-pages:4 next-package:4, 32 bytes with its padding
 *	slot    Slot package:4 block:4 blocks:4		from byte 32 to the end of the last slot page; blocks of 16 bytes
 *	blob    BlbS package:4 generation:4 length:4, the record, padding, adler32:4 length:4 BlbE
 *
 * The checksum is that of the blob from BlbS to the end of the padding.  Index.db beside it repeats what the records say
 * (rpm_ndb_index.c), and they are held against it.
 */
#include <string.h>

#include <zlib.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "manifest.h"
#include "rpm_ndb_index.h"

enum { HEADER = 32, SLOT = 16, SLOT_PAGE = 4096, BLOCK = 16, BLOB_HEAD = 16, BLOB_TAIL = 12 };

struct store {
	struct rpm_database *database;
	struct source       *source;
	struct place         at;
	struct buffer        blob;
	struct rpm_indexes  *indexes;
};

static void
complain(struct store *store, const char *what)
{
	store->database->status = status_worse(store->database->status,
		note(store->database->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &store->at, "%s: %s", store->at.path, what));
}

/* The blob that a slot leads to; false with a note where it is none. */
static bool
read_blob(struct store *store, uint64_t offset, uint64_t length)
{
	buffer_clear(&store->blob);
	if (length < BLOB_HEAD + BLOB_TAIL || length > limit_get(LIMIT_ARTIFACT_BYTES) ||
	    offset > store->source->size || length > store->source->size - offset) {
		complain(store, "a slot leads outside of the file: the package in it is not known");
		return false;
	}
	for (uint64_t at = 0; at < length; ) {
		char block[65536];
		size_t part = length - at < sizeof block ? (size_t)(length - at) : sizeof block;
		enum status status = source_read_exactly(store->source, offset + at, block, part);

		if (status <= STATUS_UNREADABLE) {
			complain(store, "a record cannot be read: the package in it is not known");
			return false;
		}
		if (status < STATUS_OK)
			complain(store, "zeros stand for a part of a record that is lost");
		buffer_add(&store->blob, block, part);
		at += part;
	}
	return true;
}

static void
take_blob(struct store *store, uint32_t package)
{
	size_t whole = store->blob.length - BLOB_TAIL;
	struct cursor head = cursor_over(store->blob.bytes, BLOB_HEAD);
	struct cursor tail = cursor_at(store->blob.bytes, store->blob.length, whole);
	const uint8_t *magic = take_bytes(&head, 4);
	uint32_t number = take_u32le(&head), length, checksum = take_u32le(&tail);
	struct rpm_index of_record;

	take_u32le(&head);
	length = take_u32le(&head);
	if (memcmp(magic, "BlbS", 4) || number != package || length > whole - BLOB_HEAD) {
		complain(store, "a slot does not lead to the record of its package: the package is not known");
		return;
	}
	if (checksum != adler32(1, (const Bytef *)store->blob.bytes, (uInt)whole))
		complain(store, "the checksum of a record does not fit what it holds: it was read as it is");
	of_record = rpm_indexes_of_record(store->indexes, package);
	rpm_database_take(store->database, store->blob.bytes + BLOB_HEAD, length, &store->at, &of_record);
}

static void
read_slots(struct store *store, uint32_t pages)
{
	uint8_t page[SLOT_PAGE];

	for (uint64_t offset = 0; offset < (uint64_t)pages * SLOT_PAGE; offset += SLOT_PAGE) {
		struct cursor at;

		if (source_read_exactly(store->source, offset, page, sizeof page) <= STATUS_UNREADABLE) {
			complain(store, "its slots are cut off: the packages behind them are not known");
			return;
		}
		at = cursor_at(page, sizeof page, offset ? 0 : HEADER);
		while (at.at < at.end) {
			const uint8_t *magic = take_bytes(&at, 4);
			uint32_t package = take_u32le(&at);
			uint64_t block = take_u32le(&at), blocks = take_u32le(&at);

			store->at.record_id = package;
			store->at.offset = block * BLOCK;
			if (memcmp(magic, "Slot", 4))
				complain(store, "a slot is none: the package behind it is not known");
			else if (package && read_blob(store, block * BLOCK, blocks * BLOCK))
				take_blob(store, package);
		}
	}
}

/* What lies beside the store, in its folder; STATUS_OK where nothing does. */
static enum status
read_indexes(struct store *store, const struct artifact_group *group, uint32_t generation)
{
	size_t folder = (size_t)(text_base_name(store->at.path) - store->at.path);

	for (size_t i = 0; i < group->count; i++)
		if (!strncmp(group->items[i].path, store->at.path, folder) && !strcmp(group->items[i].path + folder, "Index.db"))
			return rpm_ndb_index_read(&group->items[i], generation, store->database, store->indexes);
	return STATUS_OK;
}

/* Returns the state of the indexes; that of the records goes to the database. */
static enum status
read_ndb(struct store *store, const struct artifact_group *group)
{
	enum status status = STATUS_OK;
	uint8_t header[HEADER];
	struct cursor at = cursor_over(header, sizeof header);
	uint32_t pages, generation;

	if (source_read_exactly(store->source, 0, header, sizeof header) <= STATUS_UNREADABLE ||
	    memcmp(take_bytes(&at, 4), "RpmP", 4)) {
		complain(store, "this is no package store of rpm: no package is known from it");
		return status;
	}
	take_bytes(&at, 4);
	generation = take_u32le(&at);
	pages = take_u32le(&at);
	if (pages > store->source->size / SLOT_PAGE) {
		complain(store, "it names more pages of slots than the file has");
		pages = (uint32_t)(store->source->size / SLOT_PAGE);
	}
	status = read_indexes(store, group, generation);
	read_slots(store, pages);
	if (store->database->status == STATUS_OK)
		rpm_indexes_look_for_missing(store->indexes, store->database);
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
	enum status status = artifact_open(artifact, notes, &source);

	if (status < STATUS_DAMAGED)
		return status;
	rpm_database_init(&database, out, notes);
	database.keyring = group->keyring;
	database.place = &artifact->place;
	rpm_indexes_init(&indexes);
	store = (struct store){ .database = &database, .source = source, .at = artifact->place, .indexes = &indexes };
	buffer_init(&store.blob, 0);
	status = status_worse(status, read_ndb(&store, group));
	buffer_release(&store.blob);
	rpm_indexes_release(&indexes);
	source_close(source);
	return status_worse(status, rpm_database_finish(&database));
}

static enum status
parse_ndb(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < group->count; i++)
		if (text_has_suffix(group->items[i].path, "/Packages.db") && !manifest_is_repeated(group, i))
			status = status_worse(status, read_store(group, &group->items[i], out, notes));
	return status;
}

const struct package_db_driver rpm_ndb_package_db = {
	.name        = "rpm_ndb",
	.description = "rpm of SUSE: packages, their files with digests and modes, from Packages.db",
	.files       = (const char *const[]){
		"/usr/lib/sysimage/rpm/Packages.db", "/var/lib/rpm/Packages.db", "/usr/share/rpm/Packages.db",
		"/usr/lib/sysimage/rpm/Index.db", "/var/lib/rpm/Index.db", "/usr/share/rpm/Index.db", NULL
	},
	.parse       = parse_ndb,
	.directories = (const char *const[]){ "/var/lib/rpm", "/usr/lib/sysimage/rpm", NULL },
};
