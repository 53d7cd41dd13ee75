/*
 * zip_members.c - the few members of a zip that holds a set, found by its central directory ("APPNOTE.TXT",
 * PKWARE, 4.3: end of central directory, the same of Zip64, central and local headers).  Stored and deflated
 * members are read; sets of several gigabytes need Zip64.
 */
#include <string.h>
#include <strings.h>

#include <zlib.h>

#include <t1554triage/cursor.h>
#include <t1554triage/inflate.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "zip_members.h"

enum {
	END_BYTES = 22, END64_LOCATOR_BYTES = 20, END64_BYTES = 56, CENTRAL_BYTES = 46, LOCAL_BYTES = 30,
	COMMENT_MAX = 65535, NAME_MAX_BYTES = 4096, MEMBERS_MAX = 100000, STORED = 0, DEFLATED = 8, EXTRA_ZIP64 = 1,
};

static const uint32_t end_magic = 0x06054B50, end64_magic = 0x06064B50, locator_magic = 0x07064B50,
	central_magic = 0x02014B50, local_magic = 0x04034B50;

struct directory { uint64_t offset, length, count; };
struct member { uint64_t offset, compressed, size; uint32_t crc; unsigned method; };

/* An own range of the zip, with the stream on it: both go together. */
struct member_source {
	struct source  source;
	struct source *range, *stream;	/* stream: NULL where the member is stored */
	struct member  member;
	uint64_t       checked;		/* bytes from the front that went into the checksum */
	uint32_t       crc;
	bool           is_noted;
	const char    *name;
	struct place   place;
	const struct notes *notes;
};

static bool
read_end64(struct source *zip, uint64_t end_at, struct directory *directory)
{
	uint8_t bytes[END64_BYTES];
	struct cursor c;
	uint64_t at;

	if (end_at < END64_LOCATOR_BYTES ||
	    source_read_exactly(zip, end_at - END64_LOCATOR_BYTES, bytes, END64_LOCATOR_BYTES) != STATUS_OK)
		return false;
	c = cursor_over(bytes, END64_LOCATOR_BYTES);
	if (take_u32le(&c) != locator_magic)
		return false;
	take_u32le(&c);
	at = take_u64le(&c);
	if (at > zip->size || source_read_exactly(zip, at, bytes, sizeof bytes) != STATUS_OK)
		return false;
	c = cursor_over(bytes, sizeof bytes);
	if (take_u32le(&c) != end64_magic)
		return false;
	take_bytes(&c, 20);
	take_u64le(&c);
	directory->count = take_u64le(&c);
	directory->length = take_u64le(&c);
	directory->offset = take_u64le(&c);
	return !c.failed;
}

static bool
parse_end(struct source *zip, const uint8_t *bytes, uint64_t end_at, struct directory *directory)
{
	struct cursor c = cursor_over(bytes, END_BYTES);

	if (take_u32le(&c) != end_magic)
		return false;
	take_bytes(&c, 6);
	directory->count = take_u16le(&c);
	directory->length = take_u32le(&c);
	directory->offset = take_u32le(&c);
	if (directory->offset == UINT32_MAX || directory->length == UINT32_MAX || directory->count == UINT16_MAX)
		return read_end64(zip, end_at, directory);
	return true;
}

/* The end lies before a comment of up to 64 KiB. */
static bool
find_directory(struct source *zip, struct directory *directory)
{
	uint64_t length = zip->size < END_BYTES + COMMENT_MAX ? zip->size : END_BYTES + COMMENT_MAX;
	uint8_t *tail;
	bool found = false;

	if (zip->size == UINT64_MAX || length < END_BYTES)
		return false;
	tail = memory_allocate(1, (size_t)length);
	if (source_read_exactly(zip, zip->size - length, tail, (size_t)length) == STATUS_OK)
		for (size_t at = (size_t)length - END_BYTES + 1; at > 0 && !found; at--)
			found = parse_end(zip, tail + at - 1, zip->size - length + at - 1, directory);
	memory_free(tail);
	return found && directory->offset <= zip->size && directory->length <= zip->size - directory->offset;
}

/* Sizes that do not fit stand in the extra field, in this order, and only those. */
static void
take_zip64(struct cursor extra, struct member *member)
{
	while (!extra.failed && extra.at < extra.end) {
		unsigned id = take_u16le(&extra);
		size_t length = take_u16le(&extra);
		const uint8_t *bytes = take_bytes(&extra, length);
		struct cursor c;

		if (id != EXTRA_ZIP64 || !bytes)
			continue;
		c = cursor_over(bytes, length);
		if (member->size == UINT32_MAX)
			member->size = take_u64le(&c);
		if (member->compressed == UINT32_MAX)
			member->compressed = take_u64le(&c);
		if (member->offset == UINT32_MAX)
			member->offset = take_u64le(&c);
		return;
	}
}

/* One central header at *at; false where there is none. */
static bool
read_central(struct source *zip, uint64_t *at, uint64_t end, struct member *ret_member, char *ret_name)
{
	uint8_t head[CENTRAL_BYTES], *rest;
	struct cursor c = cursor_over(head, sizeof head);
	size_t name_length, extra_length, comment_length;
	bool sound;

	if (end - *at < sizeof head || source_read_exactly(zip, *at, head, sizeof head) != STATUS_OK ||
	    take_u32le(&c) != central_magic)
		return false;
	take_bytes(&c, 6);
	*ret_member = (struct member){ .method = take_u16le(&c) };
	take_bytes(&c, 4);
	ret_member->crc = take_u32le(&c);
	ret_member->compressed = take_u32le(&c);
	ret_member->size = take_u32le(&c);
	name_length = take_u16le(&c);
	extra_length = take_u16le(&c);
	comment_length = take_u16le(&c);
	take_bytes(&c, 8);
	ret_member->offset = take_u32le(&c);
	if (end - *at - sizeof head < name_length + extra_length + comment_length)
		return false;
	rest = memory_allocate(name_length + extra_length + 1, 1);
	sound = source_read_exactly(zip, *at + sizeof head, rest, name_length + extra_length) == STATUS_OK;
	if (sound) {
		size_t kept = name_length < NAME_MAX_BYTES ? name_length : NAME_MAX_BYTES;

		memcpy(ret_name, rest, kept);
		ret_name[kept] = '\0';
		take_zip64(cursor_over(rest + name_length, extra_length), ret_member);
	}
	memory_free(rest);
	*at += sizeof head + name_length + extra_length + comment_length;
	return sound;
}

/* STATUS_END: the directory was read to its end, and there is none of that name. */
static enum status
find_member(struct source *zip, const char *base_name, struct member *ret_member)
{
	struct directory directory = { .count = 0 };
	char name[NAME_MAX_BYTES + 1];
	uint64_t at, end;

	if (!find_directory(zip, &directory))
		return STATUS_UNREADABLE;
	at = directory.offset;
	end = at + directory.length;
	for (uint64_t i = 0; i < directory.count && i < MEMBERS_MAX; i++) {
		if (!read_central(zip, &at, end, ret_member, name))
			return STATUS_UNREADABLE;
		if (!strcasecmp(text_base_name(name), base_name))
			return STATUS_OK;
	}
	return directory.count > MEMBERS_MAX ? STATUS_UNREADABLE : STATUS_END;
}

/* At its end: as long as the directory says, with the checksum that it says. */
static enum status
judge_member(struct member_source *self)
{
	if (self->checked == self->member.size && self->crc == self->member.crc)
		return STATUS_END;
	if (!self->is_noted)
		note(self->notes, STATUS_UNREADABLE, NOTE_ARTIFACT_DAMAGED, &self->place,
			"the member %s of the zip fails its checksum or ends early: it is damaged", self->name);
	self->is_noted = true;
	return STATUS_UNREADABLE;
}

static enum status
read_member(struct source *source, uint64_t offset, void *bytes, size_t length, size_t *ret_length)
{
	struct member_source *self = (struct member_source *)source;
	enum status status = source_read(self->stream ? self->stream : self->range, offset, bytes, length, ret_length);

	if (!offset) {
		self->checked = 0;
		self->crc = 0;
	}
	if (offset == self->checked && status == STATUS_OK) {
		self->crc = (uint32_t)crc32_z(self->crc, bytes, *ret_length);
		self->checked += *ret_length;
	}
	return status == STATUS_END && offset == self->checked ? judge_member(self) : status;
}

static void
close_member(struct source *source)
{
	struct member_source *self = (struct member_source *)source;

	source_close(self->stream);
	source_close(self->range);
	memory_free(self);
}

/* Where the content begins: behind a local header whose lengths are its own. */
static bool
content_at(struct source *zip, uint64_t header_at, uint64_t *ret_at)
{
	uint8_t head[LOCAL_BYTES];
	struct cursor c = cursor_over(head, sizeof head);

	if (header_at > zip->size || source_read_exactly(zip, header_at, head, sizeof head) != STATUS_OK ||
	    take_u32le(&c) != local_magic)
		return false;
	take_bytes(&c, 22);
	*ret_at = header_at + sizeof head;
	*ret_at += take_u16le(&c);
	*ret_at += take_u16le(&c);
	return *ret_at <= zip->size;
}

enum status
zip_member_open(struct source *zip, const char *base_name, const struct place *place, const struct notes *notes,
	struct source **ret_member)
{
	struct member_source *self;
	struct member member;
	uint64_t at;
	enum status found = find_member(zip, base_name, &member);

	if (found == STATUS_UNREADABLE)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_DAMAGED, place,
			"the directory of the zip cannot be read to its end: whether it holds %s is not known", base_name);
	if (found == STATUS_END)
		return STATUS_END;
	if (!content_at(zip, member.offset, &at) || member.compressed > zip->size - at)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_DAMAGED, place,
			"the member %s lies outside the zip, which is cut off or damaged", base_name);
	if (member.method != STORED && member.method != DEFLATED)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, place,
			"the member %s is compressed by method %u, and only deflate is read: unpack the zip", base_name,
			member.method);
	self = memory_allocate(1, sizeof *self);
	self->range = source_open_range(zip, at, member.compressed);
	if (member.method == DEFLATED)
		self->stream = inflate_open_member(self->range, "deflate", place, notes);
	self->member = member;
	self->name = base_name;
	self->place = *place;
	self->notes = notes;
	self->source = (struct source){ .size = UINT64_MAX, .read = read_member,
		.close = close_member };
	*ret_member = &self->source;
	return STATUS_OK;
}
