/* describe.c - what an installed system says of itself. */
#include <string.h>

#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

#include "view.h"

static const char *const package_databases[] = {
	"/var/lib/dpkg/status", "/var/lib/dpkg/status.d", "/var/lib/rpm", "/usr/lib/sysimage/rpm",
	"/usr/share/rpm", "/lib/apk/db/installed", "/usr/lib/apk/db/installed", "/var/lib/pacman/local",
	NULL
};
static const char *const windows_folders[] = {
	"/Windows/System32", "/WINDOWS/system32", "/windows/system32", NULL
};

struct describing {
	struct system_view *view;
	enum status         status;
};

static bool
has_name(struct describing *at, const char *path)
{
	struct system_entry entry;
	enum status status = system_lookup(at->view, path, false, &entry);

	if (status < STATUS_OK)
		at->status = status_worse(at->status, status);
	return status == STATUS_OK;
}

static bool
has_any(struct describing *at, const char *const *paths)
{
	for (; *paths; paths++)
		if (has_name(at, *paths))
			return true;
	return false;
}

enum status
system_open(struct system_view *view, const struct system_entry *entry, struct source **ret_source)
{
	struct filesystem *filesystem = view->filesystems[entry->filesystem];

	if (entry->entry.type != ENTRY_REGULAR || !(entry->entry.has & ENTRY_HAS_CONTENT) || entry->entry.not_readable)
		return STATUS_END;
	return filesystem->driver->content(filesystem, &entry->entry, CONTENT_BY_RUNS, view->notes, ret_source);
}

struct place
view_place(const struct system_view *view, const struct system_entry *entry)
{
	const struct filesystem *filesystem = view->filesystems[entry->filesystem];

	return (struct place){ .evidence = filesystem->evidence, .system = view->system->id,
		.volume = filesystem->volume, .path = entry->path, .inode = entry->entry.inode };
}

struct source *
view_open(struct system_view *view, const char *path, struct place *ret_place, enum status *status)
{
	struct source *source = NULL;
	struct system_entry entry;
	enum status found = system_lookup(view, path, true, &entry);
	/* Of a damaged folder on the way there is no entry; damaged content can be read. */
	const bool is_there = found == STATUS_OK;

	if (is_there)
		found = system_open(view, &entry, &source);
	if (found < STATUS_OK)
		*status = status_worse(*status, found);
	if (!is_there || (found != STATUS_OK && found != STATUS_DAMAGED))
		return NULL;
	*ret_place = view_place(view, &entry);
	return source;
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
read_os_release(struct describing *at, const char *path, struct filesystem_fact *fact)
{
	struct line_reader reader;
	struct place place;
	struct source *source = view_open(at->view, path, &place, &at->status);
	char *line;
	size_t length;

	if (!source)
		return false;
	line_reader_init(&reader, source, &place, at->view->notes);
	while (line_reader_next(&reader, &line, &length)) {
		const char *name = os_release_value(line, "PRETTY_NAME", at->view->arena);
		const char *id = os_release_value(line, "ID", at->view->arena);

		fact->os_name = name ? name : fact->os_name;
		fact->os_id = id ? id : fact->os_id;
	}
	at->status = status_worse(at->status, reader.status);
	line_reader_release(&reader);
	source_close(source);
	return true;
}

/* First word of a small file that is no comment, NULL. */
static const char *
read_word(struct describing *at, const char *path)
{
	struct line_reader reader;
	struct place place;
	struct source *source = view_open(at->view, path, &place, &at->status);
	const char *word = NULL;
	char *line;
	size_t length;

	if (!source)
		return NULL;
	line_reader_init(&reader, source, &place, at->view->notes);
	while (!word && line_reader_next(&reader, &line, &length)) {
		line += strspn(line, " \t");
		length = strcspn(line, " \t");
		if (length && *line != '#')
			word = arena_copy(at->view->arena, line, length);
	}
	at->status = status_worse(at->status, reader.status);
	line_reader_release(&reader);
	source_close(source);
	return word;
}

static const char *
zone_name(struct describing *at)
{
	struct system_entry entry;
	const char *zone;

	if (system_lookup(at->view, "/etc/localtime", false, &entry) == STATUS_OK &&
	    entry.entry.type == ENTRY_LINK && entry.entry.link_target) {
		zone = strstr(entry.entry.link_target, "zoneinfo/");
		if (zone)
			return zone + strlen("zoneinfo/");
	}
	return read_word(at, "/etc/timezone");
}

enum status
system_describe(struct system_view *view, struct filesystem_fact *ret_fact)
{
	struct describing at = { .view = view, .status = STATUS_OK };

	ret_fact->has_passwd = has_name(&at, "/etc/passwd");
	ret_fact->has_os_release = has_name(&at, "/etc/os-release") || has_name(&at, "/usr/lib/os-release");
	ret_fact->has_package_database = has_any(&at, package_databases);
	ret_fact->has_windows = has_any(&at, windows_folders);
	/* The last is for a separate /usr: the system's name may stand there alone. */
	if (!read_os_release(&at, "/etc/os-release", ret_fact) &&
	    !read_os_release(&at, "/usr/lib/os-release", ret_fact))
		read_os_release(&at, "/lib/os-release", ret_fact);
	if (ret_fact->has_windows && !ret_fact->os_name) {
		ret_fact->os_name = "Windows";
		ret_fact->os_id = "windows";
	}
	ret_fact->host_name = read_word(&at, "/etc/hostname");
	ret_fact->zone_name = zone_name(&at);
	return at.status;
}
