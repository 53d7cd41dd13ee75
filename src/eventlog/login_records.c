/*
 * login_records.c - who logged in, and when the system started: wtmp and btmp of Linux
 *
 *	384 bytes a record, little-endian: type 2, -2, process 4, line 32, id 4, user 32, host 256, exit 4, session 4,
 *	seconds 4, microseconds 4, address 16, -20
 *
 * Specification: utmp(5); glibc, bits/utmp.h for 64-bit x86 and others that keep 32-bit times there. Times are UTC.
 * btmp holds attempts that failed; what stands there as the user may be a password typed in the wrong place.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/text.h>

#include "field_list.h"

enum { RECORD_BYTES = 384, RECORDS_READ = 64, TYPES = 10, TYPE_USER = 7 };

static const char *const type_names[TYPES] = { "empty", "run-level", "boot", "new-time", "old-time", "init", "login",
	"user", "dead", "accounting" };

struct login_log {
	const struct artifact   *artifact;
	const struct event_sink *out;
	const struct notes      *notes;
	struct field_list        fields;
	bool                     is_failed;	/* btmp */
	uint64_t                 offset;	/* of the record */
	uint64_t                 unknown;	/* records of no type that is known, */
	uint64_t                 first_unknown;	/* the first of them here */
};

static void
add_text(struct field_list *fields, const char *name, const void *bytes, size_t size)
{
	size_t length = strnlen(bytes, size);

	if (length)
		field_list_add(fields, name, strlen(name), bytes, length);
}

/* An address of version 4 fills the first word only. */
static void
add_address(struct field_list *fields, const uint8_t address[16])
{
	static const uint8_t zeros[16];
	struct buffer text;

	if (!memcmp(address, zeros, sizeof zeros))
		return;
	buffer_init(&text, 0);
	if (!memcmp(address + 4, zeros, 12))
		buffer_add_format(&text, "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
	else
		for (size_t i = 0; i < 16; i += 2)
			buffer_add_format(&text, "%s%x", i ? ":" : "", (unsigned)(address[i] << 8 | address[i + 1]));
	field_list_add_text(fields, "SourceIp", text.bytes);
	buffer_release(&text);
}

static void
take_record(struct login_log *log, const uint8_t *bytes)
{
	struct cursor c = cursor_over(bytes, RECORD_BYTES);
	struct field_list *fields = &log->fields;
	uint16_t type = take_u16le(&c);
	struct event event = { .provider = log->is_failed ? "btmp" : "wtmp", .at = log->artifact->place };
	uint32_t process, seconds, microseconds;
	char number[16];

	take_bytes(&c, 2);
	process = take_u32le(&c);
	c = cursor_over(bytes + 340, 8);
	seconds = take_u32le(&c);
	microseconds = take_u32le(&c);
	if (type >= TYPES || microseconds >= 1000000) {
		if (!log->unknown++)
			log->first_unknown = log->offset;
		return;
	}
	if (!type && !seconds)
		return;
	field_list_clear(fields);
	snprintf(number, sizeof number, "%" PRIu32, process);
	field_list_add_text(fields, "ProcessId", number);
	add_text(fields, "line", bytes + 8, 32);
	add_text(fields, "User", bytes + 44, 32);
	add_text(fields, "host", bytes + 76, 256);
	add_address(fields, bytes + 348);
	field_list_add_text(fields, "result", log->is_failed ? "failed" : NULL);
	event.kind = log->is_failed || type == TYPE_USER ? EVENT_LOGON : EVENT_RECORD;
	event.id = type_names[type];
	event.time = (struct timestamp){ .seconds = (int32_t)seconds, .nanoseconds = microseconds * 1000,
		.resolution_nanoseconds = 1000 };
	event.at.offset = log->offset;
	if (event.kind == EVENT_LOGON) {
		event.object = event.user = field_list_value(fields, "User");
		event.subject = field_list_value(fields, "SourceIp");
		if (!event.subject)
			event.subject = field_list_value(fields, "host");
	}
	field_list_lend(fields, &event);
	log->out->event(log->out->context, &event);
}

static enum status
note_what_is_lost(struct login_log *log, enum status status, size_t rest)
{
	struct place at = log->artifact->place;

	if (status < STATUS_OK)
		status = note(log->notes, status, NOTE_ARTIFACT_UNREADABLE, &at,
			"%s could not be read whole: logins may be missing from byte %" PRIu64 " on", at.path, log->offset);
	at.offset = log->unknown ? log->first_unknown : log->offset;
	if (log->unknown)
		status = status_worse(status, note(log->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &at,
			"%s: %" PRIu64 " records are of no kind that is known; the first is here", at.path, log->unknown));
	if (rest && status == STATUS_OK)
		status = note(log->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &at,
			"%s ends within a record: it was cut, or is being written", at.path);
	return status;
}

static enum status
read_log(struct login_log *log)
{
	uint8_t window[RECORDS_READ * RECORD_BYTES];
	struct source *source;
	enum status status = artifact_open(log->artifact, log->notes, &source), got = STATUS_OK;
	size_t length = 0, rest = 0;

	if (status < STATUS_DAMAGED)
		return status;
	log->is_failed = strstr(text_base_name(log->artifact->path), "btmp");
	log->offset = log->unknown = 0;
	while (got == STATUS_OK) {
		got = source_read(source, log->offset, window, sizeof window, &length);
		if (got != STATUS_OK)
			break;
		for (size_t at = 0; at + RECORD_BYTES <= length; at += RECORD_BYTES, log->offset += RECORD_BYTES)
			take_record(log, window + at);
		rest = length % RECORD_BYTES;
		if (rest)
			break;
	}
	source_close(source);
	return status_worse(status, note_what_is_lost(log, got < STATUS_OK ? got : STATUS_OK, rest));
}

static enum status
parse_login_records(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct login_log log = { .out = out, .notes = notes };
	enum status status = STATUS_OK;

	field_list_init(&log.fields);
	for (size_t i = 0; i < group->count; i++) {
		log.artifact = &group->items[i];
		status = status_worse(status, read_log(&log));
	}
	field_list_release(&log.fields);
	return status;
}

const struct eventlog_driver login_records_eventlog = {
	.name        = "login_records",
	.description = "wtmp and btmp: logins, failed logins, starts of the system",
	.files       = (const char *const[]){ "/var/log/wtmp*", "/var/log/btmp*", NULL },
	.parse       = parse_login_records,
};
