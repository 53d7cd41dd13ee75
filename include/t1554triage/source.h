/* source.h - a range of evidence bytes, random access, read-only.  Layer: base. */
#ifndef T1554TRIAGE_SOURCE_H
#define T1554TRIAGE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>
#include <t1554triage/status.h>

/*
 * Ranges of the medium that could not be read as they were: zeros stand in
 * their place.  Sorted, merged.  One for each opened image; sources that lie
 * on it point to it.
 */
struct damage {
	struct damage_range { uint64_t offset, length; } *ranges;	/* bytes of the medium */
	size_t   count, capacity;
	uint64_t touches;	/* reads so far that met a damaged range: compare before and after */
};

void damage_init(struct damage *damage);
void damage_release(struct damage *damage);
/* Returns true if any of the range was not in the list before. */
bool damage_add(struct damage *damage, uint64_t offset, uint64_t length);
bool damage_overlaps(const struct damage *damage, uint64_t offset, uint64_t length);

struct source {
	uint64_t size;		/* bytes */
	/*
	 * Reads length bytes at offset; fewer only at the end of the source
	 * (STATUS_END with 0 bytes at or behind it).  STATUS_DAMAGED: all
	 * bytes are there, but some are zeros in place of what is lost.
	 * STATUS_UNREADABLE: nothing was read.
	 */
	enum status (*read)(struct source *source, uint64_t offset, void *buffer, size_t length,
		size_t *ret_length);
	void (*close)(struct source *source);	/* releases the source itself */
	struct damage *damage;	/* of the medium below, NULL: none; borrowed */
};

static inline enum status
source_read(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	return source->read(source, offset, buffer, length, ret_length);
}

void source_close(struct source *source);	/* NULL is fine */

/* Reads exactly length bytes; STATUS_UNREADABLE where the source is shorter. */
enum status source_read_exactly(struct source *source, uint64_t offset, void *buffer, size_t length);

/*
 * The read() of a source that is made of pieces: piece reads at least one byte of what lies at an
 * offset within the source, at most length, and says how many.  The status is the worst of all; what cannot be
 * read at all ends the read before it, and fails the next one.
 */
enum status source_read_pieces(struct source *source, uint64_t offset, void *buffer, size_t length,
	size_t *ret_length, enum status (*piece)(struct source *source, uint64_t offset, uint8_t *to, size_t length,
	size_t *ret_length));

/* Appends the whole source, at most limit bytes; STATUS_DAMAGED if it was longer. */
enum status source_read_all(struct source *source, size_t limit, struct buffer *out);

/* The bytes are borrowed and must outlive the source. */
struct source *source_open_memory(const void *bytes, size_t length);
/* Takes the bytes of buffer over; the buffer is empty afterwards. */
struct source *source_open_buffer(struct buffer *buffer);
/* A part of another source, which is borrowed.  Cut at the parent's end. */
struct source *source_open_range(struct source *parent, uint64_t start, uint64_t length);
/* A descriptor, read with pread; not closed with the source. */
struct source *source_open_descriptor(int descriptor, uint64_t size);

#endif
