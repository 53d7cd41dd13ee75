/* run.h - the state of one run, as the passes share it. */
#ifndef RUN_H
#define RUN_H

#include <t1554triage/rule.h>
#include <t1554triage/stack.h>
#include <t1554triage/triage.h>

#include "pool.h"
#include "line_spool.h"
#include "exports.h"
#include "originals.h"
#include "trusted_keys.h"

/* A file system that can be opened again by any process. */
struct readable {
	size_t        exhibit;		/* position in exhibits */
	uint32_t      stack;		/* number in stacks that the volume lies on, STACK_NONE: the medium */
	struct volume volume;		/* a copy, in the run's arena */
	unsigned      index;		/* within a pool of file systems */
};

/* Facts that facts.records holds as they came, since joining changes them. */
struct kept_facts {
	struct spool_file *lines;	/* of package managers, in the order of the tasks; NULL: none are kept */
	uint64_t      size;		/* of them */
	char        **covers;		/* lines, in the run's arena */
	size_t        cover_count, cover_capacity;
};

struct run {
	const struct triage_options  *options;
	const struct triage_observer *observer;
	struct inventory  inventory;
	struct exhibits   exhibits;
	struct notes      notes;		/* into the inventory, and to the observer */
	struct arena      arena;
	struct stacks     stacks;		/* logical volumes and arrays */
	struct readable  *readables;		/* by number of the file system */
	size_t            readable_count, readable_capacity;
	struct filesystem_fact *facts;		/* same order */
	size_t            fact_capacity;
	struct mount_fact *mounts;
	size_t            mount_count, mount_capacity;
	struct rule_set  *rules;		/* of the catalog and of --rules */
	const struct rules_used *rules_used;	/* where they came from, with digests */
	size_t            rules_used_count;
	struct content_rules *content_rules;	/* of the catalog and of --yara; NULL: none in this build */
	uint32_t         *content_files;	/* numbers of the files that they are asked of */
	size_t            content_file_count;
	struct map        notes_seen;		/* lines of notes that came from reading processes */
	struct map        bad_names;		/* base names that stand in bad sets */
	struct map        indicator_names;	/* base names and exact paths of path indicators */
	const char      **indicator_globs;	/* their patterns, in the arena */
	size_t            indicator_glob_count;
	struct trusted_keys trusted_keys;	/* --trusted-keys */
	struct given_file *exports;		/* --events, --network */
	const char **exhibit_numbers;		/* one an exhibit, NULL entries; NULL: none has one */
	const char *const *given_lines;		/* each with its size and digest, for the report */
	size_t            given_line_count;
	size_t            export_count;
	struct originals  originals;		/* --originals */
	struct zone       examiners_zone;	/* --timezone */
	struct folder_system {		/* folders that turned out to be systems: they are listed when they are joined */
		uint32_t    filesystem;
		uint64_t    node;
		const char *path;	/* on its volume */
		struct within_fact fact;
		bool        is_joined;
	}                *folders_found;
	size_t            folder_found_count, folder_found_capacity;
	struct found_log *found_logs;		/* by their first bytes, elsewhere than their drivers look */
	size_t            found_log_count, found_log_capacity;
	struct computer_name { const char *system, *name; } *computer_names;	/* that systems gave themselves in their own logs */
	size_t            computer_name_count, computer_name_capacity;
	struct file      *candidates;		/* what the walk found worth examining; then the inventory's list of files, and its */
	size_t            candidate_count, candidate_capacity;
	size_t            walked_count;		/* candidates that the walk found */
	struct arena      candidate_arena;
	struct line_spool     *spool;		/* timeline.body */
	bool              is_sequential;	/* one process reads the media at a time, from front to back */
	const char       *order_why;
	struct chunk_count { uint64_t count, inflated; } *chunk_counts;	/* by exhibit */
	struct pool      *verification;		/* reads the media meanwhile; NULL: no verification */
	struct media_window *window;		/* that it reads them through, and how far it is; NULL: neither */
	const struct media_window *window_view;	/* the same for who parses evidence; NULL: it has none */
	uint64_t          media_bytes;		/* that it reads altogether */
	struct media_verification *verification_results;
	int              *descriptors;		/* of all evidence, for the processes */
	size_t            descriptor_count;
	int              *folders;
	size_t            folder_count;
	const char       *stage, *unit;		/* what goes on, and what done and known count; "": nothing */
	uint64_t          done, known, bytes;
	int               signals;		/* of the operator; -1: not asked for */
	const char       *interrupted_by;	/* name of the signal that ended the examination early; NULL */
	const char       *interrupted_stage;
	int               output_folder;
	struct writers   *report_begun;		/* while the media are verified; NULL: nothing of it */
	char             *output_path;
	struct extraction extraction;		/* --extract */
	const struct judged_again *judged_again;	/* an earlier run is judged again; NULL: evidence is examined */
	struct kept_facts kept_facts;
	bool              is_judging;		/* notes that come now follow from sets and rules, not from evidence */
	struct map        event_systems;	/* of which events are in the store */
	uint64_t          nearby;		/* events that are kept because they may lie near a change, and those that would be */
	int               spool_error;		/* errno where what is kept on disk meanwhile could not be; 0 */
	bool              only_media;		/* the integrity pass: what lies in a medium is not asked */
};

/* A pool over this run's evidence: of no more than one process where the media are read in order. */
struct pool *run_pool(struct run *run, const char *name, unsigned jobs,
	void (*work)(void *state, struct worker *worker, const char *task),
	void (*done)(void *context, const struct task_result *result), void *context);
/* The same from a plan: isolation and evidence are filled in here, and reader_start where it names no other start. */
struct pool *run_pool_planned(struct run *run, struct pool_plan plan);
/* Runs it until its tasks are done; the verification goes on beside it. */
void run_pool_through(struct run *run, struct pool *pool);

extern const char not_examined_interrupted[];	/* reason of files that an interruption left unread */

/* A stage begins: its name, and what its progress counts. */
void run_enter(struct run *run, const char *stage, const char *unit);
void run_tell_progress(const struct run *run);
/* Takes a signal of the operator if one came: nothing further is read then. */
void run_ask_interruption(struct run *run);

/* Into the store, with its lines; into the inventory too where checks and verdicts ask for such events. */
enum { NEARBY_KEPT = 200000 };		/* events that are shown beside changes, of one case */
/* Whether it may be one of those: then its fields are wanted, of others only those of report_looks_at_field. */
bool run_may_keep_event(const struct event *event);
/* Its lines lie in those of the store. */
void run_add_event(struct run *run, const struct event *event, uint64_t offset, size_t length);

/* The passes, in order.  Each returns 0 or an exit status with a message. */
int  pass_identify(struct run *run, struct buffer *ret_message);
void pass_join(struct run *run);
void pass_within(struct run *run, size_t first);	/* systems within those from first on */
void pass_collect(struct run *run, size_t first);	/* of the systems from first on */
void pass_walk(struct run *run);
void pass_examine(struct run *run);
void pass_collect_found(struct run *run);	/* logs that were found by their first bytes while files were looked at */
void pass_extract(struct run *run, const struct findings *findings);	/* --extract: copies of flagged files */
void pass_compare(struct run *run);		/* of altered files with their originals, when it is known which are */
void extract_end(const struct run *run);	/* what was kept for it in the output folder goes */
void pass_contents(struct run *run);		/* when packages and sets have been asked */
void pass_runs(struct run *run, const struct findings *findings);	/* where the content of flagged files lies */
bool pass_read_again(struct run *run);		/* files with an accusing verdict, by the library; true: judge again */

/* Adds a system that lies within a file system, with its summary. */
void run_add_system(struct run *run, const struct within_fact *fact);
/* False, with a note: LIMIT_SYSTEMS is hit. */
bool run_has_room_for_system(struct run *run, const struct place *place, const char *origin);

bool examination_may_go_along(const struct run *run);	/* with the verification, by what is known before the walk */
void verification_begin(struct run *run);
void verification_end(struct run *run);		/* waits for it */
void verification_close(struct run *run);
uint64_t verification_bytes(const struct run *run);	/* digested so far */

/* Calls take for each line; lines are NUL-ended in turn. */
void result_each_line(const struct task_result *result,
	void (*take)(void *context, const char *line, size_t length), void *context);
/* Takes a note, or a count of chunks, that came from a reading process; false: the line is neither. */
bool run_take_note(struct run *run, const char *line, size_t length);
/* Notes what a pool lost; where it is put is said by at (path is the item). */
void run_note_lost(struct run *run, const struct task_result *result, const struct place *at);
void run_note_damage(struct run *run);		/* one note for each merged range */

#endif
