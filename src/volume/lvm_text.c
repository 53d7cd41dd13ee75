/*
 * lvm_text.c - the text in which LVM2 describes a volume group.
 *
 *	vg0 {
 *	id = "gZkdUG-..."		# comments go on to the end of the line
 *	seqno = 2
 *	status = ["RESIZEABLE", "READ", "WRITE"]
 *	physical_volumes {
 *		pv0 { ... }
 *	}
 *	}
 *
 * In texts a backslash stands before '"' and '\' (lvm2: lib/format_text/export.c, lib/config).
 */
#include <string.h>

#include "lvm_text.h"

enum { DEPTH_MAX = 16 };

struct parse {
	const char   *at, *end;
	size_t        line;
	struct arena *arena;
};

/* Blanks, and comments. */
static void
skip_blanks(struct parse *p)
{
	bool in_comment = false;

	for (; p->at < p->end; p->at++) {
		if (*p->at == '\n')
			p->line++;
		if (*p->at == '#')
			in_comment = true;
		else if (*p->at == '\n')
			in_comment = false;
		if (!in_comment && (!*p->at || !strchr(" \t\r\n", *p->at)))
			return;
	}
}

static bool
take(struct parse *p, char character)
{
	skip_blanks(p);
	if (p->at == p->end || *p->at != character)
		return false;
	p->at++;
	return true;
}

static bool
is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("_-+./", c));
}

static const char *
parse_name(struct parse *p)
{
	const char *begin;

	skip_blanks(p);
	begin = p->at;
	while (p->at < p->end && is_of_name(*p->at))
		p->at++;
	return p->at > begin ? arena_copy(p->arena, begin, (size_t)(p->at - begin)) : NULL;
}

/* Behind the first quote. */
static bool
parse_text(struct parse *p, struct lvm_item *item)
{
	const char *begin = p->at;
	char *text, *to;

	while (p->at < p->end && *p->at != '"' && *p->at != '\n') {
		if (*p->at == '\\' && p->at + 1 < p->end)
			p->at++;
		p->at++;
	}
	if (p->at == p->end || *p->at != '"')
		return false;
	text = to = arena_copy(p->arena, begin, (size_t)(p->at - begin));
	for (const char *from = text; *from; from++) {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from;
	}
	*to = '\0';
	p->at++;
	item->type = LVM_TEXT;
	item->text = text;
	return true;
}

/* Whole numbers; of a fraction the part before the point. */
static bool
parse_number(struct parse *p, struct lvm_item *item)
{
	bool is_negative = p->at < p->end && *p->at == '-';
	const char *begin;
	uint64_t number = 0;

	p->at += is_negative;
	for (begin = p->at; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*p->at - '0'), &number))
			return false;
	if (p->at == begin)
		return false;
	if (p->at < p->end && *p->at == '.')
		for (p->at++; p->at < p->end && *p->at >= '0' && *p->at <= '9'; )
			p->at++;
	item->type = LVM_NUMBER;
	item->number = is_negative ? 0 - number : number;
	return true;
}

static bool
parse_plain(struct parse *p, struct lvm_item *item)
{
	return take(p, '"') ? parse_text(p, item) : parse_number(p, item);
}

static struct lvm_item *
add_item(struct parse *p, struct lvm_item ***tail, const char *name)
{
	struct lvm_item *item = arena_allocate(p->arena, sizeof *item);

	item->name = name;
	**tail = item;
	*tail = &item->next;
	return item;
}

static bool
parse_list(struct parse *p, struct lvm_item *item)
{
	struct lvm_item **tail = &item->first;

	item->type = LVM_LIST;
	if (take(p, ']'))
		return true;
	do {
		if (!parse_plain(p, add_item(p, &tail, "")))
			return false;
	} while (take(p, ','));
	return take(p, ']');
}

static bool
parse_value(struct parse *p, struct lvm_item *item)
{
	return take(p, '[') ? parse_list(p, item) : parse_plain(p, item);
}

struct lvm_item *
lvm_text_parse(const char *text, size_t length, struct arena *arena, size_t *ret_line)
{
	struct parse p = { .at = text, .end = text + length, .line = 1, .arena = arena };
	struct lvm_item *root = arena_allocate(arena, sizeof *root), **tails[DEPTH_MAX] = { &root->first };
	size_t depth = 0;
	bool is_right = true;

	root->name = "";
	while (is_right) {
		const char *name = parse_name(&p);
		struct lvm_item *item;

		if (!name) {
			skip_blanks(&p);
			if (p.at == p.end || !*p.at || !depth)
				break;
			is_right = take(&p, '}');
			depth--;
			continue;
		}
		item = add_item(&p, &tails[depth], name);
		if (take(&p, '{')) {
			is_right = ++depth < DEPTH_MAX;
			if (is_right)
				tails[depth] = &item->first;
		} else {
			is_right = take(&p, '=') && parse_value(&p, item);
		}
	}
	*ret_line = p.line;
	/* A zero byte ends the text. */
	return is_right && !depth && (p.at == p.end || !*p.at) ? root : NULL;
}

const struct lvm_item *
lvm_item_find(const struct lvm_item *section, const char *name, enum lvm_value type)
{
	for (const struct lvm_item *item = section ? section->first : NULL; item; item = item->next)
		if (item->type == type && !strcmp(item->name, name))
			return item;
	return NULL;
}

const char *
lvm_item_text(const struct lvm_item *section, const char *name)
{
	const struct lvm_item *item = lvm_item_find(section, name, LVM_TEXT);

	return item ? item->text : NULL;
}

uint64_t
lvm_item_number(const struct lvm_item *section, const char *name, uint64_t otherwise)
{
	const struct lvm_item *item = lvm_item_find(section, name, LVM_NUMBER);

	return item ? item->number : otherwise;
}

bool
lvm_item_lists(const struct lvm_item *section, const char *list, const char *text)
{
	const struct lvm_item *item = lvm_item_find(section, list, LVM_LIST);

	for (item = item ? item->first : NULL; item; item = item->next)
		if (item->type == LVM_TEXT && !strcmp(item->text, text))
			return true;
	return false;
}
