/* md5.h - MD5 of the blocks of one content, or of several side by side.  Private to digest. */
#ifndef T1554TRIAGE_DIGEST_MD5_H
#define T1554TRIAGE_DIGEST_MD5_H

#include "blocks.h"

void md5_blocks(uint32_t state[4], const uint8_t *bytes, size_t count);
/*
 * Whole blocks of all pieces, whose order changes, until too few pieces are left to be worth it; one at least is taken to its
 * end.  No content may stand there twice.
 */
void md5_side_by_side(struct block_piece *pieces, size_t count);

#endif
