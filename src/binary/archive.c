/*
 * archive.c - archives of code
 *
 *	"!<arch>\n", "!<thin>\n"   libraries of objects, ar(5); Debian packages are ar archives too and no code
 *	'P' 'K' 3 4 ... name       zip: a jar where it is named so or its first member is META-INF/
 */
#include <string.h>

#include <t1554triage/binary.h>

enum { AR_MAGIC_BYTES = 8, ZIP_NAME_OFFSET = 30 };

static bool
begins(const uint8_t *head, size_t length, size_t offset, const char *text)
{
	size_t size = strlen(text);

	return length >= offset + size && !memcmp(head + offset, text, size);
}

static enum program_type
type_of_archive(const uint8_t *head, size_t length, const char *base_name)
{
	if (begins(head, length, 0, "!<arch>\n") || begins(head, length, 0, "!<thin>\n"))
		return begins(head, length, AR_MAGIC_BYTES, "debian-binary") ? PROGRAM_OTHER : PROGRAM_ARCHIVE;
	if (begins(head, length, 0, "PK\003\004") &&
	    (binary_type_by_name(base_name) == PROGRAM_ARCHIVE ||
	     begins(head, length, ZIP_NAME_OFFSET, "META-INF/")))
		return PROGRAM_ARCHIVE;
	return PROGRAM_OTHER;
}

const struct binary_format archive_binary = {
	.name        = "archive",
	.description = "libraries of objects (ar) and Java archives",
	.type        = type_of_archive,
};
