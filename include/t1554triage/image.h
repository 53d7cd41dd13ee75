/* image.h - evidence containers as one range of bytes, with what the acquisition recorded.  Layer: image. */
#ifndef T1554TRIAGE_IMAGE_H
#define T1554TRIAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/digest.h>
#include <t1554triage/note.h>
#include <t1554triage/source.h>
#include <t1554triage/timestamp.h>

enum exhibit_kind {
	EXHIBIT_IMAGE,		/* bytes of a medium: EWF, raw, split raw */
	EXHIBIT_FOLDER,		/* a folder of collected artifacts or a mounted tree */
	EXHIBIT_ARCHIVE,	/* tar, zip of collected artifacts */
};

extern const char *const exhibit_kind_names[];

/* One file of an exhibit.  The descriptor is open read-only and inherited by every process. */
struct segment {
	char    *path;		/* as found: the operand, or beside it */
	int      descriptor;	/* -1: the segment should be there and is not */
	uint64_t size;		/* bytes */
	int64_t  modified;	/* seconds since 1970: to show that it is the same after the run */
};

/*
 * An exhibit: one set of operands that belong together.  Made by the
 * coordinator, which opens every file of it (nothing else opens evidence) and
 * looks at no more than the first bytes.
 */
struct exhibit {
	const char       *id;		/* "E1", owned */
	char             *name;		/* base name of the first operand */
	char             *path;		/* first operand as given */
	enum exhibit_kind kind;
	const char       *container;	/* name of the driver: "ewf", "raw", "folder", "archive" */
	struct segment   *segments;	/* in order; of a folder: one, the folder itself */
	size_t            segment_count;
	struct segment   *records;	/* what may record its acquisition, found beside it: logs, lists of digests */
	size_t            record_count;
};

struct exhibits {
	struct exhibit *items;
	size_t          count;
};

/*
 * Groups operands into exhibits: case.E01 case.E02 are one, also where only
 * one of them is given.  Finds the other segments of each set beside
 * the one that is given, opens all of them O_RDONLY (and O_NOATIME where the
 * kernel lets us).  What is no regular file, block device or folder is never
 * opened.  Returns an exit status: 0, 65 (nothing that is known) or 66 (cannot
 * be opened); then *ret_exhibits is empty, and *ret_message, which the caller
 * has initialised and releases, says which operand, why, and what to do.  A
 * compressed tar is told by its compression and its name, because the
 * coordinator inflates no evidence.
 */
int  exhibits_open(struct exhibits *ret_exhibits, char *const operands[], size_t operand_count,
	const struct notes *notes, struct buffer *ret_message);
void exhibits_close(struct exhibits *exhibits);

/* Header values of an acquisition, as recorded and not verified: pairs of name and UTF-8 value. */
struct acquisition_value { const char *name, *value; };

/* A digest of the whole medium that stands beside the image: as recorded, not verified. */
struct recorded_digest {
	const char   *evidence;		/* "E1" */
	struct digest digest;
	const char   *file;		/* base name */
	uint64_t      line;		/* from 1 */
	const char   *tool;		/* "dc3dd", "FTK Imager", "list of digests" ... */
};
extern const struct record_type recorded_digest_record;

/*
 * Bytes of the medium that another process has read without damage.  copy: false where they are not all there; then
 * bytes are undefined.  NULL: there is no such process.
 */
struct image_beside {
	bool (*copy)(const void *context, uint64_t offset, void *bytes, size_t length);
	const void *context;
};

/* One opened image: every process opens its own. */
struct image {
	const struct exhibit *exhibit;
	struct source  *source;		/* the medium; owned */
	struct damage   damage;		/* source->damage points here */
	struct damage   met;		/* of it what failed a checksum or could not be read; who tells of it empties it */
	uint32_t        sector_size;	/* bytes, 512 where the container does not tell */
	struct digests  stored;		/* recorded in the container */
	struct acquisition_value *acquisition;	/* owned by the arena */
	size_t          acquisition_count;
	struct recorded_digest *recorded;	/* beside the image; owned by the arena */
	size_t          recorded_count;
	struct damage   acquisition_errors;	/* ranges that the acquisition could not read, bytes */
	struct arena    arena;
	struct image_driver_state *state;
	const struct image_driver *driver;
	struct image_beside beside;	/* asked before a chunk is inflated */
	const struct notes *notes;	/* where damage met by a read goes; borrowed until image_close */
	const struct notes *container_notes;	/* where damage of the container goes that costs nothing of the medium; likewise */
	uint64_t        damage_notes;	/* ranges noted so far, at most LIMIT_DAMAGE_NOTES */
	uint64_t        chunk_count;	/* of the container; 0: it has none */
	uint64_t        chunks_inflated;	/* so far; a chunk that is inflated twice counts twice */
};

struct image_driver {
	const char *name, *description;
	/* The library that it reads with, and its version as running; NULL: none. */
	const char *library;
	const char *(*library_version)(void);
	/* True if the first bytes (at most 64 KiB) or the name say so; raw takes what is left. */
	bool (*probe)(const uint8_t *head, size_t length);
	/* True if the last sector says so, of a file of that size; NULL: only the first bytes tell. */
	bool (*probe_tail)(const uint8_t *tail, size_t length, uint64_t size);
	/* Fills image->source and what is recorded; exhibit and notes are set and stay borrowed. */
	enum status (*open)(struct image *image, const struct notes *notes);
	void (*close)(struct image *image);
	bool asks_beside;		/* image->beside, before it inflates a part of the medium */
	const struct disk_format *disk;	/* of containers of virtual disks (src/image/disk.h), else NULL */
};

/*
 * exhibit and notes stay borrowed until image_close.  STATUS_DAMAGED: opened,
 * and a part of the medium is missing (noted; reads in it give zeros and
 * STATUS_DAMAGED).  STATUS_UNREADABLE: not opened, noted why and what to do.
 */
enum status image_open(const struct exhibit *exhibit, const struct notes *notes, struct image **ret_image);
void image_close(struct image *image);	/* NULL is fine */

const struct image_driver *const *image_drivers(void);	/* ends with NULL; rows of src/image/image.def */

/* What a whole read of the medium found. */
struct media_verification {
	const char    *evidence;	/* "E1" */
	uint64_t       bytes;		/* read */
	struct digests computed, stored;
	/*
	 * "equal": every digest that is stored and was computed; "differs";
	 * "nothing_stored"; "not_compared": other algorithms were asked for;
	 * "unreadable": the reading did not reach the end.
	 */
	const char    *result;
	uint64_t       damaged_bytes, damaged_ranges;
};
extern const struct record_type media_verification_record;

/* The result of a whole reading: "equal", "differs", "nothing_stored" or "not_compared". */
const char *media_verification_compare(const struct digests *computed, const struct digests *stored);

/*
 * Reads the whole medium once and digests it with the algorithms (a sum of
 * 1 << DIGEST_x; 0: those stored, else SHA-256).  Damage goes to notes, once a
 * range; so does a digest that differs, or that there was none to compare.
 * progress(context, bytes read so far) is called each MiB; it may be NULL.
 * STATUS_DAMAGED: damage, or a digest differs.  Texts of the result are static
 * or the exhibit's.
 */
enum status image_verify(struct image *image, uint32_t algorithms, const struct notes *notes,
	void (*progress)(void *context, uint64_t bytes), void *context,
	struct media_verification *ret_verification);

#endif
