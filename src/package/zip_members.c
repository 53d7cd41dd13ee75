/*
 * zip_members.c - the files of a zip that a store keeps (PKWARE, APPNOTE.TXT, 4.3.7, 4.3.12, 4.3.16)
 *
 *	at the end	50 4b 05 06, disks (2+2), entries (2+2), size and offset of the central directory (4+4), comment
 *	each entry	50 4b 01 02, versions, flags at 8, method at 10, sizes at 20 and 24, lengths at 28, 30 and 32,
 *			offset of the local header at 42, name
 *	local header	50 4b 03 04, lengths of name and extra at 26 and 28, then the content
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/inflate.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "zip_members.h"

enum { END_BYTES = 22, COMMENT_MAX = 65535, ENTRY_BYTES = 46, LOCAL_BYTES = 30, STORED = 0, DEFLATED = 8, ENCRYPTED = 1,
	DIRECTORY_BYTES_MAX = 64 << 20 };

struct zip_reading {
	struct source *zip;
	const struct place *place;
	const struct notes *notes;
	const struct zip_member_sink *out;
};

static enum status
complain(const struct zip_reading *reading, const char *why)
{
	return note(reading->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, reading->place, "%s: files of the archive are missing", why);
}

/* Where the central directory lies; false: there is none. */
static bool
find_directory(struct source *zip, uint64_t *ret_offset, uint64_t *ret_size)
{
	uint64_t length = zip->size < END_BYTES + COMMENT_MAX ? zip->size : END_BYTES + COMMENT_MAX;
	uint8_t *tail = memory_allocate((size_t)length + 1, 1);
	bool found = false;

	if (length >= END_BYTES && source_read_exactly(zip, zip->size - length, tail, (size_t)length) == STATUS_OK)
		for (size_t at = (size_t)length - END_BYTES + 1; !found && at-- > 0; ) {
			struct cursor c = cursor_at(tail, (size_t)length, at);

			if (take_u32le(&c) != 0x06054b50)
				continue;
			take_bytes(&c, 8);
			*ret_size = take_u32le(&c);
			*ret_offset = take_u32le(&c);
			found = *ret_offset + *ret_size <= zip->size && *ret_size <= DIRECTORY_BYTES_MAX;
		}
	memory_free(tail);
	return found;
}

static bool
hand_out(const struct zip_reading *reading, const char *name, unsigned method, uint64_t header, uint64_t compressed)
{
	uint8_t local[LOCAL_BYTES];
	struct source *content, *inflated;
	struct cursor c;
	uint64_t begin;

	if (source_read_exactly(reading->zip, header, local, sizeof local) != STATUS_OK)
		return false;
	c = cursor_over(local, sizeof local);
	if (take_u32le(&c) != 0x04034b50)
		return false;
	take_bytes(&c, 22);
	begin = header + LOCAL_BYTES + take_u16le(&c);
	begin += take_u16le(&c);
	if (begin + compressed > reading->zip->size)
		return false;
	content = source_open_range(reading->zip, begin, compressed);
	inflated = method == DEFLATED ? inflate_open_member(content, "deflate", reading->place, reading->notes) : NULL;
	if (method == STORED || inflated)
		reading->out->file(reading->out->context, name, inflated ? inflated : content);
	source_close(inflated);
	source_close(content);
	return method == STORED || inflated;
}

static bool
take_entry(const struct zip_reading *reading, struct cursor *c)
{
	unsigned flags, method, name_length, extra_length, comment_length;
	uint64_t compressed, size, header;
	const uint8_t *name;
	struct arena arena;
	bool is_whole;

	if (take_u32le(c) != 0x02014b50)
		return false;
	take_bytes(c, 4);
	flags = take_u16le(c);
	method = take_u16le(c);
	take_bytes(c, 8);
	compressed = take_u32le(c);
	size = take_u32le(c);
	name_length = take_u16le(c);
	extra_length = take_u16le(c);
	comment_length = take_u16le(c);
	take_bytes(c, 8);
	header = take_u32le(c);
	name = take_bytes(c, name_length);
	take_bytes(c, extra_length + comment_length);
	if (c->failed || flags & ENCRYPTED || compressed == UINT32_MAX || size == UINT32_MAX || header == UINT32_MAX)
		return false;
	if (!name_length || name[name_length - 1] == '/')
		return true;
	arena_init(&arena);
	is_whole = hand_out(reading, arena_copy(&arena, name, name_length), method, header, compressed);
	arena_release(&arena);
	return is_whole;
}

enum status
zip_members_read(struct source *zip, const struct place *place, const struct zip_member_sink *out, const struct notes *notes)
{
	struct zip_reading reading = { zip, place, notes, out };
	enum status status = STATUS_OK;
	uint64_t offset, size, entries = 0;
	struct cursor c;
	uint8_t *bytes;

	if (!find_directory(zip, &offset, &size))
		return STATUS_NOT_MINE;
	bytes = memory_allocate((size_t)size + 1, 1);
	if (source_read_exactly(zip, offset, bytes, (size_t)size) != STATUS_OK) {
		status = complain(&reading, "the directory of a zip could not be read");
	} else {
		c = cursor_over(bytes, (size_t)size);
		while (c.at < c.end && status == STATUS_OK) {
			if (entries++ >= limit_get(LIMIT_ARCHIVE_MEMBERS))
				status = complain(&reading, "a zip holds more members than are read (archive-members)");
			else if (!take_entry(&reading, &c))
				status = complain(&reading, "a zip holds an entry that could not be read");
		}
	}
	memory_free(bytes);
	return status;
}
