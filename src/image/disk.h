/* disk.h - containers of virtual disks: tables that say where each range of the medium lies, in layers. */
#ifndef IMAGE_DISK_H
#define IMAGE_DISK_H

#include <t1554triage/image.h>
#include <t1554triage/memory.h>

struct libdeflate_decompressor;

enum {
	DISK_SECTOR = 512,
	DISK_LAYERS_MAX = 64,		/* a disk, its parent, its parent's parent ... */
	DISK_UNIT_MAX = 2 * 1024 * 1024,	/* bytes of a compressed unit */
	DISK_PAGE_BYTES = 16 * 1024,
	DISK_PAGES = 64,
	DISK_UNITS = 4,
};

/* One file of the exhibit.  source is NULL where it should be there and is not. */
struct disk_file {
	struct source *source;
	struct source *overlay;	/* laid over what was given; owned */
	const char    *name;	/* base name */
	size_t         number;	/* of the segment */
};

enum disk_kind {
	DISK_ZERO,
	DISK_DATA,	/* as it is, at offset of file */
	DISK_PACKED,	/* a part of a compressed unit */
	DISK_BELOW,	/* the parent's; zeros where there is none */
	DISK_LOST,	/* cause says why */
};

/* What lies at an offset of the medium. */
struct disk_piece {
	enum disk_kind    kind;
	uint64_t          length;	/* bytes of the medium like this, from the offset asked on */
	struct disk_file *file;
	uint64_t          offset;	/* in file: of the data, or of the packed unit */
	uint64_t          packed;	/* bytes of the packed unit, at most twice that of a unit */
	uint64_t          unit;		/* bytes that it inflates to, at least */
	uint64_t          within;	/* DISK_PACKED: offset in the unit */
	const char       *cause;	/* static, or the disk's */
};

/* A part of a file. */
struct disk_range {
	uint64_t from, to;
	bool     may_be_shared;
};
struct disk_places;

/*
 * A disk in one or more files: itself, or the base of another.  Made by the
 * open function of its format, whose state follows it in memory.
 */
struct disk_layer {
	struct disk      *disk;
	struct disk_file *file;
	const char *format;
	uint64_t    size;		/* bytes of the medium */
	uint32_t    sector_size;	/* 0: not told */
	const char *parent;		/* name of its base as recorded; NULL: none */
	bool        parent_is_raw;	/* whatever its first bytes are */
	const char *id, *parent_id;	/* what shows that a base is the right one; NULL: not recorded */
	struct disk_piece (*map)(struct disk_layer *layer, uint64_t offset);
	/*
	 * How its tables are held against its file (disk_account): bytes of the medium that one entry stands for, and
	 * those that lie in front of its data in the file.  unit 0: they are not.
	 */
	uint64_t unit, lead;
	/* Adds the parts of the file that hold no data of the medium. */
	void (*claim)(struct disk_layer *layer, struct disk_places *places);
	/* A byte in this part of the file, to which nothing leads, where data must lie; UINT64_MAX: none. */
	uint64_t (*find_left_out)(struct disk_layer *layer, uint64_t from, uint64_t to);
	const struct disk_range *twice;	/* found by disk_account: parts that are no place's alone, in order */
	size_t twice_count;
	bool   holes_are_lost;	/* entries are missing: what is DISK_BELOW may be data */
	/* Inflates to at least unit_bytes, with room for DISK_UNIT_MAX; NULL, or why not. */
	const char *(*unpack)(struct disk_layer *layer, const uint8_t *packed, size_t length, uint8_t *unit,
		size_t unit_bytes);
};

struct disk_page {
	struct disk_file *file;	/* NULL: empty */
	uint64_t number;
	size_t   length;
	uint8_t *bytes;
};

struct disk_unit {
	struct disk_layer *layer;	/* NULL: empty */
	uint64_t offset;
	uint64_t used;		/* for the oldest to be replaced */
	uint8_t *bytes;
	const char *cause;	/* it could not be inflated */
};

struct disk {
	const char        *evidence;	/* for notes */
	const struct notes *notes;
	struct arena       arena;	/* layers and texts */
	struct disk_file  *files;	/* the first one is the disk itself */
	size_t             file_count;
	const char       **wanted;	/* base names of further files, each once */
	size_t             wanted_count, wanted_capacity;
	struct disk_layer *layers[DISK_LAYERS_MAX];
	size_t             layer_count;
	const char        *missing;	/* why what the last layer does not hold is lost; NULL: it is zero */
	struct disk_page   pages[DISK_PAGES];
	struct disk_unit   units[DISK_UNITS];
	uint64_t           unit_reads;
	uint8_t           *packed;	/* twice a unit and a sector */
	struct libdeflate_decompressor *inflater;
};

/* What a container of virtual disks is read by: a member of its struct image_driver. */
struct disk_format {
	/*
	 * Makes the layer of a file.  STATUS_DAMAGED: with parts that are lost, noted.
	 * STATUS_UNREADABLE: noted why.
	 */
	enum status (*open)(struct disk *disk, struct disk_file *file, struct disk_layer **ret_layer);
};

/*
 * sources are one a segment (NULL: missing), names their base names; borrowed.
 * The first one is the disk; the others are found by the names that it records.
 */
enum status disk_open(struct disk *disk, struct source *const sources[], const char *const names[],
	size_t count, const char *evidence, const struct notes *notes);
void disk_close(struct disk *disk);

/* What lies at an offset below the size of the first layer, through all layers. */
struct disk_piece disk_map(struct disk *disk, uint64_t offset, uint64_t length, struct disk_layer **ret_layer);

/*
 * Copies bytes of the medium; what is lost is zeros, and lost(context, offset,
 * length, cause) is told.
 */
void disk_read(struct disk *disk, uint64_t offset, uint8_t *bytes, size_t length,
	void (*lost)(void *context, uint64_t offset, uint64_t length, const char *cause), void *context);

/*
 * Holds the tables of a layer against its file, once it is open: what they must not say is noted, and
 * disk_judge makes of a piece what that leaves of it.  STATUS_DAMAGED, or
 * STATUS_UNREADABLE where they cannot be followed to their end; noted.
 */
enum status disk_account(struct disk *disk, struct disk_layer *layer);
struct disk_piece disk_judge(const struct disk_layer *layer, struct disk_piece piece);

/* For formats. */

/* A part of the file that is in use; ranges that may be shared may overlap each other. */
void disk_places_add(struct disk_places *places, uint64_t from, uint64_t to, bool may_be_shared);


/* length bytes of a table: false where the file does not hold them. */
bool disk_table(struct disk_file *file, struct disk *disk, uint64_t offset, void *bytes, size_t length);
/* The file of that name, by its last part and beside the disk; NULL: it is not there.  Remembers the wish. */
struct disk_file *disk_find(struct disk *disk, const char *name);
/* From now on the file is read through the source, which is taken over. */
void disk_lay_over(struct disk *disk, struct disk_file *file, struct source *overlay);
/* One note about a file of the disk. */
enum status disk_note(struct disk *disk, const struct disk_file *file, enum status status, enum note_kind kind,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
/* UTF-16 as UTF-8 up to its first NUL; owned by the disk. */
const char *disk_utf16(struct disk *disk, const uint8_t *bytes, size_t length, bool big_endian);
/* The same bytes as hexadecimal text, owned by the disk. */
const char *disk_hex(struct disk *disk, const void *bytes, size_t length);

static inline struct disk_piece
disk_lost(uint64_t length, const char *cause)
{
	return (struct disk_piece){ .kind = DISK_LOST, .length = length, .cause = cause };
}

/* The functions of a row of image.def. */
enum status disk_image_open(struct image *image, const struct notes *notes);
void disk_image_close(struct image *image);

#endif
