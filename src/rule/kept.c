/*
 * kept.c - of the matches of each rule the first by time, as many as are told.
 *
 * Whoever gathers them, in whatever parts: the first of all parts are among the first of each, so that processes that read
 * logs in shares and one that reads all keep the same.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/rule.h>
#include <t1554triage/text.h>

/* A match and its texts, which stand behind it. */
struct kept_match { struct rule_match match; char texts[]; };

struct kept_rule {
	struct kept_match **matches;
	size_t              count, capacity;
	uint64_t            left_out;
	uint64_t            at_most;	/* that are kept */
	bool                is_full;
	struct timestamp    last;	/* of the first ones, where it is full: what is later is none of them */
};

struct rule_kept {
	struct kept_rule *rules;
	size_t            rule_count;
};

struct rule_kept *
rule_kept_open(const struct rule_set *set)
{
	struct rule_kept *kept = memory_allocate(1, sizeof *kept);

	kept->rule_count = rule_set_count(set);
	kept->rules = memory_allocate(kept->rule_count + 1, sizeof *kept->rules);
	for (size_t i = 0; i < kept->rule_count; i++)
		kept->rules[i].at_most = rule_kept_of_one(rule_set_rule(set, i)->is_silent);
	return kept;
}

/* What is only joined with others costs no line that anybody reads. */
uint64_t
rule_kept_of_one(bool is_silent)
{
	return limit_get(LIMIT_RULE_MATCHES) / (is_silent ? 10 : 100);
}

void
rule_kept_close(struct rule_kept *kept)
{
	if (!kept)
		return;
	for (size_t i = 0; i < kept->rule_count; i++) {
		for (size_t k = 0; k < kept->rules[i].count; k++)
			memory_free(kept->rules[i].matches[k]);
		memory_free(kept->rules[i].matches);
	}
	memory_free(kept->rules);
	memory_free(kept);
}

/* ---- order ---- */

static int
compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int
rule_match_compare(const struct rule_match *a, const struct rule_match *b)
{
	int order = timestamp_compare(&a->time, &b->time);

	if (!order)
		order = text_compare(a->at.system, b->at.system);
	if (!order)
		order = text_compare(a->at.volume, b->at.volume);
	if (!order)
		order = text_compare(a->at.path, b->at.path);
	if (!order)
		order = compare_numbers(a->order, b->order);
	if (!order)
		order = text_compare(a->at.inode, b->at.inode);
	return order ? order : compare_numbers(a->number, b->number);
}

static int
compare_kept(const void *a, const void *b)
{
	return rule_match_compare(&(*(struct kept_match *const *)a)->match, &(*(struct kept_match *const *)b)->match);
}

/* ---- keeping ---- */

static struct kept_match *
copy_match(const struct rule_match *match)
{
	size_t length = 0;
	struct kept_match *copy;
	struct rule_match own = *match;
	const char **texts[] = { &own.provider, &own.event, &own.object, &own.group, &own.at.evidence, &own.at.system, &own.at.volume,
		&own.at.path, &own.at.inode };
	char *to;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		length += *texts[i] ? strlen(*texts[i]) + 1 : 0;
	copy = memory_allocate(1, sizeof *copy + length);
	to = copy->texts;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (*texts[i]) {
			size_t bytes = strlen(*texts[i]) + 1;

			memcpy(to, *texts[i], bytes);
			*texts[i] = to;
			to += bytes;
		}
	copy->match = own;
	return copy;
}

static void
keep_first(struct kept_rule *rule)
{
	if (rule->count > 1)
		qsort(rule->matches, rule->count, sizeof *rule->matches, compare_kept);
	while (rule->count > rule->at_most) {
		memory_free(rule->matches[--rule->count]);
		rule->left_out++;
	}
	rule->is_full = rule->count && rule->count == rule->at_most;
	if (rule->is_full)
		rule->last = rule->matches[rule->count - 1]->match.time;
}

void
rule_kept_add(struct rule_kept *kept, const struct rule_match *match)
{
	struct kept_rule *rule = &kept->rules[match->number];

	rule->left_out += match->left_out;
	if (match->left_out)
		return;
	if (!rule->at_most || (rule->is_full && timestamp_compare(&match->time, &rule->last) > 0)) {
		rule->left_out++;
		return;
	}
	rule->matches = memory_grow(rule->matches, rule->count, &rule->capacity, sizeof *rule->matches);
	rule->matches[rule->count++] = copy_match(match);
	if (rule->count / 2 >= rule->at_most)
		keep_first(rule);
}

void
rule_kept_each(struct rule_kept *kept, void (*take)(void *context, const struct rule_match *match), void *context)
{
	for (size_t i = 0; i < kept->rule_count; i++) {
		struct kept_rule *rule = &kept->rules[i];

		keep_first(rule);
		for (size_t k = 0; k < rule->count; k++)
			take(context, &rule->matches[k]->match);
		if (rule->left_out)
			take(context, &(struct rule_match){ .number = (uint32_t)i, .left_out = rule->left_out });
	}
}
