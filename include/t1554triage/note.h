/* note.h - what limited the examination, each with its cause and place.  Layer: base. */
#ifndef T1554TRIAGE_NOTE_H
#define T1554TRIAGE_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/place.h>
#include <t1554triage/status.h>

/* The kinds stand in include/t1554triage/note.def, with what each means. */
enum note_kind {
#define NOTE(name, incomplete, meaning) NOTE_##name,
#include <t1554triage/note.def>
#undef NOTE
	NOTE_KIND_COUNT
};

struct note {
	enum note_kind kind;
	enum status    status;
	struct place   at;
	uint64_t       length;		/* bytes that are concerned, 0: not a range */
	uint64_t       files;		/* files that are concerned, 0: not counted */
	const char    *text;
	bool           of_judging;	/* made when facts are joined and judged: judging again makes it again */
	bool           incomplete;	/* something that a living system would have shown was not examined */
};

/* Where notes go.  What add() is handed is borrowed until it returns. */
struct notes {
	void (*add)(void *context, const struct note *note);
	void  *context;
};

/*
 * Adds one note and returns the status it was given, so that a failure is one
 * line: return note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_LINE, &here, "not a line of md5sums").
 * at may be NULL.  The incomplete flag is the kind's own.
 */
enum status note(const struct notes *notes, enum status status, enum note_kind kind,
	const struct place *at, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The whole of it, for ranges, counts or an incomplete flag that differs from the kind's. */
enum status note_add(const struct notes *notes, const struct note *note);

const char *note_kind_name(enum note_kind kind);	/* as in notes.jsonl, lower case */
const char *note_kind_meaning(enum note_kind kind);
bool        note_kind_incomplete(enum note_kind kind);

#endif
