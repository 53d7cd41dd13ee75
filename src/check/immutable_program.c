/* immutable_program.c - a program that its own package manager could not replace, or what that manager keeps. */
#include "finding.h"

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file, struct findings *out)
{
	struct draft draft;
	bool is_database;

	(void)inventory;
	if (!file->entry.immutable || !file_is_live(file) || file->entry.type == ENTRY_LINK)
		return;
	is_database = file->path && package_db_names(file->path);
	if (!file_is_program(file) && !is_database)
		return;
	draft_begin(&draft, self, file, out);
	if (is_database || file_differs(file) || file_is_unowned(file) || path_is_world_writable(file->path)) {
		draft.finding.severity = SEVERITY_MEDIUM;
		draft.finding.support = SUPPORT_MODERATE;
	}
	buffer_add_text(&draft.text, "it bears the flag that lets nobody change, rename or remove it (chattr +i), root neither");
	if (is_database)
		buffer_add_text(&draft.text, ", and is a file of the package database: the package manager cannot record a "
			"change there");
	else if (file_differs(file))
		buffer_add_text(&draft.text, ", and its content is not the one of its package: no update can put that back");
	else if (file_is_unowned(file))
		buffer_add_text(&draft.text, ", and no package owns it");
	draft_see_file(&draft);
	draft_add(&draft);
}

const struct check immutable_program_check = {
	.id       = "immutable-program",
	.title    = "program or package database that the file system lets nobody change or remove",
	.severity = SEVERITY_LOW,
	.playbook = "Additional Analysis Steps for L1: patterns of repeated changes in system binaries",
	.innocent = "administrators harden systems with this flag, and some products protect their own programs by it",
	.by_content = true,
	.file     = look,
};
