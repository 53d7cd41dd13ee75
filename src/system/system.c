/* system.c - the facts of systems in written form; paths of a volume in the running system. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/record.h>
#include <t1554triage/system.h>

const char *const system_kind_names[] = { "volumes", "image", "container", "folder", NULL };
const char *const cover_names[] = { "none", "file", "folder", "whiteout", "opaque", NULL };

static const struct field filesystem_fields[] = {
	FIELD(struct filesystem_fact, evidence, FIELD_TEXT),
	FIELD(struct filesystem_fact, volume, FIELD_TEXT),
	FIELD(struct filesystem_fact, type, FIELD_TEXT),
	FIELD(struct filesystem_fact, uuid, FIELD_TEXT),
	FIELD(struct filesystem_fact, label, FIELD_TEXT),
	FIELD(struct filesystem_fact, part_uuid, FIELD_TEXT),
	FIELD(struct filesystem_fact, part_label, FIELD_TEXT),
	FIELD(struct filesystem_fact, last_mounted, FIELD_TEXT),
	FIELD(struct filesystem_fact, part_type, FIELD_TEXT),
	FIELD(struct filesystem_fact, devices, FIELD_TEXT),
	FIELD(struct filesystem_fact, subroot, FIELD_TEXT),
	FIELD(struct filesystem_fact, collector, FIELD_TEXT),
	FIELD_AS(struct filesystem_fact, has_passwd, "passwd", FIELD_BOOL),
	FIELD_AS(struct filesystem_fact, has_os_release, "os_release", FIELD_BOOL),
	FIELD_AS(struct filesystem_fact, has_package_database, "package_database", FIELD_BOOL),
	FIELD_AS(struct filesystem_fact, has_windows, "windows", FIELD_BOOL),
	FIELD(struct filesystem_fact, local_times, FIELD_BOOL),
	FIELD(struct filesystem_fact, case_insensitive, FIELD_BOOL),
	FIELD(struct filesystem_fact, os_name, FIELD_TEXT),
	FIELD(struct filesystem_fact, os_id, FIELD_TEXT),
	FIELD(struct filesystem_fact, host_name, FIELD_TEXT),
	FIELD(struct filesystem_fact, zone_name, FIELD_TEXT),
	FIELD_LAST
};

const struct record_type filesystem_fact_record = {
	.name = "filesystem", .size = sizeof (struct filesystem_fact), .fields = filesystem_fields,
	.description = "a file system, what it says of itself and what of a system lies on it",
};

static const struct field mount_fields[] = {
	FIELD(struct mount_fact, filesystem, FIELD_U32),
	FIELD(struct mount_fact, what, FIELD_TEXT),
	FIELD(struct mount_fact, where, FIELD_TEXT),
	FIELD(struct mount_fact, type, FIELD_TEXT),
	FIELD(struct mount_fact, options, FIELD_TEXT),
	FIELDS_PLACE(struct mount_fact, at),
	FIELD_LAST
};

const struct record_type mount_fact_record = {
	.name = "mount", .size = sizeof (struct mount_fact), .fields = mount_fields,
	.description = "a line of fstab or a mount unit",
};

static const struct field within_fields[] = {
	FIELD_ENUM(struct within_fact, system.kind, "kind", system_kind_names),
	FIELD_AS(struct within_fact, system.origin, "origin", FIELD_TEXT),
	FIELD_AS(struct within_fact, system.within, "within", FIELD_TEXT),
	FIELD_AS(struct within_fact, system.os_name, "os_name", FIELD_TEXT),
	FIELD_AS(struct within_fact, system.os_id, "os_id", FIELD_TEXT),
	FIELD_AS(struct within_fact, system.host_name, "host_name", FIELD_TEXT),
	FIELD_AS(struct within_fact, system.zone_name, "zone_name", FIELD_TEXT),
	FIELD_AS(struct within_fact, system.windows, "windows", FIELD_BOOL),
	FIELD_AS(struct within_fact, system.has_package_database, "package_database", FIELD_BOOL),
	FIELD_AS(struct within_fact, system.complete, "complete", FIELD_BOOL),
	FIELD_AS(struct within_fact, has_named_whiteouts, "named_whiteouts", FIELD_BOOL),
	FIELD_LAST
};

const struct record_type within_fact_record = {
	.name = "within", .size = sizeof (struct within_fact), .fields = within_fields,
	.description = "an installed system within a file system of another: its layers follow",
};

static const struct field layer_fields[] = {
	FIELD(struct layer, filesystem, FIELD_U32),
	FIELD(struct layer, subroot, FIELD_TEXT),
	FIELD_LAST
};

const struct record_type layer_record = {
	.name = "layer", .size = sizeof (struct layer), .fields = layer_fields,
	.description = "a tree that is part of a system within another",
};

/* What follows the folder in path, "" or from its slash on; NULL where path does not lie in it. */
static const char *
rest_below(const char *folder, const char *path)
{
	size_t length = strlen(folder);

	if (length && folder[length - 1] == '/')
		length--;
	if (strncmp(path, folder, length) || (path[length] && path[length] != '/'))
		return NULL;
	return path + length;
}

/* Another mount of the system lies over the path. */
static bool
is_hidden(const struct installed_system *system, const struct mount *by, const char *path)
{
	/* Longest first: what stands behind the own mount cannot lie deeper. */
	for (const struct mount *other = system->mounts; other < by; other++)
		if (strlen(other->where) > strlen(by->where) && rest_below(other->where, path))
			return true;
	return false;
}

static const char *
path_below(const struct mount *mount, const char *rest, struct arena *arena)
{
	if (!strcmp(mount->where, "/"))
		return arena_copy_text(arena, *rest ? rest : "/");
	return *rest && strcmp(rest, "/") ? arena_format(arena, "%s%s", mount->where, rest) :
	       arena_copy_text(arena, mount->where);
}

/* Shortest mount point first: the mounts from the end. */
static const char *
path_in_system(const struct installed_system *system, uint32_t filesystem, const char *volume_path,
	struct arena *arena, bool *hidden)
{
	for (size_t i = system->mount_count; i > 0; i--) {
		const struct mount *mount = &system->mounts[i - 1];
		const char *rest = mount->filesystem == filesystem ? rest_below(mount->subroot, volume_path) : NULL;
		const char *path = rest ? path_below(mount, rest, arena) : NULL;

		if (path && !is_hidden(system, mount, path))
			return path;
		*hidden |= path != NULL;
	}
	return NULL;
}

/* The number and the first length bytes of a path. */
static size_t
tree_key(uint32_t filesystem, const char *path, size_t length, char *key, size_t capacity)
{
	if (length > capacity - sizeof filesystem)
		return 0;
	memcpy(key, &filesystem, sizeof filesystem);
	memcpy(key + sizeof filesystem, path, length);
	return sizeof filesystem + length;
}

enum { TREE_KEY_BYTES = 4096 + sizeof (uint32_t), DEPTHS_TOLD = 255, DEEPEST = 63 };

static unsigned
depth_of(const char *path, size_t length)
{
	unsigned depth = 0;

	for (size_t i = 0; i < length; i++)
		depth += path[i] == '/';
	return depth < DEEPEST ? depth : DEEPEST;
}

static const uint64_t *
depths_of(const struct systems *systems, uint32_t filesystem)
{
	return &systems->depths[filesystem < DEPTHS_TOLD ? filesystem : DEPTHS_TOLD];
}

static void
add_use(struct systems *systems, const struct layer *layer, size_t system, size_t number)
{
	struct root_use *use;
	char key[TREE_KEY_BYTES];
	size_t length = tree_key(layer->filesystem, layer->subroot, strlen(layer->subroot), key, sizeof key);
	uint64_t at;

	if (!length)
		return;
	systems->uses = memory_grow(systems->uses, systems->use_count, &systems->use_capacity, sizeof *systems->uses);
	use = &systems->uses[systems->use_count];
	*use = (struct root_use){ .system = system, .layer = number, .next = SIZE_MAX };
	if (!map_add(&systems->roots, key, length, systems->use_count) && map_get(&systems->roots, key, length, &at)) {
		while (systems->uses[at].next != SIZE_MAX)
			at = systems->uses[at].next;
		systems->uses[at].next = systems->use_count;
	}
	systems->use_count++;
	systems->depths[depths_of(systems, layer->filesystem) - systems->depths] |=
		1ULL << depth_of(layer->subroot, strlen(layer->subroot));
}

void
systems_add_within(struct systems *systems, const struct within_fact *fact)
{
	const struct installed_system *system = &fact->system;
	struct arena *arena = &systems->arena;
	struct installed_system own = *system;
	struct layer *copies = arena_allocate(arena, fact->layer_count * sizeof *copies);

	for (size_t i = 0; i < fact->layer_count; i++)
		copies[i] = (struct layer){ fact->layers[i].filesystem, arena_copy_text(arena, fact->layers[i].subroot) };
	own.id = arena_format(arena, "s%zu", systems->count + 1);
	own.origin = arena_copy_text(arena, system->origin);
	own.within = arena_copy_text(arena, system->within);
	own.os_name = arena_copy_text(arena, system->os_name);
	own.os_id = arena_copy_text(arena, system->os_id);
	own.host_name = arena_copy_text(arena, system->host_name);
	own.zone_name = arena_copy_text(arena, system->zone_name);
	own.root = copies[0].filesystem;
	own.mounts = arena_allocate(arena, sizeof *own.mounts);
	own.mount_count = 1;
	own.mounts[0] = (struct mount){ .where = "/", .filesystem = copies[0].filesystem, .subroot = copies[0].subroot,
		.lower = fact->layer_count > 1 ? copies + 1 : NULL, .lower_count = fact->layer_count - 1,
		.has_named_whiteouts = fact->has_named_whiteouts };
	for (size_t i = 0; i < fact->layer_count; i++)
		add_use(systems, &copies[i], systems->count, i);
	systems->items = memory_grow(systems->items, systems->count, &systems->capacity, sizeof *systems->items);
	systems->items[systems->count++] = own;
}

const struct installed_system *
systems_of_tree(const struct systems *systems, uint32_t filesystem, const char *volume_path)
{
	char key[TREE_KEY_BYTES];
	size_t length = tree_key(filesystem, volume_path, strlen(volume_path), key, sizeof key);
	uint64_t at;

	if (!length || !map_get(&systems->roots, key, length, &at))
		return NULL;
	return &systems->items[systems->uses[at].system];
}

void
systems_add_cover(struct systems *systems, uint32_t filesystem, const char *volume_path, enum cover cover)
{
	char key[TREE_KEY_BYTES];
	size_t length = tree_key(filesystem, volume_path, strlen(volume_path), key, sizeof key);

	if (length)
		map_set(&systems->covers, key, length, cover);
}

/* What one layer says of a path below its root: of itself, or of a folder above it. */
static enum cover
cover_in(const struct systems *systems, const struct layer *layer, const char *path)
{
	char key[TREE_KEY_BYTES];
	size_t begin = tree_key(layer->filesystem, layer->subroot, strlen(layer->subroot), key, sizeof key);
	size_t length = strlen(path);
	enum cover found = COVER_NONE;
	uint64_t cover;

	if (!begin || length > sizeof key - begin)
		return COVER_NONE;
	memcpy(key + begin, path, length);
	for (size_t end = 0; end <= length; end++) {
		if (end < length && path[end] != '/')
			continue;
		if (!map_get(&systems->covers, key, begin + end, &cover))
			continue;
		/* A folder lies over what has its name, and is merged with a folder. */
		if (end == length)
			return cover == COVER_OPAQUE ? COVER_FOLDER : (enum cover)cover;
		if (cover == COVER_FILE || cover == COVER_WHITEOUT)
			return COVER_WHITEOUT;
		if (cover == COVER_OPAQUE)
			found = COVER_OPAQUE;
	}
	return found;
}

static bool
is_covered(const struct systems *systems, const struct mount *mount, size_t layer, const char *path)
{
	for (size_t i = 0; i < layer; i++) {
		const struct layer above = mount_layer(mount, i);

		if (cover_in(systems, &above, path) != COVER_NONE)
			return true;
	}
	return false;
}

enum cover
systems_cover(const struct systems *systems, const struct installed_system *system, const char *path)
{
	const struct mount *mount = &system->mounts[system->mount_count - 1];
	enum cover cover = COVER_NONE;

	for (size_t i = 0; i < mount->lower_count && cover == COVER_NONE; i++) {
		const struct layer layer = mount_layer(mount, i);

		cover = cover_in(systems, &layer, path);
	}
	return cover;
}

/* The system that shows this file of a tree, by the order of systems; NULL: hidden in all of them. */
static const struct installed_system *
first_that_shows(const struct systems *systems, size_t use, const char *path)
{
	for (; use != SIZE_MAX; use = systems->uses[use].next) {
		const struct installed_system *system = &systems->items[systems->uses[use].system];

		if (!is_covered(systems, system->mounts, systems->uses[use].layer, path))
			return system;
	}
	return NULL;
}

/* Bytes of the innermost tree of a system within that the path lies in; SIZE_MAX: in none. */
static size_t
innermost_tree(const struct systems *systems, uint32_t filesystem, const char *path, uint64_t *ret_use)
{
	char key[TREE_KEY_BYTES];
	size_t length = strlen(path), end = length;
	size_t total = tree_key(filesystem, path, length, key, sizeof key);
	uint64_t depths = *depths_of(systems, filesystem);

	if (!depths || !total)
		return SIZE_MAX;
	for (;;) {
		if (depths >> depth_of(path, end) & 1 &&
		    map_get(&systems->roots, key, sizeof filesystem + end, ret_use))
			return end;
		while (end && path[end - 1] != '/')
			end--;
		if (!end)
			return SIZE_MAX;
		end--;
	}
}

bool
systems_path(const struct systems *systems, uint32_t filesystem, const char *volume_path,
	struct arena *arena, const struct installed_system **ret_system, const char **ret_path,
	bool *ret_hidden)
{
	bool hidden = false;
	uint64_t use;
	size_t tree = innermost_tree(systems, filesystem, volume_path, &use);

	*ret_hidden = false;
	if (tree != SIZE_MAX) {
		*ret_system = first_that_shows(systems, (size_t)use, volume_path + tree);
		*ret_path = arena_copy_text(arena, volume_path[tree] ? volume_path + tree : "/");
		*ret_hidden = !*ret_system;
		return *ret_system != NULL;
	}
	for (size_t i = 0; i < systems->count && systems->items[i].kind == SYSTEM_OF_VOLUMES; i++) {
		const char *path = path_in_system(&systems->items[i], filesystem, volume_path, arena, &hidden);

		if (!path)
			continue;
		*ret_system = &systems->items[i];
		*ret_path = path;
		return true;
	}
	*ret_hidden = hidden;
	return false;
}

void
systems_release(struct systems *systems)
{
	arena_release(&systems->arena);
	map_release(&systems->roots);
	map_release(&systems->covers);
	memory_free(systems->items);
	memory_free(systems->uses);
	*systems = (struct systems){ .items = NULL };
}
