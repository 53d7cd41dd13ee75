/* xfs_overlay.h - a volume with some of its sectors replaced.  Private to filesystem. */
#ifndef T1554TRIAGE_FILESYSTEM_XFS_OVERLAY_H
#define T1554TRIAGE_FILESYSTEM_XFS_OVERLAY_H

#include <stdbool.h>
#include <stdint.h>

#include <t1554triage/source.h>

enum { OVERLAY_SECTOR_BYTES = 512 };

/* Nothing is written: what is laid over stays in memory.  The volume is borrowed and must outlive the result. */
struct source *xfs_overlay_open(struct source *volume);

/*
 * Lays bytes over the volume; sectors that are not whole keep the rest of what they hold.  False: it is over
 * the limit of what may be kept, behind the end of the volume, or what is to be kept cannot be read.
 */
bool xfs_overlay_write(struct source *overlay, uint64_t offset, const void *bytes, size_t length);

uint64_t xfs_overlay_sectors(const struct source *overlay);
bool xfs_overlay_is_full(const struct source *overlay);

#endif
