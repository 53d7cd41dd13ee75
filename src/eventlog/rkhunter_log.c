/*
 * rkhunter_log.c - rkhunter.log, and what chkrootkit printed
 *
 *	[10:00:00] Warning: The file properties have changed:		rkhunter 1.4.6, no date on its lines
 *	[10:00:00]          File: /usr/bin/ls
 *	[10:00:00]          Current hash: 5f3a...
 *	Checking `ls'...                                            INFECTED	chkrootkit 0.57
 *
 * The time of a line is that of its file: the last run.  A file that rkhunter names below a warning is a record under its
 * path; a name that chkrootkit calls INFECTED is a detection under that name, for it gives no path.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "line_log.h"

enum { NAME_MAX_BYTES = 64 };

/* The text behind "[10:00:00]"; NULL: the line has no such time. */
static const char *
pass_clock(const char *line)
{
	if (line[0] != '[' || strspn(line + 1, "0123456789:") != 8 || line[9] != ']')
		return NULL;
	return line + 10 + strspn(line + 10, " ");
}

static void
take_rkhunter(struct line_log *log, struct event *event, const char *text)
{
	bool *is_warned = log->state;
	const char *file = text_has_prefix(text, "File: /") ? text + strlen("File: ") : NULL;

	event->provider = "rkhunter";
	if (text_has_prefix(text, "Warning: "))
		*is_warned = true;
	else if (text_has_prefix(text, "Info: ") || text_has_prefix(text, "Checking "))
		*is_warned = false;
	if (*is_warned && file) {
		event->object = file;
		event->id = "changed";
	}
	line_log_event(log, event);
}

/* "Checking `ls'... INFECTED" */
static void
take_chkrootkit(struct line_log *log, struct event *event, const char *line)
{
	const char *begin = text_has_prefix(line, "Checking `") ? line + strlen("Checking `") : NULL;
	const char *end = begin ? strchr(begin, '\'') : NULL, *rest = end ? end + 1 + strspn(end + 1, ". ") : NULL;
	char name[NAME_MAX_BYTES + 1] = "";

	event->provider = "chkrootkit";
	if (rest && text_has_prefix(rest, "INFECTED") && end - begin <= NAME_MAX_BYTES) {
		memcpy(name, begin, (size_t)(end - begin));
		event->kind = EVENT_DETECTION;
		event->object = name;
		event->subject = "INFECTED";
	}
	line_log_event(log, event);
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct event event = { .kind = EVENT_RECORD, .time = log->artifact->times.modified, .text = line, .at = *at };
	const char *text = pass_clock(line);

	(void)length;
	if (strstr(text_base_name(log->artifact->path), "rkhunter"))
		take_rkhunter(log, &event, text ? text : line);
	else
		take_chkrootkit(log, &event, line);
	return true;
}

static enum status
parse_rkhunter_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	bool is_warned = false;
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .oldest_first = true, .state = &is_warned,
		.odd = "not a line of rkhunter or chkrootkit; what it says is not known" };

	return line_log_read(&log, group);
}

const struct eventlog_driver rkhunter_log_eventlog = {
	.name        = "rkhunter_log",
	.description = "what rkhunter and chkrootkit reported of files and programs",
	.files       = (const char *const[]){ "/var/log/rkhunter.log*", "/var/log/rkhunter/rkhunter.log*",
		"/var/log/chkrootkit.log*", "/var/log/chkrootkit/log*", NULL },
	.parse       = parse_rkhunter_log,
};
