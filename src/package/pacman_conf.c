/*
 * pacman_conf.c - what pacman is told to leave alone: /etc/pacman.conf (pacman.conf(5))
 *
 *	IgnorePkg   = openssh linux
 *	NoUpgrade   = etc/passwd usr/bin/sshd
 *
 * IgnorePkg and IgnoreGroup keep packages as they are, NoUpgrade files.  HoldPkg only asks before a removal and is no lock.
 */
#include <string.h>

#include "lock_lines.h"

static bool
take_line(struct lock_lines *lines, char *line, const struct place *at)
{
	static const char *const keys[] = { "IgnorePkg", "IgnoreGroup", "NoUpgrade", NULL };
	const char *text;
	char *value;

	line += strspn(line, " \t");
	text = arena_copy_text(&lines->arena, line);
	value = *line == '#' || *line == '[' ? NULL : lock_lines_value(line);
	for (const char *const *key = keys; value && *key; key++) {
		if (strcmp(line, *key))
			continue;
		lines->kind = *key;
		lock_lines_add_words(lines, value, text, at);
	}
	return true;
}

static enum status
parse_conf(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct lock_lines lines = { .out = out, .notes = notes, .manager = "pacman", .take = take_line,
		.odd = "not a line of pacman's settings; a lock may be missed" };

	return lock_lines_read(&lines, group);
}

const struct package_db_driver pacman_conf_package_db = {
	.name        = "pacman_conf",
	.description = "pacman: packages and files that are left alone",
	.files       = (const char *const[]){ "/etc/pacman.conf", NULL },
	.parse       = parse_conf,
	.locks_only  = true,
};
