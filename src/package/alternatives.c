/*
 * alternatives.c - groups of programs of which one is chosen by links (update-alternatives(1) of dpkg, alternatives(8) of
 * chkconfig): /var/lib/dpkg/alternatives, /var/lib/alternatives
 *
 *	auto                            or manual
 *	/usr/bin/awk                    a link to /etc/alternatives/awk, the name of this file
 *	awk.1.gz                        names that go with it, each with its link
 *	/usr/share/man/man1/awk.1.gz
 *	                                (an empty line)
 *	/usr/bin/mawk                   a choice
 *	5                               its priority, of chkconfig "@FAMILY@5 SERVICE", too
 *	/usr/share/man/man1/mawk.1.gz   one line for each name that goes with it, empty: none
 *
 * No package owns these links.  Each becomes a row of a link: in auto mode to the first choice of the highest priority, in
 * manual mode to each of the choices, since nothing but the link itself records which one was taken.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/text.h>

#include "manifest.h"

#define LINKS "/etc/alternatives/"

enum { GROUP_LINES_MAX = 65536 };

struct group_line { const char *text; struct place at; };

/* One file, its lines in memory. */
struct group {
	struct manifest   *manifest;
	struct arena       arena;
	struct group_line *lines;
	size_t             count, capacity;
	const char        *name;
	size_t             names, first_choice;	/* names that go with it; the line of the first choice */
};

static enum status
read_lines(struct group *group, const struct artifact *artifact)
{
	struct line_reader reader;
	struct source *source;
	size_t length;
	char *line;
	bool is_text = true;

	if (!manifest_open(group->manifest, artifact, &source, &reader))
		return STATUS_UNREADABLE;
	while (is_text && group->count < GROUP_LINES_MAX && line_reader_next(&reader, &line, &length)) {
		is_text = manifest_is_text(line, length);
		group->lines = memory_grow(group->lines, group->count, &group->capacity, sizeof *group->lines);
		group->lines[group->count++] = (struct group_line){ arena_copy(&group->arena, line, length), reader.place };
	}
	manifest_close(group->manifest, source, &reader);
	return is_text && group->count < GROUP_LINES_MAX ? STATUS_OK : STATUS_DAMAGED;
}

static const char *
line_of(const struct group *group, size_t number)
{
	return number < group->count ? group->lines[number].text : "";
}

/* Where the names end and the choices begin; false: it is no such file. */
static bool
find_parts(struct group *group)
{
	size_t at = 2;

	if ((strcmp(line_of(group, 0), "auto") && strcmp(line_of(group, 0), "manual")) || *line_of(group, 1) != '/')
		return false;
	while (*line_of(group, at)) {
		if (strchr(line_of(group, at), '/') || *line_of(group, at + 1) != '/')
			return false;
		at += 2;
	}
	group->names = (at - 2) / 2;
	group->first_choice = at + 1;
	return at < group->count;
}

static size_t
lines_of_choice(const struct group *group)
{
	return 2 + group->names;
}

/* "5", "-10", "@java@1800 service" */
static long
priority_of(const struct group *group, size_t choice)
{
	const char *text = line_of(group, choice + 1);
	const char *end = *text == '@' ? strchr(text + 1, '@') : NULL;

	return strtol(end ? end + 1 : text, NULL, 10);
}

static bool
is_choice(const struct group *group, size_t line)
{
	return *line_of(group, line) == '/' && line + 1 < group->count;
}

static size_t
best_choice(const struct group *group)
{
	size_t best = group->first_choice;

	for (size_t at = best; is_choice(group, at); at += lines_of_choice(group))
		if (priority_of(group, at) > priority_of(group, best))
			best = at;
	return best;
}

static void
add_link(struct group *group, const char *path, const char *target, const struct place *at)
{
	if (*target == '/' && *path == '/')
		manifest_file(group->manifest, &(struct package_file){ .package = group->name, .path = path,
			.kind = PACKAGE_FILE_PLAIN, .link_target = target, .at = *at });
}

static void
add_choice(struct group *group, size_t choice)
{
	add_link(group, arena_format(&group->arena, LINKS "%s", group->name), line_of(group, choice), &group->lines[choice].at);
	for (size_t i = 0; i < group->names && choice + 2 + i < group->count; i++)
		add_link(group, arena_format(&group->arena, LINKS "%s", line_of(group, 2 + 2 * i)),
			line_of(group, choice + 2 + i), &group->lines[choice + 2 + i].at);
}

static void
add_group(struct group *group)
{
	add_link(group, line_of(group, 1), arena_format(&group->arena, LINKS "%s", group->name), &group->lines[1].at);
	for (size_t i = 0; i < group->names; i++)
		add_link(group, line_of(group, 3 + 2 * i), arena_format(&group->arena, LINKS "%s", line_of(group, 2 + 2 * i)),
			&group->lines[3 + 2 * i].at);
	if (!strcmp(line_of(group, 0), "auto") && is_choice(group, group->first_choice)) {
		add_choice(group, best_choice(group));
		return;
	}
	for (size_t at = group->first_choice; is_choice(group, at); at += lines_of_choice(group))
		add_choice(group, at);
}

static void
read_group(struct manifest *manifest, const struct artifact *artifact)
{
	struct group group = { .manifest = manifest, .name = text_base_name(artifact->path) };
	enum status status;

	arena_init(&group.arena);
	status = read_lines(&group, artifact);
	if (status == STATUS_OK && find_parts(&group))
		add_group(&group);
	else if (status == STATUS_OK && !group.count)
		/* chkconfig leaves such files behind when it is interrupted. */
		note(manifest->notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &artifact->place, "an empty group of alternatives");
	else if (status >= STATUS_DAMAGED)
		manifest->status = status_worse(manifest->status, note(manifest->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED,
			&artifact->place, "not a group of alternatives: where its links should lead is not known"));
	memory_free(group.lines);
	arena_release(&group.arena);
}

static enum status
parse_alternatives(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct manifest manifest = { .out = out, .notes = notes, .manager = "alternatives" };

	for (size_t i = 0; i < group->count; i++)
		if (!manifest_is_repeated(group, i))
			read_group(&manifest, &group->items[i]);
	return manifest.status;
}

const struct package_db_driver alternatives_package_db = {
	.name        = "alternatives",
	.description = "Debian and Red Hat: groups of alternatives, their links and where these should lead",
	.files       = (const char *const[]){ "/var/lib/dpkg/alternatives/*", "/var/lib/alternatives/*", NULL },
	.parse       = parse_alternatives,
	.locks_only  = true,
};
