/* test_digest.c - digests of several contents side by side, against libcrypto over each alone. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <t1554triage/digest.h>

#include "tap.h"

enum { CONTENTS = DIGEST_PIECES_MAX, BYTES_MAX = 5000, ROUNDS = 60 };

static const uint32_t algorithms = 1u << DIGEST_MD5 | 1u << DIGEST_SHA1 | 1u << DIGEST_SHA256 | 1u << DIGEST_SHA512;
static bool is_stuck;	/* a call after which no piece was through */
static const char *const names[] = { [DIGEST_MD5] = "MD5", [DIGEST_SHA1] = "SHA1", [DIGEST_SHA256] = "SHA256" };

struct content {
	uint8_t bytes[BYTES_MAX];
	size_t  length, done;
	struct digest_stream *stream;
};

/* The same numbers in every run. */
static uint32_t
next_number(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Lengths around the block of 64 bytes and around its padding are where it could go wrong. */
static void
make(struct content *content, uint32_t *state)
{
	content->length = next_number(state) % 3 ? next_number(state) % 200 : next_number(state) % (BYTES_MAX + 1);
	content->done = 0;
	for (size_t i = 0; i < content->length; i++)
		content->bytes[i] = (uint8_t)next_number(state);
	digest_stream_reset(content->stream);
}

/* One call, with what earlier ones have left and what comes in the places of what is through; false: there was nothing. */
static bool
digest_some(struct content *contents, struct digest_piece *pieces, size_t count, uint32_t *state)
{
	size_t used = 0, given = 0, through = 0;

	for (size_t i = 0; i < count; i++) {
		struct content *content = &contents[i];
		size_t left = content->length - content->done, length = next_number(state) % 4 ? left : next_number(state) % (left + 1);

		used += left || pieces[i].length;
		if (!left || pieces[i].length)
			continue;
		pieces[i] = (struct digest_piece){ .stream = content->stream, .bytes = content->bytes + content->done, .length = length };
		content->done += length;
	}
	for (size_t i = 0; i < count; i++)
		given += pieces[i].length != 0;
	digest_streams_update(pieces, count);
	for (size_t i = 0; i < count; i++)
		through += pieces[i].length == 0;
	is_stuck |= given && through + given == count;
	return used;
}

static bool
is_right(struct content *content)
{
	struct digests digests;
	struct digest extra;
	uint8_t expected[EVP_MAX_MD_SIZE];

	digest_stream_finish(content->stream, &digests, &extra);
	for (int i = DIGEST_MD5; i <= DIGEST_SHA256; i++) {
		if (!names[i])
			continue;
		EVP_Digest(content->bytes, content->length, expected, NULL, EVP_get_digestbyname(names[i]), NULL);
		if (!digests_get(&digests, (enum digest_algorithm)i) ||
		    memcmp(digests_get(&digests, (enum digest_algorithm)i), expected, digest_size((enum digest_algorithm)i)))
			return false;
	}
	EVP_Digest(content->bytes, content->length, expected, NULL, EVP_sha512(), NULL);
	return extra.algorithm == DIGEST_SHA512 && !memcmp(extra.bytes, expected, 64);
}

/* MD5 of each length up to some blocks, beginning at 16 places of memory, in two pieces cut at many places. */
static size_t
count_wrong_places(void)
{
	enum { LENGTHS = 300, PLACES = 16, CUTS = 65 };
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_MD5);
	uint8_t bytes[LENGTHS + PLACES], expected[EVP_MAX_MD_SIZE];
	uint32_t state = 1321;
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)next_number(&state);
	for (size_t length = 0; length <= LENGTHS; length++)
		for (size_t place = 0; place < PLACES; place++) {
			size_t cut = (length * PLACES + place) % CUTS;
			struct digests digests;

			cut = cut < length ? cut : length;
			EVP_Digest(bytes + place, length, expected, NULL, EVP_md5(), NULL);
			digest_stream_reset(stream);
			digest_stream_update(stream, bytes + place, cut);
			digest_stream_update(stream, bytes + place + cut, length - cut);
			digest_stream_finish(stream, &digests, NULL);
			wrong += memcmp(digests.md5, expected, sizeof digests.md5) != 0;
		}
	digest_stream_close(stream);
	return wrong;
}

int
main(void)
{
	struct content *contents = calloc(CONTENTS, sizeof *contents);
	struct digest_piece pieces[CONTENTS] = { { .length = 0 } };
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_MD5);
	struct digests digests;
	uint32_t state = 1554;
	size_t wrong = 0, compared = 0;

	if (!contents)
		return 99;
	for (size_t i = 0; i < CONTENTS; i++)
		contents[i].stream = digest_stream_open(algorithms);
	for (size_t round = 0; round < ROUNDS; round++) {
		size_t count = 1 + round % CONTENTS;

		for (size_t i = 0; i < count; i++)
			make(&contents[i], &state);
		while (digest_some(contents, pieces, count, &state))
			;
		for (size_t i = 0; i < count; i++, compared++)
			wrong += !is_right(&contents[i]);
	}
	OK(compared > 500, "contents of many lengths, in pieces, 1 to 32 side by side");
	OK(!is_stuck, "each call takes one piece to its end at least");
	IS(wrong, 0, "each has the digests that libcrypto computes of it alone");

	IS(count_wrong_places(), 0, "MD5 of one content of each length up to 300, wherever it begins and is cut");

	digest_stream_finish(stream, &digests, NULL);
	OK(!memcmp(digests.md5, "\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e", 16), "nothing at all");
	digest_stream_reset(stream);
	for (size_t i = 0; i < 80; i++)
		digest_stream_update(stream, "1234567890" + i % 10, 1);
	digest_stream_finish(stream, &digests, NULL);
	OK(!memcmp(digests.md5, "\x57\xed\xf4\xa2\x2b\xe3\xc9\x55\xac\x49\xda\x2e\x21\x07\xb6\x7a", 16),
		"the last example of RFC 1321, byte by byte");

	digest_stream_close(stream);
	for (size_t i = 0; i < CONTENTS; i++)
		digest_stream_close(contents[i].stream);
	free(contents);
	return tap_done();
}
