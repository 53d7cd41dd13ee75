/* run_list.h - where the content of a file lies on its volume.  Private to filesystem. */
#ifndef T1554TRIAGE_FILESYSTEM_RUN_LIST_H
#define T1554TRIAGE_FILESYSTEM_RUN_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/source.h>

enum run_kind {
	RUN_HOLE,	/* zeros */
	RUN_DATA,
	RUN_LOST,	/* it should be there, and is not told where */
};

struct run {
	uint64_t file_offset, volume_offset, length;	/* bytes */
	enum run_kind kind;
};

/* Sorted by file_offset, without gaps.  All zero but the size: an empty list. */
struct run_list {
	struct run *items;
	size_t      count, capacity;
	uint64_t    size;	/* of the file, bytes: no run reaches behind it */
};

/* Bytes of the file that have their run. */
uint64_t run_list_covered(const struct run_list *list);

/* Adds a run behind the last, joined with it where they meet; false once the file is covered. */
bool run_list_add(struct run_list *list, enum run_kind kind, uint64_t volume_offset, uint64_t length);

/* Covers the file up to end with one kind; nothing where it is covered already. */
bool run_list_fill(struct run_list *list, enum run_kind kind, uint64_t end);

/* Forgets what lies behind an offset. */
void run_list_cut(struct run_list *list, uint64_t offset);

void run_list_release(struct run_list *list);

/* Holes and lost ranges, bytes: what costs time to read and lies nowhere. */
uint64_t run_list_empty_bytes(const struct run_list *list);

/*
 * The content; list is taken over and must cover its file.  volume is borrowed.
 * Of one that is empty beyond the limit of holes, only what lies before the first can be read.
 */
struct source *run_list_open(struct run_list *list, struct source *volume);

#endif
