/*
 * examine.c - the content of what the walk found is read once and digested; hard links share one reading.
 *
 * The list of candidates, in the order of the disk, is inherited by the reading processes (examine_read.c): a task is a part
 * of it, so that what lies side by side is read, and inflated, by one process.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "candidate.h"
#include "examine.h"
#include "found_logs.h"
#include "media_window.h"
#include "reader.h"
#include "task.h"

/*
 * Large tasks have more to be digested side by side; towards the end they get smaller, so that none waits for the last.
 */
enum {
	TASK_FILES_MIN = 64, TASK_FILES_MAX = 16384, TASK_BYTES_MIN = 4 * 1024 * 1024, TASK_BYTES_MAX = 1024 * 1024 * 1024,
	TASKS_OF_A_PROCESS = 2,
	TASKS_AHEAD = 2,	/* more would give the large tasks of the beginning to one process */
};

/*
 * Along with the verification: the parts of two processes are no longer than what it keeps.  With more processes examining
 * alone is faster than MD5 of the medium.
 */
enum { ALONG_JOBS_MAX = 4, ALONG_BYTES = MEDIA_PIECES * MEDIA_PIECE_BYTES / 4 };

enum second_reading { NOT_READ_AGAIN, READ_THE_SAME, READ_DIFFERENTLY };

struct examination {
	struct run  *run;
	struct pool *pool;
	struct arena arena;
	size_t       task_count;	/* of tasks that were added */
	bool         by_library;
	bool        *is_settled;	/* by candidate: its record came back */
	bool         is_along;		/* with the verification: from where it is, and what it has passed at the end */
	uint64_t     along_from;	/* place in the media */
	uint8_t     *again;		/* by candidate: enum second_reading */
};

/* By place on the medium, names of one content side by side; the rest only makes the order certain. */
static int
by_disk(const void *a, const void *b)
{
	const struct file *one = a, *other = b;
	int difference;

	if (one->filesystem != other->filesystem)
		return one->filesystem < other->filesystem ? -1 : 1;
	if (one->entry.disk_offset != other->entry.disk_offset)
		return one->entry.disk_offset < other->entry.disk_offset ? -1 : 1;
	difference = text_compare(one->entry.inode, other->entry.inode);
	if (!difference)
		difference = text_compare(one->entry.stream, other->entry.stream);
	if (!difference)
		difference = (int)one->entry.state - (int)other->entry.state;
	if (!difference)
		difference = one->is_link_for_row - other->is_link_for_row;
	return difference ? difference : strcmp(one->entry.path, other->entry.path);
}

static void
take_examined(struct run *run, const struct examined *examined)
{
	struct file *file = &run->candidates[examined->item];

	file->digests = examined->digests;
	file->extra = examined->extra.algorithm ? arena_copy_part(&run->candidate_arena, &examined->extra, sizeof examined->extra) : NULL;
	file->digest_origin = examined->digests.known || examined->extra.algorithm ? "computed" : NULL;
	file->not_examined = examined->not_examined;
	file->unreliable = examined->unreliable;
	file->bytes_read = examined->bytes_read;
	file->has_pyc = examined->has_pyc;
	file->is_prelinked = examined->is_prelinked;
	file->is_prelink_undone = examined->is_prelink_undone;
	file->not_undone = examined->not_undone;
	file->may_match_rules = examined->may_match_rules;
	file->pyc = examined->pyc;
	if (file->is_type_open)
		file->type = examined->type;
	run->bytes += examined->bytes_read;
}

static bool
digests_agree(const struct digests *a, const struct digests *b)
{
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++) {
		const uint8_t *one = digests_get(a, (enum digest_algorithm)i), *other = digests_get(b, (enum digest_algorithm)i);

		if (one && other && memcmp(one, other, digest_size((enum digest_algorithm)i)))
			return false;
	}
	return true;
}

/*
 * The second reading: agreement is kept, a difference takes the file its reliability.  The files themselves are
 * written when the processes are gone: who writes to what they inherited has it twice in memory.
 */
static void
compare_readings(struct examination *at, const struct examined *again)
{
	struct run *run = at->run;
	const struct file *file = &run->candidates[again->item];
	struct place place = { .evidence = run->facts[file->filesystem].evidence,
		.volume = run->facts[file->filesystem].volume, .path = file->entry.path, .inode = file->entry.inode };

	if (again->digests.known && digests_agree(&file->digests, &again->digests)) {
		at->again[again->item] = READ_THE_SAME;
		return;
	}
	at->again[again->item] = READ_DIFFERENTLY;
	note(&run->notes, STATUS_DAMAGED, NOTE_SECOND_READING, &place,
		"%s: a second reading through the library of the file system gave %s: its digests are not relied on",
		file->entry.path, again->digests.known ? "other digests" : "nothing");
}

static void
take_line(void *context, const char *line, size_t length)
{
	struct examination *at = context;
	struct examined examined;

	if (found_log_take(at->run, line, length))
		return;
	if (record_read(line, length, &examined_record, &at->run->candidate_arena, &examined) != STATUS_OK) {
		run_take_note(at->run, line, length);
		return;
	}
	if (examined.item >= at->run->candidate_count || at->is_settled[examined.item])
		return;
	at->is_settled[examined.item] = true;
	at->run->done++;
	if (at->by_library)
		compare_readings(at, &examined);
	else
		take_examined(at->run, &examined);
}

static void
add_task(struct examination *at, struct task_order order)
{
	struct buffer line;

	order.kind = TASK_EXAMINE;
	order.by_library = at->by_library;
	buffer_init(&line, 0);
	task_write(&line, &order);
	pool_add(at->pool, line.bytes);
	at->task_count++;
	buffer_release(&line);
}

/*
 * What no process has answered for is asked for once more, by itself: a process
 * may be lost for a reason that lies outside of the evidence.
 */
static void
settle_item(struct examination *at, const struct task_result *result, const struct task_order *order, size_t item)
{
	const char *why = result->lost_count ? result->lost_why[result->lost_count - 1] : "no answer came back";

	if (at->is_settled[item])
		return;
	if (!order->row) {
		add_task(at, (struct task_order){ .item = item, .count = 1, .row = 1, .algorithms = order->algorithms });
		return;
	}
	if (at->by_library)
		at->again[item] = READ_DIFFERENTLY;
	else
		at->run->candidates[item].not_examined = arena_format(&at->run->candidate_arena, "its reading process was lost twice (%s)", why);
	at->run->done++;
}

static void
note_lost(const struct examination *at, const struct task_result *result, const struct task_order *order)
{
	const struct run *run = at->run;
	const struct file *file = &run->candidates[order->item];
	struct place place = { .evidence = run->facts[file->filesystem].evidence,
		.volume = run->facts[file->filesystem].volume };

	if (order->row) {
		place.inode = file->entry.inode;
		run_note_lost(at->run, result, &place);
		return;
	}
	for (size_t i = 0; i < result->lost_count; i++) {
		place.path = *result->lost[i] ? result->lost[i] : NULL;
		note(&run->notes, STATUS_OK, NOTE_WORKER_REPLACED, &place, "a reading process was lost on %s (%s): "
			"another one was asked to read it", place.path ? place.path : "a group of files", result->lost_why[i]);
	}
}

static void
done(void *context, const struct task_result *result)
{
	struct examination *at = context;
	struct run *run = at->run;
	struct task_order order;

	if (!task_read(result->task, &at->arena, &order) || order.item >= run->candidate_count)
		return;
	note_lost(at, result, &order);
	result_each_line(result, take_line, at);
	for (size_t i = order.item; i < run->candidate_count && i - order.item < order.count; i++)
		if (i == order.item || candidate_is_read(run, i))
			settle_item(at, result, &order, i);
	arena_release(&at->arena);
}

/* The algorithm that a baseline of the path needs beside those that are computed anyway; 0: none. */
static uint32_t
baselines_algorithm(const struct run *run, const struct installed_system *system, const char *path)
{
	size_t count;
	const struct package_baseline *baselines = inventory_baselines(&run->inventory, system->id, path, &count);

	for (size_t i = count; i-- > 0; )
		if (!(run->options->digests & 1u << baselines[i].digest.algorithm))
			return 1u << baselines[i].digest.algorithm;
	return 0;
}

/* The algorithm that a package row, or else a baseline, needs beside those that are computed anyway. */
static uint32_t
owners_algorithm(const struct run *run, const struct file *file, struct arena *arena)
{
	const struct package_file *rows[CANDIDATE_ROWS];
	const struct installed_system *system;
	const char *path;
	uint32_t wanted = 0;
	size_t count = candidate_rows(run, file, arena, rows, &system, &path);

	if (!system)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (!rows[i]->digest.algorithm)
			continue;
		if (run->options->digests & 1u << rows[i]->digest.algorithm) {
			wanted = 0;
			break;
		}
		wanted = wanted ? wanted : 1u << rows[i]->digest.algorithm;
	}
	return wanted ? wanted : baselines_algorithm(run, system, path);
}

/* The content goes before what the living system's tools said of it; that they differ is said. */
static void
compare_with_collected(struct run *run, const struct file *file)
{
	struct place place = { .evidence = run->facts[file->filesystem].evidence,
		.volume = run->facts[file->filesystem].volume, .path = file->entry.path, .inode = file->entry.inode };

	if (!file->unreliable && !digests_agree(&file->digests, file->entry.collected))
		note(&run->notes, STATUS_OK, NOTE_ARTIFACT_CLAIM, &place,
			"%s: the digest that the collector had the living host compute is not that of the collected content: "
			"the file changed in between, or the host's tools did not tell what is there; the content counts",
			file->entry.path);
}

/* What a collector digested on the living system, where the content itself was not collected. */
static void
use_collected(struct run *run, struct file *file)
{
	if (!file->entry.collected)
		return;
	if (file->digest_origin) {
		compare_with_collected(run, file);
		return;
	}
	file->digests = *file->entry.collected;
	file->digest_origin = arena_format(&run->candidate_arena, "collector:%s",
		file->entry.collector ? file->entry.collector : "unknown");
	file->not_examined = NULL;
}

/* What the operator's interruption left: of names of one content the first stands for all. */
static void
mark_interrupted(struct run *run)
{
	for (size_t i = 0; i < run->candidate_count; i++) {
		struct file *file = &run->candidates[i];

		if (!file->digest_origin && !file->not_examined)
			file->not_examined = not_examined_interrupted;
	}
}

/* Names of one content get what its first name got. */
static void
share_readings(struct run *run)
{
	for (size_t i = 0; i < run->candidate_count; i++) {
		struct file *file = &run->candidates[i];
		const struct file *first = file - 1;

		if (i && candidates_are_same(first, file)) {
			file->digests = first->digests;
			file->extra = first->extra;
			file->digest_origin = first->digest_origin;
			file->not_examined = first->not_examined;
			file->unreliable = first->unreliable;
			file->has_pyc = first->has_pyc;
			file->is_prelinked = first->is_prelinked;
			file->is_prelink_undone = first->is_prelink_undone;
			file->not_undone = first->not_undone;
			file->may_match_rules = first->may_match_rules;
			file->pyc = first->pyc;
			file->type = file->is_type_open && first->type != PROGRAM_OTHER ? first->type : file->type;
		}
		use_collected(run, file);
	}
}

/* What was left open and turned out to be no program is only counted. */
static bool
is_listed(struct run *run, const struct file *file)
{
	struct walk_count *count = &run->inventory.filesystems[file->filesystem].count;
	bool is_program = file->type != PROGRAM_OTHER;

	if (file->is_type_open && !is_program && !file->is_candidate_only && !file->not_examined) {
		count->left_out++;
		return false;
	}
	count->programs += file->is_type_open && is_program;
	return true;
}

/* The list is handed over as it is: a copy would double the memory of a large case. */
static void
hand_over(struct run *run)
{
	size_t listed = 0;

	for (size_t i = 0; i < run->candidate_count; i++)
		if (is_listed(run, &run->candidates[i])) {
			if (listed != i)
				run->candidates[listed] = run->candidates[i];
			listed++;
		}
	inventory_take_files(&run->inventory, run->candidates, listed);
	run->candidate_count = listed;
}

/* What is not yet in a task, and the task that is being filled. */
struct filling {
	struct task_order task;
	bool     is_along;
	uint64_t first_place;		/* of the task */
	uint64_t bytes, bytes_left;	/* of the task; of all that are to come */
	size_t   files_left;
};

static uint64_t
share_of(const struct run *run, uint64_t left, uint64_t least, uint64_t most)
{
	uint64_t share = left / ((run->options->jobs ? run->options->jobs : 1) * (uint64_t)TASKS_OF_A_PROCESS);

	return share < least ? least : share > most ? most : share;
}

static bool
is_filled(const struct run *run, const struct filling *filling, size_t next)
{
	if (filling->is_along)
		return filling->bytes >= ALONG_BYTES ||
			candidate_place(run, &run->candidates[next]) - filling->first_place >= ALONG_BYTES;
	return filling->bytes >= share_of(run, filling->bytes_left, TASK_BYTES_MIN, TASK_BYTES_MAX) ||
		filling->task.count >= share_of(run, filling->files_left, TASK_FILES_MIN, TASK_FILES_MAX);
}

/* The file joins the task, or begins the next one; item SIZE_MAX ends the last. */
static void
add_item(struct examination *at, struct filling *filling, size_t item)
{
	struct run *run = at->run;
	struct task_order *task = &filling->task;
	uint32_t algorithms = 0;

	if (item != SIZE_MAX) {
		algorithms = run->options->digests | owners_algorithm(run, &run->candidates[item], &at->arena);
		run->known++;
	}
	if (task->count && (item == SIZE_MAX || algorithms != task->algorithms || is_filled(run, filling, item) ||
	    run->candidates[item].filesystem != run->candidates[task->item].filesystem)) {
		add_task(at, *task);
		task->count = 0;
	}
	if (item == SIZE_MAX)
		return;
	if (!task->count) {
		*task = (struct task_order){ .item = item, .algorithms = algorithms, .table = filling->is_along };
		filling->bytes = 0;
		filling->first_place = candidate_place(run, &run->candidates[item]);
	}
	task->count = item + 1 - task->item;
	filling->bytes += run->candidates[item].entry.size;
	filling->bytes_left -= run->candidates[item].entry.size;
	filling->files_left--;
}

/* The first of the list that the verification has not passed. */
static size_t
first_along(const struct examination *at)
{
	for (size_t i = 0; i < at->run->candidate_count; i++) {
		uint64_t place = candidate_place(at->run, &at->run->candidates[i]);

		if (place != UINT64_MAX && place >= at->along_from && candidate_is_read(at->run, i))
			return i;
	}
	return 0;
}

bool
examination_may_go_along(const struct run *run)
{
	bool any = false;

	for (size_t i = 0; i < run->exhibits.count; i++)
		any |= exhibit_is_inflated(&run->exhibits.items[i]);
	return any && !run->is_sequential && run->options->jobs && run->options->jobs <= ALONG_JOBS_MAX;
}

/*
 * Where much of what is left of the media is examined, examining takes as long as verifying, and is done along with
 * it.  Else it is sooner through by itself, and so is what it finds.
 */
static void
decide_along(struct examination *at)
{
	struct run *run = at->run;
	const uint64_t end = media_window_base(run, run->exhibits.count);
	uint64_t bytes = 0, asked;

	if (!run->window_view || !examination_may_go_along(run))
		return;
	asked = atomic_load(&run->window->asked);
	at->along_from = asked > end / MEDIA_PIECE_BYTES ? end : (asked < MEDIA_PIECES ? 0 : asked - MEDIA_PIECES) * MEDIA_PIECE_BYTES;
	for (size_t i = 0; i < run->candidate_count && bytes < end; i++) {
		uint64_t place = candidate_place(run, &run->candidates[i]), size = run->candidates[i].entry.size;

		if (place != UINT64_MAX && place >= at->along_from && candidate_is_read(run, i))
			bytes += size < end ? size : end;
	}
	at->is_along = at->along_from < end && bytes >= (end - at->along_from) / 2;
	atomic_store(&run->window->wanted, at->is_along ? at->along_from / MEDIA_PIECE_BYTES : UINT64_MAX);
}

static void
hold_verification(void *context)
{
	const struct examination *at = context;
	uint64_t lowest;

	if (!at->is_along || !at->pool)
		return;
	lowest = pool_lowest_place(at->pool);
	atomic_store_explicit(&at->run->window->wanted, lowest == UINT64_MAX ? lowest
		: (lowest > at->along_from ? lowest : at->along_from) / MEDIA_PIECE_BYTES, memory_order_relaxed);
}

/* Sizes are what evidence claims: sums may be absurd, and only say how large tasks are. */
static void
add_items(struct examination *at)
{
	struct run *run = at->run;
	struct filling filling = { .bytes = 0 };
	size_t first = at->is_along ? first_along(at) : 0;
	bool is_started = false;

	for (size_t i = 0; i < run->candidate_count; i++)
		if (candidate_is_read(run, i)) {
			filling.bytes_left += run->candidates[i].entry.size;
			filling.files_left++;
		}
	filling.is_along = at->is_along;
	for (size_t k = 0; k < run->candidate_count; k++) {
		size_t i = first + k < run->candidate_count ? first + k : first + k - run->candidate_count;

		if (first && !i) {
			add_item(at, &filling, SIZE_MAX);
			filling.is_along = false;
		}
		if (candidate_is_read(run, i))
			add_item(at, &filling, i);
		if (!is_started && at->task_count >= 2 * (size_t)run->options->jobs) {
			pool_start(at->pool);
			is_started = true;
		}
	}
	add_item(at, &filling, SIZE_MAX);
}

static void
examination_init(struct examination *at, struct run *run, bool by_library)
{
	*at = (struct examination){ .run = run, .by_library = by_library };
	run->done = run->known = 0;
	arena_init(&at->arena);
	at->is_settled = memory_allocate(run->candidate_count, sizeof *at->is_settled);
	if (!by_library)
		decide_along(at);
	at->again = memory_allocate(by_library ? run->candidate_count : 0, sizeof *at->again);
	at->pool = run_pool_planned(run, (struct pool_plan){ .name = by_library ? "read again" : "examine",
		.jobs = run->options->jobs, .ahead = at->is_along ? 1 : TASKS_AHEAD, .work = examine_read,
		.start = at->is_along ? reader_start_beside : NULL,
		.shared = at->is_along ? (void *)(uintptr_t)run->window_view : NULL,
		.shared_size = at->is_along ? sizeof *run->window_view : 0,
		.step = at->is_along ? hold_verification : NULL, .step_milliseconds = ALONG_STEP_MILLISECONDS,
		.done = done, .done_context = at });
}

static void
examination_release(struct examination *at)
{
	pool_close(at->pool);
	if (at->is_along)
		atomic_store(&at->run->window->wanted, UINT64_MAX);
	memory_free(at->is_settled);
	memory_free(at->again);
	arena_release(&at->arena);
}

void
pass_examine(struct run *run)
{
	struct examination at;

	run->walked_count = run->candidate_count;
	run_enter(run, "examining", "files");
	if (run->candidate_count)
		qsort(run->candidates, run->candidate_count, sizeof *run->candidates, by_disk);
	examination_init(&at, run, false);
	add_items(&at);
	run_pool_through(run, at.pool);
	examination_release(&at);
	if (run->interrupted_by)
		mark_interrupted(run);
	share_readings(run);
	hand_over(run);
}

/* True: a file lost its reliability. */
static bool
take_second_readings(struct run *run, const uint8_t *again)
{
	bool has_changed = false;

	for (size_t i = 0; i < run->candidate_count; i++) {
		struct file *file = &run->candidates[i];

		if (again[i] == READ_THE_SAME)
			file->read_twice = true;
		if (again[i] != READ_DIFFERENTLY || file->unreliable)
			continue;
		file->unreliable = file->second_differs = true;
		has_changed = true;
	}
	return has_changed;
}

bool
pass_read_again(struct run *run)
{
	struct examination at;
	bool has_changed;

	run_enter(run, "reading a second time", "files");
	examination_init(&at, run, true);
	for (size_t i = 0; i < run->candidate_count; i++) {
		const struct file *file = &run->candidates[i];

		if (!verdict_is_accusing(file->verdict) || !file->digest_origin || strcmp(file->digest_origin, "computed"))
			continue;
		add_task(&at, (struct task_order){ .item = i, .count = 1, .algorithms = run->options->digests |
			owners_algorithm(run, file, &at.arena) });
		run->known++;
	}
	run_pool_through(run, at.pool);
	pool_close(at.pool);
	at.pool = NULL;
	has_changed = take_second_readings(run, at.again);
	examination_release(&at);
	return has_changed;
}
