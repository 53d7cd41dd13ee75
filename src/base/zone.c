/*
 * zone.c - TZif files (RFC 8536): a header with six counts, then tables of the
 * lengths that they tell, times in 32 bits; from version 2 on both a second
 * time with times in 64 bits, and a rule for all later times:
 *
 *   TZif 2 0... isutcnt isstdcnt leapcnt timecnt typecnt charcnt
 *   timecnt times, timecnt type numbers, typecnt x { int32 offset, is_dst, name },
 *   charcnt bytes of names, leap seconds, indicators
 *   \nCET-1CEST,M3.5.0,M10.5.0/3\n
 */
#include <string.h>

#include <t1554triage/buffer.h>
#include <t1554triage/cursor.h>
#include <t1554triage/text.h>
#include <t1554triage/zone.h>

enum {
	FILE_BYTES_MAX = 1 << 20,	/* the largest of tzdata has 4 KiB */
	RULE_BYTES_MAX = 256,
	DAY = 86400,
	OFFSET_MAX = 26 * 3600,		/* RFC 8536 section 3.2: utoff lies between -25 h and +26 h */
	SEGMENTS_MAX = 64,		/* times of one offset that can matter for one local time */
};
static const int64_t seconds_max = INT64_C(1) << 55;	/* of times that are computed with */

/* Part of a rule: "M3.5.0/2", "J60", "59/-1:30". */
struct rule_moment {
	char     kind;		/* 'M' month, week, day; 'J' day 1..365 without 29 February; 'N' day 0..365 */
	unsigned month, week, day;
	int32_t  time;		/* seconds since midnight, may be negative */
};

/* A POSIX TZ text, "CET-1CEST,M3.5.0,M10.5.0/3"; offsets are seconds east of UTC. */
struct rule {
	int32_t standard, summer;
	bool    has_summer;
	struct rule_moment begin, end;	/* of summer time; local time of the offset before it */
};

static bool
take_number(const char **at, unsigned most, unsigned *ret_number)
{
	unsigned number = 0, digits = 0;

	for (; **at >= '0' && **at <= '9' && digits < 4; digits++)
		number = number * 10 + (unsigned)(*(*at)++ - '0');
	*ret_number = number;
	return digits && number <= most;
}

static bool
take(const char **at, char wanted)
{
	if (**at != wanted)
		return false;
	(*at)++;
	return true;
}

/* "CET" or "<+0330>"; which it is does not matter. */
static bool
take_abbreviation(const char **at)
{
	const char *begin = *at;

	if (take(at, '<')) {
		while (**at && **at != '>')
			(*at)++;
		return take(at, '>');
	}
	while ((**at >= 'A' && **at <= 'Z') || (**at >= 'a' && **at <= 'z'))
		(*at)++;
	return *at - begin >= 3;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool
take_time(const char **at, unsigned most_hours, int32_t *ret_seconds)
{
	bool negative = take(at, '-');
	unsigned hours, minutes = 0, seconds = 0;

	if (!negative)
		take(at, '+');
	if (!take_number(at, most_hours, &hours) ||
	    (take(at, ':') && (!take_number(at, 59, &minutes) ||
	    (take(at, ':') && !take_number(at, 59, &seconds)))))
		return false;
	*ret_seconds = (int32_t)(hours * 3600 + minutes * 60 + seconds) * (negative ? -1 : 1);
	return true;
}

static bool
take_moment(const char **at, struct rule_moment *ret_moment)
{
	struct rule_moment moment = { .kind = 'N', .time = 2 * 3600 };

	if (take(at, 'M')) {
		moment.kind = 'M';
		if (!take_number(at, 12, &moment.month) || !moment.month || !take(at, '.') ||
		    !take_number(at, 5, &moment.week) || !moment.week || !take(at, '.') ||
		    !take_number(at, 6, &moment.day))
			return false;
	} else {
		if (take(at, 'J'))
			moment.kind = 'J';
		if (!take_number(at, 365, &moment.day) || (moment.kind == 'J' && !moment.day))
			return false;
	}
	if (take(at, '/') && !take_time(at, 167, &moment.time))
		return false;
	*ret_moment = moment;
	return true;
}

static bool
parse_rule(const char *text, struct rule *ret_rule)
{
	struct rule rule = { .standard = 0 };
	const char *at = text;

	if (!take_abbreviation(&at) || !take_time(&at, 24, &rule.standard))
		return false;
	rule.standard = -rule.standard;
	if (*at) {
		rule.has_summer = true;
		if (!take_abbreviation(&at))
			return false;
		rule.summer = rule.standard + 3600;
		if (*at != ',') {
			if (!take_time(&at, 24, &rule.summer))
				return false;
			rule.summer = -rule.summer;
		}
		if (!take(&at, ',') || !take_moment(&at, &rule.begin) ||
		    !take(&at, ',') || !take_moment(&at, &rule.end))
			return false;
	}
	*ret_rule = rule;
	return !*at;
}

static bool
is_leap_year(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days since 1970-01-01 of the day that a rule names in a year. */
static int64_t
day_of(const struct rule_moment *moment, int64_t year)
{
	int64_t first, days, next;

	if (moment->kind == 'N')
		return timestamp_days(year, 1, 1) + moment->day;
	if (moment->kind == 'J')
		return timestamp_days(year, 1, 1) + moment->day - 1 +
			(is_leap_year(year) && moment->day >= 60);
	first = timestamp_days(year, moment->month, 1);
	next = moment->month == 12 ? timestamp_days(year + 1, 1, 1) : timestamp_days(year, moment->month + 1, 1);
	/* 1970-01-01 was a Thursday, day 4 of a week that begins with Sunday. */
	days = first + ((int64_t)moment->day - (first + 4) % 7 + 14) % 7 + 7 * ((int64_t)moment->week - 1);
	return days < next ? days : days - 7;
}

static int64_t
year_of(int64_t seconds)
{
	int64_t year, days = seconds / DAY - (seconds % DAY < 0);
	unsigned month, day;

	timestamp_date(days, &year, &month, &day);
	return year;
}

/*
 * The offset that a rule gives at a moment of UTC, and the next moment at which
 * it changes (INT64_MAX: never).  Where summer time ends in the moment in which
 * the next one begins, it is summer time all the year.
 */
static int32_t
rule_offset(const struct rule *rule, int64_t at, int64_t *ret_next)
{
	int64_t year = year_of(at), last = INT64_MIN;
	int32_t offset = rule->standard;

	*ret_next = INT64_MAX;
	for (int64_t y = year - 1; rule->has_summer && y <= year + 1; y++) {
		const struct zone_transition changes[] = {
			{ day_of(&rule->end, y) * DAY + rule->end.time - rule->summer, rule->standard },
			{ day_of(&rule->begin, y) * DAY + rule->begin.time - rule->standard, rule->summer },
		};

		for (size_t i = 0; i < 2; i++) {
			if (changes[i].at > at) {
				*ret_next = changes[i].at < *ret_next ? changes[i].at : *ret_next;
			} else if (changes[i].at > last || (changes[i].at == last && i == 1)) {
				last = changes[i].at;
				offset = changes[i].offset;
			}
		}
	}
	return offset;
}

/* The same of the whole zone. */
static int32_t
offset_at(const struct zone *zone, int64_t at, int64_t *ret_next)
{
	size_t low = 0, high = zone->count;
	struct rule rule;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (zone->transitions[middle].at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == zone->count && zone->rule && parse_rule(zone->rule, &rule))
		return rule_offset(&rule, at, ret_next);
	*ret_next = low < zone->count ? zone->transitions[low].at : INT64_MAX;
	return low ? zone->transitions[low - 1].offset : zone->first_offset;
}

bool
zone_to_utc(const struct zone *zone, struct timestamp *time)
{
	int64_t local = time->seconds, begin, next, moment = 0;
	unsigned found = 0;

	if (!zone->known || local > seconds_max || local < -seconds_max)
		return false;
	begin = local - OFFSET_MAX;
	for (unsigned i = 0; i < SEGMENTS_MAX && begin <= local + OFFSET_MAX; i++) {
		int32_t offset = offset_at(zone, begin, &next);
		int64_t candidate = local - offset;

		if (candidate >= begin && candidate < next) {
			if (!found++)
				moment = candidate;
		} else if (!found && candidate >= next && next < INT64_MAX) {
			/* Behind the end of this segment: this offset holds if no segment has the time. */
			moment = candidate;
		}
		if (next == INT64_MAX)
			break;
		begin = next;
	}
	time->seconds = moment;
	time->local = false;
	return found == 1;
}

/* The lengths of one block, from its header. */
struct tzif {
	unsigned version;
	uint64_t indicators_ut, indicators_standard, leaps, transitions, types, name_bytes;
};

static bool
take_header(struct cursor *c, struct tzif *ret_tzif)
{
	const uint8_t *magic = take_bytes(c, 5);
	struct tzif tzif = { .version = 1 };

	if (!magic || memcmp(magic, "TZif", 4) || (magic[4] && (magic[4] < '2' || magic[4] > '9')))
		return false;
	if (magic[4])
		tzif.version = (unsigned)(magic[4] - '0');
	take_bytes(c, 15);
	tzif.indicators_ut = take_u32be(c);
	tzif.indicators_standard = take_u32be(c);
	tzif.leaps = take_u32be(c);
	tzif.transitions = take_u32be(c);
	tzif.types = take_u32be(c);
	tzif.name_bytes = take_u32be(c);
	*ret_tzif = tzif;
	return !c->failed;
}

/* What follows a header of those counts, as a cursor of its own; the counts have 32 bits. */
static struct cursor
take_block(struct cursor *c, const struct tzif *tzif, size_t time_size)
{
	uint64_t length = tzif->transitions * (time_size + 1) + tzif->types * 6 + tzif->name_bytes +
		tzif->leaps * (time_size + 4) + tzif->indicators_standard + tzif->indicators_ut;
	const uint8_t *bytes = take_bytes(c, length > SIZE_MAX ? SIZE_MAX : (size_t)length);

	return bytes ? cursor_over(bytes, (size_t)length) : (struct cursor){ .failed = true };
}

static int32_t
type_offset(const uint8_t *types, size_t index)
{
	struct cursor c = cursor_over(types + index * 6, 4);

	return (int32_t)take_u32be(&c);
}

static bool
offsets_are_sane(const uint8_t *types, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int32_t offset = type_offset(types, i);

		if (offset > OFFSET_MAX || offset < -OFFSET_MAX)
			return false;
	}
	return count > 0;
}

static bool
read_tables(struct cursor block, const struct tzif *tzif, size_t time_size, struct arena *arena,
	struct zone *zone)
{
	size_t count = (size_t)tzif->transitions, types_count = (size_t)tzif->types;
	struct cursor times = block;
	const uint8_t *numbers, *types;

	take_bytes(&block, count * time_size);
	numbers = take_bytes(&block, count);
	types = take_bytes(&block, types_count * 6);
	if (block.failed || !offsets_are_sane(types, types_count))
		return false;
	zone->first_offset = type_offset(types, 0);
	zone->transitions = arena_allocate(arena, count * sizeof *zone->transitions);
	zone->count = count;
	for (size_t i = 0; i < count; i++) {
		struct zone_transition *one = &zone->transitions[i];

		one->at = time_size == 8 ? (int64_t)take_u64be(&times) : (int32_t)take_u32be(&times);
		if (numbers[i] >= types_count || (i && one->at <= one[-1].at))
			return false;
		one->offset = type_offset(types, numbers[i]);
	}
	return true;
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n"; an empty rule is allowed and tells nothing. */
static bool
read_rule(struct cursor *c, struct arena *arena, struct zone *zone)
{
	size_t left = (size_t)(c->end - c->at);
	const uint8_t *end;
	struct rule rule;

	if (!left || *c->at != '\n')
		return false;
	end = memchr(c->at + 1, '\n', left - 1);
	if (!end || end - c->at > RULE_BYTES_MAX || memchr(c->at, '\0', (size_t)(end - c->at)))
		return false;
	if (end == c->at + 1)
		return true;
	zone->rule = arena_copy(arena, c->at + 1, (size_t)(end - c->at - 1));
	if (parse_rule(zone->rule, &rule))
		return true;
	zone->rule = NULL;
	return false;
}

/* STATUS_DAMAGED: only the rule is lost. */
static enum status
parse_tzif(const struct buffer *file, struct arena *arena, struct zone *zone)
{
	struct cursor c = cursor_over(file->bytes, file->length), block;
	struct tzif tzif;
	size_t time_size = 4;

	if (!take_header(&c, &tzif))
		return STATUS_UNREADABLE;
	block = take_block(&c, &tzif, time_size);
	if (tzif.version >= 2) {
		time_size = 8;
		if (!take_header(&c, &tzif))
			return STATUS_UNREADABLE;
		block = take_block(&c, &tzif, time_size);
	}
	if (block.failed || !read_tables(block, &tzif, time_size, arena, zone))
		return STATUS_UNREADABLE;
	return tzif.version < 2 || read_rule(&c, arena, zone) ? STATUS_OK : STATUS_DAMAGED;
}

enum status
zone_read(struct source *source, const char *name, const struct place *place, const struct notes *notes,
	struct arena *arena, struct zone *ret_zone)
{
	struct zone zone = { .name = arena_copy_text(arena, name ? name : ""), .known = true };
	struct buffer file;
	enum status status;

	buffer_init(&file, 0);
	status = source_read_all(source, FILE_BYTES_MAX, &file);
	if (status == STATUS_OK)
		status = parse_tzif(&file, arena, &zone);
	else
		status = STATUS_UNREADABLE;
	buffer_release(&file);
	if (status <= STATUS_UNREADABLE)
		return note(notes, STATUS_UNREADABLE, NOTE_ZONE_UNKNOWN, place,
			"this is no whole time zone file (TZif): local times stay without a zone");
	if (status == STATUS_DAMAGED)
		note(notes, status, NOTE_ZONE_UNKNOWN, place,
			"the rule behind the data of this time zone file cannot be read: "
			"its last offset is used for later times");
	*ret_zone = zone;
	return status;
}

/* "+02:00", "-0330", "+1"; seconds east of UTC. */
static bool
parse_offset(const char *text, int32_t *ret_offset)
{
	uint64_t hours, minutes = 0;
	const char *rest;
	size_t digits;

	if (*text != '+' && *text != '-')
		return false;
	digits = strspn(text + 1, "0123456789");
	rest = text + 1 + digits;
	if (!digits || digits == 3 || digits > 4)
		return false;
	if (!text_parse_u64(text + 1, digits > 2 ? 2 : digits, 10, &hours))
		return false;
	if (digits == 4)
		text_parse_u64(text + 3, 2, 10, &minutes);
	else if (*rest == ':' && text_parse_u64(rest + 1, strlen(rest + 1), 10, &minutes) && strlen(rest) == 3)
		rest += 3;
	if (*rest || hours > 25 || minutes > 59)
		return false;
	*ret_offset = (int32_t)(hours * 3600 + minutes * 60) * (*text == '-' ? -1 : 1);
	return true;
}

bool
zone_fixed(const char *name, struct arena *arena, struct zone *ret_zone)
{
	static const char *const zero[] = { "UTC", "Etc/UTC", "Z", "GMT", "Etc/GMT", "Universal", "Zulu" };
	struct zone zone = { .known = true };
	bool is_zero = false;

	for (size_t i = 0; i < sizeof zero / sizeof *zero; i++)
		is_zero = is_zero || !strcmp(name, zero[i]);
	if (!is_zero && !parse_offset(name, &zone.first_offset))
		return false;
	zone.name = arena_copy_text(arena, name);
	*ret_zone = zone;
	return true;
}
