/*
 * raid.c - where the units of striped and redundant segments lie.
 *
 * The layouts are those of the kernel's md driver, which the device mapper
 * uses for LVM too (Documentation/admin-guide/md.rst, md(4)).  Row 0 to 3 of RAID 5
 * over four legs, P is the parity:
 *
 *	left-asymmetric 0   right-asymmetric 1  left-symmetric 2    right-symmetric 3
 *	0  1  2  P          P  0  1  2          0  1  2  P          P  0  1  2
 *	3  4  P  5          3  P  4  5          4  5  P  3          5  P  3  4
 *	6  P  7  8          6  7  P  8          8  P  6  7          7  8  P  6
 *	P  9 10 11          9 10 11  P          P  9 10 11          9 10 11  P
 */
#include <string.h>

#include "raid.h"

enum {
	LEFT_ASYMMETRIC, RIGHT_ASYMMETRIC, LEFT_SYMMETRIC, RIGHT_SYMMETRIC, PARITY_FIRST, PARITY_LAST,
	ZERO_RESTART = 8, N_RESTART = 9, N_CONTINUE = 10,
};

enum { LEGS_MAX = 1024 };

static uint32_t
near_copies(const struct stack_segment *segment)
{
	return segment->layout & 0xff;
}

static uint32_t
far_copies(const struct stack_segment *segment)
{
	return segment->layout >> 8 & 0xff;
}

static bool
is_far_offset(const struct stack_segment *segment)
{
	return segment->layout >> 16 & 1;
}

static bool
is_possible_raid10(const struct stack_segment *segment)
{
	uint32_t near = near_copies(segment), far = far_copies(segment);

	return near && far && near * far <= segment->leg_count && near * far <= RAID_COPIES_MAX &&
	       !(segment->layout >> 17);
}

static bool
is_possible_raid6(const struct stack_segment *segment)
{
	return segment->leg_count >= 3 && (segment->layout <= RIGHT_SYMMETRIC ||
		(segment->layout >= ZERO_RESTART && segment->layout <= N_CONTINUE));
}

bool
raid_is_possible(const struct stack_segment *segment)
{
	if (!segment->unit || segment->unit % 512 || segment->unit > UINT32_MAX || !segment->leg_count ||
	    segment->leg_count > LEGS_MAX)
		return false;
	switch (segment->kind) {
	case SEGMENT_STRIPED:
		return segment->layout < segment->leg_count;
	case SEGMENT_RAID5:
		return segment->leg_count >= 2 && segment->layout <= PARITY_LAST;
	case SEGMENT_RAID6:
		return is_possible_raid6(segment);
	case SEGMENT_RAID10:
		return is_possible_raid10(segment);
	default:
		return false;
	}
}

static void
locate_striped(const struct stack_segment *segment, uint64_t number, struct raid_unit *unit)
{
	unit->copies[0].leg = (uint32_t)((number + segment->layout) % segment->leg_count);
	unit->copies[0].offset = number / segment->leg_count * segment->unit;
}

static void
locate_raid5(const struct stack_segment *segment, uint64_t number, struct raid_unit *unit)
{
	uint32_t legs = (uint32_t)segment->leg_count;
	uint64_t row = number / (legs - 1);
	uint32_t data = (uint32_t)(number % (legs - 1)), turn = (uint32_t)(row % legs), parity;

	switch (segment->layout) {
	case LEFT_ASYMMETRIC:
		parity = legs - 1 - turn;
		data += data >= parity;
		break;
	case RIGHT_ASYMMETRIC:
		parity = turn;
		data += data >= parity;
		break;
	case LEFT_SYMMETRIC:
		parity = legs - 1 - turn;
		data = (parity + 1 + data) % legs;
		break;
	case RIGHT_SYMMETRIC:
		parity = turn;
		data = (parity + 1 + data) % legs;
		break;
	case PARITY_FIRST:
		data++;
		break;
	}
	unit->copies[0] = (struct raid_place){ data, row * segment->unit };
	unit->has_parity = true;
}

/* P and the second parity Q side by side: data stands in the places that are left. */
static uint32_t
beside_both(uint32_t data, uint32_t parity, uint32_t legs)
{
	if (parity == legs - 1)
		return data + 1;
	return data >= parity ? data + 2 : data;
}

static void
locate_raid6(const struct stack_segment *segment, uint64_t number, struct raid_unit *unit)
{
	uint32_t legs = (uint32_t)segment->leg_count, parity, second;
	uint64_t row = number / (legs - 2);
	uint32_t data = (uint32_t)(number % (legs - 2)), turn = (uint32_t)(row % legs);

	switch (segment->layout) {
	case LEFT_ASYMMETRIC:
		parity = legs - 1 - turn;
		data = beside_both(data, parity, legs);
		break;
	case N_RESTART:
		parity = legs - 1 - (turn + 1) % legs;
		data = beside_both(data, parity, legs);
		break;
	case RIGHT_ASYMMETRIC:
	case ZERO_RESTART:
		parity = turn;
		data = beside_both(data, parity, legs);
		break;
	case N_CONTINUE:
		parity = legs - 1 - turn;
		data = (parity + 1 + data) % legs;
		break;
	default:
		parity = segment->layout == LEFT_SYMMETRIC ? legs - 1 - turn : turn;
		data = (parity + 2 + data) % legs;
		break;
	}
	second = segment->layout == N_CONTINUE ? (parity + legs - 1) % legs : (parity + 1) % legs;
	unit->copies[0] = (struct raid_place){ data, row * segment->unit };
	unit->second_parity = second;
	unit->has_parity = true;
}

static void
locate_raid10(const struct stack_segment *segment, uint64_t number, struct raid_unit *unit)
{
	uint32_t legs = (uint32_t)segment->leg_count, near = near_copies(segment), far = far_copies(segment);
	uint64_t place = number * near, row = place / legs, step = segment->unit;
	uint32_t leg = (uint32_t)(place % legs);

	if (is_far_offset(segment))
		row *= far;
	else if (far > 1)
		step = segment->legs[0].length / segment->unit / far * segment->unit;
	unit->copy_count = 0;
	for (uint32_t n = 0; n < near; n++) {
		for (uint32_t f = 0; f < far; f++)
			unit->copies[unit->copy_count++] = (struct raid_place){ (leg + f * near) % legs,
				row * segment->unit + f * step };
		if (++leg == legs) {
			leg = 0;
			row++;
		}
	}
}

void
raid_locate(const struct stack_segment *segment, uint64_t number, struct raid_unit *ret_unit)
{
	*ret_unit = (struct raid_unit){ .copy_count = 1, .second_parity = STACK_NONE };
	switch (segment->kind) {
	case SEGMENT_RAID5:
		locate_raid5(segment, number, ret_unit);
		break;
	case SEGMENT_RAID6:
		locate_raid6(segment, number, ret_unit);
		break;
	case SEGMENT_RAID10:
		locate_raid10(segment, number, ret_unit);
		break;
	default:
		locate_striped(segment, number, ret_unit);
		break;
	}
}
