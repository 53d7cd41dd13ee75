/* text.c - names are bytes: escaping, UTF-8, hexadecimal, numbers, globs. */
#include <endian.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include <string.h>

#include <t1554triage/text.h>

#include "eight_bytes.h"

enum { IS_LITTLE_ENDIAN = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ };

size_t
text_decode_utf8(const void *bytes, size_t length, uint32_t *ret_character)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *at = bytes;
	uint32_t character;
	size_t size;

	if (!length)
		return 0;
	if (at[0] < 0x80) {
		*ret_character = at[0];
		return 1;
	}
	if (at[0] < 0xC2 || at[0] > 0xF4)
		return 0;
	size = at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
	if (length < size)
		return 0;
	character = at[0] & (0xFFu >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if ((at[i] & 0xC0) != 0x80)
			return 0;
		character = character << 6 | (at[i] & 0x3F);
	}
	if (character < smallest[size] || character > 0x10FFFF ||
	    (character >= 0xD800 && character <= 0xDFFF))
		return 0;
	*ret_character = character;
	return size;
}

void
text_add_utf8(struct buffer *out, uint32_t character)
{
	if (character < 0x80) {
		buffer_add_char(out, (char)character);
	} else if (character < 0x800) {
		buffer_add_char(out, (char)(0xC0 | character >> 6));
		buffer_add_char(out, (char)(0x80 | (character & 0x3F)));
	} else if (character < 0x10000) {
		buffer_add_char(out, (char)(0xE0 | character >> 12));
		buffer_add_char(out, (char)(0x80 | (character >> 6 & 0x3F)));
		buffer_add_char(out, (char)(0x80 | (character & 0x3F)));
	} else {
		buffer_add_char(out, (char)(0xF0 | character >> 18));
		buffer_add_char(out, (char)(0x80 | (character >> 12 & 0x3F)));
		buffer_add_char(out, (char)(0x80 | (character >> 6 & 0x3F)));
		buffer_add_char(out, (char)(0x80 | (character & 0x3F)));
	}
}

void
text_add_utf16le(struct buffer *out, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i + 1 < length; i += 2) {
		uint32_t unit = at[i] | (uint32_t)at[i + 1] << 8;
		uint32_t next = i + 3 < length ? at[i + 2] | (uint32_t)at[i + 3] << 8 : 0;

		if (unit >= 0xD800 && unit <= 0xDBFF && next >= 0xDC00 && next <= 0xDFFF) {
			unit = 0x10000 + ((unit - 0xD800) << 10) + (next - 0xDC00);
			i += 2;
		} else if (unit >= 0xD800 && unit <= 0xDFFF) {
			unit = 0xFFFD;
		}
		text_add_utf8(out, unit);
	}
}

void
text_swap_utf16(void *bytes, size_t length)
{
	uint8_t *at = bytes;

	for (size_t i = 0; i + 1 < length; i += 2) {
		uint8_t first = at[i];

		at[i] = at[i + 1];
		at[i + 1] = first;
	}
}

/* Characters that XML 1.0 cannot carry or that would break the reversible form. */
static bool
is_escaped_character(uint32_t character)
{
	return character < 0x20 || character == 0x7F || character == '\\' ||
	       character == 0xFFFE || character == 0xFFFF;
}

bool
text_is_risky_character(uint32_t c)
{
	return is_escaped_character(c) ||
	       (c >= 0x80 && c <= 0x9F) || c == 0xAD || c == 0x34F || c == 0x61C ||
	       (c >= 0x115F && c <= 0x1160) || (c >= 0x17B4 && c <= 0x17B5) ||
	       (c >= 0x180B && c <= 0x180F) || (c >= 0x200B && c <= 0x200F) ||
	       (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
	       c == 0x3164 || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xFFA0 ||
	       (c >= 0xFFF0 && c <= 0xFFFB) || (c & 0xFFFE) == 0xFFFE ||
	       (c >= 0xFDD0 && c <= 0xFDEF) || (c >= 0xE0000 && c <= 0xE0FFF);
}

static void
add_byte_escapes(struct buffer *out, const char *bytes, size_t length)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)bytes[i];
		char escape[4] = { '\\', 'x', digits[byte >> 4], digits[byte & 15] };

		buffer_add(out, escape, sizeof escape);
	}
}

/* Length of the ASCII at the beginning that no form escapes: most of what is written is nothing else. */
static inline size_t
plain_ascii(const char *bytes, size_t length)
{
	size_t i = 0;
	uint64_t word;

	for (; length - i >= sizeof word; i += sizeof word) {
		memcpy(&word, bytes + i, sizeof word);
		if (!are_printable(word) || has_byte(word, '\\'))
			break;
	}
	while (i < length && bytes[i] >= 0x20 && bytes[i] < 0x7F && bytes[i] != '\\')
		i++;
	return i;
}

static inline void
add_escaped_where(struct buffer *out, const char *bytes, size_t length, bool (*is_escaped)(uint32_t character))
{
	size_t plain = 0;

	for (size_t i = 0; (i += plain_ascii(bytes + i, length - i)) < length; ) {
		uint32_t character;
		size_t size = text_decode_utf8(bytes + i, length - i, &character);

		if (size && !is_escaped(character)) {
			i += size;
			continue;
		}
		buffer_add(out, bytes + plain, i - plain);
		if (!size)
			size = 1;
		add_byte_escapes(out, bytes + i, size);
		i += size;
		plain = i;
	}
	buffer_add(out, bytes + plain, length - plain);
}

bool
text_is_plain(const char *bytes, size_t length)
{
	for (size_t i = 0; (i += plain_ascii(bytes + i, length - i)) < length; ) {
		uint32_t character;
		size_t size = text_decode_utf8(bytes + i, length - i, &character);

		if (!size || is_escaped_character(character))
			return false;
		i += size;
	}
	return true;
}

void
text_add_escaped(struct buffer *out, const char *bytes, size_t length)
{
	add_escaped_where(out, bytes, length, is_escaped_character);
}

enum { QUOTED_BYTES = 5 };	/* that a byte becomes at most: \\xHH */

/* The number of bytes at the beginning of a word that no string of JSON escapes: 8 where there is none that it does. */
static inline size_t
quoted_plain(uint64_t word)
{
	/* Of the flags the first is right, which is enough. */
	uint64_t flags = word | (word - EACH(0x20)) | flag_byte(word, 0x7F) | flag_byte(word, '\\') | flag_byte(word, '"');

	flags &= EACH(0x80);
	return !flags ? sizeof word : IS_LITTLE_ENDIAN ? (size_t)__builtin_ctzll(flags) / 8 : 0;
}

static inline bool
is_quoted_plain(char character)
{
	return character >= 0x20 && character < 0x7F && character != '\\' && character != '"';
}

/* The character at the beginning, as it stands in a string of JSON; moves both. */
static void
quote_character(const char **at, size_t length, char **to)
{
	static const char digits[] = "0123456789ABCDEF";
	uint32_t character;
	size_t size = text_decode_utf8(*at, length, &character);
	bool is_escaped = !size || is_escaped_character(character);

	if (**at == '"') {
		*(*to)++ = '\\';
		*(*to)++ = '"';
		++*at;
		return;
	}
	for (size_t left = size ? size : 1; left; left--) {
		uint8_t byte = (uint8_t)*(*at)++;

		if (is_escaped) {
			memcpy(*to, "\\\\x", 3);
			(*to)[3] = digits[byte >> 4];
			(*to)[4] = digits[byte & 15];
			*to += QUOTED_BYTES;
		} else {
			*(*to)++ = (char)byte;
		}
	}
}

/* Most of what is written goes through here: room is made once, for the longest that it may become. */
void
text_add_quoted(struct buffer *out, const char *bytes, size_t length)
{
	char *room = length < SIZE_MAX / 8 ? buffer_room(out, QUOTED_BYTES * length + sizeof (uint64_t) + 2) : NULL, *to = room;
	const char *at = bytes, *end = bytes + length;
	uint64_t word;

	if (!room) {
		out->overflowed = true;
		return;
	}
	*to++ = '"';
	while (at < end) {
		size_t left = (size_t)(end - at), plain = 0;

		if (left >= sizeof word) {
			memcpy(&word, at, sizeof word);
			memcpy(to, &word, sizeof word);
			plain = quoted_plain(word);
			at += plain;
			to += plain;
			if (plain == sizeof word)
				continue;
		}
		if (!is_quoted_plain(*at))
			quote_character(&at, (size_t)(end - at), &to);
		else
			*to++ = *at++;
	}
	*to++ = '"';
	buffer_added(out, (size_t)(to - room));
}

void
text_add_visible(struct buffer *out, const char *bytes, size_t length)
{
	add_escaped_where(out, bytes, length, text_is_risky_character);
}

static bool
is_percent_plain(uint8_t byte)
{
	return byte > 0x20 && byte < 0x7F && byte != '%' && byte != '=';
}

/* The number of bytes at the beginning of a word that need no escape: 8 where none does. */
static inline size_t
percent_plain(uint64_t word)
{
	/* As in quoted_plain the first of the flags is right. */
	uint64_t flags = word | (word - EACH(0x21)) | flag_byte(word, 0x7F) | flag_byte(word, '%') | flag_byte(word, '=');

	flags &= EACH(0x80);
	return !flags ? sizeof word : IS_LITTLE_ENDIAN ? (size_t)__builtin_ctzll(flags) / 8 : 0;
}

enum { PERCENT_BYTES = 3 };	/* that a byte becomes at most: %XX */

void
text_add_percent(struct buffer *out, const char *bytes, size_t length)
{
	static const char digits[] = "0123456789ABCDEF";
	char *room = length < SIZE_MAX / 4 ? buffer_room(out, PERCENT_BYTES * length + sizeof (uint64_t)) : NULL, *to = room;
	const char *at = bytes, *end = bytes + length;
	uint64_t word;

	if (!room) {
		out->overflowed = true;
		return;
	}
	while (at < end) {
		uint8_t byte;

		if (end - at >= (ptrdiff_t)sizeof word) {
			size_t plain;

			memcpy(&word, at, sizeof word);
			memcpy(to, &word, sizeof word);
			plain = percent_plain(word);
			at += plain;
			to += plain;
			if (plain == sizeof word)
				continue;
		}
		byte = (uint8_t)*at++;
		if (is_percent_plain(byte)) {
			*to++ = (char)byte;
			continue;
		}
		to[0] = '%';
		to[1] = digits[byte >> 4];
		to[2] = digits[byte & 15];
		to += PERCENT_BYTES;
	}
	buffer_added(out, (size_t)(to - room));
}

/* One more than the value of a hexadecimal digit, 0 for any other byte. */
static const uint8_t hex_values[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

static int
hex_digit(char character)
{
	return hex_values[(uint8_t)character] - 1;
}

size_t
text_remove_percent(char *text, size_t length)
{
	size_t to = 0, from = 0;

	while (from < length) {
		const char *escape = memchr(text + from, '%', length - from);
		size_t plain = escape ? (size_t)(escape - text) - from : length - from;
		int high, low;

		if (to != from)
			memmove(text + to, text + from, plain);
		from += plain;
		to += plain;
		if (from == length)
			break;
		if (from + 2 < length && (high = hex_digit(text[from + 1])) >= 0 && (low = hex_digit(text[from + 2])) >= 0) {
			text[to++] = (char)(high << 4 | low);
			from += 3;
		} else {
			text[to++] = text[from++];
		}
	}
	text[to] = '\0';
	return to;
}

bool
text_end_percent(char *text, size_t length)
{
	char *escape = memchr(text, '%', length);

	if (escape)
		return !memchr(escape, 0, text_remove_percent(escape, length - (size_t)(escape - text)));
	text[length] = '\0';
	return true;
}

void
text_add_hex(struct buffer *out, const void *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *at = bytes;
	char piece[64];		/* the largest digest is 64 bytes, most are of 16 to 32 */

	for (size_t i = 0; i < length; ) {
		size_t used = 0;

		for (; i < length && used < sizeof piece; i++) {
			piece[used++] = digits[at[i] >> 4];
			piece[used++] = digits[at[i] & 15];
		}
		buffer_add(out, piece, used);
	}
}

enum { HEX_DIGITS = 16 };

typedef uint8_t hex_digits __attribute__((vector_size(HEX_DIGITS)));
typedef uint16_t hex_pairs __attribute__((vector_size(HEX_DIGITS)));
typedef uint8_t hex_bytes __attribute__((vector_size(HEX_DIGITS / 2)));

/* Sixteen digits at once; ff in each place that is one. */
static inline hex_digits
parse_hex_digits(const char *text, uint8_t *ret_bytes)
{
	hex_digits digits, numerals, letters, are_numerals;
	hex_pairs pairs;
	hex_bytes bytes;

	memcpy(&digits, text, sizeof digits);
	numerals = digits - '0';
	letters = (digits | 0x20) - 'a';
	are_numerals = (hex_digits)(numerals < 10);
	pairs = (hex_pairs)((numerals & are_numerals) | ((letters + 10) & ~are_numerals));
	pairs = IS_LITTLE_ENDIAN ? pairs << 4 | pairs >> 8 : pairs >> 4 | pairs;
	bytes = __builtin_convertvector(pairs & 0xFF, hex_bytes);
	memcpy(ret_bytes, &bytes, sizeof bytes);
	return are_numerals | (hex_digits)(letters < 6);
}

static bool
is_each_digit(hex_digits sound)
{
	uint64_t words[2];

	memcpy(words, &sound, sizeof words);
	return (words[0] & words[1]) == UINT64_MAX;
}

#if defined(__x86_64__)
enum { WIDE_DIGITS = 32 };

/* Thirty-two digits at once. */
__attribute__((target("avx2"))) static inline __m256i
parse_wide_digits(const char *text, uint8_t *ret_bytes)
{
	__m256i digits = _mm256_loadu_si256((const __m256i *)text);
	__m256i numerals = _mm256_sub_epi8(digits, _mm256_set1_epi8('0'));
	__m256i letters = _mm256_sub_epi8(_mm256_or_si256(digits, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('a'));
	__m256i are_numerals = _mm256_cmpeq_epi8(_mm256_min_epu8(numerals, _mm256_set1_epi8(9)), numerals);
	__m256i are_letters = _mm256_cmpeq_epi8(_mm256_min_epu8(letters, _mm256_set1_epi8(5)), letters);
	__m256i values = _mm256_blendv_epi8(_mm256_add_epi8(letters, _mm256_set1_epi8(10)), numerals, are_numerals);
	__m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi16(0x0110));	/* the first of two sixteenfold */

	pairs = _mm256_permute4x64_epi64(_mm256_packus_epi16(pairs, pairs), 0x08);
	_mm_storeu_si128((__m128i *)ret_bytes, _mm256_castsi256_si128(pairs));
	return _mm256_or_si256(are_numerals, are_letters);
}

/* An even number of digits, at least WIDE_DIGITS; the last ones may lie over those before. */
__attribute__((target("avx2"))) static bool
parse_hex_wide(const char *text, size_t digits, uint8_t *ret_bytes)
{
	__m256i each = parse_wide_digits(text, ret_bytes);

	for (size_t i = WIDE_DIGITS; i < digits; i += WIDE_DIGITS) {
		size_t from = digits - i < WIDE_DIGITS ? digits - WIDE_DIGITS : i;

		each = _mm256_and_si256(each, parse_wide_digits(text + from, ret_bytes + from / 2));
	}
	return _mm256_movemask_epi8(each) == -1;
}

static bool
is_wide(size_t digits)
{
	return digits >= WIDE_DIGITS && digits % 2 == 0 && __builtin_cpu_supports("avx2");
}
#else
static bool
parse_hex_wide(const char *text, size_t digits, uint8_t *ret_bytes)
{
	(void)text;
	(void)digits;
	(void)ret_bytes;
	return false;
}

static bool
is_wide(size_t digits)
{
	(void)digits;
	return false;
}
#endif

bool
text_parse_hex_narrow(const char *text, size_t digits, uint8_t *ret_bytes)
{
	hex_digits each = (hex_digits){ 0 } - 1;
	bool sound = digits % 2 == 0;
	size_t i = 0;

	for (; i + HEX_DIGITS <= digits; i += HEX_DIGITS)
		each &= parse_hex_digits(text + i, ret_bytes + i / 2);
	if (i + 1 < digits && i) {	/* the last ones lie over those before */
		i = digits - HEX_DIGITS;
		each &= parse_hex_digits(text + i, ret_bytes + i / 2);
		return sound && is_each_digit(each);
	}
	for (; i + 1 < digits; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		sound &= high >= 0 && low >= 0;
		ret_bytes[i / 2] = (uint8_t)((uint32_t)high << 4 | (uint32_t)low);
	}
	return sound && is_each_digit(each);
}

bool
text_parse_hex(const char *text, size_t digits, uint8_t *ret_bytes)
{
	return is_wide(digits) ? parse_hex_wide(text, digits, ret_bytes) : text_parse_hex_narrow(text, digits, ret_bytes);
}

bool
text_parse_u64(const char *text, size_t length, unsigned base, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!length)
		return false;
	for (size_t i = 0; i < length; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0 || (unsigned)digit >= base ||
		    __builtin_mul_overflow(number, (uint64_t)base, &number) ||
		    __builtin_add_overflow(number, (uint64_t)digit, &number))
			return false;
	}
	*ret_number = number;
	return true;
}

/* One character of text against the class that starts behind '['; sets *end behind ']'. */
static bool
matches_class(const char *class, char character, const char **end)
{
	bool negated = *class == '!' || *class == '^', matched = false;
	const char *at = class + negated;

	for (bool first = true; *at && (first || *at != ']'); first = false) {
		unsigned char low = (unsigned char)*at++, high = low;

		if (*at == '-' && at[1] && at[1] != ']') {
			high = (unsigned char)at[1];
			at += 2;
		}
		matched |= (unsigned char)character >= low && (unsigned char)character <= high;
	}
	*end = *at ? at + 1 : at;
	return matched != negated;
}

/*
 * Most names differ from the pattern that they are asked for before its first wildcard, or in the last character.
 * A class may lack its ']': then the last character is none of the name.
 */
static bool
ends_differ(const char *pattern, const char *text)
{
	size_t length;

	for (; *pattern && *pattern != '*' && *pattern != '?' && *pattern != '['; pattern++, text++)
		if (*pattern != *text)
			return true;
	length = strlen(pattern);
	if (!length || strchr("*?]", pattern[length - 1]) || memchr(pattern, '[', length))
		return false;
	return !*text || text[strlen(text) - 1] != pattern[length - 1];
}

bool
text_matches_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *star_text = NULL;	/* where to go on if what follows the last star fails */
	const char *deep = NULL, *deep_text = NULL;	/* the same for the last double star */

	if (ends_differ(pattern, text))
		return false;
	for (;;) {
		const char *next = pattern + 1;

		if (pattern[0] == '*' && pattern[1] == '*') {
			deep = pattern += 2;
			deep_text = text;
			star = NULL;
			continue;
		}
		if (*pattern == '*') {
			star = ++pattern;
			star_text = text;
			continue;
		}
		if (!*pattern && !*text)
			return true;
		if (*pattern && *text &&
		    (*pattern == '?' ? *text != '/' :
		     *pattern == '[' ? *text != '/' && matches_class(pattern + 1, *text, &next) :
		     *pattern == *text)) {
			pattern = next;
			text++;
			continue;
		}
		if (star && *star_text && *star_text != '/') {
			pattern = star;
			text = ++star_text;
		} else if (deep && *deep_text) {
			pattern = deep;
			text = ++deep_text;
			star = NULL;
		} else {
			return false;
		}
	}
}

int
text_compare(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

bool
text_has_suffix(const char *text, const char *suffix)
{
	size_t length = strlen(text), suffix_length = strlen(suffix);

	return length >= suffix_length && !memcmp(text + length - suffix_length, suffix, suffix_length);
}

bool
text_has_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

const char *
text_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The value of a digit of base64, 64 for anything else. */
static unsigned
base64_value(char digit)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = digit ? strchr(digits, digit) : NULL;

	return at ? (unsigned)(at - digits) : 64;
}

bool
text_parse_base64(const char *text, size_t length, uint8_t *ret_bytes, size_t capacity, size_t *ret_length)
{
	size_t padding = 0, made = 0;

	while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
		padding++;
	if (length % 4 || length / 4 * 3 - padding > capacity)
		return false;
	for (size_t i = 0; i < length; i += 4) {
		bool is_last = i + 4 == length;
		uint32_t group = 0;

		for (size_t j = 0; j < 4; j++) {
			bool is_padding = is_last && j >= 4 - padding;
			unsigned value = is_padding ? 0 : base64_value(text[i + j]);

			if (value == 64)
				return false;
			group = group << 6 | value;
		}
		for (size_t j = 0; j < (is_last ? 3 - padding : 3); j++)
			ret_bytes[made++] = (uint8_t)(group >> (16 - 8 * j));
	}
	*ret_length = made;
	return true;
}
