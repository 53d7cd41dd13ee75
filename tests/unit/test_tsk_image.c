/* test_tsk_image.c - Damage on its way through libtsk's cache. */
#include <string.h>

#include <t1554triage/source.h>
#include <t1554triage/tsk_image.h>

#include "tap.h"

enum { MEDIUM_BYTES = 1024 * 1024, DAMAGED_AT = 300 * 512 };

struct medium {
	struct source source;
	struct damage damage;
};

static enum status
read_medium(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct medium *medium = (struct medium *)source;

	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	memset(buffer, 'x', length);
	*ret_length = length;
	if (!damage_overlaps(&medium->damage, offset, length))
		return STATUS_OK;
	medium->damage.touches++;
	return STATUS_DAMAGED;
}

static uint64_t
touches_of_read(struct medium *medium, TSK_IMG_INFO *image, TSK_OFF_T offset, size_t length)
{
	static char bytes[256 * 1024];
	uint64_t before = medium->damage.touches;

	memset(bytes, 0, sizeof bytes);
	IS(tsk_img_read(image, offset, bytes, length), length, "all bytes are delivered");
	OK(bytes[0] == 'x' && bytes[length - 1] == 'x', "and are those of the medium");
	return medium->damage.touches - before;
}

int
main(void)
{
	struct medium medium = { .source = { .size = MEDIUM_BYTES + 100, .read = read_medium } };
	TSK_IMG_INFO *image;

	damage_init(&medium.damage);
	damage_add(&medium.damage, DAMAGED_AT, 512);
	medium.source.damage = &medium.damage;
	image = tsk_image_open(&medium.source, 512);
	OK(image != NULL, "a source becomes an image");
	IS(touches_of_read(&medium, image, DAMAGED_AT - 1024, 1024), 0, "beside damage, inside one filling of the cache");
	OK(touches_of_read(&medium, image, DAMAGED_AT, 512) > 0, "damage is told");
	OK(touches_of_read(&medium, image, DAMAGED_AT, 512) > 0, "and at the second reading");
	OK(touches_of_read(&medium, image, DAMAGED_AT + 100, 7) > 0, "of a part of a sector");
	OK(touches_of_read(&medium, image, DAMAGED_AT - 4096, 200000) > 0, "and in a long reading");
	IS(touches_of_read(&medium, image, 0, 4096), 0, "whole sectors give none");
	IS(touches_of_read(&medium, image, 100, 4096), 0, "nor what is cached");
	IS(touches_of_read(&medium, image, MEDIUM_BYTES - 10, 110), 0, "nor an end that is no whole sector");
	tsk_image_close(image);
	damage_release(&medium.damage);
	return tap_done();
}
