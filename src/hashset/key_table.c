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
first_at(const struct key_table *table, uint64_t prefix)
{
	const uint8_t *at = table->first + prefix * KEY_FIRST_BYTES;

	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static const uint8_t *
key_at(const struct key_table *table, uint32_t key)
{
	return table->keys + (size_t)key * table->digest_size;
}

static inline bool
is_sound(const struct key_table *table, const void *bytes, size_t length)
{
	return !table->check || !*table->unchecked || !length || table->check(table->context, bytes, length);
}

static int
compare(const struct key_table *table, uint32_t key, const uint8_t *digest)
{
	return short_compare(key_at(table, key), digest, table->digest_size);
}

/* The keys of a prefix, from low to before high; false: damaged. */
static inline bool
keys_of_prefix(const struct key_table *table, uint64_t prefix, uint32_t *ret_low, uint32_t *ret_high)
{
	if (!is_sound(table, table->first + prefix * KEY_FIRST_BYTES, 2 * KEY_FIRST_BYTES))
		return false;
	*ret_low = first_at(table, prefix);
	*ret_high = first_at(table, prefix + 1);
	return *ret_low <= *ret_high && *ret_high <= table->count;
}

/* Halves a long range until few keys are left, which are checked as a whole. */
static inline bool
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

/* Where a digest of this head stands among count keys that have its first bits in common, if the next ones are as good as random. */
static uint32_t
guess_place(const struct key_table *table, uint64_t head, uint32_t count)
{
	uint64_t next = head << table->bits >> 32;

	return (uint32_t)(next * count >> 32);
}

/* The first key whose head is not before that of the digest; it is looked for from the place where it should stand. */
static inline uint32_t
find_head(const struct key_table *table, uint64_t head, uint32_t at, uint32_t low, uint32_t high)
{
	const uint8_t *key = key_at(table, at);

	if (at < high && short_head(key) < head) {
		do {
			at++;
			key += table->digest_size;
		} while (at < high && short_head(key) < head);
		return at;
	}
	for (key -= table->digest_size; at > low && short_head(key) >= head; at--)
		key -= table->digest_size;
	return at;
}

/* Counts the keys from low on that are the digest; its head is known to be not behind that of low. */
static struct key_range
count_equal(const struct key_table *table, const uint8_t *digest, uint32_t low, uint32_t checked, uint32_t end)
{
	struct key_range found = { .damaged = false };

	while (low < checked && !short_equal(key_at(table, low), digest, table->digest_size) &&
	       compare(table, low, digest) < 0)
		low++;
	for (found.first = low; low < end; low++, found.count++) {
		if (low >= checked && !is_sound(table, key_at(table, low), table->digest_size))
			return (struct key_range){ .damaged = true };
		if (!short_equal(key_at(table, low), digest, table->digest_size))
			break;
	}
	return found;
}

/* Among the keys from low to before high. */
static inline void
search(const struct key_table *table, const uint8_t *digest, uint64_t head, uint32_t low, uint32_t high,
	struct key_range *range)
{
	uint32_t end = high;

	if (!narrow(table, digest, &low, &high)) {
		range->damaged = true;
		return;
	}
	low = find_head(table, head, low + guess_place(table, head, high - low), low, high);
	if (low < end && (low == high || short_head(key_at(table, low)) == head))
		*range = count_equal(table, digest, low, high, end);
}

/*
 * A guess is off by a key or two, and keys may lie over two lines of the cache.  Always inline: the compiler
 * takes a function that only fetches for one without effect, and drops the call.
 */
static inline __attribute__((always_inline)) void
fetch_keys(const struct key_table *table, uint64_t head, uint32_t low, uint32_t high)
{
	const uint8_t *guess = key_at(table, low + guess_place(table, head, high - low));

	__builtin_prefetch(guess);
	__builtin_prefetch(guess - table->digest_size);
	__builtin_prefetch(guess + table->digest_size);
}

void
key_table_find_batch(const struct key_table *table, const uint8_t *const digests[], size_t count,
	struct key_range ret_ranges[])
{
	uint64_t heads[KEY_BATCH];
	uint32_t lows[KEY_BATCH], highs[KEY_BATCH];

	memset(ret_ranges, 0, count * sizeof *ret_ranges);
	if (!table->count)
		return;
	for (size_t i = 0; i < count; i++) {
		heads[i] = short_head(digests[i]);
		__builtin_prefetch(table->first + (heads[i] >> (64 - table->bits)) * KEY_FIRST_BYTES);
	}
	for (size_t i = 0; i < count; i++) {
		if (keys_of_prefix(table, heads[i] >> (64 - table->bits), &lows[i], &highs[i])) {
			fetch_keys(table, heads[i], lows[i], highs[i]);
		} else {
			lows[i] = highs[i] = 0;
			ret_ranges[i].damaged = true;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (lows[i] < highs[i])
			search(table, digests[i], heads[i], lows[i], highs[i], &ret_ranges[i]);
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
