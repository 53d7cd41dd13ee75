/*
 * apk_log.c - /var/log/apk.log of apk-tools 3 and rotated (apk-tools, src/print.c, src/commit.c)
 *
 *	Running `apk add openssh` at 2026-11-21 19:50:19
 *	apk-tools 3.0.0, compiled for x86_64.
 *	(1/2) Installing openssh-keygen (9.9_p1-r2)
 *	(2/2) Upgrading busybox (1.36.1-r4 -> 1.36.1-r5)
 *	(1/1) Purging telnetd (1.0-r0)
 *	OK: 13 MiB in 27 packages
 *
 * The time is UTC and that of the command; what follows bears none and happened at that time or later.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "line_log.h"
#include "local_time.h"

static const struct action { const char *name; enum event_kind kind; bool goes; } actions[] = {
	{ "Installing",   EVENT_PACKAGE_INSTALLED,   false },
	{ "Upgrading",    EVENT_PACKAGE_UPGRADED,    false },
	{ "Downgrading",  EVENT_PACKAGE_UPGRADED,    false },
	{ "Replacing",    EVENT_PACKAGE_UPGRADED,    false },
	{ "Reinstalling", EVENT_PACKAGE_REINSTALLED, false },
	{ "Purging",      EVENT_PACKAGE_REMOVED,     true },
	{ NULL, EVENT_RECORD, false }
};

static bool
take_command(struct line_log *log, const char *line, const struct place *at)
{
	struct event event = { .kind = EVENT_PACKAGE_TRANSACTION, .provider = "apk", .id = "command", .text = line, .at = *at };
	char *command = line_log_copy(log, line + strlen("Running `")), *end = NULL;

	for (char *next = strstr(command, "` at "); next; next = strstr(next + 1, "` at "))
		end = next;
	if (!end || !local_time_read(end + strlen("` at "), &event.time))
		return false;
	event.time.local = false;
	*end = '\0';
	event.subject = command;
	line_log_event(log, &event);
	return true;
}

/* "(1/2) Upgrading busybox (1.36.1-r4 -> 1.36.1-r5)" */
static void
set_action(struct event *event, char *text)
{
	char *count = line_log_word(&text), *word = count ? line_log_word(&text) : NULL;
	char *package = word ? line_log_word(&text) : NULL, *end = package ? strchr(text, ')') : NULL, *arrow;
	const struct action *action = actions;

	while (word && action->name && strcmp(action->name, word))
		action++;
	if (!end || *count != '(' || *text != '(' || !action->name)
		return;
	*end = '\0';
	arrow = strstr(++text, " -> ");
	event->kind = action->kind;
	event->id = action->name;
	event->object = package;
	if (arrow)
		*arrow = '\0';
	event->version_old = arrow || action->goes ? text : NULL;
	event->version_new = arrow ? arrow + strlen(" -> ") : action->goes ? NULL : text;
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct event event = { .kind = EVENT_RECORD, .provider = "apk", .id = "output", .text = line, .at = *at };

	(void)length;
	if (text_has_prefix(line, "Running `"))
		return take_command(log, line, at);
	event.time = log->last;
	set_action(&event, line_log_copy(log, line));
	log->out->event(log->out->context, &event);
	return true;
}

static enum status
parse_apk_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct line_log log = { .out = out, .notes = notes, .take = take_line,
		.odd = "not a line of apk's log; what it recorded is not known" };

	return line_log_read(&log, group);
}

const struct eventlog_driver apk_log_eventlog = {
	.name           = "apk_log",
	.description    = "apk: commands, packages that came and went (/var/log/apk.log and rotated)",
	.files          = (const char *const[]){ "/var/log/apk.log*", NULL },
	.is_package_log = true,
	.manager = "apk",
	.parse          = parse_apk_log,
};
