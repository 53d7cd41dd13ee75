/*
 * bolt.c - the pages of a bolt database, in which containerd keeps what its layers are made of
 *
 * Pages of one size; of the first two, each a "meta", that with the later transaction counts (bbolt,
 * internal/common/{page,meta,bucket}.go).  All numbers are of the machine's order, here little:
 *
 *	page     number[8] flags[2] count[2] overflow[4], then elements    flags: 1 branch, 2 leaf, 4 meta
 *	meta     magic[4] ed0cdaed  version[4] 2  page_size[4] flags[4] root{page[8] sequence[8]} freelist[8] pages[8]
 *	         transaction[8] checksum[8], FNV-1a of what stands before it
 *	branch   position[4] key_size[4] page[8]                            counted from the element itself
 *	leaf     flags[4] position[4] key_size[4] value_size[4]             flags 1: the value is a bucket
 *	bucket   page[8] sequence[8]; with page 0 a whole page follows
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/memory.h>

#include "bolt.h"

enum { PAGE_HEADER_BYTES = 16, META_BYTES = 64, PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_META = 4, LEAF_BUCKET = 1,
	BUCKET_BYTES = 16, BRANCH_BYTES = 16, LEAF_BYTES = 16, PAGE_BYTES_MAX = 65536, DEPTH_MAX = 32,
	PAGES_MAX = 262144, OVERFLOW_BYTES_MAX = 16 << 20 };

static bool
is_sealed(const uint8_t *meta)
{
	struct cursor c = cursor_at(meta, META_BYTES, META_BYTES - 8);
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < META_BYTES - 8; i++)
		sum = (sum ^ meta[i]) * 0x100000001b3;
	return take_u64le(&c) == sum;
}

/* Takes a meta page where it is whole and later than what was taken. */
static bool
take_meta(struct bolt *bolt, uint64_t offset, uint64_t *transaction)
{
	uint8_t bytes[PAGE_HEADER_BYTES + META_BYTES];
	struct cursor c = cursor_at(bytes, sizeof bytes, 8);
	uint32_t page_size;
	uint64_t root, number;

	if (source_read_exactly(bolt->source, offset, bytes, sizeof bytes) < STATUS_OK || !(take_u16le(&c) & PAGE_META))
		return false;
	c = cursor_at(bytes, sizeof bytes, PAGE_HEADER_BYTES);
	if (take_u32le(&c) != 0xed0cdaed || take_u32le(&c) != 2)
		return false;
	page_size = take_u32le(&c);
	take_u32le(&c);
	root = take_u64le(&c);
	take_bytes(&c, 8 + 8 + 8);
	number = take_u64le(&c);
	if (page_size < 512 || page_size > PAGE_BYTES_MAX || !is_sealed(bytes + PAGE_HEADER_BYTES))
		return false;
	if (!bolt->page_size || number > *transaction) {
		bolt->page_size = page_size;
		bolt->root.page = root;
		*transaction = number;
	}
	return true;
}

bool
bolt_open(struct bolt *bolt, struct source *source)
{
	uint64_t transaction = 0;

	*bolt = (struct bolt){ .source = source, .pages_left = PAGES_MAX };
	take_meta(bolt, 0, &transaction);
	/* Where the first is lost the size of a page is not known: the usual ones are tried. */
	for (uint32_t size = bolt->page_size ? bolt->page_size : 512; size <= PAGE_BYTES_MAX; size *= 2)
		if (take_meta(bolt, size, &transaction) || bolt->page_size)
			break;
	return bolt->page_size != 0;
}

/* The bytes of a page with those that overflow it; owned by the caller.  NULL: not readable. */
static uint8_t *
read_page(struct bolt *bolt, uint64_t number, size_t *ret_length)
{
	uint8_t head[PAGE_HEADER_BYTES], *bytes;
	struct cursor c = cursor_at(head, sizeof head, 12);
	uint64_t length;

	if (!bolt->pages_left || number > UINT64_MAX / bolt->page_size - 1 ||
	    source_read_exactly(bolt->source, number * bolt->page_size, head, sizeof head) < STATUS_OK)
		return NULL;
	bolt->pages_left--;
	length = ((uint64_t)take_u32le(&c) + 1) * bolt->page_size;
	if (length > OVERFLOW_BYTES_MAX)
		return NULL;
	bytes = memory_allocate((size_t)length, 1);
	if (source_read_exactly(bolt->source, number * bolt->page_size, bytes, (size_t)length) < STATUS_OK) {
		memory_free(bytes);
		return NULL;
	}
	*ret_length = (size_t)length;
	return bytes;
}

struct bolt_walk {
	struct bolt *bolt;
	bool (*take)(void *context, const struct bolt_item *item);
	void  *context;
	bool   stopped;
	enum status status;
};

static void walk_number(struct bolt_walk *walk, uint64_t number, unsigned depth);

static bool
take_leaf(struct bolt_walk *walk, const uint8_t *bytes, size_t length, size_t element)
{
	struct cursor c = cursor_at(bytes, length, element), at;
	struct bolt_item item = { .is_bucket = take_u32le(&c) & LEAF_BUCKET };
	uint32_t position = take_u32le(&c);

	item.key_length = take_u32le(&c);
	item.value_length = take_u32le(&c);
	at = cursor_at(bytes, length, (uint64_t)element + position);
	item.key = (const char *)take_bytes(&at, item.key_length);
	item.value = take_bytes(&at, item.value_length);
	if (c.failed || at.failed)
		return false;
	if (item.is_bucket) {
		at = cursor_over(item.value, item.value_length);
		item.bucket.page = take_u64le(&at);
		take_u64le(&at);
		item.bucket.inline_page = at.at;
		item.bucket.inline_length = (size_t)(at.end - at.at);
		if (at.failed)
			return false;
	}
	walk->stopped = !walk->take(walk->context, &item);
	return true;
}

static void
walk_page(struct bolt_walk *walk, const uint8_t *bytes, size_t length, unsigned depth)
{
	struct cursor c = cursor_at(bytes, length, 8);
	uint16_t flags = take_u16le(&c), count = take_u16le(&c);
	bool whole = !c.failed && flags & (PAGE_BRANCH | PAGE_LEAF);

	for (uint16_t i = 0; i < count && whole && !walk->stopped; i++) {
		size_t element = PAGE_HEADER_BYTES + (size_t)i * (flags & PAGE_LEAF ? LEAF_BYTES : BRANCH_BYTES);

		if (flags & PAGE_LEAF) {
			whole = take_leaf(walk, bytes, length, element);
		} else {
			c = cursor_at(bytes, length, element + 8);
			walk_number(walk, take_u64le(&c), depth + 1);
			whole = !c.failed;
		}
	}
	if (!whole)
		walk->status = STATUS_DAMAGED;
}

static void
walk_number(struct bolt_walk *walk, uint64_t number, unsigned depth)
{
	size_t length;
	uint8_t *bytes = depth < DEPTH_MAX ? read_page(walk->bolt, number, &length) : NULL;

	if (bytes)
		walk_page(walk, bytes, length, depth);
	else
		walk->status = STATUS_DAMAGED;
	memory_free(bytes);
}

enum status
bolt_each(struct bolt *bolt, const struct bolt_bucket *bucket,
	bool (*take)(void *context, const struct bolt_item *item), void *context)
{
	struct bolt_walk walk = { .bolt = bolt, .take = take, .context = context, .status = STATUS_OK };

	if (bucket->page)
		walk_number(&walk, bucket->page, 0);
	else
		walk_page(&walk, bucket->inline_page, bucket->inline_length, 0);
	return walk.status;
}
