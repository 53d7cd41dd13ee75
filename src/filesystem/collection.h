/* collection.h - folders and archives that a collector of artifacts made.  Private to filesystem. */
#ifndef T1554TRIAGE_COLLECTION_H
#define T1554TRIAGE_COLLECTION_H

#include "tree.h"

/*
 * A collection on its way from what it lies in to the system it was taken from:
 * a collector's driver fills the tree with the system's names.
 */
struct collection {
	const struct collector *collector;
	struct filesystem *inner;	/* folder or archive; owned */
	const char        *base;	/* folder within inner, "" its root */
	struct tree        tree;
	struct inner_entries {
		struct inner_entry { const char *path; uint64_t node; } *items;
		size_t count, capacity;
	} inner_entries;		/* by node's below: how inner is asked for the content */
	struct digests    *digests;	/* by node's digests - 1 */
	size_t             digest_count, digest_capacity;
	struct place       place;
	const struct notes *notes;	/* while it is opened */
	enum status        status;	/* STATUS_DAMAGED: absence of a name says nothing */
};

/* One row of src/filesystem/collector.def. */
struct collector {
	const char *name;		/* "uac": the file system's type, and entry.collector */
	/* True if the names in this folder of inner are its layout; base as in struct collection. */
	bool (*recognise)(struct filesystem *inner, const char *base, const struct notes *notes);
	/* Fills the tree; what it lacks is noted. */
	enum status (*read)(struct collection *collection);
};

/*
 * Where filesystem, opened by its driver, holds a collection, it becomes the
 * collected system: its driver and state are taken over.  Else nothing changes.
 */
enum status collection_recognise(struct filesystem *filesystem, const struct notes *notes);

/* True if inner has this name in the folder base, of this type. */
bool collection_has(struct filesystem *inner, const char *base, const char *name, enum entry_type type);

/*
 * Adds everything below a folder of inner ("[root]", or "" for base itself) under
 * the path target of the system, with inner's metadata and content.  A name of
 * base itself that is skip (NULL: none) is left out.
 */
enum status collection_add_folder(struct collection *collection, const char *folder, const char *target,
	const char *skip);

/* A file of the collector; STATUS_END: it is not there. */
enum status collection_open_file(struct collection *collection, const char *name, struct place *ret_place,
	struct source **ret_source);

/* The digests of a node, made where it has none. */
struct digests *collection_digests(struct collection *collection, struct tree_node *node);

/* Where the collector's own files are reachable. */
#define COLLECTION_OWN_FILES "/$Collector"

#endif
