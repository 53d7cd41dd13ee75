/* csv_rows.c - rows of separated values (RFC 4180): quoted values may hold separators, quotes twice, and ends of lines. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "csv_rows.h"

void
csv_rows_init(struct csv_rows *rows, struct source *source)
{
	static const char separators[] = ",;\t|";
	uint8_t head[4096];
	size_t length = 0, most = 0;

	memset(rows, 0, offsetof(struct csv_rows, bytes));
	byte_reader_init(&rows->bytes, source);
	buffer_init(&rows->text, (size_t)limit_get(LIMIT_EVENT_BYTES));
	rows->next_line = 1;
	rows->separator = ',';
	source_read(source, 0, head, sizeof head, &length);
	for (const char *separator = separators; *separator; separator++) {
		size_t count = 0;

		for (size_t i = 0; i < length && head[i] != '\n'; i++)
			count += head[i] == (uint8_t)*separator;
		if (count > most)
			rows->separator = *separator;
		most = count > most ? count : most;
	}
	/* A mark of the order of bytes before UTF-8 is none of the first name. */
	if (length >= 3 && !memcmp(head, "\xef\xbb\xbf", 3))
		for (int i = 0; i < 3; i++)
			byte_take(&rows->bytes);
}

void
csv_rows_release(struct csv_rows *rows)
{
	buffer_release(&rows->text);
	memory_free(rows->starts);
}

static void
begin_value(struct csv_rows *rows)
{
	rows->starts = memory_grow(rows->starts, rows->count, &rows->capacity, sizeof *rows->starts);
	rows->starts[rows->count++] = rows->text.length;
}

static void
add_byte(struct csv_rows *rows, int byte)
{
	rows->broken |= !byte;
	buffer_add_char(&rows->text, byte ? (char)byte : ' ');
}

/* The rest of a quoted value; its opening quote was taken. */
static void
take_quoted(struct csv_rows *rows)
{
	for (int byte; (byte = byte_take(&rows->bytes)) != BYTE_READER_END; ) {
		rows->next_line += byte == '\n';
		if (byte == '"') {
			if (byte_peek(&rows->bytes) != '"')
				return;
			byte_take(&rows->bytes);
		}
		add_byte(rows, byte);
	}
	rows->broken = true;
}

bool
csv_rows_next(struct csv_rows *rows)
{
	bool at_begin = true;
	int byte;

	buffer_clear(&rows->text);
	rows->text.overflowed = false;
	rows->count = 0;
	rows->broken = false;
	rows->line = rows->next_line;
	if (byte_peek(&rows->bytes) == BYTE_READER_END)
		return false;
	begin_value(rows);
	while ((byte = byte_take(&rows->bytes)) != BYTE_READER_END && byte != '\n') {
		if (byte == '"' && at_begin) {
			take_quoted(rows);
		} else if (byte == rows->separator && rows->count < limit_get(LIMIT_EVENT_FIELDS)) {
			buffer_add_char(&rows->text, '\0');
			begin_value(rows);
		} else if (byte != '\r') {
			add_byte(rows, byte);
		}
		at_begin = byte == rows->separator;
	}
	rows->next_line++;
	rows->is_last = byte == BYTE_READER_END;
	rows->cut = rows->text.overflowed;
	return true;
}

const char *
csv_rows_value(const struct csv_rows *rows, size_t number)
{
	return number < rows->count && rows->starts[number] <= rows->text.length ? rows->text.bytes + rows->starts[number] : "";
}
