/* reported_by_product.c - a scanner or an agent on the host reported this file, and it is still there. */
#include "finding.h"

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file, struct findings *out)
{
	const struct event *event = file->activity ? file->activity->last[ACTIVITY_DETECTED] : NULL;
	struct draft draft;

	(void)inventory;
	if (!event || !file_is_live(file))
		return;
	draft_begin(&draft, self, file, out);
	/* What equals its record is what the publisher delivered. */
	draft.finding.severity = file->package_state == PACKAGE_STATE_VERIFIED ? SEVERITY_LOW : SEVERITY_MEDIUM;
	draft.finding.support = SUPPORT_LIMITED;
	buffer_add_format(&draft.text, "%s reported this file as %s at ", event->provider ? event->provider : "a product",
		event->subject ? event->subject : "something harmful");
	add_time(&draft.text, &event->time);
	if (event->text)
		buffer_add_format(&draft.text, " (what it says was done: %s)", event->text);
	buffer_add_text(&draft.text, "; the file that has this path now may be another one");
	draft_see(&draft, &event->at, event->text);
	draft_add(&draft);
}

const struct check reported_by_product_check = {
	.id       = "reported-by-product",
	.title    = "another product reported this file as harmful",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Log Sources: EDR/antivirus logs for alerts on modified binaries",
	.innocent = "a false alarm, a test file, or a file that was cleaned or replaced since",
	.file     = look,
};
