/* xfs_lookup.h - the second reading of contents of XFS.  Private to filesystem. */
#ifndef T1554TRIAGE_FILESYSTEM_XFS_LOOKUP_H
#define T1554TRIAGE_FILESYSTEM_XFS_LOOKUP_H

#include "xfs.h"

/* The content of an inode, found anew for each piece that is read.  What xfs points to must outlive it. */
struct source *xfs_lookup_open(const struct xfs *xfs, const struct xfs_inode *inode);

#endif
