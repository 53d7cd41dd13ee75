/* json.c - writing JSON lines. */
#include <string.h>

#include <t1554triage/json.h>
#include <t1554triage/text.h>

void
json_init(struct json *json, struct buffer *out)
{
	*json = (struct json){ .out = out };
}

/* bytes are valid UTF-8 without controls here: only the quote is left to be escaped. */
static void
add_quoted(struct buffer *out, const char *bytes, size_t length)
{
	size_t added = 0;

	buffer_add_char(out, '"');
	for (size_t i = 0; i < length; i++)
		if (bytes[i] == '"' || bytes[i] == '\\') {
			buffer_add(out, bytes + added, i - added);
			buffer_add_char(out, '\\');
			added = i;
		}
	buffer_add(out, bytes + added, length - added);
	buffer_add_char(out, '"');
}

#define EACH(byte) (0x0101010101010101u * (byte))

/* Whether one of eight bytes is less than the limit, which is 0x80 at most; what is 0x80 or more is not. */
static bool
has_less(uint64_t bytes, uint64_t limit)
{
	return (bytes - EACH(limit)) & ~bytes & EACH(0x80);
}

static bool
are_usual(uint64_t bytes)
{
	return !(bytes & EACH(0x80)) && !has_less(bytes, 0x20) && !has_less(bytes ^ EACH(0x7F), 1) &&
		!has_less(bytes ^ EACH((uint64_t)'"'), 1) && !has_less(bytes ^ EACH((uint64_t)'\\'), 1);
}

/* Where text_is_plain and the quotes have nothing to do: the bytes of nearly every text. */
static size_t
length_if_usual(const char *text)
{
	size_t length = strlen(text), i = 0;
	uint64_t bytes;

	for (; length - i >= sizeof bytes; i += sizeof bytes) {
		memcpy(&bytes, text + i, sizeof bytes);
		if (!are_usual(bytes))
			return SIZE_MAX;
	}
	for (; i < length; i++)
		if (text[i] < 0x20 || text[i] >= 0x7F || text[i] == '"' || text[i] == '\\')
			return SIZE_MAX;
	return length;
}

static void
add_text(struct buffer *out, const char *text)
{
	size_t length = length_if_usual(text);
	struct buffer escaped;

	if (length != SIZE_MAX) {
		buffer_add_char(out, '"');
		buffer_add(out, text, length);
		buffer_add_char(out, '"');
		return;
	}
	length = strlen(text);
	if (text_is_plain(text, length)) {
		add_quoted(out, text, length);
		return;
	}
	buffer_init(&escaped, 0);
	text_add_escaped(&escaped, text, length);
	add_quoted(out, escaped.bytes, escaped.length);
	buffer_release(&escaped);
}

static void
begin_value(struct json *json, const char *name)
{
	if (json->comma[json->depth])
		buffer_add_char(json->out, ',');
	json->comma[json->depth] = true;
	if (name) {
		buffer_add_char(json->out, '"');
		buffer_add_text(json->out, name);
		buffer_add_text(json->out, "\":");
	}
}

static void
begin_container(struct json *json, const char *name, char bracket)
{
	begin_value(json, name);
	buffer_add_char(json->out, bracket);
	json->comma[++json->depth] = false;
}

void
json_begin_object(struct json *json, const char *name)
{
	begin_container(json, name, '{');
}

void
json_end_object(struct json *json)
{
	json->depth--;
	buffer_add_char(json->out, '}');
}

void
json_begin_list(struct json *json, const char *name)
{
	begin_container(json, name, '[');
}

void
json_end_list(struct json *json)
{
	json->depth--;
	buffer_add_char(json->out, ']');
}

void
json_end_line(struct json *json)
{
	json->comma[0] = false;
	buffer_add_char(json->out, '\n');
}

void
json_null(struct json *json, const char *name)
{
	begin_value(json, name);
	buffer_add_text(json->out, "null");
}

void
json_bool(struct json *json, const char *name, bool value)
{
	begin_value(json, name);
	buffer_add_text(json->out, value ? "true" : "false");
}

void
json_u64(struct json *json, const char *name, uint64_t value)
{
	begin_value(json, name);
	buffer_add_u64(json->out, value);
}

void
json_text(struct json *json, const char *name, const char *text)
{
	if (!text) {
		json_null(json, name);
		return;
	}
	begin_value(json, name);
	add_text(json->out, text);
}

void
json_member(struct json *json, const char *name, const char *text)
{
	begin_value(json, NULL);
	add_text(json->out, name);
	buffer_add_char(json->out, ':');
	buffer_add_text(json->out, text ? "" : "null");
	if (text)
		add_text(json->out, text);
}

void
json_begin_member_list(struct json *json, const char *name)
{
	begin_value(json, NULL);
	add_text(json->out, name);
	buffer_add_text(json->out, ":[");
	json->comma[++json->depth] = false;
}

void
json_path(struct json *json, const char *name, const char *bytes)
{
	json_text(json, name, bytes);
	if (bytes && length_if_usual(bytes) == SIZE_MAX && !text_is_plain(bytes, strlen(bytes))) {
		begin_value(json, NULL);
		buffer_add_char(json->out, '"');
		buffer_add_text(json->out, name);
		buffer_add_text(json->out, "_hex\":\"");
		text_add_hex(json->out, bytes, strlen(bytes));
		buffer_add_char(json->out, '"');
	}
}

void
json_time(struct json *json, const char *name, const struct timestamp *time)
{
	char text[TIMESTAMP_TEXT_SIZE];

	timestamp_format(time, text);
	json_text(json, name, text[0] ? text : NULL);
}

void
json_hex(struct json *json, const char *name, const void *bytes, size_t length, bool known)
{
	if (!known) {
		json_null(json, name);
		return;
	}
	begin_value(json, name);
	buffer_add_char(json->out, '"');
	text_add_hex(json->out, bytes, length);
	buffer_add_char(json->out, '"');
}
