/*
 * alternative_of_nobody.c - a recorded choice of a group of alternatives is a program that no package owns
 *
 * Who registers a program of his own as the best choice has it called under the name of another, and link and record agree.
 */
#include <string.h>

#include "finding.h"

#define LINKS "/etc/alternatives/"

static const struct file *
program_of_nobody(const struct inventory *inventory, const struct package_file *row)
{
	const struct file *file = inventory_file(inventory, row->system, row->link_target);

	return file && file_is_live(file) && file_is_program(file) && !file->row_count &&
		file->package_state != PACKAGE_STATE_DERIVED && !file_match(file, HASH_GOOD) ? file : NULL;
}

static void
report(const struct check *self, const struct package_file *row, const struct file *file, struct findings *out)
{
	bool is_hidden = path_is_hidden(file->path) || path_is_world_writable(file->path);
	struct draft draft;

	draft_begin(&draft, self, file, out);
	draft.finding.support = SUPPORT_LIMITED;
	if (is_hidden) {
		draft.finding.severity = SEVERITY_MEDIUM;
		draft.finding.support = SUPPORT_MODERATE;
	}
	buffer_add_format(&draft.text, "the group of alternatives %s records it as what %s should lead to, so that it is started under that "
		"name; no package names it%s", row->package, row->path,
		is_hidden ? ", and it lies in a hidden folder or one that every user may write to" : "");
	draft_see(&draft, &row->at, row->link_target);
	draft_see_file(&draft);
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	for (size_t i = 0; i < inventory->package_file_count; i++) {
		const struct package_file *row = &inventory->package_files[i];
		const struct file *file;

		if (!row->system || !row->manager || strcmp(row->manager, "alternatives") || !row->link_target ||
		    strncmp(row->path, LINKS, sizeof LINKS - 1))
			continue;
		file = program_of_nobody(inventory, row);
		if (file)
			report(self, row, file, out);
	}
}

const struct check alternative_of_nobody_check = {
	.id       = "alternative-of-nobody",
	.title    = "alternative that leads to a program which no package owns",
	.severity = SEVERITY_LOW,
	.playbook = "Key Indicators: changes to common executable binaries without corresponding update processes",
	.innocent = "a program that an administrator or a vendor's installer has put beside the packages and registered with update-alternatives",
	.whole    = look,
};
