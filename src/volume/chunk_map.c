/* chunk_map.c - chunks that lie where a map in the evidence says. */
#include <stdlib.h>

#include <t1554triage/memory.h>

#include "chunk_map.h"

void
chunk_map_add(struct chunk_map *map, uint64_t chunk, uint64_t place)
{
	map->items = memory_grow(map->items, map->count, &map->capacity, sizeof *map->items);
	map->items[map->count++] = (struct chunk_place){ chunk, place };
}

static int
compare_chunks(const void *a, const void *b)
{
	const struct chunk_place *one = a, *other = b;

	if (one->chunk != other->chunk)
		return one->chunk < other->chunk ? -1 : 1;
	return one->place < other->place ? -1 : one->place > other->place;
}

void
chunk_map_sort(struct chunk_map *map)
{
	size_t kept = 0;

	if (map->count)
		qsort(map->items, map->count, sizeof *map->items, compare_chunks);
	for (size_t i = 0; i < map->count; i++)
		if (!kept || map->items[i].chunk != map->items[kept - 1].chunk)
			map->items[kept++] = map->items[i];
	map->count = kept;
}

/* The first item at or behind the chunk. */
static size_t
position(const struct chunk_map *map, uint64_t chunk)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->items[middle].chunk < chunk)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
chunk_map_find(const struct chunk_map *map, uint64_t chunk, uint64_t *ret_place)
{
	size_t at = position(map, chunk);

	if (at == map->count || map->items[at].chunk != chunk)
		return false;
	*ret_place = map->items[at].place;
	return true;
}

uint64_t
chunk_map_next(const struct chunk_map *map, uint64_t chunk)
{
	size_t at = position(map, chunk);

	return at < map->count ? map->items[at].chunk : UINT64_MAX;
}

void
chunk_map_release(struct chunk_map *map)
{
	memory_free(map->items);
	*map = (struct chunk_map){ .items = NULL };
}
