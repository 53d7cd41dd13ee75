/* type.c - what partition tables call their partitions. */
#include <stddef.h>
#include <string.h>

#include "table.h"

/* Types of the DOS table (Andries Brouwer's list). */
static const struct { uint8_t type; const char *name; } dos_types[] = {
	{ 0x01, "FAT12" }, { 0x04, "FAT16, less than 32 MiB" }, { 0x06, "FAT16" },
	{ 0x07, "NTFS or exFAT" }, { 0x0b, "FAT32" }, { 0x0c, "FAT32, LBA" }, { 0x0e, "FAT16, LBA" },
	{ 0x11, "hidden FAT12" }, { 0x16, "hidden FAT16" }, { 0x17, "hidden NTFS" },
	{ 0x1b, "hidden FAT32" }, { 0x1c, "hidden FAT32, LBA" }, { 0x1e, "hidden FAT16, LBA" },
	{ 0x27, "Windows recovery" }, { 0x42, "Windows dynamic volume" }, { 0x63, "System V" },
	{ 0x82, "Linux swap" }, { 0x83, "Linux" }, { 0x8e, "Linux LVM" }, { 0xa5, "FreeBSD" },
	{ 0xa6, "OpenBSD" }, { 0xa8, "Apple UFS" }, { 0xa9, "NetBSD" }, { 0xab, "Apple boot" },
	{ 0xaf, "Apple HFS or HFS+" }, { 0xbe, "Solaris boot" }, { 0xbf, "Solaris" },
	{ 0xee, "protective GPT" }, { 0xef, "EFI system" }, { 0xfb, "VMware VMFS" },
	{ 0xfd, "Linux RAID" },
};

/* Types of the GPT (UEFI specification, Discoverable Partitions Specification, vendors). */
static const struct { const char *guid, *name; } gpt_types[] = {
	{ "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "EFI system" },
	{ "21686148-6449-6e6f-744e-656564454649", "BIOS boot" },
	{ "0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux" },
	{ "44479540-f297-41b2-9af7-d131d5f0458a", "Linux root (x86)" },
	{ "4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "Linux root (x86-64)" },
	{ "b921b045-1df0-41c3-af44-4c6f280d3fae", "Linux root (arm64)" },
	{ "8484680c-9521-48c6-9c11-b0720656f69e", "Linux /usr (x86-64)" },
	{ "bc13c2ff-59e6-4262-a352-b275fd6f7172", "Linux /boot (extended)" },
	{ "933ac7e1-2eb4-4f13-b844-0e14e2aef915", "Linux /home" },
	{ "3b8f8425-20e0-4f3b-907f-1a25a76f98e8", "Linux /srv" },
	{ "4d21b016-b534-45c2-a9fb-5c16e091fd2d", "Linux /var" },
	{ "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "Linux swap" },
	{ "e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM" },
	{ "a19d880f-05fc-4d3b-a006-743f0f84911e", "Linux RAID" },
	{ "ca7d7ccb-63ed-4c53-861c-1742536059cc", "Linux LUKS" },
	{ "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "Microsoft basic data" },
	{ "e3c9e316-0b5c-4db8-817d-f92df00215ae", "Microsoft reserved" },
	{ "de94bba4-06d1-4d40-a16a-bfd50179d6ac", "Windows recovery" },
	{ "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3", "Windows dynamic metadata" },
	{ "af9b60a0-1431-4f62-bc68-3311714a69ad", "Windows dynamic data" },
	{ "48465300-0000-11aa-aa11-00306543ecac", "Apple HFS or HFS+" },
	{ "7c3457ef-0000-11aa-aa11-00306543ecac", "Apple APFS" },
	{ "426f6f74-0000-11aa-aa11-00306543ecac", "Apple boot" },
	{ "53746f72-6167-11aa-aa11-00306543ecac", "Apple Core Storage" },
	{ "516e7cb6-6ecf-11d6-8ff8-00022d09712b", "FreeBSD UFS" },
	{ "516e7cba-6ecf-11d6-8ff8-00022d09712b", "FreeBSD ZFS" },
	{ "516e7cb5-6ecf-11d6-8ff8-00022d09712b", "FreeBSD swap" },
	{ "83bd6b9d-7f41-11dc-be0b-001560b84f0f", "FreeBSD boot" },
	{ "aa31e02a-400f-11db-9590-000c2911d1b8", "VMware VMFS" },
};

const char *
dos_type_name(uint8_t type)
{
	for (size_t i = 0; i < sizeof dos_types / sizeof *dos_types; i++)
		if (dos_types[i].type == type)
			return dos_types[i].name;
	return NULL;
}

const char *
gpt_type_name(const char *guid)
{
	for (size_t i = 0; i < sizeof gpt_types / sizeof *gpt_types; i++)
		if (!strcmp(gpt_types[i].guid, guid))
			return gpt_types[i].name;
	return NULL;
}

bool
volume_type_holds_files(const char *type)
{
	static const char *const without[] = {
		"BIOS boot", "Linux swap", "Microsoft reserved", "Windows dynamic metadata", "FreeBSD swap", "FreeBSD boot",
		"Apple boot", "Solaris boot", "protective GPT",
	};

	for (size_t i = 0; i < sizeof without / sizeof *without; i++)
		if (!strcmp(type, without[i]))
			return false;
	for (size_t i = 0; i < sizeof dos_types / sizeof *dos_types; i++)
		if (!strcmp(type, dos_types[i].name))
			return true;
	for (size_t i = 0; i < sizeof gpt_types / sizeof *gpt_types; i++)
		if (!strcmp(type, gpt_types[i].name))
			return true;
	return false;
}
