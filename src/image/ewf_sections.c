/*
 * ewf_sections.c - the chain of sections of one EWF segment.
 *
 *	0   "EVF" 09 0d 0a ff 00 01, number of the segment (2), 0 (2)
 *	13  section: type (16), offset of the next (8), size (8), 40 unused, Adler-32
 *	    "header2" "header" "volume" "sectors" "table" "table2" ... "next" or "done"
 *
 * "next" and "done" point to themselves, every other section to its end.
 * Integers are little-endian.  Specified in "Expert Witness Compression Format
 * (EWF)" of the libewf project.
 */
#include <string.h>

#include <libdeflate.h>

#include <t1554triage/cursor.h>
#include <t1554triage/memory.h>

#include "ewf_sections.h"

enum { WINDOW_BYTES = 1024 * 1024, TYPE_BYTES = 16, SECTIONS_MAX = 8 * 1000 * 1000 };

static const uint8_t magic_1[8] = "EVF\x09\x0d\x0a\xff";
static const uint8_t magic_2[8] = "EVF2\x0d\x0a\x81";

static bool
is_checked(const uint8_t *bytes, size_t length)
{
	struct cursor c = cursor_over(bytes + length - 4, 4);

	return libdeflate_adler32(1, bytes, length - 4) == take_u32le(&c);
}

bool
ewf_read_checked(struct source *source, uint64_t offset, uint8_t *bytes, size_t length)
{
	return length > 4 && source_read_exactly(source, offset, bytes, length) == STATUS_OK &&
		is_checked(bytes, length);
}

bool
ewf_segment_head(struct source *source, enum ewf_version *ret_version, uint32_t *ret_number)
{
	uint8_t header[EWF_FILE_HEADER_BYTES];
	struct cursor c = cursor_at(header, sizeof header, 9);

	*ret_version = EWF_NONE;
	*ret_number = 0;
	if (source_read_exactly(source, 0, header, sizeof header) != STATUS_OK)
		return false;
	if (!memcmp(header, magic_2, sizeof magic_2))
		*ret_version = EWF_2;
	if (!memcmp(header, magic_1, sizeof magic_1)) {
		*ret_version = EWF_1;
		*ret_number = take_u16le(&c);
	}
	return *ret_version != EWF_NONE;
}

static bool
is_last(const char *type)
{
	return !strcmp(type, "next") || !strcmp(type, "done");
}

/* A header is one if its checksum holds and if it points forward, or to itself at the end. */
static bool
take_header(const struct source *source, uint64_t offset, const uint8_t bytes[EWF_SECTION_BYTES],
	struct ewf_section *ret_section)
{
	struct cursor c = cursor_at(bytes, EWF_SECTION_BYTES, TYPE_BYTES);
	struct ewf_section section = { .offset = offset, .data = offset + EWF_SECTION_BYTES };
	uint64_t next = take_u64le(&c);

	if (!is_checked(bytes, EWF_SECTION_BYTES))
		return false;
	memcpy(section.type, bytes, TYPE_BYTES);
	if (is_last(section.type))
		next = section.data;
	if (next < section.data)
		return false;
	section.cut = next > source->size;
	section.end = section.cut ? source->size : next;
	*ret_section = section;
	return true;
}

static bool
read_header(struct source *source, uint64_t offset, struct ewf_section *ret_section)
{
	uint8_t bytes[EWF_SECTION_BYTES];

	return source_read_exactly(source, offset, bytes, sizeof bytes) == STATUS_OK &&
		take_header(source, offset, bytes, ret_section);
}

/*
 * Contents of the medium may hold another EWF file: its headers state other
 * places than the one at which they are found, and what they point to is none.
 */
static bool
stands_in_chain(struct source *source, const struct ewf_section *section)
{
	struct ewf_section next;

	return !section->cut && (is_last(section->type) ? section->end == source->size :
		section->end == source->size || read_header(source, section->end, &next));
}

static bool
is_known(const uint8_t *bytes)
{
	static const char *const types[] = { "sectors", "table", "table2", "data", "volume", "hash", "digest",
		"error2", "next", "done", "header", "header2" };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strncmp((const char *)bytes, types[i], TYPE_BYTES))
			return true;
	return false;
}

static bool
search_window(struct source *source, const uint8_t *window, size_t length, uint64_t offset,
	struct ewf_section *ret_section)
{
	for (size_t i = 0; i + EWF_SECTION_BYTES <= length; i++)
		if (window[i] >= 'd' && window[i] <= 'v' && is_known(window + i) &&
		    take_header(source, offset + i, window + i, ret_section) &&
		    stands_in_chain(source, ret_section))
			return true;
	return false;
}

static bool
search(struct source *source, uint64_t offset, struct ewf_section *ret_section)
{
	uint8_t *window = memory_allocate(WINDOW_BYTES, 1);
	bool found = false;

	while (!found && offset + EWF_SECTION_BYTES <= source->size) {
		size_t got = 0;

		/* What the host cannot read holds no header. */
		if (source_read(source, offset, window, WINDOW_BYTES, &got) == STATUS_OK)
			found = search_window(source, window, got, offset, ret_section);
		offset += WINDOW_BYTES - EWF_SECTION_BYTES + 1;
	}
	memory_free(window);
	return found;
}

enum ewf_end
ewf_sections_walk(struct source *source, void (*take)(void *context, const struct ewf_section *section),
	void *context)
{
	struct ewf_section section = { .end = EWF_FILE_HEADER_BYTES };

	for (int i = 0; i < SECTIONS_MAX && section.end < source->size; i++) {
		uint64_t expected = section.end;

		if (!read_header(source, expected, &section)) {
			if (!search(source, expected + 1, &section))
				return EWF_CUT;
			section.after_damage = true;
		}
		take(context, &section);
		if (is_last(section.type))
			return strcmp(section.type, "next") ? EWF_DONE : EWF_NEXT;
	}
	return EWF_CUT;
}
