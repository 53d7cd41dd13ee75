/*
 * content.c - a set's file as its format reads it: compressed ones inflated, UTF-16 as UTF-8, without
 * a byte order mark (The Unicode Standard, 3.10 and 23.8), and with line feeds where its lines end in carriage
 * returns alone.
 */
#include <string.h>

#include <t1554triage/hashset.h>
#include <t1554triage/inflate.h>
#include <t1554triage/text.h>

enum { UNITS_BYTES = 16 * 1024, LOOK_BYTES = 64 * 1024, TEXT_BYTES = 512, NUL_EVERY = 64 };

/* UTF-16 read from front to back; a read before the last one begins again. */
struct utf16_source {
	struct source  source;
	struct source *below;
	bool           big_endian;
	uint64_t       position;	/* of the next unit below */
	uint64_t       start;		/* of made within this source */
	struct buffer  made;
	enum status    made_from;	/* what the read below said of it: it holds each time that made is handed out */
	uint8_t        units[UNITS_BYTES];
};

/* Units that end in the first half of a pair leave that half for the next round. */
static size_t
whole_length(const uint8_t *units, size_t length, bool is_last)
{
	length &= ~(size_t)1;
	if (!is_last && length > 2 && (units[length - 1] & 0xFC) == 0xD8)
		length -= 2;
	return length;
}

/* STATUS_END behind the last unit. */
static enum status
make_more(struct utf16_source *self)
{
	size_t got = 0;
	enum status status = self->position >= self->below->size ? STATUS_END :
		source_read(self->below, self->position, self->units, sizeof self->units, &got);

	if (got < 2 || status <= STATUS_UNREADABLE)
		return status == STATUS_OK ? STATUS_END : status;
	if (self->big_endian)
		text_swap_utf16(self->units, got);
	got = whole_length(self->units, got, got < sizeof self->units);
	self->start += self->made.length;
	self->position += got;
	buffer_clear(&self->made);
	text_add_utf16le(&self->made, self->units, got);
	self->made_from = status;
	return status;
}

static enum status
read_utf16(struct source *source, uint64_t offset, void *bytes, size_t length, size_t *ret_length)
{
	struct utf16_source *self = (struct utf16_source *)source;
	size_t at;

	*ret_length = 0;
	if (offset < self->start) {
		self->position = 2;
		self->start = 0;
		buffer_clear(&self->made);
	}
	while (offset - self->start >= self->made.length) {
		enum status status = make_more(self);

		if (status > STATUS_OK || status <= STATUS_UNREADABLE)
			return status;
	}
	at = (size_t)(offset - self->start);
	*ret_length = self->made.length - at < length ? self->made.length - at : length;
	memcpy(bytes, self->made.bytes + at, *ret_length);
	return self->made_from;
}

static void
close_utf16(struct source *source)
{
	struct utf16_source *self = (struct utf16_source *)source;

	buffer_release(&self->made);
	source_close(self->below);
	memory_free(self);
}

static struct source *
open_utf16(struct source *below, bool big_endian)
{
	struct utf16_source *self = memory_allocate(1, sizeof *self);

	self->source = (struct source){ .size = UINT64_MAX, .read = read_utf16, .close = close_utf16 };
	self->below = below;
	self->big_endian = big_endian;
	self->position = 2;
	buffer_init(&self->made, 0);
	return &self->source;
}

/* A source behind its first bytes, which owns the one below. */
struct rest_source {
	struct source  source;
	struct source *below;
	uint64_t       skipped;
};

static enum status
read_rest(struct source *source, uint64_t offset, void *bytes, size_t length, size_t *ret_length)
{
	struct rest_source *self = (struct rest_source *)source;

	return source_read(self->below, offset + self->skipped, bytes, length, ret_length);
}

static void
close_rest(struct source *source)
{
	source_close(((struct rest_source *)source)->below);
	memory_free(source);
}

static struct source *
open_rest(struct source *below, uint64_t skipped)
{
	struct rest_source *self = memory_allocate(1, sizeof *self);

	self->source = (struct source){ .size = below->size == UINT64_MAX ? UINT64_MAX : below->size - skipped,
		.read = read_rest, .close = close_rest };
	self->below = below;
	self->skipped = skipped;
	return &self->source;
}

/* A text of carriage returns without line feeds; each becomes one. */
struct returns_source {
	struct source  source;
	struct source *below;
};

static enum status
read_returns(struct source *source, uint64_t offset, void *bytes, size_t length, size_t *ret_length)
{
	struct returns_source *self = (struct returns_source *)source;
	enum status status = source_read(self->below, offset, bytes, length, ret_length);
	uint8_t *at = bytes;

	for (size_t i = 0; i < *ret_length; i++)
		if (at[i] == '\r')
			at[i] = '\n';
	return status;
}

static void
close_returns(struct source *source)
{
	source_close(((struct returns_source *)source)->below);
	memory_free(source);
}

static struct source *
open_returns(struct source *below)
{
	struct returns_source *self = memory_allocate(1, sizeof *self);

	self->source = (struct source){ .size = below->size, .read = read_returns, .close = close_returns };
	self->below = below;
	return &self->source;
}

/* What damage leaves in a text, and no format of numbers. */
static bool
is_text(const uint8_t *head, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += !head[i];
	return count <= length / NUL_EVERY && !memchr(head, '\0', length < TEXT_BYTES ? length : TEXT_BYTES);
}

/* By what can be read of its beginning: text in which carriage returns stand and no line feed. */
static bool
ends_lines_with_returns(struct source *content, const struct place *place, const struct notes *notes)
{
	uint8_t *head = memory_allocate(1, LOOK_BYTES);
	size_t got = 0;
	enum status status = source_read(content, 0, head, LOOK_BYTES, &got);
	bool is_so = got && memchr(head, '\r', got) && !memchr(head, '\n', got) && is_text(head, got);

	if (status < STATUS_OK)
		note(notes, status, NOTE_ARTIFACT_UNREADABLE, place, "its beginning cannot be read whole: how its lines end is not certain");
	memory_free(head);
	return is_so;
}

/* An own handle on a source that is borrowed. */
static struct source *
open_borrowed(struct source *file)
{
	return source_open_range(file, 0, file->size);
}

enum status
hashset_content_open(struct source *file, const struct place *place, const struct notes *notes,
	struct source **ret_content)
{
	struct source *content = NULL;
	uint8_t mark[3] = { 0 };
	size_t got = 0;
	enum status status = inflate_open_stream(file, place, notes, &content);

	if (status != STATUS_OK && status != STATUS_NOT_MINE)
		return status;
	status = source_read(content ? content : file, 0, mark, sizeof mark, &got);
	if (status < STATUS_OK) {
		source_close(content);
		return note(notes, status, NOTE_ARTIFACT_UNREADABLE, place, "its beginning cannot be read");
	}
	if (got >= 2 && ((mark[0] == 0xFF && mark[1] == 0xFE) || (mark[0] == 0xFE && mark[1] == 0xFF)))
		content = open_utf16(content ? content : open_borrowed(file), mark[0] == 0xFE);
	else if (got == 3 && !memcmp(mark, "\xEF\xBB\xBF", 3))
		content = open_rest(content ? content : open_borrowed(file), 3);
	if (ends_lines_with_returns(content ? content : file, place, notes))
		content = open_returns(content ? content : open_borrowed(file));
	*ret_content = content;
	return content ? STATUS_OK : STATUS_NOT_MINE;
}
