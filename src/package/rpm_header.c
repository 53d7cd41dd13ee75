/*
 * rpm_header.c - the record that rpm keeps of a package
 * ("RPM V4 and V6 package format", rpm.org, "Header structure", "Immutable regions"; numbers big-endian)
 *
 *	entries:4 data-length:4
 *	tag:4 type:4 offset:4 count:4		for each entry
 *	data
 *
 * The first entry may be a region: its sixteen bytes in the data are an entry once more,
 * whose offset is minus the length of the region's entries.  What stands
 * behind those entries was added when the package was installed.  The digest of the region is that of
 * the magic 8eade801 00000000, both counts, the region's entries and its data.
 */
#include <string.h>

#include <t1554triage/cursor.h>

#include "rpm_header.h"

enum { INTRODUCTION = 8, ENTRY = 16, ENTRIES_MOST = 65536, DATA_MOST = 256 << 20 };
enum { TYPE_CHARACTER = 1, TYPE_INT8, TYPE_INT16, TYPE_INT32, TYPE_INT64, TYPE_STRING, TYPE_BINARY,
	TYPE_STRINGS, TYPE_I18N };

struct entry { uint32_t tag, type, offset, count; };

static struct entry
entry_at(const struct rpm_header *header, uint32_t index)
{
	struct cursor at = cursor_over(header->entries + (size_t)index * ENTRY, ENTRY);
	struct entry entry;

	entry.tag = take_u32be(&at);
	entry.type = take_u32be(&at);
	entry.offset = take_u32be(&at);
	entry.count = take_u32be(&at);
	return entry;
}

/* Bytes of one item; 0 for strings, whose lengths differ. */
static size_t
item_size(uint32_t type)
{
	static const size_t sizes[] = { [TYPE_CHARACTER] = 1, [TYPE_INT8] = 1, [TYPE_INT16] = 2, [TYPE_INT32] = 4,
		[TYPE_INT64] = 8, [TYPE_BINARY] = 1, [TYPE_I18N] = 0 };

	return type < sizeof sizes / sizeof sizes[0] ? sizes[type] : 0;
}

static bool
is_region(uint32_t tag)
{
	return tag >= RPM_REGION_IMAGE && tag <= RPM_REGION_IMMUTABLE;
}

/* False where the record says that it has a region and it is none. */
static bool
find_region(struct rpm_header *header)
{
	struct entry first = entry_at(header, 0);
	struct cursor trailer;
	uint64_t length;

	if (!is_region(first.tag))
		return true;
	if (first.type != TYPE_BINARY || first.count != ENTRY || first.offset > header->data_length ||
	    header->data_length - first.offset < ENTRY)
		return false;
	trailer = cursor_over(header->data + first.offset, ENTRY);
	if (!is_region(take_u32be(&trailer)) || take_u32be(&trailer) != TYPE_BINARY)
		return false;
	length = (uint32_t)-take_u32be(&trailer);
	if (!length || length % ENTRY || length / ENTRY > header->entry_count)
		return false;
	header->region_entries = (uint32_t)(length / ENTRY);
	header->region_length = first.offset + ENTRY;
	return true;
}

bool
rpm_header_parse(const void *bytes, size_t length, struct rpm_header *ret_header, const char **ret_why)
{
	struct cursor at = cursor_over(bytes, length);
	struct rpm_header header = { .entries = NULL };

	header.entry_count = take_u32be(&at);
	header.data_length = take_u32be(&at);
	*ret_why = "its counts do not fit its length";
	if (at.failed || !header.entry_count || header.entry_count > ENTRIES_MOST || header.data_length > DATA_MOST)
		return false;
	header.entries = take_bytes(&at, (size_t)header.entry_count * ENTRY);
	header.data = take_bytes(&at, header.data_length);
	if (at.failed)
		return false;
	*ret_why = "its region is not one";
	if (!find_region(&header))
		return false;
	*ret_header = header;
	return true;
}

static bool
value_of(const struct rpm_header *header, const struct entry *entry, struct rpm_value *ret_value)
{
	size_t size = item_size(entry->type), length;

	if (entry->offset >= header->data_length)
		return false;
	length = header->data_length - entry->offset;
	/* A string has its end at least. */
	if (entry->count > length / (size ? size : 1))
		return false;
	*ret_value = (struct rpm_value){ .type = entry->type, .count = entry->count,
		.bytes = header->data + entry->offset, .length = length };
	return true;
}

static bool
find(const struct rpm_header *header, enum rpm_tag tag, uint32_t first, uint32_t end, struct rpm_value *ret_value)
{
	for (uint32_t i = first; i < end; i++) {
		struct entry entry = entry_at(header, i);

		if (entry.tag == (uint32_t)tag && value_of(header, &entry, ret_value))
			return true;
	}
	return false;
}

bool
rpm_header_value(const struct rpm_header *header, enum rpm_tag tag, struct rpm_value *ret_value)
{
	return find(header, tag, header->region_entries, header->entry_count, ret_value) ||
	       find(header, tag, 0, header->region_entries, ret_value);
}

bool
rpm_header_built_value(const struct rpm_header *header, enum rpm_tag tag, struct rpm_value *ret_value)
{
	return find(header, tag, 0, header->entry_count, ret_value);
}

bool
rpm_header_overrides(const struct rpm_header *header, enum rpm_tag tag)
{
	struct rpm_value value;

	return header->region_entries && find(header, tag, 0, header->region_entries, &value) &&
	       find(header, tag, header->region_entries, header->entry_count, &value);
}

uint64_t
rpm_value_number(const struct rpm_value *value, uint32_t index)
{
	size_t size = item_size(value->type);
	struct cursor at;

	if (!size || index >= value->count)
		return 0;
	at = cursor_over(value->bytes + index * size, size);
	return take_be(&at, size);
}

const char *
rpm_value_text(const struct rpm_value *value, uint32_t *at)
{
	const char *text, *end;

	if (value->type < TYPE_STRING || value->type == TYPE_BINARY || *at >= value->length)
		return NULL;
	text = (const char *)value->bytes + *at;
	end = memchr(text, 0, value->length - *at);
	if (!end)
		return NULL;
	*at += (uint32_t)(end - text) + 1;
	return text;
}

const char *
rpm_header_text(const struct rpm_header *header, enum rpm_tag tag)
{
	struct rpm_value value;
	uint32_t at = 0;

	return rpm_header_value(header, tag, &value) ? rpm_value_text(&value, &at) : NULL;
}

static void
put_be32(uint8_t *to, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(number >> (24 - 8 * i));
}

bool
rpm_header_covered(const struct rpm_header *header, uint8_t introduction[16], struct signed_part ret_parts[3])
{
	static const uint8_t magic[8] = { 0x8e, 0xad, 0xe8, 0x01 };

	if (!header->region_entries)
		return false;
	memcpy(introduction, magic, sizeof magic);
	put_be32(introduction + 8, header->region_entries);
	put_be32(introduction + 12, header->region_length);
	ret_parts[0] = (struct signed_part){ introduction, 16 };
	ret_parts[1] = (struct signed_part){ header->entries, (size_t)header->region_entries * ENTRY };
	ret_parts[2] = (struct signed_part){ header->data, header->region_length };
	return true;
}

bool
rpm_header_digest(const struct rpm_header *header, enum digest_algorithm algorithm, struct digest *ret_digest)
{
	struct digest_stream *stream;
	struct signed_part parts[3];
	struct digests digests;
	uint8_t introduction[16];

	if (!rpm_header_covered(header, introduction, parts))
		return false;
	stream = digest_stream_open(1u << algorithm);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		digest_stream_update(stream, parts[i].bytes, parts[i].length);
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	ret_digest->algorithm = algorithm;
	memcpy(ret_digest->bytes, digests_get(&digests, algorithm), digest_size(algorithm));
	return true;
}

const char *
rpm_header_version(const struct rpm_header *header, struct arena *arena)
{
	const char *version = rpm_header_text(header, RPM_VERSION), *release = rpm_header_text(header, RPM_RELEASE);
	struct rpm_value epoch;
	uint64_t number = rpm_header_value(header, RPM_EPOCH, &epoch) ? rpm_value_number(&epoch, 0) : 0;

	version = version ? version : "";
	release = release ? release : "";
	return number ? arena_format(arena, "%llu:%s-%s", (unsigned long long)number, version, release) :
		arena_format(arena, "%s-%s", version, release);
}
