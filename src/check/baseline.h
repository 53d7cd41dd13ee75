/* baseline.h - what integrity checkers on the host recorded of a file, as checks ask for it. */
#ifndef CHECK_BASELINE_H
#define CHECK_BASELINE_H

#include "finding.h"

/*
 * When the content was changed, as far as stamps tell: not by that of a copy of the whole tree.  NULL: not known.
 */
const struct timestamp *baseline_change_of(const struct inventory *inventory, const struct file *file);

/* True where the baseline is known to be older than the last change of the file. */
bool baseline_is_older(const struct inventory *inventory, const struct file *file, const struct package_baseline *baseline);

/*
 * The baseline of the file that compares so with its content; of several the last that is older than its change,
 * else the last.  NULL: none, or the content is not reliable.
 */
const struct package_baseline *baseline_that(const struct inventory *inventory, const struct file *file,
	enum digest_comparison comparison);

/* "the baseline of AIDE of 2026-05-01T10:00:00Z (/var/lib/aide/aide.db)" */
void add_baseline(struct buffer *out, const struct package_baseline *baseline);

#endif
