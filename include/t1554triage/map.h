/* map.h - byte strings to numbers.  Layer: base. */
#ifndef T1554TRIAGE_MAP_H
#define T1554TRIAGE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/memory.h>

/*
 * Open addressing over keys in an arena of its own.  The hash is keyed with a
 * number drawn at map_init, so that names in evidence cannot choose their slots;
 * nothing may depend on an order of the map: there is no iteration.
 */
struct map {
	struct map_slot *slots;
	size_t           capacity, count;
	uint64_t         seed[2];
	struct arena     keys;
};

void map_init(struct map *map);
void map_release(struct map *map);
/* Sets key to value; returns false and keeps the old value where the key is there already. */
bool map_add(struct map *map, const void *key, size_t length, uint64_t value);
void map_set(struct map *map, const void *key, size_t length, uint64_t value);
bool map_get(const struct map *map, const void *key, size_t length, uint64_t *ret_value);

bool map_add_text(struct map *map, const char *key, uint64_t value);
bool map_get_text(const struct map *map, const char *key, uint64_t *ret_value);

#endif
