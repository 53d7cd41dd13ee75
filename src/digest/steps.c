/* steps.c - SHA-256 of a content, in steps that stand between other work. */
#include <t1554triage/digest_steps.h>
#include <t1554triage/memory.h>

#include "blocks.h"
#include "sha.h"

enum { STEPS_OF_BLOCK = BLOCK_BYTES / DIGEST_STEP_BYTES };

struct digest_steps_state {
	struct blocks  blocks;		/* up to the lent bytes */
	struct sha_way way;		/* from there on */
	const uint8_t *bytes;		/* lent: the block that is next, or begun; whole ones, and what is behind them */
	size_t         steps, rest;
};

struct digest_steps *
digest_steps_open(void)
{
	struct digest_steps *steps;

	if (!sha_has_instructions())
		return NULL;
	steps = memory_allocate(1, sizeof *steps);
	steps->state = memory_allocate(1, sizeof *steps->state);
	steps->share = DIGEST_STEP_BYTES;
	blocks_begin(&steps->state->blocks, 1u << DIGEST_SHA256);
	sha_way_begin(&steps->state->way, &steps->state->blocks);
	return steps;
}

void
digest_steps_close(struct digest_steps *steps)
{
	if (!steps)
		return;
	memory_free(steps->state);
	memory_free(steps);
}

static void
take_step(struct digest_steps_state *state)
{
	bool is_through = state->way.is_half;

	sha_way_go(&state->way, state->bytes);
	state->bytes += is_through ? BLOCK_BYTES : 0;
	state->steps--;
}

void
digest_steps_take_due(struct digest_steps *steps)
{
	for (; steps->due >= DIGEST_STEP_BYTES && steps->state->steps; steps->due -= DIGEST_STEP_BYTES)
		take_step(steps->state);
}

void
digest_steps_rest(struct digest_steps *steps)
{
	struct digest_steps_state *state = steps->state;

	while (state->steps)
		take_step(state);
	sha_way_end(&state->way, &state->blocks);
	blocks_update(&state->blocks, state->bytes, state->rest);
	state->rest = 0;
}

void
digest_steps_lend(struct digest_steps *steps, const void *bytes, size_t length)
{
	struct digest_steps_state *state = steps->state;
	size_t used, room;

	digest_steps_rest(steps);
	used = state->blocks.length % BLOCK_BYTES;
	room = used ? BLOCK_BYTES - used : 0;
	if (room > length)
		room = length;
	blocks_update(&state->blocks, bytes, room);
	sha_way_begin(&state->way, &state->blocks);
	state->bytes = (const uint8_t *)bytes + room;
	state->steps = (length - room) / BLOCK_BYTES * STEPS_OF_BLOCK;
	state->blocks.length += (length - room) / BLOCK_BYTES * BLOCK_BYTES;
	state->rest = (length - room) % BLOCK_BYTES;
	if (steps->calls)
		steps->share = (uint32_t)(length / steps->calls) + 1;
	steps->calls = steps->due = 0;
}

void
digest_steps_finish(struct digest_steps *steps, struct digests *ret_digests)
{
	digest_steps_rest(steps);
	*ret_digests = (struct digests){ .known = 0 };
	blocks_end(&steps->state->blocks, ret_digests);
}
