/*
 * ewf_library.c - libewf: the header values of an EWF set, and all of the
 * second version (Ex01), which ewf_chunks.c does not read.
 *
 * libewf gives zeros and success for a chunk that fails its checksum.
 * Therefore its list of checksum errors is asked after every read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Declares the calls that take a pool of open files. */
#define LIBEWF_HAVE_BFIO 1
#include <libbfio.h>
#include <libewf.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "damage.h"
#include "ewf_file.h"
#include "ewf_library.h"

enum {
	CHUNK_BYTES_MAX = 128 * 1024 * 1024,
	HEADER_VALUES_MAX = 256, HEADER_VALUE_MAX = 1024 * 1024,	/* bytes */
};

struct ewf_library {
	libewf_handle_t *handle;
	libbfio_pool_t  *pool;
};

static struct ewf_library *
make(void)
{
	struct ewf_library *library = memory_allocate(1, sizeof *library);

	if (libbfio_pool_initialize(&library->pool, 0, LIBBFIO_POOL_UNLIMITED_NUMBER_OF_OPEN_HANDLES, NULL) != 1)
		library->pool = NULL;
	return library;
}

/* Takes library over. */
static struct ewf_library *
open_pool(struct ewf_library *library, bool is_filled, struct buffer *ret_why)
{
	libewf_error_t *error = NULL;
	char text[512] = "no reason given";

	if (is_filled && libewf_handle_initialize(&library->handle, &error) == 1 &&
	    libewf_handle_open_file_io_pool(library->handle, library->pool, LIBEWF_OPEN_READ, &error) == 1) {
		libewf_handle_set_read_zero_chunk_on_error(library->handle, 1, NULL);
		return library;
	}
	if (error)
		libewf_error_sprint(error, text, sizeof text);
	libewf_error_free(&error);
	buffer_add_text(ret_why, text);
	ewf_library_close(library);
	return NULL;
}

struct ewf_library *
ewf_library_open(const struct exhibit *exhibit, struct buffer *ret_why)
{
	struct ewf_library *library = make();
	bool is_filled = library->pool;

	for (size_t i = 0; is_filled && i < exhibit->segment_count; i++)
		is_filled = ewf_file_add(library->pool, exhibit->segments[i].descriptor, exhibit->segments[i].size);
	return open_pool(library, is_filled, ret_why);
}

struct ewf_library *
ewf_library_open_bytes(const struct buffer *segment, struct buffer *ret_why)
{
	struct ewf_library *library = make();

	return open_pool(library, library->pool && ewf_file_add_bytes(library->pool, segment->bytes, segment->length),
		ret_why);
}

void
ewf_library_close(struct ewf_library *library)
{
	if (!library)
		return;
	if (library->handle) {
		libewf_handle_close(library->handle, NULL);
		libewf_handle_free(&library->handle, NULL);
	}
	if (library->pool)
		libbfio_pool_free(&library->pool, NULL);
	memory_free(library);
}

bool
ewf_library_geometry(struct ewf_library *library, struct ewf_set *ret_set)
{
	size64_t size = 0;

	if (libewf_handle_get_media_size(library->handle, &size, NULL) != 1 || !size || size > INT64_MAX ||
	    libewf_handle_get_chunk_size(library->handle, &ret_set->chunk_size, NULL) != 1 ||
	    !ret_set->chunk_size || ret_set->chunk_size > CHUNK_BYTES_MAX ||
	    libewf_handle_get_bytes_per_sector(library->handle, &ret_set->sector_size, NULL) != 1 ||
	    !ret_set->sector_size || ret_set->sector_size > ret_set->chunk_size)
		return false;
	ret_set->size = size;
	ret_set->chunk_count = (size - 1) / ret_set->chunk_size + 1;
	return true;
}

/*
 * Checksum errors that touch the chunk.  libewf merges what lies side by side,
 * so that its list may grow without becoming longer: all of it is looked at.
 */
static void
take_checksum_errors(struct ewf_library *library, struct image *image, uint64_t from, size_t length)
{
	uint32_t count = 0;

	if (libewf_handle_get_number_of_checksum_errors(library->handle, &count, NULL) != 1)
		count = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t sector, sectors, start, end;

		if (libewf_handle_get_checksum_error(library->handle, i, &sector, &sectors, NULL) != 1)
			continue;
		start = sector * image->sector_size;
		end = start + sectors * image->sector_size;
		start = start < from ? from : start;
		end = end > from + length ? from + length : end;
		if (start < end)
			image_add_damage(image, NOTE_IMAGE_DAMAGED, start, end - start,
				"a chunk of the image fails its checksum");
	}
}

void
ewf_library_read(struct ewf_library *library, struct image *image, uint64_t offset, uint8_t *bytes, size_t length)
{
	ssize_t got = libewf_handle_read_random(library->handle, bytes, length, (off64_t)offset, NULL);
	size_t done = got < 0 ? 0 : (size_t)got;

	take_checksum_errors(library, image, offset, length);
	if (done >= length)
		return;
	memset(bytes + done, 0, length - done);
	image_add_damage(image, NOTE_IMAGE_DAMAGED, offset + done, length - done,
		"a chunk of the image cannot be read");
}

static const char *
header_value(struct ewf_library *library, struct image *image, const char *identifier)
{
	libewf_handle_t *handle = library->handle;
	const uint8_t *name = (const uint8_t *)identifier;
	size_t size = 0;
	uint8_t *value;

	if (libewf_handle_get_utf8_header_value_size(handle, name, strlen(identifier), &size, NULL) != 1 ||
	    size < 2 || size > HEADER_VALUE_MAX)
		return NULL;
	value = arena_allocate(&image->arena, size);
	if (libewf_handle_get_utf8_header_value(handle, name, strlen(identifier), value, size, NULL) != 1)
		return NULL;
	value[size - 1] = '\0';
	return (const char *)value;
}

/*
 * libewf writes dates in the zone of the process, which is UTC here.  Only
 * header2 records a moment; the older header has the acquiring host's local
 * time without a zone, which gets no Z.
 */
static const char *
with_zone(struct image *image, bool is_utc, const char *identifier, const char *value)
{
	size_t length = strlen(identifier);

	if (length < 5 || strcmp(identifier + length - 5, "_date") ||
	    !is_utc || text_has_suffix(value, "Z"))
		return value;
	return arena_format(&image->arena, "%sZ", value);
}

static void
add_acquisition(struct image *image, size_t *capacity, const char *name, const char *value)
{
	struct acquisition_value *grown;

	if (image->acquisition_count == *capacity) {
		*capacity = *capacity ? *capacity * 2 : 32;
		grown = arena_allocate(&image->arena, *capacity * sizeof *grown);
		if (image->acquisition_count)
			memcpy(grown, image->acquisition, image->acquisition_count * sizeof *grown);
		image->acquisition = grown;
	}
	image->acquisition[image->acquisition_count++] = (struct acquisition_value){ name, value };
}

static void
take_set_identifier(struct ewf_library *library, struct image *image, size_t *capacity)
{
	static const uint8_t none[16];
	uint8_t id[16];

	if (libewf_handle_get_segment_file_set_identifier(library->handle, id, sizeof id, NULL) == 1 &&
	    memcmp(id, none, sizeof id))
		add_acquisition(image, capacity, "set_identifier", arena_format(&image->arena,
			"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			id[3], id[2], id[1], id[0], id[5], id[4], id[7], id[6], id[8], id[9], id[10],
			id[11], id[12], id[13], id[14], id[15]));
}

void
ewf_library_describe(struct ewf_library *library, struct image *image, bool is_utc)
{
	libewf_handle_t *handle = library->handle;
	size_t capacity = 0;
	uint32_t count = 0;

	libewf_handle_set_header_values_date_format(handle, LIBEWF_DATE_FORMAT_ISO8601, NULL);
	if (libewf_handle_get_number_of_header_values(handle, &count, NULL) != 1)
		count = 0;
	for (uint32_t i = 0; i < count && i < HEADER_VALUES_MAX; i++) {
		uint8_t identifier[256] = { 0 };
		size_t size = 0;
		const char *name, *value;

		if (libewf_handle_get_header_value_identifier_size(handle, i, &size, NULL) != 1 ||
		    size > sizeof identifier ||
		    libewf_handle_get_header_value_identifier(handle, i, identifier, size, NULL) != 1)
			continue;
		name = arena_copy_text(&image->arena, (const char *)identifier);
		value = header_value(library, image, name);
		if (value)
			add_acquisition(image, &capacity, name, with_zone(image, is_utc, name, value));
	}
	take_set_identifier(library, image, &capacity);
}

void
ewf_library_digests(struct ewf_library *library, struct digests *ret_stored)
{
	uint8_t bytes[20];

	if (libewf_handle_get_md5_hash(library->handle, bytes, 16, NULL) == 1)
		digests_set(ret_stored, DIGEST_MD5, bytes);
	if (libewf_handle_get_sha1_hash(library->handle, bytes, 20, NULL) == 1)
		digests_set(ret_stored, DIGEST_SHA1, bytes);
}

void
ewf_library_acquisition_errors(struct ewf_library *library, uint32_t sector_size, struct damage *errors)
{
	uint32_t count = 0;

	if (libewf_handle_get_number_of_acquiry_errors(library->handle, &count, NULL) != 1)
		return;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t sector, sectors;

		if (libewf_handle_get_acquiry_error(library->handle, i, &sector, &sectors, NULL) == 1)
			damage_add(errors, sector * sector_size, sectors * sector_size);
	}
}

const char *
ewf_library_version(void)
{
	return libewf_get_version();
}
