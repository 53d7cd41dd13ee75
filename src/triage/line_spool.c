/* line_spool.c - lines that arrive out of order. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/descriptor.h>
#include <t1554triage/memory.h>

#include "line_spool.h"

enum { COPY_BYTES = 64 * 1024 };

struct block {
	const char *key;
	uint64_t    offset, length, order;	/* bytes in the spool; in which it came */
};

struct line_spool {
	int           descriptor;
	uint64_t      size;
	struct block *blocks;
	size_t        count, capacity;
	struct arena  keys;
};

struct line_spool *
line_spool_open(int folder)
{
	int descriptor = descriptor_open_unnamed(folder);
	struct line_spool *spool;

	if (descriptor < 0)
		return NULL;
	spool = memory_allocate(1, sizeof *spool);
	spool->descriptor = descriptor;
	arena_init(&spool->keys);
	return spool;
}

void
line_spool_close(struct line_spool *spool)
{
	if (!spool)
		return;
	close(spool->descriptor);
	arena_release(&spool->keys);
	memory_free(spool->blocks);
	memory_free(spool);
}

bool
line_spool_add(struct line_spool *spool, const char *key, const char *lines, size_t length)
{
	if (!length)
		return true;
	if (!descriptor_write(spool->descriptor, lines, length))
		return false;
	spool->blocks = memory_grow(spool->blocks, spool->count, &spool->capacity, sizeof *spool->blocks);
	spool->blocks[spool->count] = (struct block){ arena_copy_text(&spool->keys, key), spool->size,
		length, spool->count };
	spool->count++;
	spool->size += length;
	return true;
}

static int
by_key(const void *a, const void *b)
{
	const struct block *one = a, *other = b;
	int difference = strcmp(one->key, other->key);

	return difference ? difference : one->order < other->order ? -1 : 1;
}

static bool
copy_block(struct line_spool *spool, const struct block *block, int to, char *buffer)
{
	for (uint64_t done = 0; done < block->length; done += COPY_BYTES) {
		size_t want = block->length - done < COPY_BYTES ? (size_t)(block->length - done) : COPY_BYTES;

		if (descriptor_read_at(spool->descriptor, block->offset + done, buffer, want) < want ||
		    !descriptor_write(to, buffer, want))
			return false;
	}
	return true;
}

bool
line_spool_write_sorted(struct line_spool *spool, int folder, const char *name)
{
	int to = openat(folder, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	char *buffer = memory_allocate(COPY_BYTES, 1);
	bool written = to >= 0;

	if (spool->count)
		qsort(spool->blocks, spool->count, sizeof *spool->blocks, by_key);
	for (size_t i = 0; written && i < spool->count; i++)
		written = copy_block(spool, &spool->blocks[i], to, buffer);
	memory_free(buffer);
	if (to >= 0 && close(to))
		written = false;
	return written;
}
