/*
 * journal.c - journals of systemd: /var/log/journal/MACHINE/{system,user-1000}.journal, their rotations
 * (system@...journal) and what was set aside as damaged (.journal~); journal_file.c shows the format
 *
 *	__REALTIME_TIMESTAMP, _BOOT_ID, _PID, _UID, _EXE, _COMM, SYSLOG_IDENTIFIER, MESSAGE ... (systemd.journal-fields(7))
 *
 * Entries stand in the order in which they were written, each with its boot and the time since that boot: where the
 * clock of the host was set, the order stays right.  Fields whose names begin with "_" were added by the journal's
 * daemon; the others are the sender's own words.
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "journal_file.h"
#include "message.h"

struct journal {
	const struct event_sink *out;
	const struct notes      *notes;
	struct field_list        fields;
	struct buffer            message, program;
	uint64_t                 entries, cut;
};

/* The program by whose words a message is read: what it calls itself only where the daemon saw no other name. */
static void
set_program(struct journal *journal)
{
	const char *name = field_list_value(&journal->fields, "SYSLOG_IDENTIFIER");
	const char *transport = field_list_value(&journal->fields, "_TRANSPORT");

	if (!name)
		name = field_list_value(&journal->fields, "_COMM");
	buffer_clear(&journal->program);
	buffer_add_text(&journal->program, transport && !strcmp(transport, "kernel") ? "kernel" : name ? name : "journal");
}

static void
add_number(struct field_list *fields, const char *name, uint64_t number)
{
	struct buffer text;

	buffer_init(&text, 0);
	buffer_add_u64(&text, number);
	field_list_add_text(fields, name, text.bytes);
	buffer_release(&text);
}

static void
hand_out(struct journal *journal, const struct journal_entry *entry, const struct place *place)
{
	const char *text = field_list_value(&journal->fields, "MESSAGE");
	struct event event = { .channel = "journal", .at = *place };
	struct message_meaning meaning;

	event.at.offset = entry->offset;
	event.at.record_id = entry->sequence;
	event.time = (struct timestamp){ .seconds = (int64_t)(entry->realtime / 1000000),
		.nanoseconds = (uint32_t)(entry->realtime % 1000000) * 1000, .resolution_nanoseconds = 1000 };
	/* The texts of a list move when something is added to it. */
	buffer_clear(&journal->message);
	buffer_add_text(&journal->message, text ? text : "");
	set_program(journal);
	if (!field_list_value(&journal->fields, "_BOOT_ID"))
		field_list_add_text(&journal->fields, "_BOOT_ID", entry->boot);
	add_number(&journal->fields, "__MONOTONIC_TIMESTAMP", entry->monotonic);
	meaning = message_read(&journal->fields, journal->program.bytes, journal->message.bytes);
	/* The time at which the entry was received orders it; a message's own is the sender's. */
	meaning.time = (struct timestamp){ .seconds = 0 };
	event.provider = journal->program.bytes;
	event.text = text ? journal->message.bytes : NULL;
	event.id = field_list_value(&journal->fields, "MESSAGE_ID");
	event.user = field_list_value(&journal->fields, "_UID");
	message_lend(&journal->fields, &meaning, &event);
	journal->cut += journal->fields.cut;
	journal->out->event(journal->out->context, &event);
}

static enum status
read_journal(struct journal *journal, const struct artifact *artifact)
{
	struct source *source;
	struct journal_file *file;
	struct journal_entry entry;
	enum status status = artifact_open(artifact, journal->notes, &source);

	if (status != STATUS_OK && status != STATUS_DAMAGED)
		return status;
	file = journal_file_open(source, &artifact->place, journal->notes, &status);
	while (file && journal_file_next(file, &journal->fields, &entry)) {
		if (journal->entries++ >= limit_get(LIMIT_EVENTS)) {
			status = note(journal->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &artifact->place,
				"entries from here on were left out (limit events)");
			break;
		}
		hand_out(journal, &entry, &artifact->place);
	}
	if (file)
		status = status_worse(status, journal_file_end(file));
	journal_file_close(file);
	source_close(source);
	return status;
}

static enum status
parse_journal(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct journal journal = { .out = out, .notes = notes };
	enum status status = STATUS_OK;

	field_list_init(&journal.fields);
	buffer_init(&journal.message, 0);
	buffer_init(&journal.program, 0);
	for (size_t i = 0; i < group->count; i++)
		status = status_worse(status, read_journal(&journal, &group->items[i]));
	if (journal.cut)
		status = status_worse(status, note(notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &group->items[0].place,
			"%llu entries of the journals hold more than is kept (limits event-fields, event-bytes)",
			(unsigned long long)journal.cut));
	field_list_release(&journal.fields);
	buffer_release(&journal.message);
	buffer_release(&journal.program);
	return status;
}

const struct eventlog_driver journal_eventlog = {
	.name        = "journal",
	.description = "journals of systemd, with what programs told them (/var/log/journal, /run/log/journal)",
	.files       = (const char *const[]){ "/var/log/journal/*/*.journal", "/var/log/journal/*/*.journal~",
		"/run/log/journal/*/*.journal", "/run/log/journal/*/*.journal~", NULL },
	.parse       = parse_journal,
};
