/*
 * tsk_exfat.c - whether directories of exFAT make sense, which libtsk passes in silence.
 *
 * An entry has 32 bytes and a type: 80 in use, 40 secondary, 20 not needed to read the volume; 0: this and all that
 * follows was never used. A file is a set of them:
 *
 *	85 03 12 34 ...   file: secondary entries, checksum of the set without these two bytes
 *	C0 ...            where it lies
 *	C1 ...            15 units of its name
 *
 * The root has 81 (bitmap of clusters) and 82 (table of upper case). Its length is told by its chain of clusters alone.
 *
 * Microsoft, exFAT file system specification.
 */
#include <string.h>

#include <t1554triage/cursor.h>

#include "tsk.h"

enum {
	ENTRY_BYTES = 32, IN_USE = 0x80, SECONDARY = 0x40, CHECKSUM_AT = 2, SECONDARY_MIN = 2,
	TYPE_BITMAP = 0x81, TYPE_UPPER_CASE = 0x82, TYPE_FILE = 0x85, TYPE_STREAM = 0xc0,
	FIRST_CLUSTER = 2, DIRECTORY_BYTES_MAX = 256 * 1024 * 1024,
};
static const uint32_t CHAIN_END = 0xfffffff8;

/* A directory, entry by entry. */
struct directory_check {
	bool        ended;
	unsigned    left;		/* entries of the set that are still to come */
	bool        begun;		/* its first secondary one was there */
	uint16_t    checksum, told;	/* of the set */
	bool        has_bitmap, has_upper_case;
	const char *reason;
};

static const char broken_set[] = "an entry in it is not whole", nonsense[] = "an entry in it makes no sense";

static bool
is_known(uint8_t type)
{
	static const uint8_t types[] = {
		TYPE_BITMAP, TYPE_UPPER_CASE, 0x83, TYPE_FILE, 0xa0, 0xa1, 0xa2, TYPE_STREAM, 0xc1, 0xc2, 0xe0, 0xe1, 0xe2,
	};

	return memchr(types, type, sizeof types);
}

static uint16_t
add_to_checksum(uint16_t sum, const uint8_t *entry, bool is_first)
{
	for (size_t i = 0; i < ENTRY_BYTES; i++)
		if (!is_first || (i != CHECKSUM_AT && i != CHECKSUM_AT + 1))
			sum = (uint16_t)((sum >> 1 | (sum & 1) << 15) + entry[i]);
	return sum;
}

static const char *
take_secondary(struct directory_check *check, const uint8_t *entry)
{
	if ((entry[0] & (IN_USE | SECONDARY)) != (IN_USE | SECONDARY) || (!check->begun && entry[0] != TYPE_STREAM))
		return broken_set;
	check->begun = true;
	check->checksum = add_to_checksum(check->checksum, entry, false);
	return --check->left || check->checksum == check->told ? NULL : "the checksum of an entry in it is wrong";
}

static const char *
look_at_entry(struct directory_check *check, const uint8_t *entry)
{
	struct cursor c = cursor_at(entry, ENTRY_BYTES, CHECKSUM_AT);

	if (check->left)
		return take_secondary(check, entry);
	if (!entry[0]) {
		check->ended = true;
		return NULL;
	}
	if (check->ended)
		return "there are entries behind its end";
	/* A removed entry keeps its type. */
	if (!is_known(entry[0] | IN_USE))
		return nonsense;
	if ((entry[0] & (IN_USE | SECONDARY)) == (IN_USE | SECONDARY))
		return broken_set;
	check->has_bitmap |= entry[0] == TYPE_BITMAP;
	check->has_upper_case |= entry[0] == TYPE_UPPER_CASE;
	if (entry[0] != TYPE_FILE)
		return NULL;
	check->left = entry[1];
	check->told = take_u16le(&c);
	check->checksum = add_to_checksum(0, entry, true);
	check->begun = false;
	return check->left < SECONDARY_MIN ? nonsense : NULL;
}

/* What cannot be read is told by who lists it. */
static void
look_at_entries(struct directory_check *check, struct source *source)
{
	uint8_t bytes[4096];
	size_t length;

	for (uint64_t at = 0; at < source->size && at < DIRECTORY_BYTES_MAX && !check->reason; at += sizeof bytes) {
		length = source->size - at < sizeof bytes ? (size_t)(source->size - at) : sizeof bytes;
		if (source_read_exactly(source, at, bytes, length) != STATUS_OK)
			return;
		for (size_t i = 0; i + ENTRY_BYTES <= length && !check->reason; i += ENTRY_BYTES)
			check->reason = look_at_entry(check, bytes + i);
	}
	if (!check->reason && check->left)
		check->reason = broken_set;
}

/* Nothing but the chain tells how long the root is: one that is cut looks like a shorter one. */
static const char *
look_at_root_chain(struct filesystem_state *state)
{
	uint32_t cluster = state->fat.root_cluster;

	for (uint64_t bytes = 0; bytes < DIRECTORY_BYTES_MAX; bytes += state->cluster_size) {
		uint8_t entry[4];
		struct cursor c = cursor_over(entry, sizeof entry);

		if (cluster < FIRST_CLUSTER || cluster > state->fat.last_cluster)
			return "its chain of clusters breaks off";
		if (source_read_exactly(state->source, state->fat.table + (uint64_t)cluster * sizeof entry, entry, sizeof entry) != STATUS_OK)
			return "the part of the table of clusters that tells where it lies is in a damaged range of the medium";
		cluster = take_u32le(&c);
		if (cluster >= CHAIN_END)
			return NULL;
	}
	return "its chain of clusters does not end";
}

const char *
tsk_exfat_check_directory(struct filesystem_state *state, TSK_FS_FILE *file)
{
	bool is_root = file->meta->addr == state->fs->root_inum;
	struct directory_check check = { .reason = is_root ? look_at_root_chain(state) : NULL };
	struct run_list runs = { .size = 0 };
	struct source *source;

	if (check.reason || !tsk_entry_is_in_use(state, file->meta->addr))
		return check.reason;
	if (!tsk_map_file(state, file, &runs))
		return file->meta->size ? "where it lies is not told" : NULL;
	source = run_list_open(&runs, state->source);
	look_at_entries(&check, source);
	source_close(source);
	if (!check.reason && is_root && (!check.has_bitmap || !check.has_upper_case))
		return "the entries that every root has are missing";
	return check.reason;
}
