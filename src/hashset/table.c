/*
 * table.c - separated text about known files: NSRLFile.txt and its relatives,
 * exports of databases.
 *
 *	"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"
 *	"3B3E778B647371262120A523EB873C20BB82BEAF","7FAEA2B01796B80D180399040BB69835","CABEC7CD","a.exe",503,1,"WIN",""
 */
#include "separated.h"

static bool
probe(const uint8_t *head, size_t length)
{
	struct separated header;

	return separated_probe(head, length, &header);
}

static enum status
read_table(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	(void)identity;
	(void)arena;
	return separated_read(path, source, out, notes, NULL);
}

const struct hashset_format table_hashset_format = {
	.name        = "table",
	.description = "CSV or TSV with a header that names a column of digests",
	.kind        = HASH_KNOWN,
	.carries_network = true,
	.probe       = probe,
	.read        = read_table,
};
