/* volume.c - the table of partition schemes. */
#include <inttypes.h>
#include <stdio.h>

#include <t1554triage/record.h>
#include <t1554triage/stack.h>
#include <t1554triage/volume.h>

#include "table.h"

#define VOLUME_DRIVER(name) extern const struct volume_driver name##_volume_driver;
#include "volume.def"
#undef VOLUME_DRIVER

static const struct volume_driver *const drivers[] = {
#define VOLUME_DRIVER(name) &name##_volume_driver,
#include "volume.def"
#undef VOLUME_DRIVER
	NULL
};

static const struct field fields[] = {
	FIELD(struct volume, evidence, FIELD_TEXT),
	FIELD(struct volume, name, FIELD_TEXT),
	FIELD(struct volume, scheme, FIELD_TEXT),
	FIELD(struct volume, type, FIELD_TEXT),
	FIELD(struct volume, label, FIELD_TEXT),
	FIELD(struct volume, part_uuid, FIELD_TEXT),
	FIELD(struct volume, start, FIELD_U64),
	FIELD(struct volume, length, FIELD_U64),
	FIELD(struct volume, devices, FIELD_TEXT),
	FIELD(struct volume, member_of, FIELD_TEXT),
	FIELD(struct volume, stacked, FIELD_BOOL),
	FIELD(struct volume, recognised, FIELD_TEXT),
	FIELD_LAST
};

const struct record_type volume_record = {
	.name = "volume", .size = sizeof (struct volume), .fields = fields,
	.description = "a partition, or a medium without a partition table",
};

const struct volume_driver *const *
volume_drivers(void)
{
	return drivers;
}

void
table_name(char ret_name[VOLUME_NAME_SIZE], uint32_t number)
{
	snprintf(ret_name, VOLUME_NAME_SIZE, "p%" PRIu32, number);
}

/* The first three parts are little-endian numbers, the rest is bytes. */
void
table_guid(char ret_text[GUID_TEXT_SIZE], const uint8_t b[16])
{
	snprintf(ret_text, GUID_TEXT_SIZE,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13],
		b[14], b[15]);
}

enum status
table_hand_out(struct image *image, const struct volume *volume, const struct volume_sink *out,
	const struct notes *notes)
{
	struct volume found = *volume;
	uint64_t size = image->source->size;
	struct place place = { .evidence = image->exhibit->id, .volume = volume->name, .offset = volume->start };
	const struct signature_row *signature;
	enum status status = STATUS_OK;
	struct source *range;

	if (found.start >= size)
		return note(notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED, &place,
			"partition %s begins at byte %" PRIu64 ", behind the end of the medium at %" PRIu64
			": nothing of it is there", found.name, found.start, size);
	if (found.length > size - found.start) {
		status = note(notes, STATUS_DAMAGED, NOTE_VOLUME_DAMAGED, &place,
			"partition %s is %" PRIu64 " bytes, of which the medium holds %" PRIu64
			": the rest is not examined", found.name, found.length, size - found.start);
		found.length = size - found.start;
	}
	range = source_open_range(image->source, found.start, found.length);
	signature = volume_signature(range);
	source_close(range);
	found.evidence = image->exhibit->id;
	found.recognised = signature && signature->needed ? signature->name : NULL;
	out->volume(out->context, &found);
	return status;
}

enum status
volume_each(struct image *image, const struct volume_sink *out, const struct notes *notes)
{
	for (size_t i = 0; drivers[i] && !md_covers(image->source); i++) {
		enum status status = drivers[i]->each(image, out, notes);

		if (status != STATUS_NOT_MINE)
			return status;
	}
	return table_hand_out(image, &(struct volume){ .name = "-", .scheme = "none", .type = "",
		.label = "", .part_uuid = "", .length = image->source->size }, out, notes);
}
