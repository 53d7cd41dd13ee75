/* check.h - questions to the inventory; each gives findings and what could excuse them.  Layer: check. */
#ifndef T1554TRIAGE_CHECK_H
#define T1554TRIAGE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/inventory.h>

enum severity { SEVERITY_CRITICAL, SEVERITY_HIGH, SEVERITY_MEDIUM, SEVERITY_LOW, SEVERITY_INFO };
extern const char *const severity_names[];

/* Support on a fixed verbal scale, apart from severity. */
enum support { SUPPORT_CONCLUSIVE_MATCH, SUPPORT_STRONG, SUPPORT_MODERATE, SUPPORT_LIMITED, SUPPORT_NEUTRAL,
	SUPPORT_BENIGN };
extern const char *const support_names[];	/* the last is "supports_benign" */

struct finding {
	const char         *id;		/* "F-0001", set by findings_finish */
	const struct check *check;
	enum severity       severity;
	enum support        support;
	const struct file  *file;	/* NULL: about a package, log or the whole */
	const struct file *const *names;	/* further names of the same content (hard links) of which the same is said */
	size_t              name_count;
	const char         *evidence, *system;	/* where there is no file */
	const char         *path;	/* where there is no file; NULL */
	const struct rule  *rule;	/* that matched, NULL: no rule was asked */
	const char         *text;	/* a statement of what is recorded, never a conclusion */
	const char         *innocent;	/* NULL: the check's own */
	const struct place *seen;	/* what supports it */
	const char *const  *seen_text;	/* the line or row quoted, for each; NULL entries allowed */
	const bool         *seen_decoded;	/* for each: the text says what stands there, and is no quotation of it */
	size_t              seen_count;
	const char *const  *repeat;	/* commands that show the same with other tools; set by findings_finish */
	size_t              repeat_count;
};

struct findings {
	struct finding *items;
	size_t          count, capacity;
	struct arena    arena;		/* owns texts and lists */
};

struct check {
	const char   *id, *title;
	enum severity severity;		/* the usual one */
	const char   *playbook;		/* the row of the playbook that it answers */
	const char   *innocent;		/* what could explain it without anybody's ill will */
	bool by_content;		/* what it says is said once of a content, whatever its number of names */
	void (*file)(const struct check *self, const struct inventory *inventory,
		const struct file *file, struct findings *out);		/* asked for each file; may be NULL */
	void (*whole)(const struct check *self, const struct inventory *inventory,
		struct findings *out);					/* asked once; may be NULL */
};

const struct check *const *checks(void);	/* rows of src/check/check.def */

void findings_init(struct findings *findings);
void findings_release(struct findings *findings);
/* Copies the finding, its text, innocent, seen and seen_text. Returns it; valid until the next call. */
struct finding *findings_add(struct findings *findings, const struct finding *finding);

/* Runs every check; sorts by severity, evidence, path bytes, check; numbers; sets repeat. */
void checks_run(const struct inventory *inventory, struct findings *out);

/*
 * What the transactions say of a file, by its package (Decided 9): used by checks and verdicts.
 * A transaction of the owning package, or a trigger it names, with 1 s tolerance.
 */
enum transaction_relation {
	TRANSACTION_INSIDE,	/* the stamp lies within a transaction of the owning package */
	TRANSACTION_OUTSIDE,	/* the logs cover that time and hold no such transaction */
	TRANSACTION_NOT_COVERED,	/* no log covers that time */
	TRANSACTION_NO_STAMP,	/* nothing recorded to compare */
	TRANSACTION_RECORDED,	/* the logs cover that time and hold none, but rpm's own record of the package has it: a weaker witness */
	TRANSACTION_COPIED,	/* one mass stamp that no transaction covers: the tree was copied, it says nothing */
};
/*
 * True if the package logs of the system, read whole, reach back to that time, and on from it to
 * the end or to a log that is still written to.  Of a manager's packages only its own logs tell; NULL: any log counts.
 */
bool transactions_cover(const struct inventory *inventory, const struct installed_system *system,
	const char *manager, const struct timestamp *stamp);

/*
 * The package logs of the system, read whole, end with a finished installation of the package: an update of it
 * that the database calls interrupted was never begun.
 */
bool transactions_end_installed(const struct inventory *inventory, const struct package *package);

/*
 * The row of another version of its package, the unpacking of which was interrupted, where the file has that content; NULL:
 * none.  It accounts for the bytes.  No trust in a database whose log ends with a finished installation.
 */
const struct package_file *row_of_interrupted_update(const struct inventory *inventory, const struct file *file);

/*
 * The script of installation that its package recorded and that writes this path; NULL: none does, the file is no script, or it was
 * changed at a time that logs cover and that lies in no transaction of its package.  It accounts for other content.
 */
const char *scriptlet_that_writes(const struct inventory *inventory, const struct file *file);

/* The same of anything else that belongs to a package, NULL: to none that is known. */
enum transaction_relation transaction_of_package(const struct inventory *inventory,
	const struct installed_system *system, const struct package *package, const struct timestamp *stamp,
	const struct event **ret_before, const struct event **ret_after);

/* ret_before and ret_after: the nearest events of the owning package, NULL where there are none. */
enum transaction_relation transaction_of(const struct inventory *inventory, const struct file *file,
	const struct timestamp *stamp, const struct event **ret_before, const struct event **ret_after);

#endif
