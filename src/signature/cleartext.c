/*
 * cleartext.c - a text with its signature in one file (RFC 9580, section 7)
 *
 *	-----BEGIN PGP SIGNED MESSAGE-----
 *	Hash: SHA512
 *
 *	Origin: Debian
 *	- - a line that begins with a dash has "- " before it
 *	-----BEGIN PGP SIGNATURE-----
 *
 *	iQIzBAEB...
 *	-----END PGP SIGNATURE-----
 *
 * Blanks at the ends of lines are not signed, and neither is the end of the last line.  What stands
 * before or behind belongs to nobody: a file with anything there is none.
 */
#include <string.h>

#include "openpgp.h"

struct line { const char *text; size_t length; };

static bool
next_line(const char **at, const char *end, struct line *ret_line)
{
	const char *newline;

	if (*at >= end)
		return false;
	newline = memchr(*at, '\n', (size_t)(end - *at));
	*ret_line = (struct line){ *at, (size_t)((newline ? newline : end) - *at) };
	*at = newline ? newline + 1 : end;
	while (ret_line->length && strchr(" \t\r", ret_line->text[ret_line->length - 1]) &&
	       ret_line->text[ret_line->length - 1])
		ret_line->length--;
	return true;
}

static bool
is_line(const struct line *line, const char *text)
{
	return line->length == strlen(text) && !memcmp(line->text, text, line->length);
}

static void
add_line(struct buffer *out, const struct line *line, bool is_first)
{
	size_t skipped = line->length >= 2 && !memcmp(line->text, "- ", 2) ? 2 : 0;

	if (!is_first)
		buffer_add_text(out, "\r\n");
	buffer_add(out, line->text + skipped, line->length - skipped);
}

/* The text up to the signature; *at is left on its first line. */
static bool
read_text(const char **at, const char *end, struct buffer *out)
{
	struct line line;
	bool is_first = true;

	for (const char *before = *at; next_line(at, end, &line); before = *at) {
		if (is_line(&line, "-----BEGIN PGP SIGNATURE-----")) {
			*at = before;
			return true;
		}
		if (line.length && *line.text == '-' && (line.length < 2 || line.text[1] != ' '))
			return false;
		add_line(out, &line, is_first);
		is_first = false;
	}
	return false;
}

/* Nothing may follow the signature. */
static bool
ends_with_signature(const char *at, const char *end, size_t *ret_length)
{
	const char *start = at;
	struct line line;
	bool is_closed = false;

	while (next_line(&at, end, &line)) {
		if (is_closed && line.length)
			return false;
		if (is_line(&line, "-----END PGP SIGNATURE-----")) {
			is_closed = true;
			*ret_length = (size_t)(at - start);
		}
	}
	return is_closed;
}

bool
cleartext_read(const char *bytes, size_t length, struct buffer *ret_text, const char **ret_signature,
	size_t *ret_signature_length)
{
	const char *at = bytes, *end = bytes + length;
	struct line line;

	if (!next_line(&at, end, &line) || !is_line(&line, "-----BEGIN PGP SIGNED MESSAGE-----"))
		return false;
	do {	/* "Hash:" alone may stand here; anything else would be shown and not signed */
		if (!next_line(&at, end, &line) || (line.length && (line.length < 5 || memcmp(line.text, "Hash:", 5))))
			return false;
	} while (line.length);
	if (!read_text(&at, end, ret_text))
		return false;
	*ret_signature = at;
	return ends_with_signature(at, end, ret_signature_length);
}
