/* buffer.h - bytes that grow up to a limit.  Layer: base. */
#ifndef T1554TRIAGE_BUFFER_H
#define T1554TRIAGE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char character);
void buffer_add_u64(struct buffer *buffer, uint64_t number);
void buffer_add_format(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void buffer_add_vformat(struct buffer *buffer, const char *format, va_list arguments);
void buffer_consume(struct buffer *buffer, size_t length);	/* drops the first length bytes */
void buffer_truncate(struct buffer *buffer, size_t length);	/* keeps the first length bytes */

#endif
