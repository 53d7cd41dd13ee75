/*
 * pe.c - Portable Executable, Microsoft PE Format
 *
 *	 0  'M' 'Z'
 *	60  offset of "PE\0\0", 4 bytes little endian
 *
 * Where that offset lies behind the bytes at hand, the file counts as a PE: Windows loads
 * such a file whatever its name, and a program that is taken for one too many costs a digest,
 * one too few is a place to hide.  Windows itself goes no further than 256 MiB.
 */
#include <string.h>

#include <t1554triage/binary.h>
#include <t1554triage/cursor.h>

enum { PE_OFFSET_MAX = 256 << 20 };

static enum program_type
type_of_pe(const uint8_t *head, size_t length, const char *base_name)
{
	struct cursor at = cursor_at(head, length, 60);
	uint32_t offset = take_u32le(&at);
	const uint8_t *signature;

	(void)base_name;
	if (at.failed || memcmp(head, "MZ", 2) || offset >= PE_OFFSET_MAX)
		return PROGRAM_OTHER;
	at = cursor_at(head, length, offset);
	signature = take_bytes(&at, 4);
	if (!signature)
		return length < BINARY_HEAD_BYTES ? PROGRAM_OTHER : PROGRAM_PE;
	return memcmp(signature, "PE\0\0", 4) ? PROGRAM_OTHER : PROGRAM_PE;
}

const struct binary_format pe_binary = {
	.name        = "pe",
	.description = "Windows programs, libraries and drivers",
	.type        = type_of_pe,
};
