/*
 * emerge_log.c - /var/log/emerge.log and rotated (portage, lib/_emerge/emergelog.py, Scheduler.py)
 *
 *	1637631921: Started emerge on: Nov 23, 2021 02:45:21
 *	1637631921:  *** emerge --ask app-shells/bash
 *	1637631930:  >>> emerge (1 of 1) app-shells/bash-5.1_p8 to /
 *	1637631960:  === (1 of 1) Merging (app-shells/bash-5.1_p8::/var/db/repos/gentoo/app-shells/bash/bash-5.1_p8.ebuild)
 *	1637631965:  >>> unmerge success: app-shells/bash-5.0_p18
 *	1637631970:  ::: completed emerge (1 of 1) app-shells/bash-5.1_p8 to /
 *
 * Seconds of UTC.  Files are written between "Merging" and "completed emerge".
 */
#include <string.h>

#include <t1554triage/text.h>

#include "line_log.h"

static const struct action { const char *begin, *id; enum event_kind kind; bool goes; } actions[] = {
	{ ">>> emerge (",           "emerge",    EVENT_PACKAGE_STATUS,    false },
	{ "::: completed emerge (", "completed", EVENT_PACKAGE_CONFIGURED, false },
	{ ">>> unmerge success: ",  "unmerge",   EVENT_PACKAGE_REMOVED,   true },
	{ NULL, NULL, EVENT_RECORD, false }
};

/* "app-shells/bash-5.1_p8-r1": the version begins behind the last hyphen that a digit follows, but for the revision's. */
static void
set_package(struct event *event, char *package, bool goes)
{
	char *version = NULL;

	package[strcspn(package, " :)")] = '\0';
	for (char *at = package; *at; at++)
		if (*at == '-' && at[1] >= '0' && at[1] <= '9')
			version = at;
	event->object = package;
	if (!version || version == package)
		return;
	*version = '\0';
	event->version_old = goes ? version + 1 : NULL;
	event->version_new = goes ? NULL : version + 1;
}

static void
set_action(struct event *event, char *message)
{
	static const char command[] = "*** emerge ";
	const struct action *action = actions;
	char *merging;

	while (action->begin && !text_has_prefix(message, action->begin))
		action++;
	merging = action->begin || !text_has_prefix(message, "=== (") ? NULL : strstr(message, ") Merging (");
	if (text_has_prefix(message, command)) {
		event->kind = EVENT_PACKAGE_TRANSACTION;
		event->id = "command";
		event->subject = message + strlen("*** ");
	} else if (merging) {
		event->kind = EVENT_PACKAGE_INSTALLED;
		event->id = "merge";
		set_package(event, merging + strlen(") Merging ("), false);
	} else if (action->begin) {
		message += strlen(action->begin);
		if (!action->goes && strstr(message, ") "))
			message = strstr(message, ") ") + strlen(") ");
		event->kind = action->kind;
		event->id = action->id;
		set_package(event, message, action->goes);
	}
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct event event = { .kind = EVENT_RECORD, .provider = "portage", .text = line, .at = *at };
	size_t digits = strspn(line, "0123456789");
	uint64_t seconds;
	char *message;

	(void)length;
	if (line[digits] != ':' || !text_parse_u64(line, digits, 10, &seconds) || seconds > INT64_MAX)
		return false;
	event.time = (struct timestamp){ .seconds = (int64_t)seconds, .resolution_nanoseconds = 1000000000 };
	message = line_log_copy(log, line + digits + 1);
	set_action(&event, message + strspn(message, " "));
	line_log_event(log, &event);
	return true;
}

static enum status
parse_emerge_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct line_log log = { .out = out, .notes = notes, .take = take_line,
		.odd = "not a line of emerge's log; what it recorded is not known" };

	return line_log_read(&log, group);
}

const struct eventlog_driver emerge_log_eventlog = {
	.name           = "emerge_log",
	.description    = "portage: commands, packages that came and went (/var/log/emerge.log and rotated)",
	.files          = (const char *const[]){ "/var/log/emerge.log*", "/var/log/portage/emerge.log*", NULL },
	.is_package_log = true,
	.manager = "portage",
	.parse          = parse_emerge_log,
};
