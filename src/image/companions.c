/*
 * companions.c - the files that a container of a virtual disk names.
 *
 * Only the coordinator opens evidence, and it parses none: a process is made
 * for each container, enters the sandbox, reads its names, writes them to a pipe and ends.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <t1554triage/descriptor.h>
#include <t1554triage/sandbox.h>

#include "companions.h"
#include "disk.h"

enum { NAMES_BYTES_MAX = 4 << 20, SECONDS_MAX = 20 };

/* Does not return. */
static void
write_names(int descriptor, uint64_t size, const char *name, int to)
{
	const struct notes silence = { .add = NULL };
	const int keep[] = { descriptor, to };
	const struct sandbox_request request = { .keep = keep, .keep_count = 2 };
	struct source *source = source_open_descriptor(descriptor, size);
	struct buffer names;
	struct disk disk;

	if (setrlimit(RLIMIT_CPU, &(struct rlimit){ SECONDS_MAX, SECONDS_MAX }) || !sandbox_enter(&request))
		_exit(1);
	buffer_init(&names, NAMES_BYTES_MAX);
	disk_open(&disk, &source, &name, 1, "", &silence);
	for (size_t i = 0; i < disk.wanted_count; i++)
		buffer_add(&names, disk.wanted[i], strlen(disk.wanted[i]) + 1);
	_exit(!descriptor_write(to, names.bytes, names.length));
}

void
companions_read(int descriptor, uint64_t size, const char *name, struct buffer *names)
{
	int ends[2], status;
	char piece[4096];
	ssize_t got;
	pid_t child;

	if (pipe(ends))
		return;
	child = fork();
	if (!child)
		write_names(descriptor, size, name, ends[1]);
	close(ends[1]);
	while (child > 0 && names->length < NAMES_BYTES_MAX) {
		got = read(ends[0], piece, sizeof piece);
		if (got > 0)
			buffer_add(names, piece, (size_t)got);
		else if (!got || errno != EINTR)
			break;
	}
	close(ends[0]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	/* Whatever was written ends a name. */
	if (names->length && names->bytes[names->length - 1])
		buffer_add_char(names, '\0');
}
