/* run.c - what the passes share: pools over the evidence, lines that come back, notes. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/nearby.h>
#include <t1554triage/text.h>

#include "interruption.h"
#include "reader.h"

struct pool *
run_pool_planned(struct run *run, struct pool_plan plan)
{
	if (run->is_sequential && plan.jobs > 1)
		plan.jobs = 1;
	plan.sandboxed = run->options->sandboxed && plan.jobs;
	plan.descriptors = run->descriptors;
	plan.descriptor_count = run->descriptor_count;
	plan.folders = run->folders;
	plan.folder_count = run->folder_count;
	if (!plan.start)
		plan.start = reader_start;
	plan.reading_context = run;
	plan.end_task = reader_end_task;
	plan.stop = reader_stop;
	return pool_open(&plan);
}

struct pool *
run_pool(struct run *run, const char *name, unsigned jobs,
	void (*work)(void *state, struct worker *worker, const char *task),
	void (*done)(void *context, const struct task_result *result), void *context)
{
	return run_pool_planned(run, (struct pool_plan){
		.name = name, .jobs = jobs, .work = work, .done = done, .done_context = context });
}

void
run_pool_through(struct run *run, struct pool *pool)
{
	struct pool *pools[] = { pool, run->verification };
	const bool beside = run->options->jobs && run->verification && !run->is_sequential;

	run_ask_interruption(run);
	pools_run(pools, beside ? 2 : 1);
}

const char not_examined_interrupted[] = "the operator interrupted the run before it was read";

void
run_tell_progress(const struct run *run)
{
	const struct triage_progress progress = { .stage = run->stage, .unit = run->unit, .done = run->done,
		.known = run->known, .bytes = run->bytes, .media_done = verification_bytes(run),
		.media_bytes = run->verification ? run->media_bytes : 0 };

	if (run->observer && run->observer->progress)
		run->observer->progress(run->observer->context, &progress);
}

void
run_enter(struct run *run, const char *stage, const char *unit)
{
	run->stage = stage;
	run->unit = unit;
	run->done = run->known = 0;
	run_tell_progress(run);
}

void
run_ask_interruption(struct run *run)
{
	int number = run->interrupted_by ? 0 : interruption_seen(run->signals);

	if (!number)
		return;
	run->interrupted_by = number == SIGINT ? "SIGINT" : number == SIGTERM ? "SIGTERM" : "SIGHUP";
	run->interrupted_stage = run->stage;
	pools_stop();
}

void
result_each_line(const struct task_result *result,
	void (*take)(void *context, const char *line, size_t length), void *context)
{
	const char *line = result->lines, *end = result->lines + result->length, *newline;
	struct buffer copy;

	buffer_init(&copy, 0);
	for (; line < end && (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
		buffer_clear(&copy);
		buffer_add(&copy, line, (size_t)(newline - line));
		take(context, copy.bytes, copy.length);
	}
	buffer_release(&copy);
}

/* Damage is kept as ranges of the medium, whoever met it: notes are made from the merged ranges. */
static bool
take_damage(struct run *run, const struct note *note)
{
	if (note->kind != NOTE_IMAGE_DAMAGED || !note->length || !note->at.evidence)
		return false;
	for (size_t i = 0; i < run->inventory.evidence_count; i++)
		if (!strcmp(run->inventory.evidences[i].evidence, note->at.evidence)) {
			damage_add(&run->inventory.evidences[i].damage, note->at.offset, note->length);
			return true;
		}
	return false;
}

static bool
take_inflated(struct run *run, const char *line, size_t length)
{
	struct chunks_inflated inflated;

	if (record_read(line, length, &chunks_inflated_record, &run->arena, &inflated) != STATUS_OK)
		return false;
	if (inflated.exhibit < run->exhibits.count) {
		run->chunk_counts[inflated.exhibit].count = inflated.of;
		run->chunk_counts[inflated.exhibit].inflated += inflated.chunks;
	}
	return true;
}

/* What checks and verdicts ask for; everything else is looked up in the store. */
static bool
is_judged_by(enum event_kind kind)
{
	return (kind >= EVENT_PACKAGE_INSTALLED && kind <= EVENT_PACKAGE_DATABASE_CHANGED) || kind == EVENT_LOG_CLEARED;
}

bool
run_may_keep_event(const struct event *event)
{
	return is_judged_by(event->kind) || event_speaks_of_locks(event) || event_nearby_kept(event) != NEARBY_NOTHING;
}

/* The report looks at some events, and at one of each system at least. */
static bool
is_looked_at(struct run *run, const struct event *event)
{
	return (event->system && map_add_text(&run->event_systems, event->system, 0)) || report_looks_at(event);
}

void
run_add_event(struct run *run, const struct event *event, uint64_t offset, size_t length)
{
	event_store_add(run->inventory.event_store, event, offset, length, is_looked_at(run, event));
	if (is_judged_by(event->kind) || event_speaks_of_locks(event) ||
	    (event_nearby(event) != NEARBY_NOTHING && run->nearby++ < NEARBY_KEPT))
		inventory_add_event(&run->inventory, event);
}

bool
run_take_note(struct run *run, const char *line, size_t length)
{
	struct arena arena;
	struct note note;
	bool is_note;

	if (take_inflated(run, line, length))
		return true;
	if (!record_is(line, length, &note_record))
		return false;
	arena_init(&arena);
	is_note = record_read(line, length, &note_record, &arena, &note) == STATUS_OK;
	/* Several processes open the same exhibit and say the same of it: once is enough. */
	if (is_note && !take_damage(run, &note) && map_add(&run->notes_seen, line, length, 0))
		note_add(&run->notes, &note);
	arena_release(&arena);
	return is_note;
}

void
run_note_lost(struct run *run, const struct task_result *result, const struct place *at)
{
	for (size_t i = 0; i < result->lost_count; i++) {
		struct place place = *at;

		if (*result->lost[i])
			place.path = result->lost[i];
		note(&run->notes, STATUS_UNREADABLE,
			result->outcome == TASK_STALLED ? NOTE_WORKER_STALLED : NOTE_WORKER_DIED, &place,
			"a reading process was lost on %s (%s): %s", place.path ? place.path : place.system ?
			"what this system says of itself and of systems within it" : "this item",
			result->lost_why[i], result->outcome == TASK_DONE ? "the item was left out, the rest was read"
			: "it was tried twice and given up");
	}
}

void
run_note_damage(struct run *run)
{
	for (size_t i = 0; i < run->inventory.evidence_count; i++) {
		const struct evidence_summary *evidence = &run->inventory.evidences[i];
		uint32_t sector = evidence->sector_size ? evidence->sector_size : 512;

		for (size_t r = 0; r < evidence->damage.count; r++) {
			const struct damage_range *range = &evidence->damage.ranges[r];
			struct buffer text;

			buffer_init(&text, 0);
			buffer_add_format(&text, "sectors %llu to %llu of the medium fail their checksum, cannot be read "
				"or are missing: zeros stand in their place",
				(unsigned long long)(range->offset / sector),
				(unsigned long long)((range->offset + range->length - 1) / sector));
			note_add(&run->notes, &(struct note){ .kind = NOTE_IMAGE_DAMAGED, .status = STATUS_DAMAGED,
				.at = { .evidence = evidence->evidence, .offset = range->offset },
				.length = range->length, .text = text.bytes, .incomplete = true });
			buffer_release(&text);
		}
	}
}
