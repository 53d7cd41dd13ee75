/* installed_by.c - who put the version of a package in place, by the logs */
#include <string.h>

#include "installed_by.h"

enum { TOLERANCE_SECONDS = 1 };

static bool
is_of(const struct event *event, const char *provider)
{
	return event->provider && !strcmp(event->provider, provider);
}

static bool
is_in_span(const struct event *span, const struct event *event)
{
	const struct timestamp *end = timestamp_is_recorded(&span->end) ? &span->end : &span->time;

	return event->time.seconds >= span->time.seconds - TOLERANCE_SECONDS && event->time.seconds <= end->seconds + TOLERANCE_SECONDS;
}

/* Events lie sorted by time; a log of apt that was rotated away tells nothing of its time. */
static bool
apt_log_covers(const struct inventory *inventory, const struct event *event)
{
	const struct installed_system *system = NULL;
	const struct system_summary *summary;

	for (size_t i = 0; i < inventory->systems.count; i++)
		if (!strcmp(inventory->systems.items[i].id, event->system))
			system = &inventory->systems.items[i];
	summary = system ? inventory_summary(inventory, system) : NULL;
	if (!summary || !summary->logs_whole)
		return false;
	for (size_t i = 0; i < inventory->event_count; i++) {
		const struct event *first = &inventory->events[i];

		if (first->system && !strcmp(first->system, event->system) && is_of(first, "apt") && timestamp_is_recorded(&first->time))
			return !first->time.local && first->time.seconds <= event->time.seconds;
	}
	return false;
}

bool
event_is_by_dpkg_alone(const struct inventory *inventory, const struct event *event)
{
	const uint32_t *numbers;
	size_t count;

	if (!is_of(event, "dpkg") || event->time.local)
		return false;
	numbers = inventory_package_events(inventory, event->system, event->object, &count);
	for (size_t i = 0; i < count; i++)
		if (is_of(&inventory->events[numbers[i]], "apt") && is_in_span(&inventory->events[numbers[i]], event))
			return false;
	return apt_log_covers(inventory, event);
}

bool
event_brings_archive(const struct event *event)
{
	return event->kind == EVENT_PACKAGE_INSTALLED || event->kind == EVENT_PACKAGE_UPGRADED || event->kind == EVENT_PACKAGE_REINSTALLED;
}

bool
event_is_last_of_package(const struct inventory *inventory, const struct event *event)
{
	const uint32_t *numbers;
	size_t count;

	numbers = inventory_package_events(inventory, event->system, event->object, &count);
	for (size_t i = 0; i < count; i++) {
		const struct event *other = &inventory->events[numbers[i]];

		if (event_brings_archive(other) && event->provider && is_of(other, event->provider) &&
		    timestamp_compare(&other->time, &event->time) > 0)
			return false;
	}
	return true;
}

bool
event_version_is_installed(const struct inventory *inventory, const struct event *event)
{
	for (size_t i = 0; i < inventory->package_count; i++) {
		const struct package *package = &inventory->packages[i];

		if (package->is_installed && package->system && !strcmp(package->system, event->system) &&
		    !strcmp(package->name, event->object) && package->version && !strcmp(package->version, event->version_new))
			return true;
	}
	return false;
}
