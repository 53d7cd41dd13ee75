/* digested_source.h - a source whose SHA-256 comes of reading it once from its first byte to its last.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_DIGESTED_SOURCE_H
#define T1554TRIAGE_HASHSET_DIGESTED_SOURCE_H

#include <t1554triage/digest_steps.h>
#include <t1554triage/source.h>

/* Both are borrowed.  What is read is lent to the steps: as a copy, since who reads may change it. */
struct source *digested_source_open(struct source *inner, struct digest_steps *steps);
/* False: a part was left out or lost, and the digest is not that of the source. */
bool digested_source_was_read(const struct source *source);

#endif
