/* record.c - matches of rules between two processes. */
#include <t1554triage/rule.h>

static const struct field fields[] = {
	FIELD_AS(struct rule_match, number, "rule", FIELD_U32),
	FIELD(struct rule_match, time, FIELD_TIMESTAMP),
	FIELD(struct rule_match, provider, FIELD_TEXT),
	FIELD(struct rule_match, event, FIELD_TEXT),
	FIELD(struct rule_match, object, FIELD_TEXT),
	FIELD(struct rule_match, group, FIELD_TEXT),
	FIELD(struct rule_match, order, FIELD_U64),
	FIELD(struct rule_match, left_out, FIELD_U64),
	FIELDS_PLACE(struct rule_match, at),
	FIELD_LAST
};

const struct record_type rule_match_record = {
	.name = "rule-match", .size = sizeof (struct rule_match), .fields = fields,
	.description = "an event that fulfils a rule, or how many more of them are left out; the rule by its number in this run",
};
