/*
 * tool_types.c - hashsets/tool_application_types.tsv
 *
 *	application_type	why	source
 *	Hacker Tool	tools for attack and administration alike	NIST NSRL FAQ
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/line_reader.h>

#include "set.h"
#include "tool_types.h"

enum { TYPES_MAX = 256 };

static enum status
read_lines(struct source *table, const char *path, struct arena *arena, const struct notes *notes,
	struct tool_types *types)
{
	const struct place here = { .path = path };
	struct line_reader reader;
	enum status status;
	char *line;
	size_t length;

	types->names = arena_allocate(arena, TYPES_MAX * sizeof *types->names);
	line_reader_init(&reader, table, &here, notes);
	while (types->count < TYPES_MAX && line_reader_next(&reader, &line, &length)) {
		line[strcspn(line, "\t")] = '\0';
		if (reader.line > 1 && *line)
			types->names[types->count++] = arena_copy_text(arena, line);
	}
	status = reader.status;
	line_reader_release(&reader);
	return status;
}

enum status
tool_types_read(struct arena *arena, const struct notes *notes, struct tool_types *ret_types)
{
	const char *path = arena_format(arena, "%s/tool_application_types.tsv", set_shipped_folder(arena));
	const struct place here = { .path = path };
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	struct tool_types types = { .count = 0 };
	struct source *table;
	enum status result;
	struct stat status;

	if (descriptor < 0 || fstat(descriptor, &status)) {
		result = note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here,
			"%s: without this table tools of the set are told as known only", strerror(errno));
		if (descriptor >= 0)
			close(descriptor);
		return result;
	}
	table = source_open_descriptor(descriptor, (uint64_t)status.st_size);
	result = read_lines(table, path, arena, notes, &types);
	source_close(table);
	close(descriptor);
	*ret_types = types;
	return result;
}

static bool
is_tool(const struct tool_types *types, const char *name, size_t length)
{
	for (size_t i = 0; i < types->count; i++)
		if (strlen(types->names[i]) == length && !strncasecmp(types->names[i], name, length))
			return true;
	return false;
}

bool
tool_types_match(const struct tool_types *types, const char *application_type)
{
	for (const char *at = application_type; *at; ) {
		size_t length = strcspn(at, ",;/"), trimmed = length;

		while (trimmed && at[trimmed - 1] == ' ')
			trimmed--;
		if (is_tool(types, at, trimmed))
			return true;
		at += length;
		at += strspn(at, ",;/ ");
	}
	return false;
}
