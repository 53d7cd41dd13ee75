/* judgement.h - what the parts of the judgement share. */
#ifndef VERDICT_JUDGEMENT_H
#define VERDICT_JUDGEMENT_H

#include <t1554triage/buffer.h>
#include <t1554triage/map.h>
#include <t1554triage/verdict.h>

/* Everything that the answers are made from; counted once. */
struct tally {
	const struct inventory *inventory;
	const struct findings  *findings;
	struct judgement       *judgement;
	uint64_t changed, changed_untrusted, no_record, explained, suspicious;	/* live; changed ones: programs */
	uint64_t bad, bad_weak, conflict, bad_gone;	/* bad_weak: grade C or of no system; bad_gone: deleted */
	uint64_t suspicious_otherwise;			/* grave findings about live files that no count above holds */
	uint64_t content_signed, content_alone;		/* live files that a content rule of ours matches: with another
							   sign that does not come from rules, and without */
	uint64_t witnesses;				/* grave findings about a package database itself */
	uint64_t altered_databases;			/* installed packages whose entry fails its own digest */
	uint64_t compared_bad, uncompared_bad;		/* bad sets that could, and could not, be asked for everything */
	uint64_t unread_bad;				/* of the latter: not read whole, or without any usable row */
	uint64_t digested;				/* programs with a digest */
	uint64_t not_examined, unreliable;
	uint64_t incomplete_notes;
	bool unread;					/* a finding could not be read back from its spool */
	struct map services;				/* see service_of */
};

void tally_count(struct tally *tally);
/* A finding that the answer follows from, the gravest first; those beyond BECAUSE_MAX are counted. */
enum { BECAUSE_MAX = 20 };
void give_reason(struct tally *tally, struct answered *answered, const struct finding *finding);

/* answer.c */
void answers_make(struct tally *tally);

/*
 * use.c: what starts programs of the file's package without anybody asking, a row of it, or NULL.
 * The map is the caller's to release.
 */
void services_find(const struct inventory *inventory, struct map *services);
const struct package_file *service_of(const struct inventory *inventory, const struct map *services,
	const struct file *file);
void answer_use(struct tally *tally, struct answered *answered);

/* traffic.c */
void answer_traffic(struct tally *tally, struct answered *answered);

/* deciding.c: at most three files that decide. */
void deciding_make(struct tally *tally);
bool file_is_allocated_program(const struct file *file);
bool match_is_graded_ab(const struct file *file);

#endif
