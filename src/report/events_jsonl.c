/*
 * events_jsonl.c - one line per decoded record of every log, by time
 *
 *	{"time":"2025-11-05T05:57:30Z","time_source":"dpkg.log, zone Europe/Berlin","kind":"package-upgraded", ...}
 */
#include <errno.h>
#include <string.h>

#include "formats.h"
#include "jsonl.h"
#include "output.h"

/* A name that the log has several times is one member, whose value is the list of them. */
static void
write_values(struct json *json, const struct event *event, size_t first)
{
	const char *name = event->fields[first].name;
	size_t last = first;

	for (size_t i = first + 1; i < event->field_count; i++)
		if (!strcmp(event->fields[i].name, name))
			last = i;
	if (last == first) {
		json_member(json, name, event->fields[first].value);
		return;
	}
	json_begin_member_list(json, name);
	for (size_t i = first; i <= last; i++)
		if (!strcmp(event->fields[i].name, name))
			json_text(json, NULL, event->fields[i].value);
	json_end_list(json);
}

static bool
stands_before(const struct event *event, size_t number)
{
	for (size_t i = 0; i < number; i++)
		if (!strcmp(event->fields[i].name, event->fields[number].name))
			return true;
	return false;
}

/* A set of names, each told by one of its bits: those that are the same share it, and few that are not. */
struct names { uint64_t words[8]; };
enum { NAME_BITS = 8 * 64 };

static unsigned
bit_of(const char *name)
{
	uint64_t head = 0;
	size_t length = strlen(name);

	memcpy(&head, name, length < sizeof head ? length : sizeof head);
	head ^= length << 56 ^ (length ? (uint64_t)(unsigned char)name[length - 1] << 48 ^ (uint64_t)(unsigned char)name[length / 2] << 40 : 0);
	return (unsigned)(head * UINT64_C(0x9E3779B97F4A7C15) >> 55) % NAME_BITS;
}

static bool
holds(const struct names *names, unsigned bit)
{
	return names->words[bit / 64] >> bit % 64 & 1;
}

/* Names that may stand there twice: none in nearly all records.  False: not one. */
static bool
find_repeated(const struct event *event, struct names *ret_repeated)
{
	struct names met = { { 0 } };
	bool is_any = false;

	*ret_repeated = met;
	for (size_t i = 0; i < event->field_count; i++) {
		unsigned bit = bit_of(event->fields[i].name);

		if (holds(&met, bit))
			ret_repeated->words[bit / 64] |= UINT64_C(1) << bit % 64;
		is_any |= holds(&met, bit);
		met.words[bit / 64] |= UINT64_C(1) << bit % 64;
	}
	return is_any;
}

static void
write_fields(struct json *json, const struct event *event)
{
	struct names repeated;
	bool is_any = find_repeated(event, &repeated);

	for (size_t i = 0; i < event->field_count; i++)
		if (!is_any || !holds(&repeated, bit_of(event->fields[i].name)))
			json_member(json, event->fields[i].name, event->fields[i].value);
		else if (!stands_before(event, i))
			write_values(json, event, i);
}

static void
write_event(struct json *json, const struct event *event)
{
	json_text(json, "system", text_or_dash(event->system));
	json_time(json, "time", &event->time);
	json_text(json, "time_source", event->time_source);
	json_text(json, "kind", event_kind_names[event->kind]);
	json_text(json, "provider", event->provider);
	json_text(json, "id", event->id);
	json_text(json, "channel", event->channel);
	json_u64_or_null(json, "record_id", event->at.record_id);
	json_text(json, "subject", event->subject);
	json_text(json, "object", event->object);
	json_text(json, "version_old", event->version_old);
	json_text(json, "version_new", event->version_new);
	json_text(json, "user", event->user);
	json_text(json, "text", event->text);
	json_begin_object(json, "fields");
	write_fields(json, event);
	json_end_object(json);
	json_begin_list(json, "seen");
	json_place(json, &event->at);
	json_end_list(json);
}

static enum status
write_events(const struct report *report, struct output *out)
{
	struct event_walk *walk = event_walk_open(report->inventory->event_store, true);
	const struct event *event;
	struct lines lines;

	lines_begin(&lines, out);
	while (!output_error(out) && (event = event_walk_next(walk))) {
		write_event(&lines.json, event);
		lines_next(&lines);
	}
	if (!event_walk_close(walk))
		output_fail(out, EIO);
	return lines_end(&lines);
}

const struct report_format events_jsonl_format = {
	.name        = "events.jsonl",
	.description = "one line per decoded record of every log that was read",
	.write       = write_events,
	.work        = 11,	/* for each event: where there are few it is soon done */
};
