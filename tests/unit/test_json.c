/* test_json.c - commas, nesting, escapes, and the bytes beside a name that text cannot carry. */
#include <t1554triage/json.h>

#include "tap.h"

static struct buffer line;

static void
path(const char *bytes, const char *expected, const char *what)
{
	struct json json;

	buffer_clear(&line);
	json_init(&json, &line);
	json_begin_object(&json, NULL);
	json_path(&json, "path", bytes);
	json_end_object(&json);
	IS_TEXT(line.bytes, expected, what);
}

/* Texts are looked at eight bytes at a time: what is to be escaped is found wherever it stands. */
static void
each_byte_anywhere(void)
{
	enum { LENGTH = 21 };
	char text[LENGTH + 1] = "abcdefghijklmnopqrstu", expected[LENGTH + 16];
	unsigned wrong = 0;

	for (size_t i = 0; i < LENGTH; i++)
		for (int byte = 1; byte < 256; byte++) {
			bool is_usual = byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
			char kept = text[i];
			struct json json;

			text[i] = (char)byte;
			snprintf(expected, sizeof expected, "{\"text\":\"%s\"}", text);
			buffer_clear(&line);
			json_init(&json, &line);
			json_begin_object(&json, NULL);
			json_text(&json, "text", text);
			json_end_object(&json);
			wrong += !strcmp(line.bytes, expected) != is_usual;
			text[i] = kept;
		}
	IS(wrong, 0, "what is to be escaped is found wherever it stands");
}

static void
nesting(void)
{
	struct json json;

	buffer_clear(&line);
	json_init(&json, &line);
	json_begin_object(&json, NULL);
	json_begin_list(&json, "empty");
	json_end_list(&json);
	json_begin_list(&json, "list");
	json_u64(&json, NULL, 0);
	json_begin_object(&json, NULL);
	json_end_object(&json);
	json_begin_object(&json, NULL);
	json_bool(&json, "yes", true);
	json_null(&json, "none");
	json_end_object(&json);
	json_text(&json, NULL, NULL);
	json_end_list(&json);
	json_u64(&json, "largest", UINT64_MAX);
	json_end_object(&json);
	json_end_line(&json);
	json_begin_object(&json, NULL);
	json_end_object(&json);
	json_end_line(&json);
	IS_TEXT(line.bytes, "{\"empty\":[],\"list\":[0,{},{\"yes\":true,\"none\":null},null],"
		"\"largest\":18446744073709551615}\n{}\n", "commas where they are due, at every depth and on the next line");
}

static void
deepest(void)
{
	struct json json;
	unsigned levels = sizeof json.comma / sizeof *json.comma - 1;

	buffer_clear(&line);
	json_init(&json, &line);
	for (unsigned i = 0; i < levels; i++)
		json_begin_list(&json, NULL);
	json_u64(&json, NULL, 1);
	json_u64(&json, NULL, 2);
	for (unsigned i = 0; i < levels; i++)
		json_end_list(&json);
	IS(line.length, 2 * levels + 3, "as deep as it goes");
	OK(json.depth == 0 && strstr(line.bytes, "[1,2]"), "and out again");
}

static void
values(void)
{
	static const struct timestamp none = { .seconds = 1 }, local = { .seconds = 0, .resolution_nanoseconds = 1000000000,
		.local = true };
	struct json json;

	buffer_clear(&line);
	json_init(&json, &line);
	json_begin_object(&json, NULL);
	json_time(&json, "a", &none);
	json_time(&json, "b", &local);
	json_hex(&json, "c", "\x00\xff", 2, true);
	json_hex(&json, "d", "", 0, false);
	json_member(&json, "e\"\n\xff", "\"");
	json_member(&json, "f", NULL);
	json_end_object(&json);
	IS_TEXT(line.bytes, "{\"a\":null,\"b\":\"1970-01-01T00:00:00\",\"c\":\"00ff\",\"d\":null,"
		"\"e\\\"\\\\x0A\\\\xFF\":\"\\\"\",\"f\":null}", "times, digests, members that the evidence names");
}

int
main(void)
{
	buffer_init(&line, 0);
	path("/usr/bin/ls", "{\"path\":\"/usr/bin/ls\"}", "a plain name stands alone");
	path(NULL, "{\"path\":null}", "no name");
	path("", "{\"path\":\"\"}", "an empty name is one");
	path("a\"b", "{\"path\":\"a\\\"b\"}", "a quote is JSON's own affair");
	path("\xc3\xa4\xf0\x9f\x90\xa7", "{\"path\":\"\xc3\xa4\xf0\x9f\x90\xa7\"}", "valid UTF-8 stays");
	path("a\xff", "{\"path\":\"a\\\\xFF\",\"path_hex\":\"61ff\"}", "a byte that is no character");
	path("a\\x41", "{\"path\":\"a\\\\x5Cx41\",\"path_hex\":\"615c783431\"}", "a name that looks escaped");
	path("a\n\x7f", "{\"path\":\"a\\\\x0A\\\\x7F\",\"path_hex\":\"610a7f\"}", "controls");
	path("\xef\xbf\xbe", "{\"path\":\"\\\\xEF\\\\xBF\\\\xBE\",\"path_hex\":\"efbfbe\"}", "U+FFFE");
	each_byte_anywhere();
	nesting();
	deepest();
	values();
	buffer_release(&line);
	return tap_done();
}
