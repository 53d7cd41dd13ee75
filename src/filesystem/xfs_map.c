/*
 * xfs_map.c - where the content, the names or the attributes of an inode lie.
 *
 * An extent is 16 bytes, 128 bits from the highest on:
 *
 *	1 bit    not yet written: zeros
 *	54 bits  first block of the file
 *	52 bits  block on the volume
 *	21 bits  how many
 *
 * A fork in the format of extents is a list of these.  As a tree it begins with its root:
 *
 *	00 01  00 02                               level, entries; then keys (first block of the
 *	                                           file, 8 bytes), as many as there is room for,
 *	                                           then as many numbers of blocks
 *
 * and goes on in blocks "BMAP", of version 5 "BMA3": level, entries, neighbours of 8 bytes, the
 * seal; at level 0 extents follow, else keys and numbers again.
 *
 * XFS Algorithms and Data Structures, chapter "Data Extents".
 */
#include <string.h>

#include <t1554triage/limit.h>

#include "xfs.h"

enum {
	EXTENT_BYTES = 16, KEY_BYTES = 8, ROOT_HEADER_BYTES = 4, NODE_4_BYTES = 24, NODE_5_BYTES = 72,
	LEVELS_MAX = 16,
};

struct xfs_extent
xfs_extent_at(const uint8_t *record)
{
	uint64_t high = xfs_u64(record, 0), low = xfs_u64(record, 8);

	return (struct xfs_extent){
		.file_block = high >> 9 & ((1ULL << 54) - 1),
		.block = (high & 0x1ff) << 43 | low >> 21,
		.count = low & ((1 << 21) - 1),
		.unwritten = high >> 63,
	};
}

struct mapping {
	struct xfs *xfs;
	const struct xfs_inode *inode;
	struct xfs_extents *extents;
	uint64_t    nodes_left;		/* that may still be read */
	uint64_t    blocks_left;	/* that one file can have */
	const char *reason;		/* the first of the worst */
	enum status status;
};

static void
complain(struct mapping *m, enum status status, const char *reason)
{
	if (status < m->status)
		m->reason = reason;
	m->status = status_worse(m->status, status);
}

static void
add_extent(struct mapping *m, const struct xfs_extent *extent)
{
	struct xfs_extents *to = m->extents;
	const struct xfs_extent *last = to->count ? &to->items[to->count - 1] : NULL;
	uint64_t offset;

	if ((last && extent->file_block < last->file_block + last->count) ||
	    !xfs_block_offset(&m->xfs->geometry, extent->block, extent->count, &offset))
		complain(m, STATUS_DAMAGED, "its list of extents is broken");
	else if (to->count >= limit_get(LIMIT_EXTENTS))
		complain(m, STATUS_UNREADABLE, "it has more runs of blocks than the limit of extents");
	else if (extent->count > m->blocks_left)
		complain(m, STATUS_UNREADABLE, "it claims more blocks than its file system has");
	else {
		m->blocks_left -= extent->count;
		to->items = memory_grow(to->items, to->count, &to->capacity, sizeof *to->items);
		to->items[to->count++] = *extent;
	}
}

static void
add_records(struct mapping *m, const uint8_t *records, size_t count)
{
	for (size_t i = 0; i < count && m->status > STATUS_UNREADABLE; i++) {
		struct xfs_extent extent = xfs_extent_at(records + i * EXTENT_BYTES);

		add_extent(m, &extent);
	}
}

static void map_children(struct mapping *m, const uint8_t *pointers, size_t count, unsigned level);

/* A block of the tree, which must be of this level. */
static void
map_node(struct mapping *m, uint64_t block, unsigned level, uint8_t *bytes)
{
	const struct xfs_geometry *geometry = &m->xfs->geometry;
	size_t header = geometry->is_v5 ? NODE_5_BYTES : NODE_4_BYTES, room, count;
	uint64_t offset = 0;
	enum status status;
	const char *reason;

	if (!m->nodes_left || !xfs_block_offset(geometry, block, 1, &offset)) {
		complain(m, STATUS_DAMAGED, "its tree of extents is broken");
		return;
	}
	m->nodes_left--;
	status = source_read_exactly(m->xfs->volume, offset, bytes, geometry->block_size);
	if (status != STATUS_OK) {
		complain(m, STATUS_DAMAGED, "its tree of extents lies in a damaged range of the medium");
		return;
	}
	count = xfs_u16(bytes, 6);
	room = (geometry->block_size - header) / (level ? 2 * KEY_BYTES : EXTENT_BYTES);
	if (memcmp(bytes, geometry->is_v5 ? "BMA3" : "BMAP", 4) || xfs_u16(bytes, 4) != level || count > room) {
		complain(m, STATUS_DAMAGED, "its tree of extents is broken");
		return;
	}
	reason = xfs_check_seal(m->xfs, &xfs_seal_long_tree, bytes, geometry->block_size, offset, m->inode->number);
	/* What it says may be right all the same: it is used, and not relied on. */
	if (reason)
		complain(m, STATUS_DAMAGED, reason);
	if (level)
		map_children(m, bytes + header + room * KEY_BYTES, count, level);
	else
		add_records(m, bytes + header, count);
}

static void
map_children(struct mapping *m, const uint8_t *pointers, size_t count, unsigned level)
{
	uint8_t *bytes = memory_allocate(1, m->xfs->geometry.block_size);

	for (size_t i = 0; i < count && m->status > STATUS_UNREADABLE; i++)
		map_node(m, xfs_u64(pointers, i * 8), level - 1, bytes);
	memory_free(bytes);
}

static void
map_tree(struct mapping *m, const struct xfs_fork *fork)
{
	const uint8_t *root = m->inode->bytes + fork->offset;
	size_t room, level, count;

	if (fork->length < ROOT_HEADER_BYTES + 2 * KEY_BYTES) {
		complain(m, STATUS_UNREADABLE, "its tree of extents is broken");
		return;
	}
	room = (fork->length - ROOT_HEADER_BYTES) / (2U * KEY_BYTES);
	level = xfs_u16(root, 0);
	count = xfs_u16(root, 2);
	if (!level || level > LEVELS_MAX || count > room) {
		complain(m, STATUS_UNREADABLE, "its tree of extents is broken");
		return;
	}
	map_children(m, root + ROOT_HEADER_BYTES + room * KEY_BYTES, count, (unsigned)level);
}

static void
map_list(struct mapping *m, const struct xfs_fork *fork)
{
	uint64_t count = fork->extent_count;

	if (count > fork->length / EXTENT_BYTES) {
		complain(m, STATUS_DAMAGED, "it has more extents than its inode has room for");
		count = fork->length / EXTENT_BYTES;
	}
	add_records(m, m->inode->bytes + fork->offset, (size_t)count);
}

enum status
xfs_extents_read(struct xfs *xfs, const struct xfs_inode *inode, enum xfs_fork_kind kind,
	struct xfs_extents *ret_extents, const char **ret_reason)
{
	const struct xfs_fork *fork = &inode->forks[kind];
	uint64_t blocks = xfs->geometry.block_count;
	/* Where blocks are shared, also one file may use one more than once. */
	struct mapping m = {
		.xfs = xfs, .inode = inode, .extents = ret_extents, .nodes_left = blocks,
		.blocks_left = inode->flags2 & XFS_FLAG2_REFLINK ? 16 * blocks : blocks,
	};

	if (m.nodes_left > limit_get(LIMIT_EXTENTS))
		m.nodes_left = limit_get(LIMIT_EXTENTS);
	if (!fork->length)
		return STATUS_OK;
	if (fork->format == XFS_FORMAT_EXTENTS)
		map_list(&m, fork);
	else if (fork->format == XFS_FORMAT_TREE)
		map_tree(&m, fork);
	else
		complain(&m, STATUS_UNREADABLE, "its inode does not say in a known way where it lies");
	if (m.status == STATUS_OK && ret_extents->count != fork->extent_count)
		complain(&m, STATUS_DAMAGED, "it has not as many extents as its inode says");
	*ret_reason = m.reason;
	return m.status;
}

void
xfs_extents_release(struct xfs_extents *extents)
{
	memory_free(extents->items);
	*extents = (struct xfs_extents){ .count = 0 };
}

/* The first extent that ends behind a block. */
static size_t
find_extent(const struct xfs_extents *extents, uint64_t file_block)
{
	size_t low = 0, high = extents->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (extents->items[middle].file_block + extents->items[middle].count <= file_block)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

enum status
xfs_fork_read(struct xfs *xfs, const struct xfs_extents *extents, uint64_t file_block, uint32_t count, uint8_t *bytes,
	uint64_t *ret_offset)
{
	size_t at = find_extent(extents, file_block);
	uint32_t size = xfs->geometry.block_size, found = 0;
	enum status status = STATUS_OK;

	memset(bytes, 0, (size_t)count * size);
	for (; at < extents->count && extents->items[at].file_block < file_block + count; at++) {
		const struct xfs_extent *extent = &extents->items[at];
		uint64_t first = extent->file_block > file_block ? extent->file_block : file_block, offset = 0;
		uint64_t end = extent->file_block + extent->count;

		if (end > file_block + count)
			end = file_block + count;
		if (extent->unwritten ||
		    !xfs_block_offset(&xfs->geometry, extent->block + (first - extent->file_block), end - first, &offset))
			continue;
		if (!found)
			*ret_offset = offset;
		found += (uint32_t)(end - first);
		status = status_worse(status, source_read_exactly(xfs->volume, offset,
			bytes + (first - file_block) * size, (size_t)(end - first) * size));
	}
	if (!found)
		return STATUS_END;
	return found < count ? status_worse(status, STATUS_DAMAGED) : status;
}
