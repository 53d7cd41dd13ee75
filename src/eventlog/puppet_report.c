/*
 * puppet_report.c - what a run of Puppet did: last_run_report.yaml and the reports that a server keeps
 *
 *	logs:
 *	- level: notice
 *	  message: "content changed '{md5}0...' to '{md5}1...'"
 *	  source: "/Stage[main]/Main/File[/usr/sbin/sshd]/content"
 *	  time: '2026-11-21T19:43:20.123456789+00:00'
 *	resource_statuses:
 *	  File[/usr/sbin/sshd]:
 *	    title: "/usr/sbin/sshd"
 *	    resource_type: File
 *	    events:
 *	    - message: "content changed ..."
 *	      status: success
 *	      time: '2026-11-21T19:43:20.123456789+00:00'
 *
 * Specification: "Report format" of Puppet (formats 4 to 12).  Each line of its log and each event of a resource is an
 * event; of a file the object is its path.  Anchors are passed over: what they would repeat is told where it stands.
 */
#include <string.h>

#include <yaml.h>

#include <t1554triage/eventlog.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "local_time.h"

enum { DEPTH_MOST = 32, KEY_BYTES = 1024 };

struct level {
	bool is_map, has_key;
	char key[KEY_BYTES];		/* of a map, the one whose value comes next */
};

struct reading {
	yaml_parser_t            parser;
	const struct artifact   *artifact;
	const struct event_sink *out;
	const struct notes      *notes;
	struct source           *source;
	uint64_t                 offset, count;
	enum status              status;
	struct level             levels[DEPTH_MOST];
	size_t                   depth;
	struct arena             arena;		/* of what is gathered now */
	const char              *title, *type;	/* of a resource */
	struct { const char *message, *source, *time, *status; uint64_t line; } entry;
};

static int
read_bytes(void *context, unsigned char *buffer, size_t size, size_t *ret_length)
{
	struct reading *reading = context;
	enum status status = source_read(reading->source, reading->offset, buffer, size, ret_length);

	if (status == STATUS_END)
		*ret_length = 0;
	else if (status != STATUS_OK)
		reading->status = note(reading->notes, status, NOTE_ARTIFACT_DAMAGED, &reading->artifact->place,
			"%s could not be read to its end: what Puppet did after that is not known", reading->artifact->path);
	reading->offset += *ret_length;
	return status == STATUS_END || status == STATUS_OK;
}

static bool
is_key(const struct reading *reading, size_t depth, const char *key)
{
	return depth < reading->depth && reading->levels[depth].is_map && !strcmp(reading->levels[depth].key, key);
}

/* logs: a list of maps. */
static bool
is_in_log(const struct reading *reading)
{
	return reading->depth == 3 && is_key(reading, 0, "logs") && reading->levels[2].is_map;
}

static bool
is_in_resource(const struct reading *reading)
{
	return reading->depth == 3 && is_key(reading, 0, "resource_statuses") && reading->levels[2].is_map;
}

static bool
is_in_event(const struct reading *reading)
{
	return reading->depth == 5 && is_key(reading, 0, "resource_statuses") && is_key(reading, 2, "events") &&
	       reading->levels[4].is_map;
}

static void
keep(struct reading *reading, const char **ret_text, const char *value, size_t length)
{
	*ret_text = arena_copy(&reading->arena, value, length);
}

static void
take_value(struct reading *reading, const char *value, size_t length, uint64_t line)
{
	const char *key = reading->levels[reading->depth - 1].key;

	if (is_in_resource(reading)) {
		if (!strcmp(key, "title"))
			keep(reading, &reading->title, value, length);
		else if (!strcmp(key, "resource_type"))
			keep(reading, &reading->type, value, length);
	} else if (is_in_log(reading) || is_in_event(reading)) {
		if (!strcmp(key, "message")) {
			keep(reading, &reading->entry.message, value, length);
			reading->entry.line = line;
		} else if (!strcmp(key, "source")) {
			keep(reading, &reading->entry.source, value, length);
		} else if (!strcmp(key, "time")) {
			keep(reading, &reading->entry.time, value, length);
		} else if (!strcmp(key, "status")) {
			keep(reading, &reading->entry.status, value, length);
		}
	}
}

/* "2026-11-21T19:43:20.123+00:00"; old versions wrote blanks, "2016-06-06 18:43:59.123456 +00:00". */
static void
read_time(struct reading *reading, const char *text, struct timestamp *ret_time)
{
	char *copy = arena_copy_text(&reading->arena, text), *blank = strchr(copy, ' ');

	if (blank) {
		*blank = 'T';
		blank = strchr(blank, ' ');
	}
	if (blank)
		memmove(blank, blank + 1, strlen(blank));
	zoned_time_read(copy, ret_time);
}

static void
hand_out(struct reading *reading, const char *source, const char *object)
{
	struct event event = { .kind = EVENT_RECORD, .provider = "puppet", .id = reading->entry.status, .object = object,
		.at = reading->artifact->place, .time = reading->artifact->times.modified };

	event.at.line = reading->entry.line;
	if (reading->entry.time)
		read_time(reading, reading->entry.time, &event.time);
	event.text = arena_format(&reading->arena, "%s%s%s%s%s", source ? source : "", source ? ": " : "", reading->entry.message,
		event.id ? ", " : "", event.id ? event.id : "");
	reading->out->event(reading->out->context, &event);
	reading->count++;
}

/* A map has ended. */
static void
end_map(struct reading *reading)
{
	bool is_log = is_in_log(reading), is_event = is_in_event(reading);

	/* "type" comes behind the events of some versions: the name of the resource tells it as well. */
	if (is_event && reading->entry.message) {
		const char *name = reading->levels[1].key, *path = strchr(name, '[');
		size_t length = path ? strlen(path) : 0;
		const char *object = text_has_prefix(name, "File[/") && length > 2 && path[length - 1] == ']' ?
			arena_copy(&reading->arena, path + 1, length - 2) : NULL;

		if (reading->title && reading->title[0] == '/' && (!reading->type || !strcmp(reading->type, "File")))
			object = reading->title;
		hand_out(reading, name, object);
	} else if (is_log && reading->entry.message) {
		hand_out(reading, reading->entry.source, NULL);
	}
	if (is_log || is_event)
		memset(&reading->entry, 0, sizeof reading->entry);
	if (is_log || is_in_resource(reading)) {
		reading->title = reading->type = NULL;
		arena_release(&reading->arena);
	}
}

static bool
enter(struct reading *reading, bool is_map)
{
	if (reading->depth == DEPTH_MOST)
		return false;
	reading->levels[reading->depth++] = (struct level){ .is_map = is_map };
	return true;
}

/* What stood for the value of a key is over. */
static void
next_key(struct reading *reading)
{
	if (reading->depth)
		reading->levels[reading->depth - 1].has_key = false;
}

static void
take_scalar(struct reading *reading, const yaml_event_t *event)
{
	struct level *level = reading->depth ? &reading->levels[reading->depth - 1] : NULL;
	const char *value = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;

	if (!level || !level->is_map)
		return;
	if (!level->has_key) {
		size_t kept = length < sizeof level->key ? length : sizeof level->key - 1;

		memcpy(level->key, value, kept);
		level->key[kept] = '\0';
		level->has_key = true;
		return;
	}
	take_value(reading, value, length, event->start_mark.line + 1);
	level->has_key = false;
}

/* False: there is no more, or no more is taken. */
static bool
take(struct reading *reading, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		take_scalar(reading, event);
		return true;
	case YAML_ALIAS_EVENT:
		next_key(reading);
		return true;
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		return enter(reading, event->type == YAML_MAPPING_START_EVENT);
	case YAML_MAPPING_END_EVENT:
		end_map(reading);
		__attribute__((fallthrough));
	case YAML_SEQUENCE_END_EVENT:
		reading->depth--;
		next_key(reading);
		return true;
	default:
		return event->type != YAML_STREAM_END_EVENT;
	}
}

static void
read_report(struct reading *reading)
{
	yaml_event_t event;
	bool goes_on = true;

	while (goes_on) {
		if (!yaml_parser_parse(&reading->parser, &event)) {
			if (reading->status == STATUS_OK)
				reading->status = note(reading->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &reading->artifact->place,
					"%s is no YAML from line %zu on: what Puppet did after that is not known", reading->artifact->path,
					reading->parser.problem_mark.line + 1);
			return;
		}
		goes_on = take(reading, &event);
		if (!goes_on && event.type != YAML_STREAM_END_EVENT)
			reading->status = note(reading->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &reading->artifact->place,
				"%s holds more levels than a report of Puppet: it was read up to there", reading->artifact->path);
		if (goes_on && reading->count >= limit_get(LIMIT_EVENTS)) {
			reading->status = note(reading->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &reading->artifact->place,
				"records of %s from here on were left out (limit events)", reading->artifact->path);
			goes_on = false;
		}
		yaml_event_delete(&event);
	}
}

static enum status
read_artifact(const struct artifact *artifact, const struct event_sink *out, const struct notes *notes)
{
	struct reading reading = { .artifact = artifact, .out = out, .notes = notes, .status = STATUS_OK };
	enum status status = artifact_open(artifact, notes, &reading.source);

	if (status < STATUS_DAMAGED)
		return status;
	if (!yaml_parser_initialize(&reading.parser)) {
		source_close(reading.source);
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &artifact->place, "%s was not read: there is no memory for it",
			artifact->path);
	}
	arena_init(&reading.arena);
	yaml_parser_set_input(&reading.parser, read_bytes, &reading);
	read_report(&reading);
	yaml_parser_delete(&reading.parser);
	arena_release(&reading.arena);
	source_close(reading.source);
	return status_worse(status, reading.status);
}

static enum status
parse_puppet_report(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < group->count; i++)
		status = status_worse(status, read_artifact(&group->items[i], out, notes));
	return status;
}

const struct eventlog_driver puppet_report_eventlog = {
	.name        = "puppet_report",
	.description = "Puppet: what its last run, and those whose reports are kept, changed",
	.files       = (const char *const[]){ "/var/lib/puppet/state/last_run_report.yaml", "/var/cache/puppet/state/last_run_report.yaml",
		"/opt/puppetlabs/puppet/cache/state/last_run_report.yaml", "/var/lib/puppet/reports/*/*.yaml",
		"/var/cache/puppet/reports/*/*.yaml", "/opt/puppetlabs/server/data/puppetserver/reports/*/*.yaml", NULL },
	.is_not_rotated = true,
	.parse       = parse_puppet_report,
};
