/* key_table.h - digests in order, found by their first bits.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_KEY_TABLE_H
#define T1554TRIAGE_HASHSET_KEY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "short_bytes.h"

enum { KEY_FIRST_BITS_MAX = 24, KEY_FIRST_BYTES = 4, KEY_BATCH = 64 };

/*
 * first[p] is the first key whose digest begins with p or more (bits bits),
 * for p up to and including 1 << bits; little-endian, 4 bytes each.  Both may
 * lie in a mapped file: check() is asked before bytes are looked at, and its
 * refusal, as a first[] that does not ascend, makes a search fail.  It is asked no
 * more once *unchecked is 0.
 */
struct key_table {
	const uint8_t *keys, *first;
	size_t         digest_size;	/* 16 or more */
	uint64_t       count;		/* at most UINT32_MAX */
	unsigned       bits;		/* 1 to KEY_FIRST_BITS_MAX */
	bool         (*check)(void *context, const void *bytes, size_t length);	/* NULL: memory of our own */
	void          *context;
	const uint64_t *unchecked;	/* NULL where check is */
};

/* Keys [first, first + count) are the digest. */
struct key_range {
	uint32_t first, count;
	bool     damaged;		/* the table is, where the digest would stand */
};

/* The bits for a table of count keys: four to eight keys have them in common. */
unsigned key_table_bits(uint64_t count);
/* The first bits of a digest. */
static inline uint32_t
key_table_prefix(const uint8_t *digest, unsigned bits)
{
	return (uint32_t)(short_head(digest) >> (64 - bits));
}

/* Searches for count digests, at most KEY_BATCH, side by side: one waits for memory while the others go on. */
void key_table_find_batch(const struct key_table *table, const uint8_t *const digests[], size_t count,
	struct key_range ret_ranges[]);
struct key_range key_table_find(const struct key_table *table, const uint8_t *digest);

/* Fills first (KEY_FIRST_BYTES for each of (1 << bits) + 1) for keys in order. */
void key_table_fill_first(const struct key_table *table, uint8_t *first);

#endif
