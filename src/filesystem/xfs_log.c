/*
 * xfs_log.c - the log of XFS: where it begins and ends, its records, their transactions.
 *
 * It is a ring of blocks of 512 bytes.  Each time around is a cycle, and every block begins with
 * the number of its cycle; what stood there is kept in the header of its record:
 *
 *	fe ed ba be  00 00 00 01  00 00 00 02      magic, cycle, version
 *	00 00 7e 00  00 00 00 01 00 00 00 02       bytes that follow it, its own place: cycle, block
 *	00 00 00 01 00 00 00 02                    the place where replaying begins
 *	5e 1d 93 a0  00 00 00 00  00 00 00 35      checksum (least byte first), record before, operations
 *	...                                        at 44: first four bytes of each of 64 blocks
 *	00 00 00 01  (UUID)  00 00 80 00           at 300: byte order of what it holds, UUID, bytes of
 *	                                           a record at most: for each 32 KiB more follows a
 *	                                           block with a cycle and 64 times four bytes
 *
 * Records consist of operations with 12 bytes before each: number of the transaction, length,
 * client, flags (1 it begins, 2 it is committed, 4 goes on in the next record, 8 does so from
 * the one before, 10 its end, 20 the volume was unmounted).  The first of a transaction is
 * its header, the others are parts of items.
 *
 * The end is where the cycle changes; records behind it may lack in the middle, because several are
 * written at a time.  XFS Algorithms and Data Structures, chapter "Journaling Log".
 */
#include <string.h>

#include <t1554triage/map.h>

#include "xfs_log.h"

enum {
	BLOCK = 512, WINDOW_BLOCKS = 128, HEADER_BYTES = 328, HEADER_SHORT_BYTES = 324, EXTENSION_BYTES = 260,
	CRC_AT = 32, CYCLES_AT = 44, FORMAT_AT = 300, UUID_AT = 304, SIZE_AT = 320,
	CYCLE_BLOCKS = 64, CYCLE_BYTES = CYCLE_BLOCKS * BLOCK, RECORD_BYTES_MAX = 256 * 1024,
	/* Blocks in which writes may have been under way: eight records at most. */
	RECORDS_AT_A_TIME = 8, SCAN_BLOCKS = RECORDS_AT_A_TIME * RECORD_BYTES_MAX / BLOCK,
	OPERATION_BYTES = 12, TRANSACTION_HEADER_BYTES = 16, OPEN_MAX = 65536, PARTS_MAX = 258,
	PART_BYTES_MAX = 1 << 20, LITTLE_ENDIAN = 1,
};
enum { CLIENT_TRANSACTION = 0x69, CLIENT_LOG = 0xaa };
enum {
	OPERATION_START = 0x1, OPERATION_COMMIT = 0x2, OPERATION_CONTINUES = 0x4, OPERATION_CONTINUED = 0x8,
	OPERATION_END = 0x10, OPERATION_UNMOUNT = 0x20,
};
static const uint32_t record_magic = 0xfeedbabe;

struct record {
	uint32_t block, headers, length;	/* blocks of its header; bytes */
	uint32_t operations;
	uint64_t lsn, tail;
};

struct log {
	const struct xfs *xfs;
	struct source *volume;
	uint64_t offset;		/* bytes on the volume */
	uint32_t blocks;
	uint32_t head, tail;		/* replayed from the tail on, up to before the head */
	bool     is_clean;
	uint8_t  window[WINDOW_BLOCKS * BLOCK];
	uint32_t window_first, window_count;
	uint8_t *bytes;			/* of the record that was loaded last: header, data */
	struct xfs_transaction *open;	/* slots */
	size_t   open_count, open_capacity;
	struct map open_ids;		/* to a slot, counted from 1 */
	void   (*commit)(struct xfs_replay *replay, const struct xfs_transaction *transaction);
	struct xfs_replay *replay;
	const char *reason;		/* why it is not read, or not to its end */
};

/* Blocks */

static const uint8_t *
read_block(struct log *log, uint32_t block)
{
	if (log->window_count && block >= log->window_first && block - log->window_first < log->window_count)
		return log->window + (size_t)(block - log->window_first) * BLOCK;
	log->window_first = block - block % WINDOW_BLOCKS;
	log->window_count = log->blocks - log->window_first < WINDOW_BLOCKS ?
		log->blocks - log->window_first : WINDOW_BLOCKS;
	if (source_read_exactly(log->volume, log->offset + (uint64_t)log->window_first * BLOCK, log->window,
	    (size_t)log->window_count * BLOCK) == STATUS_OK)
		return log->window + (size_t)(block - log->window_first) * BLOCK;
	log->window_count = 0;
	log->reason = "a part of its log cannot be read";
	return NULL;
}

static bool
is_header(struct log *log, uint32_t block)
{
	const uint8_t *bytes = read_block(log, block);

	return bytes && xfs_u32(bytes, 0) == record_magic;
}

static uint32_t
cycle_of(struct log *log, uint32_t block)
{
	const uint8_t *bytes = read_block(log, block);

	if (!bytes)
		return 0;
	return xfs_u32(bytes, 0) == record_magic ? xfs_u32(bytes, 4) : xfs_u32(bytes, 0);
}

/* Forwards, or backwards with what is left of the ring. */
static uint32_t
pass(const struct log *log, uint32_t block, uint64_t count)
{
	return (uint32_t)((block + count) % log->blocks);
}

/* Where it ends */

/* The first block of the cycle that the last block is of, where the first is of another. */
static uint32_t
find_last_cycle(struct log *log, uint32_t last)
{
	uint32_t low = 0, high = log->blocks - 1;

	while (high - low > 1 && !log->reason) {
		uint32_t middle = low + (high - low) / 2;

		if (cycle_of(log, middle) == last)
			high = middle;
		else
			low = middle;
	}
	return high;
}

/* The first of some blocks that is of a cycle; the end of them where none is. */
static uint32_t
find_cycle(struct log *log, uint32_t first, uint32_t end, uint32_t cycle)
{
	while (first < end && !log->reason && cycle_of(log, first) != cycle)
		first++;
	return first;
}

/* Back to the first of the blocks before the head that a write under way left as it was. */
static uint32_t
pass_holes(struct log *log, uint32_t head, uint32_t stale)
{
	uint32_t scan = log->blocks < SCAN_BLOCKS ? log->blocks : SCAN_BLOCKS, first, found;

	if (head >= scan)
		return find_cycle(log, head - scan, head, stale);
	/* Around the end of the ring, where blocks should be of the cycle before. */
	first = log->blocks - (scan - head);
	found = find_cycle(log, first, log->blocks, stale - 1);
	return found < log->blocks && stale ? found : find_cycle(log, 0, head, stale);
}

static bool
read_header(struct log *log, uint32_t block, struct record *ret)
{
	const uint8_t *bytes = read_block(log, block);
	uint32_t version, size;

	if (!bytes || xfs_u32(bytes, 0) != record_magic)
		return false;
	version = xfs_u32(bytes, 8);
	size = xfs_u32(bytes, SIZE_AT);
	*ret = (struct record){
		.block = block, .headers = 1, .length = xfs_u32(bytes, 12), .operations = xfs_u32(bytes, 40),
		.lsn = xfs_u64(bytes, 16), .tail = xfs_u64(bytes, 24),
	};
	if (version & 2 && size > CYCLE_BYTES && size <= RECORD_BYTES_MAX)
		ret->headers = (size + CYCLE_BYTES - 1) / CYCLE_BYTES;
	return (version == 1 || version == 2) && ret->length && ret->length <= RECORD_BYTES_MAX &&
	       (ret->length + CYCLE_BYTES - 1) / CYCLE_BYTES <= (version & 2 ? RECORD_BYTES_MAX / CYCLE_BYTES : 1);
}

static uint32_t
record_blocks(const struct record *record)
{
	return record->headers + (record->length + BLOCK - 1) / BLOCK;
}

/* The last header before a block, at most so many blocks back. */
static bool
find_header(struct log *log, uint32_t before, uint32_t limit, struct record *ret)
{
	for (uint32_t i = 1; i <= limit && !log->reason; i++) {
		uint32_t block = pass(log, before, log->blocks - i);

		if (is_header(log, block))
			return read_header(log, block, ret);
	}
	return false;
}

/* The record with its data in log->bytes; false where that cannot be read. */
static bool
load(struct log *log, const struct record *record)
{
	uint32_t count = record_blocks(record), block = record->block;

	for (uint32_t i = 0; i < count; i++, block = pass(log, block, 1)) {
		const uint8_t *bytes = read_block(log, block);

		if (!bytes)
			return false;
		memcpy(log->bytes + (size_t)i * BLOCK, bytes, BLOCK);
	}
	return true;
}

static bool
sum_is_right(const struct log *log, const struct record *record, size_t header_bytes)
{
	static const uint8_t zeros[4];
	const struct crc32c *crc = &log->xfs->crc;
	uint32_t rest = crc32c_add(crc, 0xffffffff, log->bytes, CRC_AT);
	uint32_t extensions = (record->length + CYCLE_BYTES - 1) / CYCLE_BYTES;
	struct cursor c = cursor_over(log->bytes + CRC_AT, 4);

	rest = crc32c_add(crc, rest, zeros, sizeof zeros);
	rest = crc32c_add(crc, rest, log->bytes + CRC_AT + 4, header_bytes - CRC_AT - 4);
	for (uint32_t i = 1; i < extensions && i < record->headers; i++)
		rest = crc32c_add(crc, rest, log->bytes + (size_t)i * BLOCK, EXTENSION_BYTES);
	rest = crc32c_add(crc, rest, log->bytes + (size_t)record->headers * BLOCK, record->length);
	return ~rest == take_u32le(&c);
}

/* Checksums are kept since version 5; those of 32-bit machines leave out the end of the header. */
static bool
is_whole(const struct log *log, const struct record *record)
{
	return !log->xfs->geometry.is_v5 || sum_is_right(log, record, HEADER_BYTES) ||
	       sum_is_right(log, record, HEADER_SHORT_BYTES);
}

/* Of the last records those that were under way when it ended: false where none before it is whole. */
static bool
pass_torn(struct log *log, struct record *last)
{
	struct record records[RECORDS_AT_A_TIME + 1];
	unsigned count = 0, torn = 0;
	uint32_t before = log->head, tail = (uint32_t)last->tail;

	/* No farther back than where replaying begins. */
	while (count <= RECORDS_AT_A_TIME && (!count || records[count - 1].block != tail) &&
	    find_header(log, before, SCAN_BLOCKS, &records[count])) {
		if (!load(log, &records[count]))
			return false;
		if (!is_whole(log, &records[count]))
			torn = count + 1;
		before = records[count++].block;
	}
	if (!torn)
		return count > 0;
	if (torn >= count || torn > RECORDS_AT_A_TIME) {
		log->reason = "the last records of its log fail their checksums";
		return false;
	}
	log->head = records[torn - 1].block;
	*last = records[torn];
	return true;
}

/* A record that says that the volume was unmounted is the only thing to say in it. */
static bool
is_unmount(struct log *log, const struct record *last)
{
	if (last->operations != 1 || pass(log, last->block, record_blocks(last)) != log->head || !load(log, last))
		return false;
	return log->bytes[(size_t)last->headers * BLOCK + 9] & OPERATION_UNMOUNT;
}

static bool
find_ends(struct log *log)
{
	uint32_t first = cycle_of(log, 0), last = cycle_of(log, log->blocks - 1), stale = last;
	struct record record;

	log->is_clean = !log->reason && !first;
	if (log->reason || !first)
		return log->is_clean;
	log->head = first == last ? log->blocks : find_last_cycle(log, last);
	if (first == last)
		stale = last - 1;
	log->head = pass_holes(log, log->head, stale);
	if (log->reason)
		return false;
	log->head %= log->blocks;
	if (!find_header(log, log->head, log->blocks, &record)) {
		log->reason = log->reason ? log->reason : "no record is found at the end of its log";
		return false;
	}
	/* The last one lacks its end. */
	if (pass(log, record.block, record_blocks(&record)) != log->head) {
		log->head = record.block;
		if (!find_header(log, log->head, log->blocks, &record)) {
			log->reason = log->reason ? log->reason : "no whole record is found at the end of its log";
			return false;
		}
	}
	if (!pass_torn(log, &record)) {
		log->reason = log->reason ? log->reason : "no whole record is found at the end of its log";
		return false;
	}
	log->is_clean = is_unmount(log, &record);
	log->tail = (uint32_t)record.tail;
	if (log->tail >= log->blocks)
		log->reason = "its log says that it begins behind its end";
	return !log->reason;
}

/* Transactions */

static void
release_items(struct xfs_transaction *transaction)
{
	for (size_t i = 0; i < transaction->count; i++) {
		for (size_t part = 0; part < transaction->items[i].count; part++)
			buffer_release(&transaction->items[i].parts[part]);
		memory_free(transaction->items[i].parts);
	}
	memory_free(transaction->items);
	buffer_release(&transaction->header);
	*transaction = (struct xfs_transaction){ .count = 0 };
}

static struct xfs_transaction *
find_transaction(struct log *log, uint32_t id)
{
	uint64_t slot = 0;

	return map_get(&log->open_ids, &id, sizeof id, &slot) && slot ? &log->open[slot - 1] : NULL;
}

static void
close_transaction(struct log *log, struct xfs_transaction *transaction)
{
	uint32_t id = transaction->id;

	release_items(transaction);
	map_set(&log->open_ids, &id, sizeof id, 0);
}

static void
begin_transaction(struct log *log, uint32_t id, uint64_t lsn)
{
	size_t slot = 0;

	while (slot < log->open_count && log->open[slot].is_open)
		slot++;
	if (slot == OPEN_MAX) {
		log->reason = "more transactions are open in its log at a time than one can have";
		return;
	}
	if (slot == log->open_count) {
		log->open = memory_grow(log->open, log->open_count, &log->open_capacity, sizeof *log->open);
		log->open_count++;
	}
	log->open[slot] = (struct xfs_transaction){ .id = id, .lsn = lsn, .is_open = true };
	buffer_init(&log->open[slot].header, TRANSACTION_HEADER_BYTES);
	map_set(&log->open_ids, &id, sizeof id, slot + 1);
}

static struct xfs_log_item *
add_item(struct xfs_transaction *transaction)
{
	transaction->items = memory_grow(transaction->items, transaction->count, &transaction->capacity,
		sizeof *transaction->items);
	transaction->items[transaction->count] = (struct xfs_log_item){ .count = 0 };
	return &transaction->items[transaction->count++];
}

/* False where it makes no sense. */
static bool
add_part(struct xfs_transaction *transaction, const uint8_t *bytes, size_t length)
{
	struct xfs_log_item *item = transaction->count ? &transaction->items[transaction->count - 1] : NULL;

	if (transaction->header.length < TRANSACTION_HEADER_BYTES) {
		buffer_add(&transaction->header, bytes, length);
		return !transaction->header.overflowed;
	}
	if (!item || item->count == item->total)
		item = add_item(transaction);
	if (!item->total) {
		/* The first part of each begins with its kind and how many parts there are. */
		struct cursor c = cursor_over(bytes, length);

		take_u16le(&c);
		item->total = take_u16le(&c);
		if (c.failed || !item->total || item->total > PARTS_MAX) {
			item->total = 0;
			return false;
		}
	}
	item->parts = memory_grow(item->parts, item->count, &item->capacity, sizeof *item->parts);
	buffer_init(&item->parts[item->count], PART_BYTES_MAX);
	buffer_add(&item->parts[item->count++], bytes, length);
	return true;
}

static bool
continue_part(struct xfs_transaction *transaction, const uint8_t *bytes, size_t length)
{
	struct xfs_log_item *item = transaction->count ? &transaction->items[transaction->count - 1] : NULL;

	if (!item) {
		buffer_add(&transaction->header, bytes, length);
		return !transaction->header.overflowed;
	}
	if (!item->count)
		return false;
	buffer_add(&item->parts[item->count - 1], bytes, length);
	return !item->parts[item->count - 1].overflowed;
}

/* False where it makes no sense. */
static bool
take_operation(struct log *log, uint32_t id, uint8_t flags, uint64_t lsn, const uint8_t *bytes, size_t length)
{
	struct xfs_transaction *transaction = find_transaction(log, id);

	if (!transaction) {
		/* What began before the tail was written to its place. */
		if (flags & OPERATION_START)
			begin_transaction(log, id, lsn);
		return true;
	}
	if (flags & OPERATION_UNMOUNT) {
		close_transaction(log, transaction);
		return true;
	}
	if (flags & OPERATION_COMMIT) {
		log->commit(log->replay, transaction);
		close_transaction(log, transaction);
		return true;
	}
	if (flags & OPERATION_START)
		return false;
	if (!length)
		return true;
	return flags & OPERATION_CONTINUED ? continue_part(transaction, bytes, length) :
		add_part(transaction, bytes, length);
}

/* Puts back what stood where the cycles stand. */
static void
restore_data(struct log *log, const struct record *record)
{
	uint8_t *data = log->bytes + (size_t)record->headers * BLOCK;

	for (uint32_t i = 0; i < (record->length + BLOCK - 1) / BLOCK; i++) {
		uint32_t header = i / CYCLE_BLOCKS;
		size_t at = header ? (size_t)header * BLOCK + 4 : CYCLES_AT;

		if (header < record->headers)
			memcpy(data + (size_t)i * BLOCK, log->bytes + at + (size_t)(i % CYCLE_BLOCKS) * 4, 4);
	}
}

static bool
take_operations(struct log *log, const struct record *record)
{
	struct cursor c = cursor_over(log->bytes + (size_t)record->headers * BLOCK, record->length);

	for (uint32_t i = 0; i < record->operations && c.at < c.end; i++) {
		uint32_t id = take_u32be(&c), length = take_u32be(&c);
		uint8_t client = take_u8(&c), flags = take_u8(&c);
		const uint8_t *bytes;

		take_u16be(&c);
		bytes = take_bytes(&c, length);
		if (c.failed || (client != CLIENT_TRANSACTION && client != CLIENT_LOG) ||
		    !take_operation(log, id, flags, record->lsn, bytes, length))
			return false;
	}
	return true;
}

static bool
take_record(struct log *log, const struct record *record)
{
	if (!load(log, record))
		return false;
	if (!is_whole(log, record)) {
		log->reason = "a record of its log fails its checksum, so that Linux would not mount it";
		return false;
	}
	if (xfs_u32(log->bytes, FORMAT_AT) != LITTLE_ENDIAN) {
		log->reason = "its log was written by a machine of another byte order";
		return false;
	}
	if (memcmp(log->bytes + UUID_AT, log->xfs->geometry.uuid, XFS_UUID_BYTES)) {
		log->reason = "a record of its log is that of another file system";
		return false;
	}
	restore_data(log, record);
	if (!take_operations(log, record) && !log->reason)
		log->reason = "a record of its log makes no sense";
	return !log->reason;
}

/* All transactions from the tail to the head. */
static void
walk(struct log *log, void (*commit)(struct xfs_replay *replay, const struct xfs_transaction *transaction))
{
	uint32_t block = log->tail, left = (log->head + log->blocks - log->tail) % log->blocks, count;
	struct record record;

	log->commit = commit;
	map_init(&log->open_ids);
	for (; left; left -= count, block = pass(log, block, count)) {
		if (!read_header(log, block, &record) || record_blocks(&record) > left) {
			log->reason = log->reason ? log->reason : "a record of its log is not where it should be";
			break;
		}
		count = record_blocks(&record);
		if (!take_record(log, &record))
			break;
	}
	for (size_t i = 0; i < log->open_count; i++)
		if (log->open[i].is_open)
			release_items(&log->open[i]);
	log->open_count = 0;
	map_release(&log->open_ids);
}

/* What is told */

static void
note_unreplayed(const struct place *at, const struct notes *notes, const char *reason)
{
	note(notes, STATUS_OK, NOTE_JOURNAL_UNREPLAYED, at,
		"the file system was not unmounted and its log is not replayed as a whole: %s. "
		"The newest changes may be missing, files they concern may be read as they were before", reason);
}

static void
note_replayed(const struct xfs_replay_count *count, const struct place *at, const struct notes *notes)
{
	if (!count->sectors)
		note(notes, STATUS_OK, NOTE_JOURNAL_REPLAYED, at,
			"the file system was not unmounted; its log holds no change that is not in its place");
	else
		note(notes, STATUS_OK, NOTE_JOURNAL_REPLAYED, at,
			"the file system was not unmounted: %llu transactions of its log are laid over it, as a mount "
			"would have written them to their places (%llu buffers, %llu inodes; %llu were there already, "
			"%llu are void); the medium itself was not changed; files that were deleted while they were "
			"open are shown as orphans", (unsigned long long)count->transactions,
			(unsigned long long)count->buffers, (unsigned long long)count->inodes,
			(unsigned long long)count->older, (unsigned long long)count->cancelled);
}

static struct source *
replay(struct log *log, const struct place *at, const struct notes *notes, bool *ret_unreplayed)
{
	struct xfs_replay_count count;
	struct source *overlay;

	log->replay = xfs_replay_open(log->xfs);
	walk(log, xfs_replay_prepare);
	if (!log->reason)
		walk(log, xfs_replay_apply);
	count = xfs_replay_counts(log->replay);
	overlay = xfs_replay_close(log->replay);
	if (log->reason)
		note_unreplayed(at, notes, log->reason);
	else if (count.reason)
		note_unreplayed(at, notes, count.reason);
	*ret_unreplayed = log->reason || count.reason;
	if (overlay || !*ret_unreplayed)
		note_replayed(&count, at, notes);
	return overlay;
}

/* False: there is none to be read, *ret_reason says why. */
static bool
find_log(struct log *log, const char **ret_reason)
{
	const struct xfs_geometry *geometry = &log->xfs->geometry;

	*ret_reason = "it lies on another device";
	if (!geometry->log_start)
		return false;
	*ret_reason = "its superblock does not tell where it lies";
	if (!xfs_block_offset(geometry, geometry->log_start, geometry->log_blocks, &log->offset))
		return false;
	log->blocks = geometry->log_blocks << (geometry->block_log - 9);
	return log->blocks > 1;
}

struct source *
xfs_log_open(const struct xfs *xfs, const struct place *at, const struct notes *notes, bool *ret_unreplayed)
{
	struct log *log = memory_allocate(1, sizeof *log);
	struct source *overlay = NULL;
	const char *reason;

	*ret_unreplayed = false;
	log->xfs = xfs;
	log->volume = xfs->volume;
	log->bytes = memory_allocate(1, RECORD_BYTES_MAX + (RECORD_BYTES_MAX / CYCLE_BYTES + 1) * BLOCK);
	if (!find_log(log, &reason)) {
		*ret_unreplayed = true;
		note(notes, STATUS_OK, NOTE_JOURNAL_UNREPLAYED, at, "the log of the file system is not read: %s. Whether "
			"it was unmounted is not known; if it was not, the newest changes are missing", reason);
	} else if (!find_ends(log)) {
		*ret_unreplayed = true;
		note_unreplayed(at, notes, log->reason);
	} else if (!log->is_clean && log->head != log->tail) {
		overlay = replay(log, at, notes, ret_unreplayed);
	}
	memory_free(log->open);
	memory_free(log->bytes);
	memory_free(log);
	return overlay;
}
