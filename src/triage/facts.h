/*
 * facts.h - what was read of the evidence, as records: facts.records of the output folder, from which "judge"
 * judges again without the image.
 *
 * Nothing that follows from hash sets, rules, explanations or checks stands in it: that is made anew.  Records that are
 * written here only have their types below; the others are those of reading processes.
 */
#ifndef FACTS_H
#define FACTS_H

#include "run.h"

enum { FACTS_FORMAT = 1 };

/* The first line. */
struct facts_head { uint32_t format; const char *program; };
struct facts_settings { bool all_files, no_verify, unsandboxed; const char *digests, *acquired_digest; uint32_t computed; };
struct facts_case { const char *number, *examiner, *organization, *request, *notes, *declaration; };
/* One line of a list: "limit", "trusted-key", "given", "custody", "exhibit-number" (text absent: none given for that one). */
struct facts_line { const char *list, *text; };
struct facts_exhibit { const char *id, *name, *container; enum exhibit_kind kind; };
struct facts_segment { uint32_t exhibit; const char *name; uint64_t size; bool missing; };
struct facts_acquisition { uint32_t exhibit; const char *name, *value; };
struct facts_damage { uint32_t exhibit; uint64_t offset, length; };
/* What follows belongs to another part of the inventory: "systems", "summaries", "files". */
struct facts_part { const char *name; };
struct facts_cover { uint32_t filesystem; const char *path; enum cover cover; };
struct facts_filesystem { uint32_t filesystem; bool metadata_damaged; };
struct facts_summary {
	const char *system, *zone, *zone_source;
	bool zone_known, has_database, database_whole, has_package_log, logs_whole;
	struct timestamp log_first, log_last;
	uint64_t packages, package_files, locks, events;
};
/* How a file was read beyond its first reading: number in the order of files.jsonl. */
struct facts_reading { uint32_t number; bool twice, differs, scanned; };
/* The number by which matches below name a rule over contents. */
struct facts_rule { uint32_t number; const char *id; };
/* A hash set that the run asked, by the SHA-256 of its file. */
struct facts_set { const char *name; struct digests file; };

extern const struct record_type facts_head_record, facts_settings_record, facts_case_record, facts_line_record,
	facts_exhibit_record, facts_segment_record, facts_acquisition_record, facts_damage_record, facts_part_record,
	facts_cover_record, facts_filesystem_record, facts_summary_record, facts_reading_record, facts_rule_record,
	facts_set_record;

/* While evidence is read, in the coordinator: a line of a reading process that is a fact of a package manager. */
void facts_keep_line(struct run *run, const char *line, size_t length);
void facts_keep_cover(struct run *run, uint32_t filesystem, const char *path, enum cover cover);
void facts_release(struct run *run);

/* Before facts_write: nothing is kept any more.  False with errno where something could not be kept. */
bool facts_settle(struct run *run);
/* All but the events, which the store has; context is the run.  0, or errno of what was kept and cannot be read again. */
int  facts_write(const void *context, struct output *out);

/*
 * Reads facts.records of an earlier run into an empty run: its inventory is as it was before inventory_finish.  Everything
 * is checked; 0, or an exit status with a message.  Events are asked of the run's rules on the way.
 */
struct facts_read {
	struct case_information case_information;	/* as it was given then */
	const char *const *exhibit_numbers;		/* of the exhibits in their order, empty where one has none */
	size_t exhibit_number_count;
	struct settings   settings;
	struct facts_reading *readings;
	size_t            reading_count, reading_capacity;
	struct told_run  *runs;
	size_t            run_count, run_capacity;
	struct facts_set *sets;
	size_t            set_count, set_capacity;
	const char       *program;
};
int  facts_read(struct run *run, int folder, const char *folder_path, struct facts_read *ret_facts, struct buffer *ret_message);
void facts_read_release(struct facts_read *facts);

#endif
