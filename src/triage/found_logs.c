/* found_logs.c - logs that lie elsewhere than their driver looks for them, known by their first bytes. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "found_logs.h"

enum { COMPUTER_NAMES_MAX = 4096 };	/* of all systems: a host has one, or a few after it was renamed */

static const struct field fields[] = {
	FIELD(struct found_log, filesystem, FIELD_U32),
	FIELD(struct found_log, row, FIELD_U32),
	FIELD(struct found_log, path, FIELD_TEXT),
	FIELD_AS(struct found_log, is_deleted, "deleted", FIELD_BOOL),
	FIELD_LAST
};
static const struct record_type found_log_record = {
	.name = "found_log", .size = sizeof (struct found_log), .fields = fields,
	.description = "a log by its first bytes",
};

/* ---- in the reading process ---- */

void
found_log_tell(struct reader *reader, uint32_t filesystem, const struct file_entry *entry, const uint8_t *head,
	size_t length)
{
	struct found_log log = { .filesystem = filesystem, .path = entry->path, .is_deleted = entry->state != ENTRY_ALLOCATED };
	size_t row;

	if (entry->stream || !eventlog_of_content(head, length, &row))
		return;
	log.row = (uint32_t)row;
	reader_send(reader, &found_log_record, &log);
}

/* ---- in the coordinator ---- */

bool
found_log_take(struct run *run, const char *line, size_t length)
{
	struct found_log log;

	if (!record_is(line, length, &found_log_record))
		return false;
	if (record_read(line, length, &found_log_record, &run->arena, &log) != STATUS_OK || !log.path ||
	    log.filesystem >= run->readable_count || log.row >= eventlog_driver_count())
		return true;
	run->found_logs = memory_grow(run->found_logs, run->found_log_count, &run->found_log_capacity,
		sizeof *run->found_logs);
	run->found_logs[run->found_log_count++] = log;
	return true;
}

static bool
is_where_its_driver_looks(const struct found_log *log, const char *path)
{
	const char *const *pattern = eventlog_drivers()[log->row]->files;

	while (*pattern && !text_matches_glob(*pattern, path))
		pattern++;
	return *pattern != NULL;
}

static void
note_unread(struct run *run, const struct found_log *log, const char *path, const char *why)
{
	const struct filesystem_fact *fact = &run->facts[log->filesystem];
	struct place place = { .evidence = fact->evidence, .volume = fact->volume, .path = path };

	/* What is deleted is no part of the system as it was last. */
	note_add(&run->notes, &(struct note){ .kind = NOTE_LOG_ELSEWHERE, .at = place, .incomplete = !log->is_deleted,
		.status = STATUS_UNREADABLE, .text = arena_format(&run->arena, "%s is a log by its first bytes (%s) and was not "
			"read: %s", path, eventlog_drivers()[log->row]->description, why) });
}

/* True: it is to be read. */
static bool
settle(struct run *run, struct found_log *log)
{
	const struct systems *systems = &run->inventory.systems;
	const struct installed_system *system = NULL;
	const char *path = log->path;
	bool hidden = false;

	if (!systems_path(systems, log->filesystem, log->path, &run->arena, &system, &path, &hidden))
		system = NULL;
	if (log->is_deleted)
		note_unread(run, log, log->path, "it is deleted, and what lies in its place need not be its content");
	else if (hidden)
		note_unread(run, log, log->path, "it lies where another mount or layer hides it from the system");
	else if (!system)
		note_unread(run, log, log->path, "it lies in no installed system whose programs it could tell of");
	if (log->is_deleted || hidden || !system || is_where_its_driver_looks(log, path))
		return false;
	log->path = path;
	log->system = (uint32_t)(system - systems->items);
	return true;
}

static int
by_system_and_path(const void *left, const void *right)
{
	const struct found_log *a = left, *b = right;

	if (a->system != b->system)
		return a->system < b->system ? -1 : 1;
	return strcmp(a->path, b->path);
}

void
found_logs_settle(struct run *run)
{
	size_t kept = 0;

	for (size_t i = 0; i < run->found_log_count; i++)
		if (settle(run, &run->found_logs[i]))
			run->found_logs[kept++] = run->found_logs[i];
	run->found_log_count = kept;
	if (kept > 1)
		qsort(run->found_logs, kept, sizeof *run->found_logs, by_system_and_path);
}

void
computer_name_keep(struct run *run, const char *system, const char *name)
{
	if (run->computer_name_count >= COMPUTER_NAMES_MAX || computer_name_is_kept(run, system, name))
		return;
	run->computer_names = memory_grow(run->computer_names, run->computer_name_count, &run->computer_name_capacity,
		sizeof *run->computer_names);
	run->computer_names[run->computer_name_count++] = (struct computer_name){ arena_copy_text(&run->arena, system),
		arena_copy_text(&run->arena, name) };
}

/* The last one is asked first: the records of one log name the same. */
bool
computer_name_is_kept(const struct run *run, const char *system, const char *name)
{
	for (size_t i = run->computer_name_count; i; i--)
		if (!strcasecmp(run->computer_names[i - 1].name, name) && !strcmp(run->computer_names[i - 1].system, system))
			return true;
	return false;
}
