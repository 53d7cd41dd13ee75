/* buffer.c - bytes that grow up to a limit. */
#include <stdio.h>
#include <string.h>

#include <t1554triage/buffer.h>
#include <t1554triage/memory.h>

void
buffer_init(struct buffer *buffer, size_t limit)
{
	*buffer = (struct buffer){ .limit = limit, .capacity = 64 };
	buffer->bytes = memory_allocate(buffer->capacity, 1);
}

void
buffer_release(struct buffer *buffer)
{
	memory_free(buffer->bytes);
	*buffer = (struct buffer){ .bytes = NULL };
}

void
buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->bytes[0] = '\0';
	buffer->overflowed = false;
}

/* Room for length more bytes and the NUL; false beyond the limit. */
static bool
buffer_reserve(struct buffer *buffer, size_t length)
{
	size_t needed = buffer->length + length + 1;

	if (needed <= length || (buffer->limit && needed - 1 > buffer->limit)) {
		buffer->overflowed = true;
		return false;
	}
	if (needed > buffer->capacity) {
		size_t capacity = buffer->capacity * 2 > needed ? buffer->capacity * 2 : needed;

		buffer->bytes = memory_resize(buffer->bytes, capacity, 1);
		buffer->capacity = capacity;
	}
	return true;
}

void
buffer_add_growing(struct buffer *buffer, const void *bytes, size_t length)
{
	if (!length || !buffer_reserve(buffer, length))
		return;
	memcpy(buffer->bytes + buffer->length, bytes, length);
	buffer->length += length;
	buffer->bytes[buffer->length] = '\0';
}

char *
buffer_room(struct buffer *buffer, size_t length)
{
	return buffer_reserve(buffer, length) ? buffer->bytes + buffer->length : NULL;
}

void
buffer_added(struct buffer *buffer, size_t length)
{
	buffer->length += length;
	buffer->bytes[buffer->length] = '\0';
}

void
buffer_add_u64(struct buffer *buffer, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	buffer_add(buffer, digits + at, sizeof digits - at);
}

void
buffer_add_vformat(struct buffer *buffer, const char *format, va_list arguments)
{
	size_t room = buffer->capacity - buffer->length;
	va_list again;
	int length;

	/* What fits, as most does, is formatted once. */
	va_copy(again, arguments);
	length = vsnprintf(buffer->bytes + buffer->length, room, format, again);
	va_end(again);
	if (length <= 0 || !buffer_reserve(buffer, (size_t)length)) {
		if (room)
			buffer->bytes[buffer->length] = '\0';
		return;
	}
	if ((size_t)length >= room)
		vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, arguments);
	buffer->length += (size_t)length;
}

void
buffer_add_format(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_add_vformat(buffer, format, arguments);
	va_end(arguments);
}

void
buffer_consume(struct buffer *buffer, size_t length)
{
	if (length > buffer->length)
		length = buffer->length;
	memmove(buffer->bytes, buffer->bytes + length, buffer->length - length + 1);
	buffer->length -= length;
}

void
buffer_truncate(struct buffer *buffer, size_t length)
{
	if (length >= buffer->length)
		return;
	buffer->length = length;
	buffer->bytes[length] = '\0';
}
