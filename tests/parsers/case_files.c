/* case_files.c - loads the artifacts of a parser case from its folder. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/text.h>

#include "case_files.h"

/* nftw() hands no context to its callback. */
static struct case_files *loading;
static size_t root_length;	/* of "FOLDER/in" */

static void
fail(const char *what, const char *name)
{
	fprintf(stderr, "case: %s: %s\n", what, name);
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

static void
read_target(const char *path, struct buffer *out)
{
	char target[4096];
	ssize_t length = readlink(path, target, sizeof target);

	if (length < 0)
		fail("cannot read the link", path);
	buffer_add(out, target, (size_t)length);
}

static int
add_file(const char *path, const struct stat *status, int type, struct FTW *where)
{
	const char *in_system = path + root_length;
	struct buffer content;
	struct driver_input *input;

	(void)status;
	(void)where;
	if ((type != FTW_F && type != FTW_SL) || !driver_wants(loading->table, loading->driver, in_system))
		return 0;
	loading->inputs = memory_grow(loading->inputs, loading->count, &loading->capacity,
		sizeof *loading->inputs);
	input = &loading->inputs[loading->count++];
	buffer_init(&content, 0);
	if (type == FTW_SL)
		read_target(path, &content);
	else
		read_file(path, &content);
	*input = (struct driver_input){
		.path = arena_copy_text(&loading->arena, in_system),
		.bytes = arena_copy(&loading->arena, content.bytes, content.length),
		.length = content.length,
		.modified = { .seconds = 1717200000, .resolution_nanoseconds = 1 },
	};
	if (type == FTW_SL)
		input->link_target = input->bytes;
	buffer_release(&content);
	return 0;
}

static void
read_times(struct case_files *files, const char *path)
{
	char line[8192], name[4096], time[64];
	FILE *file = fopen(path, "r");

	if (!file)
		return;
	while (fgets(line, sizeof line, file)) {
		if (sscanf(line, "%4095s %63s", name, time) != 2)
			fail("not a line of PATH TIMESTAMP", path);
		for (size_t i = 0; i < files->count; i++)
			if (!strcmp(files->inputs[i].path, name) &&
			    !timestamp_parse(time, strlen(time), &files->inputs[i].modified))
				fail("not a timestamp", time);
	}
	fclose(file);
}

void
case_files_load(struct case_files *ret_files, const char *table, const char *driver, const char *folder)
{
	char *root;

	*ret_files = (struct case_files){ .count = 0 };
	arena_init(&ret_files->arena);
	if (!driver_find(table, driver, &ret_files->table, &ret_files->driver))
		fail("no such driver", driver);
	root = arena_format(&ret_files->arena, "%s/in", folder);
	root_length = strlen(root);
	loading = ret_files;
	if (nftw(root, add_file, 16, FTW_PHYS) != 0)
		fail("cannot walk", root);
	read_times(ret_files, arena_format(&ret_files->arena, "%s/times", folder));
}

void
case_files_release(struct case_files *files)
{
	memory_free(files->inputs);
	arena_release(&files->arena);
}
