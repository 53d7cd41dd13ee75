/* body.h - lines of timeline.body: body file of The Sleuth Kit 3. */
#ifndef BODY_H
#define BODY_H

#include <t1554triage/buffer.h>
#include <t1554triage/filesystem.h>

/* path: as it is shown, bytes. MD5 is not known yet when a name is walked: 0. */
void body_add_line(struct buffer *out, const char *path, const struct file_entry *entry);

#endif
