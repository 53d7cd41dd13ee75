/*
 * writable_by_others.c - a program that users may change whom its package did not let
 *
 * Whoever owns a program, or may write to it, changes it without any right of the system.  Only what the package
 * records is compared: a program that it gave to a group, or a mode that the administrator has put down in dpkg's
 * overrides, is as it should be.
 */
#include "finding.h"

enum { WRITE_GROUP = 020, WRITE_OTHERS = 02 };

static const struct package_file *
row_with_rights(const struct file *file)
{
	const struct package_file *found = NULL;

	for (size_t i = 0; i < file->row_count; i++) {
		const struct package_file *row = file->rows[i];

		if (row->is_override)
			return row;
		if (!found && row->kind == PACKAGE_FILE_PLAIN && (row->has_mode || row->has_uid || row->has_gid))
			found = row;
	}
	return found;
}

static bool
has_other_owner(const struct inventory *inventory, const struct file *file, const struct package_file *row)
{
	return row->has_uid && file->entry.uid && file->entry.uid != row->uid && inventory_owner_differs(inventory, file, row);
}

static bool
has_other_group(const struct inventory *inventory, const struct file *file, const struct package_file *row)
{
	return row->has_gid && file->entry.gid && file->entry.gid != row->gid && file->entry.mode & WRITE_GROUP &&
		inventory_owner_differs(inventory, file, row);
}

static uint32_t
added_rights(const struct file *file, const struct package_file *row)
{
	return row->has_mode ? file->entry.mode & ~row->mode & (WRITE_GROUP | WRITE_OTHERS) : 0;
}

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file, struct findings *out)
{
	const struct package_file *row = row_with_rights(file);
	struct draft draft;

	if (!row || !file_is_live(file) || !file_is_program(file) || file->entry.type != ENTRY_REGULAR ||
	    !(file->entry.has & ENTRY_HAS_OWNER) || !(file->entry.has & ENTRY_HAS_MODE) ||
	    (!has_other_owner(inventory, file, row) && !has_other_group(inventory, file, row) &&
	    !added_rights(file, row)))
		return;
	draft_begin(&draft, self, file, out);
	draft.finding.support = SUPPORT_MODERATE;
	buffer_add_format(&draft.text, "it belongs to user %u and group %u with the mode %04o, and %s records ",
		file->entry.uid, file->entry.gid, file->entry.mode & 07777, row->package);
	if (row->has_uid)
		buffer_add_format(&draft.text, "user %u ", row->uid);
	if (row->has_gid)
		buffer_add_format(&draft.text, "group %u ", row->gid);
	if (row->has_mode)
		buffer_add_format(&draft.text, "mode %04o ", row->mode & 07777);
	buffer_add_text(&draft.text, "for it: whoever that lets write to it can change what others run");
	draft_see_row(&draft, row, file->package);
	draft_see_file(&draft);
	draft_add(&draft);
}

const struct check writable_by_others_check = {
	.id       = "writable-by-others",
	.title    = "program can be changed by users whom its package did not let",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Additional Analysis Steps for L1: patterns of repeated changes in system binaries",
	.by_content = true,
	.innocent = "administrators give programs to a group or user that maintains them, and careless copies keep the "
		"copier as owner",
	.file     = look,
};
