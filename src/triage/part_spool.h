/* part_spool.h - what tasks send, kept on disk in parts until it is taken in the order of the tasks. */
#ifndef PART_SPOOL_H
#define PART_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/spool_file.h>

struct part_spool;

/* In the file, which is borrowed, for that many tasks. */
struct part_spool *part_spool_open(struct spool_file *file, size_t tasks);
void part_spool_close(struct part_spool *spool);
/* The next lines of a task, whole ones; that they could not be written is known to the file. */
void part_spool_add(struct part_spool *spool, size_t task, const char *lines, size_t length);
uint64_t part_spool_bytes(const struct part_spool *spool, size_t task);	/* of its lines */
/* Forgets what was added of the task. */
void part_spool_drop(struct part_spool *spool, size_t task);
/*
 * Calls take for each line of the task, NUL-ended in turn and the taker's to write over, with the offset at which it lies
 * in the file; false with errno set if they could not be read.
 */
bool part_spool_each_line(struct part_spool *spool, size_t task,
	void (*take)(void *context, char *line, size_t length, uint64_t offset), void *context);

#endif
