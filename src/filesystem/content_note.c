/* content_note.c - what is said of a content that is not whole. */
#include "content_note.h"

struct place
content_place(const struct filesystem *filesystem, const struct file_entry *entry)
{
	return (struct place){
		.evidence = filesystem->evidence, .volume = filesystem->volume,
		.path = entry->path, .inode = entry->inode,
	};
}

enum status
content_note(const struct filesystem *filesystem, const struct file_entry *entry, const struct notes *notes,
	enum status status, const char *reason)
{
	struct place at = content_place(filesystem, entry);
	enum note_kind kind = status == STATUS_DAMAGED ? NOTE_FILE_DAMAGED : NOTE_FILE_UNREADABLE;

	if (entry->state != ENTRY_ALLOCATED)
		kind = NOTE_DELETED_ITEM;
	if (status == STATUS_DAMAGED)
		return note(notes, status, kind, &at, "%s: what is read may not be its content", reason);
	return note(notes, status, kind, &at, "its content cannot be read: %s", reason);
}
