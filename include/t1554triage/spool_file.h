/* spool_file.h - bytes that are kept on disk for the length of a run, in a file without a name.  Layer: base. */
#ifndef T1554TRIAGE_SPOOL_FILE_H
#define T1554TRIAGE_SPOOL_FILE_H

#include <stddef.h>
#include <stdint.h>

struct spool_file;

/* In the folder; NULL with errno set. */
struct spool_file *spool_file_open(int folder);
/* In an empty file that is open for reading and writing, and is closed with it; NULL for -1, errno as it was. */
struct spool_file *spool_file_take(int descriptor);
void     spool_file_close(struct spool_file *file);	/* NULL is fine */
/* Appends: returns the offset at which the bytes lie.  A failure is kept, and nothing is written after it. */
uint64_t spool_file_add(struct spool_file *file, const void *bytes, size_t length);
/* Before the first read behind an addition: 0, or errno of the first failure of all. */
int      spool_file_flush(struct spool_file *file);
/* The number of bytes that were read, fewer than length at the end and at an error (errno set); by several processes at once. */
size_t   spool_file_read(const struct spool_file *file, uint64_t offset, void *bytes, size_t length);

#endif
