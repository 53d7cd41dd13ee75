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

#include <t1554triage/text.h>

#include "line_list.h"
#include "separated.h"
#include "set.h"

enum { PROBE_LINE_BYTES = 512 };

static bool
parse_line(char *line, struct hash_row *row, struct digest *digest)
{
	char *comment = strchr(line, ';'), *behind;
	uint64_t score = 100;
	size_t length;

	line += strspn(line, " \t");
	length = strcspn(line, " \t;");
	if (!comment || line + length + strspn(line + length, " \t") != comment ||
	    !digest_parse(line, length, DIGEST_NONE, digest))
		return false;
	comment++;
	behind = strchr(comment, ';');
	if (behind && text_parse_u64(comment, (size_t)(behind - comment), 10, &score))
		comment = behind + 1;
	comment += strspn(comment, " ");
	row->product = comment;
	row->grade = score >= LINE_LIST_WARNING ? 'B' : 'C';
	return true;
}

static enum line_fit
fit(const char *bytes, size_t length)
{
	char line[PROBE_LINE_BYTES];
	struct digest digest;
	struct hash_row row;

	if (length >= sizeof line)
		return LINE_TELLS_NOTHING;
	memcpy(line, bytes, length);
	line[length] = '\0';
	return parse_line(line, &row, &digest) ? LINE_FITS : LINE_FITS_NOT;
}

/* A table whose header names its columns says nothing of bad, and its second column may be another digest, no comment. */
static bool
probe(const uint8_t *head, size_t length)
{
	struct separated header;

	return !separated_probe(head, length, &header) && line_list_probe(head, length, fit);
}

static void
take_line(const struct hash_row_sink *out, char *line, size_t length, uint64_t number)
{
	struct hash_row row = { .row = number };
	struct digest digest;

	if (strlen(line) != length || !parse_line(line, &row, &digest))
		out->rejected(out->context, number, line, "not \"digest;comment\" or \"digest;score;comment\"");
	else if (!digests_set(&row.digests, digest.algorithm, digest.bytes))
		out->rejected(out->context, number, line, "a digest of an algorithm that is not computed for files");
	else
		out->row(out->context, &row);
}

static enum status
read_loki(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	(void)identity;
	(void)arena;
	return line_list_read(path, source, out, notes, take_line);
}

const struct hashset_format loki_hashset_format = {
	.name        = "loki",
	.description = "lists of digests of Loki and THOR (hash-iocs)",
	.kind        = HASH_BAD,
	.probe       = probe,
	.read        = read_loki,
};
