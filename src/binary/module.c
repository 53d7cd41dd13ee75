/*
 * module.c - compressed kernel modules
 *
 *	nf_tables.ko.xz: name ends as modprobe(8) expects it, bytes begin as the compressor's do
 *
 * An uncompressed module is an ELF object and told there.
 */
#include <string.h>

#include <t1554triage/binary.h>

static const struct magic { const char *bytes; size_t length; } compressors[] = {
	{ "\x1F\x8B", 2 },		/* gzip, RFC 1952 */
	{ "\xFD" "7zXZ", 6 },		/* xz, with the NUL behind */
	{ "\x28\xB5\x2F\xFD", 4 },	/* zstd, RFC 8878 */
	{ "BZh", 3 },			/* bzip2 */
};

static enum program_type
type_of_module(const uint8_t *head, size_t length, const char *base_name)
{
	if (binary_type_by_name(base_name) != PROGRAM_MODULE)
		return PROGRAM_OTHER;
	for (size_t i = 0; i < sizeof compressors / sizeof *compressors; i++)
		if (length >= compressors[i].length &&
		    !memcmp(head, compressors[i].bytes, compressors[i].length))
			return PROGRAM_MODULE;
	return PROGRAM_OTHER;
}

const struct binary_format module_binary = {
	.name        = "module",
	.description = "compressed kernel modules (gzip, xz, zstd, bzip2)",
	.type        = type_of_module,
};
