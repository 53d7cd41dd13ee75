/* separated.h - rows of comma- or tab-separated text with a header.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_SEPARATED_H
#define T1554TRIAGE_HASHSET_SEPARATED_H

#include <t1554triage/hashset.h>
#include <t1554triage/line_reader.h>

enum { SEPARATED_CELLS_MAX = 64 };

/* What a column says of its row, told by its heading. */
enum column {
	COLUMN_OTHER, COLUMN_MD5, COLUMN_SHA1, COLUMN_SHA256,
	COLUMN_DIGEST, COLUMN_ALGORITHM,	/* any algorithm, and which */
	COLUMN_NAME, COLUMN_PRODUCT, COLUMN_APPLICATION_TYPE, COLUMN_SYSTEM,
	COLUMN_FAMILY, COLUMN_ACTOR, COLUMN_GRADE, COLUMN_CLASS, COLUMN_SOURCE, COLUMN_NOTE,
	COLUMN_COUNT
};

struct separated {
	char        separator;			/* ',' '\t' ';' */
	size_t      count;			/* columns of the header */
	enum column columns[SEPARATED_CELLS_MAX];
};

/* True if the line is a header that names at least one column of digests. */
bool separated_header(const char *line, size_t length, struct separated *ret_header);
/* The header of a text, for probes: its first line that is no comment. */
bool separated_probe(const uint8_t *head, size_t length, struct separated *ret_header);
bool separated_has(const struct separated *header, enum column column);
/* Cuts a line in place; quotes are removed.  SIZE_MAX: a quote that does not end, or too many cells. */
size_t separated_cut(char *line, char separator, char *ret_cells[SEPARATED_CELLS_MAX]);

enum status separated_read(const char *path, struct source *source, const struct hash_row_sink *out,
	const struct notes *notes);

#endif
