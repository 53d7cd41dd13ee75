/* segment_name.c - how the files of a split image are numbered. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "segment_name.h"

enum { LETTERS = 26, EWF_DIGITS_END = 99 };

static char
base_letter(char letter)
{
	return islower((unsigned char)letter) ? 'a' : 'A';
}

static bool
all(const char *text, size_t count, int (*is)(int))
{
	for (size_t i = 0; i < count; i++)
		if (!is((unsigned char)text[i]))
			return false;
	return true;
}

static uint32_t
letters_value(const char *text, size_t count)
{
	uint32_t value = 0;

	for (size_t i = 0; i < count; i++)
		value = value * LETTERS + (uint32_t)(text[i] - base_letter(text[i]));
	return value;
}

static uint32_t
digits_value(const char *text, size_t count)
{
	uint32_t value = 0;

	for (size_t i = 0; i < count; i++)
		value = value * 10 + (uint32_t)(text[i] - '0');
	return value;
}

static bool
same_case(const char *text, size_t count)
{
	return all(text, count, islower) || all(text, count, isupper);
}

/* Number of an extension whose first letter counts from first; 'x' of Ex01 too. */
static bool
parse_ewf(const char *extension, char first, uint32_t *ret_number)
{
	size_t length = strlen(extension);
	uint32_t number;

	if (length != 3 || base_letter(extension[0]) != base_letter(first))
		return false;
	if (all(extension + 1, 2, isdigit)) {
		number = digits_value(extension + 1, 2);
		*ret_number = number - 1;
		return extension[0] == first && number >= 1;
	}
	if (!same_case(extension, 3) || extension[0] < first)
		return false;
	*ret_number = EWF_DIGITS_END + (uint32_t)(extension[0] - first) * LETTERS * LETTERS +
		letters_value(extension + 1, 2);
	return true;
}

static bool
parse_ewf2(const char *extension, uint32_t *ret_number)
{
	char letter = (char)tolower((unsigned char)extension[1]);
	uint32_t number;

	if (strlen(extension) != 4 || !isalpha((unsigned char)extension[0]) || letter < 'x' || letter > 'z')
		return false;
	if (all(extension + 2, 2, isdigit)) {
		number = digits_value(extension + 2, 2);
		*ret_number = number - 1;
		return letter == 'x' && number >= 1;
	}
	if (!same_case(extension + 2, 2))
		return false;
	*ret_number = EWF_DIGITS_END + (uint32_t)(letter - 'x') * LETTERS * LETTERS +
		letters_value(extension + 2, 2);
	return true;
}

/* Of FAA one cannot see whether the set began with E01: sets begin with E, L (logical) or S (SMART). */
static char
first_letter(const char *extension)
{
	static const char firsts[] = "SLE";

	if (isdigit((unsigned char)extension[1]))
		return extension[0];
	for (const char *first = firsts; *first; first++)
		if (toupper((unsigned char)extension[0]) == *first)
			return extension[0];
	return base_letter(extension[0]) == 'a' ? 'e' : 'E';
}

bool
segment_name_parse(const char *name, bool is_ewf, struct segment_name *ret_name)
{
	const char *dot = strrchr(name, '.'), *extension = dot ? dot + 1 : "";
	size_t length = strlen(extension);
	struct segment_name found = { .stem = dot ? (size_t)(dot - name) + 1 : 0, .width = length };

	if (length < 2 || length > 4)
		return false;
	if (is_ewf && length == 3 && isalpha((unsigned char)extension[0])) {
		found.numbering = NUMBERING_EWF;
		found.first = first_letter(extension);
		if (!parse_ewf(extension, found.first, &found.number))
			return false;
	} else if (is_ewf && length == 4) {
		found.numbering = NUMBERING_EWF2;
		found.first = extension[0];
		if (!parse_ewf2(extension, &found.number))
			return false;
	} else if (all(extension, length, isdigit)) {
		found.numbering = NUMBERING_DIGITS;
		found.number = digits_value(extension, length);
	} else if (length <= 3 && all(extension, length, islower)) {
		found.numbering = NUMBERING_LETTERS;
		found.number = letters_value(extension, length);
	} else {
		return false;
	}
	*ret_name = found;
	return true;
}

bool
segment_name_matches(const char *name, const char *like_name, const struct segment_name *like,
	uint32_t *ret_number)
{
	const char *extension = name + like->stem;

	if (strncmp(name, like_name, like->stem) || strchr(extension, '.') || strlen(extension) != like->width)
		return false;
	switch (like->numbering) {
	case NUMBERING_EWF:
		return parse_ewf(extension, like->first, ret_number);
	case NUMBERING_EWF2:
		return extension[0] == like->first && parse_ewf2(extension, ret_number);
	case NUMBERING_DIGITS:
		*ret_number = digits_value(extension, like->width);
		return all(extension, like->width, isdigit);
	case NUMBERING_LETTERS:
		*ret_number = letters_value(extension, like->width);
		return all(extension, like->width, islower);
	case NUMBERING_NONE:
		break;
	}
	return false;
}

static void
write_letters(char *to, char base, uint32_t number, size_t count)
{
	for (size_t i = count; i > 0; i--) {
		to[i - 1] = (char)(base + (char)(number % LETTERS));
		number /= LETTERS;
	}
}

bool
segment_name_extension(const struct segment_name *like, uint32_t number,
	char ret_extension[SEGMENT_EXTENSION_SIZE])
{
	char base = base_letter(like->first);
	uint32_t step = number < EWF_DIGITS_END ? 0 : (number - EWF_DIGITS_END) / (LETTERS * LETTERS);

	memset(ret_extension, 0, SEGMENT_EXTENSION_SIZE);
	switch (like->numbering) {
	case NUMBERING_EWF:
		ret_extension[0] = (char)(like->first + (char)step);
		if (number < EWF_DIGITS_END)
			snprintf(ret_extension + 1, SEGMENT_EXTENSION_SIZE - 1, "%02u", (number + 1) % 100);
		else
			write_letters(ret_extension + 1, base, number - EWF_DIGITS_END, 2);
		return like->first + (int)step <= base + LETTERS - 1;
	case NUMBERING_EWF2:
		ret_extension[0] = like->first;
		ret_extension[1] = (char)('x' + (char)step);
		if (number < EWF_DIGITS_END)
			snprintf(ret_extension + 2, SEGMENT_EXTENSION_SIZE - 2, "%02u", (number + 1) % 100);
		else
			write_letters(ret_extension + 2, base, number - EWF_DIGITS_END, 2);
		return step <= 2;
	case NUMBERING_DIGITS:
		snprintf(ret_extension, SEGMENT_EXTENSION_SIZE, "%0*u", (int)like->width, number % 10000);
		return true;
	case NUMBERING_LETTERS:
		write_letters(ret_extension, 'a', number, like->width);
		return true;
	case NUMBERING_NONE:
		break;
	}
	return false;
}
