/*
 * xfs_attribute.c - extended attributes of inodes of XFS.
 *
 * A short list lies within the inode:
 *
 *	00 2f  01  00                              bytes in all, attributes
 *	0a  14  04  63 61 70 ...                   lengths of name and value, flags (2 trusted, 4
 *	                                           security, 8 a parent, 80 not whole), name, value
 *
 * Others lie in blocks of the attribute fork.  Nodes (magic febe, of version 5 3ebe) lead by
 * hashes to leaves (fbee, 3bee), which have neighbours and a table:
 *
 *	12 34 56 78  0f c4  05 00                  hash, place of the name in the block, flags (1:
 *	                                           the value stands behind it)
 *	00 14  0a  63 61 70 ...                    there: lengths of value and name, name, value; or
 *	00 00 00 01  00 00 40 00  0a ...           block of the fork where the value lies, its length
 *
 * Of version 5 each of the blocks of such a value begins with 56 bytes: "XARM", place
 * and bytes of the value, the seal.
 *
 * XFS Algorithms and Data Structures, chapter "Extended Attributes".
 */
#include <string.h>

#include "xfs.h"

enum {
	SHORT_HEADER_BYTES = 4, LEAF_4_BYTES = 32, LEAF_5_BYTES = 80, NODE_4_BYTES = 16, NODE_5_BYTES = 64,
	COUNT_4_AT = 12, COUNT_5_AT = 56, MAGIC_AT = 8, REMOTE_HEADER_BYTES = 56, TABLE_ENTRY_BYTES = 8,
	FLAG_LOCAL = 0x1, FLAG_TRUSTED = 0x2, FLAG_SECURITY = 0x4, FLAG_PARENT = 0x8, FLAG_INCOMPLETE = 0x80,
	LEVELS_MAX = 8, VALUE_BYTES_MAX = 65536, NAME_BYTES_MAX = 16 + 255,
};
enum { MAGIC_LEAF_4 = 0xfbee, MAGIC_LEAF_5 = 0x3bee, MAGIC_NODE_4 = 0xfebe, MAGIC_NODE_5 = 0x3ebe };

struct reading {
	struct xfs *xfs;
	const struct xfs_inode *inode;
	const struct xfs_attribute_sink *out;
	struct xfs_extents extents;
	uint64_t    blocks_left;	/* that may still be read */
	uint8_t    *block;		/* leaf or node */
	const char *reason;		/* the first */
	enum status status;
};

static void
complain(struct reading *r, const char *reason)
{
	if (r->status == STATUS_OK)
		r->reason = reason;
	r->status = STATUS_DAMAGED;
}

/* Of a short list, and of those in leaves whose value stands behind the name. */
static void
hand_out(struct reading *r, uint8_t flags, const uint8_t *name, size_t name_length, const uint8_t *value, size_t length)
{
	const char *prefix = flags & FLAG_TRUSTED ? "trusted." : flags & FLAG_SECURITY ? "security." : "user.";
	size_t prefix_length = strlen(prefix);
	char full[NAME_BYTES_MAX];

	if (flags & (FLAG_INCOMPLETE | FLAG_PARENT))
		return;
	memcpy(full, prefix, prefix_length);
	memcpy(full + prefix_length, name, name_length);
	r->out->attribute(r->out->context, &(struct xfs_attribute){
		.name = full, .name_length = prefix_length + name_length, .value = value, .length = length });
}

static void
read_short(struct reading *r)
{
	const struct xfs_fork *fork = &r->inode->forks[XFS_FORK_ATTRIBUTES];
	struct cursor c = cursor_over(r->inode->bytes + fork->offset, fork->length);
	size_t size = take_u16be(&c);
	unsigned count = take_u8(&c);

	if (size < SHORT_HEADER_BYTES || size > fork->length) {
		complain(r, "the attributes in its inode make no sense");
		return;
	}
	c = cursor_over(r->inode->bytes + fork->offset + SHORT_HEADER_BYTES, size - SHORT_HEADER_BYTES);
	for (; count && !c.failed; count--) {
		size_t name_length = take_u8(&c), length = take_u8(&c);
		uint8_t flags = take_u8(&c);
		const uint8_t *name = take_bytes(&c, name_length), *value = take_bytes(&c, length);

		if (!c.failed)
			hand_out(r, flags, name, name_length, value, length);
	}
	if (c.failed)
		complain(r, "the attributes in its inode make no sense");
}

/* One block of a value that lies apart; the bytes of it that stand there, 0 where it makes no sense. */
static size_t
read_remote_block(struct reading *r, uint64_t file_block, size_t done, size_t left, uint8_t *to)
{
	uint32_t size = r->xfs->geometry.block_size;
	size_t header = r->xfs->geometry.is_v5 ? REMOTE_HEADER_BYTES : 0, bytes = size - header;
	uint64_t offset = 0;

	if (bytes > left)
		bytes = left;
	if (xfs_fork_read(r->xfs, &r->extents, file_block, 1, r->block, &offset) != STATUS_OK)
		return 0;
	if (header && (memcmp(r->block, "XARM", 4) || xfs_u32(r->block, 4) != done || xfs_u32(r->block, 8) != bytes ||
	    xfs_check_seal(r->xfs, &xfs_seal_remote, r->block, size, offset, r->inode->number)))
		return 0;
	memcpy(to, r->block + header, bytes);
	return bytes;
}

/* The leaf stands in leaf: r->block is free for use. */
static void
read_remote(struct reading *r, uint8_t flags, struct cursor c)
{
	uint64_t file_block = take_u32be(&c);
	size_t length = take_u32be(&c), name_length = take_u8(&c), done = 0, got = 1;
	const uint8_t *name = take_bytes(&c, name_length);
	uint8_t *value;

	if (c.failed || length > VALUE_BYTES_MAX) {
		complain(r, "an attribute of it makes no sense");
		return;
	}
	value = memory_allocate(1, length + 1);
	for (; got && done < length; done += got)
		got = read_remote_block(r, file_block++, done, length - done, value + done);
	if (done == length)
		hand_out(r, flags, name, name_length, value, length);
	else
		complain(r, "the value of an attribute cannot be read");
	memory_free(value);
}

static void
read_local(struct reading *r, uint8_t flags, struct cursor c)
{
	size_t length = take_u16be(&c), name_length = take_u8(&c);
	const uint8_t *name = take_bytes(&c, name_length), *value = take_bytes(&c, length);

	if (c.failed)
		complain(r, "an attribute of it makes no sense");
	else
		hand_out(r, flags, name, name_length, value, length);
}

static void
read_leaf(struct reading *r, const uint8_t *leaf)
{
	size_t size = r->xfs->geometry.block_size, header = r->xfs->geometry.is_v5 ? LEAF_5_BYTES : LEAF_4_BYTES;
	size_t count = xfs_u16(leaf, r->xfs->geometry.is_v5 ? COUNT_5_AT : COUNT_4_AT);

	if (count > (size - header) / TABLE_ENTRY_BYTES) {
		complain(r, "a list of its attributes makes no sense");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const uint8_t *entry = leaf + header + i * TABLE_ENTRY_BYTES;
		struct cursor c = cursor_at(leaf, size, xfs_u16(entry, 4));
		uint8_t flags = entry[6];

		if (flags & FLAG_INCOMPLETE)
			continue;
		if (flags & FLAG_LOCAL)
			read_local(r, flags, c);
		else
			read_remote(r, flags, c);
	}
}

/* Reads a leaf or a node into r->block: its magic, 0 where it is neither. */
static uint16_t
load(struct reading *r, uint64_t file_block)
{
	bool is_v5 = r->xfs->geometry.is_v5;
	uint32_t size = r->xfs->geometry.block_size;
	uint64_t offset = 0;
	const char *reason;
	uint16_t magic;

	if (!r->blocks_left || xfs_fork_read(r->xfs, &r->extents, file_block, 1, r->block, &offset) != STATUS_OK) {
		complain(r, "a block of its attributes cannot be read");
		return 0;
	}
	r->blocks_left--;
	magic = xfs_u16(r->block, MAGIC_AT);
	if (magic != (is_v5 ? MAGIC_LEAF_5 : MAGIC_LEAF_4) && magic != (is_v5 ? MAGIC_NODE_5 : MAGIC_NODE_4)) {
		complain(r, "a block of its attributes is none");
		return 0;
	}
	reason = xfs_check_seal(r->xfs, &xfs_seal_index, r->block, size, offset, r->inode->number);
	if (reason)
		complain(r, reason);
	return magic;
}

/* From the root down to the first leaf, then from neighbour to neighbour. */
static void
read_blocks(struct reading *r)
{
	bool is_v5 = r->xfs->geometry.is_v5;
	uint8_t *leaf = memory_allocate(1, r->xfs->geometry.block_size);
	uint64_t at = 0;
	uint16_t magic = load(r, at);

	for (unsigned i = 0; i < LEVELS_MAX && (magic == MAGIC_NODE_4 || magic == MAGIC_NODE_5); i++) {
		at = xfs_u32(r->block, (is_v5 ? NODE_5_BYTES : NODE_4_BYTES) + 4);
		magic = load(r, at);
	}
	if (magic == MAGIC_NODE_4 || magic == MAGIC_NODE_5)
		complain(r, "the index of its attributes makes no sense");
	while (magic == MAGIC_LEAF_4 || magic == MAGIC_LEAF_5) {
		memcpy(leaf, r->block, r->xfs->geometry.block_size);
		read_leaf(r, leaf);
		at = xfs_u32(leaf, 0);
		magic = at ? load(r, at) : 0;
	}
	memory_free(leaf);
}

enum status
xfs_attributes_read(struct xfs *xfs, const struct xfs_inode *inode, const struct xfs_attribute_sink *out,
	const char **ret_reason)
{
	const struct xfs_fork *fork = &inode->forks[XFS_FORK_ATTRIBUTES];
	struct reading r = { .xfs = xfs, .inode = inode, .out = out };
	const char *reason = NULL;

	if (fork->length && fork->format == XFS_FORMAT_LOCAL) {
		read_short(&r);
	} else if (fork->length && (fork->format != XFS_FORMAT_EXTENTS || fork->extent_count)) {
		r.block = memory_allocate(1, xfs->geometry.block_size);
		if (xfs_extents_read(xfs, inode, XFS_FORK_ATTRIBUTES, &r.extents, &reason) != STATUS_OK)
			complain(&r, reason);
		for (size_t i = 0; i < r.extents.count; i++)
			r.blocks_left += r.extents.items[i].count;
		read_blocks(&r);
		memory_free(r.block);
		xfs_extents_release(&r.extents);
	}
	*ret_reason = r.reason;
	return r.status;
}
