/* local_time.h - dates as package managers log them.  Private to eventlog. */
#ifndef T1554TRIAGE_LOCAL_TIME_H
#define T1554TRIAGE_LOCAL_TIME_H

#include <t1554triage/timestamp.h>

/*
 * "2026-11-21 19:28:06", any number of blanks between: local time without a
 * zone, in whole seconds.  Returns what follows; NULL where it is no such text.
 */
const char *local_time_read(const char *text, struct timestamp *ret_time);

#endif
