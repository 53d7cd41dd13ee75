/* csv_rows.h - rows of separated values (RFC 4180).  Private to eventlog. */
#ifndef T1554TRIAGE_CSV_ROWS_H
#define T1554TRIAGE_CSV_ROWS_H

#include <t1554triage/buffer.h>
#include <t1554triage/byte_reader.h>

struct csv_rows {
	struct buffer  text;		/* the values of the row, a NUL behind each */
	size_t        *starts;		/* of each in text */
	size_t         count, capacity;
	uint64_t       line;		/* at which the row begins, from 1 */
	bool           broken;		/* it holds NUL bytes, or the file ends within a quoted value */
	bool           cut;		/* the row has more bytes than LIMIT_EVENT_BYTES: the rest of it is left out */
	bool           is_last;		/* the file ends with it, without an LF */
	char           separator;
	uint64_t       next_line;
	struct byte_reader bytes;
};

/* The source is borrowed; the separator is the one of , ; | and tab that the first line has most of. */
void csv_rows_init(struct csv_rows *rows, struct source *source);
void csv_rows_release(struct csv_rows *rows);
bool csv_rows_next(struct csv_rows *rows);		/* false at the end, or where nothing can be read */
const char *csv_rows_value(const struct csv_rows *rows, size_t number);

#endif
