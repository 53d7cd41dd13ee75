/*
 * ewf.c - Expert Witness format (E01, Ex01).
 *
 * The first version is read here (ewf_set.c, ewf_chunks.c); libewf reads the
 * second, and the header values of both.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <t1554triage/image.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "damage.h"
#include "ewf_chunks.h"
#include "ewf_description.h"
#include "ewf_library.h"

/*
 * Chunks that were read in part, and what is asked for in small pieces, as the
 * structures of file systems are: those will be asked for again, long content is not.
 * A chunk has its place in one of the sets.  Where another process has read most of what is asked for, a fourth of them is enough.
 */
enum { CACHE_SETS_MAX = 64, CACHE_WAYS = 4, CACHE_BYTES = 8 * 1024 * 1024, SMALL_READ_BYTES = 64 * 1024,
	CACHE_SHARE_BESIDE = 4 };

struct cached_chunk {
	uint64_t number;	/* of the medium, from 1; 0: empty */
	uint8_t *bytes;
	uint64_t used;		/* for the oldest to be replaced */
};

struct image_driver_state {
	struct source **sources;	/* one a segment, NULL: missing */
	struct ewf_set  set;
	struct ewf_chunks  *chunks;	/* of the first version */
	struct ewf_library *library;	/* of the second */
	struct cached_chunk cache[CACHE_SETS_MAX][CACHE_WAYS];
	unsigned cache_sets;
	uint64_t reads;
};

struct ewf_source {
	struct source source;
	struct image *image;
};

static size_t
chunk_length(const struct image *image, uint64_t chunk)
{
	uint32_t chunk_size = image->state->set.chunk_size;
	uint64_t left = image->source->size - chunk * chunk_size;

	return left < chunk_size ? (size_t)left : chunk_size;
}

static void
take_lost(void *context, uint64_t chunk, const char *why)
{
	struct image *image = context;

	image_add_damage(image, NOTE_IMAGE_DAMAGED, chunk * image->state->set.chunk_size, chunk_length(image, chunk), why);
}

static void
read_chunk(struct image *image, uint64_t chunk, uint8_t *bytes)
{
	struct image_driver_state *state = image->state;
	size_t length = chunk_length(image, chunk);
	const char *why;

	if (state->library) {
		image->chunks_inflated++;
		ewf_library_read(state->library, image, chunk * state->set.chunk_size, bytes, length);
		return;
	}
	why = ewf_chunk_read(state->chunks, chunk, bytes, length);
	if (why)
		take_lost(image, chunk, why);
}

/* Whole and not kept: its bytes are there when finish_chunks was called. */
static void
read_chunk_soon(struct image *image, uint64_t chunk, uint8_t *bytes)
{
	if (image->state->library)
		read_chunk(image, chunk, bytes);
	else
		ewf_chunk_read_soon(image->state->chunks, chunk, bytes, chunk_length(image, chunk), take_lost, image);
}

static void
finish_chunks(struct image *image)
{
	if (!image->state->chunks)
		return;
	ewf_chunks_finish(image->state->chunks, take_lost, image);
	image->chunks_inflated = ewf_chunks_inflated(image->state->chunks);
}

/* The place of a chunk; *ret_is_there: it is in it, else it is to be read into it. */
static struct cached_chunk *
find_cached(const struct image *image, uint64_t chunk, bool *ret_is_there)
{
	struct image_driver_state *state = image->state;
	unsigned sets = image->beside.copy ? (state->cache_sets + CACHE_SHARE_BESIDE - 1) / CACHE_SHARE_BESIDE : state->cache_sets;
	struct cached_chunk *set = state->cache[chunk % sets], *oldest = &set[0];

	*ret_is_there = true;
	for (size_t i = 0; i < CACHE_WAYS; i++) {
		if (set[i].number == chunk + 1)
			return &set[i];
		if (set[i].used < oldest->used)
			oldest = &set[i];
	}
	*ret_is_there = false;
	return oldest;
}

/* is_ahead: behind what a small read begins with. libtsk asks for 64 KiB where it needs a block: that goes first. */
static void
read_piece(struct image *image, uint64_t chunk, size_t within, uint8_t *bytes, size_t length, bool is_small,
	bool is_ahead)
{
	struct image_driver_state *state = image->state;
	bool is_there;
	struct cached_chunk *place = find_cached(image, chunk, &is_there);

	if (!is_there && image->beside.copy &&
	    image->beside.copy(image->beside.context, chunk * state->set.chunk_size + within, bytes, length))
		return;
	if (!is_there && !is_small && !within && length == chunk_length(image, chunk)) {
		read_chunk_soon(image, chunk, bytes);
		return;
	}
	if (!place->bytes)
		place->bytes = memory_allocate(state->set.chunk_size, 1);
	if (!is_there)
		read_chunk(image, chunk, place->bytes);
	place->number = chunk + 1;
	place->used = is_ahead ? place->used : ++state->reads;
	memcpy(bytes, place->bytes + within, length);
}

static enum status
ewf_read(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct image *image = ((struct ewf_source *)source)->image;
	uint32_t chunk_size = image->state->set.chunk_size;
	bool is_small = length <= SMALL_READ_BYTES;
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
		read_piece(image, chunk, within, (uint8_t *)buffer + done, piece, is_small, is_small && done);
		done += piece;
	}
	finish_chunks(image);
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

/* What is there. */

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
note_refused(const struct image *image, const struct notes *notes, const char *why)
{
	struct place place = { .evidence = image->exhibit->id, .path = image->exhibit->name };

	return note(notes, STATUS_UNREADABLE, NOTE_IMAGE_INCOMPLETE, &place,
		"the set cannot be opened, nothing of it was read; compare with a second copy (%s)", why);
}

/* What is wrong with a segment, with its name twice at most; NULL: nothing. */
static const char *
fault_of(const struct ewf_segment *segment, bool is_there, bool is_last)
{
	if (!is_there)
		return "segment %s is missing: put it beside the others and run again";
	if (segment->version != EWF_1)
		return "%s is no EWF segment: copy it again from the acquisition";
	if (segment->is_foreign)
		return "%s is a segment of another set, or another one of this: copy it again from the acquisition";
	if (segment->end == EWF_CUT)
		return "segment %s is cut short: copy it again, or acquire again if the acquisition was broken off";
	if (is_last && segment->end == EWF_NEXT)
		return "the segments behind %s are missing: put them beside it and run again";
	if (!is_last && segment->end == EWF_DONE)
		return "segment %s says that it is the last, and is not";
	if (segment->is_searched)
		return "segment %s is damaged where it describes its parts: copy it again from the acquisition";
	return NULL;
}

/* One note a segment that is missing or damaged; the range follows where it is known. */
static void
note_segments(const struct image *image, const struct notes *notes)
{
	const struct exhibit *exhibit = image->exhibit;
	const struct ewf_set *set = &image->state->set;
	struct place place = { .evidence = exhibit->id };
	struct buffer text;

	buffer_init(&text, 0);
	for (size_t i = 0; i < set->segment_count; i++) {
		const struct ewf_segment *segment = &set->segments[i];
		const char *name = place.path = text_base_name(exhibit->segments[i].path);
		const char *fault = fault_of(segment, set->sources[i], i + 1 == set->segment_count);

		if (fault) {
			const char *percent = strstr(fault, "%s");

			buffer_clear(&text);
			buffer_add(&text, fault, (size_t)(percent - fault));
			buffer_add_text(&text, name);
			buffer_add_text(&text, percent + 2);
			note(notes, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE, &place, "%s", text.bytes);
		} else if (!segment->is_placed && segment->has_chunks) {
			note(notes, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE, &place,
				"segment %s lies between two gaps, where its place is not known: it is not read", name);
		}
	}
	buffer_release(&text);
	if (set->damaged_section)
		note(notes, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE, &(struct place){ .evidence = exhibit->id,
			.path = exhibit->name }, "a section \"%s\" of %s fails its checksum and is not used",
			set->damaged_section, exhibit->name);
}

/* Chunks that no group describes. */
static enum status
find_gaps(struct image *image)
{
	const struct ewf_set *set = &image->state->set;
	enum status status = STATUS_OK;
	uint64_t chunk = 0;

	for (size_t i = 0; i <= set->group_count && chunk < set->chunk_count; i++) {
		uint64_t next = i < set->group_count ? set->groups[i].first : set->chunk_count;
		uint64_t start = chunk * set->chunk_size;
		uint64_t end = next == set->chunk_count ? set->size : next * set->chunk_size;

		if (start < end) {
			image_add_damage(image, NOTE_IMAGE_INCOMPLETE, start, end - start,
				"no segment that is there holds this part of the medium");
			status = STATUS_DAMAGED;
		}
		if (i < set->group_count)
			chunk = next + set->groups[i].count;
	}
	return status;
}

/* What the set says of itself and cannot be believed. */
static void
note_statements(const struct image *image, const struct notes *notes, bool has_size)
{
	const struct ewf_set *set = &image->state->set;
	struct place place = { .evidence = image->exhibit->id, .path = image->exhibit->name };

	if (!has_size)
		note(notes, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE, &place,
			"%s does not say how large the medium is, because its acquisition was broken off: the %" PRIu64
			" bytes that were stored are read, what lay behind them was not acquired; acquire again",
			image->exhibit->name, set->size);
	if (set->digests_differ)
		note(notes, STATUS_DAMAGED, NOTE_MEDIA_DIGEST, &place,
			"%s holds two different digests of the medium by the same algorithm: one of them is wrong; "
			"compare with the acquisition's record", image->exhibit->name);
}

static void
note_acquisition_errors(struct image *image, const struct notes *notes)
{
	const struct damage *errors = &image->state->set.acquisition_errors;
	struct note one = { .kind = NOTE_ACQUISITION_ERROR, .status = STATUS_DAMAGED,
		.at = { .evidence = image->exhibit->id }, .incomplete = true };
	uint64_t limit = limit_get(LIMIT_DAMAGE_NOTES), size = image->source->size, noted = 0;
	char text[128];

	for (size_t i = 0; i < errors->count && errors->ranges[i].offset < size; i++) {
		const struct damage_range *range = &errors->ranges[i];
		uint64_t length = range->length < size - range->offset ? range->length : size - range->offset;

		snprintf(text, sizeof text,
			"the acquisition could not read sectors %" PRIu64 " to %" PRIu64,
			range->offset / image->sector_size, (range->offset + length - 1) / image->sector_size);
		one.at.offset = range->offset;
		one.length = length;
		one.text = text;
		if (noted++ < limit)
			note_add(notes, &one);
		damage_add(&image->damage, range->offset, length);
		damage_add(&image->acquisition_errors, range->offset, length);
	}
	if (noted > limit)
		note(notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &(struct place){ .evidence = image->exhibit->id },
			"the acquisition could not read %" PRIu64 " ranges of sectors: the first %" PRIu64
			" are listed, all are taken as unreadable", noted, limit);
}

static void
describe(struct image *image, const struct notes *notes)
{
	struct place place = { .evidence = image->exhibit->id, .path = image->exhibit->name };
	struct ewf_library *library = NULL;
	struct buffer segment, why;

	buffer_init(&segment, 0);
	buffer_init(&why, 0);
	if (ewf_description_read(&image->state->set, &segment))
		library = ewf_library_open_bytes(&segment, &why);
	else
		buffer_add_text(&why, "its sections are damaged");
	if (library)
		ewf_library_describe(library, image, image->state->set.segments[0].has_header2);
	else
		note(notes, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE, &place,
			"what the acquisition recorded of itself (case, examiner, dates) cannot be read: %s", why.bytes);
	ewf_library_close(library);
	buffer_release(&segment);
	buffer_release(&why);
}

static bool
is_second_version(const struct ewf_set *set)
{
	for (size_t i = 0; i < set->segment_count; i++)
		if (set->segments[i].version != EWF_2)
			return false;
	return true;
}

static enum status
open_by_library(struct image *image, const struct notes *notes)
{
	struct image_driver_state *state = image->state;
	enum status status = STATUS_OK;
	struct buffer why;

	buffer_init(&why, 0);
	state->library = ewf_library_open(image->exhibit, &why);
	if (!state->library || !ewf_library_geometry(state->library, &state->set))
		status = note_refused(image, notes, why.length ? why.bytes : "its size is not stated");
	buffer_release(&why);
	if (status != STATUS_OK)
		return status;
	ewf_library_describe(state->library, image, true);
	ewf_library_digests(state->library, &state->set.stored);
	ewf_library_acquisition_errors(state->library, state->set.sector_size, &state->set.acquisition_errors);
	return STATUS_OK;
}

static void
take_table_lost(void *context, const struct ewf_group *group, uint64_t offset, bool has_other)
{
	const struct image *image = context;
	const char *name = text_base_name(image->exhibit->segments[group->segment].path);
	const struct place place = { .evidence = image->exhibit->id, .path = name };

	note(image->container_notes, STATUS_OK, NOTE_IMAGE_COPY, &place,
		"the table at byte %" PRIu64 " of %s, which tells where %" PRIu32 " chunks are stored, fails its checksum or cannot be read: %s",
		offset, name, group->count, has_other ? "its second copy was used" :
		"the chunks were looked for one by one, and each is held against its own checksum");
}

static enum status
open_by_sections(struct image *image, const struct notes *notes)
{
	struct image_driver_state *state = image->state;
	bool has_size = state->set.size;

	if (state->set.segments[0].version != EWF_1 || state->set.segments[0].is_foreign)
		return note_no_beginning(image, notes);
	if (!state->set.chunk_size)
		return note_refused(image, notes, "no description of the medium is left");
	state->chunks = ewf_chunks_open(&state->set, take_table_lost, image);
	if (!state->chunks)
		return note_refused(image, notes, "no memory");
	if (!state->set.size)
		return note_refused(image, notes, "the acquisition was broken off before anything of the medium was stored");
	note_segments(image, notes);
	note_statements(image, notes, has_size);
	describe(image, notes);
	return STATUS_OK;
}

static void
open_sources(struct image *image)
{
	const struct exhibit *exhibit = image->exhibit;
	struct image_driver_state *state = image->state;

	state->sources = memory_allocate(exhibit->segment_count, sizeof *state->sources);
	for (size_t i = 0; i < exhibit->segment_count; i++)
		if (exhibit->segments[i].descriptor >= 0)
			state->sources[i] = source_open_descriptor(exhibit->segments[i].descriptor,
				exhibit->segments[i].size);
}

static enum status
ewf_open(struct image *image, const struct notes *notes)
{
	struct ewf_source *source = memory_allocate(1, sizeof *source);
	struct image_driver_state *state;
	bool by_library;
	enum status status;

	source->source = (struct source){ .read = ewf_read, .close = ewf_source_close };
	source->image = image;
	image->source = &source->source;
	image->state = state = memory_allocate(1, sizeof *image->state);
	open_sources(image);
	ewf_set_read(&state->set, state->sources, image->exhibit->segment_count);
	by_library = is_second_version(&state->set);
	status = by_library ? open_by_library(image, notes) : open_by_sections(image, notes);
	if (status <= STATUS_UNREADABLE)
		return status;
	source->source.size = state->set.size;
	image->sector_size = state->set.sector_size;
	image->stored = state->set.stored;
	image->chunk_count = state->set.chunk_count;
	state->cache_sets = CACHE_BYTES / CACHE_WAYS / state->set.chunk_size;
	if (state->cache_sets > CACHE_SETS_MAX)
		state->cache_sets = CACHE_SETS_MAX;
	if (!state->cache_sets)
		state->cache_sets = 1;
	note_acquisition_errors(image, notes);
	return by_library ? STATUS_OK : find_gaps(image);
}

static void
ewf_close(struct image *image)
{
	struct image_driver_state *state = image->state;

	if (!state)
		return;
	ewf_chunks_close(state->chunks);
	ewf_library_close(state->library);
	ewf_set_release(&state->set);
	for (size_t i = 0; i < image->exhibit->segment_count; i++)
		source_close(state->sources[i]);
	for (size_t i = 0; i < CACHE_SETS_MAX * CACHE_WAYS; i++)
		memory_free(state->cache[i / CACHE_WAYS][i % CACHE_WAYS].bytes);
	memory_free(state->sources);
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
	.asks_beside = true,
	.library     = "libewf",
	.library_version = ewf_library_version,
};
