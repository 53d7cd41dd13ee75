/*
 * md.c - members of Linux software RAID (include/uapi/linux/raid/md_p.h of Linux; md(4)).
 *
 * Version 1.x, 4 KiB little-endian, at 0 (1.1), 4096 (1.2) or at the last multiple of 4 KiB that leaves
 * 8 KiB behind it (1.0); sizes and offsets in sectors:
 *
 *	0   a92b4efc, 4 major 1, 8 features, 16 UUID (16), 32 name (32, "host:0")
 *	72  level, 76 layout, 80 sectors used of each member, 88 sectors of a chunk, 92 members
 *	128 data, 136 sectors of it, 144 this block, 152 recovered so far, 160 own number
 *	192 time, 200 events, 216 sum of all words folded, 220 numbers, 256 two bytes a number: its role
 *
 * Version 0.90, words of the host, 64 KiB before the end cut to 64 KiB:
 *
 *	0 a92b4efc, 1 major 0, 2 minor 90, 5 13 14 15 UUID, 7 level, 8 KiB used of each member,
 *	10 members, 11 N of /dev/mdN, 38 sum, 39 40 events, 44 45 reshape, 64 layout, 65 bytes of a chunk,
 *	992 this member: number, major, minor, role, state
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/memory.h>
#include <t1554triage/stack.h>
#include <t1554triage/text.h>

enum {
	MAGIC = 0xa92b4efc, SUPERBLOCK_BYTES = 4096, SECTOR_BYTES = 512, ROLES_AT = 256, NAME_BYTES = 32,
	ROLES_MAX = (SUPERBLOCK_BYTES - ROLES_AT) / 2, MEMBERS_MAX = 1024,
	ROLE_SPARE = 0xffff, ROLE_FAULTY = 0xfffe, ROLE_JOURNAL = 0xfffd,
	RESERVED_090 = 65536, THIS_MEMBER = 992, STATE_FAULTY = 1, STATE_SYNC = 4, STATE_CLEAN_MASK = 1,
};
enum {
	FEATURE_RECOVERY = 2, FEATURE_RESHAPE = 4, FEATURE_BAD_BLOCKS = 8, FEATURE_REPLACEMENT = 16,
	FEATURE_NEW_OFFSET = 64, FEATURE_JOURNAL = 512, FEATURE_RAID0_LAYOUT = 4096,
};

/* What both versions tell. */
struct md {
	const char *version;
	char     uuid[36], name[2 * NAME_BYTES], set_name[NAME_BYTES + 1];
	int32_t  level;
	uint32_t layout, members;
	uint64_t chunk;			/* bytes */
	uint64_t component;		/* bytes used of each member; 0: all of it */
	uint64_t data_start, data_length;	/* bytes */
	uint64_t events;
	uint32_t role;			/* or ROLE_x */
	const char *left_out;
	const char *not_read;
	bool     is_broken;		/* the sum is wrong */
	bool     has_bad_blocks;
	bool     layout_is_told;	/* RAID 0 */
};

static bool
sum_is_right(const uint8_t *block, size_t length, uint64_t sum_at)
{
	struct cursor c = cursor_over(block, length);
	uint64_t sum = 0;
	uint32_t stored = 0;

	for (size_t at = 0; at < length; at += 4) {
		uint32_t word = length - at >= 4 ? take_u32le(&c) : take_u16le(&c);

		if (at == sum_at)
			stored = word;
		else
			sum += word;
	}
	return (uint32_t)((sum & 0xffffffff) + (sum >> 32)) == stored;
}

/* "md0" and "md/root" as udev and mdadm call them: "host:0" is number 0. */
static void
name_array(struct md *md)
{
	const char *colon = strrchr(md->set_name, ':'), *own = colon ? colon + 1 : md->set_name;
	bool is_number = *own && strspn(own, "0123456789") == strlen(own);

	if (!*own || strchr(own, '/') || !text_is_plain(own, strlen(own)))
		snprintf(md->name, sizeof md->name, "md-%.8s", md->uuid);
	else
		snprintf(md->name, sizeof md->name, "%s%s", is_number ? "md" : "", own);
}

static void
read_role(struct md *md, const uint8_t *block, uint32_t number, uint32_t numbers)
{
	struct cursor c = cursor_at(block, SUPERBLOCK_BYTES, ROLES_AT + 2 * (uint64_t)number);

	md->role = number < numbers && number < ROLES_MAX ? take_u16le(&c) : ROLE_SPARE;
	if (md->role == ROLE_JOURNAL)
		md->left_out = "it is the array's journal";
	else if (md->role == ROLE_FAULTY)
		md->left_out = "it is marked faulty";
	else if (md->role == ROLE_SPARE)
		md->left_out = "it is a spare";
	else if (md->role >= md->members)
		md->left_out = "its number is larger than the array";
}

static void
read_features(struct md *md, uint32_t features)
{
	if (features & (FEATURE_RESHAPE | FEATURE_NEW_OFFSET))
		md->not_read = "the end of the change of its shape that was going on";
	if (features & FEATURE_RECOVERY)
		md->left_out = "it was being rebuilt";
	if (features & FEATURE_REPLACEMENT)
		md->left_out = "it was to replace another member";
	md->has_bad_blocks = features & FEATURE_BAD_BLOCKS;
	md->layout_is_told = features & FEATURE_RAID0_LAYOUT;
}

/* True if the version 1 block lies here and says so. */
static bool
read_version_1(struct source *source, uint64_t at, const char *version, struct md *ret_md)
{
	uint8_t block[SUPERBLOCK_BYTES];
	struct md md = { .version = version };
	struct cursor c = cursor_over(block, sizeof block);
	uint32_t features, number, numbers;

	if (at > source->size || source->size - at < sizeof block ||
	    source_read_exactly(source, at, block, sizeof block) <= STATUS_UNREADABLE)
		return false;
	if (take_u32le(&c) != MAGIC || take_u32le(&c) != 1)
		return false;
	features = take_u32le(&c);
	c = cursor_at(block, sizeof block, 72);
	md.level = (int32_t)take_u32le(&c);
	md.layout = take_u32le(&c);
	md.component = take_u64le(&c);
	md.chunk = (uint64_t)take_u32le(&c) * SECTOR_BYTES;
	md.members = take_u32le(&c);
	c = cursor_at(block, sizeof block, 128);
	md.data_start = take_u64le(&c);
	md.data_length = take_u64le(&c);
	if (take_u64le(&c) != at / SECTOR_BYTES)
		return false;
	take_u64le(&c);
	number = take_u32le(&c);
	c = cursor_at(block, sizeof block, 200);
	md.events = take_u64le(&c);
	c = cursor_at(block, sizeof block, 220);
	numbers = take_u32le(&c);
	md.is_broken = numbers > ROLES_MAX || md.data_start > source->size / SECTOR_BYTES ||
		md.data_length > UINT64_MAX / SECTOR_BYTES || md.component > UINT64_MAX / SECTOR_BYTES ||
		!sum_is_right(block, ROLES_AT + 2 * (size_t)numbers, 216);
	md.data_start *= SECTOR_BYTES;
	md.data_length *= SECTOR_BYTES;
	md.component *= SECTOR_BYTES;
	for (int i = 0; i < 4; i++)
		snprintf(md.uuid + 9 * i, 10, "%02x%02x%02x%02x%s", block[16 + 4 * i], block[17 + 4 * i],
			block[18 + 4 * i], block[19 + 4 * i], i < 3 ? ":" : "");
	memcpy(md.set_name, block + 32, NAME_BYTES);
	name_array(&md);
	read_role(&md, block, number, numbers);
	read_features(&md, features);
	*ret_md = md;
	return true;
}

static uint32_t
word(const uint8_t *block, size_t number)
{
	struct cursor c = cursor_at(block, SUPERBLOCK_BYTES, 4 * number);

	return take_u32le(&c);
}

static bool
read_version_090(struct source *source, struct md *ret_md)
{
	uint8_t block[SUPERBLOCK_BYTES];
	struct md md = { .version = "0.90", .layout_is_told = false };
	uint64_t at;
	uint32_t state;

	if (source->size < 2 * RESERVED_090)
		return false;
	at = (source->size & ~(uint64_t)(RESERVED_090 - 1)) - RESERVED_090;
	if (source_read_exactly(source, at, block, sizeof block) <= STATUS_UNREADABLE || word(block, 0) != MAGIC ||
	    word(block, 1) != 0)
		return false;
	md.is_broken = !sum_is_right(block, sizeof block, 4 * 38);
	snprintf(md.uuid, sizeof md.uuid, "%08x:%08x:%08x:%08x", word(block, 5), word(block, 13), word(block, 14),
		word(block, 15));
	snprintf(md.name, sizeof md.name, "md%" PRIu32, word(block, 11));
	md.level = (int32_t)word(block, 7);
	md.component = (uint64_t)word(block, 8) * 1024;
	md.members = word(block, 10);
	md.events = (uint64_t)word(block, 40) << 32 | word(block, 39);
	md.layout = word(block, 64);
	md.chunk = word(block, 65);
	md.data_length = at;
	md.role = word(block, THIS_MEMBER + 3);
	state = word(block, THIS_MEMBER + 4);
	if (state & STATE_FAULTY)
		md.left_out = "it is marked faulty";
	else if (!(state & STATE_SYNC) || md.role >= md.members)
		md.left_out = "it is a spare";
	if (word(block, 2) > 90 && (word(block, 44) || word(block, 45)) && word(block, 44) != UINT32_MAX)
		md.not_read = "the end of the change of its shape that was going on";
	*ret_md = md;
	return true;
}

static bool
find_superblock(struct source *source, struct md *ret_md)
{
	uint64_t end = source->size / SECTOR_BYTES;

	return read_version_1(source, 4096, "1.2", ret_md) || read_version_1(source, 0, "1.1", ret_md) ||
	       (end >= 16 && read_version_1(source, ((end - 16) & ~(uint64_t)7) * SECTOR_BYTES, "1.0", ret_md)) ||
	       read_version_090(source, ret_md);
}

bool
md_covers(struct source *source)
{
	enum { SLACK = 1 << 20 };	/* what rounding leaves between the data and the superblock of 0.90 */
	uint64_t end = source->size / SECTOR_BYTES;
	struct md md;

	if (end >= 16 && read_version_1(source, ((end - 16) & ~(uint64_t)7) * SECTOR_BYTES, "1.0", &md))
		return !md.is_broken;
	/* The superblock of 0.90 on the last partition looks the same from the whole medium: its size tells. */
	return read_version_090(source, &md) && !md.is_broken && md.component <= md.data_length &&
	       md.data_length - md.component < SLACK;
}

/* The names below /dev/ that udev and mdadm give. */
static const char *
device_names(const struct md *md, struct arena *arena)
{
	struct buffer names, escaped;
	const char *text;

	buffer_init(&names, 0);
	buffer_init(&escaped, 0);
	buffer_add_format(&names, "%s disk/by-id/md-uuid-%s", md->name, md->uuid);
	if (text_has_prefix(md->name, "md") && strspn(md->name + 2, "0123456789") == strlen(md->name + 2))
		buffer_add_format(&names, " md/%s", md->name + 2);
	else
		buffer_add_format(&names, " md/%s", md->name);
	text_add_visible(&escaped, md->set_name, strlen(md->set_name));
	if (*md->set_name && !strchr(escaped.bytes, ' '))
		buffer_add_format(&names, " disk/by-id/md-name-%s", escaped.bytes);
	text = arena_copy_text(arena, names.bytes);
	buffer_release(&names);
	buffer_release(&escaped);
	return text;
}

/* The whole array as one segment; the sizes of RAID 0 and of linear arrays come from the members. */
static const char *
plan_level(const struct md *md, struct stack_node *node, struct stack_plan_segment *segment)
{
	uint64_t parity = md->level == 6 ? 2 : 1;
	uint64_t rows = md->chunk ? md->component / md->chunk * md->chunk : 0;

	*segment = (struct stack_plan_segment){ .unit = md->chunk, .layout = md->layout };
	switch (md->level) {
	case -1:
		segment->kind = SEGMENT_JOINED;
		return "linear array";
	case 0:
		segment->kind = SEGMENT_ZONES;
		segment->layout = md->layout_is_told && md->layout == 1;
		return "RAID 0";
	case 1:
		segment->kind = SEGMENT_MIRROR;
		segment->length = md->component;
		break;
	case 4:
		segment->layout = 5;
		__attribute__((fallthrough));
	case 5:
	case 6:
		segment->kind = md->level == 6 ? SEGMENT_RAID6 : SEGMENT_RAID5;
		if (md->members > parity && rows <= UINT64_MAX / md->members)
			segment->length = rows * (md->members - parity);
		break;
	case 10:
		segment->kind = SEGMENT_RAID10;
		if (rows && (md->layout & 0xff) && (md->layout >> 8 & 0xff) && rows <= UINT64_MAX / md->members)
			segment->length = rows / md->chunk / (md->layout >> 8 & 0xff) * md->members /
				(md->layout & 0xff) * md->chunk;
		break;
	default:
		node->not_read = "a reader of its level";
		return "array of a level that is not known";
	}
	node->size = segment->length;
	if (!segment->length)
		node->not_read = "a size, which its members do not tell";
	return md->level == 1 ? "RAID 1" : md->level == 4 ? "RAID 4" : md->level == 5 ? "RAID 5" :
		md->level == 6 ? "RAID 6" : "RAID 10";
}

static void
hand_out(const struct md *md, const struct stack_sink *out)
{
	struct arena arena;
	char key[12];
	struct stack_node node = { .name = "", .not_read = md->not_read };
	struct stack_plan_segment segment;

	snprintf(key, sizeof key, "%" PRIu32, md->role);
	out->take(out->context, &stack_member_record, &(struct stack_member){ .driver = "md", .group = md->uuid,
		.name = md->name, .key = key, .left_out = md->left_out, .generation = md->events,
		.data_start = md->data_start, .data_length = md->data_length });
	arena_init(&arena);
	node.devices = device_names(md, &arena);
	node.type = plan_level(md, &node, &segment);
	out->take(out->context, &stack_node_record, &node);
	out->take(out->context, &stack_plan_segment_record, &segment);
	for (uint32_t i = 0; i < md->members; i++) {
		snprintf(key, sizeof key, "%" PRIu32, i);
		out->take(out->context, &stack_plan_leg_record, &(struct stack_plan_leg){ .key = key,
			.length = md->component });
	}
	arena_release(&arena);
}

static enum status
md_read(struct source *source, const struct place *at, const struct stack_sink *out, const struct notes *notes)
{
	enum status status = STATUS_OK;
	struct md md;

	if (!find_superblock(source, &md))
		return note(notes, STATUS_UNREADABLE, NOTE_VOLUME_DAMAGED, at,
			"volume %s has the magic of a software RAID member, and no superblock that can be read (versions "
			"0.90 to 1.2): nothing in it was examined", at->volume);
	if (md.is_broken)
		return note(notes, STATUS_UNREADABLE, NOTE_VOLUME_DAMAGED, at,
			"the RAID superblock of volume %s (version %s) does not have its checksum: the volume is taken "
			"for no member of an array", at->volume, md.version);
	if (!md.members || md.members > MEMBERS_MAX)
		return note(notes, STATUS_UNREADABLE, NOTE_VOLUME_DAMAGED, at,
			"the RAID superblock of volume %s speaks of %" PRIu32 " members: it is not read", at->volume,
			md.members);
	if (md.has_bad_blocks)
		status = note(notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED, at,
			"the RAID superblock of volume %s says that blocks of this member are bad: they are read as "
			"they are", at->volume);
	hand_out(&md, out);
	return status;
}

const struct stack_driver md_stack_driver = {
	.name         = "md",
	.description  = "Linux software RAID 0, 1, 4, 5, 6, 10 and linear, metadata 0.90 to 1.2",
	.signature    = "md-raid",
	.current_only = true,
	.read         = md_read,
};
