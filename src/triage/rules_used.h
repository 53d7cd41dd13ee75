/* rules_used.h - which rules a run asks: each origin with its counts and its digest, for the report. */
#ifndef RULES_USED_H
#define RULES_USED_H

#include <t1554triage/report.h>
#include <t1554triage/rule.h>

struct rule_origin;
struct rule_origins {
	struct arena       *arena;	/* of the run: texts and lists live there */
	struct rule_origin *items;
	size_t              count, capacity;
};

/* What is read until the next call is of this origin: path as it was given, NULL the catalog. */
void rule_origins_begin(struct rule_origins *origins, const char *path, const char *language);
/* A file of it, a rule of it that is not used, and rules of it. */
void rule_origins_file(struct rule_origins *origins, const char *path, const char *bytes, size_t length);
void rule_origins_refused(struct rule_origins *origins, const char *path);
void rule_origins_rules(struct rule_origins *origins, size_t number, uint64_t rules);
/* The position of the origin whose file a rule is of; SIZE_MAX: none. */
size_t rule_origins_of(const struct rule_origins *origins, const struct rule *rule, const char *language);

/* All of them as the report shows them; *ret_count: their number.  Releases what the origins hold. */
const struct rules_used *rule_origins_finish(struct rule_origins *origins, size_t *ret_count);

#endif
