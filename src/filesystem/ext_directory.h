/* ext_directory.h - the names in a directory of ext2, ext3, ext4.  Private to filesystem. */
#ifndef T1554TRIAGE_FILESYSTEM_EXT_DIRECTORY_H
#define T1554TRIAGE_FILESYSTEM_EXT_DIRECTORY_H

#include <t1554triage/memory.h>

#include "ext_inode.h"
#include "run_list.h"

struct ext_name {
	const char *name;
	uint32_t    inode;
	enum entry_type type;		/* as the name tells it */
	bool        is_allocated;	/* else it was removed */
};

struct ext_names {
	struct ext_name *items;
	size_t           count, capacity;
	struct arena     texts;
};

void ext_names_init(struct ext_names *names);
void ext_names_release(struct ext_names *names);

/*
 * Adds the names of a directory that lies in runs, but "." and "..", in the order of names, allocated ones first; a
 * name of the same inode stands there once.  False: not all of it is as it should be, or there are more than limit.
 */
bool ext_directory_read(const struct ext *ext, struct source *source, const struct run_list *runs, size_t limit,
	struct ext_names *names);

#endif
