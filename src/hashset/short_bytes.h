/* short_bytes.h - digests and rows, copied and compared without a call.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_SHORT_BYTES_H
#define T1554TRIAGE_HASHSET_SHORT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The first eight bytes, as they compare. */
static inline uint64_t
short_head(const uint8_t *bytes)
{
	uint64_t head;

	memcpy(&head, bytes, sizeof head);
	return __builtin_bswap64(head);
}

/* Of 8 bytes or more; as memcmp(). */
static inline int
short_compare(const uint8_t *a, const uint8_t *b, size_t length)
{
	uint64_t one = short_head(a), other = short_head(b);

	if (one != other)
		return one < other ? -1 : 1;
	return memcmp(a + sizeof one, b + sizeof other, length - sizeof one);
}

/* Of 8 bytes or more. */
static inline bool
short_equal(const uint8_t *a, const uint8_t *b, size_t length)
{
	uint64_t one, other, differs = 0;

	for (size_t at = 0; at < length; at += sizeof one) {
		size_t from = at + sizeof one <= length ? at : length - sizeof one;	/* the last may lie over the one before */

		memcpy(&one, a + from, sizeof one);
		memcpy(&other, b + from, sizeof other);
		differs |= one ^ other;
	}
	return !differs;
}

/* In pieces of 16 bytes, the last of which may lie over the one before. */
static inline void
short_copy(uint8_t *to, const uint8_t *from, size_t length)
{
	enum { PIECE = 16 };

	if (length < PIECE) {
		memcpy(to, from, length);
		return;
	}
	for (size_t at = 0; at + PIECE < length; at += PIECE)
		memcpy(to + at, from + at, PIECE);
	memcpy(to + length - PIECE, from + length - PIECE, PIECE);
}

#endif
