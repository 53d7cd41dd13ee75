/* buffer.h - bytes that grow up to a limit.  Layer: base. */
#ifndef T1554TRIAGE_BUFFER_H
#define T1554TRIAGE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * bytes is never NULL after buffer_init and always has a NUL behind its
 * length.  What would pass the limit is dropped and sets overflowed.
 */
struct buffer {
	char  *bytes;
	size_t length;
	size_t capacity;
	size_t limit;		/* bytes; 0: none */
	bool   overflowed;
};

void buffer_init(struct buffer *buffer, size_t limit);
void buffer_release(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
void buffer_add_growing(struct buffer *buffer, const void *bytes, size_t length);	/* as buffer_add, where there may be no room */
void buffer_add_u64(struct buffer *buffer, uint64_t number);
void buffer_add_format(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void buffer_add_vformat(struct buffer *buffer, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
/* Room for length bytes behind those that are there (NULL: it would pass the limit); then how many of them were filled. */
char *buffer_room(struct buffer *buffer, size_t length);
void buffer_added(struct buffer *buffer, size_t length);
void buffer_consume(struct buffer *buffer, size_t length);	/* drops the first length bytes */
void buffer_truncate(struct buffer *buffer, size_t length);	/* keeps the first length bytes */

/* What is written of a case goes through these, a few bytes at a time: in line, the length of a literal costs nothing. */
static inline void
buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
	if (length >= buffer->capacity - buffer->length || (buffer->limit && length > buffer->limit - buffer->length)) {
		buffer_add_growing(buffer, bytes, length);
		return;
	}
	if (length)
		memcpy(buffer->bytes + buffer->length, bytes, length);
	buffer->length += length;
	buffer->bytes[buffer->length] = '\0';
}

static inline void
buffer_add_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

static inline void
buffer_add_char(struct buffer *buffer, char character)
{
	buffer_add(buffer, &character, 1);
}

#endif
