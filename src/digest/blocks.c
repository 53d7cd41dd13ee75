/* blocks.c - from the first byte of a content to the last, in blocks of 64 bytes (RFC 1321, 3.1 to 3.3; FIPS 180-4, 5.1.1 and 5.3). */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "md5.h"
#include "sha.h"

static bool
takes(const struct blocks *blocks, enum digest_algorithm algorithm)
{
	return blocks->algorithms & 1u << algorithm;
}

void
blocks_begin(struct blocks *blocks, uint32_t algorithms)
{
	*blocks = (struct blocks){ .algorithms = algorithms,
		.md5 = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 },
		.sha1 = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 },
		.sha256 = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
}

bool
blocks_take_sha(const struct blocks *blocks)
{
	return takes(blocks, DIGEST_SHA1) || takes(blocks, DIGEST_SHA256);
}

static void
take_sha(struct blocks *blocks, const uint8_t *bytes, size_t count)
{
	struct block_piece piece = { .blocks = blocks, .bytes = bytes, .length = count * BLOCK_BYTES };

	sha_side_by_side(&piece, 1);
}

static void
take_blocks(struct blocks *blocks, const uint8_t *bytes, size_t count)
{
	struct block_piece piece = { .blocks = blocks, .bytes = bytes, .length = count * BLOCK_BYTES };

	if (takes(blocks, DIGEST_MD5) && blocks_take_sha(blocks))
		sha_and_md5(&piece);
	else if (takes(blocks, DIGEST_MD5))
		md5_blocks(blocks->md5, bytes, count);
	else
		sha_side_by_side(&piece, 1);
}

void
block_piece_begin(struct block_piece *piece)
{
	struct blocks *blocks = piece->blocks;
	size_t used = blocks->length % BLOCK_BYTES, room = used ? BLOCK_BYTES - used : 0;

	if (room > piece->length)
		room = piece->length;
	blocks->length += piece->length;
	if (!room)
		return;
	memcpy(blocks->rest + used, piece->bytes, room);
	piece->bytes += room;
	piece->length -= room;
	if (used + room == BLOCK_BYTES)
		take_blocks(blocks, blocks->rest, 1);
}

/* Where the piece only filled up the rest, nothing of it is left to be kept. */
void
block_piece_end(struct block_piece *piece)
{
	if (piece->length >= BLOCK_BYTES)
		return;
	if (piece->length)
		memcpy(piece->blocks->rest, piece->bytes, piece->length);
	piece->length = 0;
}

void
blocks_update(struct blocks *blocks, const void *bytes, size_t length)
{
	struct block_piece piece = { .blocks = blocks, .bytes = bytes, .length = length };

	/* bytes may be NULL then. */
	if (!length)
		return;
	block_piece_begin(&piece);
	take_blocks(blocks, piece.bytes, piece.length / BLOCK_BYTES);
	piece.bytes += piece.length / BLOCK_BYTES * BLOCK_BYTES;
	piece.length %= BLOCK_BYTES;
	block_piece_end(&piece);
}

/* The rest, the bit that ends it and the length, as the algorithm writes it: one block or two, whose number is returned. */
static size_t
pad(const struct blocks *blocks, uint64_t bits, uint8_t ret_last[2 * BLOCK_BYTES])
{
	size_t used = blocks->length % BLOCK_BYTES, count = used + 1 + sizeof bits > BLOCK_BYTES ? 2 : 1;

	memset(ret_last, 0, 2 * BLOCK_BYTES);
	memcpy(ret_last, blocks->rest, used);
	ret_last[used] = 0x80;
	memcpy(ret_last + count * BLOCK_BYTES - sizeof bits, &bits, sizeof bits);
	return count;
}

static void
set_big_endian(struct digests *digests, enum digest_algorithm algorithm, const uint32_t *state)
{
	uint32_t words[8];

	for (size_t i = 0; i < digest_size(algorithm) / sizeof *words; i++)
		words[i] = htobe32(state[i]);
	digests_set(digests, algorithm, (const uint8_t *)words);
}

void
blocks_end(struct blocks *blocks, struct digests *ret_digests)
{
	uint8_t last[2 * BLOCK_BYTES];

	if (takes(blocks, DIGEST_MD5)) {
		uint32_t words[4];

		md5_blocks(blocks->md5, last, pad(blocks, htole64(blocks->length * 8), last));
		for (size_t i = 0; i < 4; i++)
			words[i] = htole32(blocks->md5[i]);
		digests_set(ret_digests, DIGEST_MD5, (const uint8_t *)words);
	}
	take_sha(blocks, last, pad(blocks, htobe64(blocks->length * 8), last));
	if (takes(blocks, DIGEST_SHA1))
		set_big_endian(ret_digests, DIGEST_SHA1, blocks->sha1);
	if (takes(blocks, DIGEST_SHA256))
		set_big_endian(ret_digests, DIGEST_SHA256, blocks->sha256);
}

/* ---- several pieces side by side ---- */

static int
by_length(const void *a, const void *b)
{
	const struct block_piece *one = a, *other = b;

	return one->length == other->length ? 0 : one->length > other->length ? -1 : 1;
}

void
block_pieces_sort(struct block_piece *pieces, size_t count)
{
	qsort(pieces, count, sizeof *pieces, by_length);
}

size_t
block_pieces_fewest(struct block_piece *const *pieces, size_t count)
{
	size_t blocks = pieces[0]->length / BLOCK_BYTES;

	for (size_t i = 1; i < count; i++)
		if (pieces[i]->length / BLOCK_BYTES < blocks)
			blocks = pieces[i]->length / BLOCK_BYTES;
	return blocks;
}

size_t
block_pieces_advance(struct block_piece **pieces, size_t count, size_t blocks)
{
	for (size_t i = count; i > 0; i--) {
		pieces[i - 1]->bytes += blocks * BLOCK_BYTES;
		pieces[i - 1]->length -= blocks * BLOCK_BYTES;
		if (pieces[i - 1]->length < BLOCK_BYTES)
			pieces[i - 1] = pieces[--count];
	}
	return count;
}
