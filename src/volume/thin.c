/*
 * thin.c - where the chunks of a thin volume lie in its pool (dm-thin;
 * Documentation/admin-guide/device-mapper/thin-provisioning.rst and
 * drivers/md/dm-thin-metadata.c, persistent-data/dm-btree-internal.h of Linux).
 *
 *	blocks of 4096 bytes; block 0:
 *	0   u32 CRC-32C of the block behind it, exclusive-or 160774; 4 u32 flags; 8 u64 number of the block
 *	32  u64 27022010; 40 u32 version; 44 u32 time; 48 u64 transaction; 56 u64 held root
 *	64  space maps of data and metadata, 128 bytes each
 *	320 u64 root of the mappings; 328 u64 of device details; 336 u32 sectors of a data block
 *	a node of a B-tree:
 *	0   u32 CRC-32C, exclusive-or 121107; 4 u32 1 internal, 2 leaf; 8 u64 number of the block
 *	16  u32 entries; 20 u32 room for entries; 24 u32 bytes of a value; 32 keys, 8 bytes each;
 *	    behind the room for keys the values
 *
 * The tree of mappings leads from the device's number to the root of a tree of its own,
 * which leads from a chunk to (chunk of the pool << 24 | time).
 */
#include <inttypes.h>
#include <string.h>

#include <t1554triage/crc32c.h>
#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "chunk_map.h"

enum {
	BLOCK_BYTES = 4096, SECTOR_BYTES = 512, SUPERBLOCK_XOR = 160774, NODE_XOR = 121107, MAGIC = 27022010,
	INTERNAL_NODE = 1, LEAF_NODE = 2, NODE_HEADER = 32, VALUE_BYTES = 8, DEPTH_MAX = 16, TIME_BITS = 24,
};

struct thin {
	struct source      *metadata;
	struct crc32c       crc;
	const struct place *at;
	const struct notes *notes;
	struct chunk_map   *map;
	uint64_t            blocks_left;	/* of the limit: a tree may be no tree */
	enum status         status;
	bool                noted;
};

/* Blocks yet to be read, deepest last: no recursion over evidence. */
struct thin_path {
	struct { uint64_t block; unsigned level; } *items;
	size_t count, capacity;
};

static void
push(struct thin_path *path, uint64_t block, unsigned level)
{
	path->items = memory_grow(path->items, path->count, &path->capacity, sizeof *path->items);
	path->items[path->count].block = block;
	path->items[path->count++].level = level;
}

static bool
read_block(struct thin *thin, uint64_t number, uint32_t exclusive_or, uint8_t block[BLOCK_BYTES])
{
	struct cursor c = cursor_over(block, BLOCK_BYTES);

	if (number >= thin->metadata->size / BLOCK_BYTES ||
	    source_read_exactly(thin->metadata, number * BLOCK_BYTES, block, BLOCK_BYTES) < STATUS_OK)
		return false;
	/* The form of the kernel: the remainder, not inverted. */
	if ((crc32c_add(&thin->crc, 0xffffffff, block + 4, BLOCK_BYTES - 4) ^ exclusive_or) != take_u32le(&c))
		return false;
	take_u32le(&c);
	return take_u64le(&c) == number;
}

static void
note_broken(struct thin *thin, uint64_t block)
{
	thin->status = STATUS_DAMAGED;
	if (thin->noted)
		return;
	thin->noted = true;
	note(thin->notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED, thin->at,
		"block %" PRIu64 " of the pool's metadata is damaged: chunks of the thin volume %s that only it names "
		"are read as zeros", block, thin->at->volume);
}

struct thin_node {
	bool     is_leaf;
	uint32_t count, room;
	uint8_t  block[BLOCK_BYTES];
};

static bool
read_node(struct thin *thin, uint64_t number, struct thin_node *node)
{
	struct cursor c;
	uint32_t flags;

	if (!thin->blocks_left || !read_block(thin, number, NODE_XOR, node->block))
		return false;
	thin->blocks_left--;
	c = cursor_at(node->block, BLOCK_BYTES, 4);
	flags = take_u32le(&c);
	take_u64le(&c);
	node->count = take_u32le(&c);
	node->room = take_u32le(&c);
	node->is_leaf = flags & LEAF_NODE;
	return take_u32le(&c) == VALUE_BYTES && node->count <= node->room &&
	       node->room <= (BLOCK_BYTES - NODE_HEADER) / (8 + VALUE_BYTES) && flags & (INTERNAL_NODE | LEAF_NODE);
}

static uint64_t
number_at(const struct thin_node *node, uint64_t offset)
{
	struct cursor c = cursor_at(node->block, BLOCK_BYTES, offset);

	return take_u64le(&c);
}

static uint64_t
key_of(const struct thin_node *node, uint32_t i)
{
	return number_at(node, NODE_HEADER + 8 * (uint64_t)i);
}

static uint64_t
value_of(const struct thin_node *node, uint32_t i)
{
	return number_at(node, NODE_HEADER + 8 * (uint64_t)node->room + VALUE_BYTES * (uint64_t)i);
}

/* The root of the device's own tree; false: there is none. */
static bool
find_device(struct thin *thin, uint64_t block, uint64_t device, uint64_t *ret_root)
{
	struct thin_node *node = memory_allocate(1, sizeof *node);
	bool found = false;

	for (unsigned level = 0; level < DEPTH_MAX && read_node(thin, block, node); level++) {
		uint32_t next = 0;

		while (next + 1 < node->count && key_of(node, next + 1) <= device)
			next++;
		if (!node->count || key_of(node, next) > device)
			break;
		block = value_of(node, next);
		if (node->is_leaf) {
			found = key_of(node, next) == device;
			break;
		}
	}
	memory_free(node);
	*ret_root = block;
	return found;
}

static void
read_mappings(struct thin *thin, uint64_t root)
{
	uint64_t limit = limit_get(LIMIT_MAPPED_CHUNKS);
	struct thin_node *node = memory_allocate(1, sizeof *node);
	struct thin_path path = { .items = NULL };

	push(&path, root, 0);
	while (path.count && thin->map->count < limit) {
		uint64_t block = path.items[--path.count].block;
		unsigned level = path.items[path.count].level;

		if (level >= DEPTH_MAX || !read_node(thin, block, node)) {
			note_broken(thin, block);
			continue;
		}
		for (uint32_t i = 0; i < node->count; i++) {
			if (node->is_leaf)
				chunk_map_add(thin->map, key_of(node, i), value_of(node, i) >> TIME_BITS);
			else
				push(&path, value_of(node, i), level + 1);
		}
	}
	if (path.count)
		note_broken(thin, path.items[path.count - 1].block);
	memory_free(path.items);
	memory_free(node);
	chunk_map_sort(thin->map);
}

enum status
thin_read_map(struct source *metadata, uint32_t device, uint64_t chunk, const struct place *at,
	const struct notes *notes, struct chunk_map *map)
{
	struct thin thin = { .metadata = metadata, .at = at, .notes = notes, .map = map,
		.blocks_left = limit_get(LIMIT_MAPPED_CHUNKS) / 64 + 16 };
	uint8_t block[BLOCK_BYTES];
	uint64_t magic, root;
	uint32_t sectors;
	struct cursor c = cursor_at(block, sizeof block, 32);

	crc32c_init(&thin.crc);
	if (!read_block(&thin, 0, SUPERBLOCK_XOR, block))
		return note(notes, STATUS_UNREADABLE, NOTE_VOLUME_DAMAGED, at,
			"the superblock of the pool's metadata is damaged: the thin volume %s cannot be read", at->volume);
	magic = take_u64le(&c);
	c = cursor_at(block, sizeof block, 320);
	root = take_u64le(&c);
	take_u64le(&c);
	sectors = take_u32le(&c);
	if (magic != MAGIC || (uint64_t)sectors * SECTOR_BYTES != chunk)
		return note(notes, STATUS_UNREADABLE, NOTE_VOLUME_DAMAGED, at,
			"the pool's metadata are of another pool than the volume group says: the thin volume %s cannot "
			"be read", at->volume);
	if (find_device(&thin, root, device, &root))
		read_mappings(&thin, root);
	else
		return note(notes, STATUS_UNREADABLE, NOTE_VOLUME_DAMAGED, at,
			"the pool's metadata do not hold the thin volume %s (device %" PRIu32 "): it cannot be read",
			at->volume, device);
	return thin.status;
}
