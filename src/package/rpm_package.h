/* rpm_package.h - records of rpm become packages and rows; shared by the stores.  Private to package. */
#ifndef RPM_PACKAGE_H
#define RPM_PACKAGE_H

#include <t1554triage/map.h>
#include <t1554triage/package.h>

#include "rpm_signature.h"

/* One store while it is read. */
struct rpm_database {
	const struct package_sink *out;
	const struct notes        *notes;
	struct arena               arena;	/* texts that stay until the end */
	struct rpm_peer           *peers;	/* what is told of each package once all are known */
	size_t                     peer_count, peer_capacity;
	const struct keyring      *keyring;	/* of the examiner, NULL: none */
	struct rpm_signature_group *signatures;	/* packages whose signature proves nothing, by the reason */
	size_t                     signature_count, signature_capacity;
	const struct place        *place;	/* of the store */
	uint64_t                   file_count;
	enum status                status;
};

void rpm_database_init(struct rpm_database *database, const struct package_sink *out, const struct notes *notes);

/* What the indexes of a store, which rpm writes beside its records, say of one record. */
struct rpm_index {
	const char *digest;			/* its SHA-1 as text, NULL */
	bool        has_base_names;		/* the store has an index of them */
	const char *const *base_names;		/* of its files, in order */
	size_t      base_name_count;
};

/* One record, at the place it was read from; index may be NULL.  A record that is none is noted. */
void rpm_database_take(struct rpm_database *database, const void *record, size_t length, const struct place *at,
	const struct rpm_index *index);

/* An index names a package whose record is not there. */
void rpm_database_miss(struct rpm_database *database, const char *package, const struct place *at);

/* Compares the packages with one another, releases all, and returns the status of the whole. */
enum status rpm_database_finish(struct rpm_database *database);

#endif
