/* event_store.h - every event of the case, on disk: memory holds what judging needs only.  Layer: inventory. */
#ifndef T1554TRIAGE_EVENT_STORE_H
#define T1554TRIAGE_EVENT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/eventlog.h>
#include <t1554triage/spool_file.h>

struct event_store;

/* Files without a name in the folder; NULL with errno set. */
struct event_store *event_store_open(int folder);
void     event_store_close(struct event_store *store);	/* NULL is fine */
uint64_t event_store_count(const struct event_store *store);	/* NULL holds none */

/* Where lines of events are kept, and what else came with them; lent as long as the store is there. */
struct spool_file *event_store_lines(const struct event_store *store);
/*
 * An event, in an order that does not depend on who read it first.  Its lines, as event_write gives them and as
 * record_read understands them, lie there one behind the other.  Walks may ask for what is marked only.
 */
void event_store_add(struct event_store *store, const struct event *event, uint64_t offset, size_t length, bool is_marked);
/* After the last: by time, within one moment as they were added. 0, or errno of the first failure of all. */
int  event_store_sort(struct event_store *store);

/*
 * Through the sorted events; several processes may do so at once. What next returns is borrowed until the next
 * call; NULL at the end, and where the store could not be read: event_walk_close returns false then. Without fields
 * events come faster.
 */
struct event_walk;
struct event_walk *event_walk_open(const struct event_store *store, bool with_fields);	/* NULL: a walk over nothing */
void event_walk_only(struct event_walk *walk, uint64_t kinds);	/* a bit for each kind that is wanted; before the first */
void event_walk_only_marked(struct event_walk *walk);		/* before the first */
const struct event *event_walk_next(struct event_walk *walk);
/* The event that next returned last, with its fields; NULL where they could not be read. */
const struct event *event_walk_fields(struct event_walk *walk);
/* Whether it may have a field of the name: false is certain; asked before its fields are read. */
bool event_walk_may_have(const struct event_walk *walk, const char *name);
/* The lines of the next event as they were added, instead of next; false at the end. */
bool event_walk_lines(struct event_walk *walk, const char **ret_lines, size_t *ret_length);
bool event_walk_close(struct event_walk *walk);

#endif
