/* openpgp.h - packets, keys and signatures of OpenPGP as the files of this folder share them. */
#ifndef SIGNATURE_OPENPGP_H
#define SIGNATURE_OPENPGP_H

#include <openssl/evp.h>

#include <t1554triage/cursor.h>
#include <t1554triage/digest.h>
#include <t1554triage/signature.h>

enum { PACKET_SIGNATURE = 2, PACKET_SECRET_KEY = 5, PACKET_PUBLIC_KEY = 6, PACKET_SECRET_SUBKEY = 7,
	PACKET_USER_ID = 13, PACKET_PUBLIC_SUBKEY = 14, PACKET_USER_ATTRIBUTE = 17 };

/* RFC 9580, section 5.2.1. */
enum { TYPE_BINARY = 0x00, TYPE_TEXT = 0x01, TYPE_CERTIFICATION = 0x10, TYPE_CERTIFICATION_LAST = 0x13,
	TYPE_SUBKEY_BINDING = 0x18, TYPE_PRIMARY_BINDING = 0x19, TYPE_DIRECT_KEY = 0x1F, TYPE_KEY_REVOCATION = 0x20,
	TYPE_SUBKEY_REVOCATION = 0x28 };

/* RFC 9580, section 9.1. */
enum { KEY_RSA = 1, KEY_RSA_ENCRYPT_ONLY = 2, KEY_RSA_SIGN_ONLY = 3, KEY_ELGAMAL = 16, KEY_DSA = 17, KEY_ECDH = 18,
	KEY_ECDSA = 19, KEY_EDDSA = 22, KEY_X25519 = 25, KEY_X448 = 26, KEY_ED25519 = 27, KEY_ED448 = 28 };

/* Of keys and of signatures: RFC 4880 and RFC 9580 have 4 (and 3 of signatures), LibrePGP has 5, RFC 9580 has 6. */
enum openpgp_version { VERSION_3 = 3, VERSION_4 = 4, VERSION_5 = 5, VERSION_6 = 6 };

enum { FLAG_SIGN = 0x02 };
enum { KEY_ID_BYTES = 8, KEY_PREFIX_MOST = 5 };
enum { REASON_NONE = 0, REASON_SUPERSEDED = 1, REASON_COMPROMISED = 2, REASON_RETIRED = 3 };

struct openpgp_packet {
	unsigned       tag;
	const uint8_t *body;
	size_t         length;
};

/* False at the end, and where what follows is no packet, which at->failed then says. */
bool openpgp_next(struct cursor *at, struct openpgp_packet *ret_packet);

/*
 * The packets of a file: as it is where it is binary, else those of all its armored blocks, put into buffer.
 * False: it is neither.
 */
bool openpgp_dearmor(const void *bytes, size_t length, struct buffer *buffer, struct cursor *ret_packets);

/* A number of any size: its bits in two bytes, then its bytes.  NULL and failed past the end. */
const uint8_t *openpgp_number(struct cursor *at, size_t *ret_length);

struct openpgp_signature {
	unsigned version, type, key_algorithm;
	enum digest_algorithm digest;		/* NONE: one that is not read */
	uint32_t created;			/* seconds since 1970, 0: it does not say */
	uint32_t lifetime, key_lifetime;	/* seconds, 0: no end */
	uint8_t  issuer[KEY_ID_BYTES];
	bool     has_issuer, has_flags;
	uint8_t  flags;				/* what its key is for */
	uint8_t  reason;			/* of a revocation */
	const uint8_t *salt;			/* of version 6: what stands before the content */
	size_t   salt_length;
	const uint8_t *covered;			/* what of the packet is signed with the content */
	size_t   covered_length;
	const uint8_t *embedded;		/* the signature that a signing subkey gives back, NULL */
	size_t   embedded_length;
	struct cursor numbers;
	const char *not_read;			/* why it says nothing, NULL */
};

void openpgp_signature_read(const uint8_t *body, size_t length, struct openpgp_signature *ret_signature);

/* A key of a keyring. */
struct openpgp_key {
	uint8_t     id[KEY_ID_BYTES];
	unsigned    version, algorithm;
	EVP_PKEY   *key;
	uint32_t    created;
	uint32_t    expires;		/* 0: never */
	uint32_t    revoked;		/* when, 0: not */
	uint8_t     reason;
	bool        may_sign;
	bool        is_bound;		/* its primary key has signed what it is; a subkey that signs, too */
	const uint8_t *body;		/* of its packet, kept by the keyring */
	size_t      length;
	size_t      primary;		/* number of its primary key; its own number: it is one */
	const char *name, *file;	/* first user id; where it was read */
};

const struct openpgp_key *keyring_key(const struct keyring *keyring, size_t number);

/* Reads the public part of a key packet; false with a reason. */
bool openpgp_key_read(const uint8_t *body, size_t length, struct openpgp_key *ret_key, const char **ret_why);

/* What stands before a key in what is signed, and in what its fingerprint is of.  Returns how many bytes that are. */
size_t openpgp_key_prefix(const struct openpgp_key *key, uint8_t ret_prefix[KEY_PREFIX_MOST]);

/* A key makes signatures of its own version, those of version 4 of version 3, too. */
bool openpgp_is_of_version(const struct openpgp_signature *signature, const struct openpgp_key *key);

/* True if the key made the signature over these parts. */
bool openpgp_signature_fits(const struct openpgp_signature *signature, const struct openpgp_key *key,
	const struct signed_part *parts, size_t part_count);

#endif
