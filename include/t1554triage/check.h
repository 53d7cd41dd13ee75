/* check.h - questions to the inventory; each gives findings and what could excuse them.  Layer: check. */
#ifndef T1554TRIAGE_CHECK_H
#define T1554TRIAGE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>
#include <t1554triage/inventory.h>

enum severity { SEVERITY_CRITICAL, SEVERITY_HIGH, SEVERITY_MEDIUM, SEVERITY_LOW, SEVERITY_INFO };
extern const char *const severity_names[];

/* Support on a fixed verbal scale, apart from severity. */
enum support { SUPPORT_CONCLUSIVE_MATCH, SUPPORT_STRONG, SUPPORT_MODERATE, SUPPORT_LIMITED, SUPPORT_NEUTRAL,
	SUPPORT_BENIGN };
extern const char *const support_names[];	/* the last is "supports_benign" */

/* Where there is no file: what a finding is about.  Each may be NULL. */
struct finding_subject { const char *evidence, *system, *path; };

/*
 * What memory holds of a finding: what orders and counts it and what is decided by it.  There may be hundreds of
 * thousands.  Its sentence and the places that support it lie on disk: finding_read.
 */
struct finding {
	const struct check *check;
	const struct file  *file;	/* NULL: about a package, log or the whole */
	union {
		const struct finding_subject *subject;		/* where there is no file */
		/* Where there is one: further names of the same content (hard links) of which the same is said. */
		const struct file *const     *names;
	};
	const struct rule  *rule;	/* that matched, NULL: no rule was asked */
	const char         *innocent;	/* NULL: the check's own; borrowed: a constant or the rule's */
	uint64_t            offset;	/* bytes: where in the spool it lies */
	uint32_t            length;	/* bytes: of what lies there */
	uint32_t            number;	/* from 1, as in "F-0001" */
	uint32_t            name_count;
	enum severity       severity : 8;
	enum support        support : 8;
};
_Static_assert(sizeof (struct finding) <= 64, "findings are many");

/* The rest of it. */
struct finding_statement {
	const char         *text;	/* what is recorded, never a conclusion; with its further names */
	const struct place *seen;	/* what supports it */
	const char *const  *seen_text;	/* the line or row quoted, for each; NULL entries allowed */
	const bool         *seen_decoded;	/* for each: the text says what stands there, and is no quotation of it */
	size_t              seen_count;
	const char *const  *repeat;	/* commands that show the same with other tools */
	size_t              repeat_count;
};

struct spool_file;

struct findings {
	struct finding *items;
	size_t          count, capacity;
	struct arena    arena;		/* owns names and subjects */
	struct spool_file *spool;	/* the statements; NULL: there is none, error says why */
	struct buffer   line;		/* of one statement, while it is added */
	int             error;		/* errno of the first failure, 0: what was added lies in the file */
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

/*
 * spool: an empty one, closed with the findings.  NULL: errno says why there is none, and is their
 * error.  Errors stick, and are asked for at the end: findings are counted and ordered all the same.
 */
void findings_init(struct findings *findings, struct spool_file *spool);
void findings_release(struct findings *findings);
/*
 * Adds a finding with the next number.  Of finding the place in the spool, number and names are ignored; the subject,
 * its path, text, seen and what is quoted are copied.
 */
void findings_add(struct findings *findings, const struct finding *finding, const struct finding_statement *statement);
/* After the last, before anything is read.  0, or errno of the first failure. */
int  findings_settle(struct findings *findings);

/* "F-0001" */
struct finding_id { char text[16]; };
struct finding_id finding_id(const struct finding *finding);
/* The path that a finding is about, in the running system where there is one; NULL: none.  Borrowed, bytes as they are. */
const char *finding_path(const struct finding *finding);
const char *finding_evidence(const struct finding *finding);	/* "E1", NULL; borrowed */

/*
 * Reads statements; several processes may do so at once.  What finding_read returns is borrowed until the next call;
 * NULL where it could not be read: finding_reader_close returns false then.  inventory: asked for the commands that
 * show the same, NULL: they are left out.
 */
struct finding_reader;
struct finding_reader *finding_reader_open(const struct findings *findings, const struct inventory *inventory);
const struct finding_statement *finding_read(struct finding_reader *reader, const struct finding *finding);
bool finding_reader_close(struct finding_reader *reader);

/* Runs every check; sorts by severity, evidence, path bytes, check; numbers; settles. */
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
