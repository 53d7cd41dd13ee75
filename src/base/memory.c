/* memory.c - allocation that does not fail, arenas, growing arrays. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <t1554triage/memory.h>

enum { LARGE_ARRAY_BYTES = 8 << 20 };
enum { ARENA_BLOCK_BYTES_MIN = 1024, ARENA_BLOCK_BYTES_MAX = 64 * 1024, ARENA_ALIGNMENT = 16 };

struct arena_block {
	struct arena_block *next;
	size_t              used, capacity;
	_Alignas(ARENA_ALIGNMENT) unsigned char bytes[];
};

static void
out_of_memory(void)
{
	static const char message[] = "t1554triage: out of memory\n";

	fputs(message, stderr);
	abort();
}

static size_t
checked_product(size_t count, size_t item_size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, item_size, &bytes))
		out_of_memory();
	return bytes ? bytes : 1;
}

void *
memory_allocate(size_t count, size_t item_size)
{
	void *items = calloc(1, checked_product(count, item_size));

	if (!items)
		out_of_memory();
	return items;
}

/*
 * Large arrays are filled from front to back: large pages cost fewer faults.  Only a hint, and for the whole
 * mapping of the array, because what is mapped in parts cannot be moved when it grows.
 */
static void
use_large_pages(void *items, size_t bytes)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	uintptr_t begin = (uintptr_t)items & ~page, end = ((uintptr_t)items + bytes + page) & ~page;

	(void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

void *
memory_resize(void *items, size_t count, size_t item_size)
{
	size_t bytes = checked_product(count, item_size);
	void *resized = realloc(items, bytes);

	if (!resized)
		out_of_memory();
	if (bytes >= LARGE_ARRAY_BYTES)
		use_large_pages(resized, bytes);
	return resized;
}

void
memory_free(void *items)
{
	free(items);
}

void
memory_give_back(void)
{
#if defined __GLIBC__
	malloc_trim(0);
#endif
}

char *
memory_copy_text(const char *text)
{
	size_t size;
	char *copy;

	if (!text)
		return NULL;
	size = strlen(text) + 1;
	copy = memory_allocate(size, 1);
	memcpy(copy, text, size);
	return copy;
}

void *
memory_grow(void *items, size_t count, size_t *capacity, size_t item_size)
{
	if (count < *capacity)
		return items;
	*capacity = *capacity ? *capacity * 2 : 16;
	return memory_resize(items, *capacity, item_size);
}

void
arena_init(struct arena *arena)
{
	*arena = (struct arena){ .blocks = NULL };
}

void
arena_release(struct arena *arena)
{
	struct arena_block *next;

	for (struct arena_block *block = arena->blocks; block; block = next) {
		next = block->next;
		memory_free(block);
	}
	arena_init(arena);
}

void
arena_clear(struct arena *arena)
{
	struct arena_block *block = arena->blocks, *next;

	if (!block)
		return;
	for (struct arena_block *other = block->next; other; other = next) {
		next = other->next;
		memory_free(other);
	}
	block->next = NULL;
	memset(block->bytes, 0, block->used);
	block->used = 0;
	arena->bytes = 0;
}

static struct arena_block *
arena_block_with_room(struct arena *arena, size_t size, size_t alignment)
{
	struct arena_block *block = arena->blocks;
	size_t usual = ARENA_BLOCK_BYTES_MIN, capacity;

	if (block) {
		size_t used = (block->used + alignment - 1) & ~(alignment - 1);

		if (used <= block->capacity && block->capacity - used >= size) {
			block->used = used;
			return block;
		}
	}
	/* Many arenas hold a few names, and some hold millions. */
	if (block)
		usual = block->capacity < ARENA_BLOCK_BYTES_MAX / 2 ? block->capacity * 2 : ARENA_BLOCK_BYTES_MAX;
	capacity = size > usual ? size : usual;
	block = memory_allocate(1, sizeof *block + capacity);
	block->capacity = capacity;
	/* A block of its own for something large must not hide the room in the current one. */
	if (size > usual && arena->blocks) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		block->next = arena->blocks;
		arena->blocks = block;
	}
	return block;
}

static void *
allocate(struct arena *arena, size_t size, size_t alignment)
{
	struct arena_block *block;
	void *bytes;

	if (size > SIZE_MAX / 2)
		out_of_memory();
	block = arena_block_with_room(arena, size, alignment);
	bytes = block->bytes + block->used;
	block->used += size;
	arena->bytes += size;
	return bytes;
}

void *
arena_allocate(struct arena *arena, size_t size)
{
	return allocate(arena, checked_product(size, 1), ARENA_ALIGNMENT);
}

/* Texts are most of what a case holds: they lie side by side. */
char *
arena_copy(struct arena *arena, const void *bytes, size_t length)
{
	char *copy = allocate(arena, length + 1, 1);

	if (length)
		memcpy(copy, bytes, length);
	return copy;
}

void *
arena_copy_part(struct arena *arena, const void *part, size_t size)
{
	return part ? memcpy(arena_allocate(arena, size), part, size) : NULL;
}

char *
arena_copy_text(struct arena *arena, const char *text)
{
	return text ? arena_copy(arena, text, strlen(text)) : NULL;
}

char *
arena_format(struct arena *arena, const char *format, ...)
{
	va_list arguments, again;
	char *text;
	int length;

	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		length = 0;
	text = arena_allocate(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}
