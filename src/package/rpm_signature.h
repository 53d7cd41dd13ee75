/* rpm_signature.h - the signatures that a record of rpm carries.  Private to package. */
#ifndef RPM_SIGNATURE_H
#define RPM_SIGNATURE_H

#include "rpm_header.h"

enum rpm_signature_kind {
	RPM_SIGNATURE_NONE,
	RPM_SIGNATURE_OF_PAYLOAD,	/* of the record and the payload together, which no database keeps */
	RPM_SIGNATURE_OF_HEADER,
};

/* What signs the record; the answer to it (the best of several), where it is of the header. */
enum rpm_signature_kind rpm_signature_check(const struct rpm_header *header, const struct keyring *keyring,
	struct arena *arena, struct signature_answer *ret_answer);

/* Packages of which the same is to be said. */
struct rpm_signature_group {
	enum rpm_signature_kind kind;
	enum signature_standing standing;
	const char *key, *text;		/* of the first */
	const char *package;
	size_t      packages;
};

#endif
