/* ext_map.h - the blocks of a file of ext2, ext3, ext4.  Private to filesystem. */
#ifndef T1554TRIAGE_FILESYSTEM_EXT_MAP_H
#define T1554TRIAGE_FILESYSTEM_EXT_MAP_H

#include "ext_inode.h"
#include "run_list.h"

/*
 * Fills runs, which must be empty but for its size, to the end of the file.
 * STATUS_DAMAGED: what a part of the map said is lost, that range of the file is
 * RUN_LOST.  STATUS_UNREADABLE: the map is none that can be believed.  Both
 * set *ret_reason, a sentence that goes on from "its content ...: ".
 */
enum status ext_map(const struct ext *ext, struct source *source, const struct ext_inode *inode,
	struct run_list *runs, const char **ret_reason);

#endif
