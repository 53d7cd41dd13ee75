/* ewf_description.h - what an EWF set says of its acquisition, without its chunks. */
#ifndef IMAGE_EWF_DESCRIPTION_H
#define IMAGE_EWF_DESCRIPTION_H

#include <t1554triage/buffer.h>

#include "ewf_set.h"

/*
 * Appends what stands before the first chunks, as the segment of a medium of
 * one chunk.  False: it is lost, or too long to be one.
 */
bool ewf_description_read(const struct ewf_set *set, struct buffer *out);

#endif
