/* stack.h - volumes that lie on several others: logical volumes, software arrays.  Layer: volume. */
#ifndef T1554TRIAGE_STACK_H
#define T1554TRIAGE_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/image.h>
#include <t1554triage/memory.h>
#include <t1554triage/note.h>
#include <t1554triage/record.h>
#include <t1554triage/source.h>
#include <t1554triage/volume.h>

/*
 * A physical volume or a member of an array is read in a worker: what it says
 * of itself and of its group is a "member" and a "plan", as records.  The
 * coordinator joins the members of all exhibits to stacks and sends nothing
 * back: processes that are forked later inherit them, and open one
 * as an image whose bytes come from the members.  A stack may be a member of
 * another one, which always has a larger number.
 */

/* How the bytes of a segment lie on its legs. */
enum segment_kind {
	SEGMENT_MISSING,	/* nothing of it can be read */
	SEGMENT_ZERO,
	SEGMENT_LINEAR,		/* one leg */
	SEGMENT_STRIPED,	/* units in turn */
	SEGMENT_MIRROR,		/* every leg has all of it */
	SEGMENT_RAID5,		/* one parity unit a row; layouts of md: 0 to 3, parity first 4, last 5 */
	SEGMENT_RAID6,		/* two; layouts of md: 0 to 3, 8 to 10 */
	SEGMENT_RAID10,		/* layout of md: near copies, far copies << 8, offset 1 << 16 */
	SEGMENT_SNAPSHOT,	/* legs: origin, exception store */
	SEGMENT_THIN,		/* legs: metadata, data of the pool */
	/* Of plans only: what it is depends on the sizes of all members. */
	SEGMENT_JOINED,		/* the members one behind the other */
	SEGMENT_ZONES,		/* striped as far as the members go */
};
extern const char *const segment_kind_names[];

/* ---- records, from the worker to the coordinator ---- */

/* What a range says of its part in a group. */
struct stack_member {
	const char *driver;	/* "lvm2", "md" */
	const char *group;	/* identifier of the volume group or array; "": it does not tell */
	const char *name;	/* of it: "vg0", "md0" */
	const char *key;	/* which member of the group this is: UUID of the physical volume, number in the array */
	const char *left_out;	/* why it holds nothing of the group ("spare"); NULL: it does */
	uint64_t    generation;	/* the larger is the newer */
	uint64_t    data_start, data_length;	/* bytes of the member that plans count from; length 0: to its end */
};
extern const struct record_type stack_member_record;

/* The plan of a group follows its member: each node with its segments, each segment with its legs. */
struct stack_node {
	const char *name;	/* "root"; of an array "": the group is the volume */
	const char *type;	/* in words: "LVM2 logical volume", "RAID 1" */
	const char *devices;	/* names below /dev/ in the running system, parted by blanks */
	const char *not_read;	/* what would be needed to read it; NULL: it is read */
	uint64_t    size;	/* bytes; 0 where the members decide */
	bool        hidden;	/* a part of others, no volume of its own */
};
struct stack_plan_segment {
	enum segment_kind kind;
	uint64_t start, length;	/* bytes of the node; a later one begins at or behind the end of the one before */
	uint64_t unit;		/* bytes of one leg before the next comes; snapshot, thin: of a chunk */
	uint32_t layout;	/* by kind; zones: 1 if the units count from the array's beginning; thin: the device */
	bool     has_states;	/* behind its legs follow as many that say which of them are in step (dm-raid) */
};
struct stack_plan_leg {
	const char *key;	/* of a member; NULL: a node */
	uint32_t    node;	/* an earlier one of the plan, from 0 */
	uint64_t    offset;	/* bytes, from the beginning of the member's data or the node */
	uint64_t    length;	/* bytes that are used of it; 0: to its end */
};
extern const struct record_type stack_node_record, stack_plan_segment_record, stack_plan_leg_record;

struct stack_sink {
	void (*take)(void *context, const struct record_type *type, const void *object);
	void  *context;
};

struct stack_driver {
	const char *name, *description;
	const char *signature;	/* name of the row of volume_signatures() that tells its members */
	bool        current_only;	/* a member of an older generation is out of the group */
	/*
	 * Hands out one member record and, where the range knows it, the plan of its
	 * group.  STATUS_DAMAGED: something of it is wrong (noted), the rest was handed
	 * out.  STATUS_UNREADABLE: nothing was (noted).
	 */
	enum status (*read)(struct source *source, const struct place *at, const struct stack_sink *out,
		const struct notes *notes);
};
const struct stack_driver *const *stack_drivers(void);	/* rows of src/volume/stack.def */
/* The driver of a signature; NULL: it is no member of anything. */
const struct stack_driver *stack_driver_of(const char *signature);

/*
 * True if a RAID superblock at the end of the source says that the member is
 * all of it: a partition table at its beginning is then that of the array.
 */
bool md_covers(struct source *source);

/* ---- in the coordinator ---- */

enum { STACK_NONE = UINT32_MAX };

/* Where a member lies: on a medium, or on a stack. */
struct stack_place {
	uint32_t    exhibit;	/* position; of a stack that of its first member */
	uint32_t    below;	/* number of the stack, STACK_NONE: on the medium */
	uint64_t    start, length;	/* bytes of it */
	const char *evidence, *volume;	/* "E1", "p2" */
};

struct stack_leg {
	uint32_t exhibit, below;	/* as in a place */
	uint64_t offset, length;	/* bytes; what is read beyond length is lost */
	bool     missing;
};
struct stack_segment {
	enum segment_kind kind;
	uint64_t start, length, unit;
	uint32_t layout;	/* as in a plan; striped: units that the first row is turned by */
	struct stack_leg *legs;
	struct stack_leg *states;	/* one for each leg: where dm-raid keeps its superblock; NULL: nowhere */
	size_t   leg_count;
};

/* A volume that lies on others. */
struct stack {
	const char *name;	/* "p2/vg0/root", "p1/md0" */
	const char *scheme;	/* name of the driver */
	const char *type, *devices;	/* of the node */
	uint32_t    exhibit;	/* of its first member, from which it has its name */
	const char *evidence;
	uint32_t    depth;	/* stacks below it, at most LIMIT_STACK_DEPTH */
	uint64_t    size;
	bool        hidden;
	struct stack_segment *segments;
	size_t      segment_count;
};

struct stacks {
	struct stack *items;
	size_t  count, capacity;
	struct stack_candidate *members;	/* seen so far, in a fixed order */
	size_t  member_count, member_capacity;
	struct arena arena;	/* owns all of it */
};

void stacks_init(struct stacks *stacks);
void stacks_release(struct stacks *stacks);
/* Takes one line of a worker that read the place; false: it is none of these records. */
bool stacks_take_line(struct stacks *stacks, const struct stack_place *where, const char *line, size_t length);
/*
 * Joins the groups of which every member is there, and only if there are none
 * and incomplete is set, those that lack some: then what they held is
 * missing, and noted.  Returns how many stacks are new.
 */
size_t stacks_assemble(struct stacks *stacks, bool incomplete, const struct notes *notes);

/* ---- in the processes that read ---- */

/* Opens what lies below, which stays owned by the opener; NULL where it cannot. */
struct stack_opener {
	struct image *(*medium)(void *context, uint32_t exhibit);
	struct image *(*stack)(void *context, uint32_t number);
	void *context;
};
/*
 * The stack as an image: offsets, damage and its notes count in bytes of the stack.
 * Closed with image_close, before what it lies on.  What is missing reads as
 * zeros with STATUS_DAMAGED; a mirror or parity stands in for it.
 * STATUS_DAMAGED: opened, and maps in it are not whole (noted).
 */
enum status stack_open(const struct stack *stack, const struct exhibit *exhibit,
	const struct stack_opener *opener, const struct notes *notes, struct image **ret_image);

#endif
