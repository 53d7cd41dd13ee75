/*
 * clamav_log.c - logs of ClamAV: its daemon, its scanner, its updates
 *
 *	Sat Nov 25 10:01:02 2023 -> /tmp/x: Unix.Trojan.Generic(44d88612fea8a8f36de82e1278abb02f:68) FOUND
 *	/tmp/x: Unix.Trojan.Generic FOUND
 *	/tmp/x: moved to '/var/quarantine/x'
 *	Sat Nov 25 10:00:00 2023 -> daily.cld database is up-to-date (version: 27105, ...)
 *
 * clamscan writes no times but at the beginning of a scan, and what it did with a file in the line behind. Formats:
 * clamd.conf(5) (LogTime, ExtendedDetectionInfo), clamscan(1), libclamav common/output.c and actions.c.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "line_log.h"
#include "local_time.h"
#include "message.h"

struct clamav {
	struct field_list fields;
	struct buffer     text;		/* of what waits */
	struct event      found;	/* waits for the line behind, which may say what was done */
	struct message_meaning meaning;
	bool              waits;
	const struct artifact *artifact;
};

static void
hand_out(struct line_log *log)
{
	struct clamav *state = log->state;

	if (!state->waits)
		return;
	message_lend(&state->fields, &state->meaning, &state->found);
	state->found.text = state->text.bytes;
	log->out->event(log->out->context, &state->found);
	state->waits = false;
}

/* "PATH: moved to 'X'", "PATH: copied to 'X'", "PATH: Removed." of the file that waits */
static bool
take_action(struct clamav *state, const char *message)
{
	const char *path = state->waits ? field_list_value(&state->fields, "TargetFilename") : NULL;
	size_t length = path ? strlen(path) : 0;
	const char *action = message + length + 2;

	if (!path || strncmp(message, path, length) || strncmp(message + length, ": ", 2) ||
	    !(text_has_prefix(action, "moved to '") || text_has_prefix(action, "copied to '") || !strcmp(action, "Removed.")))
		return false;
	field_list_add_text(&state->fields, "ActionTaken", action);
	return true;
}

static const char *
program_of(const char *path)
{
	return strstr(text_base_name(path), "freshclam") ? "freshclam" : "ClamAV";
}

static void
take_message(struct line_log *log, struct event *event, const char *message)
{
	struct clamav *state = log->state;

	hand_out(log);
	field_list_clear(&state->fields);
	state->meaning = message_read(&state->fields, "clamd", message);
	if (state->meaning.kind != EVENT_DETECTION) {
		line_log_event(log, event);
		return;
	}
	buffer_clear(&state->text);
	buffer_add_text(&state->text, event->text);
	state->found = *event;
	log->last = event->time;
	state->waits = true;
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	static const char started[] = "Scan started: ";
	struct clamav *state = log->state;
	struct event event = { .kind = EVENT_RECORD, .text = line, .at = *at, .provider = program_of(log->artifact->path) };
	const char *message = ctime_read(line, &event.time);

	if (state->artifact != log->artifact)
		hand_out(log);
	state->artifact = log->artifact;
	if (!length)
		return true;
	if (message && text_has_prefix(message, " -> ")) {
		message += 4;
	} else {
		message = line;
		event.time = log->last;
	}
	if (text_has_prefix(message, started))
		ctime_read(message + sizeof started - 1, &event.time);
	if (!take_action(state, message))
		take_message(log, &event, message);
	return true;
}

static enum status
parse_clamav_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct clamav state = { .waits = false };
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .finish = hand_out, .oldest_first = true, .state = &state,
		.odd = "not a line of ClamAV's logs; what it recorded is not known" };
	enum status status;

	field_list_init(&state.fields);
	buffer_init(&state.text, 0);
	status = line_log_read(&log, group);
	field_list_release(&state.fields);
	buffer_release(&state.text);
	return status;
}

const struct eventlog_driver clamav_log_eventlog = {
	.name        = "clamav_log",
	.description = "ClamAV: what it found and what it did with it, updates (/var/log/clamav and kin)",
	.files       = (const char *const[]){ "/var/log/clamav/*.log*", "/var/log/clamav.log*", "/var/log/clamd*.log*", "/var/log/clamd.*scan*",
		"/var/log/clamscan*.log*", "/var/log/freshclam.log*", "/[Pp]rogram[Dd]ata/.clamwin/log/*.txt", NULL },
	.is_not_rotated = true,
	.parse       = parse_clamav_log,
};
