/* text_pool.c - texts that are written once each. */
#include <string.h>
#include <sys/random.h>

#include <t1554triage/memory.h>

#include "index_format.h"
#include "text_pool.h"

enum { SLOTS_AT_FIRST = 1 << 16, RECENT_BYTES_FEW = 1 << 20, RECENT_BYTES_MAX = 96 << 20, TEXTS_MAX = 3 << 20 };

/* They are asked for in no order: large pages, which arrays that are not zeroed get. */
static void
allocate_slots(struct text_pool *pool)
{
	pool->slots = memory_resize(NULL, pool->slot_count, sizeof *pool->slots);
	memset(pool->slots, 0, pool->slot_count * sizeof *pool->slots);
}

static void
forget(struct text_pool *pool)
{
	memory_free(pool->slots);
	pool->slot_count = SLOTS_AT_FIRST;
	allocate_slots(pool);
	pool->count = 0;
	pool->recent_begin += pool->recent_length;
	pool->recent_length = 0;
}

void
text_pool_open(struct text_pool *pool, const char *output)
{
	*pool = (struct text_pool){ .seed = 0 };
	spool_open(&pool->spool, output);
	if (getrandom(&pool->seed, sizeof pool->seed, 0) != sizeof pool->seed)
		pool->seed = (uintptr_t)pool;
	forget(pool);
	spool_write(&pool->spool, "", 1);
	pool->recent_begin = 1;
}

void
text_pool_close(struct text_pool *pool)
{
	spool_close(&pool->spool);
	memory_free(pool->slots);
	memory_free(pool->recent);
	*pool = (struct text_pool){ .spool = { .descriptor = -1 } };
}

static uint64_t
mix(uint64_t hash, uint64_t word)
{
	__uint128_t product = (__uint128_t)(hash ^ word) * 0x9E3779B97F4A7C15;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* What is left behind the whole words: the last of eight bytes, of which some were in the word before, or all of a short text. */
static inline uint64_t
last_word(const char *text, size_t length)
{
	uint32_t low, high;
	uint64_t word;

	if (length >= sizeof word) {
		memcpy(&word, text + length - sizeof word, sizeof word);
		return word;
	}
	if (length >= sizeof low) {
		memcpy(&low, text, sizeof low);
		memcpy(&high, text + length - sizeof high, sizeof high);
		return (uint64_t)high << 32 | low;
	}
	if (!length)
		return 0;
	return (uint64_t)(unsigned char)text[0] << 16 | (uint64_t)(unsigned char)text[length / 2] << 8 |
		(unsigned char)text[length - 1];
}

static inline uint64_t
hash_of(uint64_t seed, const char *text, size_t length)
{
	uint64_t hash = mix(seed, length), word;

	for (size_t i = 0; i + sizeof word < length; i += sizeof word) {
		memcpy(&word, text + i, sizeof word);
		hash = mix(hash, word);
	}
	return mix(hash, last_word(text, length));
}

/* Is the text at a place the same, and does it end there? */
static inline bool
is_text_at(const struct text_pool *pool, size_t place, const char *text, size_t length)
{
	const char *known = pool->recent + place;

	if (length >= pool->recent_length - place)
		return false;
	return last_word(known, length) == last_word(text, length) && !known[length] &&
		(length <= sizeof (uint64_t) || short_equal((const uint8_t *)known, (const uint8_t *)text, length));
}

/* By the half of the hash that a slot keeps: so slots can be put elsewhere without their texts. */
static inline size_t
slot_number(const struct text_pool *pool, uint64_t hash)
{
	return (size_t)(hash >> 32) & (pool->slot_count - 1);
}

static uint64_t *
find_slot(const struct text_pool *pool, uint64_t hash, const char *text, size_t length)
{
	for (size_t i = slot_number(pool, hash); ; i = (i + 1) & (pool->slot_count - 1)) {
		uint64_t *slot = &pool->slots[i];

		if (!*slot || ((*slot ^ hash) >> 32 == 0 && is_text_at(pool, (uint32_t)*slot - 1, text, length)))
			return slot;
	}
}

static void
grow_slots(struct text_pool *pool)
{
	uint64_t *old = pool->slots;
	size_t old_count = pool->slot_count;

	pool->slot_count *= 2;
	allocate_slots(pool);
	for (size_t i = 0; i < old_count; i++) {
		size_t to = slot_number(pool, old[i]);

		if (!old[i])
			continue;
		while (pool->slots[to])
			to = (to + 1) & (pool->slot_count - 1);
		pool->slots[to] = old[i];
	}
	memory_free(old);
}

/*
 * Texts are asked for in no order, too: many of them lie where they are not moved any more, as moved memory loses its
 * large pages.  What is not used of that is only address space.
 */
static void
grow_recent(struct text_pool *pool)
{
	char *recent;

	if (pool->recent_capacity < RECENT_BYTES_FEW) {
		pool->recent = memory_grow(pool->recent, pool->recent_capacity, &pool->recent_capacity, 1);
		return;
	}
	recent = memory_resize(NULL, RECENT_BYTES_MAX, 1);
	memcpy(recent, pool->recent, pool->recent_length);
	memory_free(pool->recent);
	pool->recent = recent;
	pool->recent_capacity = RECENT_BYTES_MAX;
}

static uint64_t
add_text(struct text_pool *pool, uint64_t hash, const char *text, size_t length)
{
	uint64_t at;

	if (pool->count == TEXTS_MAX || pool->recent_length + length + 1 > RECENT_BYTES_MAX)
		forget(pool);
	if (pool->count * 4 >= pool->slot_count * 3)
		grow_slots(pool);
	while (pool->recent_length + length + 1 > pool->recent_capacity)
		grow_recent(pool);
	at = pool->recent_length;
	*find_slot(pool, hash, text, length) = (hash >> 32) << 32 | (at + 1);
	memcpy(pool->recent + at, text, length);
	pool->recent[at + length] = '\0';
	pool->recent_length += length + 1;
	pool->count++;
	spool_write(&pool->spool, pool->recent + at, length + 1);
	return pool->recent_begin + at;
}

uint64_t
text_pool_hash(const struct text_pool *pool, const char *text, size_t length)
{
	uint64_t hash = hash_of(pool->seed, text, length);

	__builtin_prefetch(&pool->slots[slot_number(pool, hash)]);
	return hash;
}

void
text_pool_fetch(const struct text_pool *pool, uint64_t hash)
{
	uint64_t slot = pool->slots[slot_number(pool, hash)];

	if (slot)
		__builtin_prefetch(pool->recent + (uint32_t)slot - 1);
}

uint64_t
text_pool_find(struct text_pool *pool, uint64_t hash, const char *text, size_t length)
{
	uint64_t slot = *find_slot(pool, hash, text, length);

	return slot ? pool->recent_begin + (uint32_t)slot - 1 : add_text(pool, hash, text, length);
}

uint64_t
text_pool_offset(struct text_pool *pool, const char *text)
{
	size_t length = text ? strnlen(text, INDEX_TEXT_MAX - 1) : 0;

	return length ? text_pool_find(pool, text_pool_hash(pool, text, length), text, length) : 0;
}
