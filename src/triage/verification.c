/*
 * verification.c - what is known of each medium as a whole: compared with what the container and others recorded.
 *
 * The reading is done by a process of its own (media_reading.c), which goes on
 * whatever the coordinator does meanwhile; without processes, in turn.
 */
#include <string.h>

#include <t1554triage/memory.h>

#include "media_reading.h"
#include "media_window.h"
#include "reader.h"
#include "task.h"

/* ---- without processes: reading and digesting in turn ---- */

static void
progress(void *context, uint64_t bytes)
{
	(void)bytes;
	worker_progress(context);
}

static void
verify_here(void *state, struct worker *worker, const char *task)
{
	struct reader *reader = state;
	struct task_order order;

	if (task_read(task, &reader->scratch, &order) && order.number < reader->run->exhibits.count) {
		struct media_verification result = { .evidence = reader->run->exhibits.items[order.number].id,
			.result = "unreadable" };
		struct image *image = reader_image(reader, order.number);

		if (image)
			image_verify(image, order.algorithms, reader->notes, progress, worker, &result);
		reader_send(reader, &media_verification_record, &result);
	}
	arena_release(&reader->scratch);
}

/* ---- in the coordinator ---- */

static void
take_line(void *context, const char *line, size_t length)
{
	struct run *run = context;
	struct media_verification result;

	if (record_read(line, length, &media_verification_record, &run->arena, &result) != STATUS_OK) {
		run_take_note(run, line, length);
		return;
	}
	for (size_t i = 0; result.evidence && i < run->exhibits.count; i++)
		if (!strcmp(run->exhibits.items[i].id, result.evidence))
			run->verification_results[i] = result;
	if (!run->window)
		run->bytes += result.bytes;
}

static void
done(void *context, const struct task_result *result)
{
	struct run *run = context;
	struct task_order order;

	if (task_read(result->task, &run->arena, &order) && order.number < run->exhibits.count) {
		struct media_verification *of = &run->verification_results[order.number];

		of->result = "unreadable";
		run_note_lost(run, result, &(struct place){ .evidence = of->evidence });
	}
	/* Another process in its place has memory of its own: nobody may wait for what will not come here. */
	if (run->window && result->outcome != TASK_DONE)
		atomic_store(&run->window->asked, UINT64_MAX);
	result_each_line(result, take_line, run);
}

/* Of digests that stand beside the image. */
static uint32_t
recorded_algorithms(const struct evidence_summary *evidence)
{
	uint32_t algorithms = 0;

	for (size_t i = 0; i < evidence->recorded_count; i++)
		algorithms |= 1u << evidence->recorded[i].digest.algorithm;
	return algorithms & MEDIA_DIGESTS;
}

/* Those asked for, else those stored and recorded beside the image, else SHA-256; and the one that the examiner has. */
static uint32_t
algorithms_for(const struct run *run, size_t exhibit)
{
	uint32_t algorithms = run->options->media_digests;

	if (!algorithms)
		algorithms = run->inventory.evidences[exhibit].stored.known |
			recorded_algorithms(&run->inventory.evidences[exhibit]);
	if (!algorithms)
		algorithms = 1u << DIGEST_SHA256;
	return run->options->acquired.algorithm ? algorithms | 1u << run->options->acquired.algorithm : algorithms;
}

static void
add_tasks(struct run *run)
{
	struct buffer line;

	buffer_init(&line, 0);
	for (size_t i = 0; i < run->exhibits.count; i++) {
		if (run->exhibits.items[i].kind != EXHIBIT_IMAGE)
			continue;
		task_write(&line, &(struct task_order){ .kind = TASK_VERIFY, .number = (uint32_t)i,
			.algorithms = algorithms_for(run, i) });
		pool_add(run->verification, line.bytes);
		run->verification_results[i].result = "interrupted";
		run->media_bytes += run->inventory.evidences[i].size;
	}
	buffer_release(&line);
}

static struct pool *
open_pool(struct run *run)
{
	const bool beside = run->options->jobs > 0;

	run->window = beside ? media_window_open(&run->window_view) : NULL;
	if (!run->window)
		return run_pool(run, "verify", 0, verify_here, done, run);
	return pool_open(&(struct pool_plan){ .name = "verify", .jobs = 1, .sandboxed = false,
		.shared = run->window, .shared_size = sizeof *run->window,
		.start = media_reading_start, .reading_context = run, .work = media_reading_work,
		.stop = media_reading_stop, .done = done, .done_context = run });
}

/*
 * What passes while packages are collected and directories walked, an examination would have to inflate again: it begins
 * with what is kept.
 */
static void
hold_for_examination(struct run *run)
{
	if (run->window_view && !run->only_media && examination_may_go_along(run))
		atomic_store(&run->window->wanted, 0);
}

void
verification_begin(struct run *run)
{
	run->verification_results = arena_allocate(&run->arena,
		run->exhibits.count * sizeof *run->verification_results);
	for (size_t i = 0; i < run->exhibits.count; i++)
		run->verification_results[i] = (struct media_verification){
			.evidence = run->exhibits.items[i].id, .result = "not_compared",
			.stored = run->inventory.evidences[i].stored };
	if (run->options->settings.no_verify)
		return;
	run->verification = open_pool(run);
	hold_for_examination(run);
	add_tasks(run);
}

uint64_t
verification_bytes(const struct run *run)
{
	return run->window ? atomic_load_explicit(&run->window->digested, memory_order_relaxed) : 0;
}

void
verification_close(struct run *run)
{
	run->bytes += verification_bytes(run);
	pool_close(run->verification);
	run->verification = NULL;
	media_window_close(run->window, run->window_view);
	run->window = NULL;
	run->window_view = NULL;
}

static enum digest_comparison
compare_with_acquired(const struct run *run, size_t exhibit)
{
	return digest_compare(&run->options->acquired, &run->verification_results[exhibit].computed, NULL);
}

/* The digest that the examiner has from elsewhere, a custody form or a log of the acquisition, is one medium's. */
static bool
acquired_equals_any(const struct run *run)
{
	for (size_t i = 0; i < run->exhibits.count; i++)
		if (compare_with_acquired(run, i) == DIGEST_EQUAL)
			return true;
	return false;
}

/* With anything that does not stand in the container. */
static bool
is_compared_elsewhere(const struct run *run, size_t exhibit)
{
	const struct evidence_summary *evidence = &run->inventory.evidences[exhibit];
	const struct digests *computed = &run->verification_results[exhibit].computed;

	for (size_t i = 0; i < evidence->recorded_count; i++)
		if (digest_compare(&evidence->recorded[i].digest, computed, NULL) != DIGEST_NOT_COMPARABLE)
			return true;
	return compare_with_acquired(run, exhibit) == DIGEST_EQUAL ||
		(compare_with_acquired(run, exhibit) == DIGEST_DIFFERS && !acquired_equals_any(run));
}

static void
note_result(struct run *run, size_t exhibit)
{
	const struct media_verification *result = &run->verification_results[exhibit];
	const struct exhibit *item = &run->exhibits.items[exhibit];
	struct place place = { .evidence = item->id };

	if (item->kind != EXHIBIT_IMAGE)
		return;
	if (!strcmp(result->result, "differs"))
		note(&run->notes, STATUS_DAMAGED, NOTE_MEDIA_DIGEST, &place,
			"%s: a digest of the medium differs from the one that is stored in the container: the image is "
			"not what was acquired, or it is damaged", item->name);
	else if (!strcmp(result->result, "unreadable"))
		note(&run->notes, STATUS_UNREADABLE, NOTE_IMAGE_DAMAGED, &place,
			"%s: the digest of the medium was not computed to the end: it could not be read, or a process that read "
			"or digested it was lost", item->name);
	else if (!strcmp(result->result, "interrupted"))
		note(&run->notes, STATUS_UNREADABLE, NOTE_INTERRUPTED, &place,
			"%s: the digest of the medium was not computed to the end: the run was interrupted; "
			"\"t1554triage verify\" computes it alone", item->name);
	else if (!strcmp(result->result, "nothing_stored"))
		note(&run->notes, STATUS_OK, NOTE_NOT_VERIFIED, &place,
			"%s stores no digest of the medium: what was computed was compared with %s", item->name,
			is_compared_elsewhere(run, exhibit) ? "what is recorded elsewhere alone" : "nothing");
	else if (!strcmp(result->result, "not_compared"))
		note(&run->notes, STATUS_OK, NOTE_NOT_VERIFIED, &place,
			"%s: the digest of the medium was not compared with a stored one%s", item->name,
			run->options->settings.no_verify ? " (--no-verify)" : "");
}

/* Digests that stand beside the image: equal ones are said, and each that differs. */
static void
note_recorded(struct run *run, size_t exhibit)
{
	const struct evidence_summary *evidence = &run->inventory.evidences[exhibit];
	const struct digests *computed = &run->verification_results[exhibit].computed;

	for (size_t i = 0; i < evidence->recorded_count; i++) {
		const struct recorded_digest *recorded = &evidence->recorded[i];
		struct place place = { .evidence = run->exhibits.items[exhibit].id, .path = recorded->file,
			.line = recorded->line };
		const char *algorithm = digest_algorithm_names[recorded->digest.algorithm];
		enum digest_comparison comparison = digest_compare(&recorded->digest, computed, NULL);

		if (comparison == DIGEST_DIFFERS)
			note(&run->notes, STATUS_DAMAGED, NOTE_MEDIA_DIGEST, &place,
				"the %s of the medium differs from the value recorded in %s line %llu (%s): the image is not what "
				"was acquired, or it is damaged, or the file belongs to another image", algorithm, recorded->file,
				(unsigned long long)recorded->line, recorded->tool);
		else
			note(&run->notes, STATUS_OK, comparison == DIGEST_EQUAL ? NOTE_MEDIA_RECORDED : NOTE_NOT_VERIFIED, &place,
				"the %s of the medium %s the value recorded in %s line %llu (%s)", algorithm,
				comparison == DIGEST_EQUAL ? "equals" : "was not compared with", recorded->file,
				(unsigned long long)recorded->line, recorded->tool);
	}
}

static void
note_acquired(struct run *run, size_t exhibit)
{
	const struct exhibit *item = &run->exhibits.items[exhibit];
	struct place place = { .evidence = item->id };

	if (compare_with_acquired(run, exhibit) == DIGEST_EQUAL)
		note(&run->notes, STATUS_OK, NOTE_MEDIA_RECORDED, &place,
			"%s: the %s of the medium equals the one given with --acquired-digest", item->name,
			digest_algorithm_names[run->options->acquired.algorithm]);
	else if (acquired_equals_any(run))
		return;
	else if (compare_with_acquired(run, exhibit) == DIGEST_DIFFERS)
		note(&run->notes, STATUS_DAMAGED, NOTE_MEDIA_DIGEST, &place,
			"%s: the digest of the medium differs from the one given with --acquired-digest", item->name);
	else
		note(&run->notes, STATUS_DAMAGED, NOTE_INPUT_UNUSED, &place,
			"%s: the digest given with --acquired-digest could not be compared: %s of the medium was not "
			"computed", item->name, digest_algorithm_names[run->options->acquired.algorithm]);
}

static void
compare_acquired(struct run *run)
{
	for (size_t i = 0; run->options->acquired.algorithm && i < run->exhibits.count; i++)
		if (run->exhibits.items[i].kind == EXHIBIT_IMAGE)
			note_acquired(run, i);
}

void
verification_end(struct run *run)
{
	if (run->verification) {
		run_enter(run, "verifying", "");
		pools_run(&run->verification, 1);
		verification_close(run);
	}
	for (size_t i = 0; i < run->exhibits.count; i++)
		note_result(run, i);
	for (size_t i = 0; i < run->exhibits.count; i++)
		note_recorded(run, i);
	compare_acquired(run);
	run->inventory.verifications = run->verification_results;
	run->inventory.verification_count = run->exhibits.count;
}
