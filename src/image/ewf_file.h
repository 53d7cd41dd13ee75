/* ewf_file.h - an opened segment as libewf wants to see it. */
#ifndef IMAGE_EWF_FILE_H
#define IMAGE_EWF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libbfio.h>

/* Adds a descriptor, which is borrowed and read with pread alone, to the pool. */
bool ewf_file_add(libbfio_pool_t *pool, int descriptor, uint64_t size);
/* Adds bytes, which are borrowed. */
bool ewf_file_add_bytes(libbfio_pool_t *pool, const void *bytes, size_t length);

#endif
