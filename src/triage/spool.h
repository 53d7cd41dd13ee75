/* spool.h - lines of a file that arrive out of order, kept on disk and written sorted. */
#ifndef SPOOL_H
#define SPOOL_H

#include <stdbool.h>
#include <stddef.h>

#include <t1554triage/status.h>

struct spool;

/* A file without a name in the folder; NULL with errno set. */
struct spool *spool_open(int folder);
void spool_close(struct spool *spool);
/* One block of lines under a key; false with errno set if it could not be written. */
bool spool_add(struct spool *spool, const char *key, const char *lines, size_t length);
/* Writes every block in the order of the keys' bytes into a new file of the folder; false with errno set. */
bool spool_write_sorted(struct spool *spool, int folder, const char *name);

#endif
