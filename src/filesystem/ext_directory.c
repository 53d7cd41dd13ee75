/*
 * ext_directory.c - the names in a directory of ext2, ext3, ext4, which has the feature "filetype".
 *
 * Each block of the directory is full of records; the length of the last reaches to the end of its block:
 *
 *	0c 00 00 00  0c 00  01  02  2e 00 00 00          inode, length of the record, of the name, type, name
 *	02 00 00 00  f4 0f  02  02  2e 2e 00 00
 *
 * A removed name is covered by the length of the record before it, or has the inode 0. An index (htree) and the
 * checksum at the end of a block look like records without a name. What lies behind the name of a record, within its
 * length, is searched for records word by word: there stand removed names, whole ones, or what once was one.
 *
 * Documentation/filesystems/ext4 of Linux: directory. Removed names are told as libtsk tells them, against which
 * the tests hold it.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/cursor.h>

#include "ext_directory.h"

enum { HEADER_BYTES = 8, WORD_BYTES = 4, BLOCK_BYTES_MAX = 65536 };

static enum entry_type
type_of(uint8_t type)
{
	static const enum entry_type types[] = {
		ENTRY_UNKNOWN, ENTRY_REGULAR, ENTRY_DIRECTORY, ENTRY_CHARACTER, ENTRY_BLOCK, ENTRY_FIFO, ENTRY_SOCKET, ENTRY_LINK,
	};

	return type < sizeof types / sizeof types[0] ? types[type] : ENTRY_UNKNOWN;
}

/* With its name, to the next word. */
static size_t
least_length(size_t name_length)
{
	return (HEADER_BYTES + name_length + WORD_BYTES - 1) / WORD_BYTES * WORD_BYTES;
}

static void
add_name(struct ext_names *names, const uint8_t *name, size_t length, struct ext_name what)
{
	length = strnlen((const char *)name, length);
	if (!length || (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'))))
		return;
	names->items = memory_grow(names->items, names->count, &names->capacity, sizeof *names->items);
	what.name = arena_copy(&names->texts, name, length);
	names->items[names->count++] = what;
}

static void
take_block(const struct ext *ext, const uint8_t *bytes, size_t length, struct ext_names *names)
{
	size_t step, removed = 0;	/* bytes behind the name of a record */

	for (size_t at = 0; at + least_length(1) <= length; at += step) {
		struct cursor c = cursor_at(bytes, length, at);
		uint32_t inode = take_u32le(&c);
		size_t record = take_u16le(&c), name_length = take_u8(&c), least = least_length(name_length);
		uint8_t type = take_u8(&c);

		/* The number behind the last is what libtsk gives its folder of orphans. */
		if (inode > (uint64_t)ext->inode_count + 1 || !name_length || record < least || record % WORD_BYTES ||
		    record > length - at || (removed && removed < least)) {
			step = WORD_BYTES;
			removed -= removed ? WORD_BYTES : 0;
			continue;
		}
		add_name(names, bytes + at + HEADER_BYTES, name_length, (struct ext_name){ .inode = inode,
			.type = type_of(type), .is_allocated = !removed && inode });
		step = least;
		removed -= removed ? least : 0;
		if (removed)
			continue;
		if (record - least >= least_length(1))
			removed = record - least;
		else
			step = record;
	}
}

static int
compare_names(const void *a, const void *b)
{
	const struct ext_name *one = a, *other = b;
	int difference = strcmp(one->name, other->name);

	if (difference)
		return difference;
	if (one->is_allocated != other->is_allocated)
		return one->is_allocated ? -1 : 1;
	return one->inode == other->inode ? 0 : one->inode < other->inode ? -1 : 1;
}

/* An allocated name of the same inode stands before a removed one, few others between them. */
static bool
is_repeated(const struct ext_names *names, size_t count, const struct ext_name *name)
{
	enum { NAMES_ASKED = 16 };

	for (size_t i = count; i > 0 && count - i < NAMES_ASKED && !strcmp(names->items[i - 1].name, name->name); i--)
		if (names->items[i - 1].inode == name->inode)
			return true;
	return false;
}

static void
drop_repeated(struct ext_names *names)
{
	size_t kept = 0;

	for (size_t i = 0; i < names->count; i++)
		if (!is_repeated(names, kept, &names->items[i]))
			names->items[kept++] = names->items[i];
	names->count = kept;
}

bool
ext_directory_read(const struct ext *ext, struct source *source, const struct run_list *runs, size_t limit,
	struct ext_names *names)
{
	uint8_t block[BLOCK_BYTES_MAX];

	for (size_t i = 0; i < runs->count; i++) {
		const struct run *run = &runs->items[i];

		if (run->kind == RUN_LOST)
			return false;
		for (uint64_t at = 0; run->kind == RUN_DATA && at < run->length; at += ext->block_size) {
			if (run->length - at < ext->block_size || source_read_exactly(source, run->volume_offset + at, block,
			    ext->block_size) != STATUS_OK)
				return false;
			take_block(ext, block, ext->block_size, names);
			if (names->count > limit)
				return false;
		}
	}
	if (names->count)
		qsort(names->items, names->count, sizeof *names->items, compare_names);
	drop_repeated(names);
	return true;
}

void
ext_names_init(struct ext_names *names)
{
	*names = (struct ext_names){ .count = 0 };
	arena_init(&names->texts);
}

void
ext_names_release(struct ext_names *names)
{
	memory_free(names->items);
	arena_release(&names->texts);
}
