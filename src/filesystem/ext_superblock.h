/* ext_superblock.h - volumes of ext that libtsk cannot open as they are.  Private to filesystem. */
#ifndef T1554TRIAGE_FILESYSTEM_EXT_SUPERBLOCK_H
#define T1554TRIAGE_FILESYSTEM_EXT_SUPERBLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <t1554triage/source.h>

/* True if the second group begins with a copy of a superblock that is lost; its offset in bytes. */
bool ext_find_backup(struct source *source, uint64_t *ret_offset);

/*
 * The volume as libtsk can open it: with the copy in the place of a lost superblock, and
 * with clusters told as blocks, which is all that names, inodes and extents need.  NULL:
 * it can be opened as it is.  Else the caller's; source is borrowed.
 */
struct source *ext_present(struct source *source);

#endif
