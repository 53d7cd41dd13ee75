/*
 * ewf.c - Expert Witness format (E01, Ex01): libewf reads the chunks.
 *
 * libewf gives zeros and success for a chunk that fails its checksum, for a
 * segment that is not there, and for the end of a set that was cut off.
 * Therefore its list of checksum errors is asked after every read, and what
 * each segment describes is counted beforehand (ewf_sections.c).
 *
 * A set with a gap is read on both sides of it: libewf is shown the segments
 * that are there as if they followed one another, and offsets behind the gap
 * are moved.  How far is known from the end: the last segments hold the last chunks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Declares the calls that take a pool of open files. */
#define LIBEWF_HAVE_BFIO 1
#include <libbfio.h>
#include <libewf.h>

#include <t1554triage/image.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "damage.h"
#include "ewf_file.h"
#include "ewf_sections.h"

enum {
	CACHED_CHUNKS = 4, CHUNK_BYTES_MAX = 128 * 1024 * 1024,
	HEADER_VALUES_MAX = 256, HEADER_VALUE_MAX = 1024 * 1024,	/* bytes */
};

struct cached_chunk {
	uint64_t number;	/* of the medium, from 1; 0: empty */
	uint8_t *bytes;
	uint64_t used;		/* for the oldest to be replaced */
};

struct image_driver_state {
	libewf_handle_t *handle;
	libbfio_pool_t  *pool;
	struct ewf_segment *segments;	/* one for each of the exhibit */
	uint32_t chunk_size;		/* bytes */
	uint64_t chunk_count;		/* of the medium */
	uint64_t gap_start, gap_end;	/* chunks of the medium that are not there */
	struct cached_chunk cache[CACHED_CHUNKS];
	uint64_t reads;
};

struct ewf_source {
	struct source source;
	struct image *image;
};

/* libewf counts the chunks that are there. */
static uint64_t
library_chunk(const struct image_driver_state *state, uint64_t chunk)
{
	return chunk < state->gap_end ? chunk : chunk - (state->gap_end - state->gap_start);
}

static bool
is_lost(const struct image_driver_state *state, uint64_t chunk)
{
	return chunk >= state->gap_start && chunk < state->gap_end;
}

static size_t
chunk_length(const struct image *image, uint64_t chunk)
{
	uint64_t left = image->source->size - chunk * image->state->chunk_size;

	return left < image->state->chunk_size ? (size_t)left : image->state->chunk_size;
}

/*
 * Checksum errors that touch the chunk.  libewf merges what lies side by side,
 * so that its list may grow without becoming longer: all of it is looked at.
 */
static void
take_checksum_errors(struct image *image, uint64_t chunk, size_t length)
{
	struct image_driver_state *state = image->state;
	uint64_t from = chunk * state->chunk_size;
	uint64_t moved = from - library_chunk(state, chunk) * state->chunk_size;
	uint32_t count = 0;

	if (libewf_handle_get_number_of_checksum_errors(state->handle, &count, NULL) != 1)
		count = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t sector, sectors, start, end;

		if (libewf_handle_get_checksum_error(state->handle, i, &sector, &sectors, NULL) != 1)
			continue;
		start = sector * image->sector_size + moved;
		end = start + sectors * image->sector_size;
		start = start < from ? from : start;
		end = end > from + length ? from + length : end;
		if (start < end)
			image_add_damage(image, NOTE_IMAGE_DAMAGED, start, end - start,
				"a chunk of the image fails its checksum");
	}
}

static void
read_chunk(struct image *image, uint64_t chunk, uint8_t *bytes)
{
	struct image_driver_state *state = image->state;
	size_t length = chunk_length(image, chunk);
	ssize_t got = libewf_handle_read_random(state->handle, bytes, length,
		(off64_t)(library_chunk(state, chunk) * state->chunk_size), NULL);
	size_t done = got < 0 ? 0 : (size_t)got;

	take_checksum_errors(image, chunk, length);
	if (done >= length)
		return;
	memset(bytes + done, 0, length - done);
	image_add_damage(image, NOTE_IMAGE_DAMAGED, chunk * state->chunk_size + done, length - done,
		"a chunk of the image cannot be read");
}

static const uint8_t *
cached_chunk(struct image *image, uint64_t chunk)
{
	struct image_driver_state *state = image->state;
	struct cached_chunk *oldest = &state->cache[0];

	state->reads++;
	for (size_t i = 0; i < CACHED_CHUNKS; i++) {
		struct cached_chunk *slot = &state->cache[i];

		if (slot->number == chunk + 1) {
			slot->used = state->reads;
			return slot->bytes;
		}
		if (slot->used < oldest->used)
			oldest = slot;
	}
	oldest->number = chunk + 1;
	oldest->used = state->reads;
	read_chunk(image, chunk, oldest->bytes);
	return oldest->bytes;
}

static void
read_piece(struct image *image, uint64_t chunk, size_t within, uint8_t *bytes, size_t length)
{
	if (is_lost(image->state, chunk))
		memset(bytes, 0, length);
	else if (!within && length == chunk_length(image, chunk))
		read_chunk(image, chunk, bytes);
	else
		memcpy(bytes, cached_chunk(image, chunk) + within, length);
}

static enum status
ewf_read(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct image *image = ((struct ewf_source *)source)->image;
	uint32_t chunk_size = image->state->chunk_size;
	size_t done = 0;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	while (done < length) {
		uint64_t chunk = (offset + done) / chunk_size;
		size_t within = (size_t)((offset + done) % chunk_size);
		size_t piece = chunk_length(image, chunk) - within;

		if (piece > length - done)
			piece = length - done;
		read_piece(image, chunk, within, (uint8_t *)buffer + done, piece);
		done += piece;
	}
	*ret_length = done;
	/* Asked here and not where it is found: a chunk may come from the cache, and be read again. */
	if (!damage_overlaps(&image->damage, offset, length))
		return STATUS_OK;
	image->damage.touches++;
	return STATUS_DAMAGED;
}

static void
ewf_source_close(struct source *source)
{
	memory_free(source);
}

/* Header values. */

static const char *
header_value(struct image *image, const char *identifier)
{
	libewf_handle_t *handle = image->state->handle;
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
with_zone(struct image *image, const char *identifier, const char *value)
{
	size_t length = strlen(identifier);

	if (length < 5 || strcmp(identifier + length - 5, "_date") ||
	    !image->state->segments[0].has_header2 || text_has_suffix(value, "Z"))
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
take_set_identifier(struct image *image, size_t *capacity)
{
	static const uint8_t none[16];
	uint8_t id[16];

	if (libewf_handle_get_segment_file_set_identifier(image->state->handle, id, sizeof id, NULL) == 1 &&
	    memcmp(id, none, sizeof id))
		add_acquisition(image, capacity, "set_identifier", arena_format(&image->arena,
			"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			id[3], id[2], id[1], id[0], id[5], id[4], id[7], id[6], id[8], id[9], id[10],
			id[11], id[12], id[13], id[14], id[15]));
}

static void
take_header_values(struct image *image)
{
	libewf_handle_t *handle = image->state->handle;
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
		value = header_value(image, name);
		if (value)
			add_acquisition(image, &capacity, name, with_zone(image, name, value));
	}
	take_set_identifier(image, &capacity);
}

static void
take_stored_digests(struct image *image)
{
	uint8_t bytes[20];

	if (libewf_handle_get_md5_hash(image->state->handle, bytes, 16, NULL) == 1)
		digests_set(&image->stored, DIGEST_MD5, bytes);
	if (libewf_handle_get_sha1_hash(image->state->handle, bytes, 20, NULL) == 1)
		digests_set(&image->stored, DIGEST_SHA1, bytes);
}

static void
take_acquisition_errors(struct image *image, const struct notes *notes)
{
	uint32_t count = 0;
	struct note one = { .kind = NOTE_ACQUISITION_ERROR, .status = STATUS_DAMAGED,
		.at = { .evidence = image->exhibit->id }, .incomplete = true };
	char text[128];

	if (libewf_handle_get_number_of_acquiry_errors(image->state->handle, &count, NULL) != 1)
		return;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t sector, sectors;

		if (libewf_handle_get_acquiry_error(image->state->handle, i, &sector, &sectors, NULL) == 1)
			damage_add(&image->acquisition_errors, sector * image->sector_size,
				sectors * image->sector_size);
	}
	for (size_t i = 0; i < image->acquisition_errors.count; i++) {
		const struct damage_range *range = &image->acquisition_errors.ranges[i];

		snprintf(text, sizeof text,
			"the acquisition could not read sectors %" PRIu64 " to %" PRIu64,
			range->offset / image->sector_size,
			(range->offset + range->length - 1) / image->sector_size);
		one.at.offset = range->offset;
		one.length = range->length;
		one.text = text;
		note_add(notes, &one);
		damage_add(&image->damage, range->offset, range->length);
	}
}

/* What is there. */

static bool
is_whole(const struct ewf_segment *segment, bool is_last)
{
	return segment->version == EWF_1 && segment->end == (is_last ? EWF_DONE : EWF_NEXT);
}

static void
read_all_sections(struct image *image)
{
	const struct exhibit *exhibit = image->exhibit;

	image->state->segments = memory_allocate(exhibit->segment_count, sizeof *image->state->segments);
	for (size_t i = 0; i < exhibit->segment_count; i++) {
		const struct segment *segment = &exhibit->segments[i];
		struct source *source;

		if (segment->descriptor < 0)
			continue;
		source = source_open_descriptor(segment->descriptor, segment->size);
		ewf_segment_read(source, &image->state->segments[i]);
		source_close(source);
	}
}

/* Segments before the first that is missing or cut (and what is left of it), and those behind the last. */
struct extent_of_set {
	size_t   head, tail;		/* [0, head) and [tail, segment_count) are given to libewf */
	uint64_t head_chunks, tail_chunks;
};

static struct extent_of_set
measure(const struct image *image)
{
	const struct ewf_segment *segments = image->state->segments;
	size_t count = image->exhibit->segment_count;
	struct extent_of_set set = { .tail = count };

	while (set.head < count) {
		const struct ewf_segment *segment = &segments[set.head];
		bool whole = is_whole(segment, set.head + 1 == count);

		if (segment->version == EWF_NONE || (!whole && set.head && !segment->chunks))
			break;
		set.head_chunks += segment->chunks;
		set.head++;
		if (!whole)
			break;
	}
	while (set.tail > set.head && is_whole(&segments[set.tail - 1], set.tail == count)) {
		set.tail--;
		set.tail_chunks += segments[set.tail].chunks;
	}
	return set;
}

static enum status
note_no_beginning(const struct image *image, const struct notes *notes)
{
	struct place place = { .evidence = image->exhibit->id, .path = image->exhibit->name };

	return note(notes, STATUS_UNREADABLE, NOTE_IMAGE_INCOMPLETE, &place,
		"%s is missing or is no EWF segment: it describes the whole set, nothing can be read "
		"without it; put it beside the others and run again",
		text_base_name(image->exhibit->segments[0].path));
}

static enum status
note_refused(const struct image *image, const struct notes *notes, libewf_error_t *error)
{
	struct place place = { .evidence = image->exhibit->id, .path = image->exhibit->name };
	char text[512] = "";

	if (error)
		libewf_error_sprint(error, text, sizeof text);
	libewf_error_free(&error);
	return note(notes, STATUS_UNREADABLE, NOTE_IMAGE_INCOMPLETE, &place,
		"libewf cannot open the set, nothing of it was read; compare with a second copy (%s)",
		text[0] ? text : "no reason given");
}

/* One note a segment that is missing or cut; the range follows where it is known. */
static void
note_segments(const struct image *image, const struct extent_of_set *set, const struct notes *notes)
{
	const struct exhibit *exhibit = image->exhibit;
	struct place place = { .evidence = exhibit->id };

	for (size_t i = 0; i < exhibit->segment_count; i++) {
		const struct ewf_segment *segment = &image->state->segments[i];
		const char *name = place.path = text_base_name(exhibit->segments[i].path);
		bool is_last = i + 1 == exhibit->segment_count;

		if (exhibit->segments[i].descriptor < 0)
			note(notes, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE, &place,
				"segment %s is missing: put it beside the others and run again", name);
		else if (segment->version == EWF_NONE)
			note(notes, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE, &place,
				"%s is no EWF segment: copy it again from the acquisition", name);
		else if (segment->end == EWF_CUT)
			note(notes, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE, &place,
				"segment %s is cut short: copy it again from the acquisition", name);
		else if (is_last && segment->end == EWF_NEXT)
			note(notes, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE, &place,
				"the segments behind %s are missing: put them beside it and run again", name);
		else if (i >= set->head && i < set->tail)
			note(notes, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE, &place,
				"segment %s lies between two gaps, where its place is not known: it is not read",
				name);
	}
}

static bool
fill_pool(struct image *image, const struct extent_of_set *set)
{
	const struct exhibit *exhibit = image->exhibit;
	uint32_t number = 1;

	if (libbfio_pool_initialize(&image->state->pool, 0, LIBBFIO_POOL_UNLIMITED_NUMBER_OF_OPEN_HANDLES,
	    NULL) != 1)
		return false;
	for (size_t i = 0; i < exhibit->segment_count; i++) {
		const struct segment *segment = &exhibit->segments[i];

		if (i >= set->head && i < set->tail)
			continue;
		if (!ewf_file_add(image->state->pool, segment->descriptor, segment->size,
		    number == i + 1 ? 0 : (uint16_t)number))
			return false;
		number++;
	}
	return true;
}

static enum status
open_library(struct image *image, const struct extent_of_set *set, const struct notes *notes)
{
	struct image_driver_state *state = image->state;
	libewf_error_t *error = NULL;

	if (!fill_pool(image, set) || libewf_handle_initialize(&state->handle, &error) != 1 ||
	    libewf_handle_open_file_io_pool(state->handle, state->pool, LIBEWF_OPEN_READ, &error) != 1)
		return note_refused(image, notes, error);
	libewf_handle_set_read_zero_chunk_on_error(state->handle, 1, NULL);
	return STATUS_OK;
}

static enum status
read_geometry(struct image *image, const struct notes *notes)
{
	struct image_driver_state *state = image->state;
	struct ewf_source *source = (struct ewf_source *)image->source;
	size64_t size = 0;

	if (libewf_handle_get_media_size(state->handle, &size, NULL) != 1 || !size || size > INT64_MAX ||
	    libewf_handle_get_chunk_size(state->handle, &state->chunk_size, NULL) != 1 ||
	    !state->chunk_size || state->chunk_size > CHUNK_BYTES_MAX ||
	    libewf_handle_get_bytes_per_sector(state->handle, &image->sector_size, NULL) != 1 ||
	    !image->sector_size || image->sector_size > state->chunk_size)
		return note_refused(image, notes, NULL);
	source->source.size = size;
	state->chunk_count = (size + state->chunk_size - 1) / state->chunk_size;
	for (size_t i = 0; i < CACHED_CHUNKS; i++)
		state->cache[i].bytes = memory_allocate(state->chunk_size, 1);
	return STATUS_OK;
}

/* Chunks that no table describes; Ex01 is left to libewf's own list of errors. */
static enum status
find_gap(struct image *image, const struct extent_of_set *set)
{
	struct image_driver_state *state = image->state;
	uint64_t start, end;

	if (state->segments[0].version != EWF_1 || set->head_chunks + set->tail_chunks >= state->chunk_count)
		return STATUS_OK;
	state->gap_start = set->head_chunks;
	state->gap_end = state->chunk_count - set->tail_chunks;
	start = state->gap_start * state->chunk_size;
	end = state->gap_end == state->chunk_count ? image->source->size : state->gap_end * state->chunk_size;
	image_add_damage(image, NOTE_IMAGE_INCOMPLETE, start, end - start,
		"no segment that is there holds this part of the medium");
	return STATUS_DAMAGED;
}

static bool
has_later_version(const struct image *image)
{
	bool complete = true;

	for (size_t i = 0; i < image->exhibit->segment_count; i++)
		complete = complete && image->state->segments[i].version == EWF_2;
	return complete;
}

static enum status
ewf_open(struct image *image, const struct notes *notes)
{
	struct ewf_source *source = memory_allocate(1, sizeof *source);
	struct extent_of_set set;
	enum status status;

	source->source = (struct source){ .read = ewf_read, .close = ewf_source_close };
	source->image = image;
	image->source = &source->source;
	image->state = memory_allocate(1, sizeof *image->state);
	read_all_sections(image);
	set = measure(image);
	if (has_later_version(image))
		set = (struct extent_of_set){ .head = image->exhibit->segment_count,
			.tail = image->exhibit->segment_count };
	else if (!set.head)
		return note_no_beginning(image, notes);
	else
		note_segments(image, &set, notes);
	status = open_library(image, &set, notes);
	if (status == STATUS_OK)
		status = read_geometry(image, notes);
	if (status <= STATUS_UNREADABLE)
		return status;
	take_header_values(image);
	take_stored_digests(image);
	take_acquisition_errors(image, notes);
	return find_gap(image, &set);
}

static void
ewf_close(struct image *image)
{
	struct image_driver_state *state = image->state;

	if (!state)
		return;
	if (state->handle) {
		libewf_handle_close(state->handle, NULL);
		libewf_handle_free(&state->handle, NULL);
	}
	if (state->pool)
		libbfio_pool_free(&state->pool, NULL);
	for (size_t i = 0; i < CACHED_CHUNKS; i++)
		memory_free(state->cache[i].bytes);
	memory_free(state->segments);
	memory_free(state);
}

static bool
ewf_probe(const uint8_t *head, size_t length)
{
	return length >= 8 && (!memcmp(head, "EVF\x09\x0d\x0a\xff", 8) || !memcmp(head, "EVF2\x0d\x0a\x81", 8));
}

const struct image_driver ewf_image_driver = {
	.name        = "ewf",
	.description = "Expert Witness format (E01, Ex01), also in segments",
	.probe       = ewf_probe,
	.open        = ewf_open,
	.close       = ewf_close,
};
