/* mount_lines.h - fstab and mount units as text.  Private to system. */
#ifndef T1554TRIAGE_SYSTEM_MOUNT_LINES_H
#define T1554TRIAGE_SYSTEM_MOUNT_LINES_H

#include <t1554triage/system.h>

/*
 * Hand out what a text says; filesystem and the place's evidence, volume, path
 * and inode are given by at.
 */
enum status mount_lines_fstab(struct source *source, uint32_t filesystem, const struct place *at,
	const struct system_sink *out, const struct notes *notes);
enum status mount_lines_crypttab(struct source *source, uint32_t filesystem, const struct place *at,
	const struct system_sink *out, const struct notes *notes);
enum status mount_lines_boot_entry(struct source *source, uint32_t filesystem, const struct place *at,
	const struct system_sink *out, const struct notes *notes);

/* A mount unit and its drop-ins, in the order of reading: what is assigned later counts. */
struct mount_unit {
	struct mount_fact mount;
	struct arena      arena;
};
/* name: its base name, "var-log.mount". */
void mount_unit_init(struct mount_unit *unit, const char *name, uint32_t filesystem);
/* at is borrowed until the unit is released. */
enum status mount_unit_read(struct mount_unit *unit, struct source *source, const struct place *at,
	const struct notes *notes);
void mount_unit_send(const struct mount_unit *unit, const struct system_sink *out);	/* nothing without What= */
void mount_unit_release(struct mount_unit *unit);

#endif
