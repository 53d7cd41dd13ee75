/* lock_witness.h - what the logs say of a lock: since when, by whom.  Private to check. */
#ifndef CHECK_LOCK_WITNESS_H
#define CHECK_LOCK_WITNESS_H

#include "finding.h"

/*
 * Adds to the draft: when the lock's file was written, the first record that names it and who made it, how many
 * records of which log name it, between which copies of dpkg's status a hold began, when its plugin came.
 */
void lock_witness_say(struct draft *draft, const struct inventory *inventory, const struct package_lock *lock);

#endif
