/* object_id.c - identifiers that follow from what they name: the same in every run, whoever makes them. */
#include <stdio.h>
#include <string.h>

#include <t1554triage/digest.h>
#include <t1554triage/memory.h>

#include "object_id.h"

const uint8_t object_own_space[16] = { 0x8E, 0x1D, 0x7A, 0x52, 0x3C, 0x90, 0x4B, 0x6F,
	0xB1, 0x54, 0x15, 0x54, 0x2F, 0x60, 0x97, 0xD3 };

struct object_name {
	struct digest_stream *stream;
};

struct object_name *
object_name_begin(const uint8_t space[16])
{
	struct object_name *name = memory_allocate(1, sizeof *name);

	name->stream = digest_stream_open(1U << DIGEST_SHA1);
	digest_stream_update(name->stream, space, 16);
	return name;
}

void
object_name_add(struct object_name *name, const char *text)
{
	digest_stream_update(name->stream, text, strlen(text));
}

static void
end_name(struct digest_stream *stream, char ret_uuid[UUID_TEXT_SIZE])
{
	struct digests digests = { .known = 0 };
	uint8_t *uuid = digests.sha1;

	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	uuid[6] = (uint8_t)((uuid[6] & 0x0F) | 0x50);
	uuid[8] = (uint8_t)((uuid[8] & 0x3F) | 0x80);
	object_uuid_text(uuid, ret_uuid);
}

void
object_name_end(struct object_name *name, char ret_uuid[UUID_TEXT_SIZE])
{
	end_name(name->stream, ret_uuid);
	memory_free(name);
}

void
object_uuid(const uint8_t space[16], const void *name, size_t length, char ret_uuid[UUID_TEXT_SIZE])
{
	struct digest_stream *stream = digest_stream_open(1U << DIGEST_SHA1);

	digest_stream_update(stream, space, 16);
	digest_stream_update(stream, name, length);
	end_name(stream, ret_uuid);
}

void
object_uuid_text(const uint8_t uuid[16], char ret_uuid[UUID_TEXT_SIZE])
{
	snprintf(ret_uuid, UUID_TEXT_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", uuid[0], uuid[1],
		uuid[2], uuid[3], uuid[4], uuid[5], uuid[6], uuid[7], uuid[8], uuid[9], uuid[10], uuid[11], uuid[12], uuid[13],
		uuid[14], uuid[15]);
}
