/*
 * test_zone.c - local times to UTC, held against the C library's own reading of
 * the same TZif files: every moment near a transition and a grid over 150
 * years, for all zones of tzdata.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <t1554triage/zone.h>

#include "tap.h"

#define ZONES "/usr/share/zoneinfo/"

static enum status
read_zone(const char *path, struct arena *arena, struct zone *ret_zone)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	struct source *source;
	enum status status;

	if (descriptor < 0)
		return STATUS_UNREADABLE;
	source = source_open_descriptor(descriptor, (uint64_t)lseek(descriptor, 0, SEEK_END));
	status = zone_read(source, path, NULL, NULL, arena, ret_zone);
	source_close(source);
	close(descriptor);
	return status;
}

static int64_t
local_of(int64_t moment)
{
	struct tm tm;
	time_t time = (time_t)moment;

	localtime_r(&time, &tm);
	return moment + tm.tm_gmtoff;
}

/* Moments one by one; returns how many are wrong. */
static unsigned
wrong_at(const struct zone *zone, int64_t moment)
{
	struct timestamp time = { .seconds = local_of(moment), .resolution_nanoseconds = 1000000000, .local = true };
	bool certain = zone_to_utc(zone, &time);

	if (!time.local && time.seconds == moment)
		return 0;
	/* Another moment with the same local time: the earlier one, and said to be uncertain. */
	if (!time.local && !certain && time.seconds < moment && local_of(time.seconds) == local_of(moment))
		return 0;
	printf("# %s: local time of %lld became %lld\n", zone->name, (long long)moment, (long long)time.seconds);
	return 1;
}

/* A local time that does not exist: the C library has no moment with it. */
static unsigned
wrong_gap(const struct zone *zone, int64_t at)
{
	int64_t before = local_of(at - 1) + 1, after = local_of(at);
	struct timestamp time = { .seconds = before + (after - before) / 2, .resolution_nanoseconds = 1000000000, .local = true };
	bool certain;

	if (after <= before)
		return 0;
	certain = zone_to_utc(zone, &time);
	if (!certain && time.seconds == at + (after - before) / 2)
		return 0;
	printf("# %s: the gap at %lld gave %lld\n", zone->name, (long long)at, (long long)time.seconds);
	return 1;
}

/* Looks for changes of the offset until 2100 and tries the moments around each. */
static unsigned
wrong_moments(const struct zone *zone, int64_t first_year)
{
	const int64_t begin = timestamp_days(first_year, 1, 1) * 86400, end = timestamp_days(2100, 1, 1) * 86400;
	const int64_t step = 20 * 86400;
	unsigned wrong = 0;

	for (int64_t at = begin; at < end && wrong < 5; at += step) {
		int64_t low = at, high = at + step;

		wrong += wrong_at(zone, at + 12345);
		if (local_of(at) - at == local_of(high) - high)
			continue;
		while (high - low > 1) {
			int64_t middle = low + (high - low) / 2;

			if (local_of(middle) - middle == local_of(low) - low)
				low = middle;
			else
				high = middle;
		}
		wrong += wrong_gap(zone, high);
		for (int64_t near = high - 7201; near <= high + 7201; near += 600)
			wrong += wrong_at(zone, near);
	}
	return wrong;
}

static unsigned zones_read, zones_wrong;

static int
try_zone(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
	const char *name = path + sizeof ZONES - 1;
	struct arena arena;
	struct zone zone;
	char head[4] = "";
	int descriptor;

	(void)walk;
	/* "right" counts leap seconds, "posix" repeats the others. */
	if (type != FTW_F || !stat->st_size || !strncmp(name, "right/", 6) || !strncmp(name, "posix/", 6))
		return 0;
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0 || read(descriptor, head, 4) != 4 || memcmp(head, "TZif", 4)) {
		close(descriptor);
		return 0;
	}
	close(descriptor);
	arena_init(&arena);
	setenv("TZ", name, 1);
	tzset();
	zones_read++;
	if (read_zone(path, &arena, &zone) != STATUS_OK || wrong_moments(&zone, 1950))
		zones_wrong++;
	arena_release(&arena);
	return 0;
}

static void
converts(const char *zone_name, const char *local, const char *utc, bool certain)
{
	char path[256], text[TIMESTAMP_TEXT_SIZE];
	struct timestamp time;
	struct arena arena;
	struct zone zone = { .known = false };

	arena_init(&arena);
	snprintf(path, sizeof path, ZONES "%s", zone_name);
	timestamp_parse(local, strlen(local), &time);
	if (!zone_fixed(zone_name, &arena, &zone))
		read_zone(path, &arena, &zone);
	OK(zone_to_utc(&zone, &time) == certain, zone_name);
	timestamp_format(&time, text);
	IS_TEXT(text, utc, local);
	arena_release(&arena);
}

static void
known_cases(void)
{
	converts("Europe/Berlin", "2024-05-01T12:00:00.250", "2024-05-01T10:00:00.250Z", true);
	converts("Europe/Berlin", "2024-10-27T02:30:00", "2024-10-27T00:30:00Z", false);
	converts("Europe/Berlin", "2024-03-31T02:30:00", "2024-03-31T01:30:00Z", false);
	converts("Europe/Berlin", "2080-07-01T12:00:00", "2080-07-01T10:00:00Z", true);
	converts("America/New_York", "2024-11-03T01:30:00", "2024-11-03T05:30:00Z", false);
	converts("Australia/Lord_Howe", "2024-04-07T01:45:00", "2024-04-06T14:45:00Z", false);
	converts("Asia/Kathmandu", "2024-04-07T01:45:00", "2024-04-06T20:00:00Z", true);
	converts("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z", false);
}

static void
fixed_zones(void)
{
	struct arena arena;
	struct zone zone;

	converts("UTC", "2024-05-01T12:00:00", "2024-05-01T12:00:00Z", true);
	converts("+02:00", "2024-05-01T12:00:00", "2024-05-01T10:00:00Z", true);
	converts("-0330", "2024-05-01T12:00:00", "2024-05-01T15:30:00Z", true);
	converts("+1", "2024-05-01T12:00:00", "2024-05-01T11:00:00Z", true);
	arena_init(&arena);
	OK(!zone_fixed("Europe/Berlin", &arena, &zone), "a name is no fixed offset");
	OK(!zone_fixed("+99:00", &arena, &zone), "neither is a day and more");
	OK(!zone_fixed("", &arena, &zone) && !zone_fixed("+", &arena, &zone) &&
		!zone_fixed("+02:", &arena, &zone) && !zone_fixed("+02:00x", &arena, &zone), "nor fragments");
	arena_release(&arena);
}

static void
unknown_zone(void)
{
	struct zone zone = { .name = "" };
	struct timestamp time = { .seconds = 1000, .resolution_nanoseconds = 1000000000, .local = true };

	OK(!zone_to_utc(&zone, &time) && time.seconds == 1000 && time.local, "an unknown zone changes nothing");
}

enum { HEADER_BYTES = 44 };

/* A TZif file of version 3 with one type and a rule. */
static size_t
make_tzif(char *file, const char *rule)
{
	static const char type[6] = { 0, 0, 0, 0, 0, 0 };
	size_t length = 0;

	for (int block = 0; block < 2; block++) {
		memset(file + length, 0, HEADER_BYTES);
		memcpy(file + length, "TZif3", 5);
		file[length + 39] = 1;			/* types */
		file[length + 43] = 4;			/* bytes of names */
		memcpy(file + length + HEADER_BYTES, type, 6);
		memcpy(file + length + HEADER_BYTES + 6, "ABC", 4);
		length += HEADER_BYTES + 10;
	}
	return length + (size_t)sprintf(file + length, "\n%s\n", rule);
}

static enum status
read_bytes(const char *bytes, size_t length, struct arena *arena, struct zone *zone)
{
	struct source *source = source_open_memory(bytes, length);
	enum status status = zone_read(source, "test", NULL, NULL, arena, zone);

	source_close(source);
	return status;
}

/*
 * Rules that tzdata does not use, held against the C library, which takes them
 * in TZ (its own reading of them is wrong up to 1970).
 */
static void
rules(void)
{
	static const char *const texts[] = {
		"AAA3BBB,J60/1:30,J300/-2", "CCC-5:45:30DDD-7,59/0,299/23:59:59",
		"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "IST-2IDT,M3.4.4/26,M10.5.0", "XYZ0", "NZST-12NZDT,M9.5.0,M4.1.0/3",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct arena arena;
		struct zone zone = { .known = false };
		char file[512];

		arena_init(&arena);
		setenv("TZ", texts[i], 1);
		tzset();
		OK(read_bytes(file, make_tzif(file, texts[i]), &arena, &zone) == STATUS_OK &&
			!wrong_moments(&zone, 1972), texts[i]);
		arena_release(&arena);
	}
}

/* RFC 8536 section 3.3.1: summer time all the year, also in the first hour of a year. */
static void
summer_all_year(void)
{
	struct timestamp time = { .seconds = timestamp_days(2024, 1, 1) * 86400 + 1800, .resolution_nanoseconds = 1000000000, .local = true };
	struct arena arena;
	struct zone zone = { .known = false };
	char file[512], text[TIMESTAMP_TEXT_SIZE];

	arena_init(&arena);
	IS(read_bytes(file, make_tzif(file, "EST5EDT,0/0,J365/25"), &arena, &zone), STATUS_OK, "all the year");
	OK(zone_to_utc(&zone, &time), "is certain");
	timestamp_format(&time, text);
	IS_TEXT(text, "2024-01-01T04:30:00Z", "is four hours behind");
	arena_release(&arena);
}

static void
hostile(void)
{
	static const char *const bad[] = {
		"", "EST", "EST5EDT", "EST5EDT,M13.1.0,M1.1.0", "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,J0,J5",
		"EST99", "<EST5", "EST5EDT,M3.2.0/168,M11.1.0", "EST5EDT,M3.2.0,M11.1.0x", "EST5EDT,M3.2.0",
	};
	struct arena arena;
	struct zone zone = { .known = false };
	char file[512];
	size_t length = make_tzif(file, "EST5EDT,M3.2.0,M11.1.0");
	unsigned accepted = 0;

	arena_init(&arena);
	for (size_t cut = 0; cut < HEADER_BYTES * 2 + 20; cut++)
		accepted += read_bytes(file, cut, &arena, &zone) == STATUS_OK;
	IS(accepted, 0, "no cut file is whole");
	for (size_t at = 0; at < length; at++)
		for (int bit = 0; bit < 8; bit++) {
			struct timestamp time = { .seconds = 1700000000, .resolution_nanoseconds = 1000000000, .local = true };

			file[at] ^= (char)(1 << bit);
			if (read_bytes(file, length, &arena, &zone) >= STATUS_DAMAGED)
				zone_to_utc(&zone, &time);
			file[at] ^= (char)(1 << bit);
		}
	OK(true, "no flipped bit does harm");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		enum status expected = bad[i][0] ? STATUS_DAMAGED : STATUS_OK;

		zone.rule = "";
		IS(read_bytes(file, make_tzif(file, bad[i]), &arena, &zone), expected, bad[i][0] ? bad[i] : "no rule");
		OK(!zone.rule && zone.known, "is not used");
	}
	arena_release(&arena);
}

int
main(void)
{
	fixed_zones();
	unknown_zone();
	rules();
	summer_all_year();
	hostile();
	if (access(ZONES "Europe/Berlin", R_OK)) {
		printf("ok %d - zones of tzdata # SKIP package tzdata is not installed\n", ++tap_count);
	} else {
		known_cases();
		nftw("/usr/share/zoneinfo", try_zone, 16, FTW_PHYS);
		printf("# %u zones\n", zones_read);
		OK(zones_read > 300, "there are zones to compare");
		IS(zones_wrong, 0, "all of them are read as the C library reads them");
	}
	return tap_done();
}
