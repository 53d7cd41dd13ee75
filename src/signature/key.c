/*
 * key.c - public keys of OpenPGP for libcrypto (RFC 9580, section 5.5)
 *
 *	04 created[4] algorithm numbers
 *
 *	RSA (1, 3)  n e
 *	DSA (17)    p q g y
 *	ECDSA (19)  length curve[length] point, which begins with 04
 *	EdDSA (22)  length curve[length] point, which begins with 40
 *
 * The fingerprint is the SHA-1 of 99, the length of the packet in two bytes, and the packet; its last eight bytes are
 * the key's identifier.  Keys of versions 2, 3, 5 and 6 are not read.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/bn.h>

#include "openpgp.h"

enum { NUMBER_BYTES_MOST = 2048, FINGERPRINT_BYTES = 20, ED25519_BYTES = 32, ED25519_PREFIX = 0x40, NUMBERS_MOST = 4 };

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
	default:                      return NULL;
	}
}

void
openpgp_key_prefix(size_t length, uint8_t ret_prefix[3])
{
	ret_prefix[0] = 0x99;
	ret_prefix[1] = (uint8_t)(length >> 8);
	ret_prefix[2] = (uint8_t)length;
}

static void
set_id(const uint8_t *body, size_t length, struct openpgp_key *key)
{
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_SHA1);
	struct digests digests;
	uint8_t prefix[3];

	openpgp_key_prefix(length, prefix);
	digest_stream_update(stream, prefix, sizeof prefix);
	digest_stream_update(stream, body, length);
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	memcpy(key->id, digests.sha1 + FINGERPRINT_BYTES - KEY_ID_BYTES, KEY_ID_BYTES);
}

bool
openpgp_key_read(const uint8_t *body, size_t length, struct openpgp_key *ret_key, const char **ret_why)
{
	struct cursor at = cursor_over(body, length);
	unsigned version = take_u8(&at);

	*ret_key = (struct openpgp_key){ .created = take_u32be(&at), .body = body, .length = length };
	ret_key->algorithm = take_u8(&at);
	*ret_why = NULL;
	if (version != 4 || at.failed || length > UINT16_MAX) {
		*ret_why = openpgp_version_not_read(version);
		return false;
	}
	set_id(body, length, ret_key);
	/* Keys that only encrypt are members of most keyrings, and no signature is of them. */
	if (ret_key->algorithm == KEY_RSA_ENCRYPT_ONLY || ret_key->algorithm == KEY_ELGAMAL || ret_key->algorithm == KEY_ECDH)
		return true;
	ret_key->key = build_by_algorithm(ret_key->algorithm, &at);
	if (!ret_key->key)
		*ret_why = "its algorithm or curve is not read, or its numbers are not those of a key";
	return ret_key->key != NULL;
}
