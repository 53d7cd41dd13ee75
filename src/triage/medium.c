/*
 * medium.c - what evidence lies on.
 *
 *	/sys/dev/block/8:17 -> ../../devices/pci0000:00/.../usb2/2-1/.../block/sdb/sdb1
 *	/sys/dev/block/8:16/queue/rotational: "1"
 *	/sys/dev/block/254:0/slaves/sdb1 -> ../../../sdb1	(device mapper, md)
 *	/proc/self/mountinfo: 36 25 0:31 /@home /home rw,noatime shared:1 - btrfs /dev/sdb1 rw
 *
 * A partition has no queue of its own: its parent has.  Disks that a hypervisor
 * makes (virtio, Xen) say that they rotate because nothing tells them otherwise.
 * What cannot be found out counts as a disk without moving parts.
 * Documentation/ABI/stable/sysfs-block of Linux.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include "medium.h"

enum { SLAVES_DEPTH = 4 };

/* File systems whose bytes come over a network, or from a process. */
static const struct { uint64_t magic; const char *name; } remote[] = {
	{ NFS_SUPER_MAGIC, "NFS" }, { SMB_SUPER_MAGIC, "SMB" }, { CIFS_SUPER_MAGIC, "CIFS" },
	{ SMB2_SUPER_MAGIC, "SMB" }, { FUSE_SUPER_MAGIC, "FUSE" }, { CEPH_SUPER_MAGIC, "Ceph" },
	{ AFS_SUPER_MAGIC, "AFS" }, { CODA_SUPER_MAGIC, "Coda" }, { V9FS_MAGIC, "9P" },
};

static const char *
remote_name(int descriptor)
{
	struct statfs status;

	if (fstatfs(descriptor, &status))
		return NULL;
	for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++)
		if (((uint64_t)status.f_type & UINT32_MAX) == remote[i].magic)
			return remote[i].name;
	return NULL;
}

static bool
is_made_by_hypervisor(const char *device)
{
	return strstr(device, "/virtio") || strstr(device, "/vbd-");
}

static bool
is_rotational(const char *device)
{
	static const char *const places[] = { "/queue/rotational", "/../queue/rotational" };
	bool found = false, rotational = false;

	for (size_t i = 0; i < sizeof places / sizeof places[0] && !found; i++) {
		struct buffer path;
		FILE *file;

		buffer_init(&path, 0);
		buffer_add_text(&path, device);
		buffer_add_text(&path, places[i]);
		file = fopen(path.bytes, "re");
		buffer_release(&path);
		found = file != NULL;
		rotational = file && fgetc(file) == '1';
		if (file)
			fclose(file);
	}
	return rotational;
}

static bool look_at(const char *path, unsigned depth, struct buffer *ret_why);

static bool
look_at_slaves(const char *device, unsigned depth, struct buffer *ret_why)
{
	struct buffer path;
	bool sequential = false;
	struct dirent *entry;
	DIR *folder;

	buffer_init(&path, 0);
	buffer_add_format(&path, "%s/slaves", device);
	folder = depth ? opendir(path.bytes) : NULL;
	while (folder && !sequential && (entry = readdir(folder))) {
		if (*entry->d_name == '.')
			continue;
		buffer_clear(&path);
		buffer_add_format(&path, "%s/slaves/%s", device, entry->d_name);
		sequential = look_at(path.bytes, depth - 1, ret_why);
	}
	if (folder)
		closedir(folder);
	buffer_release(&path);
	return sequential;
}

static bool
look_at(const char *path, unsigned depth, struct buffer *ret_why)
{
	char device[PATH_MAX];
	const char *name;

	if (!realpath(path, device))
		return false;
	name = strrchr(device, '/') + 1;
	if (strstr(device, "/usb")) {
		buffer_add_format(ret_why, "it lies on %s, which is attached by USB", name);
		return true;
	}
	if (!is_made_by_hypervisor(device) && is_rotational(device)) {
		buffer_add_format(ret_why, "it lies on %s, a disk that rotates", name);
		return true;
	}
	return look_at_slaves(device, depth, ret_why);
}

bool
device_is_sequential(const char *sysfs, unsigned major, unsigned minor, struct buffer *ret_why)
{
	struct buffer path;
	bool sequential;

	buffer_init(&path, 0);
	buffer_add_format(&path, "%s/dev/block/%u:%u", sysfs, major, minor);
	sequential = look_at(path.bytes, SLAVES_DEPTH, ret_why);
	buffer_release(&path);
	if (!sequential)
		buffer_add_text(ret_why, "it lies on no disk that is known to rotate, to be attached by USB or to be remote");
	return sequential;
}

/* btrfs, overlays and others have a number of their own: the table of mounts names the device, where there is one. */
static dev_t
mounted_device(dev_t number)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[PATH_MAX + 1024], source[PATH_MAX];
	struct stat status;
	dev_t found = number;

	while (file && fgets(line, sizeof line, file)) {
		unsigned one_major, one_minor;
		const char *rest = strstr(line, " - ");

		if (sscanf(line, "%*u %*u %u:%u", &one_major, &one_minor) == 2 &&
		    makedev(one_major, one_minor) == number && rest &&
		    sscanf(rest, " - %*s %4095s", source) == 1 && *source == '/' &&
		    !stat(source, &status) && S_ISBLK(status.st_mode))
			found = status.st_rdev;
	}
	if (file)
		fclose(file);
	return found;
}

bool
medium_is_sequential(int descriptor, struct buffer *ret_why)
{
	const char *name = remote_name(descriptor);
	struct stat status;
	dev_t device;

	if (name) {
		buffer_add_format(ret_why, "it lies on a remote file system (%s)", name);
		return true;
	}
	if (fstat(descriptor, &status)) {
		buffer_add_text(ret_why, "what it lies on cannot be found out");
		return false;
	}
	device = S_ISBLK(status.st_mode) ? status.st_rdev : status.st_dev;
	if (!major(device))
		device = mounted_device(device);
	return device_is_sequential("/sys", major(device), minor(device), ret_why);
}
