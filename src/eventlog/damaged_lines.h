/* damaged_lines.h - lines of a file that the examiner gave which could not be read.  Private to eventlog. */
#ifndef T1554TRIAGE_DAMAGED_LINES_H
#define T1554TRIAGE_DAMAGED_LINES_H

#include <stdint.h>

#include <t1554triage/note.h>

enum { DAMAGED_LINES_NAMED = 3 };

/* Zero at first. */
struct damaged_lines {
	uint64_t count;
	uint64_t first[DAMAGED_LINES_NAMED];	/* the numbers of the first of them */
};

void damaged_lines_add(struct damaged_lines *lines, uint64_t line);

/*
 * "2 lines of FILE (7, 9) WHAT", at the first of them: the file was not read whole, which makes the examination incomplete.
 * Forgets them.  Nothing and STATUS_OK where there were none.
 */
enum status damaged_lines_note(struct damaged_lines *lines, const struct place *file, const struct notes *notes,
	const char *what);

#endif
