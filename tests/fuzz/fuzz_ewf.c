/*
 * fuzz_ewf.c - the sections, tables and chunks of an EWF set from any bytes.
 *
 * Input: a byte; then the set: one segment, or (second bit of the byte) two of
 * equal length.  If the lowest bit of the byte is set, checksums are made right
 * first, because no mutation would get past them.
 */
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include <t1554triage/memory.h>

#include "../../src/image/ewf_chunks.h"

enum { CHUNKS_READ = 64, SECTIONS_MENDED = 64, TABLE_HEADER_BYTES = 24, SIZE_MAX_READ = 1 << 22 };

static void
mend(uint8_t *bytes, size_t length)
{
	uint32_t checksum = libdeflate_adler32(1, bytes, length - 4);

	for (int i = 0; i < 4; i++)
		bytes[length - 4 + (size_t)i] = (uint8_t)(checksum >> 8 * i);
}

static void
mend_data(const char *type, uint8_t *data, uint64_t length)
{
	uint64_t entries;

	if (strncmp(type, "table", 5) || length < TABLE_HEADER_BYTES) {
		if (length > 4 && strcmp(type, "sectors"))
			mend(data, (size_t)length);
		return;
	}
	mend(data, TABLE_HEADER_BYTES);
	entries = (uint64_t)(data[0] | data[1] << 8) * 4;
	if (TABLE_HEADER_BYTES + entries + 4 <= length)
		mend(data + TABLE_HEADER_BYTES, (size_t)entries + 4);
}

static void
mend_segment(uint8_t *bytes, size_t length)
{
	uint64_t at = EWF_FILE_HEADER_BYTES;

	for (int i = 0; i < SECTIONS_MENDED && at + EWF_SECTION_BYTES <= length; i++) {
		char type[17] = { 0 };
		uint64_t next;

		mend(bytes + at, EWF_SECTION_BYTES);
		memcpy(type, bytes + at, 16);
		memcpy(&next, bytes + at + 16, sizeof next);
		if (next < at + EWF_SECTION_BYTES || next > length)
			return;
		mend_data(type, bytes + at + EWF_SECTION_BYTES, next - at - EWF_SECTION_BYTES);
		at = next;
	}
}

static void
ignore_lost(void *context, uint64_t chunk, const char *why)
{
	(void)context;
	(void)chunk;
	(void)why;
}

/* Alone, and twice beside itself: that is the same. */
static void
read_chunk(struct ewf_chunks *chunks, uint64_t chunk, uint8_t *bytes, uint8_t *beside[2], size_t length)
{
	ewf_chunk_read(chunks, chunk, bytes, length);
	for (size_t i = 0; i < 2; i++)
		ewf_chunk_read_soon(chunks, chunk, beside[i], length, ignore_lost, NULL);
	ewf_chunks_finish(chunks, ignore_lost, NULL);
	for (size_t i = 0; i < 2; i++)
		if (memcmp(bytes, beside[i], length))
			abort();
}

static void
ignore_table_lost(void *context, const struct ewf_group *group, uint64_t offset, bool has_other)
{
	(void)context;
	if (!offset || (has_other && !(group->tables[0] && group->tables[1])))
		abort();
}

static void
read_chunks(struct ewf_set *set)
{
	struct ewf_chunks *chunks = ewf_chunks_open(set, ignore_table_lost, NULL);
	uint8_t *bytes = memory_allocate(set->chunk_size, 1);
	uint8_t *beside[2] = { memory_allocate(set->chunk_size, 1), memory_allocate(set->chunk_size, 1) };
	uint64_t step = set->chunk_count / CHUNKS_READ + 1;

	for (size_t i = 1; i < set->group_count; i++)
		if (set->groups[i].first < set->groups[i - 1].first + set->groups[i - 1].count)
			abort();
	for (uint64_t i = 0; i < set->chunk_count; i += step) {
		uint64_t left = set->size - i * set->chunk_size;

		read_chunk(chunks, i, bytes, beside, left < set->chunk_size ? (size_t)left : set->chunk_size);
	}
	memory_free(bytes);
	memory_free(beside[0]);
	memory_free(beside[1]);
	ewf_chunks_close(chunks);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	struct source *sources[2];
	struct ewf_set set;
	size_t count, each;
	uint8_t *bytes;

	if (length < 2)
		return 0;
	count = input[0] & 2 ? 2 : 1;
	each = (length - 1) / count;
	bytes = memory_allocate(length, 1);
	memcpy(bytes, input + 1, length - 1);
	for (size_t i = 0; i < count; i++) {
		if (input[0] & 1)
			mend_segment(bytes + i * each, each);
		sources[i] = source_open_memory(bytes + i * each, each);
	}
	ewf_set_read(&set, sources, count);
	if (set.chunk_size && set.chunk_size <= SIZE_MAX_READ)
		read_chunks(&set);
	ewf_set_release(&set);
	for (size_t i = 0; i < count; i++)
		source_close(sources[i]);
	memory_free(bytes);
	return 0;
}
