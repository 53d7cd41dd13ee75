/* damage.h - what the drivers of image/ say about bytes that are lost. */
#ifndef IMAGE_DAMAGE_H
#define IMAGE_DAMAGE_H

#include <t1554triage/image.h>

/*
 * Adds a range of the medium to image->damage and, if it was not there before,
 * notes it with its cause.
 */
void image_add_damage(struct image *image, enum note_kind kind, uint64_t offset, uint64_t length,
	const char *cause);

#endif
