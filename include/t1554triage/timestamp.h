/* timestamp.h - a moment with the resolution it was recorded in.  Layer: base. */
#ifndef T1554TRIAGE_TIMESTAMP_H
#define T1554TRIAGE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timestamp {
	int64_t  seconds;			/* since 1970-01-01 00:00 UTC (or local, below) */
	uint64_t resolution_nanoseconds;	/* ext4 1, NTFS 100, ext3 1e9, FAT 2e9, its access
						   dates 8.64e13; 0: nothing is recorded */
	uint32_t nanoseconds;
	bool     local;				/* zone unknown: seconds are of an unknown zone */
};

struct macb {
	struct timestamp modified, accessed, changed, born;
};

enum { TIMESTAMP_TEXT_SIZE = 48 };

static inline bool
timestamp_is_recorded(const struct timestamp *time)
{
	return time->resolution_nanoseconds != 0;
}

/*
 * RFC 3339 with as many digits as the resolution has; no Z where local.
 * Empty text where nothing is recorded.  Years beyond 9999 or below 0 are
 * written with a sign.
 */
void timestamp_format(const struct timestamp *time, char ret_text[TIMESTAMP_TEXT_SIZE]);
/* The same for sentences: without the zeros at the end of the fraction. */
void timestamp_format_short(const struct timestamp *time, char ret_text[TIMESTAMP_TEXT_SIZE]);

/*
 * Reads what timestamp_format writes, and "~N" behind it for a resolution of N
 * nanoseconds that the digits do not show.  False if it is no such text.
 */
bool timestamp_parse(const char *text, size_t length, struct timestamp *ret_time);
int  timestamp_compare(const struct timestamp *a, const struct timestamp *b);

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar, month 1..12. */
int64_t timestamp_days(int64_t year, unsigned month, unsigned day);
void    timestamp_date(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day);

#endif
