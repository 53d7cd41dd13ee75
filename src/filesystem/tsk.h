/* tsk.h - what the files of the driver "tsk" share. */
#ifndef T1554TRIAGE_FILESYSTEM_TSK_H
#define T1554TRIAGE_FILESYSTEM_TSK_H

#include <tsk/libtsk.h>

#include <t1554triage/filesystem.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>

#include "ext_map.h"

/* A kind of file system that libtsk reads: how it is told, and what it can record. */
struct tsk_kind {
	const char *name;
	TSK_FS_TYPE_ENUM type;
	bool (*probe)(struct source *source);
	/* Fills what the superblock tells; texts go to the state's arena. */
	void (*identify)(struct filesystem_state *state, struct filesystem_identity *identity);
	uint64_t modified, accessed, changed, born;	/* nanoseconds of resolution; 0: not recorded */
	bool     local_times;		/* of an unknown zone */
	bool     has_owners;		/* mode, uid, gid */
	bool     has_holes;		/* what no run covers is zeros */
	bool     has_orphans;		/* inodes live apart from names; libtsk can search them */
	bool     case_insensitive;
	bool     is_damaged;		/* told by a copy of what is lost */
};

/* FAT 12, 16, 32: where its tables lie, of exFAT the table, the root and the last cluster.  Bytes. */
struct fat_layout {
	unsigned bits;			/* of an entry; 0: none of FAT 12, 16, 32 */
	unsigned copies;		/* that should be equal: 1 or 2 */
	uint64_t table, table_bytes;
	uint64_t root_bytes;		/* of 12 and 16 */
	uint32_t root_cluster;		/* of 32 and exFAT */
	uint64_t last_cluster;
	struct fat_window { uint64_t start; size_t length; uint8_t bytes[4096]; } windows[2];	/* what was read last of each copy */
};

struct filesystem_state {
	const struct tsk_kind *kind;
	struct source *source;		/* the volume as it is read; borrowed, or one of these */
	struct source *journal;		/* ext: the volume with its journal laid over it; NULL: as it lies */
	struct source *presented;	/* ext: that, as libtsk can open it; NULL: none is needed */
	bool           journal_unreplayed;
	uint64_t       start;		/* of the volume on the medium, bytes */
	struct arena   arena;
	TSK_IMG_INFO  *image;
	const TSK_POOL_INFO *pool;	/* APFS */
	TSK_IMG_INFO  *pool_image;	/* the pool as one of its volumes sees it */
	const TSK_POOL_VOLUME_INFO *pool_volume;
	TSK_FS_INFO   *fs;
	struct ext     ext;		/* block_size 0: no ext file system */
	uint64_t       cluster_base, cluster_size;	/* FAT, exFAT: bytes; where cluster 0 would lie */
	struct fat_layout fat;
	uint64_t       entries_base;	/* FAT, exFAT: bytes; where the first directory entry with a number may lie */
};

extern const struct tsk_kind tsk_kinds[];	/* ends with a NULL name; in the order they are asked */

/* "Error reading image (ext2fs_open)" or what else libtsk says of its last failure. */
const char *tsk_message(void);

enum status tsk_list(struct filesystem *filesystem, uint64_t node, const char *path,
	const struct entry_sink *out, const struct notes *notes);
enum status tsk_orphans(struct filesystem *filesystem, const struct entry_sink *out,
	const struct notes *notes);
enum status tsk_content(struct filesystem *filesystem, const struct file_entry *entry,
	enum content_method method, const struct notes *notes, struct source **ret_source);
size_t tsk_runs(struct filesystem *filesystem, const struct file_entry *entry,
	struct content_run *ret_runs, size_t run_limit);

/*
 * FAT 12, 16, 32; of others STATUS_OK.  STATUS_DAMAGED, with the reason, where the table of clusters cannot be trusted
 * for a file: a damaged range of the medium, or two copies that differ.
 */
enum status tsk_fat_check_file(struct filesystem_state *state, uint64_t first, uint64_t size, const char **ret_reason);
/* Why a directory may lack names, by its own structure or the table of clusters; NULL: nothing is wrong, or no such file system. */
const char *tsk_fat_check_directory(struct filesystem_state *state, uint64_t node, uint64_t first);

/*
 * FAT, exFAT: whether its own entry says that a file or directory is in use; false of other file systems.  libtsk asks
 * besides whether the cluster of the entry is: where the map of clusters is lost, all of a directory is removed to it.
 */
bool tsk_entry_is_in_use(struct filesystem_state *state, uint64_t node);
/* exFAT: why a directory may lack names, by its own structure; NULL: nothing is wrong. */
const char *tsk_exfat_check_directory(struct filesystem_state *state, TSK_FS_FILE *file);

/*
 * ISO 9660: adds the offsets from UTC in the records of a directory, which lies at a position of the volume.  Returns
 * why it may lack names by its own structure; NULL: nothing is wrong.
 */
const char *tsk_iso_offsets(struct filesystem_state *state, uint64_t position, uint64_t size,
	struct map *offsets);
/* That of the file with this first block and length; false: not known. */
bool tsk_iso_offset(const struct map *offsets, uint64_t block, uint64_t length, int64_t *ret_seconds);
/* ISO 9660: modes, owners, links and long names are recorded, and libtsk reads none of them. */
bool tsk_iso_has_rock_ridge(const struct filesystem_state *state);
/*
 * ISO 9660: the numbers of all files and directories that the tree which libtsk reads has names
 * for.  Other than STATUS_OK: not of all.
 */
enum status tsk_iso_named(struct filesystem *filesystem, struct map *named);

/* The attribute that holds the content of a file, or its stream of that name; NULL: none. */
const TSK_FS_ATTR *tsk_content_attribute(TSK_FS_FILE *file, const char *stream);
/* The number that libtsk keeps first of where a file lies (FAT: cluster, ISO 9660: block); 0: none. */
uint64_t tsk_first_number(const TSK_FS_META *meta);
/* True where loading the block list of the file would be unbounded: do not ask for attributes. */
bool tsk_size_is_absurd(const struct filesystem_state *state, const TSK_FS_META *meta);
/*
 * False where libtsk would allocate what an inode claims before it knows better: content within an
 * inode that is said to be larger than any inode.  Asked before libtsk opens the inode.
 */
bool tsk_inode_is_loadable(struct filesystem_state *state, uint64_t node);
/*
 * Where a file of ext lies: ext_inode_read and ext_map in one.  With EXT_FLAG_INLINE_DATA
 * there are no runs.  *ret_reason: of a status other than STATUS_OK.  ret_runs, empty
 * before, is the caller's to release.
 */
enum status tsk_map_ext(struct filesystem_state *state, uint64_t node, struct ext_inode *ret_inode,
	struct run_list *ret_runs, const char **ret_reason);
/* Where the content of a file lies, as libtsk has it; false: it has none, or within its entry.  ret_runs is the caller's. */
bool tsk_map_file(const struct filesystem_state *state, TSK_FS_FILE *file, struct run_list *ret_runs);
/* Of a deleted file. */
enum content_state tsk_content_state(struct filesystem_state *state, TSK_FS_FILE *file,
	const char *stream);

/* Where bytes of the volume as it is read lie on the medium; *length is cut to what lies there in one piece. */
uint64_t tsk_medium_offset(const struct filesystem_state *state, uint64_t offset, uint64_t *length);

#endif
