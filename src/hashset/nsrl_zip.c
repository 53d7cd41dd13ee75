/*
 * nsrl_zip.c - NSRL RDS 2.x and 1.5 as NIST published it: a zip of NSRLFile.txt, NSRLProd.txt, NSRLOS.txt,
 * NSRLMfg.txt and version.txt, in any folder of the zip.
 */
#include <string.h>

#include "nsrl.h"
#include "zip_members.h"

static bool
probe(const uint8_t *head, size_t length)
{
	return length >= 4 && !memcmp(head, "PK\3\4", 4);
}

static enum status
read_zip(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	static const char *const names[] = { "NSRLFile.txt", "NSRLProd.txt", "NSRLOS.txt", "version.txt" };
	const struct place here = { .path = path };
	struct nsrl_tables tables = { .files = NULL };
	struct source **const members[] = { &tables.files, &tables.products, &tables.systems, &tables.version };
	enum status status = STATUS_OK;

	for (size_t i = 0; i < 4; i++)
		status = status_worse(status, zip_member_open(source, names[i], &here, notes, members[i]));
	if (tables.files)
		status = status_worse(status, nsrl_read(path, &tables, out, identity, arena, notes));
	else
		status = note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here,
			"a zip without a readable NSRLFile.txt: unpack it and name the file in it");
	for (size_t i = 0; i < 4; i++)
		source_close(*members[i]);
	return status < STATUS_OK ? status : STATUS_OK;
}

const struct hashset_format nsrl_zip_hashset_format = {
	.name        = "nsrl_zip",
	.description = "NSRL RDS 2.x and 1.5 text in its zip",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_zip,
};
