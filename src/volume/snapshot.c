/*
 * snapshot.c - the exception store of a snapshot (dm-snapshot, persistent;
 * Documentation/admin-guide/device-mapper/snapshot.rst and drivers/md/dm-snap-persistent.c of Linux).
 *
 *	chunk 0   u32 "SnAp", u32 valid, u32 version 1, u32 sectors of a chunk
 *	chunk 1   a table: pairs of u64, chunk of the origin and chunk of the store that replaces it,
 *	          as many as fit; one that leads to chunk 0 ends the list
 *	then as many chunks as the table has places, then the next table, and so on
 */
#include <inttypes.h>
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "chunk_map.h"

enum { SECTOR_BYTES = 512, PAIR_BYTES = 16, CHUNK_MAX = 16 << 20 };

static enum status
not_readable(const struct place *at, const struct notes *notes, const char *why)
{
	return note(notes, STATUS_UNREADABLE, NOTE_VOLUME_DAMAGED, at,
		"the store of the snapshot %s %s: what it changed is lost", at->volume, why);
}

/* One table; *ret_end: the list ends in it. */
static enum status
read_table(struct source *store, uint64_t offset, uint8_t *table, uint64_t chunk, struct chunk_map *map,
	bool *ret_end)
{
	enum status status = source_read_exactly(store, offset, table, (size_t)chunk);
	struct cursor c = cursor_over(table, (size_t)chunk);

	if (status <= STATUS_UNREADABLE)
		return status;
	for (uint64_t i = 0; i < chunk / PAIR_BYTES && !*ret_end; i++) {
		uint64_t origin = take_u64le(&c), place = take_u64le(&c);

		*ret_end = !place;
		if (place)
			chunk_map_add(map, origin, place);
	}
	return status;
}

enum status
snapshot_read_map(struct source *store, uint64_t chunk, const struct place *at, const struct notes *notes,
	struct chunk_map *map)
{
	uint64_t places, limit = limit_get(LIMIT_MAPPED_CHUNKS), area = 0;
	enum status status = STATUS_OK;
	uint8_t header[PAIR_BYTES], *table;
	bool is_end = false;
	struct cursor c = cursor_over(header, sizeof header);

	if (source_read_exactly(store, 0, header, sizeof header) < STATUS_OK || memcmp(header, "SnAp", 4))
		return not_readable(at, notes, "has no header");
	take_u32le(&c);
	if (!take_u32le(&c))
		return not_readable(at, notes, "was full and is marked invalid");
	if (take_u32le(&c) != 1)
		return not_readable(at, notes, "has a version that is not known");
	if ((uint64_t)take_u32le(&c) * SECTOR_BYTES != chunk || chunk < SECTOR_BYTES || chunk > CHUNK_MAX)
		return not_readable(at, notes, "has chunks of another size than its volume group says");
	places = chunk / PAIR_BYTES;
	table = memory_allocate((size_t)chunk, 1);
	for (; !is_end && status == STATUS_OK && map->count < limit; area++)
		status = read_table(store, (1 + area * (places + 1)) * chunk, table, chunk, map, &is_end);
	memory_free(table);
	chunk_map_sort(map);
	if (!is_end)
		return note(notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED, at,
			"the list of what the snapshot %s changed breaks off after %zu chunks: the rest is read "
			"as its origin has it now", at->volume, map->count);
	return STATUS_OK;
}
