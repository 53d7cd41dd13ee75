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
	const char *const *rule_paths;		/* folders or files of Sigma rules, beside the catalog */
	size_t       rule_path_count;
	const char *const *content_paths;	/* folders or files of YARA rules, beside those of this program */
	size_t       content_path_count;
	const char *const *event_paths;		/* exports of other products, beside the image */
	size_t       event_path_count;
	const char *const *network_paths;	/* records of traffic, beside the image */
	size_t       network_path_count;
	const char  *output;			/* folder; NULL: made from the first operand */
	unsigned     jobs;			/* parsing processes; 0: all in one process */
	enum io_order io;
	bool         sandboxed;
	uint32_t     digests;			/* sum of 1 << DIGEST_x that is computed for files */
	uint32_t     media_digests;		/* 0: those stored, else SHA-256 */
	const char  *zone;			/* for systems that do not tell theirs; NULL */
	const char  *trusted_keys;		/* folder of OpenPGP keys whose signatures count; NULL: none */
	const char  *originals;			/* folder to compare altered files with; NULL: none */
	bool         extract;			/* copies of flagged files, in an encrypted archive */
	bool         json;			/* summary as JSON lines */
	const char  *sign_key, *sign_cert;	/* files, NULL */
	struct digest acquired;			/* recorded outside the image; NONE: not given */
	struct case_information case_information;	/* its exhibit_numbers are made of the next */
	const char *const *exhibit_numbers;	/* "NO" or "NO=PATH", as given */
	size_t       exhibit_number_count;
	struct settings         settings;	/* all_files and no_verify are here */
	const char *const *arguments;		/* as given, for the report */
	size_t       argument_count;
};

/* How far the run is. */
struct triage_progress {
	const char *stage;		/* in words: "examining" */
	const char *unit;		/* what done and known count: "files"; "": nothing is counted */
	uint64_t    done, known;	/* of this stage, as far as is known */
	uint64_t    bytes;		/* of contents, read so far */
	uint64_t    media_done, media_bytes;	/* of the integrity pass that goes on beside; 0 bytes: none */
};

/* What the run tells while it goes on; each may be NULL. */
struct triage_observer {
	void (*note)(void *context, const struct note *note);	/* once a note, as they come */
	/*
	 * The findings of critical and high severity, once, while the media are
	 * still being verified: what is found damaged then may still change them.
	 */
	void (*finding)(void *context, const struct finding *finding, const char *said);
	/* Where a stage begins, and about once a second. */
	void (*progress)(void *context, const struct triage_progress *progress);
	void  *context;
};

/*
 * The main job.  Returns the exit status of the interface; 0 to 3 with the
 * summary for standard output in ret_text, others with a message for people.
 * From the moment there is an output folder SIGINT, SIGTERM and SIGHUP end the
 * examination early with a whole report that says so; a second one ends the process.
 */
int triage_run(const struct triage_options *options, const struct triage_observer *observer,
	struct buffer *ret_text);

/*
 * A finished run judged again without its evidence: the one operand is its output folder.  Sets, rules, statements and
 * texts of the options count; those that say how evidence is read are not asked.  65: the folder is not as it was written.
 */
int triage_judge(const struct triage_options *options, const struct triage_observer *observer,
	struct buffer *ret_text);

/* Only the integrity pass: 0 equal or nothing stored, 2 mismatch or damage. */
int triage_verify(const struct triage_options *options, const struct triage_observer *observer,
	struct buffer *ret_text);

#endif
