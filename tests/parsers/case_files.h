/* case_files.h - loads the artifacts of a parser case from its folder. */
#ifndef T1554TRIAGE_TESTS_CASE_FILES_H
#define T1554TRIAGE_TESTS_CASE_FILES_H

#include <t1554triage/memory.h>

#include "driver_run.h"

struct case_files {
	const struct driver_table *table;
	size_t               driver;
	struct driver_input *inputs;
	size_t               count, capacity;
	struct arena         arena;	/* owns paths and contents */
};

/*
 * FOLDER/in holds artifacts under their paths in the running system; FOLDER/times
 * may give times of modification, "PATH TIMESTAMP" a line (else 2024-06-01).
 * What the driver does not ask for is left out.  Ends the program with a message
 * where the driver or the folder is not there.
 */
void case_files_load(struct case_files *ret_files, const char *table, const char *driver, const char *folder);
void case_files_release(struct case_files *files);

#endif
