/*
 * prelink_rest.c - is the part of a prelinked file that undoing does not take over what prelink puts there?
 *
 * The kernel and the dynamic linker go by the file as it is: its entry, its segments, what lies between sections, the
 * words that linking filled in.  An old content that fits the record says nothing of them.  Here each is held against the
 * old headers, or must be empty.  What is left open is which addresses in other files prelink found (.gnu.conflict, words
 * of relocations by symbols), and data that it copied from them (.dynbss): those depend on the other files.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/memory.h>

#include "prelink_undo.h"

enum { LIBRARY_BYTES = 20 };	/* Elf32_Lib, the same in both classes */

struct range { uint64_t offset, length; };

static int
by_offset(const void *a, const void *b)
{
	const struct range *one = a, *other = b;

	return (one->offset > other->offset) - (one->offset < other->offset);
}

static bool
is_empty(const uint8_t *bytes, uint64_t length)
{
	return !length || (!*bytes && !memcmp(bytes, bytes + 1, (size_t)length - 1));
}

/* Names, each with a NUL behind. */
static bool
is_texts(const uint8_t *bytes, uint64_t length)
{
	for (uint64_t i = 0; i < length; i++)
		if (bytes[i] && (bytes[i] < 0x20 || bytes[i] > 0x7e))
			return false;
	return !length || !bytes[length - 1];
}

/* What lies in no section and no header is mapped into memory all the same. */
static bool
is_empty_between(struct undoing *undoing)
{
	const struct elf_shape *now = &undoing->now;
	struct range *ranges = memory_allocate(now->section_count + 4, sizeof *ranges);
	uint64_t at = 0;
	size_t count = 0;
	bool is_all_empty = true;

	ranges[count++] = (struct range){ 0, now->header_bytes };
	ranges[count++] = (struct range){ now->segments_at, (uint64_t)now->segment_count * now->segment_bytes };
	ranges[count++] = (struct range){ now->sections_at, (uint64_t)now->section_count * now->section_bytes };
	ranges[count++] = (struct range){ undoing->size, 0 };
	for (unsigned i = 1; i < now->section_count; i++)
		if (now->sections[i].type != SHT_NOBITS)
			ranges[count++] = (struct range){ now->sections[i].offset, now->sections[i].size };
	qsort(ranges, count, sizeof *ranges, by_offset);
	for (size_t i = 0; i < count; i++) {
		if (ranges[i].offset > at)
			is_all_empty &= is_empty(undoing->bytes + at, ranges[i].offset - at);
		if (ranges[i].offset + ranges[i].length > at)
			at = ranges[i].offset + ranges[i].length;
	}
	memory_free(ranges);
	return is_all_empty || prelink_fail(undoing, "bytes of it belong to no part of it");
}

static bool
has_headers_in_order(struct undoing *undoing)
{
	const struct elf_shape *now = &undoing->now, *before = &undoing->before;

	if (prelink_address_before(undoing, now->entry) != before->entry)
		return prelink_fail(undoing, "it begins elsewhere than it did");
	if (now->segments_at != before->segments_at || !is_empty(undoing->bytes + now->sections_at, now->section_bytes))
		return prelink_fail(undoing, "its headers are not in order");
	return true;
}

/* The list of the libraries that it was linked with. */
static bool
is_library_list(const struct undoing *undoing, const struct elf_section *section)
{
	const uint8_t *entry = undoing->bytes + section->offset;
	const struct elf_section *names;

	if (section->type != SHT_GNU_LIBLIST || section->size % LIBRARY_BYTES || section->link >= undoing->now.section_count)
		return false;
	names = &undoing->now.sections[section->link];
	for (uint64_t i = 0; i < section->size / LIBRARY_BYTES; i++, entry += LIBRARY_BYTES)
		if (prelink_get(entry, 4) >= names->size || prelink_get(entry + 12, 8))
			return false;
	return true;
}

static bool
is_own_section(const struct undoing *undoing, unsigned number)
{
	const struct elf_section *section = &undoing->now.sections[number];
	const uint8_t *bytes = undoing->bytes + section->offset;
	const char *name = prelink_section_name(undoing, section->name);

	if (section->flags & SHF_EXECINSTR)
		return false;
	if (number == undoing->undo)
		return !(section->flags & SECTION_LOADED);
	if (!strcmp(name, ".dynbss") || !strcmp(name, ".sdynbss"))
		return section->type == SHT_PROGBITS || section->type == SHT_NOBITS;
	if (section->flags & SHF_WRITE)
		return false;
	if (!strcmp(name, ".gnu.libstr"))
		return section->type == SHT_STRTAB && is_texts(bytes, section->size);
	if (!strcmp(name, ".gnu.liblist"))
		return is_library_list(undoing, section);
	return section->type == SHT_RELA && !(section->size % (3 * (uint64_t)undoing->word));
}

/* Where there is more of a section now than before, it is names, or space that is empty still. */
static bool
is_more_of_the_same(const struct undoing *undoing, unsigned number)
{
	const struct elf_section *now = &undoing->now.sections[number], *before = &undoing->before.sections[undoing->was[number]];
	const uint8_t *bytes = undoing->bytes + now->offset;

	if (now->type == SHT_NOBITS)
		return true;
	if (before->type == SHT_NOBITS)
		return is_empty(bytes, now->size);
	return now->type != SHT_STRTAB || is_texts(bytes + before->size, now->size - before->size);
}

static bool
has_sections_in_order(struct undoing *undoing)
{
	for (unsigned i = 1; i < undoing->now.section_count; i++) {
		if (!undoing->was[i] && !is_own_section(undoing, i))
			return prelink_fail(undoing, "a section that prelink makes is not in the form that it makes it");
		if (undoing->was[i] && !is_more_of_the_same(undoing, i))
			return prelink_fail(undoing, "a section that prelink enlarges holds something else");
	}
	return true;
}

/* ---- segments ---- */

/* The loaded segment that holds a section's memory, and its bytes where it should have them; NULL: none does. */
static const struct elf_segment *
segment_of(const struct elf_shape *shape, const struct elf_section *section)
{
	for (unsigned i = 0; i < shape->segment_count; i++) {
		const struct elf_segment *segment = &shape->segments[i];
		uint64_t within = section->address - segment->address;

		if (segment->type != PT_LOAD || section->address < segment->address || within > segment->memory_bytes ||
		    section->size > segment->memory_bytes - within)
			continue;
		if (section->type == SHT_NOBITS || (segment->offset + within == section->offset &&
		    within <= segment->file_bytes && section->size <= segment->file_bytes - within))
			return segment;
	}
	return NULL;
}

/* Each section lies in memory by one segment, with the same rights as before. */
static bool
has_sections_in_segments(struct undoing *undoing)
{
	for (unsigned i = 1; i < undoing->now.section_count; i++) {
		const struct elf_section *section = &undoing->now.sections[i];
		const struct elf_segment *now, *before;

		if (!(section->flags & SHF_ALLOC) || !section->size || (section->type == SHT_NOBITS && section->flags & SHF_TLS))
			continue;
		now = segment_of(&undoing->now, section);
		before = undoing->was[i] ? segment_of(&undoing->before, &undoing->before.sections[undoing->was[i]]) : now;
		if (!now || !before || (undoing->was[i] && undoing->before.sections[undoing->was[i]].flags & SECTION_LOADED &&
		    section->type != SHT_STRTAB && now->flags != before->flags))
			return prelink_fail(undoing, "its segments do not hold its sections as they did");
	}
	return true;
}

/* Segments that are loaded do not cover one another, and no more of them may be executed than before. */
static bool
has_loads_in_order(struct undoing *undoing)
{
	const struct elf_shape *shapes[] = { &undoing->before, &undoing->now };
	unsigned loads[2] = { 0 }, executable[2] = { 0 };
	uint64_t end = 0;

	for (size_t which = 0; which < 2; which++)
		for (unsigned i = 0; i < shapes[which]->segment_count; i++) {
			const struct elf_segment *segment = &shapes[which]->segments[i];

			if (segment->type != PT_LOAD)
				continue;
			loads[which]++;
			executable[which] += (segment->flags & PF_X) != 0;
			if (which && (segment->address < end || segment->file_bytes > segment->memory_bytes))
				return prelink_fail(undoing, "its segments cover one another");
			end = which ? segment->address + segment->memory_bytes : end;
		}
	return (loads[1] <= loads[0] + 1 && executable[1] == executable[0]) ||
		prelink_fail(undoing, "it has more segments than it had");
}

/* Where what a segment names lies now: it named a section, or the table of segments itself. */
static bool
is_at_its_place(const struct undoing *undoing, const struct elf_segment *now, const struct elf_segment *before)
{
	const struct elf_shape *shape = &undoing->before;

	if (now->type == PT_PHDR)
		return now->offset == undoing->now.segments_at;
	if (now->memory_bytes != before->memory_bytes || now->file_bytes != before->file_bytes)
		return false;
	for (unsigned j = 1; j < shape->section_count; j++) {
		const struct elf_section *section = &undoing->now.sections[undoing->is[j]];

		if (shape->sections[j].flags & SHF_ALLOC && shape->sections[j].address == before->address &&
		    shape->sections[j].offset == before->offset && shape->sections[j].size)
			return now->address == section->address && now->offset == section->offset;
	}
	return prelink_address_before(undoing, now->address) == before->address || now->type == PT_GNU_STACK;
}

/* The others stand as they stood, in their order. */
static bool
has_segments_in_order(struct undoing *undoing)
{
	const struct elf_shape *now = &undoing->now, *before = &undoing->before;
	unsigned j = 0;

	for (unsigned i = 0; i < now->segment_count; i++) {
		if (now->segments[i].type == PT_LOAD)
			continue;
		while (j < before->segment_count && before->segments[j].type == PT_LOAD)
			j++;
		if (j == before->segment_count || now->segments[i].type != before->segments[j].type ||
		    now->segments[i].flags != before->segments[j].flags ||
		    !is_at_its_place(undoing, &now->segments[i], &before->segments[j++]))
			return prelink_fail(undoing, "its segments are not those that it had");
	}
	return has_loads_in_order(undoing) && has_sections_in_segments(undoing);
}

/* ---- words ---- */

/* Memory of the file itself: from its lowest section to the end of its highest. */
static bool
is_own_address(const struct undoing *undoing, uint64_t address)
{
	for (unsigned i = 0; i < undoing->now.segment_count; i++) {
		const struct elf_segment *segment = &undoing->now.segments[i];

		if (segment->type == PT_LOAD && address >= segment->address && address - segment->address < segment->memory_bytes)
			return true;
	}
	return false;
}

static uint64_t
symbol_value(const struct undoing *undoing, const struct elf_section *symbols, uint32_t number)
{
	size_t bytes = undoing->word == 8 ? sizeof (Elf64_Sym) : sizeof (Elf32_Sym);
	size_t value = undoing->word == 8 ? offsetof(Elf64_Sym, st_value) : offsetof(Elf32_Sym, st_value);

	if (symbols->type != SHT_DYNSYM || number >= symbols->size / bytes)
		return 0;
	return prelink_get(undoing->bytes + symbols->offset + number * bytes + value, undoing->word);
}

/* A word that leads into the file itself leads to the symbol that its relocation names, or to its entry of .plt. */
static bool
is_own_symbol(struct undoing *undoing, const struct elf_section *symbols, const struct elf_relocation *relocation)
{
	uint64_t value, found, entry, mask = undoing->word == 8 ? UINT64_MAX : UINT32_MAX;

	if ((relocation->kind != WORD_SYMBOL && relocation->kind != WORD_GOT && relocation->kind != WORD_SLOT) ||
	    !prelink_word_now(undoing, relocation->where, undoing->word, &value))
		return true;
	found = (value - relocation->addend) & mask;
	if (!is_own_address(undoing, found) || found == symbol_value(undoing, symbols, relocation->symbol))
		return true;
	return relocation->kind == WORD_SLOT && prelink_entry_of(undoing, relocation, &entry) && found == entry;
}

/* Room that only relocations with addends have is empty where undoing does not use it. */
static bool
has_words_in_order(struct undoing *undoing)
{
	for (unsigned i = 1; i < undoing->now.section_count; i++) {
		const struct elf_section *section = &undoing->now.sections[i], *symbols;
		bool is_converted = prelink_is_converted(undoing, i);

		if (!undoing->was[i] || !prelink_is_relocations(section) || section->link >= undoing->now.section_count)
			continue;
		symbols = &undoing->now.sections[section->link];
		for (uint64_t number = 0; number < section->size / (undoing->word * (section->type == SHT_RELA ? 3 : 2)); number++) {
			struct elf_relocation relocation = prelink_relocation(undoing, section, number);

			if (is_converted && relocation.addend &&
			    (relocation.kind == WORD_GOT || relocation.kind == WORD_TLS || relocation.kind == WORD_COPY || relocation.kind == WORD_KEPT))
				return prelink_fail(undoing, "a relocation holds a number that prelink does not put there");
			if (!is_own_symbol(undoing, symbols, &relocation))
				return prelink_fail(undoing, "a word leads elsewhere in the file than its relocation says");
		}
	}
	return true;
}

bool
prelink_rest_is_prelinks(struct undoing *undoing)
{
	return has_headers_in_order(undoing) && is_empty_between(undoing) && has_sections_in_order(undoing) &&
		has_segments_in_order(undoing) && has_words_in_order(undoing);
}
