/* key_table.h - digests in order, found by their first bits.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_KEY_TABLE_H
#define T1554TRIAGE_HASHSET_KEY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEY_NUMBER_BYTES = 4, KEY_FIRST_BITS_MAX = 22 };

/*
 * A row is a digest and a number, big-endian, so that rows sort as bytes.
 * first[p] is the first row whose digest begins with p or more (bits bits),
 * for p up to and including 1 << bits; little-endian, 8 bytes each.  Both may
 * lie in a mapped file: check() is asked before bytes are looked at, and its
 * refusal, as a first[] that does not ascend, makes a search fail.
 */
struct key_table {
	const uint8_t *rows, *first;
	size_t         digest_size;
	uint64_t       count;
	unsigned       bits;		/* 1 to KEY_FIRST_BITS_MAX */
	bool         (*check)(void *context, const void *bytes, size_t length);	/* NULL: memory of our own */
	void          *context;
};

static inline size_t
key_row_size(const struct key_table *table)
{
	return table->digest_size + KEY_NUMBER_BYTES;
}

/* The bits for a table of count rows. */
unsigned key_table_bits(uint64_t count);
/* The first bits of a digest. */
uint32_t key_table_prefix(const uint8_t *digest, unsigned bits);
uint32_t key_row_number(const struct key_table *table, uint64_t row);
void     key_row_set_number(uint8_t *row, size_t digest_size, uint32_t number);

/* Rows [*ret_row, *ret_row + *ret_count) have the digest; false: the table is damaged there. */
bool key_table_find(const struct key_table *table, const uint8_t *digest, uint64_t *ret_row, uint64_t *ret_count);

/* Sorts rows in memory. */
void key_rows_sort(uint8_t *rows, size_t count, size_t row_size);
/* Fills first (8 bytes for each of (1 << bits) + 1) for sorted rows. */
void key_table_fill_first(const uint8_t *rows, size_t count, size_t row_size, unsigned bits, uint8_t *first);

#endif
