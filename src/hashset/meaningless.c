/* meaningless.c - contents that are the same by chance on any machine. */
#include <string.h>

#include <t1554triage/text.h>

#include "set.h"

static const struct { const char *digests[3]; } contents[] = {
#define MEANINGLESS(times, unit, md5, sha1, sha256) { { md5, sha1, sha256 } },
#include "meaningless.def"
#undef MEANINGLESS
};

static const enum digest_algorithm algorithms[] = { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 };

static bool
is_digest_of_one(const uint8_t *bytes, size_t column, size_t size)
{
	for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
		const char *digits = contents[i].digests[column];
		uint8_t digest[DIGEST_BYTES_MAX];

		if (text_parse_hex(digits, 2, digest) && digest[0] == bytes[0] &&
		    text_parse_hex(digits, size * 2, digest) && !memcmp(bytes, digest, size))
			return true;
	}
	return false;
}

bool
hashset_is_meaningless(const struct digests *digests)
{
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
		const uint8_t *bytes = digests_get(digests, algorithms[i]);

		if (bytes && is_digest_of_one(bytes, i, digest_size(algorithms[i])))
			return true;
	}
	return false;
}
