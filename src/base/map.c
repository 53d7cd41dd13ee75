/* map.c - byte strings to numbers, by open addressing. */
#include <string.h>
#include <sys/random.h>

#include <t1554triage/map.h>

struct map_slot {
	const char *key;	/* NULL: free */
	size_t      length;
	uint64_t    hash, value;
};

static uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

/* SipHash-1-3 (Aumasson and Bernstein): names in evidence cannot aim at one slot. */
static uint64_t
hash_bytes(const uint64_t seed[2], const void *bytes, size_t length)
{
	uint64_t v[4] = { seed[0] ^ 0x736f6d6570736575, seed[1] ^ 0x646f72616e646f6d,
		seed[0] ^ 0x6c7967656e657261, seed[1] ^ 0x7465646279746573 };
	const unsigned char *at = bytes;
	size_t whole = length / 8 * 8;

	for (size_t i = 0; i <= whole + 24; i += 8) {
		uint64_t word = 0;
		bool is_data = i <= whole;

		if (i < whole) {
			memcpy(&word, at + i, 8);
		} else if (i == whole) {
			memcpy(&word, at + i, length - whole);
			word |= (uint64_t)length << 56;
		} else if (i == whole + 8) {
			v[2] ^= 0xFF;
		}
		if (is_data)
			v[3] ^= word;
		v[0] += v[1]; v[1] = rotate(v[1], 13) ^ v[0]; v[0] = rotate(v[0], 32);
		v[2] += v[3]; v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3]; v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1]; v[1] = rotate(v[1], 17) ^ v[2]; v[2] = rotate(v[2], 32);
		if (is_data)
			v[0] ^= word;
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void
map_init(struct map *map)
{
	*map = (struct map){ .capacity = 64 };
	map->slots = memory_allocate(map->capacity, sizeof *map->slots);
	if (getrandom(map->seed, sizeof map->seed, 0) != sizeof map->seed)
		map->seed[0] = (uintptr_t)map->slots;
	arena_init(&map->keys);
}

void
map_release(struct map *map)
{
	memory_free(map->slots);
	arena_release(&map->keys);
	*map = (struct map){ .slots = NULL };
}

static struct map_slot *
find_slot(const struct map *map, const void *key, size_t length, uint64_t hash)
{
	for (size_t i = hash & (map->capacity - 1); ; i = (i + 1) & (map->capacity - 1)) {
		struct map_slot *slot = &map->slots[i];

		if (!slot->key || (slot->hash == hash && slot->length == length &&
		    !memcmp(slot->key, key, length)))
			return slot;
	}
}

static void
grow(struct map *map)
{
	struct map_slot *old = map->slots;
	size_t old_capacity = map->capacity;

	map->capacity *= 2;
	map->slots = memory_allocate(map->capacity, sizeof *map->slots);
	for (size_t i = 0; i < old_capacity; i++)
		if (old[i].key)
			*find_slot(map, old[i].key, old[i].length, old[i].hash) = old[i];
	memory_free(old);
}

static bool
put(struct map *map, const void *key, size_t length, uint64_t value, bool replace)
{
	uint64_t hash = hash_bytes(map->seed, key, length);
	struct map_slot *slot;

	if ((map->count + 1) * 4 > map->capacity * 3)
		grow(map);
	slot = find_slot(map, key, length, hash);
	if (slot->key) {
		if (replace)
			slot->value = value;
		return false;
	}
	*slot = (struct map_slot){ arena_copy(&map->keys, key, length), length, hash, value };
	map->count++;
	return true;
}

bool
map_add(struct map *map, const void *key, size_t length, uint64_t value)
{
	return put(map, key, length, value, false);
}

void
map_set(struct map *map, const void *key, size_t length, uint64_t value)
{
	put(map, key, length, value, true);
}

bool
map_get(const struct map *map, const void *key, size_t length, uint64_t *ret_value)
{
	const struct map_slot *slot;

	/* Each path is asked of several that are empty mostly: diversions, overrides, baselines. */
	if (!map->count)
		return false;
	slot = find_slot(map, key, length, hash_bytes(map->seed, key, length));
	if (!slot->key)
		return false;
	*ret_value = slot->value;
	return true;
}

bool
map_add_text(struct map *map, const char *key, uint64_t value)
{
	return map_add(map, key, strlen(key), value);
}

bool
map_get_text(const struct map *map, const char *key, uint64_t *ret_value)
{
	return map_get(map, key, strlen(key), ret_value);
}
