/* volume.h - partitions and what else divides a medium into smaller ranges.  Layer: volume. */
#ifndef T1554TRIAGE_VOLUME_H
#define T1554TRIAGE_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/image.h>
#include <t1554triage/note.h>
#include <t1554triage/source.h>

struct volume {
	const char *evidence;	/* "E1" */
	const char *name;	/* "p2" by the kernel's number, logical partitions from 5; "-" without a table */
	const char *scheme;	/* "gpt", "dos", "bsd", "mac", "sun", "none"; stacked: "lvm", "md" */
	const char *type;	/* what the table calls it */
	const char *label;	/* GPT name, "" where there is none */
	const char *part_uuid;	/* PARTUUID as Linux writes it, lower case; "" */
	uint64_t    start, length;	/* bytes of the medium, of a stacked volume of that */
	const char *devices;	/* stacked: names below /dev/ on the running system, parted by blanks; else NULL */
	const char *member_of;	/* name of the stack driver ("lvm", "md") that takes it for a part of others; NULL */
	bool        stacked;	/* it lies on others (stack.h), not on the medium itself */
	/* Name of its signature row ("lvm2", "luks1") if it is one that is needed; NULL: hand it to the file systems. */
	const char *recognised;
};
extern const struct record_type volume_record;

struct volume_sink {
	void (*volume)(void *context, const struct volume *volume);	/* borrowed until it returns */
	void  *context;
};

struct volume_driver {
	const char *name, *description;
	/*
	 * Hands out every volume of the medium.  STATUS_NOT_MINE: no table of
	 * this kind.  Unallocated space is not a volume.  STATUS_DAMAGED: a part
	 * of the table could not be read or is contradictory (noted).
	 * STATUS_UNREADABLE: there is a table, and nothing of it can be used (noted).
	 */
	enum status (*each)(struct image *image, const struct volume_sink *out, const struct notes *notes);
};

const struct volume_driver *const *volume_drivers(void);	/* rows of src/volume/volume.def */

/*
 * Asks the drivers in order; a medium without any table is one volume "-".  A
 * volume is cut at the end of the medium (noted).  What is recognised and not
 * read is not noted here: the caller knows whether that matters.
 */
enum status volume_each(struct image *image, const struct volume_sink *out, const struct notes *notes);

/*
 * True if a partition of this type (struct volume) holds a file system, or what one lies on: not for swap, boot
 * code and the like, nor for types that no table here names.
 */
bool volume_type_holds_files(const char *type);

/*
 * Formats that are told by their magic and not read (rows of
 * src/volume/signature.c): each row names what it is ("LUKS2 encrypted volume", "Btrfs file system").  NULL if it is none of them.
 * swap and the like are recognised with needed false: nothing is lost.  What
 * a row of stack.def takes for its member (stack.h) is told here too.
 */
struct signature_row {
	const char *name, *description;
	bool        needed;		/* a living system would have shown files in it */
};
const struct signature_row *volume_signature(struct source *source);
const struct signature_row *volume_signatures(void);	/* all rows, ends with a NULL name */

#endif
