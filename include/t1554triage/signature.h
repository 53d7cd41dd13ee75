/* signature.h - OpenPGP signatures, held against keys that the examiner trusts.  Layer: signature. */
#ifndef T1554TRIAGE_SIGNATURE_H
#define T1554TRIAGE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>
#include <t1554triage/memory.h>
#include <t1554triage/note.h>

/* Public keys with their subkeys.  Keys of the evidence never come in here. */
struct keyring;

struct keyring *keyring_open(void);
void   keyring_close(struct keyring *keyring);	/* NULL is fine */
size_t keyring_count(const struct keyring *keyring);	/* keys that a signature may be of; NULL: 0 */

/*
 * Adds the keys of one file, binary or armored; name is kept to say where a key came from.
 * Returns how many there were, subkeys counted; what is no key or one of a kind that is not read is noted.
 */
size_t keyring_add(struct keyring *keyring, const char *name, const void *bytes, size_t length,
	const struct notes *notes);

/* The better come first: of several signatures the best counts. */
enum signature_standing {
	SIGNATURE_FITS,		/* of a key that was valid when it was made */
	SIGNATURE_WEAK,		/* fits, by a digest for which other content can be made */
	SIGNATURE_DISTRUSTED,	/* fits, and its key was expired, revoked or not meant for this */
	SIGNATURE_NO_KEY,	/* of a key that is not in the keyring */
	SIGNATURE_NOT_READ,	/* its form or algorithm is not read */
	SIGNATURE_DIFFERS,	/* the key is there, and the content is not what was signed */
};
extern const char *const signature_standing_names[];

struct signature_answer {
	enum signature_standing standing;
	const char *key;	/* "0123456789abcdef" as the signature names it; NULL */
	const char *text;	/* "the signature of key 0123456789abcdef (Name, file) fits"; in the arena of the caller */
};

/* What was signed, in parts that follow one another. */
struct signed_part { const void *bytes; size_t length; };

enum signature_form { SIGNATURE_OF_BYTES, SIGNATURE_OF_TEXT };

/* Checks all signatures in the packets (binary or armored).  keyring NULL: no key is trusted. */
void signature_check(const struct keyring *keyring, const void *packets, size_t length, enum signature_form form,
	const struct signed_part *parts, size_t part_count, struct arena *arena, struct signature_answer *ret_answer);

/*
 * A text that is signed in its own file ("-----BEGIN PGP SIGNED MESSAGE-----"): the text as it was signed, with CR LF between its
 * lines, and the armored signature behind it, which points into bytes.  False: it is no such file.
 */
bool cleartext_read(const char *bytes, size_t length, struct buffer *ret_text, const char **ret_signature,
	size_t *ret_signature_length);

#endif
