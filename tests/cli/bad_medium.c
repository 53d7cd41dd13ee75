/*
 * bad_medium.c - a medium that cannot be read, or that kills who reads it, put before the C library by LD_PRELOAD.
 *
 *	BAD_SIZE    bytes of the file that is meant
 *	BAD_START, BAD_END   the range of it
 *	BAD_DEATHS  processes that die of reading there; the others read. Not set: reading there fails
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t size, start, end;
static atomic_long *deaths;	/* left, of all processes together; NULL: reading fails */
static ssize_t (*read_at)(int, void *, size_t, off64_t);

static uint64_t
number(const char *name)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 10) : 0;
}

__attribute__((constructor)) static void
begin(void)
{
	size = number("BAD_SIZE");
	start = number("BAD_START");
	end = number("BAD_END");
	read_at = (ssize_t (*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64");
	if (!getenv("BAD_DEATHS"))
		return;
	deaths = mmap(NULL, sizeof *deaths, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	atomic_init(deaths, (long)number("BAD_DEATHS"));
}

ssize_t
pread64(int descriptor, void *buffer, size_t length, off64_t offset)
{
	struct stat status;

	if ((uint64_t)offset < end && (uint64_t)offset + length > start && !fstat(descriptor, &status) &&
	    (uint64_t)status.st_size == size) {
		if (!deaths) {
			errno = EIO;
			return -1;
		}
		if (atomic_fetch_sub(deaths, 1) > 0)
			__builtin_trap();
	}
	return read_at(descriptor, buffer, length, offset);
}

ssize_t
pread(int descriptor, void *buffer, size_t length, off_t offset)
{
	return pread64(descriptor, buffer, length, offset);
}
