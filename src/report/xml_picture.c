/*
 * xml_picture.c - counts, and the geometry of the three figures
 *
 * What a style sheet cannot do well is done here, in units of the drawing:
 * positions on the axis of time, widths of the parts of a bar.  What each mark
 * means, and its colour, are the style sheet's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "formats.h"
#include "sections.h"

enum {
	BAR_WIDTH = 980, PART_MINIMUM = 46,
	LANES = 8, AXIS_LEFT = 196, AXIS_WIDTH = 770, TICKS = 8,
	FOLDERS = 24,
};

/* The explained classes first, then those that the lower bar enlarges. */
static const enum verdict bar_order[VERDICT_COUNT] = {
	VERDICT_MATCHES_RECORD, VERDICT_KNOWN_GOOD, VERDICT_KNOWN, VERDICT_CHANGED_EXPLAINED,
	VERDICT_UNKNOWN, VERDICT_KNOWN_TOOL, VERDICT_SUSPICIOUS, VERDICT_CHANGED_NO_RECORD,
	VERDICT_CHANGED_UNEXPLAINED, VERDICT_CONFLICT, VERDICT_KNOWN_BAD, VERDICT_UNRELIABLE,
	VERDICT_NOT_EXAMINED,
};
enum { EXPLAINED_CLASSES = 4 };

/* Positions in tenths of a unit are written with one digit. */
static void
attribute_tenths(struct xml *xml, const char *name, int64_t tenths)
{
	char text[32];

	snprintf(text, sizeof text, "%s%lld.%lld", tenths < 0 ? "-" : "",
		(long long)llabs(tenths) / 10, (long long)llabs(tenths) % 10);
	xml_attribute(xml, name, text);
}

static void
write_part(struct xml *xml, enum verdict verdict, uint64_t files, int64_t x, int64_t width)
{
	xml_begin(xml, "part");
	xml_attribute(xml, "verdict", verdict_names[verdict]);
	xml_attribute_u64(xml, "files", files);
	attribute_tenths(xml, "x", x);
	attribute_tenths(xml, "width", width);
	xml_end(xml);
}

static void
write_bar(struct xml *xml, const uint64_t counts[VERDICT_COUNT], uint64_t total)
{
	uint64_t before = 0;

	xml_begin(xml, "bar");
	xml_attribute_u64(xml, "files", total);
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		uint64_t files = counts[bar_order[i]];

		if (files)
			write_part(xml, bar_order[i], files, (int64_t)(before * BAR_WIDTH * 10 / total),
				(int64_t)((before + files) * BAR_WIDTH * 10 / total - before * BAR_WIDTH * 10 / total));
		before += files;
	}
	xml_end(xml);
}

/* Each part has its minimum; what is left of the width is shared by number. */
static void
write_tail(struct xml *xml, const uint64_t counts[VERDICT_COUNT])
{
	uint64_t total = 0, parts = 0;
	int64_t x = 0, shared;

	for (unsigned i = EXPLAINED_CLASSES; i < VERDICT_COUNT; i++) {
		total += counts[bar_order[i]];
		parts += counts[bar_order[i]] > 0;
	}
	if (!total)
		return;
	shared = BAR_WIDTH * 10 - (int64_t)parts * PART_MINIMUM * 10;
	xml_begin(xml, "tail");
	xml_attribute_u64(xml, "files", total);
	for (unsigned i = EXPLAINED_CLASSES; i < VERDICT_COUNT; i++) {
		uint64_t files = counts[bar_order[i]];
		int64_t width = PART_MINIMUM * 10 + (int64_t)((double)shared * (double)files / (double)total);

		if (!files)
			continue;
		write_part(xml, bar_order[i], files, x, width - 20);
		x += width;
	}
	xml_end(xml);
}

/* Programs by folder and verdict, each counted once, under the first of its names. */
struct folder { const char *path; uint64_t files, by_verdict[VERDICT_COUNT]; };

struct folders {
	struct folder *items;
	size_t         count, capacity;
	struct map     index;
	struct arena   arena;
};

/* /usr/bin of /usr/bin/x/y; /opt of /opt/x; two parts below /usr, /var and /home. */
static size_t
folder_length(const char *path)
{
	const char *first = *path == '/' ? strchr(path + 1, '/') : NULL, *second;

	if (!first)
		return 0;
	if (strncmp(path, "/usr/", 5) && strncmp(path, "/var/", 5) && strncmp(path, "/home/", 6))
		return (size_t)(first - path);
	second = strchr(first + 1, '/');
	return (size_t)((second ? second : first) - path);
}

static void
count_program(struct folders *folders, const struct counted_program *program)
{
	const char *path = program->file->path ? program->file->path : program->file->entry.path;
	size_t length = folder_length(path);
	uint64_t number = folders->count;

	if (map_add(&folders->index, path, length, number)) {
		folders->items = memory_grow(folders->items, folders->count, &folders->capacity, sizeof *folders->items);
		folders->items[folders->count++] = (struct folder){
			.path = length ? arena_copy(&folders->arena, path, length) : "/" };
	} else {
		map_get(&folders->index, path, length, &number);
	}
	folders->items[number].files++;
	folders->items[number].by_verdict[program->verdict]++;
}

static int
compare_by_files(const void *left, const void *right)
{
	const struct folder *a = left, *b = right;

	return a->files != b->files ? (a->files > b->files ? -1 : 1) : strcmp(a->path, b->path);
}

static int
compare_by_path(const void *left, const void *right)
{
	return strcmp(((const struct folder *)left)->path, ((const struct folder *)right)->path);
}

static void
write_folder(struct xml *xml, const struct folder *folder, bool is_rest)
{
	xml_begin(xml, "folder");
	xml_attribute_u64(xml, "files", folder->files);
	xml_attribute_bool(xml, "rest", is_rest);
	if (!is_rest)
		xml_path(xml, "path", folder->path);
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		uint64_t files = folder->by_verdict[bar_order[i]];

		if (!files)
			continue;
		xml_begin(xml, "class");
		xml_attribute(xml, "verdict", verdict_names[bar_order[i]]);
		xml_attribute_u64(xml, "files", files);
		xml_attribute_u64(xml, "percent", files * 100 / folder->files);
		xml_end(xml);
	}
	xml_end(xml);
}

/* The largest folders by name; the rest together. */
static void
write_folder_table(struct xml *xml, struct folders *folders)
{
	struct folder rest = { .path = "" };
	size_t shown = folders->count < FOLDERS ? folders->count : FOLDERS;

	if (folders->count)
		qsort(folders->items, folders->count, sizeof *folders->items, compare_by_files);
	for (size_t i = shown; i < folders->count; i++) {
		rest.files += folders->items[i].files;
		for (unsigned j = 0; j < VERDICT_COUNT; j++)
			rest.by_verdict[j] += folders->items[i].by_verdict[j];
	}
	if (shown)
		qsort(folders->items, shown, sizeof *folders->items, compare_by_path);
	xml_begin(xml, "folders");
	for (size_t i = 0; i < shown; i++)
		write_folder(xml, &folders->items[i], false);
	if (rest.files)
		write_folder(xml, &rest, true);
	xml_end(xml);
}

static void
write_folders(struct xml *xml, const struct inventory *inventory)
{
	struct folders folders = { .items = NULL };
	struct counted_programs programs;

	map_init(&folders.index);
	arena_init(&folders.arena);
	counted_programs_find(&programs, inventory);
	for (size_t i = 0; i < programs.count; i++)
		count_program(&folders, &programs.items[i]);
	write_folder_table(xml, &folders);
	counted_programs_release(&programs);
	memory_free(folders.items);
	map_release(&folders.index);
	arena_release(&folders.arena);
}

/* The axis of time, seconds to units. */
struct axis { int64_t from, to; };

static int64_t
axis_position(const struct axis *axis, const struct timestamp *time)
{
	double share = (double)(time->seconds - axis->from) / (double)(axis->to - axis->from);

	share = share < 0 ? 0 : share > 1 ? 1 : share;
	return (int64_t)((AXIS_LEFT + share * AXIS_WIDTH) * 10 + 0.5);
}

static bool
is_on_axis(const struct axis *axis, const struct timestamp *time)
{
	return time->seconds >= axis->from && time->seconds <= axis->to;
}

static void
stretch(struct axis *axis, const struct timestamp *time)
{
	if (!timestamp_is_recorded(time) || time->local)
		return;
	if (axis->from > axis->to) {
		axis->from = axis->to = time->seconds;
		return;
	}
	if (time->seconds < axis->from)
		axis->from = time->seconds;
	if (time->seconds > axis->to)
		axis->to = time->seconds;
}

/* Files of findings of medium severity or higher, each once, in the order of the findings. */
static size_t
flagged_files(const struct findings *findings, const struct finding *ret_lanes[LANES], size_t *ret_left)
{
	size_t count = 0;

	*ret_left = 0;
	for (size_t i = 0; i < findings->count && findings->items[i].severity <= SEVERITY_MEDIUM; i++) {
		const struct file *file = findings->items[i].file;
		bool is_there = !file;

		for (size_t j = 0; j < count; j++)
			is_there |= ret_lanes[j]->file == file;
		if (is_there)
			continue;
		if (count < LANES)
			ret_lanes[count++] = &findings->items[i];
		else
			++*ret_left;
	}
	return count;
}

static void
write_tick(struct xml *xml, const struct axis *axis, int64_t seconds, int64_t step)
{
	struct timestamp time = { .seconds = seconds, .resolution_nanoseconds = 1000000000 };
	char text[TIMESTAMP_TEXT_SIZE];

	timestamp_format(&time, text);
	if (step < 60) {	/* 02:15:30 */
		memmove(text, text + 11, 8);
		text[8] = '\0';
	} else if (step < 86400) {	/* 11-14 02:15 */
		memmove(text, text + 5, 11);
		text[5] = ' ';
		text[11] = '\0';
	} else {
		text[10] = '\0';
	}
	xml_begin(xml, "tick");
	attribute_tenths(xml, "x", axis_position(axis, &time));
	xml_attribute(xml, "label", text);
	xml_end(xml);
}

static void
write_ticks(struct xml *xml, const struct axis *axis)
{
	static const int64_t steps[] = { 10, 30, 60, 120, 300, 900, 3600, 4 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400,
		30 * 86400, 91 * 86400, 365 * 86400, 5LL * 365 * 86400, 20LL * 365 * 86400 };
	size_t i = 0;
	int64_t at;

	while (i + 1 < sizeof steps / sizeof *steps && (axis->to - axis->from) / steps[i] > TICKS)
		i++;
	at = axis->from - axis->from % steps[i];
	if ((axis->to - axis->from) / steps[i] > 10 * TICKS)
		return;
	for (; at <= axis->to; at += steps[i])
		if (at >= axis->from)
			write_tick(xml, axis, at, steps[i]);
}

static void
write_window(struct xml *xml, const struct axis *axis, const struct transaction_window *window, size_t number)
{
	int64_t x = axis_position(axis, &window->from), width = axis_position(axis, &window->to) - x;
	bool drawn = window->to.seconds >= axis->from && window->from.seconds <= axis->to;

	xml_begin(xml, "window");
	xml_attribute_u64(xml, "number", number + 1);
	xml_attribute_time(xml, "from", &window->from);
	xml_attribute_time(xml, "to", &window->to);
	xml_attribute_u64(xml, "events", window->count);
	xml_attribute_u64(xml, "packages", window->packages);
	if (drawn) {
		attribute_tenths(xml, "x", x);
		attribute_tenths(xml, "width", width < 40 ? 40 : width);	/* that it can be seen */
	}
	xml_statement(xml, "by", window->by);
	xml_end(xml);
}

static const char *
mark_of(const struct inventory *inventory, const struct file *file, const struct timestamp *time, unsigned macb)
{
	const struct event *before, *after;

	if (macb == 2)
		return "accessed";
	switch (transaction_of(inventory, file, time, &before, &after)) {
	case TRANSACTION_INSIDE:
		return "inside";
	case TRANSACTION_OUTSIDE:
		return "outside";
	default:
		return "open";
	}
}

static void
write_lane(struct xml *xml, const struct axis *axis, const struct inventory *inventory, const struct finding *finding)
{
	const struct macb *times = &finding->file->entry.times;
	const struct timestamp *each[] = { &times->modified, &times->accessed, &times->changed, &times->born };
	unsigned done = 0;

	xml_begin(xml, "lane");
	xml_attribute(xml, "finding", finding_id(finding).text);
	xml_path(xml, "path", finding_path(finding));
	for (unsigned i = 0; i < 4; i++) {
		char letters[] = "....";
		unsigned macb = 0;

		if (done >> i & 1 || !timestamp_is_recorded(each[i]) || each[i]->local)
			continue;
		for (unsigned j = i; j < 4; j++)
			if (timestamp_is_recorded(each[j]) && each[j]->seconds == each[i]->seconds) {
				macb |= 1u << j;
				letters[j] = "macb"[j];
			}
		done |= macb;
		xml_begin(xml, "mark");
		xml_attribute(xml, "macb", letters);
		xml_attribute_time(xml, "time", each[i]);
		xml_attribute(xml, "kind", is_on_axis(axis, each[i]) ?
			mark_of(inventory, finding->file, each[i], macb) :
			each[i]->seconds < axis->from ? "earlier" : "later");
		attribute_tenths(xml, "x", axis_position(axis, each[i]));
		xml_end(xml);
	}
	xml_end(xml);
}

/*
 * The axis spans changes, births and accesses of the flagged files and the
 * nearest windows around them; content times that are older are an arrow.
 */
static struct axis
axis_of(const struct finding *const lanes[], size_t lane_count, const struct transaction_windows *windows)
{
	struct axis axis = { .from = 1, .to = 0 };
	const struct timestamp *before = NULL, *after = NULL;
	int64_t margin;

	for (size_t i = 0; i < lane_count; i++) {
		const struct macb *times = &lanes[i]->file->entry.times;

		stretch(&axis, &times->changed);
		stretch(&axis, &times->born);
		stretch(&axis, &times->accessed);
		if (!timestamp_is_recorded(&times->changed))
			stretch(&axis, &times->modified);
	}
	if (axis.from > axis.to)
		return axis;
	for (size_t i = 0; i < windows->count; i++) {
		if (windows->items[i].from.seconds <= axis.from)
			before = &windows->items[i].from;
		if (!after && windows->items[i].to.seconds >= axis.to)
			after = &windows->items[i].to;
	}
	if (before)
		stretch(&axis, before);
	if (after)
		stretch(&axis, after);
	margin = (axis.to - axis.from) / 20 + 60;
	return (struct axis){ .from = axis.from - margin, .to = axis.to + margin };
}

/* The part of the time of interest that lies on the axis. */
static void
write_interest(struct xml *xml, const struct axis *axis, const struct settings *settings)
{
	int64_t x, width;

	if (axis->from > axis->to || !timestamp_is_recorded(&settings->window_from) ||
	    settings->window_to.seconds < axis->from || settings->window_from.seconds > axis->to)
		return;
	x = axis_position(axis, &settings->window_from);
	width = axis_position(axis, &settings->window_to) - x;
	attribute_tenths(xml, "interest-x", x);
	attribute_tenths(xml, "interest-width", width < 40 ? 40 : width);
}

static int
compare_seconds(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return a < b ? -1 : a > b;
}

/* When the flagged files were changed and born: where they cluster something was done. */
static size_t
changes_of(const struct finding *const lanes[], size_t lane_count, int64_t ret_seconds[2 * LANES])
{
	size_t count = 0;

	for (size_t i = 0; i < lane_count; i++) {
		const struct macb *times = &lanes[i]->file->entry.times;

		if (timestamp_is_recorded(&times->changed) && !times->changed.local)
			ret_seconds[count++] = times->changed.seconds;
		if (timestamp_is_recorded(&times->born) && !times->born.local)
			ret_seconds[count++] = times->born.seconds;
	}
	qsort(ret_seconds, count, sizeof *ret_seconds, compare_seconds);
	return count;
}

/* The densest cluster within a twentieth of the axis, with a margin; nothing where fewer than three changes lie there. */
static struct axis
cluster_of(const struct axis *axis, const struct finding *const lanes[], size_t lane_count)
{
	struct axis cluster = { .from = 1, .to = 0 };
	int64_t seconds[2 * LANES], width = (axis->to - axis->from) / 20, margin;
	size_t count = changes_of(lanes, lane_count, seconds), most = 2;

	for (size_t first = 0, last = 0; first < count; first++) {
		while (last < count && seconds[last] <= seconds[first] + width)
			last++;
		if (last - first > most) {
			most = last - first;
			cluster = (struct axis){ .from = seconds[first], .to = seconds[last - 1] };
		}
	}
	if (cluster.from > cluster.to)
		return cluster;
	margin = (cluster.to - cluster.from) / 10 + 30;
	return (struct axis){ .from = cluster.from - margin, .to = cluster.to + margin };
}

/* The same lanes on an axis of their own; what lies outside of it is left to the whole figure. */
static void
write_zoom(struct xml *xml, const struct axis *axis, const struct report *report,
	const struct finding *const lanes[], size_t lane_count, const struct transaction_windows *windows)
{
	const struct axis cluster = cluster_of(axis, lanes, lane_count);

	if (cluster.from > cluster.to)
		return;
	xml_begin(xml, "zoom");
	attribute_tenths(xml, "x", axis_position(axis, &(struct timestamp){ .seconds = cluster.from }));
	attribute_tenths(xml, "width", axis_position(axis, &(struct timestamp){ .seconds = cluster.to }) -
		axis_position(axis, &(struct timestamp){ .seconds = cluster.from }));
	for (size_t i = 0; i < windows->count; i++)
		if (windows->items[i].to.seconds >= cluster.from && windows->items[i].from.seconds <= cluster.to)
			write_window(xml, &cluster, &windows->items[i], i);
	write_ticks(xml, &cluster);
	for (size_t i = 0; i < lane_count; i++)
		write_lane(xml, &cluster, report->inventory, lanes[i]);
	xml_end(xml);
}

static void
write_timeline(struct xml *xml, const struct report *report)
{
	const struct finding *lanes[LANES];
	struct transaction_windows windows;
	size_t left, count = flagged_files(report->findings, lanes, &left);
	struct axis axis;

	transaction_windows_find(&windows, report->inventory);
	axis = axis_of(lanes, count, &windows);
	xml_begin(xml, "timeline");
	xml_attribute_u64(xml, "windows", windows.count);
	xml_attribute_u64(xml, "files-left-out", left);
	write_interest(xml, &axis, report->settings);
	/* The latest ones, for the table. */
	for (size_t i = 0; i < windows.count; i++)
		if (windows.count - i <= limit_get(LIMIT_ROWS_HTML))
			write_window(xml, &axis, &windows.items[i], i);
	if (axis.from <= axis.to) {
		write_ticks(xml, &axis);
		for (size_t i = 0; i < count; i++)
			write_lane(xml, &axis, report->inventory, lanes[i]);
		write_zoom(xml, &axis, report, lanes, count, &windows);
	}
	xml_end(xml);
	transaction_windows_release(&windows);
}

static void
write_counts(struct xml *xml, const struct report *report)
{
	const struct judgement *judgement = report->judgement;
	uint64_t entries = 0, regular = 0, left_out = 0, deleted = 0;

	for (size_t i = 0; i < report->inventory->filesystem_count; i++) {
		const struct walk_count *count = &report->inventory->filesystems[i].count;

		entries += count->entries;
		regular += count->regular;
		left_out += count->left_out;
		deleted += count->deleted + count->orphans;
	}
	xml_begin(xml, "counts");
	xml_attribute_u64(xml, "entries", entries);
	xml_attribute_u64(xml, "regular", regular);
	xml_attribute_u64(xml, "deleted", deleted);
	xml_attribute_u64(xml, "left-out", left_out);
	xml_attribute_u64(xml, "names", report->inventory->file_count);
	xml_attribute_u64(xml, "programs", judgement->programs);
	xml_attribute_u64(xml, "system-programs", judgement->system_programs);
	xml_attribute_u64(xml, "with-baseline", judgement->with_baseline);
	for (enum verdict verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		xml_begin(xml, "class");
		xml_attribute(xml, "verdict", verdict_names[verdict]);
		xml_attribute_u64(xml, "files", judgement->by_verdict[verdict]);
		xml_end(xml);
	}
	xml_end(xml);
}

void
xml_picture(struct xml *xml, const struct report *report)
{
	const uint64_t *counts = report->judgement->by_verdict;
	uint64_t total = 0;

	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		total += counts[i];
	write_counts(xml, report);
	xml_begin(xml, "picture");
	if (total) {
		write_bar(xml, counts, total);
		write_tail(xml, counts);
	}
	write_timeline(xml, report);
	write_folders(xml, report->inventory);
	xml_end(xml);
}
