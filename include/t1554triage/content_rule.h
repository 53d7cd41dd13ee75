/* content_rule.h - rules over the content of files, by YARA.  Layer: rule. */
#ifndef T1554TRIAGE_CONTENT_RULE_H
#define T1554TRIAGE_CONTENT_RULE_H

#include <t1554triage/content_sieve.h>
#include <t1554triage/rule.h>
#include <t1554triage/source.h>

struct content_rules;

/* NULL: this build has no YARA. */
struct content_rules *content_rules_open(void);
void content_rules_close(struct content_rules *rules);	/* NULL is fine */

/*
 * Rules of this program, or every *.yar and *.yara (in any case of letters) below a folder (or that one file; false with errno).  A rule that
 * this version of YARA cannot compile is refused by name, the others go on; so are rules that refer to it, and all of a
 * file whose global rule is refused.
 */
void content_rules_add_catalog(struct content_rules *rules, const struct rule_sink *out);
bool content_rules_add_folder(struct content_rules *rules, const char *path, const struct rule_sink *out);
size_t content_rules_files(const struct content_rules *rules);
/* After the last one: compiled once, each rule becomes one of the set, by which matches name it. */
bool content_rules_compile(struct content_rules *rules, struct rule_set *set);

/* What a content must have so that one of them can match; it is the rules'. */
const struct content_sieve *content_rules_sieve(const struct content_rules *rules);

/* A process that asks has a scanner of its own. */
struct content_scanner;
struct content_scanner *content_scanner_open(struct content_rules *rules);
void content_scanner_close(struct content_scanner *scanner);	/* NULL is fine */

/* Who asks. */
struct content_asking {
	void (*hit)(void *context, const struct rule *rule);
	/* The rule took so long, or failed, that this process asks it of no file from here on, nor those of a global one's file. */
	void (*given_up)(void *context, const struct rule *rule, bool has_failed);
	void (*progress)(void *context);	/* work goes on */
	void  *context;
	const char *path;			/* what rules may ask as filename, filepath and extension */
	bool        is_windows;			/* then the folders of filepath are parted by backslashes */
};

/*
 * Asks all rules of a content, of its first bytes where it is longer than LIMIT_CONTENT_BYTES.  Where LIMIT_CONTENT_SECONDS
 * do not suffice, the rule that takes them is looked for, switched off and told, and the others are asked again.
 * STATUS_DAMAGED: given up, no single rule was found to be the cause; STATUS_UNREADABLE: it could not be read.
 */
enum status content_scan(struct content_scanner *scanner, struct source *content, const struct content_asking *asking);

#endif
