/* test_timestamp.c - times against gmtime(3), at the edges, and in every resolution. */
#include <time.h>

#include <t1554triage/timestamp.h>

#include "../random_numbers.h"
#include "tap.h"

enum { SECOND = 1000000000, ROUNDS = 200000 };

static void
like_gmtime(void)
{
	unsigned wrong_dates = 0, wrong_days = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		time_t seconds = (time_t)(random_bits() >> (random_bits() % 40 + 10)) * (i % 2 ? 1 : -1);
		int64_t days = seconds / 86400 - (seconds % 86400 < 0), year;
		unsigned month, day;
		struct tm tm;

		if (!gmtime_r(&seconds, &tm))
			continue;
		timestamp_date(days, &year, &month, &day);
		wrong_dates += year != tm.tm_year + INT64_C(1900) || month != (unsigned)tm.tm_mon + 1 ||
			day != (unsigned)tm.tm_mday;
		wrong_days += timestamp_days(year, month, day) != days;
	}
	IS(wrong_dates, 0, "dates are those of gmtime, before and after 1970");
	IS(wrong_days, 0, "and go back to the same day");
}

static void
survives(struct timestamp time, const char *what)
{
	char text[TIMESTAMP_TEXT_SIZE], again[TIMESTAMP_TEXT_SIZE] = "";
	struct timestamp read;

	timestamp_format(&time, text);
	OK(timestamp_parse(text, strlen(text), &read) && !timestamp_compare(&read, &time) && read.local == time.local, what);
	timestamp_format(&read, again);
	IS_TEXT(again, text, text);
}

static void
edges(void)
{
	survives((struct timestamp){ .seconds = INT64_MAX, .nanoseconds = 999999999, .resolution_nanoseconds = 1 },
		"the last second that fits");
	survives((struct timestamp){ .seconds = INT64_MIN, .resolution_nanoseconds = SECOND }, "the first second that fits");
	survives((struct timestamp){ .seconds = -1, .nanoseconds = 999999999, .resolution_nanoseconds = 1 },
		"a nanosecond before 1970");
	survives((struct timestamp){ .seconds = INT64_C(-62135596801), .resolution_nanoseconds = SECOND }, "the end of year 0");
	survives((struct timestamp){ .seconds = INT64_C(-62167219201), .resolution_nanoseconds = SECOND }, "before year 0");
	survives((struct timestamp){ .seconds = INT64_C(253402300800), .resolution_nanoseconds = SECOND, .local = true },
		"year 10000, zone unknown");
	survives((struct timestamp){ .seconds = INT64_C(4107542400), .resolution_nanoseconds = SECOND },
		"a century without a leap day");
	survives((struct timestamp){ .seconds = INT64_C(951782400), .resolution_nanoseconds = SECOND }, "2000 with one");
}

static void
refused(void)
{
	static const char *const bad[] = {
		"", "2024", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2024-04-31T00:00:00Z",
		"2024-00-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z",
		"2024-01-01T00:00:61Z", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00ZZ", "2024-01-01T00:00:00.Z",
		"2024-01-01T00:00:00.1234567890Z", "2024-01-01T00:00:00Z~0", "2024-01-01T00:00:00Z~", "2024-01-01T00:00:00Z~1x",
		"999-01-01T00:00:00Z", "--2024-01-01T00:00:00Z", "+2024-01-01T00:00:00Z", "1000000000000-01-01T00:00:00Z",
		"999999999999-01-01T00:00:00Z", "-999999999999-01-01T00:00:00Z", "292277026596-12-04T15:30:08Z",
		"-292277022657-01-27T08:29:51Z",
	};
	struct timestamp time;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		OK(!timestamp_parse(bad[i], strlen(bad[i]), &time), bad[i]);
}

static void
resolutions(void)
{
	static const struct { uint64_t resolution; const char *text; } rows[] = {
		{ 0, "" }, { 1, "1970-01-01T00:00:01.123456789Z" }, { 100, "1970-01-01T00:00:01.1234567Z" },
		{ 1000, "1970-01-01T00:00:01.123456Z" }, { 1000000, "1970-01-01T00:00:01.123Z" },
		{ 10000000, "1970-01-01T00:00:01.12Z" }, { SECOND, "1970-01-01T00:00:01Z" },
		{ 2ULL * SECOND, "1970-01-01T00:00:01Z" }, { 86400ULL * SECOND, "1970-01-01T00:00:01Z" },
		{ 250, "1970-01-01T00:00:01.12345678Z" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct timestamp time = { .seconds = 1, .nanoseconds = 123456789, .resolution_nanoseconds = rows[i].resolution };
		char text[TIMESTAMP_TEXT_SIZE];

		timestamp_format(&time, text);
		IS_TEXT(text, rows[i].text, "as many digits as the resolution has");
	}
}

static void
order(void)
{
	struct timestamp early = { .seconds = -2, .nanoseconds = 999999999 }, late = { .seconds = -1 };

	OK(timestamp_compare(&early, &late) < 0 && timestamp_compare(&late, &early) > 0, "seconds before nanoseconds");
	OK(timestamp_compare(&early, &early) == 0, "equal");
	early.seconds = -1;
	OK(timestamp_compare(&early, &late) > 0, "nanoseconds count upwards before 1970 too");
}

int
main(void)
{
	like_gmtime();
	edges();
	refused();
	resolutions();
	order();
	return tap_done();
}
