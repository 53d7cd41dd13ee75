/*
 * rkhunter.c - rkhunter.dat, the file properties that "rkhunter --propupd" stores (rkhunter 1.4.6, as it writes them):
 *
 *	Version:2026112219
 *	Prelinked:No
 *	Hash:/usr/bin/sha256sum
 *	FormatVersion:1
 *	File:0:/usr/bin/ls:63d9...:1712:0755:0:0:147176:1663687647:coreutils:0::
 *	File:0:/usr/bin/awk:0b1c...:1713:0755:0:0:158304:1663687648::0:/usr/bin/mawk:
 *
 * A line of a file: how many colons its name has, name, digest, inode, mode, owner, group, size, time, package, how many
 * colons the target has where it is a link, the target.  Format 0 lacks both counts.  The digest is of the content behind
 * a link, and where programs are prelinked of the content before that: neither is the file's own.
 */
#include <string.h>

#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

#include "set.h"

enum { VALUES = 8, HASH = 0, MODE = 2, OWNER = 3, GROUP = 4 };	/* behind the name */

struct properties { bool has_counts, is_prelinked; };

static bool
probe(const uint8_t *head, size_t length)
{
	return memmem(head, length, "\nFormatVersion:", 15) && memmem(head, length, "\nFile:", 6) &&
	       memmem(head, length, "\nHash:", 6);
}

/* Cuts at the next colon, behind as many of them as belong to the value; NULL: there is none. */
static char *
cut_value(char **at, uint64_t colons)
{
	char *value = *at, *end = strchr(value, ':');

	for (; end && colons; colons--)
		end = strchr(end + 1, ':');
	if (!end)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return value;
}

static bool
take_number(const char *text, unsigned base, uint32_t *ret_number)
{
	uint64_t number;

	if (!text_parse_u64(text, strlen(text), base, &number) || number > UINT32_MAX)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

static const char *
take_digest(const char *text, struct hash_row *row)
{
	struct digest digest;

	if (!digest_parse(text, strlen(text), DIGEST_NONE, &digest))
		return "no digest of a length that is known";
	if (!digests_set(&row->digests, digest.algorithm, digest.bytes))
		row->digest = digest;
	return NULL;
}

/* NULL, or why the line is no row; without digests it says nothing of content. */
static const char *
parse_row(const struct properties *properties, char *at, struct hash_row *row)
{
	char *values[VALUES], *count = properties->has_counts ? cut_value(&at, 0) : NULL;
	uint64_t colons = 0;

	if (properties->has_counts && (!count || !text_parse_u64(count, strlen(count), 10, &colons)))
		return "no count of colons stands before the name";
	row->name = cut_value(&at, colons);
	for (size_t i = 0; i < VALUES; i++) {
		values[i] = cut_value(&at, 0);
		if (!values[i])
			return "fewer properties than rkhunter stores";
	}
	if (properties->has_counts && !cut_value(&at, 0))
		return "no count of colons stands before the target";
	row->has_mode = take_number(values[MODE], 8, &row->mode);
	row->has_owner = take_number(values[OWNER], 10, &row->uid) && take_number(values[GROUP], 10, &row->gid);
	/* What is left is the target of a link. */
	if (properties->is_prelinked || !*values[HASH] || strspn(at, ":") != strlen(at))
		return NULL;
	return take_digest(values[HASH], row);
}

static void
take_line(struct properties *properties, char *line, size_t length, uint64_t number, struct buffer *copy,
	const struct hash_row_sink *out)
{
	struct hash_row row = { .row = number };
	const char *why;

	if (text_has_prefix(line, "FormatVersion:"))
		properties->has_counts = strcmp(line, "FormatVersion:0") != 0;
	else if (text_has_prefix(line, "Prelinked:"))
		properties->is_prelinked = !strcmp(line, "Prelinked:Yes");
	if (!text_has_prefix(line, "File:"))
		return;
	buffer_clear(copy);
	buffer_add(copy, line, length);
	why = strlen(line) != length ? "a NUL byte in the line" : parse_row(properties, line + strlen("File:"), &row);
	if (why)
		out->rejected(out->context, number, copy->bytes, why);
	else if (row.digests.known || row.digest.algorithm)
		out->row(out->context, &row);
}

static enum status
read_rkhunter(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	const struct place here = { .path = path };
	struct properties properties = { .has_counts = true };
	struct line_reader reader;
	struct buffer copy;
	enum status status;
	size_t length;
	char *line;

	(void)identity;
	(void)arena;
	buffer_init(&copy, 0);
	line_reader_init(&reader, source, &here, notes);
	while (line_reader_next(&reader, &line, &length))
		take_line(&properties, line, length, reader.line, &copy, out);
	status = reader.status;
	line_reader_release(&reader);
	buffer_release(&copy);
	return status;
}

const struct hashset_format rkhunter_hashset_format = {
	.name        = "rkhunter",
	.description = "file properties that rkhunter has stored (rkhunter.dat)",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_rkhunter,
};
