/* chunk_map.h - chunks that lie where a map in the evidence says: snapshots and thin volumes. */
#ifndef CHUNK_MAP_H
#define CHUNK_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/note.h>
#include <t1554triage/source.h>

/* Sorted by chunk. */
struct chunk_map {
	struct chunk_place { uint64_t chunk, place; } *items;	/* both in chunks */
	size_t count, capacity;
};

void chunk_map_add(struct chunk_map *map, uint64_t chunk, uint64_t place);
/* Puts what was added in any order in order; of a chunk that was added twice the first stays. */
void chunk_map_sort(struct chunk_map *map);
bool chunk_map_find(const struct chunk_map *map, uint64_t chunk, uint64_t *ret_place);
/* First chunk from this one on that is in the map; UINT64_MAX: none. */
uint64_t chunk_map_next(const struct chunk_map *map, uint64_t chunk);
void chunk_map_release(struct chunk_map *map);

/*
 * The exceptions of a snapshot (src/volume/snapshot.c), the chunks of one thin device
 * (src/volume/thin.c).  chunk is in bytes.  STATUS_DAMAGED: the map is not whole (noted).
 * STATUS_UNREADABLE: there is no map (noted).
 */
enum status snapshot_read_map(struct source *store, uint64_t chunk, const struct place *at,
	const struct notes *notes, struct chunk_map *map);
enum status thin_read_map(struct source *metadata, uint32_t device, uint64_t chunk, const struct place *at,
	const struct notes *notes, struct chunk_map *map);

#endif
