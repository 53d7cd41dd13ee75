/*
 * raid_state.c - the superblock that dm-raid keeps in the metadata volume of each leg, LVM's NAME_rmeta_N
 * (Linux: struct dm_raid_superblock in drivers/md/dm-raid.c, Documentation/admin-guide/device-mapper/dm-raid.rst).
 *
 * One sector, little-endian:
 *
 *	0   "DmRd", 4 u32 features, 8 u32 number of legs, 12 u32 position of this one, 16 u64 events,
 *	24  u64 a bit for each failed leg, 32 u64 sectors of this leg that are rebuilt (all ones: no rebuilding),
 *	40  u64 sectors that the first synchronisation has done
 *
 * The superblock with the most events tells which legs had failed. A leg that has none, where others have one, was put in
 * their place and would be rebuilt.
 */
#include <string.h>

#include <t1554triage/cursor.h>

#include "raid_state.h"

enum { SECTOR_BYTES = 512, LEGS_TOLD = 64 };

void
raid_state_read(struct source *source, uint64_t offset, size_t position, struct raid_state *ret_state)
{
	uint8_t sector[SECTOR_BYTES];
	struct cursor c = cursor_at(sector, sizeof sector, 12);
	uint64_t rebuilt;

	*ret_state = (struct raid_state){ .is_told = false };
	if (!source || source_read_exactly(source, offset, sector, sizeof sector) < STATUS_OK ||
	    memcmp(sector, "DmRd", 4) || take_u32le(&c) != position)
		return;
	ret_state->is_told = true;
	ret_state->events = take_u64le(&c);
	ret_state->failed = take_u64le(&c);
	rebuilt = take_u64le(&c);
	ret_state->in_step = rebuilt > UINT64_MAX / SECTOR_BYTES ? UINT64_MAX : rebuilt * SECTOR_BYTES;
}

uint64_t
raid_state_in_step(const struct raid_state *states, size_t count, size_t leg, const char **ret_why)
{
	const struct raid_state *newest = NULL;

	*ret_why = NULL;
	for (size_t i = 0; i < count; i++)
		if (states[i].is_told && (!newest || states[i].events > newest->events))
			newest = &states[i];
	if (!newest)
		return UINT64_MAX;
	if (!states[leg].is_told)
		*ret_why = "its metadata volume holds no superblock, while others have one";
	else if (leg < LEGS_TOLD && newest != &states[leg] && newest->failed >> leg & 1)
		*ret_why = "the newest superblock says that it had failed";
	else if (states[leg].events + 1 < newest->events)
		*ret_why = "it is older than the others, which went on without it";
	if (*ret_why)
		return 0;
	if (states[leg].in_step < UINT64_MAX)
		*ret_why = "it was being rebuilt from the others";
	return states[leg].in_step;
}
