/* filesystem.h - file systems, folders and archives: entries and their contents.  Layer: filesystem. */
#ifndef T1554TRIAGE_FILESYSTEM_H
#define T1554TRIAGE_FILESYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/digest.h>
#include <t1554triage/image.h>
#include <t1554triage/note.h>
#include <t1554triage/source.h>
#include <t1554triage/timestamp.h>
#include <t1554triage/volume.h>

enum entry_type {
	ENTRY_UNKNOWN, ENTRY_REGULAR, ENTRY_DIRECTORY, ENTRY_LINK, ENTRY_FIFO,
	ENTRY_SOCKET, ENTRY_CHARACTER, ENTRY_BLOCK,
};
enum entry_state { ENTRY_ALLOCATED, ENTRY_DELETED, ENTRY_REALLOCATED, ENTRY_ORPHAN };
enum content_state { CONTENT_INTACT, CONTENT_PARTLY_REALLOCATED, CONTENT_REALLOCATED, CONTENT_GONE };

extern const char *const entry_type_names[], *const entry_state_names[], *const content_state_names[];

/* Bits of file_entry.has: what this evidence tells at all (a tar has no inode, a body file no content). */
enum {
	ENTRY_HAS_INODE = 1, ENTRY_HAS_MODE = 2, ENTRY_HAS_OWNER = 4, ENTRY_HAS_CONTENT = 8,
	ENTRY_HAS_SIZE = 16,
	/* Linux attributes of this entry were looked for: absent capabilities mean there are none. */
	ENTRY_HAS_ATTRIBUTES = 32,
};

/* Times that few file systems record. */
struct further_times {
	struct macb name;		/* NTFS $FILE_NAME */
	struct timestamp deleted;	/* ext: time of deletion */
};

/* One name.  Hard links and named streams are entries of their own.  A case holds millions: what few have is pointed to. */
struct file_entry {
	const char *path;		/* bytes, from the root of the volume, leading slash, "/" the root */
	const char *stream;		/* named data stream or fork, NULL: the file itself */
	const char *inode;		/* "131079", "42-128-3"; NULL where the evidence has none */
	uint64_t    node;		/* the driver's number for it; with path and stream enough to open it again */
	uint32_t    has;		/* ENTRY_HAS_x */
	enum entry_type    type;
	enum entry_state   state;
	enum content_state content_state;
	uint64_t    size;		/* bytes */
	uint32_t    mode;		/* permission bits with setuid, setgid, sticky: 07777 */
	uint32_t    uid, gid, links;
	struct macb times;		/* of the inode, $STANDARD_INFORMATION */
	const struct further_times *further;	/* NULL: none is recorded */
	uint64_t    capabilities;	/* Linux security.capability, permitted set */
	const char *selinux;		/* security.selinux, the label; NULL: none */
	const char *ima;		/* security.ima: "digest sha256 HEX", "signature sha256 KEYID", "unknown"; NULL: none */
	bool        capabilities_effective;
	bool        immutable;
	/* Marks of overlay file systems (Linux, Documentation/filesystems/overlayfs.rst) */
	bool        whiteout;		/* character device 0/0: it hides what lies below */
	bool        opaque;		/* a folder that hides all of what lies below */
	bool        redirected;		/* what lies below has another path: trusted.overlay.redirect */
	bool        metacopy;		/* its content lies below: trusted.overlay.metacopy */
	const char *link_target;	/* bytes, of a symbolic link */
	uint64_t    disk_offset;	/* of its first block on the medium, bytes; 0: not told */
	const char *not_readable;	/* why its content is never digested ("WOF-compressed"); NULL: it can be */
	const struct digests *collected;	/* digests that a collector made on the living system; NULL: none */
	const char *collector;		/* "uac"; NULL: none */
};
extern const struct record_type file_entry_record;

/* The entry with all its texts in arena. */
void file_entry_copy(struct arena *arena, const struct file_entry *entry, struct file_entry *ret_entry);

/*
 * Linux extended attributes of one inode that an entry tells of, gathered by their full names
 * ("security.selinux").  A value that is none of its kind sets odd: then nothing is known of it.
 */
enum { ENTRY_LABEL_BYTES = 256, ENTRY_IMA_BYTES = 192 };
struct entry_attributes {
	uint64_t capabilities;
	bool     capabilities_effective, opaque, redirected, metacopy, odd;
	char     selinux[ENTRY_LABEL_BYTES], ima[ENTRY_IMA_BYTES];	/* "": none */
};
bool entry_attribute_is_told(const char *name, size_t name_length);
/* Others than those that are told leave it as it is. */
void entry_attribute_take(struct entry_attributes *attributes, const char *name, size_t name_length,
	const void *value, size_t length);
/* Sets those members of the entry and, but for odd ones, ENTRY_HAS_ATTRIBUTES; its texts are borrowed. */
void entry_attributes_put(const struct entry_attributes *attributes, struct file_entry *entry);

struct entry_sink {
	/* Everything is borrowed until it returns.  False: stop here. */
	bool (*entry)(void *context, const struct file_entry *entry);
	void  *context;
};

/* What a file system says of itself. */
struct filesystem_identity {
	const char *type;		/* "ext4", "ntfs", "fat32", "exfat", "hfs+", "apfs", "ufs", "iso9660", "folder", "tar", "zip" */
	const char *uuid;		/* as fstab writes it; "" */
	const char *label;		/* "" */
	const char *last_mounted;	/* ext: where it was mounted last; "" */
	uint64_t    block_size;		/* bytes, 0: none */
	bool        journal_unreplayed;	/* mounted dirty: what the journal holds was not replayed */
	bool        case_insensitive;
	bool        local_times;	/* FAT: times are of an unknown zone */
};

struct filesystem {
	const struct filesystem_driver *driver;
	const char        *evidence, *volume;	/* "E1", "p2"; borrowed, but of a pool "p3/apfs1", its own */
	unsigned           count;	/* file systems at the same origin: 1, more in a pool */
	struct filesystem_identity identity;	/* owned by the driver's state */
	struct image      *image;		/* NULL: folder or archive */
	struct filesystem_state *state;
	struct lookup_cache *lookups;	/* of filesystem_lookup; NULL until it is asked */
};

/* Where a file system may lie: a volume of an image, or a folder or archive itself. */
struct filesystem_origin {
	const struct exhibit *exhibit;
	struct image   *image;		/* NULL for folders and archives */
	struct source  *source;		/* the volume's range; NULL for folders and archives */
	const struct volume *volume;	/* never NULL; name "-" for folders and archives */
	unsigned        index;		/* which file system of a pool (APFS), from 0 */
};

struct content_run {
	uint64_t file_offset, image_offset, length;	/* bytes; image_offset UINT64_MAX: a hole */
};

/* How content is read: the fast way, or by the library's own call as an independent second reading. */
enum content_method { CONTENT_BY_RUNS, CONTENT_BY_LIBRARY };

struct filesystem_driver {
	const char *name, *description;
	/* The library that it reads with, and its version as running; NULL: none. */
	const char *library;
	const char *(*library_version)(void);
	/*
	 * STATUS_NOT_MINE without a note if it is not this driver's.  origin and
	 * what it points to stay borrowed.  evidence, volume, image and count = 1 are set
	 * already; a pool sets count, and fails with STATUS_END where index
	 * reaches it.  NULL: the row is not in this build.
	 */
	enum status (*open)(struct filesystem *filesystem, const struct filesystem_origin *origin,
		const struct notes *notes);
	void (*close)(struct filesystem *filesystem);
	/*
	 * Hands out the entries of one directory (never "." and ".."), with full
	 * metadata, in an order that depends on the evidence alone; deleted
	 * names too.  node and path name the directory; root: filesystem_root().
	 * STATUS_DAMAGED: not all entries may be there (noted).
	 */
	enum status (*list)(struct filesystem *filesystem, uint64_t node, const char *path,
		const struct entry_sink *out, const struct notes *notes);
	/* Deleted files without a name, as "/$OrphanFiles/OrphanFile-INODE"; NULL: there are none. */
	enum status (*orphans)(struct filesystem *filesystem, const struct entry_sink *out,
		const struct notes *notes);
	/* The content of an entry (path, stream, node and inode are used); the source is the caller's. */
	enum status (*content)(struct filesystem *filesystem, const struct file_entry *entry,
		enum content_method method, const struct notes *notes, struct source **ret_source);
	/*
	 * Runs of blocks of an entry on the medium, for the report: bytes.
	 * NULL, or 0 runs, where there are none.
	 */
	size_t (*runs)(struct filesystem *filesystem, const struct file_entry *entry,
		struct content_run *ret_runs, size_t run_limit);
};

const struct filesystem_driver *const *filesystem_drivers(void);	/* rows of src/filesystem/filesystem.def */

/*
 * Tries the drivers.  STATUS_NOT_MINE: none knows it.  STATUS_DAMAGED: opened,
 * but not whole (noted).  STATUS_UNREADABLE: this one cannot be opened (noted).
 * STATUS_END: there are no more at this origin: all file systems of a pool
 * are opened by counting origin.index up from 0 until STATUS_END or STATUS_NOT_MINE.
 */
enum status filesystem_open(const struct filesystem_origin *origin, const struct notes *notes,
	struct filesystem **ret_filesystem);
void filesystem_close(struct filesystem *filesystem);	/* NULL is fine */

static inline uint64_t
filesystem_root(const struct filesystem *filesystem)
{
	(void)filesystem;
	return UINT64_MAX;	/* every driver takes this as its root */
}

/*
 * One allocated entry by its path on the volume, "/" the root; listings of
 * directories are remembered (bounded).  Links in the folder part are followed
 * within this file system, absolute ones from its root; a link in the last part is not.
 * STATUS_END: there is no such name.  STATUS_DAMAGED: a directory on the
 * way is damaged, so that the absence says nothing.  The entry's path is that
 * of the directory it was found in; its texts live in arena.
 */
enum status filesystem_lookup(struct filesystem *filesystem, const char *path,
	const struct notes *notes, struct arena *arena, struct file_entry *ret_entry);

/*
 * Reads of the medium that met a damaged range so far: compare before and
 * after reading metadata.  Content tells by the status of its source.
 */
uint64_t filesystem_damage_touches(const struct filesystem *filesystem);

#endif
