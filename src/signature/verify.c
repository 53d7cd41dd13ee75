/*
 * verify.c - signature packets of OpenPGP (RFC 9580, section 5.2; LibrePGP, section 5.2) and whether a key made them
 *
 *	03 05 type created[4] issuer[8] key-algorithm digest-algorithm left[2] numbers
 *	04 type key-algorithm digest-algorithm length[2] subpackets length[2] subpackets left[2] numbers
 *	05 the same
 *	06 type key-algorithm digest-algorithm length[4] subpackets length[4] subpackets left[2] length[1] salt numbers
 *
 * Of version 3 type and time are signed behind the content; of the others all up to the first subpackets, then the
 * version, FF and how many bytes that were: in four bytes, of version 5 in eight.  Version 5 has before that what the
 * packet around the content said, which is six zeros where there is none; version 6 signs its salt before the content.
 * Numbers: RSA has one, DSA, ECDSA and EdDSA (section 13.7 of the draft that GnuPG follows) have two; Ed25519 and Ed448 (27,
 * 28) have their bytes alone.
 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "openpgp.h"

enum { SUB_CREATED = 2, SUB_LIFETIME = 3, SUB_EXPORTABLE = 4, SUB_KEY_LIFETIME = 9, SUB_ISSUER = 16, SUB_NOTATION = 20,
	SUB_FLAGS = 27, SUB_REASON = 29, SUB_EMBEDDED = 32, SUB_FINGERPRINT = 33 };
enum { EDDSA_BYTES = 32, ED25519_BYTES = 64, ED448_BYTES = 114, SIGNATURE_BYTES_MOST = 8192 / 8 * 2 };
enum { VERSION_5_SURROUNDINGS = 6, TRAILER_MOST = 10 };

static enum digest_algorithm
digest_of(unsigned number)
{
	static const enum digest_algorithm algorithms[] = { [1] = DIGEST_MD5, [2] = DIGEST_SHA1, [8] = DIGEST_SHA256,
		[9] = DIGEST_SHA384, [10] = DIGEST_SHA512, [11] = DIGEST_SHA224 };

	return number < sizeof algorithms / sizeof algorithms[0] ? algorithms[number] : DIGEST_NONE;
}

static size_t
take_subpacket_length(struct cursor *at)
{
	uint8_t first = take_u8(at);

	if (first < 192)
		return first;
	if (first < 255)
		return ((size_t)(first - 192) << 8) + take_u8(at) + 192;
	return take_u32be(at);
}

static void
take_issuer(struct openpgp_signature *signature, const uint8_t *id)
{
	memcpy(signature->issuer, id, KEY_ID_BYTES);
	signature->has_issuer = true;
}

/* What says who signed may stand outside of what is signed: the key itself is the proof. */
static void
take_named(struct openpgp_signature *signature, unsigned kind, const uint8_t *body, size_t length)
{
	if (kind == SUB_ISSUER && length == KEY_ID_BYTES)
		take_issuer(signature, body);
	else if (kind == SUB_FINGERPRINT && length == 21 && body[0] == VERSION_4)
		take_issuer(signature, body + length - KEY_ID_BYTES);
	else if (kind == SUB_FINGERPRINT && length == 33 && (body[0] == VERSION_5 || body[0] == VERSION_6))
		take_issuer(signature, body + 1);
	else if (kind == SUB_EMBEDDED) {
		signature->embedded = body;
		signature->embedded_length = length;
	}
}

static void
take_signed(struct openpgp_signature *signature, unsigned kind, bool is_critical, const uint8_t *body, size_t length)
{
	struct cursor at = cursor_over(body, length);

	switch (kind) {
	case SUB_CREATED:      signature->created = take_u32be(&at); break;
	case SUB_LIFETIME:     signature->lifetime = take_u32be(&at); break;
	case SUB_KEY_LIFETIME: signature->key_lifetime = take_u32be(&at); break;
	case SUB_REASON:       signature->reason = take_u8(&at); break;
	case SUB_FLAGS:
		signature->has_flags = true;
		signature->flags = length ? body[0] : 0;
		break;
	default:
		/* From 4 to 33 all else narrows who trusts whom, or how a mail is written. */
		if (is_critical && (kind < SUB_EXPORTABLE || kind > SUB_FINGERPRINT || kind == SUB_NOTATION))
			signature->not_read = "it holds a critical statement that is not understood";
		return;
	}
	if (at.failed)
		signature->not_read = "a statement in it is cut off";
}

static void
take_subpackets(struct openpgp_signature *signature, struct cursor at, bool are_signed)
{
	while (at.at < at.end && !at.failed) {
		size_t length = take_subpacket_length(&at);
		const uint8_t *bytes = length ? take_bytes(&at, length) : NULL;

		if (!bytes)
			break;
		take_named(signature, bytes[0] & 0x7Fu, bytes + 1, length - 1);
		if (are_signed)
			take_signed(signature, bytes[0] & 0x7Fu, bytes[0] & 0x80, bytes + 1, length - 1);
	}
	if (at.failed || at.at != at.end)
		signature->not_read = "its statements are cut off";
}

static void
read_version_3(struct cursor *at, struct openpgp_signature *signature)
{
	const uint8_t *issuer;

	if (take_u8(at) != 5)
		signature->not_read = "it is cut off";
	signature->covered = at->at;
	signature->covered_length = 5;
	signature->type = take_u8(at);
	signature->created = take_u32be(at);
	issuer = take_bytes(at, KEY_ID_BYTES);
	if (issuer)
		take_issuer(signature, issuer);
	signature->key_algorithm = take_u8(at);
	signature->digest = digest_of(take_u8(at));
}

/* RFC 9580, section 9.5: half as long as the digest. */
static void
take_salt(struct cursor *at, struct openpgp_signature *signature)
{
	signature->salt_length = take_u8(at);
	signature->salt = take_bytes(at, signature->salt_length);
	if (signature->digest && signature->salt_length != digest_size(signature->digest) / 2 && !signature->not_read)
		signature->not_read = "its salt is not as long as its digest asks for";
}

static void
read_versions_4_to_6(const uint8_t *body, struct cursor *at, struct openpgp_signature *signature)
{
	const uint8_t *part;
	size_t length;

	signature->type = take_u8(at);
	signature->key_algorithm = take_u8(at);
	signature->digest = digest_of(take_u8(at));
	for (int i = 0; i < 2; i++) {
		length = signature->version == VERSION_6 ? take_u32be(at) : take_u16be(at);
		part = take_bytes(at, length);
		if (!part)
			return;
		take_subpackets(signature, cursor_over(part, length), !i);
		if (!i)
			signature->covered_length = (size_t)(at->at - body);
	}
	signature->covered = body;
}

void
openpgp_signature_read(const uint8_t *body, size_t length, struct openpgp_signature *ret_signature)
{
	struct cursor at = cursor_over(body, length);

	*ret_signature = (struct openpgp_signature){ .version = take_u8(&at) };
	if (ret_signature->version == VERSION_3)
		read_version_3(&at, ret_signature);
	else if (ret_signature->version >= VERSION_4 && ret_signature->version <= VERSION_6)
		read_versions_4_to_6(body, &at, ret_signature);
	else
		ret_signature->not_read = "it is of a version that is not read";
	take_u16be(&at);	/* the left end of the digest: a hint for who tries many keys */
	if (ret_signature->version == VERSION_6)
		take_salt(&at, ret_signature);
	ret_signature->numbers = at;
	if (at.failed && !ret_signature->not_read)
		ret_signature->not_read = "it is cut off";
	else if (!ret_signature->not_read && !ret_signature->digest)
		ret_signature->not_read = "it signs a digest that is not computed";
	else if (!ret_signature->not_read && !ret_signature->created)
		ret_signature->not_read = "it does not say when it was made";
}

/* What ends the signed bytes; returns how many it are. */
static size_t
set_trailer(const struct openpgp_signature *signature, uint8_t ret_trailer[TRAILER_MOST])
{
	size_t size = signature->version == VERSION_5 ? 8 : 4;

	if (signature->version == VERSION_3)
		return 0;
	ret_trailer[0] = (uint8_t)signature->version;
	ret_trailer[1] = 0xFF;
	for (size_t i = 0; i < size; i++)
		ret_trailer[2 + i] = (uint8_t)((uint64_t)signature->covered_length >> 8 * (size - 1 - i));
	return 2 + size;
}

static size_t
compute_digest(const struct openpgp_signature *signature, const struct signed_part *parts, size_t part_count,
	uint8_t ret_bytes[DIGEST_BYTES_MAX])
{
	struct digest_stream *stream = digest_stream_open(1u << signature->digest);
	static const uint8_t surroundings[VERSION_5_SURROUNDINGS];
	bool is_of_content = signature->type == TYPE_BINARY || signature->type == TYPE_TEXT;
	uint8_t trailer[TRAILER_MOST];
	struct digest extra = { .algorithm = DIGEST_NONE };
	struct digests digests;
	const uint8_t *bytes;

	digest_stream_update(stream, signature->salt, signature->salt_length);
	for (size_t i = 0; i < part_count; i++)
		digest_stream_update(stream, parts[i].bytes, parts[i].length);
	digest_stream_update(stream, signature->covered, signature->covered_length);
	if (signature->version == VERSION_5 && is_of_content)
		digest_stream_update(stream, surroundings, sizeof surroundings);
	digest_stream_update(stream, trailer, set_trailer(signature, trailer));
	digest_stream_finish(stream, &digests, &extra);
	digest_stream_close(stream);
	bytes = digests_get(&digests, signature->digest);
	memcpy(ret_bytes, bytes ? bytes : extra.bytes, digest_size(signature->digest));
	return digest_size(signature->digest);
}

/* A number to the right end of a field of its size; false: it is longer. */
static bool
put_number(struct cursor *numbers, uint8_t *field, size_t size)
{
	size_t length;
	const uint8_t *number = openpgp_number(numbers, &length);

	while (number && length && !*number)
		number++, length--;
	if (!number || length > size)
		return false;
	memset(field, 0, size - length);
	memcpy(field + size - length, number, length);
	return true;
}

static bool
rsa_fits(const struct openpgp_signature *signature, EVP_PKEY *key, const uint8_t *digest, size_t digest_length)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	struct cursor numbers = signature->numbers;
	uint8_t bytes[SIGNATURE_BYTES_MOST];
	size_t size = (size_t)EVP_PKEY_get_size(key);
	const EVP_MD *algorithm = EVP_get_digestbyname(digest_algorithm_names[signature->digest]);
	bool fits;

	fits = context && algorithm && size <= sizeof bytes && put_number(&numbers, bytes, size) &&
		EVP_PKEY_verify_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
		EVP_PKEY_CTX_set_signature_md(context, algorithm) == 1 &&
		EVP_PKEY_verify(context, bytes, size, digest, digest_length) == 1;
	EVP_PKEY_CTX_free(context);
	return fits;
}

/* DSA and ECDSA have the same form in DER: a sequence of two integers. */
static int
encode_pair(struct cursor *numbers, unsigned char **ret_der)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *parts[2] = { NULL, NULL };
	int length = 0;

	for (int i = 0; i < 2; i++) {
		size_t size;
		const uint8_t *number = openpgp_number(numbers, &size);

		parts[i] = number && size <= SIGNATURE_BYTES_MOST ? BN_bin2bn(number, (int)size, NULL) : NULL;
	}
	if (pair && parts[0] && parts[1] && ECDSA_SIG_set0(pair, parts[0], parts[1])) {
		length = i2d_ECDSA_SIG(pair, ret_der);
	} else {
		BN_free(parts[0]);
		BN_free(parts[1]);
	}
	ECDSA_SIG_free(pair);
	return length;
}

static bool
pair_fits(const struct openpgp_signature *signature, EVP_PKEY *key, const uint8_t *digest, size_t digest_length)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	struct cursor numbers = signature->numbers;
	unsigned char *der = NULL;
	int length = encode_pair(&numbers, &der);
	bool fits;

	fits = context && length > 0 && EVP_PKEY_verify_init(context) == 1 &&
		EVP_PKEY_verify(context, der, (size_t)length, digest, digest_length) == 1;
	OPENSSL_free(der);
	EVP_PKEY_CTX_free(context);
	return fits;
}

static bool
edwards_fits(EVP_PKEY *key, const uint8_t *bytes, size_t length, const uint8_t *digest, size_t digest_length)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool fits;

	fits = context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestVerify(context, bytes, length, digest, digest_length) == 1;
	EVP_MD_CTX_free(context);
	return fits;
}

static bool
eddsa_fits(const struct openpgp_signature *signature, EVP_PKEY *key, const uint8_t *digest, size_t digest_length)
{
	struct cursor numbers = signature->numbers;
	uint8_t bytes[2 * EDDSA_BYTES];

	return put_number(&numbers, bytes, EDDSA_BYTES) && put_number(&numbers, bytes + EDDSA_BYTES, EDDSA_BYTES) &&
		edwards_fits(key, bytes, sizeof bytes, digest, digest_length);
}

static bool
bytes_fit(const struct openpgp_signature *signature, EVP_PKEY *key, size_t length, const uint8_t *digest,
	size_t digest_length)
{
	struct cursor numbers = signature->numbers;
	const uint8_t *bytes = take_bytes(&numbers, length);

	return bytes && edwards_fits(key, bytes, length, digest, digest_length);
}

bool
openpgp_is_of_version(const struct openpgp_signature *signature, const struct openpgp_key *key)
{
	return signature->version == key->version || (signature->version == VERSION_3 && key->version == VERSION_4);
}

bool
openpgp_signature_fits(const struct openpgp_signature *signature, const struct openpgp_key *key,
	const struct signed_part *parts, size_t part_count)
{
	uint8_t digest[DIGEST_BYTES_MAX];
	size_t length;

	if (signature->not_read || !key->key || signature->key_algorithm != key->algorithm ||
	    !openpgp_is_of_version(signature, key))
		return false;
	length = compute_digest(signature, parts, part_count, digest);
	switch (key->algorithm) {
	case KEY_RSA: case KEY_RSA_SIGN_ONLY: return rsa_fits(signature, key->key, digest, length);
	case KEY_DSA: case KEY_ECDSA:         return pair_fits(signature, key->key, digest, length);
	case KEY_EDDSA:                   return eddsa_fits(signature, key->key, digest, length);
	case KEY_ED25519:                 return bytes_fit(signature, key->key, ED25519_BYTES, digest, length);
	case KEY_ED448:                   return bytes_fit(signature, key->key, ED448_BYTES, digest, length);
	default:                      return false;
	}
}
