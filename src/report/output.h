/* output.h - more of the sink, for the formats themselves. */
#ifndef T1554TRIAGE_REPORT_OUTPUT_H
#define T1554TRIAGE_REPORT_OUTPUT_H

#include <t1554triage/report.h>

/* A sink that appends to the buffer, which is borrowed until output_finish. */
struct output *output_open_memory(struct buffer *memory);

/* A sink that keeps nothing: output_finish gives the digest of what was written. */
struct output *output_open_digest(void);

/* Appends a whole file; one that cannot be read makes the output fail. */
void output_copy(struct output *output, const char *path);

/* The folder in which the file is made. */
int output_folder(const struct output *output);

/*
 * What was not yet written: appended to directly by who writes in small pieces, with output_settle now and then, which
 * writes it where it has become large.  Nothing else is written to the output between the two.
 */
struct buffer *output_buffer(struct output *output);
void output_settle(struct output *output);

/* Makes the output fail from the outside: what should be written cannot be had. */
void output_fail(struct output *output, int error);
int  output_error(const struct output *output);	/* errno of the first failure, 0 */

#endif
