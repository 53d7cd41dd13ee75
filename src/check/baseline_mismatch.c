/*
 * baseline_mismatch.c - content, or rights, are others than an integrity checker on the host had recorded
 *
 * Where the content equals the record of its package, the baseline stands against the record: one of them was changed,
 * or the package was installed after the baseline.  So nothing is said where a transaction of the package followed the
 * baseline, by the logs or by the package's own record; little where the logs do not reach back to it.  Content that
 * differs from the record is told by package-digest-mismatch, with what baselines say of it.
 *
 * A baseline from which most programs differ is of another state of the system: said once.
 */
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "baseline.h"
#include "beside.h"

enum { MODE_SET_ID = 06000, NEAR_SECONDS = 600, FOREIGN_LEAST = 8 };

struct asking {
	const struct check     *check;
	const struct inventory *inventory;
	struct findings        *out;
};

/* Several that say the same in one finding: the first is said, with how many there are. */
struct group {
	const struct file *files[DRAFT_PLACES];
	const struct package_baseline *first;
	size_t count;
};

static bool
is_installation(const struct event *event)
{
	return event->kind == EVENT_PACKAGE_INSTALLED || event->kind == EVENT_PACKAGE_UPGRADED ||
	       event->kind == EVENT_PACKAGE_REINSTALLED || event->kind == EVENT_PACKAGE_STATUS ||
	       event->kind == EVENT_PACKAGE_CONFIGURED || event->kind == EVENT_PACKAGE_TRIGGERED;
}

static bool
is_not_before(const struct timestamp *time, const struct timestamp *taken)
{
	return timestamp_is_recorded(time) && !time->local && time->seconds + 1 >= taken->seconds;
}

/* The package was installed, or its scripts ran, after the baseline was taken. */
static bool
was_installed_since(const struct inventory *inventory, const struct file *file, const struct timestamp *taken)
{
	const uint32_t *numbers;
	size_t count;

	if (!file->package)
		return false;
	if (is_not_before(&file->package->installed, taken))
		return true;
	numbers = inventory_package_events(inventory, file->system->id, file->package->name, &count);
	for (size_t i = 0; i < count; i++) {
		const struct event *event = &inventory->events[numbers[i]];

		if (is_installation(event) && is_not_before(&event->time, taken))
			return true;
	}
	return false;
}

/* Some package was at work when the file was changed: what it generates belongs to no package. */
static bool
is_near_transaction(const struct inventory *inventory, const struct file *file)
{
	const struct timestamp *change = baseline_change_of(inventory, file);

	for (size_t i = 0; change && i < inventory->event_count; i++) {
		const struct event *event = &inventory->events[i];
		int64_t apart;

		if (!event->system || strcmp(event->system, file->system->id) || !timestamp_is_recorded(&event->time) ||
		    event->time.local || (!is_installation(event) && event->kind != EVENT_PACKAGE_TRANSACTION) ||
		    __builtin_sub_overflow(event->time.seconds, change->seconds, &apart))
			continue;
		if (apart > -NEAR_SECONDS && apart < NEAR_SECONDS)
			return true;
	}
	return false;
}

static bool
equals_record(const struct file *file)
{
	return file->package_state == PACKAGE_STATE_VERIFIED || file->package_state == PACKAGE_STATE_MODE_CHANGED;
}

static bool
is_nobodys(const struct file *file)
{
	return file->package_state == PACKAGE_STATE_UNOWNED || file->package_state == PACKAGE_STATE_LOCAL ||
	       (file->package_state == PACKAGE_STATE_NO_BASELINE && !file->row_count);
}

/* The record of the package, or none at all, stands against what a baseline has. */
static const struct package_baseline *
contradiction(const struct inventory *inventory, const struct file *file)
{
	const struct package_baseline *baseline;

	if (!file_is_program(file) || file->is_prelinked || (!equals_record(file) && !is_nobodys(file) &&
	    !(file->package_state == PACKAGE_STATE_NO_BASELINE && file->package)))
		return NULL;
	baseline = baseline_that(inventory, file, DIGEST_DIFFERS);
	/* A later baseline has what is there: what changed before it was seen by whoever took it. */
	if (!baseline || !timestamp_is_recorded(&baseline->taken) || baseline->taken.local ||
	    was_installed_since(inventory, file, &baseline->taken))
		return NULL;
	return baseline;
}

static void
begin(const struct asking *asking, struct draft *draft, const struct file *file, const struct package_baseline *baseline)
{
	draft_begin(draft, asking->check, file, asking->out);
	draft->finding.support = SUPPORT_LIMITED;
	add_baseline(&draft->text, baseline);
}

static void
say_digests(struct draft *draft, const struct file *file, const struct package_baseline *baseline)
{
	buffer_add_format(&draft->text, " has %s ", digest_algorithm_names[baseline->digest.algorithm]);
	digest_add_hex(&draft->text, &baseline->digest);
	buffer_add_format(&draft->text, " for %s, the file has ", baseline->path);
	add_file_digest(&draft->text, file, baseline->digest.algorithm);
	draft_see(draft, &baseline->at, NULL);
	draft_see_file(draft);
}

static void
report_packaged(const struct asking *asking, const struct file *file, const struct package_baseline *baseline)
{
	const struct package_baseline *same = baseline_that(asking->inventory, file, DIGEST_EQUAL);
	struct draft draft;

	begin(asking, &draft, file, baseline);
	draft.finding.support = SUPPORT_MODERATE;
	say_digests(&draft, file, baseline);
	buffer_add_format(&draft.text, ", which equals the record of %s; the package logs cover the time since and show no "
		"installation of that package, so that the record or the logs are not what they were", file->package->name);
	if (same) {
		buffer_add_text(&draft.text, "; ");
		add_baseline(&draft.text, same);
		buffer_add_text(&draft.text, " has the content that is there");
	}
	if (file->row_count)
		draft_see_row(&draft, file->rows[0], file->package);
	add_beside(&draft, asking->inventory, file);
	draft_add(&draft);
}

static void
report_nobodys(const struct asking *asking, const struct file *file, const struct package_baseline *baseline)
{
	bool is_older = baseline_is_older(asking->inventory, file, baseline);
	bool is_grave = is_older && file_is_unowned(file) && path_is_system_folder(file->path, file->system->windows) &&
		transactions_cover(asking->inventory, file->system, NULL, &baseline->taken) &&
		!is_near_transaction(asking->inventory, file) && !baseline_that(asking->inventory, file, DIGEST_EQUAL);
	struct draft draft;

	begin(asking, &draft, file, baseline);
	draft.finding.severity = is_grave ? SEVERITY_MEDIUM : SEVERITY_LOW;
	say_digests(&draft, file, baseline);
	buffer_add_text(&draft.text, is_older ? ", and was changed after that; no package names it" :
		"; no package names it, and its stamps do not tell that it was changed after that");
	if (is_grave)
		buffer_add_text(&draft.text, "; no package was installed or configured when it was changed");
	add_beside(&draft, asking->inventory, file);
	draft.finding.innocent = "software installed by hand or by a vendor's own installer that was updated since, code that an "
		"installation generates anew";
	draft_add(&draft);
}

static void
report_group(const struct asking *asking, const struct group *group, const struct installed_system *system, const char *says)
{
	struct draft draft;

	if (!group->count)
		return;
	begin(asking, &draft, NULL, group->first);
	draft.finding.severity = SEVERITY_LOW;
	draft.subject.evidence = group->files[0]->evidence;
	draft.subject.system = system->id;
	draft.subject.path = group->first->at.path;
	buffer_add_format(&draft.text, " has other digests for %zu programs than they have now, the first is %s; %s",
		group->count, group->files[0]->path, says);
	draft_see(&draft, &group->first->at, NULL);
	for (size_t i = 0; i < group->count && i < DRAFT_PLACES - 1; i++) {
		struct place place = file_place(group->files[i]);

		draft_see(&draft, &place, NULL);
	}
	draft_add(&draft);
}

static void
add_to_group(struct group *group, const struct file *file, const struct package_baseline *baseline)
{
	if (group->count < DRAFT_PLACES)
		group->files[group->count] = file;
	if (!group->count++)
		group->first = baseline;
}

/* Programs that any baseline of the system can be asked for, and those that it contradicts. */
static bool
is_foreign(const struct asking *asking, const struct installed_system *system)
{
	size_t asked = 0, contradicted = 0;

	for (size_t i = 0; i < asking->inventory->file_count; i++) {
		const struct file *file = &asking->inventory->files[i];
		size_t count;

		if (file->system != system || !file_is_live(file) || !file_is_program(file))
			continue;
		inventory_baselines(asking->inventory, system->id, file->path, &count);
		asked += count > 0;
		contradicted += count && contradiction(asking->inventory, file);
	}
	return contradicted >= FOREIGN_LEAST && contradicted > asked / 2;
}

/* dpkg records no mode: what a baseline has of it is all that is known. */
static bool
gained_set_id(const struct file *file, const struct package_baseline *baseline)
{
	if (!baseline->has_mode || !(file->entry.has & ENTRY_HAS_MODE) ||
	    !(file->entry.mode & MODE_SET_ID & ~baseline->mode))
		return false;
	for (size_t i = 0; i < file->row_count; i++)
		if (file->rows[i]->has_mode)
			return false;
	return true;
}

static void
look_at_mode(const struct asking *asking, const struct file *file)
{
	const struct package_baseline *baseline, *baselines;
	struct draft draft;
	size_t count;

	if (!file_is_live(file) || !file_is_program(file) || file->entry.stream)
		return;
	baselines = inventory_baselines(asking->inventory, file->system->id, file->path, &count);
	baseline = count ? &baselines[count - 1] : NULL;
	if (!baseline || !gained_set_id(file, baseline) || baseline->taken.local ||
	    was_installed_since(asking->inventory, file, &baseline->taken) || is_near_transaction(asking->inventory, file))
		return;
	begin(asking, &draft, file, baseline);
	if (!transactions_cover(asking->inventory, file->system, NULL, &baseline->taken))
		draft.finding.severity = SEVERITY_LOW;
	buffer_add_format(&draft.text, " has the mode %04o for %s, which has %04o now: it runs with the rights of its owner or "
		"group, whoever starts it", baseline->mode, baseline->path, file->entry.mode & 07777);
	draft_see(&draft, &baseline->at, NULL);
	draft_see_file(&draft);
	draft.finding.innocent = "an administrator's own choice of rights";
	draft_add(&draft);
}

static void
look_at_system(const struct asking *asking, const struct installed_system *system)
{
	bool foreign = is_foreign(asking, system);
	struct group others = { .count = 0 }, uncovered = { .count = 0 };

	for (size_t i = 0; i < asking->inventory->file_count; i++) {
		const struct file *file = &asking->inventory->files[i];
		const struct package_baseline *baseline;

		if (file->system != system)
			continue;
		baseline = contradiction(asking->inventory, file);
		if (!foreign)
			look_at_mode(asking, file);
		/* Further names of one content say nothing new. */
		if (!baseline || file->first_name != file->number)
			continue;
		if (foreign)
			add_to_group(&others, file, baseline);
		else if (is_nobodys(file))
			report_nobodys(asking, file, baseline);
		else if (file->package && package_manager_is_logged(file->package->manager) && equals_record(file) &&
			 baseline_is_older(asking->inventory, file, baseline) &&
			 transactions_cover(asking->inventory, system, NULL, &baseline->taken))
			report_packaged(asking, file, baseline);
		else
			add_to_group(&uncovered, file, baseline);
	}
	report_group(asking, &others, system, "most programs that it has differ: it is of another state of this system, or of "
		"another system");
	report_group(asking, &uncovered, system, "their content is that of their packages, and whether those were installed since "
		"is not to be told from the package logs");
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	const struct asking asking = { self, inventory, out };

	for (size_t i = 0; inventory->baseline_count && i < inventory->systems.count; i++)
		look_at_system(&asking, &inventory->systems.items[i]);
}

const struct check baseline_mismatch_check = {
	.id       = "baseline-mismatch",
	.title    = "differs from what an integrity checker on the host recorded before",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Key Indicators: binary hashes that do not match known-good versions",
	.innocent = "an installation that no log holds, a baseline that was taken elsewhere and brought along, a restore from a backup",
	.whole    = look,
};
