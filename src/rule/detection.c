/*
 * detection.c - the search identifiers of a Sigma rule, and the modifiers of their fields.
 *
 *	selection:
 *	    Image|endswith:			a list is one of, a map all of
 *	        - '\powershell.exe'
 *	    CommandLine|contains|all: [ 'a', 'b' ]
 *	keywords:
 *	    - 'sb://'				any value of the event
 */
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "set.h"

enum { MODIFIERS_MAX = 8, MODIFIER_LENGTH = 16 };

enum edge { EDGE_NONE, EDGE_CONTAINS, EDGE_STARTS, EDGE_ENDS };

/* What the modifiers of a field say; those that change the value are applied from left to right. */
struct modifiers {
	const char *const *changes;	/* windash, base64, base64offset, wide ...: in their order */
	size_t      change_count;
	enum edge   edge;
	bool        all, is_regex, is_network, is_field, exists, cased, unequal;
	bool        is_compared;
	enum item_kind comparison;
	uint32_t    regex_options;
};

struct reading {
	struct rule_set  *set;
	struct refusal   *refusal;
	struct modifiers  modifiers;
	const struct yaml *at;
	uint32_t          field;
	struct pattern   *patterns;
	size_t            count, capacity;
	bool              failed;
};

bool
refuse(struct refusal *refusal, const struct yaml *at, const char *format, ...)
{
	struct buffer text;
	va_list arguments;

	if (refusal->reason)
		return false;
	buffer_init(&text, 0);
	va_start(arguments, format);
	buffer_add_vformat(&text, format, arguments);
	va_end(arguments);
	refusal->line = at ? at->line : refusal->line;
	refusal->reason = arena_copy(refusal->arena, text.bytes, text.length);
	buffer_release(&text);
	return false;
}

const struct node *
node_join(struct rule_set *set, enum node_kind kind, const struct node *const *children, size_t count)
{
	struct node *node;
	const struct node **copy;

	if (count == 1 && kind != NODE_NOT)
		return children[0];
	node = arena_allocate(&set->arena, sizeof *node);
	copy = arena_allocate(&set->arena, (count + 1) * sizeof *copy);
	for (size_t i = 0; i < count; i++)
		copy[i] = children[i];
	*node = (struct node){ .kind = kind, .children = copy, .count = count };
	return node;
}

/* ---- one field ---- */

static struct item *
add_item(struct rule_set *set, enum item_kind kind, uint32_t field)
{
	set->items = memory_grow(set->items, set->item_count, &set->item_capacity, sizeof *set->items);
	set->items[set->item_count] = (struct item){ .kind = kind, .field = field };
	return &set->items[set->item_count++];
}

static const struct node *
node_of_item(struct rule_set *set, uint32_t item)
{
	struct node *node = arena_allocate(&set->arena, sizeof *node);

	*node = (struct node){ .kind = NODE_ITEM, .item = item };
	return node;
}

static const struct node *
item_node(struct rule_set *set)
{
	return node_of_item(set, (uint32_t)set->item_count - 1);
}

static void
add_edged(void *context, const char *text, size_t length)
{
	struct reading *at = context;
	static const char any[] = { (char)WILDCARD_ANY, '\0' };
	enum edge edge = at->modifiers.edge;
	struct buffer value;

	/* A keyword stands anywhere within a value. */
	if (at->field == FIELD_ANY && edge == EDGE_NONE)
		edge = EDGE_CONTAINS;
	buffer_init(&value, 0);
	if (edge == EDGE_CONTAINS || edge == EDGE_ENDS)
		buffer_add_text(&value, any);
	buffer_add(&value, text, length);
	if (edge == EDGE_CONTAINS || edge == EDGE_STARTS)
		buffer_add_text(&value, any);
	at->patterns = memory_grow(at->patterns, at->count, &at->capacity, sizeof *at->patterns);
	pattern_make(value.bytes, value.length, at->modifiers.cased, &at->set->arena, &at->patterns[at->count++]);
	buffer_release(&value);
}

struct change { struct reading *reading; size_t position; };

static void change_value(void *context, const char *text, size_t length);

/* The value after one modifier goes through those that follow it. */
static void
apply_change(struct reading *at, size_t position, const char *text, size_t length)
{
	const char *name = at->modifiers.changes[position];
	struct change next = { at, position + 1 };
	struct pattern_sink sink = { change_value, &next };
	struct buffer value;

	if (!strcmp(name, "windash")) {
		if (!pattern_dashes(text, length, &sink))
			at->failed = !refuse(at->refusal, at->at, "more than five options in one value with windash");
		return;
	}
	/* What was encoded before may hold any byte. */
	for (size_t i = 0; i < length && (!position || !strcmp(at->modifiers.changes[position - 1], "windash")); i++)
		if ((unsigned char)text[i] >= WILDCARD_ONE) {
			at->failed = !refuse(at->refusal, at->at, "a wildcard within a value that is encoded by %s", name);
			return;
		}
	if (!strcmp(name, "base64offset")) {
		pattern_base64_offsets(text, length, &sink);
		return;
	}
	buffer_init(&value, 0);
	if (!strcmp(name, "base64"))
		pattern_base64(text, length, &value);
	else
		pattern_utf16(text, length, !strcmp(name, "utf16be"), !strcmp(name, "utf16"), &value);
	change_value(&next, value.bytes, value.length);
	buffer_release(&value);
}

static void
change_value(void *context, const char *text, size_t length)
{
	const struct change *at = context;

	if (at->reading->failed)
		return;
	if (at->position < at->reading->modifiers.change_count)
		apply_change(at->reading, at->position, text, length);
	else
		add_edged(at->reading, text, length);
}

/* The patterns gathered so far become one item: any of them. */
static const struct node *
patterns_node(struct reading *at)
{
	struct item *item = add_item(at->set, ITEM_TEXT, at->field);
	struct pattern *copy = arena_allocate(&at->set->arena, (at->count + 1) * sizeof *copy);

	if (at->count)
		memcpy(copy, at->patterns, at->count * sizeof *copy);
	item->patterns = copy;
	item->pattern_count = at->count;
	item->is_searched = true;
	for (size_t i = 0; i < at->count; i++)
		item->is_searched &= copy[i].literal_length > 0;
	at->count = 0;
	return item_node(at->set);
}

/* Rules that ask a field for the same expression share one item, which is asked once an event: false for a new one. */
static bool
is_known_regex(struct rule_set *set, uint32_t field, uint32_t options, const struct yaml *value, uint64_t *ret_item)
{
	const uint32_t asked[] = { field, options };
	struct buffer key;
	bool is_new;

	*ret_item = set->item_count;
	buffer_init(&key, 0);
	buffer_add(&key, asked, sizeof asked);
	buffer_add(&key, value->text, value->length);
	is_new = map_add(&set->regexes, key.bytes, key.length, *ret_item);
	if (!is_new)
		map_get(&set->regexes, key.bytes, key.length, ret_item);
	buffer_release(&key);
	return !is_new;
}

static const struct node *
regex_node(struct reading *at, const struct yaml *value)
{
	/* A sign of the value is one sign of the expression; bytes that are no UTF-8 match nothing. */
	uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | at->modifiers.regex_options;
	uint64_t known;
	PCRE2_UCHAR8 message[160];
	PCRE2_SIZE offset;
	pcre2_code *code;
	int error;

	if (value->length > limit_get(LIMIT_REGEX_BYTES)) {
		refuse(at->refusal, value, "a regular expression longer than limit regex-bytes");
		return NULL;
	}
	code = pcre2_compile((PCRE2_SPTR8)value->text, value->length, options, &error, &offset, NULL);
	if (!code) {
		pcre2_get_error_message(error, message, sizeof message);
		refuse(at->refusal, value, "a regular expression is none: %s at its byte %zu", (const char *)message, (size_t)offset);
		return NULL;
	}
	if (is_known_regex(at->set, at->field, options, value, &known)) {
		pcre2_code_free(code);
		return node_of_item(at->set, (uint32_t)known);
	}
	/* Without it the expression is interpreted: the same answer, later. */
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	add_item(at->set, ITEM_REGEX, at->field)->regex = code;
	return item_node(at->set);
}

static const struct node *
network_node(struct reading *at, const struct yaml *value)
{
	struct network network;

	if (!network_parse(value->text, &network)) {
		refuse(at->refusal, value, "%s is no network (\"192.168.0.0/16\")", value->text);
		return NULL;
	}
	add_item(at->set, ITEM_NETWORK, at->field)->network = network;
	return item_node(at->set);
}

static bool
read_number(const char *text, int64_t *ret_number)
{
	bool is_negative = *text == '-';
	uint64_t number;

	if (!text_parse_u64(text + is_negative, strlen(text + is_negative), 10, &number) || number > INT64_MAX)
		return false;
	*ret_number = is_negative ? -(int64_t)number : (int64_t)number;
	return true;
}

static const struct node *
comparison_node(struct reading *at, const struct yaml *value)
{
	struct item *item;
	int64_t number;

	if (!read_number(value->text, &number)) {
		refuse(at->refusal, value, "%s is no whole number to compare with", value->text);
		return NULL;
	}
	item = add_item(at->set, at->modifiers.comparison, at->field);
	item->number = number;
	return item_node(at->set);
}

static const struct node *
field_node(struct reading *at, const struct yaml *value)
{
	static const enum pattern_kind relations[] = { PATTERN_EXACT, PATTERN_PART, PATTERN_PREFIX, PATTERN_SUFFIX };
	uint32_t other = set_field(at->set, value->text);
	struct item *item = add_item(at->set, ITEM_FIELD, at->field);

	item->other = other;
	item->relation = relations[at->modifiers.edge];
	item->cased = at->modifiers.cased;
	return item_node(at->set);
}

static bool
is_among_words(const char *text, const char *const *words)
{
	while (*words && strcasecmp(text, *words))
		words++;
	return *words != NULL;
}

static const struct node *
exists_node(struct reading *at, const struct yaml *value)
{
	const struct node *node;
	bool is_true = is_among_words(value->text, (const char *const[]){ "true", "yes", "on", NULL });

	if (!is_true && !is_among_words(value->text, (const char *const[]){ "false", "no", "off", NULL })) {
		refuse(at->refusal, value, "exists asks for true or false");
		return NULL;
	}
	add_item(at->set, ITEM_EXISTS, at->field);
	node = item_node(at->set);
	return is_true ? node : node_join(at->set, NODE_NOT, &node, 1);
}

/* Values that are no patterns stand alone. */
static const struct node *
single_node(struct reading *at, const struct yaml *value)
{
	if (value->kind == YAML_NULL) {
		add_item(at->set, ITEM_NULL, at->field);
		return item_node(at->set);
	}
	if (at->modifiers.is_regex)
		return regex_node(at, value);
	if (at->modifiers.is_network)
		return network_node(at, value);
	if (at->modifiers.is_field)
		return field_node(at, value);
	if (at->modifiers.exists)
		return exists_node(at, value);
	return comparison_node(at, value);
}

static bool
is_pattern(const struct reading *at, const struct yaml *value)
{
	const struct modifiers *modifiers = &at->modifiers;

	return value->kind == YAML_TEXT && !modifiers->is_regex && !modifiers->is_network && !modifiers->is_field &&
	       !modifiers->exists && !modifiers->is_compared;
}

static bool
add_pattern(struct reading *at, const struct yaml *value)
{
	struct buffer parsed;
	struct change first = { at, 0 };

	buffer_init(&parsed, 0);
	pattern_parse(value->text, value->length, &parsed);
	change_value(&first, parsed.bytes, parsed.length);
	buffer_release(&parsed);
	return !at->failed;
}

/* The values of one field, any or all of them. */
static const struct node *
values_node(struct reading *at, const struct yaml *value)
{
	const struct yaml *first = value->kind == YAML_LIST ? value->first : value;
	const struct node **nodes = arena_allocate(&at->set->arena, (value->count + 2) * sizeof *nodes);
	size_t count = 0;

	if (!first) {
		refuse(at->refusal, value, "an empty list of values");
		return NULL;
	}
	for (const struct yaml *item = first; item; item = value->kind == YAML_LIST ? item->next : NULL) {
		at->at = item;
		if (item->kind == YAML_LIST || item->kind == YAML_MAP) {
			refuse(at->refusal, item, "a list or map in place of a value");
			return NULL;
		}
		if (is_pattern(at, item)) {
			if (!add_pattern(at, item))
				return NULL;
			if (at->modifiers.all)
				nodes[count++] = patterns_node(at);
			continue;
		}
		nodes[count] = single_node(at, item);
		if (!nodes[count++])
			return NULL;
	}
	if (at->count)
		nodes[count++] = patterns_node(at);
	return node_join(at->set, at->modifiers.all ? NODE_ALL : NODE_ANY, nodes, count);
}

/* ---- modifiers ---- */

static bool
take_regex_option(struct reading *at, const char *name)
{
	static const struct { const char *name; uint32_t option; } options[] = {
		{ "i", PCRE2_CASELESS }, { "m", PCRE2_MULTILINE }, { "s", PCRE2_DOTALL },
		{ "ignorecase", PCRE2_CASELESS }, { "multiline", PCRE2_MULTILINE }, { "dotall", PCRE2_DOTALL },
	};

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (at->modifiers.is_regex && !strcmp(name, options[i].name)) {
			at->modifiers.regex_options |= options[i].option;
			return true;
		}
	return false;
}

static bool
take_comparison(struct reading *at, const char *name)
{
	static const struct { const char *name; enum item_kind kind; } comparisons[] = {
		{ "lt", ITEM_LESS }, { "lte", ITEM_LESS_OR_EQUAL }, { "gt", ITEM_MORE }, { "gte", ITEM_MORE_OR_EQUAL },
	};

	for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++)
		if (!strcmp(name, comparisons[i].name)) {
			at->modifiers.is_compared = true;
			at->modifiers.comparison = comparisons[i].kind;
			return true;
		}
	return false;
}

static bool
take_flag(struct modifiers *modifiers, const char *name)
{
	const struct { const char *name; bool *flag; } flags[] = {
		{ "all", &modifiers->all }, { "re", &modifiers->is_regex }, { "cidr", &modifiers->is_network },
		{ "fieldref", &modifiers->is_field }, { "exists", &modifiers->exists }, { "cased", &modifiers->cased },
		{ "neq", &modifiers->unequal },
	};
	static const struct { const char *name; enum edge edge; } edges[] = {
		{ "contains", EDGE_CONTAINS }, { "startswith", EDGE_STARTS }, { "endswith", EDGE_ENDS },
	};

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (!strcmp(name, flags[i].name))
			return *flags[i].flag = true;
	for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
		if (!strcmp(name, edges[i].name)) {
			modifiers->edge = edges[i].edge;
			return true;
		}
	return false;
}

static bool
take_modifier(struct reading *at, const char **changes, const char *name, const struct yaml *member)
{
	static const char *const known[] = { "windash", "base64", "base64offset", "wide", "utf16", "utf16le", "utf16be" };
	struct modifiers *modifiers = &at->modifiers;

	if (take_flag(modifiers, name) || take_regex_option(at, name) || take_comparison(at, name))
		return true;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (!strcmp(name, known[i])) {
			changes[modifiers->change_count++] = known[i];
			return true;
		}
	if (!strcmp(name, "expand"))
		return refuse(at->refusal, member, "%s needs a list of values that stands outside of the rule (expand)", member->key);
	return refuse(at->refusal, member, "the modifier %s of %s is not supported", name, member->key);
}

/* What is encoded as UTF-16 appears in logs in base64 only. */
static bool
check_changes(struct reading *at, const struct yaml *member)
{
	const struct modifiers *modifiers = &at->modifiers;

	for (size_t i = 0; i < modifiers->change_count; i++)
		if ((!strncmp(modifiers->changes[i], "utf16", 5) || !strcmp(modifiers->changes[i], "wide")) &&
		    (i + 1 == modifiers->change_count || strncmp(modifiers->changes[i + 1], "base64", 6)))
			return refuse(at->refusal, member, "%s of %s is supported before base64 and base64offset only",
				modifiers->changes[i], member->key);
	return true;
}

/* "CommandLine|contains|all": the name of the field is set. */
static bool
read_key(struct reading *at, const struct yaml *member)
{
	const char **changes = arena_allocate(&at->set->arena, MODIFIERS_MAX * sizeof *changes);
	const char *bar = strchr(member->key, '|');
	size_t length = bar ? (size_t)(bar - member->key) : strlen(member->key), count = 0;
	char *name = arena_copy(&at->set->arena, member->key, length);

	at->modifiers = (struct modifiers){ .changes = changes };
	at->field = length ? set_field(at->set, name) : FIELD_ANY;
	while (bar) {
		char modifier[MODIFIER_LENGTH] = "";
		const char *begin = bar + 1;

		bar = strchr(begin, '|');
		length = bar ? (size_t)(bar - begin) : strlen(begin);
		if (length >= sizeof modifier || ++count > MODIFIERS_MAX)
			return refuse(at->refusal, member, "the modifiers of %s are not supported", member->key);
		memcpy(modifier, begin, length);
		if (!take_modifier(at, changes, modifier, member))
			return false;
	}
	return check_changes(at, member);
}

/* A field that is not there differs from nothing: as every other question to it, neq is false then. */
static const struct node *
negate_present(struct rule_set *set, const struct node *node, uint32_t field)
{
	const struct node *both[2];

	both[0] = node_join(set, NODE_NOT, &node, 1);
	add_item(set, ITEM_EXISTS, field);
	both[1] = item_node(set);
	return node_join(set, NODE_ALL, both, 2);
}

static const struct node *
member_node(struct rule_set *set, const struct yaml *member, struct refusal *refusal)
{
	struct reading at = { .set = set, .refusal = refusal };
	const struct node *node = NULL;

	if (read_key(&at, member))
		node = values_node(&at, member);
	if (node && at.modifiers.unequal)
		node = negate_present(set, node, at.field);
	memory_free(at.patterns);
	return node;
}

/* ---- search identifiers ---- */

static const struct node *
map_node(struct rule_set *set, const struct yaml *map, struct refusal *refusal)
{
	const struct node **nodes = arena_allocate(&set->arena, (map->count + 1) * sizeof *nodes);
	size_t count = 0;

	if (!map->count) {
		refuse(refusal, map, "a search identifier without fields");
		return NULL;
	}
	for (const struct yaml *member = map->first; member; member = member->next) {
		nodes[count] = member_node(set, member, refusal);
		if (!nodes[count++])
			return NULL;
	}
	return node_join(set, NODE_ALL, nodes, count);
}

static const struct node *
keywords_node(struct rule_set *set, const struct yaml *value, struct refusal *refusal)
{
	struct reading at = { .set = set, .refusal = refusal, .field = FIELD_ANY };
	const struct node *node = NULL;

	if (value->kind == YAML_NULL)
		refuse(refusal, value, "a keyword without text");
	else
		node = values_node(&at, value);
	memory_free(at.patterns);
	return node;
}

const struct node *
detection_read(struct rule_set *set, const struct yaml *value, struct refusal *refusal)
{
	const struct node **nodes = arena_allocate(&set->arena, (value->count + 1) * sizeof *nodes);
	size_t count = 0;

	if (value->kind == YAML_MAP)
		return map_node(set, value, refusal);
	if (value->kind != YAML_LIST)
		return keywords_node(set, value, refusal);
	if (!value->first) {
		refuse(refusal, value, "a search identifier without values");
		return NULL;
	}
	if (value->first->kind != YAML_MAP)
		return keywords_node(set, value, refusal);
	for (const struct yaml *item = value->first; item; item = item->next) {
		nodes[count] = item->kind == YAML_MAP ? map_node(set, item, refusal) : keywords_node(set, item, refusal);
		if (!nodes[count++])
			return NULL;
	}
	return node_join(set, NODE_ANY, nodes, count);
}
