/*
 * tsk_fat.c - whether tables of clusters and directories of FAT 12, 16 and 32 make sense, which libtsk passes in silence.
 *
 * The table has an entry of 12, 16 or 32 bits (28 are used) for each cluster from number 2: the next one of its
 * file, or from ...F8 that it is the last. A second table is a copy of the first.
 *
 * An entry of a directory has 32 bytes:
 *
 *	41 42 43 20 ...   name, 8 and 3 bytes: E5 removed, 00 removed and so is all that follows
 *	11  20            attributes: 08 label, 10 directory, 0F a part of a long name
 *	20  00 00         high half of the first cluster (FAT 32)
 *	26  03 00         low half
 *	28  00 10 00 00   bytes; 0 of a directory
 *
 * Parts of a long name stand before the entry, the last part first: number (40 added: the last), at 13 a checksum
 * of the short name. Directories but the root begin with "." and "..".
 *
 * Microsoft, FAT: General Overview of On-Disk Format 1.03.
 */
#include <string.h>

#include <t1554triage/cursor.h>

#include "tsk.h"

enum {
	ENTRY_BYTES = 32, NAME_BYTES = 11, ATTRIBUTES_AT = 11, CHECKSUM_AT = 13, ATTRIBUTES = 0x3f,
	ATTRIBUTE_LABEL = 8, ATTRIBUTE_DIRECTORY = 16, ATTRIBUTES_LONG_NAME = 15,
	LAST_PART = 0x40, REMOVED = 0xe5, FIRST_IS_E5 = 5, FIRST_CLUSTER = 2,
	DIRECTORY_BYTES_MAX = 65536 * ENTRY_BYTES,
};

/* Of a cluster in both copies of the table. */
static enum status
read_copy(struct filesystem_state *state, unsigned copy, uint32_t cluster, uint32_t *ret_next)
{
	struct fat_layout *fat = &state->fat;
	struct fat_window *window = &fat->windows[copy];
	uint64_t bit = (uint64_t)cluster * fat->bits, at = bit / 8;
	uint64_t start = fat->table + copy * fat->table_bytes + at;
	size_t length = fat->bits == 32 ? 4 : 2;
	uint8_t bytes[4] = { 0 };
	enum status status = STATUS_OK;
	struct cursor c;

	if (at + length > fat->table_bytes)
		return STATUS_UNREADABLE;
	if (!window->length || start < window->start || start + length > window->start + window->length) {
		window->start = start - start % sizeof window->bytes;
		if (source_read(state->source, window->start, window->bytes, sizeof window->bytes, &window->length) != STATUS_OK)
			window->length = 0;
	}
	if (window->length && start >= window->start && start + length <= window->start + window->length)
		memcpy(bytes, window->bytes + (start - window->start), length);
	else
		status = source_read_exactly(state->source, start, bytes, length);
	c = cursor_over(bytes, sizeof bytes);
	*ret_next = take_u32le(&c) >> bit % 8 & (fat->bits == 12 ? 0xfff : fat->bits == 16 ? 0xffff : 0xfffffff);
	return status;
}

/* What follows a cluster; false, with the reason, where that cannot be trusted. */
static bool
next_cluster(struct filesystem_state *state, uint32_t cluster, uint32_t *ret_next, const char **ret_reason)
{
	uint32_t copy;

	*ret_reason = "the part of the table of clusters that tells where it lies is in a damaged range of the medium";
	if (read_copy(state, 0, cluster, ret_next) != STATUS_OK)
		return false;
	*ret_reason = "the two copies of the table of clusters differ in where it lies";
	return state->fat.copies < 2 || read_copy(state, 1, cluster, &copy) != STATUS_OK || copy == *ret_next;
}

static bool
is_cluster(const struct filesystem_state *state, uint64_t cluster)
{
	return cluster >= FIRST_CLUSTER && cluster <= state->fat.last_cluster;
}

static bool
is_end(const struct filesystem_state *state, uint32_t next)
{
	return next >= (state->fat.bits == 12 ? 0xff8 : state->fat.bits == 16 ? 0xfff8 : 0xffffff8);
}

enum status
tsk_fat_check_file(struct filesystem_state *state, uint64_t first, uint64_t size, const char **ret_reason)
{
	uint32_t cluster = (uint32_t)first;
	/* A loop ends with the size. */
	uint64_t left = state->fat.bits ? size / state->cluster_size + (size % state->cluster_size != 0) : 0;

	*ret_reason = NULL;
	if (left > state->fat.last_cluster || !is_cluster(state, first))
		return STATUS_OK;
	/* One that ends early lacks content, which is told by who reads it. */
	for (; left > 0 && is_cluster(state, cluster); left--)
		if (!next_cluster(state, cluster, &cluster, ret_reason))
			return STATUS_DAMAGED;
	*ret_reason = NULL;
	return STATUS_OK;
}

bool
tsk_entry_is_in_use(struct filesystem_state *state, uint64_t node)
{
	enum { FIRST_NODE = 3, EXFAT_FILE = 0x85 };
	uint8_t first;

	if (!state->entries_base || node == state->fs->root_inum)
		return state->entries_base;
	if (node < FIRST_NODE || node > state->source->size / ENTRY_BYTES ||
	    source_read_exactly(state->source, state->entries_base + (node - FIRST_NODE) * ENTRY_BYTES, &first, 1) != STATUS_OK)
		return false;
	return state->kind->type == TSK_FS_TYPE_EXFAT ? first == EXFAT_FILE : first && first != REMOVED;
}

/* A directory, entry by entry. */
struct directory_check {
	const struct filesystem_state *state;
	uint64_t    first;		/* its cluster; 0: of the root */
	size_t      count;		/* entries so far */
	bool        ended;
	unsigned    parts;		/* of a long name that are still to come, and its entry; 0: none */
	uint8_t     checksum;
	const char *reason;
};

static uint8_t
checksum_of(const uint8_t *name)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < NAME_BYTES; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + name[i]);
	return sum;
}

static bool
take_part(struct directory_check *check, const uint8_t *entry)
{
	unsigned number = entry[0] & (LAST_PART - 1);

	if (entry[0] & LAST_PART) {
		if (check->parts || !number)
			return false;
		check->checksum = entry[CHECKSUM_AT];
	} else if (!check->parts || number + 1 != check->parts || !number || entry[CHECKSUM_AT] != check->checksum) {
		return false;
	}
	check->parts = number;
	return true;
}

static uint64_t
cluster_of(const struct filesystem_state *state, const uint8_t *entry)
{
	struct cursor high = cursor_at(entry, ENTRY_BYTES, 20), low = cursor_at(entry, ENTRY_BYTES, 26);
	uint64_t cluster = take_u16le(&low);

	return state->fat.bits == 32 ? cluster | (uint64_t)take_u16le(&high) << 16 : cluster;
}

static bool
is_sound(const struct directory_check *check, const uint8_t *entry)
{
	struct cursor c = cursor_at(entry, ENTRY_BYTES, 28);
	uint64_t cluster = cluster_of(check->state, entry);
	uint8_t attributes = entry[ATTRIBUTES_AT];

	if (attributes & ~ATTRIBUTES || (entry[0] < 0x20 && entry[0] != FIRST_IS_E5))
		return false;
	if (attributes & ATTRIBUTE_LABEL)
		return true;
	for (size_t i = 1; i < NAME_BYTES; i++)
		if (entry[i] < 0x20)
			return false;
	return (!cluster || is_cluster(check->state, cluster)) &&
	       !(attributes & ATTRIBUTE_DIRECTORY && take_u32le(&c));
}

static bool
is_begin(const struct directory_check *check, const uint8_t *entry)
{
	const char *name = check->count ? "..         " : ".          ";

	return !memcmp(entry, name, NAME_BYTES) && entry[ATTRIBUTES_AT] & ATTRIBUTE_DIRECTORY &&
	       (check->count || cluster_of(check->state, entry) == check->first);
}

static const char *
look_at_entry(struct directory_check *check, const uint8_t *entry)
{
	static const char long_name[] = "a part of a long name in it belongs to no file";

	if (check->first && check->count < 2 && !is_begin(check, entry))
		return "it does not begin as a directory does";
	if (!entry[0])
		check->ended = true;
	else if (check->ended)
		return "there are entries behind its end";
	if (!entry[0] || entry[0] == REMOVED)
		return check->parts ? long_name : NULL;
	if ((entry[ATTRIBUTES_AT] & ATTRIBUTES) == ATTRIBUTES_LONG_NAME)
		return take_part(check, entry) ? NULL : long_name;
	if (check->parts && (check->parts != 1 || checksum_of(entry) != check->checksum))
		return long_name;
	check->parts = 0;
	return is_sound(check, entry) ? NULL : "an entry in it makes no sense";
}

static void
look_at(struct directory_check *check, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i + ENTRY_BYTES <= length && !check->reason; i += ENTRY_BYTES, check->count++)
		check->reason = look_at_entry(check, bytes + i);
}

/* False where it cannot be read; that the medium is damaged there is told by who lists it. */
static bool
look_at_range(struct directory_check *check, uint64_t offset, uint64_t length)
{
	uint8_t bytes[4096];

	for (uint64_t done = 0, piece; done < length && !check->reason; done += piece) {
		piece = length - done < sizeof bytes ? length - done : sizeof bytes;
		if (source_read_exactly(check->state->source, offset + done, bytes, (size_t)piece) != STATUS_OK)
			return false;
		look_at(check, bytes, (size_t)piece);
	}
	return true;
}

static void
look_at_chain(struct filesystem_state *state, struct directory_check *check, uint32_t cluster)
{
	for (uint64_t bytes = 0; bytes < DIRECTORY_BYTES_MAX && !check->reason; bytes += state->cluster_size) {
		const char *reason;

		if (!is_cluster(state, cluster)) {
			check->reason = "its chain of clusters breaks off";
			return;
		}
		if (!look_at_range(check, state->cluster_base + cluster * state->cluster_size, state->cluster_size))
			return;
		if (!next_cluster(state, cluster, &cluster, &reason))
			check->reason = reason;
		else if (is_end(state, cluster))
			break;
	}
	if (!check->reason && check->parts)
		check->reason = "a part of a long name in it belongs to no file";
}

const char *
tsk_fat_check_directory(struct filesystem_state *state, uint64_t node, uint64_t first)
{
	bool is_root = node == state->fs->root_inum;
	struct directory_check check = { .state = state, .first = is_root ? 0 : first };

	if (!state->fat.bits)
		return NULL;
	if (is_root && state->fat.bits != 32)
		look_at_range(&check, state->entries_base, state->fat.root_bytes);
	else
		look_at_chain(state, &check, (uint32_t)(is_root ? state->fat.root_cluster : first));
	return check.reason;
}
