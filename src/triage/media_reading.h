/* media_reading.h - a medium read whole and digested, by a process with processes of its own. */
#ifndef MEDIA_READING_H
#define MEDIA_READING_H

#include "run.h"

/* Sum of the digests of a medium that can be computed. */
enum { MEDIA_DIGESTS = 1 << DIGEST_MD5 | 1 << DIGEST_SHA1 | 1 << DIGEST_SHA256 };

/*
 * start, work and stop of a pool_plan; context is the run.  A task is a
 * TASK_VERIFY; what comes back is one media_verification and the notes: with
 * those of kind NOTE_IMAGE_DAMAGED that have a length, the damage that was met.
 * The process must not be in the sandbox: those that it starts are.
 */
void *media_reading_start(void *context, struct worker *worker);
void  media_reading_work(void *state, struct worker *worker, const char *task);
void  media_reading_stop(void *state);

#endif
