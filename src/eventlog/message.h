/* message.h - what a program told its system's log, whatever carried the text.  Private to eventlog. */
#ifndef T1554TRIAGE_MESSAGE_H
#define T1554TRIAGE_MESSAGE_H

#include "field_list.h"

/* Kind of the event, and the names of the fields that hold what it tells; NULL: none. */
struct message_meaning {
	enum event_kind kind;
	const char *object, *subject, *user, *id;
	const char *provider, *channel;		/* where the message names another one than the program */
	struct timestamp time;			/* where the message has one of its own */
};

/* program: "sshd", without path and process id.  Adds fields; EVENT_RECORD where nothing is known of such messages. */
struct message_meaning message_read(struct field_list *fields, const char *program, const char *message);

/* Sets the event from what message_read said, and lends it the fields. */
void message_lend(struct field_list *fields, const struct message_meaning *meaning, struct event *event);

/* A line of Sysmon for Linux: "<Event>...", perhaps cut at its end. */
struct message_meaning sysmon_read(struct field_list *fields, const char *xml);

#endif
