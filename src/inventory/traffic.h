/* traffic.h - records of connections and questions, while events are walked through.  Private to inventory. */
#ifndef INVENTORY_TRAFFIC_H
#define INVENTORY_TRAFFIC_H

#include <t1554triage/inventory.h>

/* What is found goes to inventory->bad_traffic and inventory->traffic_witnesses. */
struct traffic;
struct traffic *traffic_begin(struct inventory *inventory);
void traffic_end(struct traffic *traffic);

/* First each event of traffic, in any order: the host's own addresses. */
void traffic_learn(struct traffic *traffic, const struct event *event);

/* Then each event by time: one of a process that was started, with its program where that is listed ... */
void traffic_process(struct traffic *traffic, const struct event *event, const struct file *file);
/* ... and one of traffic, with the program that it names where that is listed. */
void traffic_take(struct traffic *traffic, const struct event *event, const struct file *file);

#endif
