/*
 * evtx_records.c - the records of Windows event logs, for comparison and for measuring
 *
 *	evtx_records FILE...           a line of JSON each: offset, record_id, time, kind, provider, id, channel, user, fields
 *	evtx_records --count FILE...   how many there are, how many fields, and how many bytes their values have
 *	evtx_records --slack FILE...   as the first, with what was left in unused space
 *
 * Notes go to stderr; the exit status is 0 where every file was read whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/eventlog.h>
#include <t1554triage/json.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

extern const struct eventlog_driver evtx_eventlog;

struct tally { uint64_t records, fields, bytes; };

static enum status
open_file(const struct artifact *artifact, const struct notes *notes, struct source **ret_source)
{
	struct stat status;
	int descriptor = open(artifact->path, O_RDONLY);

	(void)notes;
	if (descriptor < 0 || fstat(descriptor, &status)) {
		fprintf(stderr, "%s: %s\n", artifact->path, strerror(errno));
		return STATUS_UNREADABLE;
	}
	*ret_source = source_open_descriptor(descriptor, (uint64_t)status.st_size);
	return STATUS_OK;
}

static void
print_note(void *context, const struct note *note)
{
	(void)context;
	fprintf(stderr, "%s\n", note->text);
}

static void
count_event(void *context, const struct event *event)
{
	struct tally *tally = context;

	tally->records++;
	tally->fields += event->field_count;
	for (size_t i = 0; i < event->field_count; i++)
		tally->bytes += strlen(event->fields[i].value);
}

static void
print_event(void *context, const struct event *event)
{
	struct buffer *line = context;
	struct json json;

	buffer_clear(line);
	json_init(&json, line);
	json_begin_object(&json, NULL);
	json_u64(&json, "offset", event->at.offset);
	json_u64(&json, "record_id", event->at.record_id);
	json_time(&json, "time", &event->time);
	json_text(&json, "time_source", event->time_source);
	json_text(&json, "kind", event_kind_names[event->kind]);
	json_text(&json, "provider", event->provider);
	json_text(&json, "id", event->id);
	json_text(&json, "channel", event->channel);
	json_text(&json, "user", event->user);
	json_begin_list(&json, "fields");
	for (size_t i = 0; i < event->field_count; i++) {
		json_begin_list(&json, NULL);
		json_text(&json, NULL, event->fields[i].name);
		json_text(&json, NULL, event->fields[i].value);
		json_end_list(&json);
	}
	json_end_list(&json);
	json_end_object(&json);
	puts(line->bytes);
}

int
main(int argc, char *argv[])
{
	bool is_count = argc > 1 && !strcmp(argv[1], "--count");
	bool is_slack = argc > 1 && !strcmp(argv[1], "--slack");
	int first = 1 + (is_count || is_slack);
	size_t count = (size_t)(argc - first);
	struct artifact *artifacts = memory_allocate(count, sizeof *artifacts);
	struct tally tally = { .records = 0 };
	struct buffer line;
	enum status status;

	buffer_init(&line, 0);
	limit_set(is_slack ? "slack-records=1000000" : "slack-records=0");
	for (size_t i = 0; i < count; i++) {
		artifacts[i].path = artifacts[i].place.path = argv[(size_t)first + i];
		artifacts[i].open = open_file;
	}
	status = evtx_eventlog.parse(&(struct artifact_group){ .items = artifacts, .count = count },
		is_count ? &(struct event_sink){ count_event, &tally } : &(struct event_sink){ print_event, &line },
		&(struct notes){ print_note, NULL });
	if (is_count)
		printf("%llu records, %llu fields, %llu bytes\n", (unsigned long long)tally.records,
			(unsigned long long)tally.fields, (unsigned long long)tally.bytes);
	buffer_release(&line);
	memory_free(artifacts);
	return status == STATUS_OK ? 0 : 1;
}
