/*
 * overlay_store.c - layers as Docker (overlay2) and containers/storage (podman, buildah, cri-o) keep them
 *
 *	overlay2/ID/{diff,link,lower,merged,work}     lower: "l/SHORT:l/SHORT", from the top
 *	overlay2/l/SHORT -> ../ID/diff
 *	image/overlay2/layerdb/mounts/CONTAINER/mount-id       the layer of a container
 *	image/overlay2/layerdb/sha256/CHAIN/cache-id           the layer of a chain
 *	image/overlay2/imagedb/content/sha256/IMAGE            rootfs.diff_ids, from the lowest
 *	image/overlay2/repositories.json                       names of images
 *	containers/CONTAINER/config.v2.json                    its name, and that of its image
 *
 * CHAIN is the first diff_id, then the SHA-256 of "CHAIN DIFF_ID" (OCI image specification, config.md).
 *
 *	overlay/ID/..., overlay/l/...                          as above
 *	overlay-containers/containers.json                     [{"id", "names", "image", "layer"}]
 *	overlay-images/images.json                             [{"id", "names", "layer"}]
 */
#include <string.h>

#include <t1554triage/digest.h>
#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "within.h"

static const char *
path_in(const struct store *store, const char *rest)
{
	return arena_format(store->view->arena, "%s/%s", store->root, rest);
}

/* ".../overlay2/ID/diff" */
static bool
take_layer(void *context, const struct system_entry *entry)
{
	struct store *store = context;
	const char *end = entry->path + strlen(entry->path) - strlen("/diff"), *begin = end;

	while (begin > entry->path && begin[-1] != '/')
		begin--;
	if (entry->entry.type == ENTRY_DIRECTORY)
		store_add_layer(store, arena_copy(store->view->arena, begin, (size_t)(end - begin)),
			&(struct layer){ entry->filesystem, entry->entry.path });
	return true;
}

/* The layer that one part of a list of lower ones leads to; false: it is not there. */
static bool
add_lower(struct store *store, struct store_layer *layer, const char *folder, const char *name, size_t length)
{
	struct system_entry entry;
	const char *path = *name == '/' ? arena_copy(store->view->arena, name, length)
		: arena_format(store->view->arena, "%s/%s/%.*s", store->root, folder, (int)length, name);
	uint64_t at;

	if (system_lookup(store->view, path, true, &entry) != STATUS_OK || entry.entry.type != ENTRY_DIRECTORY)
		return false;
	if (!map_get_text(&store->by_tree, entry.entry.path, &at)) {
		at = store->layer_count;
		store_add_layer(store, entry.path, &(struct layer){ entry.filesystem, entry.entry.path });
		return false;
	}
	if (&store->layers[at] == layer)
		return false;
	layer->lower[layer->lower_count++] = (size_t)at;
	return true;
}

static void
read_lower(struct store *store, size_t number, const char *folder)
{
	const char *list = store_word(store, arena_format(store->view->arena, "%s/%s/%s/lower", store->root, folder,
		store->layers[number].id));
	size_t count = 1;

	if (!list)
		return;
	for (const char *at = list; *at; at++)
		count += *at == ':';
	store->layers[number].lower = arena_allocate(store->view->arena, count * sizeof (size_t));
	for (const char *at = list; *at; ) {
		size_t length = strcspn(at, ":");

		if (length && !add_lower(store, &store->layers[number], folder, at, length))
			store->layers[number].lacks_layers = true;
		at += length + (at[length] == ':');
	}
}

static bool
read_layers(struct store *store, const char *folder)
{
	enum status status = system_find(store->view, arena_format(store->view->arena, "%s/%s/*/diff", store->root, folder),
		take_layer, store);
	size_t count = store->layer_count;

	store->status = status_worse(store->status, status);
	for (size_t i = 0; i < count; i++)
		read_lower(store, i, folder);
	return count > 0;
}

/* ---- Docker ---- */

struct docker {
	struct store *store;
	struct map    names;		/* "sha256:IMAGE", to an index of image_names */
	const char  **image_names;
	size_t        count, capacity;
	char          chain[8 + 64];	/* "sha256:HEX" of the image that is read */
	const char   *name, *image;	/* of the container that is read */
};

static void
take_repository(void *context, const char *const *names, unsigned depth, uint64_t item, const char *text)
{
	struct docker *docker = context;

	(void)item;
	/* "nginx@sha256:..." is a digest, no name. */
	if (depth != 3 || !names[0] || strcmp(names[0], "Repositories") || !names[2] || strchr(names[2], '@') ||
	    !map_add_text(&docker->names, text, docker->count))
		return;
	docker->image_names = memory_grow(docker->image_names, docker->count, &docker->capacity,
		sizeof *docker->image_names);
	docker->image_names[docker->count++] = arena_copy_text(docker->store->view->arena, names[2]);
}

static void
take_diff_id(void *context, const char *const *names, unsigned depth, uint64_t item, const char *text)
{
	struct docker *docker = context;
	struct digest_stream *stream;
	struct digests digests = { .known = 0 };
	struct buffer chain;

	(void)item;
	if (depth != 3 || !names[0] || strcmp(names[0], "rootfs") || !names[1] || strcmp(names[1], "diff_ids") ||
	    strlen(text) != 7 + 64)
		return;
	if (!*docker->chain) {
		memcpy(docker->chain, text, 7 + 64 + 1);
		return;
	}
	stream = digest_stream_open(1u << DIGEST_SHA256);
	digest_stream_update(stream, docker->chain, 7 + 64);
	digest_stream_update(stream, " ", 1);
	digest_stream_update(stream, text, 7 + 64);
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	buffer_init(&chain, 7 + 64);
	buffer_add_text(&chain, "sha256:");
	text_add_hex(&chain, digests.sha256, sizeof digests.sha256);
	memcpy(docker->chain, chain.bytes, chain.length + 1);
	buffer_release(&chain);
}

static bool
take_image(void *context, const struct system_entry *entry)
{
	struct docker *docker = context;
	struct store *store = docker->store;
	const char *id = text_base_name(entry->path), *cache;
	struct store_layer *layer;
	uint64_t name;

	if (entry->entry.type != ENTRY_REGULAR)
		return true;
	*docker->chain = '\0';
	store_each_text(store, entry->path, take_diff_id, docker);
	if (!*docker->chain || strchr(docker->chain + 7, '/'))
		return true;
	cache = store_word(store, arena_format(store->view->arena, "%s/image/overlay2/layerdb/sha256/%s/cache-id",
		store->root, docker->chain + 7));
	layer = store_layer(store, cache);
	if (layer && !layer->image)
		layer->image = map_get_text(&docker->names, arena_format(store->view->arena, "sha256:%s", id), &name)
			? docker->image_names[name] : arena_copy(store->view->arena, id, strlen(id) < 12 ? strlen(id) : 12);
	return true;
}

static void
take_configuration(void *context, const char *const *names, unsigned depth, uint64_t item, const char *text)
{
	struct docker *docker = context;
	struct arena *arena = docker->store->view->arena;

	(void)item;
	if (depth == 1 && names[0] && !strcmp(names[0], "Name"))
		docker->name = arena_copy_text(arena, text + (*text == '/'));
	else if (depth == 2 && names[0] && names[1] && !strcmp(names[0], "Config") && !strcmp(names[1], "Image"))
		docker->image = arena_copy_text(arena, text);
}

/* ".../layerdb/mounts/CONTAINER/mount-id" */
static bool
take_container(void *context, const struct system_entry *entry)
{
	struct docker *docker = context;
	struct store *store = docker->store;
	const char *word = store_word(store, entry->path);
	struct store_layer *layer = store_layer(store, word);
	const char *end = entry->path + strlen(entry->path) - strlen("/mount-id"), *begin = end, *id;

	while (begin > entry->path && begin[-1] != '/')
		begin--;
	id = arena_copy(store->view->arena, begin, (size_t)(end - begin));
	if (!layer) {
		store_note(store, entry->path, "the layer %s of container %s is not there: it was not examined",
			word ? word : "", id);
		return true;
	}
	docker->name = docker->image = NULL;
	store_each_text(store, arena_format(store->view->arena, "%s/containers/%s/config.v2.json", store->root, id),
		take_configuration, docker);
	layer->container = docker->name && *docker->name ? docker->name : arena_copy(store->view->arena, id,
		strlen(id) < 12 ? strlen(id) : 12);
	layer->of_image = docker->image;
	return true;
}

static void
find_all(struct store *store, const char *rest, bool (*take)(void *context, const struct system_entry *entry),
	void *context)
{
	enum status status = system_find(store->view, path_in(store, rest), take, context);

	store->status = status_worse(store->status, status);
}

bool
store_read_docker(struct store *store)
{
	struct docker docker = { .store = store };

	if (!read_layers(store, "overlay2"))
		return false;
	map_init(&docker.names);
	store_each_text(store, path_in(store, "image/overlay2/repositories.json"), take_repository, &docker);
	find_all(store, "image/overlay2/imagedb/content/sha256/*", take_image, &docker);
	find_all(store, "image/overlay2/layerdb/mounts/*/mount-id", take_container, &docker);
	map_release(&docker.names);
	memory_free(docker.image_names);
	return true;
}

/* ---- containers/storage ---- */

struct podman {
	struct store *store;
	bool          are_containers;
	uint64_t      item;
	const char   *id, *name, *image, *layer;	/* of the item that is read */
	struct map    images;		/* id to a position of the layer */
};

static void
finish_item(struct podman *podman)
{
	struct store *store = podman->store;
	struct store_layer *layer = store_layer(store, podman->layer), *top;
	const char *name = podman->name ? podman->name : podman->id;
	uint64_t at;

	if (podman->layer && !layer)
		store_note(store, store->root, "the layer %s of %s is not there: it was not examined", podman->layer, name);
	if (layer && podman->are_containers) {
		layer->container = name;
		top = podman->image && map_get_text(&podman->images, podman->image, &at) ? &store->layers[at] : NULL;
		layer->of_image = top ? top->image : podman->image;
	} else if (layer && podman->id) {
		layer->image = name;
		map_add_text(&podman->images, podman->id, (uint64_t)(layer - store->layers));
	}
	podman->id = podman->name = podman->image = podman->layer = NULL;
}

static void
take_member(void *context, const char *const *names, unsigned depth, uint64_t item, const char *text)
{
	struct podman *podman = context;
	struct arena *arena = podman->store->view->arena;
	const char **to = NULL;

	if (item != podman->item)
		finish_item(podman);
	podman->item = item;
	if (depth == 3 && names[1] && !names[2] && !strcmp(names[1], "names"))
		to = &podman->name;
	else if (depth == 2 && names[1])
		to = !strcmp(names[1], "id") ? &podman->id : !strcmp(names[1], "image") ? &podman->image :
			!strcmp(names[1], "layer") ? &podman->layer : NULL;
	if (to && !*to)
		*to = arena_copy_text(arena, text);
}

static void
read_items(struct podman *podman, const char *rest, bool are_containers)
{
	podman->are_containers = are_containers;
	podman->item = 0;
	store_each_text(podman->store, path_in(podman->store, rest), take_member, podman);
	finish_item(podman);
}

bool
store_read_podman(struct store *store)
{
	struct podman podman = { .store = store };

	if (!read_layers(store, "overlay"))
		return false;
	map_init(&podman.images);
	read_items(&podman, "overlay-images/images.json", false);
	read_items(&podman, "overlay-containers/containers.json", true);
	read_items(&podman, "overlay-containers/volatile-containers.json", true);
	map_release(&podman.images);
	return true;
}
