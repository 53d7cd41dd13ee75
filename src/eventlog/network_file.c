/*
 * network_file.c - records of traffic that sensors beside the host made: --network FILE
 *
 * Zeek (docs.zeek.org, "Zeek Log Formats"; conn.log, dns.log), separated by what its header says, or JSON:
 *	#separator \x09
 *	#unset_field	-
 *	#path	conn
 *	#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto ...
 *	1714557600.123456	CHhAvVGS1DHFjwGM9	192.0.2.5	49700	198.51.100.7	443	tcp ...
 *	{"ts":1714557600.123456,"uid":"CHhAvVGS1DHFjwGM9","id.orig_h":"192.0.2.5",...}
 * Flows as rows under a heading: nfdump -o csv (ts,te,td,sa,da,sp,dp,pr ... or firstSeen,...,srcAddr,dstAddr), rwcut of
 * SiLK (sIP|dIP|sPort|dPort|pro|...|sTime), and what others call source and destination:
 *	start_time,src_ip,src_port,dst_ip,dst_port,protocol
 *
 * What a file is is told by its content.  Times are seconds since 1970, RFC 3339, or dates without a zone: SiLK's are UTC,
 * others are taken for the host's zone, which their time source says.
 */
#include <string.h>

#include <arpa/inet.h>

#include <t1554triage/json_reader.h>
#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "csv_rows.h"
#include "damaged_lines.h"
#include "field_list.h"
#include "local_time.h"

enum { COLUMNS_MAX = 256, PLAIN_SIZE = 40 };

enum meaning { MEANS_NOTHING, MEANS_TIME, MEANS_SOURCE, MEANS_SOURCE_PORT, MEANS_DESTINATION, MEANS_DESTINATION_PORT,
	MEANS_PROTOCOL, MEANING_COUNT };

/* Headings in lower case without their punctuation. */
static const struct { const char *heading; enum meaning meaning; } headings[] = {
	{ "ts", MEANS_TIME }, { "firstseen", MEANS_TIME }, { "stime", MEANS_TIME }, { "start", MEANS_TIME }, { "starttime", MEANS_TIME },
	{ "time", MEANS_TIME }, { "timestamp", MEANS_TIME }, { "datetime", MEANS_TIME }, { "flowstart", MEANS_TIME },
	{ "flowstartmilliseconds", MEANS_TIME }, { "flowstartseconds", MEANS_TIME }, { "date", MEANS_TIME },
	{ "sa", MEANS_SOURCE }, { "srcaddr", MEANS_SOURCE }, { "sip", MEANS_SOURCE }, { "srcip", MEANS_SOURCE },
	{ "sourceip", MEANS_SOURCE }, { "sourceaddress", MEANS_SOURCE }, { "srcaddress", MEANS_SOURCE },
	{ "sourceipv4address", MEANS_SOURCE }, { "ipv4srcaddr", MEANS_SOURCE }, { "src", MEANS_SOURCE }, { "saddr", MEANS_SOURCE },
	{ "sp", MEANS_SOURCE_PORT }, { "srcport", MEANS_SOURCE_PORT }, { "sport", MEANS_SOURCE_PORT },
	{ "sourceport", MEANS_SOURCE_PORT }, { "sourcetransportport", MEANS_SOURCE_PORT }, { "l4srcport", MEANS_SOURCE_PORT },
	{ "da", MEANS_DESTINATION }, { "dstaddr", MEANS_DESTINATION }, { "dip", MEANS_DESTINATION }, { "dstip", MEANS_DESTINATION },
	{ "destinationip", MEANS_DESTINATION }, { "destip", MEANS_DESTINATION }, { "destinationaddress", MEANS_DESTINATION },
	{ "dstaddress", MEANS_DESTINATION }, { "destinationipv4address", MEANS_DESTINATION }, { "ipv4dstaddr", MEANS_DESTINATION },
	{ "dst", MEANS_DESTINATION }, { "daddr", MEANS_DESTINATION },
	{ "dp", MEANS_DESTINATION_PORT }, { "dstport", MEANS_DESTINATION_PORT }, { "dport", MEANS_DESTINATION_PORT },
	{ "destinationport", MEANS_DESTINATION_PORT }, { "destport", MEANS_DESTINATION_PORT },
	{ "destinationtransportport", MEANS_DESTINATION_PORT }, { "l4dstport", MEANS_DESTINATION_PORT },
	{ "pr", MEANS_PROTOCOL }, { "proto", MEANS_PROTOCOL }, { "protocol", MEANS_PROTOCOL }, { "pro", MEANS_PROTOCOL },
	{ "protocolidentifier", MEANS_PROTOCOL },
};

static const char *const meaning_names[MEANING_COUNT] = {
	[MEANS_SOURCE] = "SourceIp", [MEANS_SOURCE_PORT] = "SourcePort", [MEANS_DESTINATION] = "DestinationIp",
	[MEANS_DESTINATION_PORT] = "DestinationPort", [MEANS_PROTOCOL] = "Protocol",
};

struct network_file {
	const struct event_sink *out;
	const struct notes      *notes;
	struct field_list        fields;
	struct place             at;
	struct buffer            name, words, path;
	/* of a text with a header of Zeek */
	char                     separator;
	struct buffer            unset, empty;
	char                    *columns[COLUMNS_MAX];
	size_t                   column_count;
	struct arena             texts;
	struct damaged_lines     damaged;
	uint64_t                 records, others, cut;
	bool                     is_over, is_utc;
};

/* ---- an event ---- */

static bool
read_time(const char *text, bool is_utc, struct timestamp *ret_time)
{
	const char *end = epoch_time_read(text, ret_time);
	char date[64];

	if (end && !*end)
		return true;
	if (strlen(text) >= sizeof date)
		return false;
	memcpy(date, text, strlen(text) + 1);
	if (strlen(date) > 10 && date[4] == '/' && date[7] == '/')	/* SiLK */
		date[4] = date[7] = '-';
	if (!zoned_time_read(date, ret_time) && !local_time_read(date, ret_time))
		return false;
	if (is_utc)
		ret_time->local = false;
	return true;
}

/* Of either version; "fe80::1%eth0" has its zone behind it. */
static bool
is_address(const char *text)
{
	char plain[INET6_ADDRSTRLEN];
	uint8_t bytes[sizeof(struct in6_addr)];
	size_t length = strcspn(text, "%");

	if (length >= sizeof plain)
		return false;
	memcpy(plain, text, length);
	plain[length] = '\0';
	return inet_pton(AF_INET, plain, bytes) == 1 || inet_pton(AF_INET6, plain, bytes) == 1;
}

static bool
has_room(struct network_file *file)
{
	if (file->records++ < limit_get(LIMIT_EVENTS))
		return true;
	file->is_over = true;
	return false;
}

static void
hand_out(struct network_file *file, struct event *event)
{
	event->at = file->at;
	file->cut += file->fields.cut;
	file->out->event(file->out->context, event);
}

/* What Zeek saw: a connection, a question, or one of its other logs. */
static void
hand_out_zeek(struct network_file *file)
{
	struct event event = { .kind = EVENT_RECORD, .provider = "Zeek" };
	const char *time, *query, *originator, *responder, *path;

	if (!has_room(file))
		return;
	time = field_list_value(&file->fields, "ts");
	query = field_list_value(&file->fields, "query");
	responder = field_list_value(&file->fields, "id.resp_h");
	path = file->path.length ? file->path.bytes : field_list_value(&file->fields, "_path");
	originator = field_list_value(&file->fields, "id.orig_h");
	if (!time || !read_time(time, file->is_utc, &event.time) || (originator && !is_address(originator)) ||
	    (responder && !is_address(responder)) || (path && !strcmp(path, "conn") && (!originator || !responder))) {
		damaged_lines_add(&file->damaged, file->at.line);
		return;
	}
	if (!originator) {
		file->others++;
		return;
	}
	if (!path)
		path = field_list_value(&file->fields, "conn_state") || field_list_value(&file->fields, "orig_bytes") ? "conn" :
			field_list_value(&file->fields, "qtype_name") || query ? "dns" : "log";
	if (!strcmp(path, "conn") && responder)
		event.kind = EVENT_NETWORK_CONNECTION;
	else if (!strcmp(path, "dns") && query)
		event.kind = EVENT_DNS_QUERY;
	field_list_lend(&file->fields, &event);
	event.channel = path;
	event.id = path;
	event.subject = originator;
	event.object = event.kind == EVENT_DNS_QUERY ? query : responder;
	hand_out(file, &event);
}

/* ---- Zeek's text ---- */

/* "\x09" or the byte itself. */
static char
separator_of(const char *text)
{
	uint8_t byte = 0;

	text += strspn(text, " ");
	if (text[0] == '\\' && text[1] == 'x' && strlen(text) >= 4 && text_parse_hex(text + 2, 2, &byte) && byte)
		return (char)byte;
	return *text ? *text : '\t';
}

/* A comment of somebody is text, what lies where a disk lost its blocks is not. */
static bool
is_text(const struct network_file *file, const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((uint8_t)line[i] < ' ' && line[i] != '\t' && line[i] != file->separator)
			return false;
	return true;
}

/* A line of the header; values follow the separator. */
static void
take_header(struct network_file *file, char *line)
{
	char *value = strchr(line, file->separator);

	if (text_has_prefix(line, "#separator")) {
		file->separator = separator_of(line + strlen("#separator"));
		return;
	}
	if (!value)
		return;
	*value++ = '\0';
	if (!strcmp(line, "#path")) {
		buffer_clear(&file->path);
		buffer_add_text(&file->path, value);
	} else if (!strcmp(line, "#unset_field")) {
		buffer_clear(&file->unset);
		buffer_add_text(&file->unset, value);
	} else if (!strcmp(line, "#empty_field")) {
		buffer_clear(&file->empty);
		buffer_add_text(&file->empty, value);
	} else if (!strcmp(line, "#fields")) {
		file->column_count = 0;
		for (char *next; value && file->column_count < COLUMNS_MAX; value = next) {
			next = strchr(value, file->separator);
			if (next)
				*next++ = '\0';
			file->columns[file->column_count++] = arena_copy_text(&file->texts, value);
		}
	}
}

static void
take_row(struct network_file *file, char *line)
{
	char *value = line;
	size_t i = 0;

	field_list_clear(&file->fields);
	for (char *next; value && i < file->column_count; value = next, i++) {
		next = strchr(value, file->separator);
		if (next)
			*next++ = '\0';
		if (strcmp(value, file->unset.bytes) && strcmp(value, file->empty.bytes))
			field_list_add_text(&file->fields, file->columns[i], value);
	}
	if (value || i < file->column_count)
		damaged_lines_add(&file->damaged, file->at.line);
	else
		hand_out_zeek(file);
}

static void
begin_zeek(struct network_file *file)
{
	file->separator = '\t';
	file->column_count = 0;
	buffer_clear(&file->path);
	buffer_clear(&file->unset);
	buffer_add_char(&file->unset, '-');
	buffer_clear(&file->empty);
	buffer_add_text(&file->empty, "(empty)");
}

static enum status
read_zeek(struct network_file *file, struct source *source)
{
	struct line_reader reader;
	enum status status;
	size_t length;
	char *line;

	begin_zeek(file);
	line_reader_init(&reader, source, &file->at, file->notes);
	while (!file->is_over && line_reader_next(&reader, &line, &length)) {
		file->at.line = reader.line;
		if (*line == '#' && is_text(file, line, length))
			take_header(file, line);
		else if (length && (!file->column_count || memchr(line, '\0', length)))
			damaged_lines_add(&file->damaged, reader.line);
		else if (length)
			take_row(file, line);
	}
	status = reader.status;
	line_reader_release(&reader);
	return status;
}

/* ---- JSON, one record a line; members within members are joined with dots ---- */

static bool take_value(struct network_file *file, struct json_reader *reader, enum json_event event);

static bool
take_members(struct network_file *file, struct json_reader *reader)
{
	enum json_event event;

	while ((event = json_reader_next(reader)) == JSON_NAME) {
		size_t length = file->name.length;

		if (length)
			buffer_add_char(&file->name, '.');
		buffer_add(&file->name, reader->text.bytes, reader->text.length);
		if (!take_value(file, reader, json_reader_next(reader)))
			return false;
		buffer_truncate(&file->name, length);
	}
	return event == JSON_END_OBJECT;
}

static bool
take_value(struct network_file *file, struct json_reader *reader, enum json_event event)
{
	switch (event) {
	case JSON_BEGIN_OBJECT:
		return take_members(file, reader);
	case JSON_BEGIN_LIST:
		while ((event = json_reader_next(reader)) != JSON_END_LIST)
			if (!take_value(file, reader, event))
				return false;
		return true;
	case JSON_TEXT:
	case JSON_NUMBER:
		field_list_add(&file->fields, file->name.bytes, file->name.length, reader->text.bytes, reader->text.length);
		return true;
	case JSON_TRUE:
	case JSON_FALSE:
		field_list_add_text(&file->fields, file->name.bytes, event == JSON_TRUE ? "true" : "false");
		return true;
	case JSON_NULL:
		return true;
	default:
		return false;
	}
}

static enum status
read_json(struct network_file *file, struct source *source)
{
	struct json_reader *reader = memory_allocate(1, sizeof *reader);
	enum status status = STATUS_OK;
	enum json_event event = JSON_END;
	struct json_record record = { .begins_line = false };
	uint64_t broken_line;
	bool whole = true;

	begin_zeek(file);
	json_reader_init(reader, source);
	while (whole && !file->is_over && (event = json_reader_next(reader)) != JSON_END) {
		field_list_clear(&file->fields);
		buffer_clear(&file->name);
		file->at.line = reader->line;
		if (event == JSON_BEGIN_OBJECT)
			json_record_begin(reader, &record);
		whole = event == JSON_BEGIN_LIST || event == JSON_END_LIST || (event == JSON_BEGIN_OBJECT && take_members(file, reader));
		if (whole && event == JSON_BEGIN_OBJECT) {
			json_record_end(reader, &record);
			hand_out_zeek(file);
		}
		broken_line = record.is_whole ? reader->line : record.line;
		if (!whole && (whole = json_reader_resume(reader, &record)))
			damaged_lines_add(&file->damaged, broken_line);
	}
	file->at.line = reader->line;
	if (reader->bytes.status < STATUS_OK)
		status = note(file->notes, reader->bytes.status, NOTE_ARTIFACT_UNREADABLE, &file->at,
			"%s could not be read to its end: records behind what was read are missing", file->at.path);
	else if (!whole)
		status = note(file->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &file->at, "not JSON from here: %s; records behind "
			"it are not read", reader->why ? reader->why : "an object was expected");
	json_reader_release(reader);
	memory_free(reader);
	return status;
}

/* ---- flows ---- */

static enum meaning
meaning_of(const char *heading)
{
	char plain[PLAIN_SIZE];
	size_t length = 0;

	for (; *heading; heading++) {
		char byte = *heading >= 'A' && *heading <= 'Z' ? (char)(*heading + 32) : *heading;

		if (!((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')))
			continue;
		if (length + 1 == sizeof plain)
			return MEANS_NOTHING;
		plain[length++] = byte;
	}
	plain[length] = '\0';
	for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
		if (!strcmp(plain, headings[i].heading))
			return headings[i].meaning;
	return MEANS_NOTHING;
}

/* Of each meaning the first column; false: addresses of both ends are not there. */
static bool
find_columns(const struct csv_rows *names, size_t ret_columns[MEANING_COUNT])
{
	for (size_t i = 0; i < MEANING_COUNT; i++)
		ret_columns[i] = SIZE_MAX;
	for (size_t i = 0; i < names->count; i++) {
		enum meaning meaning = meaning_of(csv_rows_value(names, i));

		if (meaning && ret_columns[meaning] == SIZE_MAX)
			ret_columns[meaning] = i;
	}
	return ret_columns[MEANS_SOURCE] != SIZE_MAX && ret_columns[MEANS_DESTINATION] != SIZE_MAX &&
		ret_columns[MEANS_TIME] != SIZE_MAX;
}

/* rwcut pads its columns with blanks. */
static void
add_trimmed(struct field_list *fields, const char *name, const char *value)
{
	size_t length;

	value += strspn(value, " ");
	length = strlen(value);
	while (length && value[length - 1] == ' ')
		length--;
	if (length)
		field_list_add(fields, name, strlen(name), value, length);
}

static void
take_flow(struct network_file *file, const struct csv_rows *rows, const size_t columns[MEANING_COUNT], struct csv_rows *names)
{
	struct event event = { .kind = EVENT_NETWORK_CONNECTION, .provider = "flow", .channel = "flow", .id = "flow" };
	const char *source, *destination;

	field_list_clear(&file->fields);
	for (size_t i = MEANS_SOURCE; i < MEANING_COUNT; i++)
		add_trimmed(&file->fields, meaning_names[i], csv_rows_value(rows, columns[i]));
	for (size_t i = 0; i < rows->count && i < names->count; i++)
		if (*csv_rows_value(rows, i)) {
			const char *heading = csv_rows_value(names, i);

			add_trimmed(&file->fields, heading + strspn(heading, " "), csv_rows_value(rows, i));
		}
	if (!has_room(file))
		return;
	buffer_clear(&file->words);
	buffer_add_text(&file->words, csv_rows_value(rows, columns[MEANS_TIME]));
	source = field_list_value(&file->fields, "SourceIp");
	destination = field_list_value(&file->fields, "DestinationIp");
	if (rows->broken || (rows->is_last && rows->count < names->count) || !source || !destination || !is_address(source) ||
	    !is_address(destination) ||
	    !read_time(file->words.bytes + strspn(file->words.bytes, " "), file->is_utc, &event.time)) {
		damaged_lines_add(&file->damaged, file->at.line);
		return;
	}
	file->fields.cut |= rows->cut;
	field_list_lend(&file->fields, &event);
	event.subject = source;
	event.object = destination;
	hand_out(file, &event);
}

/* The heading once more, where files were put together. */
static bool
is_heading(const struct csv_rows *rows, const size_t columns[MEANING_COUNT], const struct csv_rows *names)
{
	return !strcmp(csv_rows_value(rows, columns[MEANS_TIME]), csv_rows_value(names, columns[MEANS_TIME])) &&
		!strcmp(csv_rows_value(rows, columns[MEANS_SOURCE]), csv_rows_value(names, columns[MEANS_SOURCE]));
}

static enum status
read_flows(struct network_file *file, struct source *source)
{
	struct csv_rows names, rows;
	size_t columns[MEANING_COUNT];
	enum status status = STATUS_OK;
	int sums_left = 0;	/* rows behind nfdump's "Summary": a heading of their own, and sums */

	csv_rows_init(&names, source);
	csv_rows_next(&names);
	csv_rows_init(&rows, source);
	csv_rows_next(&rows);
	file->is_utc = names.separator == '|';
	if (find_columns(&names, columns)) {
		while (!file->is_over && csv_rows_next(&rows)) {
			file->at.line = rows.line;
			if (sums_left) {
				sums_left--;
			} else if (!strcmp(csv_rows_value(&rows, 0), "Summary")) {
				sums_left = 2;
			} else if (rows.count > 1 && !is_heading(&rows, columns, &names)) {
				take_flow(file, &rows, columns, &names);
			} else if (rows.count == 1 && *csv_rows_value(&rows, 0) && *csv_rows_value(&rows, 0) != '#') {
				damaged_lines_add(&file->damaged, rows.line);
			}
		}
	} else {
		status = note(file->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &file->at,
			"%s: no heading that names the time and the addresses of both ends", file->at.path);
	}
	status = status_worse(status, status_worse(names.bytes.status, rows.bytes.status) < STATUS_OK ?
		note(file->notes, status_worse(names.bytes.status, rows.bytes.status), NOTE_ARTIFACT_UNREADABLE, &file->at,
			"%s could not be read to its end: records behind what was read are missing", file->at.path) : STATUS_OK);
	csv_rows_release(&names);
	csv_rows_release(&rows);
	file->is_utc = false;
	return status;
}

/* ---- files ---- */

static enum status
read_content(struct network_file *file, struct source *source)
{
	char head[512] = "";
	size_t length = 0, begin = 0;
	enum status status = source_read(source, 0, head, sizeof head - 1, &length);

	if (status < STATUS_OK)
		return note(file->notes, status, NOTE_ARTIFACT_UNREADABLE, &file->at, "%s could not be read", file->at.path);
	while (begin < length && strchr(" \t\r\n", head[begin]) && head[begin])
		begin++;
	if (head[begin] == '#')
		return read_zeek(file, source);
	return head[begin] == '{' || head[begin] == '[' ? read_json(file, source) : read_flows(file, source);
}

static enum status
note_what_is_lost(struct network_file *file, const struct place *place)
{
	enum status status = damaged_lines_note(&file->damaged, place, file->notes, "could not be read as records of traffic, with a "
		"time and the addresses of both ends: what they recorded is missing from the examination. Export the file again");

	if (file->others)
		status = status_worse(status, note(file->notes, STATUS_OK, NOTE_ARTIFACT_LINE, place, "%llu records of %s name no "
			"addresses (other logs of Zeek), and are not used", (unsigned long long)file->others, place->path));
	if (file->cut)
		status = status_worse(status, note(file->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, place, "%llu records have more fields "
			"than are kept (limits event-fields, event-bytes)", (unsigned long long)file->cut));
	if (file->is_over)
		status = status_worse(status, note(file->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, place,
			"records from here on were left out (limit events)"));
	file->others = file->cut = 0;
	return status;
}

static void
file_init(struct network_file *file)
{
	field_list_init(&file->fields);
	buffer_init(&file->name, (size_t)limit_get(LIMIT_EVENT_BYTES));
	buffer_init(&file->words, (size_t)limit_get(LIMIT_EVENT_BYTES));
	buffer_init(&file->path, (size_t)limit_get(LIMIT_EVENT_BYTES));
	buffer_init(&file->unset, (size_t)limit_get(LIMIT_EVENT_BYTES));
	buffer_init(&file->empty, (size_t)limit_get(LIMIT_EVENT_BYTES));
	arena_init(&file->texts);
}

static void
file_release(struct network_file *file)
{
	field_list_release(&file->fields);
	buffer_release(&file->name);
	buffer_release(&file->words);
	buffer_release(&file->path);
	buffer_release(&file->unset);
	buffer_release(&file->empty);
	arena_release(&file->texts);
}

static void
count_traffic(void *context, const struct event *event)
{
	uint64_t *count = context;

	*count += event->kind == EVENT_NETWORK_CONNECTION || event->kind == EVENT_DNS_QUERY;
}

static void
keep_quiet(void *context, const struct note *note)
{
	(void)context;
	(void)note;
}

bool
network_file_is_known(struct source *head)
{
	uint64_t known = 0;
	const struct event_sink count = { count_traffic, &known };
	const struct notes quiet = { keep_quiet, NULL };
	struct network_file file = { .out = &count, .notes = &quiet, .at.path = "" };

	file_init(&file);
	read_content(&file, head);
	file_release(&file);
	return known > 0;
}

static enum status
parse_network_files(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct network_file file = { .out = out, .notes = notes };
	enum status status = STATUS_OK;

	file_init(&file);
	for (size_t i = 0; i < group->count && !file.is_over; i++) {
		struct source *source;
		enum status one = artifact_open(&group->items[i], notes, &source);

		status = status_worse(status, one);
		if (one < STATUS_DAMAGED)
			continue;
		file.at = group->items[i].place;
		status = status_worse(status, read_content(&file, source));
		status = status_worse(status, note_what_is_lost(&file, &group->items[i].place));
		source_close(source);
	}
	file_release(&file);
	return status;
}

const struct eventlog_driver network_file_eventlog = {
	.name        = "network_file",
	.description = "records of traffic that are given beside the image (--network): conn and dns logs of Zeek, flows",
	.files       = (const char *const[]){ "/network/*", NULL },
	.is_given    = true,
	.is_traffic  = true,
	.is_not_rotated = true,
	.parse       = parse_network_files,
};
