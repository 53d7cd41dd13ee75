/* line_list.h - indicators one a line, behind comments with "#", as the scanners Loki and THOR have them.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_LINE_LIST_H
#define T1554TRIAGE_HASHSET_LINE_LIST_H

#include <t1554triage/hashset.h>

/* What Loki calls a warning: rows with a lower score are grade C. */
enum { LINE_LIST_WARNING = 60 };

enum line_fit { LINE_FITS, LINE_FITS_NOT, LINE_TELLS_NOTHING };

/* Most of the first lines that are no comment have the form. A line is given without its end, length is not 0. */
bool line_list_probe(const uint8_t *head, size_t length, enum line_fit (*fit)(const char *line, size_t length));

/* Each line that is no comment and not empty goes to take with its number, followed by a NUL; the status of the reading. */
enum status line_list_read(const char *path, struct source *source, const struct hash_row_sink *out, const struct notes *notes,
	void (*take)(const struct hash_row_sink *out, char *line, size_t length, uint64_t number));

#endif
