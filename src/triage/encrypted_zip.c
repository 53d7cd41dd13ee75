/*
 * encrypted_zip.c - PKWARE APPNOTE 6.3.10 with WinZip's AE-2 (https://www.winzip.com/en/support/aes-encryption/)
 *
 *	local header, extra field 0x9901 | salt (16) | verifier (2) | encrypted content | first 10 bytes of HMAC-SHA-1
 *
 * Keys come from PBKDF2-HMAC-SHA-1, 1,000 rounds: 32 bytes for AES-256, 32 for the HMAC, 2 for the verifier.  The counter of
 * CTR begins with 1 and is little-endian, unlike that of libcrypto, so that the stream of keys is made block by block.
 */
#include <errno.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#include <t1554triage/buffer.h>
#include <t1554triage/descriptor.h>
#include <t1554triage/memory.h>

#include "encrypted_zip.h"

enum {
	SALT_BYTES = 16, KEY_BYTES = 32, VERIFIER_BYTES = 2, TAG_BYTES = 10, ROUNDS = 1000,
	BLOCK_BYTES = 16, STREAM_BYTES = 4096,
	ZIP_VERSION = 51, METHOD_AES = 99, EXTRA_BYTES = 11, FLAG_ENCRYPTED = 1,
	DATE_1980 = 0x21,	/* the first day that a zip can tell: no clock is read */
	DIRECTORY_BYTES_MAX = 1 << 28,
};

struct encrypted_zip {
	int            descriptor, error;
	char          *password;
	uint64_t       offset;
	uint32_t       count, left;		/* members; bytes of the one that is open */
	bool           is_open;
	struct buffer  directory;
	EVP_CIPHER_CTX *cipher;
	EVP_MAC       *mac;
	EVP_MAC_CTX   *tag;
	uint64_t       counter;
	uint8_t        stream[STREAM_BYTES];
	size_t         stream_at;
};

struct encrypted_zip *
encrypted_zip_open(int descriptor, const char *password)
{
	struct encrypted_zip *zip = memory_allocate(1, sizeof *zip);

	zip->descriptor = descriptor;
	zip->password = memory_copy_text(password);
	buffer_init(&zip->directory, DIRECTORY_BYTES_MAX);
	zip->cipher = EVP_CIPHER_CTX_new();
	zip->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	zip->tag = zip->mac ? EVP_MAC_CTX_new(zip->mac) : NULL;
	if (!zip->cipher || !zip->tag)
		zip->error = ENOTSUP;
	return zip;
}

static void
put(struct encrypted_zip *zip, const void *bytes, size_t length)
{
	if (!zip->error && !descriptor_write(zip->descriptor, bytes, length))
		zip->error = errno ? errno : EIO;
	zip->offset += length;
}

static void
add_16(struct buffer *out, uint32_t number)
{
	buffer_add_char(out, (char)(number & 0xFF));
	buffer_add_char(out, (char)(number >> 8 & 0xFF));
}

static void
add_32(struct buffer *out, uint32_t number)
{
	add_16(out, number & 0xFFFF);
	add_16(out, number >> 16);
}

/* What the local header and the list say alike, but for the attributes. */
static void
add_description(struct buffer *out, uint32_t size, size_t name_length)
{
	add_16(out, ZIP_VERSION);
	add_16(out, FLAG_ENCRYPTED);
	add_16(out, METHOD_AES);
	add_16(out, 0);
	add_16(out, DATE_1980);
	add_32(out, 0);		/* AE-2 leaves the checksum out: it would tell of the content */
	add_32(out, size + SALT_BYTES + VERIFIER_BYTES + TAG_BYTES);
	add_32(out, size);
	add_16(out, (uint32_t)name_length);
	add_16(out, EXTRA_BYTES);
}

static void
add_extra(struct buffer *out)
{
	add_16(out, 0x9901);
	add_16(out, EXTRA_BYTES - 4);
	add_16(out, 2);		/* AE-2 */
	buffer_add(out, "AE", 2);
	buffer_add_char(out, 3);	/* AES-256 */
	add_16(out, 0);		/* stored */
}

static void
put_header(struct encrypted_zip *zip, const char *name, uint32_t size)
{
	struct buffer header;

	buffer_init(&header, 0);
	buffer_add(&zip->directory, "PK\1\2", 4);
	add_16(&zip->directory, ZIP_VERSION);
	add_description(&zip->directory, size, strlen(name));
	for (int i = 0; i < 3; i++)
		add_16(&zip->directory, 0);	/* comment, disk, internal attributes */
	add_32(&zip->directory, 0);
	add_32(&zip->directory, (uint32_t)zip->offset);
	buffer_add_text(&zip->directory, name);
	add_extra(&zip->directory);
	buffer_add(&header, "PK\3\4", 4);
	add_description(&header, size, strlen(name));
	buffer_add_text(&header, name);
	add_extra(&header);
	put(zip, header.bytes, header.length);
	buffer_release(&header);
}

static void
set_keys(struct encrypted_zip *zip, const uint8_t salt[SALT_BYTES], uint8_t ret_verifier[VERIFIER_BYTES])
{
	uint8_t keys[2 * KEY_BYTES + VERIFIER_BYTES];
	OSSL_PARAM parameters[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){ "SHA1" }, 0), OSSL_PARAM_END };

	if (zip->error)
		return;
	if (PKCS5_PBKDF2_HMAC_SHA1(zip->password, (int)strlen(zip->password), salt, SALT_BYTES, ROUNDS, sizeof keys, keys) != 1 ||
	    EVP_EncryptInit_ex(zip->cipher, EVP_aes_256_ecb(), NULL, keys, NULL) != 1 ||
	    EVP_MAC_init(zip->tag, keys + KEY_BYTES, KEY_BYTES, parameters) != 1)
		zip->error = ENOTSUP;
	EVP_CIPHER_CTX_set_padding(zip->cipher, 0);
	memcpy(ret_verifier, keys + 2 * KEY_BYTES, VERIFIER_BYTES);
	zip->counter = 0;
	zip->stream_at = STREAM_BYTES;
}

static void
end_member(struct encrypted_zip *zip)
{
	uint8_t tag[EVP_MAX_MD_SIZE];
	size_t length;

	if (!zip->is_open)
		return;
	zip->is_open = false;
	if (zip->left && !zip->error)
		zip->error = EINVAL;
	if (zip->error)
		return;
	if (EVP_MAC_final(zip->tag, tag, &length, sizeof tag) != 1)
		zip->error = ENOTSUP;
	put(zip, tag, TAG_BYTES);
}

void
encrypted_zip_begin(struct encrypted_zip *zip, const char *name, uint32_t size, const uint8_t sha256[32])
{
	uint8_t verifier[VERIFIER_BYTES] = { 0 };

	end_member(zip);
	if (zip->offset + size > UINT32_MAX - (1 << 20) || zip->count == UINT16_MAX - 1)
		zip->error = zip->error ? zip->error : EFBIG;
	if (zip->error)
		return;
	put_header(zip, name, size);
	set_keys(zip, sha256, verifier);
	put(zip, sha256, SALT_BYTES);
	put(zip, verifier, sizeof verifier);
	zip->count++;
	zip->left = size;
	zip->is_open = true;
}

static void
fill_stream(struct encrypted_zip *zip)
{
	uint8_t counters[STREAM_BYTES] = { 0 };
	int length;

	for (size_t at = 0; at < STREAM_BYTES; at += BLOCK_BYTES) {
		zip->counter++;
		for (size_t i = 0; i < sizeof zip->counter; i++)
			counters[at + i] = (uint8_t)(zip->counter >> 8 * i);
	}
	if (EVP_EncryptUpdate(zip->cipher, zip->stream, &length, counters, STREAM_BYTES) != 1)
		zip->error = ENOTSUP;
	zip->stream_at = 0;
}

void
encrypted_zip_add(struct encrypted_zip *zip, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;
	uint8_t block[STREAM_BYTES];

	if (length > zip->left && !zip->error)
		zip->error = EINVAL;
	while (length && !zip->error) {
		size_t part;

		if (zip->stream_at == STREAM_BYTES)
			fill_stream(zip);
		part = STREAM_BYTES - zip->stream_at < length ? STREAM_BYTES - zip->stream_at : length;
		for (size_t i = 0; i < part; i++)
			block[i] = from[i] ^ zip->stream[zip->stream_at + i];
		if (EVP_MAC_update(zip->tag, block, part) != 1)
			zip->error = ENOTSUP;
		put(zip, block, part);
		zip->stream_at += part;
		zip->left -= (uint32_t)part;
		from += part;
		length -= part;
	}
}

int
encrypted_zip_close(struct encrypted_zip *zip)
{
	uint32_t begin, length;
	int error;

	end_member(zip);
	begin = (uint32_t)zip->offset;
	length = (uint32_t)zip->directory.length;
	buffer_add(&zip->directory, "PK\5\6", 4);
	add_32(&zip->directory, 0);		/* numbers of disks */
	add_16(&zip->directory, zip->count);
	add_16(&zip->directory, zip->count);
	add_32(&zip->directory, length);
	add_32(&zip->directory, begin);
	add_16(&zip->directory, 0);
	put(zip, zip->directory.bytes, zip->directory.length);
	error = zip->error;
	EVP_CIPHER_CTX_free(zip->cipher);
	EVP_MAC_CTX_free(zip->tag);
	EVP_MAC_free(zip->mac);
	buffer_release(&zip->directory);
	memory_free(zip->password);
	memory_free(zip);
	return error;
}
