/* spool.h - a file that is written from front to back, and read again.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_SPOOL_H
#define T1554TRIAGE_HASHSET_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "short_bytes.h"

enum { SPOOL_BYTES = 1 << 20 };	/* of the buffer: the system keeps together what is written in one */

/* Errors stick: what is written after one is dropped. */
struct spool {
	int      descriptor;
	int      error;			/* errno of the first failure, 0: none */
	uint64_t length;		/* bytes written, those in the buffer too */
	uint8_t *buffer;
	size_t   used;
	uint64_t flushed, sent;		/* bytes in the file; those of them that the system was asked to put on the disk */
	bool     is_kept;		/* it will be named for good: what is written goes to the disk while more is made */
	char    *name;			/* of a file that has one until it is named for good, else NULL */
	/* NULL, or told of all bytes in order as they go to the file. */
	void   (*passed)(void *context, const uint8_t *bytes, size_t length);
	void    *context;
};

/* A file without a name in the folder of path: it goes with the process, however that ends. */
void spool_open(struct spool *spool, const char *path);
void spool_close(struct spool *spool);
void spool_flush(struct spool *spool);
void spool_write_on(struct spool *spool, const void *bytes, size_t length);	/* of any length */
/* Of what was flushed. */
bool spool_read(struct spool *spool, uint64_t offset, void *bytes, size_t length);
/* Replaces what was flushed. */
void spool_rewrite(struct spool *spool, uint64_t offset, const void *bytes, size_t length);
/* Appends all of another. */
void spool_append(struct spool *spool, struct spool *other);
/* Gives the file its name, in one step. */
void spool_name(struct spool *spool, const char *path);

/* Room for length bytes, at most SPOOL_BYTES, of which the caller says with put how many it has filled. */
static inline uint8_t *
spool_room(struct spool *spool, size_t length)
{
	if (length > SPOOL_BYTES - spool->used)
		spool_flush(spool);
	return spool->buffer + spool->used;
}

static inline void
spool_put(struct spool *spool, size_t length)
{
	spool->used += length;
	spool->length += length;
}

static inline void
spool_write(struct spool *spool, const void *bytes, size_t length)
{
	enum { SHORT_BYTES = 64 };

	if (length > SHORT_BYTES || length >= SPOOL_BYTES - spool->used) {
		spool_write_on(spool, bytes, length);
		return;
	}
	short_copy(spool->buffer + spool->used, bytes, length);
	spool_put(spool, length);
}

static inline void
spool_write_digest(struct spool *spool, const uint8_t *digest, size_t size)
{
	if (size >= SPOOL_BYTES - spool->used) {
		spool_write_on(spool, digest, size);
		return;
	}
	short_copy_digest(spool->buffer + spool->used, digest, size);
	spool_put(spool, size);
}

static inline void
spool_write_byte(struct spool *spool, uint8_t byte)
{
	*spool_room(spool, 1) = byte;
	spool_put(spool, 1);
}

#endif
