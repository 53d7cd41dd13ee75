/* ewf_library.h - what libewf says of an EWF set. */
#ifndef IMAGE_EWF_LIBRARY_H
#define IMAGE_EWF_LIBRARY_H

#include <t1554triage/image.h>

#include "ewf_set.h"

struct ewf_library;

/* Opens all segments, whose descriptors are borrowed; NULL: ret_why says why. */
struct ewf_library *ewf_library_open(const struct exhibit *exhibit, struct buffer *ret_why);
/* The same of one segment in memory, which is borrowed. */
struct ewf_library *ewf_library_open_bytes(const struct buffer *segment, struct buffer *ret_why);
void ewf_library_close(struct ewf_library *library);	/* NULL is fine */

/*
 * Adds the header values to image->acquisition.  is_utc: its dates are
 * moments, and get a Z; else they are the acquiring host's local time.
 */
void ewf_library_describe(struct ewf_library *library, struct image *image, bool is_utc);

/* For sets that libewf reads.  Sets sector size, chunk size, chunk count and size. */
bool ewf_library_geometry(struct ewf_library *library, struct ewf_set *ret_set);
void ewf_library_digests(struct ewf_library *library, struct digests *ret_stored);
void ewf_library_acquisition_errors(struct ewf_library *library, uint32_t sector_size, struct damage *errors);
/* Reads a part of one chunk; damage goes to the image. */
void ewf_library_read(struct ewf_library *library, struct image *image, uint64_t offset, uint8_t *bytes, size_t length);

/* That of the running libewf. */
const char *ewf_library_version(void);

#endif
