/*
 * transaction.c - does a stamp lie within a transaction of the package?
 *
 * dpkg.log tells a transaction line by line; a file is written between the
 * line that begins to unpack its package and "status unpacked", or while a
 * script runs:
 *
 *	2026-05-02 10:00:01 upgrade bash:amd64 5.2-1 5.2-2
 *	2026-05-02 10:00:01 status half-installed bash:amd64 5.2-1
 *	2026-05-02 10:00:03 status unpacked bash:amd64 5.2-2
 *	2026-05-02 10:00:09 configure bash:amd64 5.2-2 <none>
 *	2026-05-02 10:00:09 status half-configured bash:amd64 5.2-2
 *	2026-05-02 10:00:10 status installed bash:amd64 5.2-2
 *
 * Where a record has a span (a stanza of apt), the span counts as it is.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/memory.h>

#include "order.h"

enum { TOLERANCE_SECONDS = 1, LONGEST_STEP_SECONDS = 3600, BURST_SECONDS = 300 };

static __int128
moment_of(const struct timestamp *time)
{
	return (__int128)time->seconds * 1000000000 + time->nanoseconds;
}

static bool
is_comparable(const struct timestamp *time)
{
	return timestamp_is_recorded(time) && !time->local;
}

struct numbered { const struct event *event; uint32_t number; };

static int
order_numbered(const void *left, const void *right)
{
	const struct numbered *a = left, *b = right;
	int order = order_natural(a->event->system, b->event->system);

	if (!order)
		order = order_text(a->event->object, b->event->object);
	/* Events lie sorted by time. */
	return order ? order : order_number(a->number, b->number);
}

static bool
is_of_package(const struct event *event)
{
	return event->object && event->system && event->kind >= EVENT_PACKAGE_INSTALLED &&
	       event->kind <= EVENT_PACKAGE_TRANSACTION && is_comparable(&event->time);
}

void
inventory_index_events(struct inventory *inventory)
{
	struct numbered *items = memory_allocate(inventory->event_count, sizeof *items);
	size_t count = 0;

	for (size_t i = 0; i < inventory->event_count; i++)
		if (is_of_package(&inventory->events[i]))
			items[count++] = (struct numbered){ &inventory->events[i], (uint32_t)i };
	if (count > 1)
		qsort(items, count, sizeof *items, order_numbered);
	inventory->events_by_package = memory_allocate(count, sizeof *inventory->events_by_package);
	for (size_t i = 0; i < count; i++)
		inventory->events_by_package[i] = items[i].number;
	inventory->events_by_package_count = count;
	memory_free(items);
}

static int
compare_with(const struct event *event, const char *system, const char *package)
{
	int order = order_natural(event->system, system);

	return order ? order : order_text(event->object, package);
}

/* The first number whose event does not stand before (or, with past, not before or at) the package. */
static size_t
bound(const struct inventory *inventory, const char *system, const char *package, bool past)
{
	size_t low = 0, high = inventory->events_by_package_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_with(&inventory->events[inventory->events_by_package[middle]], system, package);

		if (order < 0 || (past && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const uint32_t *
inventory_package_events(const struct inventory *inventory, const char *system, const char *package,
	size_t *ret_count)
{
	size_t first = bound(inventory, system, package, false);

	*ret_count = bound(inventory, system, package, true) - first;
	return inventory->events_by_package + first;
}

/* True if files of the package may be written between this event and the next one. */
static bool
begins_step(const struct event *event)
{
	static const char *const words[] = { " half-installed", " half-configured", " triggers-pending", NULL };

	if (event->kind != EVENT_PACKAGE_STATUS)
		return event->kind != EVENT_PACKAGE_TRANSACTION;
	for (const char *const *word = words; *word; word++)
		if (event->text && strstr(event->text, *word))
			return true;
	return false;
}

/* Where the event's step ends: its own span, the next event of the package, or itself. */
static const struct timestamp *
step_end(const struct event *event, const struct event *next)
{
	if (is_comparable(&event->end))
		return &event->end;
	if (next && begins_step(event) && next->time.seconds - event->time.seconds <= LONGEST_STEP_SECONDS)
		return &next->time;
	return &event->time;
}

static bool
holds(const struct event *event, const struct timestamp *end, const struct timestamp *stamp)
{
	__int128 tolerance = (__int128)TOLERANCE_SECONDS * 1000000000;
	__int128 first = moment_of(&event->time) - tolerance;
	__int128 last = moment_of(end) + end->resolution_nanoseconds + tolerance;

	/* A stamp of coarse resolution stands for a span of its own. */
	return moment_of(stamp) < last &&
	       moment_of(stamp) + (stamp->resolution_nanoseconds ? stamp->resolution_nanoseconds - 1 : 0) >= first;
}

static bool
is_other_architecture(const struct event *event, const struct package *package)
{
	return event->architecture && package->architecture && *event->architecture &&
	       strcmp(event->architecture, package->architecture) && strcmp(event->architecture, "all") &&
	       strcmp(event->architecture, "<none>");
}

bool
inventory_in_transaction(const struct inventory *inventory, const struct package *package,
	const struct timestamp *stamp, const struct event **ret_before, const struct event **ret_after)
{
	const struct event *before = NULL, *after = NULL, *event = NULL;
	const uint32_t *numbers;
	bool inside = false;
	size_t count;

	numbers = inventory_package_events(inventory, package->system, package->name, &count);
	for (size_t i = count; i-- > 0; ) {
		const struct event *next = event;

		if (is_other_architecture(&inventory->events[numbers[i]], package))
			continue;
		event = &inventory->events[numbers[i]];
		inside |= holds(event, step_end(event, next), stamp);
		if (timestamp_compare(&event->time, stamp) > 0)
			after = event;
		else if (!before)
			before = event;
	}
	if (ret_before)
		*ret_before = before;
	if (ret_after)
		*ret_after = after;
	return inside;
}

struct stamped { const struct timestamp *stamp; const struct file *file; };

static int
order_stamped(const void *left, const void *right)
{
	const struct stamped *a = left, *b = right;

	return (a->stamp->seconds > b->stamp->seconds) - (a->stamp->seconds < b->stamp->seconds);
}

static const struct timestamp *
changed_of(const struct file *file)
{
	return &file->entry.times.changed;
}

static const struct timestamp *
born_of(const struct file *file)
{
	return &file->entry.times.born;
}

static size_t
collect_stamps(const struct inventory *inventory, const struct installed_system *system,
	const struct timestamp *(*stamp_of)(const struct file *), struct stamped *stamps)
{
	size_t count = 0;

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (file->system == system && file->package && file->entry.state == ENTRY_ALLOCATED &&
		    is_comparable(stamp_of(file)))
			stamps[count++] = (struct stamped){ stamp_of(file), file };
	}
	if (count > 1)
		qsort(stamps, count, sizeof *stamps, order_stamped);
	return count;
}

/* The longest run of stamps within BURST_SECONDS; returns its length. */
static size_t
find_burst(const struct stamped *stamps, size_t count, size_t *ret_first)
{
	size_t longest = 0;

	for (size_t first = 0, end = 0; end < count; end++) {
		while (stamps[end].stamp->seconds - stamps[first].stamp->seconds > BURST_SECONDS)
			first++;
		if (end - first + 1 > longest) {
			longest = end - first + 1;
			*ret_first = first;
		}
	}
	return longest;
}

/* Who reads the times of such a tree has to know whose they are. */
static void
note_copy(struct inventory *inventory, const struct stamped *burst, size_t length, size_t count, const char *done)
{
	const struct file *file = burst->file;
	const struct place place = { .evidence = file->evidence, .system = file->system->id, .volume = file->volume,
		.path = file->path };
	const struct notes notes = inventory_notes(inventory);
	char first[TIMESTAMP_TEXT_SIZE], last[TIMESTAMP_TEXT_SIZE];

	timestamp_format_short(burst->stamp, first);
	timestamp_format_short(burst[length - 1].stamp, last);
	note(&notes, STATUS_OK, NOTE_COLLECTION_METADATA, &place, "%zu of %zu packaged files were %s between %s and %s, the first is "
		"%s, and no transaction of the package logs covers that: the tree was copied or restored then, and these times do "
		"not tell when a file was changed before", length, count, done, first, last, file->path);
}

static void
find_copy(struct inventory *inventory, const struct installed_system *system,
	const struct timestamp *(*stamp_of)(const struct file *), const char *done, struct stamped *stamps,
	struct timestamp *ret_first, struct timestamp *ret_last)
{
	size_t count = collect_stamps(inventory, system, stamp_of, stamps), first = 0, covered = 0;
	size_t length = find_burst(stamps, count, &first);

	/* A handful of files is no tree. */
	if (count < 8 || length * 2 <= count)
		return;
	for (size_t i = first; i < first + length; i++)
		covered += inventory_in_transaction(inventory, stamps[i].file->package, stamps[i].stamp, NULL, NULL);
	if (covered * 2 > length)
		return;
	*ret_first = (struct timestamp){ .seconds = stamps[first].stamp->seconds,
		.resolution_nanoseconds = 1000000000 };
	*ret_last = (struct timestamp){ .seconds = stamps[first + length - 1].stamp->seconds,
		.resolution_nanoseconds = 1000000000 };
	note_copy(inventory, &stamps[first], length, count, done);
}

void
inventory_find_copies(struct inventory *inventory)
{
	struct stamped *stamps;

	if (!inventory->summaries || !inventory->systems.count)
		return;
	stamps = memory_allocate(inventory->file_count, sizeof *stamps);
	for (size_t i = 0; i < inventory->systems.count; i++) {
		struct system_summary *summary = &inventory->summaries[i];

		find_copy(inventory, summary->system, changed_of, "changed in their inode", stamps, &summary->copied_first,
			&summary->copied_last);
		find_copy(inventory, summary->system, born_of, "created", stamps, &summary->born_first,
			&summary->born_last);
	}
	memory_free(stamps);
}
