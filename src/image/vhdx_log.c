/*
 * vhdx_log.c - the log of a VHDX, laid over the file.
 *
 *   "loge" checksum[4] entry_bytes[4] tail[4] sequence[8] descriptors[4] 0[4] log_id[16] flushed[8] last[8]
 *   "desc" trailing[4] leading[8] file_offset[8] sequence[8], one sector of data each
 *   "zero" 0[4] zero_bytes[8] file_offset[8] sequence[8]
 *   "data" sequence_high[4] bytes[4084] sequence_low[4]
 *
 * Entries lie in a ring, in sectors of 4 KiB.  The entry with the highest sequence names the first
 * one that counts (tail); from there to it all are replayed, if all are whole ([MS-VHDX] 2.3).
 */
#include <string.h>

#include <t1554triage/crc32c.h>
#include <t1554triage/cursor.h>
#include <t1554triage/memory.h>

#include "vhdx_log.h"

enum {
	SECTOR = 4096, HEADER_BYTES = 64, DESCRIPTOR_BYTES = 32, ID_BYTES = 16, CHECKSUM_AT = 4,
	LOG_BYTES_MAX = 16 * 1024 * 1024, LEADING = 8, TRAILING = 4,
};

struct patch {
	uint64_t       offset, length;	/* of the file */
	const uint8_t *sector;		/* in the log; NULL: zeros */
	uint8_t        leading[LEADING], trailing[TRAILING];
};

struct entry {
	uint32_t length, tail, descriptors;
	uint64_t sequence;
};

struct vhdx_log {
	struct source  source;
	struct source *file;
	uint8_t       *ring;		/* the log, twice: so no entry is broken */
	uint32_t       length;
	struct patch  *patches;
	size_t         count, capacity;
};

static bool
checksum_holds(const uint8_t *bytes, size_t length, uint32_t stored)
{
	static const uint8_t zeros[4];
	struct crc32c crc;
	uint32_t rest;

	crc32c_init(&crc);
	rest = crc32c_add(&crc, UINT32_MAX, bytes, CHECKSUM_AT);
	rest = crc32c_add(&crc, rest, zeros, sizeof zeros);
	rest = crc32c_add(&crc, rest, bytes + CHECKSUM_AT + 4, length - CHECKSUM_AT - 4);
	return ~rest == stored;
}

static bool
read_entry(const struct vhdx_log *log, uint32_t offset, const uint8_t *id, struct entry *ret_entry)
{
	const uint8_t *bytes = log->ring + offset, *log_id;
	struct cursor c = cursor_over(bytes, log->length);
	uint32_t checksum;

	if (memcmp(bytes, "loge", 4))
		return false;
	take_u32le(&c);
	checksum = take_u32le(&c);
	ret_entry->length = take_u32le(&c);
	ret_entry->tail = take_u32le(&c);
	ret_entry->sequence = take_u64le(&c);
	ret_entry->descriptors = take_u32le(&c);
	take_u32le(&c);
	log_id = take_bytes(&c, ID_BYTES);
	return !memcmp(log_id, id, ID_BYTES) && ret_entry->length >= SECTOR && ret_entry->length % SECTOR == 0 &&
		ret_entry->length <= log->length && ret_entry->tail < log->length && ret_entry->tail % SECTOR == 0 &&
		ret_entry->sequence && ret_entry->descriptors <= (ret_entry->length - HEADER_BYTES) / DESCRIPTOR_BYTES &&
		checksum_holds(bytes, ret_entry->length, checksum);
}

/* Where the entry with the highest sequence lies. */
static bool
find_head(const struct vhdx_log *log, const uint8_t *id, uint32_t *ret_offset, struct entry *ret_entry)
{
	struct entry entry;

	ret_entry->sequence = 0;
	for (uint32_t offset = 0; offset < log->length; offset += SECTOR)
		if (read_entry(log, offset, id, &entry) && entry.sequence > ret_entry->sequence) {
			*ret_entry = entry;
			*ret_offset = offset;
		}
	return ret_entry->sequence;
}

static bool
take_descriptors(struct vhdx_log *log, uint32_t offset, const struct entry *entry)
{
	uint32_t data = (HEADER_BYTES + entry->descriptors * DESCRIPTOR_BYTES + SECTOR - 1) / SECTOR * SECTOR;

	for (uint32_t i = 0; i < entry->descriptors; i++) {
		const uint8_t *bytes = log->ring + offset + HEADER_BYTES + (size_t)i * DESCRIPTOR_BYTES;
		struct cursor c = cursor_over(bytes, DESCRIPTOR_BYTES);
		struct patch patch = { .length = SECTOR };
		bool is_data = !memcmp(bytes, "desc", 4);

		if ((!is_data && memcmp(bytes, "zero", 4)) || (is_data && data > entry->length - SECTOR))
			return false;
		take_u32le(&c);
		memcpy(patch.trailing, take_bytes(&c, TRAILING), TRAILING);
		memcpy(patch.leading, bytes + 8, LEADING);
		if (is_data)
			take_bytes(&c, LEADING);
		else
			patch.length = take_u64le(&c);
		patch.offset = take_u64le(&c);
		if (take_u64le(&c) != entry->sequence || patch.offset > INT64_MAX || patch.length > INT64_MAX)
			return false;
		if (is_data) {
			patch.sector = log->ring + offset + data;
			data += SECTOR;
		}
		log->patches = memory_grow(log->patches, log->count, &log->capacity, sizeof *log->patches);
		log->patches[log->count++] = patch;
	}
	return true;
}

/* From the tail that the head names up to the head. */
static bool
take_entries(struct vhdx_log *log, const uint8_t *id)
{
	struct entry head = { .length = 0 }, entry;
	uint32_t head_at = 0, offset;
	uint64_t sequence = 0;

	if (!find_head(log, id, &head_at, &head))
		return false;
	offset = head.tail;
	for (uint32_t i = 0; i < log->length / SECTOR; i++) {
		if (!read_entry(log, offset, id, &entry) || (sequence && entry.sequence != sequence + 1) ||
		    !take_descriptors(log, offset, &entry))
			return false;
		if (offset == head_at)
			return true;
		sequence = entry.sequence;
		offset = (offset + entry.length) % log->length;
	}
	return false;
}

static void
apply(const struct patch *patch, uint64_t offset, uint8_t *bytes, size_t length)
{
	uint64_t start = patch->offset > offset ? patch->offset : offset;
	uint64_t end = patch->offset + patch->length, to = offset + length;

	end = end < to ? end : to;
	for (uint64_t at = start; at < end; at++) {
		uint64_t within = at - patch->offset;

		bytes[at - offset] = !patch->sector ? 0 : within < LEADING ? patch->leading[within] :
			within >= SECTOR - TRAILING ? patch->trailing[within - (SECTOR - TRAILING)] : patch->sector[within];
	}
}

static enum status
read_over(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct vhdx_log *log = (struct vhdx_log *)source;
	enum status status = source_read(log->file, offset, buffer, length, ret_length);

	for (size_t i = 0; status == STATUS_OK && i < log->count; i++)
		apply(&log->patches[i], offset, buffer, *ret_length);
	return status;
}

static void
close_over(struct source *source)
{
	struct vhdx_log *log = (struct vhdx_log *)source;

	memory_free(log->ring);
	memory_free(log->patches);
	memory_free(log);
}

bool
vhdx_log_open(struct source *file, const struct vhdx_log_place *place, struct source **ret_source)
{
	struct vhdx_log *log;

	if (place->length < SECTOR || place->length % SECTOR || place->length > LOG_BYTES_MAX ||
	    place->offset > INT64_MAX)
		return false;
	log = memory_allocate(1, sizeof *log);
	log->source = (struct source){ .size = file->size, .read = read_over, .close = close_over };
	log->file = file;
	log->length = place->length;
	log->ring = memory_allocate(log->length, 2);
	if (source_read_exactly(file, place->offset, log->ring, log->length) == STATUS_OK) {
		memcpy(log->ring + log->length, log->ring, log->length);
		if (take_entries(log, place->id)) {
			*ret_source = &log->source;
			return true;
		}
	}
	close_over(&log->source);
	return false;
}
