/*
 * xfs_lookup.c - the second reading of contents of XFS.
 *
 * There is no other reader that is right (libfsxfs 20201117 is wrong on new volumes), so this one shares as
 * little as can be with the first: it keeps nothing, reads the inode and the tree of extents again for each
 * piece, finds the extent by descending to it instead of listing all of them, and takes extents apart
 * and numbers together by arithmetic of its own.  It tells a fault of the map, of what the map is kept in,
 * and of what reads the medium; not one of what both believe of the format.
 */
#include <string.h>

#include "xfs_lookup.h"

enum {
	PIECE_BYTES = 64 * 1024, CORE_OLD_BYTES = 100, CORE_NEW_BYTES = 176, LEVELS_MAX = 16, RECORD_BYTES = 16,
	FORMAT_AT = 5, VERSION_AT = 4, FORK_AT = 82, FLAGS2_AT = 120,
};

struct lookup_source {
	struct source source;
	struct xfs_geometry geometry;
	struct source *volume;		/* borrowed */
	uint64_t       inode;		/* bytes on the volume */
	uint8_t        node[XFS_BLOCK_BYTES_MAX];
	uint8_t        core[XFS_INODE_BYTES_MAX];
};

/* Where a block of the file lies, and how many that follow it do so. */
struct found {
	enum { FOUND_DATA, FOUND_ZEROS, FOUND_NOTHING } kind;
	uint64_t block, count;		/* block: counted from the start of the volume */
};

static uint64_t
number_at(const uint8_t *bytes, size_t first_bit, size_t bits)
{
	uint64_t number = 0;

	for (size_t bit = first_bit; bit < first_bit + bits; bit++)
		number = number * 2 + (bytes[bit / 8] >> (7 - bit % 8) & 1);
	return number;
}

/* Blocks count through the groups without gaps: UINT64_MAX where there is none of that number. */
static uint64_t
linear_block(const struct xfs_geometry *geometry, uint64_t block)
{
	uint64_t size = 1ULL << geometry->ag_block_log, linear;

	if (block / size >= geometry->ag_count || block % size >= geometry->ag_blocks)
		return UINT64_MAX;
	linear = block / size * geometry->ag_blocks + block % size;
	return linear < geometry->block_count ? linear : UINT64_MAX;
}

/* Among extents in order: the one that holds a block, or zeros up to the next. */
static struct found
find_record(const struct xfs_geometry *geometry, const uint8_t *records, size_t count, uint64_t wanted)
{
	struct found found = { .kind = FOUND_ZEROS, .count = UINT64_MAX };

	for (size_t i = 0; i < count; i++, records += RECORD_BYTES) {
		uint64_t first = number_at(records, 1, 54), length = number_at(records, 107, 21);

		if (first > wanted) {
			found.count = first - wanted;
			return found;
		}
		if (wanted - first >= length)
			continue;
		found.count = length - (wanted - first);
		if (number_at(records, 0, 1))
			return found;
		found.block = linear_block(geometry, number_at(records, 55, 52));
		found.kind = found.block == UINT64_MAX ? FOUND_NOTHING : FOUND_DATA;
		found.block += wanted - first;
		return found;
	}
	return found;
}

/* The last of the children whose first block is not behind the one that is wanted; cuts what is asked for at the next. */
static uint64_t
choose_child(const uint8_t *keys, const uint8_t *children, size_t count, uint64_t wanted, uint64_t *ret_next)
{
	size_t chosen = 0;

	while (chosen + 1 < count && number_at(keys + (chosen + 1) * 8, 0, 64) <= wanted)
		chosen++;
	if (chosen + 1 < count && number_at(keys + (chosen + 1) * 8, 0, 64) < *ret_next)
		*ret_next = number_at(keys + (chosen + 1) * 8, 0, 64);
	return number_at(children + chosen * 8, 0, 64);
}

/* Reads a node of the tree; the room it has for pairs of keys and numbers, or records; 0: it is none. */
static size_t
read_node(struct lookup_source *content, uint64_t block, size_t level, size_t *ret_header, enum status *status)
{
	uint64_t linear = linear_block(&content->geometry, block);
	uint32_t size = content->geometry.block_size;
	size_t header = content->geometry.is_v5 ? 72 : 24, room = (size - header) / RECORD_BYTES;

	if (linear == UINT64_MAX)
		return 0;
	*status = status_worse(*status, source_read_exactly(content->volume, linear * size, content->node, size));
	if (*status <= STATUS_UNREADABLE || memcmp(content->node, content->geometry.is_v5 ? "BMA3" : "BMAP", 4) ||
	    number_at(content->node, 32, 16) != level || number_at(content->node, 48, 16) > room)
		return 0;
	*ret_header = header;
	return room;
}

static struct found
find_in_tree(struct lookup_source *content, const uint8_t *root, size_t length, uint64_t wanted, enum status *status)
{
	const struct found nothing = { .kind = FOUND_NOTHING, .count = 1 };
	size_t level = number_at(root, 0, 16), count = number_at(root, 16, 16), room = (length - 4) / RECORD_BYTES, header;
	const uint8_t *keys = root + 4, *children = root + 4 + room * 8;
	uint64_t next = UINT64_MAX;
	struct found found;

	if (!level || level > LEVELS_MAX || count > room)
		return nothing;
	while (level--) {
		uint64_t child = count ? choose_child(keys, children, count, wanted, &next) : UINT64_MAX;

		room = read_node(content, child, level, &header, status);
		if (!room)
			return nothing;
		count = number_at(content->node, 48, 16);
		keys = content->node + header;
		children = keys + room * 8;
	}
	found = find_record(&content->geometry, keys, count, wanted);
	/* Behind the last of this node the next one tells. */
	if (found.count > next - wanted)
		found.count = next - wanted;
	return found;
}

static struct found
find_block(struct lookup_source *content, uint64_t wanted, enum status *status)
{
	const struct found nothing = { .kind = FOUND_NOTHING, .count = 1 };
	const uint8_t *core = content->core;
	uint32_t size = content->geometry.inode_size;
	size_t first, length, count;

	*status = status_worse(*status, source_read_exactly(content->volume, content->inode, content->core, size));
	if (*status <= STATUS_UNREADABLE || memcmp(core, "IN", 2))
		return nothing;
	first = core[VERSION_AT] == 3 ? CORE_NEW_BYTES : CORE_OLD_BYTES;
	length = core[FORK_AT] && core[FORK_AT] * 8U < size - first ? core[FORK_AT] * 8U : size - first;
	if (core[FORMAT_AT] == XFS_FORMAT_TREE && length > 4 + RECORD_BYTES)
		return find_in_tree(content, core + first, length, wanted, status);
	if (core[FORMAT_AT] != XFS_FORMAT_EXTENTS)
		return nothing;
	count = core[VERSION_AT] == 3 && number_at(core + FLAGS2_AT, 0, 64) & XFS_FLAG2_WIDE_COUNTS ?
		number_at(core, 24 * 8, 64) : number_at(core, 76 * 8, 32);
	return count > length / RECORD_BYTES ? nothing : find_record(&content->geometry, core + first, count, wanted);
}

/* Zeros stand in for what cannot be found or read. */
static enum status
read_piece(struct source *source, uint64_t offset, uint8_t *to, size_t length, size_t *ret_length)
{
	struct lookup_source *content = (struct lookup_source *)source;
	uint32_t size = content->geometry.block_size, at = (uint32_t)(offset % size);
	enum status status = STATUS_OK, one;
	struct found found = find_block(content, offset / size, &status);

	*ret_length = length < PIECE_BYTES ? length : PIECE_BYTES;
	if (found.count < (*ret_length + at + size - 1) / size)
		*ret_length = (size_t)(found.count * size - at);
	if (found.kind == FOUND_DATA) {
		one = source_read_exactly(content->volume, found.block * size + at, to, *ret_length);
		if (one > STATUS_UNREADABLE)
			return status_worse(status, one);
	}
	memset(to, 0, *ret_length);
	return found.kind == FOUND_ZEROS && status > STATUS_UNREADABLE ? status : STATUS_DAMAGED;
}

static enum status
read_lookup(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	return source_read_pieces(source, offset, buffer, length, ret_length, read_piece);
}

static void
close_lookup(struct source *source)
{
	memory_free(source);
}

struct source *
xfs_lookup_open(const struct xfs *xfs, const struct xfs_inode *inode)
{
	struct lookup_source *content = memory_allocate(1, sizeof *content);

	content->source = (struct source){
		.size = inode->size, .read = read_lookup, .close = close_lookup, .damage = xfs->volume->damage,
	};
	content->geometry = xfs->geometry;
	content->volume = xfs->volume;
	content->inode = inode->offset;
	return &content->source;
}
