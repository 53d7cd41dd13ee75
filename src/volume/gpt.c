/*
 * gpt.c - GUID partition table (UEFI specification, chapter 5).
 *
 *	sector 1, and the last sector of the medium:
 *	0   "EFI PART"
 *	12  size of this header, 16 its CRC-32 with this field zero
 *	32  sector of the other header
 *	72  sector of the entries, 80 their number, 84 size of one, 88 CRC-32 of all
 *	an entry: type GUID (16), GUID (16), first and last sector (8 each),
 *	attributes (8), name in UTF-16 (72)
 *
 * Names follow the kernel: the place in the array counts, empty places too.
 */
#include <inttypes.h>
#include <string.h>

#include <zlib.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "table.h"

enum {
	HEADER_BYTES = 92, SECTOR_BYTES_MAX = 4096, ENTRY_BYTES = 128, ENTRY_BYTES_MAX = 4096, LABEL_BYTES = 72,
	MBR_BYTES = 512, MBR_ENTRIES = 446, MBR_ENTRY_BYTES = 16, MBR_PROTECTIVE = 0xee,
	HEADER_SECTOR = 1,
};

struct gpt {
	uint32_t sector_size;
	uint64_t other;		/* sector of the other header */
	uint64_t entries;	/* byte of the medium */
	uint32_t count, entry_size, entries_crc;
	uint8_t *bytes;		/* the entries; owned */
	bool     entries_whole;	/* they have their checksum */
};

static bool
read_header(struct source *source, uint32_t sector_size, uint64_t sector, struct gpt *ret_gpt)
{
	uint8_t bytes[SECTOR_BYTES_MAX];
	struct gpt gpt = { .sector_size = sector_size };
	uint32_t size, crc;
	uint64_t first;
	struct cursor c;

	if (source_read_exactly(source, sector * sector_size, bytes, sector_size) < STATUS_DAMAGED ||
	    memcmp(bytes, "EFI PART", 8))
		return false;
	c = cursor_at(bytes, sector_size, 12);
	size = take_u32le(&c);
	crc = take_u32le(&c);
	if (size < HEADER_BYTES || size > sector_size)
		return false;
	memset(bytes + 16, 0, 4);
	if (crc32(0, bytes, size) != crc)
		return false;
	c = cursor_at(bytes, sector_size, 32);
	gpt.other = take_u64le(&c);
	c = cursor_at(bytes, sector_size, 72);
	first = take_u64le(&c);
	gpt.count = take_u32le(&c);
	gpt.entry_size = take_u32le(&c);
	gpt.entries_crc = take_u32le(&c);
	if (first >= source->size / sector_size || gpt.entry_size < ENTRY_BYTES ||
	    gpt.entry_size > ENTRY_BYTES_MAX)
		return false;
	gpt.entries = first * sector_size;
	*ret_gpt = gpt;
	return true;
}

static bool
read_entries(struct source *source, struct gpt *gpt)
{
	uint64_t limit = limit_get(LIMIT_PARTITIONS);
	size_t length;

	if (gpt->count > limit)
		gpt->count = (uint32_t)limit;
	length = (size_t)gpt->count * gpt->entry_size;
	gpt->bytes = memory_allocate(length, 1);
	if (source_read_exactly(source, gpt->entries, gpt->bytes, length) <= STATUS_UNREADABLE) {
		memory_free(gpt->bytes);
		gpt->bytes = NULL;
		return false;
	}
	gpt->entries_whole = crc32(0, gpt->bytes, (uInt)length) == gpt->entries_crc;
	return true;
}

static bool
read_table(struct source *source, uint32_t sector_size, uint64_t sector, struct gpt *ret_gpt)
{
	return read_header(source, sector_size, sector, ret_gpt) && read_entries(source, ret_gpt);
}

/*
 * A disk has a GPT if its first sector says so, or holds no table at all.  An entry that begins where
 * the header lies is the protective one too, whatever its type says: no partition can begin there.
 */
static bool
may_be_gpt(struct source *source, bool *ret_protective, bool *ret_altered)
{
	uint8_t mbr[MBR_BYTES];
	bool has_signature;

	*ret_protective = *ret_altered = false;
	if (source_read_exactly(source, 0, mbr, sizeof mbr) <= STATUS_UNREADABLE)
		return false;
	has_signature = mbr[510] == 0x55 && mbr[511] == 0xaa;
	for (size_t i = 0; i < 4 && has_signature; i++) {
		struct cursor c = cursor_at(mbr, sizeof mbr, MBR_ENTRIES + i * MBR_ENTRY_BYTES + 4);

		if (take_u32le(&c) % 256 == MBR_PROTECTIVE)
			*ret_protective = true;
		else if (take_u32le(&c) == HEADER_SECTOR)
			*ret_altered = true;
	}
	*ret_altered = (*ret_altered || !has_signature) && !*ret_protective;
	return *ret_protective || *ret_altered;
}

static enum status
hand_out_entry(struct image *image, const struct gpt *gpt, uint32_t index, const struct volume_sink *out,
	const struct notes *notes)
{
	static const uint8_t unused[16];
	const uint8_t *entry = gpt->bytes + (size_t)index * gpt->entry_size;
	struct cursor c = cursor_at(entry, ENTRY_BYTES, 32);
	uint64_t first = take_u64le(&c), last = take_u64le(&c), start, end;
	char name[VOLUME_NAME_SIZE], type[GUID_TEXT_SIZE], guid[GUID_TEXT_SIZE];
	size_t label_length = 0;
	struct buffer label;
	enum status status;

	if (!memcmp(entry, unused, sizeof unused))
		return STATUS_OK;
	table_name(name, index + 1);
	if (last < first || __builtin_mul_overflow(first, gpt->sector_size, &start) ||
	    __builtin_mul_overflow(last - first + 1, gpt->sector_size, &end) ||
	    __builtin_add_overflow(end, start, &end))
		return note(notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED,
			&(struct place){ .evidence = image->exhibit->id, .volume = name },
			"partition %s ends before it begins: it is not examined", name);
	table_guid(type, entry);
	table_guid(guid, entry + 16);
	while (label_length < LABEL_BYTES && (entry[56 + label_length] || entry[57 + label_length]))
		label_length += 2;
	buffer_init(&label, 0);
	text_add_utf16le(&label, entry + 56, label_length);
	status = table_hand_out(image, &(struct volume){ .name = name, .scheme = "gpt",
		.type = gpt_type_name(type) ? gpt_type_name(type) : type, .label = label.bytes,
		.part_uuid = guid, .start = start, .length = end - start }, out, notes);
	buffer_release(&label);
	return status;
}

static enum status
hand_out_all(struct image *image, const struct gpt *gpt, const struct volume_sink *out,
	const struct notes *notes)
{
	enum status status = STATUS_OK;

	for (uint32_t i = 0; i < gpt->count; i++)
		status = status_worse(status, hand_out_entry(image, gpt, i, out, notes));
	return status;
}

/* The primary table, else its copy at the end; sectors of 512 and of 4096 bytes. */
static bool
find_table(struct image *image, struct gpt *ret_gpt, bool *ret_is_copy)
{
	const uint32_t sizes[] = { image->sector_size, 512, 4096 };
	struct source *source = image->source;
	struct gpt damaged = { .bytes = NULL };

	for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
		uint32_t sector_size = sizes[i % 3];
		bool is_copy = i >= 3;
		struct gpt gpt;

		if (sector_size > SECTOR_BYTES_MAX || source->size / sector_size < 3 ||
		    !read_table(source, sector_size, is_copy ? source->size / sector_size - 1 : 1, &gpt))
			continue;
		if (gpt.entries_whole) {
			memory_free(damaged.bytes);
			*ret_gpt = gpt;
			*ret_is_copy = is_copy;
			return true;
		}
		memory_free(damaged.bytes);
		damaged = gpt;
	}
	*ret_gpt = damaged;
	*ret_is_copy = false;
	return damaged.bytes != NULL;
}

/* The copy is not needed where the first table is whole; what became of it is said. */
static enum status
look_at_copy(struct image *image, const struct gpt *gpt, const struct notes *notes)
{
	struct place place = { .evidence = image->exhibit->id };
	uint64_t sectors = image->source->size / gpt->sector_size;
	struct gpt copy = { .bytes = NULL };
	const char *what = NULL;

	if (gpt->other >= sectors)
		return note(notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED, &place,
			"the GPT has its copy in sector %" PRIu64 ", and the medium ends after %" PRIu64 " sectors: the image "
			"is cut short, or was copied to a smaller disk; compare its size with that of the original",
			gpt->other, sectors);
	if (!read_table(image->source, gpt->sector_size, gpt->other, &copy) || !copy.entries_whole)
		what = "is damaged";
	else if (copy.count != gpt->count || copy.entries_crc != gpt->entries_crc)
		what = "has other entries";
	memory_free(copy.bytes);
	if (what)
		note(notes, STATUS_OK, NOTE_VOLUME_COPY, &place,
			"the copy of the GPT at the end of the medium %s: the table at its beginning has its checksums, and "
			"is used", what);
	return STATUS_OK;
}

static enum status
gpt_each(struct image *image, const struct volume_sink *out, const struct notes *notes)
{
	struct place place = { .evidence = image->exhibit->id };
	enum status status = STATUS_OK;
	bool is_protective, is_altered, is_copy;
	struct gpt gpt;

	if (!may_be_gpt(image->source, &is_protective, &is_altered))
		return STATUS_NOT_MINE;
	if (!find_table(image, &gpt, &is_copy)) {
		if (!is_protective)
			return STATUS_NOT_MINE;
		return note(notes, STATUS_UNREADABLE, NOTE_VOLUME_DAMAGED, &place,
			"the first sector announces a GPT, and neither it nor its copy at the end of the "
			"medium has a valid checksum: no partition is examined");
	}
	if (is_altered)
		status = note(notes, STATUS_OK, NOTE_VOLUME_COPY, &place,
			"the medium has a GPT, which its first sector does not announce: that sector is damaged or was written "
			"later, and what it says of partitions is not used");
	if (is_copy)
		status = note(notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED, &place,
			"the GPT at the beginning of the medium is damaged: its copy at the end is used");
	if (!gpt.entries_whole)
		status = note(notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED, &place,
			"the entries of the GPT do not have their checksum: partitions may be wrong or missing");
	if (!is_copy && gpt.entries_whole)
		status = status_worse(status, look_at_copy(image, &gpt, notes));
	status = status_worse(status, hand_out_all(image, &gpt, out, notes));
	memory_free(gpt.bytes);
	return status;
}

const struct volume_driver gpt_volume_driver = {
	.name        = "gpt",
	.description = "GUID partition table, also by its copy at the end",
	.each        = gpt_each,
};
