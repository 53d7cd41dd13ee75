/* companions.h - the files that a container of a virtual disk names. */
#ifndef IMAGE_COMPANIONS_H
#define IMAGE_COMPANIONS_H

#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>

/*
 * Adds the base names of the parts and of the base that the file names, each
 * with a NUL behind it; none where it is no such container, or says nothing
 * that can be read.  The file is parsed by a process of its own that can open
 * nothing and ends itself; name is that of the file.
 */
void companions_read(int descriptor, uint64_t size, const char *name, struct buffer *names);

#endif
