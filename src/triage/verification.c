/* verification.c - each medium is read whole and digested, by a process that parses nothing but the container. */
#include <string.h>

#include <t1554triage/memory.h>

#include "reader.h"
#include "task.h"

/* ---- in the reading process ---- */

static void
progress(void *context, uint64_t bytes)
{
	(void)bytes;
	worker_progress(context);
}

static void
work(void *state, struct worker *worker, const char *task)
{
	struct reader *reader = state;
	struct media_verification result = { .bytes = 0 };
	struct task_order order;
	struct image *image = NULL;

	if (!task_read(task, &reader->scratch, &order) || order.number >= reader->run->exhibits.count)
		return;
	result.evidence = reader->run->exhibits.items[order.number].id;
	result.result = "unreadable";
	/* Opened with its notes: identification may not run beside a verification. */
	if (image_open(&reader->run->exhibits.items[order.number], reader->notes, &image) >= STATUS_DAMAGED) {
		image_verify(image, order.algorithms, reader->notes, progress, worker, &result);
		image_close(image);
	}
	reader_send(reader, &media_verification_record, &result);
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
	run->bytes += result.bytes;
}

static void
done(void *context, const struct task_result *result)
{
	struct run *run = context;
	struct task_order order;

	if (!task_read(result->task, &run->arena, &order) || order.number >= run->exhibits.count)
		return;
	run_note_lost(run, result, &(struct place){ .evidence = run->exhibits.items[order.number].id });
	result_each_line(result, take_line, run);
}

/* Those asked for, else those stored, else SHA-256; and the one that the examiner has. */
static uint32_t
algorithms_for(const struct run *run, size_t exhibit)
{
	uint32_t algorithms = run->options->media_digests;

	if (!algorithms)
		algorithms = run->inventory.evidences[exhibit].stored.known;
	if (!algorithms)
		algorithms = 1u << DIGEST_SHA256;
	return run->options->acquired.algorithm ? algorithms | 1u << run->options->acquired.algorithm : algorithms;
}

void
verification_begin(struct run *run)
{
	struct buffer line;

	run->verification_results = arena_allocate(&run->arena,
		run->exhibits.count * sizeof *run->verification_results);
	for (size_t i = 0; i < run->exhibits.count; i++)
		run->verification_results[i] = (struct media_verification){
			.evidence = run->exhibits.items[i].id, .result = "not_compared" };
	if (run->options->settings.no_verify)
		return;
	run->verifier = run_pool(run, "verify", run->options->jobs ? 1 : 0, work, done, run);
	buffer_init(&line, 0);
	for (size_t i = 0; i < run->exhibits.count; i++) {
		if (run->exhibits.items[i].kind != EXHIBIT_IMAGE)
			continue;
		task_write(&line, &(struct task_order){ .kind = TASK_VERIFY, .number = (uint32_t)i,
			.algorithms = algorithms_for(run, i) });
		pool_add(run->verifier, line.bytes);
	}
	buffer_release(&line);
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
			"%s: the medium could not be read to its end for its digest", item->name);
	else if (!strcmp(result->result, "nothing_stored"))
		note(&run->notes, STATUS_OK, NOTE_NOT_VERIFIED, &place,
			"%s stores no digest of the medium: what was computed was compared with nothing", item->name);
	else if (!strcmp(result->result, "not_compared"))
		note(&run->notes, STATUS_OK, NOTE_NOT_VERIFIED, &place,
			"%s: the digest of the medium was not compared with a stored one%s", item->name,
			run->options->settings.no_verify ? " (--no-verify)" : "");
}

static enum digest_comparison
compare_with_acquired(const struct run *run, size_t exhibit)
{
	return digest_compare(&run->options->acquired, &run->verification_results[exhibit].computed, NULL);
}

static void
note_acquired(struct run *run, size_t exhibit)
{
	const struct exhibit *item = &run->exhibits.items[exhibit];
	struct place place = { .evidence = item->id };

	if (compare_with_acquired(run, exhibit) == DIGEST_DIFFERS)
		note(&run->notes, STATUS_DAMAGED, NOTE_MEDIA_DIGEST, &place,
			"%s: the digest of the medium differs from the one given with --acquired-digest", item->name);
	else
		note(&run->notes, STATUS_DAMAGED, NOTE_INPUT_UNUSED, &place,
			"%s: the digest given with --acquired-digest could not be compared: %s of the medium was not "
			"computed", item->name, digest_algorithm_names[run->options->acquired.algorithm]);
}

/* The digest that the examiner has from elsewhere, a custody form or a log of the acquisition, is one medium's. */
static void
compare_acquired(struct run *run)
{
	for (size_t i = 0; i < run->exhibits.count; i++)
		if (compare_with_acquired(run, i) == DIGEST_EQUAL)
			return;
	for (size_t i = 0; run->options->acquired.algorithm && i < run->exhibits.count; i++)
		if (run->exhibits.items[i].kind == EXHIBIT_IMAGE)
			note_acquired(run, i);
}

void
verification_end(struct run *run)
{
	if (run->verifier) {
		run->stage = "verifying";
		pools_run(&run->verifier, 1);
		pool_close(run->verifier);
		run->verifier = NULL;
	}
	for (size_t i = 0; i < run->exhibits.count; i++)
		note_result(run, i);
	compare_acquired(run);
	run->inventory.verifications = run->verification_results;
	run->inventory.verification_count = run->exhibits.count;
}
