/*
 * sums.c - lists of digests, one a line, as many tools write them:
 *
 *	d41d8cd98f00b204e9800998ecf8427e
 *	3b3e778b647371262120a523eb873c20bb82beaf  usr/bin/name       md5sum, shaNsum: text mode
 *	3b3e778b647371262120a523eb873c20bb82beaf *usr/bin/name       binary mode
 *	\3b3e778b647371262120a523eb873c20bb82beaf  back\\slash       an escaped name
 *	SHA1 (usr/bin/name) = 3b3e778b647371262120a523eb873c20bb82beaf
 *	SHA2-256(usr/bin/name)= 0819db19...                          openssl dgst; before version 3 SHA256(...)
 *	     10240  7faea2b01796b80d180399040bb69835  usr/bin/name   md5deep -z: behind the size
 *	SHA256          0819DB19...            C:\Windows\a.exe      Get-FileHash
 *
 * GNU coreutils manual, "md5sum invocation"; BSD md5(1), openssl-dgst(1), md5deep(1).  The algorithm follows
 * from the number of digits, so one list may mix them.  Empty lines, lines that
 * start with '#' and a heading that is just an algorithm's name say nothing.
 */
#include <ctype.h>
#include <string.h>

#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

#include "network_list.h"
#include "set.h"

struct sum_line {
	struct digest digest;
	char         *name;		/* in the line, "" */
};

static size_t
hex_run(const char *text, size_t length)
{
	size_t digits = 0;

	while (digits < length && isxdigit((unsigned char)text[digits]))
		digits++;
	return digits;
}

/* md5sum writes '\\', "\n" and "\r" in names of lines that start with a backslash. */
static void
remove_escapes(char *name)
{
	char *to = name;

	for (const char *from = name; *from; from++) {
		if (*from != '\\' || !from[1]) {
			*to++ = *from;
			continue;
		}
		from++;
		*to++ = *from == 'n' ? '\n' : *from == 'r' ? '\r' : *from;
	}
	*to = '\0';
}

/* Of the algorithm that is said, NONE: by the number of digits. */
static bool
parse_plain(char *line, size_t length, enum digest_algorithm said, struct sum_line *ret_sum)
{
	bool escaped = *line == '\\';
	char *text = line + escaped;
	size_t digits = hex_run(text, length - escaped);
	char *rest = text + digits;

	if (!digest_parse(text, digits, said, &ret_sum->digest) || (*rest && !strchr(" \t,;|", *rest)))
		return false;
	if (*rest)
		rest++;
	if (*rest == ' ' || *rest == '*')
		rest++;
	if (escaped)
		remove_escapes(rest);
	ret_sum->name = rest;
	return true;
}

/* A word of at most 15 letters; openssl calls SHA256 SHA2-256. */
static enum digest_algorithm
algorithm_of(const char *word, size_t length)
{
	static const char family[] = "SHA2-";
	size_t skipped = sizeof family - 1;
	char name[16];

	if (length >= sizeof name)
		return DIGEST_NONE;
	memcpy(name, word, length);
	name[length] = '\0';
	if (!strncasecmp(name, family, skipped))
		memmove(name + 3, name + skipped, length - skipped + 1);
	return digest_algorithm_by_name(name);
}

/* "ALGORITHM (name) = digits"; the name may hold anything, so the last ") = " counts. */
static bool
parse_tagged(char *line, size_t length, const char *opening, const char *closing, struct sum_line *ret_sum)
{
	bool escaped = *line == '\\';
	char *open = strstr(line, opening), *close = NULL, *name, *digits;
	enum digest_algorithm algorithm;

	for (char *at = open; at && (at = strstr(at, closing)); at++)
		close = at;
	name = open ? open + strlen(opening) : NULL;
	if (!close || close < name)
		return false;
	algorithm = algorithm_of(line + escaped, (size_t)(open - line) - escaped);
	digits = close + strlen(closing);
	while (line + length > digits && strchr(" \t", line[length - 1]))
		length--;
	if (!algorithm || !digest_parse(digits, (size_t)(line + length - digits), algorithm, &ret_sum->digest))
		return false;
	*close = '\0';
	ret_sum->name = name;
	if (escaped)
		remove_escapes(ret_sum->name);
	return true;
}

/* Behind blanks, a size, or the name of its algorithm. */
static bool
parse_behind(char *line, size_t length, struct sum_line *ret_sum)
{
	static const char blanks[] = " \t";
	size_t begin = strspn(line, blanks), word = strcspn(line + begin, blanks), next = begin + word + strspn(line + begin + word, blanks);
	enum digest_algorithm said = algorithm_of(line + begin, word);

	if (begin && parse_plain(line + begin, length - begin, DIGEST_NONE, ret_sum))
		return true;
	if (!said && (!word || strspn(line + begin, "0123456789") != word))
		return false;
	if (!parse_plain(line + next, length - next, said, ret_sum))
		return false;
	ret_sum->name += strspn(ret_sum->name, blanks);
	return true;
}

static bool
says_nothing(const char *line, size_t length)
{
	return !length || *line == '#' || (strlen(line) == length && digest_algorithm_by_name(line) != DIGEST_NONE);
}

static bool
parse_line(char *line, size_t length, struct sum_line *ret_sum)
{
	return strlen(line) == length &&
	       (parse_plain(line, length, DIGEST_NONE, ret_sum) || parse_tagged(line, length, " (", ") = ", ret_sum) ||
		parse_tagged(line, length, "(", ")= ", ret_sum) || parse_behind(line, length, ret_sum));
}

/* One usable line among the first ones is enough: lists start with notices of any kind. */
static bool
probe(const uint8_t *head, size_t length)
{
	const char *at = (const char *)head, *end = at + length;
	char line[512];

	for (unsigned lines = 0; at < end && lines < 200; lines++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((stop ? stop : end) - at);
		struct sum_line sum;

		if (size && at[size - 1] == '\r')
			size--;
		if (size < sizeof line) {
			memcpy(line, at, size);
			line[size] = '\0';
			if (parse_line(line, size, &sum))
				return true;
		}
		at = stop ? stop + 1 : end;
	}
	return false;
}

static void
hand_out(const struct hash_row_sink *out, const struct sum_line *sum, uint64_t line, const char *text)
{
	struct hash_row row = { .name = sum->name, .row = line };

	if (digests_set(&row.digests, sum->digest.algorithm, sum->digest.bytes))
		out->row(out->context, &row);
	else
		out->rejected(out->context, line, text, "a digest of an algorithm that is not computed for files");
}

static enum status
read_sums(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	const struct place here = { .path = path };
	struct line_reader reader;
	enum status status;
	char *line;
	size_t length;

	(void)identity;
	(void)arena;
	line_reader_init(&reader, source, &here, notes);
	while (line_reader_next(&reader, &line, &length)) {
		struct sum_line sum;
		struct network_line network;

		if (says_nothing(line, length))
			continue;
		if (parse_line(line, length, &sum))
			hand_out(out, &sum, reader.line, line);
		else if (network_line_read(line, length, &network))
			hash_row_sink_network(out, network_row_of_line(&network, reader.line));
		else
			out->rejected(out->context, reader.line, line, "not a line of a list of digests");
	}
	status = reader.status;
	line_reader_release(&reader);
	return status;
}

const struct hashset_format sums_hashset_format = {
	.name        = "sums",
	.description = "lists of digests: plain, md5sum and shaNsum, BSD tags, openssl dgst, md5deep, Get-FileHash",
	.kind        = HASH_KNOWN,
	.carries_network = true,
	.probe       = probe,
	.read        = read_sums,
};
