/* exports.h - records that the examiner gives beside the image: --events, --network.  Private to triage. */
#ifndef TRIAGE_EXPORTS_H
#define TRIAGE_EXPORTS_H

#include <stdbool.h>
#include <stdint.h>

#include <t1554triage/buffer.h>

struct run;

struct given_file {
	const char *name;		/* without its folders: those belong to the run */
	int         descriptor;
	uint64_t    size;
	bool        is_traffic;		/* of --network */
};

/*
 * Reads every file of them once, before anything else is done, so that the report names each with its size and digest
 * (run->given_lines).  0, or the exit status with the reason.
 */
int  exports_digest(struct run *run, struct buffer *ret_message);

/* Opens every file and looks at its front, before anything is read.  0, or the exit status with the reason. */
int  exports_open(struct run *run, struct buffer *ret_message);
void exports_close(struct run *run);

#endif
