/* bolt.h - the buckets of a bolt database.  Private to system. */
#ifndef T1554TRIAGE_SYSTEM_BOLT_H
#define T1554TRIAGE_SYSTEM_BOLT_H

#include <t1554triage/source.h>

/* Where the items of a bucket lie: on a page, or (page 0) in bytes that are borrowed from its item. */
struct bolt_bucket {
	uint64_t       page;
	const uint8_t *inline_page;
	size_t         inline_length;
};

struct bolt {
	struct source     *source;	/* borrowed */
	uint32_t           page_size;
	struct bolt_bucket root;
	uint64_t           pages_left;	/* that may still be read: pages may lead around */
};

/* Borrowed until take returns. */
struct bolt_item {
	const char    *key;
	size_t         key_length;
	const uint8_t *value;
	size_t         value_length;
	bool           is_bucket;
	struct bolt_bucket bucket;
};

/* False: no whole meta page, so no such database. */
bool bolt_open(struct bolt *bolt, struct source *source);

/* Each item of a bucket, in the order of keys; take returns false to stop.  STATUS_DAMAGED: not all were read. */
enum status bolt_each(struct bolt *bolt, const struct bolt_bucket *bucket,
	bool (*take)(void *context, const struct bolt_item *item), void *context);

#endif
