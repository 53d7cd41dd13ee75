/*
 * lvm.c - LVM2 physical volumes and the volume groups that they describe
 * (lvm2: lib/format_text/layout.h, lib/label/label.h, lib/format_text/export.c).
 *
 * One of the first four sectors is the label; numbers are little-endian, checksums CRC-32
 * begun with f597a6cf and not inverted:
 *
 *	0   "LABELONE", 8 u64 own sector, 16 u32 checksum of what follows, 20 u32 offset of the header, 24 "LVM2 001"
 *	the header: UUID (32), u64 bytes of the device, list of data areas, list of metadata areas
 *	(u64 offset, u64 bytes; one that is 0 ends each)
 *
 * A metadata area begins with a sector, and is a ring behind it:
 *
 *	0   u32 checksum of what follows, 4 " LVM2 x[5A%r0N*>", 20 u32 version 1, 24 u64 own offset, 32 u64 bytes
 *	40  copies of the text: u64 offset from the area's beginning, u64 bytes, u32 checksum, u32 1 ignored
 *
 * The text stands in lvm_text.c.  A logical volume in it:
 *
 *	root {
 *	id = "..."
 *	status = ["READ", "WRITE", "VISIBLE"]
 *	segment_count = 1
 *	segment1 {
 *		start_extent = 0
 *		extent_count = 25
 *		type = "striped"
 *		stripe_count = 1
 *		stripes = ["pv0", 0]
 *	}
 *	}
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <zlib.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/stack.h>

#include "lvm_text.h"

enum {
	SECTOR_BYTES = 512, LABEL_SECTORS = 4, UUID_BYTES = 32, UUID_TEXT = 39, AREA_HEADER = 512, AREAS_MAX = 16,
	COPY_IGNORED = 1,
};

struct lvm {
	struct source            *source;
	const struct place       *at;
	const struct stack_sink  *out;
	const struct notes       *notes;
	struct arena              arena;
	char                      uuid[UUID_TEXT];	/* of the physical volume */
	struct { uint64_t offset, length; } areas[AREAS_MAX];
	size_t                    area_count;
	enum status               status;
	bool                      is_empty;	/* an area says that there is no group */
	/* The newest description that was found. */
	const struct lvm_item    *group;
	uint64_t                  generation;
};

static uint32_t
checksum(const uint8_t *bytes, size_t length)
{
	return ~(uint32_t)crc32((uLong)(uint32_t)~0xf597a6cfU, bytes, (uInt)length);
}

static void
note_damage(struct lvm *lvm, const char *what, const char *why)
{
	lvm->status = note(lvm->notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED, lvm->at,
		"%s of the physical volume %s %s", what, lvm->at->volume, why);
}

/* "gZkdUG-eoYz-4AV1-...": 6-4-4-4-4-4-6. */
static void
uuid_text(char ret_text[UUID_TEXT], const uint8_t uuid[UUID_BYTES])
{
	size_t to = 0;

	for (size_t i = 0; i < UUID_BYTES; i++) {
		if (i >= 6 && i <= 26 && (i - 6) % 4 == 0)
			ret_text[to++] = '-';
		ret_text[to++] = uuid[i] > ' ' && uuid[i] < 0x7f ? (char)uuid[i] : '?';
	}
	ret_text[to] = '\0';
}

/* ---- label and metadata areas ---- */

static void
read_areas(struct lvm *lvm, struct cursor *c)
{
	while (take_u64le(c) && !c->failed)	/* data areas: their places stand in the text too */
		take_u64le(c);
	take_u64le(c);
	while (lvm->area_count < AREAS_MAX) {
		uint64_t offset = take_u64le(c), length = take_u64le(c);

		if (!offset || c->failed)
			break;
		lvm->areas[lvm->area_count].offset = offset;
		lvm->areas[lvm->area_count++].length = length;
	}
}

/* The label with its checksum; failing that, one without, which is said. */
static bool
read_label(struct lvm *lvm)
{
	uint8_t sector[SECTOR_BYTES];
	bool is_found = false;

	for (int pass = 0; pass < 2 && !is_found; pass++)
		for (uint64_t i = 0; i < LABEL_SECTORS && !is_found; i++) {
			struct cursor c = cursor_at(sector, sizeof sector, 8);
			const uint8_t *uuid;
			uint32_t offset;

			if (source_read_exactly(lvm->source, i * SECTOR_BYTES, sector, sizeof sector) <= STATUS_UNREADABLE ||
			    memcmp(sector, "LABELONE", 8) || memcmp(sector + 24, "LVM2 001", 8))
				continue;
			is_found = take_u64le(&c) == i && take_u32le(&c) == checksum(sector + 20, SECTOR_BYTES - 20);
			if (!is_found && !pass)
				continue;
			if (!is_found)
				note_damage(lvm, "the label", "does not have its checksum: it is used as it is");
			is_found = true;
			c = cursor_at(sector, sizeof sector, 20);
			offset = take_u32le(&c);
			c = cursor_at(sector, sizeof sector, offset);
			uuid = take_bytes(&c, UUID_BYTES);
			take_u64le(&c);
			if (!uuid)
				return false;
			uuid_text(lvm->uuid, uuid);
			read_areas(lvm, &c);
			return true;
		}
	return false;
}

/* A copy of the text, which may go on at the beginning of the ring. */
static uint8_t *
read_copy(struct lvm *lvm, uint64_t area, uint64_t area_length, uint64_t offset, uint64_t length)
{
	uint64_t first = length < area_length - offset ? length : area_length - offset;
	uint8_t *text = memory_allocate((size_t)length + 1, 1);

	if (source_read_exactly(lvm->source, area + offset, text, (size_t)first) < STATUS_OK ||
	    (first < length && source_read_exactly(lvm->source, area + AREA_HEADER, text + first,
		(size_t)(length - first)) < STATUS_OK)) {
		memory_free(text);
		return NULL;
	}
	return text;
}

/* The section of the group: the one that has an identifier and a number. */
static const struct lvm_item *
find_group(const struct lvm_item *root)
{
	for (const struct lvm_item *item = root ? root->first : NULL; item; item = item->next)
		if (item->type == LVM_SECTION && lvm_item_text(item, "id") &&
		    lvm_item_find(item, "seqno", LVM_NUMBER))
			return item;
	return NULL;
}

static void
take_text(struct lvm *lvm, const uint8_t *text, size_t length)
{
	size_t line;
	const struct lvm_item *group = find_group(lvm_text_parse((const char *)text, length, &lvm->arena, &line));
	uint64_t generation = lvm_item_number(group, "seqno", 0);
	char why[96];

	if (!group) {
		snprintf(why, sizeof why, "cannot be read from line %zu on: it is not used", line);
		note_damage(lvm, "a description of the volume group", why);
	} else if (!lvm->group || generation > lvm->generation) {
		lvm->group = group;
		lvm->generation = generation;
	}
}

static void
read_area(struct lvm *lvm, uint64_t area, uint64_t area_length)
{
	static const char magic[] = " LVM2 x[5A%r0N*>";
	uint8_t header[AREA_HEADER], *text;
	struct cursor c = cursor_over(header, sizeof header);
	uint64_t offset, length;
	uint32_t sum, flags;

	if (source_read_exactly(lvm->source, area, header, sizeof header) < STATUS_OK ||
	    take_u32le(&c) != checksum(header + 4, AREA_HEADER - 4) || memcmp(header + 4, magic, 16)) {
		note_damage(lvm, "a metadata area", "does not have its checksum: it is not used");
		return;
	}
	c = cursor_at(header, sizeof header, 32);
	if (take_u64le(&c) < area_length) {
		c = cursor_at(header, sizeof header, 32);
		area_length = take_u64le(&c);
	}
	offset = take_u64le(&c);
	length = take_u64le(&c);
	sum = take_u32le(&c);
	flags = take_u32le(&c);
	lvm->is_empty |= !offset;
	if (!offset || flags & COPY_IGNORED)
		return;
	if (area_length <= AREA_HEADER || offset < AREA_HEADER || offset >= area_length ||
	    length > area_length - AREA_HEADER || length > limit_get(LIMIT_GROUP_BYTES)) {
		note_damage(lvm, "a metadata area", "names a place outside of itself: it is not used");
		return;
	}
	text = read_copy(lvm, area, area_length, offset, length);
	if (text && checksum(text, (size_t)length) == sum)
		take_text(lvm, text, (size_t)length);
	else
		note_damage(lvm, "a description of the volume group",
			"does not have its checksum: it is not used");
	memory_free(text);
}

/* ---- the plan ---- */

struct volume_state {
	const struct lvm_item *item;
	const char *shown_as;	/* of the store of a snapshot: the snapshot, else NULL */
	uint32_t    node;	/* its number in the plan, once handed out */
	bool        is_handed_out, is_begun;
};

struct plan {
	struct lvm *lvm;
	uint64_t    extent;	/* bytes */
	struct map  members, volumes;	/* names to positions */
	const char **member_ids;
	uint64_t   *member_starts;
	size_t      member_count, member_capacity, start_capacity;
	struct volume_state *states;
	size_t      volume_count, volume_capacity;
	uint32_t    nodes;	/* handed out */
	uint64_t    segments;	/* handed out */
};

static bool
multiply(uint64_t a, uint64_t b, uint64_t *ret_product)
{
	return !__builtin_mul_overflow(a, b, ret_product);
}

static void
collect_members(struct plan *plan)
{
	const struct lvm_item *list = lvm_item_find(plan->lvm->group, "physical_volumes", LVM_SECTION);

	for (const struct lvm_item *item = list ? list->first : NULL; item; item = item->next) {
		const char *id = item->type == LVM_SECTION ? lvm_item_text(item, "id") : NULL;
		uint64_t start;

		if (!id || !multiply(lvm_item_number(item, "pe_start", 0), SECTOR_BYTES, &start))
			continue;
		plan->member_ids = memory_grow(plan->member_ids, plan->member_count, &plan->member_capacity,
			sizeof *plan->member_ids);
		plan->member_starts = memory_grow(plan->member_starts, plan->member_count, &plan->start_capacity,
			sizeof *plan->member_starts);
		map_add_text(&plan->members, item->name, plan->member_count);
		plan->member_ids[plan->member_count] = id;
		plan->member_starts[plan->member_count++] = start;
	}
}

static void
collect_volumes(struct plan *plan)
{
	const struct lvm_item *list = lvm_item_find(plan->lvm->group, "logical_volumes", LVM_SECTION);

	for (const struct lvm_item *item = list ? list->first : NULL; item; item = item->next) {
		if (item->type != LVM_SECTION)
			continue;
		plan->states = memory_grow(plan->states, plan->volume_count, &plan->volume_capacity,
			sizeof *plan->states);
		map_add_text(&plan->volumes, item->name, plan->volume_count);
		plan->states[plan->volume_count++] = (struct volume_state){ .item = item };
	}
}

static struct volume_state *
volume_by_name(struct plan *plan, const char *name)
{
	uint64_t at;

	return name && map_get_text(&plan->volumes, name, &at) ? &plan->states[at] : NULL;
}

static uint32_t hand_out_volume(struct plan *plan, struct volume_state *state, unsigned depth);

/* A leg on a physical volume or another logical volume; of neither: missing. */
static void
add_leg(struct plan *plan, struct buffer *legs, const char *name, uint64_t extents, uint64_t length,
	unsigned depth)
{
	struct stack_plan_leg leg = { .key = "", .length = length };
	struct volume_state *below;
	uint64_t at;

	if (!multiply(extents, plan->extent, &leg.offset)) {
		leg.key = "";
	} else if (name && map_get_text(&plan->members, name, &at)) {
		leg.key = plan->member_ids[at];
		if (__builtin_add_overflow(leg.offset, plan->member_starts[at], &leg.offset))
			leg.key = "";
	} else if ((below = volume_by_name(plan, name))) {
		leg.node = hand_out_volume(plan, below, depth + 1);
		leg.key = leg.node == STACK_NONE ? "" : NULL;
	}
	buffer_add(legs, &leg, sizeof leg);
}

/* "stripes" and "mirrors": names and extents in turn. */
static void
add_areas(struct plan *plan, struct buffer *legs, const struct lvm_item *list, uint64_t length, unsigned depth)
{
	for (const struct lvm_item *item = list ? list->first : NULL; item && item->next; item = item->next->next)
		add_leg(plan, legs, item->type == LVM_TEXT ? item->text : NULL, item->next->number, length, depth);
}

/* "raids": a volume with the state and one with the data in turn, of which this takes one kind. */
static void
add_every_second(struct plan *plan, struct buffer *legs, const struct lvm_item *list, bool states, uint64_t length,
	unsigned depth)
{
	bool is_state = true;

	for (const struct lvm_item *item = list ? list->first : NULL; item; item = item->next, is_state = !is_state)
		if (is_state == states)
			add_leg(plan, legs, item->type == LVM_TEXT ? item->text : NULL, 0, length, depth);
}

/* "raid0_lvs": data alone. */
static void
add_images(struct plan *plan, struct buffer *legs, const struct lvm_item *list, uint64_t length, unsigned depth)
{
	for (const struct lvm_item *item = list ? list->first : NULL; item; item = item->next)
		add_leg(plan, legs, item->type == LVM_TEXT ? item->text : NULL, 0, length, depth);
}

static const struct segment_type {
	const char       *name;
	enum segment_kind kind;
	uint32_t          layout;
	uint32_t          parity;	/* legs that hold no data of their own */
} segment_types[] = {
	{ "striped", SEGMENT_STRIPED, 0, 0 }, { "linear", SEGMENT_STRIPED, 0, 0 },
	{ "mirror", SEGMENT_MIRROR, 0, 0 }, { "raid1", SEGMENT_MIRROR, 0, 0 },
	{ "raid0", SEGMENT_STRIPED, 0, 0 }, { "raid0_meta", SEGMENT_STRIPED, 0, 0 },
	{ "raid4", SEGMENT_RAID5, 4, 1 }, { "raid5", SEGMENT_RAID5, 2, 1 }, { "raid5_n", SEGMENT_RAID5, 5, 1 },
	{ "raid5_la", SEGMENT_RAID5, 0, 1 }, { "raid5_ra", SEGMENT_RAID5, 1, 1 },
	{ "raid5_ls", SEGMENT_RAID5, 2, 1 }, { "raid5_rs", SEGMENT_RAID5, 3, 1 },
	{ "raid6", SEGMENT_RAID6, 8, 2 }, { "raid6_zr", SEGMENT_RAID6, 8, 2 },
	{ "raid6_nr", SEGMENT_RAID6, 9, 2 }, { "raid6_nc", SEGMENT_RAID6, 10, 2 },
	{ "raid10", SEGMENT_RAID10, 0, 0 }, { "raid10_near", SEGMENT_RAID10, 0, 0 },
	{ "zero", SEGMENT_ZERO, 0, 0 }, { "error", SEGMENT_MISSING, 0, 0 },
	{ "thin", SEGMENT_THIN, 0, 0 },
};

/* What is recognised and needs more than the segments that it names. */
static const struct { const char *type, *needs; } not_read_types[] = {
	{ "cache", "what its cache holds and has not yet written back" },
	{ "writecache", "what its write cache holds and has not yet written back" },
	{ "vdo", "a reader of VDO (deduplicated) volumes" },
	{ "integrity", "a reader of integrity data between the sectors" },
	{ "virtual", "a reader of virtual volumes" },
};
/* Parts of others, also where they are marked as visible. */
static const char *const hidden_types[] = { "thin-pool", "cache-pool", "vdo-pool", "snapshot" };

static const struct segment_type *
segment_type(const char *name)
{
	for (size_t i = 0; name && i < sizeof segment_types / sizeof *segment_types; i++)
		if (!strcmp(segment_types[i].name, name))
			return &segment_types[i];
	return NULL;
}

static uint64_t
legs_of(const struct buffer *legs)
{
	return legs->length / sizeof (struct stack_plan_leg);
}

/* Bytes of one leg that a segment of that many legs uses. */
static uint64_t
leg_length(const struct segment_type *type, uint64_t length, uint64_t legs, uint64_t copies)
{
	if (type->kind == SEGMENT_MIRROR || legs <= type->parity)
		return length;
	if (type->kind == SEGMENT_RAID10)
		return length / legs * copies;
	return length / (legs - type->parity);
}

static uint64_t
count_items(const struct lvm_item *list)
{
	uint64_t count = 0;

	for (const struct lvm_item *item = list ? list->first : NULL; item; item = item->next)
		count++;
	return count;
}

static void
add_thin_legs(struct plan *plan, struct buffer *legs, const struct lvm_item *item,
	struct stack_plan_segment *segment, unsigned depth)
{
	const struct volume_state *pool = volume_by_name(plan, lvm_item_text(item, "thin_pool"));
	const struct lvm_item *inner = pool ? lvm_item_find(pool->item, "segment1", LVM_SECTION) : NULL;

	if (!multiply(lvm_item_number(inner, "chunk_size", 0), SECTOR_BYTES, &segment->unit))
		segment->unit = 0;
	segment->layout = (uint32_t)lvm_item_number(item, "device_id", 0);
	add_leg(plan, legs, lvm_item_text(inner, "metadata"), 0, 0, depth);
	add_leg(plan, legs, lvm_item_text(inner, "pool"), 0, 0, depth);
}

/* The legs of one segment; its kind is set. */
static void
fill_segment(struct plan *plan, const struct lvm_item *item, const struct segment_type *type,
	struct stack_plan_segment *segment, struct buffer *legs, unsigned depth)
{
	const struct lvm_item *stripes = lvm_item_find(item, "stripes", LVM_LIST);
	const struct lvm_item *mirrors = lvm_item_find(item, "mirrors", LVM_LIST);
	const struct lvm_item *raids = lvm_item_find(item, "raids", LVM_LIST);
	const struct lvm_item *images = lvm_item_find(item, "raid0_lvs", LVM_LIST);
	uint64_t count = count_items(stripes) / 2 + count_items(mirrors) / 2 + count_items(raids) / 2 +
		count_items(images);
	uint64_t copies = lvm_item_number(item, "data_copies", 2), used;

	segment->kind = type->kind;
	segment->layout = type->kind == SEGMENT_RAID10 ? (uint32_t)(copies & 0xff) | 1 << 8 : type->layout;
	if (!multiply(lvm_item_number(item, "stripe_size", 0), SECTOR_BYTES, &segment->unit))
		segment->unit = 0;
	if (type->kind == SEGMENT_THIN) {
		add_thin_legs(plan, legs, item, segment, depth);
		return;
	}
	used = leg_length(type, segment->length, count, copies);
	add_areas(plan, legs, stripes, used, depth);
	add_areas(plan, legs, mirrors, used, depth);
	add_images(plan, legs, images, used, depth);
	add_every_second(plan, legs, raids, false, used, depth);
	segment->has_states = raids && legs_of(legs) * 2 == count_items(raids);
	if (segment->has_states)
		add_every_second(plan, legs, raids, true, 0, depth);
	if (segment->kind == SEGMENT_STRIPED && legs_of(legs) == 1)
		segment->kind = SEGMENT_LINEAR;
}

struct node_parts {
	struct buffer segments, legs, counts;	/* structs in order; how many legs each segment has */
};

static const char *
why_not_read(const char *type, const struct lvm_item *item)
{
	for (size_t i = 0; type && i < sizeof not_read_types / sizeof *not_read_types; i++)
		if (!strcmp(not_read_types[i].type, type))
			return not_read_types[i].needs;
	if (lvm_item_find(item, "reshape_count", LVM_NUMBER) || lvm_item_find(item, "data_offset", LVM_NUMBER))
		return "the end of the change of its shape that was going on";
	if (lvm_item_text(item, "external_origin"))
		return "its origin outside of the pool, which is not joined to it";
	return segment_type(type) ? NULL : "a reader of its type of segment";
}

/* One segment with its legs into the parts of the node. */
static void
plan_segment(struct plan *plan, const struct lvm_item *item, struct stack_node *node, struct node_parts *parts,
	unsigned depth)
{
	const char *type = lvm_item_text(item, "type");
	struct stack_plan_segment segment = { .kind = SEGMENT_MISSING };
	const char *needs = why_not_read(type, item);
	struct buffer legs;
	uint64_t count;

	if (!multiply(lvm_item_number(item, "start_extent", 0), plan->extent, &segment.start) ||
	    !multiply(lvm_item_number(item, "extent_count", 0), plan->extent, &segment.length) ||
	    segment.length > UINT64_MAX - segment.start) {
		node->not_read = "a description without numbers that are too large";
		return;
	}
	buffer_init(&legs, 0);
	if (needs)
		node->not_read = needs;
	else
		fill_segment(plan, item, segment_type(type), &segment, &legs, depth);
	if (node->size < segment.start + segment.length)
		node->size = segment.start + segment.length;
	count = legs_of(&legs);
	buffer_add(&parts->segments, &segment, sizeof segment);
	buffer_add(&parts->counts, &count, sizeof count);
	buffer_add(&parts->legs, legs.bytes, legs.length);
	buffer_release(&legs);
	plan->segments++;
}

static void
hand_out_node(struct plan *plan, const struct stack_node *node, const struct node_parts *parts)
{
	const struct stack_sink *out = plan->lvm->out;
	const struct stack_plan_segment *segments = (const void *)parts->segments.bytes;
	const struct stack_plan_leg *legs = (const void *)parts->legs.bytes;
	const uint64_t *counts = (const void *)parts->counts.bytes;

	out->take(out->context, &stack_node_record, node);
	for (size_t i = 0; i < parts->segments.length / sizeof *segments; i++) {
		out->take(out->context, &stack_plan_segment_record, &segments[i]);
		for (uint64_t leg = 0; leg < counts[i]; leg++)
			out->take(out->context, &stack_plan_leg_record, legs++);
	}
	plan->nodes++;
}

/* "mapper/my--vg-root my-vg/root disk/by-id/dm-name-..." and by the identifiers of both. */
static const char *
device_names(struct plan *plan, const char *name, const char *id)
{
	const char *group = plan->lvm->group->name, *group_id = lvm_item_text(plan->lvm->group, "id");
	struct buffer mapper, names;
	const char *text;

	buffer_init(&mapper, 0);
	buffer_init(&names, 0);
	for (const char *c = group; *c; c++)
		buffer_add_format(&mapper, "%s%c", *c == '-' ? "-" : "", *c);
	buffer_add_char(&mapper, '-');
	for (const char *c = name; *c; c++)
		buffer_add_format(&mapper, "%s%c", *c == '-' ? "-" : "", *c);
	buffer_add_format(&names, "mapper/%s %s/%s disk/by-id/dm-name-%s disk/by-id/dm-uuid-LVM-", mapper.bytes, group,
		name, mapper.bytes);
	for (const char *c = group_id; *c; c++)
		if (*c != '-')
			buffer_add_char(&names, *c);
	for (const char *c = id ? id : ""; *c; c++)
		if (*c != '-')
			buffer_add_char(&names, *c);
	text = arena_copy_text(&plan->lvm->arena, names.bytes);
	buffer_release(&mapper);
	buffer_release(&names);
	return text;
}

static bool
is_hidden(const struct volume_state *state)
{
	const char *type = lvm_item_text(lvm_item_find(state->item, "segment1", LVM_SECTION), "type");

	for (size_t i = 0; type && i < sizeof hidden_types / sizeof *hidden_types; i++)
		if (!strcmp(type, hidden_types[i]))
			return true;
	return state->shown_as || !lvm_item_lists(state->item, "status", "VISIBLE");
}

/*
 * The volume with all that it lies on, in that order.  Its number in the plan;
 * STACK_NONE where it leads back to itself or too deep.
 */
static uint32_t
hand_out_volume(struct plan *plan, struct volume_state *state, unsigned depth)
{
	struct node_parts parts;
	struct stack_node node = { .name = state->item->name, .type = "LVM2 logical volume",
		.hidden = is_hidden(state) };

	if (state->is_handed_out)
		return state->node;
	if (state->is_begun || depth > limit_get(LIMIT_STACK_DEPTH) || plan->nodes >= limit_get(LIMIT_STACKS) ||
	    plan->segments >= limit_get(LIMIT_STACK_SEGMENTS)) {
		plan->lvm->status = note(plan->lvm->notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED, plan->lvm->at,
			"the logical volume %s of group %s lies on itself, too deep, or behind too many others (limits "
			"stack-depth, stacks, stack-segments): it is not read", state->item->name, plan->lvm->group->name);
		return STACK_NONE;
	}
	state->is_begun = true;
	buffer_init(&parts.segments, 0);
	buffer_init(&parts.legs, 0);
	buffer_init(&parts.counts, 0);
	for (const struct lvm_item *item = state->item->first; item; item = item->next)
		if (item->type == LVM_SECTION && !strncmp(item->name, "segment", 7) &&
		    plan->segments < limit_get(LIMIT_STACK_SEGMENTS))
			plan_segment(plan, item, &node, &parts, depth);
	node.devices = node.hidden ? NULL : device_names(plan, node.name, lvm_item_text(state->item, "id"));
	state->node = plan->nodes;
	hand_out_node(plan, &node, &parts);
	state->is_handed_out = true;
	buffer_release(&parts.segments);
	buffer_release(&parts.legs);
	buffer_release(&parts.counts);
	return state->node;
}

/* A snapshot: its own hidden volume says which volume is its store, and that one has its name. */
static void
hand_out_snapshot(struct plan *plan, const struct lvm_item *item)
{
	struct volume_state *store = volume_by_name(plan, lvm_item_text(item, "cow_store"));
	struct volume_state *origin = volume_by_name(plan, lvm_item_text(item, "origin"));
	struct stack_node node = { .type = "LVM2 snapshot" };
	struct stack_plan_segment segment = { .kind = SEGMENT_SNAPSHOT };
	uint32_t origin_node, store_node;

	if (!store || !origin)
		return;
	origin_node = hand_out_volume(plan, origin, 1);
	store_node = hand_out_volume(plan, store, 1);
	if (origin_node == STACK_NONE || store_node == STACK_NONE ||
	    !multiply(lvm_item_number(item, "chunk_size", 0), SECTOR_BYTES, &segment.unit))
		return;
	for (const struct lvm_item *part = origin->item->first; part; part = part->next) {
		uint64_t end;

		if (part->type == LVM_SECTION && multiply(lvm_item_number(part, "start_extent", 0) +
		    lvm_item_number(part, "extent_count", 0), plan->extent, &end) && end > node.size)
			node.size = end;
	}
	segment.length = node.size;
	node.name = store->item->name;
	node.devices = device_names(plan, node.name, lvm_item_text(store->item, "id"));
	plan->lvm->out->take(plan->lvm->out->context, &stack_node_record, &node);
	plan->lvm->out->take(plan->lvm->out->context, &stack_plan_segment_record, &segment);
	plan->lvm->out->take(plan->lvm->out->context, &stack_plan_leg_record, &(struct stack_plan_leg){ .node = origin_node });
	plan->lvm->out->take(plan->lvm->out->context, &stack_plan_leg_record, &(struct stack_plan_leg){ .node = store_node });
	plan->nodes++;
}

static const struct lvm_item *
snapshot_of(const struct volume_state *state)
{
	const struct lvm_item *segment = lvm_item_find(state->item, "segment1", LVM_SECTION);
	const char *type = lvm_item_text(segment, "type");

	return type && !strcmp(type, "snapshot") ? segment : NULL;
}

static void
hand_out_plan(struct lvm *lvm)
{
	struct plan plan = { .lvm = lvm };

	if (!multiply(lvm_item_number(lvm->group, "extent_size", 0), SECTOR_BYTES, &plan.extent) || !plan.extent) {
		note_damage(lvm, "the description of the volume group", "has no size of extents: it is not used");
		return;
	}
	map_init(&plan.members);
	map_init(&plan.volumes);
	collect_members(&plan);
	collect_volumes(&plan);
	for (size_t i = 0; i < plan.volume_count; i++) {
		const struct lvm_item *snapshot = snapshot_of(&plan.states[i]);
		struct volume_state *store = volume_by_name(&plan, lvm_item_text(snapshot, "cow_store"));

		if (store)
			store->shown_as = plan.states[i].item->name;
	}
	for (size_t i = 0; i < plan.volume_count; i++)
		if (!is_hidden(&plan.states[i]))
			hand_out_volume(&plan, &plan.states[i], 0);
	for (size_t i = 0; i < plan.volume_count; i++)
		if (snapshot_of(&plan.states[i]))
			hand_out_snapshot(&plan, snapshot_of(&plan.states[i]));
	map_release(&plan.members);
	map_release(&plan.volumes);
	memory_free(plan.member_ids);
	memory_free(plan.member_starts);
	memory_free(plan.states);
}

static enum status
lvm_read(struct source *source, const struct place *at, const struct stack_sink *out, const struct notes *notes)
{
	struct lvm lvm = { .source = source, .at = at, .out = out, .notes = notes };

	arena_init(&lvm.arena);
	if (!read_label(&lvm)) {
		arena_release(&lvm.arena);
		return note(notes, STATUS_UNREADABLE, NOTE_VOLUME_DAMAGED, at,
			"the label of the physical volume %s cannot be read: what of its volume group lies there is lost",
			at->volume);
	}
	for (size_t i = 0; i < lvm.area_count; i++)
		read_area(&lvm, lvm.areas[i].offset, lvm.areas[i].length);
	out->take(out->context, &stack_member_record, &(struct stack_member){ .driver = "lvm", .key = lvm.uuid,
		.group = lvm.group ? lvm_item_text(lvm.group, "id") : "", .name = lvm.group ? lvm.group->name : "",
		.left_out = lvm.is_empty && !lvm.group && !lvm.status ? "it belongs to no volume group" : NULL,
		.generation = lvm.generation });
	if (lvm.group)
		hand_out_plan(&lvm);
	arena_release(&lvm.arena);
	return lvm.status;
}

const struct stack_driver lvm_stack_driver = {
	.name        = "lvm",
	.description = "LVM2: linear, striped, mirrored, RAID, snapshots and thin volumes",
	.signature   = "lvm2",
	.read        = lvm_read,
};
