/* xfs_list.h - entries of XFS on their way to a sink.  Private to filesystem. */
#ifndef T1554TRIAGE_FILESYSTEM_XFS_LIST_H
#define T1554TRIAGE_FILESYSTEM_XFS_LIST_H

#include "xfs.h"

struct free_blocks;

/* A directory, or what has none, on its way to the sink. */
struct xfs_walk {
	struct filesystem *filesystem;
	const struct entry_sink *out;
	const struct notes *notes;
	const char   *path;		/* of the directory */
	struct buffer name, number, link;	/* texts of the entry */
	struct entry_attributes attributes;
	struct free_blocks *free_blocks;
	uint64_t      left;		/* entries that may still be handed out */
	bool          over_limit;
	enum status   status;
};

void xfs_walk_begin(struct xfs_walk *walk, struct filesystem *filesystem, const char *path,
	const struct entry_sink *out, const struct notes *notes);
enum status xfs_walk_end(struct xfs_walk *walk);

/* An inode without a name, free or in use; false: stop. */
bool xfs_walk_orphan(struct xfs_walk *walk, uint64_t number);

/* xfs_deleted.c */

/* Which blocks of a group are free; remembered for the last one that was asked for. */
struct free_blocks *xfs_free_blocks_open(void);
void xfs_free_blocks_close(struct free_blocks *blocks);

/* Whether the blocks that a freed inode had are still nobody else's. */
enum content_state xfs_leftover_state(struct xfs *xfs, const struct xfs_extents *extents, struct free_blocks *blocks);

#endif
