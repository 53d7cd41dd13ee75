/* assemble.c - members of all exhibits joined to the volumes that lie on them: parses records, never evidence. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/stack.h>

enum { NOT_FOUND = -1 };

/* A member with the plan that it carries. */
struct stack_candidate {
	struct stack_member fact;
	struct stack_place  place;
	struct plan_node {
		struct stack_node fact;
		size_t first_segment, segment_count;
	} *nodes;
	struct plan_segment {
		struct stack_plan_segment fact;
		size_t first_leg, leg_count;
	} *segments;
	struct stack_plan_leg *legs;
	size_t node_count, node_capacity, segment_count, segment_capacity, leg_count, leg_capacity;
	bool   is_used;		/* its group was joined */
	bool   is_taken;	/* by the group that is being joined */
};

void
stacks_init(struct stacks *stacks)
{
	*stacks = (struct stacks){ .items = NULL };
	arena_init(&stacks->arena);
}

void
stacks_release(struct stacks *stacks)
{
	for (size_t i = 0; i < stacks->member_count; i++) {
		memory_free(stacks->members[i].nodes);
		memory_free(stacks->members[i].segments);
		memory_free(stacks->members[i].legs);
	}
	memory_free(stacks->members);
	memory_free(stacks->items);
	arena_release(&stacks->arena);
	*stacks = (struct stacks){ .items = NULL };
}

/* ---- records ---- */

static const char *
text_or_empty(const char *text)
{
	return text ? text : "";
}

static void
add_member(struct stacks *stacks, const struct stack_place *where, const struct stack_member *fact)
{
	struct stack_candidate candidate = { .fact = *fact, .place = *where };

	candidate.fact.driver = text_or_empty(fact->driver);
	candidate.fact.group = text_or_empty(fact->group);
	candidate.fact.name = text_or_empty(fact->name);
	candidate.fact.key = text_or_empty(fact->key);
	candidate.place.evidence = arena_copy_text(&stacks->arena, where->evidence);
	candidate.place.volume = arena_copy_text(&stacks->arena, where->volume);
	stacks->members = memory_grow(stacks->members, stacks->member_count, &stacks->member_capacity,
		sizeof *stacks->members);
	stacks->members[stacks->member_count++] = candidate;
}

static void
add_node(struct stack_candidate *member, const struct stack_node *fact)
{
	if (!member || member->node_count >= limit_get(LIMIT_STACKS))
		return;
	member->nodes = memory_grow(member->nodes, member->node_count, &member->node_capacity,
		sizeof *member->nodes);
	member->nodes[member->node_count++] = (struct plan_node){ .fact = *fact,
		.first_segment = member->segment_count };
}

static void
add_segment(struct stack_candidate *member, const struct stack_plan_segment *fact)
{
	if (!member || !member->node_count || member->segment_count >= limit_get(LIMIT_STACK_SEGMENTS))
		return;
	member->segments = memory_grow(member->segments, member->segment_count, &member->segment_capacity,
		sizeof *member->segments);
	member->segments[member->segment_count++] = (struct plan_segment){ .fact = *fact,
		.first_leg = member->leg_count };
	member->nodes[member->node_count - 1].segment_count++;
}

static void
add_leg(struct stack_candidate *member, const struct stack_plan_leg *fact)
{
	if (!member || !member->segment_count || member->leg_count >= limit_get(LIMIT_STACK_SEGMENTS))
		return;
	member->legs = memory_grow(member->legs, member->leg_count, &member->leg_capacity, sizeof *member->legs);
	member->legs[member->leg_count++] = *fact;
	member->segments[member->segment_count - 1].leg_count++;
}

bool
stacks_take_line(struct stacks *stacks, const struct stack_place *where, const char *line, size_t length)
{
	struct stack_candidate *last = stacks->member_count ? &stacks->members[stacks->member_count - 1] : NULL;
	struct stack_member member;
	struct stack_node node;
	struct stack_plan_segment segment;
	struct stack_plan_leg leg;

	if (record_read(line, length, &stack_member_record, &stacks->arena, &member) == STATUS_OK)
		add_member(stacks, where, &member);
	else if (record_read(line, length, &stack_node_record, &stacks->arena, &node) == STATUS_OK)
		add_node(last, &node);
	else if (record_read(line, length, &stack_plan_segment_record, &stacks->arena, &segment) == STATUS_OK)
		add_segment(last, &segment);
	else if (record_read(line, length, &stack_plan_leg_record, &stacks->arena, &leg) == STATUS_OK)
		add_leg(last, &leg);
	else
		return false;
	return true;
}

/* ---- groups ---- */

/* One group as it is being joined. */
struct join {
	struct stacks      *stacks;
	const struct notes *notes;
	const struct stack_driver *driver;
	const char *group;
	const struct stack_candidate *plan;	/* the member whose description is used */
	uint32_t    near;	/* exhibit whose members are taken before others of the same key */
	uint64_t    generation;	/* newest among the members that are taken */
	size_t      first;	/* number of the plan's first stack */
	const char *prefix;	/* "p2/vg0" */
	uint32_t    exhibit;
	const char *evidence;
};

static const struct stack_driver *
driver_by_name(const char *name)
{
	for (size_t i = 0; stack_drivers()[i]; i++)
		if (!strcmp(stack_drivers()[i]->name, name))
			return stack_drivers()[i];
	return NULL;
}

static bool
is_of_group(const struct join *join, const struct stack_candidate *member)
{
	return !strcmp(member->fact.driver, join->driver->name) && !member->fact.left_out &&
	       (!strcmp(member->fact.group, join->group) || !*member->fact.group);
}

static bool
is_outdated(const struct join *join, const struct stack_candidate *member)
{
	/* The member that was written last may be one event ahead, as for mdadm. */
	return join->driver->current_only && member->fact.generation + 1 < join->generation;
}

/* Of two members of one key the better: on the near exhibit, in no other copy of the group, newer. */
static bool
is_better(const struct join *join, const struct stack_candidate *one, const struct stack_candidate *other)
{
	bool one_is_near = one->place.exhibit == join->near, other_is_near = other->place.exhibit == join->near;

	if (one_is_near != other_is_near)
		return one_is_near;
	if (one->is_used != other->is_used)
		return !one->is_used;
	return one->fact.generation > other->fact.generation;
}

/* The member that the key names: of several the best, then the first. */
static long
find_member(const struct join *join, const char *key)
{
	const struct stack_candidate *members = join->stacks->members;
	long best = NOT_FOUND;

	for (size_t i = 0; i < join->stacks->member_count && *key; i++) {
		if (strcmp(members[i].fact.key, key) || !is_of_group(join, &members[i]) ||
		    is_outdated(join, &members[i]))
			continue;
		if (best == NOT_FOUND || is_better(join, &members[i], &members[best]))
			best = (long)i;
	}
	return best;
}

/* The newest plan among the members that would be taken. */
static void
choose_plan(struct join *join)
{
	struct stacks *stacks = join->stacks;

	join->plan = NULL;
	join->generation = 0;
	for (size_t i = 0; i < stacks->member_count; i++) {
		const struct stack_candidate *member = &stacks->members[i];

		if (!is_of_group(join, member) || !member->node_count || find_member(join, member->fact.key) != (long)i)
			continue;
		if (!join->plan || member->fact.generation > join->generation) {
			join->plan = member;
			join->generation = member->fact.generation;
		}
	}
}

/* Every member that the plan names is there. */
static bool
is_complete(const struct join *join)
{
	bool complete = true;
	struct map seen;

	map_init(&seen);
	for (size_t i = 0; i < join->plan->leg_count && complete; i++) {
		const char *key = join->plan->legs[i].key;

		if (key && map_add_text(&seen, key, 0))
			complete = find_member(join, key) != NOT_FOUND;
	}
	map_release(&seen);
	return complete;
}

/* ---- from plan to stacks ---- */

static struct stack_leg
resolve_leg(const struct join *join, const struct stack_plan_leg *leg, uint32_t own_number)
{
	struct stack_leg found = { .below = STACK_NONE, .missing = true };
	const struct stack_candidate *member;
	uint64_t start, length;
	long at;

	if (!leg->key) {
		const struct stack *below;

		if (leg->node >= own_number - join->first)
			return found;
		below = &join->stacks->items[join->first + leg->node];
		found = (struct stack_leg){ .exhibit = below->exhibit, .below = (uint32_t)join->first + leg->node,
			.offset = leg->offset, .length = leg->length ? leg->length : below->size };
		return found;
	}
	at = find_member(join, leg->key);
	if (at == NOT_FOUND)
		return found;
	member = &join->stacks->members[at];
	start = member->fact.data_start;
	if (__builtin_add_overflow(start, leg->offset, &start) || start >= member->place.length)
		return found;
	length = member->place.length - start;
	if (member->fact.data_length && leg->offset < member->fact.data_length &&
	    member->fact.data_length - leg->offset < length)
		length = member->fact.data_length - leg->offset;
	if (leg->length && leg->length < length)
		length = leg->length;
	return (struct stack_leg){ .exhibit = member->place.exhibit, .below = member->place.below,
		.offset = member->place.start + start, .length = length };
}

static struct stack_segment *
grow_segments(struct stacks *stacks, struct stack *stack, size_t count)
{
	struct stack_segment *segments = arena_allocate(&stacks->arena, (stack->segment_count + count) * sizeof *segments);

	if (stack->segment_count)
		memcpy(segments, stack->segments, stack->segment_count * sizeof *segments);
	stack->segments = segments;
	return segments + stack->segment_count;
}

static struct stack_leg *
copy_leg(struct stacks *stacks, const struct stack_leg *leg)
{
	return memcpy(arena_allocate(&stacks->arena, sizeof *leg), leg, sizeof *leg);
}

/* Linear arrays: one member behind the other.  One that is missing has no size: nothing behind it has a place. */
static bool
join_legs(struct stacks *stacks, struct stack *stack, const struct stack_segment *segment)
{
	struct stack_segment *to = grow_segments(stacks, stack, segment->leg_count);

	for (size_t i = 0; i < segment->leg_count; i++) {
		if (segment->legs[i].missing || segment->legs[i].length > UINT64_MAX - stack->size)
			return false;
		to[stack->segment_count++] = (struct stack_segment){ .kind = SEGMENT_LINEAR, .start = stack->size,
			.length = segment->legs[i].length, .legs = copy_leg(stacks, &segment->legs[i]), .leg_count = 1 };
		stack->size += segment->legs[i].length;
	}
	return true;
}

/* The smallest length of a leg that is larger; UINT64_MAX: none is. */
static uint64_t
next_length(const struct stack_segment *segment, uint64_t length)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < segment->leg_count; i++)
		if (segment->legs[i].length > length && segment->legs[i].length < next)
			next = segment->legs[i].length;
	return next;
}

/* RAID 0: striped over all members as far as the smallest goes, then over the rest, and so on. */
static bool
zone_legs(struct stacks *stacks, struct stack *stack, const struct stack_segment *segment, bool counts_from_begin)
{
	uint64_t from = 0, to;

	if (!segment->unit)
		return false;
	for (size_t i = 0; i < segment->leg_count; i++) {
		/* Without one member nothing of the size is known, and every file is in pieces. */
		if (segment->legs[i].missing)
			return false;
		segment->legs[i].length -= segment->legs[i].length % segment->unit;
	}
	for (; (to = next_length(segment, from)) != UINT64_MAX; from = to) {
		struct stack_segment *zone = grow_segments(stacks, stack, 1);

		*zone = (struct stack_segment){ .kind = SEGMENT_STRIPED, .start = stack->size, .unit = segment->unit,
			.legs = arena_allocate(&stacks->arena, segment->leg_count * sizeof *zone->legs) };
		for (size_t i = 0; i < segment->leg_count; i++) {
			struct stack_leg leg = segment->legs[i];

			if (leg.length <= from)
				continue;
			leg.offset += from;
			leg.length = to - from;
			zone->legs[zone->leg_count++] = leg;
		}
		if (__builtin_mul_overflow(to - from, zone->leg_count, &zone->length) ||
		    zone->length > UINT64_MAX - stack->size)
			return false;
		if (counts_from_begin)
			zone->layout = (uint32_t)(stack->size / segment->unit % zone->leg_count);
		stack->segment_count++;
		stack->size += zone->length;
	}
	return true;
}

/* One segment of the plan; false: the volume cannot be read. */
static bool
build_segment(struct join *join, struct stack *stack, const struct plan_segment *plan, uint32_t number)
{
	struct stacks *stacks = join->stacks;
	struct stack_segment segment = { .kind = plan->fact.kind, .start = plan->fact.start,
		.length = plan->fact.length, .unit = plan->fact.unit, .layout = plan->fact.layout,
		.leg_count = plan->leg_count };
	uint64_t end = stack->segment_count ? stack->segments[stack->segment_count - 1].start +
		stack->segments[stack->segment_count - 1].length : 0;

	segment.legs = arena_allocate(&stacks->arena, plan->leg_count * sizeof *segment.legs);
	if (plan->fact.has_states && plan->leg_count % 2)
		return false;
	for (size_t i = 0; i < plan->leg_count; i++) {
		segment.legs[i] = resolve_leg(join, &join->plan->legs[plan->first_leg + i], number);
		if (!segment.legs[i].missing && segment.legs[i].below != STACK_NONE &&
		    stack->depth <= stacks->items[segment.legs[i].below].depth)
			stack->depth = stacks->items[segment.legs[i].below].depth + 1;
	}
	if (plan->fact.has_states) {
		segment.leg_count = plan->leg_count / 2;
		segment.states = segment.legs + segment.leg_count;
	}
	if (segment.kind == SEGMENT_JOINED)
		return join_legs(stacks, stack, &segment);
	if (segment.kind == SEGMENT_ZONES)
		return zone_legs(stacks, stack, &segment, segment.layout);
	if (segment.start < end || segment.length > UINT64_MAX - segment.start)
		return false;
	/* The caller made room for all of the plan. */
	stack->segments[stack->segment_count++] = segment;
	return true;
}

/* How much of the stack has no member that could give it: bytes of its own segments. */
static uint64_t
missing_bytes(const struct stack *stack)
{
	uint64_t missing = 0;

	for (size_t i = 0; i < stack->segment_count; i++) {
		const struct stack_segment *segment = &stack->segments[i];
		size_t lost = 0, count = segment->leg_count;

		for (size_t leg = 0; leg < count; leg++)
			lost += segment->legs[leg].missing;
		if (segment->kind == SEGMENT_MISSING ||
		    (segment->kind == SEGMENT_MIRROR ? lost == count :
		     segment->kind == SEGMENT_RAID5 || segment->kind == SEGMENT_RAID6 ? lost > 1 :
		     segment->kind == SEGMENT_RAID10 ? lost >= (segment->layout & 0xff) * (segment->layout >> 8 & 0xff) :
		     lost > 0))
			missing += segment->length;
	}
	return missing;
}

static void
note_node(const struct join *join, const struct stack *stack, const char *not_read)
{
	struct place at = { .evidence = stack->evidence, .volume = stack->name };
	uint64_t missing = missing_bytes(stack);

	if (not_read)
		note(join->notes, STATUS_UNREADABLE, NOTE_VOLUME_UNSUPPORTED, &at,
			"volume %s (%s) is not read: it would need %s; nothing in it was examined", stack->name, stack->type,
			not_read);
	else if (missing && !stack->hidden)
		note(join->notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED, &at,
			"volume %s (%s): %" PRIu64 " of its %" PRIu64 " bytes lie, in whole or in part, on members that are "
			"not in the evidence: they are read as zeros, and what lies there is unreliable", stack->name,
			stack->type, missing, stack->size);
}

static void
build_node(struct join *join, const struct plan_node *plan)
{
	struct stacks *stacks = join->stacks;
	uint32_t number = (uint32_t)stacks->count;
	const char *not_read = plan->fact.not_read;
	struct stack stack = { .scheme = join->driver->name, .type = text_or_empty(plan->fact.type),
		.devices = text_or_empty(plan->fact.devices), .exhibit = join->exhibit, .evidence = join->evidence,
		.size = plan->fact.size, .hidden = plan->fact.hidden };

	stack.name = plan->fact.name && *plan->fact.name ?
		arena_format(&stacks->arena, "%s/%s", join->prefix, plan->fact.name) : join->prefix;
	grow_segments(stacks, &stack, plan->segment_count);
	for (size_t i = 0; i < plan->segment_count && !not_read; i++)
		if (plan->segment_count > 1 && join->plan->segments[plan->first_segment + i].fact.kind >= SEGMENT_JOINED)
			not_read = "a description that does not contradict itself";
		else if (!build_segment(join, &stack, &join->plan->segments[plan->first_segment + i], number))
			not_read = "all of its members, or a description that does not contradict itself";
	if (stack.depth > limit_get(LIMIT_STACK_DEPTH))
		not_read = "more volumes within volumes than the limit stack-depth allows";
	note_node(join, &stack, not_read);
	if (not_read) {
		stack.segment_count = 0;
		stack.hidden = true;
	}
	stacks->items = memory_grow(stacks->items, stacks->count, &stacks->capacity, sizeof *stacks->items);
	stacks->items[stacks->count++] = stack;
}

/* ---- what is said of the members ---- */

static void
note_member(const struct join *join, const struct stack_candidate *member, const char *why)
{
	struct place at = { .evidence = member->place.evidence, .volume = member->place.volume };

	note(join->notes, STATUS_OK, NOTE_VOLUME_MEMBER, &at, "volume %s is a member of %s (%s) and is left out: %s",
		member->place.volume, *member->fact.name ? member->fact.name : "a group", join->driver->name, why);
}

static void
note_missing(const struct join *join)
{
	struct place at = { .evidence = join->evidence, .volume = join->prefix };
	struct map seen;

	map_init(&seen);
	for (size_t i = 0; i < join->plan->leg_count; i++) {
		const char *key = join->plan->legs[i].key;

		if (!key || !map_add_text(&seen, key, 0) || find_member(join, key) != NOT_FOUND)
			continue;
		note(join->notes, STATUS_OK, NOTE_VOLUME_MEMBER, &at,
			"member %s of %s (%s) is not in the evidence: what only it holds is missing", *key ? key : "without a name",
			join->plan->fact.name, join->driver->name);
	}
	map_release(&seen);
}

/* The first member that the plan names and that is there: from it the volumes have their name. */
static void
name_group(struct join *join)
{
	long first = NOT_FOUND;

	for (size_t i = 0; i < join->plan->leg_count && first == NOT_FOUND; i++)
		if (join->plan->legs[i].key)
			first = find_member(join, join->plan->legs[i].key);
	if (first == NOT_FOUND)
		first = join->plan - join->stacks->members;
	join->exhibit = join->stacks->members[first].place.exhibit;
	join->evidence = join->stacks->members[first].place.evidence;
	join->prefix = arena_format(&join->stacks->arena, "%s/%s", join->stacks->members[first].place.volume,
		join->plan->fact.name);
}

static void
build_group(struct join *join)
{
	const struct stack_candidate *plan = join->plan;
	struct stacks *stacks = join->stacks;

	name_group(join);
	note_missing(join);
	join->first = stacks->count;
	for (size_t i = 0; i < plan->node_count && stacks->count < limit_get(LIMIT_STACKS); i++)
		build_node(join, &plan->nodes[i]);
	/* All are asked before the first is marked: what is used is worse than a copy that is not. */
	for (size_t i = 0; i < stacks->member_count; i++)
		stacks->members[i].is_taken = is_of_group(join, &stacks->members[i]) &&
			find_member(join, stacks->members[i].fact.key) == (long)i;
	for (size_t i = 0; i < stacks->member_count; i++)
		stacks->members[i].is_used |= stacks->members[i].is_taken;
}

/* Members that were not taken: spares, old halves, second copies. */
static void
note_left_out(const struct join *join)
{
	for (size_t i = 0; i < join->stacks->member_count; i++) {
		struct stack_candidate *member = &join->stacks->members[i];

		if (member->is_used || strcmp(member->fact.driver, join->driver->name) ||
		    strcmp(member->fact.group, join->group))
			continue;
		if (member->fact.left_out)
			note_member(join, member, member->fact.left_out);
		else if (is_outdated(join, member))
			note_member(join, member, "it is older than the others, which went on without it");
		else
			note_member(join, member, "another volume is the same member, and is read");
		member->is_used = true;
	}
}

/* Whether a copy of a member is nearer to another exhibit than the ones taken so far. */
static bool
has_copy_left(const struct join *join, uint32_t *ret_exhibit)
{
	for (size_t i = 0; i < join->stacks->member_count; i++) {
		const struct stack_candidate *member = &join->stacks->members[i];

		if (member->is_used || !member->node_count || !is_of_group(join, member) ||
		    strcmp(member->fact.group, join->group))
			continue;
		for (size_t other = 0; other < join->stacks->member_count; other++)
			if (other != i && join->stacks->members[other].is_used &&
			    is_of_group(join, &join->stacks->members[other]) &&
			    join->stacks->members[other].place.exhibit != member->place.exhibit &&
			    !strcmp(join->stacks->members[other].fact.key, member->fact.key)) {
				*ret_exhibit = member->place.exhibit;
				return true;
			}
	}
	return false;
}

/* Joins the group of a member, once more for each exhibit that has copies of its own. */
static void
join_group(struct join *join)
{
	uint32_t exhibit;
	size_t copies = 1;

	build_group(join);
	while (has_copy_left(join, &exhibit) && copies++ < limit_get(LIMIT_STACK_DEPTH)) {
		uint32_t before = join->near;

		join->near = exhibit;
		choose_plan(join);
		if (!join->plan) {
			join->near = before;
			break;
		}
		build_group(join);
		note(join->notes, STATUS_OK, NOTE_VOLUME_MEMBER, &(struct place){ .evidence = join->evidence,
			.volume = join->prefix }, "%s (%s) is there more than once, with the same identifiers: each is "
			"read from the exhibit that it lies on", join->plan->fact.name, join->driver->name);
	}
	note_left_out(join);
}

static bool
can_join(struct join *join, const struct stack_candidate *member, bool incomplete)
{
	join->driver = driver_by_name(member->fact.driver);
	join->group = member->fact.group;
	join->near = member->place.exhibit;
	if (!join->driver || member->is_used || !member->node_count || member->fact.left_out)
		return false;
	choose_plan(join);
	return join->plan && (incomplete || is_complete(join));
}

/* Members from which nothing follows: of no group, or of one that is not described anywhere. */
static void
note_alone(struct stacks *stacks, const struct notes *notes)
{
	for (size_t i = 0; i < stacks->member_count; i++) {
		struct stack_candidate *member = &stacks->members[i];
		struct join join = { .stacks = stacks, .notes = notes, .driver = driver_by_name(member->fact.driver) };
		struct place at = { .evidence = member->place.evidence, .volume = member->place.volume };

		if (member->is_used || !join.driver)
			continue;
		member->is_used = true;
		if (member->fact.left_out || *member->fact.group)
			note_member(&join, member, member->fact.left_out ? member->fact.left_out :
				"its group has no volumes");
		else
			note(notes, STATUS_UNREADABLE, NOTE_VOLUME_UNSUPPORTED, &at,
				"volume %s is a member of a group (%s) that nothing in the evidence describes: nothing in it "
				"was examined", member->place.volume, member->fact.driver);
	}
}

size_t
stacks_assemble(struct stacks *stacks, bool incomplete, const struct notes *notes)
{
	size_t before = stacks->count;

	for (size_t i = 0; i < stacks->member_count; i++) {
		struct join join = { .stacks = stacks, .notes = notes };

		if (can_join(&join, &stacks->members[i], false))
			join_group(&join);
	}
	/* Arrays before the groups that may lie on them: the order of the table. */
	for (size_t row = 0; incomplete && stack_drivers()[row]; row++)
		for (size_t i = 0; stacks->count == before && i < stacks->member_count; i++) {
			struct join join = { .stacks = stacks, .notes = notes };

			if (!strcmp(stacks->members[i].fact.driver, stack_drivers()[row]->name) &&
			    can_join(&join, &stacks->members[i], true))
				join_group(&join);
		}
	if (incomplete && stacks->count == before)
		note_alone(stacks, notes);
	return stacks->count - before;
}
