/*
 * apt_history.c - /var/log/apt/history.log and its rotated copies (apt: apt-pkg/deb/dpkgpm.cc)
 *
 *	Start-Date: 2026-11-21  19:28:06
 *	Commandline: apt-get install -y openssh-server
 *	Requested-By: alice (1000)
 *	Install: openssh-server:amd64 (1:9.2p1-2+deb12u2), ucf:amd64 (3.0043, automatic)
 *	Upgrade: bash:amd64 (5.2-1, 5.2-2)
 *	Error: Sub-process /usr/bin/dpkg returned an error code (1)
 *	End-Date: 2026-11-21  19:28:12
 *
 * Local time, no zone, whole seconds; the lists are Install, Upgrade, Downgrade,
 * Reinstall, Remove and Purge.  A stanza without End-Date was interrupted.  Each stanza gives
 * one event for the transaction and one for each package, all with its span of time.
 */
#include <string.h>

#include <t1554triage/eventlog.h>
#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "local_time.h"

enum versions { OLD_AND_NEW, ONLY_NEW, ONLY_OLD, SAME };

static const struct list_kind {
	const char *field, *id;
	enum event_kind kind;
	enum versions versions;
} list_kinds[] = {
	{ "Install",   "install",   EVENT_PACKAGE_INSTALLED,   ONLY_NEW },
	{ "Upgrade",   "upgrade",   EVENT_PACKAGE_UPGRADED,    OLD_AND_NEW },
	{ "Downgrade", "downgrade", EVENT_PACKAGE_UPGRADED,    OLD_AND_NEW },
	{ "Reinstall", "reinstall", EVENT_PACKAGE_REINSTALLED, SAME },
	{ "Remove",    "remove",    EVENT_PACKAGE_REMOVED,     ONLY_OLD },
	{ "Purge",     "purge",     EVENT_PACKAGE_REMOVED,     ONLY_OLD },
	{ NULL, NULL, EVENT_RECORD, OLD_AND_NEW }
};

/* A list of packages in a stanza. */
struct package_list {
	const struct list_kind *kind;
	char        *text;
	struct place at;
};

enum { FIELDS_MAX = 3 };

struct stanza {
	struct arena         arena;
	bool                 is_open, has_start;
	struct event         transaction;
	struct event_field   fields[FIELDS_MAX];
	struct package_list *lists;
	size_t               list_count, list_capacity;
};

struct history_run {
	const struct event_sink *out;
	const struct notes      *notes;
	struct stanza            stanza;
	struct odd_lines         odd;
	uint64_t                 events;
};

static void
emit(struct history_run *run, const struct event *event)
{
	if (run->events++ < limit_get(LIMIT_EVENTS))
		run->out->event(run->out->context, event);
}

/* "bash:amd64 (5.2-1, 5.2-2, automatic)": in place. */
static bool
emit_package(struct history_run *run, const struct package_list *list, char *item)
{
	struct event event = run->stanza.transaction;
	char *open = strchr(item, '('), *colon, *comma;
	const char *first, *second = NULL;

	event.text = arena_copy_text(&run->stanza.arena, item);
	if (!open || open == item || open[-1] != ' ')
		return false;
	open[-1] = '\0';
	first = open + 1;
	open[strcspn(open, ")")] = '\0';
	comma = strstr(open + 1, ", ");
	if (comma) {
		*comma = '\0';
		second = comma + 2;
		comma[2 + strcspn(comma + 2, ",")] = '\0';
	}
	colon = strchr(item, ':');
	if (colon)
		*colon = '\0';
	event.object = item;
	event.architecture = colon ? colon + 1 : NULL;
	event.kind = list->kind->kind;
	event.id = list->kind->id;
	event.version_old = list->kind->versions == ONLY_NEW ? NULL : first;
	event.version_new = list->kind->versions == OLD_AND_NEW ? second :
		list->kind->versions == ONLY_OLD ? NULL : first;
	event.fields = NULL;
	event.field_count = 0;
	event.at = list->at;
	emit(run, &event);
	return true;
}

static bool
emit_list(struct history_run *run, const struct package_list *list)
{
	bool whole = true;

	for (char *item = list->text; *item; ) {
		char *end = strstr(item, "), "), *next = end ? end + 3 : item + strlen(item);

		if (end)
			end[1] = '\0';
		whole &= emit_package(run, list, item);
		item = next;
	}
	return whole;
}

static void
add_field(struct stanza *stanza, const char *name, const char *value)
{
	if (stanza->transaction.field_count < FIELDS_MAX)
		stanza->fields[stanza->transaction.field_count++] = (struct event_field){ name, value };
	stanza->transaction.fields = stanza->fields;
}

static void
end_stanza(struct history_run *run, const struct line_reader *reader)
{
	struct stanza *stanza = &run->stanza;

	if (stanza->is_open && !stanza->has_start)
		odd_lines_add(&run->odd, reader);
	if (stanza->has_start) {
		if (!timestamp_is_recorded(&stanza->transaction.end))
			add_field(stanza, "interrupted", "no End-Date is recorded");
		emit(run, &stanza->transaction);
		for (size_t i = 0; i < stanza->list_count; i++)
			if (!emit_list(run, &stanza->lists[i]))
				odd_lines_add(&run->odd, reader);
	}
	arena_release(&stanza->arena);
	*stanza = (struct stanza){ .lists = stanza->lists, .list_capacity = stanza->list_capacity };
}

static void
add_list(struct stanza *stanza, const char *field, const char *value, const struct place *at)
{
	const struct list_kind *kind = list_kinds;

	while (kind->field && strcmp(kind->field, field))
		kind++;
	if (!kind->field)
		return;
	stanza->lists = memory_grow(stanza->lists, stanza->list_count, &stanza->list_capacity,
		sizeof *stanza->lists);
	stanza->lists[stanza->list_count++] = (struct package_list){
		.kind = kind, .text = arena_copy_text(&stanza->arena, value), .at = *at };
}

/* False where the value of a date is none. */
static bool
take_field(struct stanza *stanza, const char *field, const char *value, const char *line,
	const struct place *at)
{
	struct event *event = &stanza->transaction;
	const char *rest = "";

	if (!strcmp(field, "Start-Date")) {
		*event = (struct event){ .kind = EVENT_PACKAGE_TRANSACTION, .provider = "apt",
			.id = "transaction", .text = arena_copy_text(&stanza->arena, line), .at = *at };
		rest = local_time_read(value, &event->time);
		stanza->has_start = rest != NULL;
	} else if (!strcmp(field, "End-Date")) {
		rest = local_time_read(value, &event->end);
	} else if (!strcmp(field, "Commandline")) {
		event->subject = arena_copy_text(&stanza->arena, value);
	} else if (!strcmp(field, "Requested-By")) {
		event->user = arena_copy_text(&stanza->arena, value);
	} else if (!strcmp(field, "Error") || !strcmp(field, "Comment")) {
		add_field(stanza, *field == 'E' ? "error" : "comment", arena_copy_text(&stanza->arena, value));
	} else {
		add_list(stanza, field, value, at);
	}
	return rest != NULL;
}

static void
take_line(struct history_run *run, const char *line, size_t length, const struct line_reader *reader)
{
	const char *colon = strstr(line, ": "), *field;

	if (!length) {
		end_stanza(run, reader);
		return;
	}
	if (!colon || memchr(line, '\0', length)) {
		odd_lines_add(&run->odd, reader);
		return;
	}
	if (text_has_prefix(line, "Start-Date: "))
		end_stanza(run, reader);
	run->stanza.is_open = true;
	field = arena_copy(&run->stanza.arena, line, (size_t)(colon - line));
	if (!take_field(&run->stanza, field, colon + 2, line, &reader->place))
		odd_lines_add(&run->odd, reader);
}

static enum status
read_history(struct history_run *run, const struct artifact *artifact)
{
	struct line_reader reader;
	struct source *source;
	enum status status = artifact_open(artifact, run->notes, &source);
	char *line;
	size_t length;

	if (status != STATUS_OK && status != STATUS_DAMAGED)
		return status;
	run->odd = (struct odd_lines){ .count = 0 };
	line_reader_init(&reader, source, &artifact->place, run->notes);
	while (line_reader_next(&reader, &line, &length))
		take_line(run, line, length, &reader);
	end_stanza(run, &reader);
	if (run->events > limit_get(LIMIT_EVENTS))
		status = note(run->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &artifact->place,
			"some transactions of this log were left out (events)");
	status = status_worse(status, odd_lines_note(&run->odd, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, run->notes,
		"not in the form of apt's history; what it recorded is not known"));
	status = status_worse(status, reader.status);
	line_reader_release(&reader);
	source_close(source);
	return status;
}

static enum status
parse_apt_history(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct history_run run = { .out = out, .notes = notes };
	enum status status = STATUS_OK;

	for (size_t i = 0; i < group->count; i++)
		status = status_worse(status, read_history(&run, &group->items[i]));
	memory_free(run.stanza.lists);
	return status;
}

const struct eventlog_driver apt_history_eventlog = {
	.name           = "apt_history",
	.description    = "apt: transactions with command line and user (/var/log/apt/history.log and rotated)",
	.files          = (const char *const[]){ "/var/log/apt/history.log*", NULL },
	.is_package_log = true,
	.manager = "dpkg",
	.parse          = parse_apt_history,
};
