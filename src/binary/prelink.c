/*
 * prelink.c - programs and libraries that prelink(8) has rewritten
 *
 * prelink gives each library an address of its own and writes the results of linking into the files.  In the section
 * ".gnu.prelink_undo" it keeps the headers as they were: the ELF header, the program headers and all section headers but
 * the first.
 *
 *	ELF header:      class@4 byte-order@5; section headers at 32 (class 1) or 40, their size, number and names at 46 or 58
 *	section header:  name@0, offset@16 or 24, size@20 or 32
 */
#include <string.h>

#include <t1554triage/binary.h>
#include <t1554triage/cursor.h>
#include <t1554triage/memory.h>

enum { HEADER_BYTES = 64, CLASS_64 = 2, BIG_ENDIAN_ORDER = 2, SECTION_BYTES_LEAST = 40, SECTIONS_MOST = 4096,
	NAMES_BYTES_MOST = 1 << 20 };

static const char undo_name[] = ".gnu.prelink_undo";

struct reading {
	struct source *content;
	bool           is_wide, is_big;
	uint64_t       table;
	unsigned       size, count, names;	/* of a section header; of them; number of the section of names */
};

static uint64_t
take_number(const struct reading *reading, struct cursor *at, size_t length)
{
	return reading->is_big ? take_be(at, length) : take_le(at, length);
}

static bool
read_header(struct reading *reading)
{
	uint8_t bytes[HEADER_BYTES];
	struct cursor at;

	if (source_read_exactly(reading->content, 0, bytes, sizeof bytes) != STATUS_OK || memcmp(bytes, "\177ELF", 4))
		return false;
	reading->is_wide = bytes[4] == CLASS_64;
	reading->is_big = bytes[5] == BIG_ENDIAN_ORDER;
	at = cursor_at(bytes, sizeof bytes, reading->is_wide ? 40 : 32);
	reading->table = take_number(reading, &at, reading->is_wide ? 8 : 4);
	at = cursor_at(bytes, sizeof bytes, reading->is_wide ? 58 : 46);
	reading->size = (unsigned)take_number(reading, &at, 2);
	reading->count = (unsigned)take_number(reading, &at, 2);
	reading->names = (unsigned)take_number(reading, &at, 2);
	return reading->size >= SECTION_BYTES_LEAST && reading->count <= SECTIONS_MOST && reading->names < reading->count;
}

/* Where the content of a section lies, and its name within those of all. */
static bool
read_section(const struct reading *reading, const uint8_t *table, unsigned number, uint32_t *ret_name,
	uint64_t *ret_offset, uint64_t *ret_size)
{
	size_t width = reading->is_wide ? 8 : 4;
	struct cursor at = cursor_over(table + (size_t)number * reading->size, reading->size);

	*ret_name = (uint32_t)take_number(reading, &at, 4);
	take_number(reading, &at, 4);
	take_number(reading, &at, width);
	take_number(reading, &at, width);
	*ret_offset = take_number(reading, &at, width);
	*ret_size = take_number(reading, &at, width);
	return !at.failed && *ret_size <= reading->content->size && *ret_offset <= reading->content->size - *ret_size;
}

static bool
has_undo_section(const struct reading *reading, const uint8_t *table)
{
	uint64_t offset, size, names_size;
	bool found = false;
	uint32_t name;
	char *names;

	if (!read_section(reading, table, reading->names, &name, &offset, &names_size) || names_size > NAMES_BYTES_MOST)
		return false;
	names = memory_allocate((size_t)names_size + 1, 1);
	if (source_read_exactly(reading->content, offset, names, (size_t)names_size) == STATUS_OK)
		for (unsigned i = 1; i < reading->count && !found; i++)
			found = read_section(reading, table, i, &name, &offset, &size) && name < names_size && size &&
				!strcmp(names + name, undo_name);
	memory_free(names);
	return found;
}

bool
binary_is_prelinked(struct source *content)
{
	struct reading reading = { .content = content };
	bool found = false;
	uint8_t *table;
	size_t bytes;

	if (!read_header(&reading))
		return false;
	bytes = (size_t)reading.size * reading.count;
	table = memory_allocate(bytes, 1);
	if (source_read_exactly(content, reading.table, table, bytes) == STATUS_OK)
		found = has_undo_section(&reading, table);
	memory_free(table);
	return found;
}
