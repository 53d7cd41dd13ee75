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

static inline uint64_t
short_differ(const uint8_t *a, const uint8_t *b)
{
	uint64_t one, other;

	memcpy(&one, a, sizeof one);
	memcpy(&other, b, sizeof other);
	return one ^ other;
}

/* Of 8 bytes or more. */
static inline bool
short_equal(const uint8_t *a, const uint8_t *b, size_t length)
{
	uint64_t differs = 0;
	size_t at = 0;

	for (; at + sizeof differs <= length; at += sizeof differs)
		differs |= short_differ(a + at, b + at);
	at = length - sizeof differs;	/* the last may lie over the one before */
	return !(differs | short_differ(a + at, b + at));
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

/* Digests have 16, 20 or 32 bytes: with a length that is known each is a few instructions. */
static inline void
short_copy_digest(uint8_t *to, const uint8_t *from, size_t size)
{
	if (size == 16)
		memcpy(to, from, 16);
	else if (size == 20)
		memcpy(to, from, 20);
	else
		memcpy(to, from, 32);
}

static inline bool
short_equal_digests(const uint8_t *a, const uint8_t *b, size_t size)
{
	uint64_t differs = short_differ(a, b) | short_differ(a + 8, b + 8);

	if (size == 20)
		differs |= short_differ(a + 12, b + 12);
	else if (size == 32)
		differs |= short_differ(a + 16, b + 16) | short_differ(a + 24, b + 24);
	return !differs;
}

#endif
