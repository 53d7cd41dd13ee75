/* limit.h - every guard against hostile input is a named, settable limit.  Layer: base. */
#ifndef T1554TRIAGE_LIMIT_H
#define T1554TRIAGE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* The rows stand in include/t1554triage/limit.def: LIMIT(name, value, meaning). */
enum limit {
#define LIMIT(name, value, meaning) LIMIT_##name,
#include <t1554triage/limit.def>
#undef LIMIT
	LIMIT_COUNT
};

uint64_t    limit_get(enum limit limit);
const char *limit_name(enum limit limit);	/* "artifact-bytes" */
const char *limit_meaning(enum limit limit);
/* "artifact-bytes=1G"; suffixes K M G T are powers of 1024.  False: no such limit or no number. */
bool        limit_set(const char *assignment);

#endif
