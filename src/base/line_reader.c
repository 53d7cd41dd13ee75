/* line_reader.c - the lines of a text artifact. */
#include <string.h>

#include <t1554triage/buffer.h>
#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

enum { READ_BYTES = 48 * 1024 };	/* doubled until the longest line fits, the window is no more than half empty */

void
line_reader_init(struct line_reader *reader, struct source *source, const struct place *place,
	const struct notes *notes)
{
	*reader = (struct line_reader){ .source = source, .notes = notes };
	if (place)
		reader->place = *place;
	buffer_init(&reader->window, 0);
}

void
line_reader_release(struct line_reader *reader)
{
	buffer_release(&reader->window);
}

/* Of the first byte of the window that is not handed out yet; of text that was UTF-16 only the line is known. */
static uint64_t
offset_of_begin(const struct line_reader *reader)
{
	return reader->is_utf16 ? 0 : reader->position - (reader->window.length - reader->begin);
}

static void
note_damage(struct line_reader *reader, enum status status, const char *text)
{
	struct place at = reader->place;

	at.offset = reader->position;
	at.line = reader->line + 1;
	if (status < reader->status)
		note(reader->notes, status, NOTE_ARTIFACT_DAMAGED, &at, "%s", text);
	reader->status = status_worse(reader->status, status);
}

/* What was read at the end of the window becomes UTF-8 if it is UTF-16LE. Returns the bytes taken: half a character waits for the next read. */
static size_t
take_block(struct line_reader *reader, size_t got)
{
	char *at = reader->window.bytes + reader->window.length;
	size_t begin = 0, end = got;
	char *block;

	if (!reader->position && got >= 2 && !memcmp(at, "\xff\xfe", 2)) {
		reader->is_utf16 = true;
		begin = 2;
	}
	if (!reader->is_utf16) {
		buffer_added(&reader->window, got);
		return got;
	}
	end -= end % 2;
	if (end > begin + 2 && ((uint8_t)at[end - 1] & 0xfc) == 0xd8)
		end -= 2;
	block = memory_resize(NULL, end, 1);
	memcpy(block, at, end);
	text_add_utf16le(&reader->window, block + begin, end - begin);
	memory_free(block);
	return end ? end : got;
}

/* Drops what was handed out and reads on; false where nothing more comes. */
static bool
refill(struct line_reader *reader)
{
	size_t got = 0;
	char *room;
	enum status status;

	if (reader->position >= reader->source->size || reader->status <= STATUS_UNREADABLE)
		return false;
	buffer_consume(&reader->window, reader->begin);
	reader->begin = 0;
	room = buffer_room(&reader->window, READ_BYTES);
	status = source_read(reader->source, reader->position, room, READ_BYTES, &got);
	if (status <= STATUS_UNREADABLE || !got)
		buffer_added(&reader->window, 0);	/* what stands there is no text */
	if (status == STATUS_END && reader->source->size == UINT64_MAX)	/* a stream whose size nobody knew */
		return false;
	if (status == STATUS_DAMAGED)
		note_damage(reader, status, "a part of this text is lost, zeros stand in its place");
	if (status <= STATUS_UNREADABLE || !got) {
		note_damage(reader, STATUS_UNREADABLE, "this text cannot be read on from here");
		return false;
	}
	reader->position += take_block(reader, got);
	return true;
}

/* The LF of the line at begin; NULL where it is not in the window. */
static char *
find_end(const struct line_reader *reader)
{
	return memchr(reader->window.bytes + reader->begin, '\n', reader->window.length - reader->begin);
}

static void
skip_line(struct line_reader *reader)
{
	struct place at = reader->place;
	char *end;

	at.offset = offset_of_begin(reader);
	at.line = ++reader->line;
	while (!(end = find_end(reader))) {
		reader->begin = reader->window.length;
		if (!refill(reader))
			break;
	}
	if (end)
		reader->begin = (size_t)(end + 1 - reader->window.bytes);
	reader->status = status_worse(reader->status, note(reader->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &at,
		"this line is longer than %llu bytes (line-bytes) and was skipped",
		(unsigned long long)limit_get(LIMIT_LINE_BYTES)));
}

static void
hand_out(struct line_reader *reader, size_t length, size_t next, char **ret_line, size_t *ret_length)
{
	char *line = reader->window.bytes + reader->begin;

	reader->offset = offset_of_begin(reader);
	reader->place.line = ++reader->line;
	reader->begin = next;
	if (length && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	*ret_line = line;
	*ret_length = length;
}

bool
line_reader_next(struct line_reader *reader, char **ret_line, size_t *ret_length)
{
	for (;;) {
		char *end = find_end(reader);
		size_t left = reader->window.length - reader->begin;
		size_t length = end ? (size_t)(end - reader->window.bytes) - reader->begin : left;

		if (length > limit_get(LIMIT_LINE_BYTES)) {
			skip_line(reader);
		} else if (end) {
			hand_out(reader, length, reader->begin + length + 1, ret_line, ret_length);
			return true;
		} else if (!refill(reader)) {
			if (left)
				hand_out(reader, left, reader->window.length, ret_line, ret_length);
			return left > 0;
		}
	}
}

void
odd_lines_add(struct odd_lines *lines, const struct line_reader *reader)
{
	if (lines->count++)
		return;
	lines->first = reader->place;
	lines->first.offset = reader->offset;
}

enum status
odd_lines_note(const struct odd_lines *lines, enum status status, enum note_kind kind,
	const struct notes *notes, const char *what)
{
	if (!lines->count)
		return STATUS_OK;
	return note(notes, status, kind, &lines->first, "%llu line%s, the first here: %s",
		(unsigned long long)lines->count, lines->count == 1 ? "" : "s", what);
}
