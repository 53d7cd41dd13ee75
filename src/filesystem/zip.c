/*
 * zip.c - zip archives (APPNOTE.TXT 6.3.10; extra fields of Info-ZIP's
 * extrafld.txt).  The index is the central directory, which the last record
 * points to; numbers are little-endian:
 *
 *   "PK\5\6" disk[2] disk[2] members[2] members[2] bytes[4] offset[4] comment_length[2]
 *   "PK\1\2" made_by[2] needed[2] flags[2] method[2] time[2] date[2] crc[4] stored[4] size[4]
 *            name_length[2] extra_length[2] comment_length[2] disk[2] attributes[2] mode[4] local_header[4]
 *   "PK\3\4" needed[2] flags[2] method[2] time[2] date[2] crc[4] stored[4] size[4]
 *            name_length[2] extra_length[2], name, extra, content
 *
 * An archive that lost its end is read by its local headers.
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>

#include "archive.h"

enum {
	CENTRAL_BYTES = 46,
	LOCAL_BYTES = 30,
	END_BYTES = 22,
	END_SEARCH_BYTES = 65535 + END_BYTES,
	LINK_BYTES_MAX = 65536,
	SECOND = 1000000000,
};

/* One member, from either kind of header. */
struct header {
	unsigned made_by, flags, method;
	uint64_t stored, size, local_at, data;
	uint32_t crc32, mode;
	uint16_t time, date;
	char     name[65536];
	size_t   name_length;
	uint8_t  extra[65536];
	size_t   extra_length;
};

struct reader {
	struct archive *archive;
	struct header   header;
	uint64_t        count;		/* members so far */
};

/* Local time of the writer, years from 1980, in steps of two seconds. */
static struct tree_time
dos_time(uint16_t date, uint16_t time)
{
	unsigned month = date >> 5 & 15, day = date & 31;

	if (!month || month > 12 || !day)
		return (struct tree_time){ .resolution_nanoseconds = 0 };
	return (struct tree_time){
		.seconds = timestamp_days(1980 + (date >> 9), month, day) * 86400 +
			(time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2,
		.resolution_nanoseconds = 2U * SECOND, .local = true,
	};
}

/* 100 ns since 1601. */
static struct tree_time
windows_time(uint64_t ticks)
{
	if (!ticks || ticks > INT64_MAX)
		return (struct tree_time){ .resolution_nanoseconds = 0 };
	return (struct tree_time){ .seconds = (int64_t)(ticks / 10000000) - INT64_C(11644473600),
		.nanoseconds = (uint32_t)(ticks % 10000000) * 100, .resolution_nanoseconds = 100 };
}

static struct tree_time
unix_time(uint32_t seconds)
{
	return (struct tree_time){ .seconds = (int32_t)seconds, .resolution_nanoseconds = SECOND };
}

/* 64-bit sizes stand in the order of those fields that are full. */
static void
take_zip64(struct cursor field, struct header *header)
{
	if (header->size == UINT32_MAX)
		header->size = take_u64le(&field);
	if (header->stored == UINT32_MAX)
		header->stored = take_u64le(&field);
	if (header->local_at == UINT32_MAX)
		header->local_at = take_u64le(&field);
}

/* The Windows times: attribute 1 of the field holds them. */
static void
take_windows_times(struct cursor field, struct tree_node *node)
{
	take_bytes(&field, 4);
	while (field.at < field.end && !field.failed) {
		uint16_t tag = take_u16le(&field), length = take_u16le(&field);
		const uint8_t *bytes = take_bytes(&field, length);

		if (tag == 1 && length == 24 && bytes) {
			struct cursor times = cursor_over(bytes, length);

			node->modified = windows_time(take_u64le(&times));
			node->accessed = windows_time(take_u64le(&times));
			node->born = windows_time(take_u64le(&times));
		}
	}
}

/* UT: a bit for each time that is there; the local header has all, the central one the first. */
static void
take_unix_times(struct cursor field, struct tree_node *node)
{
	uint8_t flags = take_u8(&field);

	if (flags & 1 && field.end - field.at >= 4)
		node->modified = unix_time(take_u32le(&field));
	if (flags & 2 && field.end - field.at >= 4)
		node->accessed = unix_time(take_u32le(&field));
}

static uint64_t
take_sized(struct cursor *field)
{
	uint8_t length = take_u8(field);

	return length <= 8 ? take_le(field, length) : (field->failed = true, 0);
}

static void
take_owner(struct cursor field, struct tree_node *node)
{
	uint64_t uid, gid;

	take_u8(&field);	/* version */
	uid = take_sized(&field);
	gid = take_sized(&field);
	if (field.failed || uid > UINT32_MAX || gid > UINT32_MAX)
		return;
	node->uid = (uint32_t)uid;
	node->gid = (uint32_t)gid;
	node->has |= ENTRY_HAS_OWNER;
}

/* Without a node only the sizes are taken. */
static void
take_extra(struct header *header, struct tree_node *node)
{
	struct cursor extra = cursor_over(header->extra, header->extra_length);

	while (extra.end - extra.at >= 4) {
		uint16_t tag = take_u16le(&extra), length = take_u16le(&extra);
		const uint8_t *bytes = take_bytes(&extra, length);

		if (!bytes)
			return;
		if (tag == 0x0001)
			take_zip64(cursor_over(bytes, length), header);
		else if (node && tag == 0x000a)
			take_windows_times(cursor_over(bytes, length), node);
		else if (node && tag == 0x5455)
			take_unix_times(cursor_over(bytes, length), node);
		else if (node && tag == 0x7875)
			take_owner(cursor_over(bytes, length), node);
	}
}

static bool
read_names(struct archive *archive, struct header *header, uint64_t at)
{
	return source_read_exactly(archive->stream, at, header->name, header->name_length) == STATUS_OK &&
		source_read_exactly(archive->stream, at + header->name_length, header->extra,
			header->extra_length) == STATUS_OK;
}

/* A local header; sizes are taken from it where it is all there is. */
static bool
read_local(struct archive *archive, struct header *header, uint64_t at, bool take_sizes)
{
	uint8_t bytes[LOCAL_BYTES];
	struct cursor c = cursor_over(bytes, sizeof bytes);

	if (source_read_exactly(archive->stream, at, bytes, sizeof bytes) != STATUS_OK ||
	    memcmp(take_bytes(&c, 4), "PK\3\4", 4))
		return false;
	take_u16le(&c);
	if (take_sizes) {
		header->flags = take_u16le(&c);
		header->method = take_u16le(&c);
		header->time = take_u16le(&c);
		header->date = take_u16le(&c);
		header->crc32 = take_u32le(&c);
		header->stored = take_u32le(&c);
		header->size = take_u32le(&c);
		header->local_at = at;
	} else {
		take_bytes(&c, 20);
	}
	header->name_length = take_u16le(&c);
	header->extra_length = take_u16le(&c);
	header->data = at + LOCAL_BYTES + header->name_length + header->extra_length;
	return read_names(archive, header, at + LOCAL_BYTES);
}

static const char *
method_name(unsigned method)
{
	switch (method) {
	case 8:  return "deflate";
	case 12: return "bzip2";
	case 93: return "zstd";
	case 95: return "xz";
	default: return NULL;
	}
}

/* Why the content is never read; NULL: it can be. */
static const char *
why_not_readable(const struct header *header)
{
	if (header->flags & 1)
		return "encrypted zip member";
	if (header->method && !method_name(header->method))
		return "zip member in a compression method that is not read";
	return NULL;
}

/* st_mode as Unix writers put it into the upper half. */
static enum entry_type
type_of(const struct header *header)
{
	if (header->name_length && header->name[header->name_length - 1] == '/')
		return ENTRY_DIRECTORY;
	if (header->made_by >> 8 != 3)
		return ENTRY_REGULAR;
	switch (header->mode >> 16 & 0170000) {
	case 0040000: return ENTRY_DIRECTORY;
	case 0120000: return ENTRY_LINK;
	case 0010000: return ENTRY_FIFO;
	case 0140000: return ENTRY_SOCKET;
	case 0020000: return ENTRY_CHARACTER;
	case 0060000: return ENTRY_BLOCK;
	default:      return ENTRY_REGULAR;
	}
}

/* A link's content is its target; writers store it as it is. */
static const char *
read_target(struct archive *archive, const struct header *header, struct place place)
{
	char *target;

	if (!header->method && !(header->flags & 1) && header->stored <= LINK_BYTES_MAX) {
		target = arena_allocate(&archive->tree.texts, (size_t)header->stored + 1);
		if (source_read_exactly(archive->stream, header->data, target, (size_t)header->stored) == STATUS_OK)
			return target;
	}
	place.path = arena_format(&archive->tree.texts, "/%.*s", (int)header->name_length, header->name);
	note(archive->notes, STATUS_UNREADABLE, NOTE_FILE_UNREADABLE, &place,
		"the target of this symbolic link cannot be read: paths through it lead nowhere");
	return NULL;
}

static void
take_member(struct reader *reader, bool from_central)
{
	struct archive *archive = reader->archive;
	struct header *header = &reader->header;
	struct tree_node *node = archive_add(archive, header->name, header->name_length);
	enum entry_type type = type_of(header);

	reader->count++;
	if (!node)
		return;
	node->order = reader->count;
	node->modified = dos_time(header->date, header->time);
	if (from_central && header->made_by >> 8 == 3 && header->mode >> 16) {
		node->mode = header->mode >> 16 & 07777;
		node->has |= ENTRY_HAS_MODE;
	}
	take_extra(header, node);
	if (node->type == ENTRY_DIRECTORY && type != ENTRY_DIRECTORY)
		return;		/* something lies below it: it stays a folder */
	node->type = type;
	if (type == ENTRY_LINK)
		node->link_target = read_target(archive, header, archive->place);
	if (type != ENTRY_REGULAR)
		return;
	node->not_readable = why_not_readable(header);
	archive_add_content(archive, node, &(struct archive_member){ .data = header->data,
		.stored = header->stored, .size = header->size, .method = method_name(header->method),
		.crc32 = header->crc32, .has_crc32 = true });
}

static bool
take_central(struct reader *reader, uint64_t *at)
{
	struct header *header = &reader->header;
	uint8_t bytes[CENTRAL_BYTES];
	struct cursor c = cursor_over(bytes, sizeof bytes);
	size_t comment_length;

	if (source_read_exactly(reader->archive->stream, *at, bytes, sizeof bytes) != STATUS_OK ||
	    memcmp(take_bytes(&c, 4), "PK\1\2", 4))
		return false;
	header->made_by = take_u16le(&c);
	take_u16le(&c);
	header->flags = take_u16le(&c);
	header->method = take_u16le(&c);
	header->time = take_u16le(&c);
	header->date = take_u16le(&c);
	header->crc32 = take_u32le(&c);
	header->stored = take_u32le(&c);
	header->size = take_u32le(&c);
	header->name_length = take_u16le(&c);
	header->extra_length = take_u16le(&c);
	comment_length = take_u16le(&c);
	take_u32le(&c);
	header->mode = take_u32le(&c);
	header->local_at = take_u32le(&c);
	if (!read_names(reader->archive, header, *at + CENTRAL_BYTES))
		return false;
	*at += CENTRAL_BYTES + header->name_length + header->extra_length + comment_length;
	take_extra(header, NULL);
	return header->local_at <= INT64_MAX && header->stored <= INT64_MAX / 2 &&
		read_local(reader->archive, header, header->local_at, false);
}

/* Where the central directory begins, and how many members it has. */
static bool
find_central(struct archive *archive, uint64_t *ret_at, uint64_t *ret_count)
{
	uint64_t size = archive->stream->size;
	size_t length = size < END_SEARCH_BYTES ? (size_t)size : END_SEARCH_BYTES;
	uint8_t *tail = memory_allocate(length, 1), locator[20], end64[56];
	size_t at = length < END_BYTES ? 0 : length - END_BYTES + 1;
	bool found = false;

	if (source_read_exactly(archive->stream, size - length, tail, length) != STATUS_OK)
		at = 0;
	while (!found && at-- > 0)
		found = !memcmp(tail + at, "PK\5\6", 4) &&
			(size_t)(tail[at + 20] | tail[at + 21] << 8) <= length - at - END_BYTES;
	if (found) {
		struct cursor c = cursor_at(tail, length, at + 10);

		*ret_count = take_u16le(&c);
		take_u32le(&c);
		*ret_at = take_u32le(&c);
		at += (size_t)(size - length);
	}
	memory_free(tail);
	if (found && at >= sizeof locator &&
	    source_read_exactly(archive->stream, at - sizeof locator, locator, sizeof locator) == STATUS_OK &&
	    !memcmp(locator, "PK\6\7", 4)) {
		struct cursor c = cursor_at(locator, sizeof locator, 8);
		uint64_t end64_at = take_u64le(&c);

		if (end64_at <= size && source_read_exactly(archive->stream, end64_at, end64, sizeof end64) == STATUS_OK &&
		    !memcmp(end64, "PK\6\6", 4)) {
			c = cursor_at(end64, sizeof end64, 32);
			*ret_count = take_u64le(&c);
			take_u64le(&c);
			*ret_at = take_u64le(&c);
		}
	}
	return found;
}

/* Follows the local headers from the front as far as they tell their sizes. */
static void
take_locals(struct reader *reader)
{
	struct header *header = &reader->header;
	uint64_t at = 0;

	while (read_local(reader->archive, header, at, true)) {
		header->made_by = header->mode = 0;
		take_extra(header, NULL);
		if (header->flags & 8 || header->stored > reader->archive->stream->size)
			return;
		take_member(reader, false);
		at = header->data + header->stored;
	}
}

static enum status
read_members(struct reader *reader)
{
	struct archive *archive = reader->archive;
	uint64_t at, count;

	if (!find_central(archive, &at, &count)) {
		take_locals(reader);
		return note(archive->notes, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE, &archive->place,
			"the zip archive has lost its end: %llu members are read by their own headers, others are "
			"missing, their absence says nothing", (unsigned long long)reader->count);
	}
	while (reader->count < count && take_central(reader, &at))
		take_member(reader, true);
	if (reader->count == count)
		return STATUS_OK;
	return note(archive->notes, STATUS_DAMAGED, NOTE_IMAGE_DAMAGED, &archive->place,
		"the directory of the zip archive is damaged: %llu of %llu members are read, the absence of others "
		"says nothing", (unsigned long long)reader->count, (unsigned long long)count);
}

enum status
zip_read(struct archive *archive)
{
	struct reader *reader;
	enum status status;
	uint8_t magic[4];

	status = archive_read_magic(archive, magic, sizeof magic);
	if (status != STATUS_OK)
		return status;
	if (memcmp(magic, "PK\3\4", 4) && memcmp(magic, "PK\5\6", 4))
		return STATUS_NOT_MINE;
	reader = memory_allocate(1, sizeof *reader);
	reader->archive = archive;
	status = read_members(reader);
	memory_free(reader);
	return status;
}
