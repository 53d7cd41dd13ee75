/*
 * network_list.c - lists of addresses and domains, one a line: plain ones, "c2-iocs" of the scanners Loki and THOR
 * (Neo23x0/signature-base), files of hosts that lead names nowhere:
 *
 *	# comment
 *	198.51.100.7
 *	203.0.113.0/24
 *	evil[.]example[.]org;Demo, seen in May
 *	198.51.100.8;55;Demo
 *	0.0.0.0 evil.example.org
 *
 * In the form with two semicolons the middle is a score; without one it is 100.  As in lists of digests, rows below 60
 * are grade C, the others with a comment B.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "line_list.h"
#include "network_list.h"
#include "set.h"

/* "0.0.0.0 name": the address is no indicator, the name is. */
static bool
is_nowhere(const struct network_value *value)
{
	return !value->is_domain && network_value_is_meaningless(value);
}

/* "55;Demo", "Demo, seen in May", "# Demo" */
static void
take_comment(const char *text, size_t length, struct network_line *line)
{
	size_t digits = 0;
	uint64_t score = 100;

	while (length && strchr(" \t;,#", *text)) {
		text++;
		length--;
	}
	while (digits < length && text[digits] >= '0' && text[digits] <= '9')
		digits++;
	if (digits && digits < length && text[digits] == ';' && text_parse_u64(text, digits, 10, &score)) {
		text += digits + 1;
		length -= digits + 1;
	}
	length = length < sizeof line->comment ? length : sizeof line->comment - 1;
	memcpy(line->comment, text, length);
	line->comment[length] = '\0';
	line->row.grade = score < LINE_LIST_WARNING ? 'C' : length ? 'B' : '\0';
}

bool
network_line_read(const char *line, size_t length, struct network_line *ret_line)
{
	size_t begin = 0, end, name;
	struct network_value other;

	while (begin < length && (line[begin] == ' ' || line[begin] == '\t'))
		begin++;
	for (end = begin; end < length && !strchr(" \t;,", line[end]); end++)
		continue;
	if (begin == length || line[begin] == '#' || memchr(line, '\0', length))
		return false;
	memset(ret_line, 0, sizeof *ret_line);
	if (network_value_read(line + begin, end - begin, &ret_line->row.value))
		return false;
	for (begin = end; begin < length && (line[begin] == ' ' || line[begin] == '\t'); begin++)
		continue;
	for (name = begin; name < length && !strchr(" \t;,#", line[name]); name++)
		continue;
	if (begin > end && is_nowhere(&ret_line->row.value) && !network_value_read(line + begin, name - begin, &other) &&
	    other.is_domain) {
		ret_line->row.value = other;
		end = name;
	}
	take_comment(line + end, length - end, ret_line);
	return true;
}

const struct network_row *
network_row_of_line(struct network_line *line, uint64_t number)
{
	line->row.product = line->comment;
	line->row.line = number;
	return &line->row;
}

static enum line_fit
fit(const char *bytes, size_t length)
{
	struct network_line line;

	return network_line_read(bytes, length, &line) ? LINE_FITS : LINE_FITS_NOT;
}

static bool
probe(const uint8_t *head, size_t length)
{
	return line_list_probe(head, length, fit);
}

static void
take_line(const struct hash_row_sink *out, char *line, size_t length, uint64_t number)
{
	struct network_line network;

	if (network_line_read(line, length, &network))
		hash_row_sink_network(out, network_row_of_line(&network, number));
	else
		out->rejected(out->context, number, line, "neither an address nor a name, or a URL that names more than its host");
}

static enum status
read_list(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	(void)identity;
	(void)arena;
	return line_list_read(path, source, out, notes, take_line);
}

const struct hashset_format network_list_hashset_format = {
	.name        = "network_list",
	.description = "lists of addresses and domains: plain, Loki and THOR (c2-iocs)",
	.kind        = HASH_BAD,
	.carries_network = true,
	.probe       = probe,
	.read        = read_list,
};
