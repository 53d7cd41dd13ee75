/* zip_members.h - the files of a zip that a store keeps, front to back.  Private to package. */
#ifndef ZIP_MEMBERS_H
#define ZIP_MEMBERS_H

#include <stdbool.h>

#include <t1554triage/note.h>
#include <t1554triage/source.h>

struct zip_member_sink {
	/* name in the archive, bytes; content is read from front to back.  All borrowed until it returns. */
	void (*file)(void *context, const char *name, struct source *content);
	void  *context;
};

/*
 * Hands out the members of the central directory, folders left out (APPNOTE.TXT, 4.3): stored and deflated ones, not
 * those of ZIP64 or encrypted.  STATUS_NOT_MINE: it has no central directory.  STATUS_DAMAGED, noted: members are missing.
 */
enum status zip_members_read(struct source *zip, const struct place *place, const struct zip_member_sink *out,
	const struct notes *notes);

#endif
