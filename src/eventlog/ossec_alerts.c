/*
 * ossec_alerts.c - alerts of OSSEC and Wazuh as text, where the manager runs on this host, or OSSEC alone
 *
 *	** Alert 1700906400.4711: mail  - ossec,syscheck,
 *	2023 Nov 25 10:00:00 web1->syscheck
 *	Rule: 550 (level 7) -> 'Integrity checksum changed.'
 *	Integrity checksum changed for: '/bin/ls'
 *
 * An alert is a paragraph; the number at its head is its time, UTC. "(web2) 192.0.2.2->syscheck" is of another host.
 * Format: OSSEC src/analysisd/alerts/log.c.
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "hids_alert.h"
#include "line_log.h"

struct alerts {
	struct field_list fields;
	struct buffer     text, description;
	struct timestamp  time;
	struct place      at;		/* of the head; line 0: no alert is open */
	bool              is_of_agent;
	unsigned          lines;	/* of this alert */
};

static void
hand_out(struct line_log *log)
{
	struct alerts *state = log->state;
	struct event event = { .time = state->time, .time_source = "the alert", .provider = "OSSEC", .channel = "alerts",
		.at = state->at };
	struct message_meaning meaning;

	if (!state->at.line)
		return;
	meaning = hids_alert_read(&state->fields, state->text.bytes, state->description.bytes);
	hids_alert_keep_local(&meaning, state->is_of_agent ? "other" : NULL);
	meaning.id = "rule.id";
	message_lend(&state->fields, &meaning, &event);
	event.text = state->text.bytes;
	line_log_event(log, &event);
	state->at.line = 0;
}

static bool
begin_alert(struct line_log *log, const char *line, const struct place *at)
{
	struct alerts *state = log->state;
	const char *number = line + strlen("** Alert "), *groups;
	size_t digits = strspn(number, "0123456789");
	uint64_t seconds;

	hand_out(log);
	if (!text_parse_u64(number, digits, 10, &seconds) || seconds > INT32_MAX * 16ULL)
		return false;
	field_list_clear(&state->fields);
	buffer_clear(&state->text);
	buffer_clear(&state->description);
	state->time = (struct timestamp){ .seconds = (int64_t)seconds, .resolution_nanoseconds = 1000000000 };
	state->at = *at;
	state->is_of_agent = false;
	state->lines = 0;
	groups = strstr(number, " - ");
	field_list_add_text(&state->fields, "rule.groups", groups ? groups + 3 : NULL);
	return true;
}

/* "2023 Nov 25 10:00:00 (web2) 192.0.2.2->syscheck" */
static void
take_location(struct alerts *state, const char *line)
{
	const char *location = line;

	for (int word = 0; word < 4 && location; word++)
		location = strchr(location + 1, ' ');
	if (!location)
		return;
	field_list_add_text(&state->fields, "location", location + 1);
	state->is_of_agent = location[1] == '(';
}

/* "Rule: 550 (level 7) -> 'Integrity checksum changed.'" */
static void
take_rule(struct alerts *state, const char *line)
{
	const char *id = line + strlen("Rule: "), *level = strstr(id, "(level "), *words = strstr(id, "-> '");
	size_t length = words ? strlen(words + 4) : 0;

	field_list_add(&state->fields, "rule.id", 7, id, strspn(id, "0123456789"));
	if (level)
		field_list_add(&state->fields, "rule.level", 10, level + 7, strspn(level + 7, "0123456789"));
	if (words)
		buffer_add(&state->description, words + 4, length - (length && words[3 + length] == '\''));
	if (words)
		field_list_add(&state->fields, "rule.description", 16, state->description.bytes, state->description.length);
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct alerts *state = log->state;

	if (text_has_prefix(line, "** Alert "))
		return begin_alert(log, line, at);
	if (!state->at.line)
		return length == 0;
	state->lines++;
	if (state->lines == 1) {
		take_location(state, line);
	} else if (text_has_prefix(line, "Rule: ") && !state->description.length) {
		take_rule(state, line);
	} else if (length && state->text.length + length < limit_get(LIMIT_EVENT_BYTES)) {
		if (state->text.length)
			buffer_add_char(&state->text, '\n');
		buffer_add(&state->text, line, length);
	}
	return true;
}

static enum status
parse_ossec_alerts(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct alerts state = { .is_of_agent = false };
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .finish = hand_out, .oldest_first = true, .state = &state,
		.odd = "not a line of an alert; what it recorded is not known" };
	enum status status;

	field_list_init(&state.fields);
	buffer_init(&state.text, 0);
	buffer_init(&state.description, 0);
	status = line_log_read(&log, group);
	field_list_release(&state.fields);
	buffer_release(&state.text);
	buffer_release(&state.description);
	return status;
}

const struct eventlog_driver ossec_alerts_eventlog = {
	.name        = "ossec_alerts",
	.description = "alerts of OSSEC and Wazuh as text (/var/ossec/logs/alerts/alerts.log and its archives)",
	.files       = (const char *const[]){ "/var/ossec/logs/alerts/alerts.log*", "/var/ossec/logs/alerts/*/*/ossec-alerts-*.log*",
		NULL },
	.is_not_rotated = true,
	.parse       = parse_ossec_alerts,
};
