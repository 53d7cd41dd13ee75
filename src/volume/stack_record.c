/* stack_record.c - the table of what volumes lie on, and the written form of members and plans. */
#include <string.h>

#include <t1554triage/stack.h>

#define STACK_DRIVER(name) extern const struct stack_driver name##_stack_driver;
#include "stack.def"
#undef STACK_DRIVER

static const struct stack_driver *const drivers[] = {
#define STACK_DRIVER(name) &name##_stack_driver,
#include "stack.def"
#undef STACK_DRIVER
	NULL
};

const char *const segment_kind_names[] = {
	[SEGMENT_MISSING] = "missing", [SEGMENT_ZERO] = "zero", [SEGMENT_LINEAR] = "linear",
	[SEGMENT_STRIPED] = "striped", [SEGMENT_MIRROR] = "mirror", [SEGMENT_RAID5] = "raid5",
	[SEGMENT_RAID6] = "raid6", [SEGMENT_RAID10] = "raid10", [SEGMENT_SNAPSHOT] = "snapshot",
	[SEGMENT_THIN] = "thin", [SEGMENT_JOINED] = "joined", [SEGMENT_ZONES] = "zones", NULL
};

static const struct field member_fields[] = {
	FIELD(struct stack_member, driver, FIELD_TEXT),
	FIELD(struct stack_member, group, FIELD_TEXT),
	FIELD(struct stack_member, name, FIELD_TEXT),
	FIELD(struct stack_member, key, FIELD_TEXT),
	FIELD(struct stack_member, left_out, FIELD_TEXT),
	FIELD(struct stack_member, generation, FIELD_U64),
	FIELD(struct stack_member, data_start, FIELD_U64),
	FIELD(struct stack_member, data_length, FIELD_U64),
	FIELD_LAST
};
const struct record_type stack_member_record = {
	.name = "member", .size = sizeof (struct stack_member), .fields = member_fields,
	.description = "a physical volume, or a member of an array",
};

static const struct field node_fields[] = {
	FIELD(struct stack_node, name, FIELD_TEXT),
	FIELD(struct stack_node, type, FIELD_TEXT),
	FIELD(struct stack_node, devices, FIELD_TEXT),
	FIELD(struct stack_node, not_read, FIELD_TEXT),
	FIELD(struct stack_node, size, FIELD_U64),
	FIELD(struct stack_node, hidden, FIELD_BOOL),
	FIELD_LAST
};
const struct record_type stack_node_record = {
	.name = "node", .size = sizeof (struct stack_node), .fields = node_fields,
	.description = "a logical volume or an array, as a member describes it",
};

static const struct field segment_fields[] = {
	FIELD_ENUM(struct stack_plan_segment, kind, "kind", segment_kind_names),
	FIELD(struct stack_plan_segment, start, FIELD_U64),
	FIELD(struct stack_plan_segment, length, FIELD_U64),
	FIELD(struct stack_plan_segment, unit, FIELD_U64),
	FIELD(struct stack_plan_segment, layout, FIELD_U32),
	FIELD(struct stack_plan_segment, has_states, FIELD_BOOL),
	FIELD_LAST
};
const struct record_type stack_plan_segment_record = {
	.name = "segment", .size = sizeof (struct stack_plan_segment), .fields = segment_fields,
	.description = "a part of the node before it",
};

static const struct field leg_fields[] = {
	FIELD(struct stack_plan_leg, key, FIELD_TEXT),
	FIELD(struct stack_plan_leg, node, FIELD_U32),
	FIELD(struct stack_plan_leg, offset, FIELD_U64),
	FIELD(struct stack_plan_leg, length, FIELD_U64),
	FIELD_LAST
};
const struct record_type stack_plan_leg_record = {
	.name = "leg", .size = sizeof (struct stack_plan_leg), .fields = leg_fields,
	.description = "where a part of the segment before it lies",
};

const struct stack_driver *const *
stack_drivers(void)
{
	return drivers;
}

const struct stack_driver *
stack_driver_of(const char *signature)
{
	for (size_t i = 0; signature && drivers[i]; i++)
		if (!strcmp(drivers[i]->signature, signature))
			return drivers[i];
	return NULL;
}
