/*
 * repository_settings.c - what yum and dnf are told to leave alone: yum.conf, dnf.conf, *.repo
 * (yum.conf(5), dnf.conf(5))
 *
 *	[main]
 *	exclude=kernel* openssh*
 *	    vsftpd
 *	[base]
 *	enabled=0
 *	gpgcheck=0
 *
 * exclude and excludepkgs name packages that are never updated (a value may go on in lines that begin with a
 * blank).  gpgcheck=0 takes packages without a signature.  A repository that is switched off is usual; where all
 * of them are, nothing is updated at all.
 */
#include <string.h>
#include <strings.h>

#include <t1554triage/text.h>

#include "lock_lines.h"

struct settings {
	const char  *section;
	bool         in_exclude;	/* lines that begin with a blank go on with it */
	size_t       repositories, disabled;
	struct place last_disabled;
};

static void
add_as(struct lock_lines *lines, const char *kind, char *words, const char *text, const struct place *at)
{
	lines->kind = kind;
	lock_lines_add_words(lines, words, text, at);
}

static const char *
with_section(struct lock_lines *lines, const char *line)
{
	const struct settings *settings = lines->state;

	return arena_format(&lines->arena, "[%s] %s", settings->section ? settings->section : "", line);
}

static bool
is_off(const char *value)
{
	return !strcmp(value, "0") || !strcasecmp(value, "no") || !strcasecmp(value, "false") || !strcasecmp(value, "off");
}

static bool
begin_section(struct lock_lines *lines, char *line)
{
	struct settings *settings = lines->state;
	char *end = strchr(line, ']');

	if (!end)
		return false;
	*end = '\0';
	settings->section = arena_copy_text(&lines->arena, line + 1);
	settings->in_exclude = false;
	settings->repositories += strcmp(settings->section, "main") != 0;
	return true;
}

static bool
take_line(struct lock_lines *lines, char *line, const struct place *at)
{
	struct settings *settings = lines->state;
	const char *text = with_section(lines, line);
	char *value;

	if (*line == '#' || *line == ';')
		return true;
	if (*line == '[')
		return begin_section(lines, line);
	if (*line == ' ' || *line == '\t') {
		if (settings->in_exclude)
			add_as(lines, "exclude", line, text, at);
		return true;
	}
	value = lock_lines_value(line);
	if (!value)
		return false;
	settings->in_exclude = !strcmp(line, "exclude") || !strcmp(line, "excludepkgs");
	if (settings->in_exclude) {
		add_as(lines, "exclude", value, text, at);
	} else if (!strcmp(line, "gpgcheck") && is_off(value)) {
		lines->kind = "gpgcheck-off";
		lock_lines_add(lines, settings->section ? settings->section : "main", text, at);
	} else if (!strcmp(line, "enabled") && is_off(value) && settings->section) {
		settings->disabled++;
		settings->last_disabled = *at;
	}
	return true;
}

/* Its name goes with the texts of the file. */
static void
end_section(struct lock_lines *lines)
{
	struct settings *settings = lines->state;

	settings->section = NULL;
	settings->in_exclude = false;
}

static enum status
parse_settings(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct settings settings = { .section = NULL };
	struct lock_lines lines = { .out = out, .notes = notes, .manager = "dnf", .take = take_line, .end = end_section,
		.state = &settings,
		.odd = "not a line of settings of yum or dnf; a lock may be missed" };
	enum status status = lock_lines_read(&lines, group);

	if (settings.repositories && settings.disabled >= settings.repositories)
		out->lock(out->context, &(struct package_lock){ .manager = "dnf", .kind = "repositories-off", .pattern = "*",
			.text = "every repository is switched off (enabled=0)", .at = settings.last_disabled });
	return status;
}

const struct package_db_driver repository_settings_package_db = {
	.name        = "repository_settings",
	.description = "yum and dnf: excluded packages, repositories without signatures or switched off",
	.files       = (const char *const[]){
		"/etc/dnf/dnf.conf", "/etc/yum.conf", "/etc/yum.repos.d/*.repo", NULL
	},
	.parse       = parse_settings,
	.locks_only  = true,
};
