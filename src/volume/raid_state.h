/* raid_state.h - which legs of a RAID of the device mapper are in step with the others. */
#ifndef RAID_STATE_H
#define RAID_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/source.h>

/* What the superblock of one leg says. */
struct raid_state {
	bool     is_told;	/* there is a superblock */
	uint64_t events;	/* the larger is the newer */
	uint64_t failed;	/* a bit for each leg that had failed when it was written */
	uint64_t in_step;	/* bytes of the leg that were rebuilt; UINT64_MAX: all of it */
};

/* The superblock in the volume beside leg number position; source may be NULL. */
void raid_state_read(struct source *source, uint64_t offset, size_t position, struct raid_state *ret_state);
/*
 * How many bytes of the leg, from its beginning, hold what the RAID held when it was last written: 0 or UINT64_MAX,
 * or as far as a rebuilding came; *ret_why says why not all of them are, else it is NULL.
 */
uint64_t raid_state_in_step(const struct raid_state *states, size_t count, size_t leg, const char **ret_why);

#endif
