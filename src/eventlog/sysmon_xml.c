/*
 * sysmon_xml.c - an event of Sysmon for Linux as it stands in syslog and the journal (sysmonforlinux, manifest 5)
 *
 *	<Event><System><Provider Name="Linux-Sysmon" Guid="{ff032593-...}"/><EventID>1</EventID>...
 *	<TimeCreated SystemTime="2021-11-24T08:30:01.123456000Z"/>...<Computer>host</Computer></System>
 *	<EventData><Data Name="Image">/usr/sbin/setcap</Data><Data Name="CommandLine">setcap ...</Data></EventData></Event>
 *
 * Syslog daemons cut long lines: what stands before the cut is taken, and the field "truncated" says that it was.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "local_time.h"
#include "message.h"

/* What Sysmon calls its events. */
static enum event_kind
sysmon_kind(const char *id)
{
	static const struct { const char *id; enum event_kind kind; } kinds[] = {
		{ "1", EVENT_PROCESS_STARTED }, { "2", EVENT_FILE_CHANGED }, { "3", EVENT_NETWORK_CONNECTION },
		{ "4", EVENT_RECORD }, { "5", EVENT_PROCESS_ENDED }, { "6", EVENT_IMAGE_LOADED }, { "7", EVENT_IMAGE_LOADED },
		{ "11", EVENT_FILE_CREATED }, { "15", EVENT_FILE_CREATED }, { "22", EVENT_DNS_QUERY },
		{ "23", EVENT_FILE_DELETED }, { "26", EVENT_FILE_DELETED },
	};

	for (size_t i = 0; id && i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(id, kinds[i].id))
			return kinds[i].kind;
	return EVENT_RECORD;
}

/* One character reference at text; returns its length, 0 where it is none. */
static size_t
take_reference(const char *text, size_t length, struct buffer *out)
{
	static const struct { const char *name; char character; } names[] = {
		{ "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' }, { "&apos;", '\'' },
	};
	const char *end = memchr(text, ';', length < 12 ? length : 12);
	uint64_t number;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (length < strlen(names[i].name) || memcmp(text, names[i].name, strlen(names[i].name)))
			continue;
		buffer_add_char(out, names[i].character);
		return strlen(names[i].name);
	}
	if (!end || text[1] != '#')
		return 0;
	if (!(text[2] == 'x' ? text_parse_u64(text + 3, (size_t)(end - text) - 3, 16, &number) :
	    text_parse_u64(text + 2, (size_t)(end - text) - 2, 10, &number)) || !number || number > 0x10ffff)
		return 0;
	text_add_utf8(out, (uint32_t)number);
	return (size_t)(end - text) + 1;
}

static void
add_value(struct field_list *fields, const char *name, size_t name_length, const char *value, size_t length)
{
	struct buffer plain;

	buffer_init(&plain, 0);
	for (size_t at = 0; at < length; ) {
		size_t taken = value[at] == '&' ? take_reference(value + at, length - at, &plain) : 0;

		if (!taken)
			buffer_add_char(&plain, value[at]);
		at += taken ? taken : 1;
	}
	field_list_add(fields, name, name_length, plain.bytes, plain.length);
	buffer_release(&plain);
}

/* The value of an attribute within a tag, NULL. */
static const char *
attribute(const char *tag, size_t length, const char *name, size_t *ret_length)
{
	const char *at = memmem(tag, length, name, strlen(name)), *end;

	if (!at)
		return NULL;
	at += strlen(name);
	if ((size_t)(tag + length - at) < 2 || *at != '=' || (at[1] != '"' && at[1] != '\''))
		return NULL;
	end = memchr(at + 2, at[1], (size_t)(tag + length - at) - 2);
	if (!end)
		return NULL;
	*ret_length = (size_t)(end - at) - 2;
	return at + 2;
}

/* "Data Name="Image"" or "EventID": the name under which the text behind the tag is kept; NULL: it is not. */
static const char *
name_of(const char *tag, size_t length, size_t *ret_length)
{
	static const char *const kept[] = { "EventID", "Version", "Level", "Task", "Opcode", "Keywords", "EventRecordID",
		"Channel", "Computer", NULL };

	if (length > 5 && !memcmp(tag, "Data ", 5))
		return attribute(tag, length, "Name", ret_length);
	for (size_t i = 0; kept[i]; i++) {
		if (strlen(kept[i]) != length || memcmp(tag, kept[i], length))
			continue;
		*ret_length = length;
		return tag;
	}
	return NULL;
}

/* Attributes that stand for themselves. */
static void
take_attributes(struct field_list *fields, const char *tag, size_t length)
{
	static const struct { const char *tag, *attribute, *name; } kept[] = {
		{ "Provider ", "Name", "Provider_Name" }, { "Provider ", "Guid", "Provider_Guid" },
		{ "TimeCreated ", "SystemTime", "SystemTime" }, { "Security ", "UserId", "Security_UserId" },
		{ "Execution ", "ProcessID", "Execution_ProcessID" },
	};
	const char *value;
	size_t value_length;

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		if (length < strlen(kept[i].tag) || memcmp(tag, kept[i].tag, strlen(kept[i].tag)))
			continue;
		value = attribute(tag, length, kept[i].attribute, &value_length);
		if (value)
			add_value(fields, kept[i].name, strlen(kept[i].name), value, value_length);
	}
}

struct message_meaning
sysmon_read(struct field_list *fields, const char *xml)
{
	struct message_meaning meaning = { .kind = EVENT_RECORD, .provider = "Linux-Sysmon",
		.channel = "Linux-Sysmon/Operational", .id = "EventID", .user = "User" };
	const char *time;
	bool is_whole = text_has_suffix(xml, "</Event>");

	while ((xml = strchr(xml, '<'))) {
		const char *close = strchr(++xml, '>'), *name, *end;
		size_t name_length = 0;

		if (!close)
			break;
		name = name_of(xml, (size_t)(close - xml), &name_length);
		take_attributes(fields, xml, (size_t)(close - xml));
		xml = close + 1;
		if (!name || close[-1] == '/')
			continue;
		end = strchr(xml, '<');
		add_value(fields, name, name_length, xml, end ? (size_t)(end - xml) : strlen(xml));
	}
	if (!is_whole)
		field_list_add_text(fields, "truncated", "yes");
	time = field_list_value(fields, "SystemTime");
	if (time)
		zoned_time_read(time, &meaning.time);
	meaning.kind = sysmon_kind(field_list_value(fields, "EventID"));
	meaning.object = meaning.kind == EVENT_FILE_CREATED || meaning.kind == EVENT_FILE_DELETED ||
		meaning.kind == EVENT_FILE_CHANGED ? "TargetFilename" : meaning.kind == EVENT_NETWORK_CONNECTION ?
		"DestinationIp" : "Image";
	meaning.subject = meaning.kind == EVENT_PROCESS_STARTED ? "ParentImage" : "Image";
	return meaning;
}
