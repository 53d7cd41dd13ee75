/* program_name.c - whether two names may be those of one program. */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "program_name.h"

enum { WORDS_MAX = 32, WORD_SIZE = 64, PART_MIN = 3, HEX_MIN = 6 };

/* The words of a name in lower case: "x86_64-linux-gnu-gcc-12.EXE" is x, linux, gnu, gcc. */
struct words {
	char   items[WORDS_MAX][WORD_SIZE];
	size_t count;
};

static const char *const multicall[] = {
#define SAME(names)
#define MULTICALL(name) name,
#include "same_programs.def"
#undef MULTICALL
#undef SAME
	NULL
};

static const char *const same[] = {
#define SAME(names) names,
#define MULTICALL(name)
#include "same_programs.def"
#undef MULTICALL
#undef SAME
	NULL
};

static const char *
behind_slashes(const char *name)
{
	for (const char *at = name; *at; at++)
		if (*at == '/' || *at == '\\')
			name = at + 1;
	return name;
}

/* Endings say what kind of file it is, and nothing of which. */
static bool
is_ending(const char *word)
{
	static const char *const endings[] = { "exe", "com", "dll", "so", "bin", "elf", "out", "x", "amd", "i", NULL };

	for (size_t i = 0; endings[i]; i++)
		if (!strcmp(word, endings[i]))
			return true;
	return false;
}

static bool
is_in_word(char character)
{
	return isalnum((unsigned char)character) || character == '+' || character == '[' || (character & 0x80);
}

/* Digits at the end are a version, unless the whole word is short of letters. */
static void
add_word(struct words *words, const char *text, size_t length)
{
	char *word = words->items[words->count];

	while (length && isdigit((unsigned char)text[length - 1]))
		length--;
	if (!length || length >= WORD_SIZE)
		return;
	for (size_t i = 0; i < length; i++)
		word[i] = (char)tolower((unsigned char)text[i]);
	word[length] = '\0';
	words->count += !is_ending(word);
}

static void
cut_words(const char *name, struct words *ret_words)
{
	ret_words->count = 0;
	for (const char *at = behind_slashes(name); *at && ret_words->count < WORDS_MAX; ) {
		size_t length = 0;

		while (at[length] && is_in_word(at[length]))
			length++;
		if (length)
			add_word(ret_words, at, length);
		at += length + (at[length] != '\0');
	}
}

/* Numbers, digests, GUIDs: hexadecimal digits alone, with some figure among them. */
static bool
is_made_up(const char *name)
{
	size_t digits = 0, others = 0, figures = 0;

	for (const char *at = name; *at; at++) {
		digits += isxdigit((unsigned char)*at) != 0;
		figures += isdigit((unsigned char)*at) != 0;
		others += isalpha((unsigned char)*at) && !isxdigit((unsigned char)*at);
	}
	return !others && figures && digits >= HEX_MIN;
}

/* NSRL unpacked executables too: ".text", "__DATA__mod_init_func"; and members of installers have short names "A~1". */
static bool
tells_nothing(const char *name, const struct words *words)
{
	return *name == '.' || !strncmp(name, "__", 2) || strchr(name, '~') || !words->count || is_made_up(name);
}

static bool
has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; *at; ) {
		size_t size = strcspn(at, " ");

		if (size == length && !memcmp(at, word, size))
			return true;
		at += size;
		at += *at == ' ';
	}
	return false;
}

static bool
are_same(const char *a, const char *b)
{
	for (size_t i = 0; same[i]; i++)
		if (has_word(same[i], a) && has_word(same[i], b))
			return true;
	return false;
}

static bool
words_fit(const char *a, const char *b)
{
	size_t length_a = strlen(a), length_b = strlen(b);

	if (!strcmp(a, b) || are_same(a, b))
		return true;
	return (length_a >= PART_MIN && strstr(b, a)) || (length_b >= PART_MIN && strstr(a, b));
}

static bool
is_multicall(const struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		for (size_t j = 0; multicall[j]; j++)
			if (!strcmp(words->items[i], multicall[j]))
				return true;
	return false;
}

enum name_fit
program_name_compare(const char *own, const char *other)
{
	const char *base = behind_slashes(other);
	struct words words, others;

	if (!strcasecmp(own, base))
		return NAME_FITS;
	cut_words(own, &words);
	cut_words(base, &others);
	if (tells_nothing(base, &others) || !words.count)
		return NAME_TELLS_NOTHING;
	if (is_multicall(&others))
		return NAME_FITS;
	for (size_t i = 0; i < words.count; i++)
		for (size_t j = 0; j < others.count; j++)
			if (words_fit(words.items[i], others.items[j]))
				return NAME_FITS;
	return NAME_DIFFERS;
}
