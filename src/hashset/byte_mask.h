/*
 * byte_mask.h - where a byte stands among 32 or 64: a bit each, the first byte in the lowest.  Private to hashset.
 *
 * By SSE2, or by words of eight bytes; byte_mask_words() is there in every build, so that the two can be compared.
 */
#ifndef T1554TRIAGE_HASHSET_BYTE_MASK_H
#define T1554TRIAGE_HASHSET_BYTE_MASK_H

#include <endian.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Of size bytes, a multiple of eight, at most 64. */
static inline uint64_t
byte_mask_words(const char *text, size_t size, char byte)
{
	static const uint64_t each = 0x0101010101010101, low = 0x7F7F7F7F7F7F7F7F;
	uint64_t mask = 0;

	for (size_t at = 0; at < size; at += sizeof mask) {
		uint64_t word;

		memcpy(&word, text + at, sizeof word);
		word = le64toh(word) ^ each * (unsigned char)byte;
		word = ~(((word & low) + low) | word | low) >> 7;	/* 01 where it is the byte */
		mask |= word * 0x0102040810204080 >> 56 << at;
	}
	return mask;
}

#if defined(__SSE2__)
static inline uint64_t
byte_mask_16(const char *text, char byte)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)text);

	return (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte)));
}

static inline uint64_t
byte_mask_32(const char *text, char byte)
{
	return byte_mask_16(text, byte) | byte_mask_16(text + 16, byte) << 16;
}

static inline uint64_t
byte_mask_64(const char *text, char byte)
{
	return byte_mask_32(text, byte) | byte_mask_32(text + 32, byte) << 32;
}
#else
static inline uint64_t
byte_mask_32(const char *text, char byte)
{
	return byte_mask_words(text, 32, byte);
}

static inline uint64_t
byte_mask_64(const char *text, char byte)
{
	return byte_mask_words(text, 64, byte);
}
#endif

#endif
