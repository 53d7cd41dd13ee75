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

static bool
is_time_of_day(const unsigned time[3])
{
	/* 60: a leap second. */
	return time[0] <= 23 && time[1] <= 59 && time[2] <= 60;
}

static int64_t
seconds_of(const unsigned date[3], const unsigned time[3])
{
	return timestamp_days(date[0], date[1], date[2]) * 86400 + time[0] * 3600 + time[1] * 60 + time[2];
}

const char *
local_time_read(const char *text, struct timestamp *ret_time)
{
	unsigned date[3], time[3];

	text = read_numbers(text, "0000-00-00", date);
	if (!text || *text != ' ' || !is_date(date))
		return NULL;
	text = read_numbers(text + strspn(text, " "), "00:00:00", time);
	if (!text || !is_time_of_day(time))
		return NULL;
	*ret_time = (struct timestamp){ .seconds = seconds_of(date, time),
		.resolution_nanoseconds = 1000000000, .local = true };
	return text;
}

/* ".123456": sets nanoseconds and the resolution of the digits. */
static const char *
read_fraction(const char *text, struct timestamp *time)
{
	uint32_t unit = 1000000000;

	if (*text != '.' && *text != ',')
		return text;
	for (text++; *text >= '0' && *text <= '9'; text++) {
		if (unit == 1)
			continue;
		unit /= 10;
		time->nanoseconds += (uint32_t)(*text - '0') * unit;
	}
	time->resolution_nanoseconds = unit;
	return text;
}

/* "Z", "+0000", "+00", "+01:00" */
static const char *
read_offset(const char *text, struct timestamp *time)
{
	unsigned offset[3] = { 0 };
	const char *end;

	if (*text == 'Z') {
		time->local = false;
		return text + 1;
	}
	if (*text != '+' && *text != '-')
		return text;
	end = read_numbers(text + 1, "00:00", offset);
	if (!end) {
		end = read_numbers(text + 1, "0000", offset);
		offset[1] = offset[0] % 100;
		offset[0] /= 100;
	}
	if (!end) {
		end = read_numbers(text + 1, "00", offset);
		offset[1] = 0;
	}
	if (!end || offset[0] > 14 || offset[1] > 59)
		return text;
	time->local = false;
	time->seconds -= (*text == '-' ? -1 : 1) * (int64_t)(offset[0] * 3600 + offset[1] * 60);
	return end;
}

const char *
zoned_time_read(const char *text, struct timestamp *ret_time)
{
	unsigned date[3], time[3];

	text = read_numbers(text, "0000-00-00", date);
	if (!text || (*text != 'T' && *text != ' ') || !is_date(date))
		return NULL;
	text = read_numbers(text + 1, "00:00:00", time);
	if (!text || !is_time_of_day(time))
		return NULL;
	*ret_time = (struct timestamp){ .seconds = seconds_of(date, time), .resolution_nanoseconds = 1000000000, .local = true };
	return read_offset(read_fraction(text, ret_time), ret_time);
}

const char *
epoch_time_read(const char *text, struct timestamp *ret_time)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t seconds;

	if (digits < 9 || digits > 13 || !text_parse_u64(text, digits, 10, &seconds))
		return NULL;
	*ret_time = (struct timestamp){ .seconds = (int64_t)seconds, .resolution_nanoseconds = 1000000000 };
	if (digits <= 11)
		return read_fraction(text + digits, ret_time);
	ret_time->seconds = (int64_t)(seconds / 1000);
	ret_time->nanoseconds = (uint32_t)(seconds % 1000) * 1000000;
	ret_time->resolution_nanoseconds = 1000000;
	return text + digits;
}

static unsigned
month_of(const char *text)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (unsigned month = 0; month < 12; month++)
		if (!strncmp(text, names + 3 * month, 3))
			return month + 1;
	return 0;
}

/* "Nov 25 10:01:02": all but the year, day and month in date[2] and date[1]. Returns what follows, NULL. */
static const char *
read_month_day_time(const char *text, unsigned date[3], unsigned time[3])
{
	date[1] = month_of(text);
	date[2] = 0;
	if (!date[1] || text[3] != ' ')
		return NULL;
	text += 3;
	while (*text == ' ')
		text++;
	for (; *text >= '0' && *text <= '9' && date[2] < 100; text++)
		date[2] = date[2] * 10 + (unsigned)(*text - '0');
	if (*text != ' ')
		return NULL;
	text = read_numbers(text + 1, "00:00:00", time);
	return text && is_time_of_day(time) ? text : NULL;
}

const char *
ctime_read(const char *text, struct timestamp *ret_time)
{
	unsigned date[3] = { 0 }, time[3], year[3];

	if (strnlen(text, 4) < 4 || text[3] != ' ')
		return NULL;
	text = read_month_day_time(text + 4, date, time);
	text = text && *text == ' ' ? read_numbers(text + 1, "0000", year) : NULL;
	if (!text)
		return NULL;
	date[0] = year[0];
	if (!is_date(date))
		return NULL;
	*ret_time = (struct timestamp){ .seconds = seconds_of(date, time), .resolution_nanoseconds = 1000000000, .local = true };
	return text;
}

const char *
compact_time_read(const char *text, struct timestamp *ret_time)
{
	unsigned day[3], clock[3], date[3], time[3];

	text = read_numbers(text, "00000000", day);
	if (!text || *text != ' ')
		return NULL;
	text = read_numbers(text + strspn(text, " "), "000000", clock);
	date[0] = day[0] / 10000;
	date[1] = day[0] / 100 % 100;
	date[2] = day[0] % 100;
	if (!text || !is_date(date))
		return NULL;
	time[0] = clock[0] / 10000;
	time[1] = clock[0] / 100 % 100;
	time[2] = clock[0] % 100;
	if (!is_time_of_day(time))
		return NULL;
	*ret_time = (struct timestamp){ .seconds = seconds_of(date, time), .resolution_nanoseconds = 1000000000, .local = true };
	return text;
}

const char *
yearless_time_read(const char *text, const struct timestamp *not_after, struct timestamp *ret_time)
{
	enum { DAY = 86400, YEARS_BACK = 8 };	/* a leap day lies at most eight years back */
	unsigned date[3] = { 0 }, time[3], month, unused;
	int64_t year;

	text = read_month_day_time(text, date, time);
	if (!text)
		return NULL;
	timestamp_date((not_after->seconds + DAY) / DAY, &year, &month, &unused);
	for (int back = 0; back <= YEARS_BACK; back++) {
		date[0] = (unsigned)(year - back);
		if (!is_date(date) || seconds_of(date, time) > not_after->seconds + DAY)
			continue;
		*ret_time = (struct timestamp){ .seconds = seconds_of(date, time),
			.resolution_nanoseconds = 1000000000, .local = true };
		return text;
	}
	return NULL;
}
