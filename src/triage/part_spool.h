/* part_spool.h - what tasks send, kept on disk in parts until it is taken in the order of the tasks. */
#ifndef PART_SPOOL_H
#define PART_SPOOL_H

#include <stdbool.h>
#include <stddef.h>

struct part_spool;

/* A file without a name in the folder, for that many tasks; NULL with errno set. */
struct part_spool *part_spool_open(int folder, size_t tasks);
void part_spool_close(struct part_spool *spool);
/* The next lines of a task; false with errno set if they could not be written. */
bool part_spool_add(struct part_spool *spool, size_t task, const char *lines, size_t length);
/* Forgets what was added of the task. */
void part_spool_drop(struct part_spool *spool, size_t task);
/* Calls take for each whole line of the task, NUL-ended in turn; false with errno set if they could not be read. */
bool part_spool_each_line(struct part_spool *spool, size_t task,
	void (*take)(void *context, const char *line, size_t length), void *context);

#endif
