/*
 * export.c - records of other products, given beside the image: --events FILE
 *
 *	Timestamp,DeviceName,ActionType,FileName,FolderPath,SHA1,...		Defender's advanced hunting, Sentinel
 *	{"Timestamp":"2024-08-05T13:23:45.678Z","DeviceName":"pc1","ActionType":"ProcessCreated",...}
 *	{"event_type":9,"global_seq_num":7,"time":"...","event":{"exec":{"target":{"executable":{"path":"/bin/ls"}}}},...}
 *
 * What a file is is told by the names of its fields (export.def), never by its own name.  JSON may be one record a line, a
 * list, or a list within an object ("Results", "value", "records", "items"); names of members within members are
 * joined with dots.
 */
#include <string.h>

#include <t1554triage/event_vocabulary.h>
#include <t1554triage/json_reader.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "csv_rows.h"
#include "damaged_lines.h"
#include "export.h"
#include "hids_alert.h"
#include "local_time.h"

static const struct export_row { const char *provider, *channel, *needs, *also, *time, *id; } formats[] = {
#define EXPORT(provider, channel, needs, also, time, id) { provider, channel, needs, also, time, id },
#include "export.def"
#undef EXPORT
};

static const struct { const char *provider, *word, *channel; enum event_kind kind; } actions[] = {
#define EXPORT_ACTION(provider, word, channel, kind) { provider, word, channel, EVENT_##kind },
#include "export_action.def"
#undef EXPORT_ACTION
};

struct export {
	const struct event_sink *out;
	const struct notes      *notes;
	struct field_list        fields;
	struct buffer            name, object, subject, user, joined, word;
	struct place             at;
	struct damaged_lines     damaged;
	struct json_record       record;	/* of JSON: the last one */
	uint64_t                 records, timeless, cut;
	bool                     is_over;
};

/* ---- a record ---- */

static const struct export_row *
row_of(const struct field_list *fields)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (field_list_value(fields, formats[i].needs) && (!formats[i].also || field_list_value(fields, formats[i].also)))
			return &formats[i];
	return NULL;
}

/* eslogger calls the event by a number that changes, and by the one member that "event" has. */
static void
set_word(struct export *export, const struct export_row *row)
{
	const char *word = row->id ? field_list_value(&export->fields, row->id) : NULL;

	for (size_t i = 0; !row->id && !word && i < export->fields.count; i++)
		if (text_has_prefix(export->fields.texts.bytes + export->fields.items[i].name, "event."))
			word = export->fields.texts.bytes + export->fields.items[i].name + 6;
	buffer_clear(&export->word);
	if (word)
		buffer_add(&export->word, word, row->id ? strlen(word) : strcspn(word, "."));
}

static void
set_kind(const struct export *export, const struct export_row *row, struct event *event)
{
	const char *table = field_list_value(&export->fields, "Type");

	event->channel = row->channel ? row->channel : !strcmp(row->provider, "Defender") ? "DeviceEvents" : NULL;
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(actions[i].provider, row->provider) || strcmp(actions[i].word, export->word.bytes))
			continue;
		event->kind = actions[i].kind;
		event->channel = actions[i].channel;
	}
	/* A table of Sentinel says its name in each row. */
	if (table && !strcmp(row->provider, "Defender") && text_has_prefix(table, "Device"))
		event->channel = table;
}

/* The arguments of a list as one line; the folder and the name of a file that is new as one path. */
static void
add_joined(struct export *export)
{
	const char *folder = field_list_value(&export->fields, "event.create.destination.new_path.dir.path");
	const char *name = field_list_value(&export->fields, "event.create.destination.new_path.filename");

	if (!folder) {
		folder = field_list_value(&export->fields, "event.rename.destination.new_path.dir.path");
		name = field_list_value(&export->fields, "event.rename.destination.new_path.filename");
	}
	buffer_clear(&export->joined);
	if (folder && name) {
		buffer_add_format(&export->joined, "%s/%s", folder, name);
		field_list_add_text(&export->fields, "TargetFilename", export->joined.bytes);
	}
	buffer_clear(&export->joined);
	for (size_t i = 0; i < export->fields.count; i++) {
		if (strcmp(export->fields.texts.bytes + export->fields.items[i].name, "event.exec.args"))
			continue;
		if (export->joined.length)
			buffer_add_char(&export->joined, ' ');
		buffer_add_text(&export->joined, export->fields.texts.bytes + export->fields.items[i].value);
	}
	if (export->joined.length)
		field_list_add_text(&export->fields, "CommandLine", export->joined.bytes);
}

/* Who, and what, by the kind of the event; the texts may lie in the buffers. */
static void
set_parts(struct export *export, struct event *event)
{
	enum event_name object = EVENT_NAME_TargetFilename, subject = EVENT_NAME_Image;

	if (event->kind == EVENT_RECORD || event->kind == EVENT_LOGON)
		return;
	if (event->kind == EVENT_PROCESS_STARTED) {
		object = EVENT_NAME_Image;
		/* Of an exec the process that called it is the one before. */
		subject = strcmp(event->provider, "EndpointSecurity") ? EVENT_NAME_ParentImage : EVENT_NAME_COUNT;
	} else if (event->kind == EVENT_IMAGE_LOADED) {
		object = EVENT_NAME_ImageLoaded;
	} else if (event->kind == EVENT_NETWORK_CONNECTION) {
		object = EVENT_NAME_DestinationIp;
	} else if (event->kind == EVENT_DETECTION) {
		subject = EVENT_NAME_ThreatName;
	}
	event->object = event_value(event, object, &export->object);
	event->subject = subject == EVENT_NAME_COUNT ? field_list_value(&export->fields, "process.executable.path") :
		event_value(event, subject, &export->subject);
}

/* An alert says in words what it is about. */
static void
set_alert(struct export *export, struct event *event)
{
	struct message_meaning meaning = hids_alert_read(&export->fields, field_list_value(&export->fields, "full_log"),
		field_list_value(&export->fields, "rule.description"));

	hids_alert_keep_local(&meaning, field_list_value(&export->fields, "agent.id"));
	message_lend(&export->fields, &meaning, event);
}

static void
hand_out(struct export *export)
{
	struct event event = { .kind = EVENT_RECORD, .at = export->at };
	const struct export_row *row = row_of(&export->fields);
	const char *time;

	if (export->records++ >= limit_get(LIMIT_EVENTS)) {
		export->is_over = true;
		return;
	}
	if (!row) {
		damaged_lines_add(&export->damaged, export->at.line);
		return;
	}
	event.time_source = strcmp(row->provider, "Wazuh") ? "the export" : "the alert";
	set_word(export, row);
	add_joined(export);
	time = field_list_value(&export->fields, row->time);
	if (!time)
		time = field_list_value(&export->fields, "TimeGenerated");
	if (time && !zoned_time_read(time, &event.time) && !epoch_time_read(time, &event.time)) {
		damaged_lines_add(&export->damaged, export->at.line);
		return;
	}
	export->timeless += !time;
	event.provider = row->provider;
	event.id = export->word.length ? export->word.bytes : NULL;
	set_kind(export, row, &event);
	if (!strcmp(row->provider, "Wazuh")) {
		set_alert(export, &event);
	} else {
		field_list_lend(&export->fields, &event);
		set_parts(export, &event);
	}
	event.user = event_value(&event, EVENT_NAME_User, &export->user);
	export->cut += export->fields.cut;
	export->out->event(export->out->context, &event);
}

/* ---- separated values ---- */

/* "TimeGenerated [UTC]", " FileName": as the portals write them. */
static void
add_named(struct export *export, const char *name, const char *value)
{
	size_t length;

	name += strspn(name, " ");
	length = strlen(name);
	if (length > 6 && !strcmp(name + length - 6, " [UTC]"))
		length -= 6;
	while (length && name[length - 1] == ' ')
		length--;
	if (*value)
		field_list_add(&export->fields, name, length, value, strlen(value));
}

/* The text ends for its readers where a read failed. */
static enum status
note_failed_read(const struct export *export, enum status status)
{
	return status >= STATUS_OK ? STATUS_OK : note(export->notes, status, NOTE_ARTIFACT_UNREADABLE, &export->at,
		"%s could not be read to its end: records behind what was read are missing", export->at.path);
}

/* Values without a name are of no row of this file. */
static bool
is_damaged(const struct csv_rows *rows, const struct csv_rows *names)
{
	if (rows->broken || (rows->is_last && rows->count < names->count))
		return true;
	for (size_t i = names->count; i < rows->count; i++)
		if (*csv_rows_value(rows, i))
			return true;
	return false;
}

/* The names once more, where files were put together. */
static bool
is_heading(const struct csv_rows *rows, const struct csv_rows *names)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(csv_rows_value(rows, i), csv_rows_value(names, i)))
			return false;
	return true;
}

/* The names of the first row; each row's values under them. */
static enum status
read_csv(struct export *export, struct source *source)
{
	struct csv_rows names, rows;
	enum status status;

	csv_rows_init(&names, source);
	csv_rows_next(&names);
	csv_rows_init(&rows, source);
	csv_rows_next(&rows);
	while (!export->is_over && csv_rows_next(&rows)) {
		field_list_clear(&export->fields);
		for (size_t i = 0; i < names.count && i < rows.count; i++)
			add_named(export, csv_rows_value(&names, i), csv_rows_value(&rows, i));
		export->at.line = rows.line;
		if (is_damaged(&rows, &names)) {
			damaged_lines_add(&export->damaged, rows.line);
		} else if (export->fields.count && !is_heading(&rows, &names)) {
			export->fields.cut |= rows.cut;
			hand_out(export);
		}
	}
	status = note_failed_read(export, status_worse(names.bytes.status, rows.bytes.status));
	csv_rows_release(&names);
	csv_rows_release(&rows);
	return status;
}

/* ---- JSON ---- */

static bool take_value(struct export *export, struct json_reader *reader, enum json_event event);

/* Members of an object that was begun; false where the text is broken. */
static bool
take_members(struct export *export, struct json_reader *reader)
{
	enum json_event event;

	while ((event = json_reader_next(reader)) == JSON_NAME) {
		size_t length = export->name.length;

		if (length)
			buffer_add_char(&export->name, '.');
		buffer_add(&export->name, reader->text.bytes, reader->text.length);
		if (!take_value(export, reader, json_reader_next(reader)))
			return false;
		buffer_truncate(&export->name, length);
	}
	return event == JSON_END_OBJECT;
}

static void
add_json(struct export *export, const char *value, size_t length)
{
	field_list_add(&export->fields, export->name.bytes, export->name.length, value, length);
}

static bool
take_value(struct export *export, struct json_reader *reader, enum json_event event)
{
	switch (event) {
	case JSON_BEGIN_OBJECT:
		return take_members(export, reader);
	case JSON_BEGIN_LIST:
		while ((event = json_reader_next(reader)) != JSON_END_LIST)
			if (!take_value(export, reader, event))
				return false;
		return true;
	case JSON_TEXT:
	case JSON_NUMBER:
		add_json(export, reader->text.bytes, reader->text.length);
		return true;
	case JSON_TRUE:
	case JSON_FALSE:
		add_json(export, event == JSON_TRUE ? "true" : "false", event == JSON_TRUE ? 4 : 5);
		return true;
	case JSON_NULL:
		return true;
	default:
		return false;
	}
}

static bool
take_record(struct export *export, struct json_reader *reader)
{
	json_record_begin(reader, &export->record);
	field_list_clear(&export->fields);
	buffer_clear(&export->name);
	export->at.line = reader->line;
	if (!take_members(export, reader))
		return false;
	json_record_end(reader, &export->record);
	hand_out(export);
	return true;
}

/* Behind what is broken, where the next record can be told: those in between are lost. */
static bool
go_on(struct export *export, struct json_reader *reader)
{
	uint64_t line = export->record.is_whole ? reader->line : export->record.line;

	if (!json_reader_resume(reader, &export->record))
		return false;
	damaged_lines_add(&export->damaged, line);
	return true;
}

static bool
take_list(struct export *export, struct json_reader *reader)
{
	enum json_event event;

	while (!export->is_over && (event = json_reader_next(reader)) != JSON_END_LIST)
		if ((event != JSON_BEGIN_OBJECT || !take_record(export, reader)) && !go_on(export, reader))
			return false;
	return true;
}

static bool
is_wrapper(const char *name)
{
	static const char *const names[] = { "Results", "results", "value", "records", "items", NULL };

	for (size_t i = 0; names[i]; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* One record, or an object around a list of them: told by the list that comes first. */
static bool
take_top(struct export *export, struct json_reader *reader)
{
	enum json_event event = JSON_BROKEN;
	bool is_list = false;

	json_record_begin(reader, &export->record);
	field_list_clear(&export->fields);
	buffer_clear(&export->name);
	export->at.line = reader->line;
	while (!export->is_over && (event = json_reader_next(reader)) == JSON_NAME) {
		bool may_hold = is_wrapper(reader->text.bytes);

		buffer_clear(&export->name);
		buffer_add(&export->name, reader->text.bytes, reader->text.length);
		event = json_reader_next(reader);
		if (may_hold && event == JSON_BEGIN_LIST) {
			is_list = true;
			if (!take_list(export, reader))
				return false;
		} else if (!take_value(export, reader, event)) {
			return false;
		}
	}
	if (event == JSON_END_OBJECT && !is_list) {
		json_record_end(reader, &export->record);
		hand_out(export);
	}
	return export->is_over || event == JSON_END_OBJECT;
}

static enum status
read_json(struct export *export, struct source *source)
{
	struct json_reader *reader = memory_allocate(1, sizeof *reader);
	enum status status = STATUS_OK;
	enum json_event event = JSON_END;
	bool whole = true;

	json_reader_init(reader, source);
	export->record = (struct json_record){ .begins_line = false };
	while (whole && !export->is_over && (event = json_reader_next(reader)) != JSON_END)
		whole = (event == JSON_BEGIN_OBJECT ? take_top(export, reader) : event == JSON_BEGIN_LIST &&
			take_list(export, reader)) || go_on(export, reader);
	export->at.line = reader->line;
	if (!whole)
		status = note(export->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &export->at,
			"the export %s is broken in line %llu: what follows is not read (%s)", export->at.path,
			(unsigned long long)reader->line, reader->why ? reader->why : "a value stands where a record is expected");
	status = status_worse(status, note_failed_read(export, reader->bytes.status));
	json_reader_release(reader);
	memory_free(reader);
	return status;
}

/* ---- files ---- */

static bool
is_json(const uint8_t *bytes, size_t length)
{
	size_t at = length >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3) ? 3 : 0;

	while (at < length && strchr(" \t\r\n", bytes[at]) && bytes[at])
		at++;
	return at < length && (bytes[at] == '{' || bytes[at] == '[');
}

static enum status
note_what_is_lost(struct export *export)
{
	enum status status;

	export->at.line = 0;
	status = damaged_lines_note(&export->damaged, &export->at, export->notes, "could not be read as records of an export "
		"that this version knows (t1554triage list exports), with a time: what they recorded is missing from the examination");
	if (export->timeless)
		note(export->notes, STATUS_OK, NOTE_ARTIFACT_LINE, &export->at,
			"%llu records of %s bear no time", (unsigned long long)export->timeless, export->at.path);
	if (export->cut || export->is_over)
		status = note(export->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &export->at,
			"%llu records of %s were cut%s (limits events, event-fields, event-bytes)",
			(unsigned long long)export->cut, export->at.path, export->is_over ? ", and those behind a limit left out" : "");
	return status;
}

static enum status
read_export(struct export *export, const struct artifact *artifact)
{
	struct source *source;
	uint8_t head[512];
	size_t length = 0;
	enum status status = artifact_open(artifact, export->notes, &source);

	if (status != STATUS_OK && status != STATUS_DAMAGED)
		return status;
	export->at = artifact->place;
	export->timeless = export->cut = 0;
	status = status_worse(status, note_failed_read(export, source_read(source, 0, head, sizeof head, &length)));
	status = status_worse(status, is_json(head, length) ? read_json(export, source) : read_csv(export, source));
	source_close(source);
	return status_worse(status, note_what_is_lost(export));
}

static void
count_records(void *context, const struct event *event)
{
	uint64_t *count = context;

	(void)event;
	++*count;
}

static void
keep_quiet(void *context, const struct note *note)
{
	(void)context;
	(void)note;
}

static struct buffer *const *
buffers_of(struct export *export, struct buffer *list[7])
{
	struct buffer *const all[] = { &export->name, &export->object, &export->subject, &export->user, &export->joined,
		&export->word, NULL };

	memcpy(list, all, sizeof all);
	return list;
}

static void
export_init(struct export *export)
{
	struct buffer *list[7];

	field_list_init(&export->fields);
	for (struct buffer *const *buffer = buffers_of(export, list); *buffer; buffer++)
		buffer_init(*buffer, (size_t)limit_get(LIMIT_EVENT_BYTES));
}

static void
export_release(struct export *export)
{
	struct buffer *list[7];

	field_list_release(&export->fields);
	for (struct buffer *const *buffer = buffers_of(export, list); *buffer; buffer++)
		buffer_release(*buffer);
}

bool
export_is_known(struct source *head)
{
	uint64_t known = 0;
	const struct event_sink count = { count_records, &known };
	const struct notes quiet = { keep_quiet, NULL };
	struct export export = { .out = &count, .notes = &quiet };
	uint8_t bytes[512];
	size_t length = 0;

	export_init(&export);
	source_read(head, 0, bytes, sizeof bytes, &length);
	if (is_json(bytes, length))
		read_json(&export, head);
	else
		read_csv(&export, head);
	export_release(&export);
	return known > 0;
}

enum status
export_parse(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct export export = { .out = out, .notes = notes };
	enum status status = STATUS_OK;

	export_init(&export);
	for (size_t i = 0; i < group->count && !export.is_over; i++)
		status = status_worse(status, read_export(&export, &group->items[i]));
	export_release(&export);
	return status;
}

const struct eventlog_driver export_eventlog = {
	.name        = "export",
	.description = "records of other products that are given beside the image (--events)",
	.files       = (const char *const[]){ "/given/*", NULL },
	.is_given    = true,
	.is_not_rotated = true,
	.parse       = export_parse,
};
