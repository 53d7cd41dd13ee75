/* json_set.h - what readers of sets in JSON share.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_JSON_SET_H
#define T1554TRIAGE_HASHSET_JSON_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/json_reader.h>
#include <t1554triage/note.h>

/* An object or a list, behind blanks. */
bool json_set_begins(const uint8_t *head, size_t length);
/* As much of the text as there is room for, with a NUL. */
void json_set_copy(char *to, size_t size, const char *from);
/* Notes that what follows is not read; returns STATUS_DAMAGED. */
enum status json_set_broken(const struct json_reader *json, const char *path, const struct notes *notes);

#endif
