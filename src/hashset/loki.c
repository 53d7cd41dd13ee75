/*
 * loki.c - lists of digests of the scanners Loki and THOR ("hash-iocs" of Neo23x0/signature-base):
 *
 *	# comment
 *	0c8bb5ca3a1ae8a7c8c6d7a5a14f0c1e;Ebury libns2 https://...
 *	3b3e778b647371262120a523eb873c20bb82beaf;70;Some family
 *
 * In the second form the middle is a score; without one it is 100.  60 is what Loki calls a warning: rows
 * below it are grade C, the others B.
 */
#include <string.h>

#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

#include "set.h"

enum { WARNING_SCORE = 60, PROBE_LINES = 200 };

static bool
parse_line(char *line, struct hash_row *row, struct digest *digest)
{
	char *comment = strchr(line, ';'), *behind;
	uint64_t score = 100;

	if (!comment || !digest_parse(line, (size_t)(comment - line), DIGEST_NONE, digest))
		return false;
	comment++;
	behind = strchr(comment, ';');
	if (behind && text_parse_u64(comment, (size_t)(behind - comment), 10, &score))
		comment = behind + 1;
	comment += strspn(comment, " ");
	row->product = comment;
	row->grade = score >= WARNING_SCORE ? 'B' : 'C';
	return true;
}

/* The first lines that are no comment have the form. */
static bool
probe(const uint8_t *head, size_t length)
{
	const char *at = (const char *)head, *end = at + length;
	unsigned fitting = 0, others = 0;

	for (unsigned lines = 0; at < end && lines < PROBE_LINES; lines++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((stop ? stop : end) - at);
		char line[512];
		struct hash_row row;
		struct digest digest;

		if (size < sizeof line && size && *at != '#' && *at != '\r') {
			memcpy(line, at, size);
			line[size] = '\0';
			if (parse_line(line, &row, &digest))
				fitting++;
			else
				others++;
		}
		at = stop ? stop + 1 : end;
	}
	return fitting > others;
}

static enum status
read_loki(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	const struct place here = { .path = path };
	struct line_reader reader;
	enum status status;
	size_t length;
	char *line;

	(void)identity;
	(void)arena;
	line_reader_init(&reader, source, &here, notes);
	while (line_reader_next(&reader, &line, &length)) {
		struct hash_row row = { .row = reader.line };
		struct digest digest;

		if (!length || *line == '#')
			continue;
		if (strlen(line) != length || !parse_line(line, &row, &digest))
			out->rejected(out->context, reader.line, line, "not \"digest;comment\" or \"digest;score;comment\"");
		else if (!digests_set(&row.digests, digest.algorithm, digest.bytes))
			out->rejected(out->context, reader.line, line, "a digest of an algorithm that is not computed for files");
		else
			out->row(out->context, &row);
	}
	status = reader.status;
	line_reader_release(&reader);
	return status;
}

const struct hashset_format loki_hashset_format = {
	.name        = "loki",
	.description = "lists of digests of Loki and THOR (hash-iocs)",
	.kind        = HASH_BAD,
	.probe       = probe,
	.read        = read_loki,
};
