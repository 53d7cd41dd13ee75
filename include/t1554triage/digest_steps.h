/* digest_steps.h - SHA-256 of a content, in steps that stand between other work.  Layer: digest. */
#ifndef T1554TRIAGE_DIGEST_STEPS_H
#define T1554TRIAGE_DIGEST_STEPS_H

#include <stddef.h>
#include <stdint.h>

#include <t1554triage/digest.h>

/*
 * SHA-256 by the instructions that processors of x86 have for it waits for itself: 256 instructions take 256 cycles where
 * there could be a thousand.  A processor looks some 250 instructions ahead.  Where steps of 64 cycles stand among twice as many
 * instructions of something else, the two together take little longer than the digest alone.
 */
enum { DIGEST_STEP_BYTES = 32 };

struct digest_steps {
	uint32_t due, share;		/* bytes: not digested though it is their turn; what comes due at a call */
	uint32_t calls;			/* of digest_step() since bytes were lent */
	struct digest_steps_state *state;
};

/* NULL where the processor has no such instructions: then nothing is gained. */
struct digest_steps *digest_steps_open(void);
void digest_steps_close(struct digest_steps *steps);
/*
 * The next bytes of the content, borrowed until digest_steps_rest(): calls of digest_step() take them bit by bit, as many each
 * as would have spread the bytes evenly over the calls between the last two.  What was lent before is taken first.
 */
void digest_steps_lend(struct digest_steps *steps, const void *bytes, size_t length);
/* All that is left of the lent bytes. */
void digest_steps_rest(struct digest_steps *steps);
/* The digest of all bytes that were lent. */
void digest_steps_finish(struct digest_steps *steps, struct digests *ret_digests);

void digest_steps_take_due(struct digest_steps *steps);	/* for digest_step() */

/* Some instructions where nothing is due, else 64 cycles for each DIGEST_STEP_BYTES that are. */
static inline void
digest_step(struct digest_steps *steps)
{
	steps->calls++;
	steps->due += steps->share;
	if (steps->due >= DIGEST_STEP_BYTES)
		digest_steps_take_due(steps);
}

#endif
