/* prelink_undo.h - a prelinked file beside what it was: shared by undoing and by what is asked of the rest. */
#ifndef T1554TRIAGE_PRELINK_UNDO_H
#define T1554TRIAGE_PRELINK_UNDO_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SECTION_LOADED = SHF_WRITE | SHF_ALLOC | SHF_EXECINSTR };

struct elf_section {
	uint32_t name, type, link, info;
	uint64_t flags, address, offset, size, alignment, entry;
};

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, address, file_bytes, memory_bytes;
};

struct elf_shape {
	unsigned type, machine, segment_count, section_count, names;	/* names: number of the section of names */
	unsigned header_bytes, segment_bytes, section_bytes;		/* of one, as recorded */
	uint32_t version, flags;
	uint64_t entry, segments_at, sections_at;
	struct elf_segment *segments;
	struct elf_section *sections;
};

/* What a relocation does with its word, and what undoing makes of it. */
enum word_kind {
	WORD_UNKNOWN,		/* prelink refuses such a file */
	WORD_KEPT,
	WORD_COPY,		/* data of a library, copied into .bss */
	WORD_RELATIVE,		/* an address of this file */
	WORD_INDIRECT,		/* an address of this file, until a function of it tells another */
	WORD_SLOT,		/* of the procedure linkage table */
	WORD_SYMBOL, WORD_SYMBOL_32, WORD_GOT, WORD_TLS,
	WORD_ADDEND,		/* i386: held an addend, which only a relocation of the other form keeps */
	WORD_TLS_ADDEND
};

struct elf_relocation {
	uint64_t where, addend;		/* addend: 0 in the form without */
	uint32_t symbol, type;
	enum word_kind kind;
};

struct undoing {
	const struct prelink_machine *machine;
	unsigned       word;		/* bytes of an address */
	const uint8_t *bytes;		/* as it lies there */
	size_t         size;
	uint8_t       *made;		/* as it was */
	size_t         made_size;
	struct elf_shape now, before;
	unsigned      *was, *is;	/* number before of a section now, and the other way; 0: none */
	unsigned       undo;		/* number of the section that holds the headers */
	unsigned       last_found;	/* addresses lie side by side */
	uint64_t       first_push;	/* where the first entry of .plt pushes the number of its slot, 0: there is none */
	unsigned       push_back;	/* bytes from there to where an unused slot leads */
	const char    *why;		/* why it cannot be undone, NULL */
};

bool prelink_fail(struct undoing *undoing, const char *why);	/* false; the first reason counts */

/* A little-endian number of at most 8 bytes. */
uint64_t prelink_get(const uint8_t *bytes, size_t length);

const char *prelink_section_name(const struct undoing *undoing, uint32_t name);
/* The word at an address in the file as it lies there; false: no bytes of the file stand for it. */
bool prelink_word_now(struct undoing *undoing, uint64_t address, size_t length, uint64_t *ret_value);
/* An address of the prelinked file as it was before. */
uint64_t prelink_address_before(const struct undoing *undoing, uint64_t address);
struct elf_relocation prelink_relocation(const struct undoing *undoing, const struct elf_section *section, uint64_t number);
/* Where a slot leads as long as linking has not found its symbol, as an address of now; false: the slots are not in order. */
bool prelink_entry_of(struct undoing *undoing, const struct elf_relocation *relocation, uint64_t *ret_address);
/* Does a section of now hold relocations, and lie in memory? */
bool prelink_is_relocations(const struct elf_section *section);
/* Relocations that had no addends before. */
bool prelink_is_converted(const struct undoing *undoing, unsigned number);

/*
 * Is all of the file that undoing drops what prelink puts there?  Undoing gives the old content whatever stands in
 * the parts that it does not take over: those must be empty, or in the form of prelink's own.  false: why says what is not.
 */
bool prelink_rest_is_prelinks(struct undoing *undoing);

#endif
