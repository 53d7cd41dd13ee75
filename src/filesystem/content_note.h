/* content_note.h - what is said of a content that is not whole.  Private to filesystem. */
#ifndef FILESYSTEM_CONTENT_NOTE_H
#define FILESYSTEM_CONTENT_NOTE_H

#include <t1554triage/filesystem.h>

struct place content_place(const struct filesystem *filesystem, const struct file_entry *entry);

/* STATUS_DAMAGED: what is read may not be its content; else it cannot be read.  Returns status. */
enum status content_note(const struct filesystem *filesystem, const struct file_entry *entry, const struct notes *notes,
	enum status status, const char *reason);

#endif
