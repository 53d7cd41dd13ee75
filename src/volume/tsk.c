/* tsk.c - disk labels of BSD, Sun and Apple machines, read by The Sleuth Kit. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/tsk_image.h>

#include "table.h"

enum { BSD_WHOLE_DISK = 2 };	/* slot "c" of BSD and Sun labels covers the whole disk */

static const struct scheme {
	TSK_VS_TYPE_ENUM type;
	const char      *name;
	bool             has_whole_disk;
} schemes[] = {
	{ TSK_VS_TYPE_MAC, "mac", false },
	{ TSK_VS_TYPE_BSD, "bsd", true },
	{ TSK_VS_TYPE_SUN, "sun", true },
};

static bool
is_volume(const struct scheme *scheme, const TSK_VS_PART_INFO *part)
{
	return part->flags & TSK_VS_PART_FLAG_ALLOC && !(part->flags & TSK_VS_PART_FLAG_META) &&
	       part->slot_num >= 0 && !(scheme->has_whole_disk && part->slot_num == BSD_WHOLE_DISK);
}

static enum status
hand_out_all(struct image *image, const struct scheme *scheme, const TSK_VS_INFO *table,
	const struct volume_sink *out, const struct notes *notes)
{
	uint64_t left = limit_get(LIMIT_PARTITIONS);
	enum status status = STATUS_OK;

	for (const TSK_VS_PART_INFO *part = table->part_list; part && left; part = part->next, left--) {
		char name[VOLUME_NAME_SIZE];

		if (!is_volume(scheme, part))
			continue;
		table_name(name, (uint32_t)part->slot_num + 1);
		status = status_worse(status, table_hand_out(image, &(struct volume){
			.name = name, .scheme = scheme->name, .type = part->desc ? part->desc : "",
			.label = "", .part_uuid = "", .start = part->start * table->block_size,
			.length = part->len * table->block_size }, out, notes));
	}
	return status;
}

static enum status
tsk_each(struct image *image, const struct volume_sink *out, const struct notes *notes)
{
	TSK_IMG_INFO *medium = tsk_image_open(image->source, image->sector_size);
	enum status status = STATUS_NOT_MINE;

	for (size_t i = 0; medium && i < sizeof schemes / sizeof *schemes && status == STATUS_NOT_MINE; i++) {
		TSK_VS_INFO *table = tsk_vs_open(medium, 0, schemes[i].type);

		if (!table)
			continue;
		status = hand_out_all(image, &schemes[i], table, out, notes);
		tsk_vs_close(table);
	}
	tsk_image_close(medium);
	return status;
}

const struct volume_driver tsk_volume_driver = {
	.name        = "tsk",
	.description = "disk labels of Apple, BSD and Sun machines, by The Sleuth Kit",
	.each        = tsk_each,
};
