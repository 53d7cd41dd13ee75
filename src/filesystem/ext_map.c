/*
 * ext_map.c - the blocks of a file of ext2, ext3, ext4.
 *
 * The inode holds 60 bytes.  With the flag of extents they are the root of a tree, whose
 * other nodes are whole blocks:
 *
 *	0a f3  02 00  04 00  00 00  00 00 00 00    magic, entries, room for, depth, generation
 *	00 00 00 00  08 00  00 00  00 24 00 00     depth 0: first block of the file, how many (over
 *	                                           32768: less that, and not yet written), high and
 *	                                           low part of the block on the volume
 *	00 00 00 00  10 24 00 00  00 00  00 00     else: first block of the file, low and high part
 *	                                           of the node's block, unused
 *
 * without it fifteen block numbers: twelve of the file, then one of a block of
 * numbers, of a block of such blocks, and of a block of those.  0 is a hole.
 *
 * This is a reading of its own, not libtsk's: that one is quadratic in the
 * number of runs, and fails on some fragmented files with holes.
 *
 * Documentation/filesystems/ext4 of Linux: ifork, blockmap.
 */
#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "ext_map.h"

enum {
	NODE_HEADER_BYTES = 12, NODE_ENTRY_BYTES = 12, TREE_DEPTH_MAX = 5, WRITTEN_MAX = 32768,
	DIRECT_BLOCKS = 12, INDIRECT_LEVELS = 3,
};

struct mapping {
	const struct ext *ext;
	struct source    *source;
	struct run_list  *runs;
	uint64_t          blocks_left;	/* of the volume, not yet used by this file: a block holds one thing */
	uint64_t          nodes_left;	/* that may still be read */
	const char       *reason;	/* the first */
	enum status       status;
};

static void
complain(struct mapping *m, enum status status, const char *reason)
{
	if (m->status == STATUS_OK || status < m->status)
		m->reason = reason;
	m->status = status_worse(m->status, status);
}

/* No run tells where the blocks before end are. */
static void
lose(struct mapping *m, uint64_t end, const char *reason)
{
	complain(m, STATUS_DAMAGED, reason);
	run_list_fill(m->runs, RUN_LOST, end * m->ext->block_size);
}

/* First block of the file that has no run yet. */
static uint64_t
position(const struct mapping *m)
{
	return (run_list_covered(m->runs) + m->ext->block_size - 1) / m->ext->block_size;
}

static bool
is_done(const struct mapping *m)
{
	return m->status <= STATUS_UNREADABLE || run_list_covered(m->runs) >= m->runs->size;
}

static bool
is_on_volume(const struct mapping *m, uint64_t block, uint64_t count)
{
	return block && block < m->ext->block_count && count <= m->ext->block_count - block;
}

static void
add_data(struct mapping *m, uint64_t block, uint64_t count)
{
	if (count > m->blocks_left)
		complain(m, STATUS_UNREADABLE, "it claims more blocks than its file system has");
	else if (m->runs->count >= limit_get(LIMIT_EXTENTS))
		complain(m, STATUS_UNREADABLE, "it has more runs of blocks than the limit of extents");
	if (m->status <= STATUS_UNREADABLE)
		return;
	m->blocks_left -= count;
	run_list_add(m->runs, RUN_DATA, block * m->ext->block_size, count * m->ext->block_size);
}

/* A block of the map itself: owned by the caller; NULL where it is lost. */
static uint8_t *
read_node(struct mapping *m, uint64_t block)
{
	uint8_t *bytes;
	enum status status;

	if (!is_on_volume(m, block, 1) || !m->nodes_left)
		return NULL;
	m->nodes_left--;
	bytes = memory_allocate(1, m->ext->block_size);
	status = source_read_exactly(m->source, block * m->ext->block_size, bytes, m->ext->block_size);
	if (status == STATUS_OK)
		return bytes;
	/* Zeros in place of what is lost would be taken for holes. */
	complain(m, STATUS_DAMAGED, "its list of blocks lies in a damaged range of the medium");
	memory_free(bytes);
	return NULL;
}

/* Extents */

static const char no_tree[] = "its tree of extents is broken";

static void
map_extent(struct mapping *m, struct cursor *c, uint64_t end)
{
	uint64_t first = take_u32le(c), count = take_u16le(c), block = take_u16le(c) * (1ULL << 32);
	bool written = count <= WRITTEN_MAX;

	block += take_u32le(c);
	if (!written)
		count -= WRITTEN_MAX;
	if (!count || first < position(m) || first + count > end || !is_on_volume(m, block, count)) {
		lose(m, end, no_tree);
		return;
	}
	run_list_fill(m->runs, RUN_HOLE, first * m->ext->block_size);
	if (is_done(m))
		return;
	if (written)
		add_data(m, block, count);
	else
		run_list_add(m->runs, RUN_HOLE, 0, count * m->ext->block_size);
}

static void map_node(struct mapping *m, struct cursor node, unsigned depth, uint64_t end);

/* An entry that is not a leaf's; end is where the next one begins. */
static void
map_child(struct mapping *m, struct cursor *c, unsigned depth, uint64_t end)
{
	uint64_t first = take_u32le(c), block = take_u32le(c);
	uint8_t *bytes;

	block |= (uint64_t)take_u16le(c) << 32;
	if (first < position(m) || first >= end) {
		lose(m, end, no_tree);
		return;
	}
	run_list_fill(m->runs, RUN_HOLE, first * m->ext->block_size);
	if (is_done(m))
		return;
	bytes = read_node(m, block);
	if (bytes)
		map_node(m, cursor_over(bytes, m->ext->block_size), depth - 1, end);
	else
		lose(m, end, no_tree);
	memory_free(bytes);
}

/* Maps the blocks of the file from position() to what this node covers, at most to end. */
static void
map_node(struct mapping *m, struct cursor node, unsigned depth, uint64_t end)
{
	uint16_t magic = take_u16le(&node), entries = take_u16le(&node), room = take_u16le(&node);
	uint16_t told_depth = take_u16le(&node);

	take_u32le(&node);
	if (magic != 0xf30a || told_depth != depth || entries > room || (depth && !entries) ||
	    (size_t)(node.end - node.at) < (size_t)entries * NODE_ENTRY_BYTES) {
		lose(m, end, no_tree);
		return;
	}
	for (unsigned i = 0; i < entries && !is_done(m); i++) {
		struct cursor next = cursor_over(node.at + NODE_ENTRY_BYTES, 4);
		uint64_t entry_end = end;

		if (i + 1U < entries)
			entry_end = take_u32le(&next);
		if (entry_end > end)
			entry_end = end;
		if (depth) {
			map_child(m, &node, depth, entry_end);
			take_bytes(&node, 2);
		} else {
			map_extent(m, &node, entry_end);
		}
	}
}

static void
map_tree(struct mapping *m, const struct ext_inode *inode)
{
	struct cursor root = cursor_over(inode->map, sizeof inode->map);
	struct cursor c = cursor_at(inode->map, sizeof inode->map, 6);
	uint16_t depth = take_u16le(&c);

	if (depth > TREE_DEPTH_MAX) {
		complain(m, STATUS_UNREADABLE, no_tree);
		return;
	}
	map_node(m, root, depth, 1ULL << 32);
}

/* Block numbers */

static uint64_t
span_of(const struct mapping *m, unsigned level)
{
	uint64_t span = 1;

	while (level--)
		span *= m->ext->block_size / 4;
	return span;
}

static void
map_pointer(struct mapping *m, uint64_t block, unsigned level)
{
	uint64_t end = position(m) + span_of(m, level);
	struct cursor c;
	uint8_t *bytes;

	if (!block) {
		run_list_fill(m->runs, RUN_HOLE, end * m->ext->block_size);
		return;
	}
	if (!level && is_on_volume(m, block, 1)) {
		add_data(m, block, 1);
		return;
	}
	bytes = level ? read_node(m, block) : NULL;
	if (!bytes) {
		lose(m, end, "its list of blocks names blocks that its file system does not have");
		return;
	}
	c = cursor_over(bytes, m->ext->block_size);
	while (c.at < c.end && !is_done(m))
		map_pointer(m, take_u32le(&c), level - 1);
	memory_free(bytes);
}

static void
map_pointers(struct mapping *m, const struct ext_inode *inode)
{
	struct cursor c = cursor_over(inode->map, sizeof inode->map);

	for (unsigned i = 0; i < DIRECT_BLOCKS + INDIRECT_LEVELS && !is_done(m); i++)
		map_pointer(m, take_u32le(&c), i < DIRECT_BLOCKS ? 0 : i - DIRECT_BLOCKS + 1);
}

enum status
ext_map(const struct ext *ext, struct source *source, const struct ext_inode *inode,
	struct run_list *runs, const char **ret_reason)
{
	struct mapping m = {
		.ext = ext, .source = source, .runs = runs, .blocks_left = ext->block_count,
		.nodes_left = ext->block_count, .status = STATUS_OK,
	};

	if (m.nodes_left > limit_get(LIMIT_EXTENTS))
		m.nodes_left = limit_get(LIMIT_EXTENTS);
	if (inode->flags & EXT_FLAG_EXTENTS)
		map_tree(&m, inode);
	else
		map_pointers(&m, inode);
	/* Nothing of it is told. */
	if (m.status == STATUS_DAMAGED && m.blocks_left == ext->block_count)
		m.status = STATUS_UNREADABLE;
	if (m.status > STATUS_UNREADABLE)
		run_list_fill(runs, RUN_HOLE, runs->size);
	if (m.reason)
		*ret_reason = m.reason;
	return m.status;
}
