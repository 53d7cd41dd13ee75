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
	COLUMN_VALUE, COLUMN_TYPE,		/* an indicator of any kind, and which */
	COLUMN_TO_IDS,				/* MISP: 0 is context, no indicator */
	COLUMN_NETWORK,				/* an address or a name of a host */
	COLUMN_RISK,				/* Recorded Future: 0 to 99, of a digest in the column of names */
	COLUMN_FAMILY, COLUMN_ACTOR, COLUMN_GRADE, COLUMN_CLASS, COLUMN_SOURCE, COLUMN_NOTE,
	COLUMN_COUNT
};

struct separated {
	char        separator;			/* ',' '\t' ';' */
	size_t      count;			/* columns of the header */
	enum column columns[SEPARATED_CELLS_MAX];
};

/* True if the line is a header that names at least one column of digests, addresses or names of hosts. */
bool separated_header(const char *line, size_t length, struct separated *ret_header);
/* The header of a text, for probes: its first line that is no comment. */
bool separated_probe(const uint8_t *head, size_t length, struct separated *ret_header);
bool separated_has(const struct separated *header, enum column column);
bool separated_has_digests(const struct separated *header);
/* Cuts a line in place; quotes are removed.  SIZE_MAX: a quote that does not end, or too many cells. */
size_t separated_cut(char *line, char separator, char *ret_cells[SEPARATED_CELLS_MAX]);

/* Where one format departs from the rest. */
struct separated_dialect {
	bool is_header_commented;	/* its header stands in a comment */
	bool may_exceed_header;		/* rows may have more cells than the header names */
	/* Last word on a row: NULL, or why it is rejected.  May be NULL; cells are those of the line. */
	const char *(*settle)(void *context, const struct separated *header, char *const cells[], size_t count,
		struct hash_row *row);
	void *context;
};
/* The cell of the first column of that kind, "" where there is none. */
const char *separated_cell(const struct separated *header, char *const cells[], size_t count, enum column column);
/* Of a heading in the first line that is no comment; heading is in lower case without punctuation. */
int  separated_position(const uint8_t *head, size_t length, const char *heading);	/* SEPARATED_CELLS_MAX: none */
bool separated_names(const uint8_t *head, size_t length, const char *heading);

/*
 * A typed indicator ("sha256", "file", "filename|md5") into a row; value is cut in place, and the row
 * borrows it.  NULL, or why it is none.
 */
const char *separated_indicator(const char *type, char *value, struct hash_row *row);
/* Whether a type is that of a digest or of something like one (ssdeep, imphash), whether it is usable or not. */
bool separated_is_digest_type(const char *type);

/*
 * The same of an address or a name of a host ("ip-dst", "ip-dst|port", "domain|ip", "hostname"): one row or two, with
 * nothing but their values set.
 */
enum { SEPARATED_NETWORK_MAX = 2 };
bool separated_is_network(const char *type);
const char *separated_network(const char *type, const char *value, struct network_row ret_rows[SEPARATED_NETWORK_MAX],
	size_t *ret_count);

/* dialect: NULL for none. */
enum status separated_read(const char *path, struct source *source, const struct hash_row_sink *out,
	const struct notes *notes, const struct separated_dialect *dialect);

#endif
