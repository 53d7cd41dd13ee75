/*
 * xfs_deleted.c - what is left of deleted files of XFS, and inodes without a name.
 *
 * Inodes are made 64 at a time; a tree in each allocation group has a record for each such chunk:
 *
 *	00 00 00 80  00 00  40  3b                 its first inode in the group; of sparse ones a bit for
 *	                                           each four that are missing; inodes, free ones
 *	ff ff ff ff ff ff ff e0                    a bit for each that is free, the first the lowest
 *
 * Its blocks begin with "IABT" or "IAB3", level, entries, neighbours; above the leaves keys of four bytes, then
 * numbers of blocks in the group.  "ABTB" or "AB3B" is such a tree of free ranges: first block and how many.
 *
 * A freed inode keeps its times, owner and generation, of a link or short directory its size; its mode, its
 * size and its count of extents become 0.  Its extents themselves are not overwritten where it was written
 * with them: then they tell which blocks it had, but not where in the last of them it ended.
 * An inode in use without links was deleted while it was open, when the system stopped.
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/map.h>

#include "xfs_list.h"

enum {
	CHUNK_INODES = 64, SPARSE_INODES = 4, RECORD_BYTES = 16, FREE_RECORD_BYTES = 8, NODE_4_BYTES = 16,
	NODE_5_BYTES = 56, LEVELS_MAX = 16, EXTENT_BYTES = 16, HEADER_BYTES = 344, SECTOR_BYTES_MAX = 32768,
};

/* The header of a group: where, magic, its checksum, root and level of a tree. */
struct group_header { uint8_t sector; char magic[5]; uint16_t crc; uint8_t root, level; };
static const struct group_header inodes_header = { 2, "XAGI", 312, 20, 24 };
static const struct group_header free_header = { 1, "XAGF", 216, 16, 28 };

/* A tree of a group. */
struct tree {
	struct xfs *xfs;
	uint32_t    group;
	const char *magic_4, *magic_5;
	size_t      key_bytes, record_bytes;
	uint64_t    nodes_left;		/* that may still be read */
	/* Of each leaf; false: that is enough. */
	bool      (*leaf)(void *context, const uint8_t *records, size_t count);
	void       *context;
	bool        stopped;
	const char *reason;		/* the first why not all of it was read; NULL: it was */
};

static const char *
read_group_header(struct xfs *xfs, const struct group_header *header, uint32_t group, uint32_t *ret_root,
	uint32_t *ret_level)
{
	const struct xfs_geometry *geometry = &xfs->geometry;
	uint8_t bytes[SECTOR_BYTES_MAX];
	uint64_t offset = ((uint64_t)group * geometry->ag_blocks << geometry->block_log) +
		(uint64_t)header->sector * geometry->sector_size;

	if (source_read_exactly(xfs->volume, offset, bytes, geometry->sector_size) != STATUS_OK)
		return "its header cannot be read";
	if (memcmp(bytes, header->magic, 4) || xfs_u32(bytes, 8) != group)
		return "its header is not there";
	if (geometry->is_v5 && !xfs_sum_is_right(&xfs->crc, bytes, geometry->sector_size, header->crc))
		return "its header fails its checksum";
	*ret_root = xfs_u32(bytes, header->root);
	*ret_level = xfs_u32(bytes, header->level);
	return *ret_level && *ret_level <= LEVELS_MAX ? NULL : "its header makes no sense";
}

/* A block of the tree; its entries, SIZE_MAX with a reason where it is none. */
static size_t
read_node(struct tree *tree, uint32_t block, uint32_t level, uint8_t *bytes)
{
	const struct xfs_geometry *geometry = &tree->xfs->geometry;
	size_t header = geometry->is_v5 ? NODE_5_BYTES : NODE_4_BYTES, count;
	size_t entry = level ? tree->key_bytes + 4 : tree->record_bytes;
	const char *reason = "a block of a tree is not where it should be";
	uint64_t offset = 0;

	if (tree->nodes_left && xfs_block_offset(geometry, (uint64_t)tree->group << geometry->ag_block_log | block, 1,
	    &offset) && block < geometry->ag_blocks) {
		tree->nodes_left--;
		reason = "a block of a tree cannot be read";
		if (source_read_exactly(tree->xfs->volume, offset, bytes, geometry->block_size) == STATUS_OK)
			reason = xfs_check_seal(tree->xfs, &xfs_seal_short_tree, bytes, geometry->block_size, offset,
				tree->group);
	}
	count = reason ? 0 : xfs_u16(bytes, 6);
	if (!reason && (memcmp(bytes, geometry->is_v5 ? tree->magic_5 : tree->magic_4, 4) ||
	    xfs_u16(bytes, 4) != level || count > (geometry->block_size - header) / entry))
		reason = "a block of a tree makes no sense";
	if (!reason)
		return count;
	tree->reason = tree->reason ? tree->reason : reason;
	return SIZE_MAX;
}

/* All leaves below a block, in order. */
static void
walk_node(struct tree *tree, uint32_t block, uint32_t level)
{
	const struct xfs_geometry *geometry = &tree->xfs->geometry;
	size_t header = geometry->is_v5 ? NODE_5_BYTES : NODE_4_BYTES, room, count;
	uint8_t *bytes = memory_allocate(1, geometry->block_size);

	count = read_node(tree, block, level, bytes);
	room = (geometry->block_size - header) / (tree->key_bytes + 4);
	if (count != SIZE_MAX && !level)
		tree->stopped = !tree->leaf(tree->context, bytes + header, count);
	for (size_t i = 0; count != SIZE_MAX && level && i < count && !tree->stopped; i++)
		walk_node(tree, xfs_u32(bytes, header + room * tree->key_bytes + i * 4), level - 1);
	memory_free(bytes);
}

static void
walk_tree(struct tree *tree, const struct group_header *header)
{
	uint32_t root = 0, level = 0;

	tree->nodes_left = xfs_ag_length(&tree->xfs->geometry, tree->group);
	tree->reason = read_group_header(tree->xfs, header, tree->group, &root, &level);
	if (!tree->reason)
		walk_node(tree, root, level - 1);
}

/* Which blocks are free */

struct free_range { uint32_t first, count; };

struct free_blocks {
	struct free_range *ranges;	/* of one group, in order */
	size_t   count, capacity;
	uint32_t group;
	bool     is_loaded, is_known;
};

static bool
take_free(void *context, const uint8_t *records, size_t count)
{
	struct free_blocks *blocks = context;

	for (size_t i = 0; i < count && blocks->count < limit_get(LIMIT_EXTENTS); i++) {
		blocks->ranges = memory_grow(blocks->ranges, blocks->count, &blocks->capacity, sizeof *blocks->ranges);
		blocks->ranges[blocks->count++] = (struct free_range){
			xfs_u32(records, i * FREE_RECORD_BYTES), xfs_u32(records, i * FREE_RECORD_BYTES + 4) };
	}
	return blocks->count < limit_get(LIMIT_EXTENTS);
}

static void
load_free(struct xfs *xfs, uint32_t group, struct free_blocks *blocks)
{
	struct tree tree = { .xfs = xfs, .group = group, .magic_4 = "ABTB", .magic_5 = "AB3B", .key_bytes = 8,
		.record_bytes = FREE_RECORD_BYTES, .leaf = take_free, .context = blocks };

	if (blocks->is_loaded && blocks->group == group)
		return;
	blocks->count = 0;
	blocks->group = group;
	blocks->is_loaded = true;
	walk_tree(&tree, &free_header);
	blocks->is_known = !tree.reason && !tree.stopped;
}

/* How many of some blocks of the loaded group are free. */
static uint64_t
count_free(const struct free_blocks *blocks, uint64_t first, uint64_t end)
{
	size_t low = 0, high = blocks->count;
	uint64_t count = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uint64_t)blocks->ranges[middle].first + blocks->ranges[middle].count <= first)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < blocks->count && blocks->ranges[low].first < end; low++) {
		uint64_t from = blocks->ranges[low].first, to = from + blocks->ranges[low].count;

		if (from < first)
			from = first;
		if (to > end)
			to = end;
		count += to > from ? to - from : 0;
	}
	return count;
}

/* What is left of a freed inode */

bool
xfs_leftover_read(const struct xfs *xfs, const struct xfs_inode *inode, struct xfs_extents *ret_extents)
{
	/* A freed inode has no attributes: the room of its data is all. */
	const struct xfs_fork *fork = &inode->forks[XFS_FORK_DATA];
	const uint8_t *records = inode->bytes + fork->offset;
	uint64_t next = 0, offset;

	if (inode->mode || inode->size || inode->broken)
		return false;
	for (size_t i = 0; i < fork->length / (size_t)EXTENT_BYTES; i++) {
		struct xfs_extent extent = xfs_extent_at(records + i * EXTENT_BYTES);

		/* Other things may lie there: what is no list of extents from the first block on is not taken for one. */
		if (extent.file_block < next || (!i && extent.file_block) ||
		    extent.file_block > (limit_get(LIMIT_FILE_BYTES) >> xfs->geometry.block_log) ||
		    !xfs_block_offset(&xfs->geometry, extent.block, extent.count, &offset))
			break;
		ret_extents->items = memory_grow(ret_extents->items, ret_extents->count, &ret_extents->capacity,
			sizeof *ret_extents->items);
		ret_extents->items[ret_extents->count++] = extent;
		next = extent.file_block + extent.count;
	}
	return ret_extents->count;
}

enum content_state
xfs_leftover_state(struct xfs *xfs, const struct xfs_extents *extents, struct free_blocks *blocks)
{
	uint64_t mask = (1ULL << xfs->geometry.ag_block_log) - 1, total = 0, count = 0;

	for (size_t i = 0; i < extents->count; i++) {
		const struct xfs_extent *extent = &extents->items[i];

		load_free(xfs, (uint32_t)(extent->block >> xfs->geometry.ag_block_log), blocks);
		if (!blocks->is_known)
			return CONTENT_REALLOCATED;
		total += extent->count;
		count += count_free(blocks, extent->block & mask, (extent->block & mask) + extent->count);
	}
	if (!total)
		return CONTENT_GONE;
	return count == total ? CONTENT_INTACT : count ? CONTENT_PARTLY_REALLOCATED : CONTENT_REALLOCATED;
}

struct free_blocks *
xfs_free_blocks_open(void)
{
	return memory_allocate(1, sizeof(struct free_blocks));
}

void
xfs_free_blocks_close(struct free_blocks *blocks)
{
	if (blocks)
		memory_free(blocks->ranges);
	memory_free(blocks);
}

/* Inodes without a name */

struct search {
	struct xfs_walk *walk;
	struct xfs      *xfs;
	uint32_t         group;
	struct map       named;		/* inodes of deleted names */
	uint64_t        *found;
	size_t           count, capacity;
	uint64_t         left;		/* that may still be found */
};

static bool
take_deleted_name(void *context, const struct xfs_name *name)
{
	struct search *search = context;

	if (name->is_deleted && name->inode)
		map_add(&search->named, &name->inode, sizeof name->inode, 1);
	return true;
}

static void
take_inode(struct search *search, uint64_t number, bool is_free)
{
	const struct xfs_name_sink sink = { take_deleted_name, search };
	struct xfs_inode inode;
	const char *reason;
	bool is_found;

	if (xfs_inode_read(search->xfs, number, false, &inode, &reason) != STATUS_OK)
		return;
	if (!is_free && (inode.mode & XFS_MODE_TYPE) == XFS_MODE_DIRECTORY)
		xfs_directory_read(search->xfs, &inode, &sink, &reason);
	is_found = is_free ? !inode.mode && inode.was_used :
		inode.mode && !inode.links && !(inode.flags2 & XFS_FLAG2_METADATA);
	if (!is_found || !search->left)
		return;
	search->left--;
	search->found = memory_grow(search->found, search->count, &search->capacity, sizeof *search->found);
	search->found[search->count++] = number;
}

static bool
take_chunks(void *context, const uint8_t *records, size_t count)
{
	struct search *search = context;
	const struct xfs_geometry *geometry = &search->xfs->geometry;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *record = records + i * RECORD_BYTES;
		uint64_t first = (uint64_t)search->group << (geometry->ag_block_log + geometry->inodes_per_block_log) |
			xfs_u32(record, 0);
		uint32_t missing = geometry->has_sparse_inodes ? xfs_u16(record, 4) : 0;
		uint64_t free = xfs_u64(record, 8);

		for (unsigned inode = 0; inode < CHUNK_INODES; inode++)
			if (!(missing >> inode / SPARSE_INODES & 1))
				take_inode(search, first + inode, free >> inode & 1);
	}
	return true;
}

static enum status
search_group(struct search *search, uint32_t group, const struct notes *notes)
{
	struct place at = { .evidence = search->walk->filesystem->evidence, .volume = search->walk->filesystem->volume };
	struct tree tree = { .xfs = search->xfs, .group = group, .magic_4 = "IABT", .magic_5 = "IAB3", .key_bytes = 4,
		.record_bytes = RECORD_BYTES, .leaf = take_chunks, .context = search };

	search->group = group;
	walk_tree(&tree, &inodes_header);
	if (!tree.reason)
		return STATUS_OK;
	return note(notes, STATUS_DAMAGED, NOTE_DELETED_ITEM, &at, "not all deleted files of allocation group %u were "
		"looked for, its list of inodes is broken: %s", group, tree.reason);
}

enum status
xfs_orphans(struct filesystem *filesystem, const struct entry_sink *out, const struct notes *notes)
{
	struct xfs *xfs = &filesystem->state->xfs;
	struct xfs_walk walk;
	struct search search = { .walk = &walk, .xfs = xfs, .left = limit_get(LIMIT_DIRECTORY_ENTRIES) };
	enum status status = STATUS_OK;
	uint64_t unused;

	xfs_walk_begin(&walk, filesystem, "/$OrphanFiles", out, notes);
	map_init(&search.named);
	for (uint32_t group = 0; group < xfs->geometry.ag_count; group++)
		status = status_worse(status, search_group(&search, group, notes));
	for (size_t i = 0; i < search.count; i++)
		if (!map_get(&search.named, &search.found[i], sizeof search.found[i], &unused) &&
		    !xfs_walk_orphan(&walk, search.found[i]))
			break;
	if (!search.left)
		status = note(notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, NULL,
			"there are more deleted files without a name than the limit (directory-entries)");
	map_release(&search.named);
	memory_free(search.found);
	return status_worse(status, xfs_walk_end(&walk));
}
