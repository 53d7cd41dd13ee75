/* stack.c - a volume that lies on others as one range of bytes. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/stack.h>

#include "chunk_map.h"
#include "raid.h"
#include "raid_state.h"

enum {
	PIECE_BYTES = 64 * 1024,	/* read at a time where several copies are asked */
	SMALL_BYTES = 4096,		/* what is tried again alone, so that damage stays small */
};

struct stack_leg_source {
	struct source *source;	/* NULL: missing */
	uint64_t offset, length;
};

struct stack_segment_state {
	const struct stack_segment *segment;
	struct stack_leg_source *legs;
	struct chunk_map map;		/* snapshot, thin */
	bool             is_lost;	/* nothing of it can be read */
};

struct stack_source {
	struct source  source;
	struct image  *image;
	struct stack   stack;		/* a copy: the list of all may grow and move; its segments do not */
	struct stack_segment_state *segments;
	size_t         last;		/* segment that was read last */
	uint8_t       *scratch;		/* PIECE_BYTES, for parity */
};

/* ---- legs ---- */

/* Adds to the stack's damage what of the range is damaged below. */
static void
take_damage(struct stack_source *stack, uint64_t offset, const struct stack_leg_source *leg, uint64_t on_leg,
	uint64_t length)
{
	const struct damage *damage = leg->source->damage;
	uint64_t start = leg->offset + on_leg, end = start + length;
	bool found = false;

	for (size_t i = 0; damage && i < damage->count; i++) {
		uint64_t from = damage->ranges[i].offset, to = from + damage->ranges[i].length;

		if (to <= start || from >= end)
			continue;
		from = from < start ? start : from;
		to = to > end ? end : to;
		damage_add(&stack->image->damage, offset + (from - start), to - from);
		found = true;
	}
	if (!found)
		damage_add(&stack->image->damage, offset, length);
}

/*
 * Fills the buffer, with zeros where nothing can be read; *ret_got is how many bytes the
 * leg gave.  STATUS_DAMAGED: not all of it is as it was.
 */
static enum status
read_leg(const struct stack_leg_source *leg, uint64_t offset, uint8_t *buffer, size_t length, size_t *ret_got)
{
	size_t want = length;
	enum status status;

	*ret_got = 0;
	if (!leg->source || offset >= leg->length) {
		memset(buffer, 0, length);
		return STATUS_DAMAGED;
	}
	if (want > leg->length - offset)
		want = (size_t)(leg->length - offset);
	status = source_read_exactly(leg->source, leg->offset + offset, buffer, want);
	if (status <= STATUS_UNREADABLE)
		want = 0;
	memset(buffer + want, 0, length - want);
	*ret_got = want;
	return want < length ? STATUS_DAMAGED : status;
}

/* One leg that nothing stands in for; offset is that of the stack. */
static enum status
read_alone(struct stack_source *stack, uint64_t offset, const struct stack_leg_source *leg, uint64_t on_leg,
	uint8_t *buffer, size_t length)
{
	size_t got;
	enum status status = read_leg(leg, on_leg, buffer, length, &got);

	if (status == STATUS_OK)
		return STATUS_OK;
	if (got)
		take_damage(stack, offset, leg, on_leg, got);
	if (got < length)
		damage_add(&stack->image->damage, offset + got, length - got);
	return STATUS_DAMAGED;
}

/* The unit from what the other legs of its row hold. */
static bool
read_parity(struct stack_source *stack, const struct stack_segment_state *state, const struct raid_unit *unit,
	uint64_t on_leg, uint8_t *buffer, size_t length)
{
	uint8_t *sum = memory_allocate(length, 1);
	bool is_whole = true;

	for (uint32_t i = 0; i < state->segment->leg_count && is_whole; i++) {
		size_t got;

		if (i == unit->copies[0].leg || i == unit->second_parity)
			continue;
		is_whole = read_leg(&state->legs[i], on_leg, stack->scratch, length, &got) == STATUS_OK;
		for (size_t b = 0; b < length && is_whole; b++)
			sum[b] ^= stack->scratch[b];
	}
	if (is_whole)
		memcpy(buffer, sum, length);
	memory_free(sum);
	return is_whole;
}

/* At most PIECE_BYTES from the first copy that is whole, else from the parity. */
static bool
read_whole(struct stack_source *stack, const struct stack_segment_state *state, const struct raid_unit *unit,
	uint64_t within, uint8_t *buffer, size_t length)
{
	size_t got;

	for (size_t i = 0; i < unit->copy_count; i++)
		if (read_leg(&state->legs[unit->copies[i].leg], unit->copies[i].offset + within, buffer, length,
		    &got) == STATUS_OK)
			return true;
	return unit->has_parity && read_parity(stack, state, unit, unit->copies[0].offset + within, buffer, length);
}

/* The first copy that gives anything: what of it is damaged stays so. */
static enum status
read_best(struct stack_source *stack, const struct stack_segment_state *state, const struct raid_unit *unit,
	uint64_t offset, uint64_t within, uint8_t *buffer, size_t length)
{
	size_t best = 0;

	for (size_t i = unit->copy_count; i > 0; i--)
		if (state->legs[unit->copies[i - 1].leg].source)
			best = i - 1;
	return read_alone(stack, offset, &state->legs[unit->copies[best].leg], unit->copies[best].offset + within,
		buffer, length);
}

/* Bytes of one unit (or of a mirror): offset is that of the stack, within that of the unit. */
static enum status
read_unit(struct stack_source *stack, const struct stack_segment_state *state, const struct raid_unit *unit,
	uint64_t offset, uint64_t within, uint8_t *buffer, size_t length)
{
	enum status status = STATUS_OK;

	if (unit->copy_count == 1 && !unit->has_parity)
		return read_best(stack, state, unit, offset, within, buffer, length);
	for (size_t done = 0; done < length; ) {
		size_t piece = length - done < PIECE_BYTES ? length - done : PIECE_BYTES, small = 0;

		for (; !read_whole(stack, state, unit, within + done, buffer + done, piece) && !small; )
			small = piece = piece < SMALL_BYTES ? piece : SMALL_BYTES;
		if (small && !read_whole(stack, state, unit, within + done, buffer + done, piece))
			status = status_worse(status, read_best(stack, state, unit, offset + done, within + done,
				buffer + done, piece));
		done += piece;
	}
	return status;
}

/* ---- segments: offset is that of the stack, and the bytes lie in the segment ---- */

static enum status
read_units(struct stack_source *stack, const struct stack_segment_state *state, uint64_t offset,
	uint8_t *buffer, size_t length)
{
	uint64_t unit_bytes = state->segment->unit;
	enum status status = STATUS_OK;

	while (length) {
		uint64_t at = offset - state->segment->start, within = at % unit_bytes;
		size_t piece = length < unit_bytes - within ? length : (size_t)(unit_bytes - within);
		struct raid_unit unit;

		raid_locate(state->segment, at / unit_bytes, &unit);
		status = status_worse(status, read_unit(stack, state, &unit, offset, within, buffer, piece));
		offset += piece;
		buffer += piece;
		length -= piece;
	}
	return status;
}

static enum status
read_mirror(struct stack_source *stack, const struct stack_segment_state *state, uint64_t offset,
	uint8_t *buffer, size_t length)
{
	struct raid_unit unit = { .second_parity = STACK_NONE };

	for (uint32_t i = 0; i < state->segment->leg_count && unit.copy_count < RAID_COPIES_MAX; i++)
		unit.copies[unit.copy_count++] = (struct raid_place){ i, 0 };
	return read_unit(stack, state, &unit, offset, offset - state->segment->start, buffer, length);
}

/* Of a snapshot what is not in the map comes from the origin, of a thin volume it is zeros. */
static enum status
read_chunks(struct stack_source *stack, const struct stack_segment_state *state, uint64_t offset,
	uint8_t *buffer, size_t length)
{
	bool is_snapshot = state->segment->kind == SEGMENT_SNAPSHOT;
	uint64_t chunk_bytes = state->segment->unit;
	enum status status = STATUS_OK;

	while (length) {
		uint64_t at = offset - state->segment->start, chunk = at / chunk_bytes, place, next;
		bool is_mapped = chunk_map_find(&state->map, chunk, &place);
		size_t piece = length;

		next = is_mapped ? chunk + 1 : chunk_map_next(&state->map, chunk);
		if (next <= (at + length) / chunk_bytes && next * chunk_bytes - at < piece)
			piece = (size_t)(next * chunk_bytes - at);
		if (is_mapped && place > UINT64_MAX / chunk_bytes - 1)
			place = UINT64_MAX / chunk_bytes - 1;
		if (is_mapped)
			status = status_worse(status, read_alone(stack, offset, &state->legs[1],
				place * chunk_bytes + at % chunk_bytes, buffer, piece));
		else if (is_snapshot)
			status = status_worse(status, read_alone(stack, offset, &state->legs[0], at, buffer, piece));
		else
			memset(buffer, 0, piece);
		offset += piece;
		buffer += piece;
		length -= piece;
	}
	return status;
}

static enum status
read_missing(struct stack_source *stack, uint64_t offset, uint8_t *buffer, size_t length)
{
	memset(buffer, 0, length);
	damage_add(&stack->image->damage, offset, length);
	return STATUS_DAMAGED;
}

static enum status
read_segment(struct stack_source *stack, const struct stack_segment_state *state, uint64_t offset,
	uint8_t *buffer, size_t length)
{
	if (state->is_lost)
		return read_missing(stack, offset, buffer, length);
	switch (state->segment->kind) {
	case SEGMENT_LINEAR:
		return read_alone(stack, offset, &state->legs[0], offset - state->segment->start, buffer, length);
	case SEGMENT_STRIPED:
	case SEGMENT_RAID5:
	case SEGMENT_RAID6:
	case SEGMENT_RAID10:
		return read_units(stack, state, offset, buffer, length);
	case SEGMENT_MIRROR:
		return read_mirror(stack, state, offset, buffer, length);
	case SEGMENT_SNAPSHOT:
	case SEGMENT_THIN:
		return read_chunks(stack, state, offset, buffer, length);
	case SEGMENT_ZERO:
		memset(buffer, 0, length);
		return STATUS_OK;
	default:
		return read_missing(stack, offset, buffer, length);
	}
}

/* The first segment that ends behind the offset; what lies between two is missing. */
static size_t
find_segment(struct stack_source *stack, uint64_t offset)
{
	const struct stack_segment *items = stack->stack.segments;
	size_t low = 0, high = stack->stack.segment_count;

	if (stack->last < high && items[stack->last].start <= offset &&
	    offset - items[stack->last].start < items[stack->last].length)
		return stack->last;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (items[middle].start + items[middle].length <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	stack->last = low;
	return low;
}

/* Up to the end of a segment, or of a gap between two. */
static enum status
read_piece(struct source *source, uint64_t offset, uint8_t *to, size_t length, size_t *ret_length)
{
	struct stack_source *stack = (struct stack_source *)source;
	size_t at = find_segment(stack, offset);
	const struct stack_segment *segment = at < stack->stack.segment_count ? &stack->stack.segments[at] : NULL;
	uint64_t end = !segment ? source->size : offset < segment->start ? segment->start :
		segment->start + segment->length;
	enum status status;

	if (length > end - offset)
		length = (size_t)(end - offset);
	*ret_length = length;
	if (!segment || offset < segment->start)
		return read_missing(stack, offset, to, length);
	/* What a member cannot give is zeros and remembered as damage. */
	status = read_segment(stack, &stack->segments[at], offset, to, length);
	return status < STATUS_DAMAGED ? STATUS_DAMAGED : status;
}

static enum status
read_stack(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	return source_read_pieces(source, offset, buffer, length, ret_length, read_piece);
}

static void
close_stack(struct source *source)
{
	struct stack_source *stack = (struct stack_source *)source;

	for (size_t i = 0; i < stack->stack.segment_count; i++) {
		memory_free(stack->segments[i].legs);
		chunk_map_release(&stack->segments[i].map);
	}
	memory_free(stack->segments);
	memory_free(stack->scratch);
	memory_free(stack);
}

/* ---- opening ---- */

static struct stack_leg_source
open_leg(const struct stack_leg *leg, const struct stack_opener *opener)
{
	struct image *image = leg->missing ? NULL :
		leg->below == STACK_NONE ? opener->medium(opener->context, leg->exhibit) :
		opener->stack(opener->context, leg->below);
	struct stack_leg_source opened = { image ? image->source : NULL, leg->offset, leg->length };

	if (image && leg->offset >= image->source->size)
		opened.length = 0;
	else if (image && leg->length > image->source->size - leg->offset)
		opened.length = image->source->size - leg->offset;
	return opened;
}

static void
open_legs(struct stack_segment_state *state, const struct stack_opener *opener)
{
	const struct stack_segment *segment = state->segment;

	state->legs = memory_allocate(segment->leg_count, sizeof *state->legs);
	for (size_t i = 0; i < segment->leg_count; i++)
		state->legs[i] = open_leg(&segment->legs[i], opener);
}

/* Of a leg that fell behind the others only what is in step is read: the others stand in for the rest. */
static void
leave_out_legs(struct stack_segment_state *state, const struct stack_opener *opener, const struct place *at,
	const struct notes *notes)
{
	const struct stack_segment *segment = state->segment;
	struct raid_state *states = memory_allocate(segment->leg_count, sizeof *states);

	for (size_t i = 0; i < segment->leg_count; i++) {
		struct stack_leg_source from = open_leg(&segment->states[i], opener);

		raid_state_read(from.source, from.offset, i, &states[i]);
	}
	for (size_t i = 0; i < segment->leg_count; i++) {
		const char *why;
		uint64_t in_step = raid_state_in_step(states, segment->leg_count, i, &why);

		if (!state->legs[i].source || in_step >= state->legs[i].length)
			continue;
		note(notes, STATUS_OK, NOTE_VOLUME_MEMBER, at, "leg %zu of %s (lvm) is left out%s: %s", i, at->volume,
			in_step ? " from where its rebuilding stands" : "", why);
		state->legs[i].length = in_step;
		if (!in_step)
			state->legs[i].source = NULL;
	}
	memory_free(states);
}

/* The map of a snapshot or thin volume lies on one of its legs. */
static enum status
open_map(struct stack_segment_state *state, const struct place *at, const struct notes *notes)
{
	const struct stack_segment *segment = state->segment;
	bool is_snapshot = segment->kind == SEGMENT_SNAPSHOT;
	const struct stack_leg_source *leg = &state->legs[is_snapshot ? 1 : 0];
	struct source *range = leg->source ? source_open_range(leg->source, leg->offset, leg->length) : NULL;
	enum status status;

	if (!range) {
		state->is_lost = true;
		return STATUS_DAMAGED;
	}
	status = is_snapshot ? snapshot_read_map(range, segment->unit, at, notes, &state->map) :
		thin_read_map(range, segment->layout, segment->unit, at, notes, &state->map);
	source_close(range);
	state->is_lost = status <= STATUS_UNREADABLE;
	return status < STATUS_OK ? STATUS_DAMAGED : STATUS_OK;
}

static enum status
open_segment(struct stack_segment_state *state, const struct stack_segment *segment,
	const struct stack_opener *opener, const struct place *at, const struct notes *notes)
{
	state->segment = segment;
	open_legs(state, opener);
	if (segment->states)
		leave_out_legs(state, opener, at, notes);
	switch (segment->kind) {
	case SEGMENT_LINEAR:
	case SEGMENT_MIRROR:
		state->is_lost = !segment->leg_count;
		return STATUS_OK;
	case SEGMENT_STRIPED:
	case SEGMENT_RAID5:
	case SEGMENT_RAID6:
	case SEGMENT_RAID10:
		state->is_lost = !raid_is_possible(segment);
		return STATUS_OK;
	case SEGMENT_SNAPSHOT:
	case SEGMENT_THIN:
		state->is_lost = segment->leg_count != 2 || !segment->unit || segment->start;
		return state->is_lost ? STATUS_DAMAGED : open_map(state, at, notes);
	default:
		return STATUS_OK;
	}
}

/* struct image wants one; everything is released by its source. */
static void
close_image(struct image *image)
{
	(void)image;
}

static const struct image_driver stack_image_driver = {
	.name = "stack", .description = "a volume on others", .close = close_image,
};

enum status
stack_open(const struct stack *stack, const struct exhibit *exhibit, const struct stack_opener *opener,
	const struct notes *notes, struct image **ret_image)
{
	struct stack_source *source = memory_allocate(1, sizeof *source);
	struct image *image = memory_allocate(1, sizeof *image);
	struct place at = { .evidence = exhibit->id, .volume = stack->name };
	enum status status = STATUS_OK;

	*image = (struct image){ .exhibit = exhibit, .source = &source->source, .sector_size = 512,
		.driver = &stack_image_driver, .notes = notes };
	damage_init(&image->damage);
	damage_init(&image->met);
	damage_init(&image->acquisition_errors);
	arena_init(&image->arena);
	source->source = (struct source){ .size = stack->size, .read = read_stack, .close = close_stack,
		.damage = &image->damage };
	source->image = image;
	source->stack = *stack;
	source->scratch = memory_allocate(PIECE_BYTES, 1);
	source->segments = memory_allocate(stack->segment_count, sizeof *source->segments);
	for (size_t i = 0; i < stack->segment_count; i++)
		status = status_worse(status, open_segment(&source->segments[i], &stack->segments[i], opener, &at, notes));
	*ret_image = image;
	return status;
}
