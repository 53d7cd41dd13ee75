/* timestamp.c - RFC 3339 with the digits that are recorded. */
#include <string.h>

#include <t1554triage/text.h>
#include <t1554triage/timestamp.h>

enum { SECONDS_OF_DAY = 86400, NANOSECONDS = 1000000000 };

/* Both by Howard Hinnant's "chrono-compatible low-level date algorithms". */
int64_t
timestamp_days(int64_t year, unsigned month, unsigned day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	uint64_t year_of_era = (uint64_t)(y - era * 400);
	uint64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	uint64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + (int64_t)day_of_era - 719468;
}

void
timestamp_date(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	uint64_t day_of_era = (uint64_t)(z - era * 146097);
	uint64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint64_t month = (5 * day_of_year + 2) / 153;

	*ret_day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
	*ret_month = (unsigned)(month < 10 ? month + 3 : month - 9);
	*ret_year = (int64_t)year_of_era + era * 400 + (*ret_month <= 2);
}

/* How many digits of the fraction a resolution needs. */
static unsigned
fraction_digits(uint64_t resolution_nanoseconds)
{
	unsigned digits = 9;

	if (resolution_nanoseconds >= NANOSECONDS)
		return 0;
	while (digits > 0 && resolution_nanoseconds % 10 == 0) {
		resolution_nanoseconds /= 10;
		digits--;
	}
	return digits;
}

/* A number of two digits behind a character. */
static char *
put_pair(char *to, char before, unsigned number)
{
	to[0] = before;
	to[1] = (char)('0' + number / 10);
	to[2] = (char)('0' + number % 10);
	return to + 3;
}

/* The first digits of a fraction of nine. */
static char *
put_fraction(char *to, uint32_t nanoseconds, unsigned digits)
{
	char all[9];

	for (size_t i = sizeof all; i-- > 0; nanoseconds /= 10)
		all[i] = (char)('0' + nanoseconds % 10);
	memcpy(to, all, digits);
	return to + digits;
}

/* Four digits of a year, more where it has them. */
static char *
put_year(char *to, uint64_t year)
{
	unsigned digits = 4;

	for (uint64_t most = 10000; year >= most; most *= 10)
		digits++;
	for (unsigned i = digits; i-- > 0; year /= 10)
		to[i] = (char)('0' + year % 10);
	return to + digits;
}

/* Each name of each file has several times: printf would be a good part of a run. */
void
timestamp_format(const struct timestamp *time, char ret_text[TIMESTAMP_TEXT_SIZE])
{
	int64_t days = time->seconds / SECONDS_OF_DAY, rest = time->seconds % SECONDS_OF_DAY, year;
	unsigned month, day, digits = fraction_digits(time->resolution_nanoseconds);
	char *to = ret_text;

	ret_text[0] = '\0';
	if (!timestamp_is_recorded(time))
		return;
	if (rest < 0) {
		rest += SECONDS_OF_DAY;
		days--;
	}
	timestamp_date(days, &year, &month, &day);
	if (year < 0)
		*to++ = '-';
	to = put_year(to, (uint64_t)(year < 0 ? -year : year));
	to = put_pair(to, '-', month);
	to = put_pair(to, '-', day);
	to = put_pair(to, 'T', (unsigned)(rest / 3600));
	to = put_pair(to, ':', (unsigned)(rest / 60 % 60));
	to = put_pair(to, ':', (unsigned)(rest % 60));
	if (digits) {
		*to++ = '.';
		to = put_fraction(to, time->nanoseconds % NANOSECONDS, digits);
	}
	if (!time->local)
		*to++ = 'Z';
	*to = '\0';
}

void
timestamp_format_short(const struct timestamp *time, char ret_text[TIMESTAMP_TEXT_SIZE])
{
	struct timestamp shown = *time;

	while (shown.resolution_nanoseconds && shown.resolution_nanoseconds < NANOSECONDS &&
	       shown.nanoseconds % (shown.resolution_nanoseconds * 10) == 0)
		shown.resolution_nanoseconds *= 10;
	timestamp_format(&shown, ret_text);
}

/* Takes a number of exactly so many digits, at most 12. */
static bool
take_digits(const char **at, const char *end, unsigned count, int64_t *ret_number)
{
	int64_t number = 0;

	if (end - *at < (ptrdiff_t)count)
		return false;
	for (unsigned i = 0; i < count; i++) {
		unsigned digit = (unsigned char)(*at)[i] - (unsigned)'0';

		if (digit > 9)
			return false;
		number = number * 10 + digit;
	}
	*at += count;
	*ret_number = number;
	return true;
}

static bool
take_char(const char **at, const char *end, char character)
{
	if (*at == end || **at != character)
		return false;
	(*at)++;
	return true;
}

static bool
is_date(int64_t days, int64_t year, unsigned month, unsigned day)
{
	int64_t same_year;
	unsigned same_month, same_day;

	timestamp_date(days, &same_year, &same_month, &same_day);
	return same_year == year && same_month == month && same_day == day;
}

/* The date and time of day together; false where they are no date or do not fit. */
static bool
join_seconds(int64_t year, unsigned month, unsigned day, int64_t second_of_day, int64_t *ret_seconds)
{
	int64_t days = timestamp_days(year, month, day);

	if (!is_date(days, year, month, day))
		return false;
	if (days < 0) {		/* the first day begins before the first second that fits */
		days++;
		second_of_day -= SECONDS_OF_DAY;
	}
	return !__builtin_mul_overflow(days, (int64_t)SECONDS_OF_DAY, ret_seconds) &&
		!__builtin_add_overflow(*ret_seconds, second_of_day, ret_seconds);
}

bool
timestamp_parse(const char *text, size_t length, struct timestamp *ret_time)
{
	const char *at = text, *end = text + length;
	struct timestamp time = { .resolution_nanoseconds = NANOSECONDS };
	int64_t year, month, day, hour, minute, second;
	unsigned year_digits = 0;
	bool negative = take_char(&at, end, '-');
	uint64_t resolution;

	while (end - at > (ptrdiff_t)year_digits && at[year_digits] >= '0' && at[year_digits] <= '9')
		year_digits++;
	if (year_digits < 4 || year_digits > 12 ||
	    !take_digits(&at, end, year_digits, &year) || !take_char(&at, end, '-') ||
	    !take_digits(&at, end, 2, &month) || !take_char(&at, end, '-') ||
	    !take_digits(&at, end, 2, &day) || !take_char(&at, end, 'T') ||
	    !take_digits(&at, end, 2, &hour) || !take_char(&at, end, ':') ||
	    !take_digits(&at, end, 2, &minute) || !take_char(&at, end, ':') ||
	    !take_digits(&at, end, 2, &second) ||
	    month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 ||
	    !join_seconds(negative ? -year : year, (unsigned)month, (unsigned)day,
		    hour * 3600 + minute * 60 + second, &time.seconds))
		return false;
	if (take_char(&at, end, '.')) {
		uint64_t scale = NANOSECONDS;

		if (at == end || *at < '0' || *at > '9')
			return false;
		for (; at < end && *at >= '0' && *at <= '9' && scale > 1; at++) {
			scale /= 10;
			time.nanoseconds += (uint32_t)(*at - '0') * (uint32_t)scale;
		}
		time.resolution_nanoseconds = scale;
	}
	time.local = !take_char(&at, end, 'Z');
	if (take_char(&at, end, '~')) {
		if (!text_parse_u64(at, (size_t)(end - at), 10, &resolution) || !resolution)
			return false;
		time.resolution_nanoseconds = resolution;
		at = end;
	}
	if (at != end)
		return false;
	*ret_time = time;
	return true;
}

int
timestamp_compare(const struct timestamp *a, const struct timestamp *b)
{
	if (a->seconds != b->seconds)
		return a->seconds < b->seconds ? -1 : 1;
	return a->nanoseconds == b->nanoseconds ? 0 : a->nanoseconds < b->nanoseconds ? -1 : 1;
}
