/*
 * tripwire_report.c - reports of Tripwire as text: "twprint --print-report", "tripwire --check", and what it mailed
 *
 *	Open Source Tripwire(R) 2.4.3.7 Integrity Check Report
 *	Report created on:            Sat Nov 21 19:43:20 2026		in the language of the host: any other form is passed
 *	Added:
 *	"/usr/bin/ls backdoor"
 *	Modified object name:  /usr/bin/ssh				reports of level 3, and of level 4 behind the list
 *	*** End of report ***
 *
 * Specification: twprint(8); the reports of 2.4.3.7.  Of a mailbox only what stands between the first and the last of
 * these lines is read: the rest is nobody's business here.  Reports in Tripwire's own form (.twr) are compressed with a
 * code of its own and are named as not read.
 */
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "line_log.h"
#include "local_time.h"

static const char first_line[] = "Integrity Check Report", created[] = "Report created on:", last_line[] = "*** End of report ***";

struct report {
	const struct artifact *artifact;
	struct timestamp       time;
	const char            *section;		/* "added", NULL: none yet */
	bool                   is_within;	/* of a report */
	bool                   has_list;	/* of names, which reports of level 2 and 4 have */
	char                   path[4096];	/* between the quotation marks */
};

/* "Added:", "Modified object name:  /path" */
static const char *
section_of(const char *line, const char *behind, const char **ret_rest)
{
	static const struct { const char *word, *section; } sections[] = {
		{ "Added", "added" }, { "Removed", "removed" }, { "Modified", "changed" },
	};

	for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
		if (text_has_prefix(line, sections[i].word) && text_has_prefix(line + strlen(sections[i].word), behind)) {
			*ret_rest = line + strlen(sections[i].word) + strlen(behind);
			return sections[i].section;
		}
	return NULL;
}

static void
read_line(struct report *report, const char *line, size_t length, struct event *event)
{
	const char *rest, *section = section_of(line, " object name:", &rest);

	/* Where a list stands above, it has told what happened to the file. */
	if (section) {
		event->object = rest + strspn(rest, " ");
		event->id = report->has_list ? NULL : section;
	} else if ((section = section_of(line, ":", &rest)) && !*rest) {
		report->section = section;
	} else if (text_has_prefix(line, created)) {
		rest = line + sizeof created - 1;
		ctime_read(rest + strspn(rest, " "), &report->time);
	} else if (report->section && length > 3 && length - 2 < sizeof report->path && text_has_prefix(line, "\"/") &&
	    line[length - 1] == '"') {
		memcpy(report->path, line + 1, length - 2);
		report->path[length - 2] = '\0';
		event->object = report->path;
		event->id = report->section;
		report->has_list = true;
	} else if (text_has_prefix(line, "Rule Name:") || text_has_prefix(line, "=====")) {
		report->section = NULL;
	}
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct report *report = log->state;
	struct event event = { .kind = EVENT_RECORD, .provider = "Tripwire", .text = line, .at = *at };

	if (report->artifact != log->artifact)
		*report = (struct report){ .artifact = log->artifact };
	if (strstr(line, "Tripwire") && strstr(line, first_line)) {
		report->is_within = true;
		report->time = log->artifact->times.modified;
		report->section = NULL;
		report->has_list = false;
	}
	if (!report->is_within)
		return true;
	read_line(report, line, length, &event);
	event.time = report->time;
	line_log_event(log, &event);
	if (text_has_prefix(line, last_line))
		report->is_within = false;
	return true;
}

/* Reports in the product's own form are told by their name, before they are taken for lines. */
static enum status
parse_tripwire_report(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct artifact *texts = memory_allocate(group->count + 1, sizeof *texts);
	struct artifact_group readable = { .items = texts };
	struct report report = { .artifact = NULL };
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .oldest_first = true, .state = &report,
		.odd = "not a line of a report of Tripwire; what it says is not known" };
	enum status status;

	for (size_t i = 0; i < group->count; i++)
		if (text_has_suffix(group->items[i].path, ".twr"))
			note(notes, STATUS_OK, NOTE_WITNESS_NOT_READ, &group->items[i].place, "%s is a report of Tripwire in its own form, which is "
				"not read: which files it calls changed is not known here; \"twprint --print-report --twrfile\" prints it",
				group->items[i].path);
		else
			texts[readable.count++] = group->items[i];
	status = line_log_read(&log, &readable);
	memory_free(texts);
	return status;
}

const struct eventlog_driver tripwire_report_eventlog = {
	.name        = "tripwire_report",
	.description = "reports of Tripwire as text, in files and mailboxes: files that were added, removed or changed",
	.files       = (const char *const[]){ "/var/lib/tripwire/report/*.txt", "/var/lib/tripwire/report/*.twr",
		"/var/log/tripwire*", "/var/log/tripwire/*", "/var/mail/*", NULL },
	.is_not_rotated = true,
	.parse       = parse_tripwire_report,
};
