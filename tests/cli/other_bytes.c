/*
 * other_bytes.c - evidence that changes between two readings, put before the C library by LD_PRELOAD.
 *
 *	OTHER_FILE    the file that is written to
 *	OTHER_OFFSET  where one byte of it becomes "X"
 *	OTHER_FORK    before which process this happens: 1 for the first that is started
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

pid_t
fork(void)
{
	static int count;
	const char *number = getenv("OTHER_FORK"), *path = getenv("OTHER_FILE"), *offset = getenv("OTHER_OFFSET");
	int file;

	if (number && path && offset && ++count == atoi(number)) {
		file = open(path, O_WRONLY);
		if (file < 0 || pwrite(file, "X", 1, atol(offset)) != 1)
			abort();
		close(file);
	}
	return ((pid_t (*)(void))dlsym(RTLD_NEXT, "fork"))();
}
