/* field_list.h - the fields of an event while they are gathered.  Private to eventlog. */
#ifndef T1554TRIAGE_FIELD_LIST_H
#define T1554TRIAGE_FIELD_LIST_H

#include <t1554triage/eventlog.h>

/* Names may repeat.  What would pass LIMIT_EVENT_FIELDS or LIMIT_EVENT_BYTES is left out and sets cut. */
struct field_list {
	struct buffer       texts;
	struct field_offset { size_t name, value; } *items;
	size_t              count, capacity;
	struct event_field *lent;
	size_t              lent_capacity;
	bool                cut;
};

void field_list_init(struct field_list *list);
void field_list_release(struct field_list *list);
void field_list_clear(struct field_list *list);

/* Copies both; a NUL within the value becomes a blank, those at its end go. */
void field_list_add(struct field_list *list, const char *name, size_t name_length, const char *value, size_t value_length);
void field_list_add_text(struct field_list *list, const char *name, const char *value);	/* NULL value: nothing is added */

/* The first of that name, NULL; valid until the next call that adds. */
const char *field_list_value(const struct field_list *list, const char *name);

/* Sets the fields of the event; valid until the next call that adds or clears. */
void field_list_lend(struct field_list *list, struct event *event);

#endif
