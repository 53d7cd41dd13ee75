/* vocabulary.c - fields of events by one name, and their values in one form. */
#include <string.h>
#include <strings.h>

#include <t1554triage/event_vocabulary.h>
#include <t1554triage/text.h>

const struct event_name_row event_name_rows[] = {
#define EVENT_NAME(name, form, meaning) { #name, VALUE_##form, meaning },
#include <t1554triage/event_name.def>
#undef EVENT_NAME
};

static const struct vocabulary rows[] = {
#define VOCABULARY(name, provider, channel, id) { name, provider, channel, id, (const struct vocabulary_word[]){
#define CALLED(called, is) { called, EVENT_NAME_##is },
#define VOCABULARY_END { NULL, EVENT_NAME_COUNT } } },
#include "field.def"
#undef VOCABULARY_END
#undef CALLED
#undef VOCABULARY
	{ NULL, NULL, NULL, NULL, (const struct vocabulary_word[]){ { NULL, EVENT_NAME_COUNT } } },
};

const struct vocabulary *
vocabularies(void)
{
	return rows;
}

static bool
fits(const char *wanted, const char *found)
{
	return !wanted || (found && !strcmp(wanted, found));
}

const struct vocabulary *
event_vocabulary(const struct event *event)
{
	const struct vocabulary *row = rows;

	while (row->name && !(fits(row->provider, event->provider) && fits(row->channel, event->channel) &&
	    fits(row->id, event->id)))
		row++;
	return row;
}

/* Most names are told apart by their first letter, whose cases differ in one bit. */
static bool
begins_alike(const char *a, const char *b)
{
	return (*a | 0x20) == (*b | 0x20);
}

bool
event_name_find(const char *name, enum event_name *ret_name)
{
	for (int i = 0; i < EVENT_NAME_COUNT; i++) {
		if (!begins_alike(name, event_name_rows[i].name) || strcasecmp(name, event_name_rows[i].name))
			continue;
		*ret_name = (enum event_name)i;
		return true;
	}
	return false;
}

bool
vocabulary_find(const struct vocabulary *vocabulary, const char *called, enum event_name *ret_name)
{
	for (const struct vocabulary_word *word = vocabulary->words; word->called; word++) {
		if (!begins_alike(word->called, called) || strcasecmp(word->called, called))
			continue;
		*ret_name = word->is;
		return true;
	}
	return event_name_find(called, ret_name);
}

/* ---- values ---- */

static const char *
put(struct buffer *out, const char *before, const char *text)
{
	buffer_clear(out);
	buffer_add_text(out, before);
	buffer_add_text(out, text);
	return out->bytes;
}

/* What Windows itself puts on the drive of the system; the drive of another volume is not known from its number. */
static bool
is_on_system_drive(const char *path)
{
	static const char *const folders[] = { "\\Windows\\", "\\Program Files\\", "\\Program Files (x86)\\",
		"\\ProgramData\\", "\\Users\\", NULL };

	for (size_t i = 0; folders[i]; i++)
		if (!strncasecmp(path, folders[i], strlen(folders[i])))
			return true;
	return false;
}

static const char *
without_prefix(const char *path, struct buffer *out)
{
	static const struct { const char *begin, *becomes; } prefixes[] = {
		{ "\\??\\UNC\\", "\\\\" }, { "\\\\?\\UNC\\", "\\\\" }, { "\\??\\", "" }, { "\\\\?\\", "" }, { "\\\\.\\", "" },
		{ "\\SystemRoot\\", "C:\\Windows\\" }, { "%SystemRoot%\\", "C:\\Windows\\" }, { "%windir%\\", "C:\\Windows\\" },
		{ "%SystemDrive%\\", "C:\\" }, { "%ProgramFiles%\\", "C:\\Program Files\\" },
		{ "%ProgramFiles(x86)%\\", "C:\\Program Files (x86)\\" }, { "%ProgramData%\\", "C:\\ProgramData\\" },
	};
	static const char device[] = "\\Device\\HarddiskVolume";
	const char *rest;

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		if (strncasecmp(path, prefixes[i].begin, strlen(prefixes[i].begin)))
			continue;
		rest = path + strlen(prefixes[i].begin);
		return *prefixes[i].becomes ? put(out, prefixes[i].becomes, rest) : rest;
	}
	if (strncasecmp(path, device, sizeof device - 1))
		return path;
	rest = path + sizeof device - 1;
	rest += strspn(rest, "0123456789");
	return is_on_system_drive(rest) ? put(out, "C:", rest) : path;
}

static const char *
path_in_form(const char *path, struct buffer *out)
{
	if (*path == '\\' || *path == '%')
		return without_prefix(path, out);
	if (*path != '/' || !strstr(path, "//"))
		return path;
	buffer_clear(out);
	for (const char *at = path; *at; at++)
		if (at[0] != '/' || at[1] != '/')
			buffer_add_char(out, *at);
	return out->bytes;
}

static const char *
number_in_form(const char *value, bool is_hex, struct buffer *out)
{
	bool has_prefix = value[0] == '0' && (value[1] == 'x' || value[1] == 'X');
	uint64_t number;

	if (!text_parse_u64(value + 2 * has_prefix, strlen(value + 2 * has_prefix), has_prefix ? 16 : 10, &number))
		return value;
	buffer_clear(out);
	if (is_hex)
		buffer_add_format(out, "0x%llx", (unsigned long long)number);
	else
		buffer_add_u64(out, number);
	return out->bytes;
}

static const char *
lower(const char *value, size_t length, struct buffer *out)
{
	buffer_clear(out);
	for (size_t i = 0; i < length; i++)
		buffer_add_char(out, value[i] >= 'A' && value[i] <= 'Z' ? (char)(value[i] + 32) : value[i]);
	return out->bytes;
}

static const char *
level_in_form(const char *value)
{
	static const struct { const char *sid, *word; } levels[] = {
		{ "S-1-16-0", "Untrusted" }, { "S-1-16-4096", "Low" }, { "S-1-16-8192", "Medium" },
		{ "S-1-16-8448", "Medium" }, { "S-1-16-12288", "High" }, { "S-1-16-16384", "System" },
	};

	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		if (!strcasecmp(value, levels[i].sid))
			return levels[i].word;
	return value;
}

static bool
is_absent(const char *value)
{
	return !value || !*value || !strcmp(value, "-") || !strcmp(value, "(null)");
}

const char *
value_in_form(const char *value, enum value_form form, struct buffer *out)
{
	size_t length;

	if (is_absent(value))
		return NULL;
	length = strlen(value);
	switch (form) {
	case VALUE_TEXT:
		return value;
	case VALUE_PATH:
		return path_in_form(value, out);
	case VALUE_NUMBER:
		return number_in_form(value, false, out);
	case VALUE_HEX:
		return number_in_form(value, true, out);
	case VALUE_GUID:
		return value[0] == '{' && value[length - 1] == '}' ? lower(value + 1, length - 2, out) : lower(value, length, out);
	case VALUE_DIGEST:
		return strspn(value, "0") == length ? NULL : lower(value, length, out);
	case VALUE_LEVEL:
		return level_in_form(value);
	}
	return value;
}

static const char *
field_called(const struct event *event, const char *called)
{
	for (size_t i = 0; i < event->field_count; i++)
		if (!strcasecmp(event->fields[i].name, called) && !is_absent(event->fields[i].value))
			return event->fields[i].value;
	return NULL;
}

/* A name that means something else in this vocabulary is not taken for the one name: ProcessId of 4688 is the parent's. */
static bool
means_another(const struct vocabulary *vocabulary, const char *called, enum event_name name)
{
	enum event_name is;

	return vocabulary_find(vocabulary, called, &is) && is != name;
}

const char *
event_value(const struct event *event, enum event_name name, struct buffer *out)
{
	const struct vocabulary *vocabulary = event_vocabulary(event);
	const struct event_name_row *row = &event_name_rows[name];
	const char *value = name == EVENT_NAME_EventID ? event->id : name == EVENT_NAME_Provider_Name ? event->provider :
		name == EVENT_NAME_Channel ? event->channel : NULL;

	if (!value && !means_another(vocabulary, row->name, name))
		value = field_called(event, row->name);
	for (const struct vocabulary_word *word = vocabulary->words; !value && word->called; word++)
		if (word->is == name)
			value = field_called(event, word->called);
	return value_in_form(value, row->form, out);
}
