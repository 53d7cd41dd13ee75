/* memory.h - allocation, arenas and growing arrays.  Layer: base. */
#ifndef T1554TRIAGE_MEMORY_H
#define T1554TRIAGE_MEMORY_H

#include <stddef.h>

/*
 * The only place that calls malloc.  Running out of memory ends the process:
 * in a worker it costs one item and is noted, in the coordinator nothing
 * sensible could follow.  Sizes that come from evidence pass a limit first.
 */
void *memory_allocate(size_t count, size_t item_size);	/* zeroed; owned by the caller */
void *memory_resize(void *items, size_t count, size_t item_size);	/* grown bytes are not zeroed */
void  memory_free(void *items);
/* What was freed goes back to the system: after something large that does not come again.  It costs a walk over the heap. */
void  memory_give_back(void);
char *memory_copy_text(const char *text);		/* NULL gives NULL */

/*
 * Makes room for one more item: call before items[count++].  Returns the array,
 * possibly moved; *capacity is updated.
 */
void *memory_grow(void *items, size_t count, size_t *capacity, size_t item_size);

/* An arena owns many small things that are released together. */
struct arena {
	struct arena_block *blocks;
	size_t              bytes;	/* handed out so far */
};

void  arena_init(struct arena *arena);
void  arena_release(struct arena *arena);
void  arena_clear(struct arena *arena);	/* the same, and one block is kept for what comes next */
void *arena_allocate(struct arena *arena, size_t size);	/* zeroed, aligned for any type */
char *arena_copy(struct arena *arena, const void *bytes, size_t length);	/* a NUL is added behind; not aligned */
void *arena_copy_part(struct arena *arena, const void *part, size_t size);	/* NULL gives NULL; aligned for any type */
char *arena_copy_text(struct arena *arena, const char *text);	/* NULL gives NULL */
char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
