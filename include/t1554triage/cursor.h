/* cursor.h - reading binary structures without reading past them.  Layer: base. */
#ifndef T1554TRIAGE_CURSOR_H
#define T1554TRIAGE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Each take_ function gives 0 past the end and sets failed: read all fields,
 * then ask once.
 */
struct cursor {
	const uint8_t *at, *end;
	bool           failed;
};

static inline struct cursor
cursor_over(const void *bytes, size_t length)
{
	return (struct cursor){ .at = bytes, .end = (const uint8_t *)bytes + length };
}

static inline const uint8_t *
take_bytes(struct cursor *c, size_t length)
{
	const uint8_t *bytes = c->at;

	if ((size_t)(c->end - c->at) < length) {
		c->failed = true;
		c->at = c->end;
		return NULL;
	}
	c->at += length;
	return bytes;
}

static inline uint64_t
take_le(struct cursor *c, size_t length)
{
	const uint8_t *bytes = take_bytes(c, length);
	uint64_t value = 0;

	if (bytes)
		for (size_t i = length; i > 0; i--)
			value = value << 8 | bytes[i - 1];
	return value;
}

static inline uint64_t
take_be(struct cursor *c, size_t length)
{
	const uint8_t *bytes = take_bytes(c, length);
	uint64_t value = 0;

	if (bytes)
		for (size_t i = 0; i < length; i++)
			value = value << 8 | bytes[i];
	return value;
}

static inline uint8_t  take_u8(struct cursor *c)    { return (uint8_t)take_le(c, 1); }
static inline uint16_t take_u16le(struct cursor *c) { return (uint16_t)take_le(c, 2); }
static inline uint32_t take_u32le(struct cursor *c) { return (uint32_t)take_le(c, 4); }
static inline uint64_t take_u64le(struct cursor *c) { return take_le(c, 8); }
static inline uint16_t take_u16be(struct cursor *c) { return (uint16_t)take_be(c, 2); }
static inline uint32_t take_u32be(struct cursor *c) { return (uint32_t)take_be(c, 4); }
static inline uint64_t take_u64be(struct cursor *c) { return take_be(c, 8); }

/* A cursor over part of bytes; offsets from evidence are checked here. */
static inline struct cursor
cursor_at(const void *bytes, size_t length, uint64_t offset)
{
	if (offset > length)
		return (struct cursor){ .at = bytes, .end = bytes, .failed = true };
	return cursor_over((const uint8_t *)bytes + offset, length - (size_t)offset);
}

#endif
