/* tool_types.h - NSRL application types that make a file a tool.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_TOOL_TYPES_H
#define T1554TRIAGE_HASHSET_TOOL_TYPES_H

#include <stdbool.h>
#include <stddef.h>

#include <t1554triage/memory.h>
#include <t1554triage/note.h>

struct tool_types {
	const char **names;		/* in arena */
	size_t       count;
};

/* Reads hashsets/tool_application_types.tsv; UNREADABLE with a note where it is not there. */
enum status tool_types_read(struct arena *arena, const struct notes *notes, struct tool_types *ret_types);
/* An application type may be a list ("Security,Hacker Tool"): one of them is enough. */
bool tool_types_match(const struct tool_types *types, const char *application_type);

#endif
