/* archive.h - what the archive formats share.  Private to filesystem. */
#ifndef T1554TRIAGE_ARCHIVE_H
#define T1554TRIAGE_ARCHIVE_H

#include "tree.h"

/* A part of a sparse file that is stored; what lies between is zero. */
struct archive_extent { uint64_t offset, length, stored_at; };

/* The content of one member. */
struct archive_member {
	uint64_t    data;		/* offset in archive->stream, bytes */
	uint64_t    stored;		/* bytes there */
	uint64_t    size;		/* of the content */
	const char *method;		/* of struct inflater; NULL: as it is */
	const struct archive_extent *extents;	/* of a sparse file, by offset; NULL: one range */
	size_t      extent_count;
	uint32_t    crc32;
	bool        has_crc32;
	bool        damaged;		/* its map is */
};

struct archive {
	struct source *file;		/* the archive as it is */
	struct source *stream;		/* what member offsets count in: file, or file inflated */
	struct tree    tree;
	struct archive_member *members;
	size_t         count, capacity;
	uint64_t       duplicates;	/* names that came again: the last one holds */
	struct place   place;
	const struct notes *notes;	/* while it is opened */
};

/*
 * Reads the index into archive->tree and archive->members.  STATUS_NOT_MINE;
 * STATUS_DAMAGED, noted: not all members may be there.
 */
enum status tar_read(struct archive *archive);
enum status zip_read(struct archive *archive);

/*
 * The bytes that tell the format.  STATUS_NOT_MINE where the stream is shorter;
 * STATUS_UNREADABLE, noted.
 */
enum status archive_read_magic(struct archive *archive, void *bytes, size_t length);

/*
 * The node for a member with this path, emptied of what an earlier member of
 * the same name said; NULL where a limit was hit.  Its order is set.
 */
struct tree_node *archive_add(struct archive *archive, const char *path, size_t length);
/* Sets node's content; member is copied. */
void archive_add_content(struct archive *archive, struct tree_node *node, const struct archive_member *member);

#endif
