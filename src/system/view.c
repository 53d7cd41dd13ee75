/* view.c - paths of a running system, looked up across its mounts. */
#include <string.h>

#include <t1554triage/buffer.h>
#include <t1554triage/limit.h>
#include <t1554triage/map.h>
#include <t1554triage/text.h>

#include "view.h"

/* Folders as they were written, to an index of folders. */
struct system_view_state {
	struct map          names;
	struct view_folder *folders;
	size_t              count, capacity;
};

void
system_view_init(struct system_view *view, const struct installed_system *system,
	struct filesystem **filesystems, size_t filesystem_count, struct arena *arena,
	const struct notes *notes)
{
	*view = (struct system_view){
		.system = system, .filesystems = filesystems, .filesystem_count = filesystem_count,
		.notes = notes, .arena = arena,
		.state = memory_allocate(1, sizeof *view->state),
	};
	map_init(&view->state->names);
}

void
system_view_release(struct system_view *view)
{
	map_release(&view->state->names);
	memory_free(view->state->folders);
	memory_free(view->state);
	*view = (struct system_view){ .system = NULL };
}

/* The deepest mount that the path lies in; mounts are sorted, longest first. */
static const struct mount *
mount_of(const struct installed_system *system, const char *path)
{
	for (size_t i = 0; i < system->mount_count; i++) {
		const struct mount *mount = &system->mounts[i];
		size_t length = strcmp(mount->where, "/") ? strlen(mount->where) : 0;

		if (!strncmp(path, mount->where, length) && (!path[length] || path[length] == '/'))
			return mount;
	}
	return NULL;
}

static enum status
lookup_in(struct system_view *view, const struct layer *layer, const char *path, size_t length,
	struct file_entry *ret_entry)
{
	const char *volume_path = arena_format(view->arena, "%s%.*s", layer->subroot, (int)length, path);

	if (layer->filesystem >= view->filesystem_count || !view->filesystems[layer->filesystem])
		return STATUS_DAMAGED;
	return filesystem_lookup(view->filesystems[layer->filesystem], *volume_path ? volume_path : "/",
		view->notes, view->arena, ret_entry);
}

static bool
has_name_beside(struct system_view *view, const struct layer *layer, const char *path, size_t length,
	const char *name)
{
	struct file_entry entry;
	const char *at = arena_format(view->arena, "%.*s/%s", (int)length, path, name);

	return lookup_in(view, layer, at, strlen(at), &entry) == STATUS_OK;
}

/* The folder of a layer hides what the layers below hold in theirs. */
static bool
is_opaque(struct system_view *view, const struct mount *mount, const struct layer *layer, const char *path,
	size_t length, const struct file_entry *folder)
{
	return folder->opaque ||
	       (mount->has_named_whiteouts && has_name_beside(view, layer, path, length, ".wh..wh..opq"));
}

static bool
is_whiteout(struct system_view *view, const struct mount *mount, const struct layer *layer, const char *path,
	size_t length)
{
	size_t folder = length;

	while (folder && path[folder - 1] != '/')
		folder--;
	return mount->has_named_whiteouts && folder && length > folder &&
	       has_name_beside(view, layer, path, folder - 1, arena_format(view->arena, ".wh.%.*s",
		(int)(length - folder), path + folder));
}

/*
 * One layer's entry of a path below the mount point, each folder on the way looked at: STATUS_END
 * and *ret_hides where this layer says that there is nothing, also below.
 */
static enum status
look_in_layer(struct system_view *view, const struct mount *mount, const struct layer *layer, const char *path,
	struct file_entry *ret_entry, bool *ret_hides)
{
	size_t length = strlen(path);
	enum status status;

	for (size_t end = 0; ; end += 1 + strcspn(path + end + 1, "/")) {
		if (is_whiteout(view, mount, layer, path, end)) {
			*ret_hides = true;
			return STATUS_END;
		}
		status = lookup_in(view, layer, path, end, ret_entry);
		if (status != STATUS_OK)
			return status;
		if (ret_entry->whiteout || (end < length && ret_entry->type != ENTRY_DIRECTORY)) {
			*ret_hides = true;
			return STATUS_END;
		}
		if (end >= length)
			return STATUS_OK;
		*ret_hides |= is_opaque(view, mount, layer, path, end, ret_entry);
	}
}

/* The uppermost entry of a path below the mount point. */
static enum status
look_in_layers(struct system_view *view, const struct mount *mount, const char *path,
	struct file_entry *ret_entry, uint32_t *ret_filesystem)
{
	bool hides = false;
	enum status worst = STATUS_END;

	for (size_t i = 0; i <= mount->lower_count && !hides; i++) {
		const struct layer layer = mount_layer(mount, i);
		enum status status = look_in_layer(view, mount, &layer, path, ret_entry, &hides);

		*ret_filesystem = layer.filesystem;
		if (status == STATUS_OK)
			return worst < STATUS_OK ? STATUS_DAMAGED : STATUS_OK;
		worst = status < STATUS_OK ? status : worst;
	}
	return worst;
}

static const char *
path_below(const struct mount *mount, const char *path)
{
	return strcmp(mount->where, "/") ? path + strlen(mount->where) : path;
}

enum status
view_entry(struct system_view *view, const char *path, struct system_entry *ret_entry)
{
	const struct mount *mount = mount_of(view->system, path);
	enum status status;

	if (!mount)
		return STATUS_END;
	ret_entry->filesystem = mount->filesystem;
	if (mount->lower_count) {
		status = look_in_layers(view, mount, strcmp(path, "/") ? path_below(mount, path) : "",
			&ret_entry->entry, &ret_entry->filesystem);
	} else {
		const struct layer only = mount_layer(mount, 0);
		const char *rest = path_below(mount, path);

		status = lookup_in(view, &only, rest, strlen(rest), &ret_entry->entry);
	}
	if (status != STATUS_OK)
		return status;
	ret_entry->path = arena_copy_text(view->arena, *path ? path : "/");
	return STATUS_OK;
}

enum status
view_list(struct system_view *view, const char *path, const struct entry_sink *out)
{
	const struct mount *mount = mount_of(view->system, path);
	enum status worst = STATUS_OK, status;
	struct file_entry folder;
	bool hides = false;

	for (size_t i = 0; mount && i <= mount->lower_count && !hides; i++) {
		const struct layer layer = mount_layer(mount, i);
		const char *rest = path_below(mount, path);

		if (!strcmp(rest, "/"))
			rest = "";
		status = look_in_layer(view, mount, &layer, rest, &folder, &hides);
		if (status == STATUS_OK && folder.type == ENTRY_DIRECTORY) {
			struct filesystem *filesystem = view->filesystems[layer.filesystem];

			hides |= is_opaque(view, mount, &layer, rest, strlen(rest), &folder);
			status = filesystem->driver->list(filesystem, folder.node, folder.path, out, view->notes);
		} else {
			/* What is no folder hides the folders below. */
			hides |= status == STATUS_OK;
		}
		worst = status < STATUS_OK ? status_worse(worst, status) : worst;
	}
	return worst;
}

static void
strip_last(struct buffer *path)
{
	while (path->length && path->bytes[path->length - 1] != '/')
		path->length--;
	if (path->length)
		path->length--;
	path->bytes[path->length] = '\0';
}

/* Replaces what is left by the link's target and what is left. */
static bool
splice(struct buffer *rest, const char *target, const char *left)
{
	struct buffer joined;

	buffer_init(&joined, (size_t)limit_get(LIMIT_NAME_BYTES) * 16);
	buffer_add_text(&joined, target);
	buffer_add_char(&joined, '/');
	buffer_add_text(&joined, left);
	buffer_clear(rest);
	buffer_add(rest, joined.bytes, joined.length);
	buffer_release(&joined);
	return !joined.overflowed;
}

/* Goes on at the target of a link, which is the last part of at. */
static bool
follow_link(const struct file_entry *link, struct buffer *at, struct buffer *rest, const char *left)
{
	if (!link->link_target || !*link->link_target)
		return false;
	strip_last(at);
	if (*link->link_target == '/')
		buffer_clear(at);
	return splice(rest, link->link_target, left);
}

/*
 * Goes from the folder at, which has no links, along rest, and leaves in at
 * the path that it comes to.
 */
static enum status
walk(struct system_view *view, struct buffer *at, struct buffer *rest, bool follow,
	struct system_entry *ret_entry)
{
	uint64_t links = limit_get(LIMIT_LINK_DEPTH);
	const struct file_entry *entry = &ret_entry->entry;

	for (;;) {
		const char *name = rest->bytes + strspn(rest->bytes, "/");
		size_t length = strcspn(name, "/");
		const char *left = name + length + strspn(name + length, "/");
		bool is_up = length == 2 && !memcmp(name, "..", 2);
		enum status status;

		if (is_up)
			strip_last(at);
		if (length && !is_up && (length != 1 || *name != '.')) {
			buffer_add_char(at, '/');
			buffer_add(at, name, length);
		}
		status = view_entry(view, at->bytes, ret_entry);
		if (status != STATUS_OK)
			return status;
		if (entry->type == ENTRY_LINK && (*left || follow)) {
			if (!links-- || !follow_link(entry, at, rest, left))
				return STATUS_END;
			continue;
		}
		if (!*left)
			return STATUS_OK;
		if (entry->type != ENTRY_DIRECTORY)
			return STATUS_END;
		buffer_consume(rest, (size_t)(left - rest->bytes));
	}
}

static struct view_folder
remember(struct system_view *view, const char *path, size_t length, struct view_folder folder)
{
	struct system_view_state *state = view->state;

	/* Bounded, as the listings below are. */
	if (state->count >= limit_get(LIMIT_DIRECTORY_ENTRIES))
		return folder;
	map_add(&state->names, path, length, state->count);
	state->folders = memory_grow(state->folders, state->count, &state->capacity, sizeof *state->folders);
	state->folders[state->count++] = folder;
	return folder;
}

/* One part below a folder. */
static struct view_folder
folder_below(struct system_view *view, const struct view_folder *parent, const char *name, size_t length)
{
	struct view_folder folder = { .status = parent->status };
	struct system_entry entry = { .path = NULL };
	struct buffer at, rest;

	buffer_init(&at, 0);
	buffer_init(&rest, 0);
	buffer_add_text(&at, parent->canonical);
	buffer_add(&rest, name, length);
	if (parent->status == STATUS_OK)
		folder.status = walk(view, &at, &rest, true, &entry);
	if (folder.status == STATUS_OK && entry.entry.type != ENTRY_DIRECTORY)
		folder.status = STATUS_END;
	/* What is not there stays as it was written, also a link that leads nowhere. */
	if (folder.status != STATUS_OK) {
		buffer_clear(&at);
		buffer_add_text(&at, parent->canonical);
		buffer_add_char(&at, '/');
		buffer_add(&at, name, length);
	}
	folder.canonical = arena_copy(view->arena, at.bytes, at.length);
	buffer_release(&at);
	buffer_release(&rest);
	return folder;
}

static struct view_folder
parent_of(struct system_view *view, const struct view_folder *folder)
{
	const char *slash = strrchr(folder->canonical, '/');

	return (struct view_folder){
		.canonical = slash ? arena_copy(view->arena, folder->canonical,
			(size_t)(slash - folder->canonical)) : "",
		.status = folder->status,
	};
}

struct view_folder
view_folder(struct system_view *view, const char *path, size_t length)
{
	struct view_folder folder = { .canonical = "", .status = STATUS_OK };
	uint64_t whole;

	while (length && path[length - 1] == '/')
		length--;
	/* The folder of one path is mostly that of the path before. */
	if (map_get(&view->state->names, path, length, &whole))
		return view->state->folders[whole];
	for (size_t begin = 0, end; begin < length; begin = end) {
		uint64_t known;

		begin += strspn(path + begin, "/");
		if (begin >= length)
			break;
		end = begin + strcspn(path + begin, "/");
		if (end > length)
			end = length;
		if (map_get(&view->state->names, path, end, &known))
			folder = view->state->folders[known];
		else if (end - begin == 2 && !memcmp(path + begin, "..", 2))
			folder = remember(view, path, end, parent_of(view, &folder));
		else if (end - begin != 1 || path[begin] != '.')
			folder = remember(view, path, end, folder_below(view, &folder, path + begin, end - begin));
	}
	return folder;
}

/* Bytes of the folder part; the whole where the last part is ".", ".." or nothing. */
static size_t
folder_length(const char *path)
{
	const char *name = text_base_name(path);

	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return strlen(path);
	return (size_t)(name - path);
}

enum status
system_lookup(struct system_view *view, const char *path, bool follow, struct system_entry *ret_entry)
{
	size_t length = folder_length(path);
	struct view_folder folder = view_folder(view, path, length);
	struct system_entry entry;
	struct buffer at, rest;
	enum status status;

	if (folder.status != STATUS_OK)
		return folder.status;
	buffer_init(&at, 0);
	buffer_init(&rest, 0);
	buffer_add_text(&at, folder.canonical);
	buffer_add_text(&rest, path + length);
	status = walk(view, &at, &rest, follow, &entry);
	buffer_release(&at);
	buffer_release(&rest);
	if (status == STATUS_OK)
		*ret_entry = entry;
	return status;
}

const char *
system_canonical(struct system_view *view, const char *path)
{
	size_t length = folder_length(path);
	struct view_folder folder = view_folder(view, path, length);

	if (path[length])
		return arena_format(view->arena, "%s/%s", folder.canonical, path + length);
	return *folder.canonical ? folder.canonical : "/";
}
