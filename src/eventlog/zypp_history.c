/*
 * zypp_history.c - /var/log/zypp/history and rotated (libzypp, zypp/HistoryLogData.h)
 *
 *	2026-11-21 19:49:54|command|root@vm|'zypper' 'in' 'vsftpd'|
 *	# 2026-11-21 19:49:55 vsftpd-3.0.3-14.x86_64.rpm installed ok
 *	2026-11-21 19:49:55|install|vsftpd|3.0.3-14|x86_64|root@vm|base|c48681f2...|
 *	2026-11-21 19:49:56|remove |vsftpd|3.0.3-14|x86_64|root@vm|
 *
 * Local time, no zone; verbs are padded.  Lines with # are what rpm said, of which the first bears a time.  An upgrade is an install
 * of a version that is newer; a command stands before what it does.
 */
#include <string.h>

#include "line_log.h"
#include "local_time.h"

enum { FIELDS = 8 };

/* Cuts "a|b|c" into its parts; a backslash keeps a bar.  Returns their number. */
static size_t
cut_fields(char *text, char *fields[FIELDS])
{
	size_t count = 0;

	while (count < FIELDS && *text) {
		fields[count++] = text;
		while (*text && *text != '|')
			text += *text == '\\' && text[1] ? 2 : 1;
		if (*text)
			*text++ = '\0';
	}
	return count;
}

static void
set_package(struct event *event, char *fields[FIELDS], size_t count, struct event_field *repository)
{
	bool goes = !strcmp(fields[0], "remove");

	event->kind = goes ? EVENT_PACKAGE_REMOVED : EVENT_PACKAGE_INSTALLED;
	event->object = fields[1];
	event->version_old = goes ? fields[2] : NULL;
	event->version_new = goes ? NULL : fields[2];
	event->architecture = fields[3];
	event->user = count > 4 && *fields[4] ? fields[4] : NULL;
	if (goes || count <= 5)
		return;
	*repository = (struct event_field){ "repository", fields[5] };
	event->fields = repository;
	event->field_count = 1;
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct event event = { .kind = EVENT_RECORD, .provider = "zypp", .text = line, .at = *at };
	struct event_field repository;
	char *fields[FIELDS];
	const char *rest;
	size_t count;

	(void)length;
	if (*line == '#') {
		line_log_output(log, "zypp", line, at);
		return true;
	}
	rest = local_time_read(line, &event.time);
	if (!rest || *rest != '|')
		return false;
	buffer_clear(&log->words);
	buffer_add_text(&log->words, rest + 1);
	count = cut_fields(log->words.bytes, fields);
	if (!count)
		return false;
	fields[0][strcspn(fields[0], " ")] = '\0';
	event.id = fields[0];
	if (count >= 4 && (!strcmp(fields[0], "install") || !strcmp(fields[0], "remove"))) {
		set_package(&event, fields, count, &repository);
	} else if (count >= 3 && !strcmp(fields[0], "command")) {
		event.kind = EVENT_PACKAGE_TRANSACTION;
		event.user = fields[1];
		event.subject = fields[2];
	}
	line_log_event(log, &event);
	return true;
}

static enum status
parse_zypp_history(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct line_log log = { .out = out, .notes = notes, .take = take_line,
		.odd = "not a line of zypp's history; what it recorded is not known" };

	return line_log_read(&log, group);
}

const struct eventlog_driver zypp_history_eventlog = {
	.name           = "zypp_history",
	.description    = "zypper: commands, packages that came and went (/var/log/zypp/history and rotated)",
	.files          = (const char *const[]){ "/var/log/zypp/history*", NULL },
	.is_package_log = true,
	.manager = "rpm",
	.parse          = parse_zypp_history,
};
