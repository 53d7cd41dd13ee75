/*
 * compile.c - which rules an event can concern at all: what their values look for, joined into one search a field.
 *
 * A rule waits for items of which at least one is true whenever the rule is: of the parts that must all hold it
 * takes the rarest. An item that no search answers (a regular expression) is asked once an event for all rules that
 * wait for it. What has no such items at all is asked for every event of its log source.
 */
#include <string.h>

#include "set.h"

enum { COST_NONE = 1 << 20, COST_EVALUATED = 100000 };	/* an item is waited for that no search answers: at last */

/* Patterns are told apart by field and what they compare. */
struct pattern_key { uint32_t field; uint32_t kind_and_case; };

struct compiling {
	struct rule_set *set;
	struct map       known;		/* patterns that are searched */
	struct buffer    key;
	uint32_t        *item_cost;
	uint32_t        *positions;	size_t position_count, position_capacity;	/* of the patterns of one item */
};

static uint32_t
chain_add(struct chain **chains, size_t *count, size_t *capacity, uint32_t value, uint32_t next)
{
	if (!*count) {
		*chains = memory_grow(*chains, 0, capacity, sizeof **chains);
		(*chains)[(*count)++] = (struct chain){ 0, 0 };		/* 0: none */
	}
	*chains = memory_grow(*chains, *count, capacity, sizeof **chains);
	(*chains)[*count] = (struct chain){ value, next };
	return (uint32_t)(*count)++;
}

/* The position of the pattern among those that are searched in the field. */
static uint32_t
position_of(struct compiling *at, uint32_t field, const struct pattern *pattern)
{
	struct rule_set *set = at->set;
	struct pattern_key key = { field, (uint32_t)pattern->kind << 1 | pattern->cased };
	uint64_t position;
	char folded[16];

	buffer_clear(&at->key);
	buffer_add(&at->key, &key, sizeof key);
	buffer_add(&at->key, pattern->text, pattern->length);
	if (!map_get(&at->known, at->key.bytes, at->key.length, &position)) {
		position = set->pattern_count;
		map_add(&at->known, at->key.bytes, at->key.length, position);
		set->patterns = memory_grow(set->patterns, set->pattern_count, &set->pattern_capacity, sizeof *set->patterns);
		set->patterns[set->pattern_count++] = (struct searched_pattern){ .pattern = pattern };
		if (!set->searches[field])
			set->searches[field] = automaton_open();
		memcpy(folded, pattern->text + pattern->literal, pattern->literal_length);
		pattern_fold(folded, pattern->literal_length);
		automaton_add(set->searches[field], folded, pattern->literal_length, (uint32_t)position);
	}
	set->patterns[position].item_count++;
	return (uint32_t)position;
}

static void
search_item(struct compiling *at, struct item *item)
{
	uint32_t *positions;

	at->position_count = 0;
	for (size_t i = 0; item->kind == ITEM_TEXT && i < item->pattern_count; i++) {
		if (!item->patterns[i].literal_length)
			continue;
		at->positions = memory_grow(at->positions, at->position_count, &at->position_capacity, sizeof *at->positions);
		at->positions[at->position_count++] = position_of(at, item->field, &item->patterns[i]);
	}
	if (!at->position_count)
		return;
	positions = arena_allocate(&at->set->arena, at->position_count * sizeof *positions);
	memcpy(positions, at->positions, at->position_count * sizeof *positions);
	item->searched = positions;
	item->searched_count = at->position_count;
}

/* How often a text of that length stands in a value, very roughly. */
static uint32_t
cost_of_length(size_t length)
{
	return length < 2 ? 4000 : length < 4 ? 1000 : length < 6 ? 200 : length < 9 ? 40 : 10;
}

/* What many rules look for is common in logs, too. */
static void
weigh_items(struct compiling *at)
{
	struct rule_set *set = at->set;

	for (size_t i = 0; i < set->item_count; i++) {
		const struct item *item = &set->items[i];
		const char *name = set->field_names[set->items[i].field];

		for (size_t k = 0; k < item->searched_count; k++) {
			const struct searched_pattern *searched = &set->patterns[item->searched[k]];
			uint32_t cost = cost_of_length(searched->pattern->length) + 4 * searched->item_count;

			at->item_cost[i] = cost > at->item_cost[i] ? cost : at->item_cost[i];
		}
		at->item_cost[i] += (uint32_t)(set->items[i].pattern_count / 8);
		if (!strcmp(name, "EventID") || !strcmp(name, "Provider_Name") || !strcmp(name, "Channel"))
			at->item_cost[i] += 5000;
	}
}

static uint32_t
cost_of(const struct compiling *at, const struct node *node)
{
	uint64_t sum = 0;
	uint32_t best = COST_NONE;

	switch (node->kind) {
	case NODE_ITEM:
		return at->set->items[node->item].is_searched ? at->item_cost[node->item] : COST_EVALUATED;
	case NODE_ALL:
		for (size_t i = 0; i < node->count; i++) {
			uint32_t cost = cost_of(at, node->children[i]);

			best = cost < best ? cost : best;
		}
		return best;
	case NODE_AT_LEAST:
	case NODE_ANY:
		for (size_t i = 0; i < node->count; i++) {
			uint32_t cost = cost_of(at, node->children[i]);

			if (cost >= COST_NONE)
				return COST_NONE;
			sum += cost;
		}
		return sum < COST_NONE ? (uint32_t)sum : COST_NONE - 1;
	case NODE_NOT:
		break;
	}
	return COST_NONE;
}

/* An item for which the first rule waits is one that its patterns lead to. */
static void
tell_patterns(struct rule_set *set, uint32_t number)
{
	const struct item *item = &set->items[number];

	for (size_t i = 0; i < item->searched_count; i++) {
		struct searched_pattern *searched = &set->patterns[item->searched[i]];

		searched->first_item = chain_add(&set->asked, &set->asked_count, &set->asked_capacity, number,
			searched->first_item);
	}
}

static void
wait_for(struct compiling *at, const struct node *node, uint32_t rule)
{
	struct rule_set *set = at->set;
	const struct node *best = NULL;
	uint32_t best_cost = COST_NONE;

	if (node->kind == NODE_ITEM) {
		struct item *item = &set->items[node->item];

		if (!item->is_searched && !item->first_rule) {
			set->evaluated = memory_grow(set->evaluated, set->evaluated_count, &set->evaluated_capacity,
				sizeof *set->evaluated);
			set->evaluated[set->evaluated_count++] = node->item;
		}
		if (!item->first_rule)
			tell_patterns(set, node->item);
		item->rule_sources |= source_bit(set->rules[rule].source);
		item->first_rule = chain_add(&set->waiting, &set->waiting_count, &set->waiting_capacity, rule, item->first_rule);
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		uint32_t cost = cost_of(at, node->children[i]);

		if (node->kind != NODE_ALL)
			wait_for(at, node->children[i], rule);
		else if (cost < best_cost) {
			best_cost = cost;
			best = node->children[i];
		}
	}
	if (best)
		wait_for(at, best, rule);
}

static bool
asks_any(const struct rule_set *set, const struct node *node)
{
	if (node->kind == NODE_ITEM)
		return set->items[node->item].field == FIELD_ANY;
	for (size_t i = 0; i < node->count; i++)
		if (asks_any(set, node->children[i]))
			return true;
	return false;
}

static bool
asks_only(const struct rule_set *set, const struct node *node, const char *field)
{
	if (node->kind == NODE_ITEM)
		return !strcmp(set->field_names[set->items[node->item].field], field);
	for (size_t i = 0; i < node->count; i++)
		if (!asks_only(set, node->children[i], field))
			return false;
	return true;
}

/* What a rule can be asked of the list of files. */
static void
mark_files(const struct rule_set *set, struct compiled_rule *rule)
{
	const struct rule_source *source = &set->sources[rule->source];

	rule->rule.asks_files = source->product && !strcmp(source->product, "evidence");
	rule->rule.asks_names_only = source->category && !strcmp(source->category, "file_event") &&
		asks_only(set, rule->condition, "TargetFilename");
}

static void
place_rules(struct compiling *at)
{
	struct rule_set *set = at->set;

	set->always = memory_allocate(set->rule_count + 1, sizeof *set->always);
	set->asks_any = memory_allocate(set->source_count + 1, sizeof *set->asks_any);
	for (size_t i = 0; i < set->rule_count; i++) {
		struct compiled_rule *rule = &set->rules[i];

		if (!rule->condition)
			continue;
		mark_files(set, rule);
		if (asks_any(set, rule->condition))
			set->asks_any[rule->source] = true;
		if (cost_of(at, rule->condition) < COST_NONE)
			wait_for(at, rule->condition, (uint32_t)i);
		else
			set->always[set->always_count++] = (uint32_t)i;
	}
}

static void
join_correlations(struct rule_set *set, const struct rule_sink *out)
{
	for (size_t i = 0; i < set->rule_count; i++) {
		struct compiled_rule *rule = &set->rules[i];
		struct refusal refusal = { .arena = &set->arena, .line = rule->rule.line };

		if (!rule->correlation || correlation_join(set, rule, &refusal))
			continue;
		if (out->refused)
			out->refused(out->context, &(struct rule_refusal){ rule->rule.file, refusal.line, refusal.reason });
		rule->correlation = NULL;
	}
}

static bool
is_read(const struct rule_source *source)
{
	for (const struct event_class *class = event_classes(); class->product; class++)
		if (rule_source_takes(source, class))
			return true;
	return false;
}

static void
describe_source(const struct rule_source *source, struct buffer *text)
{
	const struct { const char *what, *value; } parts[] = { { "product", source->product },
		{ "category", source->category }, { "service", source->service } };

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (parts[i].value)
			buffer_add_format(text, "%s%s %s", text->length ? ", " : "", parts[i].what, parts[i].value);
}

/* No event is ever of these sources: their rules are silent whatever the evidence holds. */
static void
tell_unread(const struct rule_set *set, const struct rule_sink *out)
{
	struct buffer text;

	buffer_init(&text, 0);
	for (size_t source = 0; out->unread && source < set->source_count; source++) {
		size_t count = 0;

		for (size_t i = 0; i < set->rule_count; i++)
			count += set->rules[i].condition && set->rules[i].source == source;
		if (!count || is_read(&set->sources[source]))
			continue;
		buffer_clear(&text);
		describe_source(&set->sources[source], &text);
		out->unread(out->context, text.bytes, count);
	}
	buffer_release(&text);
}

void
rule_set_compile(struct rule_set *set, const struct rule_sink *out)
{
	struct compiling at = { .set = set };

	join_correlations(set, out);
	tell_unread(set, out);
	map_init(&at.known);
	buffer_init(&at.key, 0);
	set->searches = memory_allocate(set->field_count, sizeof *set->searches);
	at.item_cost = memory_allocate(set->item_count + 1, sizeof *at.item_cost);
	for (size_t i = 0; i < set->item_count; i++)
		search_item(&at, &set->items[i]);
	weigh_items(&at);
	place_rules(&at);
	for (size_t i = 0; i < set->field_count; i++)
		if (set->searches[i])
			automaton_build(set->searches[i]);
	memory_free(at.item_cost);
	memory_free(at.positions);
	buffer_release(&at.key);
	map_release(&at.known);
}
