/* ext_inode.h - inodes of ext2, ext3, ext4 as they lie on the volume. */
#ifndef T1554TRIAGE_FILESYSTEM_EXT_INODE_H
#define T1554TRIAGE_FILESYSTEM_EXT_INODE_H

#include <stdbool.h>
#include <stdint.h>

#include <t1554triage/buffer.h>
#include <t1554triage/filesystem.h>
#include <t1554triage/source.h>
#include <t1554triage/timestamp.h>

enum { EXT_WINDOW_BYTES = 16 * 1024 };

/* The superblock's numbers, and the piece of an inode table that was read last. */
struct ext {
	uint32_t block_size, inode_size;	/* bytes; block_size 0: not an ext file system */
	uint64_t block_count;
	uint32_t inode_count, inodes_per_group, blocks_per_group, first_data_block, descriptor_size;
	uint32_t first_meta_group;		/* of descriptor blocks that lie with their groups */
	uint32_t incompatible, read_only_compatible, compatible;	/* feature flags */
	uint32_t table_group;			/* whose table_offset is known */
	uint64_t table_offset;			/* bytes; 0: none is known */
	uint64_t bitmap_offset;			/* bytes; of the inodes of the same group; 0: none that tells */
	uint64_t window_offset;			/* bytes */
	size_t   window_length;			/* 0: nothing read */
	enum status window_status;
	uint8_t  window[EXT_WINDOW_BYTES];
	uint64_t attributes_block;		/* whose attributes are known; 0: none */
	struct entry_attributes block_attributes;
};

enum {
	EXT_INCOMPATIBLE_FILETYPE = 0x2, EXT_INCOMPATIBLE_RECOVER = 0x4, EXT_INCOMPATIBLE_JOURNAL_DEVICE = 0x8, EXT_INCOMPATIBLE_META_BG = 0x10,
	EXT_INCOMPATIBLE_64BIT = 0x80, EXT_INCOMPATIBLE_LARGE_DIRECTORIES = 0x4000,
};

enum { EXT_COMPATIBLE_JOURNAL = 0x4 };
enum {
	EXT_READ_ONLY_SPARSE_SUPERBLOCKS = 0x1, EXT_READ_ONLY_CLUSTERS = 0x200,
	EXT_READ_ONLY_ORPHANS_PRESENT = 0x10000,
};
enum { EXT_MAP_BYTES = 60 };

enum {
	EXT_FLAG_IMMUTABLE = 0x10, EXT_FLAG_ENCRYPTED = 0x800, EXT_FLAG_EXTENTS = 0x80000,
	EXT_FLAG_INLINE_DATA = 0x10000000,
};

struct ext_inode {
	uint16_t mode;			/* with the type */
	uint32_t uid, gid, links;
	uint32_t flags;			/* EXT_FLAG_x and others */
	struct macb times;
	struct timestamp deleted;
	uint64_t size;			/* bytes */
	uint8_t  map[EXT_MAP_BYTES];	/* where the content lies (ext_map.h), or it begins here */
	uint64_t first_block;		/* of the content; 0: none, or not told without reading on */
	uint64_t sectors;		/* of 512 bytes, allocated to it */
	struct entry_attributes attributes;	/* odd: what they hold is not known */
	bool     attributes_read;	/* they were looked for */
	bool     whiteout;		/* a character device 0/0 */
};

/* Reads the superblock; false if it is none or its numbers make no sense. */
bool ext_open(struct ext *ext, struct source *source);

/*
 * STATUS_DAMAGED: filled from bytes that are partly lost.  STATUS_UNREADABLE:
 * no such inode, or it cannot be found.
 */
enum status ext_inode_read(struct ext *ext, struct source *source, uint64_t number,
	struct ext_inode *ret_inode);

/* Whether the bitmap says that an inode is in use; false also where that cannot be told. */
bool ext_inode_is_used(struct ext *ext, struct source *source, uint64_t number);

/*
 * Where the content begins; of a tree of extents with nodes of their own those are read, too.  0: it has none, it lies in
 * the inode, or that cannot be read: for the order in which contents are read, where nothing is lost by it.
 */
uint64_t ext_first_block(const struct ext *ext, struct source *source, const struct ext_inode *inode);

/* False: it is certain that no inode that the bitmaps say is free was ever changed: nothing deleted is left. */
bool ext_may_have_freed(struct ext *ext, struct source *source);

/*
 * The content of an inode with EXT_FLAG_INLINE_DATA: its map, and what the attribute
 * system.data holds behind it.  Status as of ext_inode_read.
 */
enum status ext_inline_read(struct ext *ext, struct source *source, uint64_t number, struct buffer *out);

#endif
