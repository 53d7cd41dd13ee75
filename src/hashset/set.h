/* set.h - an opened set, and what every row passes on its way out of a driver. */
#ifndef T1554TRIAGE_HASHSET_SET_H
#define T1554TRIAGE_HASHSET_SET_H

#include <t1554triage/hashset.h>
#include <t1554triage/memory.h>

struct set_index;

struct set_reject {
	uint64_t    line;
	const char *text, *why;
};

struct hash_set {
	struct hash_set_identity identity;
	const struct hashset_format *format;
	struct arena   arena;		/* texts of identity, rejects and matches */
	int            descriptor;
	struct source *source;		/* the file itself */
	struct source *content;		/* what its format reads where that is not the file itself, else NULL */
	struct set_index *index;	/* of a compiled set, else NULL */
	struct set_reject *rejects;	/* the first LIMIT_SET_REJECTS_KEPT */
	size_t         reject_count;
};

/* Opens the file at path as a set called name, without its digest; the message says why not. */
int set_open_file(const struct hash_set_request *request, const char *path, const struct notes *notes,
	struct hash_set **ret_set, struct buffer *ret_message);

/*
 * Reads a readable set from its first row to its last: rows that would match
 * empty or meaningless contents are rejected, and the counts of the identity are
 * set.  use() borrows the row until it returns; its class is that of
 * set_row_class(row->class, the set's kind).
 */
enum status set_read(struct hash_set *set, void (*use)(void *context, const struct hash_row *row),
	void *context, const struct notes *notes);

/* The same, and the addresses and names that are usable; a compiled set hands out those that it carries. */
enum status set_read_network(struct hash_set *set, void (*use)(void *context, const struct hash_row *row),
	void (*use_network)(void *context, const struct network_row *row), void *context, const struct notes *notes);

/* SHA-256 of the set's own file, however long it is. */
void set_digest(struct hash_set *set);

/* Folders in which names of sets are looked for, in order, one a call; NULL at the end. */
const char *set_folder(size_t number, struct arena *arena);
/* $T1554TRIAGE_DATA/hashsets, else the installed folder: where the shipped files lie. */
const char *set_shipped_folder(struct arena *arena);

/* The class of a row in a set of a kind. */
static inline enum hash_class
set_row_class(enum hash_class row, enum hash_class kind)
{
	return row == HASH_NONE || (row == HASH_TOOL && kind == HASH_BAD) ? kind : row;
}

#endif
