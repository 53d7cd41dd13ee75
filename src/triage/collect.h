/* collect.h - what the process that shares out the databases and logs of systems, and those that read them, know of one another. */
#ifndef TRIAGE_COLLECT_H
#define TRIAGE_COLLECT_H

#include <t1554triage/eventlog.h>

#include "pool.h"

enum { COLLECT_SHARES = 8 };		/* in which files that tell of themselves only are read */
enum { ARTIFACTS_LISTED = 64 };		/* files of one driver that the report names one by one */

/* The time zone that a system was set to, for the pipe. */
struct zone_told { const char *system, *name, *source; bool known; };
extern const struct record_type zone_told_record;

/* In how many shares, one task each, the files of this driver are read: 1 or COLLECT_SHARES. */
size_t collect_shares(const struct eventlog_driver *driver);

/* The work of a reading process: state is its struct reader, the task a TASK_COLLECT. */
void collect_read(void *state, struct worker *worker, const char *task);

#endif
