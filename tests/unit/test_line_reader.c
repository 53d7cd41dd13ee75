/* test_line_reader.c - every line once, with its number and offset, whatever the reads return. */
#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>

#include "tap.h"

struct log { unsigned count; enum note_kind kind; uint64_t line; };

static void
remember(void *context, const struct note *one)
{
	struct log *log = context;

	log->count++;
	log->kind = one->kind;
	log->line = one->at.line;
}

/* A source that hands out few bytes at a time and can break off. */
struct slow_source { struct source source; const char *bytes; size_t step; uint64_t breaks_at; };

static enum status
slow_read(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct slow_source *slow = (struct slow_source *)source;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (offset >= slow->breaks_at)
		return STATUS_UNREADABLE;
	if (length > slow->step)
		length = slow->step;
	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	memcpy(buffer, slow->bytes + offset, length);
	*ret_length = length;
	return STATUS_OK;
}

static void
lines_of(const char *bytes, size_t size, size_t step, const char *expected, const char *what)
{
	struct slow_source slow = { { .size = size, .read = slow_read }, bytes, step, UINT64_MAX };
	struct line_reader reader;
	struct buffer seen;
	char *line;
	size_t length;

	buffer_init(&seen, 0);
	line_reader_init(&reader, &slow.source, NULL, NULL);
	while (line_reader_next(&reader, &line, &length)) {
		buffer_add_format(&seen, "%llu@%llu:", (unsigned long long)reader.line,
			(unsigned long long)reader.offset);
		for (size_t i = 0; i < length; i++)
			buffer_add_char(&seen, line[i] ? line[i] : '0');
		buffer_add_char(&seen, line[length] ? '!' : '|');
	}
	IS_TEXT(seen.bytes, expected, what);
	IS(reader.status, STATUS_OK, "without trouble");
	line_reader_release(&reader);
	buffer_release(&seen);
}

static void
long_line_is_skipped(void)
{
	size_t size = 3 << 20;
	char *bytes = memory_allocate(size, 1), *line;
	struct slow_source slow = { { .size = size, .read = slow_read }, bytes, 7000, UINT64_MAX };
	struct log log = { 0 };
	struct notes notes = { remember, &log };
	struct line_reader reader;
	size_t length;

	memset(bytes, 'x', size);
	memcpy(bytes, "first\n", 6);
	memcpy(bytes + size - 6, "\nlast\n", 6);
	line_reader_init(&reader, &slow.source, NULL, &notes);
	OK(line_reader_next(&reader, &line, &length) && !strcmp(line, "first"), "the line before it");
	OK(line_reader_next(&reader, &line, &length) && !strcmp(line, "last"), "the line behind it");
	IS(reader.line, 3, "the skipped line is counted");
	IS(reader.offset, size - 5, "the offset is right behind it");
	OK(log.count == 1 && log.kind == NOTE_LIMIT_HIT && log.line == 2, "one note, with its line");
	IS(reader.status, STATUS_DAMAGED, "and the status says so");
	OK(reader.window.capacity < 2 << 20, "the window stays small");
	line_reader_release(&reader);
	memory_free(bytes);
}

static void
read_error_ends_the_text(void)
{
	static const char bytes[] = "one\ntwo\nthree\n";
	struct slow_source slow = { { .size = sizeof bytes - 1, .read = slow_read }, bytes, 5, 10 };
	struct log log = { 0 };
	struct notes notes = { remember, &log };
	struct line_reader reader;
	unsigned count = 0;
	size_t length;
	char *line;

	line_reader_init(&reader, &slow.source, NULL, &notes);
	while (line_reader_next(&reader, &line, &length))
		count++;
	IS(count, 3, "what was read before the error is handed out");
	OK(log.count == 1 && log.kind == NOTE_ARTIFACT_DAMAGED, "one note");
	IS(reader.status, STATUS_UNREADABLE, "the status tells");
	OK(!line_reader_next(&reader, &line, &length), "and it stays at its end");
	line_reader_release(&reader);
}

int
main(void)
{
	lines_of("", 0, 10, "", "an empty text has no line");
	lines_of("\n", 1, 10, "1@0:|", "one LF is one empty line");
	lines_of("a\r\nb\n\nc", 7, 10, "1@0:a|2@3:b|3@5:|4@6:c|", "CR LF, LF, an empty line, none at the end");
	lines_of("a\r\nb\n\nc", 7, 1, "1@0:a|2@3:b|3@5:|4@6:c|", "the same byte by byte");
	lines_of("a\0b\nc\n", 6, 2, "1@0:a0b|2@4:c|", "NUL bytes stay");
	lines_of("\r\r\n", 3, 2, "1@0:\r|", "one CR belongs to the end");
	long_line_is_skipped();
	read_error_ends_the_text();
	return tap_done();
}
