/* mount_lines.h - fstab and mount units as text.  Private to system. */
#ifndef T1554TRIAGE_SYSTEM_MOUNT_LINES_H
#define T1554TRIAGE_SYSTEM_MOUNT_LINES_H

#include <t1554triage/system.h>

/*
 * Hand out what a text says; filesystem and the place's evidence, volume, path
 * and inode are given by at.  unit_name: base name of a mount unit, "var-log.mount".
 */
enum status mount_lines_fstab(struct source *source, uint32_t filesystem, const struct place *at,
	const struct system_sink *out, const struct notes *notes);
enum status mount_lines_unit(struct source *source, const char *unit_name, uint32_t filesystem,
	const struct place *at, const struct system_sink *out, const struct notes *notes);

#endif
