/* probe.c - what one file system says of itself, and what of an installed system lies on it. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "mount_lines.h"

struct probe {
	struct filesystem        *filesystem;
	uint32_t                  number;
	const char               *subroot;
	const struct system_sink *out;
	const struct notes       *notes;
	struct arena              arena;
	uint64_t                  mounts;
	enum status               status;
};

static const char *const package_databases[] = {
	"/var/lib/dpkg/status", "/var/lib/dpkg/status.d", "/var/lib/rpm", "/usr/lib/sysimage/rpm",
	"/usr/share/rpm", "/lib/apk/db/installed", "/usr/lib/apk/db/installed", "/var/lib/pacman/local",
	NULL
};
static const char *const windows_folders[] = {
	"/Windows/System32", "/WINDOWS/system32", "/windows/system32", NULL
};
static const char *const unit_folders[] = {
	"/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system", NULL
};

/* An entry by its path in the system, its last part followed too. */
static bool
find_entry(struct probe *probe, const char *path, struct file_entry *ret_entry)
{
	const char *at = arena_format(&probe->arena, "%s%s", probe->subroot, path);

	for (uint64_t links = limit_get(LIMIT_LINK_DEPTH); links; links--) {
		enum status status = filesystem_lookup(probe->filesystem, at, probe->notes, &probe->arena,
			ret_entry);

		if (status < STATUS_OK)
			probe->status = status_worse(probe->status, status);
		if (status != STATUS_OK)
			return false;
		if (ret_entry->type != ENTRY_LINK || !ret_entry->link_target)
			return true;
		if (*ret_entry->link_target == '/')
			at = arena_format(&probe->arena, "%s%s", probe->subroot, ret_entry->link_target);
		else
			at = arena_format(&probe->arena, "%.*s%s",
				(int)(text_base_name(ret_entry->path) - ret_entry->path), ret_entry->path,
				ret_entry->link_target);
	}
	return false;
}

static bool
has_name(struct probe *probe, const char *path)
{
	struct file_entry entry;
	const char *at = arena_format(&probe->arena, "%s%s", probe->subroot, path);

	return filesystem_lookup(probe->filesystem, at, probe->notes, &probe->arena, &entry) == STATUS_OK;
}

static bool
has_any(struct probe *probe, const char *const *paths)
{
	for (; *paths; paths++)
		if (has_name(probe, *paths))
			return true;
	return false;
}

static struct place
place_of(const struct probe *probe, const struct file_entry *entry)
{
	return (struct place){
		.evidence = probe->filesystem->evidence, .volume = probe->filesystem->volume,
		.path = entry->path + strlen(probe->subroot), .inode = entry->inode,
	};
}

/* Opens the content of a regular file; NULL with a note where that fails. */
static struct source *
open_entry(struct probe *probe, const struct file_entry *entry)
{
	struct source *source;
	enum status status;

	if (entry->type != ENTRY_REGULAR)
		return NULL;
	status = probe->filesystem->driver->content(probe->filesystem, entry, CONTENT_BY_RUNS,
		probe->notes, &source);
	probe->status = status_worse(probe->status, status);
	return status == STATUS_OK || status == STATUS_DAMAGED ? source : NULL;
}

/* "NAME=value" of an os-release, quotes removed. */
static const char *
os_release_value(const char *line, const char *name, struct arena *arena)
{
	size_t length = strlen(name);
	const char *value = line + length + 1;

	if (strncmp(line, name, length) || line[length] != '=')
		return NULL;
	length = strlen(value);
	if (length >= 2 && (*value == '"' || *value == '\'') && value[length - 1] == *value)
		return arena_copy(arena, value + 1, length - 2);
	return arena_copy_text(arena, value);
}

static bool
read_os_release(struct probe *probe, const char *path, struct filesystem_fact *fact)
{
	struct file_entry entry;
	struct line_reader reader;
	struct source *source = find_entry(probe, path, &entry) ? open_entry(probe, &entry) : NULL;
	struct place at;
	char *line;
	size_t length;

	if (!source)
		return false;
	at = place_of(probe, &entry);
	line_reader_init(&reader, source, &at, probe->notes);
	while (line_reader_next(&reader, &line, &length)) {
		const char *name = os_release_value(line, "PRETTY_NAME", &probe->arena);
		const char *id = os_release_value(line, "ID", &probe->arena);

		fact->os_name = name ? name : fact->os_name;
		fact->os_id = id ? id : fact->os_id;
	}
	probe->status = status_worse(probe->status, reader.status);
	line_reader_release(&reader);
	source_close(source);
	return true;
}

/* First line of a small file that is no comment, NULL. */
static const char *
read_word(struct probe *probe, const char *path)
{
	struct file_entry entry;
	struct line_reader reader;
	struct source *source = find_entry(probe, path, &entry) ? open_entry(probe, &entry) : NULL;
	struct place at;
	const char *word = NULL;
	char *line;
	size_t length;

	if (!source)
		return NULL;
	at = place_of(probe, &entry);
	line_reader_init(&reader, source, &at, probe->notes);
	while (!word && line_reader_next(&reader, &line, &length)) {
		line += strspn(line, " \t");
		length = strcspn(line, " \t");
		if (length && *line != '#')
			word = arena_copy(&probe->arena, line, length);
	}
	probe->status = status_worse(probe->status, reader.status);
	line_reader_release(&reader);
	source_close(source);
	return word;
}

static const char *
zone_name(struct probe *probe)
{
	struct file_entry entry;
	const char *at = arena_format(&probe->arena, "%s/etc/localtime", probe->subroot), *zone;

	if (filesystem_lookup(probe->filesystem, at, probe->notes, &probe->arena, &entry) == STATUS_OK &&
	    entry.type == ENTRY_LINK && entry.link_target) {
		zone = strstr(entry.link_target, "zoneinfo/");
		if (zone)
			return zone + strlen("zoneinfo/");
	}
	return read_word(probe, "/etc/timezone");
}

/* The folder of a collection that holds the tree of the living system: UAC's "[root]". */
static void
find_subroot(struct probe *probe, struct filesystem_fact *fact)
{
	struct file_entry entry;

	probe->subroot = "";
	if (probe->filesystem->image || !find_entry(probe, "/[root]", &entry) ||
	    entry.type != ENTRY_DIRECTORY)
		return;
	probe->subroot = "/[root]";
	fact->collector = "uac";
}

static void
probe_system(struct probe *probe, struct filesystem_fact *fact)
{
	fact->has_passwd = has_name(probe, "/etc/passwd");
	fact->has_os_release = has_name(probe, "/etc/os-release") || has_name(probe, "/usr/lib/os-release");
	fact->has_package_database = has_any(probe, package_databases);
	fact->has_windows = has_any(probe, windows_folders);
	/* The last is for a separate /usr: the system's name may stand there alone. */
	if (!read_os_release(probe, "/etc/os-release", fact) &&
	    !read_os_release(probe, "/usr/lib/os-release", fact))
		read_os_release(probe, "/lib/os-release", fact);
	if (fact->has_windows && !fact->os_name) {
		fact->os_name = "Windows";
		fact->os_id = "windows";
	}
	fact->host_name = read_word(probe, "/etc/hostname");
	fact->zone_name = zone_name(probe);
}

/* Between the lines and the sink: no system has more mounts than a table may have partitions. */
static void
count_mount(void *context, const struct mount_fact *mount)
{
	struct probe *probe = context;
	uint64_t limit = limit_get(LIMIT_PARTITIONS);

	if (probe->mounts < limit)
		probe->out->mount(probe->out->context, mount);
	else if (probe->mounts == limit)
		probe->status = status_worse(probe->status, note(probe->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT,
			&mount->at, "mounts from here on were left out: there are more than %llu (partitions)",
			(unsigned long long)limit));
	probe->mounts++;
}

static void
probe_fstab(struct probe *probe)
{
	struct file_entry entry;
	struct source *source = find_entry(probe, "/etc/fstab", &entry) ? open_entry(probe, &entry) : NULL;
	struct place at;

	if (!source)
		return;
	at = place_of(probe, &entry);
	probe->status = status_worse(probe->status,
		mount_lines_fstab(source, probe->number, &at,
		&(struct system_sink){ .mount = count_mount, .context = probe }, probe->notes));
	source_close(source);
}

static bool
probe_unit(void *context, const struct file_entry *entry)
{
	struct probe *probe = context;
	const char *name = text_base_name(entry->path);
	struct place at = place_of(probe, entry);
	struct source *source;

	if (entry->state != ENTRY_ALLOCATED || entry->stream || entry->type != ENTRY_REGULAR ||
	    !text_has_suffix(name, ".mount") || strlen(name) == strlen(".mount"))
		return true;
	source = open_entry(probe, entry);
	if (!source)
		return true;
	probe->status = status_worse(probe->status,
		mount_lines_unit(source, name, probe->number, &at,
		&(struct system_sink){ .mount = count_mount, .context = probe }, probe->notes));
	source_close(source);
	return true;
}

static void
probe_units(struct probe *probe, const char *folder)
{
	struct file_entry entry;

	/* /lib is often a link to /usr/lib: its units were seen then. */
	if (!find_entry(probe, folder, &entry) || entry.type != ENTRY_DIRECTORY ||
	    strcmp(entry.path + strlen(probe->subroot), folder))
		return;
	probe->status = status_worse(probe->status, probe->filesystem->driver->list(probe->filesystem,
		entry.node, entry.path, &(struct entry_sink){ probe_unit, probe }, probe->notes));
}

enum status
system_probe(struct filesystem *filesystem, uint32_t number, const struct volume *volume,
	const struct system_sink *out, const struct notes *notes)
{
	const struct filesystem_identity *identity = &filesystem->identity;
	struct probe probe = { .filesystem = filesystem, .number = number, .out = out, .notes = notes,
		.subroot = "" };
	struct filesystem_fact fact = {
		.evidence = filesystem->evidence, .volume = filesystem->volume,
		.type = identity->type, .uuid = identity->uuid, .label = identity->label,
		.last_mounted = identity->last_mounted,
		.part_uuid = volume->part_uuid, .part_label = volume->label, .part_type = volume->type,
		.local_times = identity->local_times, .case_insensitive = identity->case_insensitive,
	};

	arena_init(&probe.arena);
	find_subroot(&probe, &fact);
	fact.subroot = probe.subroot;
	probe_system(&probe, &fact);
	out->filesystem(out->context, &fact);
	probe_fstab(&probe);
	for (const char *const *folder = unit_folders; *folder; folder++)
		probe_units(&probe, *folder);
	arena_release(&probe.arena);
	return probe.status;
}
