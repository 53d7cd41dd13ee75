/* descriptor.h - reading and writing descriptors whole, whatever the kernel does in one call.  Layer: base. */
#ifndef T1554TRIAGE_DESCRIPTOR_H
#define T1554TRIAGE_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the bytes that were read: fewer only at the end (errno 0) or at an error (errno set). */
size_t descriptor_read_at(int descriptor, uint64_t offset, void *bytes, size_t length);

/* False with errno set where not all could be written. */
bool   descriptor_write(int descriptor, const void *bytes, size_t length);

/*
 * A new file in a folder, for reading and writing, that has no name and is gone when it is closed.
 * -1 with errno set.
 */
int    descriptor_open_unnamed(int folder);

#endif
