/*
 * evtx.c - Windows event logs (MS-EVEN6; libyal's "Windows XML Event Log format")
 *
 *	file   "ElfFile\0" first chunk 8, last chunk 8, next record 8, 128 4, version 2 2, 4096 2, chunks 2, ..., flags 4
 *	       (1: was not closed), CRC32 of the first 120 bytes; 4,096 bytes
 *	chunk  "ElfChnk\0" number of the first record 8 and last 8, id of the first 8 and last 8, 128 4, offset of the last
 *	       record 4, of what is free 4, CRC32 of the records 4, 64 bytes 0, flags 4, CRC32 of bytes 0 to 120 and 128 to 512,
 *	       64 places of names, 32 places of templates; 65,536 bytes
 *	record 2a2a0000 size 4, id 8, time of writing 8, binary XML, size 4
 *
 * Headers are written late: a log of a running system, or of one that was switched off, has records that no header
 * knows of. So chunks are looked for, not counted, and records behind the end that a chunk names are taken where their
 * ids go on. What lies there without going on was left by records that are gone (slack): read on request.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "evtx_event.h"

enum {
	FILE_HEADER_BYTES = 4096,
	CHUNK_HEADER_BYTES = 512,
	RECORD_HEADER_BYTES = 24,
	RECORD_BYTES_MIN = RECORD_HEADER_BYTES + 4,
	PLACES_TOLD = 20,		/* offsets in one note */
	RANGES_MAX = 1 << 20,		/* jumps in the numbers of the records of one log */
};

static const uint8_t record_magic[4] = { 0x2A, 0x2A, 0, 0 };
static const char slack_time_source[] = "record left in unused space of the log";

/* Places in the log of which one note tells: the first ones, and how many there are. */
struct places { uint64_t first[PLACES_TOLD]; uint64_t count; };

struct evtx_log {
	const struct artifact   *artifact;
	const struct event_sink *out;
	const struct notes      *notes;
	struct source *source;
	uint8_t       *chunk;			/* EVTX_CHUNK_BYTES */
	size_t         length;			/* of what is there of it */
	uint64_t       chunk_offset;
	struct evtx_binxml xml;
	struct buffer  object;			/* of the event, where it is a part of a field */
	uint64_t       slack_left;		/* records of slack that may still be told */
	struct places  lost, checksums, cut;
	uint64_t       chunks, records;
	bool           is_dirty, has_header;
	struct id_range { uint64_t first, last; } *ranges;	/* of the records of a chunk */
	size_t         range_count, range_capacity;
	enum status    status;
};

static void
places_add(struct places *places, uint64_t offset)
{
	if (places->count < PLACES_TOLD)
		places->first[places->count] = offset;
	places->count++;
}

static void
places_tell(const struct places *places, struct buffer *out)
{
	for (uint64_t i = 0; i < places->count && i < PLACES_TOLD; i++)
		buffer_add_format(out, "%s%" PRIu64, i ? ", " : "", places->first[i]);
	if (places->count > PLACES_TOLD)
		buffer_add_text(out, " and further ones");
}

static enum status
note_places(const struct evtx_log *log, const struct places *places, enum status status, enum note_kind kind, const char *what)
{
	struct place at = log->artifact->place;
	struct buffer offsets;

	if (!places->count)
		return STATUS_OK;
	buffer_init(&offsets, 0);
	places_tell(places, &offsets);
	at.offset = places->first[0];
	status = note(log->notes, status, kind, &at, "%s: %s: %" PRIu64 " (at byte %s)", log->artifact->path, what,
		places->count, offsets.bytes);
	buffer_release(&offsets);
	return status;
}

/* ---- records ---- */

struct record_header { uint64_t id, written; uint32_t size; };

/* False: none begins there. */
static bool
read_record_header(const struct evtx_log *log, size_t offset, size_t end, struct record_header *ret_header)
{
	struct cursor c = cursor_at(log->chunk, end, offset);
	const uint8_t *magic = take_bytes(&c, sizeof record_magic);

	ret_header->size = take_u32le(&c);
	ret_header->id = take_u64le(&c);
	ret_header->written = take_u64le(&c);
	return !c.failed && !memcmp(magic, record_magic, sizeof record_magic) && ret_header->size >= RECORD_BYTES_MIN &&
	       ret_header->size <= end - offset;
}

static bool
take_record(struct evtx_log *log, size_t offset, const struct record_header *header, bool is_slack)
{
	struct event event = { .at = log->artifact->place };

	if (!evtx_binxml_record(&log->xml, offset + RECORD_HEADER_BYTES, header->size - RECORD_BYTES_MIN))
		return false;
	evtx_event_fill(&log->xml, header->written, &log->object, &event);
	event.at.offset = log->chunk_offset + offset;
	if (!event.at.record_id)
		event.at.record_id = header->id;
	/* Templates of the chunk may be younger than the record: what contradicts itself is none. */
	if (is_slack && (event.at.record_id != header->id || !event.id))
		return false;
	if (is_slack)
		event.time_source = slack_time_source;
	log->out->event(log->out->context, &event);
	return true;
}

static size_t
find_record(const struct evtx_log *log, size_t from, size_t end)
{
	const uint8_t *found = from < end ? memmem(log->chunk + from, end - from, record_magic, sizeof record_magic) : NULL;

	return found ? (size_t)(found - log->chunk) : end;
}

static void
take_slack(struct evtx_log *log, size_t from)
{
	struct record_header header;

	for (size_t at = find_record(log, from, log->length); at < log->length && log->slack_left;
	     at = find_record(log, at + 4, log->length))
		if (read_record_header(log, at, log->length, &header) && take_record(log, at, &header, true))
			log->slack_left--;
}

static void
add_range(struct evtx_log *log, uint64_t first, uint64_t last)
{
	if (log->range_count == RANGES_MAX)
		return;
	log->ranges = memory_grow(log->ranges, log->range_count, &log->range_capacity, sizeof *log->ranges);
	log->ranges[log->range_count++] = (struct id_range){ first, last };
}

/* Ids that follow one another make a range; a jump begins another one. */
static void
count_id(struct evtx_log *log, struct id_range *range, uint64_t id)
{
	if (range->last && id != range->last + 1) {
		add_range(log, range->first, range->last);
		range->first = id;
	} else if (!range->last) {
		range->first = id;
	}
	range->last = id;
}

static void
take_records(struct evtx_log *log, size_t named_end)
{
	size_t at = CHUNK_HEADER_BYTES, next;
	struct id_range range = { 0, 0 };
	struct record_header header;

	while (at < log->length) {
		bool is_there = read_record_header(log, at, log->length, &header);

		if (at >= named_end && !(is_there && range.last && header.id == range.last + 1))
			break;
		if (!is_there) {
			next = find_record(log, at + 4, named_end < log->length ? named_end : log->length);
			places_add(&log->lost, log->chunk_offset + at);
			at = next;
			continue;
		}
		count_id(log, &range, header.id);
		log->records++;
		if (!take_record(log, at, &header, false))
			places_add(&log->lost, log->chunk_offset + at);
		at += header.size;
	}
	if (range.last)
		add_range(log, range.first, range.last);
	take_slack(log, at);
}

/* ---- chunks ---- */

static bool
has_right_checksums(const struct evtx_log *log, size_t free_offset, uint32_t records_sum, uint32_t header_sum)
{
	uint32_t sum = libdeflate_crc32(0, log->chunk, 120);

	sum = libdeflate_crc32(sum, log->chunk + 128, CHUNK_HEADER_BYTES - 128);
	return sum == header_sum && free_offset >= CHUNK_HEADER_BYTES && free_offset <= log->length &&
	       libdeflate_crc32(0, log->chunk + CHUNK_HEADER_BYTES, free_offset - CHUNK_HEADER_BYTES) == records_sum;
}

static void
take_chunk(struct evtx_log *log)
{
	struct cursor c = cursor_at(log->chunk, log->length, 48);
	uint32_t free_offset = take_u32le(&c), records_sum = take_u32le(&c), header_sum;

	take_bytes(&c, 68);
	header_sum = take_u32le(&c);
	if (c.failed || log->length < CHUNK_HEADER_BYTES) {
		places_add(&log->cut, log->chunk_offset);
		return;
	}
	log->chunks++;
	if (log->length < EVTX_CHUNK_BYTES)
		places_add(&log->cut, log->chunk_offset);
	if (!has_right_checksums(log, free_offset, records_sum, header_sum))
		places_add(&log->checksums, log->chunk_offset);
	evtx_binxml_chunk(&log->xml, log->chunk, log->length);
	take_records(log, free_offset >= CHUNK_HEADER_BYTES && free_offset <= log->length ? free_offset : log->length);
}

static bool
read_at(struct evtx_log *log, uint64_t offset)
{
	enum status status = source_read(log->source, offset, log->chunk, EVTX_CHUNK_BYTES, &log->length);

	log->chunk_offset = offset;
	if (status == STATUS_END)
		return false;
	if (status == STATUS_DAMAGED && log->status == STATUS_OK)
		note(log->notes, status, NOTE_ARTIFACT_DAMAGED, &log->artifact->place, "%s: zeros stand for a part of it that "
			"could not be read, from byte %" PRIu64 " on: records there are missing", log->artifact->path, offset);
	if (status < STATUS_OK)
		log->status = status_worse(log->status, status);
	if (status >= STATUS_DAMAGED)
		return true;
	note(log->notes, status, NOTE_ARTIFACT_DAMAGED, &log->artifact->place,
		"%s could not be read from byte %" PRIu64 " on: records there are missing", log->artifact->path, offset);
	return false;
}

/* Where a chunk begins in what was read; its length: nowhere. */
static size_t
find_chunk(const struct evtx_log *log)
{
	static const char magic[8] = "ElfChnk";
	const uint8_t *found = memmem(log->chunk, log->length, magic, sizeof magic);

	return found ? (size_t)(found - log->chunk) : log->length;
}

static void
read_file_header(struct evtx_log *log)
{
	static const char magic[8] = "ElfFile";
	struct cursor c;
	uint32_t flags, sum;

	if (!read_at(log, 0) || log->length < 128 || memcmp(log->chunk, magic, sizeof magic) != 0)
		return;
	log->has_header = true;
	c = cursor_at(log->chunk, log->length, 120);
	flags = take_u32le(&c);
	sum = take_u32le(&c);
	log->is_dirty = flags & 1;
	if (libdeflate_crc32(0, log->chunk, 120) != sum)
		places_add(&log->checksums, 0);
}

static void
read_chunks(struct evtx_log *log)
{
	uint64_t offset = log->has_header ? FILE_HEADER_BYTES : 0;
	size_t begin;

	while (read_at(log, offset)) {
		begin = find_chunk(log);
		if (!begin) {
			take_chunk(log);
			offset += EVTX_CHUNK_BYTES;
		} else if (begin < log->length) {
			offset += begin;
		} else {
			/* A magic may be cut by the end of what was read. */
			offset += log->length > 8 ? log->length - 7 : log->length;
		}
	}
}

/* ---- what is missing ---- */

static int
by_first(const void *left, const void *right)
{
	const struct id_range *a = left, *b = right;

	return a->first < b->first ? -1 : a->first > b->first;
}

/* Windows numbers the records of a log without a gap, and drops the oldest chunks only. */
static void
note_gaps(struct evtx_log *log)
{
	struct place at = log->artifact->place;
	uint64_t last, told = 0;

	if (!log->range_count)
		return;
	if (log->range_count == RANGES_MAX) {
		note(log->notes, STATUS_OK, NOTE_LOG_GAP, &at, "%s: the numbers of its records jump more than a million times: "
			"which are missing is not told", log->artifact->path);
		return;
	}
	qsort(log->ranges, log->range_count, sizeof *log->ranges, by_first);
	last = log->ranges[0].last;
	for (size_t i = 1; i < log->range_count; i++) {
		const struct id_range *range = &log->ranges[i];

		at.record_id = last + 1;
		if (range->first > last + 1 && told++ < PLACES_TOLD)
			note(log->notes, STATUS_OK, NOTE_LOG_GAP, &at, "%s: between the records %" PRIu64 " and %" PRIu64
				" there is none, and Windows leaves no number out: what they held is not known", log->artifact->path,
				last, range->first);
		if (range->last > last)
			last = range->last;
	}
	if (told > PLACES_TOLD)
		note(log->notes, STATUS_OK, NOTE_LOG_GAP, &log->artifact->place, "%s: %" PRIu64 " further gaps between records",
			log->artifact->path, told - PLACES_TOLD);
}

static enum status
note_log(struct evtx_log *log)
{
	enum status status = log->status;

	if (!log->has_header && !log->chunks)
		return note(log->notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &log->artifact->place,
			"%s is no Windows event log: neither its header nor a chunk of records is in it", log->artifact->path);
	if (!log->has_header)
		status = status_worse(status, note(log->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &log->artifact->place,
			"%s does not begin as a Windows event log: what its chunks hold was read", log->artifact->path));
	status = status_worse(status, note_places(log, &log->lost, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED,
		"records that could not be decoded"));
	status = status_worse(status, note_places(log, &log->cut, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED,
		"chunks cut short by the end of the file"));
	note_places(log, &log->checksums, STATUS_OK, NOTE_LOG_CHECKSUM, log->is_dirty
		? "checksums that do not fit, of a log that was in use when it was copied or the system went down: Windows writes them late"
		: "checksums that do not fit, though Windows closed the log: these parts were changed since, or are damaged");
	note_gaps(log);
	return status;
}

static enum status
read_log(struct evtx_log *log)
{
	enum status status = artifact_open(log->artifact, log->notes, &log->source);

	if (status < STATUS_DAMAGED)
		return status;
	log->status = status;
	read_file_header(log);
	read_chunks(log);
	source_close(log->source);
	return note_log(log);
}

static enum status
parse_evtx(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct evtx_log log = { .out = out, .notes = notes, .slack_left = limit_get(LIMIT_SLACK_RECORDS) };
	enum status status = STATUS_OK;

	log.chunk = memory_allocate(EVTX_CHUNK_BYTES, 1);
	evtx_binxml_init(&log.xml);
	buffer_init(&log.object, 0);
	for (size_t i = 0; i < group->count; i++) {
		log.artifact = &group->items[i];
		log.lost.count = log.checksums.count = log.cut.count = log.chunks = log.records = log.range_count = 0;
		log.is_dirty = log.has_header = false;
		status = status_worse(status, read_log(&log));
	}
	evtx_binxml_release(&log.xml);
	buffer_release(&log.object);
	memory_free(log.ranges);
	memory_free(log.chunk);
	return status;
}

const struct eventlog_driver evtx_eventlog = {
	.name        = "evtx",
	.description = "Windows event logs (Windows/System32/winevt/Logs/*.evtx)",
	/* Windows does not tell cases of letters apart. */
	.files       = (const char *const[]){ "/[Ww][Ii][Nn][Dd][Oo][Ww][Ss]/[Ss][Yy][Ss][Tt][Ee][Mm]32/"
		"[Ww][Ii][Nn][Ee][Vv][Tt]/[Ll][Oo][Gg][Ss]/*.[Ee][Vv][Tt][Xx]", NULL },
	.is_not_rotated = true,
	.is_each_alone  = true,
	/* A collector's subscriptions write there by default (wecutil(1)). */
	.of_others   = "[Ff][Oo][Rr][Ww][Aa][Rr][Dd][Ee][Dd][Ee][Vv][Ee][Nn][Tt][Ss].[Ee][Vv][Tt][Xx]",
	.signature   = "ElfFile",
	.signature_bytes = sizeof "ElfFile",
	.parse       = parse_evtx,
};
