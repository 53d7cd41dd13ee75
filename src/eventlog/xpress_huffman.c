/*
 * xpress_huffman.c - LZ77 with Huffman codes, as RtlDecompressBufferEx has it under COMPRESSION_FORMAT_XPRESS_HUFF
 *
 *	of each 65536 bytes that come out: 256 bytes, half a byte a symbol: the length of its code, 0: it has none
 *	then words of 16 bits, their highest bit first; between them bytes of lengths that a symbol cannot say
 *	symbols 0 to 255 are bytes; others 256 + 16 * (bits of the distance) + (length - 3, 15: bytes follow)
 *
 * Specification: [MS-XCA] 2.2.  A reader is always two words ahead, so that the bytes of lengths stand behind those.
 */
#include <string.h>

#include "xpress_huffman.h"

enum { SYMBOLS = 512, LENGTHS_BYTES = SYMBOLS / 2, CODE_BITS = 15, BLOCK_BYTES = 65536, AHEAD_BYTES = 4 };

struct stream {
	const uint8_t *bytes;
	size_t         length, at;
	uint32_t       bits;		/* the highest is the next */
	int            spare;		/* of the bits, those beyond 16 */
	bool           failed;
	uint8_t        lengths[SYMBOLS];
	uint16_t       symbols[1 << CODE_BITS];
};

/* The last words may be left out where no bit of them is needed: what is read ahead of the end is zeros. */
static uint32_t
take(struct stream *stream, size_t count)
{
	uint32_t value = 0;

	for (size_t i = 0; i < count; i++)
		if (stream->at + i < stream->length)
			value |= (uint32_t)stream->bytes[stream->at + i] << (8 * i);
	stream->at += count;
	stream->failed |= stream->at > stream->length + AHEAD_BYTES;
	return value;
}

static void
drop(struct stream *stream, unsigned count)
{
	stream->bits = count < 32 ? stream->bits << count : 0;
	stream->spare -= (int)count;
	if (stream->spare < 0) {
		stream->bits |= take(stream, 2) << -stream->spare;
		stream->spare += 16;
	}
}

/* Codes in the order of their lengths, then of their symbols, fill all of the table or are none. */
static bool
read_codes(struct stream *stream)
{
	size_t filled = 0;

	if (stream->length < stream->at || stream->length - stream->at < LENGTHS_BYTES)
		return false;
	for (size_t i = 0; i < SYMBOLS; i++)
		stream->lengths[i] = stream->bytes[stream->at + i / 2] >> (4 * (i % 2)) & 15;
	stream->at += LENGTHS_BYTES;
	for (unsigned length = 1; length <= CODE_BITS; length++) {
		for (unsigned symbol = 0; symbol < SYMBOLS; symbol++) {
			size_t span = (size_t)1 << (CODE_BITS - length);

			if (stream->lengths[symbol] != length)
				continue;
			if (span > (1 << CODE_BITS) - filled)
				return false;
			while (span--)
				stream->symbols[filled++] = (uint16_t)symbol;
		}
	}
	stream->bits = take(stream, 2) << 16;
	stream->bits |= take(stream, 2);
	stream->spare = 16;
	return filled == 1 << CODE_BITS;
}

/* The length of a repeat, of whose symbol the lowest bits are given. */
static size_t
read_length(struct stream *stream, unsigned low)
{
	size_t length = low;

	if (low == 15) {
		length = take(stream, 1);
		if (length == 255) {
			length = take(stream, 2);
			if (!length)
				length = take(stream, 4);
			if (length < 15) {
				stream->failed = true;
				return 0;
			}
			length -= 15;
		}
		length += 15;
	}
	return length + 3;
}

static size_t
read_distance(struct stream *stream, unsigned bits)
{
	size_t distance = (size_t)1 << bits;

	if (bits) {
		distance += stream->bits >> (32 - bits);
		drop(stream, bits);
	}
	return distance;
}

bool
xpress_huffman_inflate(const uint8_t *bytes, size_t length, uint8_t *out, size_t out_length)
{
	struct stream stream = { .bytes = bytes, .length = length };
	size_t at = 0;

	while (at < out_length && !stream.failed) {
		size_t end = out_length - at > BLOCK_BYTES ? at + BLOCK_BYTES : out_length;

		if (!read_codes(&stream))
			return false;
		while (at < end && !stream.failed) {
			unsigned symbol = stream.symbols[stream.bits >> (32 - CODE_BITS)];
			size_t count, distance;

			drop(&stream, stream.lengths[symbol]);
			if (symbol < 256) {
				out[at++] = (uint8_t)symbol;
				continue;
			}
			count = read_length(&stream, symbol & 15);
			distance = read_distance(&stream, (symbol - 256) >> 4);
			if (stream.failed || distance > at)
				return false;
			/* A repeat may begin within what it makes, and end in the next block. */
			for (; count && at < out_length; count--, at++)
				out[at] = out[at - distance];
		}
	}
	return !stream.failed && at == out_length;
}
