/* spool.c - a file that is written from front to back, and read again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/descriptor.h>
#include <t1554triage/memory.h>

#include "spool.h"

enum { SPOOL_MODE = 0644, SENT_BYTES = 8 << 20 };

static char *
name_beside(const char *path, const char *ending)
{
	size_t size = strlen(path) + strlen(ending) + 1;
	char *name = memory_allocate(size, 1);

	snprintf(name, size, "%s%s", path, ending);
	return name;
}

static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = memory_copy_text(slash ? path : ".");

	if (slash)
		folder[slash == path ? 1 : slash - path] = '\0';
	return folder;
}

void
spool_open(struct spool *spool, const char *path)
{
	char *folder = folder_of(path);

	*spool = (struct spool){ .buffer = memory_allocate(1, SPOOL_BYTES) };
	spool->descriptor = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, SPOOL_MODE);
	/* Not every file system has files without names. */
	if (spool->descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		spool->name = name_beside(path, ".partial-XXXXXX");
		spool->descriptor = mkostemp(spool->name, O_CLOEXEC);
	}
	if (spool->descriptor < 0)
		spool->error = errno;
	memory_free(folder);
}

void
spool_close(struct spool *spool)
{
	if (spool->name && spool->descriptor >= 0)
		unlink(spool->name);
	if (spool->descriptor >= 0)
		close(spool->descriptor);
	memory_free(spool->name);
	memory_free(spool->buffer);
	*spool = (struct spool){ .descriptor = -1 };
}

/* Only a hint, which shortens the wait for the disk at the end. */
static void
send(struct spool *spool)
{
	if (!spool->is_kept || spool->flushed < spool->sent + SENT_BYTES)
		return;
	(void)sync_file_range(spool->descriptor, (off_t)spool->sent, (off_t)(spool->flushed - spool->sent), SYNC_FILE_RANGE_WRITE);
	spool->sent = spool->flushed;
}

void
spool_flush(struct spool *spool)
{
	if (spool->passed)
		spool->passed(spool->context, spool->buffer, spool->used);
	if (!spool->error && !descriptor_write(spool->descriptor, spool->buffer, spool->used))
		spool->error = errno;
	spool->flushed += spool->used;
	spool->used = 0;
	send(spool);
}

void
spool_write_on(struct spool *spool, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	spool->length += length;
	while (length) {
		size_t room = SPOOL_BYTES - spool->used, part = length < room ? length : room;

		memcpy(spool->buffer + spool->used, at, part);
		spool->used += part;
		at += part;
		length -= part;
		if (spool->used == SPOOL_BYTES)
			spool_flush(spool);
	}
}

bool
spool_read(struct spool *spool, uint64_t offset, void *bytes, size_t length)
{
	if (!spool->error && descriptor_read_at(spool->descriptor, offset, bytes, length) < length)
		spool->error = errno ? errno : EIO;
	return !spool->error;
}

void
spool_rewrite(struct spool *spool, uint64_t offset, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	while (!spool->error && length) {
		ssize_t put = pwrite(spool->descriptor, at, length, (off_t)offset);

		if (put < 0 && errno != EINTR)
			spool->error = errno;
		if (put <= 0)
			continue;
		at += put;
		offset += (uint64_t)put;
		length -= (size_t)put;
	}
}

void
spool_append(struct spool *spool, struct spool *other)
{
	uint8_t *piece = memory_allocate(1, SPOOL_BYTES);

	spool_flush(other);
	for (uint64_t at = 0; at < other->length; at += SPOOL_BYTES) {
		size_t length = other->length - at < SPOOL_BYTES ? (size_t)(other->length - at) : SPOOL_BYTES;

		if (!spool_read(other, at, piece, length))
			break;
		spool_write(spool, piece, length);
	}
	if (!spool->error)
		spool->error = other->error;
	memory_free(piece);
}

/* linkat() does not replace a file: the name comes by way of another. */
static int
link_to(int descriptor, const char *path)
{
	char *partial = name_beside(path, ".partial");
	char self[64];
	int error = 0;

	snprintf(self, sizeof self, "/proc/self/fd/%d", descriptor);
	unlink(partial);
	if (linkat(AT_FDCWD, self, AT_FDCWD, partial, AT_SYMLINK_FOLLOW) || rename(partial, path))
		error = errno;
	if (error)
		unlink(partial);
	memory_free(partial);
	return error;
}

void
spool_name(struct spool *spool, const char *path)
{
	spool_flush(spool);
	if (!spool->error && fsync(spool->descriptor))
		spool->error = errno;
	if (spool->error)
		return;
	if (!spool->name) {
		spool->error = link_to(spool->descriptor, path);
		return;
	}
	if (fchmod(spool->descriptor, SPOOL_MODE) || rename(spool->name, path)) {
		spool->error = errno;
		return;
	}
	memory_free(spool->name);
	spool->name = NULL;
}
