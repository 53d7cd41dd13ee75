/* binary.h - what a file is by its content, and what a program says of itself.  Layer: binary. */
#ifndef T1554TRIAGE_BINARY_H
#define T1554TRIAGE_BINARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/record.h>
#include <t1554triage/source.h>

enum program_type {
	PROGRAM_OTHER,		/* no program */
	PROGRAM_ELF, PROGRAM_PE, PROGRAM_MACHO, PROGRAM_SCRIPT, PROGRAM_BYTECODE,
	PROGRAM_MODULE,		/* kernel module, plain or compressed */
	PROGRAM_ARCHIVE,	/* of interpreted code: jar, war, a */
};
extern const char *const program_type_names[];	/* as "type" in files.jsonl, ends with NULL */

enum { BINARY_HEAD_BYTES = 4096 };	/* what a format needs to see */

struct binary_format {
	const char *name, *description;
	/* By the first bytes (up to BINARY_HEAD_BYTES) and the base name; PROGRAM_OTHER: not of this format. */
	enum program_type (*type)(const uint8_t *head, size_t length, const char *base_name);
};
const struct binary_format *const *binary_formats(void);	/* rows of src/binary/binary.def */

/* Asks the formats in order. */
enum program_type binary_type(const uint8_t *head, size_t length, const char *base_name);

/*
 * Interpreted code and archives of it by the end of the name (list in
 * src/binary/code_names.def); PROGRAM_OTHER for other names.
 */
enum program_type binary_type_by_name(const char *base_name);

/* Python byte code names its source: header of a .pyc (PEP 552). */
struct bytecode_source {
	bool     by_hash;	/* source is tied by SipHash, else by time and size */
	bool     has_size;	/* Python before 3.3 wrote no size */
	uint32_t modified, size;	/* seconds since 1970, bytes; both modulo 2^32 */
};
bool binary_read_pyc(const uint8_t *head, size_t length, struct bytecode_source *ret_source);

/* True for an ELF file that prelink has rewritten: the section in which it keeps what was there before tells. */
bool binary_is_prelinked(struct source *content);

/*
 * The content of such a file as it was before, to be compared with what a package records of it: allocated, the caller
 * frees it with memory_free.  NULL: *ret_why says in words why it cannot be undone (another machine than x86-64 and
 * i386, larger than 64 MiB, or something in it is not what prelink leaves).  All of the file that is not part of the old
 * content is asked whether it is prelink's; what cannot be told from the file alone is which addresses of other
 * files linking found, and the data copied from them.
 */
uint8_t *binary_undo_prelink(struct source *content, size_t *ret_size, const char **ret_why);

#endif
