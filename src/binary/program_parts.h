/* program_parts.h - what a program consists of and asks other files for.  Private to binary. */
#ifndef PROGRAM_PARTS_H
#define PROGRAM_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/memory.h>

enum { PROGRAM_SECTIONS_MOST = 4096, PROGRAM_IMPORTS_MOST = 200000 };

struct program_section {
	const char *name;
	uint64_t    offset, size;
	bool        has_bytes;		/* they lie in the file, whole */
};

struct program_parts {
	struct program_section *sections;
	size_t       section_count;
	const char **libraries, **imports;
	size_t       library_count, library_capacity, import_count, import_capacity;
};

/* False: not of that format, or its headers cannot be followed.  Texts live in arena; the lists are released by the caller. */
bool elf_parts_read(const uint8_t *bytes, size_t length, struct arena *arena, struct program_parts *ret_parts);
bool pe_parts_read(const uint8_t *bytes, size_t length, struct arena *arena, struct program_parts *ret_parts);

void program_parts_add_library(struct program_parts *parts, const char *name);
void program_parts_add_import(struct program_parts *parts, const char *name);
/* The text at an offset, up to its NUL, copied; NULL: it is empty or has no end within a kilobyte. */
const char *program_text_at(const uint8_t *bytes, size_t length, uint64_t offset, struct arena *arena);
void program_parts_release(struct program_parts *parts);

#endif
