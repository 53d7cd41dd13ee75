/* tsk_absent.c - stands for tsk.c in a program that was built without The Sleuth Kit. */
#include <t1554triage/volume.h>

static enum status
tsk_each(struct image *image, const struct volume_sink *out, const struct notes *notes)
{
	(void)image;
	(void)out;
	(void)notes;
	return STATUS_NOT_MINE;
}

const struct volume_driver tsk_volume_driver = {
	.name        = "tsk",
	.description = "disk labels of Apple, BSD and Sun machines: not read, built without The Sleuth Kit",
	.each        = tsk_each,
};
