/*
 * full_disk.c - a disk that is full just where one file is written, put before the C library by LD_PRELOAD.
 *
 *	FULL_NAME   end of the path of the file that is meant ("/files.jsonl.partial")
 *	FULL_CALL   "write", "fsync", "rename" or "pread": what fails
 *	FULL_BYTES  in place of FULL_NAME, for write and pread of a file without a name: what the bytes begin with
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
is_meant(const char *call, const char *path)
{
	const char *name = getenv("FULL_NAME"), *wanted = getenv("FULL_CALL");
	size_t length = name ? strlen(name) : 0;

	return length && wanted && !strcmp(wanted, call) && strlen(path) >= length && !strcmp(path + strlen(path) - length, name);
}

static int
descriptor_is_meant(const char *call, int descriptor)
{
	char link[64], path[4096];
	ssize_t count;

	snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
	count = readlink(link, path, sizeof path - 1);
	path[count > 0 ? count : 0] = '\0';
	return is_meant(call, path);
}

static int
bytes_are_meant(const char *call, const void *bytes, ssize_t length)
{
	const char *begin = getenv("FULL_BYTES"), *wanted = getenv("FULL_CALL");

	return begin && wanted && !strcmp(wanted, call) && length >= (ssize_t)strlen(begin) && !memcmp(bytes, begin, strlen(begin));
}

static void *
next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

ssize_t
write(int descriptor, const void *bytes, size_t length)
{
	if (descriptor_is_meant("write", descriptor) || bytes_are_meant("write", bytes, (ssize_t)length)) {
		errno = ENOSPC;
		return -1;
	}
	return ((ssize_t (*)(int, const void *, size_t))next("write"))(descriptor, bytes, length);
}

ssize_t
pread(int descriptor, void *bytes, size_t length, off_t offset)
{
	ssize_t got = ((ssize_t (*)(int, void *, size_t, off_t))next("pread"))(descriptor, bytes, length, offset);

	if (!bytes_are_meant("pread", bytes, got))
		return got;
	errno = EIO;
	return -1;
}

int
fsync(int descriptor)
{
	if (descriptor_is_meant("fsync", descriptor)) {
		errno = EIO;
		return -1;
	}
	return ((int (*)(int))next("fsync"))(descriptor);
}

int
renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	char path[4096];

	snprintf(path, sizeof path, "/%s", from);
	if (is_meant("rename", path)) {
		errno = ENOSPC;
		return -1;
	}
	return ((int (*)(int, const char *, int, const char *))next("renameat"))(from_folder, from, to_folder, to);
}
