/*
 * dos.c - the partition table of the first sector (MBR), with logical partitions.
 *
 *	440 disk signature (4)
 *	446 four entries of 16: boot flag, CHS (3), type, CHS (3), first sector (4), sectors (4)
 *	510 55 aa
 *
 * An extended partition holds a chain of sectors of the same form: one entry
 * is the logical partition, counted from that sector, another the next link,
 * counted from the beginning of the extended partition.  Names follow the
 * kernel: p1 to p4 by their place, logical ones from p5 in order of the chain.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "table.h"

enum {
	TABLE_BYTES = 512, TABLE_ENTRIES = 4, FIRST_ENTRY = 446, ENTRY_BYTES = 16,
	FIRST_LOGICAL = 5, TYPE_GPT = 0xee,
};

struct entry {
	uint8_t  flag, type;
	uint32_t first, count;	/* sectors */
};

struct table {
	uint32_t signature;
	struct entry entries[TABLE_ENTRIES];
};

struct reading {
	struct image *image;
	const struct volume_sink *out;
	const struct notes *notes;
	uint32_t signature;
	uint32_t next_number;	/* of the next logical partition */
	enum status status;
};

static bool
is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* STATUS_NOT_MINE: the sector holds no table. */
static enum status
read_table(struct image *image, uint64_t sector, struct table *ret_table)
{
	uint8_t bytes[TABLE_BYTES];
	struct cursor c;

	if (source_read_exactly(image->source, sector * image->sector_size, bytes, sizeof bytes) <=
	    STATUS_UNREADABLE)
		return STATUS_UNREADABLE;
	if (bytes[510] != 0x55 || bytes[511] != 0xaa)
		return STATUS_NOT_MINE;
	c = cursor_at(bytes, sizeof bytes, 440);
	ret_table->signature = take_u32le(&c);
	for (size_t i = 0; i < TABLE_ENTRIES; i++) {
		struct entry *entry = &ret_table->entries[i];

		c = cursor_at(bytes, sizeof bytes, FIRST_ENTRY + i * ENTRY_BYTES);
		entry->flag = take_u8(&c);
		take_bytes(&c, 3);
		entry->type = take_u8(&c);
		take_bytes(&c, 3);
		entry->first = take_u32le(&c);
		entry->count = take_u32le(&c);
	}
	return STATUS_OK;
}

/*
 * The boot sector of a file system ends in 55 aa too and holds code where the
 * entries would be: then a boot flag is neither 00 nor 80, or nothing is described.
 */
static bool
is_plausible(const struct image *image, const struct table *table)
{
	uint64_t sectors = image->source->size / image->sector_size;
	bool found = false;

	for (size_t i = 0; i < TABLE_ENTRIES; i++) {
		const struct entry *entry = &table->entries[i];

		if (entry->flag & 0x7f)
			return false;
		if (entry->type && entry->type != TYPE_GPT && entry->count && entry->first &&
		    entry->first < sectors)
			found = true;
	}
	return found;
}

static void
hand_out(struct reading *reading, const struct entry *entry, uint64_t first, uint32_t number)
{
	char name[VOLUME_NAME_SIZE], type[8], uuid[16];
	const char *type_name = dos_type_name(entry->type);
	uint32_t sector_size = reading->image->sector_size;
	struct volume volume = { .name = name, .scheme = "dos", .type = type_name ? type_name : type,
		.label = "", .part_uuid = uuid, .start = first * sector_size,
		.length = (uint64_t)entry->count * sector_size };

	table_name(name, number);
	snprintf(type, sizeof type, "0x%02x", entry->type);
	snprintf(uuid, sizeof uuid, "%08" PRIx32 "-%02" PRIx32, reading->signature, number & 0xff);
	if (!reading->signature)
		volume.part_uuid = "";
	reading->status = status_worse(reading->status,
		table_hand_out(reading->image, &volume, reading->out, reading->notes));
}

static void
note_chain(struct reading *reading, uint64_t sector, const char *why)
{
	struct place place = { .evidence = reading->image->exhibit->id,
		.offset = sector * reading->image->sector_size };

	reading->status = status_worse(reading->status,
		note(reading->notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED, &place,
			"the chain of logical partitions %s at sector %" PRIu64
			": partitions behind it are not examined", why, sector));
}

static bool
has_been(const uint64_t *visited, size_t count, uint64_t sector)
{
	for (size_t i = 0; i < count; i++)
		if (visited[i] == sector)
			return true;
	return false;
}

/* An entry has no checksum: one that says where, and not what, was a partition. */
static void
note_untyped(struct reading *reading, const struct entry *entry, uint32_t number)
{
	struct place place = { .evidence = reading->image->exhibit->id,
		.offset = (uint64_t)entry->first * reading->image->sector_size };

	reading->status = status_worse(reading->status,
		note(reading->notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED, &place,
			"entry %" PRIu32 " of the partition table names %" PRIu32 " sectors from sector %" PRIu32
			" on, and no type: it is damaged or was taken out by hand, and what lies there is not examined",
			number, entry->count, entry->first));
}

/* Hands out the logical partitions of one link; returns the next link, 0: the last. */
static uint64_t
read_link(struct reading *reading, const struct entry *extended, uint64_t sector, const struct table *table)
{
	uint64_t next = 0;

	for (size_t i = 0; i < TABLE_ENTRIES; i++) {
		const struct entry *entry = &table->entries[i];

		if (!entry->type && entry->first && entry->count)
			note_untyped(reading, entry, reading->next_number);
		if (!entry->count || !entry->type)
			continue;
		if (is_extended(entry->type))
			next = next ? next : (uint64_t)extended->first + entry->first;
		else
			hand_out(reading, entry, sector + entry->first, reading->next_number++);
	}
	return next;
}

static void
read_chain(struct reading *reading, const struct entry *extended)
{
	uint64_t limit = limit_get(LIMIT_PARTITIONS), sector = extended->first;
	uint64_t *visited = memory_allocate((size_t)limit, sizeof *visited);
	size_t count = 0;

	while (sector) {
		struct table table;

		if (has_been(visited, count, sector)) {
			note_chain(reading, sector, "leads back to an earlier link");
			break;
		}
		if (count == limit) {
			note_chain(reading, sector, "is longer than the limit \"partitions\"");
			break;
		}
		visited[count++] = sector;
		if (read_table(reading->image, sector, &table) != STATUS_OK) {
			note_chain(reading, sector, "cannot be read");
			break;
		}
		sector = read_link(reading, extended, sector, &table);
	}
	memory_free(visited);
}

static enum status
dos_each(struct image *image, const struct volume_sink *out, const struct notes *notes)
{
	struct reading reading = { .image = image, .out = out, .notes = notes, .next_number = FIRST_LOGICAL };
	struct table table;

	if (read_table(image, 0, &table) != STATUS_OK || !is_plausible(image, &table))
		return STATUS_NOT_MINE;
	reading.signature = table.signature;
	for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
		const struct entry *entry = &table.entries[i];

		if (entry->type && entry->count && !is_extended(entry->type) && entry->type != TYPE_GPT)
			hand_out(&reading, entry, entry->first, i + 1);
		else if (!entry->type && entry->first && entry->count)
			note_untyped(&reading, entry, i + 1);
	}
	for (size_t i = 0; i < TABLE_ENTRIES; i++)
		if (table.entries[i].count && is_extended(table.entries[i].type))
			read_chain(&reading, &table.entries[i]);
	return reading.status;
}

const struct volume_driver dos_volume_driver = {
	.name        = "dos",
	.description = "DOS partition table (MBR), with logical partitions",
	.each        = dos_each,
};
