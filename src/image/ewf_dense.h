/*
 * ewf_dense.h - zlib streams that are hardly shorter than their content, inflated side by side.
 *
 * A stream of which nearly all are literals (RFC 1951, 3.2.3 to 3.2.7) has few branches to guess wrong, but each literal waits
 * for the length of the one before: a core stands still for most of the time.  Literals of four streams wait at once.
 */
#ifndef IMAGE_EWF_DENSE_H
#define IMAGE_EWF_DENSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DENSE_LANES = 4 };

struct dense_stream {
	const uint8_t *packed;
	size_t   packed_length;	/* what follows the stream is left */
	uint8_t *bytes;
	size_t   length;	/* of the content */
	bool     is_whole;	/* result: the content has this length, and the Adler-32 that the stream ends with */
};

struct dense;

struct dense *dense_open(void);
void dense_close(struct dense *dense);	/* NULL is fine */

/*
 * count: DENSE_LANES at most.  A stream that is not whole may be in order all the same (blocks of another kind than those with
 * codes of their own, codes with gaps): its bytes are undefined, and a decoder that takes everything has to be asked.
 */
void dense_inflate(struct dense *dense, struct dense_stream *streams, size_t count);

#endif
