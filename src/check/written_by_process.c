/* written_by_process.c - a log says that a packaged program was written by what is no package manager. */
#include <string.h>

#include <t1554triage/text.h>

#include "finding.h"

static bool
is_package_program(const char *path)
{
	static const char *const names[] = {
#define PACKAGE_PROGRAM(name) name,
#include "package_program.def"
#undef PACKAGE_PROGRAM
	};
	const char *name = text_base_name(path);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* A transaction that covers the moment says that the package manager, or a script of its, was at work. */
static bool
is_within_transaction(const struct inventory *inventory, const struct file *file, const struct event *event)
{
	return transaction_of_package(inventory, file->system, file->package, &event->time, NULL, NULL) == TRANSACTION_INSIDE;
}

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file, struct findings *out)
{
	const struct event *event = file->activity ? file->activity->last[ACTIVITY_WRITTEN] : NULL;
	struct draft draft;

	if (!event || !event->subject || !file_is_live(file) || !file_is_program(file) || !file->package ||
	    is_package_program(event->subject) || is_within_transaction(inventory, file, event))
		return;
	draft_begin(&draft, self, file, out);
	draft.finding.severity = file_differs(file) ? SEVERITY_MEDIUM : SEVERITY_LOW;
	draft.finding.support = file_differs(file) ? SUPPORT_MODERATE : SUPPORT_LIMITED;
	buffer_add_format(&draft.text, "%s recorded that %s wrote this file of %s at ", event->provider ? event->provider :
		"a log", event->subject, file->package->name);
	add_time(&draft.text, &event->time);
	if (event->user)
		buffer_add_format(&draft.text, " for the user %s", event->user);
	buffer_add_text(&draft.text, file_differs(file) ? "; its content is not what the package recorded" :
		"; its content equals the record of the package");
	draft_see(&draft, &event->at, event->text);
	draft_add(&draft);
}

const struct check written_by_process_check = {
	.id       = "written-by-process",
	.title    = "packaged program written by what is no package manager",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Key Indicators: changes to common executable binaries without corresponding update processes",
	.innocent = "an installer of the vendor, a script of configuration management, a restore; who may write to a log of the host may write this, too",
	.file     = look,
};
