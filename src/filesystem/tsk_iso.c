/*
 * tsk_iso.c - what libtsk leaves out of ISO 9660: offsets from UTC, and files of the tree that it does not show.
 *
 * A directory record (ECMA-119, 9.1):
 *
 *	0   1  length of the record; 0: the next one begins with the next sector
 *	2   4  first block of the file, little endian (and again big endian)
 *	10  4  its length, little endian (and again big endian)
 *	18  7  years since 1900, month, day, hour, minute, second,
 *	       offset from UTC in quarters of an hour, signed: 08 is two hours east
 *	32  1  length of the name, which follows; the first two records of a directory have 00 and 01
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>

#include "tsk.h"

enum { SECTOR_BYTES = 2048, RECORD_BYTES = 33, OFFSET_AT = 24, NAME_LENGTH_AT = 32, QUARTERS_MIN = -48, QUARTERS_MAX = 56 };

/* A file is found by its first block and length: all that libtsk keeps of its record. */
struct iso_key { uint32_t block, length; };

static void
add_record(const uint8_t *record, struct map *offsets)
{
	struct cursor c = cursor_at(record, RECORD_BYTES, 2);
	struct iso_key key = { .block = take_u32le(&c) };

	take_bytes(&c, 4);
	key.length = take_u32le(&c);
	map_add(offsets, &key, sizeof key, record[OFFSET_AT]);
}

/* A directory on its way, and what is odd in it. */
struct iso_directory {
	struct map *offsets;
	uint64_t    left;		/* records that are read at most */
	size_t      records;
	size_t      twice, once;	/* of them: numbers are the same in both orders of bytes, or not */
	const char *reason;
};

static bool
is_zero(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Both numbers, which are written in both orders of bytes. */
static bool
is_written_twice(const uint8_t *record)
{
	struct cursor c = cursor_at(record, RECORD_BYTES, 2);
	uint32_t block = take_u32le(&c), block_again = take_u32be(&c), length = take_u32le(&c);

	return block == block_again && length == take_u32be(&c);
}

/* The first two records are those of the directory and of the one above: names of one byte, 0 and 1. */
static bool
is_record(const struct iso_directory *directory, const uint8_t *record, size_t left)
{
	if (record[0] < RECORD_BYTES + 1 || record[0] > left || !record[NAME_LENGTH_AT] ||
	    RECORD_BYTES + record[NAME_LENGTH_AT] > record[0])
		return false;
	if (directory->records < 2)
		return record[NAME_LENGTH_AT] == 1 && record[RECORD_BYTES] == directory->records;
	/* Of one byte a character, or of two. */
	for (size_t i = 0; i + 1 < record[NAME_LENGTH_AT]; i += 2)
		if (!record[RECORD_BYTES + i] && !record[RECORD_BYTES + i + 1])
			return false;
	return true;
}

static void
read_sector(struct iso_directory *directory, const uint8_t *sector)
{
	size_t at = 0;

	if (!sector[0])
		directory->reason = "a sector of it holds no record";
	for (; at + RECORD_BYTES <= SECTOR_BYTES && sector[at] && directory->left; at += sector[at], directory->left--) {
		if (!is_record(directory, sector + at, SECTOR_BYTES - at)) {
			directory->reason = "a record in it makes no sense";
			return;
		}
		directory->records++;
		if (is_written_twice(sector + at))
			directory->twice++;
		else
			directory->once++;
		add_record(sector + at, directory->offsets);
	}
	if (directory->left && !is_zero(sector + at, SECTOR_BYTES - at))
		directory->reason = "there is something behind the last record of a sector";
}

const char *
tsk_iso_offsets(struct filesystem_state *state, uint64_t position, uint64_t size, struct map *offsets)
{
	struct iso_directory directory = { .offsets = offsets, .left = limit_get(LIMIT_DIRECTORY_ENTRIES) };
	uint8_t sector[SECTOR_BYTES];

	for (uint64_t at = 0; at < size && directory.left; at += SECTOR_BYTES) {
		if (source_read_exactly(state->source, position + at, sector, sizeof sector) < STATUS_OK)
			break;
		read_sector(&directory, sector);
	}
	/* Some programs write one order only: then in all of its records. */
	if (!directory.reason && directory.twice && directory.once)
		return "a record in it tells two places or sizes";
	return directory.reason;
}

bool
tsk_iso_offset(const struct map *offsets, uint64_t block, uint64_t length, int64_t *ret_seconds)
{
	struct iso_key key = { .block = (uint32_t)block, .length = (uint32_t)length };
	uint64_t byte;
	int quarters;

	if (!map_get(offsets, &key, sizeof key, &byte))
		return false;
	quarters = byte < 128 ? (int)byte : (int)byte - 256;
	*ret_seconds = quarters * 900LL;
	return quarters >= QUARTERS_MIN && quarters <= QUARTERS_MAX;
}

/*
 * Rock Ridge (IEEE P1282) says so in the system use area of the root's first record: "SP", its length 7,
 * version 1, then BE EF (SUSP, 5.3).
 */
bool
tsk_iso_has_rock_ridge(const struct filesystem_state *state)
{
	static const uint8_t sign[] = { 'S', 'P', 7, 1, 0xBE, 0xEF };
	enum { DESCRIPTOR_AT = 16 * SECTOR_BYTES, ROOT_AT = 156, ROOT_BLOCK_AT = ROOT_AT + 2, USE_AT = 34 };
	uint8_t sector[SECTOR_BYTES];
	struct cursor c;
	uint64_t root;

	if (source_read_exactly(state->source, DESCRIPTOR_AT, sector, sizeof sector) < STATUS_OK)
		return false;
	c = cursor_at(sector, sizeof sector, ROOT_BLOCK_AT);
	root = (uint64_t)take_u32le(&c) * SECTOR_BYTES;
	return source_read_exactly(state->source, root, sector, sizeof sector) == STATUS_OK &&
		!memcmp(sector + USE_AT, sign, sizeof sign);
}

/* Files of both trees have numbers; names are shown of one: that of Joliet where there is one. */

struct named_walk {
	struct map *named;
	uint64_t   *directories;	/* to be listed */
	size_t      count, capacity;
};

static bool
add_named(void *context, const struct file_entry *entry)
{
	struct named_walk *walk = context;

	if (!map_add(walk->named, &entry->node, sizeof entry->node, 0) || entry->type != ENTRY_DIRECTORY)
		return true;
	walk->directories = memory_grow(walk->directories, walk->count, &walk->capacity,
		sizeof *walk->directories);
	walk->directories[walk->count++] = entry->node;
	return true;
}

enum status
tsk_iso_named(struct filesystem *filesystem, struct map *named)
{
	struct named_walk walk = { .named = named };
	struct entry_sink sink = { .entry = add_named, .context = &walk };
	enum status status = tsk_list(filesystem, UINT64_MAX, "/", &sink, NULL);

	for (size_t i = 0; i < walk.count && status == STATUS_OK; i++)
		status = tsk_list(filesystem, walk.directories[i], "/", &sink, NULL);
	memory_free(walk.directories);
	return status;
}
