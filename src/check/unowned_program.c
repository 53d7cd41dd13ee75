/* unowned_program.c - a program that no package owns in a system folder, or hidden in an open one. */
#include "baseline.h"

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file,
	struct findings *out)
{
	bool hidden, in_system_folder;
	const struct package_baseline *same;
	struct draft draft;

	if (!file_is_live(file) || !file_is_unowned(file) || !file_is_program(file) || file->entry.stream ||
	    file->entry.type == ENTRY_LINK || file_match(file, HASH_GOOD))
		return;
	hidden = path_is_hidden(file->path);
	in_system_folder = path_is_system_folder(file->path, file->system->windows);
	if (!in_system_folder && !(hidden && path_is_world_writable(file->path)))
		return;
	draft_begin(&draft, self, file, out);
	draft.finding.severity = hidden ? SEVERITY_MEDIUM : SEVERITY_LOW;
	draft.finding.support = hidden ? SUPPORT_MODERATE : SUPPORT_LIMITED;
	buffer_add_format(&draft.text, "a program (%s) that no package names lies in a folder %s%s; the package "
		"database was read whole", program_type_names[file->type],
		in_system_folder ? "of the package manager" : "that every user may write to",
		hidden ? ", and a part of its path is hidden from usual listings" : "");
	same = baseline_that(inventory, file, DIGEST_EQUAL);
	if (same) {
		buffer_add_text(&draft.text, "; its content is that which ");
		add_baseline(&draft.text, same);
		buffer_add_text(&draft.text, " has for it: unchanged since");
		draft_see(&draft, &same->at, NULL);
	}
	draft_see_file(&draft);
	draft_add(&draft);
}

const struct check unowned_program_check = {
	.id       = "unowned-program",
	.title    = "program that no package owns in a system folder, or hidden in an open one",
	.severity = SEVERITY_LOW,
	.playbook = "Key Indicators: changes to common executable binaries without corresponding update processes",
	.innocent = "software installed by hand or by a vendor's own installer, code that an installation generates, "
		"a left-over of a removed package",
	.file     = look,
};
