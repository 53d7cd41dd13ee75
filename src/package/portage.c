/*
 * portage.c - Gentoo: /var/db/pkg/CATEGORY/NAME-VERSION/CONTENTS (portage(5))
 *
 *	dir /usr/bin
 *	obj /usr/bin/skopeo 376c02bd3b22804df8fdfdc895e7dbfb 1649284374     MD5 and time of modification
 *	sym /usr/bin/sh -> bash 1649284374
 *	fif /run/queue, dev /dev/null
 *
 * Paths hold blanks as they are: digest and time are read from the right.  Settings are what lies
 * below /etc, as CONFIG_PROTECT has it by default.  The time of installation is when CONTENTS was
 * written.  Modes are not recorded.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "manifest.h"

struct portage_reading {
	struct manifest manifest;
	struct arena    arena;		/* texts of the package */
	struct package  package;
};

/* Cuts the last word off and returns it; NULL where there is but one. */
static char *
cut_last_word(char *line)
{
	char *blank = strrchr(line, ' ');

	if (!blank)
		return NULL;
	*blank = '\0';
	return blank + 1;
}

static bool
take_object(struct package_file *row, char *path)
{
	const char *time = cut_last_word(path), *digest = time ? cut_last_word(path) : NULL;

	row->path = path;
	return digest && digest_parse(digest, strlen(digest), DIGEST_MD5, &row->digest);
}

static bool
take_link(struct package_file *row, char *path)
{
	char *arrow = strstr(path, " -> ");

	/* The last counts, as for portage. */
	for (char *next = arrow; next; next = strstr(next + 1, " -> "))
		arrow = next;
	if (!arrow || !cut_last_word(arrow + strlen(" -> ")))
		return false;
	*arrow = '\0';
	row->path = path;
	row->link_target = arrow + strlen(" -> ");
	return true;
}

static bool
take_entry(struct portage_reading *reading, char *line, const struct place *at)
{
	struct package_file row = { .package = reading->package.name, .at = *at };
	char *path = strchr(line, ' ');
	bool is_right = true;

	if (!path || path[1] != '/')
		return false;
	*path++ = '\0';
	row.path = path;
	if (!strcmp(line, "obj"))
		is_right = take_object(&row, path);
	else if (!strcmp(line, "sym"))
		is_right = take_link(&row, path);
	else if (strcmp(line, "dir") && strcmp(line, "dev") && strcmp(line, "fif"))
		return false;
	if (text_has_prefix(row.path, "/etc/"))
		row.kind = PACKAGE_FILE_CONFIG;
	reading->package.files++;
	manifest_file(&reading->manifest, &row);
	return is_right;
}

/* The hyphen before the version: the last but that of a revision (-r1), with a digit behind; NULL: none. */
static char *
version_of(char *name)
{
	char *found = NULL;

	for (char *hyphen = strchr(name, '-'); hyphen; hyphen = strchr(hyphen + 1, '-'))
		if (hyphen[1] >= '0' && hyphen[1] <= '9')
			found = hyphen;
	return found;
}

/* "/var/db/pkg/app-containers/skopeo-1.5.1-r1/CONTENTS": app-containers/skopeo, 1.5.1-r1. */
static void
name_package(struct portage_reading *reading, const struct artifact *artifact)
{
	static const char database[] = "/var/db/pkg/";
	size_t skipped = text_has_prefix(artifact->path, database) ? strlen(database) : 0;
	size_t length = strlen(artifact->path) - skipped - strlen("/CONTENTS");
	char *name = arena_copy(&reading->arena, artifact->path + skipped, length), *slash = strchr(name, '/');
	char *hyphen = version_of(slash ? slash : name);

	if (hyphen)
		*hyphen++ = '\0';
	reading->package = (struct package){ .name = name, .version = hyphen, .state = "installed", .is_installed = true,
		.installed = artifact->times.modified, .at = artifact->place };
}

static void
read_contents(struct portage_reading *reading, const struct artifact *artifact)
{
	struct odd_lines odd = { .count = 0 };
	struct line_reader lines;
	struct source *source;
	size_t length;
	char *line;

	if (!manifest_open(&reading->manifest, artifact, &source, &lines))
		return;
	name_package(reading, artifact);
	while (line_reader_next(&lines, &line, &length))
		if (length && (!manifest_is_text(line, length) || !take_entry(reading, line, &lines.place)))
			odd_lines_add(&odd, &lines);
	manifest_odd(&reading->manifest, &odd, "not an entry of CONTENTS: a path is missing or has no recorded digest");
	manifest_package(&reading->manifest, &reading->package);
	manifest_close(&reading->manifest, source, &lines);
}

static enum status
parse_portage(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct portage_reading reading = { .manifest = { .out = out, .notes = notes, .manager = "portage" } };

	arena_init(&reading.arena);
	for (size_t i = 0; i < group->count; i++) {
		read_contents(&reading, &group->items[i]);
		arena_release(&reading.arena);
	}
	return reading.manifest.status;
}

const struct package_db_driver portage_package_db = {
	.name        = "portage",
	.description = "Gentoo: packages, their files with MD5 and links, from /var/db/pkg",
	.files       = (const char *const[]){ "/var/db/pkg/*/*/CONTENTS", NULL },
	.parse       = parse_portage,
	.directories = (const char *const[]){ "/var/db/pkg", NULL },
};
