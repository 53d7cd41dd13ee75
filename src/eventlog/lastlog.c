/*
 * lastlog.c - the last login of each account: lastlog of Linux, with the names of passwd
 *
 *	292 bytes an account, at 292 times its number: seconds 4, line 32, host 256; zeros: never
 *
 * Specification: lastlog(8); glibc, bits/utmp.h. Times are UTC. The file is sparse, and an account with a large number makes it
 * terabytes long: accounts of passwd are looked up, all others up to READ_BYTES, and what lies behind is noted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "field_list.h"

enum { RECORD_BYTES = 292, RECORDS_READ = 128, READ_BYTES = 64 << 20, ACCOUNTS_MAX = 100000 };

#define ACCOUNTS_NAME "passwd"

struct account { uint64_t number; char *name; };

struct lastlog {
	const struct artifact   *artifact;
	const struct event_sink *out;
	const struct notes      *notes;
	struct field_list        fields;
	struct account          *accounts;	/* of passwd, by number */
	size_t                   count, capacity;
};

static int
by_number(const void *a, const void *b)
{
	const struct account *one = a, *other = b;

	return one->number < other->number ? -1 : one->number > other->number;
}

/* "anna:x:1000:..." */
static void
take_account(struct lastlog *log, const char *line)
{
	size_t name = strcspn(line, ":");
	const char *number = line[name] ? strchr(line + name + 1, ':') : NULL;
	struct account account;

	if (!name || !number || log->count >= ACCOUNTS_MAX ||
	    !text_parse_u64(number + 1, strcspn(number + 1, ":"), 10, &account.number) || account.number > UINT32_MAX)
		return;
	account.name = memory_allocate(name + 1, 1);
	memcpy(account.name, line, name);
	account.name[name] = '\0';
	log->accounts = memory_grow(log->accounts, log->count, &log->capacity, sizeof *log->accounts);
	log->accounts[log->count++] = account;
}

static enum status
read_accounts(struct lastlog *log, const struct artifact *artifact)
{
	struct line_reader reader;
	struct source *source;
	enum status status = artifact_open(artifact, log->notes, &source);
	char *line;
	size_t length;

	if (status < STATUS_DAMAGED)
		return status;
	line_reader_init(&reader, source, &artifact->place, log->notes);
	while (line_reader_next(&reader, &line, &length))
		take_account(log, line);
	status = status_worse(status, reader.status);
	line_reader_release(&reader);
	source_close(source);
	if (log->count)
		qsort(log->accounts, log->count, sizeof *log->accounts, by_number);
	return status;
}

static void
add_text(struct field_list *fields, const char *name, const uint8_t *bytes, size_t size)
{
	size_t length = strnlen((const char *)bytes, size);

	if (length)
		field_list_add(fields, name, strlen(name), (const char *)bytes, length);
}

static void
take_record(struct lastlog *log, const uint8_t *bytes, uint64_t number)
{
	const struct account wanted = { .number = number }, *account = log->count ?
		bsearch(&wanted, log->accounts, log->count, sizeof wanted, by_number) : NULL;
	struct cursor c = cursor_over(bytes, RECORD_BYTES);
	struct event event = { .kind = EVENT_LOGON, .provider = "lastlog", .id = "last", .at = log->artifact->place };
	uint32_t seconds = take_u32le(&c);
	char text[32];

	if (!seconds)
		return;
	field_list_clear(&log->fields);
	snprintf(text, sizeof text, "%" PRIu64, number);
	field_list_add_text(&log->fields, "uid", text);
	field_list_add_text(&log->fields, "User", account ? account->name : text);
	add_text(&log->fields, "line", bytes + 4, 32);
	add_text(&log->fields, "host", bytes + 36, 256);
	event.time = (struct timestamp){ .seconds = seconds, .resolution_nanoseconds = 1000000000 };
	event.at.offset = number * RECORD_BYTES;
	event.object = event.user = field_list_value(&log->fields, "User");
	event.subject = field_list_value(&log->fields, "host");
	field_list_lend(&log->fields, &event);
	log->out->event(log->out->context, &event);
}

/* All records up to READ_BYTES; sets where it ended. */
static enum status
read_front(struct lastlog *log, struct source *source, uint64_t *ret_end)
{
	uint8_t window[RECORDS_READ * RECORD_BYTES];
	enum status status = STATUS_OK;
	uint64_t at = 0;

	while (at < READ_BYTES) {
		size_t length = 0;
		enum status got = source_read(source, at, window, sizeof window, &length);

		if (got < STATUS_OK)
			status = status_worse(status, got);
		if (got < STATUS_DAMAGED || got == STATUS_END || length < RECORD_BYTES)
			break;
		for (size_t i = 0; i + RECORD_BYTES <= length; i += RECORD_BYTES)
			take_record(log, window + i, (at + i) / RECORD_BYTES);
		at += length - length % RECORD_BYTES;
	}
	*ret_end = at;
	return status;
}

/* Accounts of passwd whose records lie behind what was read. */
static enum status
read_named(struct lastlog *log, struct source *source, uint64_t from)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < log->count; i++) {
		uint8_t bytes[RECORD_BYTES];
		uint64_t at = log->accounts[i].number * RECORD_BYTES;
		enum status got;

		if (at < from || at + RECORD_BYTES > source->size || (i && log->accounts[i - 1].number == log->accounts[i].number))
			continue;
		got = source_read_exactly(source, at, bytes, sizeof bytes);
		if (got == STATUS_OK)
			take_record(log, bytes, log->accounts[i].number);
		else
			status = status_worse(status, got);
	}
	return status;
}

static enum status
read_log(struct lastlog *log)
{
	struct source *source;
	enum status status = artifact_open(log->artifact, log->notes, &source), got;
	struct place at = log->artifact->place;
	uint64_t end;

	if (status < STATUS_DAMAGED)
		return status;
	got = read_front(log, source, &end);
	at.offset = end;
	if (got == STATUS_OK && end >= READ_BYTES) {
		got = read_named(log, source, end);
		note(log->notes, STATUS_OK, NOTE_ARTIFACT_LINE, &at, "%s is long: from account %" PRIu64 " on only those of passwd were "
			"looked up", at.path, end / RECORD_BYTES);
	} else if (got == STATUS_OK && source->size % RECORD_BYTES) {
		got = note(log->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &at, "%s ends within a record: it was cut", at.path);
	} else if (got < STATUS_OK) {
		got = note(log->notes, got, NOTE_ARTIFACT_UNREADABLE, &at, "%s could not be read whole: last logins may be missing from "
			"here on", at.path);
	}
	source_close(source);
	return status_worse(status, got);
}

static enum status
parse_lastlog(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct lastlog log = { .out = out, .notes = notes };
	enum status status = STATUS_OK;

	field_list_init(&log.fields);
	for (size_t i = 0; i < group->count; i++)
		if (!strcmp(text_base_name(group->items[i].path), ACCOUNTS_NAME))
			status = status_worse(status, read_accounts(&log, &group->items[i]));
	for (size_t i = 0; i < group->count; i++) {
		log.artifact = &group->items[i];
		if (strcmp(text_base_name(log.artifact->path), ACCOUNTS_NAME))
			status = status_worse(status, read_log(&log));
	}
	for (size_t i = 0; i < log.count; i++)
		memory_free(log.accounts[i].name);
	memory_free(log.accounts);
	field_list_release(&log.fields);
	return status;
}

const struct eventlog_driver lastlog_eventlog = {
	.name        = "lastlog",
	.description = "lastlog: the last login of each account, with the names of passwd",
	.files       = (const char *const[]){ "/var/log/lastlog", "/etc/passwd", NULL },
	.is_not_rotated = true,
	.beside      = ACCOUNTS_NAME,
	.parse       = parse_lastlog,
};
