/*
 * yumdb.c - /var/lib/yum/yumdb/b/SHA1-bash-4.2.46-35.el7_9-x86_64/NAME (yum, rpmsack.py, RPMDBAdditionalData)
 *
 *	from_repo        updates
 *	reason           user, or dep
 *	command_line     install bash
 *	installed_by, changed_by   number of the user
 *	checksum_data    digest of the package as it came; from_repo_revision, releasever, origin_url ...
 *
 * A folder for each installed package, a file for each attribute; the folder's first part is the SHA-1 of the
 * package's header in rpm's database.  yum writes them at the end of the transaction, which is the time of the event.
 */
#include <string.h>

#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "package_name.h"

enum { ATTRIBUTES_MAX = 12, SHA1_DIGITS = 40 };

struct attributes {
	const struct event_sink *out;
	const struct notes      *notes;
	struct arena             arena;		/* texts of the package */
	struct event_field       fields[ATTRIBUTES_MAX];
	struct event             event;		/* of the package that is read; at.path NULL: none */
	const char              *folder;
	size_t                   folder_length;
	enum status              status;
};

/* What tells of the origin; other attributes (var_uuid, checksum_type) tell nothing here. */
static bool
is_told(const char *name)
{
	static const char *const names[] = {
		"from_repo", "reason", "command_line", "installed_by", "changed_by", "releasever", "origin_url", "checksum_data"
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static void
end_package(struct attributes *at)
{
	if (at->folder) {
		at->event.fields = at->fields;
		at->out->event(at->out->context, &at->event);
	}
	at->folder = NULL;
	arena_release(&at->arena);
}

/* "SHA1-bash-4.2.46-35.el7_9-x86_64" */
static void
name_package(struct attributes *at, char *name)
{
	struct package_name parts;
	char *hyphen;

	if (strlen(name) <= SHA1_DIGITS || name[SHA1_DIGITS] != '-')
		return;
	name[SHA1_DIGITS] = '\0';
	at->fields[at->event.field_count++] = (struct event_field){ "header_sha1", name };
	name += SHA1_DIGITS + 1;
	hyphen = strrchr(name, '-');
	if (hyphen)
		*hyphen = '.';
	parts = package_name_cut(name);
	at->event.object = parts.name;
	at->event.version_new = parts.version;
	at->event.architecture = parts.architecture;
}

static void
begin_package(struct attributes *at, const struct artifact *artifact, size_t length)
{
	char *path;

	end_package(at);
	path = arena_copy(&at->arena, artifact->path, length);
	at->folder = path;
	at->folder_length = length;
	at->event = (struct event){ .kind = EVENT_RECORD, .provider = "yum", .id = "yumdb", .text = path,
		.time_source = "time of modification of the file", .at = artifact->place };
	at->event.at.path = path;
	name_package(at, arena_copy_text(&at->arena, text_base_name(path)));
}

static void
read_attribute(struct attributes *at, const struct artifact *artifact)
{
	const char *name = text_base_name(artifact->path);
	struct line_reader lines;
	struct source *source;
	enum status status = artifact_open(artifact, at->notes, &source);
	size_t length;
	char *line;

	at->status = status_worse(at->status, status);
	if (status < STATUS_DAMAGED)
		return;
	line_reader_init(&lines, source, &artifact->place, at->notes);
	if (line_reader_next(&lines, &line, &length) && at->event.field_count < ATTRIBUTES_MAX) {
		const char *value = arena_copy(&at->arena, line, length);

		at->fields[at->event.field_count++] = (struct event_field){ arena_copy_text(&at->arena, name), value };
		if (!strcmp(name, "installed_by"))
			at->event.user = value;
		else if (!strcmp(name, "command_line"))
			at->event.subject = value;
	}
	/* The last attribute to be written was written with the transaction. */
	if (timestamp_compare(&artifact->times.modified, &at->event.time) > 0)
		at->event.time = artifact->times.modified;
	at->status = status_worse(at->status, lines.status);
	line_reader_release(&lines);
	source_close(source);
}

static enum status
parse_yumdb(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct attributes at = { .out = out, .notes = notes };

	arena_init(&at.arena);
	for (size_t i = 0; i < group->count; i++) {
		const char *path = group->items[i].path, *name = text_base_name(path);
		size_t length = (size_t)(name - path) - (name > path);

		if (!is_told(name))
			continue;
		if (!at.folder || at.folder_length != length || strncmp(at.folder, path, length))
			begin_package(&at, &group->items[i], length);
		read_attribute(&at, &group->items[i]);
	}
	end_package(&at);
	return at.status;
}

const struct eventlog_driver yumdb_eventlog = {
	.name        = "yumdb",
	.description = "yum: repository, reason, command and user of each installed package (/var/lib/yum/yumdb)",
	.files       = (const char *const[]){ "/var/lib/yum/yumdb/*/*/*", NULL },
	.parse       = parse_yumdb,
};
