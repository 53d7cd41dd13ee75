/*
 * media_reading.c - each medium is read whole and digested, by processes that parse nothing but the container.
 *
 * MD5 of one stream keeps a core busy, and so does inflating: some processes
 * read pieces of the medium into slots of shared memory, one process a digest
 * takes them in order (one for all, where the others take no time beside MD5).  The process that starts them hands a slot from one to
 * the other with a task; it does not look into it.  No process that parses file
 * systems can write this memory.  Examination may look into it (media_window.h),
 * and is waited for a moment before a piece is replaced that it has not yet seen;
 * no other work of the run can hold this up.
 *
 * MD5 takes longest, and inflating hardly less.  The scheduler lets MD5 share a processor with a reader while enough
 * is read, and keeps two readers on the other one while MD5 waits.  So readers leave the processor of MD5 to it while
 * pieces are ready; where they run short, one uses it.  In nine pairs of runs over an E01 on two processors, on a
 * machine that did more besides, verifying took 1.07 to 1.29 times as long as its MD5, instead of 1.13 to 1.37; the
 * median of the pairs is 6 % less.
 *
 * A reader that dies costs its piece a second try, by another process.  A
 * digest cannot be taken up again in the middle: without its process the
 * medium is said to be not verified.
 */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <t1554triage/memory.h>

#include "media_reading.h"
#include "media_window.h"
#include "reader.h"
#include "task.h"

enum { SLOTS = MEDIA_PIECES, SLOT_BYTES = MEDIA_PIECE_BYTES, READERS_MAX = 4, READ_TRIES = 2, READ_AHEAD = 2,
	READERS_NICE = 5, HELD_MILLISECONDS_MAX = 2000, HELD_STEP_MILLISECONDS = 1 };
/* Slots that are read and not yet digested: enough, and too few. */
enum { READY_ENOUGH = 4, READY_SHORT = 2 };

static const enum digest_algorithm digested[] = { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 };
enum { DIGESTED_COUNT = sizeof digested / sizeof digested[0] };

/* Left to the scheduler at first; then with no reader, or with one. */
enum sharing { SHARING_LEFT, SHARING_NONE, SHARING_ONE };

enum slot_state { SLOT_FREE, SLOT_READING, SLOT_READ, SLOT_DIGESTING };

struct slot {
	enum slot_state state;
	uint64_t offset, length;
	unsigned tries, digesting;
};

struct media_reading {
	struct run     *run;
	struct worker  *worker;		/* of the pool that this process belongs to */
	struct pool    *readers, *digesters[DIGESTED_COUNT];
	struct media_window *memory;	/* of these processes: the run's, or their own */
	struct slot     slots[SLOTS];
	size_t          exhibit;	/* that is read now */
	uint32_t        algorithms;	/* of it */
	uint64_t        size, offset;	/* of it; what readers were asked for */
	uint64_t        asked, handed;	/* pieces so far, in order, of all media */
	unsigned        busy;		/* slots that are not free */
	uint64_t        held_for, held_since;	/* piece that somebody wants, milliseconds; what would be overwritten waits for it */
	enum sharing    sharing;	/* of the processor of MD5 with readers */
	int             processor;	/* its number, when that was decided; -1: not known */
	bool            failed;
	struct damage   damage;		/* of it */
	struct digests  computed;
	struct arena    scratch;	/* of one answer */
};

/* ---- in a process that reads ---- */

struct piece_reader {
	const struct media_reading *media;
	struct reader              *reader;
};

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

static void *
piece_reader_start(void *context, struct worker *worker)
{
	struct piece_reader *at = memory_allocate(1, sizeof *at);

	at->media = context;
	at->reader = reader_start(at->media->run, worker);
	return at;
}

static void
piece_reader_stop(void *state)
{
	struct piece_reader *at = state;

	reader_stop(at->reader);
	memory_free(at);
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

/* Where the piece can be looked at, it can be from now on. */
static void
tell_whole(const struct piece_reader *at, const struct task_order *order, bool is_whole)
{
	uint64_t piece = media_window_base(at->media->run, order->number) / SLOT_BYTES + order->item / SLOT_BYTES;

	atomic_store_explicit(&at->media->memory->whole[order->row], is_whole ? piece + 1 : MEDIA_NOT_WHOLE,
		memory_order_release);
}

static void
read_piece(const struct piece_reader *at, struct worker *worker, const struct task_order *order)
{
	struct reader *reader = at->reader;
	struct image *image = reader_image(reader, order->number);
	uint8_t *to = at->media->memory->slots[order->row];
	enum status status;
	struct damage known;
	size_t got = 0;

	if (!image)
		return;
	damage_init(&known);
	for (size_t i = 0; i < image->damage.count; i++)
		damage_add(&known, image->damage.ranges[i].offset, image->damage.ranges[i].length);
	status = source_read(image->source, order->item, to, (size_t)order->node, &got);
	tell_whole(at, order, status == STATUS_OK && got == order->node);
	if (status >= STATUS_DAMAGED && got == order->node) {
		send_damage(reader, image, &known, order->item, order->node);
		worker_send(worker, read_whole, sizeof read_whole - 1);
	}
	damage_release(&known);
}

static void
read_work(void *state, struct worker *worker, const char *task)
{
	struct piece_reader *at = state;
	struct task_order order;

	if (task_read(task, &at->reader->scratch, &order) && order.number < at->reader->run->exhibits.count &&
	    order.row < SLOTS && order.node <= SLOT_BYTES)
		read_piece(at, worker, &order);
	reader_end_task(at->reader);
	arena_release(&at->reader->scratch);
}

/* ---- in a process that digests ---- */

struct digester {
	const struct media_reading *media;
	struct digest_stream *stream;
	uint64_t              position;
};

static void *
digester_start(void *context, struct worker *worker)
{
	struct digester *digester = memory_allocate(1, sizeof *digester);

	(void)worker;
	digester->media = context;
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
send_part(const struct media_verification *part, struct worker *worker)
{
	struct buffer line;

	buffer_init(&line, 0);
	record_write(&line, &media_verification_record, part);
	worker_send(worker, line.bytes, line.length);
	buffer_release(&line);
}

static void
send_digest(struct digester *digester, struct worker *worker)
{
	struct media_verification result = { .evidence = "", .result = "", .bytes = digester->position };

	digest_stream_finish(digester->stream, &result.computed, NULL);
	send_part(&result, worker);
}

/*
 * A piece that does not follow the one before belongs to a process that is no more.  That one may have been lost between
 * two pieces, so that nobody else knows of it.
 */
static void
digest_piece(struct digester *digester, struct worker *worker, const struct task_order *order)
{
	if (!order->item) {
		digest_stream_close(digester->stream);
		digester->stream = digest_stream_open(order->algorithms);
		digester->position = 0;
	}
	if (!digester->stream || order->item != digester->position) {
		send_part(&(struct media_verification){ .evidence = "", .result = "unreadable" }, worker);
		return;
	}
	if (order->algorithms & 1u << DIGEST_MD5)
		atomic_store_explicit(&digester->media->memory->processor, sched_getcpu() + 1, memory_order_relaxed);
	digest_stream_update(digester->stream, digester->media->memory->slots[order->row], (size_t)order->node);
	digester->position += order->node;
	if (order->table)
		send_digest(digester, worker);
}

static void
digest_work(void *state, struct worker *worker, const char *task)
{
	struct task_order order;
	struct arena arena;

	arena_init(&arena);
	if (task_read(task, &arena, &order) && order.row < SLOTS && order.node <= SLOT_BYTES)
		digest_piece(state, worker, &order);
	arena_release(&arena);
}

/* ---- in the process that starts them ---- */

static void advance(struct media_reading *at);

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
ask_for_slot(struct media_reading *at, uint32_t number)
{
	struct slot *slot = &at->slots[number];

	slot->state = SLOT_READING;
	slot->tries++;
	/* Before the first byte changes: the reader is told later. */
	atomic_store(&at->memory->whole[number], 0);
	add_order(at->readers, &(struct task_order){ .kind = TASK_READ, .number = (uint32_t)at->exhibit,
		.row = number, .item = slot->offset, .node = slot->length });
}

static void
free_slot(struct media_reading *at, struct slot *slot)
{
	slot->state = SLOT_FREE;
	at->busy--;
}

static void
hand_slot(struct media_reading *at, uint32_t number)
{
	struct slot *slot = &at->slots[number];
	uint32_t left = at->algorithms;

	slot->state = SLOT_DIGESTING;
	slot->digesting = 0;
	for (size_t i = 0; i < DIGESTED_COUNT; i++) {
		uint32_t algorithms = left & digest_beside(digested[i]);

		if (!(left & 1u << digested[i]))
			continue;
		left &= ~algorithms;
		slot->digesting++;
		add_order(at->digesters[i], &(struct task_order){ .kind = TASK_DIGEST, .row = number,
			.item = slot->offset, .node = slot->length, .algorithms = algorithms,
			.table = slot->offset + slot->length == at->size });
	}
	if (!slot->digesting)
		free_slot(at, slot);
}

static struct slot *
slot_of(struct media_reading *at, const char *task, struct task_order *ret_order)
{
	if (!task_read(task, &at->scratch, ret_order) || ret_order->row >= SLOTS)
		return NULL;
	return &at->slots[ret_order->row];
}

struct piece { struct media_reading *media; bool is_read; };

static void
take_piece_line(void *context, const char *line, size_t length)
{
	struct piece *piece = context;
	struct media_reading *at = piece->media;
	struct media_damage met;

	if (length == sizeof read_whole - 2 && !memcmp(line, read_whole, length))
		piece->is_read = true;
	else if (record_read(line, length, &damage_record, &at->scratch, &met) != STATUS_OK)
		run_take_note(at->run, line, length);
	else if (met.offset < at->size && met.length <= at->size - met.offset) {
		damage_add(&at->damage, met.offset, met.length);
		if (!met.known)
			damage_add(&at->run->inventory.evidences[at->exhibit].damage, met.offset, met.length);
	}
}

static void
note_lost(struct media_reading *at, const struct task_result *result)
{
	run_note_lost(at->run, result, &(struct place){ .evidence = at->run->exhibits.items[at->exhibit].id });
}

static void
piece_read(void *context, const struct task_result *result)
{
	struct media_reading *at = context;
	struct piece piece = { .media = at };
	struct task_order order;
	struct slot *slot = slot_of(at, result->task, &order);

	if (!slot)
		return;
	result_each_line(result, take_piece_line, &piece);
	if (piece.is_read) {
		slot->state = SLOT_READ;
	} else if (slot->tries < READ_TRIES && !at->failed) {
		ask_for_slot(at, order.row);
	} else {
		note_lost(at, result);
		at->failed = true;
		free_slot(at, slot);
	}
	arena_release(&at->scratch);
	advance(at);
}

static void
take_digest_line(void *context, const char *line, size_t length)
{
	struct media_reading *at = context;
	struct media_verification part;

	if (record_read(line, length, &media_verification_record, &at->scratch, &part) != STATUS_OK)
		return;
	if (part.result && !strcmp(part.result, "unreadable") && !at->failed) {
		note(&at->run->notes, STATUS_UNREADABLE, NOTE_WORKER_DIED,
			&(struct place){ .evidence = at->run->exhibits.items[at->exhibit].id },
			"a process that computes a digest of the medium was lost, and with it what it had taken: "
			"\"t1554triage verify\" computes it alone");
		at->failed = true;
	}
	if (part.bytes != at->size)
		return;
	for (size_t i = 0; i < DIGESTED_COUNT; i++) {
		const uint8_t *bytes = digests_get(&part.computed, digested[i]);

		if (bytes)
			digests_set(&at->computed, digested[i], bytes);
	}
}

static void
piece_digested(void *context, const struct task_result *result)
{
	struct media_reading *at = context;
	struct task_order order;
	struct slot *slot = slot_of(at, result->task, &order);

	if (!slot)
		return;
	if (result->outcome != TASK_DONE)
		at->failed = true;
	note_lost(at, result);
	result_each_line(result, take_digest_line, at);
	if (--slot->digesting == 0) {
		atomic_fetch_add_explicit(&at->run->window->digested, slot->length, memory_order_relaxed);
		free_slot(at, slot);
	}
	arena_release(&at->scratch);
	advance(at);
}

/* Of a medium that was given up, pieces are left that no digest takes. */
static void
hand_slots(struct media_reading *at)
{
	for (size_t i = 0; at->failed && i < SLOTS; i++)
		if (at->slots[i].state == SLOT_READ)
			free_slot(at, &at->slots[i]);
	while (at->slots[at->handed % SLOTS].state == SLOT_READ)
		hand_slot(at, (uint32_t)(at->handed++ % SLOTS));
}

/*
 * The next piece takes the place of one that an examination still asks for.  Its word is taken for a while only: it
 * can make this late, and nothing else.
 */
static bool
is_held(struct media_reading *at)
{
	uint64_t wanted = atomic_load_explicit(&at->run->window->wanted, memory_order_relaxed);

	if (wanted == UINT64_MAX || at->memory != at->run->window || at->asked < SLOTS || at->asked - SLOTS < wanted)
		return false;
	if (!at->held_since || at->held_for != wanted) {
		at->held_for = wanted;
		at->held_since = pool_milliseconds();
	}
	return pool_milliseconds() - at->held_since < HELD_MILLISECONDS_MAX;
}

static void
ask_for_slots(struct media_reading *at)
{
	while (!at->failed && at->offset < at->size && at->slots[at->asked % SLOTS].state == SLOT_FREE && !is_held(at)) {
		struct slot *slot = &at->slots[at->asked % SLOTS];
		uint64_t left = at->size - at->offset;

		*slot = (struct slot){ .offset = at->offset, .length = left < SLOT_BYTES ? left : SLOT_BYTES };
		at->offset += slot->length;
		at->busy++;
		ask_for_slot(at, (uint32_t)(at->asked++ % SLOTS));
		atomic_store_explicit(&at->memory->asked, at->asked, memory_order_release);
	}
}

/* MD5 is asked where it is when that is decided: whoever followed each of its moves would drive it about. */
static void
share_processors(struct media_reading *at)
{
	enum sharing sharing = at->sharing;
	unsigned ready = 0;

	for (size_t i = 0; i < SLOTS; i++)
		ready += at->slots[i].state == SLOT_READ || at->slots[i].state == SLOT_DIGESTING;
	/* Where an examination goes along, it waits as MD5 does, and neither has a processor for itself. */
	if (atomic_load_explicit(&at->run->window->wanted, memory_order_relaxed) != UINT64_MAX)
		sharing = SHARING_LEFT;
	else if (ready >= READY_ENOUGH)
		sharing = SHARING_NONE;
	else if (ready < READY_SHORT && sharing == SHARING_NONE)
		sharing = SHARING_ONE;
	if (sharing == at->sharing)
		return;
	if (sharing == SHARING_NONE)
		at->processor = atomic_load_explicit(&at->memory->processor, memory_order_relaxed) - 1;
	else if (sharing == SHARING_LEFT)
		at->processor = -1;
	at->sharing = sharing;
	pool_avoid_processor(at->readers, at->processor, sharing == SHARING_ONE);
}

/* After every piece that was read or digested. */
static void
advance(struct media_reading *at)
{
	hand_slots(at);
	ask_for_slots(at);
	share_processors(at);
}

static void
open_pools(struct media_reading *at)
{
	const struct run *run = at->run;
	struct pool_plan plan = { .name = "read media", .sandboxed = run->options->sandboxed,
		.jobs = run->is_sequential ? 1 : run->options->jobs < READERS_MAX ? run->options->jobs : READERS_MAX,
		.descriptors = run->descriptors, .descriptor_count = run->descriptor_count, .ahead = READ_AHEAD,
		.nice = READERS_NICE,
		.shared = at->memory, .shared_size = sizeof *at->memory, .reading_context = at, .done_context = at,
		.start = piece_reader_start, .work = read_work, .stop = piece_reader_stop, .done = piece_read };

	/* One stream of MD5 takes longest, and nothing makes up for a moment in which it waits for a processor. */
	at->readers = pool_open(&plan);
	plan.nice = 0;
	plan.jobs = 1;
	plan.descriptor_count = 0;
	plan.ahead = 0;
	plan.start = digester_start;
	plan.work = digest_work;
	plan.stop = digester_stop;
	plan.done = piece_digested;
	for (size_t i = 0; i < DIGESTED_COUNT; i++) {
		plan.name = digest_algorithm_names[digested[i]];
		at->digesters[i] = pool_open(&plan);
	}
}

static void
close_pools(struct media_reading *at)
{
	pool_close(at->readers);
	for (size_t i = 0; i < DIGESTED_COUNT; i++)
		pool_close(at->digesters[i]);
}

/* Nothing is read or digested while all that was read is wanted. */
static void
wait_for_others(struct media_reading *at)
{
	poll(NULL, 0, HELD_STEP_MILLISECONDS);
	worker_progress(at->worker);
	ask_for_slots(at);
}

/* Each pool in turn until it has nothing to do, until none has; the others go on meanwhile. */
static void
run_pools(struct media_reading *at)
{
	struct pool *pools[1 + DIGESTED_COUNT] = { at->readers };

	memcpy(pools + 1, at->digesters, sizeof at->digesters);
	while (at->busy || (!at->failed && at->offset < at->size)) {
		if (!at->busy)
			wait_for_others(at);
		for (size_t i = 0; i <= DIGESTED_COUNT; i++) {
			struct pool *first = pools[i];

			pools[i] = pools[0];
			pools[0] = first;
			pools_run(pools, 1 + DIGESTED_COUNT);
		}
	}
}

/* Ranges that were not known when the image was opened, for the coordinator's list. */
static void
send_new_damage(const struct media_reading *at)
{
	const struct damage *damage = &at->run->inventory.evidences[at->exhibit].damage;

	for (size_t i = 0; i < damage->count; i++)
		note_add(&at->run->notes, &(struct note){ .kind = NOTE_IMAGE_DAMAGED, .status = STATUS_DAMAGED,
			.at = { .evidence = at->run->exhibits.items[at->exhibit].id, .offset = damage->ranges[i].offset },
			.length = damage->ranges[i].length, .incomplete = true,
			.text = "fails its checksum or cannot be read" });
}

static void
send_record(struct media_reading *at, const struct record_type *type, const void *object)
{
	struct buffer line;

	buffer_init(&line, 0);
	record_write(&line, type, object);
	worker_send(at->worker, line.bytes, line.length);
	buffer_release(&line);
}

/* What the readers of this medium told of it. */
static void
send_inflated(struct media_reading *at)
{
	struct chunk_count *count = &at->run->chunk_counts[at->exhibit];
	const struct chunks_inflated inflated = { .exhibit = (uint32_t)at->exhibit, .chunks = count->inflated,
		.of = count->count };

	if (count->count)
		send_record(at, &chunks_inflated_record, &inflated);
}

static void
send_result(struct media_reading *at)
{
	struct media_verification result = { .evidence = at->run->exhibits.items[at->exhibit].id,
		.bytes = at->failed ? 0 : at->size, .computed = at->computed,
		.stored = at->run->inventory.evidences[at->exhibit].stored,
		.damaged_ranges = at->damage.count };

	if (at->failed || at->computed.known != at->algorithms) {
		result.computed.known = 0;
		result.result = "unreadable";
	} else {
		result.result = media_verification_compare(&result.computed, &result.stored);
	}
	for (size_t i = 0; i < at->damage.count; i++)
		result.damaged_bytes += at->damage.ranges[i].length;
	send_record(at, &media_verification_record, &result);
}

static void
read_medium(struct media_reading *at, const struct task_order *order)
{
	at->exhibit = order->number;
	at->size = at->run->inventory.evidences[at->exhibit].size;
	at->algorithms = order->algorithms & MEDIA_DIGESTS;
	at->offset = 0;
	at->asked = at->handed = media_window_base(at->run, at->exhibit) / SLOT_BYTES;
	at->computed = (struct digests){ .known = 0 };
	at->failed = !at->size || !at->memory;
	at->run->chunk_counts[at->exhibit] = (struct chunk_count){ .count = 0 };
	at->sharing = SHARING_LEFT;
	at->processor = -1;
	if (at->memory)
		atomic_store_explicit(&at->memory->processor, 0, memory_order_relaxed);
	damage_init(&at->damage);
	open_pools(at);
	ask_for_slots(at);
	run_pools(at);
	close_pools(at);
	/* Of one that was given up there are no more. */
	if (at->memory)
		atomic_store_explicit(&at->memory->asked, media_window_base(at->run, at->exhibit + 1) / SLOT_BYTES,
			memory_order_release);
	send_new_damage(at);
	send_inflated(at);
	send_result(at);
	damage_release(&at->damage);
}

static void
still_reading(void *context)
{
	worker_progress(context);
}

/*
 * Of a process that this one stands in for, others may be left that write for a moment yet: not into what is digested
 * now.
 */
static struct media_window *
take_memory(struct run *run)
{
	void *own;

	if (!atomic_exchange(&run->window->is_taken, true))
		return run->window;
	atomic_store(&run->window->asked, UINT64_MAX);
	own = mmap(NULL, sizeof *run->window, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return own == MAP_FAILED ? NULL : own;
}

void *
media_reading_start(void *context, struct worker *worker)
{
	struct media_reading *at = memory_allocate(1, sizeof *at);

	/* Without the coordinator nobody wants the result; the processes below see their pipes closed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	at->run = context;
	at->worker = worker;
	at->memory = take_memory(at->run);
	arena_init(&at->scratch);
	/* Of the run's state this process has a copy: what is noted here goes to the coordinator. */
	at->run->notes = *worker_notes(worker);
	pools_set_ticker(still_reading, worker);
	return at;
}

void
media_reading_stop(void *state)
{
	struct media_reading *at = state;

	if (at->memory)
		munmap(at->memory, sizeof *at->memory);
	arena_release(&at->scratch);
	memory_free(at);
}

void
media_reading_work(void *state, struct worker *worker, const char *task)
{
	struct media_reading *at = state;
	struct task_order order;
	struct arena arena;

	(void)worker;
	arena_init(&arena);
	if (task_read(task, &arena, &order) && order.number < at->run->exhibits.count)
		read_medium(at, &order);
	arena_release(&arena);
}
