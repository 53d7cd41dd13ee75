/*
 * ftp_log.c - logs of FTP daemons: who logged in, and what was uploaded
 *
 *	vsftpd.log	Mon Jun  6 18:43:32 2016 [pid 1] [anna] OK LOGIN: Client "192.0.2.9"
 *			Mon Jun  6 18:43:59 2016 [pid 3] [anna] OK UPLOAD: Client "192.0.2.9", "/srv/a b", 1884648 bytes, 41264.44Kbyte/sec
 *	xferlog		Mon Jun  6 18:43:59 2016 1 192.0.2.9 1884648 /srv/a_b b _ i r anna ftp 0 * c
 *	transfer.log	192.0.2.9 - anna [06/Jun/2016:18:43:59 +0200] "PUT /srv/a b" 200 1884648
 *	proftpd.log	2016-06-06 18:43:32,118 web1 proftpd[812] web1 (192.0.2.9[192.0.2.9]): USER anna: Login successful.
 *
 * Sources: vsftpd 3.0 logging.c, xferlog(5) of wu-ftpd and proftpd, proftpd 1.3 log.c, altlog.c of Pure-FTPd 1.0 (the form
 * "clf", which Debian sets; its logins stand in the log of the system).  Times are those of the host; vsftpd
 * writes UTC unless use_localtime is set, which its log does not tell.  A daemon that confines its users logs paths within
 * their folder.
 */
#include <stdio.h>
#include <string.h>

#include <t1554triage/text.h>

#include "field_list.h"
#include "line_log.h"
#include "local_time.h"

enum { DAY_PREFIX = 24, WORDS = 16 };

/* "Mon Jun  6 18:43:28 2016 "; returns what follows, NULL where it is no such text. */
static const char *
read_day(const char *line, struct timestamp *ret_time)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned day, hour, minute, second, year;
	char month[4];
	const char *found;

	if (strlen(line) <= DAY_PREFIX || line[DAY_PREFIX] != ' ' ||
	    sscanf(line, "%*3s %3s %2u %2u:%2u:%2u %4u", month, &day, &hour, &minute, &second, &year) != 6 ||
	    strlen(month) != 3 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
		return NULL;
	found = strstr(months, month);
	if (!found || (found - months) % 3)
		return NULL;
	*ret_time = (struct timestamp){ .local = true, .resolution_nanoseconds = 1000000000,
		.seconds = timestamp_days(year, (unsigned)(found - months) / 3 + 1, day) * 86400 + hour * 3600 +
			minute * 60 + second };
	return line + DAY_PREFIX + 1;
}

/* The text between a pair of marks becomes a field; returns what follows, NULL where there is no such pair. */
static const char *
add_between(struct field_list *fields, const char *name, const char *text, char open, char close)
{
	const char *begin = strchr(text, open), *end = begin ? strchr(begin + 1, close) : NULL;

	if (!end)
		return NULL;
	field_list_add(fields, name, strlen(name), begin + 1, (size_t)(end - begin) - 1);
	return end + 1;
}

static void
lend(struct line_log *log, struct event *event, const char *object, const char *provider)
{
	struct field_list *fields = log->state;

	event->provider = provider;
	event->channel = "ftp";
	event->user = field_list_value(fields, "User");
	event->subject = field_list_value(fields, "SourceIp");
	event->object = field_list_value(fields, object);
	field_list_lend(fields, event);
	line_log_event(log, event);
}

/* "[pid 1] [anna] OK LOGIN: Client ..."; before the login there is no name. */
static void
take_vsftpd(struct line_log *log, struct event *event, const char *rest)
{
	struct field_list *fields = log->state;
	const char *at = add_between(fields, "ProcessId", rest + strlen("[pid"), ' ', ']'), *client = strstr(rest, ": Client ");
	bool is_ok = strstr(rest, " OK ") && (!client || strstr(rest, " OK ") < client);

	if (at && at[0] == ' ' && at[1] == '[')
		add_between(fields, "User", at, '[', ']');
	at = client ? add_between(fields, "SourceIp", client, '"', '"') : NULL;
	if (strstr(rest, " LOGIN: Client ")) {
		event->kind = EVENT_LOGON;
		field_list_add_text(fields, "result", is_ok ? "success" : "failed");
		lend(log, event, "User", "vsftpd");
		return;
	}
	if (at && (strstr(rest, " UPLOAD: ") || strstr(rest, " DELETE: ") || strstr(rest, " RENAME: ")) &&
	    add_between(fields, "TargetFilename", at, '"', '"') && is_ok)
		event->kind = strstr(rest, " DELETE: ") ? EVENT_FILE_DELETED : strstr(rest, " UPLOAD: ") ? EVENT_FILE_CREATED :
			EVENT_RECORD;
	lend(log, event, "TargetFilename", "vsftpd");
}

/* "SECONDS HOST BYTES PATH TYPE FLAG DIRECTION MODE USER SERVICE AUTHENTICATION ID STATUS"; false: not these words. */
static bool
take_transfer(struct line_log *log, struct event *event, const char *rest)
{
	enum { HOST = 1, PATH = 3, DIRECTION = 6, USER = 8, STATUS = 12, COUNT = 13 };
	struct field_list *fields = log->state;
	char *words[WORDS], *copy = line_log_copy(log, rest);
	size_t count = 0;

	while (count < WORDS && (words[count] = line_log_word(&copy)))
		count++;
	if (count != COUNT || strlen(words[DIRECTION]) != 1 || !strchr("iod", *words[DIRECTION]))
		return false;
	field_list_add_text(fields, "SourceIp", words[HOST]);
	field_list_add_text(fields, "TargetFilename", words[PATH]);
	field_list_add_text(fields, "User", words[USER]);
	if (*words[DIRECTION] != 'o' && !strcmp(words[STATUS], "c"))
		event->kind = *words[DIRECTION] == 'i' ? EVENT_FILE_CREATED : EVENT_FILE_DELETED;
	lend(log, event, "TargetFilename", "xferlog");
	return true;
}

/* "web1 proftpd[812] web1 (client[192.0.2.9]): USER anna: Login successful." */
static void
take_proftpd(struct line_log *log, struct event *event, const char *rest)
{
	struct field_list *fields = log->state;
	const char *user = strstr(rest, ": USER "), *client = strstr(rest, " (");
	bool is_login = user && (strstr(user, ": Login successful") || strstr(user, "(Login failed)"));

	if (client)
		add_between(fields, "SourceIp", client, '[', ']');
	if (is_login) {
		user += strlen(": USER ");
		field_list_add(fields, "User", 4, user, strcspn(user, ": "));
		field_list_add_text(fields, "result", strstr(user, ": Login successful") ? "success" : "failed");
		event->kind = EVENT_LOGON;
	}
	lend(log, event, "User", "proftpd");
}

/* "192.0.2.9 - anna [06/Jun/2016:18:43:59 +0200] "PUT /srv/a b" 200 1884648": false: not these words. */
static bool
take_clf(struct line_log *log, struct event *event, const char *line)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct field_list *fields = log->state;
	const char *stamp = strchr(line, '['), *request = stamp ? strstr(stamp, "] \"") : NULL, *end = NULL, *user, *found;
	unsigned day, year, hour, minute, second, offset;
	char month[4], sign;

	for (const char *at = request ? strchr(request + 3, '"') : NULL; at; at = strchr(at + 1, '"'))
		end = at;
	if (!end || sscanf(stamp, "[%2u/%3s/%4u:%2u:%2u:%2u %c%4u]", &day, month, &year, &hour, &minute, &second, &sign, &offset) != 8 ||
	    strlen(month) != 3 || !(found = strstr(months, month)) || (found - months) % 3 || day < 1 || day > 31 || hour > 23 ||
	    minute > 59 || second > 60 || offset > 1400)
		return false;
	offset = offset / 100 * 3600 + offset % 100 * 60;
	event->time = (struct timestamp){ .resolution_nanoseconds = 1000000000, .seconds = hour * 3600 + minute * 60 + second +
		timestamp_days(year, (unsigned)(found - months) / 3 + 1, day) * 86400 + (sign == '-' ? (int64_t)offset : -(int64_t)offset) };
	field_list_add(fields, "SourceIp", 8, line, strcspn(line, " "));
	user = strstr(line, " - ");
	if (user && user + 4 < stamp)
		field_list_add(fields, "User", 4, user + 3, (size_t)(stamp - user) - 4);
	request += 3;
	if (end > request + 4 && text_has_prefix(request, "PUT ")) {
		field_list_add(fields, "TargetFilename", 14, request + 4, (size_t)(end - request) - 4);
		event->kind = text_has_prefix(end, "\" 200 ") ? EVENT_FILE_CREATED : EVENT_RECORD;
	}
	lend(log, event, "TargetFilename", "pure-ftpd");
	return true;
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct event event = { .kind = EVENT_RECORD, .text = line, .at = *at };
	const char *rest;

	(void)length;
	field_list_clear(log->state);
	rest = read_day(line, &event.time);
	if (rest && text_has_prefix(rest, "[pid "))
		take_vsftpd(log, &event, rest);
	else if (rest)
		return take_transfer(log, &event, rest);
	else if (strstr(line, " proftpd[") && (rest = local_time_read(line, &event.time)))
		take_proftpd(log, &event, rest);
	else
		return take_clf(log, &event, line);
	return true;
}

static enum status
parse_ftp_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct field_list fields;
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .oldest_first = true, .state = &fields,
		.odd = "not a line of a log of an FTP daemon; who logged in or what was uploaded is not known" };
	enum status status;

	field_list_init(&fields);
	status = line_log_read(&log, group);
	field_list_release(&fields);
	return status;
}

const struct eventlog_driver ftp_log_eventlog = {
	.name        = "ftp_log",
	.description = "logs of FTP daemons: logins and uploads (vsftpd.log, xferlog, proftpd.log, transfer.log)",
	.files       = (const char *const[]){ "/var/log/vsftpd.log*", "/var/log/xferlog*", "/var/log/proftpd/proftpd.log*",
		"/var/log/proftpd/xferlog*", "/var/log/proftpd.log*",
		"/var/log/pure-ftpd/transfer.log*", NULL },
	.parse       = parse_ftp_log,
};
