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

/* The first of them; has_time: of those that bear a time. Events lie sorted by time. */
static const struct event *
first_naming(const struct inventory *inventory, const struct package_lock *lock, bool has_time)
{
	for (size_t i = 0; i < inventory->event_count; i++) {
		const struct event *event = &inventory->events[i];

		if (timestamp_is_recorded(&event->time) == has_time && inventory_names_lock(lock, event))
			return event;
	}
	return NULL;
}

/* Where the list itself says nothing. A history of a shell may tell by whom without when. */
void
inventory_date_locks(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->lock_count; i++) {
		struct package_lock *lock = &inventory->locks[i];
		const struct event *dated = first_naming(inventory, lock, true);
		const struct event *who = dated && dated->user ? dated : first_naming(inventory, lock, false);

		if (dated && !timestamp_is_recorded(&lock->since))
			lock->since = dated->time;
		if (who && !lock->by)
			lock->by = who->user;
	}
}
