/*
 * run_case.c - prints what a driver makes of a folder of artifacts.
 *
 *	run_case TABLE DRIVER FOLDER
 *
 * FOLDER/in holds artifacts under their paths in the running system; FOLDER/times
 * may give times of modification, "PATH TIMESTAMP" a line (else 2024-06-01).
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "driver_run.h"

/* nftw() has no context. */
static struct {
	const struct driver_table *table;
	size_t               driver;
	size_t               root_length;	/* of "FOLDER/in" */
	struct arena         arena;
	struct driver_input *inputs;
	size_t               count, capacity;
} found;

static void
fail(const char *what, const char *name)
{
	fprintf(stderr, "run_case: %s: %s\n", what, name);
	exit(99);
}

static void
read_file(const char *path, struct buffer *out)
{
	char block[65536];
	size_t length;
	FILE *file = fopen(path, "rb");

	if (!file)
		fail("cannot open", path);
	while ((length = fread(block, 1, sizeof block, file)) > 0)
		buffer_add(out, block, length);
	if (ferror(file) || fclose(file) != 0)
		fail("cannot read", path);
}

static int
add_file(const char *path, const struct stat *status, int type, struct FTW *where)
{
	const char *in_system = path + found.root_length;
	struct buffer content;
	struct driver_input *input;

	(void)status;
	(void)where;
	if (type != FTW_F || !driver_wants(found.table, found.driver, in_system))
		return 0;
	found.inputs = memory_grow(found.inputs, found.count, &found.capacity, sizeof *found.inputs);
	input = &found.inputs[found.count++];
	buffer_init(&content, 0);
	read_file(path, &content);
	*input = (struct driver_input){
		.path = arena_copy_text(&found.arena, in_system),
		.bytes = arena_copy(&found.arena, content.bytes, content.length),
		.length = content.length,
		.modified = { .seconds = 1717200000, .resolution_nanoseconds = 1 },
	};
	buffer_release(&content);
	return 0;
}

static void
read_times(const char *path)
{
	char line[8192], name[4096], time[64];
	FILE *file = fopen(path, "r");

	if (!file)
		return;
	while (fgets(line, sizeof line, file)) {
		if (sscanf(line, "%4095s %63s", name, time) != 2)
			fail("not a line of PATH TIMESTAMP", path);
		for (size_t i = 0; i < found.count; i++)
			if (!strcmp(found.inputs[i].path, name) &&
			    !timestamp_parse(time, strlen(time), &found.inputs[i].modified))
				fail("not a timestamp", time);
	}
	fclose(file);
}

int
main(int argc, char *argv[])
{
	struct buffer out;
	char *root, *times;

	if (argc != 4)
		fail("usage", "run_case TABLE DRIVER FOLDER");
	if (!driver_find(argv[1], argv[2], &found.table, &found.driver))
		fail("no such driver", argv[2]);
	arena_init(&found.arena);
	root = arena_format(&found.arena, "%s/in", argv[3]);
	times = arena_format(&found.arena, "%s/times", argv[3]);
	found.root_length = strlen(root);
	if (nftw(root, add_file, 16, FTW_PHYS) != 0)
		fail("cannot walk", root);
	read_times(times);
	buffer_init(&out, 0);
	driver_run(found.table, found.driver, found.inputs, found.count, &out);
	fwrite(out.bytes, 1, out.length, stdout);
	buffer_release(&out);
	memory_free(found.inputs);
	arena_release(&found.arena);
	return fflush(stdout) == 0 ? 0 : 99;
}
