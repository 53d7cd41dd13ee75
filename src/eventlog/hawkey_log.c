/*
 * hawkey_log.c - /var/log/hawkey.log and rotated: what libdnf's library wrote (libdnf, libdnf/utils; log of hawkey)
 *
 *	2026-11-21T19:48:57+0000 INFO Library Version: 0.69.0
 *	2021-03-02T08:06:25Z DEBUG using a cached copy of repository baseos
 *	INFO Aug-15 15:22:31 === Started libdnf-0.8.3 ===
 *
 * It names no package; each "Library Version" or "Started" is a run of dnf, microdnf or PackageKit, of which other logs
 * may have lost their lines.  The form of old versions has neither year nor zone and becomes a record of no time.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "line_log.h"

static void
set_run(struct event *event, char *message)
{
	if (!text_has_prefix(message, "Library Version: ") && !strstr(message, "=== Started "))
		return;
	event->kind = EVENT_PACKAGE_TRANSACTION;
	event->id = "start";
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	(void)length;
	line_log_level(log, "hawkey", line, at, set_run);
	return true;
}

static enum status
parse_hawkey_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct line_log log = { .out = out, .notes = notes, .take = take_line,
		.odd = "not a line of hawkey's log; what it recorded is not known" };

	return line_log_read(&log, group);
}

const struct eventlog_driver hawkey_log_eventlog = {
	.name        = "hawkey_log",
	.description = "libdnf: runs of dnf, microdnf and PackageKit (/var/log/hawkey.log and rotated)",
	.files       = (const char *const[]){ "/var/log/hawkey.log*", NULL },
	.parse       = parse_hawkey_log,
};
