/* writers.h - the processes that write the files of the folder side by side. */
#ifndef T1554TRIAGE_REPORT_WRITERS_H
#define T1554TRIAGE_REPORT_WRITERS_H

#include <stdbool.h>

#include <t1554triage/report.h>

struct written {
	bool    is_done;		/* false: not begun, or the process that wrote it has died */
	int     error;			/* errno of the first failure, 0 */
	uint8_t sha256[32];
};

struct writers;

/* One process begins with the files that are is_early.  NULL: none is (report->run->jobs is 1 or less, or no memory). */
struct writers *writers_begin(const struct report *report, int folder);
void writers_abandon(struct writers *begun);	/* what it wrote may be there in part; NULL is fine */

/*
 * Writes every file of report_formats that is not begun yet into the folder; ret_written has one
 * entry a row.  The long ones are begun first, and none after the first
 * failure.  The number of processes follows report->run->jobs; no child is left when it returns.  begun: NULL, or
 * it is released.
 */
void writers_run(struct writers *begun, const struct report *report, int folder, struct written *ret_written);

#endif
