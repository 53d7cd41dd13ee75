/* json_set.c - what readers of sets in JSON share. */
#include <string.h>

#include "json_set.h"

bool
json_set_begins(const uint8_t *head, size_t length)
{
	size_t blanks = 0;

	while (blanks < length && head[blanks] && strchr(" \t\r\n", head[blanks]))
		blanks++;
	return blanks < length && (head[blanks] == '{' || head[blanks] == '[');
}

void
json_set_copy(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size - 1);

	memcpy(to, from, length);
	to[length] = '\0';
}

enum status
json_set_broken(const struct json_reader *json, const char *path, const struct notes *notes)
{
	const struct place here = { .path = path, .line = json->line };

	return note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &here, "not JSON from here: %s; what follows is not read",
		json->why);
}
