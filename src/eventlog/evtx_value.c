/* evtx_value.c - values of Windows event records as text, in the forms in which Windows shows them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/cursor.h>

#include "evtx_binxml.h"

static const char nul_picture[] = "\xe2\x90\x80";	/* U+2400 */

static uint64_t
number_of(const uint8_t *bytes, size_t size)
{
	struct cursor c = cursor_over(bytes, size);

	return take_le(&c, size);
}

/* Four characters below U+0080 at once, as long as there are some. */
static size_t
ascii_run(char *to, const uint8_t *bytes, size_t characters)
{
	size_t done = 0;
	uint64_t four;

	for (; done + 4 <= characters; done += 4) {
		memcpy(&four, bytes + 2 * done, sizeof four);
		/* The high byte and the highest bit of each are zero, and none is NUL. */
		if ((four & 0xFF80FF80FF80FF80) || ((four - 0x0001000100010001) & ~four & 0x8000800080008000))
			break;
		for (size_t i = 0; i < 4; i++)
			to[done + i] = (char)bytes[2 * (done + i)];
	}
	return done;
}

static size_t
utf8_write(char *to, uint32_t character)
{
	if (character < 0x80) {
		to[0] = (char)character;
		return 1;
	}
	if (character < 0x800) {
		to[0] = (char)(0xC0 | character >> 6);
		to[1] = (char)(0x80 | (character & 0x3F));
		return 2;
	}
	if (character < 0x10000) {
		to[0] = (char)(0xE0 | character >> 12);
		to[1] = (char)(0x80 | (character >> 6 & 0x3F));
		to[2] = (char)(0x80 | (character & 0x3F));
		return 3;
	}
	to[0] = (char)(0xF0 | character >> 18);
	to[1] = (char)(0x80 | (character >> 12 & 0x3F));
	to[2] = (char)(0x80 | (character >> 6 & 0x3F));
	to[3] = (char)(0x80 | (character & 0x3F));
	return 4;
}

static bool
is_surrogate(uint32_t unit, uint32_t first)
{
	return (unit & 0xFC00) == first;
}

/* One character, a pair of surrogates is one; what has no partner becomes U+FFFD. */
static uint32_t
take_utf16(const uint8_t *bytes, size_t characters, size_t *at)
{
	uint32_t unit = (uint32_t)number_of(bytes + 2 * *at, 2), next;

	++*at;
	if (!unit)
		return 0x2400;
	if ((unit & 0xF800) != 0xD800)
		return unit;
	if (is_surrogate(unit, 0xDC00) || *at == characters)
		return 0xFFFD;
	next = (uint32_t)number_of(bytes + 2 * *at, 2);
	if (!is_surrogate(next, 0xDC00))
		return 0xFFFD;
	++*at;
	return 0x10000 + ((unit & 0x3FF) << 10) + (next & 0x3FF);
}

size_t
evtx_utf16_write(char *to, size_t capacity, const uint8_t *bytes, size_t size)
{
	size_t characters = size / 2, at = 0, used = 0;

	while (characters && !bytes[2 * characters - 1] && !bytes[2 * characters - 2])
		characters--;
	if (capacity < 3 * characters)
		return SIZE_MAX;
	while (at < characters) {
		size_t run = ascii_run(to + used, bytes + 2 * at, characters - at);

		at += run;
		used += run;
		if (at < characters)
			used += utf8_write(to + used, take_utf16(bytes, characters, &at));
	}
	return used;
}

/* Bytes of an unknown code page: Latin-1 stands in for it. */
static size_t
write_ansi(char *to, size_t capacity, const uint8_t *bytes, size_t size)
{
	size_t used = 0;

	while (size && !bytes[size - 1])
		size--;
	if (capacity < 3 * size)
		return SIZE_MAX;
	for (size_t i = 0; i < size; i++) {
		if (bytes[i]) {
			used += utf8_write(to + used, bytes[i]);
			continue;
		}
		memcpy(to + used, nul_picture, 3);
		used += 3;
	}
	return used;
}

static size_t
write_unsigned(char *to, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	memcpy(to, digits + at, sizeof digits - at);
	return sizeof digits - at;
}

static size_t
write_signed(char *to, uint64_t number, size_t size)
{
	uint64_t sign = (uint64_t)1 << (8 * size - 1);

	if (!(number & sign))
		return write_unsigned(to, number);
	*to = '-';
	return 1 + write_unsigned(to + 1, sign - (number & (sign - 1)));
}

static size_t
write_hex(char *to, uint64_t number)
{
	static const char digits[] = "0123456789abcdef";
	unsigned shift = 60;
	size_t used = 2;

	to[0] = '0';
	to[1] = 'x';
	while (shift && !(number >> shift))
		shift -= 4;
	for (;; shift -= 4) {
		to[used++] = digits[number >> shift & 15];
		if (!shift)
			return used;
	}
}

static size_t
write_binary(char *to, size_t capacity, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";

	if (capacity < 2 * size)
		return SIZE_MAX;
	for (size_t i = 0; i < size; i++) {
		to[2 * i] = digits[bytes[i] >> 4];
		to[2 * i + 1] = digits[bytes[i] & 15];
	}
	return 2 * size;
}

static size_t
write_guid(char *to, const uint8_t *bytes)
{
	static const uint8_t order[] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	size_t used = 0;

	to[used++] = '{';
	for (size_t i = 0; i < sizeof order; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			to[used++] = '-';
		used += write_binary(to + used, 2, bytes + order[i], 1);
	}
	to[used++] = '}';
	return used;
}

/* Revision, count, six bytes of the authority with the highest first, 32 bits for each further part. */
static size_t
write_sid(char *to, size_t capacity, const uint8_t *bytes, size_t size)
{
	size_t count = size >= 8 ? bytes[1] : 0, used = 2;
	struct cursor c = cursor_over(bytes, size);

	if (size < 8 || size < 8 + 4 * count || capacity < 32 + 11 * count)
		return write_binary(to, capacity, bytes, size);
	memcpy(to, "S-", 2);
	used += write_unsigned(to + used, take_u8(&c));
	take_u8(&c);
	to[used++] = '-';
	used += write_unsigned(to + used, take_be(&c, 6));
	for (size_t i = 0; i < count; i++) {
		to[used++] = '-';
		used += write_unsigned(to + used, take_u32le(&c));
	}
	return used;
}

struct timestamp
evtx_filetime(uint64_t filetime)
{
	static const uint64_t seconds_before_1970 = 11644473600;
	struct timestamp time = { .resolution_nanoseconds = 100 };

	if (!filetime)
		return (struct timestamp){ .seconds = 0 };
	time.seconds = (int64_t)(filetime / 10000000) - (int64_t)seconds_before_1970;
	time.nanoseconds = (uint32_t)(filetime % 10000000 * 100);
	return time;
}

static size_t
write_time(char *to, const struct timestamp *time)
{
	char text[TIMESTAMP_TEXT_SIZE];
	size_t length;

	timestamp_format(time, text);
	length = strlen(text);
	memcpy(to, text, length);
	return length;
}

/* Year, month, day of the week, day, hour, minute, second, milliseconds: 16 bits each. */
static size_t
write_systemtime(char *to, const uint8_t *bytes)
{
	struct cursor c = cursor_over(bytes, 16);
	struct timestamp time = { .resolution_nanoseconds = 1000000 };
	unsigned year = take_u16le(&c), month = take_u16le(&c), day, hour, minute, second;

	take_u16le(&c);
	day = take_u16le(&c);
	hour = take_u16le(&c);
	minute = take_u16le(&c);
	second = take_u16le(&c);
	time.nanoseconds = take_u16le(&c) % 1000 * 1000000u;
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
		return write_binary(to, 32, bytes, 16);
	time.seconds = timestamp_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return write_time(to, &time);
}

/* As few digits as tell it from its neighbours. */
static size_t
write_real(char *to, size_t capacity, const uint8_t *bytes, size_t size)
{
	double number;
	float single;
	int length = 0;

	if (size == sizeof single) {
		memcpy(&single, bytes, sizeof single);
		for (int digits = 6; digits <= 9; digits++) {
			length = snprintf(to, capacity, "%.*g", digits, (double)single);
			if (strtof(to, NULL) == single)
				break;
		}
		return (size_t)length;
	}
	memcpy(&number, bytes, sizeof number);
	for (int digits = 15; digits <= 17; digits++) {
		length = snprintf(to, capacity, "%.*g", digits, number);
		if (strtod(to, NULL) == number)
			break;
	}
	return (size_t)length;
}

size_t
evtx_item_size(enum evtx_type type)
{
	static const uint8_t sizes[] = { [EVTX_INT8] = 1, [EVTX_UINT8] = 1, [EVTX_INT16] = 2, [EVTX_UINT16] = 2,
		[EVTX_INT32] = 4, [EVTX_UINT32] = 4, [EVTX_INT64] = 8, [EVTX_UINT64] = 8, [EVTX_REAL32] = 4,
		[EVTX_REAL64] = 8, [EVTX_BOOL] = 4, [EVTX_GUID] = 16, [EVTX_SIZE] = 8, [EVTX_FILETIME] = 8,
		[EVTX_SYSTEMTIME] = 16, [EVTX_HEX32] = 4, [EVTX_HEX64] = 8 };

	return (size_t)type < sizeof sizes ? sizes[type] : 0;
}

static bool
is_of_integer_size(size_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* Types of a fixed size, whose size is right. */
static size_t
write_fixed(char *to, size_t capacity, enum evtx_type type, const uint8_t *bytes, size_t size)
{
	struct timestamp time;

	switch (type) {
	case EVTX_INT8: case EVTX_INT16: case EVTX_INT32: case EVTX_INT64:
		return write_signed(to, number_of(bytes, size), size);
	case EVTX_UINT8: case EVTX_UINT16: case EVTX_UINT32: case EVTX_UINT64:
		return write_unsigned(to, number_of(bytes, size));
	case EVTX_SIZE: case EVTX_HEX32: case EVTX_HEX64:
		return write_hex(to, number_of(bytes, size));
	case EVTX_BOOL:
		memcpy(to, number_of(bytes, size) ? "true" : "false", 5);
		return number_of(bytes, size) ? 4 : 5;
	case EVTX_REAL32: case EVTX_REAL64:
		return write_real(to, capacity, bytes, size);
	case EVTX_GUID:
		return write_guid(to, bytes);
	case EVTX_SYSTEMTIME:
		return write_systemtime(to, bytes);
	case EVTX_FILETIME:
		time = evtx_filetime(number_of(bytes, size));
		time.resolution_nanoseconds = 100;
		return write_time(to, number_of(bytes, size) ? &time :
			&(struct timestamp){ .seconds = -11644473600, .resolution_nanoseconds = 100 });
	default:
		return write_binary(to, capacity, bytes, size);
	}
}

size_t
evtx_value_write(char *to, size_t capacity, enum evtx_type type, const uint8_t *bytes, size_t size)
{
	enum { LONGEST_FIXED = 64 };
	bool is_integer = (type >= EVTX_INT8 && type <= EVTX_UINT64) || type == EVTX_BOOL ||
		type == EVTX_SIZE || type == EVTX_HEX32 || type == EVTX_HEX64;

	if (type == EVTX_NULL || !size)
		return 0;
	if (type == EVTX_STRING)
		return evtx_utf16_write(to, capacity, bytes, size);
	if (type == EVTX_ANSI)
		return write_ansi(to, capacity, bytes, size);
	if (type == EVTX_SID)
		return write_sid(to, capacity, bytes, size);
	/* Writers take the width of their own: what is stored counts. */
	if (capacity >= LONGEST_FIXED && (size == evtx_item_size(type) || (is_integer && is_of_integer_size(size))))
		return write_fixed(to, capacity, type, bytes, size);
	return write_binary(to, capacity, bytes, size);
}
