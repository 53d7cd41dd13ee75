/*
 * ewf_description.c - the sections before the first chunks of an EWF set, as a set of their own.
 *
 * libewf makes room for every chunk that the volume section counts, 8 bytes
 * each, and reads every table: 268 MB at 1 TiB in each process.  It is shown
 * the same headers with a volume of one chunk and "done" behind it.
 */
#include <string.h>

#include <libdeflate.h>

#include <t1554triage/memory.h>

#include "ewf_description.h"

enum {
	DESCRIPTION_BYTES_MAX = 64 * 1024 * 1024, CHECKSUM_BYTES = 4,
	CHUNK_COUNT = 4, SECTOR_COUNT = 16,		/* in the volume: ewf_set.c */
	SECTION_NEXT = 16,				/* in a header: ewf_sections.c */
};

static void
put_little_endian(uint8_t *to, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++, value >>= 8)
		to[i] = (uint8_t)value;
}

static void
put_checksum(uint8_t *bytes, size_t length)
{
	length -= CHECKSUM_BYTES;
	put_little_endian(bytes + length, libdeflate_adler32(1, bytes, length), CHECKSUM_BYTES);
}

/* The count of sectors has 8 bytes, SMART's 4: the others are zero in one chunk. */
static void
shorten_volume(const struct ewf_set *set, uint8_t *volume)
{
	put_little_endian(volume + CHUNK_COUNT, 1, 4);
	put_little_endian(volume + SECTOR_COUNT, set->chunk_size / set->sector_size, 4);
	if (set->volume_length > EWF_SMART_VOLUME_BYTES)
		put_little_endian(volume + SECTOR_COUNT + 4, 0, 4);
	put_checksum(volume, set->volume_length);
}

bool
ewf_description_read(const struct ewf_set *set, struct buffer *out)
{
	uint8_t end[EWF_SECTION_BYTES] = "done", *bytes;
	size_t length = (size_t)set->description_end;
	bool is_whole;

	if (!set->volume || set->description_end > DESCRIPTION_BYTES_MAX ||
	    set->volume + set->volume_length > set->description_end)
		return false;
	bytes = memory_allocate(length, 1);
	is_whole = source_read_exactly(set->sources[0], 0, bytes, length) == STATUS_OK;
	if (is_whole) {
		shorten_volume(set, bytes + set->volume);
		buffer_add(out, bytes, length);
		put_little_endian(end + SECTION_NEXT, length, 8);
		put_checksum(end, sizeof end);
		buffer_add(out, end, sizeof end);
	}
	memory_free(bytes);
	return is_whole;
}
