/*
 * row_sorter.h - rows of one length in the order of their first bytes, in bounded memory.
 * Private to hashset.
 *
 * Rows are collected in memory; end_run() sorts them and puts them on a file
 * without a name.  What was never put there is handed out from memory.  Rows
 * whose keys are equal keep the order in which they came.
 */
#ifndef T1554TRIAGE_HASHSET_ROW_SORTER_H
#define T1554TRIAGE_HASHSET_ROW_SORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/memory.h>

#include "short_bytes.h"
#include "spool.h"

enum {
	ROW_CHUNK_BYTES = 4096,		/* of a bucket: as many rows as fit, then the address of the chunk behind it */
	CACHE_LINE_BYTES = 64,
	ROW_FETCHED_AHEAD = 8,		/* rows of a bucket: they are called for from memory before they are handed out */
	ROW_PARTED_FROM = 1 << 15,	/* rows that do not ascend are put into buckets from so many on */
};

struct row_sorter {
	const char *output;		/* runs go to its folder */
	size_t      row_size, key_size;	/* bytes; a key has 8 or more */
	size_t      count;		/* rows in memory */
	uint64_t    total;		/* rows that were added */
	bool        ascending;		/* as they came */
	bool        finished;		/* no row can be added any more */
	struct row_slab *slabs;		/* memory: of rows as they came, or of chunks */
	size_t      slab_count, slab_capacity;
	uint8_t    *free, *free_end;	/* of the last slab */
	const uint8_t *last, *before;	/* of rows as they came; before: NULL where the two are in order for certain */
	uint8_t   **firsts, **ends;	/* of each bucket: its first row, and where the next one goes; NULL: no buckets yet */
	unsigned    bucket_bits;	/* the first of the keys: the number of the bucket */
	uint16_t    chunk_last;		/* bytes from the begin of a chunk to its last row */
	const uint8_t *next, *next_end;	/* of rows that are handed out as they lie */
	size_t      slab_number;	/* the one that comes next then */
	uint64_t   *order, *spare;	/* of the bucket that is being handed out: the head of a key behind its bucket_bits, and a place */
	size_t      order_at, order_count, order_capacity;
	size_t      bucket_number;	/* the one that comes next */
	uint8_t   **chunks;		/* of that bucket */
	size_t      chunk_count, chunk_capacity;
	struct spool spool;
	struct row_run  *runs;
	size_t      run_count, run_capacity;
	struct row_reader *readers, **heap;	/* of the runs, while they are merged */
	size_t      heap_count;
	bool        is_merging;		/* the row at the top of the heap was handed out */
};

/* output: borrowed.  row_size: at most a chunk less an address. */
void row_sorter_open(struct row_sorter *sorter, const char *output, size_t row_size, size_t key_size);
void row_sorter_close(struct row_sorter *sorter);
size_t row_sorter_bytes(const struct row_sorter *sorter);	/* of rows in memory that a run would free */

static inline bool
row_sorter_is_open(const struct row_sorter *sorter)
{
	return sorter->row_size > 0;
}

static inline size_t
row_sorter_bucket(const struct row_sorter *sorter, const uint8_t *key)
{
	return short_head(key) >> 1 >> (63 - sorter->bucket_bits);
}

/* For the functions below. */
uint8_t *row_sorter_add_chunk(struct row_sorter *sorter, size_t bucket);
void row_sorter_add_slab(struct row_sorter *sorter);
void row_sorter_part(struct row_sorter *sorter);

static inline size_t
row_sorter_chunk_offset(const uint8_t *row)
{
	return (uintptr_t)row % ROW_CHUNK_BYTES;
}

/* The last two rows are looked at when both are filled. */
static inline bool
row_sorter_ascends(const struct row_sorter *sorter)
{
	return !sorter->before || short_compare(sorter->before, sorter->last, sorter->key_size) <= 0;
}

/*
 * Adds a row with this key, of which the first eight bytes are enough; the caller fills all of it before the next
 * call of any kind.
 */
static inline uint8_t *
row_sorter_add(struct row_sorter *sorter, const uint8_t *key)
{
	if (!sorter->ends) {
		sorter->ascending = sorter->ascending && row_sorter_ascends(sorter);
		if (!sorter->ascending && sorter->count >= ROW_PARTED_FROM)
			row_sorter_part(sorter);
	}
	sorter->total++;
	if (sorter->ends) {
		size_t bucket = row_sorter_bucket(sorter, key);
		uint8_t *row = sorter->ends[bucket];

		if (row_sorter_chunk_offset(row) > sorter->chunk_last)
			row = row_sorter_add_chunk(sorter, bucket);
		sorter->ends[bucket] = row + sorter->row_size;
		sorter->count++;
		__builtin_prefetch(row + CACHE_LINE_BYTES, 1);	/* of the bucket: the next rows go there */
		return row;
	}
	if ((size_t)(sorter->free_end - sorter->free) < sorter->row_size)
		row_sorter_add_slab(sorter);
	sorter->before = sorter->last;
	sorter->last = sorter->free;
	sorter->free += sorter->row_size;
	sorter->count++;
	return sorter->free - sorter->row_size;
}

/* Is the row that was just added, and filled, byte by byte the one that lies before it?  Then it is taken back. */
static inline bool
row_sorter_take_back_again(struct row_sorter *sorter, uint8_t *row)
{
	const uint8_t *before = sorter->before;

	if (sorter->ends)
		before = row_sorter_chunk_offset(row) < sorter->row_size ? NULL : row - sorter->row_size;
	if (!before || short_differ(before, row) || !short_equal(before, row, sorter->row_size) ||
	    (sorter->ends && sorter->firsts[row_sorter_bucket(sorter, row)] == row))
		return false;
	if (sorter->ends) {
		sorter->ends[row_sorter_bucket(sorter, row)] = row;
	} else {
		sorter->free = row;
		sorter->last = before;
		sorter->before = NULL;
	}
	sorter->count--;
	sorter->total--;
	return true;
}

void row_sorter_end_run(struct row_sorter *sorter);
/* Behind the last row.  Then next() hands out one row after the other, valid until the next call; NULL at the end. */
void row_sorter_finish(struct row_sorter *sorter);
const uint8_t *row_sorter_next_on(struct row_sorter *sorter);
int  row_sorter_error(const struct row_sorter *sorter);	/* errno of its file, 0: none */

/* A place is the number of a chunk of the bucket, and the bytes from its begin: a bucket has less than 4 GiB. */
static inline const uint8_t *
row_sorter_at(const struct row_sorter *sorter, uint64_t item)
{
	uint32_t place = (uint32_t)item;

	return sorter->chunks[place / ROW_CHUNK_BYTES] + place % ROW_CHUNK_BYTES;
}

/* Behind the items of a bucket its last one stands as often again. */
static inline const uint8_t *
row_sorter_next(struct row_sorter *sorter)
{
	if (sorter->order_at == sorter->order_count)
		return row_sorter_next_on(sorter);
	__builtin_prefetch(row_sorter_at(sorter, sorter->order[sorter->order_at + ROW_FETCHED_AHEAD]));
	return row_sorter_at(sorter, sorter->order[sorter->order_at++]);
}

#endif
