/* ewf_chunks.h - the chunks of an EWF set: found by its tables, inflated, checked. */
#ifndef IMAGE_EWF_CHUNKS_H
#define IMAGE_EWF_CHUNKS_H

#include "ewf_set.h"

struct ewf_chunks;

/* A table fails its checksum or cannot be read, of the group that is handed over; has_other: the second one told what it tells. */
typedef void ewf_table_lost(void *context, const struct ewf_group *group, uint64_t offset, bool has_other);

/*
 * set is borrowed and must have a chunk size: its groups are placed here, and its size becomes exact, by what its last
 * chunk holds; of an acquisition that was broken off it may stay 0.  lost: called once of each such table, when a chunk of it
 * is first looked for, from here on until the end; context stays borrowed.  NULL: no memory.
 */
struct ewf_chunks *ewf_chunks_open(struct ewf_set *set, ewf_table_lost *lost, void *context);
void ewf_chunks_close(struct ewf_chunks *chunks);	/* NULL is fine */

/*
 * Reads length bytes from the beginning of a chunk: all of it, or what the
 * medium has of its last.  NULL, or why the chunk is lost: then bytes are zeros.
 */
const char *ewf_chunk_read(struct ewf_chunks *chunks, uint64_t chunk, uint8_t *bytes, size_t length);

/*
 * The same for who can wait until ewf_chunks_finish: some chunks are inflated faster several at once.  Their bytes must stay where
 * they are until then.  lost: called of this chunk and those before, where they are lost.
 */
typedef void ewf_lost(void *context, uint64_t chunk, const char *why);
void ewf_chunk_read_soon(struct ewf_chunks *chunks, uint64_t chunk, uint8_t *bytes, size_t length, ewf_lost *lost, void *context);
void ewf_chunks_finish(struct ewf_chunks *chunks, ewf_lost *lost, void *context);

/* Chunks that were inflated so far; those that are stored plain, or known to be zeros, are not. */
uint64_t ewf_chunks_inflated(const struct ewf_chunks *chunks);

#endif
