/* deleted_program.c - a deleted program that is known-bad, was delivered by a package, or lay in an open folder. */
#include "finding.h"

static bool
content_is_its_own(const struct file *file)
{
	return file->digests.known && !file->unreliable && file->entry.state != ENTRY_REALLOCATED &&
	       file->entry.content_state == CONTENT_INTACT;
}

static void
say_deleted(struct draft *draft, const struct file *file)
{
	buffer_add_format(&draft->text, "a deleted program (%s", program_type_names[file->type]);
	if (file->entry.further && timestamp_is_recorded(&file->entry.further->deleted)) {
		buffer_add_text(&draft->text, ", deleted ");
		add_time(&draft->text, &file->entry.further->deleted);
	}
	buffer_add_text(&draft->text, ") ");
}

static void
look_at(const struct check *self, const struct inventory *inventory, const struct map *originals,
	const struct file *file, struct findings *out)
{
	const struct hash_match *bad = file_match(file, HASH_BAD);
	const struct file *changed = NULL;
	struct draft draft;

	if (file->entry.state == ENTRY_ALLOCATED || (!file_is_program(file) && !bad))
		return;
	if (content_is_its_own(file) && !bad)
		changed = changed_original(inventory, originals, file);
	if (!bad && !changed && (!path_is_world_writable(file->path) || !content_is_its_own(file)))
		return;
	draft_begin(&draft, self, file, out);
	say_deleted(&draft, file);
	if (bad) {
		draft.finding.support = SUPPORT_CONCLUSIVE_MATCH;
		buffer_add_text(&draft.text, "whose digest stands in ");
		add_match(&draft.text, bad);
	} else if (changed) {
		buffer_add_format(&draft.text, "holds the content that %s records for %s, which differs from it",
			changed->expected->package, changed->path);
		draft_see_row(&draft, changed->expected, changed->package);
	} else {
		draft.finding.severity = SEVERITY_LOW;
		draft.finding.support = SUPPORT_LIMITED;
		buffer_add_text(&draft.text, "lay in a folder that every user may write to");
	}
	draft_see_file(&draft);
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	struct map originals;

	map_init(&originals);
	index_changed(inventory, &originals);
	for (size_t i = 0; i < inventory->file_count; i++)
		look_at(self, inventory, &originals, &inventory->files[i], out);
	map_release(&originals);
}

const struct check deleted_program_check = {
	.id       = "deleted-program",
	.title    = "deleted program of interest",
	.severity = SEVERITY_MEDIUM,
	.playbook = "T2 Analyst Actions: deeper forensic analysis on the affected files, including their metadata",
	.by_content = true,
	.innocent = "installers and package scripts unpack programs into temporary folders and remove them; an update deletes the version before it",
	.whole    = look,
};
