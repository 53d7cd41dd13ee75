/*
 * dnf_log.c - /var/log/dnf.log, dnf5.log and rotated: what dnf was asked to do, and which locks it applied
 * (dnf, cli/cli.py; plugin versionlock of dnf-plugins-core)
 *
 *	2026-11-21T19:48:57+0000 DDEBUG Command: dnf -y versionlock add openssh-clients
 *	2026-11-21T19:48:58+0000 DEBUG Versionlock plugin: number of lock rules from file "/etc/dnf/plugins/versionlock.list" applied: 1
 *
 * Everything else in it is of use to dnf alone and becomes a record.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "line_log.h"

static const char command[] = "Command: ", lock_rules[] = "Versionlock plugin: number of ";

static void
set_meaning(struct event *event, char *message)
{
	if (text_has_prefix(message, command)) {
		event->kind = EVENT_PACKAGE_TRANSACTION;
		event->id = "command";
		event->subject = message + strlen(command);
		if (strstr(event->subject, " versionlock ")) {
			event->kind = EVENT_PACKAGE_LOCKED;
			event->id = "versionlock";
		}
	} else if (text_has_prefix(message, lock_rules)) {
		event->kind = EVENT_PACKAGE_LOCKED;
		event->id = "versionlock-applied";
	}
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	(void)length;
	line_log_level(log, "dnf", line, at, set_meaning);
	return true;
}

static enum status
parse_dnf_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct line_log log = { .out = out, .notes = notes, .take = take_line,
		.odd = "not a line of a log of dnf; what it recorded is not known" };

	return line_log_read(&log, group);
}

const struct eventlog_driver dnf_log_eventlog = {
	.name        = "dnf_log",
	.description = "dnf: commands, and locks that were applied (/var/log/dnf.log, dnf5.log and rotated)",
	.files       = (const char *const[]){ "/var/log/dnf.log*", "/var/log/dnf5.log*", NULL },
	.parse       = parse_dnf_log,
};
