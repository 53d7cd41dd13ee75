/*
 * signature.c - formats that are told by their magic and not read.
 *
 * Each row has the place and the bytes of its magic, from the format's own
 * documentation.  Tools that make a file system do not always wipe what was
 * there before: a row that is weak stands only where no file system that is
 * read has its own magic.
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/volume.h>

#include "table.h"

enum { MAGIC_BYTES_MAX = 16, SECTOR_BYTES = 512 };

enum {
	SIGNATURE_LUKS1,
	SIGNATURE_LUKS2,
	SIGNATURE_BITLOCKER,
	SIGNATURE_MD_RAID,
	SIGNATURE_BCACHE,
	SIGNATURE_BCACHEFS,
	SIGNATURE_SQUASHFS,
	SIGNATURE_CRAMFS,
	SIGNATURE_REFS,
	SIGNATURE_VDO,
	SIGNATURE_INTEGRITY,
	SIGNATURE_VERITY,
	SIGNATURE_F2FS,
	SIGNATURE_EROFS,
	SIGNATURE_EXT_JOURNAL,
	SIGNATURE_NILFS2,
	SIGNATURE_LVM2,
	SIGNATURE_BTRFS,
	SIGNATURE_ZFS,
	SIGNATURE_VMFS,
	SIGNATURE_STRATIS,
	SIGNATURE_STORAGE_SPACES,
	SIGNATURE_JFS,
	SIGNATURE_REISERFS,
	SIGNATURE_GFS2,
	SIGNATURE_OCFS2,
	SIGNATURE_UDF,
	SIGNATURE_SWAP,
	SIGNATURE_HIBERNATION,
	SIGNATURE_ROWS
};

static const struct signature_row rows[] = {
	[SIGNATURE_LUKS1] = { "luks1", "LUKS1 encrypted volume", true },
	[SIGNATURE_LUKS2] = { "luks2", "LUKS2 encrypted volume", true },
	[SIGNATURE_BITLOCKER] = { "bitlocker", "BitLocker encrypted volume", true },
	[SIGNATURE_MD_RAID] = { "md-raid", "Linux software RAID member", true },
	[SIGNATURE_BCACHE] = { "bcache", "bcache device", true },
	[SIGNATURE_BCACHEFS] = { "bcachefs", "bcachefs file system", true },
	[SIGNATURE_SQUASHFS] = { "squashfs", "SquashFS file system", true },
	[SIGNATURE_CRAMFS] = { "cramfs", "cramfs file system", true },
	[SIGNATURE_REFS] = { "refs", "ReFS file system", true },
	[SIGNATURE_VDO] = { "vdo", "VDO (deduplicated) volume", true },
	[SIGNATURE_INTEGRITY] = { "integrity", "dm-integrity volume", true },
	[SIGNATURE_VERITY] = { "verity", "dm-verity hash tree", false },
	[SIGNATURE_F2FS] = { "f2fs", "F2FS file system", true },
	[SIGNATURE_EROFS] = { "erofs", "EROFS file system", true },
	[SIGNATURE_EXT_JOURNAL] = { "ext-journal", "journal of an ext file system, kept on a device of its own", true },
	[SIGNATURE_NILFS2] = { "nilfs2", "NILFS2 file system", true },
	[SIGNATURE_LVM2] = { "lvm2", "LVM2 physical volume", true },
	[SIGNATURE_BTRFS] = { "btrfs", "Btrfs file system", true },
	[SIGNATURE_ZFS] = { "zfs", "ZFS pool member", true },
	[SIGNATURE_VMFS] = { "vmfs", "VMFS volume", true },
	[SIGNATURE_STRATIS] = { "stratis", "Stratis pool member", true },
	[SIGNATURE_STORAGE_SPACES] = { "storage-spaces", "Windows Storage Spaces member", true },
	[SIGNATURE_JFS] = { "jfs", "JFS file system", true },
	[SIGNATURE_REISERFS] = { "reiserfs", "ReiserFS file system", true },
	[SIGNATURE_GFS2] = { "gfs2", "GFS2 file system", true },
	[SIGNATURE_OCFS2] = { "ocfs2", "OCFS2 file system", true },
	[SIGNATURE_UDF] = { "udf", "UDF file system", true },
	[SIGNATURE_SWAP] = { "swap", "Linux swap space", false },
	[SIGNATURE_HIBERNATION] = { "hibernation", "Linux swap space with a hibernated system", false },
	[SIGNATURE_ROWS] = { .name = NULL }
};

struct magic {
	uint64_t    offset;
	size_t      length;
	const char *bytes;
};

struct signature {
	int  row;
	bool weak;
	struct magic magics[4];		/* any of them; length 0 ends */
	bool (*is)(struct source *source);	/* NULL: the magic is enough; without magic: instead */
};

static bool
has(struct source *source, uint64_t offset, const void *bytes, size_t length)
{
	uint8_t there[MAGIC_BYTES_MAX];

	return offset <= source->size && length <= source->size - offset && length <= sizeof there &&
	       source_read_exactly(source, offset, there, length) > STATUS_UNREADABLE &&
	       !memcmp(there, bytes, length);
}

static uint64_t
number_at(struct source *source, uint64_t offset, size_t length)
{
	uint8_t there[8] = { 0 };
	struct cursor c = cursor_over(there, length);

	if (source_read_exactly(source, offset, there, length) <= STATUS_UNREADABLE)
		return 0;
	return take_le(&c, length);
}

static bool
is_lvm2(struct source *source)
{
	for (uint64_t sector = 0; sector < 4; sector++)
		if (has(source, sector * SECTOR_BYTES, "LABELONE", 8) &&
		    has(source, sector * SECTOR_BYTES + 24, "LVM2 001", 8))
			return true;
	return false;
}

static const char md_magic[] = "\xfc\x4e\x2b\xa9";

/* Versions 1.0 and 0.90: in front of the header a file system or another signature may stand. */
static bool
is_md_at_end(struct source *source)
{
	enum { RESERVED = 65536 };

	if (source->size < 2 * RESERVED)
		return false;
	return has(source, (source->size & ~(uint64_t)(RESERVED - 1)) - RESERVED, md_magic, 4) ||
	       has(source, ((source->size / SECTOR_BYTES - 16) & ~(uint64_t)7) * SECTOR_BYTES, md_magic, 4);
}

/* The array of uberblocks of the first label; either byte order. */
static bool
is_zfs(struct source *source)
{
	enum { ARRAY = 128 * 1024, STEP = 1024 };

	for (uint64_t at = ARRAY; at < 2 * ARRAY; at += STEP)
		if (has(source, at, "\x0c\xb1\xba\x00\x00\x00\x00\x00", 8) ||
		    has(source, at, "\x00\x00\x00\x00\x00\xba\xb1\x0c", 8))
			return true;
	return false;
}

static bool
is_ext_journal(struct source *source)
{
	enum { FEATURE_INCOMPAT = 1024 + 96, JOURNAL_DEVICE = 8 };

	return number_at(source, FEATURE_INCOMPAT, 4) & JOURNAL_DEVICE;
}

static bool
is_nilfs2(struct source *source)
{
	enum { REVISION = 1024, SUPERBLOCK_BYTES = 1024 + 8 };
	uint64_t bytes = number_at(source, SUPERBLOCK_BYTES, 2);

	return number_at(source, REVISION, 4) == 2 && bytes >= 256 && bytes <= 1024;
}

/* The sequence of volume structures, of 2 KiB each: one that ISO 9660 has a part in is read as that. */
static bool
is_udf_alone(struct source *source)
{
	enum { SEQUENCE = 32768, STRUCTURE = 2048, STRUCTURES = 64 };
	bool found = false;

	for (uint64_t i = 0; i < STRUCTURES; i++) {
		uint64_t at = SEQUENCE + i * STRUCTURE + 1;

		if (has(source, at, "CD001", 5))
			return false;
		found = found || has(source, at, "NSR02", 5) || has(source, at, "NSR03", 5);
		if (!has(source, at, "BEA01", 5) && !has(source, at, "NSR0", 4) && !has(source, at, "TEA01", 5))
			break;
	}
	return found;
}

#define BITLOCKER_TO_GO "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01"

static const struct signature signatures[] = {
	{ .row = SIGNATURE_MD_RAID,
	  .magics = { { 0, 8, "\xfc\x4e\x2b\xa9\x01\x00\x00\x00" }, { 4096, 8, "\xfc\x4e\x2b\xa9\x01\x00\x00\x00" } } },
	{ .row = SIGNATURE_MD_RAID, .is = is_md_at_end },
	{ .row = SIGNATURE_LUKS1, .magics = { { 0, 8, "LUKS\xba\xbe\x00\x01" } } },
	{ .row = SIGNATURE_LUKS2, .magics = { { 0, 8, "LUKS\xba\xbe\x00\x02" } } },
	{ .row = SIGNATURE_BITLOCKER,
	  .magics = { { 3, 8, "-FVE-FS-" }, { 424, 16, BITLOCKER_TO_GO } } },
	{ .row = SIGNATURE_BCACHE,
	  .magics = { { 4096 + 24, 16, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81" } } },
	{ .row = SIGNATURE_BCACHEFS,
	  .magics = { { 4096 + 24, 16, "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef" } } },
	{ .row = SIGNATURE_SQUASHFS, .magics = { { 0, 4, "hsqs" }, { 0, 4, "sqsh" } } },
	{ .row = SIGNATURE_CRAMFS, .magics = { { 0, 4, "\x45\x3d\xcd\x28" } } },
	{ .row = SIGNATURE_REFS, .magics = { { 3, 8, "ReFS\0\0\0\0" } } },
	{ .row = SIGNATURE_VDO, .magics = { { 0, 8, "dmvdo001" } } },
	{ .row = SIGNATURE_INTEGRITY, .magics = { { 0, 8, "integrt\0" } } },
	{ .row = SIGNATURE_VERITY, .magics = { { 0, 8, "verity\0\0" } } },
	{ .row = SIGNATURE_F2FS, .magics = { { 1024, 4, "\x10\x20\xf5\xf2" } } },
	{ .row = SIGNATURE_EROFS, .magics = { { 1024, 4, "\xe2\xe1\xf5\xe0" } } },
	{ .row = SIGNATURE_EXT_JOURNAL,
	  .magics = { { 1024 + 56, 2, "\x53\xef" } }, .is = is_ext_journal },
	{ .row = SIGNATURE_NILFS2, .magics = { { 1024 + 6, 2, "\x34\x34" } }, .is = is_nilfs2 },
	{ .row = SIGNATURE_LVM2, .weak = true, .is = is_lvm2 },
	{ .row = SIGNATURE_BTRFS, .weak = true, .magics = { { 65536 + 64, 8, "_BHRfS_M" } } },
	{ .row = SIGNATURE_ZFS, .weak = true, .is = is_zfs },
	{ .row = SIGNATURE_VMFS, .weak = true,
	  .magics = { { 1024 * 1024, 4, "\x0d\xd0\x01\xc0" } } },
	{ .row = SIGNATURE_STRATIS, .weak = true,
	  .magics = { { 512 + 4, 8, "!Stra0ti" }, { 9 * 512 + 4, 8, "!Stra0ti" } } },
	{ .row = SIGNATURE_STORAGE_SPACES, .weak = true,
	  .magics = { { 4096, 8, "SPACEDB " } } },
	{ .row = SIGNATURE_JFS, .weak = true, .magics = { { 32768, 4, "JFS1" } } },
	{ .row = SIGNATURE_REISERFS, .weak = true,
	  .magics = { { 65536 + 52, 8, "ReIsErFs" }, { 65536 + 52, 9, "ReIsEr2Fs" }, { 65536 + 52, 9, "ReIsEr3Fs" },
		{ 65536, 7, "ReIsEr4" } } },
	{ .row = SIGNATURE_GFS2, .weak = true,
	  .magics = { { 65536, 8, "\x01\x16\x19\x70\x00\x00\x00\x01" } } },
	{ .row = SIGNATURE_OCFS2, .weak = true,
	  .magics = { { 1024, 6, "OCFSV2" }, { 2048, 6, "OCFSV2" }, { 4096, 6, "OCFSV2" }, { 8192, 6, "OCFSV2" } } },
	{ .row = SIGNATURE_UDF, .weak = true, .is = is_udf_alone },
	{ .row = SIGNATURE_SWAP, .weak = true,
	  .magics = { { 4096 - 10, 10, "SWAPSPACE2" }, { 16384 - 10, 10, "SWAPSPACE2" },
		{ 65536 - 10, 10, "SWAPSPACE2" }, { 4096 - 10, 10, "SWAP-SPACE" } } },
	{ .row = SIGNATURE_HIBERNATION, .weak = true,
	  .magics = { { 4096 - 10, 9, "S1SUSPEND" } } },
};

enum { SIGNATURE_COUNT = sizeof signatures / sizeof *signatures };

/* File systems that are read, for what is weak. */
static const struct magic readable[] = {
	{ 1024 + 56, 2, "\x53\xef" }, { 3, 8, "NTFS    " }, { 3, 8, "EXFAT   " }, { 54, 3, "FAT" },
	{ 82, 5, "FAT32" }, { 1024, 2, "H+" }, { 1024, 2, "HX" }, { 1024, 2, "BD" }, { 32, 4, "NXSB" },
	{ 8192 + 1372, 4, "\x54\x19\x01\x00" }, { 65536 + 1372, 4, "\x19\x01\x54\x19" },
};

static bool
has_readable(struct source *source)
{
	for (size_t i = 0; i < sizeof readable / sizeof *readable; i++)
		if (has(source, readable[i].offset, readable[i].bytes, readable[i].length))
			return true;
	return false;
}

static bool
matches(const struct signature *signature, struct source *source)
{
	const struct magic *magic = signature->magics;
	size_t count = sizeof signature->magics / sizeof *magic;

	if (!magic->length)
		return signature->is(source);
	for (size_t i = 0; i < count && magic[i].length; i++)
		if (has(source, magic[i].offset, magic[i].bytes, magic[i].length))
			return !signature->is || signature->is(source);
	return false;
}

const struct signature_row *
volume_signature(struct source *source)
{
	bool readable_there = has_readable(source);

	for (size_t i = 0; i < SIGNATURE_COUNT; i++)
		if (!(signatures[i].weak && readable_there) && matches(&signatures[i], source))
			return &rows[signatures[i].row];
	return NULL;
}

const struct signature_row *
volume_signatures(void)
{
	return rows;
}
