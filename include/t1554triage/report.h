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
	const char *const *exhibit_numbers;	/* as many as exhibits, NULL entries; NULL: none has one */
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

/* Rules of one origin that were asked: the catalog, or what one --rules or --yara named. */
struct rules_used {
	const char *name;		/* base name; "catalog" */
	const char *language;		/* "Sigma", "YARA" */
	bool        shipped;
	uint64_t    files, rules, refused;
	uint8_t     sha256[32];		/* of the list that sha256sum prints of its files, sorted by name */
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
	const char *const *given;		/* records beside the image, with sizes and digests */
	size_t      given_count;
	const struct rules_used *rules_used;
	size_t      rules_used_count;
	const char *const *limits;		/* "artifact-bytes=1G" as changed on the command line */
	size_t      limit_count;
	const char *acquired_digest;		/* as given, NULL */
};

/* Copies of flagged files, encrypted in one archive under the names of their digests. */
struct extraction {
	const char *spool;			/* path of the archive, whole */
	const struct extracted {
		const struct file *file;
		const char *name;		/* in the archive; NULL: not copied */
		const char *why;		/* not copied, or not as it was: a sentence; NULL: whole */
		uint8_t     sha256[32];		/* of what was copied */
		uint64_t    size;
	}          *items;
	size_t      count;
};

/* A report that was made from the facts of an earlier run, without the evidence. */
struct judged_again {
	const char *folder;			/* base name of the earlier output folder */
	const char *body;			/* path of its timeline.body */
	const char *program;			/* version that examined the evidence */
	char           id[36];			/* of its report; "": none */
	struct digests manifest, report;	/* of its MANIFEST.sha256 and its report.xml */
	const char *const *not_asked;		/* what could not be asked again without the evidence, a sentence each */
	size_t      not_asked_count;
};

struct output;

struct report {
	const struct case_information *case_information;
	const struct run_information  *run;
	const struct settings         *settings;
	const struct inventory        *inventory;
	const struct findings         *findings;
	const struct judgement        *judgement;
	const char                    *body_spool;	/* path of timeline.body as spooled by the walk, whole and sorted;
							   NULL: nothing was walked */
	const struct extraction       *extraction;	/* NULL: not asked for */
	const struct judged_again     *judged_again;	/* NULL: the evidence was examined */
	int (*write_facts)(const void *facts, struct output *out);	/* facts.records without its events: 0 or errno;
							   NULL: not kept */
	const void                    *facts;		/* what it is called with */
};

struct report_format {
	const char *name;		/* file name in the output folder */
	const char *description;
	enum status (*write)(const struct report *report, struct output *out);
	bool (*is_written)(const struct report *report);	/* NULL: in every run */
	const struct report_format *made_from;	/* a file of the folder, whole when this is begun; NULL: none */
	bool is_early;			/* follows from files, events and findings alone: written while media are still verified */
	unsigned work;			/* what a listed file costs it, against others: the greatest are begun first */
};

/*
 * Whether the document tells something of such an event: those that it does not look at need not be marked in the store.
 * Of its fields only those are asked that the second names; the first event of each system is to be marked, too.
 */
bool report_looks_at(const struct event *event);
bool report_looks_at_field(const char *name, size_t length);

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

const struct report_format *const *report_formats(void);	/* rows of src/report/report.def */

/*
 * A process begins with the files that are is_early; of the report, inventory, findings, body_spool and run->jobs are asked,
 * and are as they were when it was begun.  NULL: nothing was.  Abandoned: nothing of it is left in the folder.
 */
struct writers;
struct writers *report_begin(const struct report *report, int folder);
void report_abandon(struct writers *begun, int folder);	/* NULL is fine */

/*
 * Writes every file into the folder, but what was begun (NULL: nothing; it is released), and MANIFEST.sha256 last.  Returns 0; 74
 * with a message where a file could not be written (then none of them is left under
 * its name); 70 where report.xml does not fit its own schema; 66 where the key or
 * certificate cannot be read.  sign_key and sign_cert: PEM files, or NULL.
 */
int report_write(const struct report *report, struct writers *begun, int folder, const char *folder_path,
	const char *sign_key, const char *sign_cert, struct buffer *ret_message);

/* The summary for the screen, at most 15 lines; or JSON lines. */
void report_summary(const struct report *report, const char *folder_path, bool json, struct buffer *out);

/*
 * Holds MANIFEST.sha256 against the folder as check-report does: how many departures, each a line.  SHA-256 of the
 * manifest and of report.xml, none where they could not be read.
 */
unsigned report_check_folder(int folder, struct digests *ret_manifest, struct digests *ret_report, struct buffer *ret_lines);
/* The id of the report in the folder, 35 characters; "" where there is none. */
void report_id_of_folder(int folder, char ret_id[36]);

/* The commands "render REPORT.xml" and "check-report OUTDIR"; return the exit status. */
int report_render_command(int argc, char *argv[]);
int report_check_command(int argc, char *argv[]);

#endif
