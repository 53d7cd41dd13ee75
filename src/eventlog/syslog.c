/*
 * syslog.c - logs of syslog daemons: syslog, messages, auth.log, secure, kern.log ... (RFC 3164, RFC 5424, rsyslog's
 * RSYSLOG_FileFormat)
 *
 *	Nov 24 08:30:01 web1 sshd[812]: Accepted password for anna from 192.0.2.7 port 50022 ssh2
 *	2023-11-24T08:30:01.123456+01:00 web1 sudo:     anna : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id
 *	<134>1 2023-11-24T08:30:01.123456Z web1 sshd 812 - [origin x="y"] Accepted password for ...
 *
 * The old form has neither year nor zone: the year is the latest in which the line is not younger than its file (a log
 * that was not rotated for a year is dated too late).  Any program of the host can write any line here.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "line_log.h"
#include "local_time.h"
#include "message.h"

struct syslog {
	struct field_list fields;
	struct buffer     program, host, pid;
	struct timestamp  not_after;	/* of lines without a year */
	const struct artifact *artifact;
};

/* "<134>" and for RFC 5424 "<134>1 " */
static const char *
pass_priority(const char *line, bool *ret_is_5424)
{
	size_t digits;

	*ret_is_5424 = false;
	if (*line != '<')
		return line;
	digits = strspn(line + 1, "0123456789");
	if (!digits || digits > 3 || line[digits + 1] != '>')
		return line;
	line += digits + 2;
	*ret_is_5424 = line[0] == '1' && line[1] == ' ';
	return *ret_is_5424 ? line + 2 : line;
}

static const char *
read_time(struct line_log *log, const char *line, struct timestamp *ret_time)
{
	struct syslog *state = log->state;
	const char *rest = zoned_time_read(line, ret_time);

	if (rest)
		return rest;
	if (state->artifact != log->artifact) {
		state->artifact = log->artifact;
		state->not_after = log->artifact->times.modified;
	}
	if (!timestamp_is_recorded(&state->not_after))
		return NULL;
	return yearless_time_read(line, &state->not_after, ret_time);
}

static const char *
take_word(struct buffer *out, const char *text)
{
	size_t length = strcspn(text, " ");

	buffer_clear(out);
	buffer_add(out, text, length);
	return text + length + strspn(text + length, " ");
}

/* "sshd[812]: " of the old form: the program, its process id as a field. */
static const char *
take_tag(struct syslog *state, const char *text)
{
	size_t name = strcspn(text, "[: "), pid;

	buffer_clear(&state->program);
	if (text[name] == '[') {
		pid = strspn(text + name + 1, "0123456789");
		if (!pid || strncmp(text + name + 1 + pid, "]:", 2))
			return text;
		buffer_add(&state->pid, text + name + 1, pid);
		buffer_add(&state->program, text, name);
		text += name + pid + 3;
	} else if (name && text[name] == ':') {
		buffer_add(&state->program, text, name);
		text += name + 1;
	}
	return text + (*text == ' ');
}

/* "sshd 812 ID47 [x y="z"] " of RFC 5424; a ']' within quotes is written with a backslash. */
static const char *
take_header(struct syslog *state, const char *text)
{
	text = take_word(&state->program, text);
	text = take_word(&state->pid, text);
	text += strcspn(text, " ");
	text += strspn(text, " ");
	while (*text == '[') {
		while (*text && *text != ']')
			text += 1 + (text[0] == '\\' && text[1]);
		text += *text == ']';
	}
	if (text[0] == '-' && (text[1] == ' ' || !text[1]))
		text++;
	text += *text == ' ';
	return strncmp(text, "\xef\xbb\xbf", 3) ? text : text + 3;
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct syslog *state = log->state;
	struct event event = { .kind = EVENT_RECORD, .text = line, .at = *at };
	struct message_meaning meaning;
	const char *rest;
	bool is_5424;

	(void)length;
	rest = read_time(log, pass_priority(line, &is_5424), &event.time);
	if (!rest || *rest != ' ') {
		/* The further lines of one message; some daemons write them as they came. */
		line_log_output(log, "syslog", line, at);
		return true;
	}
	field_list_clear(&state->fields);
	buffer_clear(&state->pid);
	rest = take_word(&state->host, rest + strspn(rest, " "));
	rest = is_5424 ? take_header(state, rest) : take_tag(state, rest);
	meaning = message_read(&state->fields, text_base_name(state->program.bytes), rest);
	/* Sysmon names host and process itself. */
	if (!field_list_value(&state->fields, "Computer"))
		field_list_add_text(&state->fields, "Computer", state->host.bytes);
	if (state->pid.length && !field_list_value(&state->fields, "ProcessId"))
		field_list_add_text(&state->fields, "ProcessId", state->pid.bytes);
	event.provider = state->program.length ? text_base_name(state->program.bytes) : "syslog";
	event.channel = "syslog";
	message_lend(&state->fields, &meaning, &event);
	line_log_event(log, &event);
	return true;
}

static enum status
parse_syslog(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct syslog state = { .artifact = NULL };
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .oldest_first = true, .state = &state,
		.odd = "not a line of a syslog daemon; what it recorded is not known" };
	enum status status;

	field_list_init(&state.fields);
	buffer_init(&state.program, 0);
	buffer_init(&state.host, 0);
	buffer_init(&state.pid, 0);
	status = line_log_read(&log, group);
	field_list_release(&state.fields);
	buffer_release(&state.program);
	buffer_release(&state.host);
	buffer_release(&state.pid);
	return status;
}

const struct eventlog_driver syslog_eventlog = {
	.name        = "syslog",
	.description = "logs of syslog daemons: logins, sudo, cron, packet filter, Sysmon for Linux (/var/log/syslog, messages, auth.log ...)",
	.files       = (const char *const[]){ "/var/log/syslog*", "/var/log/messages*", "/var/log/auth.log*", "/var/log/secure*",
		"/var/log/kern.log*", "/var/log/user.log*", "/var/log/daemon.log*", "/var/log/cron*", "/var/log/ufw.log*", NULL },
	.parse       = parse_syslog,
};
