/* record.c - the written form of facts. */
#include <string.h>

#include <t1554triage/record.h>
#include <t1554triage/text.h>
#include <t1554triage/timestamp.h>

enum { PART_BYTES_MOST = 128 };

static const void *
member(const void *object, const struct field *field)
{
	static const uint64_t nothing[PART_BYTES_MOST / sizeof (uint64_t)];
	const char *const *part = (const void *)((const char *)object + field->part);

	if (!field->part_size)
		return (const char *)object + field->offset;
	return (*part ? *part : (const char *)nothing) + field->offset;
}

/* Where the value of a field goes; its part is made.  NULL: there is no arena that it could lie in. */
static void *
place_of(void *object, const struct field *field, struct arena *arena)
{
	void **part = (void *)((char *)object + field->part);

	if (!field->part_size)
		return (char *)object + field->offset;
	if (!*part && !arena)
		return NULL;
	if (!*part)
		*part = arena_allocate(arena, field->part_size);
	return (char *)*part + field->offset;
}

/* Bytes up to the last one that is not zero. */
static size_t
used_size(const uint8_t *bytes, size_t size)
{
	while (size && !bytes[size - 1])
		size--;
	return size;
}

static void
begin_field(struct buffer *out, const struct field *field)
{
	buffer_add_char(out, ' ');
	buffer_add(out, field->name, field->name_length);
	buffer_add_char(out, '=');
}

/* The number of digits of a fraction tells a power of ten up to a second; others are written out. */
static bool
is_shown_by_digits(uint64_t resolution_nanoseconds)
{
	uint64_t power = 1;

	while (power < resolution_nanoseconds && power < 1000000000)
		power *= 10;
	return power == resolution_nanoseconds;
}

static void
write_timestamp(struct buffer *out, const struct field *field, const struct timestamp *time)
{
	char text[TIMESTAMP_TEXT_SIZE];

	if (!timestamp_is_recorded(time))
		return;
	timestamp_format(time, text);
	begin_field(out, field);
	buffer_add_text(out, text);
	if (!is_shown_by_digits(time->resolution_nanoseconds))
		buffer_add_format(out, "~%llu", (unsigned long long)time->resolution_nanoseconds);
}

static void
write_number(struct buffer *out, const struct field *field, uint64_t number)
{
	if (!number)
		return;
	begin_field(out, field);
	if (field->type == FIELD_OCTAL)
		buffer_add_format(out, "%llo", (unsigned long long)number);
	else
		buffer_add_u64(out, number);
}

static void
write_field(struct buffer *out, const struct field *field, const void *value)
{
	const char *text;
	size_t used;

	switch (field->type) {
	case FIELD_TEXT:
		text = *(const char *const *)value;
		if (text) {
			begin_field(out, field);
			text_add_percent(out, text, strlen(text));
		}
		break;
	case FIELD_U64:
		write_number(out, field, *(const uint64_t *)value);
		break;
	case FIELD_U32:
	case FIELD_OCTAL:
		write_number(out, field, *(const uint32_t *)value);
		break;
	case FIELD_BOOL:
		if (*(const bool *)value) {
			begin_field(out, field);
			buffer_add_text(out, "yes");
		}
		break;
	case FIELD_NAME:
		begin_field(out, field);
		buffer_add_text(out, field->names[*(const unsigned *)value]);
		break;
	case FIELD_TIMESTAMP:
		write_timestamp(out, field, value);
		break;
	case FIELD_BLOB:
	case FIELD_BLOB_TRIMMED:
		used = used_size(value, field->size);
		if (used) {
			begin_field(out, field);
			text_add_hex(out, value, field->type == FIELD_BLOB ? field->size : used);
		}
		break;
	}
}

void
record_write(struct buffer *out, const struct record_type *type, const void *object)
{
	buffer_add_text(out, type->name);
	for (const struct field *field = type->fields; field->name; field++)
		write_field(out, field, member(object, field));
	buffer_add_char(out, '\n');
}

bool
record_is(const char *line, size_t length, const struct record_type *type)
{
	size_t name_length = strlen(type->name);

	return length >= name_length && !memcmp(line, type->name, name_length) &&
	       (length == name_length || line[name_length] == ' ');
}

/* Where texts of a record go: copied, or in the line itself. */
struct text_place { struct arena *arena; const char *line; char *writable; };

/* A NUL would cut the name in two: no such name exists in any file system we read. */
static bool
read_text(const char *value, size_t length, const struct text_place *place, const char **ret_text)
{
	char *text = place->arena ? arena_copy(place->arena, value, length) : place->writable + (value - place->line);

	*ret_text = text;
	return text_end_percent(text, length);
}

static bool
read_name(const char *value, size_t length, const char *const *names, unsigned *ret_number)
{
	for (unsigned i = 0; names[i]; i++)
		if (strlen(names[i]) == length && !memcmp(names[i], value, length)) {
			*ret_number = i;
			return true;
		}
	return false;
}

static bool
read_value(const struct field *field, const char *value, size_t length, const struct text_place *place, void *to)
{
	uint64_t number;

	switch (field->type) {
	case FIELD_TEXT:
		return read_text(value, length, place, to);
	case FIELD_U64:
		return text_parse_u64(value, length, 10, to);
	case FIELD_U32:
	case FIELD_OCTAL:
		if (!text_parse_u64(value, length, field->type == FIELD_OCTAL ? 8 : 10, &number) ||
		    number > UINT32_MAX)
			return false;
		*(uint32_t *)to = (uint32_t)number;
		return true;
	case FIELD_BOOL:
		*(bool *)to = length == 3 && !memcmp(value, "yes", 3);
		return *(bool *)to;
	case FIELD_NAME:
		return read_name(value, length, field->names, to);
	case FIELD_TIMESTAMP:
		return timestamp_parse(value, length, to);
	case FIELD_BLOB:
		return length == field->size * 2 && text_parse_hex(value, length, to);
	case FIELD_BLOB_TRIMMED:
		return length <= field->size * 2 && text_parse_hex(value, length, to);
	}
	return false;
}

/* The first of its names stands for a part that is not there, too. */
static bool
is_of_no_part(const struct field *field, const char *value, size_t length)
{
	return field->part_size && field->type == FIELD_NAME && strlen(field->names[0]) == length &&
		!memcmp(field->names[0], value, length);
}

/* Whether "name=" stands at the beginning. */
static bool
is_named(const struct field *field, const char *text, size_t length)
{
	return length > field->name_length && text[field->name_length] == '=' &&
		!memcmp(text, field->name, field->name_length);
}

/* Fields come in the order of the table as a rule: search goes on behind the last one. */
static const struct field *
find_field(const struct record_type *type, const struct field *from, const char *text, size_t length)
{
	for (const struct field *field = from; field->name; field++)
		if (is_named(field, text, length))
			return field;
	for (const struct field *field = type->fields; field < from; field++)
		if (is_named(field, text, length))
			return field;
	return NULL;
}

/* The line may hold NULs: it comes from a process that parsed evidence. No record does, not in a value either. */
static enum status
read_record(const char *line, size_t length, const struct record_type *type, const struct text_place *place, void *ret_object)
{
	const char *at = line + strlen(type->name), *end = line + length;
	const struct field *field = type->fields;

	if (!record_is(line, length, type))
		return STATUS_NOT_MINE;
	memset(ret_object, 0, type->size);
	if (memchr(line, 0, length) || (at < end && *at != ' '))
		return STATUS_UNREADABLE;
	/* Each turn begins at a blank, in whose place the text before may have got its end by now. */
	while (at < end) {
		const char *name = at + 1, *value, *value_end;
		void *to;

		field = find_field(type, field, name, (size_t)(end - name));
		if (!field)
			return STATUS_UNREADABLE;
		value = name + field->name_length + 1;
		value_end = memchr(value, ' ', (size_t)(end - value));
		if (!value_end)
			value_end = end;
		to = is_of_no_part(field, value, (size_t)(value_end - value)) ? NULL : place_of(ret_object, field, place->arena);
		if (to ? !read_value(field, value, (size_t)(value_end - value), place, to) : !field->part_size || !place->arena)
			return STATUS_UNREADABLE;
		at = value_end;
	}
	return STATUS_OK;
}

enum status
record_read(const char *line, size_t length, const struct record_type *type, struct arena *arena,
	void *ret_object)
{
	return read_record(line, length, type, &(struct text_place){ .arena = arena }, ret_object);
}

enum status
record_read_in_place(char *line, size_t length, const struct record_type *type, void *ret_object)
{
	return read_record(line, length, type, &(struct text_place){ .line = line, .writable = line }, ret_object);
}
