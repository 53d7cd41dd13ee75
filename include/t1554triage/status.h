/* status.h - what a failure means for the caller.  Layer: base. */
#ifndef T1554TRIAGE_STATUS_H
#define T1554TRIAGE_STATUS_H

/*
 * A status says the consequence; the cause goes once, in words, to note().
 * Below zero is trouble, and the smaller is the worse, so that the result of
 * a loop is the worst of its items.
 */
enum status {
	STATUS_NOT_MINE   =  2,	/* another driver's format: try the next */
	STATUS_END        =  1,	/* no more items */
	STATUS_OK         =  0,
	STATUS_DAMAGED    = -1,	/* this item is incomplete: go on with it */
	STATUS_UNREADABLE = -2,	/* this item is lost: go on with the next */
	STATUS_FATAL      = -3,	/* stop: the report itself is at risk */
};

static inline enum status
status_worse(enum status a, enum status b)
{
	return a < b ? a : b;
}

#endif
