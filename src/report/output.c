/* output.c - a file of the output folder that is there whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/descriptor.h>
#include <t1554triage/digest.h>
#include <t1554triage/memory.h>
#include <t1554triage/report.h>

#include "output.h"

enum { BLOCK_BYTES = 1 << 16, SENT_BYTES = 8 << 20 };

struct output {
	int            folder, descriptor;	/* -1: into memory, or nowhere */
	char          *name, *partial;
	int            error;			/* errno of the first failure */
	uint64_t       size, sent;		/* sent: on their way to the disk */
	struct buffer  block;			/* not yet written */
	struct buffer *memory;
	struct digest_stream *digest;
};

static struct output *
output_new(void)
{
	struct output *output = memory_allocate(1, sizeof *output);

	output->folder = output->descriptor = -1;
	buffer_init(&output->block, 0);
	output->digest = digest_stream_open(1u << DIGEST_SHA256);
	return output;
}

static void
output_free(struct output *output)
{
	digest_stream_close(output->digest);
	buffer_release(&output->block);
	memory_free(output->name);
	memory_free(output->partial);
	memory_free(output);
}

struct output *
output_open(int folder, const char *name)
{
	struct output *output = output_new();
	struct buffer partial;

	buffer_init(&partial, 0);
	buffer_add_format(&partial, "%s.partial", name);
	output->folder = folder;
	output->name = memory_copy_text(name);
	output->partial = memory_copy_text(partial.bytes);
	buffer_release(&partial);
	output->descriptor = openat(folder, output->partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (output->descriptor < 0) {
		int error = errno;

		output_free(output);
		errno = error;
		return NULL;
	}
	return output;
}

struct output *
output_open_digest(void)
{
	return output_new();
}

struct output *
output_open_memory(struct buffer *memory)
{
	struct output *output = output_new();

	output->memory = memory;
	return output;
}

/* The disk writes what is there while the rest is made: the end waits for less. A failure is fsync's to tell. */
static void
send_ahead(struct output *output)
{
	if (output->descriptor < 0 || output->size - output->sent < SENT_BYTES || output->error)
		return;
	sync_file_range(output->descriptor, (off_t)output->sent, (off_t)(output->size - output->sent), SYNC_FILE_RANGE_WRITE);
	output->sent = output->size;
}

static void
write_block(struct output *output)
{
	const struct buffer *block = &output->block;

	digest_stream_update(output->digest, block->bytes, block->length);
	output->size += block->length;
	if (output->memory)
		buffer_add(output->memory, block->bytes, block->length);
	else if (output->descriptor >= 0 && !output->error && !descriptor_write(output->descriptor, block->bytes, block->length))
		output->error = errno;
	else
		send_ahead(output);
	buffer_clear(&output->block);
}

void
output_write(struct output *output, const void *bytes, size_t length)
{
	if (output->error)
		return;
	buffer_add(&output->block, bytes, length);
	output_settle(output);
}

int
output_folder(const struct output *output)
{
	return output->folder;
}

struct buffer *
output_buffer(struct output *output)
{
	return &output->block;
}

void
output_settle(struct output *output)
{
	if (output->block.length >= BLOCK_BYTES)
		write_block(output);
}

void
output_copy(struct output *output, const char *path)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	char block[BLOCK_BYTES];
	ssize_t count;

	if (descriptor < 0) {
		output_fail(output, errno);
		return;
	}
	while ((count = read(descriptor, block, sizeof block)) != 0) {
		if (count > 0)
			output_write(output, block, (size_t)count);
		else if (errno != EINTR)
			break;
	}
	if (count < 0)
		output_fail(output, errno);
	close(descriptor);
}

void
output_text(struct output *output, const char *text)
{
	output_write(output, text, strlen(text));
}

void
output_fail(struct output *output, int error)
{
	if (!output->error)
		output->error = error;
}

int
output_error(const struct output *output)
{
	return output->error;
}

/* The name appears only when every byte is on the disk. */
static void
make_final(struct output *output)
{
	if (!output->error && fsync(output->descriptor) != 0 && errno != EINVAL)
		output->error = errno;
	if (close(output->descriptor) != 0 && !output->error)
		output->error = errno;
	if (!output->error && renameat(output->folder, output->partial, output->folder, output->name) != 0)
		output->error = errno;
	if (output->error)
		unlinkat(output->folder, output->partial, 0);
}

int
output_finish(struct output *output, uint8_t ret_sha256[32], uint64_t *ret_size)
{
	struct digests digests;
	int error;

	write_block(output);
	digest_stream_finish(output->digest, &digests, NULL);
	if (output->descriptor >= 0)
		make_final(output);
	if (ret_sha256)
		memcpy(ret_sha256, digests.sha256, sizeof digests.sha256);
	if (ret_size)
		*ret_size = output->size;
	error = output->error;
	output_free(output);
	return error;
}
