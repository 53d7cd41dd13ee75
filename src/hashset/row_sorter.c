/*
 * row_sorter.c - rows in the order of their keys.
 *
 * Digests are as good as random: rows that do not come in order are put into buckets by the first bits of their keys,
 * a chunk of memory after the other, so that none is moved again.  A bucket fits a cache; it is sorted when its first
 * row is asked for, by one pass of a radix sort over the bits behind, of which there are about as many values as rows;
 * the few that are not in order then are compared whole.  Runs are merged by a heap.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/memory.h>

#include "row_sorter.h"

enum {
	BUCKET_ROWS = 2048, BUCKET_BITS_MAX = 9,
	RADIX_BITS_MAX = 13,
	FEW_ROWS = 24,
	SLAB_BYTES_MIN = 64 << 10, SLAB_BYTES_MAX = 32 << 20,
	LARGE_PAGE_BYTES = 2 << 20,	/* the largest slabs begin at multiples of it: the system gives such pages where they fit */
	WINDOW_BYTES = 256 << 10,	/* of each run that is merged */
};

struct row_slab {
	uint8_t *memory, *begin, *end;	/* as allocated; what is used of it */
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
	size_t rows = (ROW_CHUNK_BYTES - sizeof (uint8_t *)) / row_size;

	*sorter = (struct row_sorter){ .output = output, .row_size = row_size, .key_size = key_size, .ascending = true,
		.chunk_last = (uint16_t)((rows - 1) * row_size) };
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
	for (size_t i = 0; i < sorter->slab_count; i++)
		memory_free(sorter->slabs[i].memory);
	memory_free(sorter->slabs);
	memory_free(sorter->firsts);
	memory_free(sorter->ends);
	sorter->slabs = NULL;
	sorter->slab_count = sorter->slab_capacity = 0;
	sorter->free = sorter->free_end = NULL;
	sorter->firsts = sorter->ends = NULL;
	memory_free(sorter->order);
	memory_free(sorter->spare);
	memory_free(sorter->chunks);
	sorter->next = sorter->next_end = sorter->last = sorter->before = NULL;
	sorter->order = sorter->spare = NULL;
	sorter->chunks = NULL;
	sorter->count = 0;
	sorter->order_at = sorter->order_count = sorter->order_capacity = 0;
	sorter->chunk_count = sorter->chunk_capacity = 0;
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

/* Each eight times the one before, up to the largest; what lies in one is never moved. */
void
row_sorter_add_slab(struct row_sorter *sorter)
{
	const struct row_slab *last = sorter->slab_count ? &sorter->slabs[sorter->slab_count - 1] : NULL;
	size_t bytes = last ? 8 * (size_t)(sorter->free_end - last->begin) : SLAB_BYTES_MIN, alignment = ROW_CHUNK_BYTES;
	struct row_slab *slab;

	if (last)
		sorter->slabs[sorter->slab_count - 1].end = sorter->free;
	if (bytes >= SLAB_BYTES_MAX) {
		bytes = SLAB_BYTES_MAX;
		alignment = LARGE_PAGE_BYTES;
	}
	sorter->slabs = memory_grow(sorter->slabs, sorter->slab_count, &sorter->slab_capacity, sizeof *sorter->slabs);
	slab = &sorter->slabs[sorter->slab_count++];
	slab->memory = memory_resize(NULL, 1, bytes + alignment);
	slab->begin = slab->end = slab->memory + (-(uintptr_t)slab->memory & (alignment - 1));
	sorter->free = slab->begin;
	sorter->free_end = slab->begin + bytes;
}

/* The chunks of a slab begin at multiples of their size. */
static uint8_t *
take_chunk(struct row_sorter *sorter)
{
	uint8_t *chunk;

	if (sorter->free == sorter->free_end)
		row_sorter_add_slab(sorter);
	chunk = sorter->free;
	sorter->free += ROW_CHUNK_BYTES;
	return chunk;
}

static uint8_t *
chunk_of(uint8_t *row)
{
	return row - row_sorter_chunk_offset(row);
}

uint8_t *
row_sorter_add_chunk(struct row_sorter *sorter, size_t bucket)
{
	uint8_t *chunk = take_chunk(sorter);

	memcpy(chunk_of(sorter->ends[bucket]) + ROW_CHUNK_BYTES - sizeof chunk, &chunk, sizeof chunk);
	return chunk;
}

/* The first rows of the buckets lie at different places of their chunks, so that they do not share lines of the cache. */
static void
open_buckets(struct row_sorter *sorter, unsigned bits)
{
	size_t count = (size_t)1 << bits, rows = sorter->chunk_last / sorter->row_size + 1;

	sorter->bucket_bits = bits;
	sorter->firsts = memory_allocate(count, sizeof *sorter->firsts);
	sorter->ends = memory_allocate(count, sizeof *sorter->ends);
	for (size_t i = 0; i < count; i++)
		sorter->ends[i] = sorter->firsts[i] = take_chunk(sorter) + i % rows * sorter->row_size;
}

static void
part_rows(struct row_sorter *sorter, const uint8_t *row, const uint8_t *end)
{
	for (; row < end; row += sorter->row_size) {
		size_t bucket = row_sorter_bucket(sorter, row);
		uint8_t *to = sorter->ends[bucket];

		if (row_sorter_chunk_offset(to) > sorter->chunk_last)
			to = row_sorter_add_chunk(sorter, bucket);
		short_copy(to, row, sorter->row_size);
		sorter->ends[bucket] = to + sorter->row_size;
	}
}

/* The slabs of rows as they came are given back one after the other. */
void
row_sorter_part(struct row_sorter *sorter)
{
	struct row_slab *slabs = sorter->slabs;
	size_t count = sorter->slab_count;
	unsigned bits = 0;

	if (count)
		slabs[count - 1].end = sorter->free;
	sorter->slabs = NULL;
	sorter->slab_count = sorter->slab_capacity = 0;
	sorter->free = sorter->free_end = NULL;
	while (bits < BUCKET_BITS_MAX && (sorter->count >= ROW_PARTED_FROM || sorter->count >> bits > BUCKET_ROWS))
		bits++;
	open_buckets(sorter, bits);
	for (size_t i = 0; i < count; i++) {
		part_rows(sorter, slabs[i].begin, slabs[i].end);
		memory_free(slabs[i].memory);
	}
	memory_free(slabs);
}

static int
compare_items(const void *a, const void *b, void *context)
{
	const struct row_sorter *sorter = context;
	const uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
	int result = memcmp(row_sorter_at(sorter, one), row_sorter_at(sorter, other), sorter->key_size);

	return result ? result : (one > other) - (one < other);
}

/* Rows whose heads are equal are compared whole; of equal keys that comes first which came first. */
static void
sort_ties(struct row_sorter *sorter, uint64_t *items, size_t count)
{
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && items[end] >> 32 == items[i] >> 32; )
			end++;
		if (end - i > 1)
			qsort_r(items + i, end - i, sizeof *items, compare_items, sorter);
	}
}

/* Of few, or of many that are nearly in order. */
static void
insertion_sort(uint64_t *items, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint64_t moved = items[i];
		size_t j = i;

		for (; j > 0 && items[j - 1] > moved; j--)
			items[j] = items[j - 1];
		items[j] = moved;
	}
}

static int
compare_numbers(const void *a, const void *b)
{
	const uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return (one > other) - (one < other);
}

static bool
has_ties(const uint64_t *items, size_t count)
{
	uint64_t ties = 0;

	for (size_t i = 1; i < count; i++)
		ties |= (items[i] ^ items[i - 1]) <= UINT32_MAX;
	return ties;
}

static void
make_room_for_order(struct row_sorter *sorter, size_t rows)
{
	if (rows + ROW_FETCHED_AHEAD <= sorter->order_capacity)
		return;
	sorter->order_capacity = 2 * (rows + ROW_FETCHED_AHEAD);
	sorter->order = memory_resize(sorter->order, sorter->order_capacity, sizeof *sorter->order);
	sorter->spare = memory_resize(sorter->spare, sorter->order_capacity, sizeof *sorter->spare);
}

/* The items of a chunk, which is whole unless the bucket ends in it. */
static size_t
gather_chunk(struct row_sorter *sorter, const uint8_t *row, const uint8_t *end, size_t count)
{
	uint64_t chunk = (uint64_t)(sorter->chunk_count - 1) * ROW_CHUNK_BYTES;
	uint64_t *items;
	size_t rows = (size_t)(end - row) / sorter->row_size;

	make_room_for_order(sorter, count + rows);
	items = sorter->spare + count;
	for (size_t i = 0; i < rows; i++, row += sorter->row_size)
		items[i] = short_head(row) << sorter->bucket_bits >> 32 << 32 | (chunk + row_sorter_chunk_offset(row));
	return count + rows;
}

/* The items of a bucket, in the order in which its rows came. */
static size_t
gather_bucket(struct row_sorter *sorter, size_t bucket)
{
	uint8_t *row = sorter->firsts[bucket], *end = sorter->ends[bucket];
	size_t count = 0;

	for (sorter->chunk_count = 0; ; ) {
		uint8_t *chunk = chunk_of(row);
		bool is_last = chunk == chunk_of(end);

		sorter->chunks = memory_grow(sorter->chunks, sorter->chunk_count, &sorter->chunk_capacity, sizeof *sorter->chunks);
		sorter->chunks[sorter->chunk_count++] = chunk;
		count = gather_chunk(sorter, row, is_last ? end : chunk + sorter->chunk_last + sorter->row_size, count);
		if (is_last)
			return count;
		memcpy(&row, chunk + ROW_CHUNK_BYTES - sizeof row, sizeof row);
	}
}

/* From spare to order; returns the rows of the largest group. */
static size_t
radix_pass(struct row_sorter *sorter, size_t count, unsigned bits)
{
	uint32_t places[1 << RADIX_BITS_MAX];
	unsigned shift = 64 - bits;
	uint32_t place = 0, largest = 0;

	memset(places, 0, sizeof *places << bits);
	for (size_t i = 0; i < count; i++)
		places[sorter->spare[i] >> shift]++;
	for (size_t i = 0; i < (size_t)1 << bits; i++) {
		uint32_t rows = places[i];

		places[i] = place;
		place += rows;
		largest = rows > largest ? rows : largest;
	}
	for (size_t i = 0; i < count; i++)
		sorter->order[places[sorter->spare[i] >> shift]++] = sorter->spare[i];
	return largest;
}

static void
sort_bucket(struct row_sorter *sorter, size_t bucket)
{
	size_t count = gather_bucket(sorter, bucket);
	unsigned bits = 1;

	while (bits < RADIX_BITS_MAX && count >> bits)
		bits++;
	if (!count)
		return;
	if (radix_pass(sorter, count, bits) <= FEW_ROWS)
		insertion_sort(sorter->order, count);
	else
		qsort(sorter->order, count, sizeof *sorter->order, compare_numbers);
	if (has_ties(sorter->order, count))
		sort_ties(sorter, sorter->order, count);
	for (size_t i = 0; i < ROW_FETCHED_AHEAD; i++)
		sorter->order[count + i] = sorter->order[count - 1];
	sorter->order_count = count;
}

/* What comes next is handed out from the beginning. */
static void
begin_in_memory(struct row_sorter *sorter)
{
	if (!sorter->ends && !(sorter->ascending && row_sorter_ascends(sorter)))
		row_sorter_part(sorter);
	else if (!sorter->ends && sorter->slab_count)
		sorter->slabs[sorter->slab_count - 1].end = sorter->free;
	sorter->bucket_number = sorter->slab_number = 0;
}

static const uint8_t *
next_as_they_came(struct row_sorter *sorter)
{
	while (sorter->next == sorter->next_end) {
		if (sorter->slab_number == sorter->slab_count)
			return NULL;
		sorter->next = sorter->slabs[sorter->slab_number].begin;
		sorter->next_end = sorter->slabs[sorter->slab_number++].end;
	}
	sorter->next += sorter->row_size;
	return sorter->next - sorter->row_size;
}

static const uint8_t *
next_in_memory(struct row_sorter *sorter)
{
	if (!sorter->ends)
		return next_as_they_came(sorter);
	while (sorter->order_at == sorter->order_count) {
		if (sorter->bucket_number >> sorter->bucket_bits)
			return NULL;
		sorter->order_at = sorter->order_count = 0;
		sort_bucket(sorter, sorter->bucket_number++);
	}
	return row_sorter_at(sorter, sorter->order[sorter->order_at++]);
}

void
row_sorter_end_run(struct row_sorter *sorter)
{
	const uint8_t *row;

	if (!sorter->count)
		return;
	if (!sorter->run_count)
		spool_open(&sorter->spool, sorter->output);
	begin_in_memory(sorter);
	sorter->runs = memory_grow(sorter->runs, sorter->run_count, &sorter->run_capacity, sizeof *sorter->runs);
	sorter->runs[sorter->run_count++] = (struct row_run){ .offset = sorter->spool.length, .rows = sorter->count };
	while ((row = next_in_memory(sorter)))
		spool_write(&sorter->spool, row, sorter->row_size);
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
		begin_in_memory(sorter);
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

	if (sorter->is_merging && sorter->heap_count) {
		heap[0]->at += sorter->row_size;
		if (!fill_window(heap[0]))
			heap[0] = heap[--sorter->heap_count];
		sift_down(heap, sorter->heap_count, 0);
	}
	sorter->is_merging = true;
	return sorter->heap_count ? heap[0]->window + heap[0]->at : NULL;
}

const uint8_t *
row_sorter_next_on(struct row_sorter *sorter)
{
	return sorter->run_count ? next_merged(sorter) : next_in_memory(sorter);
}
