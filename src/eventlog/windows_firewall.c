/*
 * windows_firewall.c - the log of the firewall of Windows (learn.microsoft.com, "Configure Windows Firewall logging"; W3C
 * extended log format, its fields named in the header):
 *
 *	#Version: 1.5
 *	#Software: Microsoft Windows Firewall
 *	#Time Format: Local
 *	#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path pid
 *
 *	2024-05-01 10:00:01 ALLOW TCP 192.168.1.5 198.51.100.7 49700 443 0 - 0 0 0 - - - SEND 1234
 *
 * "-" stands for nothing.  Programs are not named; the process id is there since Windows 11.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "field_list.h"
#include "line_log.h"
#include "local_time.h"

enum { COLUMNS_MAX = 32, NAME_SIZE = 32 };

struct firewall {
	struct field_list fields;
	char   columns[COLUMNS_MAX][NAME_SIZE];
	size_t count;
	bool   is_utc;
	const struct artifact *artifact;	/* whose header was read */
};

static void
take_header(struct firewall *state, const char *line)
{
	static const char fields[] = "#Fields:", format[] = "#Time Format:";

	if (text_has_prefix(line, format))
		state->is_utc = strstr(line, "UTC") || strstr(line, "GMT");
	if (!text_has_prefix(line, fields))
		return;
	state->count = 0;
	for (const char *at = line + sizeof fields - 1; *at && state->count < COLUMNS_MAX; ) {
		size_t length;

		at += strspn(at, " ");
		length = strcspn(at, " ");
		if (!length)
			break;
		length = length < NAME_SIZE ? length : NAME_SIZE - 1;
		memcpy(state->columns[state->count], at, length);
		state->columns[state->count++][length] = '\0';
		at += strcspn(at, " ");
	}
}

static void
take_words(struct line_log *log, const char *line)
{
	struct firewall *state = log->state;
	char *rest = line_log_copy(log, line), *word;

	for (size_t i = 0; i < state->count && (word = line_log_word(&rest)); i++)
		if (strcmp(word, "-") && strcmp(state->columns[i], "date") && strcmp(state->columns[i], "time"))
			field_list_add_text(&state->fields, state->columns[i], word);
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct firewall *state = log->state;
	struct event event = { .kind = EVENT_RECORD, .provider = "Windows Firewall", .channel = "pfirewall", .text = line,
		.at = *at };
	const char *path;

	(void)length;
	if (state->artifact != log->artifact) {
		state->artifact = log->artifact;
		state->count = 0;
		state->is_utc = false;
	}
	if (*line == '#') {
		take_header(state, line);
		return true;
	}
	if (!state->count || strcmp(state->columns[0], "date") || !local_time_read(line, &event.time))
		return false;
	event.time.local = !state->is_utc;
	field_list_clear(&state->fields);
	take_words(log, line);
	path = field_list_value(&state->fields, "path");
	if (path && (!strcmp(path, "SEND") || !strcmp(path, "RECEIVE")))
		field_list_add_text(&state->fields, "Initiated", *path == 'S' ? "true" : "false");
	event.id = field_list_value(&state->fields, "action");
	field_list_lend(&state->fields, &event);
	event.object = field_list_value(&state->fields, "dst-ip");
	event.subject = field_list_value(&state->fields, "src-ip");
	event.id = field_list_value(&state->fields, "action");
	if (event.object && event.subject)
		event.kind = EVENT_NETWORK_CONNECTION;
	line_log_event(log, &event);
	return true;
}

static enum status
parse_windows_firewall(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct firewall state = { .count = 0 };
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .oldest_first = true, .state = &state,
		.odd = "not a record of the firewall, or the header that names its fields is missing" };
	enum status status;

	field_list_init(&state.fields);
	status = line_log_read(&log, group);
	field_list_release(&state.fields);
	return status;
}

const struct eventlog_driver windows_firewall_eventlog = {
	.name        = "windows_firewall",
	.description = "log of the firewall of Windows: connections allowed and refused (pfirewall.log)",
	.files       = (const char *const[]){ "/[Ww][Ii][Nn][Dd][Oo][Ww][Ss]/[Ss][Yy][Ss][Tt][Ee][Mm]32/[Ll][Oo][Gg][Ff][Ii][Ll][Ee][Ss]/"
		"[Ff][Ii][Rr][Ee][Ww][Aa][Ll][Ll]/*.[Ll][Oo][Gg]*", NULL },
	.is_not_rotated = true,
	.parse       = parse_windows_firewall,
};
