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

struct row_sorter {
	const char *output;		/* runs go to its folder */
	size_t      row_size, key_size;	/* bytes; a key has 8 or more */
	uint8_t    *rows;		/* those in memory */
	size_t      count, capacity;
	bool        ascending;		/* as they came */
	bool        finished;		/* no row can be added any more */
	uint64_t    total;		/* rows that were added */
	size_t     *bucket_ends;		/* once they are parted by their first bucket_bits bits; NULL: in order as they lie there */
	unsigned    bucket_bits;
	size_t      bucket_number, bucket_begin, bucket_end;	/* the bucket that is being handed out; its number from 1 */
	struct row_item *order, *spare;	/* of its rows */
	size_t      item_count;		/* of order and spare */
	struct spool spool;
	struct row_run  *runs;
	size_t      run_count, run_capacity;
	struct row_reader *readers, **heap;	/* of the runs, while they are merged */
	size_t      heap_count, next;
};

/* output: borrowed. */
void row_sorter_open(struct row_sorter *sorter, const char *output, size_t row_size, size_t key_size);
void row_sorter_close(struct row_sorter *sorter);
size_t row_sorter_bytes(const struct row_sorter *sorter);	/* of rows in memory that a run would free */

static inline bool
row_sorter_is_open(const struct row_sorter *sorter)
{
	return sorter->row_size > 0;
}

/* Room for one more row, which the caller fills before the next call of any kind, then calls added. */
static inline uint8_t *
row_sorter_room(struct row_sorter *sorter)
{
	sorter->rows = memory_grow(sorter->rows, sorter->count, &sorter->capacity, sorter->row_size);
	return sorter->rows + sorter->count * sorter->row_size;
}

static inline void
row_sorter_added(struct row_sorter *sorter)
{
	const uint8_t *row = sorter->rows + sorter->count * sorter->row_size;

	if (sorter->ascending && sorter->count && short_compare(row - sorter->row_size, row, sorter->key_size) > 0)
		sorter->ascending = false;
	sorter->count++;
	sorter->total++;
}

void row_sorter_end_run(struct row_sorter *sorter);
/* Behind the last row.  Then next() hands out one row after the other, valid until the next call; NULL at the end. */
void row_sorter_finish(struct row_sorter *sorter);
const uint8_t *row_sorter_next(struct row_sorter *sorter);
int  row_sorter_error(const struct row_sorter *sorter);	/* errno of its file, 0: none */

#endif
