/* lock.c - since when a lock stands, and by whom, where a log names it. */
#include <string.h>

#include "order.h"

/* A copy of the database tells that a lock stands, not who set it. */
static bool
is_copy(const struct event *event)
{
	return event->id && (!strcmp(event->id, "held-in-copy") || !strcmp(event->id, "copy"));
}

bool
inventory_names_lock(const struct package_lock *lock, const struct event *event)
{
	return event->system && lock->system && !strcmp(event->system, lock->system) && !is_copy(event) &&
	       event_speaks_of_locks(event) &&
	       (package_lock_is_named(lock, event->text) || package_lock_is_named(lock, event->subject));
}

/* The first record that names it, where the list itself says nothing.  Events lie sorted by time. */
void
inventory_date_locks(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->lock_count; i++) {
		struct package_lock *lock = &inventory->locks[i];

		for (size_t k = 0; k < inventory->event_count; k++) {
			const struct event *event = &inventory->events[k];

			if (!inventory_names_lock(lock, event))
				continue;
			if (!timestamp_is_recorded(&lock->since))
				lock->since = event->time;
			if (!lock->by)
				lock->by = event->user;
			break;
		}
	}
}
