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

/* "LZ4 Frame Format Description": a frame; the older form without one is nothing that logs are kept in. */
static bool
is_lz4(const uint8_t *head, size_t length)
{
	return length >= 4 && !memcmp(head, "\x04\x22\x4d\x18", 4);
}

/* RFC 8878: a frame, or a skippable frame as parallel compressors put in front. */
static bool
is_zstd(const uint8_t *head, size_t length)
{
	return length >= 4 && (!memcmp(head, "\x28\xb5\x2f\xfd", 4) ||
		((head[0] & 0xF0) == 0x50 && !memcmp(head + 1, "\x2a\x4d\x18", 3)));
}

/* The bare stream of a zip member, which nothing tells and nothing follows. */
static bool
is_deflate(const uint8_t *head, size_t length)
{
	(void)head;
	(void)length;
	return false;
}

/* The same with padding of any bytes behind it, where blocks of one size are wanted. */
static bool
is_padded_deflate(const uint8_t *head, size_t length)
{
	(void)head;
	(void)length;
	return false;
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

/* A stream of members on its way. */
struct inflation {
	struct source       *compressed;
	const struct format *format;
	struct place         place;
	const struct notes  *notes;	/* NULL once trouble was told: a second pass meets it again */
	void         *state;		/* of the driver, within a member; else NULL */
	uint64_t      position;		/* of the next byte to be read of compressed */
	uint64_t      produced;		/* bytes that came out so far */
	bool          ended;
	enum status   status;
	size_t        begin, end;	/* of what is left in input */
	uint8_t       input[INPUT_BYTES];
	uint8_t       output[OUTPUT_BYTES];
};

static struct inflation *
inflation_open(struct source *compressed, const struct format *format, const struct place *place,
	const struct notes *notes)
{
	struct inflation *inflation = memory_allocate(1, sizeof *inflation);

	inflation->compressed = compressed;
	inflation->format = format;
	inflation->notes = notes;
	if (place)
		inflation->place = *place;
	return inflation;
}

static void
end_member(struct inflation *inflation)
{
	if (inflation->state)
		inflation->format->inflater->close(inflation->state);
	inflation->state = NULL;
}

static void
inflation_close(struct inflation *inflation)
{
	end_member(inflation);
	memory_free(inflation);
}

static void
inflation_restart(struct inflation *inflation)
{
	end_member(inflation);
	if (inflation->status != STATUS_OK)
		inflation->notes = NULL;
	inflation->position = inflation->produced = 0;
	inflation->begin = inflation->end = 0;
	inflation->ended = false;
	inflation->status = STATUS_OK;
}

/* Adds what happened to the stream, with the place in the compressed file. */
static void
note_trouble(struct inflation *inflation, enum note_kind kind, const char *text)
{
	struct place at = inflation->place;

	at.offset = inflation->position - (inflation->end - inflation->begin);
	inflation->status = status_worse(inflation->status, note(inflation->notes, STATUS_DAMAGED, kind, &at,
		"%s: %s; what came out before is used", inflation->format->name, text));
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

	if (inflation->format->probe == is_padded_deflate)
		return false;
	if (left && inflation->format->probe(inflation->input + inflation->begin, left))
		return true;
	if (!rest_is_zero(inflation))
		note_trouble(inflation, NOTE_ARTIFACT_DAMAGED, "bytes that are no such stream follow a whole one");
	return false;
}

static bool
grows_too_much(const struct inflation *inflation)
{
	uint64_t consumed = inflation->position - (inflation->end - inflation->begin), most;

	if (__builtin_mul_overflow(consumed, limit_get(LIMIT_INFLATE_RATIO), &most))
		return false;
	return inflation->produced > RATIO_FREE_BYTES && inflation->produced - RATIO_FREE_BYTES > most;
}

/* One step of the driver; returns the bytes that it made. */
static size_t
inflate_step(struct inflation *inflation)
{
	size_t left = fill(inflation, 1), made;
	struct inflater_room room = { inflation->input + inflation->begin, left, inflation->output, OUTPUT_BYTES };
	enum inflater_result result = inflation->format->inflater->step(inflation->state, &room);

	inflation->begin += left - room.input_left;
	made = OUTPUT_BYTES - room.output_left;
	inflation->produced += made;
	inflation->ended = true;
	if (result == INFLATER_MEMBER_END) {
		end_member(inflation);
		inflation->ended = !has_next_member(inflation);
	} else if (result == INFLATER_TOO_LARGE) {
		note_trouble(inflation, NOTE_LIMIT_HIT, "it needs more memory than is allowed");
	} else if (result == INFLATER_DAMAGED || (left && !made && left == room.input_left)) {
		note_trouble(inflation, NOTE_ARTIFACT_DAMAGED, "the stream is damaged here");
	} else if (!left && !made) {
		note_trouble(inflation, NOTE_ARTIFACT_DAMAGED, "the stream ends early");
	} else if (grows_too_much(inflation)) {
		note_trouble(inflation, NOTE_LIMIT_HIT, "it grows by more than inflate-ratio");
	} else {
		inflation->ended = false;
	}
	return made;
}

/* Fills output; returns the number of bytes, 0 at the end. */
static size_t
produce(struct inflation *inflation)
{
	size_t made = 0;

	while (!made && !inflation->ended) {
		if (!inflation->state)
			inflation->state = inflation->format->inflater->open();
		if (!inflation->state) {
			note_trouble(inflation, NOTE_ARTIFACT_DAMAGED, "its library has no memory for it");
			inflation->ended = true;
			break;
		}
		made = inflate_step(inflation);
	}
	return made;
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

/* The same, and STATUS_UNREADABLE, noted, where its library is missing. */
static enum status
choose_format(struct source *compressed, const struct place *place, const struct notes *notes,
	const struct format **ret_format)
{
	enum status status = find_format(compressed, place, notes, ret_format);

	if (status != STATUS_OK || (*ret_format)->inflater)
		return status;
	return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, place,
		"this file is compressed with %s, and this build has no library for it", (*ret_format)->name);
}

/* Takes all that comes, up to artifact-bytes. */
static void
inflate_all(struct inflation *inflation, struct buffer *inflated)
{
	size_t made;

	while ((made = produce(inflation))) {
		if (made > inflated->limit - inflated->length) {
			buffer_add(inflated, inflation->output, inflated->limit - inflated->length);
			note_trouble(inflation, NOTE_LIMIT_HIT, "it becomes larger than artifact-bytes");
			return;
		}
		buffer_add(inflated, inflation->output, made);
	}
}

enum status
inflate_open(struct source *compressed, const struct place *place, const struct notes *notes,
	struct source **ret_source)
{
	const struct format *format;
	struct inflation *inflation;
	struct buffer inflated;
	enum status status = choose_format(compressed, place, notes, &format);

	if (status != STATUS_OK)
		return status;
	inflation = inflation_open(compressed, format, place, notes);
	buffer_init(&inflated, limit_get(LIMIT_ARTIFACT_BYTES));
	inflate_all(inflation, &inflated);
	status = inflation->status;
	if (status != STATUS_OK && !inflated.length)
		status = STATUS_UNREADABLE;
	else
		*ret_source = source_open_buffer(&inflated);
	buffer_release(&inflated);
	inflation_close(inflation);
	return status;
}

enum { CHECKPOINTS = 256, CHECKPOINT_BYTES = 2 << 20 };

/* A place in the stream from which it can be inflated again. */
struct checkpoint {
	uint64_t at;		/* bytes produced before it */
	uint64_t position;	/* of the next byte of the compressed source */
	void    *state;		/* of the driver; NULL: between two members */
};

/*
 * What was produced last stands in the inflation's output, behind offset
 * window.  Where the driver can copy its state, checkpoints spare a step back
 * the way from the beginning; when there are too many, every second one goes.
 */
struct inflated_stream {
	struct source     source;
	struct inflation *inflation;
	uint64_t          window;
	size_t            length;
	struct checkpoint checkpoints[CHECKPOINTS];
	size_t            checkpoint_count;
	uint64_t          spacing;	/* bytes between two of them */
};

static void
drop_checkpoint(struct inflated_stream *stream, const struct checkpoint *checkpoint)
{
	if (checkpoint->state)
		stream->inflation->format->inflater->close(checkpoint->state);
}

static void
thin_checkpoints(struct inflated_stream *stream)
{
	size_t kept = 0;

	for (size_t i = 0; i < stream->checkpoint_count; i++)
		if (i % 2)
			stream->checkpoints[kept++] = stream->checkpoints[i];
		else
			drop_checkpoint(stream, &stream->checkpoints[i]);
	stream->checkpoint_count = kept;
	stream->spacing *= 2;
}

/* Called where everything produced stands before window + length. */
static void
set_checkpoint(struct inflated_stream *stream)
{
	struct inflation *inflation = stream->inflation;
	uint64_t at = stream->window + stream->length;
	uint64_t last = stream->checkpoint_count ? stream->checkpoints[stream->checkpoint_count - 1].at : 0;
	struct checkpoint checkpoint = { at, inflation->position - (inflation->end - inflation->begin), NULL };

	if (!inflation->format->inflater->copy || inflation->status != STATUS_OK || at < last + stream->spacing)
		return;
	if (inflation->state) {
		checkpoint.state = inflation->format->inflater->copy(inflation->state);
		if (!checkpoint.state)
			return;
	}
	if (stream->checkpoint_count == CHECKPOINTS)
		thin_checkpoints(stream);
	stream->checkpoints[stream->checkpoint_count++] = checkpoint;
}

/* Back to the last checkpoint at or before offset, else to the beginning. */
static void
go_back(struct inflated_stream *stream, uint64_t offset)
{
	struct inflation *inflation = stream->inflation;
	const struct checkpoint *checkpoint = NULL;
	void *state = NULL;

	for (size_t i = 0; i < stream->checkpoint_count && stream->checkpoints[i].at <= offset; i++)
		checkpoint = &stream->checkpoints[i];
	inflation_restart(inflation);
	stream->window = stream->length = 0;
	if (checkpoint && checkpoint->state)
		state = inflation->format->inflater->copy(checkpoint->state);
	if (!checkpoint || (checkpoint->state && !state))
		return;
	inflation->state = state;
	inflation->position = checkpoint->position;
	inflation->produced = stream->window = checkpoint->at;
}

/* At most what one step of the driver made. */
static enum status
read_some(struct inflated_stream *stream, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct inflation *inflation = stream->inflation;
	size_t at;

	*ret_length = 0;
	if (offset < stream->window)
		go_back(stream, offset);
	while (offset - stream->window >= stream->length) {
		size_t made = produce(inflation);

		if (!made)
			return inflation->status == STATUS_OK ? STATUS_END : STATUS_UNREADABLE;
		stream->window += stream->length;
		stream->length = made;
		set_checkpoint(stream);
	}
	at = (size_t)(offset - stream->window);
	if (length > stream->length - at)
		length = stream->length - at;
	memcpy(buffer, inflation->output + at, length);
	*ret_length = length;
	return STATUS_OK;
}

static enum status
stream_read(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	uint8_t *to = buffer;
	enum status status = STATUS_OK;

	*ret_length = 0;
	while (*ret_length < length && status == STATUS_OK) {
		size_t got;

		status = read_some((struct inflated_stream *)source, offset + *ret_length, to + *ret_length,
			length - *ret_length, &got);
		*ret_length += got;
	}
	return *ret_length ? STATUS_OK : status;
}

static void
stream_close(struct source *source)
{
	struct inflated_stream *stream = (struct inflated_stream *)source;

	for (size_t i = 0; i < stream->checkpoint_count; i++)
		drop_checkpoint(stream, &stream->checkpoints[i]);
	inflation_close(stream->inflation);
	memory_free(stream);
}

static struct source *
stream_open(struct inflation *inflation)
{
	struct inflated_stream *stream = memory_allocate(1, sizeof *stream);

	stream->source = (struct source){ .size = UINT64_MAX, .read = stream_read, .close = stream_close };
	stream->inflation = inflation;
	stream->spacing = CHECKPOINT_BYTES;
	return &stream->source;
}

enum status
inflate_open_stream(struct source *compressed, const struct place *place, const struct notes *notes,
	struct source **ret_source)
{
	const struct format *format;
	enum status status = choose_format(compressed, place, notes, &format);

	if (status == STATUS_OK)
		*ret_source = stream_open(inflation_open(compressed, format, place, notes));
	return status;
}

struct source *
inflate_open_member(struct source *compressed, const char *name, const struct place *place,
	const struct notes *notes)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (!strcmp(formats[i].name, name) && formats[i].inflater)
			return stream_open(inflation_open(compressed, &formats[i], place, notes));
	return NULL;
}
