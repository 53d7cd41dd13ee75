/* acquisition_log.h - what tools of acquisition write beside an image. */
#ifndef IMAGE_ACQUISITION_LOG_H
#define IMAGE_ACQUISITION_LOG_H

#include <t1554triage/image.h>

/*
 * What may follow the name of an image, with its extension or without it, in
 * the name of a file that records its acquisition.  Ends with NULL.
 */
extern const char *const acquisition_log_suffixes[];

/*
 * Reads the records of image->exhibit: digests into image->recorded, values
 * into image->acquisition, ranges that could not be acquired into the damage
 * of image, with a note each.  What is no record, or that of another image, is
 * passed over.
 */
enum status acquisition_logs_read(struct image *image, const struct notes *notes);

#endif
