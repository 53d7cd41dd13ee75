/* inflate.c - compressed artifacts as sources. */
#include <string.h>

#include <t1554triage/inflate.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "inflater.h"

enum {
	INPUT_BYTES = 64 * 1024,
	OUTPUT_BYTES = 64 * 1024,
	PROBE_BYTES = 16,
	RATIO_FREE_BYTES = 64 << 20,	/* LIMIT_INFLATE_RATIO holds beyond these */
};

/* RFC 1952, with the only compression method there is. */
static bool
is_gzip(const uint8_t *head, size_t length)
{
	return length >= 3 && !memcmp(head, "\x1f\x8b\x08", 3);
}

/* "BZh", the block size, then the magic of a block or of the end of the stream. */
static bool
is_bzip2(const uint8_t *head, size_t length)
{
	return length >= 10 && !memcmp(head, "BZh", 3) && head[3] >= '1' && head[3] <= '9' &&
		(!memcmp(head + 4, "\x31\x41\x59\x26\x53\x59", 6) || !memcmp(head + 4, "\x17\x72\x45\x38\x50\x90", 6));
}

static bool
is_xz(const uint8_t *head, size_t length)
{
	return length >= 6 && !memcmp(head, "\xfd" "7zXZ\0", 6);
}

/* It has no magic: default properties, a usual dictionary size, and a size that is unknown or below 1 TiB. */
static bool
is_lzma(const uint8_t *head, size_t length)
{
	static const uint8_t unknown[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };

	return length >= 13 && head[0] == 0x5D && !head[1] && !head[2] && (head[3] || head[4]) &&
		(!memcmp(head + 5, unknown, 8) || (!head[10] && !head[11] && !head[12]));
}

/* RFC 8878: a frame, or a skippable frame as parallel compressors put in front. */
static bool
is_zstd(const uint8_t *head, size_t length)
{
	return length >= 4 && (!memcmp(head, "\x28\xb5\x2f\xfd", 4) ||
		((head[0] & 0xF0) == 0x50 && !memcmp(head + 1, "\x2a\x4d\x18", 3)));
}

struct format {
	bool (*probe)(const uint8_t *head, size_t length);
	const char *name;
	const struct inflater *inflater;	/* NULL: built without its library */
};

static const struct format formats[] = {
#define INFLATER(probe, name, driver) { probe, name, driver },
#include "inflater.def"
#undef INFLATER
};

/* One call of inflate_open. */
struct inflation {
	struct source       *compressed;
	const struct format *format;
	struct place         place;
	const struct notes  *notes;
	uint64_t      position;		/* of the next byte to be read of compressed */
	uint8_t       input[INPUT_BYTES];
	size_t        begin, end;	/* of what is left in input */
	uint8_t       output[OUTPUT_BYTES];
	struct buffer inflated;
	enum status   status;
};

/* Adds what happened to the stream, with the place in the compressed file. */
static void
note_trouble(struct inflation *inflation, enum note_kind kind, const char *text)
{
	struct place at = inflation->place;

	at.offset = inflation->position - (inflation->end - inflation->begin);
	inflation->status = status_worse(inflation->status, note(inflation->notes, STATUS_DAMAGED, kind, &at,
		"%s: %s; %zu bytes came out of it and are used", inflation->format->name, text,
		inflation->inflated.length));
}

/* Reads until so many bytes of input are there, fewer only at the end; returns their number. */
static size_t
fill(struct inflation *inflation, size_t wanted)
{
	size_t left = inflation->end - inflation->begin;

	if (left >= wanted)
		return left;
	memmove(inflation->input, inflation->input + inflation->begin, left);
	inflation->begin = 0;
	inflation->end = left;
	while (inflation->end < wanted && inflation->position < inflation->compressed->size) {
		size_t got = 0;
		enum status status = source_read(inflation->compressed, inflation->position,
			inflation->input + inflation->end, INPUT_BYTES - inflation->end, &got);

		if (status <= STATUS_DAMAGED && inflation->status == STATUS_OK)
			note_trouble(inflation, NOTE_ARTIFACT_DAMAGED, "a part of the compressed file is lost");
		if (status <= STATUS_UNREADABLE || !got)
			break;
		inflation->end += got;
		inflation->position += got;
	}
	return inflation->end - inflation->begin;
}

/* Keeps what came out; false where a limit is hit. */
static bool
keep(struct inflation *inflation, size_t length)
{
	struct buffer *inflated = &inflation->inflated;
	uint64_t consumed = inflation->position - (inflation->end - inflation->begin), most;

	if (length > inflated->limit - inflated->length) {
		buffer_add(inflated, inflation->output, inflated->limit - inflated->length);
		note_trouble(inflation, NOTE_LIMIT_HIT, "it becomes larger than artifact-bytes");
		return false;
	}
	buffer_add(inflated, inflation->output, length);
	if (__builtin_mul_overflow(consumed, limit_get(LIMIT_INFLATE_RATIO), &most))
		most = UINT64_MAX;
	if (inflated->length > RATIO_FREE_BYTES && inflated->length - RATIO_FREE_BYTES > most) {
		note_trouble(inflation, NOTE_LIMIT_HIT, "it grows by more than inflate-ratio");
		return false;
	}
	return true;
}

static bool
rest_is_zero(struct inflation *inflation)
{
	for (size_t left; (left = fill(inflation, 1)); inflation->begin += left)
		for (size_t i = 0; i < left; i++)
			if (inflation->input[inflation->begin + i])
				return false;
	return true;
}

/* Behind a whole member: another one, padding, or what does not belong there. */
static bool
has_next_member(struct inflation *inflation)
{
	size_t left = fill(inflation, PROBE_BYTES);

	if (left && inflation->format->probe(inflation->input + inflation->begin, left))
		return true;
	if (!rest_is_zero(inflation))
		note_trouble(inflation, NOTE_ARTIFACT_DAMAGED, "bytes that are no such stream follow a whole one");
	return false;
}

/* False: the member did not come to its end, and why is noted. */
static bool
inflate_member(struct inflation *inflation, void *state)
{
	for (;;) {
		size_t left = fill(inflation, 1), made;
		struct inflater_room room = { inflation->input + inflation->begin, left,
			inflation->output, OUTPUT_BYTES };
		enum inflater_result result = inflation->format->inflater->step(state, &room);

		inflation->begin += left - room.input_left;
		made = OUTPUT_BYTES - room.output_left;
		if (!keep(inflation, made))
			return false;
		if (result == INFLATER_MEMBER_END)
			return true;
		if (result == INFLATER_TOO_LARGE)
			note_trouble(inflation, NOTE_LIMIT_HIT, "it needs more memory than is allowed");
		else if (result == INFLATER_DAMAGED || (left && !made && left == room.input_left))
			note_trouble(inflation, NOTE_ARTIFACT_DAMAGED, "the stream is damaged here");
		else if (!left && !made)
			note_trouble(inflation, NOTE_ARTIFACT_DAMAGED, "the stream ends early");
		else
			continue;
		return false;
	}
}

static void
inflate_all(struct inflation *inflation)
{
	bool whole;

	do {
		void *state = inflation->format->inflater->open();

		whole = state && inflate_member(inflation, state);
		if (state)
			inflation->format->inflater->close(state);
		else
			note_trouble(inflation, NOTE_ARTIFACT_DAMAGED, "its library has no memory for it");
	} while (whole && has_next_member(inflation));
}

/* STATUS_NOT_MINE: no compressed file, as far as its beginning could be read. */
static enum status
find_format(struct source *compressed, const struct place *place, const struct notes *notes,
	const struct format **ret_format)
{
	uint8_t head[PROBE_BYTES];
	size_t length = 0;
	enum status status = source_read(compressed, 0, head, sizeof head, &length);

	if (status <= STATUS_UNREADABLE)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, place,
			"the beginning of this file cannot be read");
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (formats[i].probe(head, length)) {
			*ret_format = &formats[i];
			return STATUS_OK;
		}
	if (status == STATUS_DAMAGED)
		note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, place,
			"the beginning of this file is damaged: it is read as if it were not compressed");
	return STATUS_NOT_MINE;
}

enum status
inflate_open(struct source *compressed, const struct place *place, const struct notes *notes,
	struct source **ret_source)
{
	const struct format *format = NULL;
	struct inflation *inflation;
	enum status status = find_format(compressed, place, notes, &format);

	if (status != STATUS_OK)
		return status;
	if (!format->inflater)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, place,
			"this file is compressed with %s, and this build has no library for it", format->name);
	inflation = memory_allocate(1, sizeof *inflation);
	inflation->compressed = compressed;
	inflation->format = format;
	inflation->notes = notes;
	if (place)
		inflation->place = *place;
	buffer_init(&inflation->inflated, limit_get(LIMIT_ARTIFACT_BYTES));
	inflate_all(inflation);
	status = inflation->status;
	if (status != STATUS_OK && !inflation->inflated.length)
		status = STATUS_UNREADABLE;
	else
		*ret_source = source_open_buffer(&inflation->inflated);
	buffer_release(&inflation->inflated);
	memory_free(inflation);
	return status;
}
