/* within.c - systems within the file systems of another: container stores, folders. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/json_reader.h>
#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

#include "within.h"

struct store_layer *
store_add_layer(struct store *store, const char *id, const struct layer *tree)
{
	struct store_layer *layer;

	store->layers = memory_grow(store->layers, store->layer_count, &store->layer_capacity, sizeof *store->layers);
	layer = &store->layers[store->layer_count];
	*layer = (struct store_layer){ .id = arena_copy_text(store->view->arena, id),
		.tree = { tree->filesystem, arena_copy_text(store->view->arena, tree->subroot) }, .kind = SYSTEM_IMAGE };
	map_add_text(&store->by_id, layer->id, store->layer_count);
	map_add_text(&store->by_tree, layer->tree.subroot, store->layer_count);
	store->layer_count++;
	return layer;
}

struct store_layer *
store_layer(struct store *store, const char *id)
{
	uint64_t at;

	return id && map_get_text(&store->by_id, id, &at) ? &store->layers[at] : NULL;
}

const char *
store_word(struct store *store, const char *path)
{
	struct place place;
	struct source *source = view_open(store->view, path, &place, &store->status);
	struct line_reader reader;
	const char *word = NULL;
	char *line;
	size_t length;

	if (!source)
		return NULL;
	line_reader_init(&reader, source, &place, store->view->notes);
	if (line_reader_next(&reader, &line, &length))
		word = arena_copy(store->view->arena, line, length);
	store->status = status_worse(store->status, reader.status);
	line_reader_release(&reader);
	source_close(source);
	return word;
}

enum status
store_note(struct store *store, const char *path, const char *format, ...)
{
	struct place place = store->place;
	struct buffer text;
	va_list arguments;

	buffer_init(&text, 0);
	va_start(arguments, format);
	buffer_add_vformat(&text, format, arguments);
	va_end(arguments);
	place.path = path;
	store->status = note(store->view->notes, STATUS_DAMAGED, NOTE_SYSTEM_WITHIN, &place, "%s", text.bytes);
	buffer_release(&text);
	return store->status;
}

struct json_walk {
	struct json_reader reader;
	const char *names[JSON_DEPTH_MAX];	/* by depth; NULL: a list */
	bool     is_list[JSON_DEPTH_MAX + 1];
	uint64_t item;
	struct arena arena;
};

/* True where a text came. */
static bool
take_json(struct json_walk *walk, enum json_event event)
{
	unsigned depth = walk->reader.depth;

	if ((event == JSON_BEGIN_OBJECT || event == JSON_BEGIN_LIST) && depth && depth <= JSON_DEPTH_MAX) {
		walk->is_list[depth - 1] = event == JSON_BEGIN_LIST;
		walk->names[depth - 1] = NULL;
		walk->item += depth == 2 && walk->is_list[0];
	} else if (event == JSON_NAME && depth && depth <= JSON_DEPTH_MAX) {
		walk->names[depth - 1] = arena_copy(&walk->arena, walk->reader.text.bytes, walk->reader.text.length);
	}
	return event == JSON_TEXT;
}

void
store_each_text(struct store *store, const char *path,
	void (*take)(void *context, const char *const *names, unsigned depth, uint64_t item, const char *text),
	void *context)
{
	struct place place;
	struct source *source = view_open(store->view, path, &place, &store->status);
	struct json_walk *walk;
	enum json_event event;

	if (!source)
		return;
	walk = memory_allocate(1, sizeof *walk);
	arena_init(&walk->arena);
	json_reader_init(&walk->reader, source);
	while ((event = json_reader_next(&walk->reader)) != JSON_END && event != JSON_BROKEN)
		if (take_json(walk, event))
			take(context, walk->names, walk->reader.depth, walk->item, walk->reader.text.bytes);
	if (event == JSON_BROKEN)
		store_note(store, place.path, "%s of the container store %s is no whole JSON (%s): what it tells of "
			"images and containers is not known", place.path, store->root, walk->reader.why);
	json_reader_release(&walk->reader);
	arena_release(&walk->arena);
	memory_free(walk);
	source_close(source);
}

static void
take_names(struct installed_system *system, const struct filesystem_fact *names, struct arena *arena)
{
	system->os_name = arena_copy_text(arena, names->os_name);
	system->os_id = arena_copy_text(arena, names->os_id);
	system->host_name = arena_copy_text(arena, names->host_name);
	system->zone_name = arena_copy_text(arena, names->zone_name);
	system->windows = names->has_windows;
	system->has_package_database = names->has_package_database;
}

/* What is looked up on the way is forgotten with the view: a container may lie on hundreds of layers, and a store may hold
 * thousands of containers. */
static void
describe(struct store *store, struct within_fact *fact)
{
	struct mount mount = { .where = "/", .filesystem = fact->layers[0].filesystem, .subroot = fact->layers[0].subroot,
		.lower = fact->layers + 1, .lower_count = fact->layer_count - 1,
		.has_named_whiteouts = fact->has_named_whiteouts };
	struct installed_system alone = { .id = store->view->system->id, .mounts = &mount, .mount_count = 1 };
	struct filesystem_fact names = { .has_passwd = false };
	struct arena arena;
	struct system_view view;

	arena_init(&arena);
	system_view_init(&view, &alone, store->view->filesystems, store->view->filesystem_count, &arena,
		store->view->notes);
	store->status = status_worse(store->status, system_describe(&view, &names));
	system_view_release(&view);
	take_names(&fact->system, &names, store->view->arena);
	arena_release(&arena);
}

static const char *
origin_of(const struct store *store, const struct store_layer *layer)
{
	struct arena *arena = store->view->arena;

	if (layer->kind == SYSTEM_CONTAINER)
		return arena_format(arena, "container %s, image %s (%s)", layer->container,
			layer->of_image ? layer->of_image : "not known", store->engine);
	if (layer->image)
		return arena_format(arena, "image %s (%s)", layer->image, store->engine);
	return arena_format(arena, "layers up to %s, which no image or container names (%s)", layer->id, store->engine);
}

static void
send_layer(struct store *store, const struct store_layer *layer)
{
	uint64_t limit = limit_get(LIMIT_LAYERS);
	size_t count = layer->lower_count < limit ? layer->lower_count : (size_t)limit;
	struct layer *layers = arena_allocate(store->view->arena, (count + 1) * sizeof *layers);
	struct within_fact fact = { .system = { .kind = layer->kind, .origin = origin_of(store, layer),
		.within = store->view->system->id, .complete = !layer->lacks_layers && count == layer->lower_count },
		.layers = layers, .layer_count = count + 1, .has_named_whiteouts = store->has_named_whiteouts };

	layers[0] = layer->tree;
	for (size_t i = 0; i < count; i++)
		layers[i + 1] = store->layers[layer->lower[i]].tree;
	if (count < layer->lower_count)
		store_note(store, layer->tree.subroot, "%s has %zu layers: those below the first %llu were left out (layers)",
			fact.system.origin, layer->lower_count, (unsigned long long)limit);
	if (layer->lacks_layers)
		store_note(store, layer->tree.subroot, "%s: a layer that it names is not there: what lay in it was not examined",
			fact.system.origin);
	describe(store, &fact);
	store->out->found(store->out->context, &fact);
}

static const char *
name_of(const struct store_layer *layer)
{
	return layer->kind == SYSTEM_CONTAINER ? layer->container : layer->image ? layer->image : layer->id;
}

static int
by_kind_and_name(const void *a, const void *b)
{
	const struct store_layer *one = *(const struct store_layer *const *)a;
	const struct store_layer *other = *(const struct store_layer *const *)b;
	int order = (int)one->kind - (int)other->kind;

	if (!order)
		order = strcmp(name_of(one), name_of(other));
	return order ? order : strcmp(one->id, other->id);
}

/* Docker puts a layer of its own between a container and its image. */
static struct store_layer *
top_of_image(struct store *store, const struct store_layer *container)
{
	for (size_t i = 0; i < container->lower_count; i++)
		if (!text_has_suffix(store->layers[container->lower[i]].id, "-init"))
			return &store->layers[container->lower[i]];
	return NULL;
}

static void
mark_lower(struct store *store)
{
	for (size_t i = 0; i < store->layer_count; i++)
		for (size_t k = 0; k < store->layers[i].lower_count; k++)
			store->layers[store->layers[i].lower[k]].is_lower = true;
}

/* Every layer that nothing lies on is the top of something, named or not; and so is the image of each container. */
static void
send_systems(struct store *store)
{
	struct store_layer **tops = memory_allocate(2 * store->layer_count, sizeof *tops);
	size_t count = 0;

	mark_lower(store);
	for (size_t i = 0; i < store->layer_count; i++) {
		struct store_layer *layer = &store->layers[i], *image = layer->container ? top_of_image(store, layer) : NULL;

		if (layer->container)
			layer->kind = SYSTEM_CONTAINER;
		if (image && !image->image)
			image->image = layer->of_image ? layer->of_image : image->id;
	}
	for (size_t i = 0; i < store->layer_count; i++)
		if (store->layers[i].container || store->layers[i].image || !store->layers[i].is_lower)
			tops[count++] = &store->layers[i];
	if (count)
		qsort(tops, count, sizeof *tops, by_kind_and_name);
	for (size_t i = 0; i < count; i++)
		send_layer(store, tops[i]);
	memory_free(tops);
}

/* ---- the stores of a system ---- */

struct stores {
	struct system_view *view;
	const struct within_sink *out;
	bool      (*read)(struct store *store);
	const char *engine;
	struct map  seen;		/* "number path" of those that were read */
	enum status status;
};

static bool
take_store(void *context, const struct system_entry *entry)
{
	struct stores *stores = context;
	struct store store = { .view = stores->view, .out = stores->out, .root = entry->path, .engine = stores->engine,
		.has_named_whiteouts = stores->read == store_read_podman, .place = view_place(stores->view, entry) };
	const char *key = arena_format(stores->view->arena, "%u %s", entry->filesystem, entry->entry.path);

	if (entry->entry.type != ENTRY_DIRECTORY || !map_add_text(&stores->seen, key, 0))
		return true;
	if (strpbrk(entry->path, "*?[")) {
		store_note(&store, entry->path, "a container store in a folder with * ? or [ in its path is not read: its layers "
			"are not joined to systems");
		stores->status = status_worse(stores->status, store.status);
		return true;
	}
	map_init(&store.by_id);
	map_init(&store.by_tree);
	if (stores->read(&store))
		send_systems(&store);
	stores->status = status_worse(stores->status, store.status);
	map_release(&store.by_id);
	map_release(&store.by_tree);
	memory_free(store.layers);
	return true;
}

static void
find_stores(struct stores *stores, bool (*read)(struct store *store), const char *engine, const char *pattern)
{
	enum status status;

	stores->read = read;
	stores->engine = engine;
	status = system_find(stores->view, pattern, take_store, stores);
	stores->status = status_worse(stores->status, status);
}

/* The same below the home of each user, the administrator's first. */
static void
find_stores_of_users(struct stores *stores, bool (*read)(struct store *store), const char *engine, const char *path)
{
	static const char *const homes[] = { "/root", "/home/*" };

	for (size_t i = 0; i < sizeof homes / sizeof *homes; i++)
		find_stores(stores, read, engine, arena_format(stores->view->arena, "%s/%s", homes[i], path));
}

/* "data-root" of daemon.json, once "graph". */
static void
take_data_root(void *context, const char *const *names, unsigned depth, uint64_t item, const char *text)
{
	struct stores *stores = context;

	(void)item;
	if (depth == 1 && names[0] && (!strcmp(names[0], "data-root") || !strcmp(names[0], "graph")) && *text == '/')
		find_stores(stores, store_read_docker, "docker", arena_copy_text(stores->view->arena, text));
}

/* graphroot = "/srv/containers" of storage.conf, which is TOML. */
static void
find_graph_root(struct stores *stores, const char *path)
{
	struct place place;
	struct source *source = view_open(stores->view, path, &place, &stores->status);
	struct line_reader reader;
	char *line;
	size_t length;

	if (!source)
		return;
	line_reader_init(&reader, source, &place, stores->view->notes);
	while (line_reader_next(&reader, &line, &length)) {
		line += strspn(line, " \t");
		if (!text_has_prefix(line, "graphroot"))
			continue;
		line += strlen("graphroot");
		line += strspn(line, " \t");
		if (*line != '=')
			continue;
		line += 1 + strspn(line + 1, " \t\"'");
		if (*line == '/')
			find_stores(stores, store_read_podman, "podman",
				arena_copy(stores->view->arena, line, strcspn(line, "\"'")));
	}
	stores->status = status_worse(stores->status, reader.status);
	line_reader_release(&reader);
	source_close(source);
}

/* Applications with a runtime of their own, without a database of packages that could be compared. */
static const struct { const char *pattern, *text; } no_systems[] = {
	{ "/var/lib/flatpak/repo", "Flatpak keeps applications here" },
	{ "/home/*/.local/share/flatpak/repo", "Flatpak keeps applications of a user here" },
	{ "/var/lib/snapd/snaps", "snapd keeps applications here, each as an image of a file system (squashfs), whose content "
		"was not examined" },
};

struct no_system { struct system_view *view; const char *text; };

static bool
take_no_system(void *context, const struct system_entry *entry)
{
	const struct no_system *at = context;
	struct place place = view_place(at->view, entry);

	if (entry->entry.type == ENTRY_DIRECTORY)
		note_add(at->view->notes, &(struct note){ .kind = NOTE_SYSTEM_WITHIN, .status = STATUS_OK, .at = place,
			.text = arena_format(at->view->arena, "%s: they are no installed systems and have no package database, and "
				"nothing was compared with one", at->text) });
	return true;
}

enum status
system_within(struct system_view *view, const struct within_sink *out)
{
	struct stores stores = { .view = view, .out = out, .status = STATUS_OK };
	struct store configuration = { .view = view, .root = "/etc/docker" };

	map_init(&stores.seen);
#define CONTAINER_STORE(engine, pattern) find_stores(&stores, store_read_##engine, #engine, pattern);
#define CONTAINER_STORE_OF_USER(engine, path) find_stores_of_users(&stores, store_read_##engine, #engine, path);
#include "container_store.def"
#undef CONTAINER_STORE_OF_USER
#undef CONTAINER_STORE
	store_each_text(&configuration, "/etc/docker/daemon.json", take_data_root, &stores);
	find_graph_root(&stores, "/etc/containers/storage.conf");
	for (size_t i = 0; i < sizeof no_systems / sizeof *no_systems; i++) {
		enum status status = system_find(view, no_systems[i].pattern, take_no_system,
			&(struct no_system){ view, no_systems[i].text });

		stores.status = status_worse(stores.status, status);
	}
	map_release(&stores.seen);
	return status_worse(stores.status, configuration.status);
}

/* ---- folders ---- */

const char *
system_place_name(const char *path)
{
	static const struct { const char *pattern, *name; } rows[] = {
#define SYSTEM_PLACE(pattern, name) { pattern, name },
#include "system_place.def"
#undef SYSTEM_PLACE
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (text_matches_glob(rows[i].pattern, path))
			return rows[i].name;
	return "chroot";
}

bool
system_is_within(struct filesystem *filesystem, uint32_t number, const char *path, const struct notes *notes,
	struct arena *arena, struct within_fact *ret_fact)
{
	struct layer *layer = arena_allocate(arena, sizeof *layer);
	struct mount mount = { .where = "/", .subroot = path };
	struct installed_system alone = { .mounts = &mount, .mount_count = 1 };
	struct filesystem_fact names = { .has_passwd = false };
	struct system_view view;

	system_view_init(&view, &alone, &filesystem, 1, arena, notes);
	system_describe(&view, &names);
	system_view_release(&view);
	*layer = (struct layer){ number, path };
	*ret_fact = (struct within_fact){ .system = { .kind = SYSTEM_FOLDER, .complete = true }, .layers = layer,
		.layer_count = 1 };
	take_names(&ret_fact->system, &names, arena);
	return names.has_windows || ((names.has_passwd || names.has_os_release) && names.has_package_database);
}
