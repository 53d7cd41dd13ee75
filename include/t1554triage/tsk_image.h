/* tsk_image.h - a source of evidence bytes as The Sleuth Kit wants to see it.  Layer: volume. */
#ifndef T1554TRIAGE_TSK_IMAGE_H
#define T1554TRIAGE_TSK_IMAGE_H

#include <stdint.h>

#include <tsk/libtsk.h>

#include <t1554triage/source.h>

/*
 * The source is borrowed and must outlive the result.  sector_size is that of
 * the medium (struct image), 0: 512.  libtsk never sees a file name, so that
 * it can neither probe image formats nor open anything beside the evidence;
 * therefore name the file-system types to try, one by one: the probe for
 * YAFFS2 reads images[0], which is not there.
 *
 * A read that meets damage succeeds with zeros in place of what is lost, each
 * time counted in source->damage->touches, also when the same block is read
 * again: what is damaged does not enter libtsk's cache.  Compare touches
 * before and after.
 */
TSK_IMG_INFO *tsk_image_open(struct source *source, uint32_t sector_size);
void tsk_image_close(TSK_IMG_INFO *image);	/* NULL is fine */

#endif
