/*
 * superblock.c - the kinds of file systems that libtsk reads, and what each says of itself.
 *
 * A kind is told by its own magic before libtsk is asked for it by name, so
 * that no probe of libtsk runs over bytes that are not its own.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/text.h>

#include "ext_superblock.h"
#include "tsk.h"

enum { SECTOR_BYTES = 512, EXT_SUPERBLOCK = 1024, LABEL_ENTRIES_MAX = 512 };

static bool
read_at(struct source *source, uint64_t offset, void *bytes, size_t length)
{
	return source_read_exactly(source, offset, bytes, length) > STATUS_UNREADABLE;
}

static bool
has_bytes(struct source *source, uint64_t offset, const char *expected, size_t length)
{
	uint8_t bytes[16];

	return read_at(source, offset, bytes, length) && !memcmp(bytes, expected, length);
}

/* Bytes up to the first NUL or trailing spaces. */
static const char *
copy_label(struct arena *arena, const uint8_t *bytes, size_t length)
{
	size_t used = strnlen((const char *)bytes, length);

	while (used && bytes[used - 1] == ' ')
		used--;
	return arena_copy(arena, bytes, used);
}

static const char *
copy_uuid(struct arena *arena, const uint8_t *u)
{
	return arena_format(arena,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7],
		u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}

static const char *
copy_utf16(struct arena *arena, const uint8_t *bytes, size_t length)
{
	struct buffer text;
	const char *copy;

	buffer_init(&text, 0);
	text_add_utf16le(&text, bytes, length);
	copy = arena_copy(arena, text.bytes, text.length);
	buffer_release(&text);
	return copy;
}

/* NTFS: "NTFS    " at 3, the serial number at 72. */

static bool
probe_ntfs(struct source *source)
{
	return has_bytes(source, 3, "NTFS    ", 8);
}

/* The resident bytes of an attribute of $Volume, at most limit of them. */
static size_t
read_volume_attribute(struct filesystem_state *state, TSK_FS_ATTR_TYPE_ENUM type, uint8_t *bytes,
	size_t limit)
{
	enum { VOLUME_RECORD = 3 };
	TSK_FS_FILE *file = tsk_fs_file_open_meta(state->fs, NULL, VOLUME_RECORD);
	const TSK_FS_ATTR *attribute;
	size_t length = 0;

	if (!file)
		return 0;
	attribute = tsk_fs_file_attr_get_type(file, type, 0, 0);
	if (attribute && attribute->flags & TSK_FS_ATTR_RES && attribute->rd.buf && attribute->size > 0) {
		length = (size_t)attribute->size < limit ? (size_t)attribute->size : limit;
		if (length > attribute->rd.buf_size)
			length = attribute->rd.buf_size;
		memcpy(bytes, attribute->rd.buf, length);
	}
	tsk_fs_file_close(file);
	return length;
}

/*
 * A restart page of $LogFile: "RSTR", the offset of the restart area at 24;
 * in that the last sequence number at 0, the list of clients in use at 12
 * (ffff: none), flags at 14 (2: unmounted cleanly).
 */
static bool
read_restart_page(const uint8_t *page, size_t length, uint64_t *ret_sequence, bool *ret_clean)
{
	struct cursor c = cursor_at(page, length, 24);
	uint16_t clients, flags;

	if (memcmp(page, "RSTR", 4))
		return false;
	c = cursor_at(page, length, take_u16le(&c));
	*ret_sequence = take_u64le(&c);
	take_u32le(&c);
	clients = take_u16le(&c);
	flags = take_u16le(&c);
	*ret_clean = clients == 0xffff || flags & 2;
	return !c.failed;
}

static bool
log_is_clean(struct filesystem_state *state)
{
	enum { LOG_RECORD = 2, PAGE_BYTES = 4096 };
	TSK_FS_FILE *file = tsk_fs_file_open_meta(state->fs, NULL, LOG_RECORD);
	uint64_t newest = 0;
	bool clean = true;

	for (unsigned page = 0; file && page < 2; page++) {
		uint8_t bytes[PAGE_BYTES];
		uint64_t sequence;
		bool page_clean;

		if (tsk_fs_file_read(file, (TSK_OFF_T)page * PAGE_BYTES, (char *)bytes, sizeof bytes,
		    TSK_FS_FILE_READ_FLAG_NONE) != sizeof bytes)
			break;
		if (!read_restart_page(bytes, sizeof bytes, &sequence, &page_clean) || sequence < newest)
			continue;
		newest = sequence;
		clean = page_clean;
	}
	if (file)
		tsk_fs_file_close(file);
	return clean;
}

static void
identify_ntfs(struct filesystem_state *state, struct filesystem_identity *identity)
{
	uint8_t boot[SECTOR_BYTES], name[256], information[12];
	size_t length;

	if (read_at(state->source, 0, boot, sizeof boot)) {
		struct cursor c = cursor_at(boot, sizeof boot, 72);

		identity->uuid = arena_format(&state->arena, "%016llX", (unsigned long long)take_u64le(&c));
	}
	length = read_volume_attribute(state, TSK_FS_ATTR_TYPE_NTFS_VNAME, name, sizeof name);
	identity->label = copy_utf16(&state->arena, name, length);
	length = read_volume_attribute(state, TSK_FS_ATTR_TYPE_NTFS_VINFO, information, sizeof information);
	identity->journal_unreplayed = (length >= 12 && information[10] & 1) || !log_is_clean(state);
}

/* exFAT: "EXFAT   " at 3; FAT: a parameter block that makes sense and 55 aa at 510. */

static bool
probe_exfat(struct source *source)
{
	return has_bytes(source, 3, "EXFAT   ", 8);
}

struct fat_geometry {
	uint32_t sector, cluster_sectors, reserved, fats, root_entries, sectors, fat_sectors, root_cluster;
	bool     fat32, mirrored;
};

static bool
is_power_of_two(uint32_t number)
{
	return number && !(number & (number - 1));
}

static bool
read_fat_geometry(const uint8_t *boot, struct fat_geometry *ret)
{
	struct cursor c = cursor_at(boot, SECTOR_BYTES, 11), wide = cursor_at(boot, SECTOR_BYTES, 32);
	uint32_t sectors = take_u32le(&wide);

	ret->sector = take_u16le(&c);
	ret->cluster_sectors = take_u8(&c);
	ret->reserved = take_u16le(&c);
	ret->fats = take_u8(&c);
	ret->root_entries = take_u16le(&c);
	ret->sectors = take_u16le(&c);
	if (!ret->sectors)
		ret->sectors = sectors;
	take_bytes(&c, 1);
	ret->fat_sectors = take_u16le(&c);
	ret->fat32 = !ret->fat_sectors;
	if (ret->fat32)
		ret->fat_sectors = take_u32le(&wide);
	/* With the bit only one of them is kept up. */
	ret->mirrored = !ret->fat32 || !(take_u16le(&wide) & 0x80);
	take_bytes(&wide, 2);
	ret->root_cluster = take_u32le(&wide);
	return ret->sector >= 512 && ret->sector <= 4096 && is_power_of_two(ret->sector) &&
	       is_power_of_two(ret->cluster_sectors) && ret->reserved && ret->fats && ret->fats <= 4 &&
	       ret->fat_sectors && (ret->fat32 || ret->root_entries);
}

static bool
probe_fat(struct source *source)
{
	uint8_t boot[SECTOR_BYTES];
	struct fat_geometry geometry;

	if (!read_at(source, 0, boot, sizeof boot) || boot[510] != 0x55 || boot[511] != 0xaa ||
	    !read_fat_geometry(boot, &geometry))
		return false;
	/* The text is not binding, but a boot sector without it may lie before an ext superblock. */
	return !memcmp(boot + (geometry.fat32 ? 82 : 54), "FAT", 3) ||
	       !has_bytes(source, EXT_SUPERBLOCK + 56, "\x53\xef", 2);
}

/* The label is an entry of the root directory with attribute 8; the boot sector's is a copy that ages. */
static const char *
fat_label(struct filesystem_state *state, const uint8_t *boot, const struct fat_geometry *geometry)
{
	const uint8_t *fallback = boot + (geometry->fat32 ? 71 : 43);
	uint64_t root = ((uint64_t)geometry->reserved + (uint64_t)geometry->fats * geometry->fat_sectors) *
		geometry->sector;
	uint8_t entry[32];

	if (geometry->fat32)
		root = state->cluster_base + (uint64_t)geometry->root_cluster * state->cluster_size;
	for (unsigned i = 0; i < LABEL_ENTRIES_MAX; i++) {
		if ((geometry->fat32 && i * sizeof entry >= state->cluster_size) ||
		    !read_at(state->source, root + i * sizeof entry, entry, sizeof entry) || !entry[0])
			break;
		if (entry[0] != 0xe5 && entry[11] != 0x0f && (entry[11] & 0x18) == 0x08)
			return copy_label(&state->arena, entry, 11);
	}
	if (!memcmp(fallback, "NO NAME    ", 11))
		return "";
	return copy_label(&state->arena, fallback, 11);
}

static void
set_fat_layout(const struct fat_geometry *geometry, uint64_t data, struct filesystem_state *state)
{
	if (data >= geometry->sectors)
		return;
	state->fat.bits = state->fs->ftype == TSK_FS_TYPE_FAT12 ? 12 : state->fs->ftype == TSK_FS_TYPE_FAT16 ? 16 : 32;
	state->fat.copies = geometry->mirrored && geometry->fats > 1 ? 2 : 1;
	state->fat.table = (uint64_t)geometry->reserved * geometry->sector;
	state->fat.table_bytes = (uint64_t)geometry->fat_sectors * geometry->sector;
	state->fat.root_bytes = (uint64_t)geometry->root_entries * 32;
	state->fat.root_cluster = geometry->root_cluster;
	state->fat.last_cluster = (geometry->sectors - data) / geometry->cluster_sectors + 1;
}

static void
identify_fat(struct filesystem_state *state, struct filesystem_identity *identity)
{
	uint8_t boot[SECTOR_BYTES];
	struct fat_geometry geometry;
	struct cursor c;
	uint32_t serial;
	uint64_t data, root;

	if (!read_at(state->source, 0, boot, sizeof boot) || !read_fat_geometry(boot, &geometry))
		return;
	identity->type = state->fs->ftype == TSK_FS_TYPE_FAT12 ? "fat12" :
		state->fs->ftype == TSK_FS_TYPE_FAT16 ? "fat16" : "fat32";
	root = geometry.reserved + (uint64_t)geometry.fats * geometry.fat_sectors;
	data = root + ((uint64_t)geometry.root_entries * 32 + geometry.sector - 1) / geometry.sector;
	state->entries_base = root * geometry.sector;
	state->cluster_size = (uint64_t)geometry.sector * geometry.cluster_sectors;
	state->cluster_base = data * geometry.sector - 2 * state->cluster_size;
	set_fat_layout(&geometry, data, state);
	c = cursor_at(boot, sizeof boot, geometry.fat32 ? 67 : 39);
	serial = take_u32le(&c);
	identity->uuid = arena_format(&state->arena, "%04X-%04X", serial >> 16, serial & 0xffff);
	identity->label = fat_label(state, boot, &geometry);
}

static const char *
exfat_label(struct filesystem_state *state, uint32_t root_cluster)
{
	uint64_t root = state->cluster_base + root_cluster * state->cluster_size;
	uint8_t entry[32];

	for (unsigned i = 0; i < LABEL_ENTRIES_MAX && i * sizeof entry < state->cluster_size; i++) {
		if (!read_at(state->source, root + i * sizeof entry, entry, sizeof entry) || !entry[0])
			break;
		if (entry[0] == 0x83 && entry[1] <= 11)
			return copy_utf16(&state->arena, entry + 2, entry[1] * 2U);
	}
	return "";
}

static void
identify_exfat(struct filesystem_state *state, struct filesystem_identity *identity)
{
	uint8_t boot[SECTOR_BYTES];
	struct cursor c;
	uint32_t table, heap, clusters, root_cluster, serial;

	if (!read_at(state->source, 0, boot, sizeof boot) || boot[108] > 12 || boot[109] > 25)
		return;
	c = cursor_at(boot, sizeof boot, 80);
	table = take_u32le(&c);
	take_u32le(&c);
	heap = take_u32le(&c);
	clusters = take_u32le(&c);
	root_cluster = take_u32le(&c);
	serial = take_u32le(&c);
	state->cluster_size = (uint64_t)1 << (boot[108] + boot[109]);
	state->entries_base = (uint64_t)heap << boot[108];
	state->cluster_base = state->entries_base - 2 * state->cluster_size;
	state->fat.table = (uint64_t)table << boot[108];
	state->fat.root_cluster = root_cluster;
	state->fat.last_cluster = clusters + 1ULL;
	identity->uuid = arena_format(&state->arena, "%04X-%04X", serial >> 16, serial & 0xffff);
	identity->label = exfat_label(state, root_cluster);
}

/* ext: 53 ef at 56 of the superblock, which lies at 1024. */

static bool
probe_ext(struct source *source)
{
	return has_bytes(source, EXT_SUPERBLOCK + 56, "\x53\xef", 2);
}

static bool
probe_ext_backup(struct source *source)
{
	uint64_t offset;

	return ext_find_backup(source, &offset);
}

static void
identify_ext(struct filesystem_state *state, struct filesystem_identity *identity)
{
	/* Features that ext3 does not know: extents and what came after, huge files and what came after. */
	enum { EXT3_INCOMPATIBLE = 0x1f, EXT3_READ_ONLY = 0x7, CASEFOLD = 0x20000 };
	uint8_t bytes[1024];

	if (!ext_open(&state->ext, state->source) ||
	    !read_at(state->source, EXT_SUPERBLOCK, bytes, sizeof bytes))
		return;
	identity->type = state->ext.compatible & EXT_COMPATIBLE_JOURNAL ? "ext3" : "ext2";
	if (state->ext.incompatible & ~(uint32_t)EXT3_INCOMPATIBLE ||
	    state->ext.read_only_compatible & ~(uint32_t)EXT3_READ_ONLY)
		identity->type = "ext4";
	identity->uuid = copy_uuid(&state->arena, bytes + 104);
	identity->label = copy_label(&state->arena, bytes + 120, 16);
	identity->last_mounted = copy_label(&state->arena, bytes + 136, 64);
	identity->journal_unreplayed = state->journal_unreplayed;
}

/* UFS: the magic 1372 bytes behind the start of the superblock, either byte order. */

static const uint64_t ufs_superblocks[] = { 8192, 65536, 262144 };

static bool
find_ufs(struct source *source, uint64_t *ret_offset)
{
	for (size_t i = 0; i < sizeof ufs_superblocks / sizeof *ufs_superblocks; i++) {
		*ret_offset = ufs_superblocks[i];
		if (has_bytes(source, *ret_offset + 1372, "\x54\x19\x01\x00", 4) ||
		    has_bytes(source, *ret_offset + 1372, "\x00\x01\x19\x54", 4) ||
		    has_bytes(source, *ret_offset + 1372, "\x19\x01\x54\x19", 4) ||
		    has_bytes(source, *ret_offset + 1372, "\x19\x54\x01\x19", 4))
			return true;
	}
	return false;
}

static bool
probe_ufs(struct source *source)
{
	uint64_t offset;

	return find_ufs(source, &offset);
}

static void
identify_ufs(struct filesystem_state *state, struct filesystem_identity *identity)
{
	uint8_t bytes[1376];
	uint64_t offset;
	struct cursor c = { .at = NULL };
	bool big = state->fs->endian == TSK_BIG_ENDIAN;
	uint32_t high, low;

	if (!find_ufs(state->source, &offset) || !read_at(state->source, offset, bytes, sizeof bytes))
		return;
	c = cursor_at(bytes, sizeof bytes, 144);
	high = big ? take_u32be(&c) : take_u32le(&c);
	low = big ? take_u32be(&c) : take_u32le(&c);
	identity->uuid = arena_format(&state->arena, "%08x%08x", high, low);
	identity->last_mounted = copy_label(&state->arena, bytes + 212, 468);
	if (state->fs->ftype == TSK_FS_TYPE_FFS2)
		identity->label = copy_label(&state->arena, bytes + 680, 32);
}

/* HFS+: "H+" or "HX" at 1024, or an HFS wrapper that names one. */

static bool
probe_hfs(struct source *source)
{
	return has_bytes(source, 1024, "H+", 2) || has_bytes(source, 1024, "HX", 2) ||
	       (has_bytes(source, 1024, "BD", 2) && has_bytes(source, 1024 + 124, "H+", 2));
}

/* The journal's header: start and end of what is in it; equal once all is replayed. */
static bool
hfs_journal_is_empty(struct source *source, uint64_t information_block, uint32_t block_size)
{
	uint8_t information[52], header[24];
	struct cursor c;

	if (!read_at(source, information_block * block_size, information, sizeof information))
		return true;
	c = cursor_at(information, sizeof information, 36);
	if (!read_at(source, take_u64be(&c), header, sizeof header))
		return true;
	return !memcmp(header + 8, header + 16, 8);
}

/*
 * The label is the root's name: the key of the first record in the first leaf of
 * the catalog, whose header tells the leaf at 24 and the size of a node at 32.
 */
static const char *
hfs_label(struct filesystem_state *state, uint32_t catalog_block)
{
	enum { RECORD_BYTES = 2 + 4 + 2 + 2 * 255 };
	uint64_t catalog = (uint64_t)catalog_block * state->fs->block_size;
	uint8_t node[RECORD_BYTES], name[2 * 255];
	struct cursor c;
	uint32_t leaf;
	uint16_t length;

	if (!read_at(state->source, catalog, node, sizeof node))
		return "";
	c = cursor_at(node, sizeof node, 24);
	leaf = take_u32be(&c);
	take_bytes(&c, 4);
	if (!read_at(state->source, catalog + (uint64_t)leaf * take_u16be(&c) + 14, node, sizeof node))
		return "";
	c = cursor_at(node, sizeof node, 2);
	if (take_u32be(&c) != 1)
		return "";
	length = take_u16be(&c);
	if (length > 255)
		return "";
	for (size_t i = 0; i < length; i++) {
		uint16_t unit = take_u16be(&c);

		name[2 * i] = (uint8_t)unit;
		name[2 * i + 1] = (uint8_t)(unit >> 8);
	}
	return copy_utf16(&state->arena, name, length * 2U);
}

static void
identify_hfs(struct filesystem_state *state, struct filesystem_identity *identity)
{
	enum { JOURNALED = 1 << 13 };
	static const uint8_t namespace[16] = { 0xb3, 0xe2, 0x0f, 0x39, 0xf2, 0x92, 0x11, 0xd6,
		0x97, 0xa4, 0x00, 0x30, 0x65, 0x43, 0xec, 0xac };
	uint8_t header[512];
	struct digest_stream *stream;
	struct digests name_uuid = { .known = 0 };
	struct cursor c;

	if (!read_at(state->source, 1024, header, sizeof header) || header[0] != 'H')
		return;
	identity->case_insensitive = header[1] == '+';
	c = cursor_at(header, sizeof header, 4);
	if (take_u32be(&c) & JOURNALED) {
		take_u32be(&c);
		identity->journal_unreplayed = !hfs_journal_is_empty(state->source, take_u32be(&c),
			state->fs->block_size);
	}
	c = cursor_at(header, sizeof header, 272 + 16);
	identity->label = hfs_label(state, take_u32be(&c));
	/* The system names it by the MD5 of a constant and the Finder's eight bytes. */
	stream = digest_stream_open(1U << DIGEST_MD5);
	digest_stream_update(stream, namespace, sizeof namespace);
	digest_stream_update(stream, header + 104, 8);
	digest_stream_finish(stream, &name_uuid, NULL);
	digest_stream_close(stream);
	name_uuid.md5[6] = (uint8_t)((name_uuid.md5[6] & 0x0f) | 0x30);
	name_uuid.md5[8] = (uint8_t)((name_uuid.md5[8] & 0x3f) | 0x80);
	identity->uuid = copy_uuid(&state->arena, name_uuid.md5);
}

/* APFS: "NXSB" at 32 of the container, "APSB" at 32 of each volume's superblock. */

static bool
probe_apfs(struct source *source)
{
	return has_bytes(source, 32, "NXSB", 4);
}

static void
identify_apfs(struct filesystem_state *state, struct filesystem_identity *identity)
{
	uint8_t bytes[1024];

	if (!read_at(state->source, state->pool_volume->block * state->pool->block_size, bytes,
	    sizeof bytes) || memcmp(bytes + 32, "APSB", 4))
		return;
	identity->uuid = copy_uuid(&state->arena, bytes + 240);
	identity->label = copy_label(&state->arena, bytes + 704, 256);
	identity->case_insensitive = !(state->pool_volume->flags & TSK_POOL_VOLUME_FLAG_CASE_SENSITIVE);
}

/* ISO 9660: "CD001" at 1 of the sixteenth sector. */

static bool
probe_iso9660(struct source *source)
{
	return has_bytes(source, 32769, "CD001", 5);
}

/* libblkid names it by its date of modification, else of creation: 16 digits. */
static void
identify_iso9660(struct filesystem_state *state, struct filesystem_identity *identity)
{
	uint8_t bytes[2048];
	const char *date;

	if (!read_at(state->source, 32768, bytes, sizeof bytes))
		return;
	identity->label = copy_label(&state->arena, bytes + 40, 32);
	date = (const char *)bytes + 830;
	if (date[0] == '0' || !date[0])
		date = (const char *)bytes + 813;
	identity->uuid = arena_format(&state->arena, "%.4s-%.2s-%.2s-%.2s-%.2s-%.2s-%.2s", date, date + 4,
		date + 6, date + 8, date + 10, date + 12, date + 14);
}

enum { SECOND = 1000000000, TEN_MILLISECONDS = 10000000 };

/*
 * FAT stands before ext: mke2fs clears the first sector, mkfs.fat does not
 * clear what lies behind it, so where both are there FAT came last.
 */
const struct tsk_kind tsk_kinds[] = {
	{
		.name = "ntfs", .type = TSK_FS_TYPE_NTFS, .probe = probe_ntfs, .identify = identify_ntfs,
		.modified = 100, .accessed = 100, .changed = 100, .born = 100,
		.has_orphans = true, .case_insensitive = true,
	}, {
		.name = "exfat", .type = TSK_FS_TYPE_EXFAT, .probe = probe_exfat, .identify = identify_exfat,
		.modified = TEN_MILLISECONDS, .accessed = 2000000000ULL, .born = TEN_MILLISECONDS,
		.local_times = true, .has_orphans = true, .case_insensitive = true,
	}, {
		.name = "fat", .type = TSK_FS_TYPE_FAT_DETECT, .probe = probe_fat, .identify = identify_fat,
		.modified = 2000000000ULL, .accessed = 86400000000000ULL, .born = TEN_MILLISECONDS,
		.local_times = true, .has_orphans = true, .case_insensitive = true,
	}, {
		.name = "ext4", .type = TSK_FS_TYPE_EXT_DETECT, .probe = probe_ext, .identify = identify_ext,
		.modified = SECOND, .accessed = SECOND, .changed = SECOND,
		.has_owners = true, .has_holes = true, .has_orphans = true,
	}, {
		.name = "ufs", .type = TSK_FS_TYPE_FFS_DETECT, .probe = probe_ufs, .identify = identify_ufs,
		.modified = 1, .accessed = 1, .changed = 1, .born = 1,
		.has_owners = true, .has_holes = true, .has_orphans = true,
	}, {
		.name = "hfs+", .type = TSK_FS_TYPE_HFS, .probe = probe_hfs, .identify = identify_hfs,
		.modified = SECOND, .accessed = SECOND, .changed = SECOND, .born = SECOND,
		.has_owners = true,
	}, {
		.name = "apfs", .type = TSK_FS_TYPE_APFS, .probe = probe_apfs, .identify = identify_apfs,
		.modified = 1, .accessed = 1, .changed = 1, .born = 1,
		.has_owners = true, .has_holes = true,
	}, {
		.name = "iso9660", .type = TSK_FS_TYPE_ISO9660, .probe = probe_iso9660,
		.identify = identify_iso9660, .modified = SECOND,
	}, {
		/* Last: of a volume that is something else by now, the copy may be all that is left. */
		.name = "ext4", .type = TSK_FS_TYPE_EXT_DETECT, .probe = probe_ext_backup,
		.identify = identify_ext, .modified = SECOND, .accessed = SECOND, .changed = SECOND,
		.has_owners = true, .has_holes = true, .has_orphans = true, .is_damaged = true,
	}, {
		.name = NULL,
	}
};
