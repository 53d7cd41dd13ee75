/*
 * yaml.c - YAML documents as a tree, by libyaml's events.
 *
 *	detection:
 *	    selection:
 *	        Image|endswith: '\setcap'
 *	    condition: selection
 *
 * Specified at yaml.org/spec/1.1. What an alias stands for is shared, and its values count as often as it is named, so
 * that a few bytes never stand for more than a file may have. A member "<<" gives a map those of another one that it lacks.
 */
#include <string.h>

#include <yaml.h>

#include <t1554triage/limit.h>

#include "yaml.h"

enum { DEPTH_MAX = 24 };

/* A value that aliases may name, once it is whole; with how many values it counts. */
struct anchor { const char *name; const struct yaml *node; uint64_t nodes; struct anchor *before; };

struct reading {
	struct anchor     *anchors;		/* of the document; NULL: none */
	yaml_parser_t      parser;
	struct arena      *arena;
	struct yaml_error *error;
	uint64_t           nodes;
};

static bool
fail(struct reading *at, size_t line, const char *text)
{
	*at->error = (struct yaml_error){ .line = (uint32_t)line + 1, .text = text };
	return false;
}

/* The event is the caller's to delete. */
static bool
take_event(struct reading *at, yaml_event_t *ret_event)
{
	if (yaml_parser_parse(&at->parser, ret_event))
		return true;
	return fail(at, at->parser.problem_mark.line, arena_format(at->arena, "not YAML: %s",
		at->parser.problem ? at->parser.problem : "cannot be read"));
}

static bool
is_null(const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;

	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || !strcmp(text, "~") || !strcmp(text, "null") || !strcmp(text, "Null") || !strcmp(text, "NULL"));
}

static bool read_node(struct reading *at, const yaml_event_t *event, unsigned depth, struct yaml **ret_node);

static bool
read_items(struct reading *at, struct yaml *node, unsigned depth)
{
	struct yaml **end = &node->first;
	yaml_event_t event;
	bool is_whole, is_end;

	for (;;) {
		if (!take_event(at, &event))
			return false;
		is_end = event.type == YAML_SEQUENCE_END_EVENT;
		is_whole = is_end || read_node(at, &event, depth, end);
		yaml_event_delete(&event);
		if (is_end || !is_whole)
			return is_whole;
		end = &(*end)->next;
		node->count++;
	}
}

static bool
read_key(struct reading *at, const struct yaml *node, const yaml_event_t *event, const char **ret_key)
{
	size_t line = event->start_mark.line;

	if (event->type != YAML_SCALAR_EVENT)
		return fail(at, line, "a key is no plain text");
	if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
		return fail(at, line, "a key holds a NUL");
	*ret_key = arena_copy(at->arena, event->data.scalar.value, event->data.scalar.length);
	if (yaml_member(node, *ret_key))
		return fail(at, line, arena_format(at->arena, "the key %s stands twice", *ret_key));
	return true;
}

/* The members of one map that the other one lacks. */
static bool
merge_map(struct reading *at, struct yaml *node, const struct yaml *from)
{
	struct yaml **end = &node->first, *copy;

	if (from->kind != YAML_MAP)
		return fail(at, from->line - 1, "what stands at << is no map");
	while (*end)
		end = &(*end)->next;
	for (const struct yaml *member = from->first; member; member = member->next) {
		if (yaml_member(node, member->key))
			continue;
		copy = arena_allocate(at->arena, sizeof *copy);
		*copy = *member;
		copy->next = NULL;
		*end = copy;
		end = &copy->next;
		node->count++;
	}
	return true;
}

static bool
merge(struct reading *at, struct yaml *node, const struct yaml *from)
{
	bool is_merged = true;

	if (from->kind != YAML_LIST)
		return merge_map(at, node, from);
	for (const struct yaml *item = from->first; item && is_merged; item = item->next)
		is_merged = merge_map(at, node, item);
	return is_merged;
}

static bool
read_members(struct reading *at, struct yaml *node, unsigned depth)
{
	struct yaml **end = &node->first, *merged = NULL;
	yaml_event_t event;
	bool is_whole, is_end;
	const char *key = NULL;

	for (;;) {
		if (!take_event(at, &event))
			return false;
		is_end = event.type == YAML_MAPPING_END_EVENT;
		is_whole = is_end || read_key(at, node, &event, &key);
		yaml_event_delete(&event);
		if (is_end)
			return !merged || merge(at, node, merged);
		if (!is_whole || !take_event(at, &event))
			return false;
		is_whole = read_node(at, &event, depth, end);
		yaml_event_delete(&event);
		if (!is_whole)
			return false;
		if (!strcmp(key, "<<") && !merged) {
			merged = *end;
			*end = NULL;
			continue;
		}
		(*end)->key = key;
		end = &(*end)->next;
		node->count++;
	}
}

static bool
count_nodes(struct reading *at, size_t line, uint64_t more)
{
	uint64_t limit = limit_get(LIMIT_RULE_NODES);

	if (more > limit || at->nodes > limit - more)
		return fail(at, line, "more values than one file of rules may have (limit rule-nodes)");
	at->nodes += more;
	return true;
}

/* Until a value is whole nobody can name it, so that none holds itself. */
static void
keep_anchor(struct reading *at, const yaml_event_t *event, const struct yaml *node, uint64_t nodes)
{
	const yaml_char_t *name = event->type == YAML_SCALAR_EVENT ? event->data.scalar.anchor
		: event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor : event->data.mapping_start.anchor;
	struct anchor *anchor;

	if (!name)
		return;
	anchor = arena_allocate(at->arena, sizeof *anchor);
	*anchor = (struct anchor){ arena_copy_text(at->arena, (const char *)name), node, nodes, at->anchors };
	at->anchors = anchor;
}

static bool
read_alias(struct reading *at, const yaml_event_t *event, struct yaml *node)
{
	const char *name = (const char *)event->data.alias.anchor;
	size_t line = event->start_mark.line;

	for (const struct anchor *anchor = at->anchors; anchor; anchor = anchor->before) {
		if (strcmp(anchor->name, name))
			continue;
		*node = *anchor->node;
		node->key = NULL;
		node->next = NULL;
		node->line = (uint32_t)line + 1;
		return count_nodes(at, line, anchor->nodes);
	}
	return fail(at, line, arena_format(at->arena, "*%s names nothing that stands before it", name));
}

static bool read_value(struct reading *at, const yaml_event_t *event, unsigned depth, struct yaml *node);

static bool
read_node(struct reading *at, const yaml_event_t *event, unsigned depth, struct yaml **ret_node)
{
	uint64_t before = at->nodes;
	bool is_whole;

	*ret_node = arena_allocate(at->arena, sizeof **ret_node);
	is_whole = read_value(at, event, depth, *ret_node);
	if (is_whole && event->type != YAML_ALIAS_EVENT)
		keep_anchor(at, event, *ret_node, at->nodes - before);
	return is_whole;
}

static bool
read_value(struct reading *at, const yaml_event_t *event, unsigned depth, struct yaml *node)
{
	size_t line = event->start_mark.line;

	node->line = (uint32_t)line + 1;
	node->text = "";
	if (!count_nodes(at, line, 1))
		return false;
	if (depth > DEPTH_MAX)
		return fail(at, line, "nested too deeply");
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		node->kind = is_null(event) ? YAML_NULL : YAML_TEXT;
		if (node->kind == YAML_NULL)
			return true;
		node->text = arena_copy(at->arena, event->data.scalar.value, event->data.scalar.length);
		node->length = event->data.scalar.length;
		return true;
	case YAML_SEQUENCE_START_EVENT:
		node->kind = YAML_LIST;
		return read_items(at, node, depth + 1);
	case YAML_MAPPING_START_EVENT:
		node->kind = YAML_MAP;
		return read_members(at, node, depth + 1);
	case YAML_ALIAS_EVENT:
		return read_alias(at, event, node);
	default:
		return fail(at, line, "not a value");
	}
}

static bool
read_documents(struct reading *at, struct yaml **ret_documents)
{
	struct yaml **end = ret_documents, *document;
	yaml_event_t event;
	bool is_end = false, is_whole = true;

	while (!is_end && is_whole) {
		if (!take_event(at, &event))
			return false;
		is_end = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_SCALAR_EVENT || event.type == YAML_SEQUENCE_START_EVENT ||
		    event.type == YAML_MAPPING_START_EVENT || event.type == YAML_ALIAS_EVENT) {
			at->anchors = NULL;
			is_whole = read_node(at, &event, 0, &document);
			if (is_whole) {
				*end = document;
				end = &document->next;
			}
		}
		yaml_event_delete(&event);
	}
	return is_whole;
}

bool
yaml_read(const char *bytes, size_t length, struct arena *arena, struct yaml **ret_documents,
	struct yaml_error *ret_error)
{
	struct reading at = { .arena = arena, .error = ret_error };
	bool is_whole;

	*ret_documents = NULL;
	*ret_error = (struct yaml_error){ .text = "" };
	if (!yaml_parser_initialize(&at.parser))
		return fail(&at, 0, "libyaml could not be started");
	yaml_parser_set_input_string(&at.parser, (const unsigned char *)bytes, length);
	is_whole = read_documents(&at, ret_documents);
	yaml_parser_delete(&at.parser);
	return is_whole;
}

const struct yaml *
yaml_member(const struct yaml *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (const struct yaml *member = map->first; member; member = member->next)
		if (member->key && !strcmp(member->key, key))
			return member;
	return NULL;
}

const char *
yaml_text(const struct yaml *map, const char *key)
{
	const struct yaml *member = yaml_member(map, key);

	return member && member->kind == YAML_TEXT ? member->text : NULL;
}
