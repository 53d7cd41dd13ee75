/* lock_lines.h - settings that keep packages as they are, read line by line.  Private to package. */
#ifndef LOCK_LINES_H
#define LOCK_LINES_H

#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>
#include <t1554triage/package.h>

struct lock_lines {
	const struct package_sink *out;
	const struct notes        *notes;
	const char                *manager, *kind;	/* of the locks that are handed out */
	const char                *odd;			/* what is said of lines that take() refuses */
	struct arena               arena;		/* texts that stay to the end of the file */
	struct timestamp           since;		/* of locks that follow, where a comment tells */
	/* A line without its end, never empty; false where it has no form that is known. */
	bool (*take)(struct lock_lines *lines, char *line, const struct place *at);
	void (*end)(struct lock_lines *lines);		/* of each file; NULL: nothing to do */
	void  *state;					/* the driver's own */
	const struct artifact *artifact;		/* that is read now */
};

/* Hands every line of every file of the group to take(). */
enum status lock_lines_read(struct lock_lines *lines, const struct artifact_group *group);

/* Hands out one lock. */
void lock_lines_add(const struct lock_lines *lines, const char *pattern, const char *text, const struct place *at);

/* The same for each word of a text, which is cut; words stand apart by blanks and commas. */
void lock_lines_add_words(const struct lock_lines *lines, char *words, const char *text, const struct place *at);

/* "key = value": cuts the key off and returns the value without the blanks around it; NULL where it is none. */
char *lock_lines_value(char *line);

#endif
