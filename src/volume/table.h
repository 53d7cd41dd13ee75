/* table.h - what the readers of partition tables share. */
#ifndef VOLUME_TABLE_H
#define VOLUME_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <t1554triage/volume.h>

enum { VOLUME_NAME_SIZE = 16, GUID_TEXT_SIZE = 37 };

/*
 * Cuts the volume at the end of the medium, looks for a signature in it, and
 * hands it out.  STATUS_DAMAGED with a note where it was cut or lies outside.
 */
enum status table_hand_out(struct image *image, const struct volume *volume,
	const struct volume_sink *out, const struct notes *notes);

void table_name(char ret_name[VOLUME_NAME_SIZE], uint32_t number);	/* "p5" */

/* A GUID as it lies on a disk, in lower case. */
void table_guid(char ret_text[GUID_TEXT_SIZE], const uint8_t bytes[16]);

const char *dos_type_name(uint8_t type);	/* NULL: none is known */
const char *gpt_type_name(const char *guid);

#endif
