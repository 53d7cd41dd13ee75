/* verdict.h - a verdict per file, the answers to the playbook, the decision.  Layer: verdict. */
#ifndef T1554TRIAGE_VERDICT_H
#define T1554TRIAGE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include <t1554triage/check.h>
#include <t1554triage/inventory.h>

/* Sets verdict, verdict_why and trust of every file (the table of the interface, in its order). */
void verdicts_set(struct inventory *inventory, const struct findings *findings);
bool verdict_is_accusing(enum verdict verdict);		/* is read a second time */

enum answer { ANSWER_YES, ANSWER_NO, ANSWER_PARTLY, ANSWER_NOT_DETERMINABLE, ANSWER_NOT_EXAMINED };
extern const char *const answer_names[];

struct answered {
	const char  *id;		/* "criterion-1", "question-2", "step-1" */
	const char  *asked;		/* the playbook's sentence */
	enum answer  answer;
	const char  *text;		/* why */
	const char  *basis;		/* what it rests on: artifacts, sets */
	const char  *against;		/* what speaks against it or is open; "" */
	const struct finding **because;
	size_t       because_count;
	size_t       further;		/* findings that it follows from beside these, which are the gravest */
};

/* One of at most three rows "Deciding evidence". */
struct deciding {
	const struct file    *file;
	const struct finding *finding;
	const char *record_says, *file_has;	/* sentences for the table */
	const struct event   *before, *after;	/* nearest transactions, NULL */
	const struct package_lock *lock;	/* NULL */
};

enum decision { DECISION_DO_NOT_ESCALATE, DECISION_ESCALATE, DECISION_INCONCLUSIVE };
extern const char *const decision_names[];	/* "do-not-escalate" "escalate" "inconclusive" */

struct judgement {
	enum decision    decision;
	bool             incomplete;
	int              exit_status;		/* 0..3 */
	const char      *sentence;		/* the decision and the criterion that decides, in one sentence */
	struct answered  criteria[3], questions[3], steps[3];
	struct deciding  deciding[3];
	size_t           deciding_count;
	const char      *against;		/* what speaks against, or is open */
	uint64_t         programs, system_programs, with_baseline;	/* in the package manager's folders */
	uint64_t         by_verdict[VERDICT_COUNT];		/* each examined program counted once, by inode */
	struct arena     arena;
};
/*
 * The programs that the report counts: allocated ones of installed systems, each
 * once whatever its number of names.  Every number and figure uses this list.
 */
struct counted_program {
	const struct file *file;	/* the first of its names, in the order of the inventory */
	enum verdict       verdict;	/* that of its names which speaks most against it */
	bool               in_system_folder, has_baseline, is_derived, has_digest;	/* under any of its names */
	bool               is_unowned;	/* under all of its names: no package of its system has it */
};
struct counted_programs {
	struct counted_program *items;
	size_t                  count;
};
void counted_programs_find(struct counted_programs *ret_programs, const struct inventory *inventory);
void counted_programs_release(struct counted_programs *programs);

/* False where a finding could not be read from the disk: the judgement lacks its words then. */
bool judgement_make(const struct inventory *inventory, const struct findings *findings,
	struct judgement *ret_judgement);
void judgement_release(struct judgement *judgement);

#endif
