/*
 * qcow2.c - QEMU's disk images (qcow2, versions 2 and 3).
 *
 *   "QFI\xfb" version[4] base_name_at[8] base_name_length[4] cluster_bits[4] size[8] encryption[4]
 *   l1_entries[4] l1_at[8] refcounts_at[8] refcounts[4] snapshots[4] snapshots_at[8]
 *   version 3: incompatible[8] compatible[8] autoclear[8] refcount_order[4] header_length[4] compression[1]
 *   then extensions: type[4] length[4] data, padded to 8
 *
 * All big-endian.  A table of tables (L1) leads to tables of clusters (L2).
 * Specified in QEMU's docs/interop/qcow2.txt.  What is read is the active state;
 * snapshots inside are named.
 */
#include <inttypes.h>
#include <string.h>

#include <libdeflate.h>

#include <t1554triage/cursor.h>
#include <t1554triage/inflate.h>
#include <t1554triage/text.h>

#include "disk.h"

enum {
	HEADER_2 = 72, HEADER_3 = 104, HEADER_MAX = 4096, NAME_MAX_BYTES = 1023, EXTENSIONS_MAX = 64,
	CLUSTER_BITS_MIN = 9, CLUSTER_BITS_MAX = 21, SUBCLUSTERS = 32, SNAPSHOTS_NAMED = 16,
	EXTENSION_END = 0, COMPRESSION_DEFLATE = 0, COMPRESSION_ZSTD = 1,
};

#define EXTENSION_BASE_FORMAT 0xE2792ACAu
#define EXTENSION_DATA_FILE 0x44415441u

#define INCOMPATIBLE_DIRTY    (1ULL << 0)
#define INCOMPATIBLE_CORRUPT  (1ULL << 1)
#define INCOMPATIBLE_DATA     (1ULL << 2)
#define INCOMPATIBLE_EXTENDED (1ULL << 4)
#define INCOMPATIBLE_KNOWN    0x1FULL

#define AUTOCLEAR_BITMAPS 1ULL	/* with bitmaps, which take clusters too */

#define ENTRY_OFFSET     0x00FFFFFFFFFFFE00ULL
#define ENTRY_COPIED     (1ULL << 63)
#define ENTRY_COMPRESSED (1ULL << 62)
#define ENTRY_ZERO       1ULL

struct qcow2 {
	struct disk_layer layer;
	uint64_t l1_at, incompatible, autoclear, base_name_at, snapshots_at, counters_at;
	uint32_t version, cluster_bits, l1_entries, base_name_length, encryption, snapshots, header_length;
	uint32_t counter_clusters, counter_order;	/* of the table of counters; bits of one are 1 << order */
	uint8_t  compression;
	bool     is_extended;		/* entries of sixteen bytes, clusters of 32 parts */
	struct disk_file *data;		/* where clusters lie; NULL: in a file that is not there */
};

static const char outside[] = "a table of the image points outside its file";

/* ---- where things lie ---- */

static bool
read_u64(struct disk *disk, struct disk_file *file, uint64_t offset, uint64_t *ret_value)
{
	uint8_t bytes[8];
	struct cursor c = cursor_over(bytes, sizeof bytes);

	if (!disk_table(file, disk, offset, bytes, sizeof bytes))
		return false;
	*ret_value = take_u64be(&c);
	return true;
}

/* ---- the counters of clusters in use ---- */

static uint64_t
counters_of(const struct qcow2 *at)	/* in one cluster */
{
	return (8ULL << at->cluster_bits) >> at->counter_order;
}

static bool
is_counted(struct qcow2 *at, uint64_t number)
{
	uint64_t block, within = number % counters_of(at), bit = within << at->counter_order;
	unsigned bits = 1u << at->counter_order;
	uint8_t bytes[8];
	size_t length = bits < 8 ? 1 : bits / 8;

	if (!read_u64(at->layer.disk, at->layer.file, at->counters_at + number / counters_of(at) * 8, &block) ||
	    !(block & ENTRY_OFFSET) ||
	    !disk_table(at->layer.file, at->layer.disk, (block & ENTRY_OFFSET) + bit / 8, bytes, length))
		return false;
	if (bits < 8)
		return bytes[0] >> bit % 8 & ((1u << bits) - 1);
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return true;
	return false;
}

/*
 * What a table leads to is counted as in use: else the table is wrong.  Counters of a disk in use may be late, and
 * those of which nothing is left say nothing.
 */
static bool
is_called_free(struct qcow2 *at, uint64_t offset)
{
	uint64_t number = offset >> at->cluster_bits, entry;
	uint8_t bytes[DISK_SECTOR];

	/* layer.unit: the header's values have been found possible. */
	if (!at->layer.unit || at->incompatible & INCOMPATIBLE_DIRTY || is_counted(at, number) ||
	    !read_u64(at->layer.disk, at->layer.file, at->counters_at + number / counters_of(at) * 8, &entry) || !(entry & ENTRY_OFFSET))
		return false;
	for (uint64_t done = 0; done < 1ULL << at->cluster_bits; done += sizeof bytes) {
		if (!disk_table(at->layer.file, at->layer.disk, (entry & ENTRY_OFFSET) + done, bytes, sizeof bytes))
			return false;
		for (size_t i = 0; i < sizeof bytes; i++)
			if (bytes[i])
				return true;
	}
	return false;
}

/* ---- where clusters lie ---- */

static struct disk_piece
map_compressed(const struct qcow2 *at, uint64_t entry, uint64_t within, uint64_t length)
{
	unsigned bits = 62 - (at->cluster_bits - 8);
	uint64_t offset = entry & ((1ULL << bits) - 1);
	uint64_t sectors = ((entry & (ENTRY_COMPRESSED - 1)) >> bits) + 1;

	return (struct disk_piece){ .kind = DISK_PACKED, .length = length, .file = at->layer.file, .offset = offset,
		.packed = sectors * DISK_SECTOR - offset % DISK_SECTOR, .unit = 1ULL << at->cluster_bits,
		.within = within };
}

/* From this part of a cluster on, the parts that are in the same state. */
static struct disk_piece
map_parts(const struct qcow2 *at, uint64_t data, uint64_t bitmap, uint64_t within)
{
	uint64_t part_bytes = 1ULL << (at->cluster_bits - 5);
	unsigned first = (unsigned)(within / part_bytes), end = first;
	unsigned is_data = bitmap >> first & 1, is_zero = bitmap >> (first + SUBCLUSTERS) & 1;

	while (end < SUBCLUSTERS && (bitmap >> end & 1) == is_data && (bitmap >> (end + SUBCLUSTERS) & 1) == is_zero)
		end++;
	if (is_data && is_zero)
		return disk_lost(end * part_bytes - within, "a table of the image calls a cluster both zero and not");
	return (struct disk_piece){ .kind = is_data ? DISK_DATA : is_zero ? DISK_ZERO : DISK_BELOW,
		.length = end * part_bytes - within, .file = at->data, .offset = data + within };
}

static struct disk_piece
map_cluster(const struct qcow2 *at, uint64_t entry, uint64_t bitmap, uint64_t within, uint64_t length)
{
	uint64_t cluster = 1ULL << at->cluster_bits, data = entry & ENTRY_OFFSET;
	struct disk_piece piece = { .kind = DISK_DATA, .length = length, .file = at->data, .offset = data + within };
	bool is_external = at->incompatible & INCOMPATIBLE_DATA;

	if (entry & ENTRY_COMPRESSED)
		return map_compressed(at, entry, within, length);
	if (at->is_extended)
		piece = map_parts(at, data, bitmap, within);
	else if (at->version > 2 && entry & ENTRY_ZERO)
		piece.kind = DISK_ZERO;
	else if (!data && !(is_external && entry & ENTRY_COPIED))
		piece.kind = DISK_BELOW;
	if (piece.kind != DISK_DATA)
		return piece;
	if (data % cluster || (!data && !is_external))
		return disk_lost(piece.length, "a table of the image points between two clusters");
	if (!at->data)
		return disk_lost(piece.length, "the file that holds the data of the image is not there");
	return piece;
}

static struct disk_piece
map(struct disk_layer *layer, uint64_t offset)
{
	struct qcow2 *at = (struct qcow2 *)layer;
	unsigned entry_bytes = at->is_extended ? 16 : 8;
	uint64_t cluster = 1ULL << at->cluster_bits, entries = cluster / entry_bytes;
	uint64_t number = offset >> at->cluster_bits, within = offset & (cluster - 1);
	uint64_t table_left = (entries - number % entries) * cluster - within;
	uint64_t l1, entry, bitmap = 0, entry_at;
	struct disk_piece piece;

	if (number / entries >= at->l1_entries)
		return disk_lost(table_left, "the first table of the image is too short");
	if (!read_u64(layer->disk, layer->file, at->l1_at + number / entries * 8, &l1))
		return disk_lost(table_left, outside);
	if (!(l1 & ENTRY_OFFSET))
		return (struct disk_piece){ .kind = DISK_BELOW, .length = table_left };
	if ((l1 & ENTRY_OFFSET) % cluster)
		return disk_lost(table_left, "a table of the image points between two clusters");
	entry_at = (l1 & ENTRY_OFFSET) + number % entries * entry_bytes;
	if (!read_u64(layer->disk, layer->file, entry_at, &entry) ||
	    (at->is_extended && !read_u64(layer->disk, layer->file, entry_at + 8, &bitmap)))
		return disk_lost(cluster - within, outside);
	piece = map_cluster(at, entry, bitmap, within, cluster - within);
	if ((piece.kind == DISK_DATA || piece.kind == DISK_PACKED) && is_called_free(at, piece.offset))
		return disk_lost(piece.length, "a table of the image leads to a part of the file that its counters call free");
	return piece;
}

static void
claim(struct disk_layer *layer, struct disk_places *places)
{
	struct qcow2 *at = (struct qcow2 *)layer;
	uint64_t cluster = 1ULL << at->cluster_bits, entry;
	uint64_t blocks = (layer->file->source->size >> at->cluster_bits) / counters_of(at) + 1;

	disk_places_add(places, 0, cluster, false);
	disk_places_add(places, at->l1_at, at->l1_at + ((uint64_t)at->l1_entries * 8 + cluster - 1) / cluster * cluster, false);
	disk_places_add(places, at->counters_at, at->counters_at + ((uint64_t)at->counter_clusters << at->cluster_bits), false);
	for (uint64_t i = 0; i < at->l1_entries; i++) {
		if (!read_u64(layer->disk, layer->file, at->l1_at + i * 8, &entry))
			break;
		if (entry & ENTRY_OFFSET)
			disk_places_add(places, entry & ENTRY_OFFSET, (entry & ENTRY_OFFSET) + cluster, false);
	}
	for (uint64_t i = 0; i < blocks; i++) {
		if (!read_u64(layer->disk, layer->file, at->counters_at + i * 8, &entry))
			break;
		if (entry & ENTRY_OFFSET)
			disk_places_add(places, entry & ENTRY_OFFSET, (entry & ENTRY_OFFSET) + cluster, false);
	}
}

static uint64_t
find_left_out(struct disk_layer *layer, uint64_t from, uint64_t to)
{
	struct qcow2 *at = (struct qcow2 *)layer;

	/* Snapshots and bitmaps have clusters of their own; counters of a disk in use may be late. */
	if (at->snapshots || at->autoclear & AUTOCLEAR_BITMAPS || at->incompatible & INCOMPATIBLE_DIRTY)
		return UINT64_MAX;
	for (uint64_t number = from >> at->cluster_bits; number < to >> at->cluster_bits; number++)
		if (is_counted(at, number))
			return number << at->cluster_bits;
	return UINT64_MAX;
}

/* ---- compressed clusters ---- */

static const char *
unpack_zstd(const uint8_t *packed, size_t length, uint8_t *unit, size_t unit_bytes)
{
	const struct notes silence = { .add = NULL };
	struct source *source = source_open_memory(packed, length);
	struct source *member = inflate_open_member(source, "zstd", &(struct place){ .path = NULL }, &silence);
	const char *why = NULL;
	size_t got = 0;

	if (!member)
		why = "the image is compressed with zstd, which this program was built without";
	else if (source_read(member, 0, unit, unit_bytes, &got) < STATUS_OK || got != unit_bytes)
		why = "a compressed part of the image does not inflate";
	source_close(member);
	source_close(source);
	return why;
}

static const char *
unpack(struct disk_layer *layer, const uint8_t *packed, size_t length, uint8_t *unit, size_t unit_bytes)
{
	const struct qcow2 *at = (struct qcow2 *)layer;
	size_t used, got;

	if (at->compression == COMPRESSION_ZSTD)
		return unpack_zstd(packed, length, unit, unit_bytes);
	if (libdeflate_deflate_decompress_ex(layer->disk->inflater, packed, length, unit, unit_bytes, &used, &got) ||
	    got != unit_bytes)
		return "a compressed part of the image does not inflate";
	return NULL;
}

/* ---- the header ---- */

static bool
read_header(struct qcow2 *at, struct disk *disk, struct disk_file *file)
{
	uint8_t bytes[HEADER_3 + 8] = { 0 };
	struct cursor c = cursor_over(bytes, sizeof bytes);

	if (!disk_table(file, disk, 0, bytes, HEADER_2))
		return false;
	take_u32be(&c);
	at->version = take_u32be(&c);
	at->base_name_at = take_u64be(&c);
	at->base_name_length = take_u32be(&c);
	at->cluster_bits = take_u32be(&c);
	at->layer.size = take_u64be(&c);
	at->encryption = take_u32be(&c);
	at->l1_entries = take_u32be(&c);
	at->l1_at = take_u64be(&c);
	at->counters_at = take_u64be(&c);
	at->counter_clusters = take_u32be(&c);
	at->counter_order = 4;
	at->snapshots = take_u32be(&c);
	at->snapshots_at = take_u64be(&c);
	at->header_length = HEADER_2;
	if (at->version < 3)
		return true;
	if (!disk_table(file, disk, 0, bytes, HEADER_3))
		return false;
	at->incompatible = take_u64be(&c);
	take_u64be(&c);
	at->autoclear = take_u64be(&c);
	at->counter_order = take_u32be(&c);
	at->header_length = take_u32be(&c);
	if (at->header_length > HEADER_3 && !disk_table(file, disk, HEADER_3, &at->compression, 1))
		return false;
	at->is_extended = at->incompatible & INCOMPATIBLE_EXTENDED;
	return at->header_length >= HEADER_3 && at->header_length <= HEADER_MAX;
}

/* NULL: it can be read. */
static const char *
refuse(const struct qcow2 *at)
{
	if (at->version != 2 && at->version != 3)
		return "it is a qcow image of a version that is not read; convert it with \"qemu-img convert -O raw\" "
			"and give the result";
	if (at->encryption)
		return "it is encrypted: convert it with \"qemu-img convert -O raw\" and its key, and give the result";
	if (at->incompatible & ~INCOMPATIBLE_KNOWN)
		return "it uses features that are not known; convert it with \"qemu-img convert -O raw\"";
	if (at->compression > COMPRESSION_ZSTD)
		return "its compression is not known; convert it with \"qemu-img convert -O raw\"";
	if (at->cluster_bits < CLUSTER_BITS_MIN || at->cluster_bits > CLUSTER_BITS_MAX ||
	    at->layer.size > INT64_MAX || at->l1_at > INT64_MAX)
		return "its header holds impossible values; compare with a second copy";
	return NULL;
}

static char *
read_text(struct disk *disk, struct disk_file *file, uint64_t offset, size_t length)
{
	char *text = arena_allocate(&disk->arena, length + 1);

	return disk_table(file, disk, offset, text, length) ? text : NULL;
}

/* Names of protocols are no files that lie beside it, but "file:" is. */
static void
read_base_name(struct qcow2 *at, struct disk *disk, struct disk_file *file)
{
	const char *name;

	if (!at->base_name_at || !at->base_name_length)
		return;
	name = at->base_name_length <= NAME_MAX_BYTES && at->base_name_at <= INT64_MAX ?
		read_text(disk, file, at->base_name_at, at->base_name_length) : NULL;
	at->layer.parent = !name ? "?" : text_has_prefix(name, "file:") ? name + 5 : name;
}

static enum status
open_data_file(struct qcow2 *at, struct disk *disk, struct disk_file *file, const char *name)
{
	at->data = name ? disk_find(disk, name) : NULL;
	if (at->data)
		return STATUS_OK;
	return disk_note(disk, file, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE,
		"%s keeps its data in the file \"%s\", which is not there: put it beside the image and run again",
		file->name, name ? name : "?");
}

static enum status
read_extensions(struct qcow2 *at, struct disk *disk, struct disk_file *file)
{
	uint64_t offset = at->header_length;
	const char *data_file = NULL;

	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		uint8_t bytes[8];
		struct cursor c = cursor_over(bytes, sizeof bytes);
		uint32_t type, length;

		if (!disk_table(file, disk, offset, bytes, sizeof bytes))
			break;
		type = take_u32be(&c);
		length = take_u32be(&c);
		if (type == EXTENSION_END || length > 1U << at->cluster_bits)
			break;
		if (type == EXTENSION_DATA_FILE && length <= NAME_MAX_BYTES)
			data_file = read_text(disk, file, offset + 8, length);
		if (type == EXTENSION_BASE_FORMAT && length == 3) {
			const char *format = read_text(disk, file, offset + 8, length);

			at->layer.parent_is_raw = format && !strcmp(format, "raw");
		}
		offset += 8 + ((uint64_t)length + 7) / 8 * 8;
	}
	at->data = file;
	return at->incompatible & INCOMPATIBLE_DATA ? open_data_file(at, disk, file, data_file) : STATUS_OK;
}

/* Adds a name to the list; false at the end of what can be read. */
static bool
add_snapshot(struct disk *disk, struct disk_file *file, uint64_t *offset, struct buffer *names)
{
	uint8_t bytes[40];
	struct cursor c = cursor_over(bytes, sizeof bytes);
	uint32_t id_length, name_length, extra;
	const char *name;

	if (*offset > INT64_MAX || !disk_table(file, disk, *offset, bytes, sizeof bytes))
		return false;
	take_bytes(&c, 12);
	id_length = take_u16be(&c);
	name_length = take_u16be(&c);
	take_bytes(&c, 20);
	extra = take_u32be(&c);
	*offset += sizeof bytes + extra;
	name = name_length <= NAME_MAX_BYTES ? read_text(disk, file, *offset + id_length, name_length) : NULL;
	if (!name)
		return false;
	buffer_add_text(names, names->length ? ", \"" : "\"");
	text_add_visible(names, name, strlen(name));
	buffer_add_char(names, '"');
	*offset = (*offset + id_length + name_length + 7) / 8 * 8;
	return true;
}

static void
note_snapshots(const struct qcow2 *at, struct disk *disk, struct disk_file *file)
{
	uint64_t offset = at->snapshots_at;
	struct buffer names;

	if (!at->snapshots)
		return;
	buffer_init(&names, 4096);
	for (uint32_t i = 0; i < at->snapshots && i < SNAPSHOTS_NAMED; i++)
		if (!add_snapshot(disk, file, &offset, &names))
			break;
	disk_note(disk, file, STATUS_OK, NOTE_STATES_PASSED,
		"%s holds %" PRIu32 " further states (snapshots) that were not examined: %s%s; the active state was",
		file->name, at->snapshots, names.bytes, at->snapshots > SNAPSHOTS_NAMED ? " ..." : "");
	buffer_release(&names);
}

static enum status
open_qcow2(struct disk *disk, struct disk_file *file, struct disk_layer **ret_layer)
{
	struct qcow2 *at = arena_allocate(&disk->arena, sizeof *at);
	bool whole = read_header(at, disk, file);
	const char *why = whole ? refuse(at) : "its header is cut short or damaged; compare with a second copy";
	enum status status;

	if (why)
		return disk_note(disk, file, STATUS_UNREADABLE, NOTE_IMAGE_INCOMPLETE, "%s cannot be read: %s",
			file->name, why);
	at->layer.format = "qcow2";
	at->layer.map = map;
	at->layer.unpack = unpack;
	at->layer.disk = disk;
	at->layer.file = file;
	read_base_name(at, disk, file);
	status = read_extensions(at, disk, file);
	note_snapshots(at, disk, file);
	if (at->incompatible & INCOMPATIBLE_CORRUPT)
		status = disk_note(disk, file, STATUS_DAMAGED, NOTE_IMAGE_DAMAGED,
			"%s is marked as corrupt by the host that used it: its tables may point to wrong clusters", file->name);
	if (!(at->incompatible & INCOMPATIBLE_DATA) && at->counter_order <= 6 && at->counters_at <= INT64_MAX) {
		at->layer.unit = 1ULL << at->cluster_bits;
		at->layer.claim = claim;
		at->layer.find_left_out = find_left_out;
	}
	*ret_layer = &at->layer;
	return status;
}

static bool
probe(const uint8_t *head, size_t length)
{
	return length >= 8 && !memcmp(head, "QFI\xfb", 4);
}

static const struct disk_format format = { .open = open_qcow2 };

const struct image_driver qcow2_image_driver = {
	.name        = "qcow2",
	.description = "QEMU disk image (qcow2), with its base and its data file",
	.probe       = probe,
	.open        = disk_image_open,
	.close       = disk_image_close,
	.disk        = &format,
};
