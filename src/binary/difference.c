/*
 * difference.c - an altered content beside its original
 *
 * Sections are told apart by their names and, where several have one name, by which of them it is.  Imports, strings and
 * lines are sets: where they stand says nothing.
 */
#include <string.h>

#include <t1554triage/difference.h>
#include <t1554triage/map.h>

#include "program_parts.h"

enum { STRING_BYTES_LEAST = 6, TEXT_BYTES_MOST = 1 << 16, NAME_BYTES_MOST = 1024 };

const char *const difference_kind_names[] = { "section", "library", "import", "string", "line", NULL };
const char *const difference_side_names[] = { "both", "altered", "original", NULL };
const char *const difference_recorded_names[] = { "none", "equal", "differs", NULL };

static const struct field difference_fields[] = {
	FIELD(struct difference, file, FIELD_U32),
	FIELD_AS(struct difference, is_given, "given", FIELD_BOOL),
	FIELD(struct difference, original, FIELD_TEXT),
	FIELD(struct difference, product, FIELD_TEXT),
	FIELD(struct difference, member, FIELD_TEXT),
	FIELD_ENUM(struct difference, recorded, "recorded", difference_recorded_names),
	FIELD(struct difference, sha256, FIELD_TEXT),
	FIELD(struct difference, size, FIELD_U64),
	FIELD(struct difference, original_size, FIELD_U64),
	FIELD(struct difference, first, FIELD_U64),
	FIELD(struct difference, bytes, FIELD_U64),
	FIELD(struct difference, sections, FIELD_U64),
	FIELD(struct difference, libraries, FIELD_U64),
	FIELD(struct difference, imports, FIELD_U64),
	FIELD(struct difference, strings, FIELD_U64),
	FIELD(struct difference, lines, FIELD_U64),
	FIELD_LAST
};
const struct record_type difference_record = {
	.name = "difference", .size = sizeof (struct difference), .fields = difference_fields,
	.description = "an altered file beside its original",
};

static const struct field item_fields[] = {
	FIELD_ENUM(struct difference_item, kind, "kind", difference_kind_names),
	FIELD_ENUM(struct difference_item, side, "side", difference_side_names),
	FIELD(struct difference_item, name, FIELD_TEXT),
	FIELD(struct difference_item, offset, FIELD_U64),
	FIELD(struct difference_item, size, FIELD_U64),
	FIELD(struct difference_item, original_offset, FIELD_U64),
	FIELD(struct difference_item, original_size, FIELD_U64),
	FIELD_LAST
};
const struct record_type difference_item_record = {
	.name = "difference_item", .size = sizeof (struct difference_item), .fields = item_fields,
	.description = "what differs there: a section, import, string or line",
};

struct comparing {
	struct difference *difference;
	const uint8_t     *altered, *original;
	size_t             altered_size, original_size;
	struct arena      *arena;
	size_t             listed[DIFFERENCE_KIND_COUNT];
};

static uint64_t *
count_of(struct difference *difference, enum difference_kind kind)
{
	switch (kind) {
	case DIFFERENCE_SECTION: return &difference->sections;
	case DIFFERENCE_LIBRARY: return &difference->libraries;
	case DIFFERENCE_IMPORT:  return &difference->imports;
	case DIFFERENCE_STRING:  return &difference->strings;
	default:                 return &difference->lines;
	}
}

static void
add_item(struct comparing *at, const struct difference_item *item)
{
	struct difference *difference = at->difference;

	++*count_of(difference, item->kind);
	if (at->listed[item->kind] == DIFFERENCE_ITEMS_OF_A_KIND)
		return;
	at->listed[item->kind]++;
	if (!difference->items)
		difference->items = arena_allocate(at->arena, DIFFERENCE_ITEMS_MOST * sizeof *difference->items);
	difference->items[difference->item_count++] = *item;
}

static void
compare_bytes(struct comparing *at)
{
	struct difference *difference = at->difference;
	size_t common = at->altered_size < at->original_size ? at->altered_size : at->original_size;

	difference->first = common;
	for (size_t i = 0; i < common; i++)
		if (at->altered[i] != at->original[i]) {
			if (difference->first == common)
				difference->first = i;
			difference->bytes++;
		}
}

/* ---- sections ---- */

static const struct program_section *
same_section(const struct program_parts *of, const struct program_parts *in, size_t number)
{
	const char *name = of->sections[number].name;
	size_t before = 0;

	for (size_t i = 0; i < number; i++)
		before += !strcmp(of->sections[i].name, name);
	for (size_t i = 0; i < in->section_count; i++)
		if (!strcmp(in->sections[i].name, name) && !before--)
			return &in->sections[i];
	return NULL;
}

static bool
is_same_section(const struct comparing *at, const struct program_section *altered, const struct program_section *original)
{
	return altered->size == original->size && altered->has_bytes == original->has_bytes && (!altered->has_bytes ||
	       !memcmp(at->altered + altered->offset, at->original + original->offset, (size_t)altered->size));
}

static void
compare_sections(struct comparing *at, const struct program_parts *altered, const struct program_parts *original)
{
	for (size_t i = 0; i < altered->section_count; i++) {
		const struct program_section *section = &altered->sections[i], *other = same_section(altered, original, i);
		struct difference_item item = { .kind = DIFFERENCE_SECTION, .side = DIFFERENCE_OF_ALTERED, .name = section->name,
			.offset = section->offset, .size = section->size };

		if (other && is_same_section(at, section, other))
			continue;
		if (other) {
			item.side = DIFFERENCE_OF_BOTH;
			item.original_offset = other->offset;
			item.original_size = other->size;
		}
		add_item(at, &item);
	}
	for (size_t i = 0; i < original->section_count; i++)
		if (!same_section(original, altered, i))
			add_item(at, &(struct difference_item){ .kind = DIFFERENCE_SECTION, .side = DIFFERENCE_OF_ORIGINAL,
				.name = original->sections[i].name, .original_offset = original->sections[i].offset,
				.original_size = original->sections[i].size });
}

/* ---- sets of names ---- */

static void
compare_names(struct comparing *at, enum difference_kind kind, const char *const *altered, size_t altered_count,
	const char *const *original, size_t original_count)
{
	struct map seen;

	map_init(&seen);
	for (size_t i = 0; i < original_count; i++)
		map_add_text(&seen, original[i], 0);
	for (size_t i = 0; i < altered_count; i++)
		if (map_add_text(&seen, altered[i], 0))
			add_item(at, &(struct difference_item){ .kind = kind, .side = DIFFERENCE_OF_ALTERED, .name = altered[i] });
	map_release(&seen);
}

static bool
read_parts(const struct comparing *at, bool (*read)(const uint8_t *bytes, size_t length, struct arena *arena,
	struct program_parts *ret_parts), struct program_parts *altered, struct program_parts *original)
{
	bool is_read = read(at->altered, at->altered_size, at->arena, altered);

	return read(at->original, at->original_size, at->arena, original) && is_read;
}

static bool
compare_programs(struct comparing *at, bool (*read)(const uint8_t *bytes, size_t length, struct arena *arena,
	struct program_parts *ret_parts))
{
	struct program_parts altered, original;
	bool are_read = read_parts(at, read, &altered, &original);

	if (are_read) {
		compare_sections(at, &altered, &original);
		compare_names(at, DIFFERENCE_LIBRARY, altered.libraries, altered.library_count, original.libraries,
			original.library_count);
		compare_names(at, DIFFERENCE_IMPORT, altered.imports, altered.import_count, original.imports, original.import_count);
	}
	program_parts_release(&altered);
	program_parts_release(&original);
	return are_read;
}

/* ---- strings and lines ---- */

struct piece { size_t offset, length; };

static bool
is_printable(uint8_t byte)
{
	return (byte >= ' ' && byte <= '~') || byte == '\t';
}

static bool
next_string(const uint8_t *bytes, size_t size, size_t *position, struct piece *ret_piece)
{
	while (*position < size) {
		size_t begin = *position;

		while (*position < size && is_printable(bytes[*position]) && *position - begin < TEXT_BYTES_MOST)
			++*position;
		*ret_piece = (struct piece){ begin, *position - begin };
		if (ret_piece->length >= STRING_BYTES_LEAST)
			return true;
		if (*position == begin)
			++*position;
	}
	return false;
}

static bool
next_line(const uint8_t *bytes, size_t size, size_t *position, struct piece *ret_piece)
{
	const uint8_t *end;

	if (*position >= size)
		return false;
	end = memchr(bytes + *position, '\n', size - *position);
	*ret_piece = (struct piece){ *position, end ? (size_t)(end - bytes) - *position : size - *position };
	*position += ret_piece->length + 1;
	return true;
}

/* What one has and the other has not, each text once. */
static void
compare_texts(struct comparing *at, enum difference_kind kind, enum difference_side side,
	bool (*next)(const uint8_t *bytes, size_t size, size_t *position, struct piece *ret_piece))
{
	const bool is_altered = side == DIFFERENCE_OF_ALTERED;
	const uint8_t *bytes = is_altered ? at->altered : at->original, *other = is_altered ? at->original : at->altered;
	size_t size = is_altered ? at->altered_size : at->original_size, position = 0;
	size_t other_size = is_altered ? at->original_size : at->altered_size;
	struct piece piece;
	struct map seen;

	map_init(&seen);
	while (next(other, other_size, &position, &piece))
		map_add(&seen, other + piece.offset, piece.length, 0);
	position = 0;
	while (next(bytes, size, &position, &piece)) {
		struct difference_item item = { .kind = kind, .side = side };

		if (!map_add(&seen, bytes + piece.offset, piece.length, 0))
			continue;
		if (at->listed[kind] < DIFFERENCE_ITEMS_OF_A_KIND)
			item.name = arena_copy(at->arena, bytes + piece.offset,
				piece.length < DIFFERENCE_NAME_BYTES ? piece.length : DIFFERENCE_NAME_BYTES);
		*(is_altered ? &item.offset : &item.original_offset) = piece.offset;
		*(is_altered ? &item.size : &item.original_size) = piece.length;
		add_item(at, &item);
	}
	map_release(&seen);
}

static bool
is_text(const uint8_t *bytes, size_t size)
{
	return !memchr(bytes, '\0', size);
}

/* ---- lists of parts ---- */

static const char **
add_name(const char **names, size_t *count, size_t *capacity, const char *name)
{
	names = memory_grow(names, *count, capacity, sizeof *names);
	names[(*count)++] = name;
	return names;
}

void
program_parts_add_library(struct program_parts *parts, const char *name)
{
	parts->libraries = add_name(parts->libraries, &parts->library_count, &parts->library_capacity, name);
}

void
program_parts_add_import(struct program_parts *parts, const char *name)
{
	parts->imports = add_name(parts->imports, &parts->import_count, &parts->import_capacity, name);
}

const char *
program_text_at(const uint8_t *bytes, size_t length, uint64_t offset, struct arena *arena)
{
	size_t most = offset < length ? length - (size_t)offset : 0, size;

	if (most > NAME_BYTES_MOST)
		most = NAME_BYTES_MOST;
	size = most ? strnlen((const char *)bytes + offset, most) : 0;
	return size && size < most ? arena_copy(arena, bytes + offset, size) : NULL;
}

void
program_parts_release(struct program_parts *parts)
{
	memory_free(parts->libraries);
	memory_free(parts->imports);
}

void
difference_find(struct difference *difference, const void *altered, size_t altered_size, const void *original,
	size_t original_size, struct arena *arena)
{
	struct comparing at = { .difference = difference, .altered = altered, .original = original,
		.altered_size = altered_size, .original_size = original_size, .arena = arena };

	difference->size = altered_size;
	difference->original_size = original_size;
	compare_bytes(&at);
	if (compare_programs(&at, elf_parts_read) || compare_programs(&at, pe_parts_read) ||
	    !is_text(altered, altered_size) || !is_text(original, original_size)) {
		compare_texts(&at, DIFFERENCE_STRING, DIFFERENCE_OF_ALTERED, next_string);
	} else {
		compare_texts(&at, DIFFERENCE_LINE, DIFFERENCE_OF_ALTERED, next_line);
		compare_texts(&at, DIFFERENCE_LINE, DIFFERENCE_OF_ORIGINAL, next_line);
	}
}
