/* sections.h - the parts of report.xml that fill a file of their own. */
#ifndef T1554TRIAGE_REPORT_SECTIONS_H
#define T1554TRIAGE_REPORT_SECTIONS_H

#include <t1554triage/report.h>

#include "xml.h"

void xml_decision(struct xml *xml, const struct report *report);	/* decision, questions, steps, deciding */
void xml_findings(struct xml *xml, const struct report *report);	/* findings, groups, checks */
void xml_coverage(struct xml *xml, const struct report *report);	/* systems, volumes, sources, sets, locks, notes */

/* What is gathered of all events, in their order, before the document is written: each event is lent to see. */
struct clocks *clocks_open(void);
#define FIELD_OF_BOOT "_BOOT_ID"	/* the only field that clocks look at */
bool clocks_look_at(const struct event *event);	/* false: all it tells is that its system has events */
void clocks_see(struct clocks *clocks, const struct event *event);
void clocks_close(struct clocks *clocks);
/* What logs tell of the clocks of the systems; is_whole: every event was seen. */
void xml_clocks(struct xml *xml, const struct clocks *clocks, bool is_whole);
struct neighbours *neighbours_open(void);
const char *neighbours_field(const struct event *event);	/* the field that is looked at of such an event, NULL: none */
void neighbours_see(struct neighbours *neighbours, const struct event *event);
void neighbours_close(struct neighbours *neighbours);
/* Exhibits compared, neighbours. */
void xml_hosts(struct xml *xml, const struct report *report, const struct neighbours *neighbours);
void xml_picture(struct xml *xml, const struct report *report);		/* counts and the geometry of the figures */

/* False where no time of interest was given. */
bool time_is_of_interest(const struct settings *settings, const struct timestamp *time);

/* Runs of the package managers, joined where less than ten minutes lie between: sorted, UTC. */
struct transaction_window {
	struct timestamp from, to;
	size_t count;			/* events */
	size_t packages;		/* installed, replaced or removed */
	const char *by;			/* command line, NULL */
};
struct transaction_windows {
	struct transaction_window *items;
	size_t count, capacity;
};
void transaction_windows_find(struct transaction_windows *ret_windows, const struct inventory *inventory);
void transaction_windows_release(struct transaction_windows *windows);

#endif
