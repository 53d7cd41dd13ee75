/* triage.h - one run: identify, join, collect, walk, examine, judge, report.  Layer: triage. */
#ifndef T1554TRIAGE_TRIAGE_H
#define T1554TRIAGE_TRIAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/report.h>

/* Who reads the medium: several processes, or one at a time from front to back. */
enum io_order { IO_AUTO, IO_SEQUENTIAL, IO_PARALLEL };	/* IO_AUTO: by what the evidence lies on */

struct triage_options {
	char *const *operands;			/* evidence */
	size_t       operand_count;
	const struct hash_set_request *sets;	/* in the order given */
	size_t       set_count;
	bool         default_sets;		/* the shipped ones too */
	const char  *output;			/* folder; NULL: made from the first operand */
	unsigned     jobs;			/* parsing processes; 0: all in one process */
	enum io_order io;
	bool         sandboxed;
	uint32_t     digests;			/* sum of 1 << DIGEST_x that is computed for files */
	uint32_t     media_digests;		/* 0: those stored, else SHA-256 */
	const char  *zone;			/* for systems that do not tell theirs; NULL */
	bool         json;			/* summary as JSON lines */
	const char  *sign_key, *sign_cert;	/* files, NULL */
	struct digest acquired;			/* recorded outside the image; NONE: not given */
	struct case_information case_information;
	struct settings         settings;	/* all_files and no_verify are here */
	const char *const *arguments;		/* as given, for the report */
	size_t       argument_count;
};

/* What the run tells while it goes on; both may be NULL. */
struct triage_observer {
	void (*note)(void *context, const struct note *note);	/* once a note, as they come */
	/* About once a second: stage in words, files done and known so far, bytes read. */
	void (*progress)(void *context, const char *stage, uint64_t done, uint64_t known, uint64_t bytes);
	void  *context;
};

/*
 * The main job.  Returns the exit status of the interface; 0 to 3 with the
 * summary for standard output in ret_text, others with a message for people.
 */
int triage_run(const struct triage_options *options, const struct triage_observer *observer,
	struct buffer *ret_text);

/* Only the integrity pass: 0 equal or nothing stored, 2 mismatch or damage. */
int triage_verify(const struct triage_options *options, const struct triage_observer *observer,
	struct buffer *ret_text);

#endif
