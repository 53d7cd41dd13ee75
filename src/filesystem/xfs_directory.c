/*
 * xfs_directory.c - the names in directories of XFS.
 *
 * A short one lies within its inode:
 *
 *	02  00  00 00 00 80                        names, of them with 8-byte numbers (if any, all
 *	                                           have them), the directory it lies in
 *	03  00 60  61 2e 6f  01  00 00 00 83       length of a name, its place in a block, the name,
 *	                                           its type where types are told, its inode
 *
 * Others consist of directory blocks, one or more blocks of the file system each.  Names lie in
 * those below 32 GiB (what follows is an index by hashes, and one of free space):
 *
 *	58 44 44 33 ...                            "XDD3", "XD2D" of version 4; "XDB3", "XD2B": this
 *	                                           block is all, and its index lies at its own end
 *	00 00 00 00 00 00 00 83  03  61 2e 6f      inode, length of the name, the name,
 *	01  00 00 00  00 60                        its type, up to 8 bytes, its place in the block
 *	ff ff 00 20 ...  00 70                     free: its length, at its end its place
 *
 * A name that was removed becomes free room: the first four bytes and the last two are
 * overwritten, neighbours are joined.  What still stands there is told by its place.
 *
 * XFS Algorithms and Data Structures, chapter "Directories".
 */
#include <string.h>

#include "xfs.h"

enum {
	HEADER_4_BYTES = 16, HEADER_5_BYTES = 64, TAIL_BYTES = 8, LEAF_ENTRY_BYTES = 8, ALIGNMENT = 8,
	FREE_TAG = 0xffff, FREE_BYTES_MIN = 8, NAME_AT = 9, TAG_BYTES = 2, TYPES = 9,
};
static const uint64_t index_offset = 1ULL << 35;

struct reading {
	struct xfs *xfs;
	const struct xfs_inode *inode;
	const struct xfs_name_sink *out;
	bool        stopped;
	const char *reason;		/* the first of the worst */
	enum status status;
};

static void
complain(struct reading *r, enum status status, const char *reason)
{
	if (status < r->status)
		r->reason = reason;
	r->status = status_worse(r->status, status);
}

static enum entry_type
type_of(uint8_t type)
{
	static const enum entry_type types[TYPES] = {
		ENTRY_UNKNOWN, ENTRY_REGULAR, ENTRY_DIRECTORY, ENTRY_CHARACTER, ENTRY_BLOCK, ENTRY_FIFO,
		ENTRY_SOCKET, ENTRY_LINK, ENTRY_UNKNOWN,
	};

	return type < TYPES ? types[type] : ENTRY_UNKNOWN;
}

static void
hand_out(struct reading *r, const struct xfs_name *name)
{
	if ((name->length == 1 && name->name[0] == '.') ||
	    (name->length == 2 && name->name[0] == '.' && name->name[1] == '.'))
		return;
	r->stopped = !r->out->name(r->out->context, name);
}

/* Within the inode */

static void
read_short(struct reading *r)
{
	const struct xfs_fork *fork = &r->inode->forks[XFS_FORK_DATA];
	uint64_t size = r->inode->size < fork->length ? r->inode->size : fork->length;
	struct cursor c = cursor_over(r->inode->bytes + fork->offset, (size_t)size);
	unsigned count = take_u8(&c);
	size_t number_bytes = take_u8(&c) ? 8 : 4;

	take_bytes(&c, number_bytes);
	for (unsigned i = 0; i < count && !c.failed && !r->stopped; i++) {
		struct xfs_name name = { .length = take_u8(&c) };

		take_u16be(&c);
		name.name = (const char *)take_bytes(&c, name.length);
		if (r->xfs->geometry.has_types)
			name.type = type_of(take_u8(&c));
		name.inode = take_be(&c, number_bytes);
		if (!c.failed && name.length)
			hand_out(r, &name);
		else
			c.failed = true;
	}
	if (c.failed || r->inode->size > fork->length)
		complain(r, STATUS_DAMAGED, "the names in its inode make no sense");
}

/* In blocks */

/* One directory block, and what of it holds entries. */
struct block {
	const uint8_t *bytes;
	size_t first, end;
};

/* Bytes of an entry with a name of this length. */
static size_t
entry_bytes(const struct reading *r, size_t length)
{
	size_t bytes = NAME_AT + length + r->xfs->geometry.has_types + TAG_BYTES;

	return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static bool
could_be_name(const uint8_t *name, size_t length)
{
	if (!length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!name[i] || name[i] == '/')
			return false;
	return true;
}

/*
 * What was an entry and still is one but for its first four bytes.  Its place stands at its
 * end, or if it ends the free room, that of the room.
 */
static bool
take_removed(struct reading *r, const struct block *block, size_t at, size_t room, size_t room_end, size_t *ret_bytes)
{
	const uint8_t *bytes = block->bytes + at;
	struct xfs_name name = { .is_deleted = true, .length = bytes[NAME_AT - 1] };
	size_t size = entry_bytes(r, name.length);
	uint16_t tag;

	if (size > room_end - at || !could_be_name(bytes + NAME_AT, name.length))
		return false;
	tag = xfs_u16(bytes, size - TAG_BYTES);
	if (tag != at && !(at + size == room_end && tag == room))
		return false;
	if (r->xfs->geometry.has_types) {
		uint8_t type = bytes[NAME_AT + name.length];

		if (!type || type >= TYPES)
			return false;
		name.type = type_of(type);
	}
	name.name = (const char *)bytes + NAME_AT;
	/* The high half is overwritten where this entry began free room. */
	name.inode = xfs_u32(bytes, 4);
	if (xfs_u16(bytes, 0) != FREE_TAG)
		name.inode |= (uint64_t)xfs_u32(bytes, 0) << 32;
	else if (r->xfs->geometry.ag_block_log + r->xfs->geometry.inodes_per_block_log >= 32 ||
	    ((uint64_t)r->xfs->geometry.ag_count - 1) >>
	    (32 - r->xfs->geometry.ag_block_log - r->xfs->geometry.inodes_per_block_log))
		name.inode = 0;
	*ret_bytes = size;
	hand_out(r, &name);
	return true;
}

static void
read_room(struct reading *r, const struct block *block, size_t room, size_t length)
{
	size_t end = room + length, bytes;

	for (size_t at = room; at + ALIGNMENT <= end && !r->stopped; at += bytes) {
		bytes = ALIGNMENT;
		if (end - at > NAME_AT)
			take_removed(r, block, at, room, end, &bytes);
	}
}

/* The entry at a place; its bytes, 0 where it makes no sense. */
static size_t
read_entry(struct reading *r, const struct block *block, size_t at)
{
	const uint8_t *bytes = block->bytes + at;
	size_t left = block->end - at, size;
	struct xfs_name name;

	if (left < FREE_BYTES_MIN)
		return 0;
	if (xfs_u16(bytes, 0) == FREE_TAG) {
		size = xfs_u16(bytes, 2);
		if (size < FREE_BYTES_MIN || size % ALIGNMENT || size > left || xfs_u16(bytes, size - TAG_BYTES) != at)
			return 0;
		read_room(r, block, at, size);
		return size;
	}
	size = left > NAME_AT ? entry_bytes(r, bytes[NAME_AT - 1]) : left + 1;
	if (size > left || !bytes[NAME_AT - 1] || xfs_u16(bytes, size - TAG_BYTES) != at)
		return 0;
	name = (struct xfs_name){ .name = (const char *)bytes + NAME_AT, .length = bytes[NAME_AT - 1],
		.inode = xfs_u64(bytes, 0) };
	if (r->xfs->geometry.has_types)
		name.type = type_of(bytes[NAME_AT + name.length]);
	hand_out(r, &name);
	return size;
}

/* Where its entries end, for a block that is all: at its index. */
static bool
cut_index(struct block *block)
{
	size_t entries = xfs_u32(block->bytes, block->end - TAIL_BYTES);

	if (entries > (block->end - block->first - TAIL_BYTES) / LEAF_ENTRY_BYTES)
		return false;
	block->end -= TAIL_BYTES + entries * LEAF_ENTRY_BYTES;
	return true;
}

static void
read_block(struct reading *r, const uint8_t *bytes, uint64_t offset)
{
	bool is_v5 = r->xfs->geometry.is_v5, is_all = !memcmp(bytes, is_v5 ? "XDB3" : "XD2B", 4);
	struct block block = { bytes, is_v5 ? HEADER_5_BYTES : HEADER_4_BYTES, r->xfs->geometry.directory_block_size };
	const char *reason;

	if (!is_all && memcmp(bytes, is_v5 ? "XDD3" : "XD2D", 4)) {
		complain(r, STATUS_DAMAGED, "a block of it is no directory block");
		return;
	}
	reason = xfs_check_seal(r->xfs, &xfs_seal_directory, bytes, block.end, offset, r->inode->number);
	/* Its names are handed out; that one is not there says nothing. */
	if (reason)
		complain(r, STATUS_DAMAGED, reason);
	if (is_all && !cut_index(&block)) {
		complain(r, STATUS_DAMAGED, "the index in its block makes no sense");
		return;
	}
	for (size_t at = block.first, size; at < block.end && !r->stopped; at += size) {
		size = read_entry(r, &block, at);
		if (!size) {
			complain(r, STATUS_DAMAGED, "an entry in it makes no sense, what follows in its block is lost");
			return;
		}
	}
}

/* The directory block that begins with a block of the file. */
static void
read_at(struct reading *r, const struct xfs_extents *extents, uint64_t file_block, uint8_t *bytes)
{
	uint32_t size = r->xfs->geometry.directory_block_size;
	uint64_t offset = 0;
	enum status status = xfs_fork_read(r->xfs, extents, file_block, size / r->xfs->geometry.block_size, bytes,
		&offset);

	if (status <= STATUS_UNREADABLE || status == STATUS_END)
		complain(r, STATUS_DAMAGED, "a block of it cannot be read");
	else if (status == STATUS_DAMAGED)
		complain(r, STATUS_DAMAGED, "a block of it is not whole or lies in a damaged range of the medium");
	if (status == STATUS_OK || status == STATUS_DAMAGED)
		read_block(r, bytes, offset);
}

static void
read_blocks(struct reading *r)
{
	uint32_t blocks = r->xfs->geometry.directory_block_size / r->xfs->geometry.block_size;
	uint64_t end = index_offset < r->inode->size ? index_offset : r->inode->size, next = 0;
	struct xfs_extents extents = { .count = 0 };
	const char *reason = NULL;
	enum status status = xfs_extents_read(r->xfs, r->inode, XFS_FORK_DATA, &extents, &reason);
	uint8_t *bytes = memory_allocate(1, r->xfs->geometry.directory_block_size);

	if (status != STATUS_OK)
		complain(r, status, reason);
	end = (end + r->xfs->geometry.directory_block_size - 1) / r->xfs->geometry.directory_block_size * blocks;
	for (size_t i = 0; i < extents.count && !r->stopped; i++) {
		uint64_t last = extents.items[i].file_block + extents.items[i].count;

		if (next < extents.items[i].file_block)
			next = extents.items[i].file_block - extents.items[i].file_block % blocks;
		for (; next < last && next < end && !r->stopped; next += blocks)
			read_at(r, &extents, next, bytes);
	}
	if (!next && !r->stopped)
		complain(r, STATUS_DAMAGED, "it has no blocks");
	memory_free(bytes);
	xfs_extents_release(&extents);
}

enum status
xfs_directory_read(struct xfs *xfs, const struct xfs_inode *inode, const struct xfs_name_sink *out,
	const char **ret_reason)
{
	struct reading r = { .xfs = xfs, .inode = inode, .out = out };

	if (inode->forks[XFS_FORK_DATA].format == XFS_FORMAT_LOCAL)
		read_short(&r);
	else
		read_blocks(&r);
	*ret_reason = r.reason;
	return r.status;
}
