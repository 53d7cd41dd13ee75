/* json.c - writing JSON lines. */
#include <string.h>

#include <t1554triage/json.h>
#include <t1554triage/text.h>

void
json_init(struct json *json, struct buffer *out)
{
	*json = (struct json){ .out = out };
}

static void
add_text(struct buffer *out, const char *text)
{
	text_add_quoted(out, text, strlen(text));
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
	if (bytes && !text_is_plain(bytes, strlen(bytes))) {
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
