/*
 * vhd.c - disk images of Virtual PC and Hyper-V (VHD): of fixed size, growing, and differencing.
 *
 * Last sector: "conectix" features[4] version[4] header_at[8] time[4] creator[4] ... size_at_48[8]
 * geometry[4] type[4] checksum[4] id[16]; type 2 is fixed, 3 growing, 4 differencing.  A copy of it is
 * the first sector of the latter two; header_at leads to
 *
 *   "cxsparse" next[8] table_at[8] version[4] entries[4] block_bytes[4] checksum[4] parent_id[16] ...
 *   parent_name_at_64[512] (UTF-16BE)
 *
 * The table holds the sector of each block, ffffffff where there is none; a block begins with a
 * bitmap of its sectors.  All big-endian.  Specified in Microsoft's "Virtual Hard Disk Image
 * Format Specification" 1.0.
 */
#include <string.h>

#include <t1554triage/cursor.h>

#include "disk.h"

enum {
	FIXED = 2, GROWING = 3, DIFFERENCING = 4,
	HEADER_BYTES = 1024, PARENT_NAME_AT = 64, PARENT_NAME_BYTES = 512, ID_BYTES = 16, CHECKSUM_AT = 64,
	HEADER_CHECKSUM_AT = 36, BLOCK_BYTES_MAX = 1 << 30, BITMAP_PART = 512,
};

struct vhd {
	struct disk_layer layer;
	uint64_t header_at, table_at;
	uint32_t type, entries, block_bytes, bitmap_bytes;
};

static const char outside[] = "a table of the image points outside its file";

/* The ones' complement of the sum of all bytes but those of the checksum. */
static bool
checksum_holds(const uint8_t *bytes, size_t length, size_t checksum_at)
{
	struct cursor c = cursor_at(bytes, length, checksum_at);
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++)
		if (i < checksum_at || i >= checksum_at + 4)
			sum += bytes[i];
	return take_u32be(&c) == (uint32_t)~sum;
}

/* From this sector on, those that the bitmap says to be in the same place. */
static struct disk_piece
map_sectors(struct vhd *at, uint64_t bitmap_at, uint64_t within)
{
	uint64_t sector = within / DISK_SECTOR, end = sector, sectors = at->block_bytes / DISK_SECTOR;
	uint64_t part_at = sector / 8 / BITMAP_PART * BITMAP_PART, bits = at->bitmap_bytes - part_at;
	uint8_t bitmap[BITMAP_PART];
	bool is_here;

	bits = (bits < BITMAP_PART ? bits : BITMAP_PART) * 8;
	if (!disk_table(at->layer.file, at->layer.disk, bitmap_at + part_at, bitmap, (size_t)bits / 8))
		return disk_lost(at->block_bytes - within, outside);
	bits = part_at * 8 + bits < sectors ? part_at * 8 + bits : sectors;
	is_here = bitmap[sector / 8 - part_at] >> (7 - sector % 8) & 1;
	while (end < bits && (bitmap[end / 8 - part_at] >> (7 - end % 8) & 1) == is_here)
		end++;
	return (struct disk_piece){ .kind = is_here ? DISK_DATA : DISK_BELOW, .file = at->layer.file,
		.length = end * DISK_SECTOR - within, .offset = bitmap_at + at->bitmap_bytes + within };
}

static struct disk_piece
map(struct disk_layer *layer, uint64_t offset)
{
	struct vhd *at = (struct vhd *)layer;
	uint64_t within = offset % at->block_bytes, left = at->block_bytes - within, block = offset / at->block_bytes;
	uint8_t bytes[4];
	struct cursor c = cursor_over(bytes, sizeof bytes);
	uint64_t sector;

	if (block >= at->entries)
		return disk_lost(layer->size - offset, "the table of the image is too short");
	if (!disk_table(layer->file, layer->disk, at->table_at + block * sizeof bytes, bytes, sizeof bytes))
		return disk_lost(left, outside);
	sector = take_u32be(&c);
	if (sector == UINT32_MAX)
		return (struct disk_piece){ .kind = DISK_BELOW, .length = left };
	if (sector * DISK_SECTOR >= layer->file->source->size)
		return disk_lost(left, outside);
	if (at->type == DIFFERENCING)
		return map_sectors(at, sector * DISK_SECTOR, within);
	return (struct disk_piece){ .kind = DISK_DATA, .length = left, .file = layer->file,
		.offset = sector * DISK_SECTOR + at->bitmap_bytes + within };
}

static void
claim(struct disk_layer *layer, struct disk_places *places)
{
	struct vhd *at = (struct vhd *)layer;

	disk_places_add(places, 0, DISK_SECTOR, false);
	disk_places_add(places, at->header_at, at->header_at + HEADER_BYTES, false);
	disk_places_add(places, at->table_at, at->table_at + (uint64_t)at->entries * 4, false);
}

/* Blocks lie side by side up to the last sector; what pads them is no block. */
static uint64_t
find_left_out(struct disk_layer *layer, uint64_t from, uint64_t to)
{
	return to - from >= layer->lead + layer->unit ? from : UINT64_MAX;
}

static struct disk_piece
map_fixed(struct disk_layer *layer, uint64_t offset)
{
	return (struct disk_piece){ .kind = DISK_DATA, .length = layer->size - offset, .file = layer->file,
		.offset = offset };
}

/* The last sector, or its copy in front; false: it is not there, or must be whole and is not. */
static bool
read_footer(struct vhd *at, struct disk *disk, struct disk_file *file, uint64_t offset, bool must_be_whole)
{
	uint8_t bytes[DISK_SECTOR];
	struct cursor c = cursor_over(bytes, sizeof bytes);

	if (!disk_table(file, disk, offset, bytes, sizeof bytes) || memcmp(bytes, "conectix", 8) ||
	    (must_be_whole && !checksum_holds(bytes, sizeof bytes, CHECKSUM_AT)))
		return false;
	take_bytes(&c, 16);
	at->header_at = take_u64be(&c);
	take_bytes(&c, 24);
	at->layer.size = take_u64be(&c);
	take_bytes(&c, 4);
	at->type = take_u32be(&c);
	take_bytes(&c, 4);
	at->layer.id = disk_hex(disk, take_bytes(&c, ID_BYTES), ID_BYTES);
	return true;
}

/* NULL: it can be read. */
static const char *
read_header(struct vhd *at, struct disk *disk, struct disk_file *file)
{
	uint8_t bytes[HEADER_BYTES];
	struct cursor c = cursor_over(bytes, sizeof bytes);

	if (!disk_table(file, disk, at->header_at, bytes, sizeof bytes) || memcmp(bytes, "cxsparse", 8))
		return "the header of its table is not there";
	if (!checksum_holds(bytes, sizeof bytes, HEADER_CHECKSUM_AT))
		return "the header of its table fails its checksum";
	take_bytes(&c, 16);
	at->table_at = take_u64be(&c);
	take_u32be(&c);
	at->entries = take_u32be(&c);
	at->block_bytes = take_u32be(&c);
	take_u32be(&c);
	if (at->block_bytes < DISK_SECTOR || at->block_bytes > BLOCK_BYTES_MAX ||
	    at->block_bytes & (at->block_bytes - 1) || at->table_at > INT64_MAX)
		return "its header holds impossible values";
	at->bitmap_bytes = (at->block_bytes / DISK_SECTOR / 8 + BITMAP_PART - 1) / BITMAP_PART * BITMAP_PART;
	if (at->type != DIFFERENCING)
		return NULL;
	at->layer.parent_id = disk_hex(disk, take_bytes(&c, ID_BYTES), ID_BYTES);
	at->layer.parent = disk_utf16(disk, bytes + PARENT_NAME_AT, PARENT_NAME_BYTES, true);
	return NULL;
}

static enum status
open_vhd(struct disk *disk, struct disk_file *file, struct disk_layer **ret_layer)
{
	struct vhd *at = arena_allocate(&disk->arena, sizeof *at);
	uint64_t end = file->source->size >= DISK_SECTOR ? file->source->size - DISK_SECTOR : 0;
	bool is_whole = read_footer(at, disk, file, end, true);
	bool is_copy = !is_whole && read_footer(at, disk, file, 0, true);
	bool is_there = is_whole || is_copy || read_footer(at, disk, file, end, false) ||
		read_footer(at, disk, file, 0, false);
	const char *why = NULL;

	at->layer.disk = disk;
	at->layer.file = file;
	at->layer.format = "vhd";
	at->layer.map = at->type == FIXED ? map_fixed : map;
	if (!is_there)
		why = "its description is neither at its beginning nor at its end";
	else if (at->type == GROWING || at->type == DIFFERENCING)
		why = read_header(at, disk, file);
	else if (at->type != FIXED)
		why = "it is of a kind that is not known";
	if (!why && at->layer.size > INT64_MAX)
		why = "its description holds impossible values";
	if (at->type != FIXED) {
		at->layer.unit = at->block_bytes;
		at->layer.lead = at->bitmap_bytes;
		at->layer.claim = claim;
		at->layer.find_left_out = find_left_out;
	}
	if (why)
		return disk_note(disk, file, STATUS_UNREADABLE, NOTE_IMAGE_INCOMPLETE,
			"%s cannot be read: %s; compare with a second copy, or convert it with \"qemu-img convert -O raw\"",
			file->name, why);
	*ret_layer = &at->layer;
	if (is_whole)
		return STATUS_OK;
	if (!is_copy)
		return disk_note(disk, file, STATUS_DAMAGED, NOTE_IMAGE_DAMAGED,
			"the description of %s fails its checksum, and is used: compare with a second copy", file->name);
	return disk_note(disk, file, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE,
		"%s does not end as a VHD does: it is cut short, or damaged at its end; copy it again", file->name);
}

static bool
probe(const uint8_t *head, size_t length)
{
	return length >= DISK_SECTOR && !memcmp(head, "conectix", 8);
}

/* The end of a disk may look like anything: the checksum and the size must hold too. */
static bool
probe_tail(const uint8_t *tail, size_t length, uint64_t size)
{
	struct cursor c = cursor_at(tail, length, 48);

	return length >= DISK_SECTOR && !memcmp(tail, "conectix", 8) &&
		checksum_holds(tail, DISK_SECTOR, CHECKSUM_AT) && take_u64be(&c) <= size;
}

static const struct disk_format format = { .open = open_vhd };

const struct image_driver vhd_image_driver = {
	.name        = "vhd",
	.description = "Virtual PC and Hyper-V disk image (VHD): fixed, growing, differencing with its parents",
	.probe       = probe,
	.probe_tail  = probe_tail,
	.open        = disk_image_open,
	.close       = disk_image_close,
	.disk        = &format,
};
