/* beside.c - what else is recorded near a change: logins, commands by sudo, deployments. */
#include <string.h>

#include <t1554triage/nearby.h>

#include "baseline.h"
#include "beside.h"

enum { SECONDS = 3600, NEAREST = 3 };

/* The nearest of one kind, in order of distance. */
struct nearest {
	const struct event *events[NEAREST];
	int64_t             apart[NEAREST];
	size_t              count;	/* all within the hour */
};

static void
add_nearest(struct nearest *nearest, const struct event *event, int64_t apart)
{
	size_t at = nearest->count < NEAREST ? nearest->count : NEAREST;

	nearest->count++;
	while (at && nearest->apart[at - 1] > apart) {
		if (at < NEAREST) {
			nearest->events[at] = nearest->events[at - 1];
			nearest->apart[at] = nearest->apart[at - 1];
		}
		at--;
	}
	if (at == NEAREST)
		return;
	nearest->events[at] = event;
	nearest->apart[at] = apart;
}

static void
find_nearest(const struct inventory *inventory, const struct file *file, const struct timestamp *change, enum nearby wanted,
	struct nearest *ret_nearest)
{
	*ret_nearest = (struct nearest){ .count = 0 };
	for (size_t i = 0; i < inventory->event_count; i++) {
		const struct event *event = &inventory->events[i];
		int64_t apart;

		if (event_nearby_kept(event) != wanted || !event->system || strcmp(event->system, file->system->id) ||
		    !timestamp_is_recorded(&event->time) || event->time.local ||
		    __builtin_sub_overflow(event->time.seconds, change->seconds, &apart) || apart > SECONDS || apart < -SECONDS)
			continue;
		add_nearest(ret_nearest, event, apart < 0 ? -apart : apart);
	}
}

static void
say_event(struct draft *draft, const struct event *event, enum nearby kind)
{
	if (kind == NEARBY_LOGIN) {
		buffer_add_format(&draft->text, "%s%s%s (%s) at ", event->object ? event->object : "somebody",
			event->subject ? " from " : "", event->subject ? event->subject : "",
			event->provider ? event->provider : "a log");
	} else {
		buffer_add_format(&draft->text, "%s%s%s at ", event->provider ? event->provider : "a log",
			event->user ? " for " : "", event->user ? event->user : "");
	}
	add_time(&draft->text, &event->time);
	draft_see_event(draft, event);
}

static void
say_report(struct draft *draft, const struct inventory *inventory, const struct file *file)
{
	const struct event *last = NULL;

	for (size_t i = 0; i < inventory->event_count; i++) {
		const struct event *event = &inventory->events[i];

		if (event_nearby_kept(event) == NEARBY_REPORT && event->system && !strcmp(event->system, file->system->id) &&
		    !strcmp(event->object, file->path))
			last = event;
	}
	if (!last)
		return;
	buffer_add_format(&draft->text, "; %s reported it as %s at ", last->provider, last->id);
	add_time(&draft->text, &last->time);
	draft_see_event(draft, last);
}

void
add_beside(struct draft *draft, const struct inventory *inventory, const struct file *file)
{
	static const struct { enum nearby kind; const char *says; } kinds[] = {
		{ NEARBY_LOGIN, "logged in within an hour of it" },
		{ NEARBY_DEPLOYMENT, "configuration management was at work within an hour of it" },
		{ NEARBY_COMMAND, "commands by sudo within an hour of it" },
	};
	const struct timestamp *change = file->system ? baseline_change_of(inventory, file) : NULL;
	struct nearest nearest;

	if (file->system)
		say_report(draft, inventory, file);
	for (size_t kind = 0; change && kind < sizeof kinds / sizeof kinds[0]; kind++) {
		find_nearest(inventory, file, change, kinds[kind].kind, &nearest);
		if (!nearest.count)
			continue;
		buffer_add_format(&draft->text, "; %s: ", kinds[kind].says);
		for (size_t i = 0; i < nearest.count && i < NEAREST; i++) {
			buffer_add_text(&draft->text, i ? ", " : "");
			say_event(draft, nearest.events[i], kinds[kind].kind);
		}
		if (nearest.count > NEAREST)
			buffer_add_format(&draft->text, " and %zu more", nearest.count - NEAREST);
	}
}
