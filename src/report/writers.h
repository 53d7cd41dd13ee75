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

/*
 * Writes every file of report_formats into the folder; ret_written has one
 * entry a row.  The long ones are begun first, and none after the first
 * failure.  The number of processes follows report->run->jobs; no child is left when it returns.
 */
void writers_run(const struct report *report, int folder, struct written *ret_written);

#endif
