/*
 * pe_parts.c - sections and imports of a PE file (Microsoft, "PE Format")
 *
 *	60 offset of "PE\0\0"; behind it 2 number of sections, 16 size of the optional header, 20 optional header
 *	optional header: magic 0x10B, data directories at 96; or 0x20B, at 112
 *	section:         name[8], 8 size in memory, 12 address, 16 size, 20 offset
 *	import:          0 address of names, 12 address of the library's name, 16 address of the table that is filled
 */
#include <string.h>

#include <t1554triage/cursor.h>

#include "program_parts.h"

enum {
	HEADER_AT = 60, SECTION_BYTES = 40, NAME_BYTES = 8, MAGIC_64 = 0x20B, IMPORT_BYTES = 20, LIBRARIES_MOST = 4096,
	FUNCTIONS_MOST = 65536,
};

struct reading {
	const uint8_t *bytes;
	size_t         length;
	bool           is_wide;
	const uint64_t *addresses;	/* of sections */
	struct arena  *arena;
	struct program_parts *parts;
};

static uint64_t
number_at(const struct reading *reading, uint64_t offset, size_t width)
{
	struct cursor at = cursor_at(reading->bytes, reading->length, offset);

	return take_le(&at, width);
}

static uint64_t
offset_of(const struct reading *reading, uint64_t address)
{
	for (size_t i = 0; address && i < reading->parts->section_count; i++) {
		const struct program_section *section = &reading->parts->sections[i];

		if (address >= reading->addresses[i] && address - reading->addresses[i] < section->size)
			return section->offset + (address - reading->addresses[i]);
	}
	return UINT64_MAX;
}

static const char *
text_at_address(const struct reading *reading, uint64_t address)
{
	uint64_t offset = offset_of(reading, address);

	return offset < reading->length ? program_text_at(reading->bytes, reading->length, offset, reading->arena) : NULL;
}

static void
read_sections(struct reading *reading, uint64_t table, size_t count)
{
	struct program_parts *parts = reading->parts;
	uint64_t *addresses = arena_allocate(reading->arena, (count + 1) * sizeof *addresses);

	reading->addresses = addresses;
	parts->sections = arena_allocate(reading->arena, (count + 1) * sizeof *parts->sections);
	for (size_t i = 0; i < count; i++) {
		uint64_t at = table + i * SECTION_BYTES;
		struct program_section *section = &parts->sections[i];

		if (at > reading->length || reading->length - at < SECTION_BYTES)
			return;
		section->name = arena_copy(reading->arena, reading->bytes + at, strnlen((const char *)reading->bytes + at, NAME_BYTES));
		section->size = number_at(reading, at + 16, 4);
		section->offset = number_at(reading, at + 20, 4);
		section->has_bytes = section->offset <= reading->length && section->size <= reading->length - section->offset;
		addresses[i] = number_at(reading, at + 12, 4);
		parts->section_count++;
	}
}

static void
read_functions(const struct reading *reading, const char *library, uint64_t address)
{
	uint64_t width = reading->is_wide ? 8 : 4, offset = offset_of(reading, address), entry;

	for (uint64_t i = 0; offset < reading->length && i < FUNCTIONS_MOST &&
	     reading->parts->import_count < PROGRAM_IMPORTS_MOST; i++) {
		const char *name;

		entry = number_at(reading, offset + i * width, width);
		if (!entry)
			break;
		if (entry >> (8 * width - 1))
			name = arena_format(reading->arena, "#%u", (unsigned)(entry & 0xFFFF));
		else
			name = text_at_address(reading, entry + 2);
		if (name)
			program_parts_add_import(reading->parts, arena_format(reading->arena, "%s!%s", library, name));
	}
}

static void
read_imports(const struct reading *reading, uint64_t address)
{
	uint64_t offset = offset_of(reading, address);

	for (uint64_t i = 0; offset < reading->length && i < LIBRARIES_MOST; i++) {
		uint64_t at = offset + i * IMPORT_BYTES, names = number_at(reading, at, 4);
		const char *library = text_at_address(reading, number_at(reading, at + 12, 4));

		if (!library)
			break;
		program_parts_add_library(reading->parts, library);
		read_functions(reading, library, names ? names : number_at(reading, at + 16, 4));
	}
}

bool
pe_parts_read(const uint8_t *bytes, size_t length, struct arena *arena, struct program_parts *ret_parts)
{
	struct reading reading = { .bytes = bytes, .length = length, .arena = arena, .parts = ret_parts };
	uint64_t header, optional, count;

	*ret_parts = (struct program_parts){ .section_count = 0 };
	if (length < HEADER_AT + 4 || memcmp(bytes, "MZ", 2))
		return false;
	header = number_at(&reading, HEADER_AT, 4);
	if (header > length - 4 || memcmp(bytes + header, "PE\0\0", 4))
		return false;
	count = number_at(&reading, header + 6, 2);
	optional = header + 24;
	reading.is_wide = number_at(&reading, optional, 2) == MAGIC_64;
	if (count > PROGRAM_SECTIONS_MOST)
		return false;
	read_sections(&reading, optional + number_at(&reading, header + 20, 2), (size_t)count);
	read_imports(&reading, number_at(&reading, optional + (reading.is_wide ? 112 : 96) + 8, 4));
	return true;
}
