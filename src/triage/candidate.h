/* candidate.h - a file whose content is examined, one of run->candidates in the order of the disk.  Private to triage. */
#ifndef TRIAGE_CANDIDATE_H
#define TRIAGE_CANDIDATE_H

#include "run.h"

enum { CANDIDATE_ROWS = 64 };		/* of packages for one path, at most */

/*
 * The rows of packages for the path that it has in its system, to rows[CANDIDATE_ROWS]; of more than the room only the
 * best.  Returns how many; *ret_system is NULL where it lies in none.
 */
size_t candidate_rows(const struct run *run, const struct file *file, struct arena *arena, const struct package_file **rows,
	const struct installed_system **ret_system, const char **ret_path);

/* Both are names of one content. */
bool candidates_are_same(const struct file *a, const struct file *b);
/* Names of one content stand side by side: the first is read. */
bool candidate_is_read(const struct run *run, size_t item);

/* An image whose container is inflated by processes of the verification. */
bool exhibit_is_inflated(const struct exhibit *exhibit);
/* Where its content begins in the media (media_window.h); UINT64_MAX: not where the verification comes by. */
uint64_t candidate_place(const struct run *run, const struct file *file);

#endif
