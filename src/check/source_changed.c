/* source_changed.c - files of a work tree that differ from its index: one finding a tree. */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/memory.h>

#include "finding.h"

enum { PATHS_NAMED = 8 };

/* Its content, or the link that lies there, is other than the index has it. */
static bool
is_changed(const struct file *file)
{
	return file_is_live(file) && !file->unreliable && file->package_state == PACKAGE_STATE_LOCAL && file->expected &&
	       file->expected->kind == PACKAGE_FILE_SOURCE &&
	       digest_compare(&file->expected->digest, &file->digests, file->extra) == DIGEST_DIFFERS;
}

static int
by_tree(const void *left, const void *right)
{
	const struct file *a = *(const struct file *const *)left, *b = *(const struct file *const *)right;
	int order = strcmp(a->system->id, b->system->id);

	if (!order)
		order = strcmp(a->expected->package, b->expected->package);
	return order ? order : (a > b) - (a < b);
}

/* Files lie sorted by their paths. */
static void
say_tree(const struct check *self, const struct file *const *files, size_t count, struct findings *out)
{
	struct draft draft;

	draft_begin(&draft, self, files[0], out);
	draft.finding.support = SUPPORT_LIMITED;
	buffer_add_format(&draft.text, "%zu files of the work tree %s differ from its index, which records what was checked "
		"out or staged: ", count, files[0]->expected->package);
	for (size_t i = 0; i < count && i < PATHS_NAMED; i++) {
		struct place place = file_place(files[i]);

		buffer_add_format(&draft.text, "%s%s", i ? ", " : "", files[i]->path);
		draft_see(&draft, &place, NULL);
	}
	if (count > PATHS_NAMED)
		buffer_add_format(&draft.text, " and %zu more", count - PATHS_NAMED);
	draft_see_row(&draft, files[0]->expected, files[0]->package);
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	const struct file **changed = memory_allocate(inventory->file_count, sizeof *changed);
	size_t count = 0;

	for (size_t i = 0; i < inventory->file_count; i++)
		if (is_changed(&inventory->files[i]))
			changed[count++] = &inventory->files[i];
	if (count > 1)
		qsort(changed, count, sizeof *changed, by_tree);
	for (size_t first = 0, end = 0; first < count; first = end) {
		while (end < count && changed[end]->system == changed[first]->system &&
		       !strcmp(changed[end]->expected->package, changed[first]->expected->package))
			end++;
		say_tree(self, &changed[first], end - first, out);
	}
	memory_free(changed);
}

const struct check source_changed_check = {
	.id       = "source-changed",
	.title    = "files of a work tree differ from its git index",
	.severity = SEVERITY_LOW,
	.playbook = "Key Indicators: binary hashes that do not match known-good versions",
	.by_content = true,
	.innocent = "work that was not committed yet, filters of git (line ends, large files, keywords), files that a build writes",
	.whole    = look,
};
