/* test_meaningless.c - the table of meaningless contents, computed again. */
#include <string.h>

#include <t1554triage/digest.h>
#include <t1554triage/text.h>

#include "../../src/hashset/set.h"
#include "tap.h"

static const struct { size_t times; const char *unit, *digests[3]; } rows[] = {
#define MEANINGLESS(times_, unit_, md5_, sha1_, sha256_) { times_, unit_, { md5_, sha1_, sha256_ } },
#include "../../src/hashset/meaningless.def"
#undef MEANINGLESS
};

static void
compute(size_t times, const char *unit, struct digests *ret_digests)
{
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_MD5 | 1u << DIGEST_SHA1 | 1u << DIGEST_SHA256);
	size_t length = strlen(unit) / 2;
	uint8_t bytes[64], block[65536];

	text_parse_hex(unit, length * 2, bytes);
	for (size_t i = 0; i < sizeof block && length == 1; i++)
		block[i] = bytes[0];
	while (times) {
		size_t count = length == 1 && times > sizeof block ? sizeof block : length == 1 ? times : 1;

		digest_stream_update(stream, length == 1 ? block : bytes, length == 1 ? count : length);
		times -= count;
	}
	digest_stream_finish(stream, ret_digests, NULL);
	digest_stream_close(stream);
}

static bool
equals(const struct digests *digests, enum digest_algorithm algorithm, const char *digits)
{
	struct digest digest;

	return digest_parse(digits, strlen(digits), algorithm, &digest) &&
	       !memcmp(digests_get(digests, algorithm), digest.bytes, digest_size(algorithm));
}

int
main(void)
{
	size_t wrong = 0, missed = 0;
	struct digests digests;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct digests one = { .known = 0 };

		digests = one;
		compute(rows[i].times, rows[i].unit, &digests);
		wrong += !equals(&digests, DIGEST_MD5, rows[i].digests[0]) ||
			!equals(&digests, DIGEST_SHA1, rows[i].digests[1]) || !equals(&digests, DIGEST_SHA256, rows[i].digests[2]);
		missed += !hashset_is_meaningless(&digests);
		digests_set(&one, DIGEST_SHA1, digests.sha1);
		missed += !hashset_is_meaningless(&one);
	}
	IS(wrong, 0, "every row has the digests of its content");
	IS(missed, 0, "and is told by all of them, and by one");
	digests.sha1[19] ^= 1;
	digests.sha256[31] ^= 1;
	digests.md5[15] ^= 1;
	OK(!hashset_is_meaningless(&digests), "a digest that differs in its last bit is none of them");
	return tap_done();
}
