/* index_build.h - making a compiled set from any number of rows.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_INDEX_BUILD_H
#define T1554TRIAGE_HASHSET_INDEX_BUILD_H

#include <t1554triage/hashset.h>

#include "index_format.h"

enum { BUILD_ROW_BYTES = 288 << 20 };	/* rows that are held in memory; sorting them takes as much again */

struct set_builder;

/*
 * output: the file to be; nothing of that name is there before finish has
 * succeeded.  row_bytes: BUILD_ROW_BYTES, less in tests.  NULL: errno.
 */
struct set_builder *set_builder_open(const char *output, bool keys_only, size_t row_bytes);
/*
 * Before the rows of each source: numbers of groups count anew.  Rows of the
 * set's own kind get no class, so that it can be asked as another kind; source_kind
 * settles the class of a row; origin (borrowed, or NULL) is the source of rows that name none.
 */
void set_builder_begin_source(struct set_builder *builder, enum hash_class kind, enum hash_class source_kind,
	const char *origin);
/* The texts of the row are copied. */
void set_builder_row(struct set_builder *builder, const struct hash_row *row);
/*
 * identity: the records of the set.  0 or an errno; EOVERFLOW: more contents
 * than a compiled set can number, which is 4,294,967,295.
 */
int  set_builder_finish(struct set_builder *builder, const char *identity, size_t identity_length);
/*
 * Once it is finished: how many digests have rows that contradict one another.  Counted is each different digest
 * of the strongest algorithm of its rows (SHA-256, else SHA-1, else MD5) of which two rows name different digests
 * of another algorithm.
 */
uint64_t set_builder_contradictions(const struct set_builder *builder);
void set_builder_close(struct set_builder *builder);	/* leaves nothing behind */

#endif
