/* lock_on_changed.c - a lock keeps updates from a package; does one of its programs differ? */
#include <string.h>

#include <t1554triage/memory.h>

#include "finding.h"
#include "lock_witness.h"

static bool
is_changed_program(const struct file *file)
{
	return (file->package_state == PACKAGE_STATE_REPLACED || file_differs(file)) && file_is_live(file) &&
	       file->package && file_is_program(file);
}

static bool
covers(const struct package_lock *lock, const struct file *file)
{
	return lock->system && !strcmp(lock->system, file->system->id) &&
	       package_lock_covers(lock, file->package->name);
}

static void
say_lock(struct draft *draft, const struct package_lock *lock)
{
	if (!strcmp(lock->kind, "masked-unit"))
		buffer_add_format(&draft->text, "%s is masked (%s): updates do not come by themselves", lock->pattern, lock->text);
	else
		buffer_add_format(&draft->text, "a lock of %s (%s) keeps %s from being updated", lock->manager, lock->kind,
			lock->pattern);
	if (timestamp_is_recorded(&lock->since)) {
		buffer_add_text(&draft->text, ", set ");
		add_time(&draft->text, &lock->since);
	}
	if (lock->by)
		buffer_add_format(&draft->text, " by %s", lock->by);
	draft_see(draft, &lock->at, lock->text);
}

static void
look_at_lock(const struct check *self, const struct inventory *inventory, const struct package_lock *lock,
	const struct file *const *changed, size_t changed_count, struct findings *out)
{
	const struct file *first = NULL;
	struct draft draft;
	size_t count = 0;

	for (size_t i = 0; i < changed_count; i++)
		if (covers(lock, changed[i])) {
			/* A program says more than a script that is configuration. */
			if (!first || (first->package_state == PACKAGE_STATE_CONFIG &&
			    changed[i]->package_state != PACKAGE_STATE_CONFIG))
				first = changed[i];
			count++;
		}
	draft_begin(&draft, self, first, out);
	say_lock(&draft, lock);
	lock_witness_say(&draft, inventory, lock);
	if (first) {
		draft.finding.support = SUPPORT_MODERATE;
		buffer_add_format(&draft.text, "; %zu of its programs %s %s", count,
			count == 1 ? "differs from the record:" : "differ from the record, the first is", first->path);
		draft_see_file(&draft);
	} else {
		draft.finding.severity = SEVERITY_INFO;
		draft.finding.support = SUPPORT_NEUTRAL;
		draft.subject.evidence = lock->at.evidence;
		draft.subject.system = lock->system;
		draft.subject.path = lock->at.path;
		buffer_add_text(&draft.text, "; no program of what it covers differs from its record");
	}
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	const struct file **changed = memory_allocate(inventory->file_count, sizeof *changed);
	size_t count = 0;

	for (size_t i = 0; i < inventory->file_count; i++)
		if (is_changed_program(&inventory->files[i]))
			changed[count++] = &inventory->files[i];
	for (size_t i = 0; i < inventory->lock_count; i++)
		look_at_lock(self, inventory, &inventory->locks[i], changed, count, out);
	memory_free(changed);
}

const struct check lock_on_changed_check = {
	.id       = "lock-on-changed",
	.title    = "updates are locked for a package",
	.severity = SEVERITY_HIGH,
	.playbook = "Key Indicators: use of 'versionlock' configurations in package managers preventing updates",
	.by_content = true,
	.innocent = "administrators hold packages back on purpose, for instance a kernel or a database server",
	.whole    = look,
};
