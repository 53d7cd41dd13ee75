/* xfs.h - what the files of the driver "xfs" share: geometry, seals, inodes, forks.  Private to filesystem. */
#ifndef T1554TRIAGE_FILESYSTEM_XFS_H
#define T1554TRIAGE_FILESYSTEM_XFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>
#include <t1554triage/crc32c.h>
#include <t1554triage/cursor.h>
#include <t1554triage/filesystem.h>
#include <t1554triage/memory.h>

enum { XFS_UUID_BYTES = 16, XFS_INODE_BYTES_MAX = 2048, XFS_WINDOW_BYTES = 32 * 1024, XFS_BLOCK_BYTES_MAX = 65536 };

/* The superblock's numbers; each is within what the format allows and agrees with the others. */
struct xfs_geometry {
	uint32_t block_size, sector_size, inode_size, directory_block_size;	/* bytes */
	uint32_t ag_blocks, ag_count;		/* allocation groups; the last may be shorter */
	uint64_t block_count;
	uint8_t  block_log, ag_block_log, inodes_per_block_log;
	uint64_t root_inode;
	uint64_t log_start;			/* number of a block, as inodes give them; 0: on another device */
	uint32_t log_blocks, log_sector_size;
	uint64_t realtime_blocks;
	bool     is_v5;				/* metadata are sealed: checksum, owner, place */
	bool     has_types;			/* directories tell the types of what they name */
	bool     has_sparse_inodes, has_free_inode_tree, has_log_v2;
	bool     needs_repair, is_case_insensitive;
	uint32_t unknown;			/* features that forbid reading it */
	uint8_t  uuid[XFS_UUID_BYTES];		/* as fstab writes it */
	uint8_t  seal_uuid[XFS_UUID_BYTES];	/* in what is sealed */
	char     label[13];
	uint64_t offset;			/* of the superblock that told it, bytes on the volume */
};

struct xfs {
	struct xfs_geometry geometry;
	struct source *volume;			/* as it is read; borrowed */
	struct crc32c  crc;
	/* The piece of the volume that inodes were read from last. */
	uint64_t window_offset;
	size_t   window_length;			/* 0: nothing */
	uint8_t  window[XFS_WINDOW_BYTES];
};

/* Numbers lie most significant byte first; the caller has checked that they lie within. */
static inline uint16_t
xfs_u16(const uint8_t *bytes, size_t at)
{
	return (uint16_t)(bytes[at] << 8 | bytes[at + 1]);
}

static inline uint32_t
xfs_u32(const uint8_t *bytes, size_t at)
{
	return (uint32_t)xfs_u16(bytes, at) << 16 | xfs_u16(bytes, at + 2);
}

static inline uint64_t
xfs_u64(const uint8_t *bytes, size_t at)
{
	return (uint64_t)xfs_u32(bytes, at) << 32 | xfs_u32(bytes, at + 4);
}

/* xfs_superblock.c */

/*
 * Reads the superblock, or where that one is lost the first copy of it that can be
 * found.  STATUS_NOT_MINE: no XFS.  STATUS_DAMAGED: by a copy, *ret_reason says why.
 * STATUS_UNREADABLE: XFS, and no superblock that makes sense, or one of a version before 4.
 */
enum status xfs_geometry_read(struct source *volume, const struct crc32c *crc, struct xfs_geometry *ret_geometry,
	const char **ret_reason);

/* Blocks as they are numbered: the group in the high bits.  False: there is no such block. */
bool xfs_block_offset(const struct xfs_geometry *geometry, uint64_t block, uint64_t count, uint64_t *ret_offset);
/* False: there can be no such inode. */
bool xfs_inode_offset(const struct xfs_geometry *geometry, uint64_t inode, uint64_t *ret_offset);
/* Blocks of one group. */
uint32_t xfs_ag_length(const struct xfs_geometry *geometry, uint32_t group);

/* Where metadata of version 5 keep what they say of themselves: offsets in bytes. */
struct xfs_seal {
	uint8_t crc, place, uuid, owner, owner_bytes;
};
extern const struct xfs_seal xfs_seal_short_tree, xfs_seal_long_tree, xfs_seal_directory, xfs_seal_index, xfs_seal_remote;

/* NULL, or what is wrong: the checksum, another file system's, another owner's, another place. */
const char *xfs_check_seal(const struct xfs *xfs, const struct xfs_seal *seal, const uint8_t *bytes, size_t length,
	uint64_t offset, uint64_t owner);
/* The checksum alone, which lies at a place and counts as zeros itself. */
bool xfs_sum_is_right(const struct crc32c *crc, const uint8_t *bytes, size_t length, size_t at);

/* xfs_inode.c */

enum xfs_format { XFS_FORMAT_DEVICE, XFS_FORMAT_LOCAL, XFS_FORMAT_EXTENTS, XFS_FORMAT_TREE };
enum {
	XFS_FLAG_REALTIME = 0x1, XFS_FLAG_IMMUTABLE = 0x8,
	XFS_FLAG2_REFLINK = 0x2, XFS_FLAG2_BIGTIME = 0x8, XFS_FLAG2_WIDE_COUNTS = 0x10, XFS_FLAG2_METADATA = 0x20,
};
enum { XFS_MODE_TYPE = 0170000, XFS_MODE_REGULAR = 0100000, XFS_MODE_DIRECTORY = 0040000, XFS_MODE_LINK = 0120000 };

enum xfs_fork_kind { XFS_FORK_DATA, XFS_FORK_ATTRIBUTES, XFS_FORKS };

/* A part of the inode behind its fixed fields. */
struct xfs_fork {
	uint16_t offset, length;	/* bytes within the inode; length 0: it has none */
	uint8_t  format;		/* enum xfs_format */
	uint64_t extent_count;
};

struct xfs_inode {
	uint64_t number, offset;	/* offset: bytes on the volume */
	uint16_t mode;			/* 0: free */
	uint16_t flags;			/* XFS_FLAG_x */
	uint64_t flags2;		/* XFS_FLAG2_x */
	uint32_t uid, gid, links;
	uint64_t size, block_count;
	struct macb times;
	bool     was_used;		/* its times are not those of an inode that never was a file */
	const char *broken;		/* why it is not to be trusted; NULL: it is whole */
	struct xfs_fork forks[XFS_FORKS];
	uint8_t  bytes[XFS_INODE_BYTES_MAX];
};

/*
 * STATUS_DAMAGED: filled, but ret_inode->broken.  STATUS_UNREADABLE: there is no such
 * inode, or none that was ever made; *ret_reason says why.  fresh: not from the window.
 */
enum status xfs_inode_read(struct xfs *xfs, uint64_t number, bool fresh, struct xfs_inode *ret_inode,
	const char **ret_reason);

/* xfs_map.c */

struct xfs_extent {
	uint64_t file_block, block, count;	/* block as inodes number them */
	bool     unwritten;
};
struct xfs_extents {
	struct xfs_extent *items;	/* sorted by file_block, without overlap; each within the volume */
	size_t count, capacity;
};

/*
 * All extents of a fork.  STATUS_DAMAGED: some are lost; STATUS_UNREADABLE: nothing
 * of it can be told.  *ret_reason of both.  ret_extents, empty before, is the caller's.
 */
enum status xfs_extents_read(struct xfs *xfs, const struct xfs_inode *inode, enum xfs_fork_kind fork,
	struct xfs_extents *ret_extents, const char **ret_reason);
void xfs_extents_release(struct xfs_extents *extents);
struct xfs_extent xfs_extent_at(const uint8_t *record);

/*
 * Reads whole blocks of a fork into bytes.  STATUS_END: they are a hole, all of them.  STATUS_DAMAGED: zeros in
 * place of some; STATUS_UNREADABLE.
 */
enum status xfs_fork_read(struct xfs *xfs, const struct xfs_extents *extents, uint64_t file_block, uint32_t count,
	uint8_t *bytes, uint64_t *ret_offset);

/* xfs_deleted.c */

/* The extents that a freed inode had, where they still stand in it; false: none.  ret_extents is the caller's. */
bool xfs_leftover_read(const struct xfs *xfs, const struct xfs_inode *inode, struct xfs_extents *ret_extents);
enum status xfs_orphans(struct filesystem *filesystem, const struct entry_sink *out, const struct notes *notes);

/* xfs_directory.c */

/* File types as directories tell them. */
struct xfs_name {
	const char *name;		/* not ended */
	size_t      length;
	uint64_t    inode;		/* 0: of a deleted name, not told */
	enum entry_type type;		/* ENTRY_UNKNOWN: not told */
	bool        is_deleted;
};
struct xfs_name_sink {
	bool (*name)(void *context, const struct xfs_name *name);	/* borrowed; false: stop */
	void  *context;
};

/*
 * Hands out the names of a directory, never "." and "..".  STATUS_DAMAGED: some may be missing,
 * STATUS_UNREADABLE: all; *ret_reason says why.
 */
enum status xfs_directory_read(struct xfs *xfs, const struct xfs_inode *inode, const struct xfs_name_sink *out,
	const char **ret_reason);

/* xfs_attribute.c */

struct xfs_attribute {
	const char *name;		/* "security.selinux"; not ended */
	size_t      name_length;
	const uint8_t *value;
	size_t      length;
};
struct xfs_attribute_sink {
	void (*attribute)(void *context, const struct xfs_attribute *attribute);	/* borrowed */
	void  *context;
};
/* STATUS_DAMAGED: not all of them may be there; *ret_reason says why. */
enum status xfs_attributes_read(struct xfs *xfs, const struct xfs_inode *inode, const struct xfs_attribute_sink *out,
	const char **ret_reason);

/* xfs_content.c */

/* The target of a symbolic link; other than STATUS_OK: *ret_reason says why it is not whole. */
enum status xfs_link_read(struct xfs *xfs, const struct xfs_inode *inode, struct buffer *out, const char **ret_reason);

/* xfs.c */

struct filesystem_state {
	struct xfs    xfs;
	struct arena  arena;
	struct source *replayed;	/* the volume with its log laid over it; NULL: as it lies */
	uint64_t      start;		/* of the volume on the medium, bytes */
};

/* xfs_list.c */

enum status xfs_list(struct filesystem *filesystem, uint64_t node, const char *path, const struct entry_sink *out,
	const struct notes *notes);

/* xfs_content.c */

enum status xfs_content(struct filesystem *filesystem, const struct file_entry *entry, enum content_method method,
	const struct notes *notes, struct source **ret_source);
size_t xfs_runs(struct filesystem *filesystem, const struct file_entry *entry, struct content_run *ret_runs,
	size_t run_limit);

#endif
