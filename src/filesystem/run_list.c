/* run_list.c - where the content of a file lies on its volume. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "run_list.h"

struct run_source {
	struct source source;
	struct source *volume;		/* borrowed */
	struct run_list runs;
	uint64_t      readable;		/* bytes from its start */
};

uint64_t
run_list_covered(const struct run_list *list)
{
	const struct run *last = list->count ? &list->items[list->count - 1] : NULL;

	return last ? last->file_offset + last->length : 0;
}

bool
run_list_add(struct run_list *list, enum run_kind kind, uint64_t volume_offset, uint64_t length)
{
	struct run *last = list->count ? &list->items[list->count - 1] : NULL;
	uint64_t end = run_list_covered(list);

	if (length > list->size - end)
		length = list->size - end;
	if (!length)
		return end < list->size;
	if (last && last->kind == kind && (kind != RUN_DATA ||
	    last->volume_offset + last->length == volume_offset)) {
		last->length += length;
		return end + length < list->size;
	}
	list->items = memory_grow(list->items, list->count, &list->capacity, sizeof *list->items);
	list->items[list->count++] = (struct run){ end, volume_offset, length, kind };
	return end + length < list->size;
}

bool
run_list_fill(struct run_list *list, enum run_kind kind, uint64_t end)
{
	uint64_t covered = run_list_covered(list);

	return run_list_add(list, kind, 0, end > covered ? end - covered : 0);
}

void
run_list_cut(struct run_list *list, uint64_t offset)
{
	while (list->count && list->items[list->count - 1].file_offset >= offset)
		list->count--;
	if (run_list_covered(list) > offset)
		list->items[list->count - 1].length = offset - list->items[list->count - 1].file_offset;
}

void
run_list_release(struct run_list *list)
{
	memory_free(list->items);
	*list = (struct run_list){ .size = list->size };
}

/* The run that holds offset, which lies within the file. */
static const struct run *
find_run(const struct run_list *list, uint64_t offset)
{
	size_t low = 0, high = list->count - 1;

	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (list->items[middle].file_offset <= offset)
			low = middle;
		else
			high = middle - 1;
	}
	return &list->items[low];
}

/* Zeros stand in for what cannot be read. */
static enum status
read_run(struct run_source *content, const struct run *run, uint64_t offset, uint8_t *to, size_t length)
{
	enum status status;

	if (run->kind == RUN_DATA) {
		status = source_read_exactly(content->volume,
			run->volume_offset + (offset - run->file_offset), to, length);
		if (status > STATUS_UNREADABLE)
			return status;
	}
	memset(to, 0, length);
	return run->kind == RUN_HOLE ? STATUS_OK : STATUS_DAMAGED;
}

static enum status
read_runs(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct run_source *content = (struct run_source *)source;
	enum status status = STATUS_OK;
	uint8_t *to = buffer;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (offset >= content->readable)
		return STATUS_UNREADABLE;
	if (length > content->readable - offset)
		length = (size_t)(content->readable - offset);
	while (length) {
		const struct run *run = find_run(&content->runs, offset);
		uint64_t left = run->length - (offset - run->file_offset);
		size_t part = length < left ? length : (size_t)left;

		status = status_worse(status, read_run(content, run, offset, to, part));
		offset += part;
		to += part;
		length -= part;
		*ret_length += part;
	}
	return status;
}

static void
close_runs(struct source *source)
{
	run_list_release(&((struct run_source *)source)->runs);
	memory_free(source);
}

uint64_t
run_list_empty_bytes(const struct run_list *list)
{
	uint64_t empty = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind != RUN_DATA)
			empty += list->items[i].length;
	return empty;
}

static uint64_t
readable_bytes(const struct run_list *list)
{
	size_t i = 0;

	if (run_list_empty_bytes(list) <= limit_get(LIMIT_HOLE_BYTES))
		return list->size;
	while (list->items[i].kind == RUN_DATA)
		i++;
	return list->items[i].file_offset;
}

struct source *
run_list_open(struct run_list *list, struct source *volume)
{
	struct run_source *content = memory_allocate(1, sizeof *content);

	content->source = (struct source){
		.size = list->size, .read = read_runs, .close = close_runs, .damage = volume->damage,
	};
	content->volume = volume;
	content->readable = readable_bytes(list);
	content->runs = *list;
	*list = (struct run_list){ .size = list->size };
	return &content->source;
}
