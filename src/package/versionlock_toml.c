/*
 * versionlock_toml.c - version locks of dnf5: /etc/dnf/versionlock.toml (dnf5-versionlock(8))
 *
 *	version = "1.0"
 *	[[packages]]
 *	name = "openssh-server"
 *	comment = "Added by 'versionlock add' command on 2026-11-21 19:49:45"
 *	[[packages.conditions]]
 *	key = "evr"
 *	comparator = "="
 *	value = "9.6p1-1.fc41"
 */
#include <stdio.h>
#include <string.h>

#include <t1554triage/text.h>

#include "lock_lines.h"

/* A package while its lines are read. */
struct locked {
	const char   *name;
	struct buffer text;
	struct place  at;
};

static void
end_package(struct lock_lines *lines)
{
	struct locked *locked = lines->state;

	if (locked->name)
		lock_lines_add(lines, locked->name, locked->text.bytes, &locked->at);
	locked->name = NULL;
	lines->since = (struct timestamp){ .seconds = 0 };
	buffer_clear(&locked->text);
}

/* "\"text\"" without its quotes, in place. */
static char *
remove_quotes(char *value)
{
	size_t length = strlen(value);

	if (length < 2 || (*value != '"' && *value != '\'') || value[length - 1] != *value)
		return value;
	value[length - 1] = '\0';
	return value + 1;
}

/* "Added by 'versionlock add' command on 2026-11-21 19:49:45": local time. */
static void
read_comment(struct lock_lines *lines, const char *comment)
{
	const char *date = NULL;
	unsigned year, month, day, hour, minute, second;

	for (const char *at = comment; (at = strstr(at, " on ")) != NULL; )
		date = at += strlen(" on ");
	if (!date || sscanf(date, "%4u-%2u-%2u %2u:%2u:%2u", &year, &month, &day, &hour, &minute, &second) != 6 ||
	    month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
		return;
	lines->since = (struct timestamp){ .local = true, .resolution_nanoseconds = 1000000000,
		.seconds = timestamp_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second };
}

static bool
take_line(struct lock_lines *lines, char *line, const struct place *at)
{
	struct locked *locked = lines->state;
	char *value;

	line += strspn(line, " \t");
	if (*line == '#' || !*line)
		return true;
	if (text_has_prefix(line, "[[packages]]")) {
		end_package(lines);
		return true;
	}
	if (*line == '[')
		return true;
	if (locked->text.length)
		buffer_add_text(&locked->text, "; ");
	buffer_add_text(&locked->text, line);
	value = lock_lines_value(line);
	if (value && !strcmp(line, "comment"))
		read_comment(lines, value);
	if (value && !strcmp(line, "name")) {
		locked->name = arena_copy_text(&lines->arena, remove_quotes(value));
		locked->at = *at;
	} else if (value && !strcmp(line, "version")) {
		buffer_clear(&locked->text);
	}
	return value != NULL;
}

static enum status
parse_versionlock(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct locked locked = { .name = NULL };
	struct lock_lines lines = { .out = out, .notes = notes, .manager = "dnf", .kind = "versionlock",
		.take = take_line, .end = end_package, .state = &locked,
		.odd = "not a line of a list of version locks; a lock may be missed" };
	enum status status;

	buffer_init(&locked.text, 0);
	status = lock_lines_read(&lines, group);
	buffer_release(&locked.text);
	return status;
}

const struct package_db_driver versionlock_toml_package_db = {
	.name        = "versionlock_toml",
	.description = "dnf5: version locks",
	.files       = (const char *const[]){ "/etc/dnf/versionlock.toml", NULL },
	.parse       = parse_versionlock,
	.locks_only  = true,
};
