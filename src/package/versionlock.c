/*
 * versionlock.c - the plugin versionlock of yum and dnf (yum-versionlock(1), dnf-versionlock(8))
 *
 *	# Added lock on Sat Nov 21 19:49:45 2026
 *	openssh-clients-0:9.2p1-7.el9.*
 *	!vsftpd-0:3.0.3-14.el9.*
 *	0:openssh-7.4p1-21.el7.*
 *
 * The plugin writes when a lock was added, in local time, above it; "!" excludes a version.  A list that is empty is usual.
 */
#include <stdio.h>
#include <string.h>

#include "lock_lines.h"

/* "Sat Nov 21 19:49:45 2026" */
static bool
read_date(const char *text, struct timestamp *ret_time)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char month[4];
	unsigned day, hour, minute, second, year;
	const char *found;

	if (sscanf(text, "%*3s %3s %2u %2u:%2u:%2u %4u", month, &day, &hour, &minute, &second, &year) != 6 ||
	    strlen(month) != 3 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
		return false;
	found = strstr(months, month);
	if (!found || (found - months) % 3)
		return false;
	*ret_time = (struct timestamp){ .local = true, .resolution_nanoseconds = 1000000000,
		.seconds = timestamp_days(year, (unsigned)(found - months) / 3 + 1, day) * 86400 + hour * 3600 +
			minute * 60 + second };
	return true;
}

static bool
take_line(struct lock_lines *lines, char *line, const struct place *at)
{
	const char *date;

	line += strspn(line, " \t");
	if (*line == '#') {
		date = strstr(line, " on ");
		if (!date || !read_date(date + 4, &lines->since))
			lines->since = (struct timestamp){ .seconds = 0 };
	} else if (*line) {
		lock_lines_add(lines, line, line, at);
	}
	return true;
}

static enum status
parse_versionlock(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct lock_lines lines = { .out = out, .notes = notes, .manager = "dnf", .kind = "versionlock",
		.take = take_line, .odd = "not a line of a list of version locks; a lock may be missed" };

	return lock_lines_read(&lines, group);
}

const struct package_db_driver versionlock_package_db = {
	.name        = "versionlock",
	.description = "yum and dnf: version locks of the plugin",
	.files       = (const char *const[]){
		"/etc/dnf/plugins/versionlock.list", "/etc/yum/pluginconf.d/versionlock.list", NULL
	},
	.parse       = parse_versionlock,
	.locks_only  = true,
};
