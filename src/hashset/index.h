/* index.h - a compiled set, mapped.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_INDEX_H
#define T1554TRIAGE_HASHSET_INDEX_H

#include <t1554triage/hashset.h>

#include "index_format.h"
#include "key_table.h"

struct set_index;

/*
 * Maps the file and checks its header, section table and table of checks; the
 * blocks are checked when they are first touched.  *ret_why says what is wrong.
 */
struct set_index *set_index_open(int descriptor, uint64_t size, const char **ret_why);
void set_index_close(struct set_index *index);

/* NULL where the set has no digests of the algorithm. */
const struct key_table *set_index_keys(struct set_index *index, enum digest_algorithm algorithm);
uint64_t set_index_count(const struct set_index *index, enum index_section_kind kind);
/* The detail with that number as a row; algorithms: those its row in the source had.  False: damaged. */
bool set_index_detail(struct set_index *index, uint64_t number, struct hash_row *ret_row, uint32_t *ret_algorithms);
/* The text of the identity section; false: damaged. */
bool set_index_identity(struct set_index *index, const char **ret_text, size_t *ret_length);
/* Checks every block. */
bool set_index_verify(struct set_index *index);

#endif
