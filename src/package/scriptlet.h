/* scriptlet.h - which files a package's own script of installation writes.  Private to package. */
#ifndef SCRIPTLET_H
#define SCRIPTLET_H

#include <stdbool.h>
#include <stddef.h>

#include <t1554triage/memory.h>

/* Paths that scripts of one package write, by their words. */
struct scriptlet_writes {
	const char **paths;
	size_t       count, capacity;
	struct arena arena;
};

void scriptlet_init(struct scriptlet_writes *writes);
void scriptlet_release(struct scriptlet_writes *writes);

/*
 * Adds the paths that a script of the shell names, in full, where it writes: behind > and >>, as the last word of cp, mv,
 * install and ln, and as a word of sed -i, perl -i, tee and truncate.  What is in comments, quoted lines of echo or texts
 * between << and its end is no command.  Paths made of variables are not found: nothing is explained by them.
 */
void scriptlet_read(struct scriptlet_writes *writes, const char *text, size_t length);

/* NULL is fine: nothing is written. */
bool scriptlet_is_written(const struct scriptlet_writes *writes, const char *path);

#endif
