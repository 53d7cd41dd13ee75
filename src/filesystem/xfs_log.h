/* xfs_log.h - the log of XFS: transactions that were committed and not yet written to their places.  Private to filesystem. */
#ifndef T1554TRIAGE_FILESYSTEM_XFS_LOG_H
#define T1554TRIAGE_FILESYSTEM_XFS_LOG_H

#include "xfs.h"

/*
 * The volume as a mount would show it: what whole transactions of the log changed is laid over
 * it.  Nothing is written.  NULL where nothing is to be laid over: it was unmounted, or its log
 * cannot be read.  What was done, and what could not be (*ret_unreplayed), is noted at the
 * place.  xfs->volume is borrowed and must outlive the result.
 */
struct source *xfs_log_open(const struct xfs *xfs, const struct place *at, const struct notes *notes,
	bool *ret_unreplayed);

/* One change: its first part tells what it is, the others are bytes of what changed. */
struct xfs_log_item {
	struct buffer *parts;
	size_t   count, total, capacity;	/* total: how many there will be */
};

struct xfs_transaction {
	uint32_t id;
	uint64_t lsn;			/* of the record in which it began */
	struct buffer header;
	struct xfs_log_item *items;
	size_t   count, capacity;
	bool     is_open;
};

/* xfs_replay.c */

struct xfs_replay;

struct xfs_replay *xfs_replay_open(const struct xfs *xfs);
/* The overlay goes to the caller, NULL where nothing was laid over. */
struct source *xfs_replay_close(struct xfs_replay *replay);

/* In a first pass over all transactions, in order: what is void, and what was begun and finished. */
void xfs_replay_prepare(struct xfs_replay *replay, const struct xfs_transaction *transaction);
/* In a second: what they change. */
void xfs_replay_apply(struct xfs_replay *replay, const struct xfs_transaction *transaction);

struct xfs_replay_count {
	uint64_t transactions, buffers, inodes, sectors, older, cancelled;
	uint64_t unfinished;		/* changes that a mount would have gone on with */
	const char *reason;		/* why not all is as a mount would make it; NULL: it is */
	bool     is_over_limit;
};
struct xfs_replay_count xfs_replay_counts(const struct xfs_replay *replay);

#endif
