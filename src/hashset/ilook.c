/*
 * ilook.c - sets of ILook Investigator, versions 1, 3 and 4; the digest whose heading names the version
 * is MD5 (version 1: of the algorithm in HashType):
 *
 *	V4Hash,HashSHA1,FileName,FilePath,FileSize,HashSHA256,HashSHA384,HashSHA512,CreateTime,ModTime,LastAccessTime
 *	B5E254DF3BB37EFCDFD883D69897770A,2CC793143BBE3BB8A2B9949B53583606885241E1,a.tar.gz,D:\x\,10429,,,,16.4.2008 14:29:24,,
 */
#include "separated.h"

static bool
probe(const uint8_t *head, size_t length)
{
	return separated_names(head, length, "v1hash") || separated_names(head, length, "v3hash") ||
	       separated_names(head, length, "v4hash");
}

static enum status
read_ilook(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	(void)identity;
	(void)arena;
	return separated_read(path, source, out, notes, NULL);
}

const struct hashset_format ilook_hashset_format = {
	.name        = "ilook",
	.description = "sets of ILook Investigator, versions 1, 3 and 4",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_ilook,
};
