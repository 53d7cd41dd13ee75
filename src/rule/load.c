/*
 * load.c - documents of Sigma: each becomes a rule, or is refused with its line and the reason.
 *
 *	title: Setuid Capability Given to a Program
 *	id: 6b9e6f2e-...
 *	status: stable
 *	logsource: { product: linux, category: process_creation }
 *	detection:
 *	    selection: { Image|endswith: '/setcap', CommandLine|contains: cap_setuid }
 *	    condition: selection
 *	level: low
 *	t1554triage:				of the catalog: what it stands for and needs, what explains it
 *	    stands_for: ed447910-bc30-4575-a598-3a2e49516a7a
 */
#include <string.h>

#include <t1554triage/limit.h>

#include "set.h"

enum { SEARCHES_MAX = 512 };

static const char *const levels[] = { "informational", "low", "medium", "high", "critical", NULL };

struct rule_set *
rule_set_open(void)
{
	struct rule_set *set = memory_allocate(1, sizeof *set);

	arena_init(&set->arena);
	map_init(&set->fields);
	map_init(&set->regexes);
	map_init(&set->ids);
	set->field_names = memory_grow(NULL, 0, &set->field_capacity, sizeof *set->field_names);
	set->field_names[set->field_count++] = "";		/* FIELD_ANY */
	return set;
}

void
rule_set_close(struct rule_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->item_count; i++)
		if (set->items[i].regex)
			pcre2_code_free(set->items[i].regex);
	for (size_t i = 0; set->searches && i < set->field_count; i++)
		automaton_close(set->searches[i]);
	memory_free(set->searches);
	memory_free(set->rules);
	memory_free(set->items);
	memory_free(set->sources);
	memory_free(set->field_names);
	memory_free(set->patterns);
	memory_free(set->asked);
	memory_free(set->waiting);
	memory_free(set->evaluated);
	memory_free(set->always);
	memory_free(set->asks_any);
	map_release(&set->fields);
	map_release(&set->regexes);
	map_release(&set->ids);
	arena_release(&set->arena);
	memory_free(set);
}

/* Blanks of a name are left out, as match.c does with those of an event: rules write "New Value" and NewValue. */
uint32_t
set_field(struct rule_set *set, const char *called)
{
	char *name = arena_copy_text(&set->arena, called), *to = name;
	uint64_t number;

	for (const char *at = called; *at; at++)
		if (*at != ' ')
			*to++ = *at;
	*to = '\0';
	if (map_get_text(&set->fields, name, &number))
		return (uint32_t)number;
	set->field_names = memory_grow(set->field_names, set->field_count, &set->field_capacity, sizeof *set->field_names);
	set->field_names[set->field_count] = name;
	map_add_text(&set->fields, name, set->field_count);
	return (uint32_t)set->field_count++;
}

static bool
is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static uint32_t
set_source(struct rule_set *set, const struct rule_source *source)
{
	for (size_t i = 0; i < set->source_count; i++)
		if (is_same(set->sources[i].product, source->product) && is_same(set->sources[i].category, source->category) &&
		    is_same(set->sources[i].service, source->service))
			return (uint32_t)i;
	set->sources = memory_grow(set->sources, set->source_count, &set->source_capacity, sizeof *set->sources);
	set->sources[set->source_count] = *source;
	return (uint32_t)set->source_count++;
}

size_t
rule_set_count(const struct rule_set *set)
{
	return set->rule_count;
}

const struct rule *
rule_set_rule(const struct rule_set *set, size_t number)
{
	return &set->rules[number].rule;
}

size_t
rule_set_files(const struct rule_set *set)
{
	return set->file_count;
}

/* ---- one document ---- */

static bool
read_source(struct rule_set *set, struct compiled_rule *rule, const struct yaml *document, struct refusal *refusal)
{
	const struct yaml *logsource = yaml_member(document, "logsource");
	struct rule_source source = { yaml_text(logsource, "product"), yaml_text(logsource, "category"),
		yaml_text(logsource, "service") };

	if (!logsource || logsource->kind != YAML_MAP)
		return refuse(refusal, logsource ? logsource : document, "no log source");
	if (!source.product && !source.category && !source.service)
		return refuse(refusal, logsource, "the log source names neither product nor category nor service");
	rule->source = set_source(set, &source);
	return true;
}

static bool
read_detection(struct rule_set *set, struct compiled_rule *rule, const struct yaml *document, struct refusal *refusal)
{
	const struct yaml *detection = yaml_member(document, "detection");
	const struct yaml *condition = yaml_member(detection, "condition");
	struct search *searches;
	size_t count = 0;

	if (!detection || detection->kind != YAML_MAP)
		return refuse(refusal, detection ? detection : document, "no detection");
	if (!condition)
		return refuse(refusal, detection, "no condition");
	if (detection->count > SEARCHES_MAX)
		return refuse(refusal, detection, "too many search identifiers");
	searches = arena_allocate(&set->arena, detection->count * sizeof *searches);
	for (const struct yaml *member = detection->first; member; member = member->next) {
		if (member == condition || !strcmp(member->key, "timeframe"))
			continue;
		searches[count].name = member->key;
		searches[count].node = detection_read(set, member, refusal);
		if (!searches[count++].node)
			return false;
	}
	rule->condition = condition_read(set, condition, searches, count, refusal);
	return rule->condition != NULL;
}

static bool
is_known_level(const char *level)
{
	for (size_t i = 0; levels[i]; i++)
		if (!strcmp(level, levels[i]))
			return true;
	return false;
}

/* Rules that look for something to look at, and parts of others. */
static bool
is_hunting(const struct rule *rule)
{
	return strstr(rule->file, "rules-threat-hunting/") || strstr(rule->file, "rules-compliance/");
}

static bool
read_description(struct compiled_rule *compiled, const struct yaml *document, struct refusal *refusal)
{
	struct rule *rule = &compiled->rule;
	const struct yaml *own = yaml_member(document, "t1554triage");
	const char *decides = yaml_text(own, "decides");

	rule->title = yaml_text(document, "title");
	rule->id = yaml_text(document, "id");
	rule->level = yaml_text(document, "level");
	rule->status = yaml_text(document, "status");
	rule->line = document->line;
	if (!rule->title)
		return refuse(refusal, document, "no title");
	rule->id = rule->id ? rule->id : rule->title;
	rule->level = rule->level ? rule->level : "informational";
	rule->status = rule->status ? rule->status : "experimental";
	if (!is_known_level(rule->level))
		return refuse(refusal, document, "the level %s is none of informational, low, medium, high, critical", rule->level);
	rule->stands_for = yaml_text(own, "stands_for");
	rule->needs = yaml_text(own, "needs");
	rule->unanswered = yaml_text(own, "unanswered");
	rule->innocent = yaml_text(own, "innocent");
	rule->never_decides = is_hunting(rule) || (decides && !strcmp(decides, "false"));
	return true;
}

/* Correlations are joined by their own file. */
static bool
read_rule(struct rule_set *set, struct compiled_rule *rule, const struct yaml *document, struct refusal *refusal)
{
	if (document->kind != YAML_MAP)
		return refuse(refusal, document, "the document is no map of keys and values");
	if (yaml_member(document, "action"))
		return refuse(refusal, document, "collections of rules that share parts by an action (\"action: %s\") are not "
			"supported: Sigma no longer has them", yaml_text(document, "action") ? yaml_text(document, "action") : "");
	if (!read_description(rule, document, refusal))
		return false;
	if (yaml_member(document, "filter"))
		return refuse(refusal, document, "filters over other rules are not supported");
	if (yaml_member(document, "correlation"))
		return correlation_read(set, rule, document, refusal);
	return read_source(set, rule, document, refusal) && read_detection(set, rule, document, refusal);
}

static void
tell_refused(const struct rule_sink *out, const char *file, uint32_t line, const char *reason)
{
	if (out->refused)
		out->refused(out->context, &(struct rule_refusal){ .file = file, .line = line, .reason = reason });
}

/* Items of a rule that is refused later on stay: nothing asks them. */
static bool
add_rule(struct rule_set *set, const struct yaml *document, const char *file, bool shipped, struct refusal *refusal)
{
	struct compiled_rule rule = { .rule = { .file = file, .shipped = shipped } };

	if (!read_rule(set, &rule, document, refusal))
		return false;
	if (set->rule_count >= limit_get(LIMIT_RULES))
		return refuse(refusal, document, "more rules than limit rules allows");
	rule.rule.number = (uint32_t)set->rule_count;
	if (!map_add_text(&set->ids, rule.rule.id, set->rule_count))
		return refuse(refusal, document, "a rule with the identifier %s is loaded already", rule.rule.id);
	if (yaml_text(document, "name"))
		map_add_text(&set->ids, yaml_text(document, "name"), set->rule_count);
	set->rules = memory_grow(set->rules, set->rule_count, &set->rule_capacity, sizeof *set->rules);
	set->rules[set->rule_count++] = rule;
	return true;
}

size_t
rule_set_add_other(struct rule_set *set, const struct rule *rule)
{
	struct compiled_rule copy = { .rule = *rule };
	const char **texts[] = { &copy.rule.id, &copy.rule.title, &copy.rule.level, &copy.rule.status, &copy.rule.file,
		&copy.rule.innocent };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		*texts[i] = arena_copy_text(&set->arena, *texts[i]);
	copy.rule.number = (uint32_t)set->rule_count;
	set->rules = memory_grow(set->rules, set->rule_count, &set->rule_capacity, sizeof *set->rules);
	set->rules[set->rule_count++] = copy;
	return copy.rule.number;
}

void
rule_set_add(struct rule_set *set, const char *file, const char *bytes, size_t length, bool shipped,
	const struct rule_sink *out)
{
	const char *name = arena_copy_text(&set->arena, file);
	struct yaml *documents;
	struct yaml_error error;

	set->file_count++;
	if (!yaml_read(bytes, length, &set->arena, &documents, &error))
		tell_refused(out, name, error.line, error.text);
	else if (!documents || (documents->kind == YAML_NULL && !documents->next))
		tell_refused(out, name, 1, "the file holds no rule");
	for (const struct yaml *document = documents; document; document = document->next) {
		struct refusal refusal = { .arena = &set->arena, .line = document->line };

		/* "---" at the end of a file begins no rule. */
		if (document->kind != YAML_NULL && !add_rule(set, document, name, shipped, &refusal))
			tell_refused(out, name, refusal.line, refusal.reason);
	}
}
