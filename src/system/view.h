/* view.h - folders of a running system, resolved and remembered.  Private to system. */
#ifndef T1554TRIAGE_SYSTEM_VIEW_PRIVATE_H
#define T1554TRIAGE_SYSTEM_VIEW_PRIVATE_H

#include <t1554triage/system.h>

/* A folder as it was written, with its links resolved. */
struct view_folder {
	const char *canonical;		/* "" is the root */
	enum status status;		/* STATUS_OK: it is there, and is a folder */
};

/* path: without dots and links in its folders.  STATUS_END, STATUS_DAMAGED as in system_lookup. */
enum status view_entry(struct system_view *view, const char *path, struct system_entry *ret_entry);

/*
 * What the layers hold in a folder, from the top: names of several layers come several times, and also
 * those that a layer above hides.  Of a mount without layers all that is there.
 */
enum status view_list(struct system_view *view, const char *path, const struct entry_sink *out);

struct place view_place(const struct system_view *view, const struct system_entry *entry);

/* The content of a file by its path, links followed; NULL where there is none, *status worsened where it is unread. */
struct source *view_open(struct system_view *view, const char *path, struct place *ret_place,
	enum status *status);

/* length bytes of path name a folder; "" and "/" the root. */
struct view_folder view_folder(struct system_view *view, const char *path, size_t length);

#endif
