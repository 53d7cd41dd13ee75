/*
 * condition.c - the condition of a Sigma rule.
 *
 *	selection and not 1 of filter_*
 *	1 of selection_* or (all of them and not keywords)
 *
 * "not" binds more closely than "and", "and" more closely than "or". A list of conditions is any of them.
 */
#include <string.h>
#include <strings.h>

#include <t1554triage/text.h>

#include "set.h"

enum { TOKEN_LENGTH = 128, DEPTH_MAX = 24, TERMS_MAX = 256 };

struct parsing {
	struct rule_set     *set;
	const struct search *searches;
	size_t               search_count;
	const struct yaml   *condition;
	struct refusal      *refusal;
	const char          *at;
	char                 token[TOKEN_LENGTH];	/* "" at the end */
	unsigned             depth;
};

static void
next_token(struct parsing *parsing)
{
	size_t length = 0;

	while (*parsing->at && strchr(" \t\r\n", *parsing->at))
		parsing->at++;
	if (*parsing->at && strchr("()|", *parsing->at))
		length = 1;
	else
		length = strcspn(parsing->at, " \t\r\n()|");
	if (length >= sizeof parsing->token) {
		refuse(parsing->refusal, parsing->condition, "a name in the condition is too long");
		parsing->at += strlen(parsing->at);
		length = 0;
	}
	memcpy(parsing->token, parsing->at, length);
	parsing->token[length] = '\0';
	parsing->at += length;
}

static bool
is_word(const struct parsing *parsing, const char *word)
{
	return !strcasecmp(parsing->token, word);
}

static const struct node *read_or(struct parsing *parsing);

/* "them" leaves out names that begin with an underscore. */
static bool
is_meant(const char *pattern, const char *name)
{
	if (!strcasecmp(pattern, "them"))
		return *name != '_';
	return text_matches_glob(pattern, name);
}

/* "1 of selection_*", "all of them", "3 of filter*"; the first word is the token. */
static const struct node *
read_quantified(struct parsing *parsing, uint64_t at_least, bool is_all)
{
	const struct node **nodes = arena_allocate(&parsing->set->arena, (parsing->search_count + 1) * sizeof *nodes);
	struct node *node;
	size_t count = 0;

	next_token(parsing);
	for (size_t i = 0; i < parsing->search_count; i++)
		if (is_meant(parsing->token, parsing->searches[i].name))
			nodes[count++] = parsing->searches[i].node;
	if (!count) {
		refuse(parsing->refusal, parsing->condition, "no search identifier is called %s", parsing->token);
		return NULL;
	}
	next_token(parsing);
	if (is_all || at_least <= 1)
		return node_join(parsing->set, is_all ? NODE_ALL : NODE_ANY, nodes, count);
	node = arena_allocate(&parsing->set->arena, sizeof *node);
	*node = (struct node){ .kind = NODE_AT_LEAST, .at_least = at_least > UINT32_MAX ? UINT32_MAX : (unsigned)at_least,
		.children = nodes, .count = count };
	return node;
}

static const struct node *
read_name(struct parsing *parsing)
{
	for (size_t i = 0; i < parsing->search_count; i++)
		if (!strcmp(parsing->searches[i].name, parsing->token)) {
			next_token(parsing);
			return parsing->searches[i].node;
		}
	refuse(parsing->refusal, parsing->condition, *parsing->token ? "the condition names %s, which is not there%s"
		: "the condition ends too early%s%s", parsing->token, "");
	return NULL;
}

static const struct node *
read_term(struct parsing *parsing)
{
	const char *before = parsing->at;
	char first[TOKEN_LENGTH];
	const struct node *node;
	uint64_t number = 1;

	if (is_word(parsing, "(")) {
		next_token(parsing);
		node = read_or(parsing);
		if (node && !is_word(parsing, ")")) {
			refuse(parsing->refusal, parsing->condition, "a parenthesis is not closed");
			return NULL;
		}
		next_token(parsing);
		return node;
	}
	if (is_word(parsing, "all") || is_word(parsing, "any") ||
	    text_parse_u64(parsing->token, strlen(parsing->token), 10, &number)) {
		memcpy(first, parsing->token, sizeof first);
		next_token(parsing);
		if (is_word(parsing, "of"))
			return read_quantified(parsing, number, !strcasecmp(first, "all"));
		memcpy(parsing->token, first, sizeof first);
		parsing->at = before;
	}
	return read_name(parsing);
}

static const struct node *
read_not(struct parsing *parsing)
{
	const struct node *node;

	if (!is_word(parsing, "not"))
		return read_term(parsing);
	if (++parsing->depth > DEPTH_MAX) {
		refuse(parsing->refusal, parsing->condition, "the condition is nested too deeply");
		return NULL;
	}
	next_token(parsing);
	node = read_not(parsing);
	parsing->depth--;
	return node ? node_join(parsing->set, NODE_NOT, &node, 1) : NULL;
}

static const struct node *
read_joined(struct parsing *parsing, const char *word, enum node_kind kind,
	const struct node *(*read)(struct parsing *parsing))
{
	const struct node *nodes[TERMS_MAX];
	size_t count = 0;

	do {
		if (count)
			next_token(parsing);
		if (count == TERMS_MAX) {
			refuse(parsing->refusal, parsing->condition, "the condition has too many parts");
			return NULL;
		}
		nodes[count] = read(parsing);
		if (!nodes[count++])
			return NULL;
	} while (is_word(parsing, word));
	return node_join(parsing->set, kind, nodes, count);
}

static const struct node *
read_and(struct parsing *parsing)
{
	return read_joined(parsing, "and", NODE_ALL, read_not);
}

static const struct node *
read_or(struct parsing *parsing)
{
	const struct node *node;

	if (++parsing->depth > DEPTH_MAX) {
		refuse(parsing->refusal, parsing->condition, "the condition is nested too deeply");
		return NULL;
	}
	node = read_joined(parsing, "or", NODE_ANY, read_and);
	parsing->depth--;
	return node;
}

static const struct node *
read_one(struct parsing *parsing, const struct yaml *condition)
{
	const struct node *node;

	parsing->condition = condition;
	parsing->at = condition->text;
	parsing->depth = 0;
	if (condition->kind != YAML_TEXT) {
		refuse(parsing->refusal, condition, "a condition is a text");
		return NULL;
	}
	next_token(parsing);
	node = read_or(parsing);
	if (node && is_word(parsing, "|"))
		refuse(parsing->refusal, condition, "aggregation in a condition (\"| count()\", \"| near\") is not supported: "
			"Sigma has replaced it by correlations");
	else if (node && *parsing->token)
		refuse(parsing->refusal, condition, "%s was not expected in the condition", parsing->token);
	return parsing->refusal->reason ? NULL : node;
}

const struct node *
condition_read(struct rule_set *set, const struct yaml *condition, const struct search *searches,
	size_t search_count, struct refusal *refusal)
{
	struct parsing parsing = { .set = set, .searches = searches, .search_count = search_count, .refusal = refusal };
	const struct node **nodes = arena_allocate(&set->arena, (condition->count + 1) * sizeof *nodes);
	size_t count = 0;

	if (condition->kind != YAML_LIST)
		return read_one(&parsing, condition);
	for (const struct yaml *item = condition->first; item; item = item->next) {
		nodes[count] = read_one(&parsing, item);
		if (!nodes[count++])
			return NULL;
	}
	if (!count) {
		refuse(refusal, condition, "no condition");
		return NULL;
	}
	return node_join(set, NODE_ANY, nodes, count);
}
