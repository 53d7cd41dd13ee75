/* evtx_event.c - what a record of a Windows event log says, as an event: kind, who, what, when. */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/text.h>

#include "evtx_event.h"

static const struct kind_row {
	const char *provider;
	const char *id;
	enum event_kind kind;
	const char *subject, *object, *user;
} rows[] = {
#define EVTX_KIND(provider, id, kind, subject, object, user) { provider, #id, EVENT_##kind, subject, object, user },
#include "evtx_kind.def"
#undef EVTX_KIND
};

static const char *
field(const struct event *event, const char *name)
{
	for (size_t i = 0; name && i < event->field_count; i++)
		if (!strcmp(event->fields[i].name, name))
			return event->fields[i].value;
	return NULL;
}

/* "-" and nothing stand for what was not known. */
static const char *
known_field(const struct event *event, const char *name)
{
	const char *value = field(event, name);

	return value && *value && strcmp(value, "-") != 0 ? value : NULL;
}

static const struct kind_row *
find_row(const struct event *event)
{
	for (size_t i = 0; event->provider && event->id && i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(event->id, rows[i].id) && !strcmp(event->provider, rows[i].provider))
			return &rows[i];
	return NULL;
}

/* Rights of files (winnt.h): what was done with them, the gravest first. */
static enum event_kind
kind_of_access(const struct event *event)
{
	enum {
		WRITE_DATA = 0x2, APPEND_DATA = 0x4, WRITE_EA = 0x10, DELETE_CHILD = 0x40, WRITE_ATTRIBUTES = 0x100,
		DELETE = 0x10000, WRITE_DAC = 0x40000, WRITE_OWNER = 0x80000,
	};
	const char *type = field(event, "ObjectType"), *mask = field(event, "AccessMask");
	uint64_t rights = 0;

	if (!type || strcmp(type, "File") != 0)
		return EVENT_RECORD;
	if (mask && text_has_prefix(mask, "0x") && !text_parse_u64(mask + 2, strlen(mask) - 2, 16, &rights))
		rights = 0;
	if (rights & (DELETE | DELETE_CHILD))
		return EVENT_FILE_DELETED;
	if (rights & (WRITE_DATA | APPEND_DATA | WRITE_EA | WRITE_ATTRIBUTES | WRITE_DAC | WRITE_OWNER))
		return EVENT_FILE_CHANGED;
	return EVENT_FILE_ACCESSED;
}

static void
set_time(const struct evtx_binxml *xml, uint64_t written, struct event *event)
{
	const char *text = xml->system[EVTX_TIME];

	event->time = xml->time;
	if (!timestamp_is_recorded(&event->time) && (!text || !timestamp_parse(text, strlen(text), &event->time))) {
		event->time = evtx_filetime(written);
		event->time_source = "time of writing of the record";
	}
}

/* Defender: "containerfile:_C:\a.zip; file:_C:\a.zip->b.exe": the path of the first file, of that what lies on the disk. */
static const char *
reported_file(const char *path, struct buffer *out)
{
	static const char scheme[] = "file:_";
	const char *begin = path && text_has_prefix(path, scheme) ? path : path ? strstr(path, "; file:_") : NULL;
	const char *arrow;
	size_t length;

	if (!begin)
		return path;
	begin = strstr(begin, scheme) + strlen(scheme);
	length = strcspn(begin, ";");
	arrow = strstr(begin, "->");
	if (arrow && (size_t)(arrow - begin) < length)
		length = (size_t)(arrow - begin);
	buffer_clear(out);
	buffer_add(out, begin, length);
	return out->bytes;
}

void
evtx_event_fill(const struct evtx_binxml *xml, uint64_t written, struct buffer *object, struct event *ret_event)
{
	const struct kind_row *row;
	const char *number = xml->system[EVTX_RECORD_ID];

	ret_event->kind = EVENT_RECORD;
	ret_event->provider = xml->system[EVTX_PROVIDER];
	ret_event->id = xml->system[EVTX_ID];
	ret_event->channel = xml->system[EVTX_CHANNEL];
	ret_event->user = xml->system[EVTX_USER];
	ret_event->fields = xml->fields;
	ret_event->field_count = xml->field_count;
	set_time(xml, written, ret_event);
	if (number && !text_parse_u64(number, strlen(number), 10, &ret_event->at.record_id))
		ret_event->at.record_id = 0;
	row = find_row(ret_event);
	if (!row)
		return;
	ret_event->kind = row->kind == EVENT_FILE_ACCESSED ? kind_of_access(ret_event) : row->kind;
	ret_event->subject = known_field(ret_event, row->subject);
	ret_event->object = known_field(ret_event, row->object);
	if (row->kind == EVENT_DETECTION)
		ret_event->object = reported_file(ret_event->object, object);
	if (row->kind == EVENT_LOG_CLEARED && !ret_event->object)
		ret_event->object = ret_event->channel;
	if (known_field(ret_event, row->user))
		ret_event->user = known_field(ret_event, row->user);
}
