/* label_mismatch.c - a program whose SELinux label is not the one that the system's own policy gives to its path. */
#include <string.h>

#include <t1554triage/text.h>

#include "finding.h"

/* Types of places that users write to: a file that is moved takes its label with it. */
static bool
is_label_of_open_place(const char *label)
{
	static const char *const types[] = { ":user_home_t:", ":admin_home_t:", ":home_root_t:", ":user_tmp_t:", ":tmp_t:",
		":tmpfs_t:", ":var_tmp_t:", ":httpd_sys_rw_content_t:", NULL };

	for (const char *const *type = types; *type; type++)
		if (strstr(label, *type))
			return true;
	return false;
}

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file, struct findings *out)
{
	struct draft draft;
	bool is_moved;

	(void)inventory;
	if (!file->label_expected || !file->entry.selinux || !file_is_live(file) || !file_is_program(file) ||
	    !path_is_system_folder(file->path, file->system->windows))
		return;
	is_moved = is_label_of_open_place(file->entry.selinux);
	draft_begin(&draft, self, file, out);
	draft.finding.severity = is_moved ? SEVERITY_MEDIUM : SEVERITY_LOW;
	draft.finding.support = is_moved ? SUPPORT_MODERATE : SUPPORT_LIMITED;
	buffer_add_text(&draft.text, "its SELinux label is ");
	text_add_visible(&draft.text, file->entry.selinux, strlen(file->entry.selinux));
	buffer_add_text(&draft.text, ", and the file_contexts of the system give this path ");
	text_add_visible(&draft.text, file->label_expected, strlen(file->label_expected));
	if (is_moved)
		buffer_add_text(&draft.text, "; it is the label of a place that users write to, and a file that is moved keeps its own");
	draft_see_file(&draft);
	draft_add(&draft);
}

const struct check label_mismatch_check = {
	.id       = "label-mismatch",
	.title    = "program with an SELinux label that the system's policy does not give to its path",
	.severity = SEVERITY_LOW,
	.playbook = "Key Indicators: changes to common executable binaries without corresponding update processes",
	.innocent = "software installed by hand, a policy that was changed without restoring labels, files from a time when "
		"SELinux was off, a restore from a backup",
	.by_content = true,
	.file     = look,
};
