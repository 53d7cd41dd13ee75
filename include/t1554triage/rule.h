/* rule.h - detection rules over events, names and contents.  Layer: rule. */
#ifndef T1554TRIAGE_RULE_H
#define T1554TRIAGE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/eventlog.h>

/* A rule as its author describes it; texts are owned by the set. */
struct rule {
	const char *id;			/* its title where the author gave none */
	const char *title, *level, *status;
	const char *file;		/* where it stands, as the set was told; line of the document within */
	uint32_t    line;
	uint32_t    number;		/* within its set */
	bool        shipped;		/* of the catalog of this program */
	bool        never_decides;	/* hunting, building block, context: listed, and no finding by itself */
	const char *stands_for;		/* identifiers of the published rules that a shipped one stands for, NULL */
	const char *needs;		/* what it needs to be of use, NULL */
	const char *unanswered;		/* what of the rule that it stands for it leaves open, NULL */
	const char *innocent;		/* what could explain a match, NULL */
	bool        is_correlation;	/* over matches of other rules */
	bool        asks_files;		/* over the list of files: product evidence, service file */
	bool        asks_names_only;	/* over file events, and of those over the name of the file only */
	bool        asks_content;	/* of files */
	bool        is_silent;		/* only a part of a correlation: its own matches are not told */
};

struct rule_set;

/* A rule that is not used, and why; texts are borrowed until the call returns. */
struct rule_refusal { const char *file; uint32_t line; const char *reason; };
struct rule_sink {
	void (*refused)(void *context, const struct rule_refusal *refusal);
	/* Each file of rules, before it is looked at; NULL: not asked for.  Texts are borrowed until it returns. */
	void (*file)(void *context, const char *path, const char *bytes, size_t length);
	/* Rules that were loaded and are never asked: no log of their source ("product aws, service cloudtrail") is read;
	 * NULL: not asked for. */
	void (*unread)(void *context, const char *source, size_t rules);
	void  *context;
};

struct rule_set *rule_set_open(void);
void rule_set_close(struct rule_set *set);	/* NULL is fine */

/* Adds the rules of one file of YAML; each is loaded or refused, the others go on. */
void rule_set_add(struct rule_set *set, const char *file, const char *bytes, size_t length, bool shipped,
	const struct rule_sink *out);
/* Every *.yml and *.yaml below a folder of this machine, or that one file; false with errno. */
bool rule_set_add_folder(struct rule_set *set, const char *path, bool shipped, const struct rule_sink *out);
/* The catalog that comes with this program. */
void rule_set_add_catalog(struct rule_set *set, const struct rule_sink *out);
/* A rule that something else asks, such as one over contents; texts are copied.  Its number. */
size_t rule_set_add_other(struct rule_set *set, const struct rule *rule);
/* After the last one: what the rules look for is joined into one search a field. */
void rule_set_compile(struct rule_set *set, const struct rule_sink *out);

size_t rule_set_count(const struct rule_set *set);
const struct rule *rule_set_rule(const struct rule_set *set, size_t number);
size_t rule_set_files(const struct rule_set *set);	/* files read so far */

/* A process that asks has a matcher of its own; the set is borrowed and only read. */
struct rule_matcher;
struct rule_matcher *rule_matcher_open(const struct rule_set *set);
void rule_matcher_close(struct rule_matcher *matcher);	/* NULL is fine */

/* What one rule says of one event; texts are borrowed until the call returns. */
struct rule_hit {
	const struct rule *rule;
	const char *object;		/* the file that the event is about, as the log names it; NULL */
	const char *group;		/* values by which correlations join it, NULL */
};
void rule_matcher_ask(struct rule_matcher *matcher, const struct event *event,
	void (*hit)(void *context, const struct rule_hit *hit), void *context);
/* How often a regular expression was given up at its limit so far. */
uint64_t rule_matcher_given_up(const struct rule_matcher *matcher);

/* A match as it stands in rule_matches.jsonl. */
struct rule_match {
	const struct rule *rule;	/* joined in the coordinator */
	uint32_t         number;	/* of the rule */
	struct timestamp time;		/* of the event */
	const char      *provider, *event;	/* of the event: "Microsoft-Windows-Sysmon", "1" */
	const char      *object;	/* the file that the event is about, NULL */
	const char      *group;
	struct place     at;
	uint64_t         order;		/* among the events of its log */
	uint64_t         left_out;	/* so many matches of the rule are not told; it is none itself then */
};
extern const struct record_type rule_match_record;

/* By time, then by place: the order of arrival says nothing. */
int rule_match_compare(const struct rule_match *a, const struct rule_match *b);

/*
 * Of the matches of each rule the first by rule_match_compare, at most rule_kept_of_one.  Texts are copied.  Each of them is
 * handed out rule by rule, in their order, then how many of the rule were left out, if any; borrowed until take returns.
 */
struct rule_kept;
struct rule_kept *rule_kept_open(const struct rule_set *set);
uint64_t rule_kept_of_one(bool is_silent);	/* how many: LIMIT_RULE_MATCHES / 100, of a part of correlations / 10 */
void rule_kept_add(struct rule_kept *kept, const struct rule_match *match);	/* its number is below rule_set_count */
void rule_kept_each(struct rule_kept *kept, void (*take)(void *context, const struct rule_match *match), void *context);
void rule_kept_close(struct rule_kept *kept);	/* NULL is fine */

/*
 * What correlations find among matches that are sorted by time: each is a match of the correlation with
 * the event that completed it.
 */
void rules_correlate(const struct rule_set *set, const struct rule_match *matches, size_t count,
	void (*found)(void *context, const struct rule_match *match), void *context);

#endif
