/* key_table.c - digests in order, found by their first bits. */
#include <string.h>

#include "key_table.h"

enum { FEW_KEYS = 64 };

unsigned
key_table_bits(uint64_t count)
{
	unsigned bits = 1;

	while (bits < KEY_FIRST_BITS_MAX && count >> (bits + 3))
		bits++;
	return bits;
}

static uint32_t
first_at(const struct key_table *table, uint32_t prefix)
{
	const uint8_t *at = table->first + (size_t)prefix * KEY_FIRST_BYTES;

	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static const uint8_t *
key_at(const struct key_table *table, uint32_t key)
{
	return table->keys + (size_t)key * table->digest_size;
}

static bool
is_sound(const struct key_table *table, const void *bytes, size_t length)
{
	return !table->check || !length || table->check(table->context, bytes, length);
}

static int
compare(const struct key_table *table, uint32_t key, const uint8_t *digest)
{
	return short_compare(key_at(table, key), digest, table->digest_size);
}

/* The keys of a prefix; an empty or damaged one where there are none. */
static struct key_range
keys_of_prefix(const struct key_table *table, uint32_t prefix)
{
	const uint8_t *at = table->first + (size_t)prefix * KEY_FIRST_BYTES;
	uint32_t low, high;

	if (!is_sound(table, at, 2 * KEY_FIRST_BYTES))
		return (struct key_range){ .damaged = true };
	low = first_at(table, prefix);
	high = first_at(table, prefix + 1);
	if (low > high || high > table->count)
		return (struct key_range){ .damaged = true };
	return (struct key_range){ .first = low, .count = high - low };
}

/* Halves a long range until few keys are left, which are checked as a whole. */
static bool
narrow(const struct key_table *table, const uint8_t *digest, uint32_t *low, uint32_t *high)
{
	while (*high - *low > FEW_KEYS) {
		uint32_t middle = *low + (*high - *low) / 2;

		if (!is_sound(table, key_at(table, middle), table->digest_size))
			return false;
		if (compare(table, middle, digest) < 0)
			*low = middle + 1;
		else
			*high = middle;
	}
	return is_sound(table, key_at(table, *low), (size_t)(*high - *low) * table->digest_size);
}

/* Where a digest stands among count keys that have its first bits in common, if the next ones are as good as random. */
static uint32_t
guess_place(const struct key_table *table, const uint8_t *digest, uint32_t count)
{
	uint64_t next = short_head(digest) << table->bits >> 32;

	return (uint32_t)(next * count >> 32);
}

/* The first key that is not before the digest; it is looked for from the place where it should stand. */
static uint32_t
find_first(const struct key_table *table, const uint8_t *digest, uint32_t low, uint32_t high)
{
	uint32_t at = low + guess_place(table, digest, high - low);

	if (at < high && compare(table, at, digest) < 0) {
		for (at++; at < high && compare(table, at, digest) < 0; )
			at++;
		return at;
	}
	while (at > low && compare(table, at - 1, digest) >= 0)
		at--;
	return at;
}

static struct key_range
search(const struct key_table *table, const uint8_t *digest, const struct key_range *within)
{
	uint32_t low = within->first, high = low + within->count, end = high;
	struct key_range found = { .damaged = within->damaged };

	if (!within->count)
		return found;
	if (!narrow(table, digest, &low, &high))
		return (struct key_range){ .damaged = true };
	low = find_first(table, digest, low, high);
	found.first = low;
	for (; low < end; low++, found.count++) {
		if (low >= high && !is_sound(table, key_at(table, low), table->digest_size))
			return (struct key_range){ .damaged = true };
		if (compare(table, low, digest))
			break;
	}
	return found;
}

void
key_table_find_batch(const struct key_table *table, const uint8_t *const digests[], size_t count,
	struct key_range ret_ranges[])
{
	uint32_t prefixes[KEY_BATCH];

	if (!table->count)
		memset(ret_ranges, 0, count * sizeof *ret_ranges);
	for (size_t i = 0; i < count && table->count; i++) {
		prefixes[i] = key_table_prefix(digests[i], table->bits);
		__builtin_prefetch(table->first + (size_t)prefixes[i] * KEY_FIRST_BYTES);
	}
	for (size_t i = 0; i < count && table->count; i++) {
		ret_ranges[i] = keys_of_prefix(table, prefixes[i]);
		if (ret_ranges[i].count)
			__builtin_prefetch(key_at(table, ret_ranges[i].first + guess_place(table, digests[i], ret_ranges[i].count)));
	}
	for (size_t i = 0; i < count && table->count; i++)
		ret_ranges[i] = search(table, digests[i], &ret_ranges[i]);
}

struct key_range
key_table_find(const struct key_table *table, const uint8_t *digest)
{
	struct key_range found;

	key_table_find_batch(table, &digest, 1, &found);
	return found;
}

void
key_table_fill_first(const struct key_table *table, uint8_t *first)
{
	uint32_t key = 0;

	for (uint64_t prefix = 0; prefix <= 1ULL << table->bits; prefix++) {
		while (key < table->count && key_table_prefix(key_at(table, key), table->bits) < prefix)
			key++;
		for (size_t i = 0; i < KEY_FIRST_BYTES; i++)
			first[prefix * KEY_FIRST_BYTES + i] = (uint8_t)(key >> (8 * i));
	}
}
