/* change_cluster.c - several programs changed without explanation within a quarter of an hour. */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/memory.h>

#include "finding.h"

enum { CLUSTER_SECONDS = 15 * 60, CLUSTER_MINIMUM = 2, NAMED_MAXIMUM = 12 };

struct change { const struct file *file; const struct timestamp *at; };

/* The stamp of a copied tree says nothing of when its files were changed. */
static const struct timestamp *
time_of_change(const struct inventory *inventory, const struct file *file)
{
	const struct macb *times = &file->entry.times;
	const struct timestamp *const stamps[] = { &times->changed, &times->born };

	for (size_t i = 0; i < 2; i++)
		switch (transaction_of(inventory, file, stamps[i], NULL, NULL)) {
		case TRANSACTION_NO_STAMP: case TRANSACTION_COPIED: break;
		default: return stamps[i]->local ? NULL : stamps[i];
		}
	return NULL;
}

static bool
is_unexplained(const struct file *file)
{
	if (!file_is_live(file) || !file_is_program(file))
		return false;
	return file->package_state == PACKAGE_STATE_MODIFIED || file_match(file, HASH_BAD) ||
	       (file->package_state == PACKAGE_STATE_REPLACED && file->expected &&
		digest_compare(&file->expected->digest, &file->digests, file->extra) == DIGEST_DIFFERS) ||
	       (file_is_unowned(file) && path_is_system_folder(file->path, file->system->windows));
}

static int
order_changes(const void *left, const void *right)
{
	const struct change *a = left, *b = right;
	int order = strcmp(a->file->system->id, b->file->system->id);

	if (!order)
		order = timestamp_compare(a->at, b->at);
	return order ? order : (a->file->number > b->file->number) - (a->file->number < b->file->number);
}

static size_t
collect(const struct inventory *inventory, struct change *changes)
{
	struct map known;
	size_t count = 0;

	map_init(&known);
	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];
		const struct timestamp *at = is_unexplained(file) ? time_of_change(inventory, file) : NULL;

		/* Names of one content are one change. */
		if (at && map_add(&known, &file->first_name, sizeof file->first_name, 0))
			changes[count++] = (struct change){ file, at };
	}
	map_release(&known);
	if (count > 1)
		qsort(changes, count, sizeof *changes, order_changes);
	return count;
}

/* At least one of them differs from a record or is known-bad: files of nobody alone are an installation. */
static bool
deserves_a_finding(const struct change *changes, size_t count)
{
	if (count < CLUSTER_MINIMUM)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!file_is_unowned(changes[i].file))
			return true;
	return false;
}

static void
report(const struct check *self, const struct change *changes, size_t count, struct findings *out)
{
	struct draft draft;

	draft_begin(&draft, self, NULL, out);
	draft.subject.evidence = changes[0].file->evidence;
	draft.subject.system = changes[0].file->system->id;
	buffer_add_format(&draft.text, "%zu programs without explanation for their content were changed between ",
		count);
	add_time(&draft.text, changes[0].at);
	buffer_add_text(&draft.text, " and ");
	add_time(&draft.text, changes[count - 1].at);
	buffer_add_text(&draft.text, ": ");
	for (size_t i = 0; i < count && i < NAMED_MAXIMUM; i++) {
		struct place place = file_place(changes[i].file);

		buffer_add_format(&draft.text, "%s%s", i ? ", " : "", changes[i].file->path);
		draft_see(&draft, &place, NULL);
	}
	if (count > NAMED_MAXIMUM)
		buffer_add_format(&draft.text, " and %zu more", count - NAMED_MAXIMUM);
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	struct change *changes = memory_allocate(inventory->file_count, sizeof *changes);
	size_t count = collect(inventory, changes), end;

	for (size_t first = 0; first < count; first = end) {
		for (end = first + 1; end < count &&
		     !strcmp(changes[end].file->system->id, changes[first].file->system->id) &&
		     changes[end].at->seconds - changes[first].at->seconds <= CLUSTER_SECONDS; end++)
			continue;
		if (deserves_a_finding(&changes[first], end - first))
			report(self, &changes[first], end - first, out);
	}
	memory_free(changes);
}

const struct check change_cluster_check = {
	.id       = "change-cluster",
	.title    = "several unexplained changes within 15 minutes",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Additional Analysis Steps for L1: patterns of repeated changes in system binaries",
	.innocent = "a local build or a vendor's installer that replaces several programs in one go",
	.whole    = look,
};
