/*
 * journal_file.c - a journal of systemd (systemd.io/JOURNAL_FILE_FORMAT, src/libsystemd/sd-journal/journal-def.h)
 *
 *	header   "LPKSHHRH" compatible(4) incompatible(4) state(1) ... header_size@88 arena_size@96 ... tail_object@136
 *	object   type(1) flags(1) 0(6) size(8), at multiples of 8
 *	ENTRY    sequence@16 realtime@24 monotonic@32 boot@40 xor@56, then items: offset(8) hash(8); compact: offset(4)
 *	DATA     hash@16 ... payload@64, compact @72: "MESSAGE=...", perhaps compressed
 *
 * Objects lie one behind the other in the order in which they were written, so the file is read along them: the arrays
 * that the library follows may be damaged or behind in a file that was in use, and are not needed.
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/inflate.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "journal_file.h"

enum { HEADER_BYTES = 208, OBJECT_BYTES = 16, ENTRY_BYTES = 64, PAGE = 16384, PAGES = 512, BAD_SHOWN = 8 };
enum { OBJECT_DATA = 1, OBJECT_FIELD, OBJECT_ENTRY, OBJECT_DATA_TABLE, OBJECT_FIELD_TABLE, OBJECT_ENTRY_ARRAY, OBJECT_TAG };
enum { COMPRESSED_XZ = 1, COMPRESSED_LZ4 = 2, KEYED = 4, COMPRESSED_ZSTD = 8, COMPACT = 16 };	/* incompatible */
enum { FLAG_XZ = 1, FLAG_LZ4 = 2, FLAG_ZSTD = 4 };	/* of an object */

struct page { uint64_t number; size_t length; uint8_t bytes[PAGE]; };	/* number + 1; 0: empty */

struct journal_file {
	struct source      *source;
	struct place        place;
	const struct notes *notes;
	struct page        *pages;
	uint64_t            position, end, tail;	/* of the scan; of the bytes; the last object that the header knows */
	bool                is_compact;
	uint64_t            lost_bytes, lost_at;	/* passed over because they are no object */
	uint64_t            lost_fields, lost_entry;
	enum status         status;
	struct buffer       payload, packed;
};

struct object { unsigned type, flags; uint64_t offset, size; };

/* ---- bytes ---- */

static struct page *
page_of(struct journal_file *file, uint64_t number)
{
	struct page *page = &file->pages[number % PAGES];
	enum status status;

	if (page->number == number + 1)
		return page;
	page->number = number + 1;
	page->length = 0;
	status = source_read(file->source, number * PAGE, page->bytes, PAGE, &page->length);
	if (status != STATUS_END)
		file->status = status_worse(file->status, status);
	return page;
}

/* False where the file does not have these bytes. */
static bool
read_bytes(struct journal_file *file, uint64_t offset, void *bytes, size_t length)
{
	uint8_t *to = bytes;

	if (offset > file->end || length > file->end - offset)
		return false;
	while (length) {
		struct page *page = page_of(file, offset / PAGE);
		size_t from = (size_t)(offset % PAGE), part = page->length > from ? page->length - from : 0;

		part = part < length ? part : length;
		if (!part)
			return false;
		memcpy(to, page->bytes + from, part);
		to += part;
		offset += part;
		length -= part;
	}
	return true;
}

static bool
read_object(struct journal_file *file, uint64_t offset, struct object *ret_object)
{
	static const uint8_t least[] = { 0, 64, 40, ENTRY_BYTES, 16, 16, 24, 64 };
	uint8_t bytes[OBJECT_BYTES];
	struct cursor c = cursor_over(bytes, sizeof bytes);

	if (offset % 8 || !read_bytes(file, offset, bytes, sizeof bytes))
		return false;
	ret_object->offset = offset;
	ret_object->type = take_u8(&c);
	ret_object->flags = take_u8(&c);
	if (take_le(&c, 6))
		return false;
	ret_object->size = take_u64le(&c);
	return ret_object->type >= OBJECT_DATA && ret_object->type <= OBJECT_TAG &&
		ret_object->size >= least[ret_object->type] && ret_object->size <= file->end - offset;
}

/* ---- opening ---- */

static bool
read_header(struct journal_file *file)
{
	uint8_t bytes[HEADER_BYTES];
	uint64_t header, arena;
	struct cursor c;
	unsigned incompatible;

	if (!read_bytes(file, 0, bytes, sizeof bytes) || memcmp(bytes, "LPKSHHRH", 8)) {
		file->status = note(file->notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &file->place,
			"%s is no journal of systemd: it does not begin as one", file->place.path);
		return false;
	}
	c = cursor_at(bytes, sizeof bytes, 12);
	incompatible = take_u32le(&c);
	c = cursor_at(bytes, sizeof bytes, 88);
	header = take_u64le(&c);
	arena = take_u64le(&c);
	c = cursor_at(bytes, sizeof bytes, 136);
	file->tail = take_u64le(&c);
	file->is_compact = incompatible & COMPACT;
	if (incompatible & ~(unsigned)(COMPRESSED_XZ | COMPRESSED_LZ4 | KEYED | COMPRESSED_ZSTD | COMPACT)) {
		file->status = note(file->notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &file->place,
			"the journal %s uses features that this version does not know (0x%x): its entries are not read",
			file->place.path, incompatible);
		return false;
	}
	if (header < HEADER_BYTES || header % 8 || header > file->end) {
		file->status = note(file->notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &file->place,
			"the header of the journal %s is damaged: its entries are not read", file->place.path);
		return false;
	}
	if (arena > file->end - header)
		file->status = note(file->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &file->place,
			"the journal %s is shorter than its header says: entries at its end are missing", file->place.path);
	file->position = header;
	return true;
}

struct journal_file *
journal_file_open(struct source *source, const struct place *place, const struct notes *notes, enum status *ret_status)
{
	struct journal_file *file = memory_allocate(1, sizeof *file);

	*file = (struct journal_file){ .source = source, .place = *place, .notes = notes, .end = source->size,
		.status = STATUS_OK };
	file->pages = memory_allocate(PAGES, sizeof *file->pages);
	buffer_init(&file->payload, 0);
	buffer_init(&file->packed, 0);
	if (read_header(file))
		return file;
	*ret_status = file->status;
	journal_file_close(file);
	return NULL;
}

void
journal_file_close(struct journal_file *file)
{
	if (!file)
		return;
	buffer_release(&file->payload);
	buffer_release(&file->packed);
	memory_free(file->pages);
	memory_free(file);
}

/* ---- data ---- */

static void
keep_quiet(void *context, const struct note *note)
{
	(void)context;
	(void)note;
}

/* The bytes of payload replaced by what they hold; false where they hold nothing that can be read. */
static bool
inflate_stream(struct journal_file *file)
{
	const struct notes quiet = { keep_quiet, NULL };	/* counted with the entry */
	struct source *packed = source_open_memory(file->payload.bytes, file->payload.length), *plain;
	enum status status = inflate_open(packed, NULL, &quiet, &plain);

	source_close(packed);
	if (status != STATUS_OK && status != STATUS_DAMAGED)
		return false;
	buffer_clear(&file->packed);
	source_read_all(plain, (size_t)limit_get(LIMIT_EVENT_BYTES), &file->packed);
	source_close(plain);
	return file->packed.length && status == STATUS_OK;
}

/* Eight bytes of length, then one block. */
static bool
inflate_lz4(struct journal_file *file)
{
	struct cursor c = cursor_over(file->payload.bytes, file->payload.length);
	uint64_t length = take_u64le(&c);
	uint8_t *bytes;
	size_t made;

	if (c.failed || !length || length > limit_get(LIMIT_EVENT_BYTES))
		return false;
	bytes = memory_allocate((size_t)length, 1);
	made = inflate_lz4_block(c.at, (size_t)(c.end - c.at), bytes, (size_t)length);
	buffer_clear(&file->packed);
	buffer_add(&file->packed, bytes, made);
	memory_free(bytes);
	return made == length;
}

static bool
read_payload(struct journal_file *file, const struct object *object)
{
	size_t begin = file->is_compact ? 72 : 64, length;

	if (object->size < begin)
		return false;
	length = (size_t)(object->size - begin < limit_get(LIMIT_EVENT_BYTES) ? object->size - begin :
		limit_get(LIMIT_EVENT_BYTES));
	buffer_clear(&file->payload);
	while (file->payload.length < length) {
		uint8_t part[4096];
		size_t next = length - file->payload.length < sizeof part ? length - file->payload.length : sizeof part;

		if (!read_bytes(file, object->offset + begin + file->payload.length, part, next))
			return false;
		buffer_add(&file->payload, part, next);
	}
	if (!(object->flags & (FLAG_XZ | FLAG_LZ4 | FLAG_ZSTD)))
		return true;
	return object->flags & FLAG_LZ4 ? inflate_lz4(file) : inflate_stream(file);
}

static bool
add_data(struct journal_file *file, struct field_list *fields, uint64_t offset)
{
	struct object object;
	const struct buffer *payload;
	const char *equals;

	if (!read_object(file, offset, &object) || object.type != OBJECT_DATA || !read_payload(file, &object))
		return false;
	payload = object.flags & (FLAG_XZ | FLAG_LZ4 | FLAG_ZSTD) ? &file->packed : &file->payload;
	equals = memchr(payload->bytes, '=', payload->length);
	if (!equals || equals == payload->bytes)
		return false;
	field_list_add(fields, payload->bytes, (size_t)(equals - payload->bytes), equals + 1,
		payload->length - (size_t)(equals + 1 - payload->bytes));
	/* More than one field may hold is cut, and said of the event. */
	fields->cut |= object.size > limit_get(LIMIT_EVENT_BYTES) + 72;
	return true;
}

/* ---- entries ---- */

static bool
read_entry(struct journal_file *file, const struct object *object, struct field_list *fields,
	struct journal_entry *ret_entry)
{
	size_t item_size = file->is_compact ? 4 : 16;
	uint8_t bytes[ENTRY_BYTES];
	struct cursor c = cursor_at(bytes, sizeof bytes, 16);
	const uint8_t *boot;
	uint64_t items;

	if (!read_bytes(file, object->offset, bytes, sizeof bytes))
		return false;
	*ret_entry = (struct journal_entry){ .offset = object->offset };
	ret_entry->sequence = take_u64le(&c);
	ret_entry->realtime = take_u64le(&c);
	ret_entry->monotonic = take_u64le(&c);
	boot = take_bytes(&c, 16);
	for (size_t i = 0; i < 16; i++) {
		ret_entry->boot[2 * i] = "0123456789abcdef"[boot[i] >> 4];
		ret_entry->boot[2 * i + 1] = "0123456789abcdef"[boot[i] & 15];
	}
	/* The library, too, takes neither of these for an entry. */
	if (!ret_entry->sequence || !ret_entry->realtime || ret_entry->realtime >= 1ULL << 55)
		return false;
	field_list_clear(fields);
	items = (object->size - ENTRY_BYTES) / item_size;
	/* An entry may name the same large object over and over: behind what is kept nothing is read. */
	for (uint64_t i = 0; i < items && !fields->cut; i++) {
		uint8_t item[8];
		struct cursor at = cursor_over(item, sizeof item);

		if (!read_bytes(file, object->offset + ENTRY_BYTES + i * item_size, item, file->is_compact ? 4 : 8))
			break;
		ret_entry->lost += !add_data(file, fields, take_le(&at, file->is_compact ? 4 : 8));
	}
	if (ret_entry->lost && !file->lost_fields)
		file->lost_entry = object->offset;
	file->lost_fields += ret_entry->lost;
	return true;
}

/* No object here: zeros behind the last one are room that was not used; else the next that looks like one is looked for. */
static bool
find_next(struct journal_file *file)
{
	struct object object;
	uint64_t begin = file->position;
	bool is_zero = true;

	for (; file->position < file->end; file->position += 8) {
		uint8_t word[8] = { 0 };

		if (!read_bytes(file, file->position, word, file->end - file->position < 8 ?
		    (size_t)(file->end - file->position) : 8))
			break;
		if (!memcmp(word, "\0\0\0\0\0\0\0", 8))
			continue;
		is_zero = false;
		if (read_object(file, file->position, &object))
			break;
	}
	if (is_zero && file->position >= file->end && begin > file->tail)
		return false;
	if (!file->lost_bytes)
		file->lost_at = begin;
	file->lost_bytes += file->position - begin;
	return file->position < file->end && file->status != STATUS_UNREADABLE;
}

bool
journal_file_next(struct journal_file *file, struct field_list *fields, struct journal_entry *ret_entry)
{
	while (file->position < file->end) {
		struct object object;

		if (!read_object(file, file->position, &object)) {
			if (!find_next(file))
				return false;
			continue;
		}
		file->position += object.size + (8 - object.size % 8) % 8;
		if (object.type != OBJECT_ENTRY)
			continue;
		if (read_entry(file, &object, fields, ret_entry))
			return true;
		if (!file->lost_bytes)
			file->lost_at = object.offset;
		file->lost_bytes += object.size;
	}
	return false;
}

enum status
journal_file_end(struct journal_file *file)
{
	struct place at = file->place;

	if (file->lost_bytes) {
		at.offset = file->lost_at;
		file->status = status_worse(file->status, note_add(file->notes, &(struct note){
			.kind = NOTE_ARTIFACT_DAMAGED, .status = STATUS_DAMAGED, .at = at, .length = file->lost_bytes,
			.incomplete = true, .text = "parts of the journal are damaged: entries that lay there are lost" }));
	}
	if (file->lost_fields) {
		at.offset = file->lost_entry;
		file->status = status_worse(file->status, note(file->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &at,
			"%llu fields of entries of the journal could not be read; the first entry is here",
			(unsigned long long)file->lost_fields));
	}
	return file->status;
}
