/* rpm_index.h - the indexes that rpm writes beside its records, to be held against them.  Private to package. */
#ifndef RPM_INDEX_H
#define RPM_INDEX_H

#include "rpm_package.h"

enum rpm_index_kind { RPM_INDEX_BASE_NAMES, RPM_INDEX_NAMES, RPM_INDEX_DIGESTS, RPM_INDEX_COUNT };

/* A text of an index: where it stands in which record. */
struct rpm_index_entry { uint32_t record, number; const char *text; };

struct rpm_index_table {
	struct rpm_index_entry *entries;
	size_t       count, capacity;
	bool         is_usable;	/* it is there, has entries, and all of it was read */
	struct place at;
};

struct rpm_indexes {
	struct rpm_index_table tables[RPM_INDEX_COUNT];
	struct map             records;		/* numbers that were met */
	const char           **names;		/* base names of one record, by its index */
	size_t                 name_capacity;
};

void rpm_indexes_init(struct rpm_indexes *indexes);
void rpm_indexes_release(struct rpm_indexes *indexes);

/* Keeps text; false: there are as many as are read (limit package-files). */
bool rpm_index_add(struct rpm_index_table *table, uint32_t record, uint32_t number, const char *text);

/* The table is whole: it may be asked from now on, where it has entries. */
void rpm_index_finish(struct rpm_index_table *table);

/* What the indexes say of a record, which counts as met from now on.  Until the next call. */
struct rpm_index rpm_indexes_of_record(struct rpm_indexes *indexes, uint32_t number);

/* Tells of names whose record was not met: where all records were read. */
void rpm_indexes_look_for_missing(const struct rpm_indexes *indexes, struct rpm_database *database);

#endif
