/*
 * ext_inode.c - inodes of ext2, ext3, ext4: what libtsk does not tell.
 *
 * libtsk 4.11.1 shows neither extended attributes nor flags, and cuts times
 * to 32 bits of seconds.  An inode lies at
 *
 *	table of its group (block number in the group descriptor)
 *		+ (number - 1) % inodes_per_group * inode_size
 *
 * and goes on behind its first 128 bytes with i_extra_isize bytes (nanoseconds,
 * two more bits of seconds, time of birth) and then attributes:
 *
 *	00 00 02 ea                             magic
 *	0a 06 34 00 00 00 00 00 14 00 00 00 ... name length, name index, offset, inode, size, hash
 *	capability
 *	... 01 00 00 02 00 20 00 00 ...         the value, counted from behind the magic
 *
 * Documentation/filesystems/ext4 of Linux; struct vfs_cap_data in linux/capability.h.
 */
#include <string.h>

#include <t1554triage/cursor.h>

#include "ext_inode.h"

enum {
	SUPERBLOCK_OFFSET = 1024, SUPERBLOCK_BYTES = 1024, OLD_INODE_BYTES = 128, MAP_OFFSET = 40, FIRST_OF_NODE_BYTES = 24,
	ATTRIBUTE_BLOCK_HEADER_BYTES = 32, BLOCK_BYTES_MAX = 65536,
	ATTRIBUTES_MAX = 256, ATTRIBUTE_NAME_BYTES = 256 + 16,
};
static const uint32_t attribute_magic = 0xea020000;
enum { SECURITY_INDEX = 6, SYSTEM_INDEX = 7 };	/* prefixes of names */
enum { GROUP_INODES_UNINITIALISED = 1 };

static uint32_t
u32_at(const uint8_t *bytes, size_t length, size_t offset)
{
	struct cursor c = cursor_at(bytes, length, offset);

	return take_u32le(&c);
}

static uint16_t
u16_at(const uint8_t *bytes, size_t length, size_t offset)
{
	struct cursor c = cursor_at(bytes, length, offset);

	return take_u16le(&c);
}

bool
ext_open(struct ext *ext, struct source *source)
{
	uint8_t bytes[SUPERBLOCK_BYTES];
	uint32_t shift, revision;

	memset(ext, 0, sizeof *ext);
	if (source_read_exactly(source, SUPERBLOCK_OFFSET, bytes, sizeof bytes) <= STATUS_UNREADABLE ||
	    u16_at(bytes, sizeof bytes, 56) != 0xef53)
		return false;
	shift = u32_at(bytes, sizeof bytes, 24);
	revision = u32_at(bytes, sizeof bytes, 76);
	ext->inode_count = u32_at(bytes, sizeof bytes, 0);
	ext->block_count = u32_at(bytes, sizeof bytes, 4);
	ext->blocks_per_group = u32_at(bytes, sizeof bytes, 32);
	ext->first_data_block = u32_at(bytes, sizeof bytes, 20);
	ext->inodes_per_group = u32_at(bytes, sizeof bytes, 40);
	ext->inode_size = revision ? u16_at(bytes, sizeof bytes, 88) : OLD_INODE_BYTES;
	ext->compatible = u32_at(bytes, sizeof bytes, 92);
	ext->incompatible = u32_at(bytes, sizeof bytes, 96);
	ext->read_only_compatible = u32_at(bytes, sizeof bytes, 100);
	ext->descriptor_size = 32;
	if (ext->incompatible & EXT_INCOMPATIBLE_64BIT) {
		ext->descriptor_size = u16_at(bytes, sizeof bytes, 254);
		ext->block_count |= (uint64_t)u32_at(bytes, sizeof bytes, 336) << 32;
	}
	ext->first_meta_group = u32_at(bytes, sizeof bytes, 260);
	if (shift > 6 || !ext->inodes_per_group || !ext->inode_count)
		return false;
	if (ext->inode_size < OLD_INODE_BYTES || ext->inode_size > 1024U << shift)
		return false;
	if (ext->descriptor_size < 32 || ext->descriptor_size > 1024)
		return false;
	ext->block_size = 1024U << shift;
	return true;
}

/* Groups 0, 1 and the powers of 3, 5 and 7 begin with a copy of the superblock, others only in old file systems. */
static bool
has_superblock(const struct ext *ext, uint64_t group)
{
	if (!(ext->read_only_compatible & EXT_READ_ONLY_SPARSE_SUPERBLOCKS) || group < 2)
		return true;
	for (unsigned base = 3; base <= 7; base += 2) {
		uint64_t power = base;

		while (power < group)
			power *= base;
		if (power == group)
			return true;
	}
	return false;
}

/* Descriptors follow the superblock; with meta_bg each block of them lies in the first group it tells of. */
static uint64_t
descriptor_offset(const struct ext *ext, uint32_t group)
{
	uint32_t in_block = ext->block_size / ext->descriptor_size, index = group / in_block;
	uint64_t block = (SUPERBLOCK_OFFSET / ext->block_size) + 1 + index, first = (uint64_t)index * in_block;

	if (ext->incompatible & EXT_INCOMPATIBLE_META_BG && index >= ext->first_meta_group) {
		block = ext->first_data_block + first * ext->blocks_per_group + has_superblock(ext, first);
		if (!first && ext->block_size == SUPERBLOCK_OFFSET && !ext->first_data_block)
			block++;
	}
	return block * ext->block_size + (uint64_t)(group % in_block) * ext->descriptor_size;
}

/* Of the inodes of a group; 0: the group has none yet, or it is not to be found. */
static uint64_t
bitmap_offset(const struct ext *ext, const struct source *source, const uint8_t descriptor[64])
{
	uint64_t block = u32_at(descriptor, 64, 4);

	if (ext->descriptor_size >= 64)
		block |= (uint64_t)u32_at(descriptor, 64, 36) << 32;
	if (u16_at(descriptor, 64, 18) & GROUP_INODES_UNINITIALISED || block > source->size / ext->block_size)
		return 0;
	return block * ext->block_size;
}

/* Where the inode table of a group lies, bytes; 0: not to be found. */
static uint64_t
find_table(struct ext *ext, struct source *source, uint32_t group)
{
	uint8_t descriptor[64] = { 0 };
	uint64_t offset, block;

	if (ext->table_offset && ext->table_group == group)
		return ext->table_offset;
	offset = descriptor_offset(ext, group);
	if (source_read_exactly(source, offset, descriptor,
	    ext->descriptor_size < sizeof descriptor ? ext->descriptor_size : sizeof descriptor) < STATUS_OK)
		return 0;
	block = u32_at(descriptor, sizeof descriptor, 8);
	if (ext->descriptor_size >= 64)
		block |= (uint64_t)u32_at(descriptor, sizeof descriptor, 40) << 32;
	if (!block || block > source->size / ext->block_size)
		return 0;
	ext->table_group = group;
	ext->table_offset = block * ext->block_size;
	ext->bitmap_offset = bitmap_offset(ext, source, descriptor);
	return ext->table_offset;
}

/* The bytes of an inode, within the window; NULL where they cannot be read. */
static const uint8_t *
inode_bytes(struct ext *ext, struct source *source, uint64_t number, enum status *ret_status)
{
	uint64_t table, offset;
	size_t got = 0;

	if (!number || number > ext->inode_count || ext->inode_size > EXT_WINDOW_BYTES)
		return NULL;
	table = find_table(ext, source, (uint32_t)((number - 1) / ext->inodes_per_group));
	if (!table)
		return NULL;
	offset = table + (number - 1) % ext->inodes_per_group * ext->inode_size;
	if (!ext->window_length || offset < ext->window_offset ||
	    offset + ext->inode_size > ext->window_offset + ext->window_length) {
		ext->window_offset = offset - offset % ext->block_size;
		if (offset + ext->inode_size > ext->window_offset + EXT_WINDOW_BYTES)
			ext->window_offset = offset;
		ext->window_status = source_read(source, ext->window_offset, ext->window,
			EXT_WINDOW_BYTES, &got);
		ext->window_length = got;
	}
	if (ext->window_status == STATUS_DAMAGED) {
		/* Ask for this inode alone: damage nearby is not its own. */
		ext->window_length = 0;
		ext->window_offset = offset;
		ext->window_status = source_read(source, offset, ext->window, ext->inode_size, &got);
		*ret_status = ext->window_status;
		return got == ext->inode_size ? ext->window : NULL;
	}
	if (ext->window_status != STATUS_OK ||
	    offset + ext->inode_size > ext->window_offset + ext->window_length)
		return NULL;
	*ret_status = STATUS_OK;
	return ext->window + (offset - ext->window_offset);
}

/* What Linux calls the extra epoch bits: two more of seconds, thirty of nanoseconds. */
static struct timestamp
take_time(const uint8_t *inode, size_t length, size_t at, size_t extra_at, size_t extra_end)
{
	struct timestamp time = {
		.seconds = (int32_t)u32_at(inode, length, at), .resolution_nanoseconds = 1000000000,
	};
	uint32_t extra;

	if (extra_at + 4 <= extra_end) {
		extra = u32_at(inode, length, extra_at);
		time.seconds += (int64_t)(extra & 3) << 32;
		time.nanoseconds = (extra >> 2) < 1000000000 ? extra >> 2 : 0;
		time.resolution_nanoseconds = 1;
	}
	if (!time.seconds && !time.nanoseconds)
		return (struct timestamp){ .seconds = 0 };
	return time;
}

static void
take_times(const uint8_t *inode, size_t length, size_t extra_end, struct ext_inode *ret_inode)
{
	ret_inode->times.accessed = take_time(inode, length, 8, 140, extra_end);
	ret_inode->times.changed = take_time(inode, length, 12, 132, extra_end);
	ret_inode->times.modified = take_time(inode, length, 16, 136, extra_end);
	if (extra_end >= 148)
		ret_inode->times.born = take_time(inode, length, 144, 148, extra_end);
	ret_inode->deleted = take_time(inode, length, 20, extra_end, extra_end);
}

/* A list of attributes: entries begin at first, offsets of values count from value_base. */
struct attributes {
	const uint8_t *bytes;
	size_t length, first, value_base;
};

struct attribute {
	uint8_t     index;		/* prefix of its name */
	const char *name;
	size_t      name_length;
	const uint8_t *value;		/* NULL: it lies elsewhere, or nowhere */
	size_t      length;
};

/* STATUS_END: there are no more.  STATUS_DAMAGED: the list makes no sense. */
static enum status
next_attribute(const struct attributes *in, struct cursor *c, struct attribute *ret)
{
	uint32_t value_inode, size, offset;

	if (c->end - c->at < 4 || !u32_at(c->at, 4, 0))
		return STATUS_END;
	ret->name_length = take_u8(c);
	ret->index = take_u8(c);
	offset = take_u16le(c);
	value_inode = take_u32le(c);
	size = take_u32le(c);
	take_u32le(c);
	ret->name = (const char *)take_bytes(c, (ret->name_length + 3) / 4 * 4);
	if (c->failed || !ret->name)
		return STATUS_DAMAGED;
	ret->value = NULL;
	ret->length = size;
	if (!value_inode && offset <= in->length - in->value_base && size <= in->length - in->value_base - offset)
		ret->value = in->bytes + in->value_base + offset;
	return STATUS_OK;
}

/* STATUS_END: there is none.  STATUS_DAMAGED: the list makes no sense, or the value lies elsewhere. */
static enum status
find_attribute(const struct attributes *in, uint8_t index, const char *name, const uint8_t **ret_value,
	size_t *ret_length)
{
	struct cursor c = cursor_at(in->bytes, in->length, in->first);
	struct attribute attribute;

	for (unsigned i = 0; i < ATTRIBUTES_MAX; i++) {
		enum status status = next_attribute(in, &c, &attribute);

		if (status != STATUS_OK)
			return status;
		if (attribute.index != index || attribute.name_length != strlen(name) ||
		    memcmp(attribute.name, name, attribute.name_length))
			continue;
		*ret_value = attribute.value;
		*ret_length = attribute.length;
		return attribute.value ? STATUS_OK : STATUS_DAMAGED;
	}
	return STATUS_DAMAGED;
}

static void
take_attribute(const struct attribute *attribute, struct entry_attributes *out)
{
	static const char *const prefixes[] = { [1] = "user.", [4] = "trusted.", [SECURITY_INDEX] = "security." };
	char name[ATTRIBUTE_NAME_BYTES];
	const char *prefix = attribute->index < sizeof prefixes / sizeof *prefixes ? prefixes[attribute->index] : NULL;
	size_t length;

	if (!prefix)
		return;
	length = strlen(prefix);
	memcpy(name, prefix, length);
	memcpy(name + length, attribute->name, attribute->name_length);
	length += attribute->name_length;
	if (attribute->value)
		entry_attribute_take(out, name, length, attribute->value, attribute->length);
	else
		out->odd |= entry_attribute_is_told(name, length);
}

static void
take_list(const struct attributes *in, struct entry_attributes *out)
{
	struct cursor c = cursor_at(in->bytes, in->length, in->first);
	struct attribute attribute;
	enum status status = STATUS_DAMAGED;

	for (unsigned i = 0; i < ATTRIBUTES_MAX; i++) {
		status = next_attribute(in, &c, &attribute);
		if (status != STATUS_OK)
			break;
		take_attribute(&attribute, out);
	}
	out->odd |= status != STATUS_END;
}

/* The list within the inode; false: it has none. */
static bool
attributes_within(const struct ext *ext, const uint8_t *bytes, size_t extra_end, struct attributes *ret)
{
	*ret = (struct attributes){ bytes, ext->inode_size, extra_end + 4, extra_end + 4 };
	return extra_end + 4 <= ext->inode_size &&
	       u32_at(bytes, ext->inode_size, extra_end) == attribute_magic;
}

/* Blocks of attributes are shared by files: the last one is remembered. */
static void
take_attribute_block(struct ext *ext, struct source *source, uint64_t block, struct ext_inode *inode)
{
	uint8_t bytes[BLOCK_BYTES_MAX];

	if (block == ext->attributes_block) {
		inode->attributes = ext->block_attributes;
		return;
	}
	if (block > source->size / ext->block_size ||
	    source_read_exactly(source, block * ext->block_size, bytes, ext->block_size) < STATUS_OK ||
	    u32_at(bytes, ext->block_size, 0) != attribute_magic) {
		inode->attributes.odd = true;
		return;
	}
	take_list(&(struct attributes){ bytes, ext->block_size, ATTRIBUTE_BLOCK_HEADER_BYTES, 0 },
		&inode->attributes);
	if (inode->attributes.odd)
		return;
	ext->attributes_block = block;
	ext->block_attributes = inode->attributes;
}

static void
take_attributes(struct ext *ext, struct source *source, const uint8_t *bytes, size_t extra_end,
	struct ext_inode *inode)
{
	uint64_t block = u32_at(bytes, ext->inode_size, 104);
	struct attributes within;

	if (ext->incompatible & EXT_INCOMPATIBLE_64BIT)
		block |= (uint64_t)u16_at(bytes, ext->inode_size, 118) << 32;
	inode->attributes_read = true;
	if (block)
		take_attribute_block(ext, source, block, inode);
	if (attributes_within(ext, bytes, extra_end, &within))
		take_list(&within, &inode->attributes);
}

/* The block that the first entry of a node of extents names, and its depth (ext_map.c); 0: it is none, or empty. */
static uint64_t
first_of_node(struct cursor c, uint16_t *ret_depth)
{
	uint64_t high, low;

	if (take_u16le(&c) != 0xf30a || !take_u16le(&c))
		return 0;
	take_u16le(&c);
	*ret_depth = take_u16le(&c);
	take_bytes(&c, 4 + 4);
	if (*ret_depth) {
		low = take_u32le(&c);
		high = take_u16le(&c);
	} else {
		take_u16le(&c);
		high = take_u16le(&c);
		low = take_u32le(&c);
	}
	return c.failed ? 0 : high << 32 | low;
}

/* The 60 bytes at 40: an extent tree, or block numbers, or something else. */
static uint64_t
take_first_block(const uint8_t *bytes, size_t length, uint32_t flags)
{
	struct cursor c = cursor_at(bytes, length, MAP_OFFSET);
	uint16_t depth;
	uint64_t block;

	if (flags & EXT_FLAG_INLINE_DATA)
		return 0;
	if (!(flags & EXT_FLAG_EXTENTS))
		return take_u32le(&c);
	block = first_of_node(c, &depth);
	return block && !depth ? block : 0;
}

uint64_t
ext_first_block(const struct ext *ext, struct source *source, const struct ext_inode *inode)
{
	uint8_t node[FIRST_OF_NODE_BYTES];
	uint16_t depth, below = 0;
	uint64_t block;

	if (inode->first_block || inode->flags & EXT_FLAG_INLINE_DATA || !(inode->flags & EXT_FLAG_EXTENTS))
		return inode->first_block;
	block = first_of_node(cursor_over(inode->map, sizeof inode->map), &depth);
	while (block && depth) {
		if (block >= ext->block_count ||
		    source_read_exactly(source, block * ext->block_size, node, sizeof node) != STATUS_OK)
			return 0;
		block = first_of_node(cursor_over(node, sizeof node), &below);
		if (block && below >= depth)
			return 0;
		depth = below;
	}
	return block;
}

/* Where the fixed fields of an inode end and attributes may begin. */
static size_t
end_of_extra(const struct ext *ext, const uint8_t *bytes)
{
	size_t end = OLD_INODE_BYTES;

	if (ext->inode_size > OLD_INODE_BYTES)
		end += u16_at(bytes, ext->inode_size, OLD_INODE_BYTES);
	return end > ext->inode_size ? OLD_INODE_BYTES : end;
}

enum status
ext_inode_read(struct ext *ext, struct source *source, uint64_t number, struct ext_inode *ret_inode)
{
	enum status status = STATUS_UNREADABLE;
	const uint8_t *bytes = inode_bytes(ext, source, number, &status);
	size_t extra_end;
	uint16_t mode;

	if (!bytes)
		return STATUS_UNREADABLE;
	memset(ret_inode, 0, sizeof *ret_inode);
	extra_end = end_of_extra(ext, bytes);
	memcpy(ret_inode->map, bytes + MAP_OFFSET, EXT_MAP_BYTES);
	ret_inode->mode = u16_at(bytes, ext->inode_size, 0);
	mode = ret_inode->mode & 0170000;
	ret_inode->uid = u16_at(bytes, ext->inode_size, 2) | (uint32_t)u16_at(bytes, ext->inode_size, 120) << 16;
	ret_inode->gid = u16_at(bytes, ext->inode_size, 24) | (uint32_t)u16_at(bytes, ext->inode_size, 122) << 16;
	ret_inode->links = u16_at(bytes, ext->inode_size, 26);
	ret_inode->size = u32_at(bytes, ext->inode_size, 4);
	/* Of others the field has another meaning. */
	if (mode == 0100000)
		ret_inode->size |= (uint64_t)u32_at(bytes, ext->inode_size, 108) << 32;
	ret_inode->flags = u32_at(bytes, ext->inode_size, 32);
	ret_inode->sectors = u32_at(bytes, ext->inode_size, 28) |
		(uint64_t)u16_at(bytes, ext->inode_size, 116) << 32;
	take_times(bytes, ext->inode_size, extra_end, ret_inode);
	if (mode == 0100000 || mode == 0040000)
		ret_inode->first_block = take_first_block(bytes, ext->inode_size, ret_inode->flags);
	ret_inode->whiteout = mode == 0020000 && !u32_at(bytes, ext->inode_size, MAP_OFFSET) &&
		!u32_at(bytes, ext->inode_size, MAP_OFFSET + 4);
	if (mode == 0100000 || mode == 0040000)
		take_attributes(ext, source, bytes, extra_end, ret_inode);
	return status;
}

enum status
ext_inline_read(struct ext *ext, struct source *source, uint64_t number, struct buffer *out)
{
	enum status status = STATUS_UNREADABLE, found = STATUS_END;
	const uint8_t *bytes = inode_bytes(ext, source, number, &status), *value;
	struct attributes within;
	size_t length;

	if (!bytes)
		return STATUS_UNREADABLE;
	buffer_add(out, bytes + MAP_OFFSET, EXT_MAP_BYTES);
	if (attributes_within(ext, bytes, end_of_extra(ext, bytes), &within))
		found = find_attribute(&within, SYSTEM_INDEX, "data", &value, &length);
	if (found == STATUS_OK)
		buffer_add(out, value, length);
	return found == STATUS_DAMAGED ? STATUS_DAMAGED : status;
}

/* Where the bitmap is lost, the inode itself tells: the kernel takes its links and sets a time when it frees one. */
static bool
says_it_is_used(struct ext *ext, struct source *source, uint64_t number)
{
	struct ext_inode inode;

	return ext_inode_read(ext, source, number, &inode) == STATUS_OK && inode.mode && inode.links &&
		!timestamp_is_recorded(&inode.deleted);
}

bool
ext_inode_is_used(struct ext *ext, struct source *source, uint64_t number)
{
	uint64_t index = number ? (number - 1) % ext->inodes_per_group : 0;
	uint8_t byte;

	if (!number || number > ext->inode_count ||
	    !find_table(ext, source, (uint32_t)((number - 1) / ext->inodes_per_group)) || !ext->bitmap_offset)
		return false;
	if (source_read_exactly(source, ext->bitmap_offset + index / 8, &byte, 1) == STATUS_OK)
		return byte >> index % 8 & 1;
	return says_it_is_used(ext, source, number);
}

/* A free inode keeps the time of its last change. */
static bool
may_group_have_freed(struct ext *ext, struct source *source, uint32_t group, const uint8_t *bitmap)
{
	uint64_t first = (uint64_t)group * ext->inodes_per_group;

	for (uint32_t i = 0; i < ext->inodes_per_group && first + i < ext->inode_count; i++) {
		enum status status = STATUS_OK;
		const uint8_t *bytes;

		if (bitmap[i / 8] >> i % 8 & 1)
			continue;
		bytes = inode_bytes(ext, source, first + i + 1, &status);
		if (!bytes || status != STATUS_OK || u32_at(bytes, ext->inode_size, 12))
			return true;
	}
	return false;
}

bool
ext_may_have_freed(struct ext *ext, struct source *source)
{
	uint32_t groups = (ext->inode_count - 1) / ext->inodes_per_group + 1;
	static const uint8_t none[BLOCK_BYTES_MAX];
	uint8_t bitmap[BLOCK_BYTES_MAX];

	if (ext->inodes_per_group > ext->block_size * 8)
		return true;
	for (uint32_t group = 0; group < groups; group++) {
		const uint8_t *bits = none;

		if (!find_table(ext, source, group))
			return true;
		if (ext->bitmap_offset) {
			bits = bitmap;
			if (source_read_exactly(source, ext->bitmap_offset, bitmap, ext->block_size) != STATUS_OK)
				return true;
		}
		if (may_group_have_freed(ext, source, group, bits))
			return true;
	}
	return false;
}
