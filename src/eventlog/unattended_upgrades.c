/*
 * unattended_upgrades.c - /var/log/unattended-upgrades/unattended-upgrades.log and rotated (unattended-upgrade(8))
 *
 *	2026-11-21 06:24:21,949 INFO Starting unattended upgrades script
 *	2026-11-21 06:24:21,951 INFO Initial blacklist: openssh-server
 *	2026-11-21 06:24:22,100 INFO Packages that will be upgraded: bash libssl3
 *	2026-11-21 06:24:30,915 INFO All upgrades installed
 *
 * Local time.  It tells of intentions: what was done with each package stands in dpkg.log and in
 * unattended-upgrades-dpkg.log (apt_term).  A list of packages that are left alone is a lock that was in use that day.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "line_log.h"
#include "local_time.h"

static const struct message { const char *begin, *id; enum event_kind kind; } messages[] = {
	{ "Packages that will be upgraded: ",   "upgrade",         EVENT_PACKAGE_TRANSACTION },
	{ "Packages that were upgraded: ",      "upgraded",        EVENT_PACKAGE_TRANSACTION },
	{ "All upgrades installed",             "installed",       EVENT_PACKAGE_TRANSACTION },
	{ "Installing the upgrades failed",     "failed",          EVENT_PACKAGE_TRANSACTION },
	{ "Initial blacklist: ",                "blacklist",       EVENT_PACKAGE_LOCKED },
	{ "Initial blacklisted packages: ",     "blacklist",       EVENT_PACKAGE_LOCKED },
	{ "Packages blacklist due to conffile", "conffile-prompt", EVENT_PACKAGE_LOCKED },
	{ "Packages with upgradable origin but kept back", "kept-back", EVENT_PACKAGE_LOCKED },
	{ NULL, NULL, EVENT_RECORD }
};

/* A list that is empty locks nothing. */
static void
set_meaning(struct event *event, const char *text)
{
	const struct message *message = messages;

	while (message->begin && !text_has_prefix(text, message->begin))
		message++;
	if (!message->begin)
		return;
	text += strlen(message->begin);
	text += strspn(text, " :");
	if (message->kind == EVENT_PACKAGE_LOCKED && !*text)
		return;
	event->kind = message->kind;
	event->id = message->id;
	event->subject = text;
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct event event = { .kind = EVENT_RECORD, .provider = "unattended-upgrades", .text = line, .at = *at };
	const char *rest = zoned_time_read(line, &event.time);
	char *message;

	(void)length;
	if (!rest || *rest != ' ') {
		line_log_output(log, "unattended-upgrades", line, at);
		return true;
	}
	message = line_log_copy(log, rest);
	event.channel = line_log_word(&message);
	set_meaning(&event, message);
	line_log_event(log, &event);
	return true;
}

static enum status
parse_unattended_upgrades(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct line_log log = { .out = out, .notes = notes, .take = take_line,
		.odd = "not a line of the log of unattended-upgrades; what it recorded is not known" };

	return line_log_read(&log, group);
}

const struct eventlog_driver unattended_upgrades_eventlog = {
	.name        = "unattended_upgrades",
	.description = "unattended-upgrades: runs, what they meant to upgrade and left alone (unattended-upgrades.log and rotated)",
	.files       = (const char *const[]){ "/var/log/unattended-upgrades/unattended-upgrades.log*", NULL },
	.parse       = parse_unattended_upgrades,
};
