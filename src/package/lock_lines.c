/* lock_lines.c - settings that keep packages as they are, read line by line. */
#include <string.h>

#include "lock_lines.h"

static enum status
read_file(struct lock_lines *lines, const struct artifact *artifact)
{
	struct odd_lines odd = { .count = 0 };
	struct line_reader reader;
	struct source *source;
	enum status status = artifact_open(artifact, lines->notes, &source);
	char *line;
	size_t length;

	if (status != STATUS_OK && status != STATUS_DAMAGED)
		return status;
	arena_init(&lines->arena);
	lines->artifact = artifact;
	lines->since = (struct timestamp){ .seconds = 0 };
	line_reader_init(&reader, source, &artifact->place, lines->notes);
	while (line_reader_next(&reader, &line, &length))
		if (length && (memchr(line, '\0', length) || !lines->take(lines, line, &reader.place)))
			odd_lines_add(&odd, &reader);
	if (lines->end)
		lines->end(lines);
	odd_lines_note(&odd, STATUS_OK, NOTE_ARTIFACT_LINE, lines->notes, lines->odd);
	status = status_worse(status, reader.status);
	line_reader_release(&reader);
	arena_release(&lines->arena);
	source_close(source);
	return status;
}

enum status
lock_lines_read(struct lock_lines *lines, const struct artifact_group *group)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < group->count; i++)
		status = status_worse(status, read_file(lines, &group->items[i]));
	return status;
}

void
lock_lines_add(const struct lock_lines *lines, const char *pattern, const char *text, const struct place *at)
{
	lines->out->lock(lines->out->context, &(struct package_lock){ .manager = lines->manager, .kind = lines->kind,
		.pattern = pattern, .text = text, .since = lines->since,
		.written = lines->artifact->times.modified, .at = *at });
}

void
lock_lines_add_words(const struct lock_lines *lines, char *words, const char *text, const struct place *at)
{
	static const char blanks[] = " \t,";

	while (*(words += strspn(words, blanks))) {
		size_t length = strcspn(words, blanks);
		char *next = words + length + (words[length] != '\0');

		words[length] = '\0';
		lock_lines_add(lines, words, text, at);
		words = next;
	}
}

char *
lock_lines_value(char *line)
{
	char *equals = strchr(line, '='), *value, *end;

	if (!equals)
		return NULL;
	for (end = equals; end > line && strchr(" \t", end[-1]); end--)
		;
	*end = '\0';
	value = equals + 1 + strspn(equals + 1, " \t");
	for (end = value + strlen(value); end > value && strchr(" \t", end[-1]); end--)
		;
	*end = '\0';
	return value;
}
