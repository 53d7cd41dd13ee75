/*
 * reinstalled_by_hand.c - the version that was there was unpacked again, and no tool that fetches from a repository did it
 *
 * dpkg takes any archive: one that was built anew under the same version brings other programs and the digests that fit
 * them, so that every record agrees.  apt records what it has dpkg do in a log of its own.
 */
#include <string.h>

#include "finding.h"
#include "installed_by.h"

static void
report(const struct check *self, const struct event *event, struct findings *out)
{
	struct draft draft;

	draft_begin_event(&draft, self, event, out);
	buffer_add_format(&draft.text, "%s was unpacked again in its version %s at ", event->object, event->version_new);
	add_time(&draft.text, &event->time);
	buffer_add_text(&draft.text, "; apt's own log covers that time and has no transaction of it, so nothing says where the archive came from");
	draft_see_event(&draft, event);
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	for (size_t i = 0; i < inventory->events_by_package_count; i++) {
		const struct event *event = &inventory->events[inventory->events_by_package[i]];

		if (event->kind == EVENT_PACKAGE_REINSTALLED && event->version_new && event_is_by_dpkg_alone(inventory, event) &&
		    event_is_last_of_package(inventory, event) && event_version_is_installed(inventory, event))
			report(self, event, out);
	}
}

const struct check reinstalled_by_hand_check = {
	.id       = "reinstalled-by-hand",
	.title    = "package unpacked again in the same version, from an archive of unknown origin",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Were there any recent system updates or legitimate installations that could explain the modification?",
	.innocent = "an administrator who repaired a package with dpkg and an archive that was at hand, or a local build",
	.whole    = look,
};
