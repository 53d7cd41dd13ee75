/*
 * local_diversion.c - a package's file was moved aside, and nothing records what lies there instead
 *
 * dpkg keeps who moved it: the administrator, or a package.  A package that puts a program
 * of its own in the place has a record of that; where it has none, its name in
 * the list of diversions vouches for nothing.
 */
#include <string.h>

#include "finding.h"

static void
look_at(const struct check *self, const struct inventory *inventory,
	const struct package_diversion *diversion, struct findings *out)
{
	const struct file *file = diversion->system ?
		inventory_file(inventory, diversion->system, diversion->from) : NULL;
	bool is_program = file && file_is_program(file);
	struct draft draft;

	draft_begin(&draft, self, file, out);
	draft.finding.support = SUPPORT_LIMITED;
	if (!is_program)
		draft.finding.severity = SEVERITY_LOW;
	if (!file) {
		draft.subject.evidence = diversion->at.evidence;
		draft.subject.system = diversion->system;
		draft.subject.path = diversion->from;
	}
	buffer_add_format(&draft.text, "dpkg was told by %s%s to put the file of any other package for %s at %s",
		diversion->package ? "the package " : "the administrator", diversion->package ? diversion->package : "",
		diversion->from, diversion->to);
	buffer_add_text(&draft.text, is_program ? "; the program that lies there instead has no record" :
		"; no program lies there now");
	draft_see(&draft, &diversion->at, diversion->from);
	draft_add(&draft);
}

static bool
puts_unrecorded_program(const struct inventory *inventory, const struct package_diversion *diversion)
{
	const struct file *file = diversion->system ?
		inventory_file(inventory, diversion->system, diversion->from) : NULL;

	return file && file->package_state == PACKAGE_STATE_DIVERTED && file_is_program(file) &&
	       file->entry.type == ENTRY_REGULAR && !file->is_link_for_row;
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	for (size_t i = 0; i < inventory->diversion_count; i++)
		if (!inventory->diversions[i].package || puts_unrecorded_program(inventory, &inventory->diversions[i]))
			look_at(self, inventory, &inventory->diversions[i], out);
}

const struct check local_diversion_check = {
	.id       = "local-diversion",
	.title    = "file of a package moved aside for a program without a record",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Key Indicators: changes to common executable binaries without corresponding update processes",
	.innocent = "administrators divert a program on purpose to put a wrapper or a local build in its place; scripts of a few packages write the program that replaces another one's",
	.whole    = look,
};
