/*
 * match.c - the rules that one event fulfils.
 *
 * The values of the event go once through the search of their field, which tells the items that are true and
 * with them the rules that may be; only those are evaluated. What no search answers (regular expressions, networks,
 * other fields) is asked once an event: where nothing else leads to a rule before, else when the rule is evaluated.
 */
#include <string.h>

#include <t1554triage/event_vocabulary.h>
#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "set.h"

enum { NAMES_KEPT = 256, NAME_BYTES = 48 };
enum { CLASSES_MAX = 4096, VIEWS = 2, NO_VALUE = 0, MATCH_HEAP_KIB = 20000 };

struct value {
	uint32_t    field;		/* FIELD_ANY: no rule knows its name */
	const char *text;
	size_t      length, folded;	/* folded: offset in the buffer of folded texts */
	uint32_t    next;		/* of the same field; NO_VALUE: none */
};

/* The same event as rules of one kind of log source see it: as the log has it, or under the one names. */
struct view {
	bool     is_asked, is_normalised, asks_any;
	bool    *sources;		/* by source: whether it is meant */
	uint64_t source_bits;		/* of those */
	uint32_t *evaluated;		size_t evaluated_count;	/* items that their rules wait for and no search answers */
	const char *object;
};
struct class { struct view views[VIEWS]; };

/* What a name of a field means: records have the same ones again and again. */
struct name_meant {
	const struct vocabulary *vocabulary;
	bool            is_kept, is_in_vocabulary;
	unsigned        length, field_count;
	uint32_t        fields[2];	/* FIELD_ANY: no rule knows it */
	enum event_name is;
	char            name[NAME_BYTES];
};

struct rule_matcher {
	const struct rule_set *set;
	struct map    known;		/* provider, channel, id and kind to position in classes */
	struct class *classes;		size_t class_count, class_capacity;
	struct arena  arena;		/* of the classes */
	struct name_meant names[NAMES_KEPT];	/* by place_of_name */
	struct buffer key, folded, form;
	struct arena  scratch;		/* values in their one form */
	struct value *values;		size_t value_count, value_capacity;	/* from 1 */
	uint32_t     *first;		/* by field, of the present view */
	uint32_t     *first_round;	/* by field: the round that first is of */
	uint32_t     *pattern_round;	/* by pattern that is searched: found in that round */
	uint32_t     *item_round;	/* by item: true in that round */
	uint32_t     *asked_round;	/* by item: asked in that round */
	uint32_t     *rule_round;	/* by rule: it is a candidate of that round */
	uint32_t     *candidates;	size_t candidate_count;
	uint32_t      round;
	const struct value *searched;	/* value that is being searched */
	const struct view *view;
	pcre2_match_context *regex_context;
	pcre2_match_data    *regex_data;
	uint64_t      given_up;
};

struct rule_matcher *
rule_matcher_open(const struct rule_set *set)
{
	struct rule_matcher *matcher = memory_allocate(1, sizeof *matcher);

	matcher->set = set;
	map_init(&matcher->known);
	arena_init(&matcher->arena);
	arena_init(&matcher->scratch);
	buffer_init(&matcher->key, 0);
	buffer_init(&matcher->folded, 0);
	buffer_init(&matcher->form, 0);
	matcher->first = memory_allocate(set->field_count, sizeof *matcher->first);
	matcher->first_round = memory_allocate(set->field_count, sizeof *matcher->first_round);
	matcher->pattern_round = memory_allocate(set->pattern_count + 1, sizeof *matcher->pattern_round);
	matcher->item_round = memory_allocate(set->item_count + 1, sizeof *matcher->item_round);
	matcher->asked_round = memory_allocate(set->item_count + 1, sizeof *matcher->asked_round);
	matcher->rule_round = memory_allocate(set->rule_count + 1, sizeof *matcher->rule_round);
	matcher->candidates = memory_allocate(set->rule_count + 1, sizeof *matcher->candidates);
	matcher->regex_context = pcre2_match_context_create(NULL);
	matcher->regex_data = pcre2_match_data_create(1, NULL);
	pcre2_set_match_limit(matcher->regex_context, (uint32_t)limit_get(LIMIT_REGEX_STEPS));
	pcre2_set_heap_limit(matcher->regex_context, MATCH_HEAP_KIB);
	return matcher;
}

void
rule_matcher_close(struct rule_matcher *matcher)
{
	if (!matcher)
		return;
	map_release(&matcher->known);
	arena_release(&matcher->arena);
	arena_release(&matcher->scratch);
	buffer_release(&matcher->key);
	buffer_release(&matcher->folded);
	buffer_release(&matcher->form);
	memory_free(matcher->classes);
	memory_free(matcher->values);
	memory_free(matcher->first);
	memory_free(matcher->first_round);
	memory_free(matcher->pattern_round);
	memory_free(matcher->item_round);
	memory_free(matcher->asked_round);
	memory_free(matcher->rule_round);
	memory_free(matcher->candidates);
	pcre2_match_context_free(matcher->regex_context);
	pcre2_match_data_free(matcher->regex_data);
	memory_free(matcher);
}

uint64_t
rule_matcher_given_up(const struct rule_matcher *matcher)
{
	return matcher->given_up;
}

/* ---- which rules the event concerns ---- */

static void
add_to_view(struct rule_matcher *matcher, struct class *class, const struct event_class *row)
{
	const struct rule_set *set = matcher->set;
	struct view *view = &class->views[row->is_normalised];

	for (size_t i = 0; i < set->source_count; i++) {
		const struct view *other = &class->views[!row->is_normalised];

		/* As the log has it where a rule means both. */
		if (!rule_source_takes(&set->sources[i], row) || (other->sources && other->sources[i]))
			continue;
		if (!view->sources)
			view->sources = arena_allocate(&matcher->arena, set->source_count * sizeof *view->sources);
		view->is_asked = view->sources[i] = true;
		view->source_bits |= source_bit((uint32_t)i);
		view->asks_any |= set->asks_any[i];
	}
	view->is_normalised = row->is_normalised;
	view->object = view->object ? view->object : row->object;
}

static bool
is_waited_for(const struct rule_set *set, const struct view *view, uint32_t item)
{
	if (!(set->items[item].rule_sources & view->source_bits))
		return false;
	for (uint32_t waiting = set->items[item].first_rule; waiting; waiting = set->waiting[waiting].next)
		if (view->sources[set->rules[set->waiting[waiting].value].source])
			return true;
	return false;
}

/* Found once for all events of the class. */
static void
list_evaluated(struct rule_matcher *matcher, struct view *view)
{
	const struct rule_set *set = matcher->set;

	if (!view->is_asked)
		return;
	view->evaluated = arena_allocate(&matcher->arena, (set->evaluated_count + 1) * sizeof *view->evaluated);
	for (size_t i = 0; i < set->evaluated_count; i++)
		if (is_waited_for(set, view, set->evaluated[i]))
			view->evaluated[view->evaluated_count++] = set->evaluated[i];
}

static void
add_key_part(struct buffer *key, const char *text)
{
	buffer_add_text(key, text ? text : "");
	buffer_add_char(key, '\0');
}

/* Evidence may hold any number of kinds of events: what was found out of them is forgotten then. */
static void
forget_classes(struct rule_matcher *matcher)
{
	map_release(&matcher->known);
	map_init(&matcher->known);
	arena_release(&matcher->arena);
	matcher->class_count = 0;
}

static const struct class *
class_of(struct rule_matcher *matcher, const struct event *event)
{
	struct class class = { .views = { { .is_asked = false } } };
	uint64_t position;

	buffer_clear(&matcher->key);
	add_key_part(&matcher->key, event->provider);
	add_key_part(&matcher->key, event->channel);
	add_key_part(&matcher->key, event->id);
	buffer_add_char(&matcher->key, (char)event->kind);
	if (map_get(&matcher->known, matcher->key.bytes, matcher->key.length, &position))
		return &matcher->classes[position];
	if (matcher->class_count == CLASSES_MAX)
		forget_classes(matcher);
	for (const struct event_class *row = event_classes(); row->product; row++)
		if (event_class_has(row, event))
			add_to_view(matcher, &class, row);
	for (int i = 0; i < VIEWS; i++)
		list_evaluated(matcher, &class.views[i]);
	map_add(&matcher->known, matcher->key.bytes, matcher->key.length, matcher->class_count);
	matcher->classes = memory_grow(matcher->classes, matcher->class_count, &matcher->class_capacity,
		sizeof *matcher->classes);
	matcher->classes[matcher->class_count] = class;
	return &matcher->classes[matcher->class_count++];
}

/* ---- the values of the event ---- */

static bool
find_field(const struct rule_matcher *matcher, const char *name, uint32_t *ret_field)
{
	uint64_t field = FIELD_ANY;
	bool is_known = map_get_text(&matcher->set->fields, name, &field);

	*ret_field = (uint32_t)field;
	return is_known;
}

/* "Threat Name" is ThreatName or Threat_Name in rules (set_field has taken the blanks of their own names). */
static void
find_fields(struct rule_matcher *matcher, const char *name, struct name_meant *ret_meant)
{
	char *joined, *underscored, *to;

	ret_meant->field_count = 0;
	if (!strchr(name, ' ')) {
		find_field(matcher, name, &ret_meant->fields[ret_meant->field_count++]);
		return;
	}
	to = joined = arena_copy_text(&matcher->scratch, name);
	underscored = arena_copy_text(&matcher->scratch, name);
	for (size_t i = 0; name[i]; i++)
		if (name[i] != ' ')
			*to++ = name[i];
		else
			underscored[i] = '_';
	*to = '\0';
	ret_meant->field_count += find_field(matcher, underscored, &ret_meant->fields[0]);
	if (find_field(matcher, joined, &ret_meant->fields[ret_meant->field_count]) || !ret_meant->field_count)
		ret_meant->field_count++;
}

static void
find_meaning(struct rule_matcher *matcher, const char *name, const struct vocabulary *vocabulary, struct name_meant *ret_meant)
{
	ret_meant->is_in_vocabulary = vocabulary && vocabulary_find(vocabulary, name, &ret_meant->is);
	find_fields(matcher, ret_meant->is_in_vocabulary ? event_name_rows[ret_meant->is].name : name, ret_meant);
}

static size_t
place_of_name(const char *name, size_t length)
{
	return ((unsigned char)name[0] * 31u + (unsigned char)name[length / 2] * 7u + (unsigned char)name[length - 1] + length * 13u) %
		NAMES_KEPT;
}

/* Kept in the one place that it may have, whatever was there: long names are found anew each time. */
static const struct name_meant *
meaning_of(struct rule_matcher *matcher, const char *name, const struct vocabulary *vocabulary, struct name_meant *own)
{
	size_t length = strlen(name);
	struct name_meant *kept;

	if (!length || length > NAME_BYTES) {
		find_meaning(matcher, name, vocabulary, own);
		return own;
	}
	kept = &matcher->names[place_of_name(name, length)];
	if (kept->is_kept && kept->length == length && kept->vocabulary == vocabulary && !memcmp(kept->name, name, length))
		return kept;
	find_meaning(matcher, name, vocabulary, kept);
	kept->vocabulary = vocabulary;
	kept->is_kept = true;
	kept->length = (unsigned)length;
	memcpy(kept->name, name, length);
	return kept;
}

static void
add_value(struct rule_matcher *matcher, uint32_t field, const char *text)
{
	struct value *value;

	if (field == FIELD_ANY && !matcher->view->asks_any)
		return;
	matcher->values = memory_grow(matcher->values, matcher->value_count, &matcher->value_capacity,
		sizeof *matcher->values);
	value = &matcher->values[matcher->value_count];
	*value = (struct value){ .field = field, .text = text, .length = strlen(text), .folded = matcher->folded.length };
	buffer_add(&matcher->folded, text, value->length + 1);
	pattern_fold(matcher->folded.bytes + value->folded, value->length);
	if (field != FIELD_ANY) {
		value->next = matcher->first_round[field] == matcher->round ? matcher->first[field] : NO_VALUE;
		matcher->first[field] = (uint32_t)matcher->value_count;
		matcher->first_round[field] = matcher->round;
	}
	matcher->value_count++;
}

static void
add_field(struct rule_matcher *matcher, const struct event_field *field, const struct vocabulary *vocabulary)
{
	const char *text = field->value ? field->value : "";
	struct name_meant own;
	const struct name_meant *meant = meaning_of(matcher, field->name, vocabulary, &own);

	/* Most fields are asked for by no rule. */
	if (meant->fields[0] == FIELD_ANY && !matcher->view->asks_any)
		return;
	if (meant->is_in_vocabulary) {
		text = value_in_form(text, event_name_rows[meant->is].form, &matcher->form);
		if (text == matcher->form.bytes)
			text = arena_copy(&matcher->scratch, text, strlen(text));
	}
	for (unsigned i = 0; text && i < meant->field_count; i++)
		add_value(matcher, meant->fields[i], text);
}

static void
add_unless_there(struct rule_matcher *matcher, const char *name, const char *text)
{
	uint32_t field;

	if (text && (!find_field(matcher, name, &field) || matcher->first_round[field] != matcher->round))
		add_value(matcher, field, text);
}

/* What rules over detections call the threat, the file and who was there, whatever the product's own names are. */
static void
add_detection(struct rule_matcher *matcher, const struct event *event)
{
	add_unless_there(matcher, "Signature", event->subject);
	add_unless_there(matcher, "Filename", event->object);
	add_unless_there(matcher, "FileName", event->object);
	add_unless_there(matcher, "User", event->user);
}

static void
read_values(struct rule_matcher *matcher, const struct event *event)
{
	const struct vocabulary *vocabulary = matcher->view->is_normalised ? event_vocabulary(event) : NULL;

	arena_clear(&matcher->scratch);
	buffer_clear(&matcher->folded);
	matcher->values = memory_grow(matcher->values, 0, &matcher->value_capacity, sizeof *matcher->values);
	matcher->value_count = 1;
	for (size_t i = 0; i < event->field_count; i++)
		add_field(matcher, &event->fields[i], vocabulary);
	if (matcher->view->is_normalised && event->kind == EVENT_DETECTION)
		add_detection(matcher, event);
	add_unless_there(matcher, "EventID", event->id);
	add_unless_there(matcher, "Provider_Name", event->provider);
	add_unless_there(matcher, "Channel", event->channel);
	if (matcher->view->asks_any && event->text)
		add_value(matcher, FIELD_ANY, event->text);
}

/* ---- the search ---- */

static const char *
folded_text(const struct rule_matcher *matcher, const struct value *value)
{
	return matcher->folded.bytes + value->folded;
}

static void
add_candidate(struct rule_matcher *matcher, uint32_t rule)
{
	if (matcher->rule_round[rule] == matcher->round || !matcher->view->sources[matcher->set->rules[rule].source])
		return;
	matcher->rule_round[rule] = matcher->round;
	matcher->candidates[matcher->candidate_count++] = rule;
}

/* The rules that wait for an item that is true. */
static void
add_waiting(struct rule_matcher *matcher, uint32_t item)
{
	const struct rule_set *set = matcher->set;

	if (!(set->items[item].rule_sources & matcher->view->source_bits))
		return;
	for (uint32_t waiting = set->items[item].first_rule; waiting; waiting = set->waiting[waiting].next)
		add_candidate(matcher, set->waiting[waiting].value);
}

static void
found_pattern(void *context, uint32_t position, size_t end)
{
	struct rule_matcher *matcher = context;
	const struct rule_set *set = matcher->set;
	const struct searched_pattern *searched = &set->patterns[position];
	const struct value *value = matcher->searched;

	if (matcher->pattern_round[position] == matcher->round || !pattern_matches_at(searched->pattern, searched->pattern->cased ? value->text : folded_text(matcher, value),
	    value->length, end))
		return;
	matcher->pattern_round[position] = matcher->round;
	for (uint32_t link = searched->first_item; link; link = set->asked[link].next) {
		uint32_t item = set->asked[link].value;

		if (matcher->item_round[item] == matcher->round)
			continue;
		matcher->item_round[item] = matcher->round;
		add_waiting(matcher, item);
	}
}

static void
search_values(struct rule_matcher *matcher)
{
	struct automaton *const *searches = matcher->set->searches;

	for (size_t i = 1; i < matcher->value_count; i++) {
		const struct value *value = &matcher->values[i];

		matcher->searched = value;
		if (value->field != FIELD_ANY && searches[value->field])
			automaton_scan(searches[value->field], folded_text(matcher, value), value->length, found_pattern, matcher);
		if (matcher->view->asks_any && searches[FIELD_ANY])
			automaton_scan(searches[FIELD_ANY], folded_text(matcher, value), value->length, found_pattern, matcher);
	}
}

/* ---- what no search answers ---- */

static bool
regex_matches(struct rule_matcher *matcher, const struct item *item, const struct value *value)
{
	int result = pcre2_match(item->regex, (PCRE2_SPTR8)value->text, value->length, 0, 0, matcher->regex_data,
		matcher->regex_context);

	matcher->given_up += result < PCRE2_ERROR_PARTIAL;
	return result >= 0;
}

static bool
patterns_match(const struct rule_matcher *matcher, const struct item *item, const struct value *value)
{
	for (size_t i = 0; i < item->pattern_count; i++) {
		const struct pattern *pattern = &item->patterns[i];

		/* Those with a literal were searched for. */
		if (!pattern->literal_length && pattern_matches(pattern, pattern->cased ? value->text
		    : folded_text(matcher, value), value->length))
			return true;
	}
	return false;
}

static bool
number_compares(const struct item *item, const struct value *value)
{
	bool is_negative = *value->text == '-', is_hex = !strncmp(value->text, "0x", 2);
	const char *digits = value->text + is_negative + 2 * is_hex;
	uint64_t size;
	int64_t number;

	if (!text_parse_u64(digits, strlen(digits), is_hex ? 16 : 10, &size) || size > INT64_MAX)
		return false;
	number = is_negative ? -(int64_t)size : (int64_t)size;
	switch (item->kind) {
	case ITEM_LESS:
		return number < item->number;
	case ITEM_LESS_OR_EQUAL:
		return number <= item->number;
	case ITEM_MORE:
		return number > item->number;
	default:
		return number >= item->number;
	}
}

static const struct value *
next_value(const struct rule_matcher *matcher, uint32_t field, const struct value *before)
{
	uint32_t position = before ? before->next : matcher->first_round[field] == matcher->round ? matcher->first[field]
		: NO_VALUE;

	return position ? &matcher->values[position] : NULL;
}

/* Each value of the one field against each of the other. */
static bool
other_field_matches(const struct rule_matcher *matcher, const struct item *item, const struct value *value)
{
	for (const struct value *other = next_value(matcher, item->other, NULL); other;
	     other = next_value(matcher, item->other, other)) {
		struct pattern pattern = { .kind = item->relation, .length = other->length,
			.text = item->cased ? other->text : folded_text(matcher, other) };

		if (pattern_matches(&pattern, item->cased ? value->text : folded_text(matcher, value), value->length))
			return true;
	}
	return false;
}

static bool
value_fulfils(struct rule_matcher *matcher, const struct item *item, const struct value *value)
{
	switch (item->kind) {
	case ITEM_TEXT:
		return patterns_match(matcher, item, value);
	case ITEM_EXISTS:
		return true;
	case ITEM_REGEX:
		return regex_matches(matcher, item, value);
	case ITEM_NETWORK:
		return network_holds(&item->network, value->text);
	case ITEM_FIELD:
		return other_field_matches(matcher, item, value);
	case ITEM_NULL:
		return false;
	default:
		return number_compares(item, value);
	}
}

static bool
any_value_fulfils(struct rule_matcher *matcher, const struct item *item)
{
	if (item->field == FIELD_ANY) {
		for (size_t i = 1; i < matcher->value_count; i++)
			if (value_fulfils(matcher, item, &matcher->values[i]))
				return true;
		return false;
	}
	for (const struct value *value = next_value(matcher, item->field, NULL); value;
	     value = next_value(matcher, item->field, value))
		if (value_fulfils(matcher, item, value))
			return true;
	return false;
}

/* A dash is how Sysmon writes that there is nothing. */
static bool
is_null(const struct rule_matcher *matcher, uint32_t field)
{
	const struct value *value = next_value(matcher, field, NULL);

	return !value || (!value->next && !strcmp(value->text, "-"));
}

static bool
is_found(const struct rule_matcher *matcher, const struct item *item)
{
	for (size_t i = 0; i < item->searched_count; i++)
		if (matcher->pattern_round[item->searched[i]] == matcher->round)
			return true;
	return false;
}

static bool
item_is_true(struct rule_matcher *matcher, uint32_t number)
{
	const struct item *item = &matcher->set->items[number];

	if (matcher->item_round[number] == matcher->round)
		return true;
	if (matcher->asked_round[number] == matcher->round)
		return false;
	matcher->asked_round[number] = matcher->round;
	if (is_found(matcher, item)) {
		matcher->item_round[number] = matcher->round;
		return true;
	}
	if (item->is_searched)
		return false;
	if (item->kind == ITEM_NULL ? !is_null(matcher, item->field) : !any_value_fulfils(matcher, item))
		return false;
	matcher->item_round[number] = matcher->round;
	return true;
}

static void
evaluate_items(struct rule_matcher *matcher)
{
	const struct view *view = matcher->view;

	for (size_t i = 0; i < view->evaluated_count; i++)
		if (item_is_true(matcher, view->evaluated[i]))
			add_waiting(matcher, view->evaluated[i]);
}

static bool
node_is_true(struct rule_matcher *matcher, const struct node *node)
{
	unsigned count = 0;

	switch (node->kind) {
	case NODE_ITEM:
		return item_is_true(matcher, node->item);
	case NODE_NOT:
		return !node_is_true(matcher, node->children[0]);
	case NODE_ALL:
		for (size_t i = 0; i < node->count; i++)
			if (!node_is_true(matcher, node->children[i]))
				return false;
		return true;
	case NODE_ANY:
	case NODE_AT_LEAST:
		for (size_t i = 0; i < node->count; i++) {
			count += node_is_true(matcher, node->children[i]);
			if (count >= (node->kind == NODE_ANY ? 1 : node->at_least))
				return true;
		}
		return false;
	}
	return false;
}

/* ---- one event ---- */

static const char *
object_of(struct rule_matcher *matcher, const struct event *event)
{
	enum event_name name;
	const char *object = matcher->view->object;

	for (size_t i = 0; object && i < event->field_count; i++)
		if (!strcmp(event->fields[i].name, object) && event->fields[i].value && *event->fields[i].value)
			return event->fields[i].value;
	if (object && event_name_find(object, &name))
		return event_value(event, name, &matcher->form);
	return (event->kind >= EVENT_PROCESS_STARTED && event->kind <= EVENT_FILE_ACCESSED) || event->kind == EVENT_DETECTION
		? event->object : NULL;
}

/* The values by which a correlation joins the matches, folded as everything that is compared. */
static const char *
group_of(struct rule_matcher *matcher, const struct compiled_rule *rule)
{
	buffer_clear(&matcher->key);
	for (size_t i = 0; i < rule->group_field_count; i++) {
		const struct value *value = next_value(matcher, rule->group_fields[i], NULL);

		if (i)
			buffer_add_char(&matcher->key, '\x1F');
		buffer_add_text(&matcher->key, value ? folded_text(matcher, value) : "");
	}
	return rule->group_field_count ? matcher->key.bytes : NULL;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return (one > other) - (one < other);
}

static void
ask_view(struct rule_matcher *matcher, const struct event *event,
	void (*hit)(void *context, const struct rule_hit *hit), void *context)
{
	const struct rule_set *set = matcher->set;

	matcher->round++;
	matcher->candidate_count = 0;
	read_values(matcher, event);
	search_values(matcher);
	evaluate_items(matcher);
	for (size_t i = 0; i < set->always_count; i++)
		add_candidate(matcher, set->always[i]);
	if (matcher->candidate_count > 1)
		qsort(matcher->candidates, matcher->candidate_count, sizeof *matcher->candidates, compare_numbers);
	for (size_t i = 0; i < matcher->candidate_count; i++) {
		const struct compiled_rule *rule = &set->rules[matcher->candidates[i]];

		if (node_is_true(matcher, rule->condition))
			hit(context, &(struct rule_hit){ .rule = &rule->rule, .object = object_of(matcher, event),
				.group = group_of(matcher, rule) });
	}
}

void
rule_matcher_ask(struct rule_matcher *matcher, const struct event *event,
	void (*hit)(void *context, const struct rule_hit *hit), void *context)
{
	const struct class *class = class_of(matcher, event);

	for (int i = 0; i < VIEWS; i++) {
		matcher->view = &class->views[i];
		if (matcher->view->is_asked)
			ask_view(matcher, event, hit, context);
	}
}
