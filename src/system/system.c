/* system.c - the facts of systems in written form; paths of a volume in the running system. */
#include <string.h>

#include <t1554triage/record.h>
#include <t1554triage/system.h>

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

bool
systems_path(const struct systems *systems, uint32_t filesystem, const char *volume_path,
	struct arena *arena, const struct installed_system **ret_system, const char **ret_path,
	bool *ret_hidden)
{
	bool hidden = false;

	for (size_t i = 0; i < systems->count; i++) {
		const char *path = path_in_system(&systems->items[i], filesystem, volume_path, arena, &hidden);

		if (!path)
			continue;
		*ret_system = &systems->items[i];
		*ret_path = path;
		*ret_hidden = false;
		return true;
	}
	*ret_hidden = hidden;
	return false;
}

void
systems_release(struct systems *systems)
{
	arena_release(&systems->arena);
	*systems = (struct systems){ .items = NULL };
}
