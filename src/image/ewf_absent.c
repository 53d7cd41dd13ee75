/* ewf_absent.c - stands for ewf.c in a program that was built without libewf: EWF is told, not read. */
#include <string.h>

#include <t1554triage/image.h>

static bool
ewf_probe(const uint8_t *head, size_t length)
{
	return length >= 4 && !memcmp(head, "EVF", 3) && (head[3] == 0x09 || head[3] == '2');
}

static enum status
ewf_open(struct image *image, const struct notes *notes)
{
	struct place place = { .evidence = image->exhibit->id, .path = image->exhibit->name };

	return note(notes, STATUS_UNREADABLE, NOTE_IMAGE_INCOMPLETE, &place,
		"this program was built without libewf and cannot read EWF images; build it with libewf-dev");
}

static void
ewf_close(struct image *image)
{
	(void)image;
}

const struct image_driver ewf_image_driver = {
	.name        = "ewf",
	.description = "Expert Witness format: not read, built without libewf",
	.probe       = ewf_probe,
	.open        = ewf_open,
	.close       = ewf_close,
};
