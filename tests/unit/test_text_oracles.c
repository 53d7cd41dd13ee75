/* test_text_oracles.c - UTF-8 against iconv(3), globs against fnmatch(3), reversible forms on random bytes. */
#include <fnmatch.h>
#include <iconv.h>

#include <t1554triage/text.h>

#include "../random_numbers.h"
#include "tap.h"

enum { ROUNDS = 200000, BYTES_MAX = 40 };

static size_t
random_bytes(char *bytes)
{
	size_t length = random_number(BYTES_MAX);

	for (size_t i = 0; i < length; i++)
		bytes[i] = random_number(4) ? (char)random_number(256) : "%\\x=41 \n"[random_number(8)];
	return length;
}

/* The first character as iconv decodes it: its size, 0 where it is none. */
static size_t
iconv_decode(iconv_t converter, uint8_t *bytes, size_t length, uint32_t *ret_character)
{
	for (size_t size = 1; size <= length; size++) {
		char *in = (char *)bytes, *out = (char *)ret_character;
		size_t in_left = size, out_left = sizeof *ret_character;

		iconv(converter, NULL, NULL, NULL, NULL);
		if (iconv(converter, &in, &in_left, &out, &out_left) == 0 && !out_left)
			return size;
	}
	return 0;
}

static bool
decodes_alike(iconv_t converter, uint8_t *bytes, size_t length)
{
	uint32_t ours = 0, theirs = 0;
	size_t size = text_decode_utf8(bytes, length, &ours);

	return size == iconv_decode(converter, bytes, length, &theirs) && (!size || ours == theirs);
}

/*
 * All sequences of two and three bytes that no ASCII letter begins, where the
 * last byte of three stands for its kind; and random ones of four.
 */
static void
utf8_like_iconv(void)
{
	iconv_t converter = iconv_open("UTF-32LE", "UTF-8");
	unsigned wrong = 0;

	if (converter == (iconv_t)-1) {
		tap_ok(true, "UTF-8 as iconv reads it # SKIP iconv has no UTF-32LE", __FILE__, __LINE__);
		return;
	}
	for (unsigned pair = 0x8000; pair <= 0xFFFF; pair++) {
		uint8_t bytes[3] = { (uint8_t)(pair >> 8), (uint8_t)pair };
		bool goes_on = (bytes[0] & 0xF0) == 0xE0 && (bytes[1] & 0xC0) == 0x80;

		wrong += !decodes_alike(converter, bytes, 2);
		for (unsigned last = 0; last < 256; last += goes_on ? 1 : 0x1F) {
			bytes[2] = (uint8_t)last;
			wrong += !decodes_alike(converter, bytes, 3);
		}
	}
	IS(wrong, 0, "UTF-8 of two and three bytes as iconv reads it");
	wrong = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t bytes[4] = { (uint8_t)(0xEE + random_number(18)) };

		for (unsigned at = 1; at < 4; at++)
			bytes[at] = (uint8_t)(random_number(16) ? 0x80 + random_number(64) : random_number(256));
		wrong += !decodes_alike(converter, bytes, 4);
	}
	IS(wrong, 0, "UTF-8 of four bytes as iconv reads it");
	iconv_close(converter);
}

static void
utf8_there_and_back(void)
{
	unsigned wrong = 0;
	struct buffer out;

	buffer_init(&out, 0);
	for (uint32_t character = 0; character <= 0x10FFFF; character++) {
		uint32_t again = UINT32_MAX;

		if (character >= 0xD800 && character <= 0xDFFF)
			continue;
		buffer_clear(&out);
		text_add_utf8(&out, character);
		wrong += text_decode_utf8(out.bytes, out.length, &again) != out.length || again != character;
	}
	IS(wrong, 0, "every character is written and read");
	buffer_release(&out);
}

static void
percent_is_reversible(void)
{
	unsigned changed = 0, unprintable = 0;
	char bytes[BYTES_MAX];
	struct buffer out;

	buffer_init(&out, 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t length = random_bytes(bytes);

		buffer_clear(&out);
		text_add_percent(&out, bytes, length);
		for (size_t at = 0; at < out.length; at++)
			unprintable += out.bytes[at] <= ' ' || out.bytes[at] > '~' || out.bytes[at] == '=';
		changed += text_remove_percent(out.bytes, out.length) != length || memcmp(out.bytes, bytes, length);
	}
	IS(changed, 0, "percent escapes give the same bytes back");
	IS(unprintable, 0, "and hold nothing that parts fields or lines");
	buffer_release(&out);
}

/* \xHH taken back. */
static size_t
unescape(const struct buffer *text, char *bytes)
{
	size_t length = 0;

	for (size_t at = 0; at < text->length; at++) {
		if (text->bytes[at] == '\\' && text_parse_hex(text->bytes + at + 2, 2, (uint8_t *)bytes + length)) {
			length++;
			at += 3;
		} else {
			bytes[length++] = text->bytes[at];
		}
	}
	return length;
}

static void
escapes_are_reversible(void)
{
	unsigned changed = 0, not_plain = 0, invisible = 0, quoted_otherwise = 0;
	char bytes[BYTES_MAX], again[BYTES_MAX];
	struct buffer escaped, visible, quoted, expected;

	buffer_init(&escaped, 0);
	buffer_init(&visible, 0);
	buffer_init(&quoted, 0);
	buffer_init(&expected, 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t length = random_bytes(bytes);
		uint32_t character;

		buffer_clear(&escaped);
		buffer_clear(&visible);
		text_add_escaped(&escaped, bytes, length);
		text_add_visible(&visible, bytes, length);
		changed += unescape(&escaped, again) != length || memcmp(again, bytes, length);
		changed += unescape(&visible, again) != length || memcmp(again, bytes, length);
		not_plain += text_is_plain(bytes, length) != (escaped.length == length);
		buffer_clear(&quoted);
		text_add_quoted(&quoted, bytes, length);
		buffer_clear(&expected);
		buffer_add_char(&expected, '"');
		for (size_t at = 0; at < escaped.length; at++) {
			if (escaped.bytes[at] == '"' || escaped.bytes[at] == '\\')
				buffer_add_char(&expected, '\\');
			buffer_add_char(&expected, escaped.bytes[at]);
		}
		buffer_add_char(&expected, '"');
		quoted_otherwise += strcmp(quoted.bytes, expected.bytes) != 0;
		for (size_t at = 0, size; at < visible.length; at += size) {
			size = text_decode_utf8(visible.bytes + at, visible.length - at, &character);
			invisible += !size || (character != '\\' && text_is_risky_character(character));
			size += !size;
		}
	}
	IS(changed, 0, "both forms of a name give its bytes back");
	IS(not_plain, 0, "a plain name is one that nothing is escaped of");
	IS(quoted_otherwise, 0, "a string of JSON is the form for machines, its quotes and backslashes escaped");
	IS(invisible, 0, "the form for people is valid UTF-8 and all of it can be seen");
	buffer_release(&escaped);
	buffer_release(&visible);
	buffer_release(&quoted);
	buffer_release(&expected);
}

/* Patterns of letters, slashes, single stars, questions and whole classes: there both mean the same. */
static void
make_pattern(char pattern[64])
{
	static const char *const parts[] = { "a", "b", "c", "/", "*", "?", "[ab]", "[!a]", "[a-b]", "a", "/" };
	size_t count = random_number(8);

	pattern[0] = '\0';
	while (count--) {
		const char *part = parts[random_number(sizeof parts / sizeof *parts)];
		size_t length = strlen(pattern);

		if (*part == '*' && length && pattern[length - 1] == '*')
			continue;
		strcat(pattern, part);
	}
}

static void
globs_like_fnmatch(void)
{
	unsigned wrong = 0, matched = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		char pattern[64], text[8] = "";
		size_t length = random_number(sizeof text);

		make_pattern(pattern);
		for (size_t at = 0; at < length; at++)
			text[at] = "aabbc/"[random_number(6)];
		matched += text_matches_glob(pattern, text);
		if (text_matches_glob(pattern, text) != !fnmatch(pattern, text, FNM_PATHNAME | FNM_NOESCAPE) && !wrong++)
			printf("# pattern %s, text %s\n", pattern, text);
	}
	IS(wrong, 0, "globs match as fnmatch does");
	OK(matched > ROUNDS / 100, "and some do");
}

/* "**" against a search that tries every split. */
static bool
slow_match(const char *pattern, const char *text)
{
	if (!*pattern)
		return !*text;
	if (pattern[0] == '*') {
		bool deep = pattern[1] == '*';

		for (;; text++) {
			if (slow_match(pattern + 1 + deep, text))
				return true;
			if (!*text || (!deep && *text == '/'))
				return false;
		}
	}
	return *text && (*pattern == '?' ? *text != '/' : *pattern == *text) && slow_match(pattern + 1, text + 1);
}

static void
double_stars(void)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		char pattern[16] = "", text[10] = "";
		size_t length = random_number(sizeof text);

		for (size_t at = 0, count = random_number(6); at < count; at++) {
			const char *part = (const char *const[]){ "**", "*", "/", "a", "b", "?" }[random_number(6)];

			if (*part != '*' || !text_has_suffix(pattern, "*"))
				strcat(pattern, part);
		}
		for (size_t at = 0; at < length; at++)
			text[at] = "ab/"[random_number(3)];
		if (text_matches_glob(pattern, text) != slow_match(pattern, text) && !wrong++)
			printf("# pattern %s, text %s\n", pattern, text);
	}
	IS(wrong, 0, "double stars match as trying every split does");
}

static void
numbers(void)
{
	uint64_t number = 7;

	OK(text_parse_u64("18446744073709551615", 20, 10, &number) && number == UINT64_MAX, "the largest number");
	OK(!text_parse_u64("18446744073709551616", 20, 10, &number), "one more is none");
	OK(!text_parse_u64("8", 1, 8, &number) && !text_parse_u64("", 0, 10, &number), "no digit of the base, no digit");
	OK(text_parse_u64("777", 3, 8, &number) && number == 511, "octal");
	OK(text_parse_u64("fF", 2, 16, &number) && number == 255 && !text_parse_u64("fF", 2, 10, &number), "hexadecimal");
}

int
main(void)
{
	utf8_like_iconv();
	utf8_there_and_back();
	percent_is_reversible();
	escapes_are_reversible();
	globs_like_fnmatch();
	double_stars();
	numbers();
	return tap_done();
}
