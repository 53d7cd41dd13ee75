/* test_lookup.c - paths looked up in a file system that is a table of names, and what it remembers of them. */
#include <t1554triage/filesystem.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "tap.h"

struct name { const char *path, *target; enum entry_type type; enum entry_state state; const char *stream; };

struct filesystem_state {
	const struct name *names;
	unsigned lists;			/* directories listed so far */
};

static const struct name table[] = {
	{ "/usr",              NULL,          ENTRY_DIRECTORY, ENTRY_ALLOCATED, NULL },
	{ "/usr/bin",          NULL,          ENTRY_DIRECTORY, ENTRY_ALLOCATED, NULL },
	{ "/usr/bin/env",      NULL,          ENTRY_REGULAR,   ENTRY_ALLOCATED, NULL },
	{ "/usr/bin/env",      NULL,          ENTRY_REGULAR,   ENTRY_ALLOCATED, "side" },
	{ "/usr/bin/gone",     NULL,          ENTRY_REGULAR,   ENTRY_DELETED,   NULL },
	{ "/usr/bin/Both",     NULL,          ENTRY_REGULAR,   ENTRY_ALLOCATED, NULL },
	{ "/usr/bin/both",     NULL,          ENTRY_LINK,      ENTRY_ALLOCATED, NULL },
	{ "/usr/bin/link",     "env",         ENTRY_LINK,      ENTRY_ALLOCATED, NULL },
	{ "/bin",              "usr/bin",     ENTRY_LINK,      ENTRY_ALLOCATED, NULL },
	{ "/usr/up",           "../usr/bin/", ENTRY_LINK,      ENTRY_ALLOCATED, NULL },
	{ "/usr/absolute",     "/usr/bin",    ENTRY_LINK,      ENTRY_ALLOCATED, NULL },
	{ "/outside",          "../../../usr", ENTRY_LINK,     ENTRY_ALLOCATED, NULL },
	{ "/loop",             "loop/x",      ENTRY_LINK,      ENTRY_ALLOCATED, NULL },
	{ "/nowhere",          NULL,          ENTRY_LINK,      ENTRY_ALLOCATED, NULL },
	{ "/damaged",          NULL,          ENTRY_DIRECTORY, ENTRY_ALLOCATED, NULL },
	{ "/damaged/there",    NULL,          ENTRY_REGULAR,   ENTRY_ALLOCATED, NULL },
	{ "/lost",             NULL,          ENTRY_DIRECTORY, ENTRY_ALLOCATED, NULL },
	{ NULL,                NULL,          ENTRY_UNKNOWN,   ENTRY_ALLOCATED, NULL },
};

static bool
is_in(const char *folder, const char *path)
{
	size_t length = strcmp(folder, "/") ? strlen(folder) : 0;

	return !strncmp(path, folder, length) && path[length] == '/' && path[length + 1] &&
	       !strchr(path + length + 1, '/');
}

static enum status
table_list(struct filesystem *filesystem, uint64_t node, const char *path, const struct entry_sink *out,
	const struct notes *notes)
{
	(void)node;
	(void)notes;
	filesystem->state->lists++;
	for (const struct name *name = table; name->path; name++) {
		struct file_entry entry = { .path = name->path, .link_target = name->target, .type = name->type,
			.state = name->state, .stream = name->stream, .node = (uint64_t)(name - table) };

		if (is_in(path, name->path) && !out->entry(out->context, &entry))
			break;
	}
	if (!strcmp(path, "/lost"))
		return STATUS_UNREADABLE;
	return strcmp(path, "/damaged") ? STATUS_OK : STATUS_DAMAGED;
}

static void
table_close(struct filesystem *filesystem)
{
	memory_free(filesystem->state);
}

static const struct filesystem_driver table_driver = {
	.name = "table", .list = table_list, .close = table_close,
};

static struct filesystem *
open_table(bool case_insensitive)
{
	struct filesystem *filesystem = memory_allocate(1, sizeof *filesystem);

	*filesystem = (struct filesystem){
		.driver = &table_driver, .evidence = "E1", .volume = "-",
		.identity = { .type = "table", .case_insensitive = case_insensitive },
	};
	filesystem->state = memory_allocate(1, sizeof *filesystem->state);
	return filesystem;
}

struct expected { const char *path; enum status status; const char *found; };

static void
ask(struct filesystem *filesystem, const struct expected *expected)
{
	struct arena arena;
	struct file_entry entry = { .path = NULL };
	enum status status;

	arena_init(&arena);
	status = filesystem_lookup(filesystem, expected->path, NULL, &arena, &entry);
	IS(status, expected->status, expected->path);
	IS_TEXT(status == STATUS_OK ? entry.path : NULL, expected->found, expected->path);
	OK(status != STATUS_OK || !entry.stream, "never a stream");
	arena_release(&arena);
}

static void
test_paths(void)
{
	static const struct expected expected[] = {
		{ "/", STATUS_OK, "/" },
		{ "/usr/bin/env", STATUS_OK, "/usr/bin/env" },
		{ "usr//bin/./env", STATUS_OK, "/usr/bin/env" },
		{ "/usr/bin/../bin/env", STATUS_OK, "/usr/bin/env" },
		{ "/../../usr", STATUS_OK, "/usr" },
		{ "/bin/env", STATUS_OK, "/usr/bin/env" },
		{ "/bin", STATUS_OK, "/bin" },
		{ "/usr/up/env", STATUS_OK, "/usr/bin/env" },
		{ "/usr/absolute/env", STATUS_OK, "/usr/bin/env" },
		{ "/outside/bin/env", STATUS_OK, "/usr/bin/env" },
		{ "/usr/bin/link", STATUS_OK, "/usr/bin/link" },
		{ "/usr/bin/both", STATUS_OK, "/usr/bin/both" },
		{ "/usr/bin/ENV", STATUS_END, NULL },
		{ "/usr/bin/gone", STATUS_END, NULL },
		{ "/usr/bin/env/x", STATUS_END, NULL },
		{ "/nowhere/x", STATUS_END, NULL },
		{ "/loop/x", STATUS_END, NULL },
		{ "/missing/x", STATUS_END, NULL },
		{ "/damaged/there", STATUS_OK, "/damaged/there" },
		{ "/damaged/absent", STATUS_DAMAGED, NULL },
		{ "/damaged/absent", STATUS_DAMAGED, NULL },
		{ "/damaged/absent/deeper", STATUS_DAMAGED, NULL },
		{ "/lost/absent", STATUS_DAMAGED, NULL },
	};
	struct filesystem *filesystem = open_table(false);

	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		ask(filesystem, &expected[i]);
	IS(filesystem->state->lists, 5, "each directory is listed once");
	filesystem_close(filesystem);
}

static void
test_case(void)
{
	static const struct expected expected[] = {
		{ "/USR/BIN/Env", STATUS_OK, "/usr/bin/env" },
		{ "/usr/bin/Both", STATUS_OK, "/usr/bin/Both" },
		{ "/usr/bin/both", STATUS_OK, "/usr/bin/both" },
		{ "/usr/bin/BOTH", STATUS_OK, "/usr/bin/Both" },
		{ "/usr/bin/GONE", STATUS_END, NULL },
		{ "/DAMAGED/absent", STATUS_DAMAGED, NULL },
	};
	struct filesystem *filesystem = open_table(true);

	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		ask(filesystem, &expected[i]);
	filesystem_close(filesystem);
}

/* Directories that do not fit are asked again: slower, never wrong. */
static void
test_limit(void)
{
	static const struct expected expected[] = {
		{ "/usr/bin/both", STATUS_OK, "/usr/bin/both" },
		{ "/usr/bin/link", STATUS_OK, "/usr/bin/link" },
		{ "/USR/bin/LINK", STATUS_OK, "/usr/bin/link" },
		{ "/usr/bin/absent", STATUS_END, NULL },
		{ "/damaged/there", STATUS_OK, "/damaged/there" },
		{ "/damaged/absent", STATUS_DAMAGED, NULL },
	};
	static const char *const limits[] = { "lookup-entries=1", "lookup-entries=4", "lookup-entries=9" };

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		struct filesystem *filesystem = open_table(true);

		OK(limit_set(limits[i]), limits[i]);
		for (size_t j = 0; j < sizeof expected / sizeof *expected; j++)
			ask(filesystem, &expected[j]);
		filesystem_close(filesystem);
	}
}

int
main(void)
{
	test_paths();
	test_case();
	test_limit();
	return tap_done();
}
