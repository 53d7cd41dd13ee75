/* set.h - rules as they are compiled: items, conditions, the search of each field. */
#ifndef RULE_SET_H
#define RULE_SET_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <t1554triage/map.h>
#include <t1554triage/rule.h>

#include "automaton.h"
#include "pattern.h"
#include "yaml.h"

enum { FIELD_ANY = 0 };			/* a keyword: any value of the event */
enum { NO_ITEM = UINT32_MAX };

enum item_kind {
	ITEM_TEXT,		/* one of the patterns */
	ITEM_NULL,		/* the field is absent */
	ITEM_EXISTS,
	ITEM_REGEX,
	ITEM_NETWORK,
	ITEM_FIELD,		/* equals, begins, ends with or holds the value of another field */
	ITEM_LESS, ITEM_LESS_OR_EQUAL, ITEM_MORE, ITEM_MORE_OR_EQUAL,
};

/* One question to one field. */
struct item {
	enum item_kind kind;
	uint32_t       field;
	bool           is_searched;	/* every pattern has a literal: the search of the field answers it */
	const struct pattern *patterns;		size_t pattern_count;
	pcre2_code    *regex;
	struct network network;
	uint32_t       other;		/* field */
	enum pattern_kind relation;	/* to the other field */
	bool           cased;
	int64_t        number;
	uint32_t       first_rule;	/* position in waiting: rules that are asked when it is true; 0: none */
	uint64_t       rule_sources;	/* of those rules: a bit for each, see source_bit */
	const uint32_t *searched;	size_t searched_count;	/* positions of its patterns that a search looks for */
};

enum node_kind { NODE_ITEM, NODE_ALL, NODE_ANY, NODE_NOT, NODE_AT_LEAST };

struct node {
	enum node_kind kind;
	uint32_t       item;
	unsigned       at_least;
	const struct node *const *children;
	size_t         count;
};

/* What a rule's log source says; each NULL where it says nothing. */
struct rule_source { const char *product, *category, *service; };

enum correlation_kind { CORRELATION_EVENT_COUNT, CORRELATION_TEMPORAL, CORRELATION_TEMPORAL_ORDERED,
	CORRELATION_NEW_VALUE, CORRELATION_UNACCOMPANIED };

enum { CORRELATED_RULES = 8 };

struct compiled_correlation {
	enum correlation_kind kind;
	const char *names[CORRELATED_RULES];
	uint32_t    rules[CORRELATED_RULES];	/* numbers, when joined */
	size_t      rule_count;
	uint32_t   *group_fields;	size_t group_field_count;
	uint64_t    nanoseconds;	/* span */
	uint64_t    at_least;		/* of an event count */
	bool        generates;		/* its rules tell their own matches, too */
};

struct compiled_rule {
	struct rule  rule;
	uint32_t     source;		/* number of its log source */
	const struct node *condition;
	struct compiled_correlation *correlation;	/* NULL: a rule over events */
	const uint32_t *group_fields;	size_t group_field_count;	/* of the correlations that use it */
};

/* Items of it that rules wait for: their position in asked. */
struct searched_pattern { const struct pattern *pattern; uint32_t first_item, item_count; };	/* item_count: of all items */
struct chain { uint32_t value, next; };

/* Sources of rules as a set in one word: those that share a bit are told apart by who asks. */
static inline uint64_t
source_bit(uint32_t source)
{
	return UINT64_C(1) << source % 64;
}

struct rule_set {
	struct arena arena;
	struct compiled_rule *rules;		size_t rule_count, rule_capacity;
	struct item          *items;		size_t item_count, item_capacity;
	struct rule_source   *sources;		size_t source_count, source_capacity;
	const char          **field_names;	size_t field_count, field_capacity;	/* 0: FIELD_ANY */
	struct map            fields;		/* name to number */
	struct map            regexes;		/* field, options and expression to the item */
	struct map            ids;		/* identifier of a rule to its number */
	size_t                file_count;
	/* made by rule_set_compile */
	struct automaton    **searches;		/* by field, NULL: nothing is searched there */
	struct searched_pattern *patterns;	size_t pattern_count, pattern_capacity;
	struct chain         *asked;		size_t asked_count, asked_capacity;	/* items of a pattern */
	struct chain         *waiting;		size_t waiting_count, waiting_capacity;	/* rules of an item */
	uint32_t             *evaluated;	size_t evaluated_count, evaluated_capacity;	/* items that rules wait for and no search answers */
	uint32_t             *always;		size_t always_count;	/* rules that nothing searched leads to */
	bool                 *asks_any;		/* by source: a rule of it asks all values */
};

/* load.c */
uint32_t set_field(struct rule_set *set, const char *name);

/* Why something was refused: in the arena, at a line. */
struct refusal { struct arena *arena; uint32_t line; const char *reason; };
bool refuse(struct refusal *refusal, const struct yaml *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* detection.c: the tree of one search identifier; NULL: refused. */
const struct node *detection_read(struct rule_set *set, const struct yaml *value, struct refusal *refusal);
const struct node *node_join(struct rule_set *set, enum node_kind kind, const struct node *const *children, size_t count);

/* condition.c: "selection and not 1 of filter_*" over the identifiers of a detection; NULL: refused. */
struct search { const char *name; const struct node *node; };
const struct node *condition_read(struct rule_set *set, const struct yaml *condition, const struct search *searches,
	size_t search_count, struct refusal *refusal);

/* logsource.c: whether events of a row of logsource.def are what a rule asks for. */
struct event_class {
	const char *product, *category, *service;
	const char *provider, *channel, *ids;	/* of the events; NULL: any; ids between blanks: " 12 13 " */
	int         kind;			/* enum event_kind; EVENT_KIND_COUNT: any */
	const char *object;			/* field that names the file the event is about, NULL */
	bool        is_normalised;		/* rules mean the one names of event_vocabulary.h */
};
const struct event_class *event_classes(void);	/* ends with a NULL product */
bool event_class_has(const struct event_class *class, const struct event *event);
bool rule_source_takes(const struct rule_source *source, const struct event_class *class);

/* correlation.c */
bool correlation_read(struct rule_set *set, struct compiled_rule *rule, const struct yaml *document, struct refusal *refusal);
/* After all rules are there: false where one it names is not. */
bool correlation_join(struct rule_set *set, struct compiled_rule *rule, struct refusal *refusal);

#endif
