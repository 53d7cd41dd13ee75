/*
 * xml_clocks.c - what the evidence tells of the clock of each system: time services, boots, the order of logs
 *
 * Stamps are those of the host's clock.  How far it was off is told by lines of time services only; their words are those of
 * chronyd (chronyd(8)), ntpd and ntpdate (ntp.org), systemd-timesyncd (systemd-timesyncd.service(8)).  A log whose records
 * do not stand in the order of their times was written while the clock was set back, or not as it stands now.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "sections.h"

enum { LINES_KEPT = 4, BOOTS_KEPT = 50 };

/* A line of a time service, copied: what a walk hands out does not last. */
struct kept_line { struct timestamp time; const char *evidence, *volume, *path, *text; uint64_t line; double offset; };

struct boot { const char *id; struct timestamp first, last; };

/* A log by its path. Records come sorted by time: in the order of the file their lines would rise. */
struct log { const char *path; uint64_t records, last_line, out_of_order, first_out_of_order; struct timestamp last_time; };

struct clock {
	const char      *system;
	uint64_t         service_lines, offset_lines, boot_count, log_count, logs_out_of_order;
	struct timestamp service_first, service_last;
	double           least, greatest;	/* seconds */
	struct kept_line kept[LINES_KEPT];	/* the largest offsets; else the latest lines */
	size_t           kept_count;
	struct boot      boots[BOOTS_KEPT];
};

struct clocks {
	struct arena  arena;
	struct clock *items;
	size_t        count, capacity;
	struct log   *logs;
	uint32_t     *log_clocks;	/* of each log */
	size_t        log_count, log_capacity, log_clock_capacity;
	struct map    clock_by_system, log_by_path, boot_by_id;
};

static bool
is_time_service(const char *provider)
{
	static const char *const names[] = { "chronyd", "ntpd", "ntpdate", "systemd-timesyncd", "sntp", "ptp4l", "phc2sys",
		"Microsoft-Windows-Time-Service" };

	for (size_t i = 0; provider && i < sizeof names / sizeof *names; i++)
		if (!strcmp(provider, names[i]))
			return true;
	return false;
}

/* "System clock wrong by 1.234567 seconds", "time reset +0.51 s", "step time server 192.0.2.1 offset -3.2 sec" */
static bool
offset_of(const char *text, double *ret_seconds)
{
	static const char *const words[] = { "wrong by ", "stepped by ", "time reset ", " offset " };

	for (size_t i = 0; text && i < sizeof words / sizeof *words; i++) {
		const char *at = strstr(text, words[i]);
		char *end;

		if (!at)
			continue;
		at += strlen(words[i]);
		*ret_seconds = strtod(at, &end);
		if (end > at && end - at < 24 && !strncmp(end, " s", 2) && *ret_seconds > -1e10 && *ret_seconds < 1e10)
			return true;
	}
	return false;
}

static struct clock *
clock_of(struct clocks *clocks, const char *system)
{
	uint64_t number = clocks->count;

	if (map_add(&clocks->clock_by_system, system, strlen(system), number)) {
		clocks->items = memory_grow(clocks->items, clocks->count, &clocks->capacity, sizeof *clocks->items);
		clocks->items[clocks->count++] = (struct clock){ .system = arena_copy_text(&clocks->arena, system) };
	} else {
		map_get(&clocks->clock_by_system, system, strlen(system), &number);
	}
	return &clocks->items[number];
}

static const char *
kept_text(struct clocks *clocks, const char *text)
{
	return text ? arena_copy_text(&clocks->arena, text) : NULL;
}

/* In place of the smallest offset, or of the oldest line, once all places are taken. */
static void
keep_line(struct clocks *clocks, struct clock *clock, const struct event *event, double offset)
{
	size_t at = clock->kept_count;

	if (at == LINES_KEPT) {
		at = 0;
		for (size_t i = 1; i < LINES_KEPT; i++)
			if (clock->kept[i].offset < clock->kept[at].offset)
				at = i;
		if (offset < clock->kept[at].offset)
			return;
		memmove(&clock->kept[at], &clock->kept[at + 1], (LINES_KEPT - 1 - at) * sizeof clock->kept[0]);
		at = LINES_KEPT - 1;
	} else {
		clock->kept_count++;
	}
	clock->kept[at] = (struct kept_line){ .time = event->time, .line = event->at.line, .offset = offset,
		.evidence = kept_text(clocks, event->at.evidence), .volume = kept_text(clocks, event->at.volume),
		.path = kept_text(clocks, event->at.path), .text = kept_text(clocks, event->text) };
}

static void
see_service(struct clocks *clocks, struct clock *clock, const struct event *event)
{
	double offset = 0;

	if (!clock->service_lines++)
		clock->service_first = event->time;
	clock->service_last = event->time;
	if (offset_of(event->text, &offset)) {
		if (!clock->offset_lines++)
			clock->least = clock->greatest = offset;
		clock->least = offset < clock->least ? offset : clock->least;
		clock->greatest = offset > clock->greatest ? offset : clock->greatest;
	}
	keep_line(clocks, clock, event, offset < 0 ? -offset : offset);
}

static void
see_boot(struct clocks *clocks, struct clock *clock, const char *id, const struct timestamp *time)
{
	struct buffer key;
	uint64_t number = clock->boot_count;

	buffer_init(&key, 0);
	buffer_add_format(&key, "%s\t%s", clock->system, id);
	if (map_add(&clocks->boot_by_id, key.bytes, key.length, number)) {
		clock->boot_count++;
		if (number < BOOTS_KEPT)
			clock->boots[number] = (struct boot){ .id = arena_copy_text(&clocks->arena, id), .first = *time };
	} else {
		map_get(&clocks->boot_by_id, key.bytes, key.length, &number);
	}
	if (number < BOOTS_KEPT)
		clock->boots[number].last = *time;
	buffer_release(&key);
}

static void
see_place(struct clocks *clocks, struct clock *clock, const struct event *event)
{
	struct buffer key;
	uint64_t number = clocks->log_count;
	struct log *log;

	buffer_init(&key, 0);
	buffer_add_text(&key, clock->system);
	buffer_add_char(&key, '\t');
	buffer_add_text(&key, event->at.path);
	if (map_add(&clocks->log_by_path, key.bytes, key.length, number)) {
		clocks->logs = memory_grow(clocks->logs, clocks->log_count, &clocks->log_capacity, sizeof *clocks->logs);
		clocks->log_clocks = memory_grow(clocks->log_clocks, clocks->log_count, &clocks->log_clock_capacity,
			sizeof *clocks->log_clocks);
		clocks->log_clocks[clocks->log_count] = (uint32_t)(clock - clocks->items);
		clocks->logs[clocks->log_count++] = (struct log){ .path = arena_copy_text(&clocks->arena, event->at.path) };
		clock->log_count++;
	} else {
		map_get(&clocks->log_by_path, key.bytes, key.length, &number);
	}
	buffer_release(&key);
	log = &clocks->logs[number];
	log->records++;
	if (event->at.line >= log->last_line) {
		log->last_line = event->at.line;
		log->last_time = event->time;
		return;
	}
	if (timestamp_compare(&event->time, &log->last_time) == 0)	/* within one moment any order is right */
		return;
	if (!log->out_of_order++) {
		log->first_out_of_order = event->at.line;
		clock->logs_out_of_order++;
	}
}

bool
clocks_look_at(const struct event *event)
{
	if ((event->at.line && event->at.path) || is_time_service(event->provider))
		return true;
	for (size_t i = 0; i < event->field_count; i++)
		if (!strcmp(event->fields[i].name, FIELD_OF_BOOT))
			return true;
	return false;
}

void
clocks_see(struct clocks *clocks, const struct event *event)
{
	struct clock *clock = event->system ? clock_of(clocks, event->system) : NULL;

	if (!clock || !timestamp_is_recorded(&event->time) || event->time.local)
		return;
	if (is_time_service(event->provider))
		see_service(clocks, clock, event);
	for (size_t i = 0; i < event->field_count; i++)
		if (!strcmp(event->fields[i].name, FIELD_OF_BOOT))
			see_boot(clocks, clock, event->fields[i].value, &event->time);
	if (event->at.line && event->at.path)
		see_place(clocks, clock, event);
}

static void
attribute_seconds(struct xml *xml, const char *name, double seconds)
{
	char text[48];

	snprintf(text, sizeof text, "%.6f", seconds);
	xml_attribute(xml, name, text);
}

static void
write_line(struct xml *xml, const struct kept_line *line)
{
	const struct place at = { .evidence = line->evidence, .volume = line->volume, .path = line->path, .line = line->line };

	xml_begin(xml, "line");
	xml_attribute_time(xml, "time", &line->time);
	xml_place(xml, "seen", &at, line->text);
	xml_end(xml);
}

static void
write_logs(struct xml *xml, const struct clocks *clocks, const struct clock *clock)
{
	uint64_t limit = limit_get(LIMIT_ROWS_HTML);

	for (size_t i = 0; i < clocks->log_count; i++) {
		const struct log *log = &clocks->logs[i];

		if (!log->out_of_order || clocks->log_clocks[i] != (uint32_t)(clock - clocks->items) || !limit)
			continue;
		limit--;
		xml_begin(xml, "out-of-order");
		xml_attribute_u64(xml, "records", log->records);
		xml_attribute_u64(xml, "out-of-order", log->out_of_order);
		xml_attribute_u64(xml, "line", log->first_out_of_order);
		xml_path(xml, "path", log->path);
		xml_end(xml);
	}
}

static void
write_clock(struct xml *xml, const struct clocks *clocks, const struct clock *clock)
{
	xml_begin(xml, "clock");
	xml_attribute(xml, "system", clock->system);
	xml_attribute_u64(xml, "service-lines", clock->service_lines);
	if (clock->service_lines) {
		xml_attribute_time(xml, "service-first", &clock->service_first);
		xml_attribute_time(xml, "service-last", &clock->service_last);
	}
	xml_attribute_u64(xml, "offset-lines", clock->offset_lines);
	if (clock->offset_lines) {
		attribute_seconds(xml, "least-offset", clock->least);
		attribute_seconds(xml, "greatest-offset", clock->greatest);
	}
	xml_attribute_u64(xml, "boots", clock->boot_count);
	xml_attribute_u64(xml, "logs", clock->log_count);
	xml_attribute_u64(xml, "logs-out-of-order", clock->logs_out_of_order);
	for (size_t i = 0; i < clock->kept_count; i++)
		write_line(xml, &clock->kept[i]);
	for (size_t i = 0; i < clock->boot_count && i < BOOTS_KEPT; i++) {
		xml_begin(xml, "boot");
		xml_attribute(xml, "id", clock->boots[i].id);
		xml_attribute_time(xml, "first", &clock->boots[i].first);
		xml_attribute_time(xml, "last", &clock->boots[i].last);
		xml_end(xml);
	}
	write_logs(xml, clocks, clock);
	xml_end(xml);
}

static int
compare_clocks(const void *left, const void *right)
{
	return strcmp((*(const struct clock *const *)left)->system, (*(const struct clock *const *)right)->system);
}

static void
write_clocks(struct xml *xml, const struct clocks *clocks)
{
	const struct clock **sorted = memory_allocate(clocks->count + 1, sizeof *sorted);

	for (size_t i = 0; i < clocks->count; i++)
		sorted[i] = &clocks->items[i];
	if (clocks->count)
		qsort(sorted, clocks->count, sizeof *sorted, compare_clocks);
	for (size_t i = 0; i < clocks->count; i++)
		write_clock(xml, clocks, sorted[i]);
	memory_free(sorted);
}

struct clocks *
clocks_open(void)
{
	struct clocks *clocks = memory_allocate(1, sizeof *clocks);

	arena_init(&clocks->arena);
	map_init(&clocks->clock_by_system);
	map_init(&clocks->log_by_path);
	map_init(&clocks->boot_by_id);
	return clocks;
}

void
clocks_close(struct clocks *clocks)
{
	map_release(&clocks->clock_by_system);
	map_release(&clocks->log_by_path);
	map_release(&clocks->boot_by_id);
	memory_free(clocks->items);
	memory_free(clocks->logs);
	memory_free(clocks->log_clocks);
	arena_release(&clocks->arena);
	memory_free(clocks);
}

void
xml_clocks(struct xml *xml, const struct clocks *clocks, bool is_whole)
{
	xml_begin(xml, "clocks");
	xml_attribute_bool(xml, "whole", is_whole);
	write_clocks(xml, clocks);
	xml_end(xml);
}
