/* unpacked.h - an archive that a store keeps says what lies where it was unpacked.  Private to package. */
#ifndef UNPACKED_H
#define UNPACKED_H

#include "manifest.h"

struct unpacked {
	struct manifest *manifest;
	const char      *package;
	const char      *folder;	/* where its files lie, without a slash behind */
	uint64_t         files;		/* handed out so far */
};

/*
 * Hands out a row with SHA-256 for each file of a tar, compressed or not, whose names begin with one folder that does
 * not count ("package/index.js").  What cannot be read is noted.
 */
enum status unpacked_read_tar(struct unpacked *unpacked, const struct artifact *archive);

/* SHA-256 of a content that is read from front to back; false where it cannot be read whole. */
bool unpacked_digest(struct source *content, struct digest *ret_digest);

/* False for what would lead out of the folder. */
bool unpacked_is_within(const char *name);

#endif
