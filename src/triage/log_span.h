/* log_span.h - what time a log covers, as its records come.  Private to triage. */
#ifndef TRIAGE_LOG_SPAN_H
#define TRIAGE_LOG_SPAN_H

#include <t1554triage/inventory.h>

/* The state of one file of a log while it is read. */
struct log_span {
	struct artifact_seen seen;	/* what is filled in: records and all behind it */
	struct timestamp     previous;	/* of the record before; not recorded: none yet */
};

/* One record in the order of the file; line 0: it has none. */
void log_span_take(struct log_span *span, const struct timestamp *time, uint64_t line);

/* The part before it ends with a record of that time. */
void log_span_follow(struct log_span *span, const struct timestamp *last_before);

#endif
