/* zip_members.h - members of a zip that holds a set.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_ZIP_MEMBERS_H
#define T1554TRIAGE_HASHSET_ZIP_MEMBERS_H

#include <t1554triage/note.h>
#include <t1554triage/source.h>

/*
 * Opens the first member whose base name is that one, whatever the case of its letters.
 * zip, base_name and the texts of place are borrowed.  STATUS_END: there is none.  STATUS_UNREADABLE: noted.
 * Read from front to back, a member ends with STATUS_UNREADABLE, noted, where its length or checksum is wrong.
 */
enum status zip_member_open(struct source *zip, const char *base_name, const struct place *place,
	const struct notes *notes, struct source **ret_member);

#endif
