/* descriptor.c - reading and writing descriptors whole. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <t1554triage/descriptor.h>

size_t
descriptor_read_at(int descriptor, uint64_t offset, void *bytes, size_t length)
{
	uint8_t *to = bytes;
	size_t done = 0;

	errno = 0;
	while (done < length) {
		ssize_t got = pread(descriptor, to + done, length - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (!got)
			errno = 0;
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return done;
}

bool
descriptor_write(int descriptor, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;

	while (length) {
		ssize_t written = write(descriptor, from, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		from += written;
		length -= (size_t)written;
	}
	return true;
}

int
descriptor_open_unnamed(int folder)
{
	static const char name[] = ".spool.partial";
	int descriptor = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	/* Some file systems have no files without a name. */
	if (descriptor < 0) {
		descriptor = openat(folder, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
		if (descriptor >= 0)
			unlinkat(folder, name, 0);
	}
	return descriptor;
}
