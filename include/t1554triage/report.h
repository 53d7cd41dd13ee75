/* report.h - the case as XML, HTML, JSON lines, DFXML, body file.  Layer: report. */
#ifndef T1554TRIAGE_REPORT_H
#define T1554TRIAGE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/check.h>
#include <t1554triage/inventory.h>
#include <t1554triage/verdict.h>

struct custody_line { const char *text; };	/* entered by the examiner, not verified */

struct case_information {
	const char *number, *examiner, *organization, *request, *notes;
	const char *const *exhibit_numbers;	/* one an exhibit, NULL entries */
	const struct custody_line *custody;
	size_t custody_count;
	const char *declaration;		/* "none", "fre902", "uk-technical", "uk-expert" */
};

/* What belongs to the run and stands only in run.xml and the marked part of the HTML. */
struct run_information {
	struct timestamp began, ended;
	const char *host, *user, *kernel, *architecture;
	const char *const *arguments;
	size_t      argument_count;
	const char *executable;
	struct digests executable_digests;
	const char *isolation;			/* how evidence was parsed, in a sentence */
	uint64_t    jobs;
	uint64_t    bytes_read;
	bool        is_sequential;		/* one process read at a time */
	const char *order_why;			/* one sentence */
	uint64_t    chunk_count, chunks_inflated;	/* of all containers; 0 of 0: they have none */
	const struct segment_check { const char *path; uint64_t size; bool unchanged; } *segments;
	size_t      segment_count;
};

/* What the user asked for and that shapes the result: part of the deterministic report. */
struct settings {
	bool        all_files, no_verify, sandboxed;
	const char *digests;			/* "md5,sha1,sha256" */
	struct timestamp window_from, window_to;	/* not recorded: none */
	const char *const *explained;		/* the examiner's statements, line by line */
	size_t      explained_count;
	const char *const *trusted_keys;	/* each file of them, with its digest */
	size_t      trusted_key_count;
	const char *const *limits;		/* "artifact-bytes=1G" as changed on the command line */
	size_t      limit_count;
	const char *acquired_digest;		/* as given, NULL */
};

struct report {
	const struct case_information *case_information;
	const struct run_information  *run;
	const struct settings         *settings;
	const struct inventory        *inventory;
	const struct findings         *findings;
	const struct judgement        *judgement;
	const char                    *body_spool;	/* path of timeline.body as spooled by the walk, whole and sorted;
							   NULL: nothing was walked */
};

struct output;

struct report_format {
	const char *name;		/* file name in the output folder */
	const char *description;
	enum status (*write)(const struct report *report, struct output *out);
};

/*
 * A file of the output folder: written under NAME.partial, hashed on the way,
 * renamed when whole.  Errors are sticky: ask output_finish.
 */
struct output;
struct output *output_open(int folder, const char *name);		/* NULL with errno set */
void  output_write(struct output *output, const void *bytes, size_t length);
void  output_text(struct output *output, const char *text);
/* 0, or errno of the first failure; the partial file is removed then. *ret_sha256 may be NULL. */
int   output_finish(struct output *output, uint8_t ret_sha256[32], uint64_t *ret_size);
void  output_abandon(struct output *output);

const struct report_format *const *report_formats(void);	/* rows of src/report/report.def */

/*
 * Writes every file into the folder and MANIFEST.sha256 last.  Returns 0; 74
 * with a message where a file could not be written (then none of them is left under
 * its name); 70 where report.xml does not fit its own schema; 66 where the key or
 * certificate cannot be read.  sign_key and sign_cert: PEM files, or NULL.
 */
int report_write(const struct report *report, int folder, const char *folder_path,
	const char *sign_key, const char *sign_cert, struct buffer *ret_message);

/* The summary for the screen, at most 15 lines; or JSON lines. */
void report_summary(const struct report *report, const char *folder_path, bool json, struct buffer *out);

/* The commands "render REPORT.xml" and "check-report OUTDIR"; return the exit status. */
int report_render_command(int argc, char *argv[]);
int report_check_command(int argc, char *argv[]);

#endif
