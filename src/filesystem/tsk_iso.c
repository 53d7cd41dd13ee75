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
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>

#include "tsk.h"

enum { SECTOR_BYTES = 2048, RECORD_BYTES = 33, OFFSET_AT = 24, QUARTERS_MIN = -48, QUARTERS_MAX = 56 };

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

void
tsk_iso_offsets(struct filesystem_state *state, uint64_t position, uint64_t size, struct map *offsets)
{
	uint64_t left = limit_get(LIMIT_DIRECTORY_ENTRIES);
	uint8_t sector[SECTOR_BYTES];

	for (uint64_t at = 0; at < size; at += SECTOR_BYTES) {
		if (source_read_exactly(state->source, position + at, sector, sizeof sector) < STATUS_OK)
			return;
		for (size_t i = 0; i + RECORD_BYTES <= sizeof sector && sector[i] >= RECORD_BYTES && left;
		     i += sector[i], left--)
			add_record(sector + i, offsets);
		if (!left)
			return;
	}
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
