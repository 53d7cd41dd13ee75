/*
 * correlation.c - rules over matches of other rules (Sigma 2.1, "Correlations").
 *
 *	correlation:
 *	    type: temporal_ordered		also event_count and temporal
 *	    rules: [ sshd-ended, strace-started ]
 *	    group-by: [ Computer ]
 *	    timespan: 3s
 *
 * Two types are of the catalog's own: new_value (the first match with these values for as long as the span) and
 * unaccompanied (the first rule matches in a group and the second does not). Windows slide: Sentinel's five-minute
 * bins would miss what lies on both sides of their border.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/text.h>

#include "set.h"

static const struct { const char *name; enum correlation_kind kind; } kinds[] = {
	{ "event_count", CORRELATION_EVENT_COUNT }, { "temporal", CORRELATION_TEMPORAL },
	{ "temporal_ordered", CORRELATION_TEMPORAL_ORDERED }, { "new_value", CORRELATION_NEW_VALUE },
	{ "unaccompanied", CORRELATION_UNACCOMPANIED },
};

/* ---- reading ---- */

static bool
read_kind(struct compiled_correlation *correlation, const struct yaml *member, struct refusal *refusal)
{
	const char *type = yaml_text(member, "type");

	for (size_t i = 0; type && i < sizeof kinds / sizeof kinds[0]; i++)
		if (!strcmp(type, kinds[i].name)) {
			correlation->kind = kinds[i].kind;
			return true;
		}
	return refuse(refusal, member, "correlations of the type %s are not supported", type ? type : "(none)");
}

static bool
read_names(struct compiled_correlation *correlation, const struct yaml *member, struct refusal *refusal)
{
	const struct yaml *rules = yaml_member(member, "rules");

	if (!rules || rules->kind == YAML_NULL || rules->kind == YAML_MAP)
		return refuse(refusal, member, "the correlation names no rules");
	for (const struct yaml *item = rules->kind == YAML_LIST ? rules->first : rules; item;
	     item = rules->kind == YAML_LIST ? item->next : NULL) {
		if (item->kind != YAML_TEXT || correlation->rule_count == CORRELATED_RULES)
			return refuse(refusal, item, "a correlation of more than %d rules, or one without a name", CORRELATED_RULES);
		correlation->names[correlation->rule_count++] = item->text;
	}
	if (correlation->kind == CORRELATION_UNACCOMPANIED && correlation->rule_count != 2)
		return refuse(refusal, rules, "unaccompanied asks for two rules");
	return correlation->rule_count > 0 || refuse(refusal, rules, "the correlation names no rules");
}

static bool
read_groups(struct rule_set *set, struct compiled_correlation *correlation, const struct yaml *member,
	struct refusal *refusal)
{
	const struct yaml *groups = yaml_member(member, "group-by");

	if (!groups || groups->kind == YAML_NULL)
		return true;
	if (groups->kind == YAML_MAP)
		return refuse(refusal, groups, "group-by is a list of fields");
	correlation->group_fields = arena_allocate(&set->arena, (groups->count + 1) * sizeof *correlation->group_fields);
	for (const struct yaml *item = groups->kind == YAML_LIST ? groups->first : groups; item;
	     item = groups->kind == YAML_LIST ? item->next : NULL)
		correlation->group_fields[correlation->group_field_count++] = set_field(set, item->text);
	return true;
}

static bool
read_span(struct compiled_correlation *correlation, const struct yaml *member, struct refusal *refusal)
{
	static const struct { char unit; uint64_t seconds; } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	const char *span = yaml_text(member, "timespan");
	size_t length = span ? strlen(span) : 0;
	uint64_t number;

	for (size_t i = 0; length > 1 && i < sizeof units / sizeof units[0]; i++)
		if (span[length - 1] == units[i].unit && text_parse_u64(span, length - 1, 10, &number) && number < 100000) {
			correlation->nanoseconds = number * units[i].seconds * 1000000000u;
			return true;
		}
	return refuse(refusal, member, "the timespan is none (\"5m\")");
}

static bool
read_condition(struct compiled_correlation *correlation, const struct yaml *member, struct refusal *refusal)
{
	const struct yaml *condition = yaml_member(member, "condition");
	const char *gte = yaml_text(condition, "gte"), *gt = yaml_text(condition, "gt");
	const char *number = gte ? gte : gt;

	if (correlation->kind != CORRELATION_EVENT_COUNT)
		return true;
	if (!number || condition->count != 1 || !text_parse_u64(number, strlen(number), 10, &correlation->at_least))
		return refuse(refusal, condition ? condition : member, "an event count is compared by gte or gt with a number");
	correlation->at_least += !gte;
	return true;
}

bool
correlation_read(struct rule_set *set, struct compiled_rule *rule, const struct yaml *document, struct refusal *refusal)
{
	const struct yaml *member = yaml_member(document, "correlation");
	const char *generate = yaml_text(member, "generate");

	if (member->kind != YAML_MAP)
		return refuse(refusal, member, "the correlation is no map");
	if (yaml_member(member, "aliases"))
		return refuse(refusal, yaml_member(member, "aliases"), "aliases of fields in correlations are not supported");
	rule->correlation = arena_allocate(&set->arena, sizeof *rule->correlation);
	rule->rule.is_correlation = true;
	rule->correlation->generates = generate && !strcmp(generate, "true");
	return read_kind(rule->correlation, member, refusal) && read_names(rule->correlation, member, refusal) &&
	       read_groups(set, rule->correlation, member, refusal) && read_span(rule->correlation, member, refusal) &&
	       read_condition(rule->correlation, member, refusal);
}

static bool
has_same_groups(const struct compiled_rule *rule, const struct compiled_correlation *correlation)
{
	return rule->group_field_count == correlation->group_field_count &&
	       !memcmp(rule->group_fields, correlation->group_fields,
			rule->group_field_count * sizeof *rule->group_fields);
}

bool
correlation_join(struct rule_set *set, struct compiled_rule *rule, struct refusal *refusal)
{
	struct compiled_correlation *correlation = rule->correlation;

	for (size_t i = 0; i < correlation->rule_count; i++) {
		struct compiled_rule *part;
		uint64_t number;

		if (!map_get_text(&set->ids, correlation->names[i], &number) || set->rules[number].rule.is_correlation)
			return refuse(refusal, NULL, "the correlation names the rule %s, which was not loaded", correlation->names[i]);
		part = &set->rules[number];
		if (part->group_fields && correlation->group_fields && !has_same_groups(part, correlation))
			return refuse(refusal, NULL, "the rule %s is grouped otherwise by another correlation", correlation->names[i]);
		correlation->rules[i] = (uint32_t)number;
		if (correlation->group_fields) {
			part->group_fields = correlation->group_fields;
			part->group_field_count = correlation->group_field_count;
		}
		part->rule.is_silent = !correlation->generates;
	}
	return true;
}

/* ---- finding ---- */

/* One match of one of the rules: where it stands among them. */
struct part { const struct rule_match *match; size_t position, rule; };

/* By group, then in the order that they were handed over, which is that of time. */
static int
compare_parts(const void *left, const void *right)
{
	const struct part *a = left, *b = right;
	int order = text_compare(a->match->at.system, b->match->at.system);

	if (!order)
		order = text_compare(a->match->group, b->match->group);
	return order ? order : (a->position > b->position) - (a->position < b->position);
}

static bool
is_same_group(const struct part *a, const struct part *b)
{
	return !text_compare(a->match->at.system, b->match->at.system) && !text_compare(a->match->group, b->match->group);
}

/* Within the span; what has no recorded time is near nothing. */
static bool
is_near(const struct part *earlier, const struct part *later, uint64_t nanoseconds)
{
	const struct timestamp *a = &earlier->match->time, *b = &later->match->time;
	uint64_t seconds = (uint64_t)(b->seconds - a->seconds);

	if (!timestamp_is_recorded(a) || !timestamp_is_recorded(b) || b->seconds < a->seconds)
		return false;
	if (seconds > nanoseconds / 1000000000u + 1)
		return false;
	return seconds * 1000000000u + b->nanoseconds <= nanoseconds + a->nanoseconds;
}

struct finding_parts {
	const struct compiled_rule *rule;
	void  (*found)(void *context, const struct rule_match *match);
	void   *context;
};

static void
tell(const struct finding_parts *at, const struct part *last)
{
	struct rule_match match = *last->match;

	match.rule = &at->rule->rule;
	match.number = at->rule->rule.number;
	at->found(at->context, &match);
}

static void
find_counts(const struct finding_parts *at, const struct part *parts, size_t count)
{
	const struct compiled_correlation *correlation = at->rule->correlation;
	size_t first = 0;

	for (size_t i = 0; i < count; i++) {
		while (first < i && !is_near(&parts[first], &parts[i], correlation->nanoseconds))
			first++;
		if (i - first + 1 < correlation->at_least)
			continue;
		tell(at, &parts[i]);
		first = i + 1;
	}
}

static void
find_together(const struct finding_parts *at, const struct part *parts, size_t count)
{
	const struct compiled_correlation *correlation = at->rule->correlation;
	const struct part *last[CORRELATED_RULES] = { NULL };

	for (size_t i = 0; i < count; i++) {
		bool is_whole = true;

		last[parts[i].rule] = &parts[i];
		for (size_t r = 0; r < correlation->rule_count; r++)
			is_whole &= last[r] && is_near(last[r], &parts[i], correlation->nanoseconds);
		if (!is_whole)
			continue;
		tell(at, &parts[i]);
		memset(last, 0, sizeof last);
	}
}

/* begun[r]: the latest first part of a row of parts that reaches to rule r. */
static void
find_in_order(const struct finding_parts *at, const struct part *parts, size_t count)
{
	const struct compiled_correlation *correlation = at->rule->correlation;
	const struct part *begun[CORRELATED_RULES] = { NULL };

	for (size_t i = 0; i < count; i++) {
		size_t rule = parts[i].rule;

		if (!rule)
			begun[0] = &parts[i];
		else if (begun[rule - 1] && is_near(begun[rule - 1], &parts[i], correlation->nanoseconds))
			begun[rule] = begun[rule - 1];
		else
			continue;
		if (rule + 1 < correlation->rule_count)
			continue;
		tell(at, &parts[i]);
		memset(begun, 0, sizeof begun);
	}
}

static void
find_new(const struct finding_parts *at, const struct part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!i || !is_near(&parts[i - 1], &parts[i], at->rule->correlation->nanoseconds))
			tell(at, &parts[i]);
}

static void
find_unaccompanied(const struct finding_parts *at, const struct part *parts, size_t count)
{
	const struct part *alone = NULL;

	for (size_t i = 0; i < count; i++) {
		if (parts[i].rule)
			return;
		alone = alone ? alone : &parts[i];
	}
	if (alone)
		tell(at, alone);
}

static void
find_in_group(const struct finding_parts *at, const struct part *parts, size_t count)
{
	switch (at->rule->correlation->kind) {
	case CORRELATION_EVENT_COUNT:
		find_counts(at, parts, count);
		break;
	case CORRELATION_TEMPORAL:
		find_together(at, parts, count);
		break;
	case CORRELATION_TEMPORAL_ORDERED:
		find_in_order(at, parts, count);
		break;
	case CORRELATION_NEW_VALUE:
		find_new(at, parts, count);
		break;
	case CORRELATION_UNACCOMPANIED:
		find_unaccompanied(at, parts, count);
		break;
	}
}

static size_t
gather_parts(const struct compiled_correlation *correlation, const struct rule_match *matches, size_t count,
	struct part *parts)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t r = 0; r < correlation->rule_count; r++)
			if (matches[i].number == correlation->rules[r]) {
				if (parts)
					parts[found] = (struct part){ &matches[i], found, r };
				found++;
				break;
			}
	return found;
}

static void
correlate(const struct finding_parts *at, const struct rule_match *matches, size_t count)
{
	size_t part_count = gather_parts(at->rule->correlation, matches, count, NULL), end;
	struct part *parts = memory_allocate(part_count + 1, sizeof *parts);

	gather_parts(at->rule->correlation, matches, count, parts);
	if (part_count > 1)
		qsort(parts, part_count, sizeof *parts, compare_parts);
	for (size_t begin = 0; begin < part_count; begin = end) {
		for (end = begin + 1; end < part_count && is_same_group(&parts[begin], &parts[end]); end++)
			;
		find_in_group(at, parts + begin, end - begin);
	}
	memory_free(parts);
}

void
rules_correlate(const struct rule_set *set, const struct rule_match *matches, size_t count,
	void (*found)(void *context, const struct rule_match *match), void *context)
{
	for (size_t i = 0; i < set->rule_count; i++)
		if (set->rules[i].correlation)
			correlate(&(struct finding_parts){ &set->rules[i], found, context }, matches, count);
}
