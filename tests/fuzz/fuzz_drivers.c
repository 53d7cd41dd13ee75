/*
 * fuzz_drivers.c - one target for the drivers of all tables.
 *
 * Input: a byte that picks the driver, then artifacts: a byte that picks the
 * pattern, two bytes with the length (little-endian; beyond the end: the rest), the content.
 * T1554TRIAGE_FUZZ_TABLE limits the choice to one table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/memory.h>

#include "../parsers/driver_run.h"
#include "fuzz_drivers.h"

enum { INPUTS_MAX = 8 };

static size_t
driver_total(const char *only)
{
	size_t total = 0;

	for (const struct driver_table *table = driver_tables; table->name; table++)
		if (!only || !strcmp(only, table->name))
			total += table->count();
	return total;
}

/* The n-th driver of all tables in question. */
static const struct driver_table *
pick(const char *only, size_t *n)
{
	for (const struct driver_table *table = driver_tables; table->name; table++) {
		if (only && strcmp(only, table->name) != 0)
			continue;
		if (*n < table->count())
			return table;
		*n -= table->count();
	}
	return NULL;
}

/* A path that the pattern matches: a star becomes "x". */
static char *
path_of(struct arena *arena, const char *pattern)
{
	char *path = arena_format(arena, "/%s", pattern + (pattern[0] == '/'));

	for (char *at = path; *at; at++)
		if (*at == '*' || *at == '?')
			*at = 'x';
	return path;
}

static size_t
take_inputs(struct cursor *cursor, const char *const *patterns, struct arena *arena,
	struct driver_input inputs[INPUTS_MAX])
{
	size_t pattern_count = 0, count = 0;

	while (patterns && patterns[pattern_count])
		pattern_count++;
	for (; count < INPUTS_MAX && cursor->at < cursor->end; count++) {
		uint8_t choice = take_u8(cursor);
		size_t length = take_u16le(cursor), left = (size_t)(cursor->end - cursor->at);

		length = length < left ? length : left;
		inputs[count] = (struct driver_input){
			.path = patterns ? path_of(arena, patterns[choice % pattern_count]) : "/any",
			.bytes = take_bytes(cursor, length),
			.length = length,
			.modified = { .seconds = 1717200000, .resolution_nanoseconds = 1 },
		};
	}
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const char *only = getenv("T1554TRIAGE_FUZZ_TABLE");
	struct cursor cursor = cursor_over(bytes, length);
	size_t total = driver_total(only), driver = take_u8(&cursor), count;
	struct driver_input inputs[INPUTS_MAX];
	const struct driver_table *table;
	struct buffer out;
	struct arena arena;

	driver %= total ? total : 1;
	table = pick(only, &driver);
	if (cursor.failed || !table)
		return 0;
	arena_init(&arena);
	buffer_init(&out, 64 << 20);
	count = take_inputs(&cursor, table->patterns(driver), &arena, inputs);
	driver_run(table, driver, inputs, count, &out);
	if (strstr(out.bytes, "\nbroken:") || !strncmp(out.bytes, "broken:", 7)) {
		fprintf(stderr, "%s/%s:\n%.4000s\n", table->name, table->driver_name(driver), strstr(out.bytes, "broken:"));
		abort();
	}
	buffer_release(&out);
	arena_release(&arena);
	return 0;
}

void
fuzz_add_seed(const struct case_files *files, struct buffer *out)
{
	const char *only = getenv("T1554TRIAGE_FUZZ_TABLE");
	size_t number = files->driver;

	for (const struct driver_table *table = driver_tables; table != files->table; table++)
		if (!only)
			number += table->count();
	buffer_add_char(out, (char)number);
	for (size_t i = 0; i < files->count && i < INPUTS_MAX; i++) {
		const struct driver_input *input = &files->inputs[i];
		const char *const *patterns = files->table->patterns(files->driver);
		size_t length = input->length < UINT16_MAX ? input->length : UINT16_MAX - 1;
		size_t choice = 0;

		while (patterns && patterns[choice] && !driver_matches(patterns[choice], input->path))
			choice++;
		buffer_add_char(out, (char)choice);
		buffer_add_char(out, (char)(length & 0xff));
		buffer_add_char(out, (char)(length >> 8));
		buffer_add(out, input->bytes, length);
	}
}
