/* part_spool.c - what tasks send, in parts, one file for all. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/buffer.h>
#include <t1554triage/descriptor.h>
#include <t1554triage/memory.h>

#include "part_spool.h"

enum { READ_BYTES = 256 * 1024 };

struct part { uint64_t offset, length; };

struct part_spool {
	int      descriptor;
	uint64_t size;
	struct parts { struct part *items; size_t count, capacity; } *tasks;
	size_t   task_count;
};

struct part_spool *
part_spool_open(int folder, size_t tasks)
{
	int descriptor = descriptor_open_unnamed(folder);
	struct part_spool *spool;

	if (descriptor < 0)
		return NULL;
	spool = memory_allocate(1, sizeof *spool);
	spool->descriptor = descriptor;
	spool->tasks = memory_allocate(tasks, sizeof *spool->tasks);
	spool->task_count = tasks;
	return spool;
}

void
part_spool_close(struct part_spool *spool)
{
	if (!spool)
		return;
	close(spool->descriptor);
	for (size_t i = 0; i < spool->task_count; i++)
		memory_free(spool->tasks[i].items);
	memory_free(spool->tasks);
	memory_free(spool);
}

bool
part_spool_add(struct part_spool *spool, size_t task, const char *lines, size_t length)
{
	struct parts *parts = &spool->tasks[task];

	if (!length)
		return true;
	if (!descriptor_write(spool->descriptor, lines, length))
		return false;
	parts->items = memory_grow(parts->items, parts->count, &parts->capacity, sizeof *parts->items);
	parts->items[parts->count++] = (struct part){ spool->size, length };
	spool->size += length;
	return true;
}

void
part_spool_drop(struct part_spool *spool, size_t task)
{
	spool->tasks[task].count = 0;
}

/* Hands on the whole lines of text and keeps what stands behind the last. */
static void
take_lines(struct buffer *text, void (*take)(void *context, const char *line, size_t length), void *context)
{
	char *line = text->bytes, *end = text->bytes + text->length, *newline;

	for (; (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
		*newline = '\0';
		take(context, line, (size_t)(newline - line));
	}
	buffer_consume(text, (size_t)(line - text->bytes));
}

bool
part_spool_each_line(struct part_spool *spool, size_t task,
	void (*take)(void *context, const char *line, size_t length), void *context)
{
	const struct parts *parts = &spool->tasks[task];
	char *block = memory_allocate(READ_BYTES, 1);
	bool is_read = true;
	struct buffer text;

	buffer_init(&text, 0);
	for (size_t i = 0; is_read && i < parts->count; i++)
		for (uint64_t done = 0; is_read && done < parts->items[i].length; done += READ_BYTES) {
			uint64_t left = parts->items[i].length - done;
			size_t want = left < READ_BYTES ? (size_t)left : READ_BYTES;

			is_read = descriptor_read_at(spool->descriptor, parts->items[i].offset + done, block, want) == want;
			buffer_add(&text, block, is_read ? want : 0);
			take_lines(&text, take, context);
		}
	buffer_release(&text);
	memory_free(block);
	return is_read;
}
