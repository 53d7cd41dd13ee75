/*
 * xfs_replay.c - what transactions in the log of XFS change, laid over the volume.
 *
 * The first part of an item is in the byte order of the machine that wrote it; here the least first:
 *
 *	3c 12  02 00  00 20  08 00                 a buffer, parts, flags (1 inodes, 2 void, 4 to 10 quotas;
 *	                                           its kind in the five highest bits), 512 bytes each
 *	40 01 00 00 00 00 00 00                    where it lies, in 512 bytes
 *	01 00 00 00  0f 00 00 00                   words of a map that follow: a bit for each 128 bytes
 *
 *	3b 12  03 00  05 00 00 00  00 00  20 00    an inode, parts, what of it, bytes of attributes, of data
 *	00 00 00 00  83 00 00 00 00 00 00 00       (older ones lack the first four), its number
 *	...  40 01 00 00 00 00 00 00               16 bytes of a device number, where its cluster lies,
 *	20 00 00 00  00 06 00 00                   512 bytes of that, its place in it
 *
 * Of a buffer the parts are runs of the bits; an inode's are its fixed fields, in the writer's byte
 * order, and its forks.  Intents (bytes to be freed, mapped, counted) are followed by what
 * says that they are done.  A buffer that is void was freed: older copies of it must not be laid over
 * what may lie there by now.
 *
 * As Linux does it: within a transaction buffers first, then inodes, then links of unlinked inodes; what a place
 * holds is left alone where it was written by a later transaction.
 * fs/xfs/xfs_buf_item_recover.c, xfs_inode_item_recover.c, xfs_log_recover.c of Linux.
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/map.h>

#include "xfs_log.h"
#include "xfs_overlay.h"

enum {
	ITEM_BUFFER = 0x123c, ITEM_INODE = 0x123b, ITEM_CREATE = 0x123f, ITEM_QUOTA_OFF = 0x1239, ITEM_QUOTA = 0x123d,
	ITEM_UNLINK = 0x1238, INTENT_FIRST = 0x1240,
	INTENT_FREE = 0x1236, DONE_FREE = 0x1237, INTENT_MAP = 0x1244, INTENT_ATTRIBUTE = 0x1246,
	INTENT_EXCHANGE = 0x1248, INTENT_LAST = 0x124f,
};
enum {
	BUFFER_INODES = 0x1, BUFFER_VOID = 0x2, BUFFER_QUOTAS = 0x1c, BUFFER_KIND_SHIFT = 11,
	BUFFER_HEADER_BYTES = 20, CHUNK = 128, BUFFER_BYTES_MAX = 65536, SECTOR = 512,
};
enum {
	INODE_CORE_AT_PART = 1, INODE_DATA = 0xe, INODE_DATA_ROOT = 0x8, INODE_DEVICE = 0x10, INODE_ATTRIBUTES = 0x1c0,
	INODE_ATTRIBUTES_ROOT = 0x100, INODE_OWNERS = 0x600, INODE_FORMAT_BYTES = 56, INODE_OLD_FORMAT_BYTES = 52,
	INODE_CRC_AT = 100, INODE_LSN_AT = 112, NEXT_UNLINKED_AT = 96, FLUSHES_AT = 30, FLUSHES_MAX = 0xffff,
	CORE_2_BYTES = 100, CORE_3_BYTES = 176, INODE_COUNT_MAX = 64 * 1024,
};
enum { ROOT_HEADER_BYTES = 4, NODE_4_BYTES = 24, NODE_5_BYTES = 72, PAIR_BYTES = 16 };

/* Kinds of buffers, as they are counted in their flags. */
enum kind {
	KIND_NONE, KIND_TREE = 4, KIND_FREE_SPACE, KIND_FREE_LIST, KIND_INODES_HEADER, KIND_INODES, KIND_LINK,
	KIND_DIRECTORY_BLOCK, KIND_DIRECTORY_DATA, KIND_DIRECTORY_FREE, KIND_DIRECTORY_LEAF_1, KIND_DIRECTORY_LEAF,
	KIND_NODE, KIND_ATTRIBUTE_LEAF, KIND_ATTRIBUTE_VALUE, KIND_SUPERBLOCK, KINDS,
};

struct xfs_replay {
	struct xfs      xfs;		/* as it was opened; reads the overlay */
	struct source  *overlay;
	struct map      cancelled;	/* place and length of a buffer, to how many times it is freed yet */
	struct map      done;		/* intents */
	uint8_t         bytes[BUFFER_BYTES_MAX];
	struct xfs_replay_count count;
};

struct xfs_replay *
xfs_replay_open(const struct xfs *xfs)
{
	struct xfs_replay *replay = memory_allocate(1, sizeof *replay);

	replay->xfs = *xfs;
	replay->overlay = xfs_overlay_open(xfs->volume);
	replay->xfs.volume = replay->overlay;
	map_init(&replay->cancelled);
	map_init(&replay->done);
	return replay;
}

struct source *
xfs_replay_close(struct xfs_replay *replay)
{
	struct source *overlay = replay->overlay;

	if (!xfs_overlay_sectors(overlay)) {
		source_close(overlay);
		overlay = NULL;
	}
	map_release(&replay->cancelled);
	map_release(&replay->done);
	memory_free(replay);
	return overlay;
}

struct xfs_replay_count
xfs_replay_counts(const struct xfs_replay *replay)
{
	struct xfs_replay_count count = replay->count;

	count.sectors = xfs_overlay_sectors(replay->overlay);
	if (xfs_overlay_is_full(replay->overlay))
		count.reason = "it changes more than can be kept";
	else if (!count.reason && count.unfinished)
		count.reason = "changes to files were begun in it that a mount would have finished";
	return count;
}

static void
complain(struct xfs_replay *replay, const char *reason)
{
	if (!replay->count.reason)
		replay->count.reason = reason;
}

static struct cursor
part_of(const struct xfs_log_item *item, size_t part)
{
	if (part >= item->count)
		return (struct cursor){ .failed = true };
	return cursor_over(item->parts[part].bytes, item->parts[part].length);
}

static uint16_t
kind_of(const struct xfs_log_item *item)
{
	struct cursor c = part_of(item, 0);

	return c.failed ? 0 : take_u16le(&c);
}

/* First pass */

struct buffer_format {
	uint16_t flags;
	uint32_t length;		/* bytes */
	uint64_t offset;		/* bytes */
	struct cursor map;		/* of 32-bit words */
};

/* A place in the words of the map is kept as place and length, 12 bytes. */
struct place_key { uint8_t bytes[12]; };

static struct place_key
key_of(uint64_t offset, uint32_t length)
{
	struct place_key key;

	memcpy(key.bytes, &offset, 8);
	memcpy(key.bytes + 8, &length, 4);
	return key;
}

static bool
take_buffer_format(const struct xfs_log_item *item, struct buffer_format *ret)
{
	struct cursor c = part_of(item, 0);
	uint64_t block;
	uint32_t words;

	take_u16le(&c);
	take_u16le(&c);
	ret->flags = take_u16le(&c);
	ret->length = take_u16le(&c) * (uint32_t)SECTOR;
	block = take_u64le(&c);
	words = take_u32le(&c);
	ret->offset = block * SECTOR;
	if (c.failed || block > INT64_MAX / SECTOR || !ret->length || ret->length > BUFFER_BYTES_MAX ||
	    words > (size_t)(c.end - c.at) / 4)
		return false;
	ret->map = cursor_over(c.at, words * 4UL);
	return true;
}

static uint64_t
cancellations(const struct xfs_replay *replay, uint64_t offset, uint32_t length)
{
	struct place_key key = key_of(offset, length);
	uint64_t count = 0;

	map_get(&replay->cancelled, key.bytes, sizeof key.bytes, &count);
	return count;
}

static void
count_cancellation(struct xfs_replay *replay, const struct buffer_format *format, bool is_more)
{
	struct place_key key = key_of(format->offset, format->length);
	uint64_t count = cancellations(replay, format->offset, format->length);

	if (is_more || count)
		map_set(&replay->cancelled, key.bytes, sizeof key.bytes, is_more ? count + 1 : count - 1);
}

/* Intents and what finishes them have the same number, at the same place but for that of more blocks to free. */
static uint64_t
intent_number(const struct xfs_log_item *item)
{
	struct cursor c = part_of(item, 0);

	take_u32le(&c);
	take_u32le(&c);
	return take_u64le(&c);
}

static bool
is_done_item(uint16_t kind)
{
	return kind >= INTENT_FIRST && kind <= INTENT_LAST && kind & 1;
}

void
xfs_replay_prepare(struct xfs_replay *replay, const struct xfs_transaction *transaction)
{
	for (size_t i = 0; i < transaction->count; i++) {
		const struct xfs_log_item *item = &transaction->items[i];
		struct buffer_format format;

		if (kind_of(item) == ITEM_BUFFER && take_buffer_format(item, &format) && format.flags & BUFFER_VOID)
			count_cancellation(replay, &format, true);
		if (is_done_item(kind_of(item))) {
			uint64_t number = intent_number(item);

			map_set(&replay->done, &number, sizeof number, 1);
		}
	}
}

/* Buffers */

/* Where metadata of version 5 keep the transaction that wrote them, and whose they are; place 0: nowhere. */
struct mark { char magic[5]; uint8_t at, lsn, uuid; };

static const struct mark marks[] = {
	{ "AB3B", 0, 24, 32 }, { "AB3C", 0, 24, 32 }, { "IAB3", 0, 24, 32 }, { "FIB3", 0, 24, 32 },
	{ "RMB3", 0, 24, 32 }, { "R3FC", 0, 24, 32 }, { "BMA3", 0, 32, 40 }, { "XAGF", 0, 208, 64 },
	{ "XAFL", 0, 24, 8 }, { "XSLM", 0, 48, 16 }, { "XDB3", 0, 16, 24 }, { "XDD3", 0, 16, 24 },
	{ "XDF3", 0, 16, 24 },
};

/* The header of inodes has its own far behind, indexes have a magic of two bytes. */
static uint64_t
lsn_of(const struct xfs_replay *replay, const uint8_t *bytes, size_t length)
{
	static const uint16_t index_magics[] = { 0x3df1, 0x3dff, 0x3ebe, 0x3bee };
	size_t lsn = 0, uuid = 0;

	if (!replay->xfs.geometry.is_v5 || length < SECTOR)
		return 0;
	for (size_t i = 0; i < sizeof marks / sizeof *marks && !lsn; i++)
		if (!memcmp(bytes, marks[i].magic, 4)) {
			lsn = marks[i].lsn;
			uuid = marks[i].uuid;
		}
	if (!lsn && !memcmp(bytes, "XAGI", 4)) {
		lsn = 320;
		uuid = 296;
	}
	for (size_t i = 0; i < sizeof index_magics / sizeof *index_magics && !lsn; i++)
		if (xfs_u16(bytes, 8) == index_magics[i]) {
			lsn = 24;
			uuid = 32;
		}
	if (!lsn || memcmp(bytes + uuid, replay->xfs.geometry.seal_uuid, XFS_UUID_BYTES))
		return 0;
	return xfs_u64(bytes, lsn) == UINT64_MAX ? 0 : xfs_u64(bytes, lsn);
}

/* The next run of set bits of the map, in chunks; false behind the last. */
static bool
next_run(const struct cursor *map, size_t *at, size_t *ret_count)
{
	size_t bits = (size_t)(map->end - map->at) * 8, end;

	while (*at < bits && !(map->at[*at / 8] >> *at % 8 & 1))
		++*at;
	for (end = *at; end < bits && map->at[end / 8] >> end % 8 & 1; end++)
		;
	*ret_count = end - *at;
	return end > *at;
}

/* Copies the parts of a buffer to their places; of inodes, only the links of those that are unlinked. */
static bool
copy_parts(const struct xfs_replay *replay, const struct xfs_log_item *item, const struct buffer_format *format,
	uint8_t *bytes)
{
	uint32_t inode_size = replay->xfs.geometry.inode_size;
	size_t at = 0, count;

	for (size_t part = 1; next_run(&format->map, &at, &count); part++, at += count) {
		struct cursor c = part_of(item, part);
		size_t first = at * CHUNK, length = count * CHUNK;
		const uint8_t *from = c.failed ? NULL : take_bytes(&c, length);

		if (!from || first > format->length || length > format->length - first)
			return false;
		if (!(format->flags & BUFFER_INODES)) {
			memcpy(bytes + first, from, length);
			continue;
		}
		for (size_t link = NEXT_UNLINKED_AT; link + 4 <= format->length; link += inode_size)
			if (link >= first && link + 4 <= first + length)
				memcpy(bytes + link, from + (link - first), 4);
	}
	return true;
}

static void
seal(const struct xfs_replay *replay, uint8_t *bytes, size_t length, size_t at)
{
	uint32_t rest;

	memset(bytes + at, 0, 4);
	rest = ~crc32c_add(&replay->xfs.crc, 0xffffffff, bytes, length);
	for (unsigned i = 0; i < 4; i++)
		bytes[at + i] = (uint8_t)(rest >> 8 * i);
}

/* As the kernel does when it writes them. */
static void
seal_buffer(const struct xfs_replay *replay, const struct buffer_format *format, uint8_t *bytes)
{
	static const uint8_t places[KINDS] = {
		[KIND_FREE_SPACE] = 216, [KIND_FREE_LIST] = 32, [KIND_LINK] = 12,
		[KIND_DIRECTORY_BLOCK] = 4, [KIND_DIRECTORY_DATA] = 4, [KIND_DIRECTORY_FREE] = 4,
		[KIND_DIRECTORY_LEAF_1] = 12, [KIND_DIRECTORY_LEAF] = 12, [KIND_NODE] = 12,
		[KIND_ATTRIBUTE_LEAF] = 12, [KIND_ATTRIBUTE_VALUE] = 12, [KIND_SUPERBLOCK] = 224,
	};
	unsigned kind = format->flags >> BUFFER_KIND_SHIFT;
	uint32_t size = replay->xfs.geometry.inode_size;

	if (!replay->xfs.geometry.is_v5)
		return;
	if (format->flags & BUFFER_INODES || kind == KIND_INODES) {
		for (size_t at = 0; at + size <= format->length; at += size)
			if (!memcmp(bytes + at, "IN", 2))
				seal(replay, bytes + at, size, INODE_CRC_AT);
	} else if (kind == KIND_TREE) {
		seal(replay, bytes, format->length, memcmp(bytes, "BMA3", 4) ? 52 : 64);
	} else if (kind == KIND_INODES_HEADER) {
		seal(replay, bytes, format->length, 312);
	} else if (kind < KINDS && places[kind]) {
		seal(replay, bytes, format->length, places[kind]);
	}
}

/* Lays over what is not there yet: sectors that stay as they are need not be kept. */
static void
lay(struct xfs_replay *replay, uint64_t offset, const uint8_t *bytes, size_t length)
{
	uint8_t there[SECTOR];

	for (size_t at = 0; at < length; at += SECTOR) {
		size_t part = length - at < SECTOR ? length - at : SECTOR;

		if (source_read_exactly(replay->overlay, offset + at, there, part) == STATUS_OK &&
		    !memcmp(there, bytes + at, part))
			continue;
		if (!xfs_overlay_write(replay->overlay, offset + at, bytes + at, part))
			complain(replay, "a place where it changes something cannot be read");
	}
}

static void
apply_buffer(struct xfs_replay *replay, const struct xfs_log_item *item, uint64_t lsn)
{
	struct buffer_format format;
	uint64_t there;

	if (!take_buffer_format(item, &format)) {
		complain(replay, "a buffer in it makes no sense");
		return;
	}
	if (format.flags & BUFFER_VOID) {
		count_cancellation(replay, &format, false);
		return;
	}
	if (cancellations(replay, format.offset, format.length)) {
		replay->count.cancelled++;
		return;
	}
	if (format.flags & BUFFER_QUOTAS)
		return;
	if (source_read_exactly(replay->overlay, format.offset, replay->bytes, format.length) <= STATUS_UNREADABLE) {
		complain(replay, "a place where it changes something cannot be read");
		return;
	}
	there = lsn_of(replay, replay->bytes, format.length);
	if (there && there >= lsn) {
		replay->count.older++;
		return;
	}
	if (!copy_parts(replay, item, &format, replay->bytes)) {
		complain(replay, "a buffer in it makes no sense");
		return;
	}
	seal_buffer(replay, &format, replay->bytes);
	lay(replay, format.offset, replay->bytes, format.length);
	replay->count.buffers++;
}

/* Inodes */

struct inode_format {
	uint32_t fields;
	uint64_t number;
	uint32_t device;
	uint64_t cluster;		/* bytes */
	uint32_t cluster_length, at;	/* bytes */
	size_t   parts;
};

static bool
take_inode_format(const struct xfs_log_item *item, struct inode_format *ret)
{
	struct cursor c = part_of(item, 0);
	bool is_old = !c.failed && c.end - c.at == INODE_OLD_FORMAT_BYTES;
	uint64_t block;

	if (!is_old && !c.failed && c.end - c.at != INODE_FORMAT_BYTES)
		return false;
	take_u16le(&c);
	ret->parts = take_u16le(&c);
	ret->fields = take_u32le(&c);
	take_u32le(&c);
	if (!is_old)
		take_u32le(&c);
	ret->number = take_u64le(&c);
	ret->device = take_u32le(&c);
	take_bytes(&c, 12);
	block = take_u64le(&c);
	ret->cluster = block * SECTOR;
	ret->cluster_length = take_u32le(&c) * (uint32_t)SECTOR;
	ret->at = take_u32le(&c);
	return !c.failed && block <= INT64_MAX / SECTOR && ret->parts == item->count &&
	       ret->at < UINT32_MAX / 2;
}

/* A field turns around where the writer's byte order is not the volume's. */
struct swap { uint8_t at, length; };

static const struct swap core_swaps[] = {
	{ 0, 2 }, { 2, 2 }, { 8, 4 }, { 12, 4 }, { 16, 4 }, { 20, 2 }, { 22, 2 }, { 56, 8 }, { 64, 8 }, { 72, 4 },
	{ 76, 4 }, { 80, 2 }, { 84, 4 }, { 88, 2 }, { 90, 2 }, { 92, 4 },
};
static const struct swap core_3_swaps[] = { { 24, 8 }, { 104, 8 }, { 112, 8 }, { 120, 8 }, { 128, 4 }, { 152, 8 } };
static const uint8_t time_places[] = { 32, 40, 48, 144 };

static void
swap_bytes(uint8_t *bytes, const struct swap *swap)
{
	for (unsigned i = 0; i < swap->length / 2U; i++) {
		uint8_t one = bytes[swap->at + i];

		bytes[swap->at + i] = bytes[swap->at + swap->length - 1 - i];
		bytes[swap->at + swap->length - 1 - i] = one;
	}
}

/* Times of the classic kind are two numbers, of the big one it is one. */
static void
swap_times(uint8_t *core, bool is_v3)
{
	bool is_big = is_v3 && xfs_u64(core, 120) & XFS_FLAG2_BIGTIME;

	for (size_t i = 0; i < sizeof time_places - !is_v3; i++) {
		if (is_big) {
			swap_bytes(core, &(struct swap){ time_places[i], 8 });
		} else {
			swap_bytes(core, &(struct swap){ time_places[i], 4 });
			swap_bytes(core, &(struct swap){ (uint8_t)(time_places[i] + 4), 4 });
		}
	}
}

/* The fixed fields as they lie on the volume; what only the volume has stays. */
static void
put_core(uint8_t *inode, const uint8_t *logged, uint64_t lsn)
{
	uint8_t core[CORE_3_BYTES] = { 0 };
	bool is_v3 = logged[4] == 3;

	memcpy(core, logged, is_v3 ? CORE_3_BYTES : CORE_2_BYTES);
	for (size_t i = 0; i < sizeof core_swaps / sizeof *core_swaps; i++)
		swap_bytes(core, &core_swaps[i]);
	for (size_t i = 0; is_v3 && i < sizeof core_3_swaps / sizeof *core_3_swaps; i++)
		swap_bytes(core, &core_3_swaps[i]);
	swap_times(core, is_v3);
	if (!is_v3)
		memset(core + FLUSHES_AT, 0, 2);
	memcpy(core + NEXT_UNLINKED_AT, inode + NEXT_UNLINKED_AT, 4);
	memcpy(inode, core, is_v3 ? CORE_3_BYTES : CORE_2_BYTES);
	for (unsigned i = 0; is_v3 && i < 8; i++)
		inode[INODE_LSN_AT + i] = (uint8_t)(lsn >> (56 - 8 * i));
}

/* The root of a tree is kept in memory like a block of it: its numbers begin where that much room for keys ends. */
static bool
put_root(const struct xfs_replay *replay, const struct xfs_log_item *item, size_t part, uint8_t *fork, size_t length)
{
	struct cursor c = part_of(item, part);
	size_t header = replay->xfs.geometry.is_v5 ? NODE_5_BYTES : NODE_4_BYTES, room, logged_room, count;

	if (c.failed || (size_t)(c.end - c.at) < header || length < ROOT_HEADER_BYTES)
		return false;
	logged_room = ((size_t)(c.end - c.at) - header) / PAIR_BYTES;
	room = (length - ROOT_HEADER_BYTES) / PAIR_BYTES;
	count = xfs_u16(c.at, 6);
	if (count > room || count > logged_room)
		return false;
	memcpy(fork, c.at + 4, 4);
	memcpy(fork + ROOT_HEADER_BYTES, c.at + header, count * 8);
	memcpy(fork + ROOT_HEADER_BYTES + room * 8, c.at + header + logged_room * 8, count * 8);
	return true;
}

static bool
put_fork(const struct xfs_replay *replay, const struct xfs_log_item *item, size_t part, bool is_root, uint8_t *fork,
	size_t length)
{
	struct cursor c = part_of(item, part);

	if (is_root)
		return put_root(replay, item, part, fork, length);
	if (c.failed || (size_t)(c.end - c.at) > length)
		return false;
	memcpy(fork, c.at, (size_t)(c.end - c.at));
	return true;
}

/* False where the parts do not fit the inode. */
static bool
put_inode(const struct xfs_replay *replay, const struct xfs_log_item *item, const struct inode_format *format,
	uint8_t *inode, uint64_t lsn)
{
	const uint8_t *logged = (const uint8_t *)item->parts[INODE_CORE_AT_PART].bytes;
	size_t core = logged[4] == 3 ? CORE_3_BYTES : CORE_2_BYTES, part = INODE_CORE_AT_PART + 1, data, room;

	room = replay->xfs.geometry.inode_size - core;
	data = logged[82] ? logged[82] * 8U : room;
	if (data > room)
		return false;
	put_core(inode, logged, lsn);
	if (format->fields & INODE_DEVICE)
		for (unsigned i = 0; i < 4; i++)
			inode[core + i] = (uint8_t)(format->device >> (24 - 8 * i));
	if (format->fields & INODE_DATA && part < format->parts &&
	    !put_fork(replay, item, part++, format->fields & INODE_DATA_ROOT, inode + core, data))
		return false;
	if (format->fields & INODE_ATTRIBUTES && part < format->parts)
		return put_fork(replay, item, part, format->fields & INODE_ATTRIBUTES_ROOT, inode + core + data, room - data);
	return true;
}

/* What lies there is as new as this: by its transaction, before version 5 by how often it was written. */
static bool
is_newer(const struct xfs_replay *replay, const uint8_t *inode, const uint8_t *logged, uint64_t lsn)
{
	uint16_t there = xfs_u16(inode, FLUSHES_AT), flushes = (uint16_t)(logged[FLUSHES_AT] | logged[FLUSHES_AT + 1] << 8);
	uint64_t written = xfs_u64(inode, INODE_LSN_AT);

	if (replay->xfs.geometry.is_v5)
		return written && written != UINT64_MAX && written > lsn;
	return flushes < there && !(there == FLUSHES_MAX && flushes < FLUSHES_MAX / 2);
}

static const char *
check_inode_item(const struct xfs_replay *replay, const struct xfs_log_item *item, const uint8_t *inode)
{
	const struct buffer *logged = item->count > INODE_CORE_AT_PART ? &item->parts[INODE_CORE_AT_PART] : NULL;
	bool is_v5 = replay->xfs.geometry.is_v5;

	if (!logged || logged->length < (is_v5 ? CORE_3_BYTES : CORE_2_BYTES) || memcmp(logged->bytes, "NI", 2) ||
	    (logged->bytes[4] == 3) != is_v5)
		return "an inode in it makes no sense";
	return memcmp(inode, "IN", 2) ? "there is no inode where it changes one" : NULL;
}

static void
apply_inode(struct xfs_replay *replay, const struct xfs_log_item *item, uint64_t lsn)
{
	uint32_t size = replay->xfs.geometry.inode_size;
	uint8_t inode[XFS_INODE_BYTES_MAX];
	struct inode_format format;
	const char *reason;

	if (!take_inode_format(item, &format)) {
		complain(replay, "an inode in it makes no sense");
		return;
	}
	if (cancellations(replay, format.cluster, format.cluster_length)) {
		replay->count.cancelled++;
		return;
	}
	if (source_read_exactly(replay->overlay, format.cluster + format.at, inode, size) <= STATUS_UNREADABLE) {
		complain(replay, "a place where it changes something cannot be read");
		return;
	}
	reason = check_inode_item(replay, item, inode);
	if (reason) {
		complain(replay, reason);
		return;
	}
	if (is_newer(replay, inode, (const uint8_t *)item->parts[INODE_CORE_AT_PART].bytes, lsn)) {
		replay->count.older++;
		return;
	}
	if (!put_inode(replay, item, &format, inode, lsn)) {
		complain(replay, "an inode in it makes no sense");
		return;
	}
	if (format.fields & INODE_OWNERS)
		complain(replay, "extents of two files were exchanged in it");
	if (replay->xfs.geometry.is_v5)
		seal(replay, inode, size, INODE_CRC_AT);
	lay(replay, format.cluster + format.at, inode, size);
	replay->count.inodes++;
}

/* A cluster of inodes is one buffer, of a length that the geometry chooses: if the first was freed, all were. */
static bool
is_cluster_freed(const struct xfs_replay *replay, uint64_t offset)
{
	for (uint32_t length = SECTOR; length <= BUFFER_BYTES_MAX; length *= 2)
		if (cancellations(replay, offset, length))
			return true;
	return false;
}

/* New inodes: group, block, how many, bytes of one, blocks, generation; most significant byte first. */
static void
apply_create(struct xfs_replay *replay, const struct xfs_log_item *item)
{
	const struct xfs_geometry *geometry = &replay->xfs.geometry;
	struct cursor c = part_of(item, 0);
	uint64_t block, offset = 0;
	uint32_t group, in_group, count, size, length, generation;

	take_u32le(&c);
	group = take_u32be(&c);
	in_group = take_u32be(&c);
	count = take_u32be(&c);
	size = take_u32be(&c);
	length = take_u32be(&c);
	generation = take_u32be(&c);
	block = (uint64_t)group << geometry->ag_block_log | in_group;
	if (c.failed || !geometry->is_v5 || size != geometry->inode_size || count > INODE_COUNT_MAX ||
	    (uint64_t)count * size != (uint64_t)length << geometry->block_log ||
	    !xfs_block_offset(geometry, block, length, &offset)) {
		complain(replay, "new inodes in it make no sense");
		return;
	}
	if (is_cluster_freed(replay, offset)) {
		replay->count.cancelled++;
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint8_t inode[XFS_INODE_BYTES_MAX] = { 'I', 'N', 0, 0, 3 };
		uint64_t number = (block << geometry->inodes_per_block_log) + i;

		for (unsigned byte = 0; byte < 8; byte++)
			inode[152 + byte] = (uint8_t)(number >> (56 - 8 * byte));
		for (unsigned byte = 0; byte < 4; byte++)
			inode[92 + byte] = (uint8_t)(generation >> (24 - 8 * byte));
		memset(inode + NEXT_UNLINKED_AT, 0xff, 4);
		memcpy(inode + 160, geometry->seal_uuid, XFS_UUID_BYTES);
		seal(replay, inode, size, INODE_CRC_AT);
		lay(replay, offset + (uint64_t)i * size, inode, size);
	}
}

/* Second pass */

/* What a mount would have gone on with, where it changes what can be read: the rest counts free space. */
static void
note_intent(struct xfs_replay *replay, const struct xfs_log_item *item, uint16_t kind)
{
	uint64_t number = intent_number(item), is_done = 0;

	if (kind != INTENT_MAP && kind != INTENT_ATTRIBUTE && kind != INTENT_EXCHANGE)
		return;
	map_get(&replay->done, &number, sizeof number, &is_done);
	replay->count.unfinished += !is_done;
}

/* The order within a transaction: buffers, all else, links of unlinked inodes, what is void. */
static unsigned
turn_of(const struct xfs_log_item *item)
{
	uint16_t kind = kind_of(item);
	struct cursor c = part_of(item, 0);
	uint16_t flags;

	if (kind == ITEM_CREATE)
		return 0;
	if (kind != ITEM_BUFFER)
		return 1;
	take_u32le(&c);
	flags = take_u16le(&c);
	if (flags & BUFFER_VOID)
		return 3;
	return flags & BUFFER_INODES ? 2 : 0;
}

static void
apply_item(struct xfs_replay *replay, const struct xfs_log_item *item, uint64_t lsn)
{
	uint16_t kind = kind_of(item);

	if (item->count != item->total)
		complain(replay, "a change in it lacks a part");
	else if (kind == ITEM_BUFFER)
		apply_buffer(replay, item, lsn);
	else if (kind == ITEM_INODE)
		apply_inode(replay, item, lsn);
	else if (kind == ITEM_CREATE)
		apply_create(replay, item);
	else if (kind >= INTENT_FIRST && kind <= INTENT_LAST)
		note_intent(replay, item, kind);
	else if (kind != INTENT_FREE && kind != DONE_FREE && kind != ITEM_QUOTA && kind != ITEM_QUOTA_OFF &&
	    kind != ITEM_UNLINK)
		complain(replay, "it holds changes of a kind that is not known");
}

void
xfs_replay_apply(struct xfs_replay *replay, const struct xfs_transaction *transaction)
{
	enum { TURNS = 4 };

	for (unsigned turn = 0; turn < TURNS; turn++)
		for (size_t i = 0; i < transaction->count; i++)
			if (turn_of(&transaction->items[i]) == turn)
				apply_item(replay, &transaction->items[i], transaction->lsn);
	replay->count.transactions++;
}
