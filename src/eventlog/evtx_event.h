/* evtx_event.h - what a record of a Windows event log says, as an event. */
#ifndef EVTX_EVENT_H
#define EVTX_EVENT_H

#include "evtx_binxml.h"

/*
 * Texts are the reader's, or those of object, until the next record. written: when the record was, where it does not say
 * when it happened.
 */
void evtx_event_fill(const struct evtx_binxml *xml, uint64_t written, struct buffer *object, struct event *ret_event);

#endif
