/*
 * elf.c - ELF, System V ABI, chapter 4
 *
 *	 0  7F 'E' 'L' 'F'
 *	 5  byte order: 1 little, 2 big endian
 *	16  type: 1 relocatable, 2 executable, 3 shared object, 4 core dump
 *
 * Linux looks at the magic, the type and the machine only, so nothing else is
 * required here: a header that others call broken may still run.
 */
#include <string.h>

#include <t1554triage/binary.h>
#include <t1554triage/cursor.h>

enum { ELF_RELOCATABLE = 1, ELF_CORE = 4, ELF_BIG_ENDIAN = 2 };

static enum program_type
type_of_elf(const uint8_t *head, size_t length, const char *base_name)
{
	struct cursor at = cursor_at(head, length, 16);
	unsigned type;

	if (length < 6 || memcmp(head, "\177ELF", 4))
		return PROGRAM_OTHER;
	type = head[5] == ELF_BIG_ENDIAN ? take_u16be(&at) : take_u16le(&at);
	if (type == ELF_CORE)
		return PROGRAM_OTHER;
	if (type == ELF_RELOCATABLE && binary_type_by_name(base_name) == PROGRAM_MODULE)
		return PROGRAM_MODULE;
	return PROGRAM_ELF;
}

const struct binary_format elf_binary = {
	.name        = "elf",
	.description = "ELF programs, libraries, objects and kernel modules; no core dumps",
	.type        = type_of_elf,
};
