/*
 * row_sorter.c - rows in the order of their keys.
 *
 * Digests are as good as random: rows are parted by the first bits of their keys
 * into buckets that fit a cache, and each is sorted when its first row is asked for,
 * by two passes of a radix sort over the next 16 bits of (head, number); the few
 * rows that are not in order then are compared whole.  Runs are merged by a heap.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/memory.h>

#include "row_sorter.h"
#include "short_bytes.h"

enum {
	BUCKET_ROWS = 2048, BUCKET_BITS_MAX = 11,
	RADIX_BITS = 8, RADIX_PASSES = 2, RADIX_SIZE = 1 << RADIX_BITS,
	FEW_ROWS = 12,
	WINDOW_BYTES = 256 << 10,	/* of each run that is merged */
};

struct row_item {
	uint64_t head;			/* the first eight bytes of the key, as they compare */
	uint32_t number;		/* within the bucket */
};

struct row_run {
	uint64_t offset, rows;		/* in the spool */
};

struct row_reader {
	struct row_sorter *sorter;
	uint64_t next, left;		/* offset and rows that are not in the window yet */
	uint8_t *window;
	size_t   at, end;		/* bytes of the window */
};

void
row_sorter_open(struct row_sorter *sorter, const char *output, size_t row_size, size_t key_size)
{
	*sorter = (struct row_sorter){ .output = output, .row_size = row_size, .key_size = key_size, .ascending = true };
	sorter->spool.descriptor = -1;
}

size_t
row_sorter_bytes(const struct row_sorter *sorter)
{
	return sorter->finished ? 0 : sorter->count * sorter->row_size;
}

int
row_sorter_error(const struct row_sorter *sorter)
{
	return sorter->spool.error;
}

static void
forget_rows(struct row_sorter *sorter)
{
	memory_free(sorter->rows);
	memory_free(sorter->bucket_ends);
	memory_free(sorter->order);
	memory_free(sorter->spare);
	sorter->rows = NULL;
	sorter->bucket_ends = NULL;
	sorter->order = sorter->spare = NULL;
	sorter->count = sorter->capacity = sorter->item_count = 0;
	sorter->ascending = true;
}

void
row_sorter_close(struct row_sorter *sorter)
{
	if (!row_sorter_is_open(sorter))
		return;
	forget_rows(sorter);
	for (size_t i = 0; sorter->readers && i < sorter->run_count; i++)
		memory_free(sorter->readers[i].window);
	memory_free(sorter->readers);
	memory_free(sorter->heap);
	memory_free(sorter->runs);
	spool_close(&sorter->spool);
	*sorter = (struct row_sorter){ .row_size = 0 };
}

static void
radix_pass(const struct row_item *from, struct row_item *to, size_t count, unsigned shift)
{
	size_t places[RADIX_SIZE] = { 0 }, place = 0;

	for (size_t i = 0; i < count; i++)
		places[from[i].head >> shift & (RADIX_SIZE - 1)]++;
	for (size_t i = 0; i < RADIX_SIZE; i++) {
		size_t rows = places[i];

		places[i] = place;
		place += rows;
	}
	for (size_t i = 0; i < count; i++)
		to[places[from[i].head >> shift & (RADIX_SIZE - 1)]++] = from[i];
}

/* The rows of the bucket that is being handed out. */
static const uint8_t *
bucket_row(const struct row_sorter *sorter, uint32_t number)
{
	return sorter->rows + (sorter->bucket_begin + number) * sorter->row_size;
}

static int
compare_items(const void *a, const void *b, void *context)
{
	const struct row_sorter *sorter = context;
	const struct row_item *one = a, *other = b;
	int result;

	if (one->head != other->head)
		return one->head < other->head ? -1 : 1;
	result = memcmp(bucket_row(sorter, one->number), bucket_row(sorter, other->number), sorter->key_size);
	return result ? result : (one->number > other->number) - (one->number < other->number);
}

static void
insertion_sort(struct row_sorter *sorter, struct row_item *items, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct row_item moved = items[i];
		size_t j = i;

		for (; j > 0 && compare_items(&items[j - 1], &moved, sorter) > 0; j--)
			items[j] = items[j - 1];
		items[j] = moved;
	}
}

/* Sorts each group that has its first bits in common by whole keys. */
static void
sort_groups(struct row_sorter *sorter, struct row_item *items, size_t count, unsigned shift)
{
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && items[end].head >> shift == items[i].head >> shift; )
			end++;
		if (end - i > FEW_ROWS)
			qsort_r(items + i, end - i, sizeof *items, compare_items, sorter);
		else if (end - i > 1)
			insertion_sort(sorter, items + i, end - i);
	}
}

/* Two passes end where they began. */
static void
sort_bucket(struct row_sorter *sorter)
{
	size_t count = sorter->bucket_end - sorter->bucket_begin;
	unsigned shift = 64 - sorter->bucket_bits - RADIX_BITS * RADIX_PASSES;

	if (count > sorter->item_count) {
		sorter->order = memory_resize(sorter->order, count, sizeof *sorter->order);
		sorter->spare = memory_resize(sorter->spare, count, sizeof *sorter->spare);
		sorter->item_count = count;
	}
	for (size_t i = 0; i < count; i++)
		sorter->order[i] = (struct row_item){ short_head(bucket_row(sorter, (uint32_t)i)), (uint32_t)i };
	radix_pass(sorter->order, sorter->spare, count, shift);
	radix_pass(sorter->spare, sorter->order, count, shift + RADIX_BITS);
	sort_groups(sorter, sorter->order, count, shift);
}

static size_t
bucket_of(const struct row_sorter *sorter, const uint8_t *row)
{
	return short_head(row) >> 1 >> (63 - sorter->bucket_bits);
}

/* Puts the rows of a bucket side by side, in the order in which they came. */
static void
part_rows(struct row_sorter *sorter)
{
	uint8_t *parted;
	size_t place = 0;

	if (sorter->ascending || !sorter->count)
		return;
	for (sorter->bucket_bits = 0; sorter->bucket_bits < BUCKET_BITS_MAX && sorter->count >> sorter->bucket_bits > BUCKET_ROWS; )
		sorter->bucket_bits++;
	sorter->bucket_ends = memory_allocate((size_t)1 << sorter->bucket_bits, sizeof *sorter->bucket_ends);
	for (size_t i = 0; i < sorter->count; i++)
		sorter->bucket_ends[bucket_of(sorter, sorter->rows + i * sorter->row_size)]++;
	for (size_t i = 0; i < (size_t)1 << sorter->bucket_bits; i++) {
		size_t rows = sorter->bucket_ends[i];

		sorter->bucket_ends[i] = place;
		place += rows;
	}
	parted = memory_resize(NULL, sorter->count, sorter->row_size);
	for (size_t i = 0; i < sorter->count; i++) {
		const uint8_t *row = sorter->rows + i * sorter->row_size;

		short_copy(parted + sorter->bucket_ends[bucket_of(sorter, row)]++ * sorter->row_size, row, sorter->row_size);
	}
	memory_free(sorter->rows);
	sorter->rows = parted;
	sorter->capacity = sorter->count;
	sorter->bucket_number = sorter->bucket_begin = sorter->bucket_end = 0;
}

/* Rows are asked for one after the other. */
static const uint8_t *
sorted_row(struct row_sorter *sorter, size_t place)
{
	if (!sorter->bucket_ends)
		return sorter->rows + place * sorter->row_size;
	while (place == sorter->bucket_end) {
		sorter->bucket_begin = place;
		sorter->bucket_end = sorter->bucket_ends[sorter->bucket_number++];
		if (sorter->bucket_end > place)
			sort_bucket(sorter);
	}
	return bucket_row(sorter, sorter->order[place - sorter->bucket_begin].number);
}

void
row_sorter_end_run(struct row_sorter *sorter)
{
	if (!sorter->count)
		return;
	if (!sorter->run_count)
		spool_open(&sorter->spool, sorter->output);
	part_rows(sorter);
	sorter->runs = memory_grow(sorter->runs, sorter->run_count, &sorter->run_capacity, sizeof *sorter->runs);
	sorter->runs[sorter->run_count++] = (struct row_run){ .offset = sorter->spool.length, .rows = sorter->count };
	for (size_t i = 0; i < sorter->count; i++)
		spool_write(&sorter->spool, sorted_row(sorter, i), sorter->row_size);
	forget_rows(sorter);
}

static bool
fill_window(struct row_reader *reader)
{
	size_t row_size = reader->sorter->row_size, rows = WINDOW_BYTES / row_size;

	if (reader->at < reader->end)
		return true;
	if (rows > reader->left)
		rows = (size_t)reader->left;
	if (!rows || !spool_read(&reader->sorter->spool, reader->next, reader->window, rows * row_size))
		return false;
	reader->next += rows * row_size;
	reader->left -= rows;
	reader->at = 0;
	reader->end = rows * row_size;
	return true;
}

/* Of equal keys the earlier run comes first. */
static bool
is_before(const struct row_reader *a, const struct row_reader *b)
{
	int result = short_compare(a->window + a->at, b->window + b->at, a->sorter->key_size);

	return result ? result < 0 : a < b;
}

/* The reader with the smallest row stands at the top of the heap. */
static void
sift_down(struct row_reader **heap, size_t count, size_t parent)
{
	for (size_t child; (child = 2 * parent + 1) < count; parent = child) {
		struct row_reader *moved = heap[parent];

		if (child + 1 < count && is_before(heap[child + 1], heap[child]))
			child++;
		if (!is_before(heap[child], moved))
			return;
		heap[parent] = heap[child];
		heap[child] = moved;
	}
}

void
row_sorter_finish(struct row_sorter *sorter)
{
	sorter->finished = true;
	if (!sorter->run_count) {
		part_rows(sorter);
		return;
	}
	row_sorter_end_run(sorter);
	spool_flush(&sorter->spool);
	sorter->readers = memory_allocate(sorter->run_count, sizeof *sorter->readers);
	sorter->heap = memory_allocate(sorter->run_count, sizeof *sorter->heap);
	for (size_t i = 0; i < sorter->run_count; i++) {
		sorter->readers[i] = (struct row_reader){ .sorter = sorter, .next = sorter->runs[i].offset,
			.left = sorter->runs[i].rows, .window = memory_allocate(1, WINDOW_BYTES) };
		if (fill_window(&sorter->readers[i]))
			sorter->heap[sorter->heap_count++] = &sorter->readers[i];
	}
	for (size_t i = sorter->heap_count / 2; i > 0; i--)
		sift_down(sorter->heap, sorter->heap_count, i - 1);
}

/* The row at the top is given up only when the next one is asked for. */
static const uint8_t *
next_merged(struct row_sorter *sorter)
{
	struct row_reader **heap = sorter->heap;

	if (sorter->next && sorter->heap_count) {
		heap[0]->at += sorter->row_size;
		if (!fill_window(heap[0]))
			heap[0] = heap[--sorter->heap_count];
		sift_down(heap, sorter->heap_count, 0);
	}
	sorter->next++;
	return sorter->heap_count ? heap[0]->window + heap[0]->at : NULL;
}

const uint8_t *
row_sorter_next(struct row_sorter *sorter)
{
	if (sorter->run_count)
		return next_merged(sorter);
	return sorter->next < sorter->count ? sorted_row(sorter, sorter->next++) : NULL;
}
