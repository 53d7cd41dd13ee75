/* windows.c - the time of interest; and when packages were changed, by the logs: runs of package managers joined. */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/memory.h>

#include "sections.h"

enum { JOIN_SECONDS = 600 };

bool
time_is_of_interest(const struct settings *settings, const struct timestamp *time)
{
	return timestamp_is_recorded(&settings->window_from) && timestamp_is_recorded(time) && !time->local &&
	       timestamp_compare(time, &settings->window_from) >= 0 &&
	       timestamp_compare(time, &settings->window_to) <= 0;
}

static bool
is_transaction(const struct event *event)
{
	switch (event->kind) {
	case EVENT_PACKAGE_INSTALLED: case EVENT_PACKAGE_UPGRADED: case EVENT_PACKAGE_REINSTALLED:
	case EVENT_PACKAGE_REMOVED: case EVENT_PACKAGE_CONFIGURED: case EVENT_PACKAGE_TRIGGERED:
	case EVENT_PACKAGE_TRANSACTION:
		return timestamp_is_recorded(&event->time) && !event->time.local;
	default:
		return false;
	}
}

static bool
changes_a_package(const struct event *event)
{
	return event->kind == EVENT_PACKAGE_INSTALLED || event->kind == EVENT_PACKAGE_UPGRADED ||
	       event->kind == EVENT_PACKAGE_REINSTALLED || event->kind == EVENT_PACKAGE_REMOVED;
}

static int
compare_events(const void *left, const void *right)
{
	const struct event *a = *(const struct event *const *)left, *b = *(const struct event *const *)right;
	int by_time = timestamp_compare(&a->time, &b->time);

	return by_time ? by_time : a < b ? -1 : a > b;
}

static void
add_to_window(struct transaction_window *window, const struct event *event)
{
	const struct timestamp *end = timestamp_is_recorded(&event->end) && !event->end.local &&
		timestamp_compare(&event->end, &event->time) > 0 ? &event->end : &event->time;

	if (timestamp_compare(end, &window->to) > 0)
		window->to = *end;
	window->count++;
	window->packages += changes_a_package(event);
	if (!window->by && event->kind == EVENT_PACKAGE_TRANSACTION)
		window->by = event->subject;
}

void
transaction_windows_find(struct transaction_windows *ret_windows, const struct inventory *inventory)
{
	const struct event **sorted = memory_allocate(inventory->event_count + 1, sizeof *sorted);
	struct transaction_window *last = NULL;
	size_t count = 0;

	*ret_windows = (struct transaction_windows){ .items = NULL };
	for (size_t i = 0; i < inventory->event_count; i++)
		if (is_transaction(&inventory->events[i]))
			sorted[count++] = &inventory->events[i];
	if (count)
		qsort(sorted, count, sizeof *sorted, compare_events);
	for (size_t i = 0; i < count; i++) {
		if (!last || sorted[i]->time.seconds > last->to.seconds + JOIN_SECONDS) {
			ret_windows->items = memory_grow(ret_windows->items, ret_windows->count,
				&ret_windows->capacity, sizeof *ret_windows->items);
			last = &ret_windows->items[ret_windows->count++];
			*last = (struct transaction_window){ .from = sorted[i]->time, .to = sorted[i]->time };
		}
		add_to_window(last, sorted[i]);
	}
	memory_free(sorted);
}

void
transaction_windows_release(struct transaction_windows *windows)
{
	memory_free(windows->items);
	*windows = (struct transaction_windows){ .items = NULL };
}
