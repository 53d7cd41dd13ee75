/* digest.h - MD5, SHA-1, SHA-2 of a content in one read.  Layer: digest. */
#ifndef T1554TRIAGE_DIGEST_H
#define T1554TRIAGE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>
#include <t1554triage/record.h>

enum digest_algorithm {
	DIGEST_NONE,		/* no digest: the zero of a struct */
	DIGEST_MD5,
	DIGEST_SHA1,
	DIGEST_SHA224,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
	DIGEST_GIT_BLOB,	/* SHA-1 of "blob ", the length in decimal, NUL and the content (gitformat-pack(5)) */
	DIGEST_ALGORITHM_COUNT
};

enum { DIGEST_BYTES_MAX = 64 };

/* A digest of any algorithm: what package databases record. */
struct digest {
	enum digest_algorithm algorithm;
	uint8_t bytes[DIGEST_BYTES_MAX];
};

/* What is computed for files. */
struct digests {
	uint8_t  md5[16], sha1[20], sha256[32];
	uint32_t known;		/* 1 << DIGEST_SHA256 ... for those that are there */
};

extern const char *const digest_algorithm_names[];	/* "none" "md5" "sha1" ..., ends with NULL */

size_t digest_size(enum digest_algorithm algorithm);	/* bytes */
/* "md5", "SHA-1", "sha256" ...; DIGEST_NONE for anything else. */
enum digest_algorithm digest_algorithm_by_name(const char *name);
enum digest_algorithm digest_algorithm_by_size(size_t bytes);

/* Bytes of one of them, NULL if it is not known. */
const uint8_t *digests_get(const struct digests *digests, enum digest_algorithm algorithm);
bool digests_set(struct digests *digests, enum digest_algorithm algorithm, const uint8_t *bytes);

bool digest_equal(const struct digest *a, const struct digest *b);	/* false for DIGEST_NONE */
/* Reads hexadecimal text; the algorithm follows from its length where it is DIGEST_NONE. */
bool digest_parse(const char *text, size_t length, enum digest_algorithm algorithm, struct digest *ret_digest);
void digest_add_hex(struct buffer *out, const struct digest *digest);

enum digest_comparison { DIGEST_DIFFERS, DIGEST_EQUAL, DIGEST_NOT_COMPARABLE };
/* Compares a recorded digest with those of a file (and one more, or NULL, of the owner's algorithm). */
enum digest_comparison digest_compare(const struct digest *recorded, const struct digests *computed,
	const struct digest *extra);

/*
 * Digests computed side by side.  algorithms is a sum of 1 << DIGEST_x; with DIGEST_BY_LIBRARY in it libcrypto computes them
 * all: another way to the same digests.
 * digest_stream_finish sets those of struct digests, and *ret_extra (may be
 * NULL) to the one that is not of them, if one was asked for.
 */
struct digest_stream;
#define DIGEST_BY_LIBRARY (1u << 31)
struct digest_stream *digest_stream_open(uint32_t algorithms);
/* As such a sum: what one stream computes in the time that this one takes; itself at least. */
uint32_t digest_beside(enum digest_algorithm algorithm);
/* How long the content will be: before its first bytes, for algorithms that begin with it. */
void digest_stream_expect(struct digest_stream *stream, uint64_t bytes);
void digest_stream_update(struct digest_stream *stream, const void *bytes, size_t length);
/*
 * As digest_stream_update for each of at most DIGEST_PIECES_MAX streams, none of which may stand there twice: MD5 of
 * several contents side by side takes a fourth of the time, SHA-1 and SHA-256 half of it.  It ends where too few are left to be worth it, one at
 * least being through: bytes and length say what is left of the others, for the next call and what comes to fill the
 * places.  A piece of length 0 is none.
 */
enum { DIGEST_PIECES_MAX = 32 };
struct digest_piece { struct digest_stream *stream; const void *bytes; size_t length; bool is_begun; /* false at first */ };
void digest_streams_update(struct digest_piece *pieces, size_t count);
void digest_stream_finish(struct digest_stream *stream, struct digests *ret_digests, struct digest *ret_extra);
void digest_stream_reset(struct digest_stream *stream);	/* for the next content */
void digest_stream_close(struct digest_stream *stream);

/* The fields of an embedded struct digests, for record tables. */
#define FIELDS_DIGESTS(type_, member_) \
	FIELD_BYTES(type_, member_.md5, "md5"), \
	FIELD_BYTES(type_, member_.sha1, "sha1"), \
	FIELD_BYTES(type_, member_.sha256, "sha256"), \
	FIELD_AS(type_, member_.known, "digests", FIELD_U32)

#endif
