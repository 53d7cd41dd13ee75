/* local_time.h - dates as package managers log them.  Private to eventlog. */
#ifndef T1554TRIAGE_LOCAL_TIME_H
#define T1554TRIAGE_LOCAL_TIME_H

#include <t1554triage/timestamp.h>

/*
 * "2026-11-21 19:28:06", any number of blanks between: local time without a
 * zone, in whole seconds.  Returns what follows; NULL where it is no such text.
 */
const char *local_time_read(const char *text, struct timestamp *ret_time);

/*
 * RFC 3339 and its kin: "2021-03-02T08:06:25Z", "...+0000", "...+00", "...+01:00", a fraction of "." or ","
 * digits; with a zone UTC, without one local.  Returns what follows; NULL where it is no such text.
 */
const char *zoned_time_read(const char *text, struct timestamp *ret_time);

/*
 * "1714557600", "1714557600.123456", "1714557600123": seconds since 1970 with a fraction, or milliseconds, told by the number
 * of digits (9 to 11, 12 and 13); UTC.  Returns what follows; NULL where it is no such text.
 */
const char *epoch_time_read(const char *text, struct timestamp *ret_time);

/*
 * "May 03 21:14:02" of a log without years, local time: the last such day that is not later than not_after
 * (with a day to spare for zones).  Returns what follows; NULL where it is no such text.
 */
const char *yearless_time_read(const char *text, const struct timestamp *not_after, struct timestamp *ret_time);

/* "Sat Nov 25 10:01:02 2023" as ctime(3) writes it, local time.  Returns what follows; NULL where it is no such text. */
const char *ctime_read(const char *text, struct timestamp *ret_time);

/* "20231125 100102", any number of blanks between: local time.  Returns what follows; NULL where it is no such text. */
const char *compact_time_read(const char *text, struct timestamp *ret_time);

#endif
