/*
 * runs.c - where the content of files lies that findings are about: runs of blocks on the medium, so that anybody can cut
 * them out of the image without this program
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "reader.h"
#include "runs.h"
#include "task.h"

static const struct field fields[] = {
	FIELD(struct told_run, number, FIELD_U32),
	FIELD(struct told_run, file_offset, FIELD_U64),
	FIELD(struct told_run, image_offset, FIELD_U64),
	FIELD(struct told_run, length, FIELD_U64),
	FIELD(struct told_run, is_hole, FIELD_BOOL),
	FIELD(struct told_run, is_cut, FIELD_BOOL),
	FIELD_LAST
};
const struct record_type told_run_record = {
	.name = "content-run", .size = sizeof (struct told_run), .fields = fields,
	.description = "where a part of a file lies on the medium",
};

/* ---- in the reading process ---- */

static void
send_runs(struct reader *reader, struct filesystem *filesystem, const struct file *file)
{
	size_t limit = (size_t)limit_get(LIMIT_FILE_RUNS), count;
	struct content_run *runs = memory_allocate(limit + 1, sizeof *runs);

	count = filesystem->driver->runs(filesystem, &file->entry, runs, limit + 1);
	for (size_t i = 0; i < count && i < limit; i++) {
		bool is_hole = runs[i].image_offset == UINT64_MAX;

		reader_send(reader, &told_run_record, &(struct told_run){ .number = file->number,
			.file_offset = runs[i].file_offset, .image_offset = is_hole ? 0 : runs[i].image_offset,
			.length = runs[i].length, .is_hole = is_hole, .is_cut = i + 1 == limit && count > limit });
	}
	memory_free(runs);
}

static void
work(void *state, struct worker *worker, const char *task)
{
	struct reader *reader = state;
	struct filesystem *filesystem;
	const struct file *file;
	struct task_order order;

	if (!task_read(task, &reader->scratch, &order) || order.item >= reader->run->inventory.file_count)
		return;
	file = &reader->run->inventory.files[order.item];
	worker_touch(worker, file->path);
	filesystem = worker_must_skip(worker, file->path) ? NULL : reader_filesystem(reader, file->filesystem);
	if (filesystem && filesystem->driver->runs)
		send_runs(reader, filesystem, file);
	arena_release(&reader->scratch);
}

/* ---- in the coordinator ---- */

bool
runs_take(struct run *run, const struct told_run *told)
{
	struct inventory *inventory = &run->inventory;
	struct file_runs *runs;
	struct file *file;

	if (told->number >= inventory->file_count || told->image_offset == UINT64_MAX)
		return false;
	file = &inventory->files[told->number];
	if (!file->runs)
		file->runs = arena_allocate(&run->arena, sizeof *file->runs);
	runs = file->runs;
	if (runs->count >= limit_get(LIMIT_FILE_RUNS)) {
		runs->is_cut = true;
		return true;
	}
	if (runs->count == runs->capacity) {
		size_t capacity = runs->capacity ? 2 * runs->capacity : 4;
		struct content_run *items = arena_allocate(&run->arena, capacity * sizeof *items);

		if (runs->count)
			memcpy(items, runs->items, runs->count * sizeof *items);
		runs->items = items;
		runs->capacity = capacity;
	}
	runs->items[runs->count++] = (struct content_run){ told->file_offset, told->is_hole ? UINT64_MAX : told->image_offset,
		told->length };
	runs->is_cut |= told->is_cut;
	return true;
}

static void
take_line(void *context, const char *line, size_t length)
{
	struct run *run = context;
	struct arena scratch;
	struct told_run told;

	arena_init(&scratch);
	if (record_read(line, length, &told_run_record, &scratch, &told) != STATUS_OK)
		run_take_note(run, line, length);
	else
		runs_take(run, &told);
	arena_release(&scratch);
}

static void
done(void *context, const struct task_result *result)
{
	struct run *run = context;
	struct place place = { .path = NULL };

	run_note_lost(run, result, &place);
	result_each_line(result, take_line, run);
}

/* What has blocks of its own that still hold what was examined. */
static bool
is_asked(const struct run *run, const struct file *file)
{
	enum content_state state = file->entry.content_state;

	return file->filesystem < run->readable_count && !file->is_link_for_row && !file->runs && file->entry.has & ENTRY_HAS_CONTENT &&
	       run->exhibits.items[run->readables[file->filesystem].exhibit].kind == EXHIBIT_IMAGE &&
	       (state == CONTENT_INTACT || state == CONTENT_PARTLY_REALLOCATED);
}

void
pass_runs(struct run *run, const struct findings *findings)
{
	struct pool *pool = NULL;
	bool *is_added = memory_allocate(run->inventory.file_count + 1, sizeof *is_added);
	struct buffer line;

	run_enter(run, "looking where flagged files lie", "");
	buffer_init(&line, 0);
	for (size_t i = 0; i < findings->count && i < limit_get(LIMIT_CARDS_HTML); i++) {
		const struct file *file = findings->items[i].file;

		if (!file || findings->items[i].severity > SEVERITY_MEDIUM || is_added[file->number] || !is_asked(run, file))
			continue;
		is_added[file->number] = true;
		if (!pool)
			pool = run_pool_planned(run, (struct pool_plan){ .name = "runs", .jobs = run->options->jobs ? 1 : 0,
				.work = work, .done = done, .done_context = run });
		task_write(&line, &(struct task_order){ .kind = TASK_RUNS, .item = file->number });
		pool_add(pool, line.bytes);
	}
	buffer_release(&line);
	memory_free(is_added);
	if (pool) {
		run_pool_through(run, pool);
		pool_close(pool);
	}
}
