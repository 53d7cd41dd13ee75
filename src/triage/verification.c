/*
 * verification.c - each medium is read whole and digested, by processes that parse nothing but the container.
 *
 * MD5 of one stream keeps a core busy, and so does inflating: some processes
 * read pieces of the medium into slots of shared memory, one process a digest
 * takes them in order.  The coordinator hands a slot from one to the other with
 * a task; it does not look into it.  No process that parses file systems has
 * this memory.
 *
 * A reader that dies costs its piece a second try, by another process.  A
 * digest cannot be taken up again in the middle: without its process the
 * medium is said to be not verified.
 */
#include <string.h>
#include <sys/mman.h>

#include <t1554triage/memory.h>

#include "reader.h"
#include "task.h"

enum { SLOTS = 16, SLOT_BYTES = 2 * 1024 * 1024, READERS_MAX = 4, READ_TRIES = 2, READ_AHEAD = 2 };

enum slot_state { SLOT_FREE, SLOT_READING, SLOT_READ, SLOT_DIGESTING };

struct slot {
	enum slot_state state;
	uint64_t offset, length;
	unsigned tries, digesting;
};

struct verification {
	struct pool *readers, *digesters[DIGEST_ALGORITHM_COUNT];
	uint8_t     *memory;		/* SLOTS of SLOT_BYTES */
	struct slot  slots[SLOTS];
	size_t       exhibit;		/* that is read now */
	uint32_t     algorithms;	/* of it */
	uint64_t     size, offset;	/* of it; what readers were asked for */
	uint64_t     asked, handed;	/* slots so far, in order */
	unsigned     busy;		/* slots that are not free */
	bool         failed;
	struct damage damage;		/* of it */
};

static const enum digest_algorithm digested[] = { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 };
enum { DIGESTED_COUNT = sizeof digested / sizeof digested[0] };

/* ---- in the reading process ---- */

/* A damaged range of a piece; known: it was noted when the image was opened. */
struct media_damage { uint64_t offset, length; bool known; };

static const struct field damage_fields[] = {
	FIELD(struct media_damage, offset, FIELD_U64),
	FIELD(struct media_damage, length, FIELD_U64),
	FIELD(struct media_damage, known, FIELD_BOOL),
	FIELD_LAST
};
static const struct record_type damage_record = {
	.name = "media-damage", .size = sizeof (struct media_damage), .fields = damage_fields,
	.description = "a damaged range that a whole reading of a medium met",
};

static void
progress(void *context, uint64_t bytes)
{
	(void)bytes;
	worker_progress(context);
}

/* Without processes: reading and digesting in turn. */
static void
verify_here(struct reader *reader, struct worker *worker, const struct task_order *order)
{
	struct media_verification result = { .evidence = reader->run->exhibits.items[order->number].id,
		.result = "unreadable" };
	struct image *image = reader_image(reader, order->number);

	if (image)
		image_verify(image, order->algorithms, reader->notes, progress, worker, &result);
	reader_send(reader, &media_verification_record, &result);
}

static void
send_damage(struct reader *reader, const struct image *image, const struct damage *known,
	uint64_t offset, uint64_t length)
{
	for (size_t i = 0; i < image->damage.count; i++) {
		const struct damage_range *range = &image->damage.ranges[i];
		uint64_t start = range->offset > offset ? range->offset : offset;
		uint64_t end = range->offset + range->length;
		struct media_damage met = { .offset = start };

		end = end < offset + length ? end : offset + length;
		if (start >= end)
			continue;
		met.length = end - start;
		met.known = damage_overlaps(known, start, end - start);
		reader_send(reader, &damage_record, &met);
	}
}

static const char read_whole[] = "read\n";

static void
read_piece(struct reader *reader, struct worker *worker, const struct task_order *order)
{
	struct image *image = reader_image(reader, order->number);
	uint8_t *to = reader->run->verification->memory + (size_t)order->row * SLOT_BYTES;
	struct damage known;
	size_t got = 0;

	if (!image || order->node > SLOT_BYTES || order->row >= SLOTS)
		return;
	damage_init(&known);
	for (size_t i = 0; i < image->damage.count; i++)
		damage_add(&known, image->damage.ranges[i].offset, image->damage.ranges[i].length);
	if (source_read(image->source, order->item, to, (size_t)order->node, &got) >= STATUS_DAMAGED &&
	    got == order->node) {
		send_damage(reader, image, &known, order->item, order->node);
		worker_send(worker, read_whole, sizeof read_whole - 1);
	}
	damage_release(&known);
}

static void
work(void *state, struct worker *worker, const char *task)
{
	struct reader *reader = state;
	struct task_order order;

	if (task_read(task, &reader->scratch, &order) && order.number < reader->run->exhibits.count) {
		if (order.kind == TASK_READ)
			read_piece(reader, worker, &order);
		else
			verify_here(reader, worker, &order);
		reader_send_inflated(reader);
	}
	arena_release(&reader->scratch);
}

/* ---- in the digesting process ---- */

struct digester {
	struct run           *run;
	struct digest_stream *stream;
	uint64_t              position;
};

static void *
digester_start(void *context, struct worker *worker)
{
	struct digester *digester = memory_allocate(1, sizeof *digester);

	(void)worker;
	digester->run = context;
	return digester;
}

static void
digester_stop(void *state)
{
	struct digester *digester = state;

	digest_stream_close(digester->stream);
	memory_free(digester);
}

static void
send_digest(struct digester *digester, struct worker *worker)
{
	struct media_verification result = { .evidence = "", .result = "", .bytes = digester->position };
	struct buffer line;

	digest_stream_finish(digester->stream, &result.computed, NULL);
	buffer_init(&line, 0);
	record_write(&line, &media_verification_record, &result);
	worker_send(worker, line.bytes, line.length);
	buffer_release(&line);
}

/* A piece that does not follow the one before belongs to a process that is no more. */
static void
digest_piece(void *state, struct worker *worker, const char *task)
{
	struct digester *digester = state;
	struct task_order order;
	struct arena arena;

	arena_init(&arena);
	if (task_read(task, &arena, &order) && order.row < SLOTS && order.node <= SLOT_BYTES) {
		if (!order.item) {
			digest_stream_close(digester->stream);
			digester->stream = digest_stream_open(order.algorithms);
			digester->position = 0;
		}
		if (digester->stream && order.item == digester->position) {
			digest_stream_update(digester->stream,
				digester->run->verification->memory + (size_t)order.row * SLOT_BYTES, (size_t)order.node);
			digester->position += order.node;
			if (order.table)
				send_digest(digester, worker);
		}
	}
	arena_release(&arena);
}

/* ---- in the coordinator ---- */

static void advance(struct run *run);

static void
add_order(struct pool *pool, const struct task_order *order)
{
	struct buffer line;

	buffer_init(&line, 0);
	task_write(&line, order);
	pool_add(pool, line.bytes);
	buffer_release(&line);
}

static void
ask_for_slot(struct run *run, uint32_t number)
{
	struct verification *at = run->verification;
	struct slot *slot = &at->slots[number];

	slot->state = SLOT_READING;
	slot->tries++;
	add_order(at->readers, &(struct task_order){ .kind = TASK_READ, .number = (uint32_t)at->exhibit,
		.row = number, .item = slot->offset, .node = slot->length });
}

static void
free_slot(struct verification *at, struct slot *slot)
{
	slot->state = SLOT_FREE;
	at->busy--;
}

static void
hand_slot(struct run *run, uint32_t number)
{
	struct verification *at = run->verification;
	struct slot *slot = &at->slots[number];

	slot->state = SLOT_DIGESTING;
	slot->digesting = 0;
	for (size_t i = 0; i < DIGESTED_COUNT; i++) {
		if (!(at->algorithms & 1u << digested[i]))
			continue;
		slot->digesting++;
		add_order(at->digesters[digested[i]], &(struct task_order){ .kind = TASK_DIGEST, .row = number,
			.item = slot->offset, .node = slot->length, .algorithms = 1u << digested[i],
			.table = slot->offset + slot->length == at->size });
	}
	if (!slot->digesting)
		free_slot(at, slot);
}

static struct slot *
slot_of(struct run *run, const char *task, struct task_order *ret_order)
{
	if (!task_read(task, &run->arena, ret_order) || ret_order->row >= SLOTS)
		return NULL;
	return &run->verification->slots[ret_order->row];
}

struct piece { struct run *run; bool is_read; };

static void
take_piece_line(void *context, const char *line, size_t length)
{
	struct piece *piece = context;
	struct verification *at = piece->run->verification;
	struct media_damage met;

	if (length == sizeof read_whole - 2 && !memcmp(line, read_whole, length))
		piece->is_read = true;
	else if (record_read(line, length, &damage_record, &piece->run->arena, &met) != STATUS_OK)
		run_take_note(piece->run, line, length);
	else if (met.offset < at->size && met.length <= at->size - met.offset) {
		damage_add(&at->damage, met.offset, met.length);
		if (!met.known)
			damage_add(&piece->run->inventory.evidences[at->exhibit].damage, met.offset, met.length);
	}
}

static void
piece_read(void *context, const struct task_result *result)
{
	struct run *run = context;
	struct piece piece = { .run = run };
	struct task_order order;
	struct slot *slot = slot_of(run, result->task, &order);

	if (!slot)
		return;
	result_each_line(result, take_piece_line, &piece);
	if (piece.is_read) {
		slot->state = SLOT_READ;
	} else if (slot->tries < READ_TRIES && !run->verification->failed) {
		ask_for_slot(run, order.row);
	} else {
		run_note_lost(run, result, &(struct place){ .evidence = run->exhibits.items[order.number].id });
		run->verification->failed = true;
		free_slot(run->verification, slot);
	}
	advance(run);
}

static void
take_digest_line(void *context, const char *line, size_t length)
{
	struct run *run = context;
	struct media_verification part;

	if (record_read(line, length, &media_verification_record, &run->arena, &part) != STATUS_OK ||
	    part.bytes != run->verification->size)
		return;
	for (size_t i = 0; i < DIGESTED_COUNT; i++) {
		const uint8_t *bytes = digests_get(&part.computed, digested[i]);

		if (bytes)
			digests_set(&run->verification_results[run->verification->exhibit].computed, digested[i], bytes);
	}
}

static void
piece_digested(void *context, const struct task_result *result)
{
	struct run *run = context;
	struct verification *at = run->verification;
	struct task_order order;
	struct slot *slot = slot_of(run, result->task, &order);

	if (!slot)
		return;
	if (result->outcome != TASK_DONE)
		at->failed = true;
	run_note_lost(run, result, &(struct place){ .evidence = run->exhibits.items[at->exhibit].id });
	result_each_line(result, take_digest_line, run);
	if (--slot->digesting == 0) {
		run->bytes += slot->length;
		free_slot(at, slot);
	}
	advance(run);
}

static void
end_exhibit(struct run *run)
{
	struct verification *at = run->verification;
	struct media_verification *result = &run->verification_results[at->exhibit];
	uint32_t all = (1u << DIGEST_MD5 | 1u << DIGEST_SHA1 | 1u << DIGEST_SHA256) & at->algorithms;

	result->bytes = at->failed ? 0 : at->size;
	result->stored = run->inventory.evidences[at->exhibit].stored;
	if (at->failed || result->computed.known != all) {
		result->computed.known = 0;
		result->result = "unreadable";
	} else {
		result->result = media_verification_compare(&result->computed, &result->stored);
	}
	for (size_t i = 0; i < at->damage.count; i++)
		result->damaged_bytes += at->damage.ranges[i].length;
	result->damaged_ranges = at->damage.count;
	damage_release(&at->damage);
}

/* Of digests that stand beside the image. */
static uint32_t
recorded_algorithms(const struct evidence_summary *evidence)
{
	uint32_t algorithms = 0;

	for (size_t i = 0; i < evidence->recorded_count; i++)
		for (size_t d = 0; d < DIGESTED_COUNT; d++)
			if (evidence->recorded[i].digest.algorithm == digested[d])
				algorithms |= 1u << digested[d];
	return algorithms;
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

/* The next medium, from at->exhibit on; false: there is none. */
static bool
begin_exhibit(struct run *run)
{
	struct verification *at = run->verification;

	damage_init(&at->damage);
	at->failed = false;
	at->size = at->offset = 0;
	for (; at->exhibit < run->exhibits.count; at->exhibit++) {
		if (run->exhibits.items[at->exhibit].kind != EXHIBIT_IMAGE)
			continue;
		at->size = run->inventory.evidences[at->exhibit].size;
		at->algorithms = algorithms_for(run, at->exhibit);
		if (at->size)
			return true;
		run->verification_results[at->exhibit].result = "unreadable";
	}
	return false;
}

/* Of a medium that was given up, pieces are left that no digest takes. */
static void
hand_slots(struct run *run)
{
	struct verification *at = run->verification;

	for (size_t i = 0; at->failed && i < SLOTS; i++)
		if (at->slots[i].state == SLOT_READ)
			free_slot(at, &at->slots[i]);
	while (at->slots[at->handed % SLOTS].state == SLOT_READ)
		hand_slot(run, (uint32_t)(at->handed++ % SLOTS));
}

static void
ask_for_slots(struct run *run)
{
	struct verification *at = run->verification;

	while (!at->failed && at->offset < at->size && at->slots[at->asked % SLOTS].state == SLOT_FREE) {
		struct slot *slot = &at->slots[at->asked % SLOTS];
		uint64_t left = at->size - at->offset;

		*slot = (struct slot){ .offset = at->offset, .length = left < SLOT_BYTES ? left : SLOT_BYTES };
		at->offset += slot->length;
		at->busy++;
		ask_for_slot(run, (uint32_t)(at->asked++ % SLOTS));
	}
}

/* After every piece that was read or digested. */
static void
advance(struct run *run)
{
	struct verification *at = run->verification;

	hand_slots(run);
	ask_for_slots(run);
	if (at->busy)
		return;
	end_exhibit(run);
	at->exhibit++;
	at->asked = at->handed = 0;
	if (begin_exhibit(run))
		ask_for_slots(run);
}

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
verified_here(void *context, const struct task_result *result)
{
	result_each_line(result, take_line, context);
}

static void
begin_here(struct run *run)
{
	run->verification->readers = run_pool(run, "verify", 0, work, verified_here, run);
	for (size_t i = 0; i < run->exhibits.count; i++)
		if (run->exhibits.items[i].kind == EXHIBIT_IMAGE)
			add_order(run->verification->readers, &(struct task_order){ .kind = TASK_VERIFY,
				.number = (uint32_t)i, .algorithms = algorithms_for(run, i) });
}

static void
open_pools(struct run *run)
{
	struct verification *at = run->verification;
	unsigned jobs = run->is_sequential ? 1 : run->options->jobs < READERS_MAX ? run->options->jobs : READERS_MAX;
	struct pool_plan plan = { .name = "verify", .jobs = jobs, .sandboxed = run->options->sandboxed,
		.descriptors = run->descriptors, .descriptor_count = run->descriptor_count, .ahead = READ_AHEAD,
		.shared = at->memory, .shared_size = (size_t)SLOTS * SLOT_BYTES,
		.start = reader_start, .reading_context = run, .work = work, .stop = reader_stop,
		.done = piece_read, .done_context = run };

	at->readers = pool_open(&plan);
	plan.jobs = 1;
	plan.descriptor_count = 0;
	plan.ahead = 0;
	plan.start = digester_start;
	plan.work = digest_piece;
	plan.stop = digester_stop;
	plan.done = piece_digested;
	for (size_t i = 0; i < DIGESTED_COUNT; i++) {
		plan.name = digest_algorithm_names[digested[i]];
		at->digesters[digested[i]] = pool_open(&plan);
	}
}

void
verification_begin(struct run *run)
{
	struct verification *at;
	void *memory;

	run->verification_results = arena_allocate(&run->arena,
		run->exhibits.count * sizeof *run->verification_results);
	for (size_t i = 0; i < run->exhibits.count; i++)
		run->verification_results[i] = (struct media_verification){
			.evidence = run->exhibits.items[i].id, .result = "not_compared" };
	if (run->options->settings.no_verify)
		return;
	run->verification = at = memory_allocate(1, sizeof *at);
	memory = mmap(NULL, (size_t)SLOTS * SLOT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	at->memory = memory == MAP_FAILED ? NULL : memory;
	if (!run->options->jobs || !at->memory) {
		begin_here(run);
		return;
	}
	madvise(at->memory, (size_t)SLOTS * SLOT_BYTES, MADV_DONTFORK);
	open_pools(run);
	if (begin_exhibit(run))
		ask_for_slots(run);
}

size_t
verification_pools(const struct run *run, struct pool *ret_pools[VERIFICATION_POOLS])
{
	const struct verification *at = run->verification;
	size_t count = 0;

	if (!at)
		return 0;
	ret_pools[count++] = at->readers;
	for (size_t i = 0; i < DIGESTED_COUNT; i++)
		if (at->digesters[digested[i]])
			ret_pools[count++] = at->digesters[digested[i]];
	return count;
}

void
verification_close(struct run *run)
{
	struct pool *pools[VERIFICATION_POOLS];
	size_t count = verification_pools(run, pools);

	if (!run->verification)
		return;
	for (size_t i = 0; i < count; i++)
		pool_close(pools[i]);
	if (run->verification->memory)
		munmap(run->verification->memory, (size_t)SLOTS * SLOT_BYTES);
	memory_free(run->verification);
	run->verification = NULL;
}

/* Runs each pool in turn until it has nothing to do; the others go on meanwhile. */
static void
run_pools(struct run *run)
{
	struct pool *pools[VERIFICATION_POOLS];
	size_t count = verification_pools(run, pools);

	for (size_t i = 0; i < count; i++) {
		struct pool *first = pools[i];

		pools[i] = pools[0];
		pools[0] = first;
		pools_run(pools, run->options->jobs ? count : 1);
	}
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
	if (run->verification) {
		run->stage = "verifying";
		do
			run_pools(run);
		while (run->verification->size);
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
