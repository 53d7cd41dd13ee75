/*
 * blocks.h - contents as MD5, SHA-1 and SHA-256 take them: in blocks of 64 bytes; what is no whole one waits for more.
 * Private to digest.
 */
#ifndef T1554TRIAGE_DIGEST_BLOCKS_H
#define T1554TRIAGE_DIGEST_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/digest.h>

enum { BLOCK_BYTES = 64 };

struct blocks {
	uint32_t algorithms;		/* 1 << DIGEST_MD5 ...: those that take the content here */
	uint32_t md5[4], sha1[5], sha256[8];
	uint64_t length;		/* bytes so far */
	uint8_t  rest[BLOCK_BYTES];	/* those behind the last whole block */
};

struct block_piece {
	struct blocks *blocks;
	const uint8_t *bytes;
	size_t         length;		/* of what is still to be taken */
	size_t         number;		/* the caller's, since the order of the pieces changes */
};

void blocks_begin(struct blocks *blocks, uint32_t algorithms);
bool blocks_take_sha(const struct blocks *blocks);	/* either of the two, or both */
void blocks_update(struct blocks *blocks, const void *bytes, size_t length);
/* Each of its algorithms, as digests_set takes it. */
void blocks_end(struct blocks *blocks, struct digests *ret_digests);

/*
 * blocks_update in three steps, between which whole blocks of several pieces are taken side by side.  The first counts the
 * piece and fills up the block that was begun; the last keeps what is no whole block any more, where no whole one is left.
 */
void block_piece_begin(struct block_piece *piece);
void block_piece_end(struct block_piece *piece);

/* Of pieces that are taken side by side: by length, the longest first; how many blocks each has; those are behind them, and
 * who is through makes room: returns how many are left. */
void   block_pieces_sort(struct block_piece *pieces, size_t count);
size_t block_pieces_fewest(struct block_piece *const *pieces, size_t count);
size_t block_pieces_advance(struct block_piece **pieces, size_t count, size_t blocks);

#endif
