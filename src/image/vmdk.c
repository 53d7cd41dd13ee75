/*
 * vmdk.c - disk images of VMware (VMDK): sparse, flat, compressed, in one file or split, with parents.
 *
 * A text describes the disk; it is a file of its own or lies in the sparse file:
 *
 *   # Disk DescriptorFile
 *   CID=123a4f5e
 *   parentCID=ffffffff
 *   createType="twoGbMaxExtentSparse"
 *   parentFileNameHint="base.vmdk"
 *   RW 4192256 SPARSE "disk-s001.vmdk"
 *   RW 4192256 FLAT "disk-f001.vmdk" 0
 *
 * A sparse file, all little-endian, places in sectors:
 *
 *   "KDMV" version[4] flags[4] capacity[8] grain[8] text_at[8] text_sectors[8] entries[4] second_directory_at[8]
 *   directory_at[8] overhead[8] unclean[1] ends_of_line[4] compression[2]
 *
 * The directory holds the sectors of tables, a table those of grains; 0 is the parent's, 1 zeros
 * where the flags say so.  A compressed grain: lba[8] bytes[4] zlib.  Specified in VMware's "Virtual
 * Disk Format 5.0".
 */
#include <ctype.h>
#include <string.h>

#include <libdeflate.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "disk.h"

enum {
	HEADER_BYTES = 512, TEXT_BYTES_MAX = 1 << 20, GRAIN_SECTORS_MAX = DISK_UNIT_MAX / DISK_SECTOR,
	TABLE_ENTRIES_MAX = 1 << 16, FOOTER_FROM_END = 1024, MARKER_BYTES = 12, COMPRESSION_DEFLATE = 1,
	FLAG_SECOND_TABLES = 2, FLAG_ZERO_GRAINS = 4, FLAG_COMPRESSED = 0x10000, GRAIN_ZERO = 1,
};

enum extent_kind { EXTENT_FLAT, EXTENT_SPARSE, EXTENT_ZERO, EXTENT_LOST };

struct extent {
	enum extent_kind  kind;
	uint64_t          start, length;	/* bytes of the disk */
	struct disk_file *file;
	uint64_t          offset;		/* of a flat one, in its file */
	const char       *cause;		/* of a lost one */
	uint64_t grain, tables_at, spare_tables_at, capacity;	/* of a sparse one, bytes; no spare: 0 */
	uint32_t entries, flags;
};

struct vmdk {
	struct disk_layer layer;
	struct extent *extents;
	size_t         count;
	uint64_t       text_at, text_bytes;	/* in the sparse file */
	bool           one_was_enough;	/* of two sets of tables, because the other leads nowhere */
};

static const char outside[] = "a table of the image points outside its file";

/* ---- where things lie ---- */

static bool
read_sector_number(struct disk *disk, struct disk_file *file, uint64_t offset, uint64_t *ret_bytes)
{
	uint8_t bytes[4];
	struct cursor c = cursor_over(bytes, sizeof bytes);

	if (!disk_table(file, disk, offset, bytes, sizeof bytes))
		return false;
	*ret_bytes = (uint64_t)take_u32le(&c) * DISK_SECTOR;
	return true;
}

static struct disk_piece
map_compressed(struct vmdk *at, const struct extent *extent, uint64_t grain_at, struct disk_piece piece)
{
	uint64_t behind = extent->capacity - (piece.offset - piece.within);
	uint8_t marker[MARKER_BYTES];
	struct cursor c = cursor_over(marker, sizeof marker);

	if (!disk_table(extent->file, at->layer.disk, grain_at, marker, sizeof marker))
		return disk_lost(piece.length, outside);
	if (take_u64le(&c) != (piece.offset - piece.within) / DISK_SECTOR)
		return disk_lost(piece.length, "a table of the image points to another compressed part than the one meant");
	piece.kind = DISK_PACKED;
	piece.offset = grain_at + MARKER_BYTES;
	piece.packed = take_u32le(&c);
	piece.unit = behind < extent->grain ? behind : extent->grain;
	return piece;
}

static struct disk_piece
map_sparse(struct vmdk *at, const struct extent *extent, uint64_t tables_at, uint64_t offset)
{
	uint64_t grain = offset / extent->grain, table = grain / extent->entries, table_at, grain_at;
	struct disk_piece piece = { .kind = DISK_BELOW, .file = extent->file, .offset = offset,
		.within = offset % extent->grain };
	struct disk *disk = at->layer.disk;

	piece.length = (table + 1) * extent->entries * extent->grain - offset;
	if (offset >= extent->capacity || !read_sector_number(disk, extent->file, tables_at + table * 4, &table_at))
		return disk_lost(piece.length, outside);
	if (!table_at)
		return piece;
	piece.length = extent->grain - piece.within;
	if (!read_sector_number(disk, extent->file, table_at + grain % extent->entries * 4, &grain_at))
		return disk_lost(piece.length, outside);
	if (!grain_at)
		return piece;
	if (grain_at == GRAIN_ZERO * DISK_SECTOR && extent->flags & FLAG_ZERO_GRAINS)
		piece.kind = DISK_ZERO;
	else if (grain_at >= extent->file->source->size)
		return disk_lost(piece.length, outside);
	else if (extent->flags & FLAG_COMPRESSED)
		return map_compressed(at, extent, grain_at, piece);
	else
		piece.kind = DISK_DATA;
	piece.offset = grain_at + piece.within;
	return piece;
}

/*
 * What two sets of tables say of one place: the one that can be right, nothing where both can and disagree.  A
 * second one that the header does not vouch for is only asked where the first is of no use.
 */
static struct disk_piece
map_twice(struct vmdk *at, const struct extent *extent, uint64_t offset)
{
	struct disk_piece first = map_sparse(at, extent, extent->tables_at, offset), second;

	if (!extent->spare_tables_at || (first.kind != DISK_LOST && !(extent->flags & FLAG_SECOND_TABLES)))
		return first;
	second = map_sparse(at, extent, extent->spare_tables_at, offset);
	if ((first.kind == DISK_LOST) != (second.kind == DISK_LOST))
		at->one_was_enough = true;
	if (first.kind == DISK_LOST)
		return second;
	if (second.kind == DISK_LOST)
		return first;
	first.length = first.length < second.length ? first.length : second.length;
	if (first.kind != second.kind || (first.kind != DISK_BELOW && first.kind != DISK_ZERO &&
	    first.offset != second.offset))
		return disk_lost(first.length, "the two sets of tables of the image disagree on where a part lies");
	return first;
}

static const struct extent *
extent_at(const struct vmdk *at, uint64_t offset)
{
	size_t low = 0, high = at->count - 1;

	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (at->extents[middle].start <= offset)
			low = middle;
		else
			high = middle - 1;
	}
	return &at->extents[low];
}

static struct disk_piece
map(struct disk_layer *layer, uint64_t offset)
{
	struct vmdk *at = (struct vmdk *)layer;
	const struct extent *extent = extent_at(at, offset);
	uint64_t within = offset - extent->start, left = extent->length - within;
	struct disk_piece piece = { .kind = DISK_ZERO, .length = left };

	if (extent->kind == EXTENT_LOST)
		return disk_lost(left, extent->cause);
	if (extent->kind == EXTENT_FLAT)
		piece = (struct disk_piece){ .kind = DISK_DATA, .length = left, .file = extent->file,
			.offset = extent->offset + within };
	if (extent->kind == EXTENT_SPARSE)
		piece = map_twice(at, extent, within);
	piece.length = piece.length < left ? piece.length : left;
	return piece;
}

static const char *
unpack(struct disk_layer *layer, const uint8_t *packed, size_t length, uint8_t *unit, size_t unit_bytes)
{
	size_t used, got;

	if (libdeflate_zlib_decompress_ex(layer->disk->inflater, packed, length, unit, DISK_UNIT_MAX, &used, &got) ||
	    got < unit_bytes)
		return "a compressed part of the image does not inflate";
	return NULL;
}

/* ---- a sparse file ---- */

/* NULL: it can be read.  at: NULL for a file that another one describes. */
static const char *
read_sparse(struct disk *disk, struct disk_file *file, uint64_t offset, struct extent *extent, struct vmdk *at)
{
	uint8_t bytes[HEADER_BYTES];
	struct cursor c = cursor_over(bytes, sizeof bytes);
	uint64_t capacity, grain, text_at, text_sectors, spare, tables;

	if (!disk_table(file, disk, offset, bytes, sizeof bytes) || memcmp(bytes, "KDMV", 4))
		return "it does not begin as a sparse file of VMware does";
	take_u64le(&c);
	extent->flags = take_u32le(&c);
	capacity = take_u64le(&c);
	grain = take_u64le(&c);
	text_at = take_u64le(&c);
	text_sectors = take_u64le(&c);
	extent->entries = take_u32le(&c);
	spare = take_u64le(&c);
	tables = take_u64le(&c);
	take_bytes(&c, 13);
	if (tables == UINT64_MAX && !offset && file->source->size >= FOOTER_FROM_END)
		return read_sparse(disk, file, file->source->size - FOOTER_FROM_END, extent, at);
	if (extent->flags & FLAG_COMPRESSED && take_u16le(&c) != COMPRESSION_DEFLATE)
		return "its compression is not known";
	if (!grain || grain > GRAIN_SECTORS_MAX || !extent->entries || extent->entries > TABLE_ENTRIES_MAX ||
	    capacity > INT64_MAX / DISK_SECTOR || tables > INT64_MAX / DISK_SECTOR ||
	    text_at > INT64_MAX / DISK_SECTOR)
		return "its header holds impossible values";
	extent->kind = EXTENT_SPARSE;
	extent->file = file;
	extent->grain = grain * DISK_SECTOR;
	extent->capacity = capacity * DISK_SECTOR;
	extent->tables_at = tables * DISK_SECTOR;
	extent->spare_tables_at = spare < INT64_MAX / DISK_SECTOR ? spare * DISK_SECTOR : 0;
	if (at && text_at) {
		at->text_at = text_at * DISK_SECTOR;
		at->text_bytes = text_sectors < TEXT_BYTES_MAX / DISK_SECTOR ? text_sectors * DISK_SECTOR : TEXT_BYTES_MAX;
	}
	return NULL;
}

/* ---- the description ---- */

struct text {
	struct vmdk *at;
	struct disk *disk;
	struct extent own;	/* the sparse file that holds the text; of no length without one */
	size_t       capacity;
	enum status  status;
};

/* Takes a word; the rest begins behind its blanks. */
static char *
take_word(char **rest)
{
	char *word = *rest, *end = word;

	while (*end && !isspace((unsigned char)*end))
		end++;
	if (*end)
		*end++ = '\0';
	while (isspace((unsigned char)*end))
		end++;
	*rest = end;
	return word;
}

static char *
take_quoted(char **rest)
{
	char *end;

	if (**rest != '"' || !(end = strchr(*rest + 1, '"')))
		return take_word(rest);
	*end = '\0';
	end = *rest + 1;
	*rest = end + strlen(end) + 1;
	while (isspace((unsigned char)**rest))
		(*rest)++;
	return end;
}

static void
lose_extent(struct text *text, struct extent *extent, const char *name, const char *why)
{
	struct disk *disk = text->disk;

	extent->kind = EXTENT_LOST;
	extent->cause = arena_format(&disk->arena, "%s, a part of the image, %s", name, why);
	text->status = disk_note(disk, text->at->layer.file, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE,
		"%s: \"%s\" %s: it holds %llu bytes of the medium from %llu on", text->at->layer.file->name, name, why,
		(unsigned long long)extent->length, (unsigned long long)extent->start);
}

static void
find_extent(struct text *text, struct extent *extent, const char *type, const char *name)
{
	bool is_flat = !strcmp(type, "FLAT") || !strcmp(type, "VMFS");
	const char *why;

	if (!strcmp(type, "ZERO")) {
		extent->kind = EXTENT_ZERO;
		return;
	}
	if (!strcmp(type, "SPARSE") && text->own.file) {
		uint64_t start = extent->start, length = extent->length;

		*extent = text->own;
		extent->start = start;
		extent->length = length;
		return;
	}
	extent->file = disk_find(text->disk, name);
	if (!extent->file)
		lose_extent(text, extent, name, "is not there; put it beside the others and run again");
	else if (is_flat)
		extent->kind = EXTENT_FLAT;
	else if (strcmp(type, "SPARSE"))
		lose_extent(text, extent, name, "is of a kind (vmfsSparse, seSparse, RDM) that is not read; "
			"convert the disk with \"qemu-img convert -O raw\" and give the result");
	else if ((why = read_sparse(text->disk, extent->file, 0, extent, NULL)))
		lose_extent(text, extent, name, why);
}

static void
take_extent(struct text *text, char *rest)
{
	struct vmdk *at = text->at;
	struct extent extent = { .kind = EXTENT_LOST };
	char *sectors = take_word(&rest), *type = take_word(&rest), *name = take_quoted(&rest);
	uint64_t count, offset = 0;

	if (!text_parse_u64(sectors, strlen(sectors), 10, &count) || !count ||
	    count > (INT64_MAX - at->layer.size) / DISK_SECTOR || at->count >= limit_get(LIMIT_SEGMENTS))
		return;
	if (*rest && text_parse_u64(rest, strlen(rest), 10, &offset) && offset < INT64_MAX / DISK_SECTOR)
		extent.offset = offset * DISK_SECTOR;
	extent.start = at->layer.size;
	extent.length = count * DISK_SECTOR;
	find_extent(text, &extent, type, name);
	at->extents = memory_grow(at->extents, at->count, &text->capacity, sizeof *at->extents);
	at->extents[at->count++] = extent;
	at->layer.size += extent.length;
}

static void
take_value(struct text *text, const char *key, char *value)
{
	struct disk_layer *layer = &text->at->layer;
	const char *plain = arena_copy_text(&text->disk->arena, take_quoted(&value));

	if (!strcmp(key, "CID"))
		layer->id = plain;
	else if (!strcmp(key, "parentCID") && strcmp(plain, "ffffffff"))
		layer->parent_id = plain;
	else if (!strcmp(key, "parentFileNameHint"))
		layer->parent = plain;
}

static void
take_line(struct text *text, char *line)
{
	static const char *const access[] = { "RW", "RDONLY", "NOACCESS", NULL };
	char *rest = line, *equals = strchr(line, '='), *first, *end;

	if (*line == '#' || !*line)
		return;
	if (equals && !strchr(line, '"')) {
		first = equals;
	} else {
		first = strchr(line, '"');
		first = equals && equals < first ? equals : NULL;
	}
	if (first) {
		*first = '\0';
		for (end = first; end > line && isspace((unsigned char)end[-1]); )
			*--end = '\0';
		for (rest = first + 1; isspace((unsigned char)*rest); )
			rest++;
		take_value(text, line, rest);
		return;
	}
	first = take_word(&rest);
	for (size_t i = 0; access[i]; i++)
		if (!strcmp(first, access[i]))
			take_extent(text, rest);
}

static void
take_text(struct text *text, uint64_t offset, size_t length)
{
	char *bytes = memory_allocate(length + 1, 1), *line = bytes;

	if (disk_table(text->at->layer.file, text->disk, offset, bytes, length))
		while (line && *line) {
			char *next = strchr(line, '\n');
			size_t end;

			if (next)
				*next++ = '\0';
			for (end = strlen(line); end && isspace((unsigned char)line[end - 1]); )
				line[--end] = '\0';
			take_line(text, line);
			line = next;
		}
	memory_free(bytes);
}

static bool
is_text(const uint8_t *head, size_t length)
{
	static const char magic[] = "# Disk DescriptorFile";

	return length > sizeof magic && !memcmp(head, magic, sizeof magic - 1);
}

/* The list moves into the arena, which is released with the disk. */
static void
keep_extents(struct vmdk *at, struct disk *disk)
{
	struct extent *extents = at->extents;

	if (extents) {
		at->extents = arena_allocate(&disk->arena, at->count * sizeof *extents);
		memcpy(at->extents, extents, at->count * sizeof *extents);
	}
	memory_free(extents);
}

/* NULL: it can be read. */
static const char *
read_all(struct text *text)
{
	struct vmdk *at = text->at;
	struct disk_file *file = at->layer.file;
	uint8_t head[64];
	const char *why;

	if (!disk_table(file, text->disk, 0, head, sizeof head))
		return "it is cut short";
	if (is_text(head, sizeof head)) {
		take_text(text, 0, file->source->size < TEXT_BYTES_MAX ? (size_t)file->source->size : TEXT_BYTES_MAX);
		return at->count ? NULL : "its description names no part of the disk";
	}
	if (!memcmp(head, "COWD", 4))
		return "it is a snapshot of an ESX host (vmfsSparse), which is not read";
	if ((why = read_sparse(text->disk, file, 0, &text->own, at)))
		return why;
	if (at->text_bytes)
		take_text(text, at->text_at, (size_t)at->text_bytes);
	if (at->count)
		return NULL;
	at->layer.size = text->own.length = text->own.capacity;
	at->extents = memory_grow(NULL, 0, &text->capacity, sizeof text->own);
	at->extents[at->count++] = text->own;
	return NULL;
}

/* Asks for every part of the disk once; no more than its files have room to name. */
static enum status
compare_all(struct vmdk *at)
{
	uint64_t left = 65536;

	for (size_t i = 0; i < at->count; i++)
		left += at->extents[i].file ? at->extents[i].file->source->size / 2 : 1;
	for (uint64_t offset = 0; offset < at->layer.size && left && !at->one_was_enough; left--)
		offset += map(&at->layer, offset).length;
	if (!at->one_was_enough)
		return STATUS_OK;
	return disk_note(at->layer.disk, at->layer.file, STATUS_DAMAGED, NOTE_IMAGE_DAMAGED,
		"%s keeps its tables twice, and one of the two leads outside of its file or to another part than the one "
		"meant: the other one is used there; compare with a second copy", at->layer.file->name);
}

static enum status
open_vmdk(struct disk *disk, struct disk_file *file, struct disk_layer **ret_layer)
{
	struct vmdk *at = arena_allocate(&disk->arena, sizeof *at);
	struct text text = { .at = at, .disk = disk, .status = STATUS_OK };
	const char *why;

	at->layer.disk = disk;
	at->layer.file = file;
	at->layer.format = "vmdk";
	at->layer.map = map;
	at->layer.unpack = unpack;
	why = read_all(&text);
	keep_extents(at, disk);
	if (why)
		return disk_note(disk, file, STATUS_UNREADABLE, NOTE_IMAGE_INCOMPLETE,
			"%s cannot be read: %s; compare with a second copy, or convert it with \"qemu-img convert -O raw\"",
			file->name, why);
	if (!at->layer.parent_id)
		at->layer.parent = NULL;
	else if (!at->layer.parent)
		at->layer.parent = "?";
	*ret_layer = &at->layer;
	return status_worse(text.status, compare_all(at));
}

static bool
probe(const uint8_t *head, size_t length)
{
	return (length >= 4 && (!memcmp(head, "KDMV", 4) || !memcmp(head, "COWD", 4))) || is_text(head, length);
}

static const struct disk_format format = { .open = open_vmdk };

const struct image_driver vmdk_image_driver = {
	.name        = "vmdk",
	.description = "VMware disk image (VMDK): sparse, flat, compressed, split, with its parents",
	.probe       = probe,
	.open        = disk_image_open,
	.close       = disk_image_close,
	.disk        = &format,
};
