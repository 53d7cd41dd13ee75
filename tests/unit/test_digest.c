/* test_digest.c - digests of several contents side by side, against libcrypto over each alone. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <t1554triage/digest.h>

#include "tap.h"

enum { CONTENTS = DIGEST_PIECES_MAX, BYTES_MAX = 5000, ROUNDS = 60 };

enum { MD5 = 1 << DIGEST_MD5, SHA1 = 1 << DIGEST_SHA1, SHA256 = 1 << DIGEST_SHA256, SHA512 = 1 << DIGEST_SHA512 };

/* What contents that stand side by side ask for, by turns; each is a test of one content alone, too. */
static const struct asked {
	const char *name;
	size_t      count;
	uint32_t    algorithms[6];
} askings[] = {
	{ "MD5, SHA-1 and SHA-256", 1, { MD5 | SHA1 | SHA256 } },
	{ "MD5 and SHA-1", 1, { MD5 | SHA1 } },
	{ "SHA-1", 1, { SHA1 } },
	{ "SHA-256, every other with MD5", 2, { MD5 | SHA256, SHA256 } },
	{ "each something else", 6, { MD5, SHA1, SHA256, SHA1 | SHA256, MD5 | SHA1 | SHA256 | SHA512, SHA512 } },
	{ "MD5, SHA-1 and SHA-256 of libcrypto", 1, { MD5 | SHA1 | SHA256 | DIGEST_BY_LIBRARY } },
	{ "some of libcrypto", 4, { SHA1 | SHA256, SHA1 | DIGEST_BY_LIBRARY, MD5 | SHA256 | DIGEST_BY_LIBRARY, MD5 | SHA1 } },
};
static bool is_stuck;	/* a call after which no piece was through */
static const char *const names[] = { [DIGEST_MD5] = "MD5", [DIGEST_SHA1] = "SHA1", [DIGEST_SHA256] = "SHA256" };

struct content {
	uint8_t bytes[BYTES_MAX];
	size_t  length, done;
	uint32_t algorithms;
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
		const uint8_t *computed = digests_get(&digests, (enum digest_algorithm)i);

		if (!(content->algorithms & 1u << i) != !computed)
			return false;
		if (!computed)
			continue;
		EVP_Digest(content->bytes, content->length, expected, NULL, EVP_get_digestbyname(names[i]), NULL);
		if (memcmp(computed, expected, digest_size((enum digest_algorithm)i)))
			return false;
	}
	if (!(content->algorithms & SHA512))
		return !extra.algorithm;
	EVP_Digest(content->bytes, content->length, expected, NULL, EVP_sha512(), NULL);
	return extra.algorithm == DIGEST_SHA512 && !memcmp(extra.bytes, expected, 64);
}

/* One content of each length up to some blocks, beginning at 16 places of memory, in two pieces cut at many places. */
static size_t
count_wrong_places(uint32_t algorithms)
{
	enum { LENGTHS = 300, PLACES = 16, CUTS = 65 };
	struct digest_stream *stream = digest_stream_open(algorithms);
	uint8_t bytes[LENGTHS + PLACES];
	struct content content = { .algorithms = algorithms, .stream = stream };
	uint32_t state = 1321;
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)next_number(&state);
	for (size_t length = 0; length <= LENGTHS; length++)
		for (size_t place = 0; place < PLACES; place++) {
			size_t cut = (length * PLACES + place) % CUTS;

			cut = cut < length ? cut : length;
			content.length = length;
			memcpy(content.bytes, bytes + place, length);
			digest_stream_reset(stream);
			digest_stream_update(stream, bytes + place, cut);
			digest_stream_update(stream, bytes + place + cut, length - cut);
			wrong += !is_right(&content);
		}
	digest_stream_close(stream);
	return wrong;
}

/* Contents in pieces, 1 to 32 side by side. */
static void
compare_side_by_side(struct content *contents, const struct asked *asked, size_t *compared, size_t *wrong)
{
	struct digest_piece pieces[CONTENTS] = { { .length = 0 } };
	uint32_t state = 1554;

	for (size_t i = 0; i < CONTENTS; i++) {
		contents[i].algorithms = asked->algorithms[i % asked->count];
		contents[i].stream = digest_stream_open(contents[i].algorithms);
	}
	for (size_t round = 0; round < ROUNDS; round++) {
		size_t count = 1 + round % CONTENTS;

		for (size_t i = 0; i < count; i++)
			make(&contents[i], &state);
		while (digest_some(contents, pieces, count, &state))
			;
		for (size_t i = 0; i < count; i++, ++*compared)
			*wrong += !is_right(&contents[i]);
	}
	for (size_t i = 0; i < CONTENTS; i++)
		digest_stream_close(contents[i].stream);
}

int
main(void)
{
	struct content *contents = calloc(CONTENTS, sizeof *contents);
	struct digest_stream *stream = digest_stream_open(MD5 | SHA1);
	struct digests digests;

	if (!contents)
		return 99;
	for (size_t i = 0; i < sizeof askings / sizeof *askings; i++) {
		const struct asked *asked = &askings[i];
		size_t wrong = 0, compared = 0;

		printf("# %s\n", asked->name);
		is_stuck = false;
		compare_side_by_side(contents, asked, &compared, &wrong);
		OK(compared > 500, "contents of many lengths, in pieces, 1 to 32 side by side");
		OK(!is_stuck, "each call takes one piece to its end at least");
		IS(wrong, 0, "each has the digests that libcrypto computes of it alone, and no others");
		for (size_t k = 0; k < asked->count; k++)
			IS(count_wrong_places(asked->algorithms[k]), 0,
				"one content of each length up to 300, wherever it begins and is cut");
	}

	digest_stream_finish(stream, &digests, NULL);
	OK(!memcmp(digests.md5, "\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e", 16), "nothing at all");
	digest_stream_reset(stream);
	for (size_t i = 0; i < 80; i++)
		digest_stream_update(stream, "1234567890" + i % 10, 1);
	digest_stream_finish(stream, &digests, NULL);
	OK(!memcmp(digests.md5, "\x57\xed\xf4\xa2\x2b\xe3\xc9\x55\xac\x49\xda\x2e\x21\x07\xb6\x7a", 16),
		"the last example of RFC 1321, byte by byte");
	digest_stream_reset(stream);
	digest_stream_update(stream, NULL, 0);
	digest_stream_update(stream, "abc", 3);
	digest_stream_finish(stream, &digests, NULL);
	OK(!memcmp(digests.sha1, "\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d", 20),
		"the first example of FIPS 180 for SHA-1");

	OK(digest_beside(DIGEST_MD5) & MD5 && !(digest_beside(DIGEST_MD5) & ~(MD5 | SHA1 | SHA256)),
		"beside MD5 a stream computes SHA-1 and SHA-256, or nothing");
	OK(digest_beside(DIGEST_SHA1) == SHA1 && digest_beside(DIGEST_SHA512) == SHA512, "beside others nothing");

	digest_stream_close(stream);
	free(contents);
	return tap_done();
}
