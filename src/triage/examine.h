/* examine.h - what the process that shares out the candidates, and those that read them, know of one another. */
#ifndef TRIAGE_EXAMINE_H
#define TRIAGE_EXAMINE_H

#include <t1554triage/binary.h>

#include "pool.h"

/*
 * Along with the verification: every process is at a part of the disk that it has just read.  While somebody waits for the
 * other, it looks again after so long.
 */
enum { ALONG_STEP_MILLISECONDS = 1 };

/* What reading a content gave, for the pipe. */
struct examined {
	uint64_t       item;
	struct digests digests;
	struct digest  extra;
	const char    *not_examined;
	bool           unreliable;
	uint64_t       bytes_read;
	bool           has_pyc, is_prelinked, is_prelink_undone, may_match_rules;
	const char    *not_undone;
	struct bytecode_source pyc;
	enum program_type type;		/* by content, where it was left open */
	bool           is_unwanted;	/* no program, and nothing else asks for it */
};
extern const struct record_type examined_record;

/* The work of a reading process: state is its struct reader, the task a TASK_EXAMINE. */
void examine_read(void *state, struct worker *worker, const char *task);

#endif
