/*
 * aide_report.c - what AIDE reported when it compared the host with its database (aide(1), measured with 0.18.3; older forms too)
 *
 *	Start timestamp: 2026-11-22 07:52:54 +0000 (AIDE 0.18.3)
 *	Added entries:
 *	f+++++++++++++++++: /usr/bin/new
 *	Changed entries:
 *	f > p..     H     : /usr/bin/ls
 *	changed: /usr/bin/ls			(before 0.16)
 *
 * Each file that is named is a record under its path; what was measured of it is left to the lines themselves.  Reports
 * without a stamp bear the time of their file.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "line_log.h"
#include "local_time.h"

enum { FLAGS_MAX = 40 };

struct report {
	const struct artifact *artifact;
	struct timestamp       time;
	const char            *section;		/* "added", NULL: none yet */
};

/* "2026-11-22 07:52:54 +0000"; without an offset local time. */
static bool
read_start(const char *text, struct timestamp *ret_time)
{
	const char *rest = local_time_read(text, ret_time);
	uint64_t offset;

	if (!rest)
		return false;
	rest += *rest == ' ';
	if ((*rest != '+' && *rest != '-') || !text_parse_u64(rest + 1, 4, 10, &offset))
		return true;
	offset = offset / 100 * 3600 + offset % 100 * 60;
	ret_time->seconds += *rest == '+' ? -(int64_t)offset : (int64_t)offset;
	ret_time->local = false;
	return true;
}

static const char *
section_of(const char *line)
{
	static const struct { const char *begin, *section; } sections[] = {
		{ "Added entries:", "added" }, { "Removed entries:", "removed" }, { "Changed entries:", "changed" },
		{ "Added files:", "added" }, { "Removed files:", "removed" }, { "Changed files:", "changed" },
		{ "Detailed information", "details" }, { "The attributes of the", "details" },
	};

	for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
		if (text_has_prefix(line, sections[i].begin))
			return sections[i].section;
	return NULL;
}

/* The path behind the letters that say what differs; NULL: the line names no file. */
static const char *
path_of(const char *line)
{
	const char *at = strstr(line, ": /");

	if (!at || at == line || at - line > FLAGS_MAX || memchr(line, '/', (size_t)(at - line)))
		return NULL;
	return at + 2;
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	static const char start[] = "Start timestamp: ";
	struct report *report = log->state;
	struct event event = { .kind = EVENT_RECORD, .provider = "AIDE", .text = line, .at = *at };
	const char *section = section_of(line);

	(void)length;
	if (report->artifact != log->artifact)
		*report = (struct report){ .artifact = log->artifact, .time = log->artifact->times.modified };
	if (text_has_prefix(line, start))
		read_start(line + sizeof start - 1, &report->time);
	report->section = section ? section : report->section;
	event.time = report->time;
	if (report->section && strcmp(report->section, "details") != 0)
		event.object = path_of(line);
	event.id = event.object ? report->section : NULL;
	line_log_event(log, &event);
	return true;
}

static enum status
parse_aide_report(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct report report = { .artifact = NULL };
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .oldest_first = true, .state = &report,
		.odd = "not a line of a report of AIDE; what it says is not known" };

	return line_log_read(&log, group);
}

const struct eventlog_driver aide_report_eventlog = {
	.name        = "aide_report",
	.description = "reports of AIDE: files that were added, removed or changed since its database was made",
	.files       = (const char *const[]){ "/var/log/aide/aide.log*", "/var/log/aide/aide.report*", "/var/log/aide.log*", NULL },
	.parse       = parse_aide_report,
};
