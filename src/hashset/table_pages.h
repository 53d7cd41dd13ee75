/*
 * table_pages.h - the rows of one table of a SQLite file, straight from its pages.  Private to hashset.
 *
 * "Database File Format" (www.sqlite.org/fileformat.html), sections 1.3 (header), 1.6 (b-tree pages) and 2.1
 * (records).  It reads what a table without end of hundreds of millions of short rows is made of; whatever else
 * there may be it says, so that the library can be asked.
 */
#ifndef T1554TRIAGE_HASHSET_TABLE_PAGES_H
#define T1554TRIAGE_HASHSET_TABLE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/source.h>

enum { TABLE_LEVELS_MAX = 20, TABLE_VALUES_MAX = 32 };

/* The kinds of values, as they are numbered in a record; a text has TABLE_TEXT plus twice its bytes. */
enum { TABLE_NULL = 0, TABLE_INTEGER_LAST = 6, TABLE_ZERO = 8, TABLE_ONE = 9, TABLE_BLOB = 12, TABLE_TEXT = 13 };

struct table_value {
	uint64_t       kind;
	const uint8_t *bytes;		/* in the page */
	uint32_t       length;
};

struct table_row {
	int64_t            number;	/* the rowid */
	bool               is_whole;	/* false: a part lies on other pages, or it is no record: ask the library for it */
	size_t             count;	/* values that the row has, at most TABLE_VALUES_MAX of them are told */
	struct table_value values[TABLE_VALUES_MAX];
};

struct table_pages {
	struct source *source;
	uint32_t page_bytes, usable;	/* of a page; of those that b-trees use */
	uint64_t page_count, pages_read;
	uint32_t root;
	const char *why;		/* next() failed: what is wrong, a whole clause */
	uint32_t why_page;
	uint8_t *window;		/* pages side by side, the last that were read */
	uint64_t window_first, window_count, window_room;
	struct table_level {
		uint8_t *page;		/* a copy, its own */
		uint32_t next, count;	/* children; that behind the last key counts too */
	} levels[TABLE_LEVELS_MAX];
	size_t   level_count;
	const uint8_t *leaf;		/* in the window; NULL: the next one is to be found */
	uint32_t cell, cell_count;
	bool     any;			/* a row was handed out, */
	int64_t  last;			/* with this number */
};

/*
 * False: not a file whose rows can be read like this (its texts are UTF-16, or the page root is not one of a table
 * with row numbers): ask the library for all.  Borrows source; close it in both cases.
 */
bool table_pages_open(struct table_pages *pages, struct source *source, uint32_t root);
void table_pages_close(struct table_pages *pages);

/* The next row in the order of the table, valid until the next call.  False: no more, or damaged if why is set then. */
bool table_pages_next(struct table_pages *pages, struct table_row *row);

/* Of a value up to TABLE_INTEGER_LAST, TABLE_ZERO or TABLE_ONE. */
int64_t table_value_integer(const struct table_value *value);

static inline bool
table_value_is_integer(const struct table_value *value)
{
	return (value->kind && value->kind <= TABLE_INTEGER_LAST) || value->kind == TABLE_ZERO || value->kind == TABLE_ONE;
}

#endif
