/* driver_run.h - runs one driver over artifacts in memory and writes down all that it says. */
#ifndef T1554TRIAGE_TESTS_DRIVER_RUN_H
#define T1554TRIAGE_TESTS_DRIVER_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include <t1554triage/buffer.h>
#include <t1554triage/status.h>
#include <t1554triage/timestamp.h>

/* An artifact as a case or the fuzzer gives it. */
struct driver_input {
	const char      *path;		/* in the running system, leading slash */
	const void      *bytes;
	size_t           length;
	struct timestamp modified;
	const char      *link_target;	/* a link that leads to no file; NULL */
};

/* A table whose drivers have the shape "artifacts in, records out". */
struct driver_table {
	const char *name;
	size_t      (*count)(void);
	const char *(*driver_name)(size_t driver);
	const char *const *(*patterns)(size_t driver);	/* NULL: takes any single artifact */
	/* inputs are in the order of struct artifact_group. */
	enum status (*run)(size_t driver, const struct driver_input *inputs, size_t input_count,
		struct buffer *out);
};
extern const struct driver_table driver_tables[];	/* ends with a NULL name */

bool driver_find(const char *table, const char *name, const struct driver_table **ret_table, size_t *ret_driver);

/* True if the pattern of a driver takes the path (leading slash). */
bool driver_matches(const char *pattern, const char *path);

/* True if the artifact at path is one that the driver asks for. */
bool driver_wants(const struct driver_table *table, size_t driver, const char *path);

/*
 * Sorts the inputs as a group, runs the driver, and adds a line for each record
 * and note, then "status OK|DAMAGED|UNREADABLE".  What no driver may do adds a
 * line that begins with "broken:": trouble without a note, a record without a
 * path, a record that is not read back as it was written.
 */
enum status driver_run(const struct driver_table *table, size_t driver, struct driver_input *inputs,
	size_t input_count, struct buffer *out);

/*
 * Fault injection: of all reads of artifacts the one with this number (from 1)
 * gives this status instead; reads counts them.  number 0: none.
 */
struct driver_fault {
	unsigned long number, reads;
	enum status   status;
};
extern struct driver_fault driver_fault;

#endif
