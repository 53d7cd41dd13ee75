/*
 * labels.c - the SELinux label that a system's own policy would give to a path
 *
 *	/etc/selinux/config                                  SELINUXTYPE=targeted
 *	/etc/selinux/targeted/contexts/files/file_contexts   and .homedirs, .local: selabel_file(5)
 *
 *		/usr/bin/.*         --   system_u:object_r:bin_t:s0
 *		/usr/bin/sudo       --   system_u:object_r:sudo_exec_t:s0
 *		/proc/.*                 <<none>>
 *
 *	.subs, .subs_dist: "/run /var/run", the first stands for the second
 *
 * As libselinux has it: a whole path without special characters goes before every pattern; among these, and
 * among patterns, the last that matches counts. A pattern is a Perl one over the whole path.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <stdlib.h>
#include <string.h>

#include <pcre2.h>

#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "view.h"

enum { MATCH_STEPS_MAX = 100000, MATCH_HEAP_KIB_MAX = 4096, PATTERN_BYTES_MAX = 4096 };

struct label_pattern {
	const char *pattern, *label;
	size_t      stem;		/* bytes of it that are no pattern */
	enum entry_type type;		/* ENTRY_UNKNOWN: any */
	bool        is_path;		/* it has no special characters */
	bool        is_broken;
	pcre2_code *code;		/* compiled when it is first needed */
};

struct label_alias { const char *from, *to; };

struct system_labels {
	struct label_pattern *patterns;
	size_t         count, capacity;
	struct label_alias *aliases[2];	/* of .subs, then of .subs_dist */
	size_t         alias_counts[2], alias_capacities[2];
	struct arena   arena;
	pcre2_match_context *context;
	pcre2_match_data    *data;
};

/* The next field of a line, "" at its end. */
static char *
next_field(char **line)
{
	char *field = *line + strspn(*line, " \t");
	size_t length = strcspn(field, " \t");

	*line = field + length + (field[length] != '\0');
	field[length] = '\0';
	return field;
}

static bool
type_of_field(const char *field, enum entry_type *ret_type)
{
	static const char letters[] = "-dlcbsp";
	static const enum entry_type types[] = { ENTRY_REGULAR, ENTRY_DIRECTORY, ENTRY_LINK, ENTRY_CHARACTER, ENTRY_BLOCK,
		ENTRY_SOCKET, ENTRY_FIFO };
	const char *letter = field[0] == '-' && field[1] && !field[2] ? strchr(letters, field[1]) : NULL;

	if (letter)
		*ret_type = types[letter - letters];
	return letter != NULL;
}

/* False: not of this form. */
static bool
take_pattern(struct system_labels *labels, char *line)
{
	const char *pattern = next_field(&line), *field = next_field(&line);
	struct label_pattern row = { .type = ENTRY_UNKNOWN };

	if (type_of_field(field, &row.type))
		field = next_field(&line);
	if (!*field || strlen(pattern) > PATTERN_BYTES_MAX || labels->count >= limit_get(LIMIT_LABEL_PATTERNS))
		return false;
	row.pattern = arena_copy_text(&labels->arena, pattern);
	row.label = arena_copy_text(&labels->arena, field);
	row.stem = strcspn(pattern, ".^$?*+|[({\\");
	row.is_path = !pattern[row.stem];
	/* What may be repeated or left out may be the character before it; what another branch begins with is anything. */
	if (!row.is_path && row.stem && strchr("?*{", pattern[row.stem]))
		row.stem--;
	if (strchr(pattern, '|') && !strchr(pattern, '('))
		row.stem = 0;
	labels->patterns = memory_grow(labels->patterns, labels->count, &labels->capacity, sizeof *labels->patterns);
	labels->patterns[labels->count++] = row;
	return true;
}

static bool
take_alias(struct system_labels *labels, unsigned list, char *line)
{
	const char *from = next_field(&line), *to = next_field(&line);

	if (*from != '/' || *to != '/' || labels->alias_counts[list] >= limit_get(LIMIT_LABEL_PATTERNS))
		return false;
	labels->aliases[list] = memory_grow(labels->aliases[list], labels->alias_counts[list],
		&labels->alias_capacities[list], sizeof *labels->aliases[list]);
	labels->aliases[list][labels->alias_counts[list]++] = (struct label_alias){
		arena_copy_text(&labels->arena, from), arena_copy_text(&labels->arena, to) };
	return true;
}

enum { LIST_OF_PATTERNS = 2 };

/* list: LIST_OF_PATTERNS, or of aliases.  False: the file is not there. */
static bool
read_list(struct system_labels *labels, struct system_view *view, const char *path, unsigned list)
{
	enum status status = STATUS_OK;
	struct place place;
	struct source *source = view_open(view, path, &place, &status);
	struct odd_lines odd = { .count = 0 };
	struct line_reader reader;
	size_t length;
	char *line;

	if (!source)
		return false;
	line_reader_init(&reader, source, &place, view->notes);
	while (line_reader_next(&reader, &line, &length)) {
		line += strspn(line, " \t");
		if (!*line || *line == '#')
			continue;
		if (!(list == LIST_OF_PATTERNS ? take_pattern(labels, line) : take_alias(labels, list, line)))
			odd_lines_add(&odd, &reader);
	}
	odd_lines_note(&odd, STATUS_OK, NOTE_ARTIFACT_LINE, view->notes, "which label a file should have is not told by it");
	line_reader_release(&reader);
	source_close(source);
	return true;
}

/* "targeted" of /etc/selinux/config; NULL: SELinux is not set up here. */
static const char *
policy_name(struct system_view *view)
{
	enum status status = STATUS_OK;
	struct place place;
	struct source *source = view_open(view, "/etc/selinux/config", &place, &status);
	struct line_reader reader;
	const char *name = NULL;
	size_t length;
	char *line;

	if (!source)
		return NULL;
	line_reader_init(&reader, source, &place, view->notes);
	while (line_reader_next(&reader, &line, &length)) {
		line += strspn(line, " \t");
		if (!text_has_prefix(line, "SELINUXTYPE="))
			continue;
		line += strlen("SELINUXTYPE=");
		line[strcspn(line, " \t#")] = '\0';
		name = *line && !strchr(line, '/') ? arena_copy_text(view->arena, line) : NULL;
	}
	line_reader_release(&reader);
	source_close(source);
	return name;
}

/* Whole paths behind patterns, each in the order of reading: the search goes from the end. */
static void
order_patterns(struct system_labels *labels)
{
	struct label_pattern *ordered = memory_allocate(labels->count, sizeof *ordered);
	size_t count = 0;

	for (unsigned paths = 0; paths < 2; paths++)
		for (size_t i = 0; i < labels->count; i++)
			if (labels->patterns[i].is_path == (paths == 1))
				ordered[count++] = labels->patterns[i];
	memory_free(labels->patterns);
	labels->patterns = ordered;
}

struct system_labels *
system_labels_open(struct system_view *view)
{
	const char *name = policy_name(view);
	struct system_labels *labels;
	const char *base;

	if (!name)
		return NULL;
	labels = memory_allocate(1, sizeof *labels);
	arena_init(&labels->arena);
	base = arena_format(view->arena, "/etc/selinux/%s/contexts/files/file_contexts", name);
	if (read_list(labels, view, base, LIST_OF_PATTERNS)) {
		read_list(labels, view, arena_format(view->arena, "%s.homedirs", base), LIST_OF_PATTERNS);
		read_list(labels, view, arena_format(view->arena, "%s.local", base), LIST_OF_PATTERNS);
		read_list(labels, view, arena_format(view->arena, "%s.subs", base), 0);
		read_list(labels, view, arena_format(view->arena, "%s.subs_dist", base), 1);
	}
	order_patterns(labels);
	labels->context = pcre2_match_context_create(NULL);
	labels->data = pcre2_match_data_create(1, NULL);
	pcre2_set_match_limit(labels->context, MATCH_STEPS_MAX);
	pcre2_set_heap_limit(labels->context, MATCH_HEAP_KIB_MAX);
	return labels;
}

void
system_labels_close(struct system_labels *labels)
{
	if (!labels)
		return;
	for (size_t i = 0; i < labels->count; i++)
		pcre2_code_free(labels->patterns[i].code);
	pcre2_match_context_free(labels->context);
	pcre2_match_data_free(labels->data);
	memory_free(labels->patterns);
	memory_free(labels->aliases[0]);
	memory_free(labels->aliases[1]);
	arena_release(&labels->arena);
	memory_free(labels);
}

static const char *
replace_alias(const struct system_labels *labels, unsigned list, const char *path, struct arena *arena)
{
	for (size_t i = 0; i < labels->alias_counts[list]; i++) {
		const struct label_alias *alias = &labels->aliases[list][i];
		size_t length = strlen(alias->from);

		if (!strncmp(path, alias->from, length) && (!path[length] || path[length] == '/'))
			return arena_format(arena, "%s%s", alias->to, path + length);
	}
	return path;
}

static bool
compile(struct label_pattern *row)
{
	PCRE2_SIZE offset;
	int error;

	if (!row->code && !row->is_broken)
		row->code = pcre2_compile((PCRE2_SPTR)row->pattern, PCRE2_ZERO_TERMINATED,
			PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL, &error, &offset, NULL);
	row->is_broken = !row->code;
	return row->code;
}

static bool
matches(struct system_labels *labels, struct label_pattern *row, const char *path)
{
	if (row->is_path)
		return !strcmp(row->pattern, path);
	return !strncmp(row->pattern, path, row->stem) && compile(row) &&
	       pcre2_match(row->code, (PCRE2_SPTR)path, strlen(path), 0, 0, labels->data, labels->context) >= 0;
}

const char *
system_label(struct system_labels *labels, const char *path, enum entry_type type)
{
	const char *label = NULL;
	struct arena arena;

	arena_init(&arena);
	path = replace_alias(labels, 1, replace_alias(labels, 0, path, &arena), &arena);
	for (size_t i = labels->count; i > 0 && !label; i--) {
		struct label_pattern *row = &labels->patterns[i - 1];

		if ((row->type == ENTRY_UNKNOWN || row->type == type) && matches(labels, row, path))
			label = row->label;
	}
	arena_release(&arena);
	return label && strcmp(label, "<<none>>") ? label : NULL;
}
