/*
 * content_need.c - what must be in a content so that a rule's condition can be true.
 *
 * Understood is what rules mostly are: first bytes ("uint32(0) == 0x464C457F"), strings, "N of", joined by and, or and
 * parentheses (YARA's documentation, "Conditions"). Of what is joined by "and" one side is enough to need, of "or" both
 * sides together. What else a condition says could only make it narrower, or is not understood: then nothing is needed.
 */
#include <stdlib.h>
#include <string.h>

#include "content_need.h"

enum { NESTED_MAX = 32, WORD_BYTES = 128 };

/* First bytes, and one of some strings of the rule, a bit each; 0: whatever strings. */
struct need { uint32_t head; unsigned head_bytes; uint64_t strings; };

struct reading {
	const char *at;
	char        word[WORD_BYTES];	/* the token: a word, a number, "$name*" or one character; "": the end */
	bool        is_strange;
	const struct rule_string *strings;
	size_t      count;
	unsigned    nested;
};

static const char *
after_comment(const char *at)
{
	const char *end = at[1] == '/' ? strchr(at, '\n') : at[1] == '*' ? strstr(at + 2, "*/") : NULL;

	return !end ? at + strlen(at) : *end == '\n' ? end + 1 : end + 2;
}

/* Behind a text in quotes; what it says does not matter here. */
static const char *
after_text(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void
next(struct reading *in)
{
	size_t length = 0;

	for (;;) {
		in->at += strspn(in->at, " \t\r\n");
		if (*in->at == '"')
			in->at = after_text(in->at);
		else if (*in->at == '/' && (in->at[1] == '/' || in->at[1] == '*'))
			in->at = after_comment(in->at);
		else
			break;
	}
	/* An expression between slashes, which may hold anything. */
	in->is_strange |= *in->at == '/';
	if (is_word_char(*in->at) || *in->at == '$') {
		do
			length++;
		while (is_word_char(in->at[length]) || in->at[length] == '*');
	} else {
		length = *in->at != '\0';
	}
	in->is_strange |= length >= WORD_BYTES;
	if (in->is_strange)
		length = 0;
	memcpy(in->word, in->at, length);
	in->word[length] = '\0';
	in->at += length;
}

static bool
is(const struct reading *in, const char *word)
{
	return !strcmp(in->word, word);
}

static bool
take(struct reading *in, const char *word)
{
	if (!is(in, word))
		return false;
	next(in);
	return true;
}

static void
expect(struct reading *in, const char *word)
{
	in->is_strange |= !take(in, word);
}

static uint64_t
take_number(struct reading *in)
{
	char *end;
	uint64_t value = strtoull(in->word, &end, 0);

	in->is_strange |= !*in->word || *end;
	next(in);
	return value;
}

/* Fewer strings are less to look for; of as many, longer ones. */
static bool
is_better(const struct reading *in, uint64_t one, uint64_t other)
{
	size_t least_of_one = SIZE_MAX, least_of_other = SIZE_MAX;
	int count = __builtin_popcountll(one) - __builtin_popcountll(other);

	if (!one || !other || count)
		return one && (!other || count < 0);
	for (size_t i = 0; i < in->count; i++) {
		if (one & 1ull << i && in->strings[i].length < least_of_one)
			least_of_one = in->strings[i].length;
		if (other & 1ull << i && in->strings[i].length < least_of_other)
			least_of_other = in->strings[i].length;
	}
	return least_of_one > least_of_other;
}

static struct need
both(const struct reading *in, struct need one, struct need other)
{
	if (!one.head_bytes) {
		one.head = other.head;
		one.head_bytes = other.head_bytes;
	}
	if (is_better(in, other.strings, one.strings))
		one.strings = other.strings;
	return one;
}

static struct need
either(struct need one, struct need other)
{
	bool same_head = one.head_bytes == other.head_bytes && one.head == other.head;

	return (struct need){ .head = same_head ? one.head : 0, .head_bytes = same_head ? one.head_bytes : 0,
		.strings = one.strings && other.strings ? one.strings | other.strings : 0 };
}

/* The strings that "$name" or "$name*" stands for; all: they are ones that can be looked for. */
static uint64_t
strings_of(struct reading *in, const char *name, bool *ret_all)
{
	size_t length = strlen(name);
	bool is_beginning = length && name[length - 1] == '*';
	uint64_t set = 0;

	*ret_all = true;
	for (size_t i = 0; i < in->count; i++) {
		const struct rule_string *string = &in->strings[i];

		if (is_beginning ? strncmp(string->identifier, name, length - 1) : strcmp(string->identifier, name))
			continue;
		if (string->bytes)
			set |= 1ull << i;
		else
			*ret_all = false;
	}
	in->is_strange |= !set && *ret_all;
	return set;
}

/* "of them", "of ($a, $b*)": with all of them the best string is needed, else one of all. */
static struct need
take_set(struct reading *in, bool all)
{
	uint64_t set = 0, best = 0;
	bool is_whole, are_whole = true;

	expect(in, "of");
	if (take(in, "them")) {
		set = strings_of(in, "$*", &are_whole);
	} else {
		expect(in, "(");
		do {
			in->is_strange |= *in->word != '$';
			set |= strings_of(in, in->word, &is_whole);
			are_whole &= is_whole;
			next(in);
		} while (!in->is_strange && take(in, ","));
		expect(in, ")");
	}
	for (size_t i = 0; i < in->count; i++)
		if (set & 1ull << i && is_better(in, 1ull << i, best))
			best = 1ull << i;
	return (struct need){ .strings = all ? best : are_whole ? set : 0 };
}

/* "uint32(0) == 0x464C457F" */
static struct need
take_head(struct reading *in, unsigned bytes)
{
	struct need need = { .head_bytes = bytes };

	next(in);
	expect(in, "(");
	in->is_strange |= take_number(in) != 0;
	expect(in, ")");
	expect(in, "=");
	expect(in, "=");
	need.head = (uint32_t)take_number(in);
	return need;
}

static struct need take_either(struct reading *in);

static struct need
take_term(struct reading *in)
{
	struct need need = { .head_bytes = 0 };
	bool is_whole;

	if (take(in, "(")) {
		in->is_strange |= ++in->nested > NESTED_MAX;
		if (!in->is_strange)
			need = take_either(in);
		in->nested--;
		expect(in, ")");
	} else if (*in->word == '$') {
		need.strings = strings_of(in, in->word, &is_whole);
		next(in);
	} else if (is(in, "uint32") || is(in, "uint16")) {
		need = take_head(in, is(in, "uint32") ? 4 : 2);
	} else if (take(in, "all")) {
		need = take_set(in, true);
	} else if (take(in, "any")) {
		need = take_set(in, false);
	} else {
		in->is_strange |= !take_number(in);
		need = take_set(in, false);
	}
	return need;
}

static struct need
take_both(struct reading *in)
{
	struct need need = take_term(in);

	while (!in->is_strange && take(in, "and"))
		need = both(in, need, take_term(in));
	return need;
}

static struct need
take_either(struct reading *in)
{
	struct need need = take_both(in);

	while (!in->is_strange && take(in, "or"))
		need = either(need, take_both(in));
	return need;
}

/* Goes to the first word of the rule's condition; false: there is none. */
static bool
find_condition(struct reading *in, const char *rule)
{
	for (next(in); *in->word; )
		if (take(in, "rule") && is(in, rule))
			break;
		else if (*in->word && !is(in, "rule"))
			next(in);
	while (*in->word)
		if (take(in, "condition") && take(in, ":"))
			return true;
		else if (*in->word && !is(in, "condition"))
			next(in);
	return false;
}

bool
content_need_add(struct content_sieve *sieve, const char *text, const char *rule, const struct rule_string *strings,
	size_t count)
{
	struct reading in = { .at = text, .strings = strings, .count = count };
	struct sieve_need need = { .head_bytes = 0 };
	struct need of_rule;

	if (count > RULE_STRINGS_MAX || !find_condition(&in, rule))
		return false;
	of_rule = take_either(&in);
	if (in.is_strange || !is(&in, "}"))
		return false;
	need.head = of_rule.head;
	need.head_bytes = of_rule.head_bytes;
	for (size_t i = 0; i < count; i++) {
		uint64_t bit = of_rule.strings & 1ull << i ? sieve_add_literal(sieve, strings[i].bytes, strings[i].length) : 0;

		if (of_rule.strings & 1ull << i && !bit)
			return false;
		need.literals |= bit;
	}
	sieve_add(sieve, &need);
	return true;
}
