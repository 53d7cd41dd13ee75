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

#endif
