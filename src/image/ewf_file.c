/* ewf_file.c - segments that the coordinator has opened, for libbfio. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/descriptor.h>
#include <t1554triage/memory.h>

#include "ewf_file.h"

struct ewf_file {
	const uint8_t *bytes;		/* NULL: the descriptor's */
	int      descriptor;
	uint64_t size, offset;
	bool     opened;
};

static int
file_free(intptr_t **handle, libbfio_error_t **error)
{
	(void)error;
	memory_free(*handle);
	*handle = NULL;
	return 1;
}

static int
file_clone(intptr_t **ret_handle, intptr_t *handle, libbfio_error_t **error)
{
	struct ewf_file *copy = memory_allocate(1, sizeof *copy);

	(void)error;
	*copy = *(const struct ewf_file *)handle;
	*ret_handle = (intptr_t *)copy;
	return 1;
}

static int
file_open(intptr_t *handle, int flags, libbfio_error_t **error)
{
	(void)error;
	if (flags & LIBBFIO_ACCESS_FLAG_WRITE)
		return -1;
	((struct ewf_file *)handle)->opened = true;
	((struct ewf_file *)handle)->offset = 0;
	return 1;
}

static int
file_close(intptr_t *handle, libbfio_error_t **error)
{
	(void)error;
	((struct ewf_file *)handle)->opened = false;
	return 0;
}

static size_t
read_bytes(const struct ewf_file *file, uint8_t *buffer, size_t length)
{
	uint64_t left = file->offset < file->size ? file->size - file->offset : 0;

	if (length > left)
		length = (size_t)left;
	if (length)
		memcpy(buffer, file->bytes + file->offset, length);
	errno = 0;
	return length;
}

static ssize_t
file_read(intptr_t *handle, uint8_t *buffer, size_t length, libbfio_error_t **error)
{
	struct ewf_file *file = (struct ewf_file *)handle;
	size_t done = file->bytes ? read_bytes(file, buffer, length)
		: descriptor_read_at(file->descriptor, file->offset, buffer, length);

	(void)error;
	if (done < length && errno)
		return -1;
	file->offset += done;
	return (ssize_t)done;
}

static ssize_t
file_write(intptr_t *handle, const uint8_t *buffer, size_t length, libbfio_error_t **error)
{
	(void)handle;
	(void)buffer;
	(void)length;
	(void)error;
	return -1;
}

static off64_t
file_seek(intptr_t *handle, off64_t offset, int whence, libbfio_error_t **error)
{
	struct ewf_file *file = (struct ewf_file *)handle;
	int64_t base = whence == SEEK_SET ? 0 : (int64_t)(whence == SEEK_CUR ? file->offset : file->size);

	(void)error;
	if (__builtin_add_overflow(base, offset, &base) || base < 0)
		return -1;
	file->offset = (uint64_t)base;
	return base;
}

static int
file_exists(intptr_t *handle, libbfio_error_t **error)
{
	(void)handle;
	(void)error;
	return 1;
}

static int
file_is_open(intptr_t *handle, libbfio_error_t **error)
{
	(void)error;
	return ((struct ewf_file *)handle)->opened;
}

static int
file_size(intptr_t *handle, size64_t *ret_size, libbfio_error_t **error)
{
	(void)error;
	*ret_size = ((struct ewf_file *)handle)->size;
	return 1;
}

static bool
add(libbfio_pool_t *pool, const struct ewf_file *one)
{
	struct ewf_file *file = memory_allocate(1, sizeof *file);
	libbfio_handle_t *handle = NULL;
	int entry;

	*file = *one;
	if (libbfio_handle_initialize(&handle, (intptr_t *)file, file_free, file_clone, file_open,
	    file_close, file_read, file_write, file_seek, file_exists, file_is_open, file_size,
	    LIBBFIO_FLAG_IO_HANDLE_MANAGED, NULL) != 1) {
		memory_free(file);
		return false;
	}
	if (libbfio_pool_append_handle(pool, &entry, handle, LIBBFIO_ACCESS_FLAG_READ, NULL) == 1)
		return true;
	libbfio_handle_free(&handle, NULL);
	return false;
}

bool
ewf_file_add(libbfio_pool_t *pool, int descriptor, uint64_t size)
{
	return add(pool, &(struct ewf_file){ .descriptor = descriptor, .size = size });
}

bool
ewf_file_add_bytes(libbfio_pool_t *pool, const void *bytes, size_t length)
{
	return add(pool, &(struct ewf_file){ .bytes = bytes, .descriptor = -1, .size = length });
}
