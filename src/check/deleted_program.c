/* deleted_program.c - a deleted program that is known-bad, was delivered by a package, or lay in an open folder. */
#include <string.h>

#include "finding.h"

static bool
content_is_its_own(const struct file *file)
{
	return file->digests.known && !file->unreliable && file->entry.state != ENTRY_REALLOCATED &&
	       file->entry.content_state == CONTENT_INTACT;
}

/* A changed program whose recorded content lies in the deleted file: the original that was moved away. */
static const struct file *
changed_original(const struct inventory *inventory, const struct file *file)
{
	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *other = &inventory->files[i];

		if (file_differs(other) && file_is_program(other) && !strcmp(other->evidence, file->evidence) &&
		    digest_compare(&other->expected->digest, &file->digests, &file->extra) == DIGEST_EQUAL)
			return other;
	}
	return NULL;
}

static void
say_deleted(struct draft *draft, const struct file *file)
{
	buffer_add_format(&draft->text, "a deleted program (%s", program_type_names[file->type]);
	if (timestamp_is_recorded(&file->entry.deleted)) {
		buffer_add_text(&draft->text, ", deleted ");
		add_time(&draft->text, &file->entry.deleted);
	}
	buffer_add_text(&draft->text, ") ");
}

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file,
	struct findings *out)
{
	const struct hash_match *bad = file_match(file, HASH_BAD);
	const struct file *changed = NULL;
	struct draft draft;

	if (file->entry.state == ENTRY_ALLOCATED || (!file_is_program(file) && !bad))
		return;
	if (content_is_its_own(file) && !bad)
		changed = changed_original(inventory, file);
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

const struct check deleted_program_check = {
	.id       = "deleted-program",
	.title    = "deleted program of interest",
	.severity = SEVERITY_MEDIUM,
	.playbook = "T2 Analyst Actions: deeper forensic analysis on the affected files, including their metadata",
	.innocent = "installers and package scripts unpack programs into temporary folders and remove them; an update deletes the version before it",
	.file     = look,
};
