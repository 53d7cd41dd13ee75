/* network_list.h - one address or name a line.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_NETWORK_LIST_H
#define T1554TRIAGE_HASHSET_NETWORK_LIST_H

#include <t1554triage/hashset.h>

struct network_line {
	struct network_row row;		/* product lies in comment */
	char               comment[256];
};

/* False where the line has not that form; comments and empty lines have not. */
bool network_line_read(const char *line, size_t length, struct network_line *ret_line);
/* Its row, with the number of the line; valid as long as the line is. */
const struct network_row *network_row_of_line(struct network_line *line, uint64_t number);

#endif
