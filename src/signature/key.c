/*
 * key.c - public keys of OpenPGP for libcrypto (RFC 9580, section 5.5; LibrePGP, section 5.5.2)
 *
 *	04 created[4] algorithm numbers
 *	05 created[4] algorithm length[4] numbers
 *	06 the same
 *
 *	RSA (1, 3)  n e
 *	DSA (17)    p q g y
 *	ECDSA (19)  length curve[length] point, which begins with 04
 *	EdDSA (22)  length curve[length] point, which begins with 40
 *	Ed25519 (27), Ed448 (28)  the point alone
 *
 * The fingerprint of version 4 is the SHA-1 of 99, the length of the packet in two bytes, and the packet; its last
 * eight bytes are the key's identifier.  Of versions 5 and 6 it is the SHA-256 of 9A or 9B, the length in four bytes and
 * the packet, and its first eight bytes are the identifier.  Keys of versions 2 and 3 are not read.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/bn.h>

#include "openpgp.h"

enum { NUMBER_BYTES_MOST = 2048, FINGERPRINT_BYTES = 20, ED25519_BYTES = 32, ED25519_PREFIX = 0x40, ED448_BYTES = 57,
	NUMBERS_MOST = 4 };

static const struct curve { size_t length; uint8_t id[9]; const char *name; } curves[] = {
	{ 8, { 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07 }, "P-256" },
	{ 5, { 0x2B, 0x81, 0x04, 0x00, 0x22 }, "P-384" },
	{ 5, { 0x2B, 0x81, 0x04, 0x00, 0x23 }, "P-521" },
	{ 9, { 0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01 }, "ED25519" },
	{ .name = NULL }
};

static EVP_PKEY *
build(const char *type, OSSL_PARAM_BLD *builder)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY *key = NULL;

	if (!context || !parameters || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		key = NULL;
	OSSL_PARAM_free(parameters);
	EVP_PKEY_CTX_free(context);
	return key;
}

/* Keys that are made of numbers alone, in the order of the packet. */
static EVP_PKEY *
build_of_numbers(const char *type, const char *const *names, struct cursor *at)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *numbers[NUMBERS_MOST] = { NULL };
	EVP_PKEY *key = NULL;
	bool sound = builder != NULL;

	for (size_t i = 0; names[i] && sound; i++) {
		size_t length;
		const uint8_t *bytes = openpgp_number(at, &length);

		numbers[i] = bytes && length <= NUMBER_BYTES_MOST ? BN_bin2bn(bytes, (int)length, NULL) : NULL;
		sound = numbers[i] && OSSL_PARAM_BLD_push_BN(builder, names[i], numbers[i]);
	}
	if (sound)
		key = build(type, builder);
	for (size_t i = 0; i < NUMBERS_MOST; i++)
		BN_free(numbers[i]);
	OSSL_PARAM_BLD_free(builder);
	return key;
}

static const char *
curve_of(struct cursor *at)
{
	size_t length = take_u8(at);
	const uint8_t *id = take_bytes(at, length);

	for (const struct curve *curve = curves; id && curve->name; curve++)
		if (curve->length == length && !memcmp(curve->id, id, length))
			return curve->name;
	return NULL;
}

static EVP_PKEY *
build_ecdsa(struct cursor *at)
{
	const char *curve = curve_of(at);
	size_t length;
	const uint8_t *point = openpgp_number(at, &length);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;

	if (curve && point && builder &&
	    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, length))
		key = build("EC", builder);
	OSSL_PARAM_BLD_free(builder);
	return key;
}

static EVP_PKEY *
build_eddsa(struct cursor *at)
{
	const char *curve = curve_of(at);
	size_t length;
	const uint8_t *point = openpgp_number(at, &length);

	if (!curve || strcmp(curve, "ED25519") || !point || length != ED25519_BYTES + 1 || point[0] != ED25519_PREFIX)
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point + 1, ED25519_BYTES);
}

static EVP_PKEY *
build_of_point(int type, size_t length, struct cursor *at)
{
	const uint8_t *point = take_bytes(at, length);

	return point ? EVP_PKEY_new_raw_public_key(type, NULL, point, length) : NULL;
}

static EVP_PKEY *
build_by_algorithm(unsigned algorithm, struct cursor *at)
{
	static const char *const rsa[] = { OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, NULL };
	static const char *const dsa[] = { OSSL_PKEY_PARAM_FFC_P, OSSL_PKEY_PARAM_FFC_Q, OSSL_PKEY_PARAM_FFC_G,
		OSSL_PKEY_PARAM_PUB_KEY, NULL };

	switch (algorithm) {
	case KEY_RSA: case KEY_RSA_SIGN_ONLY: return build_of_numbers("RSA", rsa, at);
	case KEY_DSA:                     return build_of_numbers("DSA", dsa, at);
	case KEY_ECDSA:                   return build_ecdsa(at);
	case KEY_EDDSA:                   return build_eddsa(at);
	case KEY_ED25519:                 return build_of_point(EVP_PKEY_ED25519, ED25519_BYTES, at);
	case KEY_ED448:                   return build_of_point(EVP_PKEY_ED448, ED448_BYTES, at);
	default:                      return NULL;
	}
}

size_t
openpgp_key_prefix(const struct openpgp_key *key, uint8_t ret_prefix[KEY_PREFIX_MOST])
{
	size_t size = key->version == VERSION_4 ? 2 : 4;

	ret_prefix[0] = (uint8_t)(0x95 + key->version);
	for (size_t i = 0; i < size; i++)
		ret_prefix[1 + i] = (uint8_t)(key->length >> 8 * (size - 1 - i));
	return 1 + size;
}

static void
set_id(struct openpgp_key *key)
{
	bool is_short = key->version == VERSION_4;
	struct digest_stream *stream = digest_stream_open(1u << (is_short ? DIGEST_SHA1 : DIGEST_SHA256));
	struct digests digests;
	uint8_t prefix[KEY_PREFIX_MOST];

	digest_stream_update(stream, prefix, openpgp_key_prefix(key, prefix));
	digest_stream_update(stream, key->body, key->length);
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	memcpy(key->id, is_short ? digests.sha1 + FINGERPRINT_BYTES - KEY_ID_BYTES : digests.sha256, KEY_ID_BYTES);
}

static bool
only_encrypts(unsigned algorithm)
{
	return algorithm == KEY_RSA_ENCRYPT_ONLY || algorithm == KEY_ELGAMAL || algorithm == KEY_ECDH ||
		algorithm == KEY_X25519 || algorithm == KEY_X448;
}

static bool
has_rest_of_numbers(struct cursor *at)
{
	size_t length = take_u32be(at);

	return !at->failed && length == (size_t)(at->end - at->at);
}

bool
openpgp_key_read(const uint8_t *body, size_t length, struct openpgp_key *ret_key, const char **ret_why)
{
	struct cursor at = cursor_over(body, length);

	*ret_key = (struct openpgp_key){ .body = body, .length = length };
	ret_key->version = take_u8(&at);
	ret_key->created = take_u32be(&at);
	ret_key->algorithm = take_u8(&at);
	*ret_why = NULL;
	if (ret_key->version < VERSION_4 || ret_key->version > VERSION_6 || at.failed || length > UINT16_MAX) {
		*ret_why = "it is of a version that is not read";
		return false;
	}
	if (ret_key->version != VERSION_4 && !has_rest_of_numbers(&at)) {
		*ret_why = "its numbers are not as long as it says";
		return false;
	}
	set_id(ret_key);
	/* Keys that only encrypt are members of most keyrings, and no signature is of them. */
	if (only_encrypts(ret_key->algorithm))
		return true;
	ret_key->key = build_by_algorithm(ret_key->algorithm, &at);
	if (!ret_key->key)
		*ret_why = "its algorithm or curve is not read, or its numbers are not those of a key";
	return ret_key->key != NULL;
}
