/*
 * xfs_superblock.c - the superblock of XFS, what follows from its numbers, and seals.
 *
 * Each allocation group begins with a sector of it; the first is the one that counts:
 *
 *	58 46 53 42  00 00 10 00                   "XFSB", bytes of a block
 *	00 00 00 00 00 01 5e 00                    blocks
 *	...
 *	00 00 57 80  00 00 00 04                   at 84: blocks of a group, groups
 *	b4 b5  02 00  02 00  00 08                 at 100: version (low four bits: 4 or 5) and
 *	                                           features, bytes of a sector and of an inode,
 *	                                           inodes of a block
 *	0c 09 09 03 0f                             at 120: logarithms of these
 *
 * A block's number has its group in the bits above the logarithm at 124, which is that
 * of the group's blocks rounded up; an inode's has its place in the block in the lowest.
 *
 * XFS Algorithms and Data Structures, chapters "Allocation Groups" and "Self Describing
 * Metadata"; fs/xfs/libxfs/xfs_format.h of Linux.
 */
#include <string.h>

#include "xfs.h"

enum {
	SUPERBLOCK_BYTES = 280, SUPERBLOCK_CRC = 224, SECTOR_BYTES_MAX = 32768, AG_BLOCKS_MIN = 64,
	AGF_BYTES = 16, SECTOR_LOG_MIN = 9, DIRECTORY_LOG_MAX = 16,
};
enum {
	VERSION_DIRECTORY_2 = 0x2000, VERSION_LOG_2 = 0x400, VERSION_CASE = 0x4000, VERSION_MORE = 0x8000,
	FEATURE2_TYPES = 0x200,
	READ_ONLY_FREE_INODES = 0x1,
	INCOMPATIBLE_TYPES = 0x1, INCOMPATIBLE_SPARSE_INODES = 0x2, INCOMPATIBLE_META_UUID = 0x4,
	INCOMPATIBLE_NEEDS_REPAIR = 0x10,
	/* Those, big times, wide counts, exchanged ranges and parents; not metadata directories and zones. */
	INCOMPATIBLE_KNOWN = 0xff,
};

const struct xfs_seal xfs_seal_short_tree = { .crc = 52, .place = 16, .uuid = 32, .owner = 48, .owner_bytes = 4 };
const struct xfs_seal xfs_seal_long_tree = { .crc = 64, .place = 24, .uuid = 40, .owner = 56, .owner_bytes = 8 };
const struct xfs_seal xfs_seal_directory = { .crc = 4, .place = 8, .uuid = 24, .owner = 40, .owner_bytes = 8 };
const struct xfs_seal xfs_seal_index = { .crc = 12, .place = 16, .uuid = 32, .owner = 48, .owner_bytes = 8 };
const struct xfs_seal xfs_seal_remote = { .crc = 12, .place = 40, .uuid = 16, .owner = 32, .owner_bytes = 8 };

bool
xfs_sum_is_right(const struct crc32c *crc, const uint8_t *bytes, size_t length, size_t at)
{
	static const uint8_t zeros[4];
	uint32_t rest = crc32c_add(crc, 0xffffffff, bytes, at), told;
	struct cursor c = cursor_over(bytes + at, 4);

	rest = crc32c_add(crc, rest, zeros, sizeof zeros);
	rest = ~crc32c_add(crc, rest, bytes + at + 4, length - at - 4);
	told = take_u32le(&c);
	return rest == told;
}

const char *
xfs_check_seal(const struct xfs *xfs, const struct xfs_seal *seal, const uint8_t *bytes, size_t length,
	uint64_t offset, uint64_t owner)
{
	struct cursor c = cursor_at(bytes, length, seal->owner);

	if (!xfs->geometry.is_v5)
		return NULL;
	if (!xfs_sum_is_right(&xfs->crc, bytes, length, seal->crc))
		return "a block of it fails its checksum";
	if (memcmp(bytes + seal->uuid, xfs->geometry.seal_uuid, XFS_UUID_BYTES))
		return "a block of it is that of another file system";
	if (xfs_u64(bytes, seal->place) != offset / 512)
		return "a block of it was written for another place";
	return take_be(&c, seal->owner_bytes) == owner ? NULL : "a block of it belongs to something else";
}

uint32_t
xfs_ag_length(const struct xfs_geometry *geometry, uint32_t group)
{
	if (group + 1 < geometry->ag_count)
		return geometry->ag_blocks;
	return (uint32_t)(geometry->block_count - (uint64_t)group * geometry->ag_blocks);
}

bool
xfs_block_offset(const struct xfs_geometry *geometry, uint64_t block, uint64_t count, uint64_t *ret_offset)
{
	uint64_t group = block >> geometry->ag_block_log, in_group = block & ((1ULL << geometry->ag_block_log) - 1);
	uint32_t length;

	if (group >= geometry->ag_count || !count)
		return false;
	length = xfs_ag_length(geometry, (uint32_t)group);
	if (in_group >= length || count > length - in_group)
		return false;
	*ret_offset = (group * geometry->ag_blocks + in_group) << geometry->block_log;
	return true;
}

bool
xfs_inode_offset(const struct xfs_geometry *geometry, uint64_t inode, uint64_t *ret_offset)
{
	uint64_t in_block = inode & ((1ULL << geometry->inodes_per_block_log) - 1);

	if (!xfs_block_offset(geometry, inode >> geometry->inodes_per_block_log, 1, ret_offset))
		return false;
	*ret_offset += in_block * geometry->inode_size;
	return true;
}

static bool
is_logarithm(uint32_t number, uint8_t log)
{
	return log < 32 && number == 1U << log;
}

static void
take_features(const uint8_t *bytes, struct xfs_geometry *g)
{
	uint32_t version = xfs_u16(bytes, 100), features2 = version & VERSION_MORE ? xfs_u32(bytes, 200) : 0;
	uint32_t read_only = xfs_u32(bytes, 212), incompatible = xfs_u32(bytes, 216);

	g->is_v5 = (version & 0xf) == 5;
	g->has_log_v2 = g->is_v5 || version & VERSION_LOG_2;
	g->is_case_insensitive = version & VERSION_CASE;
	g->has_types = features2 & FEATURE2_TYPES;
	memcpy(g->seal_uuid, g->uuid, XFS_UUID_BYTES);
	if (!g->is_v5)
		return;
	g->has_types = incompatible & INCOMPATIBLE_TYPES;
	g->has_sparse_inodes = incompatible & INCOMPATIBLE_SPARSE_INODES;
	g->has_free_inode_tree = read_only & READ_ONLY_FREE_INODES;
	g->needs_repair = incompatible & INCOMPATIBLE_NEEDS_REPAIR;
	g->unknown = incompatible & ~(uint32_t)INCOMPATIBLE_KNOWN;
	if (incompatible & INCOMPATIBLE_META_UUID)
		memcpy(g->seal_uuid, bytes + 248, XFS_UUID_BYTES);
}

/* The reason why they make no sense, or NULL. */
static const char *
check_sizes(const uint8_t *bytes, const struct xfs_geometry *g)
{
	if (g->sector_size < 512 || g->sector_size > SECTOR_BYTES_MAX || !is_logarithm(g->sector_size, bytes[121]))
		return "its sector size makes no sense";
	if (g->block_size < 512 || g->block_size > XFS_BLOCK_BYTES_MAX || !is_logarithm(g->block_size, g->block_log))
		return "its block size makes no sense";
	if (g->inode_size < 256 || g->inode_size > XFS_INODE_BYTES_MAX || g->inode_size > g->block_size ||
	    !is_logarithm(g->inode_size, bytes[122]) || bytes[122] + bytes[123] != g->block_log)
		return "its inode size makes no sense";
	if (bytes[192] + g->block_log > DIRECTORY_LOG_MAX)
		return "its directory block size makes no sense";
	if (g->ag_blocks < AG_BLOCKS_MIN || g->ag_block_log > 31 || g->ag_blocks > 1U << g->ag_block_log ||
	    g->ag_blocks <= 1U << g->ag_block_log >> 1 || !g->ag_count)
		return "its allocation groups make no sense";
	if (g->block_count > (uint64_t)g->ag_count * g->ag_blocks ||
	    g->block_count <= (uint64_t)(g->ag_count - 1) * g->ag_blocks || g->block_count > UINT64_MAX >> 17)
		return "its number of blocks makes no sense";
	return NULL;
}

/* The reason why it is not to be used, or NULL. */
static const char *
take_superblock(const uint8_t *bytes, struct xfs_geometry *g)
{
	uint32_t version = xfs_u16(bytes, 100);
	const char *reason;
	uint64_t offset;

	*g = (struct xfs_geometry){
		.block_size = xfs_u32(bytes, 4), .block_count = xfs_u64(bytes, 8),
		.realtime_blocks = xfs_u64(bytes, 16), .log_start = xfs_u64(bytes, 48),
		.root_inode = xfs_u64(bytes, 56), .ag_blocks = xfs_u32(bytes, 84), .ag_count = xfs_u32(bytes, 88),
		.log_blocks = xfs_u32(bytes, 96), .sector_size = xfs_u16(bytes, 102),
		.inode_size = xfs_u16(bytes, 104), .block_log = bytes[120],
		.inodes_per_block_log = bytes[123], .ag_block_log = bytes[124],
		.log_sector_size = xfs_u16(bytes, 194),
	};
	if ((version & 0xf) < 4 || (version & 0xf) > 5 ||
	    ((version & 0xf) == 4 && !(version & VERSION_DIRECTORY_2)))
		return "it is of a version that is not read (only 4 with directories of the second kind, and 5)";
	memcpy(g->uuid, bytes + 32, XFS_UUID_BYTES);
	memcpy(g->label, bytes + 108, sizeof g->label - 1);
	take_features(bytes, g);
	reason = check_sizes(bytes, g);
	if (reason)
		return reason;
	g->directory_block_size = g->block_size << bytes[192];
	return xfs_inode_offset(g, g->root_inode, &offset) ? NULL : "it names no root directory";
}

/* A superblock at a place; NULL, or the reason why it is not to be used. */
static const char *
read_superblock(struct source *volume, const struct crc32c *crc, uint64_t offset, struct xfs_geometry *ret)
{
	uint8_t sector[SECTOR_BYTES_MAX];
	const char *reason;

	if (source_read_exactly(volume, offset, sector, 512) != STATUS_OK)
		return "it cannot be read";
	if (memcmp(sector, "XFSB", 4))
		return "it is not there";
	reason = take_superblock(sector, ret);
	if (reason)
		return reason;
	ret->offset = offset;
	if (!ret->is_v5)
		return NULL;
	if (source_read_exactly(volume, offset, sector, ret->sector_size) != STATUS_OK)
		return "it cannot be read";
	return xfs_sum_is_right(crc, sector, ret->sector_size, SUPERBLOCK_CRC) ? NULL : "it fails its checksum";
}

/* Copies */

/* The header of free space of the first group: "XAGF", version 1, group 0, its blocks. */
static uint32_t
first_group_length(struct source *volume)
{
	uint8_t bytes[AGF_BYTES];

	for (uint32_t sector = 512; sector <= SECTOR_BYTES_MAX; sector *= 2)
		if (source_read_exactly(volume, sector, bytes, sizeof bytes) == STATUS_OK &&
		    !memcmp(bytes, "XAGF", 4) && xfs_u32(bytes, 4) == 1 && !xfs_u32(bytes, 8))
			return xfs_u32(bytes, 12);
	return 0;
}

/* The copy of the second group, which tells of itself where it must lie. */
static bool
find_copy(struct source *volume, const struct crc32c *crc, uint32_t ag_blocks, struct xfs_geometry *ret)
{
	for (unsigned log = 9; ag_blocks && log <= 16; log++) {
		uint64_t offset = (uint64_t)ag_blocks << log;

		if (offset < volume->size && !read_superblock(volume, crc, offset, ret) &&
		    ret->block_log == log && ret->ag_blocks == ag_blocks)
			return true;
	}
	return false;
}

enum status
xfs_geometry_read(struct source *volume, const struct crc32c *crc, struct xfs_geometry *ret_geometry,
	const char **ret_reason)
{
	uint8_t magic[4] = { 0 };
	uint32_t ag_blocks, told = 0;
	uint8_t bytes[128];

	*ret_reason = read_superblock(volume, crc, 0, ret_geometry);
	if (!*ret_reason)
		return STATUS_OK;
	source_read_exactly(volume, 0, magic, sizeof magic);
	ag_blocks = first_group_length(volume);
	if (memcmp(magic, "XFSB", 4) && !ag_blocks)
		return STATUS_NOT_MINE;
	if (!memcmp(magic, "XFSB", 4) && source_read_exactly(volume, 0, bytes, sizeof bytes) == STATUS_OK)
		told = xfs_u32(bytes, 84);
	if (find_copy(volume, crc, ag_blocks, ret_geometry) || find_copy(volume, crc, told, ret_geometry))
		return STATUS_DAMAGED;
	return memcmp(magic, "XFSB", 4) ? STATUS_NOT_MINE : STATUS_UNREADABLE;
}
