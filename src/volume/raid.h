/* raid.h - where the units of striped and redundant segments lie. */
#ifndef RAID_H
#define RAID_H

#include <t1554triage/stack.h>

enum { RAID_COPIES_MAX = 16 };

struct raid_place {
	uint32_t leg;
	uint64_t offset;	/* bytes of the leg */
};

/* A unit of a segment: every place that holds it, and the row that its parity covers. */
struct raid_unit {
	struct raid_place copies[RAID_COPIES_MAX];
	size_t   copy_count;	/* 1 or more */
	uint32_t second_parity;	/* RAID 6: leg that the parity does not cover; else STACK_NONE */
	bool     has_parity;	/* the other legs at the same offset, exclusive-or, are the unit */
};

/* True if the segment is one of these, and its numbers can be worked with. */
bool raid_is_possible(const struct stack_segment *segment);
/* Unit number of a possible segment: striped, RAID 5, 6 and 10. */
void raid_locate(const struct stack_segment *segment, uint64_t number, struct raid_unit *ret_unit);

#endif
