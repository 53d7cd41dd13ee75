/*
 * macho.c - Mach-O, <mach-o/loader.h> and <mach-o/fat.h>
 *
 *	 0  FEEDFACE (32 bits) or FEEDFACF (64 bits), in the byte order of the machine
 *	12  type: 4 core dump
 *
 *	 0  CAFEBABE or CAFEBABF: several of them in one file, big endian
 *	 4  how many
 *
 * A Java class begins with CAFEBABE too, then its minor and major version:
 * the latter is 45 at least, and no file holds programs for 45 machines.
 */
#include <t1554triage/binary.h>
#include <t1554triage/cursor.h>

enum { MACHO_CORE = 4, JAVA_FIRST_MAJOR = 45 };

static enum program_type
type_of_single(uint32_t file_type, bool failed)
{
	return failed || file_type == MACHO_CORE ? PROGRAM_OTHER : PROGRAM_MACHO;
}

static enum program_type
type_of_macho(const uint8_t *head, size_t length, const char *base_name)
{
	struct cursor at = cursor_over(head, length), type_at = cursor_at(head, length, 12);
	uint32_t magic = take_u32be(&at), count = take_u32be(&at);

	(void)base_name;
	switch (magic) {
	case 0xFEEDFACE:
	case 0xFEEDFACF:
		return type_of_single(take_u32be(&type_at), type_at.failed);
	case 0xCEFAEDFE:
	case 0xCFFAEDFE:
		return type_of_single(take_u32le(&type_at), type_at.failed);
	case 0xCAFEBABE:
	case 0xCAFEBABF:
		return !at.failed && count && count < JAVA_FIRST_MAJOR ? PROGRAM_MACHO : PROGRAM_OTHER;
	default:
		return PROGRAM_OTHER;
	}
}

const struct binary_format macho_binary = {
	.name        = "macho",
	.description = "macOS programs and libraries, for one machine or several; no core dumps",
	.type        = type_of_macho,
};
