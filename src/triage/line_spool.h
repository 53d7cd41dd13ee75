/* line_spool.h - lines of a file that arrive out of order, kept on disk and written sorted. */
#ifndef LINE_SPOOL_H
#define LINE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>

#include <t1554triage/status.h>

struct line_spool;

/* A file without a name in the folder; NULL with errno set. */
struct line_spool *line_spool_open(int folder);
void line_spool_close(struct line_spool *spool);
/* One block of lines under a key; false with errno set if it could not be written. */
bool line_spool_add(struct line_spool *spool, const char *key, const char *lines, size_t length);
/* Writes every block in the order of the keys' bytes into a new file of the folder; false with errno set. */
bool line_spool_write_sorted(struct line_spool *spool, int folder, const char *name);

#endif
