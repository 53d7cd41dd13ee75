/*
 * hashdeep.c - output of hashdeep(1); the columns are those that its user chose,
 * the name comes last, is not quoted, and may hold commas:
 *
 *	%%%% HASHDEEP-1.0
 *	%%%% size,md5,sha256,filename
 *	## Invoked from: /srv
 *	3,764efa883dda1e11db47671c4a3bbd9e,dc1114cd...,/srv/a, b.txt
 */
#include <string.h>

#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

#include "set.h"

static const char first_line[] = "%%%% HASHDEEP-1.";

enum { COLUMNS_MAX = 16 };

struct columns {
	size_t count;				/* without the name */
	enum digest_algorithm algorithms[COLUMNS_MAX];	/* NONE: not a digest */
};

static bool
probe(const uint8_t *head, size_t length)
{
	return length >= sizeof first_line - 1 && !memcmp(head, first_line, sizeof first_line - 1);
}

static bool
parse_columns(const char *text, struct columns *ret_columns)
{
	struct columns columns = { .count = 0 };

	for (const char *comma; (comma = strchr(text, ',')); text = comma + 1) {
		char name[16] = "";

		if (columns.count == COLUMNS_MAX || (size_t)(comma - text) >= sizeof name)
			return false;
		memcpy(name, text, (size_t)(comma - text));
		columns.algorithms[columns.count++] = digest_algorithm_by_name(name);
	}
	*ret_columns = columns;
	return columns.count && !strcmp(text, "filename");
}

static const char *
parse_row(const struct columns *columns, const char *line, struct hash_row *row)
{
	for (size_t i = 0; i < columns->count; i++) {
		const char *comma = strchr(line, ',');
		struct digest digest;

		if (!comma)
			return "fewer columns than the header names";
		if (columns->algorithms[i]) {
			if (!digest_parse(line, (size_t)(comma - line), columns->algorithms[i], &digest))
				return "not a digest of the column's algorithm";
			digests_set(&row->digests, digest.algorithm, digest.bytes);
		}
		line = comma + 1;
	}
	row->name = line;
	return row->digests.known ? NULL : "no digest";
}

static enum status
read_hashdeep(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	const struct place here = { .path = path };
	struct columns columns = { .count = 0 };
	struct line_reader reader;
	enum status status;
	char *line;
	size_t length;

	(void)identity;
	(void)arena;
	line_reader_init(&reader, source, &here, notes);
	while (line_reader_next(&reader, &line, &length)) {
		struct hash_row row = { .row = reader.line };
		const char *why;

		if (text_has_prefix(line, "%%%% ")) {
			if (!text_has_prefix(line, first_line) && !parse_columns(line + 5, &columns))
				out->rejected(out->context, reader.line, line, "not a header of hashdeep's columns");
			continue;
		}
		if (!length || text_has_prefix(line, "##"))
			continue;
		why = strlen(line) != length ? "a NUL byte in the line" : parse_row(&columns, line, &row);
		if (why)
			out->rejected(out->context, reader.line, line, why);
		else
			out->row(out->context, &row);
	}
	status = reader.status;
	line_reader_release(&reader);
	return status;
}

const struct hashset_format hashdeep_hashset_format = {
	.name        = "hashdeep",
	.description = "output of hashdeep(1)",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_hashdeep,
};
