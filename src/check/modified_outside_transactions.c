/* modified_outside_transactions.c - right content, but touched when no transaction of its package ran. */
#include "finding.h"

static bool
is_outside(const struct inventory *inventory, const struct file *file, const struct timestamp *stamp,
	const struct event **ret_before, const struct event **ret_after)
{
	return transaction_of(inventory, file, stamp, ret_before, ret_after) == TRANSACTION_OUTSIDE;
}

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file,
	struct findings *out)
{
	const struct event *before, *after;
	const struct timestamp *stamp = &file->entry.times.changed;
	const char *what = "its inode was changed at ";
	struct draft draft;

	if (!file_is_live(file) || !file_is_program(file) || !file->package ||
	    !package_manager_is_logged(file->package->manager) ||
	    (file->package_state != PACKAGE_STATE_VERIFIED && file->package_state != PACKAGE_STATE_MODE_CHANGED))
		return;
	if (!is_outside(inventory, file, stamp, &before, &after)) {
		stamp = &file->entry.times.born;
		what = "it was created at ";
		if (!is_outside(inventory, file, stamp, &before, &after))
			return;
	}
	draft_begin(&draft, self, file, out);
	draft.finding.support = SUPPORT_LIMITED;
	buffer_add_format(&draft.text, "its content equals the record of %s, and %s", file->package->name, what);
	add_time(&draft.text, stamp);
	buffer_add_text(&draft.text, ", when the package logs show no transaction of that package");
	draft_see_file(&draft);
	draft_see_event(&draft, before);
	draft_see_event(&draft, after);
	draft_add(&draft);
}

const struct check modified_outside_transactions_check = {
	.id       = "modified-outside-transactions",
	.title    = "packaged program touched outside the transactions of its package",
	.severity = SEVERITY_LOW,
	.playbook = "Key Indicators: changes to common executable binaries without corresponding update processes",
	.by_content = true,
	.innocent = "a restore, a hard link, a change of mode or owner, relabelling, or a move within the file system sets the same stamp",
	.file     = look,
};
