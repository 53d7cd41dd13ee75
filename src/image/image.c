/* image.c - the table of containers, and reading a whole medium against its digests. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <t1554triage/image.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "acquisition_log.h"
#include "damage.h"

enum { PIECE_BYTES = 1024 * 1024 };

#define IMAGE_DRIVER(name) extern const struct image_driver name##_image_driver;
#include "image.def"
#undef IMAGE_DRIVER

static const struct image_driver *const drivers[] = {
#define IMAGE_DRIVER(name) &name##_image_driver,
#include "image.def"
#undef IMAGE_DRIVER
	NULL
};

const char *const exhibit_kind_names[] = { "image", "folder", "archive", NULL };

static const struct field fields[] = {
	FIELD(struct media_verification, evidence, FIELD_TEXT),
	FIELD(struct media_verification, bytes, FIELD_U64),
	FIELD_BYTES(struct media_verification, computed.md5, "computed.md5"),
	FIELD_BYTES(struct media_verification, computed.sha1, "computed.sha1"),
	FIELD_BYTES(struct media_verification, computed.sha256, "computed.sha256"),
	FIELD_AS(struct media_verification, computed.known, "computed.digests", FIELD_U32),
	FIELD_BYTES(struct media_verification, stored.md5, "stored.md5"),
	FIELD_BYTES(struct media_verification, stored.sha1, "stored.sha1"),
	FIELD_BYTES(struct media_verification, stored.sha256, "stored.sha256"),
	FIELD_AS(struct media_verification, stored.known, "stored.digests", FIELD_U32),
	FIELD(struct media_verification, result, FIELD_TEXT),
	FIELD(struct media_verification, damaged_bytes, FIELD_U64),
	FIELD(struct media_verification, damaged_ranges, FIELD_U64),
	FIELD_LAST
};

const struct record_type media_verification_record = {
	.name = "media-verification", .size = sizeof (struct media_verification), .fields = fields,
	.description = "a whole reading of a medium, and the digests that the acquisition stored",
};

static const struct field recorded_fields[] = {
	FIELD(struct recorded_digest, evidence, FIELD_TEXT),
	FIELD_ENUM(struct recorded_digest, digest.algorithm, "algorithm", digest_algorithm_names),
	FIELD_BYTES_TRIMMED(struct recorded_digest, digest.bytes, "digest"),
	FIELD(struct recorded_digest, file, FIELD_TEXT),
	FIELD(struct recorded_digest, line, FIELD_U64),
	FIELD(struct recorded_digest, tool, FIELD_TEXT),
	FIELD_LAST
};

const struct record_type recorded_digest_record = {
	.name = "recorded-digest", .size = sizeof (struct recorded_digest), .fields = recorded_fields,
	.description = "a digest of a medium that the acquisition wrote beside the image",
};

const struct image_driver *const *
image_drivers(void)
{
	return drivers;
}

static void
note_damage(struct image *image, enum note_kind kind, uint64_t offset, uint64_t length, const char *cause)
{
	uint64_t limit = limit_get(LIMIT_DAMAGE_NOTES);
	struct place place = { .evidence = image->exhibit->id, .offset = offset };
	char text[256];

	if (!image->notes || image->damage_notes > limit)
		return;
	if (image->damage_notes++ == limit) {
		note(image->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &place,
			"more than %" PRIu64 " damaged ranges: further ones are counted in the verification of the medium",
			limit);
		return;
	}
	snprintf(text, sizeof text, "%s: sectors %" PRIu64 " to %" PRIu64 " are read as zeros", cause,
		offset / image->sector_size, (offset + length - 1) / image->sector_size);
	note_add(image->notes, &(struct note){ .kind = kind, .status = STATUS_DAMAGED, .at = place,
		.length = length, .text = text, .incomplete = note_kind_incomplete(kind) });
}

void
image_add_damage(struct image *image, enum note_kind kind, uint64_t offset, uint64_t length,
	const char *cause)
{
	if (!damage_add(&image->damage, offset, length))
		return;
	if (kind == NOTE_IMAGE_DAMAGED)
		damage_add(&image->met, offset, length);
	note_damage(image, kind, offset, length, cause);
}

static const struct image_driver *
driver_by_name(const char *name)
{
	for (size_t i = 0; drivers[i]; i++)
		if (!strcmp(drivers[i]->name, name))
			return drivers[i];
	return NULL;
}

enum status
image_open(const struct exhibit *exhibit, const struct notes *notes, struct image **ret_image)
{
	const struct image_driver *driver = driver_by_name(exhibit->container);
	struct image *image;
	enum status status;

	if (!driver)
		return STATUS_NOT_MINE;
	image = memory_allocate(1, sizeof *image);
	image->exhibit = exhibit;
	image->driver = driver;
	image->notes = image->container_notes = notes;
	image->sector_size = 512;
	damage_init(&image->damage);
	damage_init(&image->met);
	damage_init(&image->acquisition_errors);
	arena_init(&image->arena);
	status = driver->open(image, notes);
	if (status <= STATUS_UNREADABLE) {
		image_close(image);
		return status;
	}
	image->source->damage = &image->damage;
	status = status_worse(status, acquisition_logs_read(image, notes));
	*ret_image = image;
	return status;
}

void
image_close(struct image *image)
{
	if (!image)
		return;
	source_close(image->source);
	image->driver->close(image);
	damage_release(&image->damage);
	damage_release(&image->met);
	damage_release(&image->acquisition_errors);
	arena_release(&image->arena);
	memory_free(image);
}

/* Reads in order; what was read is digested, *ret_bytes is how much. */
static enum status
digest_medium(struct image *image, struct digest_stream *stream,
	void (*progress)(void *context, uint64_t bytes), void *context, uint64_t *ret_bytes)
{
	uint8_t *piece = memory_allocate(PIECE_BYTES, 1);
	enum status status = STATUS_OK;
	uint64_t offset = 0;

	while (offset < image->source->size) {
		size_t got = 0;
		enum status one = source_read(image->source, offset, piece, PIECE_BYTES, &got);

		status = status_worse(status, one);
		if (one <= STATUS_UNREADABLE || !got)
			break;
		digest_stream_update(stream, piece, got);
		offset += got;
		if (progress)
			progress(context, offset);
	}
	memory_free(piece);
	*ret_bytes = offset;
	return offset < image->source->size ? STATUS_UNREADABLE : status;
}

const char *
media_verification_compare(const struct digests *computed, const struct digests *stored)
{
	const char *result = stored->known ? "not_compared" : "nothing_stored";

	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++) {
		const uint8_t *a = digests_get(computed, (enum digest_algorithm)i);
		const uint8_t *b = digests_get(stored, (enum digest_algorithm)i);

		if (!a || !b)
			continue;
		if (memcmp(a, b, digest_size((enum digest_algorithm)i)))
			return "differs";
		result = "equal";
	}
	return result;
}

/* Ranges that grew piece by piece while reading, once each; what is missing was noted when the image was opened. */
static void
note_met(struct image *image)
{
	for (size_t i = 0; i < image->met.count; i++)
		note_damage(image, NOTE_IMAGE_DAMAGED, image->met.ranges[i].offset, image->met.ranges[i].length,
			"fails its checksum or cannot be read");
}

static void
count_damage(const struct image *image, struct media_verification *verification)
{
	for (size_t i = 0; i < image->damage.count; i++)
		verification->damaged_bytes += image->damage.ranges[i].length;
	verification->damaged_ranges = image->damage.count;
}

static enum status
note_result(const struct image *image, const struct notes *notes, const struct media_verification *found)
{
	struct place place = { .evidence = image->exhibit->id, .path = image->exhibit->name };

	if (!strcmp(found->result, "differs"))
		return note(notes, STATUS_DAMAGED, NOTE_MEDIA_DIGEST, &place,
			"the digest of the medium differs from the one that the acquisition stored%s",
			found->damaged_bytes ? "; parts of the image are damaged" : "");
	if (!strcmp(found->result, "nothing_stored"))
		note(notes, STATUS_OK, NOTE_NOT_VERIFIED, &place,
			found->damaged_bytes ? "what is left of the image holds no digest of the medium, and the computed one "
			"counts zeros where bytes are lost: it equals none of the acquisition's" :
			"no digest is stored in the image: compare the computed one with the acquisition's record");
	if (!strcmp(found->result, "not_compared"))
		note(notes, STATUS_OK, NOTE_NOT_VERIFIED, &place,
			"the digests stored in the image are of algorithms that were not asked for");
	return STATUS_OK;
}

enum status
image_verify(struct image *image, uint32_t algorithms, const struct notes *notes,
	void (*progress)(void *context, uint64_t bytes), void *context,
	struct media_verification *ret_verification)
{
	struct media_verification found = { .evidence = image->exhibit->id, .stored = image->stored };
	const struct notes *usual = image->notes;
	struct digest_stream *stream;
	enum status status;

	if (!algorithms)
		algorithms = image->stored.known ? image->stored.known : 1u << DIGEST_SHA256;
	stream = digest_stream_open(algorithms);
	image->notes = NULL;
	status = digest_medium(image, stream, progress, context, &found.bytes);
	digest_stream_finish(stream, &found.computed, NULL);
	digest_stream_close(stream);
	if (status <= STATUS_UNREADABLE) {
		found.computed.known = 0;
		found.result = "unreadable";
	} else {
		found.result = media_verification_compare(&found.computed, &found.stored);
	}
	image->notes = notes;
	note_met(image);
	image->notes = usual;
	count_damage(image, &found);
	status = status_worse(status, note_result(image, notes, &found));
	*ret_verification = found;
	return status == STATUS_END ? STATUS_OK : status;
}
