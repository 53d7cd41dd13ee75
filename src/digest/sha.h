/* sha.h - SHA-1 and SHA-256 of the blocks of several contents, where the processor has instructions for them.  Private to digest. */
#ifndef T1554TRIAGE_DIGEST_SHA_H
#define T1554TRIAGE_DIGEST_SHA_H

#include "blocks.h"

/* Of this processor.  Where it is false, no content may ask for what follows. */
bool sha_has_instructions(void);
/* All whole blocks of all pieces, whose order changes, as their contents ask for one of the two or both.  None may stand there twice. */
void sha_side_by_side(struct block_piece *pieces, size_t count);
/* All whole blocks of one that asks for MD5, too: it takes no longer than MD5 alone. */
void sha_and_md5(struct block_piece *piece);

/* SHA-256 of one content that may stop in the middle of a block, as its instructions want it. */
struct sha_way {
	_Alignas(16) uint32_t abef[4], cdgh[4], abef_before[4], cdgh_before[4], words[16];
	bool is_half;			/* the last block is begun; what stands behind cdgh is its own */
};
void sha_way_begin(struct sha_way *way, const struct blocks *blocks);	/* behind a whole block */
void sha_way_end(const struct sha_way *way, struct blocks *blocks);
/* The first half of a block, or the second where the first is done. */
void sha_way_go(struct sha_way *way, const uint8_t *block);

#endif
