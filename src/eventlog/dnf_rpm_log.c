/*
 * dnf_rpm_log.c - /var/log/dnf.rpm.log and rotated (dnf, yum/rpmtrans.py; dnf(8), "Files")
 *
 *	2026-11-21T19:48:59+0000 SUBDEBUG Upgrade: vsftpd-3.0.3-14.el9.x86_64
 *	2026-11-21T19:48:59+0000 SUBDEBUG Upgraded: vsftpd-3.0.3-13.el9.x86_64
 *	2021-03-02T08:06:25Z INFO --- logging initialized ---
 *	some words that a script of the package printed
 *
 * Present tense names the package that comes, past tense the one that goes. Lines
 * without a time are what scripts printed; they belong to the line before.
 */
#include <string.h>

#include "line_log.h"
#include "package_name.h"

static const struct package_verb verbs[] = {
	{ "Installed:",   EVENT_PACKAGE_INSTALLED,   false },
	{ "Upgrade:",     EVENT_PACKAGE_UPGRADED,    false },
	{ "Upgraded:",    EVENT_PACKAGE_UPGRADED,    true },
	{ "Downgrade:",   EVENT_PACKAGE_UPGRADED,    false },
	{ "Downgraded:",  EVENT_PACKAGE_UPGRADED,    true },
	{ "Reinstall:",   EVENT_PACKAGE_REINSTALLED, false },
	{ "Reinstalled:", EVENT_PACKAGE_REINSTALLED, true },
	{ "Obsoleting:",  EVENT_PACKAGE_INSTALLED,   false },
	{ "Obsolete:",    EVENT_PACKAGE_INSTALLED,   false },
	{ "Obsoleted:",   EVENT_PACKAGE_REMOVED,     true },
	{ "Erase:",       EVENT_PACKAGE_REMOVED,     true },
	{ "Erased:",      EVENT_PACKAGE_REMOVED,     true },
	{ "Removed:",     EVENT_PACKAGE_REMOVED,     true },
	{ NULL, EVENT_RECORD, false }
};

static void
set_package(struct event *event, char *message)
{
	package_verb_set(event, verbs, message);
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	(void)length;
	line_log_level(log, "dnf", line, at, set_package);
	return true;
}

static enum status
parse_dnf_rpm_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct line_log log = { .out = out, .notes = notes, .take = take_line,
		.odd = "not a line of a log of dnf; what it recorded is not known" };

	return line_log_read(&log, group);
}

const struct eventlog_driver dnf_rpm_log_eventlog = {
	.name           = "dnf_rpm_log",
	.description    = "dnf: packages that came and went (/var/log/dnf.rpm.log and rotated)",
	.files          = (const char *const[]){ "/var/log/dnf.rpm.log*", NULL },
	.is_package_log = true,
	.manager = "rpm",
	.parse          = parse_dnf_rpm_log,
};
