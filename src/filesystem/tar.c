/*
 * tar.c - tar archives: POSIX ustar and pax, GNU with long names and sparse
 * files, the old form.  (POSIX "pax", Interchange Format; GNU tar manual, Basic
 * Tar Format.)  Blocks of 512 bytes: a header, then the content, zeros up to the
 * next block:
 *
 *     0 name[100]    "usr/bin/ls"
 *   100 mode[8]      "0000755"          octal, or with the first bit set base 256
 *   108 uid[8] gid[8] size[12] mtime[12]
 *   148 checksum[8]  sum of the header's bytes, these eight taken as blanks
 *   156 type         '0' file, '1' hard link, '2' link, '5' folder, 'x' pax header ...
 *   157 linkname[100]
 *   257 magic        "ustar\0" "00" (POSIX) or "ustar  \0" (GNU)
 *   345 prefix[155]  POSIX; GNU has atime[12], ctime[12] and a map of sparse files there
 *
 * A pax header holds lines "30 mtime=1700000000.123456789" for the next member.
 * Two blocks of zeros end the archive.
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "archive.h"

enum {
	BLOCK = 512,
	EXTENSION_MAX = 4 << 20,	/* bytes of one pax header or long name */
	SECOND = 1000000000,
};

/* Extents on their way; the archive's arena takes them over. */
struct map_builder {
	struct archive_extent *extents;
	size_t   count, capacity;
	uint64_t waiting_offset;	/* of pax 0.0: its length comes in the next line */
	bool     is_waiting, failed;
};

/* What extension headers say of the next member.  Texts live in the tree's arena. */
struct extension {
	const char *path, *link, *sparse_name;
	struct tree_time modified, accessed, changed, born;
	uint64_t size, uid, gid, real_size, capabilities;
	bool     has_size, has_uid, has_gid, has_real_size, has_capabilities, effective;
	bool     is_sparse, map_in_content;
	struct map_builder map;
};

struct reader {
	struct archive *archive;
	uint64_t        offset;		/* of the next header */
	struct extension extension;
	uint64_t        bad_headers;
	uint64_t        headers;
};

/* Octal digits between blanks, or base 256. */
static bool
parse_number(const uint8_t *bytes, size_t length, uint64_t *ret_number)
{
	uint64_t number = 0;
	size_t at = 0;

	if (bytes[0] & 0x80) {
		if (bytes[0] != 0x80)	/* negative, or beyond 64 bits */
			return false;
		for (at = 1; at < length; at++) {
			if (number >> 56)
				return false;
			number = number << 8 | bytes[at];
		}
		*ret_number = number;
		return true;
	}
	while (at < length && bytes[at] == ' ')
		at++;
	for (; at < length && bytes[at] >= '0' && bytes[at] <= '7'; at++)
		number = number << 3 | (uint64_t)(bytes[at] - '0');
	*ret_number = number;
	return at == length || bytes[at] == ' ' || !bytes[at];
}

/* Seconds, which may be before 1970 in base 256. */
static struct tree_time
parse_time(const uint8_t *bytes, size_t length)
{
	uint64_t number = UINT64_MAX;

	if (bytes[0] == 0xFF)
		for (size_t i = 1; i < length; i++)
			number = number << 8 | bytes[i];
	else if (!parse_number(bytes, length, &number))
		return (struct tree_time){ .resolution_nanoseconds = 0 };
	return (struct tree_time){ .seconds = (int64_t)number, .resolution_nanoseconds = SECOND };
}

static bool
checksum_is_right(const uint8_t *header)
{
	uint64_t stored, sum = 0;
	int64_t signed_sum = 0;		/* of old writers */

	for (size_t i = 0; i < BLOCK; i++) {
		uint8_t byte = i >= 148 && i < 156 ? ' ' : header[i];

		sum += byte;
		signed_sum += (int8_t)byte;
	}
	return parse_number(header + 148, 8, &stored) && (stored == sum || (int64_t)stored == signed_sum);
}

static bool
is_zero(const uint8_t *block)
{
	return !block[0] && !memcmp(block, block + 1, BLOCK - 1);
}

/* "-12.5" to seconds and what is behind the point, which counts upwards. */
static struct tree_time
parse_pax_time(const char *text, size_t length)
{
	struct tree_time time = { .resolution_nanoseconds = 0 };
	bool negative = length && *text == '-';
	const char *point = memchr(text, '.', length);
	size_t whole = point ? (size_t)(point - text) : length;
	uint64_t seconds;
	uint32_t scale = SECOND, nanoseconds = 0;

	if (!text_parse_u64(text + negative, whole - negative, 10, &seconds) || seconds > INT64_MAX / 4)
		return time;
	for (size_t i = whole + 1; i < length && text[i] >= '0' && text[i] <= '9' && scale > 1; i++) {
		scale /= 10;
		nanoseconds += (uint32_t)(text[i] - '0') * scale;
	}
	time.seconds = negative ? -(int64_t)seconds : (int64_t)seconds;
	if (negative && nanoseconds) {
		time.seconds--;
		nanoseconds = SECOND - nanoseconds;
	}
	time.nanoseconds = nanoseconds;
	/* Writers leave zeros at the end out, so that the digits do not tell the resolution. */
	time.resolution_nanoseconds = point ? 1 : SECOND;
	return time;
}

static void
map_add_extent(struct map_builder *map, uint64_t offset, uint64_t length)
{
	if (map->count >= limit_get(LIMIT_EXTENTS)) {
		map->failed = true;
		return;
	}
	map->extents = memory_grow(map->extents, map->count, &map->capacity, sizeof *map->extents);
	map->extents[map->count++] = (struct archive_extent){ .offset = offset, .length = length };
}

/* Offsets and lengths come one after the other, whatever the form. */
static void
map_add_number(struct map_builder *map, uint64_t number)
{
	if (map->is_waiting)
		map_add_extent(map, map->waiting_offset, number);
	else
		map->waiting_offset = number;
	map->is_waiting = !map->is_waiting;
}

/* "0,512,4096,512" of GNU.sparse.map. */
static void
map_add_list(struct map_builder *map, const char *text, size_t length)
{
	const char *end = text + length;

	while (text < end) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		uint64_t number;

		if (!comma)
			comma = end;
		if (!text_parse_u64(text, (size_t)(comma - text), 10, &number))
			map->failed = true;
		else
			map_add_number(map, number);
		text = comma + 1;
	}
}

static bool
key_is(const char *key, size_t length, const char *name)
{
	return length == strlen(name) && !memcmp(key, name, length);
}

static void
take_sparse(struct extension *extension, const char *key, size_t key_length, const char *value, size_t length,
	const char *copy)
{
	uint64_t number = 0;
	bool is_number = text_parse_u64(value, length, 10, &number);

	if (key_is(key, key_length, "GNU.sparse.name")) {
		extension->sparse_name = copy;
	} else if (key_is(key, key_length, "GNU.sparse.size") || key_is(key, key_length, "GNU.sparse.realsize")) {
		extension->real_size = number;
		extension->has_real_size = is_number;
	} else if (key_is(key, key_length, "GNU.sparse.map")) {
		map_add_list(&extension->map, value, length);
	} else if (key_is(key, key_length, "GNU.sparse.offset") || key_is(key, key_length, "GNU.sparse.numbytes")) {
		map_add_number(&extension->map, number);
		extension->map.failed |= !is_number;
	} else if (key_is(key, key_length, "GNU.sparse.major")) {
		extension->map_in_content = number == 1;
	}
	extension->is_sparse = true;
}

static void
take_pax(struct archive *archive, struct extension *extension, const char *key, size_t key_length,
	const char *value, size_t length)
{
	const char *copy = arena_copy(&archive->tree.texts, value, length);

	if (key_is(key, key_length, "path"))
		extension->path = copy;
	else if (key_is(key, key_length, "linkpath"))
		extension->link = copy;
	else if (key_is(key, key_length, "size"))
		extension->has_size = text_parse_u64(value, length, 10, &extension->size);
	else if (key_is(key, key_length, "uid"))
		extension->has_uid = text_parse_u64(value, length, 10, &extension->uid);
	else if (key_is(key, key_length, "gid"))
		extension->has_gid = text_parse_u64(value, length, 10, &extension->gid);
	else if (key_is(key, key_length, "mtime"))
		extension->modified = parse_pax_time(value, length);
	else if (key_is(key, key_length, "atime"))
		extension->accessed = parse_pax_time(value, length);
	else if (key_is(key, key_length, "ctime"))
		extension->changed = parse_pax_time(value, length);
	else if (key_is(key, key_length, "LIBARCHIVE.creationtime"))
		extension->born = parse_pax_time(value, length);
	else if (key_is(key, key_length, "SCHILY.xattr.security.capability"))
		extension->has_capabilities = capabilities_parse(value, length, &extension->capabilities,
			&extension->effective);
	else if (key_length > 11 && !memcmp(key, "GNU.sparse.", 11))
		take_sparse(extension, key, key_length, value, length, copy);
}

/* Lines "LENGTH KEY=VALUE\n", the length counting all of the line.  False: not of this form. */
static bool
parse_pax(struct archive *archive, struct extension *extension, const char *text, size_t size)
{
	while (size) {
		const char *blank = memchr(text, ' ', size), *equals;
		uint64_t length;
		size_t head;

		if (!blank || !text_parse_u64(text, (size_t)(blank - text), 10, &length))
			return false;
		head = (size_t)(blank + 1 - text);
		if (length > size || length <= head || text[length - 1] != '\n')
			return false;
		equals = memchr(blank + 1, '=', (size_t)length - head);
		if (!equals)
			return false;
		take_pax(archive, extension, blank + 1, (size_t)(equals - blank - 1), equals + 1,
			(size_t)(text + length - 1 - (equals + 1)));
		text += length;
		size -= (size_t)length;
	}
	return true;
}

static void
extension_clear(struct extension *extension)
{
	memory_free(extension->map.extents);
	*extension = (struct extension){ .path = NULL };
}

/* What stands behind a header that is no member but says something of the next. */
static bool
take_extension(struct reader *reader, uint8_t type, uint64_t size)
{
	struct archive *archive = reader->archive;
	struct extension *extension = &reader->extension;
	bool good = size <= EXTENSION_MAX;
	char *bytes;

	if (!good)
		return false;
	bytes = memory_allocate((size_t)size + 1, 1);
	good = source_read_exactly(archive->stream, reader->offset + BLOCK, bytes, (size_t)size) == STATUS_OK;
	if (good && type == 'x')
		good = parse_pax(archive, extension, bytes, (size_t)size);
	else if (good && type == 'L')
		extension->path = arena_copy_text(&archive->tree.texts, bytes);
	else if (good && type == 'K')
		extension->link = arena_copy_text(&archive->tree.texts, bytes);
	memory_free(bytes);
	return good;
}

/* The name of the header itself: POSIX puts the front of a long one into prefix. */
static const char *
header_path(struct archive *archive, const uint8_t *header)
{
	int name_length = (int)strnlen((const char *)header, 100);
	int prefix_length = memcmp(header + 257, "ustar\0", 6) ? 0 : (int)strnlen((const char *)header + 345, 155);

	return arena_format(&archive->tree.texts, "%.*s%s%.*s", prefix_length, (const char *)header + 345,
		prefix_length ? "/" : "", name_length, (const char *)header);
}

/* The map of the old GNU form: in the header, then in blocks of its own in front of the content. */
static bool
read_gnu_map(struct reader *reader, const uint8_t *header, uint64_t *content)
{
	struct map_builder *map = &reader->extension.map;
	uint8_t block[BLOCK];
	const uint8_t *entries = header + 386;
	size_t count = 4;
	bool more = header[482];

	reader->extension.is_sparse = true;
	reader->extension.has_real_size = parse_number(header + 483, 12, &reader->extension.real_size);
	for (;;) {
		for (size_t i = 0; i < count && entries[i * 24]; i++) {
			uint64_t offset, length;

			if (!parse_number(entries + i * 24, 12, &offset) || !parse_number(entries + i * 24 + 12, 12, &length))
				return false;
			map_add_extent(map, offset, length);
		}
		if (!more || map->failed)
			return !map->failed;
		if (source_read_exactly(reader->archive->stream, *content, block, BLOCK) != STATUS_OK)
			return false;
		*content += BLOCK;
		entries = block;
		count = 21;
		more = block[504];
	}
}

/* The map of pax 1.0: decimal lines in front of the content, up to a whole block. */
static bool
read_content_map(struct reader *reader, struct archive_member *member)
{
	struct map_builder *map = &reader->extension.map;
	uint64_t number = 0, wanted = 1, seen = 0, at = 0;
	unsigned digits = 0;
	uint8_t block[BLOCK];

	while (seen < wanted) {
		if (at % BLOCK == 0 && (at + BLOCK > member->stored ||
		    source_read_exactly(reader->archive->stream, member->data + at, block, BLOCK) != STATUS_OK))
			return false;
		if (block[at % BLOCK] == '\n' && digits) {
			if (!seen++)
				wanted = number > limit_get(LIMIT_EXTENTS) ? 0 : 1 + 2 * number;
			else
				map_add_number(map, number);
			number = digits = 0;
		} else if (block[at % BLOCK] >= '0' && block[at % BLOCK] <= '9' && ++digits < 19) {
			number = number * 10 + (uint64_t)(block[at % BLOCK] - '0');
		} else {
			return false;
		}
		at++;
	}
	at = (at + BLOCK - 1) / BLOCK * BLOCK;
	member->data += at;
	member->stored -= at;
	return wanted > 0;
}

/* Gives the member its map; false where the map does not fit what is stored. */
static bool
finish_map(struct reader *reader, struct archive_member *member)
{
	struct map_builder *map = &reader->extension.map;
	struct archive_extent *extents;
	uint64_t stored = 0, end = 0;

	if (map->failed || map->is_waiting || !reader->extension.has_real_size)
		return false;
	member->size = reader->extension.real_size;
	for (size_t i = 0; i < map->count; i++) {
		struct archive_extent *one = &map->extents[i];

		if (one->offset < end || one->length > member->stored - stored || one->offset > member->size ||
		    one->length > member->size - one->offset)
			return false;
		one->stored_at = member->data + stored;
		stored += one->length;
		end = one->offset + one->length;
	}
	extents = arena_allocate(&reader->archive->tree.texts, (map->count + 1) * sizeof *extents);
	if (map->count)
		memcpy(extents, map->extents, map->count * sizeof *extents);
	member->extents = extents;
	member->extent_count = map->count;
	return true;
}

static void
take_content(struct reader *reader, struct tree_node *node, const uint8_t *header, uint64_t content,
	uint64_t stored)
{
	struct extension *extension = &reader->extension;
	struct archive_member member = { .data = content, .stored = stored, .size = stored };
	bool good = true;

	if (header[156] == 'S')
		good = !extension->map.failed;
	else if (extension->map_in_content)
		good = read_content_map(reader, &member);
	if (extension->is_sparse)
		member.damaged = !good || !finish_map(reader, &member);
	if (member.damaged && extension->has_real_size)
		member.size = extension->real_size;
	node->type = ENTRY_REGULAR;
	archive_add_content(reader->archive, node, &member);
}

/* A hard link is its target under another name. */
static void
take_hard_link(struct archive *archive, struct tree_node *node, const char *link)
{
	uint32_t index = tree_find(&archive->tree, link, strlen(link));
	const struct tree_node *target = index == TREE_NOWHERE ? NULL : &archive->tree.nodes[index];

	node->type = ENTRY_REGULAR;
	if (target && target != node && target->told && (target->has & ENTRY_HAS_CONTENT)) {
		node->below = target->below;
		node->size = target->size;
		node->has |= target->has;
		node->capabilities = target->capabilities;
		node->capabilities_effective = target->capabilities_effective;
	} else {
		node->not_readable = "hard link to a name that is not in the archive before it";
	}
}

static void
take_metadata(struct reader *reader, struct tree_node *node, const uint8_t *header)
{
	const struct extension *extension = &reader->extension;
	bool is_gnu = !memcmp(header + 257, "ustar  ", 8);
	uint64_t mode, uid, gid;

	if (parse_number(header + 100, 8, &mode)) {
		node->mode = mode & 07777;
		node->has |= ENTRY_HAS_MODE;
	}
	if (parse_number(header + 108, 8, &uid) && parse_number(header + 116, 8, &gid)) {
		node->uid = (uint32_t)(extension->has_uid ? extension->uid : uid);
		node->gid = (uint32_t)(extension->has_gid ? extension->gid : gid);
		node->has |= ENTRY_HAS_OWNER;
	}
	node->modified = extension->modified.resolution_nanoseconds ? extension->modified
		: parse_time(header + 136, 12);
	node->accessed = extension->accessed;
	node->changed = extension->changed;
	node->born = extension->born;
	if (is_gnu && header[345] && !node->accessed.resolution_nanoseconds)
		node->accessed = parse_time(header + 345, 12);
	if (is_gnu && header[357] && !node->changed.resolution_nanoseconds)
		node->changed = parse_time(header + 357, 12);
	if (extension->has_capabilities) {
		node->capabilities = extension->capabilities;
		node->capabilities_effective = extension->effective;
		node->has |= ENTRY_HAS_ATTRIBUTES;
	}
}

static enum entry_type
type_of(uint8_t type, const char *path)
{
	size_t length = strlen(path);

	switch (type) {
	case '2': return ENTRY_LINK;
	case '3': return ENTRY_CHARACTER;
	case '4': return ENTRY_BLOCK;
	case '5': case 'D': return ENTRY_DIRECTORY;
	case '6': return ENTRY_FIFO;
	default:  return length && path[length - 1] == '/' ? ENTRY_DIRECTORY : ENTRY_REGULAR;
	}
}

static void
take_member(struct reader *reader, const uint8_t *header, uint64_t content, uint64_t stored)
{
	struct archive *archive = reader->archive;
	const struct extension *extension = &reader->extension;
	const char *path = extension->sparse_name ? extension->sparse_name : extension->path ? extension->path
		: header_path(archive, header);
	const char *link = extension->link ? extension->link
		: arena_copy(&archive->tree.texts, header + 157, strnlen((const char *)header + 157, 100));
	enum entry_type type = type_of(header[156], path);
	struct tree_node *node = archive_add(archive, path, strlen(path));

	if (!node)
		return;
	node->order = reader->headers;
	take_metadata(reader, node, header);
	if (node->type == ENTRY_DIRECTORY && type != ENTRY_DIRECTORY)
		return;		/* something lies below it: it stays a folder */
	node->type = type;
	if (type == ENTRY_LINK)
		node->link_target = link;
	else if (header[156] == '1')
		take_hard_link(archive, node, link);
	else if (type == ENTRY_REGULAR)
		take_content(reader, node, header, content, stored);
}

/* One header and what belongs to it.  False: the archive cannot be read on. */
static bool
take_header(struct reader *reader, const uint8_t *header)
{
	uint64_t size, content = reader->offset + BLOCK;
	uint8_t type = header[156];

	if (!parse_number(header + 124, 12, &size))
		return false;
	/* Links, devices and folders have no content, whatever old writers put there. */
	if (type >= '1' && type <= '6')
		size = 0;
	if (reader->extension.has_size && (!type || !strchr("xgLKX23456", type)))
		size = reader->extension.size;
	reader->headers++;
	if (type == 'S' && !read_gnu_map(reader, header, &content))
		reader->extension.map.failed = true;
	if (size > INT64_MAX / 2 || content > INT64_MAX / 2)
		return false;
	if (type == 'x' || type == 'L' || type == 'K') {
		if (!take_extension(reader, type, size))
			return false;
	} else if (!type || !strchr("gXVM", type)) {
		take_member(reader, header, content, size);
		extension_clear(&reader->extension);
	}
	reader->offset = content + (size + BLOCK - 1) / BLOCK * BLOCK;
	return true;
}

static enum status
note_damage(struct reader *reader, enum note_kind kind, const char *text)
{
	reader->archive->place.offset = reader->offset;
	note(reader->archive->notes, STATUS_DAMAGED, kind, &reader->archive->place, "%s", text);
	reader->archive->place.offset = 0;
	return STATUS_DAMAGED;
}

/* Reads a compressed archive to its end, where its checksum stands. */
static enum status
finish(struct reader *reader)
{
	uint8_t *block = memory_allocate(BLOCK, 128);
	enum status status = STATUS_OK;
	size_t got = 0;

	for (uint64_t at = reader->offset; reader->archive->stream != reader->archive->file &&
	     status == STATUS_OK; at += got)
		status = source_read(reader->archive->stream, at, block, BLOCK * 128, &got);
	memory_free(block);
	if (reader->bad_headers)
		return note_damage(reader, NOTE_IMAGE_DAMAGED,
			"headers of this archive are damaged: members may be missing, their absence says nothing");
	return status <= STATUS_UNREADABLE ? STATUS_DAMAGED : STATUS_OK;
}

static enum status
read_headers(struct reader *reader)
{
	uint8_t header[BLOCK];

	for (;;) {
		enum status status = source_read_exactly(reader->archive->stream, reader->offset, header, BLOCK);

		if (status != STATUS_OK)
			return note_damage(reader, NOTE_IMAGE_INCOMPLETE,
				"the archive ends without its end mark: members behind this place are missing, "
				"their absence says nothing");
		if (is_zero(header))
			return finish(reader);
		if (checksum_is_right(header) && take_header(reader, header))
			continue;
		/* Goes on at the next block that is a header. */
		extension_clear(&reader->extension);
		reader->bad_headers++;
		reader->offset += BLOCK;
	}
}

enum status
tar_read(struct archive *archive)
{
	struct reader reader = { .archive = archive };
	uint8_t header[BLOCK];
	enum status status;

	status = archive_read_magic(archive, header, BLOCK);
	if (status != STATUS_OK)
		return status;
	if (!is_zero(header) && !checksum_is_right(header))
		return STATUS_NOT_MINE;
	status = read_headers(&reader);
	extension_clear(&reader.extension);
	return status;
}
