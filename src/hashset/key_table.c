/* key_table.c - digests in order, found by their first bits. */
#include <stdlib.h>
#include <string.h>

#include "key_table.h"

unsigned
key_table_bits(uint64_t count)
{
	unsigned bits = 1;

	while (bits < KEY_FIRST_BITS_MAX && count >> (bits + 3))
		bits++;
	return bits;
}

uint32_t
key_table_prefix(const uint8_t *digest, unsigned bits)
{
	uint32_t head = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];

	return head >> (32 - bits);
}

uint32_t
key_row_number(const struct key_table *table, uint64_t row)
{
	const uint8_t *at = table->rows + row * key_row_size(table) + table->digest_size;

	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void
key_row_set_number(uint8_t *row, size_t digest_size, uint32_t number)
{
	for (size_t i = 0; i < KEY_NUMBER_BYTES; i++)
		row[digest_size + i] = (uint8_t)(number >> (24 - 8 * i));
}

static uint64_t
first_at(const struct key_table *table, uint32_t prefix)
{
	const uint8_t *at = table->first + (size_t)prefix * 8;
	uint64_t row = 0;

	for (size_t i = 8; i > 0; i--)
		row = row << 8 | at[i - 1];
	return row;
}

static bool
is_sound(const struct key_table *table, const void *bytes, size_t length)
{
	return !table->check || table->check(table->context, bytes, length);
}

/* The first row of [low, high) that is not below the digest. */
static bool
lower_bound(const struct key_table *table, uint64_t low, uint64_t high, const uint8_t *digest, uint64_t *ret_row)
{
	size_t size = key_row_size(table);

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		const uint8_t *row = table->rows + middle * size;

		if (!is_sound(table, row, size))
			return false;
		if (memcmp(row, digest, table->digest_size) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_row = low;
	return true;
}

bool
key_table_find(const struct key_table *table, const uint8_t *digest, uint64_t *ret_row, uint64_t *ret_count)
{
	uint32_t prefix = key_table_prefix(digest, table->bits);
	size_t size = key_row_size(table);
	uint64_t low, high, row, end;

	*ret_count = 0;
	if (!table->count)
		return true;
	if (!is_sound(table, table->first + (size_t)prefix * 8, 16))
		return false;
	low = first_at(table, prefix);
	high = first_at(table, prefix + 1);
	if (low > high || high > table->count)
		return false;
	if (!lower_bound(table, low, high, digest, &row))
		return false;
	for (end = row; end < high; end++) {
		if (!is_sound(table, table->rows + end * size, size))
			return false;
		if (memcmp(table->rows + end * size, digest, table->digest_size))
			break;
	}
	*ret_row = row;
	*ret_count = end - row;
	return true;
}

static int
compare_rows(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(size_t *)size);
}

void
key_rows_sort(uint8_t *rows, size_t count, size_t row_size)
{
	qsort_r(rows, count, row_size, compare_rows, &row_size);
}

void
key_table_fill_first(const uint8_t *rows, size_t count, size_t row_size, unsigned bits, uint8_t *first)
{
	uint64_t row = 0;

	for (uint64_t prefix = 0; prefix <= 1ULL << bits; prefix++) {
		while (row < count && key_table_prefix(rows + row * row_size, bits) < prefix)
			row++;
		for (size_t i = 0; i < 8; i++)
			first[prefix * 8 + i] = (uint8_t)(row >> (8 * i));
	}
}
