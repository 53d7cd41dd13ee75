/*
 * test_dense.c - streams side by side, against libdeflate over each alone; "test_dense ROUNDS" changes and cuts them as often.
 *
 * Each stream and each content has memory of just its size, so that a sanitizer sees a byte too many.
 */
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "../../src/image/ewf_dense.h"
#include "tap.h"

enum { LENGTH = 32768, KINDS = 5, ROUNDS = 2000, CHANGES_MAX = 4, ADLER_BYTES = 4 };

static const char *const kinds[KINDS] = { "noise", "noise of three in four values", "noise with repeated parts", "text", "one byte" };
static const int levels[] = { 1, 6, 12 };

struct sample {
	uint8_t content[LENGTH];
	uint8_t packed[2 * LENGTH];
	size_t  length, packed_length;
};

/* The same numbers in every run. */
static uint32_t
next_number(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static uint8_t
byte_of_kind(size_t kind, const uint8_t *before, size_t length, uint32_t *state)
{
	uint32_t number = next_number(state);
	uint8_t byte = (uint8_t)(number >> 7);

	switch (kind) {
	case 0:  return byte;
	case 1:  return byte >= 192 ? byte - 192 : byte;
	case 2:  return length > 1000 && length / 100 % 16 == 0 ? before[-1000] : byte & 0x7f;
	case 3:  return (uint8_t)" etaoinshrdlu.\n,ETAOIN"[number % 22];
	default: return 'x';
	}
}

static void
make(struct sample *sample, size_t kind, int level, size_t length, uint32_t *state)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level);

	for (size_t i = 0; i < length; i++)
		sample->content[i] = byte_of_kind(kind, sample->content + i, i, state);
	sample->length = length;
	sample->packed_length = libdeflate_zlib_compress(compressor, sample->content, length, sample->packed, sizeof sample->packed);
	libdeflate_free_compressor(compressor);
}

/* A copy of just this size. */
static uint8_t *
copy(const uint8_t *bytes, size_t length)
{
	uint8_t *to = malloc(length ? length : 1);

	memcpy(to, bytes, length);
	return to;
}

/* How many are whole; -1: one that is called whole is not what libdeflate says. */
static int
inflate_all(struct dense *dense, struct dense_stream *streams, size_t count)
{
	struct libdeflate_decompressor *library = libdeflate_alloc_decompressor();
	uint8_t *expected = malloc(LENGTH);
	int whole = 0;

	dense_inflate(dense, streams, count);
	for (size_t i = 0; i < count; i++) {
		size_t got = 0;

		if (!streams[i].is_whole || whole < 0)
			continue;
		whole++;
		if (libdeflate_zlib_decompress(library, streams[i].packed, streams[i].packed_length, expected, streams[i].length, &got) ||
		    got != streams[i].length || memcmp(expected, streams[i].bytes, got))
			whole = -1;
	}
	free(expected);
	libdeflate_free_decompressor(library);
	return whole;
}

static struct dense_stream
stream_of(const struct sample *sample, size_t packed_length, size_t length)
{
	return (struct dense_stream){ .packed = copy(sample->packed, packed_length), .packed_length = packed_length,
		.bytes = malloc(length ? length : 1), .length = length };
}

static void
release(struct dense_stream *streams, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free((void *)(uintptr_t)streams[i].packed);
		free(streams[i].bytes);
	}
}

/* Lanes of several lengths, so that each number of lanes is taken. */
static void
test_kind(struct dense *dense, struct sample *sample, size_t kind, int level)
{
	struct dense_stream streams[DENSE_LANES];
	uint32_t state = (uint32_t)(kind * 13 + (unsigned)level);
	bool is_same = true;
	int whole;
	char what[96];

	for (size_t i = 0; i < DENSE_LANES; i++) {
		make(sample, kind, level, LENGTH / (i + 1), &state);
		streams[i] = stream_of(sample, sample->packed_length, sample->length);
	}
	whole = inflate_all(dense, streams, DENSE_LANES);
	snprintf(what, sizeof what, "%s, level %d: equals libdeflate", kinds[kind], level);
	/* Noise is stored, and the one distance of one byte has a code that leaves half of the bits out: both may be refused. */
	is_same = kind && kind < KINDS - 1 ? whole == DENSE_LANES : whole >= 0;
	if (!OK(is_same, what))
		printf("# %d of %d\n", whole, DENSE_LANES);
	release(streams, DENSE_LANES);
}

static void
test_lengths(struct dense *dense, struct sample *sample)
{
	struct dense_stream streams[DENSE_LANES];
	uint32_t state = 5;

	make(sample, 1, 1, LENGTH, &state);
	streams[0] = stream_of(sample, sample->packed_length, LENGTH - 1);
	streams[1] = stream_of(sample, sample->packed_length, LENGTH + 1);
	streams[2] = stream_of(sample, sample->packed_length - 1, LENGTH);
	streams[3] = stream_of(sample, sample->packed_length, LENGTH);
	IS(inflate_all(dense, streams, DENSE_LANES), 1, "of content that is longer, shorter and cut, none is whole");
	OK(streams[3].is_whole, "and what stands beside them is");
	release(streams, DENSE_LANES);
	sample->packed[sample->packed_length - ADLER_BYTES] ^= 1;
	streams[0] = stream_of(sample, sample->packed_length, LENGTH);
	IS(inflate_all(dense, streams, 1), 0, "nor what has another checksum");
	release(streams, 1);
}

/* All that is not the stream of a content must be seen, here or by the checksum. */
static void
test_changed(struct dense *dense, struct sample *sample, unsigned long rounds)
{
	uint32_t state = 7;
	unsigned long wrong = 0, whole = 0;

	for (unsigned long round = 0; round < rounds; round++) {
		struct dense_stream streams[DENSE_LANES];
		size_t count = 1 + next_number(&state) % DENSE_LANES;
		int got;

		make(sample, 1 + next_number(&state) % 3, levels[next_number(&state) % 3], 1 + next_number(&state) % LENGTH, &state);
		for (size_t i = 0; i < count; i++) {
			size_t cut = next_number(&state) % 8 ? 0 : next_number(&state) % sample->packed_length;
			uint8_t *packed;

			streams[i] = stream_of(sample, sample->packed_length - cut, sample->length);
			packed = (uint8_t *)(uintptr_t)streams[i].packed;
			for (uint32_t k = next_number(&state) % CHANGES_MAX; k && streams[i].packed_length; k--)
				/* The codes stand at the beginning. */
				packed[next_number(&state) % (k % 2 ? streams[i].packed_length : streams[i].packed_length % 128 + 1) %
					streams[i].packed_length] ^= (uint8_t)(1u << next_number(&state) % 8);
		}
		got = inflate_all(dense, streams, count);
		wrong += got < 0;
		whole += got > 0 ? (unsigned long)got : 0;
		release(streams, count);
	}
	IS(wrong, 0, "what is changed is called whole only where libdeflate gives the same");
	OK(whole, "some are whole");
}

int
main(int count, char **values)
{
	struct sample *sample = malloc(sizeof *sample);
	struct dense *dense = dense_open();

	for (size_t kind = 0; kind < KINDS; kind++)
		for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
			test_kind(dense, sample, kind, levels[i]);
	test_lengths(dense, sample);
	test_changed(dense, sample, count > 1 ? strtoul(values[1], NULL, 10) : ROUNDS);
	dense_close(dense);
	free(sample);
	return tap_done();
}
