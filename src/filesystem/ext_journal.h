/* ext_journal.h - an ext file system as it is once its journal is replayed.  Private to filesystem. */
#ifndef T1554TRIAGE_FILESYSTEM_EXT_JOURNAL_H
#define T1554TRIAGE_FILESYSTEM_EXT_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <t1554triage/note.h>
#include <t1554triage/source.h>

/*
 * The volume as a mount would show it: each block that the journal holds in a
 * whole transaction is read from the journal, all others from their own place.
 * Nothing is written.  NULL where there is nothing to lay over the volume: no ext
 * file system, one that was unmounted, or a journal that cannot be replayed or is empty.
 * What was done, and what could not be (*ret_unreplayed), is noted at the place.
 * The volume is borrowed and must outlive the result.
 */
struct source *ext_journal_open(struct source *volume, const struct place *at, const struct notes *notes,
	bool *ret_unreplayed);

/*
 * Where bytes of the result, not of another source, lie on the volume.  *length is cut to what
 * lies there in one piece.  Of a block that began with the journal's magic number the
 * first four bytes are zeros there.
 */
uint64_t ext_journal_place(const struct source *overlay, uint64_t offset, uint64_t *length);

#endif
