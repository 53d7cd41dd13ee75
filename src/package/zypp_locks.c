/*
 * zypp_locks.c - locks of zypper: /etc/zypp/locks (zypper(8), "Package Lock Management")
 *
 *	type: package
 *	match_type: glob
 *	case_sensitive: on
 *	solvable_name: openssh-clients
 *	solvable_name: libssl*
 *
 * Paragraphs; each name in one is locked.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "lock_lines.h"

static bool
take_line(struct lock_lines *lines, char *line, const struct place *at)
{
	static const char name[] = "solvable_name:";

	if (text_has_prefix(line, name)) {
		const char *text = arena_copy_text(&lines->arena, line);

		lock_lines_add_words(lines, line + strlen(name), text, at);
	}
	return strchr(line, ':') || *line == '#' || strspn(line, " \t") == strlen(line);
}

static enum status
parse_locks(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct lock_lines lines = { .out = out, .notes = notes, .manager = "zypp", .kind = "lock", .take = take_line,
		.odd = "not a line of zypper's locks; a lock may be missed" };

	return lock_lines_read(&lines, group);
}

const struct package_db_driver zypp_locks_package_db = {
	.name        = "zypp_locks",
	.description = "zypper: locks",
	.files       = (const char *const[]){ "/etc/zypp/locks", NULL },
	.parse       = parse_locks,
	.locks_only  = true,
};
