/*
 * tsk_iso.c - offsets from UTC in the directory records of ISO 9660 (ECMA-119, 9.1), which libtsk leaves out.
 *
 *	0   1  length of the record; 0: the next one begins with the next sector
 *	2   4  first block of the file, little endian (and again big endian)
 *	10  4  its length, little endian (and again big endian)
 *	18  7  years since 1900, month, day, hour, minute, second,
 *	       offset from UTC in quarters of an hour, signed: 08 is two hours east
 */
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
