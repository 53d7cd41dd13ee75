/* eight_bytes.h - eight bytes asked at once, in a word of any byte order. */
#ifndef EIGHT_BYTES_H
#define EIGHT_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The highest bit is set in the first of them that equals the byte, in none before it, and perhaps in others behind it. */
static inline uint64_t
flag_byte(uint64_t bytes, uint64_t byte)
{
	uint64_t differing = bytes ^ EACH(byte);

	return (differing - EACH(1)) & ~differing & EACH(0x80);
}

/* Whether one of them is less than the limit, which is 0x80 at most; what is 0x80 or more is not. */
static inline bool
has_less(uint64_t bytes, uint64_t limit)
{
	return (bytes - EACH(limit)) & ~bytes & EACH(0x80);
}

static inline bool
has_byte(uint64_t bytes, uint64_t byte)
{
	return has_less(bytes ^ EACH(byte), 1);
}

/* Whether each is a character of ASCII that can be seen, or a blank. */
static inline bool
are_printable(uint64_t bytes)
{
	return !(bytes & EACH(0x80)) && !has_less(bytes, 0x20) && !has_byte(bytes, 0x7F);
}

#endif
