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
const struct key_table *set_index_keys(const struct set_index *index, enum digest_algorithm algorithm);
uint64_t set_index_distinct(const struct set_index *index, enum digest_algorithm algorithm);	/* different digests */
/* Digests whose rows contradict one another, as set_builder_contradictions(); false: an earlier release did not count. */
bool set_index_contradictions(const struct set_index *index, uint64_t *ret_count);
uint64_t set_index_contents(const struct set_index *index);	/* 0 in a set of keys only */

/*
 * Hands out the rows of a key, or of a content by its number: algorithms are
 * those that the row had in its source.  Rows are borrowed from the index.
 * False: damaged, so rows may be missing.
 */
bool set_index_key(struct set_index *index, enum digest_algorithm algorithm, uint64_t key,
	void (*use)(void *context, const struct hash_row *row, uint32_t algorithms), void *context);
bool set_index_content(struct set_index *index, uint64_t content,
	void (*use)(void *context, const struct hash_row *row, uint32_t algorithms), void *context);
/* Which content a key has; of a set with rows. */
bool set_index_content_of_key(struct set_index *index, enum digest_algorithm algorithm, uint64_t key, uint64_t *ret_content);
/* The text of the identity section; false: damaged. */
bool set_index_identity(struct set_index *index, const char **ret_text, size_t *ret_length);
/* Before questions that touch most of its blocks: large pages, where the system has the file in such. */
void set_index_expect_many(const struct set_index *index);
/* mapping_guard() of its bytes: work that reads them, by any of these functions. */
bool set_index_guard(const struct set_index *index, void (*work)(void *context), void *context);
/* Checks every block. */
bool set_index_verify(struct set_index *index);

#endif
