/* tree.h - an index of names in memory, for archives and collections.  Private to filesystem. */
#ifndef T1554TRIAGE_TREE_H
#define T1554TRIAGE_TREE_H

#include <t1554triage/buffer.h>
#include <t1554triage/filesystem.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>

/* struct timestamp in half the space: there may be millions. */
struct tree_time {
	int64_t  seconds;
	uint32_t nanoseconds;
	uint32_t resolution_nanoseconds : 31, local : 1;
};

enum { TREE_ROOT = 0 };
enum { TREE_NOWHERE = UINT32_MAX };	/* no such name, or a limit was hit */

/* One name.  What was made up because something lies below it has no bit in has. */
struct tree_node {
	const char *name;		/* bytes; owned by the tree, as is link_target */
	const char *link_target;	/* NULL: none */
	const char *not_readable;	/* static; NULL: none */
	uint64_t    below;		/* number of the content in the layer below */
	uint64_t    order;		/* becomes disk_offset */
	uint64_t    size, inode;
	uint64_t    capabilities;
	struct tree_time modified, accessed, changed, born;
	uint32_t    parent, first_child, last_child, next;
	uint32_t    digests;		/* those of a collector, counted from 1; 0: none */
	uint32_t    uid, gid;
	uint16_t    mode;
	uint8_t     type;		/* enum entry_type */
	uint8_t     has;		/* ENTRY_HAS_x */
	bool        capabilities_effective, immutable;
	bool        told;		/* it stands in the evidence, not only its children */
};

struct tree {
	struct tree_node *nodes;	/* the first is the root */
	size_t       count, capacity;
	struct map   names;		/* number of the parent and name, to an index */
	struct arena texts;
	uint64_t     odd_names;		/* with "..", or absolute: placed below the root */
	uint64_t     dropped;		/* names over a limit */
};

void tree_init(struct tree *tree);
void tree_release(struct tree *tree);

/* The node of a path, made with its parents where it is not there yet.  Any "/" and "." are skipped. */
uint32_t tree_add(struct tree *tree, const char *path, size_t length);
uint32_t tree_find(const struct tree *tree, const char *path, size_t length);
/* Gives back what only these two need: every process that reads has a tree of its own. */
void tree_settle(struct tree *tree);

/* Hands out the names in one directory; node as in struct file_entry. */
enum status tree_list(const struct tree *tree, uint64_t node, const char *path, const struct entry_sink *out);

/* NULL where an entry's number is none of this tree. */
const struct tree_node *tree_node_of(const struct tree *tree, uint64_t node);

struct tree_time tree_time_from(const struct timestamp *time);

/* The value of the extended attribute security.capability (linux/capability.h); false: none of these. */
bool capabilities_parse(const void *bytes, size_t length, uint64_t *ret_permitted, bool *ret_effective);

#endif
