/* damaged_lines.c - lines of a file that the examiner gave which could not be read: counted, the first of them named. */
#include <stdio.h>

#include "damaged_lines.h"

void
damaged_lines_add(struct damaged_lines *lines, uint64_t line)
{
	if (lines->count < DAMAGED_LINES_NAMED)
		lines->first[lines->count] = line;
	lines->count++;
}

enum status
damaged_lines_note(struct damaged_lines *lines, const struct place *file, const struct notes *notes, const char *what)
{
	const struct damaged_lines were = *lines;
	struct place at = *file;
	char numbers[DAMAGED_LINES_NAMED * sizeof "18446744073709551615, "] = "";
	size_t length = 0;

	*lines = (struct damaged_lines){ .count = 0 };
	if (!were.count)
		return STATUS_OK;
	at.line = were.first[0];
	for (size_t i = 0; i < DAMAGED_LINES_NAMED && i < were.count; i++)
		length += (size_t)snprintf(numbers + length, sizeof numbers - length, "%s%llu", i ? ", " : "",
			(unsigned long long)were.first[i]);
	return note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &at, "%llu line%s of %s (%s%s) %s",
		(unsigned long long)were.count, were.count == 1 ? "" : "s", file->path, numbers,
		were.count > DAMAGED_LINES_NAMED ? " and further" : "", what);
}
