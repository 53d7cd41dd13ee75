/* moved_original.c - where a program differs from its record, the recorded content lies at another place. */
#include "finding.h"

/* Shorter content is the same in many files. */
enum { TELLING_BYTES = 64 };

static bool
may_be_original(const struct file *file)
{
	return file_is_live(file) && file_is_program(file) && !file->row_count && !file->unreliable &&
	       !file->entry.stream && file->entry.type != ENTRY_LINK && !file->is_link_for_row &&
	       file->entry.size >= TELLING_BYTES;
}

static void
look_at(const struct check *self, const struct inventory *inventory, const struct map *originals,
	const struct file *file, struct findings *out)
{
	const struct file *changed = may_be_original(file) ? changed_original(inventory, originals, file) : NULL;
	struct draft draft;

	if (!changed || changed->system != file->system)
		return;
	draft_begin(&draft, self, file, out);
	buffer_add_text(&draft.text, "it holds the content that ");
	add_package(&draft.text, changed->package, changed->expected);
	buffer_add_format(&draft.text, " records for %s, and what lies there differs", changed->path);
	if (path_is_hidden(file->path))
		buffer_add_text(&draft.text, "; a part of its path is hidden from usual listings");
	draft_see_row(&draft, changed->expected, changed->package);
	draft_see_file(&draft);
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	struct map originals;

	map_init(&originals);
	index_changed(inventory, &originals);
	for (size_t i = 0; originals.count && i < inventory->file_count; i++)
		look_at(self, inventory, &originals, &inventory->files[i], out);
	map_release(&originals);
}

const struct check moved_original_check = {
	.id       = "moved-original",
	.title    = "recorded content of a changed program lies at another place",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Key Indicators: changes to common executable binaries without corresponding update processes",
	.by_content = true,
	.innocent = "a copy that was kept before a program was replaced by a local build or a wrapper",
	.whole    = look,
};
