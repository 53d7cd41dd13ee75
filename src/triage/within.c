/*
 * within.c - systems within the file systems of others: what container stores hold, and what the upper layers hide.
 *
 * Each system is asked for its container stores, then those that were found in it, until there are no more. An upper
 * layer's names are read once, however many containers lie on it. The walk finds those in plain folders.
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "facts.h"
#include "reader.h"
#include "task.h"

struct cover_told { const char *path; enum cover cover; };
static const struct field cover_fields[] = {
	FIELD(struct cover_told, path, FIELD_TEXT),
	FIELD_ENUM(struct cover_told, cover, "cover", cover_names),
	FIELD_LAST
};
static const struct record_type cover_record = {
	.name = "cover", .size = sizeof (struct cover_told), .fields = cover_fields,
	.description = "a name in an upper layer of a container",
};

/* ---- in the reading process ---- */

static void
send_system(void *context, const struct within_fact *fact)
{
	struct reader *reader = context;

	reader_send(reader, &within_fact_record, fact);
	for (size_t i = 0; i < fact->layer_count; i++)
		reader_send(reader, &layer_record, &fact->layers[i]);
	worker_progress(reader->worker);
}

static void
send_cover(void *context, const char *volume_path, enum cover cover)
{
	struct reader *reader = context;
	struct cover_told told = { volume_path, cover };

	reader_send(reader, &cover_record, &told);
	worker_progress(reader->worker);
}

static void
work(void *state, struct worker *worker, const char *task)
{
	struct reader *reader = state;
	struct filesystem *filesystem;
	struct task_order order;

	(void)worker;
	if (!task_read(task, &reader->scratch, &order))
		return;
	if (order.kind == TASK_WITHIN && order.number < reader->run->inventory.systems.count) {
		system_within(reader_view(reader, order.number), &(struct within_sink){ send_system, reader });
	} else if (order.kind == TASK_COVERS && order.number < reader->run->readable_count) {
		filesystem = reader_filesystem(reader, order.number);
		if (filesystem)
			system_covers(filesystem, order.path, order.row, reader->notes,
				&(struct cover_sink){ send_cover, reader });
	}
	reader_trim_views(reader);
	arena_release(&reader->scratch);
}

/* ---- in the coordinator ---- */

/* A result as it came, kept by task: the order of ending does not matter. */
struct kept { char *lines; size_t length; };

struct finding_within {
	struct run   *run;
	struct kept  *kept;
	size_t        first;		/* system of the first of kept */
	struct arena  arena;
	struct within_fact fact;	/* waits for its layers */
	struct layer *layers;
	size_t        layer_capacity;
	uint32_t      filesystem;	/* of the covers that are taken */
	uint64_t      covers;
};

void
run_add_system(struct run *run, const struct within_fact *fact)
{
	struct inventory *inventory = &run->inventory;
	size_t count = inventory->systems.count;
	struct system_summary *summaries;

	systems_add_within(&inventory->systems, fact);
	summaries = arena_allocate(&run->arena, (count + 1) * sizeof *summaries);
	memcpy(summaries, inventory->summaries, count * sizeof *summaries);
	summaries[count] = (struct system_summary){ .zone_source = "", .logs_whole = true, .database_whole = true };
	for (size_t i = 0; i <= count; i++)
		summaries[i].system = &inventory->systems.items[i];
	inventory->summaries = summaries;
}

bool
run_has_room_for_system(struct run *run, const struct place *place, const char *origin)
{
	uint64_t limit = limit_get(LIMIT_SYSTEMS);

	if (run->inventory.systems.count < limit)
		return true;
	note(&run->notes, STATUS_UNREADABLE, NOTE_LIMIT_HIT, place, "%s was not joined: there are more than %llu systems "
		"(systems); its programs were asked in hash sets and not compared with its packages", origin,
		(unsigned long long)limit);
	return false;
}

static void
flush_system(struct finding_within *at)
{
	struct run *run = at->run;
	const struct within_fact *fact = &at->fact;
	struct place place;

	if (!fact->layer_count)
		return;
	at->fact.layers = at->layers;
	place = (struct place){ .evidence = run->facts[at->layers[0].filesystem].evidence,
		.volume = run->facts[at->layers[0].filesystem].volume, .path = at->layers[0].subroot };
	if (run_has_room_for_system(run, &place, fact->system.origin))
		run_add_system(run, fact);
	at->fact.layer_count = 0;
}

static void
take_line(void *context, const char *line, size_t length)
{
	struct finding_within *at = context;
	struct layer layer;
	struct within_fact fact;

	if (record_read(line, length, &layer_record, &at->arena, &layer) == STATUS_OK) {
		if (layer.filesystem < at->run->readable_count && layer.subroot &&
		    at->fact.layer_count <= limit_get(LIMIT_LAYERS)) {
			at->layers = memory_grow(at->layers, at->fact.layer_count, &at->layer_capacity, sizeof *at->layers);
			at->layers[at->fact.layer_count++] = layer;
		}
		return;
	}
	flush_system(at);
	if (record_read(line, length, &within_fact_record, &at->arena, &fact) == STATUS_OK)
		at->fact = fact;
	else
		run_take_note(at->run, line, length);
}

static void
take_cover(void *context, const char *line, size_t length)
{
	struct finding_within *at = context;
	struct cover_told told;

	if (record_read(line, length, &cover_record, &at->arena, &told) != STATUS_OK)
		run_take_note(at->run, line, length);
	else if (told.path && at->covers++ < limit_get(LIMIT_LAYER_ENTRIES)) {
		systems_add_cover(&at->run->inventory.systems, at->filesystem, told.path, told.cover);
		facts_keep_cover(at->run, at->filesystem, told.path, told.cover);
	}
	arena_release(&at->arena);
}

static void
keep(void *context, const struct task_result *result)
{
	struct finding_within *at = context;
	struct task_order order;
	struct kept *kept;

	if (!task_read(result->task, &at->arena, &order))
		return;
	kept = &at->kept[order.number - at->first];
	kept->lines = memory_allocate(result->length + 1, 1);
	memcpy(kept->lines, result->lines, result->length);
	kept->length = result->length;
	run_note_lost(at->run, result, &(struct place){ .system = at->run->inventory.systems.items[order.number].id });
	arena_release(&at->arena);
}

static void
take_covers(void *context, const struct task_result *result)
{
	struct finding_within *at = context;
	struct task_order order;

	if (!task_read(result->task, &at->arena, &order) || order.number >= at->run->readable_count)
		return;
	at->filesystem = order.number;
	run_note_lost(at->run, result, &(struct place){ .evidence = at->run->facts[order.number].evidence,
		.volume = at->run->facts[order.number].volume, .path = order.path });
	result_each_line(result, take_cover, at);
	arena_release(&at->arena);
}

/* Asks the systems from first on; those that are found follow behind them. */
static void
ask_systems(struct finding_within *at, size_t first)
{
	size_t count = at->run->inventory.systems.count - first;
	struct pool *pool = run_pool(at->run, "within", at->run->options->jobs, work, keep, at);
	struct buffer line;

	at->first = first;
	at->kept = memory_allocate(count, sizeof *at->kept);
	buffer_init(&line, 0);
	for (size_t i = 0; i < count; i++) {
		task_write(&line, &(struct task_order){ .kind = TASK_WITHIN, .number = (uint32_t)(first + i) });
		pool_add(pool, line.bytes);
	}
	buffer_release(&line);
	run_pool_through(at->run, pool);
	pool_close(pool);
	for (size_t i = 0; i < count; i++) {
		if (at->kept[i].lines)
			result_each_line(&(struct task_result){ .lines = at->kept[i].lines, .length = at->kept[i].length },
				take_line, at);
		flush_system(at);
		arena_release(&at->arena);
		memory_free(at->kept[i].lines);
	}
	memory_free(at->kept);
}

/* Each layer that lies above another one, once. */
static void
read_covers(struct finding_within *at, size_t first)
{
	const struct systems *systems = &at->run->inventory.systems;
	struct pool *pool = run_pool(at->run, "layers", at->run->options->jobs, work, take_covers, at);
	struct buffer line;
	struct map seen;

	map_init(&seen);
	buffer_init(&line, 0);
	for (size_t i = first; i < systems->count; i++) {
		const struct mount *mount = systems->items[i].mounts;

		for (size_t k = 0; k < mount->lower_count; k++) {
			const struct layer layer = mount_layer(mount, k);

			task_write(&line, &(struct task_order){ .kind = TASK_COVERS, .number = layer.filesystem,
				.path = layer.subroot, .row = mount->has_named_whiteouts });
			if (map_add_text(&seen, line.bytes, 0))
				pool_add(pool, line.bytes);
		}
	}
	buffer_release(&line);
	map_release(&seen);
	run_pool_through(at->run, pool);
	pool_close(pool);
	if (at->covers > limit_get(LIMIT_LAYER_ENTRIES))
		note(&at->run->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, NULL, "the upper layers of all containers hold more than "
			"%llu names: what they hide of the layers below is not known of all (layer-entries)",
			(unsigned long long)limit_get(LIMIT_LAYER_ENTRIES));
}

void
pass_within(struct run *run, size_t first)
{
	struct finding_within at = { .run = run };

	run_enter(run, "joining", "systems");
	arena_init(&at.arena);
	for (size_t from = first, count; from < (count = run->inventory.systems.count); from = count)
		ask_systems(&at, from);
	read_covers(&at, first);
	memory_free(at.layers);
	arena_release(&at.arena);
}
