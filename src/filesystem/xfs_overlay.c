/* xfs_overlay.c - a volume with some of its sectors replaced. */
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/memory.h>

#include "xfs_overlay.h"

enum { KEPT_SECTORS_MAX = 1 << 20 };	/* 512 MiB: each reading process has its own */

struct overlay {
	struct source source;
	struct source *volume;		/* borrowed */
	struct map    numbers;		/* sector to an index of sectors */
	uint8_t     **sectors;
	size_t        count, capacity;
	struct arena  bytes;
	bool          is_full;
};

static uint8_t *
find_sector(const struct overlay *overlay, uint64_t number)
{
	uint64_t index;

	return map_get(&overlay->numbers, &number, sizeof number, &index) ? overlay->sectors[index] : NULL;
}

/* Bytes from an offset on that lie in their own place, at most length. */
static size_t
length_in_place(const struct overlay *overlay, uint64_t offset, size_t length)
{
	size_t in_place = OVERLAY_SECTOR_BYTES - (size_t)(offset % OVERLAY_SECTOR_BYTES);

	while (in_place < length && !find_sector(overlay, (offset + in_place) / OVERLAY_SECTOR_BYTES))
		in_place += OVERLAY_SECTOR_BYTES;
	return in_place < length ? in_place : length;
}

static enum status
read_piece(struct source *source, uint64_t offset, uint8_t *to, size_t length, size_t *ret_length)
{
	struct overlay *overlay = (struct overlay *)source;
	const uint8_t *sector = find_sector(overlay, offset / OVERLAY_SECTOR_BYTES);
	size_t at = (size_t)(offset % OVERLAY_SECTOR_BYTES);

	if (!sector) {
		*ret_length = length_in_place(overlay, offset, length);
		return source_read_exactly(overlay->volume, offset, to, *ret_length);
	}
	*ret_length = length < OVERLAY_SECTOR_BYTES - at ? length : OVERLAY_SECTOR_BYTES - at;
	memcpy(to, sector + at, *ret_length);
	return STATUS_OK;
}

static enum status
read_overlay(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	return source_read_pieces(source, offset, buffer, length, ret_length, read_piece);
}

static void
close_overlay(struct source *source)
{
	struct overlay *overlay = (struct overlay *)source;

	map_release(&overlay->numbers);
	memory_free(overlay->sectors);
	arena_release(&overlay->bytes);
	memory_free(overlay);
}

struct source *
xfs_overlay_open(struct source *volume)
{
	struct overlay *overlay = memory_allocate(1, sizeof *overlay);

	overlay->source = (struct source){
		.size = volume->size, .read = read_overlay, .close = close_overlay, .damage = volume->damage,
	};
	overlay->volume = volume;
	map_init(&overlay->numbers);
	arena_init(&overlay->bytes);
	return &overlay->source;
}

/* The sector as it is kept: new ones hold what the volume holds.  NULL: no more may be kept, or it cannot be read. */
static uint8_t *
keep_sector(struct overlay *overlay, uint64_t number)
{
	uint8_t *sector = find_sector(overlay, number);

	if (sector)
		return sector;
	overlay->is_full |= overlay->count >= KEPT_SECTORS_MAX;
	if (overlay->is_full)
		return NULL;
	sector = arena_allocate(&overlay->bytes, OVERLAY_SECTOR_BYTES);
	if (source_read_exactly(overlay->volume, number * OVERLAY_SECTOR_BYTES, sector, OVERLAY_SECTOR_BYTES) <=
	    STATUS_UNREADABLE)
		return NULL;
	overlay->sectors = memory_grow(overlay->sectors, overlay->count, &overlay->capacity, sizeof *overlay->sectors);
	map_set(&overlay->numbers, &number, sizeof number, overlay->count);
	overlay->sectors[overlay->count++] = sector;
	return sector;
}

bool
xfs_overlay_write(struct source *source, uint64_t offset, const void *bytes, size_t length)
{
	struct overlay *overlay = (struct overlay *)source;
	const uint8_t *from = bytes;

	if (offset > source->size || length > source->size - offset)
		return false;
	while (length) {
		uint8_t *sector = keep_sector(overlay, offset / OVERLAY_SECTOR_BYTES);
		size_t at = (size_t)(offset % OVERLAY_SECTOR_BYTES), part = OVERLAY_SECTOR_BYTES - at;

		if (part > length)
			part = length;
		if (!sector)
			return false;
		memcpy(sector + at, from, part);
		offset += part;
		from += part;
		length -= part;
	}
	return true;
}

uint64_t
xfs_overlay_sectors(const struct source *overlay)
{
	return ((const struct overlay *)overlay)->count;
}

bool
xfs_overlay_is_full(const struct source *overlay)
{
	return ((const struct overlay *)overlay)->is_full;
}
