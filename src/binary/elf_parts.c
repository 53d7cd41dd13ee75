/*
 * elf_parts.c - sections, needed libraries and imported symbols of an ELF file (System V ABI, chapters 4 and 5)
 *
 * Libraries and symbols are read as the loader finds them, through the program headers: a section table may lie or be
 * missing.  How many symbols there are no entry says: the table of sections does where it agrees about the place, else
 * the hash tables, both with the number at byte 4 (of DT_GNU_HASH it is that of the first symbol that is not imported).
 */
#include <string.h>

#include <t1554triage/cursor.h>

#include "program_parts.h"

enum {
	CLASS_64 = 2, ORDER_BIG = 2, SEGMENT_LOAD = 1, SEGMENT_DYNAMIC = 2, SECTION_NO_BITS = 8, SECTION_SYMBOLS = 11,
	TAG_NEEDED = 1, TAG_HASH = 4, TAG_STRINGS = 5, TAG_SYMBOLS = 6, SEGMENTS_MOST = 1024, ENTRIES_MOST = 65536,
};
#define TAG_GNU_HASH 0x6FFFFEF5u

struct segment { uint64_t offset, address, size; };

struct reading {
	const uint8_t *bytes;
	size_t         length;
	bool           is_wide, is_big;
	struct segment loaded[64];
	size_t         loaded_count;
	struct segment dynamic;
	uint64_t       symbols_at, symbols_size;	/* by the table of sections */
	struct arena  *arena;
	struct program_parts *parts;
};

static uint64_t
number_at(const struct reading *reading, uint64_t offset, size_t width)
{
	struct cursor at = cursor_at(reading->bytes, reading->length, offset);

	return reading->is_big ? take_be(&at, width) : take_le(&at, width);
}

static uint64_t
word_at(const struct reading *reading, uint64_t offset)
{
	return number_at(reading, offset, reading->is_wide ? 8 : 4);
}

static bool
lies_within(const struct reading *reading, uint64_t offset, uint64_t size)
{
	return offset <= reading->length && size <= reading->length - offset;
}

static void
read_segments(struct reading *reading)
{
	bool wide = reading->is_wide;
	uint64_t table = word_at(reading, wide ? 32 : 28), size = number_at(reading, wide ? 54 : 42, 2);
	uint64_t count = number_at(reading, wide ? 56 : 44, 2);

	for (uint64_t i = 0; i < count && i < SEGMENTS_MOST && table < reading->length; i++) {
		uint64_t at = table + i * size, type = number_at(reading, at, 4);
		const struct segment segment = { word_at(reading, at + (wide ? 8 : 4)), word_at(reading, at + (wide ? 16 : 8)),
			word_at(reading, at + (wide ? 32 : 16)) };

		if (!lies_within(reading, segment.offset, segment.size))
			continue;
		if (type == SEGMENT_DYNAMIC)
			reading->dynamic = segment;
		else if (type == SEGMENT_LOAD && reading->loaded_count < sizeof reading->loaded / sizeof *reading->loaded)
			reading->loaded[reading->loaded_count++] = segment;
	}
}

/* Where in the file an address of memory lies; UINT64_MAX: nowhere. */
static uint64_t
offset_of(const struct reading *reading, uint64_t address)
{
	for (size_t i = 0; address && i < reading->loaded_count; i++) {
		const struct segment *segment = &reading->loaded[i];

		if (address >= segment->address && address - segment->address < segment->size)
			return segment->offset + (address - segment->address);
	}
	return UINT64_MAX;
}

static void
read_sections(struct reading *reading)
{
	bool wide = reading->is_wide;
	struct program_parts *parts = reading->parts;
	uint64_t table = word_at(reading, wide ? 40 : 32), entry = number_at(reading, wide ? 58 : 46, 2);
	uint64_t count = number_at(reading, wide ? 60 : 48, 2), names = number_at(reading, wide ? 62 : 50, 2), names_at;

	if (!entry || count > PROGRAM_SECTIONS_MOST || names >= count || !lies_within(reading, table, entry * count))
		return;
	names_at = word_at(reading, table + names * entry + (wide ? 24 : 16));
	parts->sections = arena_allocate(reading->arena, (size_t)count * sizeof *parts->sections);
	for (uint64_t i = 1; i < count; i++) {
		uint64_t at = table + i * entry, type = number_at(reading, at + 4, 4), name = number_at(reading, at, 4);
		struct program_section *section = &parts->sections[parts->section_count++];
		const char *text = names_at <= reading->length ?
			program_text_at(reading->bytes, reading->length, names_at + name, reading->arena) : NULL;

		section->name = text ? text : "";
		section->offset = word_at(reading, at + (wide ? 24 : 16));
		section->size = word_at(reading, at + (wide ? 32 : 20));
		section->has_bytes = type != SECTION_NO_BITS && lies_within(reading, section->offset, section->size);
		if (type == SECTION_SYMBOLS && section->has_bytes) {
			reading->symbols_at = section->offset;
			reading->symbols_size = section->size;
		}
	}
}

static void
read_symbols(const struct reading *reading, uint64_t symbols, uint64_t strings, uint64_t hash)
{
	uint64_t entry = reading->is_wide ? 24 : 16, place = reading->is_wide ? 6 : 14, count;

	if (symbols >= reading->length)
		return;
	count = reading->symbols_at == symbols ? reading->symbols_size / entry : hash < reading->length ?
		number_at(reading, hash + 4, 4) : 0;
	for (uint64_t i = 1; i < count && lies_within(reading, symbols + i * entry, entry) &&
	     reading->parts->import_count < PROGRAM_IMPORTS_MOST; i++) {
		const char *name;

		if (number_at(reading, symbols + i * entry + place, 2))
			continue;
		name = program_text_at(reading->bytes, reading->length, strings + number_at(reading, symbols + i * entry, 4),
			reading->arena);
		if (name)
			program_parts_add_import(reading->parts, name);
	}
}

static void
read_dynamic(struct reading *reading)
{
	uint64_t width = reading->is_wide ? 8 : 4, end = reading->dynamic.size / (2 * width);
	uint64_t strings = UINT64_MAX, symbols = UINT64_MAX, hash = UINT64_MAX, tag, value;

	if (end > ENTRIES_MOST)
		end = ENTRIES_MOST;
	for (uint64_t i = 0; i < end; i++) {
		tag = word_at(reading, reading->dynamic.offset + i * 2 * width);
		value = word_at(reading, reading->dynamic.offset + i * 2 * width + width);
		if (!tag)
			end = i;
		else if (tag == TAG_STRINGS)
			strings = offset_of(reading, value);
		else if (tag == TAG_SYMBOLS)
			symbols = offset_of(reading, value);
		else if (tag == TAG_HASH || (tag == TAG_GNU_HASH && hash == UINT64_MAX))
			hash = offset_of(reading, value);
	}
	if (strings >= reading->length)
		return;
	for (uint64_t i = 0; i < end; i++) {
		const char *name;

		if (word_at(reading, reading->dynamic.offset + i * 2 * width) != TAG_NEEDED)
			continue;
		value = word_at(reading, reading->dynamic.offset + i * 2 * width + width);
		name = value < reading->length ? program_text_at(reading->bytes, reading->length, strings + value, reading->arena) : NULL;
		if (name)
			program_parts_add_library(reading->parts, name);
	}
	read_symbols(reading, symbols, strings, hash);
}

bool
elf_parts_read(const uint8_t *bytes, size_t length, struct arena *arena, struct program_parts *ret_parts)
{
	struct reading reading = { .bytes = bytes, .length = length, .arena = arena, .parts = ret_parts,
		.symbols_at = UINT64_MAX };

	*ret_parts = (struct program_parts){ .section_count = 0 };
	if (length < 52 || memcmp(bytes, "\177ELF", 4))
		return false;
	reading.is_wide = bytes[4] == CLASS_64;
	reading.is_big = bytes[5] == ORDER_BIG;
	read_segments(&reading);
	read_sections(&reading);
	read_dynamic(&reading);
	return true;
}
