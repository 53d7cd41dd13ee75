/*
 * apk_world.c - pins of Alpine: /etc/apk/world (apk-world(5))
 *
 *	openssh
 *	busybox=1.36.1-r5
 *	python3<3.12
 *	!telnetd
 *	nginx@edge
 *
 * A name alone is no lock; with a version, or forbidden, it is.
 */
#include <string.h>

#include "lock_lines.h"

static bool
take_line(struct lock_lines *lines, char *line, const struct place *at)
{
	const char *text = arena_copy_text(&lines->arena, line);
	char *end;

	line += strspn(line, " \t");
	end = line + strcspn(line, "=<>~ ");
	if (*line == '!' || strpbrk(line, "=<>~")) {
		*end = '\0';
		lock_lines_add(lines, line + (*line == '!'), text, at);
	}
	return true;
}

static enum status
parse_world(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct lock_lines lines = { .out = out, .notes = notes, .manager = "apk", .kind = "pin", .take = take_line,
		.odd = "not a line of apk's world; a lock may be missed" };

	return lock_lines_read(&lines, group);
}

const struct package_db_driver apk_world_package_db = {
	.name        = "apk_world",
	.description = "apk: packages that are pinned to versions or forbidden",
	.files       = (const char *const[]){ "/etc/apk/world", NULL },
	.parse       = parse_world,
	.locks_only  = true,
};
