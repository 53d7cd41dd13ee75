/*
 * tripwire_database.c - databases of Tripwire 2 in their own form (.twd; Open Source Tripwire: core/fileheader.cpp,
 * twcrypto/crypto.cpp, tw/fcodatabasefile.cpp, tw/headerinfo.cpp, db/blockrecordarray.h, db/hierdbnode.h, fs/fspropset.cpp; numbers big-endian)
 *
 *	file     78F9BEB3 1:4 length:2 "cFCODatabaseFile" version:4 encoding:2 length:4 and so many bytes
 *	content  deflate without a header, at once (encoding 1), or in blocks of 4083 bytes with a signature behind each (2)
 *
 *	object   0:4 version:4 -1:4, before each that follows
 *	head     two objects; texts: host, policy, configuration, database, command, user, address, identifier; created:8 updated:8
 *	kinds:4 kind:4 (20001: files of Unix), what was to be looked at, size:4 and so many bytes of blocks, to the end
 *	text     length:2 and units of two bytes; E8xx is the byte xx that is no character where Tripwire ran
 *
 *	block    4096 bytes: free:4 items:4, then place:4 number:4 of each item; the place counts from the end of the block
 *	address  block:4 item:4; -1: none
 *	root     1:4 child case:4 delimiter			item 0 of block 0
 *	array    4:4 parent first
 *	entry    2:4 name child data next
 *	data     object, bits:4 which:4, bits:4 undefined:4, then those that are there and not undefined, in this order: kind:4,
 *	         device, device, inode, mode, links, uid, gid, size, three times, block size, blocks, size again of 8 bytes each,
 *	         crc:4, MD5, SHA-1, HAVAL
 *
 * A signature is of 45 bytes with a key of 1024 bits, and of 60 with one of 2048.  It is not checked: the key lies on the host.
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/inflate.h>
#include <t1554triage/limit.h>
#include <t1554triage/text.h>
#include <t1554triage/timestamp.h>

#include "set.h"

enum { FILE_VERSION = 0x02020000, COMPRESSED = 1, SIGNED = 2, SIGNED_BYTES = 4083 };
enum { OBJECT_BYTES = 12, HEAD_TEXTS = 8, KIND_UNIX = 0x20001, BLOCK = 4096, BLOCK_HEAD = 8, BLOCK_INDEX = 8 };
enum { NODE_ROOT = 1, NODE_ENTRY = 2, NODE_ARRAY = 4, DEPTH_MOST = 512, PATH_MOST = 65536, RAW_BYTE = 0xE800 };
enum { ITEMS_MOST = BLOCK / BLOCK_INDEX, BYTE_BITS = 8, TYPE_FILE = 1, WORD_BITS = 32, MODE_BITS = 07777 };
enum property { KIND, DEVICE, OF_DEVICE, INODE, MODE, LINKS, UID, GID, SIZE, READ, WRITTEN, CHANGED, BLOCK_SIZE, BLOCKS,
	GROWING, CRC, MD5, SHA, HAVAL, PROPERTY_COUNT };

static const uint8_t magic[] = { 0x78, 0xF9, 0xBE, 0xB3, 0, 0, 0, 1, 0, 16, 'c', 'F', 'C', 'O', 'D', 'a', 't', 'a', 'b', 'a',
	's', 'e', 'F', 'i', 'l', 'e' };

struct address { uint32_t block, item; };

struct database {
	const struct notes *notes;
	struct place   at;
	const struct hash_row_sink *out;
	struct buffer  content;
	const uint8_t *blocks;
	size_t         block_count;
	uint8_t       *visited;		/* a bit for each item that blocks may have */
	struct buffer  path;
	uint64_t       rows;
	enum status    status;
};

static bool
probe(const uint8_t *head, size_t length)
{
	return length >= sizeof magic && !memcmp(head, magic, sizeof magic);
}

static void
complain(struct database *database, const char *what)
{
	database->status = status_worse(database->status, note(database->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED,
		&database->at, "%s: %s", database->at.path, what));
}

static bool
refuse(struct database *database, const char *what)
{
	note(database->notes, STATUS_OK, NOTE_WITNESS_NOT_READ, &database->at, "%s is a database of Tripwire that is not read, since %s: "
		"no file is compared with it; \"twprint --print-dbfile\" prints it", database->at.path, what);
	return false;
}

/* ---- the content ---- */

/* Takes the signatures from between the blocks; false: it is no row of blocks with signatures of either length. */
static bool
strip_signatures(struct buffer *packed)
{
	static const size_t lengths[] = { 45, 60 };
	size_t signature = 0, count;

	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0] && !signature; i++)
		if (packed->length % (SIGNED_BYTES + lengths[i]) == 0)
			signature = lengths[i];
	if (!signature)
		return false;
	count = packed->length / (SIGNED_BYTES + signature);
	for (size_t i = 0; i < count; i++)
		memmove(packed->bytes + i * SIGNED_BYTES, packed->bytes + i * (SIGNED_BYTES + signature), SIGNED_BYTES);
	buffer_truncate(packed, count * SIGNED_BYTES);
	return true;
}

static bool
inflate_content(struct database *database, const struct buffer *packed)
{
	struct source *source = source_open_memory(packed->bytes, packed->length);
	struct source *inflated = inflate_open_member(source, "padded deflate", &database->at, database->notes);
	enum status read = STATUS_UNREADABLE;

	if (inflated)
		read = source_read_all(inflated, (size_t)limit_get(LIMIT_ARTIFACT_BYTES), &database->content);
	source_close(inflated);
	source_close(source);
	if (read < STATUS_OK)
		complain(database, "it is damaged, or longer than is read (limit artifact-bytes): no file is compared with it");
	return read >= STATUS_OK;
}

static bool
read_content(struct database *database, struct source *source)
{
	struct buffer packed;
	struct cursor at;
	unsigned version, encoding;
	enum status read;
	bool is_there = false;

	buffer_init(&packed, 0);
	read = source_read_all(source, (size_t)limit_get(LIMIT_ARTIFACT_BYTES), &packed);
	at = cursor_at(packed.bytes, packed.length, sizeof magic);
	version = take_u32be(&at);
	encoding = take_u16be(&at);
	take_bytes(&at, take_u32be(&at));
	if (read < STATUS_OK || at.failed)
		complain(database, "it is damaged, cut off, or longer than is read (limit artifact-bytes): no file is compared with it");
	else if (version != FILE_VERSION)
		refuse(database, "it is of another version than Tripwire 2.3 and 2.4 write");
	else if (encoding != COMPRESSED && encoding != SIGNED)
		refuse(database, "it is neither signed nor plainly compressed");
	else {
		buffer_consume(&packed, packed.length - (size_t)(at.end - at.at));
		is_there = encoding == COMPRESSED || strip_signatures(&packed) ||
			refuse(database, "its signatures are of another length than those of keys of 1024 or 2048 bits");
		is_there = is_there && inflate_content(database, &packed);
	}
	buffer_release(&packed);
	return is_there;
}

/* The texts of the head are passed; the later time is when the database was written. */
static bool
read_head(struct database *database, struct arena *arena, struct hash_set_identity *identity)
{
	struct cursor at = cursor_over(database->content.bytes, database->content.length);
	struct timestamp taken = { .resolution_nanoseconds = 1000000000 };
	char text[TIMESTAMP_TEXT_SIZE];
	uint64_t created, updated, size = 0;

	take_bytes(&at, (size_t)2 * OBJECT_BYTES);
	for (int i = 0; i < HEAD_TEXTS; i++)
		take_bytes(&at, (size_t)2 * take_u16be(&at));
	created = take_u64be(&at);
	updated = take_u64be(&at);
	if (take_u32be(&at) != 1 || take_u32be(&at) != KIND_UNIX || at.failed)
		return refuse(database, "what it says of itself is not what Tripwire writes of a system of Unix");
	taken.seconds = (int64_t)(updated > created ? updated : created);
	timestamp_format(&taken, text);
	identity->release = arena_copy_text(arena, text);
	/* The length of what was to be looked at stands nowhere; the blocks are the end, and their size before them. */
	for (uint64_t blocks = 1; !size && blocks * BLOCK + 4 <= (uint64_t)(at.end - at.at); blocks++) {
		struct cursor field = cursor_over(at.end - blocks * BLOCK - 4, 4);

		if (take_u32be(&field) == blocks * BLOCK)
			size = blocks * BLOCK;
	}
	if (!size)
		return refuse(database, "its blocks are not found");
	database->blocks = at.end - size;
	database->block_count = (size_t)(size / BLOCK);
	return true;
}

/* ---- the tree of names ---- */

static struct address
take_address(struct cursor *at)
{
	struct address address = { .block = take_u32be(at) };

	address.item = take_u32be(at);
	return address;
}

static bool
is_none(struct address address)
{
	return address.block == UINT32_MAX;
}

static uint32_t
place_of_item(const uint8_t *block, uint32_t item)
{
	struct cursor at = cursor_at(block, BLOCK, BLOCK_HEAD + (uint64_t)item * BLOCK_INDEX);

	return take_u32be(&at);
}

/* The bytes of an item; a failed cursor where it is none. */
static struct cursor
open_item(const struct database *database, struct address address)
{
	const uint8_t *block = database->blocks + (size_t)address.block * BLOCK;
	struct cursor none = { .failed = true }, head;
	uint32_t count, start, end;

	if (address.block >= database->block_count)
		return none;
	head = cursor_at(block, BLOCK, 4);
	count = take_u32be(&head);
	if (count > (BLOCK - BLOCK_HEAD) / BLOCK_INDEX || address.item >= count)
		return none;
	start = place_of_item(block, address.item);
	end = address.item ? place_of_item(block, address.item - 1) : 0;
	if (start > BLOCK - BLOCK_HEAD - count * BLOCK_INDEX || start < end)
		return none;
	return cursor_over(block + BLOCK - start, start - end);
}

/* A node of a kind, with the cursor behind its kind. */
static struct cursor
open_node(const struct database *database, struct address address, uint32_t kind)
{
	struct cursor at = open_item(database, address);

	if (!at.failed && take_u32be(&at) != kind)
		at.failed = true;
	return at;
}

static void
add_text(struct cursor *at, struct buffer *out)
{
	size_t length = take_u16be(at);
	uint32_t high = 0;

	for (size_t i = 0; i < length && !at->failed; i++) {
		uint32_t unit = take_u16be(at);

		if ((unit & 0xFF00) == RAW_BYTE)
			buffer_add_char(out, (char)(unit & 0xFF));
		else if ((unit & 0xFC00) == 0xD800)
			high = unit;
		else if ((unit & 0xFC00) == 0xDC00 && high)
			text_add_utf8(out, 0x10000 + ((high & 0x3FF) << 10) + (unit & 0x3FF));
		else
			text_add_utf8(out, unit);
	}
}

static uint64_t
take_property(struct cursor *at, enum property property, struct digests *digests)
{
	static const size_t sizes[PROPERTY_COUNT] = { [KIND] = 4, [CRC] = 4, [MD5] = 16, [SHA] = 20, [HAVAL] = 16 };
	const uint8_t *bytes;

	if (!sizes[property])
		return take_u64be(at);
	if (sizes[property] == 4)
		return take_u32be(at);
	bytes = take_bytes(at, sizes[property]);
	if (bytes && property != HAVAL)
		digests_set(digests, property == MD5 ? DIGEST_MD5 : DIGEST_SHA1, bytes);
	return 0;
}

static void
take_data(struct database *database, struct address address)
{
	struct cursor at = open_item(database, address);
	struct hash_row row = { .name = database->path.bytes, .row = ++database->rows };
	uint64_t values[PROPERTY_COUNT] = { 0 };
	uint32_t there, undefined, bits;

	take_bytes(&at, OBJECT_BYTES);
	bits = take_u32be(&at);
	there = take_u32be(&at);
	bits = bits == WORD_BITS ? take_u32be(&at) : 0;
	undefined = take_u32be(&at);
	there &= ~undefined;
	for (enum property i = KIND; i < PROPERTY_COUNT; i++)
		if (there & 1u << i)
			values[i] = take_property(&at, i, &row.digests);
	if (at.failed || bits != WORD_BITS || there >> PROPERTY_COUNT) {
		database->out->rejected(database->out->context, row.row, row.name, "not the properties of a file as Tripwire writes them");
		return;
	}
	row.has_mode = there & 1u << MODE;
	row.mode = values[MODE] & MODE_BITS;
	row.has_owner = there & 1u << UID && there & 1u << GID;
	row.uid = (uint32_t)values[UID];
	row.gid = (uint32_t)values[GID];
	if (there & 1u << KIND && values[KIND] == TYPE_FILE && row.digests.known)
		database->out->row(database->out->context, &row);
}

/* Folders and entries are met once: a second time is a circle. */
static bool
visit(struct database *database, struct address address)
{
	size_t bit = (size_t)address.block * ITEMS_MOST + address.item;
	uint8_t *byte;

	if (address.block >= database->block_count || address.item >= ITEMS_MOST)
		return false;
	byte = &database->visited[bit / BYTE_BITS];
	if (*byte & 1u << bit % BYTE_BITS)
		return false;
	*byte |= (uint8_t)(1u << bit % BYTE_BITS);
	return true;
}

/* First entry of an array. */
static struct address
first_of(struct database *database, struct address array)
{
	struct cursor at = open_node(database, array, NODE_ARRAY);
	struct address first = { 0, 0 };

	take_address(&at);
	if (!at.failed)
		first = take_address(&at);
	if (!at.failed && visit(database, array))
		return first;
	complain(database, "a folder in it is none, or lies within itself: what is recorded below it is compared with nothing");
	return (struct address){ UINT32_MAX, 0 };
}

/* One entry; its name stands behind the folder's afterwards. */
static bool
take_entry(struct database *database, struct address address, size_t folder, struct address *ret_child, struct address *ret_next)
{
	struct cursor at = open_node(database, address, NODE_ENTRY);
	struct address data;

	buffer_truncate(&database->path, folder);
	/* The folder at the top has no name, and its path ends in a slash. */
	if (!folder || database->path.bytes[folder - 1] != '/')
		buffer_add_char(&database->path, '/');
	add_text(&at, &database->path);
	*ret_child = take_address(&at);
	data = take_address(&at);
	*ret_next = take_address(&at);
	if (at.failed || database->path.length > PATH_MOST || !visit(database, address)) {
		complain(database, "a name in it is none, or its names form a circle: what follows is compared with nothing");
		return false;
	}
	if (!is_none(data))
		take_data(database, data);
	return true;
}

static void
walk(struct database *database)
{
	struct { struct address next; size_t folder; } levels[DEPTH_MOST];
	struct cursor at = open_node(database, (struct address){ 0, 0 }, NODE_ROOT);
	size_t depth = 1;

	levels[0].next = take_address(&at);
	levels[0].folder = 0;
	if (at.failed) {
		complain(database, "it has no root: no file is compared with it");
		return;
	}
	if (!is_none(levels[0].next))
		levels[0].next = first_of(database, levels[0].next);
	while (depth) {
		struct address child, entry = levels[depth - 1].next;

		if (is_none(entry)) {
			depth--;
			continue;
		}
		if (!take_entry(database, entry, levels[depth - 1].folder, &child, &levels[depth - 1].next))
			return;
		if (is_none(child))
			continue;
		if (depth == DEPTH_MOST) {
			complain(database, "its folders are nested too deep: what is recorded below is compared with nothing");
			continue;
		}
		levels[depth].folder = database->path.length;
		levels[depth++].next = first_of(database, child);
	}
}

static enum status
read_database(const char *path, struct source *source, const struct hash_row_sink *out, struct hash_set_identity *identity,
	struct arena *arena, const struct notes *notes)
{
	struct database database = { .notes = notes, .at = { .path = path }, .out = out };

	buffer_init(&database.content, 0);
	buffer_init(&database.path, 0);
	if (read_content(&database, source) && read_head(&database, arena, identity)) {
		database.visited = memory_allocate(database.block_count, ITEMS_MOST / BYTE_BITS);
		walk(&database);
		memory_free(database.visited);
	}
	buffer_release(&database.path);
	buffer_release(&database.content);
	return database.status;
}

const struct hashset_format tripwire_database_hashset_format = {
	.name        = "tripwire_database",
	.description = "databases of Tripwire in their own form (.twd), signed or compressed",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_database,
};
