/* test_text.c - names are bytes. */
#include <ctype.h>
#include <stdlib.h>

#include <t1554triage/text.h>
#include <t1554triage/timestamp.h>

#include "tap.h"

static void
escapes(const char *bytes, const char *expected, const char *what)
{
	struct buffer out;

	buffer_init(&out, 0);
	text_add_escaped(&out, bytes, strlen(bytes));
	IS_TEXT(out.bytes, expected, what);
	buffer_release(&out);
}

/* Every byte at every place of a text of so many digits: isxdigit() and strtoul() of the C locale decide. */
static size_t
count_wrong_hexadecimal(bool (*parse)(const char *text, size_t digits, uint8_t *ret_bytes), size_t digits)
{
	size_t wrong = 0;

	for (size_t i = 0; i < digits * 256; i++) {
		char text[] = "0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCDEF", pair[3] = "";
		uint8_t bytes[sizeof text / 2];
		bool digit;

		text[i / 256] = (char)(i % 256);
		memcpy(pair, text + i / 512 * 2, 2);
		digit = isxdigit((unsigned char)text[i / 256]);
		wrong += parse(text, digits, bytes) != digit || (digit && bytes[i / 512] != strtoul(pair, NULL, 16));
	}
	return wrong;
}

static void
parses_hexadecimal(void)
{
	size_t wrong = 0;

	for (size_t digits = 2; digits <= 66; digits += 2)
		wrong += count_wrong_hexadecimal(text_parse_hex, digits) + count_wrong_hexadecimal(text_parse_hex_narrow, digits);
	IS(wrong, 0, "hexadecimal digits and nothing else, with wide vectors and without");
}

static void
round_trip(const char *text)
{
	struct timestamp time;
	char again[TIMESTAMP_TEXT_SIZE];

	OK(timestamp_parse(text, strlen(text), &time), text);
	timestamp_format(&time, again);
	IS_TEXT(again, text, "is written as it was read");
}

int
main(void)
{
	struct timestamp time;

	escapes("/usr/bin/ls", "/usr/bin/ls", "a plain name stays");
	escapes("a\\b", "a\\x5Cb", "a backslash is escaped, so that the form is reversible");
	escapes("\xc0\xaf", "\\xC0\\xAF", "an overlong slash is no character");
	escapes("\xed\xa0\x80", "\\xED\\xA0\\x80", "a surrogate is no character");
	escapes("\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80", "nothing above U+10FFFF");
	escapes("\xef\xbf\xbf", "\\xEF\\xBF\\xBF", "U+FFFF cannot stand in XML");
	escapes("\xc3\xa4\n", "\xc3\xa4\\x0A", "controls are escaped, letters are not");

	OK(text_matches_glob("/var/log/dpkg.log*", "/var/log/dpkg.log.2.gz"), "a star matches the rest of a name");
	OK(!text_matches_glob("/var/*/x", "/var/log/apt/x"), "a star does not match a slash");
	OK(text_matches_glob("/var/**/x", "/var/log/apt/x"), "two stars do");
	OK(text_matches_glob("/lib*/tls/libkeyutils.so*", "/lib64/tls/libkeyutils.so.1"), "two single stars");
	OK(text_matches_glob("a*[xy", "abx") && text_matches_glob("/x/**/y.js", "/x/a/b/y.js") &&
		!text_matches_glob("/x/**/y.js", "/x/a/b/y.jsx") && !text_matches_glob("/x*y", "/x"),
		"what is behind the last wildcard is the end of the name, a class without end is not");
	OK(text_matches_glob("a[0-9]b", "a5b") && !text_matches_glob("a[!0-9]b", "a5b"), "classes");
	OK(!text_matches_glob("*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		"many stars end in good time");

	parses_hexadecimal();
	round_trip("2024-05-01T10:00:00.123456789Z");
	round_trip("1969-12-31T23:59:59Z");
	round_trip("2024-02-29T00:00:00.1234567Z");
	round_trip("2024-02-29T12:00:00");
	round_trip("12024-02-29T12:00:00Z");
	OK(!timestamp_parse("2024-13-01T00:00:00Z", 20, &time), "there is no month 13");
	return tap_done();
}
