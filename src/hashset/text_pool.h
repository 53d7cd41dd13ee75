/* text_pool.h - texts that are written once each, and where.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_TEXT_POOL_H
#define T1554TRIAGE_HASHSET_TEXT_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spool.h"

/*
 * Texts go to a file, each with a NUL; those of late are remembered, so that
 * a text is written again only if it comes back after very many others.  What is
 * written depends on the texts alone.
 */
struct text_pool {
	struct spool spool;
	uint64_t    *slots;		/* hash << 32 | 1 + place in recent; 0: free */
	size_t       slot_count, count;
	char        *recent;		/* the end of the file, from recent_begin on */
	uint64_t     recent_begin;
	size_t       recent_length, recent_capacity;
	uint64_t     seed;
};

/* output: a file of the folder in which the spool goes. */
void text_pool_open(struct text_pool *pool, const char *output);
void text_pool_close(struct text_pool *pool);
/* Where the text stands in the file; "" and NULL stand at 0.  It is cut at INDEX_TEXT_MAX. */
uint64_t text_pool_offset(struct text_pool *pool, const char *text);

/*
 * The same in steps, so that many texts can wait for memory side by side: the hash, which calls for its slot;
 * call for the text that the slot names; the offset.
 */
uint64_t text_pool_hash(const struct text_pool *pool, const char *text, size_t length);
void     text_pool_fetch(const struct text_pool *pool, uint64_t hash);
uint64_t text_pool_find(struct text_pool *pool, uint64_t hash, const char *text, size_t length);	/* length not 0 */

#endif
