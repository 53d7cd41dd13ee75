/* digest.c - MD5 by md5.c, SHA-1 and SHA-256 by sha.c where the processor has instructions for them; all else by libcrypto. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include <t1554triage/digest.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "blocks.h"
#include "md5.h"
#include "sha.h"

const char *const digest_algorithm_names[] = {
	"none", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "git-blob", NULL
};

static const size_t sizes[DIGEST_ALGORITHM_COUNT] = { 0, 16, 20, 28, 32, 48, 64, 20 };

size_t
digest_size(enum digest_algorithm algorithm)
{
	return sizes[algorithm];
}

enum digest_algorithm
digest_algorithm_by_name(const char *name)
{
	char plain[16];
	size_t length = 0;

	for (; *name && length + 1 < sizeof plain; name++)
		if (*name != '-' && *name != '_')
			plain[length++] = *name;
	plain[length] = '\0';
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		if (!*name && !strcasecmp(plain, digest_algorithm_names[i]))
			return (enum digest_algorithm)i;
	return DIGEST_NONE;
}

enum digest_algorithm
digest_algorithm_by_size(size_t bytes)
{
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		if (sizes[i] == bytes)
			return (enum digest_algorithm)i;
	return DIGEST_NONE;
}

static uint8_t *
digests_member(struct digests *digests, enum digest_algorithm algorithm)
{
	switch (algorithm) {
	case DIGEST_MD5:    return digests->md5;
	case DIGEST_SHA1:   return digests->sha1;
	case DIGEST_SHA256: return digests->sha256;
	default:            return NULL;
	}
}

const uint8_t *
digests_get(const struct digests *digests, enum digest_algorithm algorithm)
{
	if (!(digests->known & 1u << algorithm))
		return NULL;
	return digests_member((struct digests *)(uintptr_t)digests, algorithm);
}

bool
digests_set(struct digests *digests, enum digest_algorithm algorithm, const uint8_t *bytes)
{
	uint8_t *to = digests_member(digests, algorithm);

	if (!to)
		return false;
	memcpy(to, bytes, sizes[algorithm]);
	digests->known |= 1u << algorithm;
	return true;
}

bool
digest_equal(const struct digest *a, const struct digest *b)
{
	return a->algorithm && a->algorithm == b->algorithm &&
	       !memcmp(a->bytes, b->bytes, sizes[a->algorithm]);
}

bool
digest_parse(const char *text, size_t length, enum digest_algorithm algorithm, struct digest *ret_digest)
{
	struct digest digest = { .algorithm = algorithm };

	if (!algorithm)
		digest.algorithm = digest_algorithm_by_size(length / 2);
	if (!digest.algorithm || length != sizes[digest.algorithm] * 2 ||
	    !text_parse_hex(text, length, digest.bytes))
		return false;
	*ret_digest = digest;
	return true;
}

void
digest_add_hex(struct buffer *out, const struct digest *digest)
{
	text_add_hex(out, digest->bytes, sizes[digest->algorithm]);
}

enum digest_comparison
digest_compare(const struct digest *recorded, const struct digests *computed, const struct digest *extra)
{
	const uint8_t *bytes = digests_get(computed, recorded->algorithm);

	if (!recorded->algorithm)
		return DIGEST_NOT_COMPARABLE;
	if (!bytes && extra && extra->algorithm == recorded->algorithm)
		bytes = extra->bytes;
	if (!bytes)
		return DIGEST_NOT_COMPARABLE;
	return memcmp(bytes, recorded->bytes, sizes[recorded->algorithm]) ? DIGEST_DIFFERS : DIGEST_EQUAL;
}

struct digest_stream {
	uint32_t      algorithms;
	struct blocks blocks;
	EVP_MD_CTX   *contexts[DIGEST_ALGORITHM_COUNT];	/* of those that blocks does not take */
};

static const EVP_MD *
message_digest(enum digest_algorithm algorithm)
{
	switch (algorithm) {
	case DIGEST_MD5:    return EVP_md5();
	case DIGEST_SHA1:   return EVP_sha1();
	case DIGEST_SHA224: return EVP_sha224();
	case DIGEST_SHA256: return EVP_sha256();
	case DIGEST_SHA384: return EVP_sha384();
	case DIGEST_SHA512: return EVP_sha512();
	case DIGEST_GIT_BLOB: return EVP_sha1();
	default:            return NULL;
	}
}

/* Those of the algorithms that are computed here, not by libcrypto. */
static uint32_t
own_algorithms(uint32_t algorithms)
{
	uint32_t own = 1u << DIGEST_MD5;

	if (algorithms & DIGEST_BY_LIBRARY)
		return 0;
	if (sha_has_instructions())
		own |= 1u << DIGEST_SHA1 | 1u << DIGEST_SHA256;
	return algorithms & own;
}

uint32_t
digest_beside(enum digest_algorithm algorithm)
{
	return algorithm == DIGEST_MD5 ? own_algorithms(UINT32_MAX & ~DIGEST_BY_LIBRARY) : 1u << algorithm;
}

void
digest_stream_reset(struct digest_stream *stream)
{
	blocks_begin(&stream->blocks, stream->blocks.algorithms);
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		if (stream->contexts[i] &&
		    !EVP_DigestInit_ex(stream->contexts[i], message_digest((enum digest_algorithm)i), NULL))
			stream->algorithms &= ~(1u << i);
}

struct digest_stream *
digest_stream_open(uint32_t algorithms)
{
	struct digest_stream *stream = memory_allocate(1, sizeof *stream);

	stream->algorithms = algorithms;
	stream->blocks.algorithms = own_algorithms(algorithms);
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		if (algorithms & ~stream->blocks.algorithms & 1u << i)
			stream->contexts[i] = EVP_MD_CTX_new();
	digest_stream_reset(stream);
	return stream;
}

static void
update_contexts(struct digest_stream *stream, const void *bytes, size_t length)
{
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		if (stream->algorithms & 1u << i && stream->contexts[i])
			EVP_DigestUpdate(stream->contexts[i], bytes, length);
}

void
digest_stream_expect(struct digest_stream *stream, uint64_t bytes)
{
	char head[32];
	int length = snprintf(head, sizeof head, "blob %llu", (unsigned long long)bytes);

	if (stream->contexts[DIGEST_GIT_BLOB])
		EVP_DigestUpdate(stream->contexts[DIGEST_GIT_BLOB], head, (size_t)length + 1);
}

void
digest_stream_update(struct digest_stream *stream, const void *bytes, size_t length)
{
	if (stream->blocks.algorithms)
		blocks_update(&stream->blocks, bytes, length);
	update_contexts(stream, bytes, length);
}

/* MD5 of so few with SHA of them takes less time one after the other, as MD5 of one takes hardly less than of eight. */
static bool
are_few(const struct digest_piece *pieces, size_t count)
{
	enum { FEW = 2 };
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		used += pieces[i].length != 0;
	return used <= FEW;
}

/*
 * All but MD5 takes a piece at once, while it is in the cache; of MD5, which gains by more pieces than there are at the end, some
 * wait for the next call.
 */
void
digest_streams_update(struct digest_piece *pieces, size_t count)
{
	struct block_piece begun[DIGEST_PIECES_MAX], of_md5[DIGEST_PIECES_MAX];
	size_t begun_count = 0, md5_count = 0;
	const bool is_each_alone = are_few(pieces, count);

	for (size_t i = 0; i < count; i++) {
		struct digest_piece *piece = &pieces[i];
		struct block_piece own = { .bytes = piece->bytes, .length = piece->length, .number = i };
		bool takes_md5;

		if (!piece->length)
			continue;
		own.blocks = &piece->stream->blocks;
		takes_md5 = own.blocks->algorithms & 1u << DIGEST_MD5;
		if (!piece->is_begun && is_each_alone && takes_md5 && blocks_take_sha(own.blocks)) {
			digest_stream_update(piece->stream, piece->bytes, piece->length);
			piece->length = 0;
			continue;
		}
		if (!piece->is_begun) {
			update_contexts(piece->stream, piece->bytes, piece->length);
			block_piece_begin(&own);
			begun[begun_count++] = own;
			piece->is_begun = true;
		}
		if (takes_md5)
			of_md5[md5_count++] = own;
		else
			piece->length = 0;
	}
	sha_side_by_side(begun, begun_count);
	md5_side_by_side(of_md5, md5_count);
	for (size_t i = 0; i < begun_count; i++)
		block_piece_end(&begun[i]);
	for (size_t i = 0; i < md5_count; i++) {
		block_piece_end(&of_md5[i]);
		pieces[of_md5[i].number].bytes = of_md5[i].bytes;
		pieces[of_md5[i].number].length = of_md5[i].length;
	}
}

void
digest_stream_finish(struct digest_stream *stream, struct digests *ret_digests, struct digest *ret_extra)
{
	*ret_digests = (struct digests){ .known = 0 };
	if (ret_extra)
		*ret_extra = (struct digest){ .algorithm = DIGEST_NONE };
	blocks_end(&stream->blocks, ret_digests);
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++) {
		uint8_t bytes[EVP_MAX_MD_SIZE];

		if (!(stream->algorithms & 1u << i) || !stream->contexts[i] ||
		    !EVP_DigestFinal_ex(stream->contexts[i], bytes, NULL))
			continue;
		if (digests_set(ret_digests, (enum digest_algorithm)i, bytes) || !ret_extra)
			continue;
		ret_extra->algorithm = (enum digest_algorithm)i;
		memcpy(ret_extra->bytes, bytes, sizes[i]);
	}
}

void
digest_stream_close(struct digest_stream *stream)
{
	if (!stream)
		return;
	for (int i = 0; i < DIGEST_ALGORITHM_COUNT; i++)
		EVP_MD_CTX_free(stream->contexts[i]);
	memory_free(stream);
}
