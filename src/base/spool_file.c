/* spool_file.c - bytes that are kept on disk for the length of a run. */
#include <errno.h>
#include <unistd.h>

#include <t1554triage/buffer.h>
#include <t1554triage/descriptor.h>
#include <t1554triage/memory.h>
#include <t1554triage/spool_file.h>

enum { WRITE_BYTES = 256 * 1024 };

struct spool_file {
	int           descriptor, error;	/* error: errno of the first failure, 0 */
	uint64_t      size;
	struct buffer waiting;			/* the last of it, not yet written */
};

struct spool_file *
spool_file_open(int folder)
{
	return spool_file_take(descriptor_open_unnamed(folder));
}

struct spool_file *
spool_file_take(int descriptor)
{
	struct spool_file *file;

	if (descriptor < 0)
		return NULL;
	file = memory_allocate(1, sizeof *file);
	file->descriptor = descriptor;
	buffer_init(&file->waiting, 0);
	return file;
}

void
spool_file_close(struct spool_file *file)
{
	if (!file)
		return;
	close(file->descriptor);
	buffer_release(&file->waiting);
	memory_free(file);
}

static void
write_now(struct spool_file *file, const void *bytes, size_t length)
{
	if (!file->error && !descriptor_write(file->descriptor, bytes, length))
		file->error = errno ? errno : EIO;
}

int
spool_file_flush(struct spool_file *file)
{
	if (file->waiting.length)
		write_now(file, file->waiting.bytes, file->waiting.length);
	buffer_clear(&file->waiting);
	return file->error;
}

uint64_t
spool_file_add(struct spool_file *file, const void *bytes, size_t length)
{
	uint64_t offset = file->size;

	file->size += length;
	if (length >= WRITE_BYTES) {
		spool_file_flush(file);
		write_now(file, bytes, length);
		return offset;
	}
	buffer_add(&file->waiting, bytes, length);
	if (file->waiting.length >= WRITE_BYTES)
		spool_file_flush(file);
	return offset;
}

size_t
spool_file_read(const struct spool_file *file, uint64_t offset, void *bytes, size_t length)
{
	return descriptor_read_at(file->descriptor, offset, bytes, length);
}
