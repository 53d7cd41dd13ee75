/* event_vocabulary.h - what fields of events are called: one name for all logs.  Layer: eventlog. */
#ifndef T1554TRIAGE_EVENT_VOCABULARY_H
#define T1554TRIAGE_EVENT_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>

#include <t1554triage/buffer.h>
#include <t1554triage/eventlog.h>

/* How a value is written in its one form; "-", "(null)" and nothing at all are absent in each. */
enum value_form {
	VALUE_TEXT,	/* as it stands */
	VALUE_PATH,	/* "\??\C:\x", "\\?\C:\x", "\SystemRoot\x", "%SystemRoot%\x" begin with the drive; "/usr//bin" has one '/' */
	VALUE_NUMBER,	/* decimal: "0x24c" is 588 */
	VALUE_HEX,	/* "0x" and lower case without zeros before: "0x00100080" and "1048704" are 0x100080 */
	VALUE_GUID,	/* lower case, no braces */
	VALUE_DIGEST,	/* lower case; all zeros are absent */
	VALUE_LEVEL,	/* "S-1-16-12288" and its kin are words: Low, Medium, High, System */
};

enum event_name {
#define EVENT_NAME(name, form, meaning) EVENT_NAME_##name,
#include <t1554triage/event_name.def>
#undef EVENT_NAME
	EVENT_NAME_COUNT
};

struct event_name_row { const char *name; enum value_form form; const char *meaning; };
extern const struct event_name_row event_name_rows[];	/* index: enum event_name */

/* The names that one kind of record uses; a name that is not among its words is taken for the one name itself. */
struct vocabulary_word { const char *called; enum event_name is; };
struct vocabulary {
	const char *name;			/* "Security 4688" */
	const char *provider, *channel, *id;	/* of the events; NULL: any */
	const struct vocabulary_word *words;	/* end with a NULL name; several words of one meaning: the first that is there */
};
const struct vocabulary *vocabularies(void);		/* rows of src/eventlog/field.def; the last has no name */
const struct vocabulary *event_vocabulary(const struct event *event);	/* never NULL */

/* "Image" without regard to case; false where there is no such name. */
bool event_name_find(const char *name, enum event_name *ret_name);

/* The meaning of a field of that name in a vocabulary; false where it has none of ours. */
bool vocabulary_find(const struct vocabulary *vocabulary, const char *called, enum event_name *ret_name);

/*
 * The value of a field of an event in its one form, in out (or the event's own text); NULL: absent.
 * EventID, Provider_Name and Channel are those of the event itself.
 */
const char *event_value(const struct event *event, enum event_name name, struct buffer *out);

/* A value in its one form, in out or value itself; NULL: absent. */
const char *value_in_form(const char *value, enum value_form form, struct buffer *out);

#endif
