/* md5.h - MD5 of one content, or of several side by side.  Private to digest. */
#ifndef T1554TRIAGE_DIGEST_MD5_H
#define T1554TRIAGE_DIGEST_MD5_H

#include <stddef.h>
#include <stdint.h>

enum { MD5_BLOCK_BYTES = 64, MD5_BYTES = 16 };

struct md5 {
	uint32_t state[4];
	uint64_t length;			/* bytes so far */
	uint8_t  rest[MD5_BLOCK_BYTES];		/* those behind the last whole block */
};

struct md5_piece {
	struct md5    *md5;
	const uint8_t *bytes;
	size_t         length;			/* of what is still to be taken */
	size_t         number;			/* the caller's, since the order of the pieces changes */
};

void md5_begin(struct md5 *md5);
void md5_update(struct md5 *md5, const void *bytes, size_t length);
/*
 * As md5_update for each, in two steps; no MD5 may stand there twice.  Each piece is begun once; then the second takes from all
 * of them until too few are left to be worth it, one at least to its end: length says what is left of the others.
 */
void md5_begin_piece(struct md5_piece *piece);
void md5_update_side_by_side(struct md5_piece *pieces, size_t count);
void md5_end(struct md5 *md5, uint8_t *ret_digest);

#endif
