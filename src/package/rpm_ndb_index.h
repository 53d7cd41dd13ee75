/* rpm_ndb_index.h - the indexes beside rpm's own store.  Private to package. */
#ifndef RPM_NDB_INDEX_H
#define RPM_NDB_INDEX_H

#include "rpm_index.h"

/*
 * Index.db, of a store of that generation.  Texts go to the arena of the database, whose status stays as it is.  A
 * table that cannot be read whole is not usable, and noted.  Returns the worst of what was met.
 */
enum status rpm_ndb_index_read(const struct artifact *artifact, uint32_t generation, struct rpm_database *database,
	struct rpm_indexes *indexes);

#endif
