/* local_time.c - dates as package managers log them. */
#include <string.h>

#include <t1554triage/text.h>

#include "local_time.h"

/* "yyyy-mm-dd" or "hh:mm:ss" by the form; each letter one digit of the number. */
static const char *
read_numbers(const char *text, const char *form, unsigned numbers[3])
{
	size_t at = 0;

	numbers[0] = numbers[1] = numbers[2] = 0;
	for (; *form; form++, text++) {
		if (*form == '0') {
			if (*text < '0' || *text > '9')
				return NULL;
			numbers[at] = numbers[at] * 10 + (unsigned)(*text - '0');
		} else {
			if (*text != *form)
				return NULL;
			at++;
		}
	}
	return text;
}

static bool
is_date(const unsigned date[3])
{
	int64_t year;
	unsigned month, day;

	if (date[1] < 1 || date[1] > 12 || date[2] < 1 || date[2] > 31)
		return false;
	timestamp_date(timestamp_days(date[0], date[1], date[2]), &year, &month, &day);
	return month == date[1];
}

const char *
local_time_read(const char *text, struct timestamp *ret_time)
{
	unsigned date[3], time[3];

	text = read_numbers(text, "0000-00-00", date);
	if (!text || *text != ' ' || !is_date(date))
		return NULL;
	text = read_numbers(text + strspn(text, " "), "00:00:00", time);
	/* 60: a leap second. */
	if (!text || time[0] > 23 || time[1] > 59 || time[2] > 60)
		return NULL;
	*ret_time = (struct timestamp){
		.seconds = timestamp_days(date[0], date[1], date[2]) * 86400 +
			time[0] * 3600 + time[1] * 60 + time[2],
		.resolution_nanoseconds = 1000000000, .local = true,
	};
	return text;
}
