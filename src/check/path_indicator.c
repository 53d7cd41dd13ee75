/* path_indicator.c - names and places that were published for malware of this technique. */
#include <limits.h>
#include <string.h>

#include <t1554triage/text.h>

#include "finding.h"

static bool
is_for_system(const struct path_indicator *indicator, const struct file *file)
{
	bool windows_only = indicator->os && !strcmp(indicator->os, "windows");
	bool unix_only = indicator->os && (!strcmp(indicator->os, "linux") || !strcmp(indicator->os, "macos") ||
		!strcmp(indicator->os, "freebsd"));

	return file->system->windows ? !unix_only : !windows_only;
}

/* Most patterns differ from most names in the first byte: nothing else is asked of them then. */
static bool
begins_otherwise(const char *pattern, const char *text)
{
	return *pattern != *text && *pattern && *pattern != '*' && *pattern != '?' && *pattern != '[' && *pattern != '\\';
}

/* Characters that a pattern may begin with which names a path or a part of it. */
struct beginnings { bool are[UCHAR_MAX + 1]; };

static void
take_beginnings(const char *path, struct beginnings *ret_beginnings)
{
	*ret_beginnings = (struct beginnings){ .are[0] = true };
	for (const char *at = "*?[\\"; *at; at++)
		ret_beginnings->are[(unsigned char)*at] = true;
	ret_beginnings->are[(unsigned char)*path] = true;
	for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/'))
		ret_beginnings->are[(unsigned char)at[1]] = true;
}

static bool
names(const struct path_indicator *indicator, const struct file *file, const char *base_name)
{
	const char *pattern = indicator->pattern;

	if (*pattern == '/')
		return *file->path == '/' && !begins_otherwise(pattern + 1, file->path + 1) && text_matches_glob(pattern, file->path);
	if (!strchr(pattern, '/'))
		return !begins_otherwise(pattern, base_name) && text_matches_glob(pattern, base_name);
	/* A relative path is the end of a whole one. */
	for (const char *at = strchr(file->path, '/'); at; at = strchr(at + 1, '/'))
		if (!begins_otherwise(pattern, at + 1) && text_matches_glob(pattern, at + 1))
			return true;
	return false;
}

static bool
speaks(const struct path_indicator *indicator, const struct file *file)
{
	switch (indicator->use) {
	case PATH_NAME_ALONE:
		return true;
	case PATH_UNOWNED_ONLY:
		return !file->row_count && !file_match(file, HASH_GOOD) &&
		       file->package_state != PACKAGE_STATE_NO_BASELINE &&
		       file->package_state != PACKAGE_STATE_DERIVED;
	case PATH_REPLACED_FILE:
		return file_differs(file);
	}
	return false;
}

static enum severity
severity_of(const struct path_indicator *indicator, const struct file *file)
{
	/* A genuine file of that name that differs already is a finding; this adds the family. */
	if (indicator->use == PATH_REPLACED_FILE || file->row_count || file_match(file, HASH_GOOD))
		return SEVERITY_LOW;
	return indicator->use == PATH_NAME_ALONE && strchr(indicator->pattern, '/') ? SEVERITY_HIGH :
	       SEVERITY_MEDIUM;
}

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file,
	struct findings *out)
{
	const char *base_name = text_base_name(file->path);

	struct beginnings beginnings;

	if (!file_is_live(file))
		return;
	take_beginnings(file->path, &beginnings);
	for (size_t i = 0; i < inventory->indicator_count; i++) {
		const struct path_indicator *indicator = &inventory->indicators[i];
		struct draft draft;

		/* Of each file hundreds of patterns are asked. */
		if (!beginnings.are[(unsigned char)*indicator->pattern] || !names(indicator, file, base_name) ||
		    !speaks(indicator, file) || !is_for_system(indicator, file))
			continue;
		draft_begin(&draft, self, file, out);
		draft.finding.severity = severity_of(indicator, file);
		draft.finding.support = draft.finding.severity == SEVERITY_LOW ? SUPPORT_LIMITED : SUPPORT_MODERATE;
		buffer_add_format(&draft.text, "its name (%s) is published for %s: %s, source %s", indicator->pattern,
			indicator->family ? indicator->family : "malware", indicator->kind ? indicator->kind : "a file",
			indicator->source ? indicator->source : "not named");
		if (indicator->use == PATH_UNOWNED_ONLY)
			buffer_add_text(&draft.text, "; no package accounts for the file");
		else if (indicator->use == PATH_REPLACED_FILE)
			buffer_add_text(&draft.text, "; genuine files bear that name, and this one differs from its record");
		draft_see_file(&draft);
		draft_add(&draft);
	}
}

const struct check path_indicator_check = {
	.id       = "path-indicator",
	.title    = "name or place published for malware of this technique",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Key Indicators: detected trojan/backdoor signatures in these binaries",
	.innocent = "another file that happens to bear the same name",
	.file     = look,
};
