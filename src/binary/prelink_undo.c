/*
 * prelink_undo.c - the content of a prelinked program or library as it was before
 *
 * prelink(8) gives a library an address of its own, writes what linking would find into the words that relocations
 * name, and adds sections: .gnu.prelink_undo, .gnu.liblist, .gnu.libstr, .gnu.conflict, .dynbss.  In
 * .gnu.prelink_undo lie the old ELF header, the old program headers and all old section headers but the first.
 * As prelink's own undoing does (undo.c, dso.c, reloc.c, exec.c, arch-x86_64.c and arch-i386.c of its releases of 2009
 * to 2013), this pairs the sections with the old ones, takes their contents over, sets back the words, and moves all
 * addresses back.  What lay between sections was lost to prelink, which writes zeros there.
 *
 *	word of a relocation            x86-64                               i386
 *	to a symbol (GLOB_DAT, 64, TLS) 0                                    0; a GLOB_DAT outside of .got was a R_386_32
 *	JUMP_SLOT                       where its entry of .plt pushes: got[1], which prelink sets to that of the first
 *	                                entry, and 2 or 4 times the way from the first slot
 *	RELATIVE, IRELATIVE             the address, moved back
 *
 * On i386 the relocations of some libraries were given addends, and are half as long again: they go back into the words.
 */
#include <string.h>

#include <t1554triage/binary.h>
#include <t1554triage/cursor.h>
#include <t1554triage/memory.h>

#include "prelink_undo.h"

enum {
	PRELINKED_BYTES_MOST = 64 * 1024 * 1024, SECTIONS_MOST = 256, SEGMENTS_MOST = 64, RELOCATION_TYPES = 43,
	NAME_BYTES_MOST = 64, ENTRY_PUSHES = 6, FIRST_ENTRY_PUSHES = 0x16,	/* the latter: bytes into an entry of .plt, and into .plt, of 16 bytes each */
};

struct prelink_machine {
	unsigned       machine, class;
	unsigned       slot_factor;	/* bytes of an entry of .plt for each byte of a slot */
	uint32_t       outside_got;	/* type before of a GLOB_DAT outside of .got, 0: none */
	enum word_kind kinds[RELOCATION_TYPES];
};

static const struct prelink_machine machines[] = {
	{ EM_X86_64, ELFCLASS64, 2, 0, {
		[R_X86_64_NONE] = WORD_KEPT, [R_X86_64_64] = WORD_SYMBOL, [R_X86_64_PC32] = WORD_SYMBOL_32,
		[R_X86_64_COPY] = WORD_COPY, [R_X86_64_GLOB_DAT] = WORD_SYMBOL, [R_X86_64_JUMP_SLOT] = WORD_SLOT,
		[R_X86_64_RELATIVE] = WORD_RELATIVE, [R_X86_64_32] = WORD_SYMBOL_32, [R_X86_64_DTPMOD64] = WORD_TLS,
		[R_X86_64_DTPOFF64] = WORD_TLS, [R_X86_64_TPOFF64] = WORD_TLS, [R_X86_64_IRELATIVE] = WORD_INDIRECT } },
	{ EM_386, ELFCLASS32, 4, R_386_32, {
		[R_386_NONE] = WORD_KEPT, [R_386_32] = WORD_ADDEND, [R_386_PC32] = WORD_ADDEND, [R_386_COPY] = WORD_COPY,
		[R_386_GLOB_DAT] = WORD_GOT, [R_386_JMP_SLOT] = WORD_SLOT, [R_386_RELATIVE] = WORD_RELATIVE,
		[R_386_TLS_TPOFF] = WORD_TLS_ADDEND, [R_386_TLS_DTPMOD32] = WORD_TLS, [R_386_TLS_DTPOFF32] = WORD_TLS,
		[R_386_TLS_TPOFF32] = WORD_TLS_ADDEND, [R_386_IRELATIVE] = WORD_INDIRECT } },
};

bool
prelink_fail(struct undoing *undoing, const char *why)
{
	if (!undoing->why)
		undoing->why = why;
	return false;
}

uint64_t
prelink_get(const uint8_t *bytes, size_t length)
{
	struct cursor at = cursor_over(bytes, length);

	return take_le(&at, length);
}

static void
put(uint8_t *bytes, size_t length, uint64_t value)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

static bool
lies_within(uint64_t offset, uint64_t length, uint64_t size)
{
	return length <= size && offset <= size - length;
}

/* ---- headers ---- */

static void
read_header(const struct undoing *undoing, const uint8_t *bytes, struct elf_shape *ret_shape)
{
	struct cursor at = cursor_over(bytes, sizeof (Elf64_Ehdr));

	take_bytes(&at, EI_NIDENT);
	ret_shape->type = take_u16le(&at);
	ret_shape->machine = take_u16le(&at);
	ret_shape->version = take_u32le(&at);
	ret_shape->entry = take_le(&at, undoing->word);
	ret_shape->segments_at = take_le(&at, undoing->word);
	ret_shape->sections_at = take_le(&at, undoing->word);
	ret_shape->flags = take_u32le(&at);
	ret_shape->header_bytes = take_u16le(&at);
	ret_shape->segment_bytes = take_u16le(&at);
	ret_shape->segment_count = take_u16le(&at);
	ret_shape->section_bytes = take_u16le(&at);
	ret_shape->section_count = take_u16le(&at);
	ret_shape->names = take_u16le(&at);
}

static struct elf_segment
read_segment(const struct undoing *undoing, const uint8_t *bytes)
{
	struct cursor at = cursor_over(bytes, undoing->now.segment_bytes);
	struct elf_segment segment = { .type = take_u32le(&at) };
	bool is_wide = undoing->word == 8;

	if (is_wide)
		segment.flags = take_u32le(&at);
	segment.offset = take_le(&at, undoing->word);
	segment.address = take_le(&at, undoing->word);
	take_le(&at, undoing->word);
	segment.file_bytes = take_le(&at, undoing->word);
	segment.memory_bytes = take_le(&at, undoing->word);
	if (!is_wide)
		segment.flags = take_u32le(&at);
	return segment;
}

static struct elf_section
read_section(const struct undoing *undoing, const uint8_t *bytes)
{
	struct cursor at = cursor_over(bytes, undoing->now.section_bytes);
	struct elf_section section;

	section.name = take_u32le(&at);
	section.type = take_u32le(&at);
	section.flags = take_le(&at, undoing->word);
	section.address = take_le(&at, undoing->word);
	section.offset = take_le(&at, undoing->word);
	section.size = take_le(&at, undoing->word);
	section.link = take_u32le(&at);
	section.info = take_u32le(&at);
	section.alignment = take_le(&at, undoing->word);
	section.entry = take_le(&at, undoing->word);
	return section;
}

/* The headers of a file whose own header is read: of sections, the first is not among the bytes. */
static void
read_tables(const struct undoing *undoing, struct elf_shape *shape, const uint8_t *segments, const uint8_t *sections)
{
	shape->segments = memory_allocate(shape->segment_count + 1, sizeof *shape->segments);
	shape->sections = memory_allocate(shape->section_count + 1, sizeof *shape->sections);
	for (unsigned i = 0; i < shape->segment_count; i++)
		shape->segments[i] = read_segment(undoing, segments + (size_t)i * undoing->now.segment_bytes);
	for (unsigned i = 1; i < shape->section_count; i++)
		shape->sections[i] = read_section(undoing, sections + (size_t)(i - 1) * undoing->now.section_bytes);
}

static bool
has_sane_counts(const struct elf_shape *shape)
{
	return shape->section_count > 1 && shape->section_count <= SECTIONS_MOST && shape->segment_count &&
		shape->segment_count <= SEGMENTS_MOST && shape->names && shape->names < shape->section_count;
}

/* Sections with bytes lie within the file, and those of names end with a name's end. */
static bool
has_sane_sections(const struct elf_shape *shape, size_t size)
{
	for (unsigned i = 1; i < shape->section_count; i++) {
		const struct elf_section *section = &shape->sections[i];

		if (section->type != SHT_NOBITS && !lies_within(section->offset, section->size, size))
			return false;
		if (section->flags & SECTION_LOADED && section->address + section->size < section->address)
			return false;
	}
	return true;
}

static bool
read_now(struct undoing *undoing)
{
	struct elf_shape *now = &undoing->now;
	const uint8_t *bytes = undoing->bytes;

	if (undoing->size < sizeof (Elf64_Ehdr) || memcmp(bytes, ELFMAG, SELFMAG) || bytes[EI_DATA] != ELFDATA2LSB)
		return prelink_fail(undoing, "it is of a kind of machine whose prelinked files are not undone here");
	undoing->word = bytes[EI_CLASS] == ELFCLASS64 ? 8 : 4;
	read_header(undoing, bytes, now);
	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
		if (machines[i].machine == now->machine && machines[i].class == bytes[EI_CLASS])
			undoing->machine = &machines[i];
	if (!undoing->machine)
		return prelink_fail(undoing, "it is of a kind of machine whose prelinked files are not undone here");
	if (!has_sane_counts(now) ||
	    now->header_bytes != (undoing->word == 8 ? sizeof (Elf64_Ehdr) : sizeof (Elf32_Ehdr)) ||
	    now->segment_bytes != (undoing->word == 8 ? sizeof (Elf64_Phdr) : sizeof (Elf32_Phdr)) ||
	    now->section_bytes != (undoing->word == 8 ? sizeof (Elf64_Shdr) : sizeof (Elf32_Shdr)) ||
	    !lies_within(now->segments_at, (uint64_t)now->segment_count * now->segment_bytes, undoing->size) ||
	    !lies_within(now->sections_at, (uint64_t)now->section_count * now->section_bytes, undoing->size))
		return prelink_fail(undoing, "its headers are not in order");
	read_tables(undoing, now, bytes + now->segments_at, bytes + now->sections_at + now->section_bytes);
	if (!has_sane_sections(now, undoing->size))
		return prelink_fail(undoing, "its headers name more than the file holds");
	return now->type == ET_EXEC || now->type == ET_DYN ||
		prelink_fail(undoing, "it is neither a program nor a library");
}

const char *
prelink_section_name(const struct undoing *undoing, uint32_t name)
{
	const struct elf_section *names = &undoing->now.sections[undoing->now.names];
	const char *text = (const char *)undoing->bytes + names->offset;

	size_t most;

	if (names->type == SHT_NOBITS || name >= names->size)
		return "";
	most = names->size - name < NAME_BYTES_MOST ? (size_t)(names->size - name) : NAME_BYTES_MOST;
	return memchr(text + name, 0, most) ? text + name : "";
}

static bool
is_named(const struct undoing *undoing, unsigned number, const char *name)
{
	return !strcmp(prelink_section_name(undoing, undoing->now.sections[number].name), name);
}

static unsigned
section_named(const struct undoing *undoing, const char *name)
{
	for (unsigned i = 1; i < undoing->now.section_count; i++)
		if (is_named(undoing, i, name))
			return i;
	return 0;
}

static bool
read_before(struct undoing *undoing)
{
	const struct elf_shape *now = &undoing->now;
	struct elf_shape *before = &undoing->before;
	const struct elf_section *undo;
	const uint8_t *bytes;

	undoing->undo = section_named(undoing, ".gnu.prelink_undo");
	undo = &now->sections[undoing->undo];
	if (!undoing->undo || undo->type == SHT_NOBITS || undo->size < now->header_bytes)
		return prelink_fail(undoing, "it does not hold the headers that it had");
	bytes = undoing->bytes + undo->offset;
	if (undo->size >= sizeof (Elf64_Ehdr))
		read_header(undoing, bytes, before);
	if (!has_sane_counts(before) || memcmp(bytes, undoing->bytes, EI_NIDENT) || before->type != now->type ||
	    before->machine != now->machine || before->version != now->version || before->flags != now->flags ||
	    before->header_bytes != now->header_bytes || before->segment_bytes != now->segment_bytes ||
	    before->section_bytes != now->section_bytes || before->segment_count > now->segment_count)
		return prelink_fail(undoing, "the headers that it keeps are not those of such a file");
	if (undo->size != now->header_bytes + (uint64_t)before->segment_count * now->segment_bytes +
	    (uint64_t)(before->section_count - 1) * now->section_bytes)
		return prelink_fail(undoing, "the headers that it keeps are more or fewer than they say");
	bytes += now->header_bytes;
	read_tables(undoing, before, bytes, bytes + (size_t)before->segment_count * now->segment_bytes);
	return true;
}

/* ---- sections then and now ---- */

static bool
is_alike(const struct elf_section *now, const struct elf_section *before)
{
	return now->name == before->name && now->flags == before->flags && now->alignment == before->alignment;
}

static bool
is_grown(const struct undoing *undoing, unsigned i, const struct elf_section *before)
{
	const struct elf_section *now = &undoing->now.sections[i];

	return now->type == SHT_STRTAB && before->type == SHT_STRTAB && now->entry == before->entry && now->size > before->size &&
		(i == undoing->now.names || (undoing->now.type == ET_EXEC && is_named(undoing, i, ".dynstr")));
}

static bool
has_lost_addends(const struct elf_section *now, const struct elf_section *before)
{
	return now->type == SHT_RELA && before->type == SHT_REL && 2 * now->entry == 3 * before->entry &&
		now->size <= PRELINKED_BYTES_MOST && 2 * now->size == 3 * before->size;
}

/* Space without content may have been given some, and the part of it that holds copies a section of its own. */
static bool
is_space(const struct undoing *undoing, unsigned i, const struct elf_section *before)
{
	const struct elf_section *now = &undoing->now.sections[i];

	if ((!is_named(undoing, i, ".bss") && !is_named(undoing, i, ".sbss")) || now->entry != before->entry ||
	    before->type != SHT_NOBITS || (now->type != SHT_NOBITS && now->type != SHT_PROGBITS))
		return false;
	return now->size == before->size || ((is_named(undoing, i - 1, ".dynbss") || is_named(undoing, i - 1, ".sdynbss")) &&
		now->size + now[-1].size == before->size);
}

static bool
is_same(const struct undoing *undoing, unsigned i, const struct elf_section *before)
{
	const struct elf_section *now = &undoing->now.sections[i];

	(void)undoing;
	return now->type == before->type && now->entry == before->entry && now->size == before->size;
}

static bool
is_changed(const struct undoing *undoing, unsigned i, const struct elf_section *before)
{
	return is_grown(undoing, i, before) || has_lost_addends(&undoing->now.sections[i], before) ||
		is_space(undoing, i, before);
}

static bool
pair(struct undoing *undoing, unsigned i, bool (*fits)(const struct undoing *undoing, unsigned i, const struct elf_section *before))
{
	for (unsigned j = 1; j < undoing->before.section_count; j++) {
		const struct elf_section *before = &undoing->before.sections[j];

		if (undoing->is[j] || !is_alike(&undoing->now.sections[i], before) || !fits(undoing, i, before))
			continue;
		undoing->is[j] = i;
		undoing->was[i] = j;
		return true;
	}
	return false;
}

static bool
is_prelinks_own(const struct undoing *undoing, unsigned i)
{
	static const char *const names[] = { ".gnu.prelink_undo", ".gnu.conflict", ".gnu.liblist", ".gnu.libstr", NULL };

	for (const char *const *name = names; *name; name++)
		if (is_named(undoing, i, *name))
			return true;
	return undoing->now.type == ET_EXEC && (is_named(undoing, i, ".dynbss") || is_named(undoing, i, ".sdynbss"));
}

static bool
pair_sections(struct undoing *undoing)
{
	undoing->was = memory_allocate(undoing->now.section_count, sizeof *undoing->was);
	undoing->is = memory_allocate(undoing->before.section_count, sizeof *undoing->is);
	for (unsigned i = 1; i < undoing->now.section_count; i++)
		pair(undoing, i, is_same);
	for (unsigned i = 1; i < undoing->now.section_count; i++)
		if (!undoing->was[i] && !is_prelinks_own(undoing, i) && !pair(undoing, i, is_changed))
			return prelink_fail(undoing, "it has a section that neither prelink made nor the headers that it keeps name");
	for (unsigned j = 1; j < undoing->before.section_count; j++)
		if (!undoing->is[j])
			return prelink_fail(undoing, "the headers that it keeps name a section that it no longer has");
	return true;
}

bool
prelink_is_converted(const struct undoing *undoing, unsigned number)
{
	return undoing->was[number] && undoing->now.sections[number].type == SHT_RELA &&
		undoing->before.sections[undoing->was[number]].type == SHT_REL;
}

/* ---- addresses ---- */

static bool
holds_address(const struct elf_section *section, uint64_t address)
{
	return section->flags & SECTION_LOADED && section->address <= address && address - section->address < section->size &&
		(section->type != SHT_NOBITS || !(section->flags & SHF_TLS));
}

/* The number of the loaded section of now that holds the address; 0: none. */
static unsigned
prelink_section_at(struct undoing *undoing, uint64_t address)
{
	if (holds_address(&undoing->now.sections[undoing->last_found], address))
		return undoing->last_found;
	for (unsigned i = 1; i < undoing->now.section_count; i++)
		if (holds_address(&undoing->now.sections[i], address))
			return undoing->last_found = i;
	return 0;
}

bool
prelink_word_now(struct undoing *undoing, uint64_t address, size_t length, uint64_t *ret_value)
{
	unsigned number = prelink_section_at(undoing, address);
	const struct elf_section *section = &undoing->now.sections[number];

	if (!number || section->type == SHT_NOBITS || !lies_within(address - section->address, length, section->size))
		return false;
	*ret_value = prelink_get(undoing->bytes + section->offset + (address - section->address), length);
	return true;
}

/* The bytes that stood for an address of now; NULL: there were none. */
static uint8_t *
bytes_before(struct undoing *undoing, uint64_t address, size_t length)
{
	unsigned number = prelink_section_at(undoing, address);
	const struct elf_section *before = &undoing->before.sections[undoing->was[number]];
	uint64_t offset = address - undoing->now.sections[number].address;

	if (!number || !undoing->was[number] || before->type == SHT_NOBITS || !lies_within(offset, length, before->size))
		return NULL;
	return undoing->made + before->offset + offset;
}

/* Each section begins where it did, seen from its address now; what lies below all of them moves as the lowest does. */
uint64_t
prelink_address_before(const struct undoing *undoing, uint64_t address)
{
	const struct elf_section *lowest = NULL, *found = NULL;
	const struct elf_shape *now = &undoing->now;
	uint64_t moved;

	if (now->type != ET_DYN)
		return address;
	for (unsigned i = 1; i < now->section_count; i++) {
		const struct elf_section *section = &now->sections[i];

		if (!(section->flags & SECTION_LOADED) || !undoing->was[i])
			continue;
		if (!lowest || section->address < lowest->address)
			lowest = section;
		if (section->address <= address && (!found || section->address >= found->address))
			found = section;
	}
	found = found ? found : lowest;
	if (!found)
		return address;
	moved = address - found->address + undoing->before.sections[undoing->was[found - now->sections]].address;
	return undoing->word == 4 ? (uint32_t)moved : moved;
}

/* ---- relocations ---- */

bool
prelink_is_relocations(const struct elf_section *section)
{
	return section->flags & SHF_ALLOC && (section->type == SHT_REL || section->type == SHT_RELA);
}

/* Bytes of a relocation, with or without its addend. */
static unsigned
relocation_bytes(const struct undoing *undoing, uint32_t type)
{
	return undoing->word * (type == SHT_RELA ? 3 : 2);
}

struct elf_relocation
prelink_relocation(const struct undoing *undoing, const struct elf_section *section, uint64_t number)
{
	unsigned bytes = relocation_bytes(undoing, section->type);
	struct cursor at = cursor_over(undoing->bytes + section->offset + number * bytes, bytes);
	struct elf_relocation relocation = { .where = take_le(&at, undoing->word) };
	uint64_t info = take_le(&at, undoing->word);

	relocation.symbol = (uint32_t)(info >> (undoing->word == 8 ? 32 : 8));
	relocation.type = (uint32_t)(undoing->word == 8 ? info & 0xffffffff : info & 0xff);
	if (section->type == SHT_RELA)
		relocation.addend = take_le(&at, undoing->word);
	relocation.kind = relocation.type < RELOCATION_TYPES ? undoing->machine->kinds[relocation.type] : WORD_UNKNOWN;
	return relocation;
}

static bool
set_word(struct undoing *undoing, const struct elf_relocation *relocation, size_t length, uint64_t value)
{
	uint8_t *word = bytes_before(undoing, relocation->where, length);

	if (word)
		put(word, length, value);
	return true;
}

/* An address of this file: where the relocation has it too, both are the same. */
static bool
set_relative(struct undoing *undoing, const struct elf_relocation *relocation, bool has_addend)
{
	uint64_t value;

	if (!prelink_word_now(undoing, relocation->where, undoing->word, &value))
		return prelink_fail(undoing, "a relocation leads to where the file has no content");
	if (has_addend && relocation->kind == WORD_RELATIVE && value != relocation->addend)
		return prelink_fail(undoing, "a word holds another address than its relocation says");
	return set_word(undoing, relocation, undoing->word, prelink_address_before(undoing, value));
}

/* Entries of .plt for processors that check where jumps land are called at their beginning, the others behind their first jump. */
static void
find_entries(struct undoing *undoing)
{
	unsigned entries = section_named(undoing, ".plt");

	if (entries && undoing->now.sections[entries].type == SHT_PROGBITS)
		undoing->first_push = undoing->now.sections[entries].address + FIRST_ENTRY_PUSHES;
	if (section_named(undoing, ".plt.sec"))
		undoing->push_back = ENTRY_PUSHES;
}

bool
prelink_entry_of(struct undoing *undoing, const struct elf_relocation *relocation, uint64_t *ret_address)
{
	unsigned number = prelink_section_at(undoing, relocation->where);
	uint64_t start = undoing->now.sections[number].address + 3 * (uint64_t)undoing->word, value;

	if ((!is_named(undoing, number, ".got") && !is_named(undoing, number, ".got.plt")) || relocation->where < start ||
	    !prelink_word_now(undoing, undoing->now.sections[number].address + undoing->word, undoing->word, &value) ||
	    !value || value != undoing->first_push)
		return false;
	*ret_address = value + undoing->machine->slot_factor * (relocation->where - start) - undoing->push_back;
	return true;
}

static bool
set_slot(struct undoing *undoing, const struct elf_relocation *relocation)
{
	uint64_t entry;

	return prelink_entry_of(undoing, relocation, &entry)
		? set_word(undoing, relocation, undoing->word, prelink_address_before(undoing, entry))
		: prelink_fail(undoing, "its table of slots is not in the form that prelink gives it");
}

static bool
undo_word(struct undoing *undoing, struct elf_relocation *relocation, bool has_addend, bool is_converted)
{
	unsigned number = prelink_section_at(undoing, relocation->where);

	if (!number)
		return true;
	switch (relocation->kind) {
	case WORD_KEPT:
		return true;
	case WORD_COPY:
		return undoing->now.type == ET_EXEC || prelink_fail(undoing, "a library copies data of another");
	case WORD_RELATIVE: case WORD_INDIRECT:
		return set_relative(undoing, relocation, has_addend);
	case WORD_SLOT:
		return is_converted ? prelink_fail(undoing, "a slot has an addend") : set_slot(undoing, relocation);
	case WORD_GOT:
		if (!is_converted && !is_named(undoing, number, ".got"))
			relocation->type = undoing->machine->outside_got;
		return set_word(undoing, relocation, undoing->word, 0);
	case WORD_SYMBOL: case WORD_TLS:
		return set_word(undoing, relocation, undoing->word, 0);
	case WORD_SYMBOL_32:
		return set_word(undoing, relocation, 4, 0);
	case WORD_TLS_ADDEND:
		return is_converted ? set_word(undoing, relocation, undoing->word, relocation->addend) : true;
	case WORD_ADDEND:
		return is_converted ? set_word(undoing, relocation, undoing->word, relocation->addend)
			: prelink_fail(undoing, "a relocation is of a kind that prelink does not leave");
	default:
		return prelink_fail(undoing, "a relocation is of a kind that prelink does not know");
	}
}

static bool
undo_relocations(struct undoing *undoing, unsigned number)
{
	const struct elf_section *now = &undoing->now.sections[number], *before = &undoing->before.sections[undoing->was[number]];
	unsigned bytes = relocation_bytes(undoing, now->type), old_bytes = relocation_bytes(undoing, before->type);
	bool has_addend = now->type == SHT_RELA, is_converted = prelink_is_converted(undoing, number);
	uint8_t *to = undoing->made + before->offset;

	for (uint64_t i = 0; i < now->size / bytes; i++, to += old_bytes) {
		struct elf_relocation relocation = prelink_relocation(undoing, now, i);

		if (now->flags & SHF_ALLOC && !undo_word(undoing, &relocation, has_addend, is_converted))
			return false;
		if (prelink_section_at(undoing, relocation.where))
			relocation.where = prelink_address_before(undoing, relocation.where);
		if (relocation.kind == WORD_RELATIVE || relocation.kind == WORD_INDIRECT)
			relocation.addend = prelink_address_before(undoing, relocation.addend);
		put(to, undoing->word, relocation.where);
		put(to + undoing->word, undoing->word, (uint64_t)relocation.symbol << (undoing->word == 8 ? 32 : 8) | relocation.type);
		if (before->type == SHT_RELA)
			put(to + 2 * (size_t)undoing->word, undoing->word, relocation.addend);
	}
	return true;
}

/* ---- symbols ---- */

struct symbol_form { unsigned bytes, value, info, section; };	/* bytes of one, and where in it */

static struct symbol_form
symbol_form(const struct undoing *undoing)
{
	return undoing->word == 8
		? (struct symbol_form){ sizeof (Elf64_Sym), offsetof(Elf64_Sym, st_value), offsetof(Elf64_Sym, st_info), offsetof(Elf64_Sym, st_shndx) }
		: (struct symbol_form){ sizeof (Elf32_Sym), offsetof(Elf32_Sym, st_value), offsetof(Elf32_Sym, st_info), offsetof(Elf32_Sym, st_shndx) };
}

static bool
undo_symbol(struct undoing *undoing, const struct symbol_form *form, uint8_t *symbol)
{
	unsigned section = (unsigned)prelink_get(symbol + form->section, 2), type = symbol[form->info] & 0xf;
	uint64_t value = prelink_get(symbol + form->value, undoing->word);
	bool moves = section == SHN_ABS && value && type <= STT_FUNC;

	if (section != SHN_UNDEF && section < SHN_LORESERVE) {
		if (section >= undoing->now.section_count || !undoing->was[section])
			return prelink_fail(undoing, "a symbol lies in a section that is not of the old file");
		moves = type != STT_TLS && undoing->now.sections[section].flags & SECTION_LOADED;
		put(symbol + form->section, 2, undoing->was[section]);
	}
	if (moves)
		put(symbol + form->value, undoing->word, prelink_address_before(undoing, value));
	return true;
}

static bool
undo_symbols(struct undoing *undoing, const struct elf_section *before)
{
	struct symbol_form form = symbol_form(undoing);
	uint8_t *symbol = undoing->made + before->offset;

	for (uint64_t i = 0; i < before->size / form.bytes; i++, symbol += form.bytes)
		if (!undo_symbol(undoing, &form, symbol))
			return false;
	return true;
}

/* ---- the dynamic section ---- */

static bool
is_prelinks_tag(uint64_t tag)
{
	return tag == DT_CHECKSUM || tag == DT_GNU_PRELINKED || tag == DT_GNU_LIBLIST || tag == DT_GNU_LIBLISTSZ ||
		tag == DT_GNU_CONFLICT || tag == DT_GNU_CONFLICTSZ;
}

static bool
is_address_tag(uint64_t tag)
{
	switch (tag) {
	case DT_REL: case DT_RELA: case DT_INIT: case DT_FINI: case DT_HASH: case DT_STRTAB: case DT_SYMTAB: case DT_JMPREL:
	case DT_INIT_ARRAY: case DT_FINI_ARRAY: case DT_PREINIT_ARRAY: case DT_VERDEF: case DT_VERNEED: case DT_VERSYM:
	case DT_PLTGOT:
		return true;
	default:
		return tag >= DT_ADDRRNGLO && tag <= DT_ADDRRNGHI;
	}
}

/* Tables that prelink may put elsewhere in a program: the address before of the one that begins here now. */
static uint64_t
table_before(const struct undoing *undoing, uint64_t address)
{
	for (unsigned i = 1; i < undoing->now.section_count; i++) {
		const struct elf_section *section = &undoing->now.sections[i];

		if (undoing->was[i] && section->flags & SHF_ALLOC && section->address == address && section->size &&
		    section->type != SHT_PROGBITS && section->type != SHT_NOBITS)
			return undoing->before.sections[undoing->was[i]].address;
	}
	return address;
}

/* Where what now ends here ended before. */
static uint64_t
end_before(const struct undoing *undoing, uint64_t address)
{
	for (unsigned i = 1; i < undoing->now.section_count; i++) {
		const struct elf_section *section = &undoing->now.sections[i];
		const struct elf_section *before = &undoing->before.sections[undoing->was[i]];

		if (undoing->was[i] && section->flags & SHF_ALLOC && section->address + section->size == address && section->size)
			return before->address + before->size;
	}
	return address;
}

static uint64_t
tag_before(uint64_t tag)
{
	return tag == DT_RELA ? DT_REL : tag == DT_RELASZ ? DT_RELSZ : tag == DT_RELAENT ? DT_RELENT :
		tag == DT_RELACOUNT ? DT_RELCOUNT : tag;
}

/* The first two words of the table of slots: the address of the dynamic section, and what prelink notes of .plt. */
static void
undo_slots_head(struct undoing *undoing, uint64_t slots, uint64_t dynamic)
{
	uint8_t *word = bytes_before(undoing, slots, 2 * (size_t)undoing->word);

	if (!word)
		return;
	if (prelink_get(word, undoing->word) == dynamic)
		put(word, undoing->word, prelink_address_before(undoing, dynamic));
	word += undoing->word;
	if (prelink_get(word, undoing->word) == undoing->first_push)
		put(word, undoing->word, 0);
}

static uint64_t
value_before(const struct undoing *undoing, uint64_t tag, uint64_t value)
{
	if (!is_address_tag(tag) || (!value && (tag == DT_REL || tag == DT_RELA)))
		return value;
	return undoing->now.type == ET_DYN ? prelink_address_before(undoing, value) : table_before(undoing, value);
}

static void
undo_tag(struct undoing *undoing, const struct elf_section *now, uint8_t *entry, uint64_t relocations, bool is_converted)
{
	uint64_t tag = prelink_get(entry, undoing->word), value = prelink_get(entry + undoing->word, undoing->word);

	if (tag == DT_PLTGOT)
		undo_slots_head(undoing, value, now->address);
	if (is_converted && tag == DT_RELASZ)
		value = end_before(undoing, relocations + value) - table_before(undoing, relocations);
	else if (is_converted && tag == DT_RELAENT)
		value = relocation_bytes(undoing, SHT_REL);
	else
		value = value_before(undoing, tag, value);
	put(entry, undoing->word, is_converted ? tag_before(tag) : tag);
	put(entry + undoing->word, undoing->word, value);
}

static void
undo_dynamic(struct undoing *undoing, unsigned number, bool is_converted)
{
	const struct elf_section *now = &undoing->now.sections[number], *before = &undoing->before.sections[undoing->was[number]];
	size_t bytes = 2 * (size_t)undoing->word, count = (size_t)before->size / bytes, end = count;
	uint8_t *entries = undoing->made + before->offset;
	uint64_t relocations = 0;

	for (; end; end--) {
		uint64_t tag = prelink_get(entries + (end - 1) * bytes, undoing->word);

		if (is_prelinks_tag(tag))
			memset(entries + (end - 1) * bytes, 0, bytes);
		else if (tag)
			break;
	}
	for (size_t i = 0; i < end; i++)
		if (prelink_get(entries + i * bytes, undoing->word) == DT_RELA)
			relocations = prelink_get(entries + i * bytes + undoing->word, undoing->word);
	for (size_t i = 0; i < end; i++)
		undo_tag(undoing, now, entries + i * bytes, relocations, is_converted);
}

/* ---- the file ---- */

/* Room for all that the old headers name; it is refused where they name more than prelink could have kept. */
static bool
make_room(struct undoing *undoing)
{
	const struct elf_shape *before = &undoing->before;
	uint64_t end = before->header_bytes, tables[2][2] = {
		{ before->segments_at, (uint64_t)before->segment_count * before->segment_bytes },
		{ before->sections_at, (uint64_t)before->section_count * before->section_bytes } };

	for (size_t i = 0; i < 2; i++) {
		if (!lies_within(tables[i][0], tables[i][1], PRELINKED_BYTES_MOST))
			return prelink_fail(undoing, "the headers that it keeps name more than the file holds");
		end = tables[i][0] + tables[i][1] > end ? tables[i][0] + tables[i][1] : end;
	}
	if (!has_sane_sections(before, PRELINKED_BYTES_MOST))
		return prelink_fail(undoing, "the headers that it keeps name more than the file holds");
	for (unsigned i = 1; i < before->section_count; i++)
		if (before->sections[i].type != SHT_NOBITS && before->sections[i].offset + before->sections[i].size > end)
			end = before->sections[i].offset + before->sections[i].size;
	undoing->made_size = (size_t)end;
	undoing->made = memory_allocate(undoing->made_size, 1);
	return true;
}

static void
copy_contents(struct undoing *undoing)
{
	const struct elf_shape *before = &undoing->before;
	const uint8_t *headers = undoing->bytes + undoing->now.sections[undoing->undo].offset;
	size_t segments = (size_t)before->segment_count * before->segment_bytes;

	memcpy(undoing->made, headers, before->header_bytes);
	memcpy(undoing->made + before->segments_at, headers + before->header_bytes, segments);
	memcpy(undoing->made + before->sections_at + before->section_bytes, headers + before->header_bytes + segments,
		(size_t)(before->section_count - 1) * before->section_bytes);
	for (unsigned j = 1; j < before->section_count; j++) {
		const struct elf_section *section = &before->sections[j], *now = &undoing->now.sections[undoing->is[j]];

		if (section->type != SHT_NOBITS && now->type != SHT_NOBITS)
			memcpy(undoing->made + section->offset, undoing->bytes + now->offset,
				(size_t)(section->size < now->size ? section->size : now->size));
	}
}

static bool
has_moved(const struct undoing *undoing)
{
	for (unsigned i = 1; i < undoing->now.section_count; i++)
		if (undoing->was[i] && undoing->now.sections[i].flags & SECTION_LOADED &&
		    undoing->now.sections[i].address != undoing->before.sections[undoing->was[i]].address)
			return true;
	return false;
}

static bool
set_back(struct undoing *undoing)
{
	bool is_converted = false;

	if (undoing->now.type == ET_DYN && has_moved(undoing) &&
	    (section_named(undoing, ".debug_info") || section_named(undoing, ".stab")))
		return prelink_fail(undoing, "it holds debugging information, which prelink rewrites too");
	find_entries(undoing);
	for (unsigned i = 1; i < undoing->now.section_count; i++) {
		is_converted |= prelink_is_converted(undoing, i);
		if (undoing->was[i] && (undoing->now.sections[i].type == SHT_REL || undoing->now.sections[i].type == SHT_RELA) &&
		    !undo_relocations(undoing, i))
			return false;
	}
	for (unsigned i = 1; i < undoing->now.section_count; i++) {
		const struct elf_section *before = &undoing->before.sections[undoing->was[i]];

		if (!undoing->was[i])
			continue;
		if ((before->type == SHT_SYMTAB || before->type == SHT_DYNSYM) && !undo_symbols(undoing, before))
			return false;
		if (before->type == SHT_DYNAMIC)
			undo_dynamic(undoing, i, is_converted);
	}
	return true;
}

static void
release(struct undoing *undoing)
{
	memory_free(undoing->now.sections);
	memory_free(undoing->now.segments);
	memory_free(undoing->before.sections);
	memory_free(undoing->before.segments);
	memory_free(undoing->was);
	memory_free(undoing->is);
}

uint8_t *
binary_undo_prelink(struct source *content, size_t *ret_size, const char **ret_why)
{
	struct undoing undoing = { .size = (size_t)content->size };
	uint8_t *bytes;
	bool is_done;

	if (content->size > PRELINKED_BYTES_MOST) {
		*ret_why = "it is larger than 64 MiB, beyond which nothing is undone";
		return NULL;
	}
	bytes = memory_allocate(undoing.size + 1, 1);
	undoing.bytes = bytes;
	if (source_read_exactly(content, 0, bytes, undoing.size) != STATUS_OK)
		prelink_fail(&undoing, "it could not be read a second time");
	is_done = !undoing.why && read_now(&undoing) && read_before(&undoing) && pair_sections(&undoing) &&
		make_room(&undoing);
	if (is_done) {
		copy_contents(&undoing);
		is_done = set_back(&undoing) && prelink_rest_is_prelinks(&undoing);
	}
	release(&undoing);
	memory_free(bytes);
	if (!is_done) {
		memory_free(undoing.made);
		undoing.made = NULL;
		undoing.made_size = 0;
	}
	*ret_size = undoing.made_size;
	*ret_why = undoing.why;
	return undoing.made;
}
