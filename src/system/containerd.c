/*
 * containerd.c - layers as containerd's overlayfs snapshotter keeps them
 *
 *	io.containerd.snapshotter.v1.overlayfs/snapshots/N/fs
 *	io.containerd.snapshotter.v1.overlayfs/metadata.db      bolt: v1/snapshots/KEY/{id kind parent}
 *	io.containerd.metadata.v1.bolt/meta.db                  bolt: v1/NAMESPACE/containers/ID/image
 *
 * id is a number of 7 bits a byte, low ones first; kind 1 a view, 2 active (a container's own), 3 committed (part of
 * an image); KEY is "NAMESPACE/SEQUENCE/NAME", and of an active snapshot NAME is the container's
 * (containerd, snapshots/storage/bolt.go, metadata/buckets.go).
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "bolt.h"
#include "within.h"

enum { KIND_ACTIVE = 2 };

static const char snapshotter[] = "io.containerd.snapshotter.v1.overlayfs";

struct snapshot {
	const char *key, *parent;
	uint64_t    id;
	uint8_t     kind;
	size_t      layer;		/* SIZE_MAX: its folder is not there */
};

struct containerd {
	struct store    *store;
	struct bolt      bolt;
	struct snapshot *snapshots;
	size_t           count, capacity;
	struct map       by_key, images;	/* "NAMESPACE/CONTAINER" to an index of image_names */
	const char     **image_names;
	size_t           image_count, image_capacity;
	const char      *namespace, *container;
};

static bool
is_key(const struct bolt_item *item, const char *key)
{
	return item->key_length == strlen(key) && !memcmp(item->key, key, item->key_length);
}

static const char *
key_text(struct containerd *at, const struct bolt_item *item)
{
	return arena_copy(at->store->view->arena, item->key, item->key_length);
}

/* ---- snapshots ---- */

static bool
take_value(void *context, const struct bolt_item *item)
{
	struct containerd *at = context;
	struct snapshot *snapshot = &at->snapshots[at->count - 1];

	if (is_key(item, "parent"))
		snapshot->parent = arena_copy(at->store->view->arena, item->value, item->value_length);
	else if (is_key(item, "kind") && item->value_length)
		snapshot->kind = item->value[0];
	for (size_t i = 0; is_key(item, "id") && i < item->value_length && i < 9; i++)
		snapshot->id |= (uint64_t)(item->value[i] & 0x7f) << 7 * i;
	return true;
}

static bool
take_snapshot(void *context, const struct bolt_item *item)
{
	struct containerd *at = context;
	struct snapshot *snapshot;
	enum status status;

	if (!item->is_bucket)
		return true;
	at->snapshots = memory_grow(at->snapshots, at->count, &at->capacity, sizeof *at->snapshots);
	snapshot = &at->snapshots[at->count++];
	*snapshot = (struct snapshot){ .key = key_text(at, item), .layer = SIZE_MAX };
	map_add_text(&at->by_key, snapshot->key, at->count - 1);
	status = bolt_each(&at->bolt, &item->bucket, take_value, at);
	at->store->status = status_worse(at->store->status, status);
	return true;
}

static bool
take_snapshots(void *context, const struct bolt_item *item)
{
	struct containerd *at = context;
	enum status status;

	if (!item->is_bucket || !is_key(item, "snapshots"))
		return true;
	status = bolt_each(&at->bolt, &item->bucket, take_snapshot, at);
	at->store->status = status_worse(at->store->status, status);
	return false;
}

static bool
take_version(void *context, const struct bolt_item *item)
{
	struct containerd *at = context;
	enum status status;

	if (!item->is_bucket || !is_key(item, "v1"))
		return true;
	status = bolt_each(&at->bolt, &item->bucket, take_snapshots, at);
	at->store->status = status_worse(at->store->status, status);
	return false;
}

/* ---- containers ---- */

static bool
take_container_value(void *context, const struct bolt_item *item)
{
	struct containerd *at = context;
	struct arena *arena = at->store->view->arena;
	const char *key = arena_format(arena, "%s/%s", at->namespace, at->container);

	if (!is_key(item, "image") || !map_add_text(&at->images, key, at->image_count))
		return true;
	at->image_names = memory_grow(at->image_names, at->image_count, &at->image_capacity, sizeof *at->image_names);
	at->image_names[at->image_count++] = arena_copy(arena, item->value, item->value_length);
	return false;
}

static bool
take_container(void *context, const struct bolt_item *item)
{
	struct containerd *at = context;

	at->container = key_text(at, item);
	if (item->is_bucket)
		bolt_each(&at->bolt, &item->bucket, take_container_value, at);
	return true;
}

static bool
take_containers(void *context, const struct bolt_item *item)
{
	struct containerd *at = context;

	if (!item->is_bucket || !is_key(item, "containers"))
		return true;
	bolt_each(&at->bolt, &item->bucket, take_container, at);
	return false;
}

static bool
take_namespace(void *context, const struct bolt_item *item)
{
	struct containerd *at = context;

	at->namespace = key_text(at, item);
	if (item->is_bucket)
		bolt_each(&at->bolt, &item->bucket, take_containers, at);
	return true;
}

static bool
take_names(void *context, const struct bolt_item *item)
{
	struct containerd *at = context;

	if (!item->is_bucket || !is_key(item, "v1"))
		return true;
	bolt_each(&at->bolt, &item->bucket, take_namespace, at);
	return false;
}

/* ---- both ---- */

/* False: the file is not there.  *ret_whole: it is a database, and all of it was read. */
static bool
read_database(struct containerd *at, const char *path, bool (*take)(void *context, const struct bolt_item *item),
	bool *ret_whole)
{
	struct place place;
	struct source *source = view_open(at->store->view, path, &place, &at->store->status);

	*ret_whole = false;
	if (!source)
		return false;
	if (bolt_open(&at->bolt, source))
		*ret_whole = bolt_each(&at->bolt, &at->bolt.root, take, at) == STATUS_OK;
	source_close(source);
	return true;
}

static void
add_layers(struct containerd *at)
{
	struct store *store = at->store;

	for (size_t i = 0; i < at->count; i++) {
		struct system_entry entry;
		const char *path = arena_format(store->view->arena, "%s/%s/snapshots/%llu/fs", store->root, snapshotter,
			(unsigned long long)at->snapshots[i].id);

		if (system_lookup(store->view, path, true, &entry) != STATUS_OK || entry.entry.type != ENTRY_DIRECTORY)
			continue;
		at->snapshots[i].layer = store->layer_count;
		store_add_layer(store, at->snapshots[i].key, &(struct layer){ entry.filesystem, entry.entry.path });
	}
}

/* From parent to parent; as many as there are snapshots at most: they may lead around. */
static void
add_chain(struct containerd *at, const struct snapshot *snapshot)
{
	struct store_layer *layer = &at->store->layers[snapshot->layer];
	const char *parent = snapshot->parent;
	uint64_t number;

	layer->lower = arena_allocate(at->store->view->arena, (at->count + 1) * sizeof *layer->lower);
	for (size_t i = 0; parent && i < at->count; i++) {
		if (!map_get_text(&at->by_key, parent, &number) || at->snapshots[number].layer == SIZE_MAX) {
			layer->lacks_layers = true;
			break;
		}
		layer->lower[layer->lower_count++] = at->snapshots[number].layer;
		parent = at->snapshots[number].parent;
	}
}

/* "default/12/web" gives "default/web". */
static const char *
container_name(struct containerd *at, const char *key)
{
	const char *first = strchr(key, '/'), *second = first ? strchr(first + 1, '/') : NULL;

	return second ? arena_format(at->store->view->arena, "%.*s%s", (int)(first - key), key, second) : key;
}

static void
name_layer(struct containerd *at, const struct snapshot *snapshot)
{
	struct store_layer *layer = &at->store->layers[snapshot->layer];
	uint64_t image;

	if (snapshot->kind != KIND_ACTIVE)
		return;
	layer->container = container_name(at, snapshot->key);
	if (map_get_text(&at->images, layer->container, &image))
		layer->of_image = at->image_names[image];
}

static void
join_snapshots(struct containerd *at)
{
	add_layers(at);
	for (size_t i = 0; i < at->count; i++) {
		if (at->snapshots[i].layer == SIZE_MAX)
			continue;
		add_chain(at, &at->snapshots[i]);
		name_layer(at, &at->snapshots[i]);
	}
}

bool
store_read_containerd(struct store *store)
{
	struct containerd at = { .store = store };
	const char *metadata = arena_format(store->view->arena, "%s/%s/metadata.db", store->root, snapshotter);
	const char *names = arena_format(store->view->arena, "%s/io.containerd.metadata.v1.bolt/meta.db", store->root);
	bool whole, is_there;

	map_init(&at.by_key);
	map_init(&at.images);
	is_there = read_database(&at, metadata, take_version, &whole);
	if (is_there && !whole)
		store_note(store, metadata, "%s could not be read whole: the order of the layers below %s is not known of all, "
			"and those are not joined to systems", metadata, store->root);
	if (is_there && read_database(&at, names, take_names, &whole) && !whole)
		store_note(store, names, "%s could not be read whole: names of containers and images are not known of all", names);
	join_snapshots(&at);
	map_release(&at.by_key);
	map_release(&at.images);
	memory_free(at.snapshots);
	memory_free(at.image_names);
	return store->layer_count > 0;
}
