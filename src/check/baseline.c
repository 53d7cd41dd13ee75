/* baseline.c - what integrity checkers on the host recorded of a file, as checks ask for it. */
#include "baseline.h"

const struct timestamp *
baseline_change_of(const struct inventory *inventory, const struct file *file)
{
	const struct macb *times = &file->entry.times;
	const struct timestamp *const stamps[] = { &times->changed, &times->born };

	for (size_t i = 0; i < sizeof stamps / sizeof stamps[0]; i++)
		switch (transaction_of(inventory, file, stamps[i], NULL, NULL)) {
		case TRANSACTION_NO_STAMP: case TRANSACTION_COPIED: break;
		default: return stamps[i]->local ? NULL : stamps[i];
		}
	return NULL;
}

bool
baseline_is_older(const struct inventory *inventory, const struct file *file, const struct package_baseline *baseline)
{
	const struct timestamp *change = baseline_change_of(inventory, file);

	return change && timestamp_is_recorded(&baseline->taken) && !baseline->taken.local &&
	       timestamp_compare(&baseline->taken, change) < 0;
}

const struct package_baseline *
baseline_that(const struct inventory *inventory, const struct file *file, enum digest_comparison comparison)
{
	const struct package_baseline *found = NULL, *baselines;
	size_t count;

	if (!file_is_live(file) || file->entry.stream || file->unreliable || file->not_examined || file->is_link_for_row)
		return NULL;
	baselines = inventory_baselines(inventory, file->system->id, file->path, &count);
	for (size_t i = count; i-- > 0; ) {
		if (digest_compare(&baselines[i].digest, &file->digests, file->extra) != comparison)
			continue;
		if (baseline_is_older(inventory, file, &baselines[i]))
			return &baselines[i];
		if (!found)
			found = &baselines[i];
	}
	return found;
}

void
add_baseline(struct buffer *out, const struct package_baseline *baseline)
{
	buffer_add_format(out, "the baseline of %s of ", baseline->product ? baseline->product : "an integrity checker");
	add_time(out, &baseline->taken);
	buffer_add_format(out, " (%s)", baseline->at.path ? baseline->at.path : "no place is recorded");
}
