/*
 * ewf_sections.c - the chain of sections of one EWF segment.
 *
 *	0   "EVF" 09 0d 0a ff 00 01, number of the segment (2), 0 (2)
 *	13  section: type (16), offset of the next (8), size (8), 40 unused, Adler-32
 *	    "header2" "header" "volume" "sectors" "table" "table2" ... "next" or "done"
 *
 * "volume" begins with the media type (4) and the number of chunks (4);
 * "table" with the number of its chunks (4).  "next" and "done" point to
 * themselves.  Integers are little-endian.  Specified in "Expert Witness
 * Compression Format (EWF)" of the libewf project.
 *
 * libewf reads a set that is cut short without a word and does not open one
 * with a gap; how many chunks each segment describes tells what is lost.
 */
#include <string.h>

#include <t1554triage/cursor.h>

#include "ewf_sections.h"

enum { FILE_HEADER_BYTES = 13, SECTION_BYTES = 76, SECTIONS_MAX = 4 * 1000 * 1000, TABLE_HEADER_BYTES = 24 };

static const uint8_t magic_1[8] = "EVF\x09\x0d\x0a\xff";
static const uint8_t magic_2[8] = "EVF2\x0d\x0a\x81";

struct section {
	char     type[17];
	uint64_t next, size;
};

static bool
read_section(struct source *source, uint64_t offset, struct section *ret_section)
{
	uint8_t bytes[SECTION_BYTES];
	struct cursor c;

	if (source_read_exactly(source, offset, bytes, sizeof bytes) != STATUS_OK)
		return false;
	memcpy(ret_section->type, bytes, 16);
	ret_section->type[16] = '\0';
	c = cursor_at(bytes, sizeof bytes, 16);
	ret_section->next = take_u64le(&c);
	ret_section->size = take_u64le(&c);
	return true;
}

static uint32_t
read_u32(struct source *source, uint64_t offset)
{
	uint8_t bytes[4];
	struct cursor c = cursor_over(bytes, sizeof bytes);

	if (source_read_exactly(source, offset, bytes, sizeof bytes) != STATUS_OK)
		return 0;
	return take_u32le(&c);
}

/* A table counts only if all of it is there: each chunk has an entry of four bytes. */
static uint64_t
chunks_of_table(struct source *source, uint64_t offset)
{
	uint64_t count = read_u32(source, offset + SECTION_BYTES);

	if (offset + SECTION_BYTES + TABLE_HEADER_BYTES + count * 4 > source->size)
		return 0;
	return count;
}

static void
read_sections(struct source *source, struct ewf_segment *segment)
{
	uint64_t offset = FILE_HEADER_BYTES;
	struct section section;

	for (int i = 0; i < SECTIONS_MAX && read_section(source, offset, &section); i++) {
		if (!strcmp(section.type, "next"))
			segment->end = EWF_NEXT;
		if (!strcmp(section.type, "done"))
			segment->end = EWF_DONE;
		if (!strcmp(section.type, "header2"))
			segment->has_header2 = true;
		if (!strcmp(section.type, "volume") || !strcmp(section.type, "disk"))
			segment->total_chunks = read_u32(source, offset + SECTION_BYTES + 4);
		if (!strcmp(section.type, "table"))
			segment->chunks += chunks_of_table(source, offset);
		if (segment->end != EWF_CUT || section.next <= offset)
			break;
		offset = section.next;
	}
}

void
ewf_segment_read(struct source *source, struct ewf_segment *ret_segment)
{
	struct ewf_segment segment = { .version = EWF_NONE };
	uint8_t header[FILE_HEADER_BYTES];
	struct cursor c;

	*ret_segment = segment;
	if (source_read_exactly(source, 0, header, sizeof header) != STATUS_OK)
		return;
	if (!memcmp(header, magic_2, sizeof magic_2)) {
		ret_segment->version = EWF_2;
		return;
	}
	if (memcmp(header, magic_1, sizeof magic_1))
		return;
	segment.version = EWF_1;
	c = cursor_at(header, sizeof header, 9);
	segment.number = take_u16le(&c);
	read_sections(source, &segment);
	*ret_segment = segment;
}
