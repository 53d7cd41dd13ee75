/*
 * xfs_inode.c - inodes of XFS.
 *
 * They lie in clusters of blocks, each 256 to 2048 bytes:
 *
 *	49 4e  81 a4  03 02 00 00                  "IN", mode, version, format of the data (0 a
 *	                                           device, 1 here, 2 extents, 3 a tree of extents)
 *	00 00 03 e8  00 00 03 e8  00 00 00 01      owner, group, links
 *	00 00 00 00 ...                            at 24: extents, where there may be many
 *	1a 2b 3c 4d 00 00 00 00  (three of these)  at 32: last access, modification, change
 *	00 00 00 00 00 00 10 00                    at 56: bytes
 *	...
 *	00 00 00 01  00 00  23  02                 at 76: extents of the data, of the attributes; at
 *	                                           82 eighths of the bytes to the attributes, their format
 *
 * Versions 1 and 2 have 100 bytes of such fields, version 3 has 176: a checksum at 100, the
 * time of birth at 144, its own number at 152, the file system's UUID at 160. What follows
 * is the data (or where they lie), then the attributes.  A time is seconds and nanoseconds,
 * or with a flag nanoseconds since 1901-12-13 20:45:52.
 *
 * XFS Algorithms and Data Structures, chapter "On-disk Inode".
 */
#include <string.h>

#include "xfs.h"

enum { CORE_2_BYTES = 100, CORE_3_BYTES = 176, CORE_CRC = 100, BIGTIME_OFFSET_SECONDS = 0x80000000 };

static struct timestamp
take_time(const uint8_t *bytes, size_t at, bool is_big)
{
	struct timestamp time = { .resolution_nanoseconds = 1 };
	uint64_t raw = xfs_u64(bytes, at);

	if (is_big) {
		time.seconds = (int64_t)(raw / 1000000000) - (int64_t)BIGTIME_OFFSET_SECONDS;
		time.nanoseconds = (uint32_t)(raw % 1000000000);
	} else {
		time.seconds = (int32_t)xfs_u32(bytes, at);
		time.nanoseconds = xfs_u32(bytes, at + 4) < 1000000000 ? xfs_u32(bytes, at + 4) : 0;
	}
	return time;
}

static void
take_times(const uint8_t *bytes, bool is_v3, struct xfs_inode *inode)
{
	bool is_big = inode->flags2 & XFS_FLAG2_BIGTIME;

	inode->times.accessed = take_time(bytes, 32, is_big);
	inode->times.modified = take_time(bytes, 40, is_big);
	inode->times.changed = take_time(bytes, 48, is_big);
	if (is_v3)
		inode->times.born = take_time(bytes, 144, is_big);
	inode->was_used = xfs_u64(bytes, 32) || xfs_u64(bytes, 40) || xfs_u64(bytes, 48);
}

static void
take_counts(const uint8_t *bytes, struct xfs_inode *inode)
{
	struct xfs_fork *data = &inode->forks[XFS_FORK_DATA], *attributes = &inode->forks[XFS_FORK_ATTRIBUTES];

	if (inode->flags2 & XFS_FLAG2_WIDE_COUNTS) {
		data->extent_count = xfs_u64(bytes, 24);
		attributes->extent_count = xfs_u32(bytes, 76);
	} else {
		data->extent_count = xfs_u32(bytes, 76);
		attributes->extent_count = xfs_u16(bytes, 80);
	}
}

/* Where the forks lie; false where they would not lie within the inode. */
static bool
take_forks(const uint8_t *bytes, uint16_t core, uint32_t inode_size, struct xfs_inode *inode)
{
	struct xfs_fork *data = &inode->forks[XFS_FORK_DATA], *attributes = &inode->forks[XFS_FORK_ATTRIBUTES];
	uint16_t room = (uint16_t)(inode_size - core), first = (uint16_t)(bytes[82] * 8U);

	data->offset = core;
	data->format = bytes[5];
	data->length = first && first < room ? first : room;
	if (first >= room)
		return !first;
	attributes->format = bytes[83];
	attributes->offset = (uint16_t)(core + first);
	attributes->length = first ? (uint16_t)(room - first) : 0;
	return true;
}

static void
take_inode(const uint8_t *bytes, const struct xfs_geometry *geometry, struct xfs_inode *inode)
{
	bool is_v3 = bytes[4] == 3;

	memcpy(inode->bytes, bytes, geometry->inode_size);
	inode->mode = xfs_u16(bytes, 2);
	inode->uid = xfs_u32(bytes, 8);
	inode->gid = xfs_u32(bytes, 12);
	inode->links = bytes[4] == 1 ? xfs_u16(bytes, 6) : xfs_u32(bytes, 16);
	inode->size = xfs_u64(bytes, 56);
	inode->block_count = xfs_u64(bytes, 64);
	inode->flags = xfs_u16(bytes, 90);
	inode->flags2 = is_v3 ? xfs_u64(bytes, 120) : 0;
	take_times(bytes, is_v3, inode);
	take_counts(bytes, inode);
	if (!take_forks(bytes, is_v3 ? CORE_3_BYTES : CORE_2_BYTES, geometry->inode_size, inode))
		inode->broken = "its attributes would begin behind its end";
	else if (inode->size > INT64_MAX)
		inode->broken = "the size it claims makes no sense";
}

static const char *
check_inode(const struct xfs *xfs, const uint8_t *bytes, uint64_t number)
{
	const struct xfs_geometry *geometry = &xfs->geometry;

	if (!geometry->is_v5)
		return bytes[4] > 2 ? "it is of a version that its file system does not have" : NULL;
	if (bytes[4] != 3)
		return "it is of a version that its file system does not have";
	if (!xfs_sum_is_right(&xfs->crc, bytes, geometry->inode_size, CORE_CRC))
		return "it fails its checksum";
	if (xfs_u64(bytes, 152) != number)
		return "it says that it is another inode";
	return memcmp(bytes + 160, geometry->seal_uuid, XFS_UUID_BYTES) ? "it is that of another file system" : NULL;
}

/* The bytes of an inode within the window, or in place where it is fresh; NULL where they cannot be read. */
static const uint8_t *
find_bytes(struct xfs *xfs, uint64_t offset, bool fresh, uint8_t *place, enum status *ret_status)
{
	uint32_t size = xfs->geometry.inode_size;
	size_t got = 0;

	*ret_status = STATUS_OK;
	if (!fresh && xfs->window_length && offset >= xfs->window_offset &&
	    offset + size <= xfs->window_offset + xfs->window_length)
		return xfs->window + (offset - xfs->window_offset);
	if (!fresh) {
		xfs->window_offset = offset - offset % XFS_WINDOW_BYTES;
		xfs->window_length = 0;
		if (source_read(xfs->volume, xfs->window_offset, xfs->window, XFS_WINDOW_BYTES, &got) == STATUS_OK &&
		    offset + size <= xfs->window_offset + got) {
			xfs->window_length = got;
			return xfs->window + (offset - xfs->window_offset);
		}
	}
	/* Alone: damage nearby is not its own. */
	*ret_status = source_read_exactly(xfs->volume, offset, place, size);
	return *ret_status > STATUS_UNREADABLE ? place : NULL;
}

enum status
xfs_inode_read(struct xfs *xfs, uint64_t number, bool fresh, struct xfs_inode *ret_inode, const char **ret_reason)
{
	uint8_t place[XFS_INODE_BYTES_MAX];
	const uint8_t *bytes;
	enum status status;
	const char *broken;

	memset(ret_inode, 0, offsetof(struct xfs_inode, bytes));
	ret_inode->number = number;
	*ret_reason = "its file system can have no such inode";
	if (!xfs_inode_offset(&xfs->geometry, number, &ret_inode->offset))
		return STATUS_UNREADABLE;
	*ret_reason = "its inode lies where the medium cannot be read";
	bytes = find_bytes(xfs, ret_inode->offset, fresh, place, &status);
	if (!bytes)
		return STATUS_UNREADABLE;
	*ret_reason = status == STATUS_DAMAGED ? "its inode lies in a damaged range of the medium" :
		"there is no inode where it should be";
	if (memcmp(bytes, "IN", 2) || !bytes[4] || bytes[4] > 3)
		return STATUS_UNREADABLE;
	take_inode(bytes, &xfs->geometry, ret_inode);
	broken = check_inode(xfs, bytes, number);
	if (broken)
		ret_inode->broken = broken;
	if (status == STATUS_DAMAGED)
		ret_inode->broken = "it lies in a damaged range of the medium";
	*ret_reason = ret_inode->broken;
	return ret_inode->broken ? STATUS_DAMAGED : STATUS_OK;
}
