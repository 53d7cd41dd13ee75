/* part_spool.c - what tasks send, in parts, one file for all. */
#include <errno.h>
#include <string.h>

#include <t1554triage/buffer.h>
#include <t1554triage/memory.h>

#include "part_spool.h"

enum { READ_BYTES = 256 * 1024 };

struct part { uint64_t offset, length; };

struct part_spool {
	struct spool_file *file;
	struct parts { struct part *items; size_t count, capacity; } *tasks;
	size_t   task_count;
};

struct part_spool *
part_spool_open(struct spool_file *file, size_t tasks)
{
	struct part_spool *spool = memory_allocate(1, sizeof *spool);

	spool->file = file;
	spool->tasks = memory_allocate(tasks, sizeof *spool->tasks);
	spool->task_count = tasks;
	return spool;
}

void
part_spool_close(struct part_spool *spool)
{
	for (size_t i = 0; i < spool->task_count; i++)
		memory_free(spool->tasks[i].items);
	memory_free(spool->tasks);
	memory_free(spool);
}

void
part_spool_add(struct part_spool *spool, size_t task, const char *lines, size_t length)
{
	struct parts *parts = &spool->tasks[task];

	if (!length)
		return;
	parts->items = memory_grow(parts->items, parts->count, &parts->capacity, sizeof *parts->items);
	parts->items[parts->count++] = (struct part){ spool_file_add(spool->file, lines, length), length };
}

uint64_t
part_spool_bytes(const struct part_spool *spool, size_t task)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < spool->tasks[task].count; i++)
		bytes += spool->tasks[task].items[i].length;
	return bytes;
}

void
part_spool_drop(struct part_spool *spool, size_t task)
{
	spool->tasks[task].count = 0;
}

/* What is read of the parts, and where in the file its first byte lies. */
struct text_read { char *bytes; size_t length, capacity; uint64_t offset; };

/* Hands on the whole lines and keeps what stands behind the last. */
static void
take_lines(struct text_read *text, void (*take)(void *context, char *line, size_t length, uint64_t offset), void *context)
{
	char *line = text->bytes, *end = text->bytes + text->length, *newline;

	for (; (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
		*newline = '\0';
		take(context, line, (size_t)(newline - line), text->offset + (uint64_t)(line - text->bytes));
	}
	text->offset += (uint64_t)(line - text->bytes);
	text->length = (size_t)(end - line);
	memmove(text->bytes, line, text->length);
}

/* The part holds whole lines: what a task sends is cut behind one, and what ends within a line is not taken. */
static bool
read_part(const struct part_spool *spool, const struct part *part, struct text_read *text,
	void (*take)(void *context, char *line, size_t length, uint64_t offset), void *context)
{
	text->length = 0;
	text->offset = part->offset;
	for (uint64_t done = 0; done < part->length; done += READ_BYTES) {
		uint64_t left = part->length - done;
		size_t want = left < READ_BYTES ? (size_t)left : READ_BYTES;

		if (text->capacity < text->length + want) {
			text->capacity = text->length + want;
			text->bytes = memory_resize(text->bytes, text->capacity, 1);
		}
		if (spool_file_read(spool->file, part->offset + done, text->bytes + text->length, want) < want)
			return false;
		text->length += want;
		take_lines(text, take, context);
	}
	return true;
}

bool
part_spool_each_line(struct part_spool *spool, size_t task,
	void (*take)(void *context, char *line, size_t length, uint64_t offset), void *context)
{
	const struct parts *parts = &spool->tasks[task];
	struct text_read text = { .bytes = NULL };
	bool is_read;

	if (!parts->count)
		return true;
	errno = spool_file_flush(spool->file);
	is_read = !errno;
	for (size_t i = 0; is_read && i < parts->count; i++)
		is_read = read_part(spool, &parts->items[i], &text, take, context);
	memory_free(text.bytes);
	return is_read;
}
