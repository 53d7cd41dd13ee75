/* within.h - container stores: layers, and the systems they make.  Private to system. */
#ifndef T1554TRIAGE_SYSTEM_WITHIN_H
#define T1554TRIAGE_SYSTEM_WITHIN_H

#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/system.h>

#include "view.h"

/* A layer of a store as it lies on the disk; texts live in the view's arena. */
struct store_layer {
	const char  *id;		/* name of its folder, or its key */
	struct layer tree;
	size_t      *lower;		/* from the top: positions in layers */
	size_t       lower_count;
	bool         is_lower;		/* of another layer */
	bool         lacks_layers;	/* one that it names is not there */
	const char  *container, *image;	/* what the engine calls it: a container's own layer, the top of an image; NULL */
	const char  *of_image;		/* of a container: what it was made from, NULL */
	enum system_kind kind;
};

struct store {
	struct system_view *view;
	const struct within_sink *out;
	const char  *root;		/* "/var/lib/docker" */
	const char  *engine;		/* "docker" */
	struct place place;		/* of the store, for notes */
	bool         has_named_whiteouts;
	struct store_layer *layers;
	size_t       layer_count, layer_capacity;
	struct map   by_id;		/* to a position */
	struct map   by_tree;		/* path on the volume, to a position */
	enum status  status;
};

struct store_layer *store_add_layer(struct store *store, const char *id, const struct layer *tree);
struct store_layer *store_layer(struct store *store, const char *id);	/* NULL: there is none */
/* The small text of a file, without what follows its first line; NULL: there is none. */
const char *store_word(struct store *store, const char *path);
/* A note about the store; returns STATUS_DAMAGED. */
enum status store_note(struct store *store, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Texts of a JSON file, each with the names of the members that it lies in (NULL: a list) and the
 * number of the item of the outermost list.  A file that is not there has none.
 */
void store_each_text(struct store *store, const char *path,
	void (*take)(void *context, const char *const *names, unsigned depth, uint64_t item, const char *text),
	void *context);

/* Read the layers of a store and what they are called; false: nothing of this engine lies there. */
bool store_read_docker(struct store *store);
bool store_read_podman(struct store *store);
bool store_read_containerd(struct store *store);

#endif
