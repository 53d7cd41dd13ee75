/*
 * index_map.c - a compiled set, mapped.
 *
 * Its numbers are believed no more than evidence: every offset is held against
 * the section it points into, and a block is checked before it is read.
 */
#include <string.h>
#include <sys/mman.h>

#include <t1554triage/crc32c.h>
#include <t1554triage/memory.h>

#include "index.h"
#include "mapping_guard.h"

enum { SECTIONS_MAX = 32 };

struct set_index {
	const uint8_t *bytes;
	uint64_t       size;
	struct index_section sections[SECTIONS_MAX];
	size_t         section_count;
	const uint8_t *checks;		/* 4 bytes a block */
	uint64_t       block_count;
	uint64_t       checked_end;	/* file offset behind the last byte that a block covers */
	uint8_t       *seen;		/* a bit a block: it was checked and is sound */
	uint64_t       unchecked;	/* blocks that are not */
	struct key_table tables[DIGEST_ALGORITHM_COUNT];
	struct crc32c  crc;
};

static bool
check_block(struct set_index *index, uint64_t block)
{
	uint64_t begin = INDEX_HEADER_BYTES + block * INDEX_BLOCK_BYTES;
	uint64_t length = index->checked_end - begin;

	if (index->seen[block / 8] & 1u << block % 8)
		return true;
	if (length > INDEX_BLOCK_BYTES)
		length = INDEX_BLOCK_BYTES;
	if (crc32c_of(&index->crc, index->bytes + begin, (size_t)length) != index_get(index->checks + block * 4, 4))
		return false;
	index->seen[block / 8] |= (uint8_t)(1u << block % 8);
	index->unchecked--;
	return true;
}

/* Bytes within the sections that were checked at opening to lie before checked_end. */
static bool
check_bytes(void *context, const void *bytes, size_t length)
{
	struct set_index *index = context;
	uint64_t begin = (uint64_t)((const uint8_t *)bytes - index->bytes) - INDEX_HEADER_BYTES;

	for (uint64_t block = begin / INDEX_BLOCK_BYTES; block <= (begin + length - 1) / INDEX_BLOCK_BYTES; block++)
		if (block >= index->block_count || !check_block(index, block))
			return false;
	return true;
}

static const struct index_section *
find_section(const struct set_index *index, uint32_t kind, uint32_t algorithm)
{
	for (size_t i = 0; i < index->section_count; i++)
		if (index->sections[i].kind == kind && index->sections[i].algorithm == algorithm)
			return &index->sections[i];
	return NULL;
}

/* Bytes of one item of a section; 0 where the section has no items. */
static uint64_t
item_bytes(const struct index_section *section)
{
	switch (section->kind) {
	case SECTION_KEYS:    return digest_size((enum digest_algorithm)section->algorithm);
	case SECTION_FIRST:   return KEY_FIRST_BYTES;
	case SECTION_NUMBERS: return 4;
	case SECTION_MARKS:   return 1;
	case SECTION_STARTS:  return 8;
	case SECTION_GROUPS:  return INDEX_GROUP_BYTES;
	case SECTION_CHECKS:  return 4;
	default:              return 0;
	}
}

static bool
is_section_sound(const struct set_index *index, const struct index_section *section)
{
	uint64_t item, end;

	if (!section->kind || section->kind >= SECTION_KIND_COUNT || section->algorithm >= DIGEST_ALGORITHM_COUNT)
		return false;
	if (section->offset < INDEX_HEADER_BYTES ||
	    __builtin_add_overflow(section->offset, section->length, &end) || end > index->size)
		return false;
	item = item_bytes(section);
	if (item && (section->length / item != section->count || section->length % item))
		return false;
	if (section->kind != SECTION_FIRST)
		return true;
	return section->value >= 1 && section->value <= KEY_FIRST_BITS_MAX &&
	       section->count == (1ULL << section->value) + 1;
}

/* A set of keys only has none of the sections of rows, any other has all. */
static bool
has_sound_rows(const struct set_index *index)
{
	const struct index_section *rows = find_section(index, SECTION_ROWS, 0);
	const struct index_section *starts = find_section(index, SECTION_STARTS, 0);
	const struct index_section *groups = find_section(index, SECTION_GROUPS, 0);
	const struct index_section *texts = find_section(index, SECTION_TEXTS, 0);

	if (!rows || !starts || !groups || !texts)
		return !rows && !starts && !groups && !texts;
	return starts->count == rows->count / INDEX_START_CONTENTS + (rows->count % INDEX_START_CONTENTS != 0);
}

static bool
read_sections(struct set_index *index)
{
	index->section_count = (size_t)index_get(index->bytes + 12, 4);
	if (index->section_count > SECTIONS_MAX)
		return false;
	for (size_t i = 0; i < index->section_count; i++) {
		const uint8_t *at = index->bytes + INDEX_SECTIONS_AT + i * INDEX_SECTION_BYTES;
		struct index_section *section = &index->sections[i];

		*section = (struct index_section){
			.kind = (uint32_t)index_get(at, 4), .algorithm = (uint32_t)index_get(at + 4, 4),
			.offset = index_get(at + 8, 8), .length = index_get(at + 16, 8),
			.count = index_get(at + 24, 8), .value = (uint32_t)index_get(at + 32, 4),
			.base = (uint32_t)index_get(at + 36, 4),
		};
		if (!is_section_sound(index, section))
			return false;
	}
	return find_section(index, SECTION_IDENTITY, 0) && find_section(index, SECTION_CHECKS, 0) &&
	       has_sound_rows(index);
}

static bool
read_checks(struct set_index *index)
{
	const struct index_section *checks = find_section(index, SECTION_CHECKS, 0);

	index->checked_end = checks->offset;
	index->checks = index->bytes + checks->offset;
	index->block_count = checks->count;
	if (checks->offset + checks->length != index->size ||
	    checks->count != (checks->offset - INDEX_HEADER_BYTES + INDEX_BLOCK_BYTES - 1) / INDEX_BLOCK_BYTES ||
	    crc32c_of(&index->crc, index->checks, (size_t)checks->length) != index_get(index->bytes + 24, 4))
		return false;
	for (size_t i = 0; i < index->section_count; i++)
		if (index->sections[i].kind != SECTION_CHECKS &&
		    index->sections[i].offset + index->sections[i].length > index->checked_end)
			return false;
	index->unchecked = index->block_count;
	index->seen = memory_allocate((size_t)(index->block_count / 8 + 1), 1);
	return true;
}

static bool
read_table(struct set_index *index, enum digest_algorithm algorithm)
{
	const struct index_section *keys = find_section(index, SECTION_KEYS, algorithm);
	const struct index_section *first = find_section(index, SECTION_FIRST, algorithm);
	const struct index_section *numbers = find_section(index, SECTION_NUMBERS, algorithm);
	const struct index_section *marks = find_section(index, SECTION_MARKS, algorithm);

	if (!keys || !first)
		return !keys && !first;
	if (keys->count > UINT32_MAX ||
	    (numbers && numbers->count != keys->count) || (marks && marks->count != keys->count))
		return false;
	index->tables[algorithm] = (struct key_table){
		.keys = index->bytes + keys->offset, .first = index->bytes + first->offset,
		.digest_size = digest_size(algorithm), .count = keys->count,
		.bits = first->value, .check = check_bytes, .context = index,
		.unchecked = &index->unchecked,
	};
	return true;
}

static bool
read_tables(struct set_index *index)
{
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		if (!read_table(index, (enum digest_algorithm)i))
			return false;
	return true;
}

static const char *
why_refused(struct set_index *index)
{
	if (index_get(index->bytes + 8, 4) != INDEX_VERSION)
		return "a compiled set of another version: build it again";
	if (crc32c_of(&index->crc, index->bytes, INDEX_HEADER_BYTES - 4) !=
	    index_get(index->bytes + INDEX_HEADER_BYTES - 4, 4))
		return "damaged: the header fails its checksum; build it again";
	if (index_get(index->bytes + 16, 8) != index->size)
		return "damaged: the file is shorter or longer than it was built; build it again";
	if (!read_sections(index))
		return "damaged: the table of sections does not hold together; build it again";
	if (!read_checks(index))
		return "damaged: the table of checksums fails its own; build it again";
	return read_tables(index) ? NULL : "damaged: a table of digests is missing; build it again";
}

struct set_index *
set_index_open(int descriptor, uint64_t size, const char **ret_why)
{
	struct set_index *index;
	void *bytes;

	*ret_why = "damaged: the file is shorter than a header; build it again";
	if (size < INDEX_HEADER_BYTES)
		return NULL;
	bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, descriptor, 0);
	if (bytes == MAP_FAILED) {
		*ret_why = "cannot be mapped";
		return NULL;
	}
	/* Few questions touch few pages, and should not hold more than those. */
	(void)madvise(bytes, (size_t)size, MADV_NOHUGEPAGE);
	index = memory_allocate(1, sizeof *index);
	index->bytes = bytes;
	index->size = size;
	crc32c_init(&index->crc);
	*ret_why = why_refused(index);
	if (!*ret_why)
		return index;
	set_index_close(index);
	return NULL;
}

void
set_index_close(struct set_index *index)
{
	if (!index)
		return;
	munmap((void *)(uintptr_t)index->bytes, (size_t)index->size);
	memory_free(index->seen);
	memory_free(index);
}

const struct key_table *
set_index_keys(const struct set_index *index, enum digest_algorithm algorithm)
{
	return index->tables[algorithm].keys ? &index->tables[algorithm] : NULL;
}

uint64_t
set_index_distinct(const struct set_index *index, enum digest_algorithm algorithm)
{
	const struct index_section *first = find_section(index, SECTION_FIRST, algorithm);

	return first ? first->base : 0;
}

bool
set_index_contradictions(const struct set_index *index, uint64_t *ret_count)
{
	const struct index_section *identity = find_section(index, SECTION_IDENTITY, 0);

	*ret_count = identity->count;
	return identity->value & INDEX_CONTRADICTIONS_COUNTED;
}

uint64_t
set_index_contents(const struct set_index *index)
{
	const struct index_section *rows = find_section(index, SECTION_ROWS, 0);

	return rows ? rows->count : 0;
}

/* An item of a section, checked; NULL: not there or damaged. */
static const uint8_t *
item_at(struct set_index *index, const struct index_section *section, uint64_t number)
{
	const uint8_t *at;

	if (!section || number >= section->count)
		return NULL;
	at = index->bytes + section->offset + number * item_bytes(section);
	return check_bytes(index, at, (size_t)item_bytes(section)) ? at : NULL;
}

static bool
text_at(struct set_index *index, uint64_t offset, const char **ret_text)
{
	const struct index_section *texts = find_section(index, SECTION_TEXTS, 0);
	const uint8_t *begin, *end;
	uint64_t room;

	if (offset >= texts->length)
		return false;
	begin = index->bytes + texts->offset + offset;
	room = texts->length - offset;
	if (room > INDEX_TEXT_MAX)
		room = INDEX_TEXT_MAX;
	end = memchr(begin, 0, (size_t)room);
	if (!end || !check_bytes(index, begin, (size_t)(end - begin) + 1))
		return false;
	*ret_text = (const char *)begin;
	return true;
}

static bool
read_group(struct set_index *index, uint64_t number, struct hash_row *row)
{
	const uint8_t *group = item_at(index, find_section(index, SECTION_GROUPS, 0), number);
	const char **texts[INDEX_GROUP_TEXTS] = {
		&row->product, &row->application_type, &row->system, &row->actor, &row->source, &row->note
	};

	if (!group || group[48] > HASH_BAD)
		return false;
	for (size_t i = 0; i < INDEX_GROUP_TEXTS; i++)
		if (!text_at(index, index_get(group + 8 * i, 8), texts[i]))
			return false;
	row->class = (enum hash_class)group[48];
	row->grade = (char)group[49];
	return true;
}

/* Reads the section of rows from a start on; failed once a number does not end, or a block is damaged. */
struct row_cursor {
	struct set_index *index;
	const uint8_t    *at, *end;
	uint64_t          row;		/* number of the row before */
	bool              failed;
};

static bool
is_readable(struct row_cursor *cursor)
{
	size_t left = (size_t)(cursor->end - cursor->at), length = left < INDEX_VARINT_MAX ? left : INDEX_VARINT_MAX;

	cursor->failed |= !left || !check_bytes(cursor->index, cursor->at, length);
	return !cursor->failed;
}

static uint8_t
take_byte(struct row_cursor *cursor)
{
	return is_readable(cursor) ? *cursor->at++ : 0;
}

static uint64_t
take_varint(struct row_cursor *cursor)
{
	uint64_t number = 0;
	size_t length = 0;

	if (is_readable(cursor))
		length = index_get_varint(cursor->at, (size_t)(cursor->end - cursor->at), &number);
	cursor->failed |= !length;
	cursor->at += length;
	return length ? number : 0;
}

/* One row behind the cursor; its name stays where it is that of the row before. */
struct encoded_row {
	uint64_t group, name;
	bool     is_last;
};

static void
take_encoded_row(struct row_cursor *cursor, struct encoded_row *row)
{
	uint64_t head = take_varint(cursor);

	row->group = head >> ROW_FLAG_BITS;
	row->is_last = head & ROW_IS_LAST;
	if (!(head & ROW_HAS_NAME_BEFORE))
		row->name = take_varint(cursor);
	cursor->row += index_unzigzag(take_varint(cursor));
}

static void
skip_content(struct row_cursor *cursor)
{
	struct encoded_row row = { .is_last = false };

	take_byte(cursor);
	while (!cursor->failed && !row.is_last)
		take_encoded_row(cursor, &row);
}

static bool
use_content(struct row_cursor *cursor, void (*use)(void *context, const struct hash_row *row, uint32_t algorithms),
	void *context)
{
	uint32_t algorithms = index_known(take_byte(cursor));
	struct encoded_row encoded = { .is_last = false };

	while (!encoded.is_last) {
		struct hash_row row = { .row = 0 };

		take_encoded_row(cursor, &encoded);
		if (cursor->failed || !read_group(cursor->index, encoded.group, &row) ||
		    !text_at(cursor->index, encoded.name, &row.name))
			return false;
		row.row = cursor->row;
		use(context, &row, algorithms);
	}
	return true;
}

bool
set_index_content(struct set_index *index, uint64_t content,
	void (*use)(void *context, const struct hash_row *row, uint32_t algorithms), void *context)
{
	const struct index_section *rows = find_section(index, SECTION_ROWS, 0);
	const uint8_t *start = item_at(index, find_section(index, SECTION_STARTS, 0), content / INDEX_START_CONTENTS);
	struct row_cursor cursor = { .index = index };
	uint64_t offset;

	if (!rows || !start || content >= rows->count)
		return false;
	offset = index_get(start, 8);
	if (offset >= rows->length)
		return false;
	cursor.at = index->bytes + rows->offset + offset;
	cursor.end = index->bytes + rows->offset + rows->length;
	for (uint64_t i = 0; i < content % INDEX_START_CONTENTS && !cursor.failed; i++)
		skip_content(&cursor);
	return !cursor.failed && use_content(&cursor, use, context);
}

bool
set_index_content_of_key(struct set_index *index, enum digest_algorithm algorithm, uint64_t key, uint64_t *ret_content)
{
	const struct index_section *numbers = find_section(index, SECTION_NUMBERS, algorithm);
	const uint8_t *number;

	*ret_content = find_section(index, SECTION_KEYS, algorithm)->base + key;
	if (!numbers)
		return true;
	number = item_at(index, numbers, key);
	if (number)
		*ret_content = index_get_u32(number);
	return number;
}

/* What a set of keys only says of one. */
static bool
use_mark(struct set_index *index, enum digest_algorithm algorithm, uint64_t key,
	void (*use)(void *context, const struct hash_row *row, uint32_t algorithms), void *context)
{
	const struct index_section *marks = find_section(index, SECTION_MARKS, algorithm);
	const uint8_t *mark = marks ? item_at(index, marks, key) : NULL;
	uint32_t value = marks ? 0 : find_section(index, SECTION_KEYS, algorithm)->value;
	struct hash_row row = { .name = "", .product = "", .application_type = "", .system = "", .actor = "",
		.source = "", .note = "" };

	if (marks && !mark)
		return false;
	if (mark)
		value = *mark;
	if (value >> 3 > INDEX_BAD_GRADE_C)
		return false;
	row.grade = value >> 3 == INDEX_GRADE_C || value >> 3 == INDEX_BAD_GRADE_C ? 'C' : '\0';
	row.class = value >> 3 == INDEX_GRADE_C ? HASH_NONE : value >> 3 == INDEX_BAD_GRADE_C ? HASH_BAD : (enum hash_class)(value >> 3);
	use(context, &row, index_known(value & 7));
	return true;
}

bool
set_index_key(struct set_index *index, enum digest_algorithm algorithm, uint64_t key,
	void (*use)(void *context, const struct hash_row *row, uint32_t algorithms), void *context)
{
	uint64_t content;

	if (!find_section(index, SECTION_ROWS, 0))
		return use_mark(index, algorithm, key, use, context);
	return set_index_content_of_key(index, algorithm, key, &content) && set_index_content(index, content, use, context);
}

bool
set_index_identity(struct set_index *index, const char **ret_text, size_t *ret_length)
{
	const struct index_section *section = find_section(index, SECTION_IDENTITY, 0);

	*ret_text = (const char *)index->bytes + section->offset;
	*ret_length = (size_t)section->length;
	return section->length && check_bytes(index, *ret_text, *ret_length);
}

void
set_index_expect_many(const struct set_index *index)
{
	(void)madvise((void *)(uintptr_t)index->bytes, (size_t)index->size, MADV_HUGEPAGE);
}

bool
set_index_guard(const struct set_index *index, void (*work)(void *context), void *context)
{
	return mapping_guard(index->bytes, (size_t)index->size, work, context);
}

static void
verify(void *context)
{
	struct set_index *index = context;

	for (uint64_t block = 0; block < index->block_count; block++)
		check_block(index, block);
}

bool
set_index_verify(struct set_index *index)
{
	set_index_expect_many(index);
	return set_index_guard(index, verify, index) && !index->unchecked;
}
