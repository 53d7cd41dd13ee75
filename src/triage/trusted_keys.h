/* trusted_keys.h - the keys that the examiner trusts, from a folder outside of the evidence. */
#ifndef TRUSTED_KEYS_H
#define TRUSTED_KEYS_H

#include <t1554triage/signature.h>

struct trusted_keys {
	struct keyring     *keyring;	/* NULL: none were given */
	const char *const  *files;	/* "debian.gpg: 3 keys, SHA-256 ...": for the report */
	size_t              file_count;
};

/* Returns 0, or 66 with a message: the folder cannot be read or holds no key.  Texts live in the arena. */
int trusted_keys_load(const char *folder, struct arena *arena, const struct notes *notes,
	struct trusted_keys *ret_keys, struct buffer *ret_message);

#endif
