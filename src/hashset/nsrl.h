/* nsrl.h - the text tables of the NSRL's RDS 1.5 and 2.x.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_NSRL_H
#define T1554TRIAGE_HASHSET_NSRL_H

#include "products.h"

/* NSRLFile.txt and what stands beside it; NULL: not there.  All are borrowed. */
struct nsrl_tables {
	struct source *files, *products, *systems, *version;
};

/* True if the text begins like NSRLFile.txt, with or without its header. */
bool nsrl_is_files(const uint8_t *head, size_t length);
enum status nsrl_read(const char *path, const struct nsrl_tables *tables, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes);

#endif
