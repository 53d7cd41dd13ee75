/*
 * ext_superblock.c - volumes of ext that libtsk cannot open as they are.
 *
 * The superblock lies at 1024.  Copies lie at the start of the second group (and of others): a
 * group has eight blocks for each byte of a block, counted from block 1 where blocks have 1024
 * bytes, else from 0.  Numbers in it, at
 *
 *	24  02 00 00 00    block size: 1024 << this
 *	28  06 00 00 00    cluster size, the same way; libtsk opens only what has it equal
 *	32  00 80 00 00    blocks of a group
 *	36  00 80 00 00    clusters of a group
 *	56  53 ef          magic
 *	90  01 00          the group that this copy lies in
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/memory.h>

#include "ext_superblock.h"

enum {
	SUPERBLOCK_OFFSET = 1024, SUPERBLOCK_BYTES = 1024, BLOCK_SHIFTS = 7,
	AT_BLOCK_SIZE = 24, AT_CLUSTER_SIZE = 28, AT_GROUP_BLOCKS = 32, AT_GROUP_CLUSTERS = 36,
	AT_MAGIC = 56, AT_GROUP = 90,
};

struct presented_source {
	struct source  source;
	struct source *volume;		/* borrowed */
	uint8_t        superblock[SUPERBLOCK_BYTES];
};

static uint32_t
u32_at(const uint8_t *bytes, size_t offset)
{
	struct cursor c = cursor_at(bytes, SUPERBLOCK_BYTES, offset);

	return take_u32le(&c);
}

static bool
has_magic(const uint8_t *bytes)
{
	return bytes[AT_MAGIC] == 0x53 && bytes[AT_MAGIC + 1] == 0xef;
}

static bool
read_superblock(struct source *source, uint64_t offset, uint8_t *bytes)
{
	return source_read_exactly(source, offset, bytes, SUPERBLOCK_BYTES) == STATUS_OK && has_magic(bytes);
}

bool
ext_find_backup(struct source *source, uint64_t *ret_offset)
{
	uint8_t bytes[SUPERBLOCK_BYTES];

	for (uint32_t shift = 0; shift < BLOCK_SHIFTS; shift++) {
		uint64_t size = 1024ULL << shift, offset = (8 * size + !shift) * size;

		if (read_superblock(source, offset, bytes) && u32_at(bytes, AT_BLOCK_SIZE) == shift &&
		    u32_at(bytes, AT_GROUP_BLOCKS) == 8 * size && bytes[AT_GROUP] == 1 && !bytes[AT_GROUP + 1]) {
			*ret_offset = offset;
			return true;
		}
	}
	return false;
}

static enum status
read_presented(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct presented_source *presented = (struct presented_source *)source;
	enum status status = source_read(presented->volume, offset, buffer, length, ret_length);
	uint64_t start = SUPERBLOCK_OFFSET, end = start + SUPERBLOCK_BYTES;

	if (offset >= end || offset + *ret_length <= start)
		return status;
	if (start < offset)
		start = offset;
	if (end > offset + *ret_length)
		end = offset + *ret_length;
	memcpy((uint8_t *)buffer + (start - offset), presented->superblock + (start - SUPERBLOCK_OFFSET),
		(size_t)(end - start));
	return status;
}

static void
close_presented(struct source *source)
{
	memory_free(source);
}

struct source *
ext_present(struct source *source)
{
	struct presented_source *presented;
	uint8_t bytes[SUPERBLOCK_BYTES];
	uint64_t backup;

	if (!read_superblock(source, SUPERBLOCK_OFFSET, bytes)) {
		if (!ext_find_backup(source, &backup) || !read_superblock(source, backup, bytes))
			return NULL;
		bytes[AT_GROUP] = 0;
	} else if (u32_at(bytes, AT_BLOCK_SIZE) == u32_at(bytes, AT_CLUSTER_SIZE)) {
		return NULL;
	}
	memcpy(bytes + AT_CLUSTER_SIZE, bytes + AT_BLOCK_SIZE, 4);
	memcpy(bytes + AT_GROUP_CLUSTERS, bytes + AT_GROUP_BLOCKS, 4);
	presented = memory_allocate(1, sizeof *presented);
	presented->source = (struct source){
		.size = source->size, .read = read_presented, .close = close_presented,
		.damage = source->damage,
	};
	presented->volume = source;
	memcpy(presented->superblock, bytes, sizeof bytes);
	return &presented->source;
}
