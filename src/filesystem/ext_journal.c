/*
 * ext_journal.c - the journal of ext3 and ext4 (JBD2), laid over its volume.
 *
 * The journal is a file of whole blocks, its numbers are big-endian.  Block 0 is
 * its superblock; from s_first on lies the log, used as a ring.  Blocks of the
 * log's own begin with twelve bytes:
 *
 *	c0 3b 39 98  00 00 00 01  00 00 00 02      magic, kind, number of the transaction
 *
 * A descriptor (1) goes on with tags, one for each of the blocks that follow it; in
 * version 3 of the checksums, sixteen bytes and a UUID unless it is the same:
 *
 *	00 00 00 24  00 00 00 02  00 00 00 00      block on the volume, flags, its high part
 *	5e 1d 93 a0                                checksum of the block
 *
 * A revocation (5) has a length at 12, then numbers of blocks whose copies in this and
 * older transactions are void.  A commit block (2) ends a transaction and makes it
 * valid.  The log ends where the next block is not of the transaction expected.
 *
 * Whether a transaction counts is decided as Linux does it on a mount, in three
 * passes: find the end, collect the revocations, lay out the blocks.
 * Documentation/filesystems/ext4/journal.rst of Linux.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/crc32c.h>
#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "ext_journal.h"
#include "ext_map.h"

static const uint32_t log_magic = 0xc03b3998;

enum { HEADER_BYTES = 12, TAIL_BYTES = 4, UUID_BYTES = 16, REVOCATION_HEADER_BYTES = 16, SUPERBLOCK_BYTES = 1024 };
enum { KIND_DESCRIPTOR = 1, KIND_COMMIT, KIND_SUPERBLOCK_1, KIND_SUPERBLOCK_2, KIND_REVOCATION };
enum { TAG_ESCAPED = 1, TAG_SAME_UUID = 2, TAG_LAST = 8 };
enum { COMPATIBLE_CHECKSUM = 1 };
enum {
	INCOMPATIBLE_64BIT = 2, INCOMPATIBLE_CHECKSUM_2 = 8, INCOMPATIBLE_CHECKSUM_3 = 0x10,
	INCOMPATIBLE_FAST_COMMIT = 0x20, INCOMPATIBLE_KNOWN = 0x3f,
};
enum { CHECKSUM_CRC32 = 1, CHECKSUM_CRC32C = 4 };
enum { COMMIT_CHECKSUM_AT = 16, COMMIT_TIME_AT = 48, COMMIT_BYTES = 60 };
/* Where fast commits have no number of blocks of their own, and what must be left to the log. */
enum { FAST_BLOCKS = 256, LOG_BLOCKS_MIN = 1024, FAST_TAG_HEAD = 9 };

/* A block of the volume whose bytes lie in the journal. */
struct laid_block {
	uint64_t block, place;	/* place: bytes on the volume */
	uint32_t order;		/* of its tag: the last one counts */
	bool     escaped;	/* zeros stand in place of the magic number */
};

struct overlay {
	struct source      source;
	struct source     *volume;	/* borrowed */
	struct laid_block *blocks;	/* sorted, each block once */
	size_t             count, capacity;
	uint32_t           block_size;
};

/* Copies of a block in transactions up to this one are void.  Transactions count from the first of the log. */
struct revocation {
	uint64_t block;
	uint32_t transaction;
};

/* The CRC-32 of the first version: the highest bit first, nothing inverted. */
struct crc32 {
	uint32_t steps[256];
};

struct journal {
	struct source   *volume;
	struct run_list  runs;		/* of the journal's file */
	uint32_t         block_size, block_count;
	uint32_t         first, end;	/* of the ring, in blocks of the file */
	uint32_t         start, sequence;	/* of the first transaction */
	uint32_t         fast_first;	/* of the fast commits; 0: none */
	bool             wide, checksum_1, checksum_2, checksum_3;
	size_t           tag_bytes, usable_bytes;	/* of a descriptor or revocation */
	struct crc32c    crc32c;
	struct crc32     crc32;
	uint32_t         seed;
	uint8_t         *block, *data;	/* of the log's own; of the volume */
	uint32_t         transactions;	/* that are whole */
	struct revocation *revocations;
	size_t           revocation_count, revocation_capacity;
	struct overlay  *overlay;
	uint64_t         revoked, damaged, bad;	/* blocks */
	uint32_t         order;
	bool             over_limit;
	const char      *reason;	/* why not all of it can be replayed; NULL: it can */
};

/* Where a walk along the log stands. */
struct walk {
	uint32_t    at;			/* block of the file */
	uint32_t    left;		/* blocks until it has gone around */
	uint32_t    transaction;
	uint32_t    kind;		/* of the block that was read last */
	enum status status;		/* of reading it */
};

/* Checksums */

static void
crc32_init(struct crc32 *crc)
{
	enum { POLYNOMIAL = 0x04c11db7 };

	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t rest = byte << 24;

		for (int bit = 0; bit < 8; bit++)
			rest = rest & 0x80000000 ? rest << 1 ^ POLYNOMIAL : rest << 1;
		crc->steps[byte] = rest;
	}
}

static uint32_t
crc32_add(const struct crc32 *crc, uint32_t rest, const uint8_t *bytes, size_t length)
{
	while (length--)
		rest = rest << 8 ^ crc->steps[rest >> 24 ^ *bytes++];
	return rest;
}

static uint32_t
u32_at(const uint8_t *bytes, size_t offset)
{
	struct cursor c = cursor_over(bytes + offset, 4);

	return take_u32be(&c);
}

/* The checksum of bytes, with zeros in place of the four where it is kept itself. */
static uint32_t
sum_around(const struct journal *j, uint32_t seed, const uint8_t *bytes, size_t length, size_t at)
{
	static const uint8_t zeros[4];
	uint32_t rest = crc32c_add(&j->crc32c, seed, bytes, at);

	rest = crc32c_add(&j->crc32c, rest, zeros, sizeof zeros);
	return crc32c_add(&j->crc32c, rest, bytes + at + 4, length - at - 4);
}

/* Of a descriptor or a revocation: its last four bytes. */
static bool
tail_is_right(const struct journal *j)
{
	size_t at = j->block_size - TAIL_BYTES;

	if (!j->checksum_2 && !j->checksum_3)
		return true;
	return sum_around(j, j->seed, j->block, j->block_size, at) == u32_at(j->block, at);
}

/* Also where only the first sector of the block reached the medium: the rest is zeros when it is made. */
static bool
commit_is_right(struct journal *j)
{
	uint32_t told = u32_at(j->block, COMMIT_CHECKSUM_AT);

	if (!j->checksum_2 && !j->checksum_3)
		return true;
	if (sum_around(j, j->seed, j->block, j->block_size, COMMIT_CHECKSUM_AT) == told)
		return true;
	memset(j->data, 0, j->block_size);
	memcpy(j->data, j->block, COMMIT_BYTES);
	return sum_around(j, j->seed, j->data, j->block_size, COMMIT_CHECKSUM_AT) == told;
}

static bool
commit_matches_sum(const struct journal *j, uint32_t sum)
{
	uint8_t type = j->block[HEADER_BYTES], size = j->block[HEADER_BYTES + 1];
	uint32_t told = u32_at(j->block, COMMIT_CHECKSUM_AT);

	if (!j->checksum_1)
		return true;
	if (!type && !size && !told)
		return true;
	return type == CHECKSUM_CRC32 && size == 4 && told == sum;
}

/* The log */

/* Where a block of the journal lies, bytes on the volume; UINT64_MAX: nowhere. */
static uint64_t
find_place(const struct journal *j, uint32_t number)
{
	uint64_t offset = (uint64_t)number * j->block_size;
	size_t low = 0, high = j->runs.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct run *run = &j->runs.items[middle];

		if (run->file_offset + run->length <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == j->runs.count || j->runs.items[low].kind != RUN_DATA)
		return UINT64_MAX;
	return j->runs.items[low].volume_offset + (offset - j->runs.items[low].file_offset);
}

static enum status
read_block(const struct journal *j, uint32_t number, uint8_t *bytes)
{
	uint64_t place = find_place(j, number);

	if (place == UINT64_MAX)
		return STATUS_UNREADABLE;
	return source_read_exactly(j->volume, place, bytes, j->block_size);
}

static struct walk
walk_begin(const struct journal *j)
{
	return (struct walk){ .at = j->start, .left = j->end - j->first };
}

/* Passes blocks; false once it has gone around. */
static bool
walk_pass(const struct journal *j, struct walk *walk, uint32_t count)
{
	if (count > walk->left) {
		walk->left = 0;
		return false;
	}
	walk->left -= count;
	walk->at = j->first + (walk->at - j->first + count) % (j->end - j->first);
	return true;
}

/* Reads the next block of the log's own; false where the log ends, or with a bad status. */
static bool
walk_next(struct journal *j, struct walk *walk)
{
	struct cursor c = cursor_over(j->block, HEADER_BYTES);
	uint32_t at = walk->at;

	if (!walk_pass(j, walk, 1))
		return false;
	walk->status = read_block(j, at, j->block);
	if (walk->status != STATUS_OK || take_u32be(&c) != log_magic)
		return false;
	walk->kind = take_u32be(&c);
	return take_u32be(&c) == (uint32_t)(j->sequence + walk->transaction);
}

struct tag {
	uint64_t block;
	uint32_t flags, checksum;
};

static struct cursor
tags_of(const struct journal *j)
{
	return cursor_over(j->block + HEADER_BYTES, j->usable_bytes - HEADER_BYTES);
}

/* False behind the last one. */
static bool
take_tag(const struct journal *j, struct cursor *c, struct tag *ret_tag)
{
	const uint8_t *bytes = take_bytes(c, j->tag_bytes);
	struct cursor t = cursor_over(bytes, bytes ? j->tag_bytes : 0);
	uint64_t high;

	if (!bytes)
		return false;
	ret_tag->block = take_u32be(&t);
	if (j->checksum_3) {
		ret_tag->flags = take_u32be(&t);
		high = take_u32be(&t);
		ret_tag->checksum = take_u32be(&t);
	} else {
		ret_tag->checksum = take_u16be(&t);
		ret_tag->flags = take_u16be(&t);
		high = j->wide ? take_u32be(&t) : 0;
	}
	if (j->wide)
		ret_tag->block |= high << 32;
	if (!(ret_tag->flags & TAG_SAME_UUID))
		take_bytes(c, UUID_BYTES);
	if (ret_tag->flags & TAG_LAST)
		c->at = c->end;
	return true;
}

static uint32_t
count_tags(const struct journal *j)
{
	struct cursor c = tags_of(j);
	struct tag tag;
	uint32_t count = 0;

	while (take_tag(j, &c, &tag))
		count++;
	return count;
}

/* First pass: how many transactions are whole */

struct scan {
	struct walk walk;
	uint32_t    sum;		/* of the first version, over the transaction so far */
	bool        suspect;		/* a block of this transaction fails its checksum */
	uint64_t    last_time;		/* of the last commit, seconds */
};

/* The descriptor and the blocks that follow it. */
static bool
sum_described(struct journal *j, struct scan *scan)
{
	uint32_t count = count_tags(j);

	scan->sum = crc32_add(&j->crc32, scan->sum, j->block, j->block_size);
	for (; count; count--) {
		uint32_t at = scan->walk.at;

		if (!walk_pass(j, &scan->walk, 1))
			return false;
		scan->walk.status = read_block(j, at, j->data);
		if (scan->walk.status != STATUS_OK)
			return false;
		scan->sum = crc32_add(&j->crc32, scan->sum, j->data, j->block_size);
	}
	return true;
}

static bool
scan_descriptor(struct journal *j, struct scan *scan)
{
	scan->suspect |= !tail_is_right(j);
	if (j->checksum_1)
		return sum_described(j, scan);
	return walk_pass(j, &scan->walk, count_tags(j));
}

/*
 * False: the log ends before this transaction.  What fails its checksum and is older than the
 * transaction before is a leftover of an earlier use of the journal.
 */
static bool
scan_commit(struct journal *j, struct scan *scan)
{
	struct cursor c = cursor_at(j->block, j->block_size, COMMIT_TIME_AT);
	uint64_t time = take_u64be(&c);

	if (!scan->suspect && commit_matches_sum(j, scan->sum) && commit_is_right(j)) {
		scan->last_time = time;
		scan->sum = 0xffffffff;
		scan->walk.transaction++;
		return true;
	}
	if (time < scan->last_time)
		return false;
	if (scan->suspect) {
		/* Linux refuses to mount it and replays nothing. */
		j->transactions = 0;
		scan->walk.transaction = 0;
		j->reason = "a block of its log fails its checksum, so that Linux would not mount it; nothing of it is replayed";
	} else {
		j->reason = "a commit fails its checksum; its transaction and what follows it are not replayed";
	}
	return false;
}

static void
find_end(struct journal *j)
{
	struct scan scan = { .walk = walk_begin(j), .sum = 0xffffffff };
	bool more = true;

	while (more && walk_next(j, &scan.walk)) {
		switch (scan.walk.kind) {
		case KIND_DESCRIPTOR:
			more = scan_descriptor(j, &scan);
			break;
		case KIND_REVOCATION:
			scan.suspect |= !tail_is_right(j);
			break;
		case KIND_COMMIT:
			more = scan_commit(j, &scan);
			break;
		default:
			more = false;
		}
	}
	j->transactions = scan.walk.transaction;
	if (scan.walk.status != STATUS_OK)
		j->reason = "a part of its log cannot be read; transactions from there on are not replayed";
}

/* Second pass: what is revoked */

static int
compare_revocations(const void *a, const void *b)
{
	const struct revocation *one = a, *other = b;

	if (one->block != other->block)
		return one->block < other->block ? -1 : 1;
	return one->transaction < other->transaction ? -1 : one->transaction > other->transaction;
}

static bool
take_revocations(struct journal *j, uint32_t transaction)
{
	size_t length = u32_at(j->block, HEADER_BYTES), item = j->wide ? 8 : 4;
	struct cursor c = cursor_over(j->block + REVOCATION_HEADER_BYTES, 0);

	if (length > j->usable_bytes) {
		j->reason = "a list of revoked blocks is longer than its block; nothing of it is replayed";
		return false;
	}
	if (length > REVOCATION_HEADER_BYTES)
		c.end += length - REVOCATION_HEADER_BYTES;
	while ((size_t)(c.end - c.at) >= item) {
		if (j->revocation_count >= limit_get(LIMIT_JOURNAL_BLOCKS)) {
			j->over_limit = true;
			return false;
		}
		j->revocations = memory_grow(j->revocations, j->revocation_count, &j->revocation_capacity,
			sizeof *j->revocations);
		j->revocations[j->revocation_count++] = (struct revocation){
			.block = take_be(&c, item), .transaction = transaction };
	}
	return true;
}

static bool
collect_revocations(struct journal *j)
{
	struct walk walk = walk_begin(j);

	while (walk.transaction < j->transactions && walk_next(j, &walk)) {
		if (walk.kind == KIND_COMMIT)
			walk.transaction++;
		else if (walk.kind == KIND_DESCRIPTOR)
			walk_pass(j, &walk, count_tags(j));
		else if (!take_revocations(j, walk.transaction))
			return false;
	}
	if (j->revocation_count)
		qsort(j->revocations, j->revocation_count, sizeof *j->revocations, compare_revocations);
	return true;
}

static bool
is_revoked(const struct journal *j, uint64_t block, uint32_t transaction)
{
	size_t low = 0, high = j->revocation_count;

	/* The first that voids this transaction's copy, if any does. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct revocation *one = &j->revocations[middle];

		if (one->block < block || (one->block == block && one->transaction < transaction))
			low = middle + 1;
		else
			high = middle;
	}
	return low < j->revocation_count && j->revocations[low].block == block;
}

/* Third pass: the blocks */

static bool
data_is_right(struct journal *j, const struct tag *tag, uint32_t number, uint32_t transaction)
{
	uint32_t sequence = j->sequence + transaction, sum;
	uint8_t bytes[4] = {
		(uint8_t)(sequence >> 24), (uint8_t)(sequence >> 16), (uint8_t)(sequence >> 8), (uint8_t)sequence,
	};

	if (!j->checksum_2 && !j->checksum_3)
		return true;
	if (read_block(j, number, j->data) != STATUS_OK) {
		/* Laid over nevertheless: who reads it meets the damage, not what stood there before. */
		j->damaged++;
		return true;
	}
	sum = crc32c_add(&j->crc32c, j->seed, bytes, sizeof bytes);
	sum = crc32c_add(&j->crc32c, sum, j->data, j->block_size);
	if (tag->checksum == (j->checksum_3 ? sum : sum & 0xffff))
		return true;
	j->bad++;
	return false;
}

static void
lay_block(struct journal *j, const struct tag *tag, uint32_t number, uint32_t transaction)
{
	struct overlay *overlay = j->overlay;
	uint64_t place = find_place(j, number);

	/* Behind the end of the volume nothing can be read either way. */
	if (tag->block >= j->volume->size / j->block_size)
		return;
	if (is_revoked(j, tag->block, transaction)) {
		j->revoked++;
		return;
	}
	if (place == UINT64_MAX) {
		j->bad++;
		return;
	}
	if (!data_is_right(j, tag, number, transaction))
		return;
	overlay->blocks = memory_grow(overlay->blocks, overlay->count, &overlay->capacity,
		sizeof *overlay->blocks);
	overlay->blocks[overlay->count++] = (struct laid_block){
		.block = tag->block, .place = place, .order = j->order++,
		.escaped = tag->flags & TAG_ESCAPED,
	};
}

static void
lay_described(struct journal *j, struct walk *walk)
{
	struct cursor c = tags_of(j);
	struct tag tag;

	while (take_tag(j, &c, &tag)) {
		uint32_t number = walk->at;

		if (!walk_pass(j, walk, 1))
			return;
		lay_block(j, &tag, number, walk->transaction);
	}
}

static int
compare_laid(const void *a, const void *b)
{
	const struct laid_block *one = a, *other = b;

	if (one->block != other->block)
		return one->block < other->block ? -1 : 1;
	return one->order < other->order ? -1 : one->order > other->order;
}

/* Of the copies of a block the last one stays. */
static void
sort_laid(struct overlay *overlay)
{
	size_t kept = 0;

	if (overlay->count)
		qsort(overlay->blocks, overlay->count, sizeof *overlay->blocks, compare_laid);
	for (size_t i = 0; i < overlay->count; i++)
		if (i + 1 == overlay->count || overlay->blocks[i + 1].block != overlay->blocks[i].block)
			overlay->blocks[kept++] = overlay->blocks[i];
	overlay->count = kept;
}

static void
lay_blocks(struct journal *j)
{
	struct walk walk = walk_begin(j);

	while (walk.transaction < j->transactions && walk_next(j, &walk)) {
		if (walk.kind == KIND_COMMIT)
			walk.transaction++;
		else if (walk.kind == KIND_DESCRIPTOR)
			lay_described(j, &walk);
	}
	sort_laid(j->overlay);
	if (j->bad)
		j->reason = "blocks of it fail their checksums, so that Linux would not mount it; they are not replayed";
	else if (j->damaged)
		j->reason = "blocks of it lie in damaged ranges of the medium; files they concern are damaged";
}

/*
 * Fast commits begin with "09 00 08 00", features, and the transaction they follow: of an older
 * one they are void.
 */
static bool
has_fast_commits(struct journal *j)
{
	struct cursor c = cursor_over(j->data, 12);

	if (!j->fast_first || read_block(j, j->fast_first, j->data) <= STATUS_UNREADABLE)
		return false;
	if (take_u16le(&c) != FAST_TAG_HEAD)
		return false;
	take_bytes(&c, 2 + 4);
	return take_u32le(&c) == (uint32_t)(j->sequence + j->transactions);
}

/* The overlay as a source */

/* The first laid block that is not before this one. */
static size_t
find_laid(const struct overlay *overlay, uint64_t block)
{
	size_t low = 0, high = overlay->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (overlay->blocks[middle].block < block)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where offset lies and how far in one piece; *ret_laid: the block in the journal, NULL: in its own place. */
static uint64_t
find_piece(const struct overlay *overlay, uint64_t offset, uint64_t *length,
	const struct laid_block **ret_laid)
{
	uint64_t block = offset / overlay->block_size, in_block = offset % overlay->block_size, left;
	size_t at = find_laid(overlay, block);

	*ret_laid = NULL;
	if (at == overlay->count)
		return offset;
	left = overlay->blocks[at].block * overlay->block_size - offset;
	if (overlay->blocks[at].block == block) {
		*ret_laid = &overlay->blocks[at];
		left = overlay->block_size - in_block;
	}
	if (*length > left)
		*length = left;
	return *ret_laid ? (*ret_laid)->place + in_block : offset;
}

static void
restore_magic(uint64_t in_block, uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length && in_block + i < 4; i++)
		bytes[i] = (uint8_t)(log_magic >> (24 - 8 * (in_block + i)));
}

static enum status
read_overlay(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct overlay *overlay = (struct overlay *)source;
	enum status status = STATUS_OK;
	uint8_t *to = buffer;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	while (length) {
		const struct laid_block *laid;
		uint64_t part = length, place = find_piece(overlay, offset, &part, &laid);
		enum status one = source_read_exactly(overlay->volume, place, to, (size_t)part);

		if (one <= STATUS_UNREADABLE)
			return *ret_length ? status : one;
		if (laid && laid->escaped)
			restore_magic(offset % overlay->block_size, to, (size_t)part);
		status = status_worse(status, one);
		*ret_length += (size_t)part;
		offset += part;
		to += part;
		length -= (size_t)part;
	}
	return status;
}

static void
close_overlay(struct source *source)
{
	memory_free(((struct overlay *)source)->blocks);
	memory_free(source);
}

uint64_t
ext_journal_place(const struct source *overlay, uint64_t offset, uint64_t *length)
{
	const struct laid_block *laid;

	return find_piece((const struct overlay *)overlay, offset, length, &laid);
}

static struct overlay *
open_overlay(struct source *volume, uint32_t block_size)
{
	struct overlay *overlay = memory_allocate(1, sizeof *overlay);

	overlay->source = (struct source){
		.size = volume->size, .read = read_overlay, .close = close_overlay, .damage = volume->damage,
	};
	overlay->volume = volume;
	overlay->block_size = block_size;
	return overlay;
}

/* The journal's superblock */

static void
take_features(struct journal *j, uint32_t compatible, uint32_t incompatible)
{
	j->wide = incompatible & INCOMPATIBLE_64BIT;
	j->checksum_1 = compatible & COMPATIBLE_CHECKSUM;
	j->checksum_2 = incompatible & INCOMPATIBLE_CHECKSUM_2;
	j->checksum_3 = incompatible & INCOMPATIBLE_CHECKSUM_3;
	j->usable_bytes = j->block_size;
	if (j->checksum_2 || j->checksum_3)
		j->usable_bytes -= TAIL_BYTES;
	j->tag_bytes = j->wide ? 12 : 8;
	if (j->checksum_2)
		j->tag_bytes += 2;
	if (j->checksum_3)
		j->tag_bytes = 16;
}

/* The end of the file is kept for fast commits. */
static void
cut_fast_blocks(struct journal *j, uint32_t count)
{
	if (!count)
		count = FAST_BLOCKS;
	if (count > j->end || j->end - count < LOG_BLOCKS_MIN)
		return;
	j->end -= count;
	j->fast_first = j->end + 1;
}

/* Features, which the first version of the superblock does not have. */
static const char *
read_version_2(struct journal *j)
{
	uint32_t compatible = u32_at(j->block, 36), incompatible = u32_at(j->block, 40);

	if (incompatible & ~(uint32_t)INCOMPATIBLE_KNOWN)
		return "it has features that are not known";
	take_features(j, compatible, incompatible);
	if (j->checksum_1 + j->checksum_2 + j->checksum_3 > 1)
		return "its superblock names two kinds of checksums";
	if (j->checksum_2 || j->checksum_3) {
		if (j->block[80] != CHECKSUM_CRC32C)
			return "its checksums are of a kind that is not known";
		if (sum_around(j, 0xffffffff, j->block, SUPERBLOCK_BYTES, 252) != u32_at(j->block, 252))
			return "its superblock fails its checksum";
		j->seed = crc32c_add(&j->crc32c, 0xffffffff, j->block + 48, UUID_BYTES);
	}
	if (incompatible & INCOMPATIBLE_FAST_COMMIT)
		cut_fast_blocks(j, u32_at(j->block, 84));
	return NULL;
}

/* The reason why it cannot be used, or NULL. */
static const char *
read_superblock(struct journal *j)
{
	enum status status = read_block(j, 0, j->block);
	uint32_t kind = u32_at(j->block, 4);
	const char *reason = NULL;

	if (status != STATUS_OK)
		return "its superblock cannot be read";
	if (u32_at(j->block, 0) != log_magic || (kind != KIND_SUPERBLOCK_1 && kind != KIND_SUPERBLOCK_2))
		return "it does not begin with a superblock";
	if (u32_at(j->block, 12) != j->block_size)
		return "its blocks are not as long as those of its file system";
	j->end = u32_at(j->block, 16);
	j->first = u32_at(j->block, 20);
	j->sequence = u32_at(j->block, 24);
	j->start = u32_at(j->block, 28);
	if (j->end > j->block_count || !j->first || j->first >= j->end)
		return "the bounds of its log make no sense";
	take_features(j, 0, 0);
	if (kind == KIND_SUPERBLOCK_2)
		reason = read_version_2(j);
	if (!reason && j->start && (j->start < j->first || j->start >= j->end))
		reason = "its log begins outside of its bounds";
	return reason;
}

/* Finding it */

static const char *
find_journal(struct journal *j, struct ext *ext, const uint8_t *superblock)
{
	struct cursor c = cursor_at(superblock, SUPERBLOCK_BYTES, 224);
	uint32_t number = take_u32le(&c), device = take_u32le(&c);
	struct ext_inode inode;
	const char *reason = NULL;

	if (!(ext->compatible & EXT_COMPATIBLE_JOURNAL))
		return "the superblock names none";
	if (device || !number)
		return "it lies on another device";
	if (ext_inode_read(ext, j->volume, number, &inode) != STATUS_OK)
		return "its inode cannot be read";
	if (inode.flags & EXT_FLAG_INLINE_DATA || inode.size / ext->block_size > limit_get(LIMIT_JOURNAL_BLOCKS)) {
		j->over_limit = !(inode.flags & EXT_FLAG_INLINE_DATA);
		return "it is longer than a journal can be";
	}
	j->block_count = (uint32_t)(inode.size / ext->block_size);
	j->runs.size = (uint64_t)j->block_count * ext->block_size;
	if (ext_map(ext, j->volume, &inode, &j->runs, &reason) <= STATUS_UNREADABLE)
		return reason;
	return NULL;
}

static void
replay(struct journal *j, struct ext *ext, const uint8_t *superblock)
{
	j->reason = find_journal(j, ext, superblock);
	if (!j->reason)
		j->reason = read_superblock(j);
	if (j->reason || !j->start)
		return;
	find_end(j);
	if (!collect_revocations(j)) {
		j->transactions = 0;
		return;
	}
	lay_blocks(j);
}

/* What is told */

static void
note_replayed(const struct journal *j, const struct ext *ext, const uint8_t *superblock,
	const struct place *at, const struct notes *notes)
{
	struct cursor c = cursor_at(superblock, SUPERBLOCK_BYTES, 232);
	const char *orphans = "";

	if (take_u32le(&c) || ext->read_only_compatible & EXT_READ_ONLY_ORPHANS_PRESENT)
		orphans = "; files that were deleted while they were open, or being cut, are shown as they stood";
	if (!j->transactions)
		note(notes, STATUS_OK, NOTE_JOURNAL_REPLAYED, at,
			"the file system was not unmounted; its journal holds no change that is not in its place%s",
			orphans);
	else
		note(notes, STATUS_OK, NOTE_JOURNAL_REPLAYED, at,
			"the file system was not unmounted: %llu blocks of %u transactions are read from its journal, "
			"as a mount would have written them to their places (%llu revoked copies are not); "
			"the medium itself was not changed%s", (unsigned long long)j->overlay->count,
			j->transactions, (unsigned long long)j->revoked, orphans);
}

static void
note_unreplayed(const struct journal *j, const struct place *at, const struct notes *notes)
{
	note(notes, STATUS_OK, j->over_limit ? NOTE_LIMIT_HIT : NOTE_JOURNAL_UNREPLAYED, at,
		"the file system was not unmounted and its journal is not replayed as a whole: %s. "
		"The newest changes may be missing, files they concern may be read as they were before",
		j->over_limit ? "it is over the limit of journal blocks" : j->reason);
}

/* What was laid over, or NULL. */
static struct source *
finish(struct journal *j, const struct ext *ext, const uint8_t *superblock, const struct place *at,
	const struct notes *notes, bool *ret_unreplayed)
{
	static const char fast[] = "it holds fast commits, which are not read; whole transactions are replayed";
	bool laid = j->overlay->count;

	if (!j->reason && !j->over_limit && has_fast_commits(j))
		j->reason = fast;
	*ret_unreplayed = j->reason || j->over_limit;
	if (*ret_unreplayed)
		note_unreplayed(j, at, notes);
	if (laid || !*ret_unreplayed)
		note_replayed(j, ext, superblock, at, notes);
	if (laid)
		return &j->overlay->source;
	source_close(&j->overlay->source);
	return NULL;
}

struct source *
ext_journal_open(struct source *volume, const struct place *at, const struct notes *notes,
	bool *ret_unreplayed)
{
	struct ext *ext = memory_allocate(1, sizeof *ext);
	struct journal j = { .volume = volume };
	uint8_t superblock[SUPERBLOCK_BYTES];
	struct source *result = NULL;

	*ret_unreplayed = false;
	if (ext_open(ext, volume) && ext->incompatible & EXT_INCOMPATIBLE_RECOVER &&
	    source_read_exactly(volume, SUPERBLOCK_BYTES, superblock, sizeof superblock) > STATUS_UNREADABLE) {
		j.block_size = ext->block_size;
		j.block = memory_allocate(1, ext->block_size);
		j.data = memory_allocate(1, ext->block_size);
		j.overlay = open_overlay(volume, ext->block_size);
		crc32c_init(&j.crc32c);
		crc32_init(&j.crc32);
		replay(&j, ext, superblock);
		result = finish(&j, ext, superblock, at, notes, ret_unreplayed);
	}
	run_list_release(&j.runs);
	memory_free(j.revocations);
	memory_free(j.block);
	memory_free(j.data);
	memory_free(ext);
	return result;
}
