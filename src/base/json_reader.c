/* json_reader.c - JSON (RFC 8259) event by event; nothing is kept but the way to the root. */
#include <string.h>

#include <t1554triage/json_reader.h>
#include <t1554triage/text.h>

enum { KIND_OBJECT = 1, KIND_LIST };

/* What may come next. */
enum { VALUE, VALUE_OR_END, NAME, NAME_OR_END, COMMA_OR_END };

void
json_reader_init(struct json_reader *reader, struct source *source)
{
	memset(reader, 0, offsetof(struct json_reader, bytes));
	byte_reader_init(&reader->bytes, source);
	reader->line = 1;
	buffer_init(&reader->text, JSON_TEXT_MAX);
}

void
json_reader_release(struct json_reader *reader)
{
	buffer_release(&reader->text);
}

static uint64_t
offset_of(const struct json_reader *reader)
{
	return reader->bytes.position - (reader->bytes.end - reader->bytes.at);
}

/* Behind the end of a line. */
static void
begin_line(struct json_reader *reader, bool is_used)
{
	reader->line++;
	reader->line_offset = offset_of(reader);
	reader->is_line_used = is_used;
}

static int
peek_behind_blanks(struct json_reader *reader)
{
	for (int byte; (byte = byte_peek(&reader->bytes)) != BYTE_READER_END; ) {
		if (byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r')
			return byte;
		reader->bytes.at++;
		if (byte == '\n')
			begin_line(reader, false);
	}
	return BYTE_READER_END;
}

static enum json_event
broken(struct json_reader *reader, const char *why)
{
	if (!reader->why)
		reader->why = reader->bytes.status < STATUS_OK ? "it cannot be read on from here" :
			byte_peek(&reader->bytes) == BYTE_READER_END ? "it ends within a value" : why;
	return JSON_BROKEN;
}

static bool
take_hex4(struct json_reader *reader, uint32_t *ret_unit)
{
	*ret_unit = 0;
	for (int i = 0; i < 4; i++) {
		int byte = byte_take(&reader->bytes);
		int digit = byte >= '0' && byte <= '9' ? byte - '0' : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 :
			byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;

		if (digit < 0)
			return false;
		*ret_unit = *ret_unit << 4 | (uint32_t)digit;
	}
	return true;
}

/* Behind "\u"; a pair of surrogates is one character, a single one becomes U+FFFD. */
static bool
take_unicode(struct json_reader *reader)
{
	uint32_t unit, low;

	if (!take_hex4(reader, &unit))
		return false;
	while (unit >= 0xD800 && unit < 0xDC00 && byte_peek(&reader->bytes) == '\\') {
		reader->bytes.at++;
		if (byte_take(&reader->bytes) != 'u' || !take_hex4(reader, &low))
			return false;
		if (low >= 0xDC00 && low < 0xE000) {
			text_add_utf8(&reader->text, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
			return true;
		}
		text_add_utf8(&reader->text, 0xFFFD);
		unit = low;
	}
	text_add_utf8(&reader->text, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit);
	return true;
}

static bool
take_escape(struct json_reader *reader)
{
	static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	int byte = byte_take(&reader->bytes);
	const char *escape;

	if (byte == 'u')
		return take_unicode(reader);
	escape = byte > 0 ? strchr(escapes, byte) : NULL;
	if (escape)
		buffer_add_char(&reader->text, meant[escape - escapes]);
	return escape != NULL;
}

/* Behind the opening quote.  Line ends within a text are against the rules and common in exports. */
static bool
take_text(struct json_reader *reader)
{
	buffer_clear(&reader->text);
	for (int byte; (byte = byte_take(&reader->bytes)) != '"'; ) {
		if (byte == BYTE_READER_END)
			return false;
		if (byte == '\n')
			begin_line(reader, true);
		if (byte != '\\')
			buffer_add_char(&reader->text, (char)byte);
		else if (!take_escape(reader))
			return false;
	}
	return true;
}

static void
value_ended(struct json_reader *reader)
{
	reader->expects = reader->depth ? COMMA_OR_END : VALUE;
}

static enum json_event
begin(struct json_reader *reader, uint8_t kind)
{
	if (reader->depth == JSON_DEPTH_MAX)
		return broken(reader, "it is nested too deep");
	reader->is_line_begun = reader->is_line_used;
	reader->bytes.at++;
	reader->kinds[reader->depth++] = kind;
	reader->expects = kind == KIND_OBJECT ? NAME_OR_END : VALUE_OR_END;
	return kind == KIND_OBJECT ? JSON_BEGIN_OBJECT : JSON_BEGIN_LIST;
}

static enum json_event
end(struct json_reader *reader, uint8_t kind)
{
	if (!reader->depth || reader->kinds[reader->depth - 1] != kind)
		return broken(reader, "a bracket that closes nothing");
	reader->bytes.at++;
	reader->depth--;
	value_ended(reader);
	return kind == KIND_OBJECT ? JSON_END_OBJECT : JSON_END_LIST;
}

static enum json_event
take_word(struct json_reader *reader, const char *word, enum json_event event)
{
	for (; *word; word++)
		if (byte_take(&reader->bytes) != *word)
			return broken(reader, "a value was expected");
	value_ended(reader);
	return event;
}

static enum json_event
take_number(struct json_reader *reader)
{
	buffer_clear(&reader->text);
	for (int byte; (byte = byte_peek(&reader->bytes)) > 0 && strchr("+-.0123456789Ee", byte); reader->bytes.at++)
		buffer_add_char(&reader->text, (char)byte);
	if (!reader->text.length)
		return broken(reader, "a value was expected");
	value_ended(reader);
	return JSON_NUMBER;
}

static enum json_event
take_value(struct json_reader *reader, int byte)
{
	switch (byte) {
	case '{': return begin(reader, KIND_OBJECT);
	case '[': return begin(reader, KIND_LIST);
	case 't': return take_word(reader, "true", JSON_TRUE);
	case 'f': return take_word(reader, "false", JSON_FALSE);
	case 'n': return take_word(reader, "null", JSON_NULL);
	case '"':
		reader->bytes.at++;
		if (!take_text(reader))
			return broken(reader, "a text that does not end, or a wrong escape");
		value_ended(reader);
		return JSON_TEXT;
	default:
		return take_number(reader);
	}
}

static enum json_event
take_name(struct json_reader *reader, int byte)
{
	if (byte != '"')
		return broken(reader, "the name of a member was expected");
	reader->bytes.at++;
	if (!take_text(reader))
		return broken(reader, "a name that does not end, or a wrong escape");
	if (peek_behind_blanks(reader) != ':')
		return broken(reader, "a colon was expected");
	reader->bytes.at++;
	reader->expects = VALUE;
	return JSON_NAME;
}

void
json_record_begin(const struct json_reader *reader, struct json_record *ret_record)
{
	uint64_t offset = offset_of(reader);

	*ret_record = (struct json_record){ .offset = offset, .line = reader->line, .indent = offset - 1 - reader->line_offset,
		.depth = reader->depth - 1, .begins_line = !reader->is_line_begun };
}

void
json_record_end(const struct json_reader *reader, struct json_record *record)
{
	record->offset = offset_of(reader);
	record->line = reader->line;
	record->is_whole = true;
}

static void
go_to(struct json_reader *reader, uint64_t offset, uint64_t line)
{
	reader->bytes.position = offset;
	reader->bytes.at = reader->bytes.end = 0;
	reader->line = line;
}

bool
json_reader_resume(struct json_reader *reader, const struct json_record *record)
{
	uint64_t offset = offset_of(reader), line = reader->line, line_offset = reader->line_offset, indent;
	int byte;

	if (!record->begins_line || reader->bytes.status < STATUS_OK)
		return false;
	go_to(reader, record->offset, record->line);
	while ((byte = byte_take(&reader->bytes)) != BYTE_READER_END) {
		if (byte != '\n')
			continue;
		begin_line(reader, false);
		for (indent = 0; (byte = byte_peek(&reader->bytes)) == ' ' || byte == '\t'; indent++)
			reader->bytes.at++;
		if (byte != '{' || indent != record->indent)
			continue;
		reader->depth = record->depth;
		reader->expects = VALUE;
		reader->why = NULL;
		if (reader->depth)
			reader->kinds[reader->depth - 1] = KIND_LIST;
		return true;
	}
	go_to(reader, offset, line);
	reader->line_offset = line_offset;
	return false;
}

static enum json_event
take_next(struct json_reader *reader, int byte)
{
	if (reader->expects == COMMA_OR_END && byte == ',') {
		reader->bytes.at++;
		reader->is_line_used = true;
		reader->expects = reader->kinds[reader->depth - 1] == KIND_OBJECT ? NAME : VALUE;
		byte = peek_behind_blanks(reader);
	} else if (reader->expects == COMMA_OR_END && byte != '}' && byte != ']') {
		return broken(reader, "a comma was expected");
	}
	if (byte == BYTE_READER_END)
		return broken(reader, "");
	if (byte == '}' && (reader->expects == NAME_OR_END || reader->expects == COMMA_OR_END))
		return end(reader, KIND_OBJECT);
	if (byte == ']' && (reader->expects == VALUE_OR_END || reader->expects == COMMA_OR_END))
		return end(reader, KIND_LIST);
	if (reader->expects == NAME || reader->expects == NAME_OR_END)
		return take_name(reader, byte);
	return take_value(reader, byte);
}

enum json_event
json_reader_next(struct json_reader *reader)
{
	int byte = peek_behind_blanks(reader);
	enum json_event event;

	if (reader->why)
		return JSON_BROKEN;
	if (byte == BYTE_READER_END)
		return reader->depth || reader->bytes.status < STATUS_OK ? broken(reader, "") : JSON_END;
	event = take_next(reader, byte);
	reader->is_line_used = true;
	return event;
}
