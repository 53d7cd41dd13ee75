/*
 * collect.c - databases and logs of each system: one driver on one system is a task of a reading process (collect_read.c), or
 * several; what these hand out is taken into the inventory here, in the order of the tasks.
 */
#include <errno.h>
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "collect.h"
#include "facts.h"
#include "found_logs.h"
#include "part_spool.h"
#include "reader.h"
#include "task.h"

enum { TAKEN_BESIDE_BYTES = 64 << 20 };	/* of one task, while processes read others */

struct collection {
	struct run   *run;
	struct part_spool *parts;	/* by task, so that the order of ending does not matter */
	size_t        count, first;	/* first: the system whose tasks stand first */
	bool         *is_open;		/* by task: it is not done */
	size_t        taken;		/* tasks */
	bool          is_found;		/* each is that of a system, of logs that were found */
	struct system_summary *summary;
	bool          is_package_log, is_database, is_shared;
	struct event  event;		/* waits for its fields */
	bool          has_event, wants_fields;
	uint64_t      event_offset, event_length;	/* of its lines among those of the store, as far as they lie together */
	struct buffer event_lines;	/* the same, copied, where they do not; else empty */
	uint64_t      events_over;	/* beyond LIMIT_EVENTS */
	struct buffer computer_line;	/* the last field that named the computer of a system's own record */
	struct event_field *fields;
	size_t        field_capacity;
	struct seen_files { struct artifact_seen *items; size_t count, capacity; } shared;	/* of a driver whose files were read in shares */
	struct arena  arena, shared_arena;
};

static void
cover_time(struct system_summary *summary, const struct timestamp *time)
{
	struct timestamp *first = &summary->log_first, *last = &summary->log_last;

	if (!timestamp_is_recorded(time) || time->local)
		return;
	if (!timestamp_is_recorded(first) || timestamp_compare(time, first) < 0)
		*first = *time;
	if (!timestamp_is_recorded(last) || timestamp_compare(time, last) > 0)
		*last = *time;
}

static void
flush_event(struct collection *at)
{
	struct inventory *inventory = &at->run->inventory;

	if (!at->has_event)
		return;
	at->has_event = false;
	if (event_store_count(inventory->event_store) >= limit_get(LIMIT_EVENTS)) {
		at->events_over++;
		return;
	}
	if (at->event_lines.length) {
		at->event_length = at->event_lines.length;
		at->event_offset = spool_file_add(event_store_lines(inventory->event_store), at->event_lines.bytes, at->event_lines.length);
	}
	at->event.fields = at->fields;
	run_add_event(at->run, &at->event, at->event_offset, (size_t)at->event_length);
	at->summary->events++;
	if (at->is_package_log)
		cover_time(at->summary, &at->event.time);
}

/* Where a part ends within the event, or a line of it is none of its own: its lines are put together again. */
static void
copy_event_lines(struct collection *at)
{
	char *room = buffer_room(&at->event_lines, (size_t)at->event_length);

	if (room && spool_file_read(event_store_lines(at->run->inventory.event_store), at->event_offset, room,
	    (size_t)at->event_length) == at->event_length)
		buffer_added(&at->event_lines, (size_t)at->event_length);
	else
		at->run->spool_error = errno ? errno : EIO;
}

/* A line of the event, before it is read in its place. */
static void
keep_event_line(struct collection *at, const char *line, size_t length, uint64_t offset)
{
	if (!at->event_lines.length && offset == at->event_offset + at->event_length) {
		at->event_length += length + 1;
		return;
	}
	if (!at->event_lines.length)
		copy_event_lines(at);
	buffer_add(&at->event_lines, line, length);
	buffer_add_char(&at->event_lines, '\n');
}

/*
 * Whether it is a field as all are written, that record_read would understand: those of most events are asked for
 * nothing here.  Its name is handed out as it is written.
 */
static bool
is_usual_field(const char *line, size_t length, const char **ret_name, size_t *ret_length)
{
	static const char before[] = "event-field name=", between[] = " value=", nul[] = "%00";
	const char *name = line + sizeof before - 1, *end = line + length, *value;

	if (length < sizeof before || memcmp(line, before, sizeof before - 1))
		return false;
	value = memchr(name, ' ', (size_t)(end - name));
	if (!value || (size_t)(end - value) < sizeof between - 1 || memcmp(value, between, sizeof between - 1) ||
	    memchr(value + 1, ' ', (size_t)(end - value - 1)) || memchr(line, 0, length))
		return false;
	*ret_name = name;
	*ret_length = (size_t)(value - name);
	for (const char *escape = name; (escape = memchr(escape, '%', (size_t)(end - escape))); escape++)
		if ((size_t)(end - escape) >= sizeof nul - 1 && !memcmp(escape, nul, sizeof nul - 1))
			return false;
	return true;
}

/* The records of one log name the same computer, and are looked at once. */
static bool
is_same_computer(const struct collection *at, const char *line, size_t length)
{
	return at->computer_line.length == length && !memcmp(at->computer_line.bytes, line, length);
}

static void
keep_computer(struct collection *at, const char *line, size_t length, const char *name)
{
	if (!at->event.system || !at->event.at.evidence || at->is_found || is_same_computer(at, line, length))
		return;
	buffer_clear(&at->computer_line);
	buffer_add(&at->computer_line, line, length);
	computer_name_keep(at->run, at->event.system, name);
}

/* False: it is no field of the event. */
static bool
take_field(struct collection *at, char *line, size_t length, uint64_t offset)
{
	struct event_field field;
	const char *name;
	size_t name_length;

	if (!at->wants_fields && is_usual_field(line, length, &name, &name_length) && !report_looks_at_field(name, name_length) &&
	    (is_same_computer(at, line, length) || name_length != strlen("Computer") || memcmp(name, "Computer", name_length))) {
		keep_event_line(at, line, length, offset);
		return true;
	}
	if (record_read(line, length, &event_field_record, &at->arena, &field) != STATUS_OK)
		return false;
	if (!field.name || !field.value)
		return true;
	if (!strcmp(field.name, "Computer"))
		keep_computer(at, line, length, field.value);
	keep_event_line(at, line, length, offset);
	at->fields = memory_grow(at->fields, at->event.field_count, &at->field_capacity, sizeof *at->fields);
	at->fields[at->event.field_count++] = field;
	return true;
}

/* Its texts are copied: the line is written over by the next. */
static bool
take_event_head(struct collection *at, const char *line, size_t length, uint64_t offset)
{
	struct event event;

	if (record_read(line, length, &event_record, &at->arena, &event) != STATUS_OK)
		return false;
	at->event = event;
	at->has_event = true;
	at->wants_fields = run_may_keep_event(&event);
	at->event_offset = offset;
	at->event_length = length + 1;
	buffer_clear(&at->event_lines);
	return true;
}

static void
add_seen(struct collection *at, const struct artifact_seen *seen)
{
	bool is_there = strcmp(seen->result, "absent") != 0, is_whole = !strcmp(seen->result, "read");

	inventory_add_artifact(&at->run->inventory, seen);
	if (!is_there)
		return;
	if (at->is_database) {
		at->summary->has_database |= seen->rows > 0;
		at->summary->database_whole &= is_whole;
	} else if (at->is_package_log) {
		at->summary->has_package_log = true;
		at->summary->logs_whole &= is_whole;
	}
}

/* Of shares it is told as if one process had read all files. */
static void
add_shared(struct collection *at)
{
	struct seen_files *shared = &at->shared;
	struct artifact_seen sum = { .result = "read" };

	for (size_t i = 0; i < shared->count; i++) {
		sum.rows += shared->items[i].rows;
		sum.size += shared->items[i].size;
		if (!strcmp(sum.result, "read") || !strcmp(shared->items[i].result, "unreadable"))
			sum.result = shared->items[i].result;
	}
	for (size_t i = 0; i < shared->count && (!i || shared->count <= ARTIFACTS_LISTED); i++) {
		struct artifact_seen *seen = &shared->items[i];

		if (shared->count > ARTIFACTS_LISTED)
			*seen = (struct artifact_seen){ .system = seen->system, .driver = seen->driver, .table = seen->table,
				.path = seen->path, .size = sum.size };
		seen->rows = i ? 0 : sum.rows;
		seen->result = sum.result;
		add_seen(at, seen);
	}
	shared->count = 0;
	arena_clear(&at->shared_arena);
}

static void
take_seen(struct collection *at, const struct artifact_seen *seen)
{
	struct artifact_seen *own;

	if (!at->is_shared) {
		add_seen(at, seen);
		return;
	}
	at->shared.items = memory_grow(at->shared.items, at->shared.count, &at->shared.capacity, sizeof *at->shared.items);
	own = &at->shared.items[at->shared.count++];
	*own = *seen;
	own->system = arena_copy_text(&at->shared_arena, seen->system);
	own->table = arena_copy_text(&at->shared_arena, seen->table);
	own->driver = arena_copy_text(&at->shared_arena, seen->driver);
	own->path = arena_copy_text(&at->shared_arena, seen->path);
	own->result = arena_copy_text(&at->shared_arena, seen->result);
}

static void
take_line(void *context, char *line, size_t length, uint64_t offset)
{
	struct collection *at = context;
	struct inventory *inventory = &at->run->inventory;
	union {
		struct package package; struct package_file file; struct package_lock lock;
		struct package_diversion diversion; struct package_part part; struct package_witness witness; struct package_baseline baseline;
		struct package_load load; struct zone_told zone; struct artifact_seen seen; struct rule_match match;
	} fact;

	if (at->has_event && take_field(at, line, length, offset))
		return;
	flush_event(at);
	arena_clear(&at->arena);
	if (take_event_head(at, line, length, offset))
		return;
	if (record_read(line, length, &rule_match_record, &at->arena, &fact) == STATUS_OK) {
		if (fact.match.number < rule_set_count(inventory->rules))
			inventory_add_log_match(inventory, &fact.match);
		return;
	}
	facts_keep_line(at->run, line, length);
	if (record_read(line, length, &package_file_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_package_file(inventory, &fact.file);
		at->summary->package_files++;
	} else if (record_read(line, length, &package_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_package(inventory, &fact.package);
		at->summary->packages++;
	} else if (record_read(line, length, &package_lock_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_lock(inventory, &fact.lock);
		at->summary->locks++;
	} else if (record_read(line, length, &package_diversion_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_diversion(inventory, &fact.diversion);
	} else if (record_read(line, length, &package_witness_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_witness(inventory, &fact.witness);
	} else if (record_read(line, length, &package_baseline_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_baseline(inventory, &fact.baseline);
	} else if (record_read(line, length, &package_load_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_load(inventory, &fact.load);
	} else if (record_read(line, length, &package_part_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_part(inventory, &fact.part);
	} else if (record_read(line, length, &artifact_seen_record, &at->arena, &fact) == STATUS_OK) {
		take_seen(at, &fact.seen);
	} else if (record_read(line, length, &zone_told_record, &at->arena, &fact) == STATUS_OK) {
		at->summary->zone.name = arena_copy_text(&inventory->arena, fact.zone.name ? fact.zone.name : "");
		at->summary->zone.known = fact.zone.known;
		at->summary->zone_source = arena_copy_text(&inventory->arena, fact.zone.source ? fact.zone.source : "");
	} else {
		run_take_note(at->run, line, length);
	}
}

static size_t
row_count(const void *const *rows)
{
	size_t count = 0;

	while (rows[count])
		count++;
	return count;
}

/* Tasks stand in this order for each system: zone, package databases, logs; each has the place of COLLECT_SHARES. */
static size_t
tasks_of_system(void)
{
	return 1 + row_count((const void *const *)package_db_drivers()) +
		row_count((const void *const *)eventlog_drivers());
}

/* The order of a task and where it stands among all; false: it is none of them. */
static bool
find_task(struct collection *at, const char *task, struct task_order *ret_order, size_t *ret_position)
{
	size_t packages = row_count((const void *const *)package_db_drivers());

	if (!task_read(task, &at->arena, ret_order))
		return false;
	if (ret_order->table == COLLECT_FOUND) {
		*ret_position = ret_order->number;
		return true;
	}
	*ret_position = ((ret_order->number - at->first) * tasks_of_system() + (ret_order->table == COLLECT_ZONE ? 0 :
		ret_order->table == COLLECT_PACKAGES ? 1 + ret_order->row : 1 + packages + ret_order->row)) * COLLECT_SHARES +
		ret_order->item;
	return true;
}

/* In the order of the tasks, whatever the order was in which they ended. */
static void
take_task(struct collection *at, size_t number)
{
	size_t packages = row_count((const void *const *)package_db_drivers());
	size_t position = at->is_found ? 0 : number / COLLECT_SHARES % tasks_of_system();

	at->summary = &at->run->inventory.summaries[at->is_found ? number : at->first + number / COLLECT_SHARES / tasks_of_system()];
	at->is_shared = position > packages && collect_shares(eventlog_drivers()[position - 1 - packages]) > 1;
	at->is_package_log = position > packages && eventlog_drivers()[position - 1 - packages]->is_package_log;
	at->is_database = position && position <= packages && !package_db_drivers()[position - 1]->locks_only;
	buffer_clear(&at->computer_line);
	if (!part_spool_each_line(at->parts, number, take_line, at))
		at->run->spool_error = errno ? errno : EIO;
	flush_event(at);
	arena_clear(&at->arena);
	if (at->is_shared && number % COLLECT_SHARES == COLLECT_SHARES - 1)
		add_shared(at);
}

/* While others are still read: what is long enough that their processes would seem to stand still meanwhile waits. */
static void
take_ready(struct collection *at)
{
	while (at->taken < at->count && !at->is_open[at->taken] && part_spool_bytes(at->parts, at->taken) <= TAKEN_BESIDE_BYTES)
		take_task(at, at->taken++);
}

static void
keep_lines(struct collection *at, size_t position, const char *lines, size_t length)
{
	part_spool_add(at->parts, position, lines, length);
}

static void
keep_part(void *context, const char *task, const char *lines, size_t length)
{
	struct collection *at = context;
	struct task_order order;
	size_t position;

	if (find_task(at, task, &order, &position))
		keep_lines(at, position, lines, length);
	arena_release(&at->arena);
}

static void
drop_parts(void *context, const char *task)
{
	struct collection *at = context;
	struct task_order order;
	size_t position;

	if (find_task(at, task, &order, &position))
		part_spool_drop(at->parts, position);
	arena_release(&at->arena);
}

static void
keep(void *context, const struct task_result *result)
{
	struct collection *at = context;
	const struct installed_system *system;
	struct task_order order;
	size_t position;

	if (!find_task(at, result->task, &order, &position))
		return;
	system = &at->run->inventory.systems.items[order.number];
	keep_lines(at, position, result->lines, result->length);
	for (size_t i = 0; i < result->lost_count; i++) {
		struct place place = { .evidence = at->run->facts[system->root].evidence, .system = system->id,
			.path = result->lost[i] };

		note(&at->run->notes, STATUS_UNREADABLE, result->outcome == TASK_STALLED ? NOTE_WORKER_STALLED
			: NOTE_WORKER_DIED, &place, "%s could not be read: the reading process was lost (%s)",
			*result->lost[i] ? result->lost[i] : "an artifact", result->lost_why[i]);
		at->run->inventory.summaries[order.number].database_whole &= order.table != COLLECT_PACKAGES ||
			package_db_drivers()[order.row]->locks_only;
		at->run->inventory.summaries[order.number].logs_whole &= order.table != COLLECT_EVENTS ||
			!eventlog_drivers()[order.row]->is_package_log;
	}
	arena_release(&at->arena);
	at->is_open[position] = false;
	take_ready(at);
}

static void
add_task(struct collection *at, struct pool *pool, const struct task_order *order)
{
	struct task_order same;
	struct buffer line;
	size_t position;

	buffer_init(&line, 0);
	task_write(&line, order);
	if (find_task(at, line.bytes, &same, &position))
		at->is_open[position] = true;
	pool_add(pool, line.bytes);
	buffer_release(&line);
}

static void
add_tasks(struct collection *at, struct pool *pool, uint32_t system)
{
	add_task(at, pool, &(struct task_order){ .kind = TASK_COLLECT, .number = system, .table = COLLECT_ZONE });
	for (uint32_t row = 0; package_db_drivers()[row]; row++)
		add_task(at, pool, &(struct task_order){ .kind = TASK_COLLECT, .number = system, .table = COLLECT_PACKAGES, .row = row });
	for (uint32_t row = 0; eventlog_drivers()[row]; row++)
		for (uint64_t share = 0; share < collect_shares(eventlog_drivers()[row]); share++)
			add_task(at, pool, &(struct task_order){ .kind = TASK_COLLECT, .number = system, .table = COLLECT_EVENTS,
				.row = row, .item = share });
}

/* A gap in the rotation of a package log: what it held is not there to explain anything. */
static void
apply_gaps(struct run *run)
{
	struct inventory *inventory = &run->inventory;

	for (size_t i = 0; i < inventory->note_count; i++)
		for (size_t s = 0; inventory->notes[i].kind == NOTE_LOG_GAP && s < inventory->systems.count; s++)
			if (inventory->notes[i].at.system &&
			    !strcmp(inventory->notes[i].at.system, inventory->systems.items[s].id))
				inventory->summaries[s].logs_whole = false;
}

static void
note_missing_databases(struct run *run, size_t first)
{
	for (size_t i = first; i < run->inventory.systems.count; i++) {
		const struct installed_system *system = &run->inventory.systems.items[i];
		const struct filesystem_fact *root = &run->facts[system->root];
		struct place place = { .evidence = root->evidence, .system = system->id, .volume = root->volume };

		if (run->inventory.summaries[i].has_database)
			continue;
		note_add(&run->notes, &(struct note){ .kind = NOTE_DATABASE_NONE, .status = STATUS_UNREADABLE,
			.at = place, .incomplete = system->has_package_database,
			.text = system->has_package_database
			? "a package database is there, but no package could be read from it: no program of this system has a baseline"
			: system->windows ? "the component store of Windows is not read by this version: no program of this system has a baseline from it"
			: "no package database was found: no program of this system has a baseline" });
	}
}

static void
note_events_over(const struct collection *at)
{
	if (at->run->nearby > NEARBY_KEPT)
		note(&at->run->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, NULL,
			"%llu logins, deployments and commands by sudo are not shown beside the changes that they are near to: no more "
			"than %u are; all of them stand in events.jsonl", (unsigned long long)(at->run->nearby - NEARBY_KEPT),
			(unsigned)NEARBY_KEPT);
	if (at->events_over)
		note(&at->run->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, NULL,
			"%llu records of logs were left out: no more than %llu are kept; --limit events=NUMBER allows more",
			(unsigned long long)at->events_over, (unsigned long long)limit_get(LIMIT_EVENTS));
}

/* For at->count tasks; the pool that does them. */
static struct pool *
open_collection(struct collection *at, const char *name)
{
	at->parts = part_spool_open(event_store_lines(at->run->inventory.event_store), at->count);
	at->is_open = memory_allocate(at->count, sizeof *at->is_open);
	buffer_init(&at->event_lines, 0);
	buffer_init(&at->computer_line, 0);
	arena_init(&at->arena);
	arena_init(&at->shared_arena);
	return run_pool_planned(at->run, (struct pool_plan){ .name = name, .jobs = at->run->options->jobs, .ahead = 1, .work = collect_read,
		.part = keep_part, .part_lost = drop_parts, .done = keep, .done_context = at });
}

/* Until all that was asked for is done, and taken. */
static void
finish_collection(struct collection *at, struct pool *pool)
{
	run_pool_through(at->run, pool);
	pool_close(pool);
	while (at->taken < at->count)
		take_task(at, at->taken++);
	part_spool_close(at->parts);
	memory_free(at->is_open);
	buffer_release(&at->event_lines);
	buffer_release(&at->computer_line);
	memory_free(at->fields);
	memory_free(at->shared.items);
	arena_release(&at->shared_arena);
	arena_release(&at->arena);
	note_events_over(at);
}

void
pass_collect(struct run *run, size_t first)
{
	struct collection at = { .run = run, .first = first };
	struct pool *pool;

	run_enter(run, "collecting", "");
	at.count = (run->inventory.systems.count - first) * tasks_of_system() * COLLECT_SHARES;
	pool = open_collection(&at, "collect");
	for (size_t i = first; i < run->inventory.systems.count; i++)
		add_tasks(&at, pool, (uint32_t)i);
	finish_collection(&at, pool);
	apply_gaps(run);
	if (!run->interrupted_by)
		note_missing_databases(run, first);
	if (run->export_count && !run->inventory.systems.count)
		note(&run->notes, STATUS_OK, NOTE_INPUT_UNUSED, NULL, "the records of --events and --network were not read: there is no "
			"installed system in the evidence that they could tell of");
	inventory_index_packages(&run->inventory);
}

static void
add_found_tasks(struct collection *at, struct pool *pool)
{
	const struct run *run = at->run;
	struct buffer line;

	buffer_init(&line, 0);
	for (size_t i = 0; i < run->found_log_count; i++) {
		uint32_t system = run->found_logs[i].system;

		if (at->is_open[system])
			continue;
		at->is_open[system] = true;
		task_write(&line, &(struct task_order){ .kind = TASK_COLLECT, .number = system, .table = COLLECT_FOUND });
		pool_add(pool, line.bytes);
	}
	buffer_release(&line);
}

void
pass_collect_found(struct run *run)
{
	struct collection at = { .run = run, .count = run->inventory.systems.count, .is_found = true };
	struct pool *pool;

	found_logs_settle(run);
	if (!run->found_log_count || run->interrupted_by)
		return;
	run_enter(run, "collecting logs that were found", "");
	pool = open_collection(&at, "found");
	add_found_tasks(&at, pool);
	finish_collection(&at, pool);
}
