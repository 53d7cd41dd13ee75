/* artifact.h - a database or log of the evidence, as its driver gets it.  Layer: base. */
#ifndef T1554TRIAGE_ARTIFACT_H
#define T1554TRIAGE_ARTIFACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/note.h>
#include <t1554triage/source.h>
#include <t1554triage/timestamp.h>

struct keyring;		/* signature.h */

/* Two patterns, for what lies below the home of root and below those of others. */
#define IN_HOMES(below) "/root" below, "/home/*" below

struct artifact {
	const char  *path;	/* in the running system, bytes */
	struct macb  times;	/* of the file */
	uint64_t     size;
	struct place place;	/* of the file; give it, with a line, to everything read from it */
	/* The content; inflated where it is compressed and the driver asked for text.  Caller closes. */
	enum status (*open)(const struct artifact *artifact, const struct notes *notes, struct source **ret_source);
	void        *context;
	const char  *link_target;	/* a link that leads to no file, which cannot be opened; only where the driver takes them */
};

/* All files that matched a driver's patterns: pattern by pattern, within one oldest rotation last, else by path. */
struct artifact_group {
	const struct artifact *items;
	size_t                 count;
	const struct keyring  *keyring;	/* keys that the examiner trusts, NULL: none */
};

static inline enum status
artifact_open(const struct artifact *artifact, const struct notes *notes, struct source **ret_source)
{
	return artifact->open(artifact, notes, ret_source);
}

#endif
