/* place.h - where in the evidence a fact was seen.  Layer: base. */
#ifndef T1554TRIAGE_PLACE_H
#define T1554TRIAGE_PLACE_H

#include <stdint.h>

/* What does not apply is NULL or 0.  Texts are borrowed from the owner of the fact. */
struct place {
	const char *evidence;	/* "E1" */
	const char *system;	/* "s1" */
	const char *volume;	/* "p2", "-" */
	const char *path;	/* bytes; in the running system where there is one, else on its volume */
	const char *inode;	/* "131079", "42-128-3" */
	uint64_t    offset;	/* bytes, within the artifact or the medium */
	uint64_t    line;	/* from 1 */
	uint64_t    record_id;	/* of an event log */
};

#endif
