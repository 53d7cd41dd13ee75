/*
 * vhdx.c - disk images of Hyper-V (VHDX): fixed, growing, and differencing, also with an open log.
 *
 *        0  "vhdxfile"
 *     64 K  "head" checksum[4] sequence[8] file_id[16] data_id[16] log_id[16] log_version[2] version[2]
 *           log_bytes[4] log_at[8]; again at 128 K, the one with the higher sequence counts
 *    192 K  "regi" checksum[4] count[4] 0[4], then of each region: id[16] at[8] bytes[4] required[4];
 *           again at 256 K
 *
 * The region of metadata ("metadata" 0[2] count[2] 0[20], then id[16] at[4] bytes[4] flags[8]) holds
 * sizes and the parent, the region of blocks (BAT) a word a block: state in 3 bits, MiB of the
 * file from bit 20 on; after each chunk of blocks the word of a bitmap of sectors.  All little-endian,
 * checksums are CRC-32C.  Specified in [MS-VHDX].
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <t1554triage/crc32c.h>
#include <t1554triage/cursor.h>
#include <t1554triage/text.h>

#include "disk.h"
#include "vhdx_log.h"

enum {
	KIB = 1024, MIB = 1024 * KIB,
	HEADER_AT = 64 * KIB, HEADER_BYTES = 4 * KIB, REGIONS_AT = 192 * KIB, REGIONS_BYTES = 64 * KIB,
	REGIONS_MAX = 2047, METADATA_MAX = 2047, ENTRY_BYTES = 32, ID_BYTES = 16, ID_TEXT = 37, CHECKSUM_AT = 4,
	BLOCK_BYTES_MAX = 256 * MIB, CHUNK_SECTORS = 1 << 23, BITMAP_PART = 512,
	LOCATOR_MAX = 64 * KIB, LOCATOR_ENTRIES_MAX = 64, LOCATOR_HEADER = 20, LOCATOR_ENTRY = 12,
	STATE_ABSENT = 0, STATE_PRESENT = 6, STATE_PARTLY = 7,
};

#define HAS_PARENT 2u

static const char id_blocks[]      = "2dc27766-f623-4200-9d64-115e9bfd4a08";
static const char id_metadata[]    = "8b7ca206-4790-4b9a-b8fe-575f050f886e";
static const char id_parameters[]  = "caa16737-fa36-4d43-b3b6-33f0aa44e76b";
static const char id_size[]        = "2fa54224-cd1b-4876-b211-5dbed83bf4b8";
static const char id_sector_size[] = "8141bf1d-a96f-4709-ba47-f233a8faab5f";
static const char id_locator[]     = "a8d35f2d-b30b-454d-abf7-d3d84834ab0c";

struct region { uint64_t at, bytes; };

struct vhdx {
	struct disk_layer layer;
	struct vhdx_log_place log;
	uint64_t blocks_at, blocks_bytes, ratio;	/* ratio: blocks a chunk */
	uint32_t block_bytes, flags;
	struct region metadata;
};

static const char outside[] = "a table of the image points outside its file";

static void
id_text(const uint8_t *id, char ret_text[ID_TEXT])
{
	struct cursor c = cursor_over(id, ID_BYTES);
	uint32_t first = take_u32le(&c);
	uint16_t second = take_u16le(&c), third = take_u16le(&c), fourth = take_u16be(&c);

	snprintf(ret_text, ID_TEXT, "%08" PRIx32 "-%04x-%04x-%04x-%012" PRIx64, first, second, third, fourth,
		take_be(&c, 6));
}

static bool
checksum_holds(uint8_t *bytes, size_t length)
{
	struct cursor c = cursor_at(bytes, length, CHECKSUM_AT);
	uint32_t stored = take_u32le(&c);
	struct crc32c crc;

	crc32c_init(&crc);
	memset(bytes + CHECKSUM_AT, 0, 4);
	return crc32c_of(&crc, bytes, length) == stored;
}

/* ---- where things lie ---- */

static bool
read_block_word(struct vhdx *at, uint64_t index, uint64_t *ret_word)
{
	uint8_t bytes[8];
	struct cursor c = cursor_over(bytes, sizeof bytes);

	if (index >= at->blocks_bytes / 8 ||
	    !disk_table(at->layer.file, at->layer.disk, at->blocks_at + index * 8, bytes, sizeof bytes))
		return false;
	*ret_word = take_u64le(&c);
	return true;
}

/* From this sector on, those that the bitmap of the chunk says to be in the same place. */
static struct disk_piece
map_sectors(struct vhdx *at, uint64_t block, uint64_t within, uint64_t block_at)
{
	uint32_t sector_size = at->layer.sector_size;
	uint64_t left = at->block_bytes - within, sectors = at->block_bytes / sector_size;
	uint64_t first = block % at->ratio * sectors + within / sector_size, bit = first;
	uint64_t end = block % at->ratio * sectors + sectors, word;
	uint8_t bitmap[BITMAP_PART];
	uint64_t part_at = first / 8 / BITMAP_PART * BITMAP_PART;
	bool is_here;

	if (!read_block_word(at, block / at->ratio * (at->ratio + 1) + at->ratio, &word) ||
	    (word & 7) != STATE_PRESENT ||
	    !disk_table(at->layer.file, at->layer.disk, word / MIB * MIB + part_at, bitmap, sizeof bitmap))
		return disk_lost(left, "the bitmap of a block of the image is not there");
	end = end < (part_at + BITMAP_PART) * 8 ? end : (part_at + BITMAP_PART) * 8;
	is_here = bitmap[bit / 8 - part_at] >> bit % 8 & 1;
	while (bit < end && (bitmap[bit / 8 - part_at] >> bit % 8 & 1) == is_here)
		bit++;
	return (struct disk_piece){ .kind = is_here ? DISK_DATA : DISK_BELOW, .file = at->layer.file,
		.length = (bit - first) * sector_size - within % sector_size, .offset = block_at + within };
}

static struct disk_piece
map(struct disk_layer *layer, uint64_t offset)
{
	struct vhdx *at = (struct vhdx *)layer;
	uint64_t block = offset / at->block_bytes, within = offset % at->block_bytes;
	struct disk_piece piece = { .kind = DISK_ZERO, .length = at->block_bytes - within, .file = layer->file };
	uint64_t word;

	if (!read_block_word(at, block + block / at->ratio, &word))
		return disk_lost(piece.length, outside);
	piece.offset = word / MIB * MIB + within;
	if ((word & 7) == STATE_PARTLY && at->flags & HAS_PARENT)
		return map_sectors(at, block, within, word / MIB * MIB);
	if ((word & 7) == STATE_ABSENT)
		piece.kind = DISK_BELOW;
	else if ((word & 7) == STATE_PRESENT || (word & 7) == STATE_PARTLY)
		piece.kind = DISK_DATA;
	if (piece.kind == DISK_DATA && word / MIB < 1)
		return disk_lost(piece.length, outside);
	return piece;
}

static void
claim(struct disk_layer *layer, struct disk_places *places)
{
	struct vhdx *at = (struct vhdx *)layer;
	uint64_t word, chunks = at->blocks_bytes / 8 / (at->ratio + 1);

	disk_places_add(places, 0, MIB, false);
	disk_places_add(places, at->log.offset, at->log.offset + at->log.length, false);
	disk_places_add(places, at->metadata.at, at->metadata.at + at->metadata.bytes, false);
	disk_places_add(places, at->blocks_at, at->blocks_at + at->blocks_bytes, false);
	for (uint64_t i = 0; i < chunks && at->flags & HAS_PARENT; i++)
		if (read_block_word(at, i * (at->ratio + 1) + at->ratio, &word) && (word & 7) == STATE_PRESENT)
			disk_places_add(places, word / MIB * MIB, word / MIB * MIB + MIB, false);
}

/* A file may have grown for blocks to come, which are zero. */
static uint64_t
find_left_out(struct disk_layer *layer, uint64_t from, uint64_t to)
{
	uint8_t bytes[4 * KIB];

	for (uint64_t at = (from + MIB - 1) / MIB * MIB; at + sizeof bytes <= to; at += sizeof bytes) {
		if (!disk_table(layer->file, layer->disk, at, bytes, sizeof bytes))
			return UINT64_MAX;
		for (size_t i = 0; i < sizeof bytes; i++)
			if (bytes[i])
				return at;
	}
	return UINT64_MAX;
}

/* ---- headers, regions, metadata ---- */

static bool
read_one_header(struct vhdx *at, struct disk *disk, struct disk_file *file, uint64_t offset, uint64_t *sequence)
{
	uint8_t bytes[HEADER_BYTES];
	struct cursor c = cursor_over(bytes, sizeof bytes);
	const uint8_t *data_id, *log_id;
	uint64_t number;
	char text[ID_TEXT];

	if (!disk_table(file, disk, offset, bytes, sizeof bytes) || memcmp(bytes, "head", 4) ||
	    !checksum_holds(bytes, sizeof bytes))
		return false;
	take_bytes(&c, 8);
	number = take_u64le(&c);
	if (number < *sequence)
		return true;
	*sequence = number;
	take_bytes(&c, ID_BYTES);
	data_id = take_bytes(&c, ID_BYTES);
	log_id = take_bytes(&c, ID_BYTES);
	take_bytes(&c, 4);
	id_text(data_id, text);
	at->layer.id = arena_copy_text(&disk->arena, text);
	memcpy(at->log.id, log_id, ID_BYTES);
	at->log.length = take_u32le(&c);
	at->log.offset = take_u64le(&c);
	return true;
}

/* How many of the two can be read. */
static int
read_headers(struct vhdx *at, struct disk *disk, struct disk_file *file)
{
	uint64_t sequence = 0;
	int count = read_one_header(at, disk, file, HEADER_AT, &sequence);

	return count + read_one_header(at, disk, file, 2 * HEADER_AT, &sequence);
}

/* The entry of an identifier in a table of ids, offsets and lengths. */
static bool
find_entry(const uint8_t *table, size_t length, size_t first, uint32_t count, const char *id, bool is_region,
	struct region *ret_region)
{
	for (uint32_t i = 0; i < count; i++) {
		struct cursor c = cursor_at(table, length, first + (size_t)i * ENTRY_BYTES);
		const uint8_t *bytes = take_bytes(&c, ID_BYTES);
		char text[ID_TEXT];

		ret_region->at = is_region ? take_u64le(&c) : take_u32le(&c);
		ret_region->bytes = take_u32le(&c);
		if (c.failed)
			return false;
		id_text(bytes, text);
		if (!strcmp(text, id))
			return ret_region->at <= INT64_MAX;
	}
	return false;
}

static bool
read_regions(struct vhdx *at, struct disk *disk, struct disk_file *file, uint64_t offset,
	struct region *ret_metadata)
{
	uint8_t *bytes = memory_allocate(REGIONS_BYTES, 1);
	struct region blocks = { 0, 0 };
	bool found = false;
	uint32_t count;

	if (disk_table(file, disk, offset, bytes, REGIONS_BYTES) && !memcmp(bytes, "regi", 4) &&
	    checksum_holds(bytes, REGIONS_BYTES)) {
		struct cursor c = cursor_at(bytes, REGIONS_BYTES, 8);

		count = take_u32le(&c);
		found = count <= REGIONS_MAX &&
			find_entry(bytes, REGIONS_BYTES, 16, count, id_blocks, true, &blocks) &&
			find_entry(bytes, REGIONS_BYTES, 16, count, id_metadata, true, ret_metadata);
	}
	memory_free(bytes);
	at->blocks_at = blocks.at;
	at->blocks_bytes = blocks.bytes;
	return found;
}

static bool
read_number(struct vhdx *at, const uint8_t *table, const struct region *metadata, uint32_t count, const char *id,
	size_t length, uint64_t *ret_value)
{
	struct region item;
	uint8_t bytes[8];
	struct cursor c = cursor_over(bytes, length);

	if (!find_entry(table, REGIONS_BYTES, 32, count, id, false, &item) || item.bytes < length ||
	    !disk_table(at->layer.file, at->layer.disk, metadata->at + item.at, bytes, length))
		return false;
	*ret_value = take_le(&c, length);
	return true;
}

/* "{C0FFEE...}" as the identifiers are written here. */
static char *
plain_id(struct arena *arena, const char *text)
{
	char *copy = arena_copy_text(arena, text + (*text == '{')), *end = strchr(copy, '}');

	if (end)
		*end = '\0';
	for (char *at = copy; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return copy;
}

static void
take_locator_entry(struct vhdx *at, const uint8_t *bytes, size_t length, size_t entry)
{
	struct disk *disk = at->layer.disk;
	struct cursor c = cursor_at(bytes, length, entry), key, value;
	uint32_t key_at = take_u32le(&c), value_at = take_u32le(&c);
	size_t key_length = take_u16le(&c), value_length = take_u16le(&c);
	const uint8_t *key_bytes, *value_bytes;
	const char *name;

	key = cursor_at(bytes, length, key_at);
	value = cursor_at(bytes, length, value_at);
	key_bytes = take_bytes(&key, key_length);
	value_bytes = take_bytes(&value, value_length);
	if (c.failed || !key_bytes || !value_bytes)
		return;
	name = disk_utf16(disk, key_bytes, key_length, false);
	if (!strcmp(name, "relative_path") || (!strcmp(name, "absolute_win32_path") && !at->layer.parent))
		at->layer.parent = disk_utf16(disk, value_bytes, value_length, false);
	else if (!strcmp(name, "parent_linkage"))
		at->layer.parent_id = plain_id(&disk->arena, disk_utf16(disk, value_bytes, value_length, false));
}

static void
read_locator(struct vhdx *at, const struct region *metadata, const struct region *item)
{
	size_t length = (size_t)item->bytes;
	uint8_t *bytes = memory_allocate(length, 1);
	struct cursor c;
	size_t count;

	if (disk_table(at->layer.file, at->layer.disk, metadata->at + item->at, bytes, length)) {
		c = cursor_at(bytes, length, LOCATOR_HEADER - 2);
		count = take_u16le(&c);
		for (size_t i = 0; i < count && i < LOCATOR_ENTRIES_MAX; i++)
			take_locator_entry(at, bytes, length, LOCATOR_HEADER + i * LOCATOR_ENTRY);
	}
	memory_free(bytes);
	if (!at->layer.parent)
		at->layer.parent = "?";
}

static bool
are_sizes_possible(const struct vhdx *at, uint64_t sector_size)
{
	return at->block_bytes >= MIB && at->block_bytes <= BLOCK_BYTES_MAX &&
		!(at->block_bytes & (at->block_bytes - 1)) && (sector_size == 512 || sector_size == 4096) &&
		at->layer.size <= INT64_MAX;
}

/* NULL: it can be read. */
static const char *
read_metadata(struct vhdx *at, const struct region *metadata)
{
	uint8_t *table = memory_allocate(REGIONS_BYTES, 1);
	const char *why = "the description of its sizes is damaged";
	struct region locator = { 0, 0 };
	uint64_t parameters, sector_size;

	if (disk_table(at->layer.file, at->layer.disk, metadata->at, table, REGIONS_BYTES) &&
	    !memcmp(table, "metadata", 8)) {
		struct cursor c = cursor_at(table, REGIONS_BYTES, 10);
		uint32_t count = take_u16le(&c);

		count = count < METADATA_MAX ? count : METADATA_MAX;
		if (read_number(at, table, metadata, count, id_parameters, 8, &parameters) &&
		    read_number(at, table, metadata, count, id_size, 8, &at->layer.size) &&
		    read_number(at, table, metadata, count, id_sector_size, 4, &sector_size)) {
			at->block_bytes = (uint32_t)parameters;
			at->flags = (uint32_t)(parameters >> 32);
			why = are_sizes_possible(at, sector_size) ? NULL : "its description holds impossible values";
			at->layer.sector_size = why ? 0 : (uint32_t)sector_size;
		}
		if (!why && at->flags & HAS_PARENT) {
			bool found = find_entry(table, REGIONS_BYTES, 32, count, id_locator, false, &locator);

			locator.bytes = found && locator.bytes < LOCATOR_MAX ? locator.bytes : 0;
			read_locator(at, metadata, &locator);
		}
	}
	memory_free(table);
	if (!why)
		at->ratio = (uint64_t)CHUNK_SECTORS * at->layer.sector_size / at->block_bytes;
	return why;
}

/* ---- the open log ---- */

static enum status
replay(struct vhdx *at, struct disk *disk, struct disk_file *file)
{
	static const uint8_t none[ID_BYTES];
	struct source *overlay = NULL;

	if (!memcmp(at->log.id, none, ID_BYTES))
		return STATUS_OK;
	if (!vhdx_log_open(file->source, &at->log, &overlay))
		return disk_note(disk, file, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE,
			"%s was in use when it was copied, and its log cannot be replayed: its tables may be older than its "
			"data; compare with a second copy", file->name);
	disk_lay_over(disk, file, overlay);
	return disk_note(disk, file, STATUS_OK, NOTE_JOURNAL_REPLAYED,
		"%s was in use when it was copied: it is read as it is after its log is replayed", file->name);
}

static enum status
open_vhdx(struct disk *disk, struct disk_file *file, struct disk_layer **ret_layer)
{
	struct vhdx *at = arena_allocate(&disk->arena, sizeof *at);
	struct region metadata = { 0, 0 };
	const char *why = NULL;
	enum status status = STATUS_OK;
	int headers;

	at->layer.disk = disk;
	at->layer.file = file;
	at->layer.format = "vhdx";
	at->layer.map = map;
	headers = read_headers(at, disk, file);
	if (!headers)
		why = "both of its headers fail their checksums";
	else
		status = replay(at, disk, file);
	if (headers == 1)
		status = disk_note(disk, file, STATUS_DAMAGED, NOTE_IMAGE_DAMAGED,
			"one of the two headers of %s fails its checksum: the other one is used, which may be the older one; "
			"compare with a second copy", file->name);
	if (!why && !read_regions(at, disk, file, REGIONS_AT, &metadata)) {
		if (!read_regions(at, disk, file, REGIONS_AT + REGIONS_BYTES, &metadata))
			why = "both of its tables of regions are damaged";
		else
			status = disk_note(disk, file, STATUS_DAMAGED, NOTE_IMAGE_DAMAGED,
				"the first table of regions of %s is damaged: its copy is used", file->name);
	}
	if (!why)
		why = read_metadata(at, &metadata);
	if (why)
		return disk_note(disk, file, STATUS_UNREADABLE, NOTE_IMAGE_INCOMPLETE,
			"%s cannot be read: %s; compare with a second copy, or convert it with \"qemu-img convert -O raw\"",
			file->name, why);
	at->metadata = metadata;
	at->layer.unit = at->block_bytes;
	at->layer.claim = claim;
	at->layer.find_left_out = find_left_out;
	*ret_layer = &at->layer;
	return status;
}

static bool
probe(const uint8_t *head, size_t length)
{
	return length >= 8 && !memcmp(head, "vhdxfile", 8);
}

static const struct disk_format format = { .open = open_vhdx };

const struct image_driver vhdx_image_driver = {
	.name        = "vhdx",
	.description = "Hyper-V disk image (VHDX): fixed, growing, differencing with its parents; the log is replayed",
	.probe       = probe,
	.open        = disk_image_open,
	.close       = disk_image_close,
	.disk        = &format,
};
