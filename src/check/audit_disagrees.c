/*
 * audit_disagrees.c - installations that the audit log has and the package manager's logs have not, and the other way round
 *
 * rpm tells auditd of each package itself (SOFTWARE_UPDATE), whoever runs it; dnf, yum and zypper write logs of their own.
 * Either is asked only for times that it covers: the package logs from their first record on, the audit log between two
 * of its own records of packages.
 */
#include <string.h>

#include "finding.h"

enum { NEAR_SECONDS = 900, NAMED_MAXIMUM = 8 };

struct asking {
	const struct check            *check;
	const struct inventory        *inventory;
	const struct installed_system *system;
	struct findings               *out;
	const struct event            *first, *last;	/* of packages, in the audit log; NULL: none */
};

static bool
is_audit(const struct event *event)
{
	return event->provider && !strcmp(event->provider, "auditd");
}

static bool
changes_package(const struct event *event)
{
	return event->kind == EVENT_PACKAGE_INSTALLED || event->kind == EVENT_PACKAGE_UPGRADED ||
	       event->kind == EVENT_PACKAGE_REINSTALLED || event->kind == EVENT_PACKAGE_REMOVED;
}

/* Of rpm's own kin: dpkg and others tell auditd nothing. */
static bool
is_of_rpm(const struct event *event)
{
	static const char *const names[] = { "dnf", "yum", "dnf5", "rpm", "zypper", "zypp" };

	for (size_t i = 0; event->provider && i < sizeof names / sizeof names[0]; i++)
		if (!strncmp(event->provider, names[i], strlen(names[i])))
			return true;
	return false;
}

static bool
is_usable(const struct asking *asking, const struct event *event)
{
	const int64_t bound = INT64_MAX / 2;

	if (event->time.seconds > bound || event->time.seconds < -bound || event->end.seconds > bound)
		return false;
	return event->object && event->system && !strcmp(event->system, asking->system->id) && changes_package(event) &&
	       timestamp_is_recorded(&event->time) && !event->time.local;
}

/* A record of a history stands for the whole time of its transaction. */
static bool
is_near(const struct event *span, const struct event *event)
{
	int64_t end = timestamp_is_recorded(&span->end) && !span->end.local ? span->end.seconds : span->time.seconds;

	return event->time.seconds > span->time.seconds - NEAR_SECONDS && event->time.seconds < end + NEAR_SECONDS;
}

/* The other side has a record of the package near that time. */
static bool
has_counterpart(const struct asking *asking, const struct event *event)
{
	const uint32_t *numbers;
	size_t count;

	numbers = inventory_package_events(asking->inventory, asking->system->id, event->object, &count);
	for (size_t i = 0; i < count; i++) {
		const struct event *other = &asking->inventory->events[numbers[i]];

		if (is_audit(other) != is_audit(event) && is_usable(asking, other) && (is_near(other, event) || is_near(event, other)))
			return true;
	}
	return false;
}

/* The rpm database tells of the same installation: then it was rpm alone, without dnf. */
static bool
is_in_database(const struct asking *asking, const struct event *event)
{
	const struct package *package = inventory_package(asking->inventory, asking->system->id, "rpm", event->object, NULL);
	int64_t apart;

	return package && timestamp_is_recorded(&package->installed) &&
	       !__builtin_sub_overflow(package->installed.seconds, event->time.seconds, &apart) &&
	       apart > -NEAR_SECONDS && apart < NEAR_SECONDS;
}

/* Recorded on one side alone, at a time that the other covers. */
static bool
is_alone(const struct asking *asking, const struct event *event, bool is_of_audit)
{
	if (!is_usable(asking, event) || is_audit(event) != is_of_audit || has_counterpart(asking, event))
		return false;
	if (is_of_audit)
		return transactions_cover(asking->inventory, asking->system, NULL, &event->time) && !is_in_database(asking, event);
	return is_of_rpm(event) && asking->first && timestamp_compare(&asking->first->time, &event->time) < 0 &&
	       timestamp_compare(&asking->last->time, &event->time) > 0;
}

static void
report(const struct asking *asking, bool is_of_audit)
{
	struct draft draft;
	size_t count = 0;

	for (size_t i = 0; i < asking->inventory->event_count; i++) {
		const struct event *event = &asking->inventory->events[i];

		if (!is_alone(asking, event, is_of_audit))
			continue;
		if (!count++) {
			draft_begin_event(&draft, asking->check, event, asking->out);
			buffer_add_text(&draft.text, is_of_audit ? "the audit log records what neither the package logs, which cover that "
				"time, nor the package database have: " : "the package logs record what the audit log, which has others before "
				"and after, has not: ");
		}
		if (count > NAMED_MAXIMUM)
			continue;
		buffer_add_format(&draft.text, "%s%s of %s at ", count > 1 ? ", " : "", event_kind_names[event->kind], event->object);
		add_time(&draft.text, &event->time);
		draft_see_event(&draft, event);
	}
	if (count > NAMED_MAXIMUM)
		buffer_add_format(&draft.text, " and %zu more", count - NAMED_MAXIMUM);
	if (count)
		draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	for (size_t system = 0; system < inventory->systems.count; system++) {
		struct asking asking = { .check = self, .inventory = inventory, .system = &inventory->systems.items[system], .out = out };

		/* Events lie sorted by time. */
		for (size_t i = 0; i < inventory->event_count; i++) {
			const struct event *event = &inventory->events[i];

			if (!is_audit(event) || !is_usable(&asking, event))
				continue;
			asking.first = asking.first ? asking.first : event;
			asking.last = event;
		}
		if (!asking.first)
			continue;
		report(&asking, true);
		report(&asking, false);
	}
}

const struct check audit_disagrees_check = {
	.id       = "audit-disagrees",
	.title    = "the audit log and the package manager's logs tell of different installations",
	.severity = SEVERITY_LOW,
	.playbook = "Key Indicators: changes to common executable binaries without corresponding update processes",
	.innocent = "rpm run by hand for a package that was removed or replaced since, a stopped or overloaded auditd, a package "
		"manager that was told not to write its history",
	.whole    = look,
};
