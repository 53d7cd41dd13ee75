/*
 * indicators.c - separated text about bad files: its header also names a
 * family, an actor, a grade or a class.  The shipped sets have this form:
 *
 *	algorithm	digest	family	actor	file_name	grade	relevance	licence	note	source
 *	md5	7faea2b01796b80d180399040bb69835	3CX			A	T1554	BSD-2-Clause	payload	volexity/threat-intel
 *
 * or columns of addresses and names of hosts:
 *
 *	ip,family,comment
 *	198.51.100.7,Demo,seen in May
 */
#include "separated.h"

static bool
probe(const uint8_t *head, size_t length)
{
	struct separated header;

	return separated_probe(head, length, &header) &&
	       (separated_has(&header, COLUMN_FAMILY) || separated_has(&header, COLUMN_ACTOR) ||
		separated_has(&header, COLUMN_GRADE) || separated_has(&header, COLUMN_CLASS) ||
		(separated_has(&header, COLUMN_NETWORK) && !separated_has_digests(&header)));
}

static enum status
read_indicators(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	(void)identity;
	(void)arena;
	return separated_read(path, source, out, notes, NULL);
}

const struct hashset_format indicators_hashset_format = {
	.name        = "indicators",
	.description = "CSV or TSV of indicators: digests with family, actor, grade or class; addresses and domains",
	.kind        = HASH_BAD,
	.carries_network = true,
	.probe       = probe,
	.read        = read_indicators,
};
