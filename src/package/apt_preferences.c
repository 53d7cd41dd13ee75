/*
 * apt_preferences.c - pins that keep packages as they are: /etc/apt/preferences, preferences.d
 * (apt_preferences(5))
 *
 *	Explanation: security updates break our plugin
 *	Package: openssh-client openssh-server
 *	Pin: version 1:9.2p1-2
 *	Pin-Priority: 1001
 *
 * Priority over 1000: that version is installed even if it is the older one; below 0:
 * such versions are never installed.  What lies between only orders sources, and is no
 * lock.  In preferences.d apt reads names of letters, digits, "-", "_" and "." that have no
 * suffix or ".pref"; it does not read the others.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>
#include <t1554triage/package.h>
#include <t1554triage/text.h>

struct pin {
	const char  *pattern;
	bool         has_priority;
	long         priority;
	struct place at;
	struct buffer text;		/* the stanza, its lines joined by "; " */
};

static bool
is_read_by_apt(const char *path)
{
	const char *name = text_base_name(path), *dot = strchr(name, '.');

	if (!strcmp(path, "/etc/apt/preferences"))
		return true;
	for (const char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-_.", *at))
			return false;
	return *name != '.' && (!dot || text_has_suffix(name, ".pref"));
}

static void
end_pin(struct pin *pin, struct arena *arena, const struct package_sink *out)
{
	if (pin->pattern && pin->has_priority && (pin->priority > 1000 || pin->priority < 0))
		out->lock(out->context, &(struct package_lock){ .manager = "apt", .kind = "pin",
			.pattern = pin->pattern, .text = pin->text.bytes, .at = pin->at });
	buffer_clear(&pin->text);
	arena_release(arena);
	*pin = (struct pin){ .text = pin->text };
}

static bool
take_line(struct pin *pin, struct arena *arena, const char *line, size_t length, const struct place *at)
{
	const char *colon = strchr(line, ':'), *value;
	char *end;

	if (memchr(line, '\0', length) || (!colon && *line != ' ' && *line != '\t'))
		return false;
	if (pin->text.length)
		buffer_add_text(&pin->text, "; ");
	else
		pin->at = *at;
	buffer_add(&pin->text, line, length);
	if (*line == ' ' || *line == '\t')
		return true;
	value = colon + 1 + strspn(colon + 1, " \t");
	if (!strncasecmp(line, "Package:", strlen("Package:")))
		pin->pattern = arena_copy_text(arena, value);
	if (strncasecmp(line, "Pin-Priority:", strlen("Pin-Priority:")))
		return true;
	pin->priority = strtol(value, &end, 10);
	pin->has_priority = end != value;
	return pin->has_priority;
}

static enum status
read_preferences(const struct artifact *artifact, const struct package_sink *out, const struct notes *notes)
{
	struct odd_lines odd = { .count = 0 };
	struct pin pin = { .pattern = NULL };
	struct line_reader reader;
	struct arena arena;
	struct source *source;
	enum status status = artifact_open(artifact, notes, &source);
	char *line;
	size_t length;

	if (status != STATUS_OK && status != STATUS_DAMAGED)
		return status;
	arena_init(&arena);
	buffer_init(&pin.text, 0);
	line_reader_init(&reader, source, &artifact->place, notes);
	while (line_reader_next(&reader, &line, &length)) {
		if (!length)
			end_pin(&pin, &arena, out);
		else if (*line != '#' && !take_line(&pin, &arena, line, length, &reader.place))
			odd_lines_add(&odd, &reader);
	}
	end_pin(&pin, &arena, out);
	odd_lines_note(&odd, STATUS_OK, NOTE_ARTIFACT_LINE, notes,
		"not a line of apt's preferences; a lock may be missed");
	status = status_worse(status, reader.status);
	line_reader_release(&reader);
	buffer_release(&pin.text);
	source_close(source);
	return status;
}

static enum status
parse_preferences(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < group->count; i++) {
		const struct artifact *artifact = &group->items[i];

		if (is_read_by_apt(artifact->path))
			status = status_worse(status, read_preferences(artifact, out, notes));
		else
			note(notes, STATUS_OK, NOTE_ARTIFACT_LINE, &artifact->place,
				"apt does not read preferences from a file of this name, so it locks nothing");
	}
	return status;
}

const struct package_db_driver apt_preferences_package_db = {
	.name        = "apt_preferences",
	.description = "apt: pins over 1000 or below 0 as locks",
	.files       = (const char *const[]){ "/etc/apt/preferences", "/etc/apt/preferences.d/*", NULL },
	.parse       = parse_preferences,
	.locks_only  = true,
};
