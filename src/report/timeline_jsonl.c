/*
 * timeline_jsonl.c - Timesketch lines of examined files, events and findings, sorted by time
 *
 *	{"message":"/usr/sbin/sshd","datetime":"2025-11-14T02:13:45.118220964Z",
 *	 "timestamp_desc":"Metadata Change Time, Creation Time","macb":"..cb", ...}
 *
 * Timesketch asks for message, datetime and timestamp_desc (timesketch/lib/utils.py)
 * and drops, without a word, years before 1700 and what it cannot parse.
 * So a stamp stands here only if it is a moment of UTC within the years 1700 to
 * 9999; the others (zone unknown, not recorded) are in files.jsonl and
 * events.jsonl as they are.  Stamps of one file that are equal are one line.
 * At the same moment files come first, then events, then findings, each in the
 * order of its own file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/memory.h>

#include "formats.h"
#include "jsonl.h"
#include "output.h"

enum { STAMPS = 4 };

enum row_kind { ROW_FILE, ROW_FINDING };

struct row {
	struct timestamp time;
	enum row_kind    kind;
	unsigned         macb;		/* of a file: which stamps are equal, bit 0 modified */
	size_t           number;
};

struct rows {
	struct row *items;
	size_t      count, capacity;
};

static const struct { char letter; const char *description; } stamps[STAMPS] = {
	{ 'm', "Content Modification Time" }, { 'a', "Last Access Time" },
	{ 'c', "Metadata Change Time" }, { 'b', "Creation Time" },
};

static bool
can_be_imported(const struct timestamp *time)
{
	return timestamp_is_recorded(time) && !time->local &&
	       time->seconds >= timestamp_days(1700, 1, 1) * 86400 &&
	       time->seconds < timestamp_days(10000, 1, 1) * 86400;
}

static void
add_row(struct rows *rows, const struct timestamp *time, enum row_kind kind, size_t number, unsigned macb)
{
	if (!can_be_imported(time))
		return;
	rows->items = memory_grow(rows->items, rows->count, &rows->capacity, sizeof *rows->items);
	rows->items[rows->count++] = (struct row){ .time = *time, .kind = kind, .number = number, .macb = macb };
}

static bool
is_same_moment(const struct timestamp *a, const struct timestamp *b)
{
	return timestamp_is_recorded(a) && timestamp_is_recorded(b) && !timestamp_compare(a, b) &&
	       a->resolution_nanoseconds == b->resolution_nanoseconds && a->local == b->local;
}

static void
add_file(struct rows *rows, const struct file *file, size_t number)
{
	const struct macb *times = &file->entry.times;
	const struct timestamp *each[STAMPS] = { &times->modified, &times->accessed, &times->changed, &times->born };
	unsigned done = 0;

	for (unsigned i = 0; i < STAMPS; i++) {
		unsigned macb = 1u << i;

		if (done >> i & 1)
			continue;
		for (unsigned j = i + 1; j < STAMPS; j++)
			if (is_same_moment(each[i], each[j]))
				macb |= 1u << j;
		done |= macb;
		add_row(rows, each[i], ROW_FILE, number, macb);
	}
}

/* A finding has the time of the file's change: of its inode where that is recorded, else of its content. */
static const struct timestamp *
finding_time(const struct finding *finding)
{
	static const struct timestamp none;
	const struct macb *times;

	if (!finding->file)
		return &none;
	times = &finding->file->entry.times;
	return timestamp_is_recorded(&times->changed) ? &times->changed : &times->modified;
}

static void
collect(struct rows *rows, const struct report *report)
{
	const struct inventory *inventory = report->inventory;

	for (size_t i = 0; i < inventory->file_count; i++)
		add_file(rows, &inventory->files[i], i);
	for (size_t i = 0; i < report->findings->count; i++)
		add_row(rows, finding_time(&report->findings->items[i]), ROW_FINDING, i, 0);
}

static int
compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int by_time = timestamp_compare(&a->time, &b->time);

	if (by_time)
		return by_time;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->macb < b->macb ? -1 : a->macb > b->macb;
}

/* First finding of each file, and for each finding the next one of the same file. */
struct by_file {
	uint32_t *first;		/* by number of the file */
	struct named_finding { uint32_t finding, next; } *items;
};

enum { NO_FINDING = UINT32_MAX };

static void
add_named(struct by_file *index, const struct report *report, const struct file *file, uint32_t finding, uint32_t *count)
{
	size_t number = (size_t)(file - report->inventory->files);

	index->items[*count] = (struct named_finding){ finding, index->first[number] };
	index->first[number] = (*count)++;
}

static void
index_findings(struct by_file *index, const struct report *report)
{
	const struct findings *findings = report->findings;
	const struct inventory *inventory = report->inventory;
	size_t names = 0;
	uint32_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		names += 1 + findings->items[i].name_count;
	index->first = memory_allocate(inventory->file_count + 1, sizeof *index->first);
	index->items = memory_allocate(names + 1, sizeof *index->items);
	memset(index->first, 0xFF, (inventory->file_count + 1) * sizeof *index->first);
	for (size_t i = findings->count; i-- > 0; ) {
		const struct finding *finding = &findings->items[i];

		for (size_t name = 0; name < finding->name_count; name++)
			add_named(index, report, finding->names[name], (uint32_t)i, &count);
		if (finding->file)
			add_named(index, report, finding->file, (uint32_t)i, &count);
	}
}

static void
write_file(struct json *json, const struct report *report, const struct by_file *index, const struct row *row)
{
	const struct file *file = &report->inventory->files[row->number];
	const uint8_t *sha256 = digests_get(&file->digests, DIGEST_SHA256);
	char macb[STAMPS + 1] = "....";
	struct buffer description;

	buffer_init(&description, 0);
	for (unsigned i = 0; i < STAMPS; i++) {
		if (!(row->macb >> i & 1))
			continue;
		if (description.length)
			buffer_add_text(&description, ", ");
		buffer_add_text(&description, stamps[i].description);
		macb[i] = stamps[i].letter;
	}
	json_text(json, "message", file->path ? file->path : file->entry.path);
	json_time(json, "datetime", &row->time);
	json_text(json, "timestamp_desc", description.bytes);
	json_text(json, "macb", macb);
	json_text(json, "evidence", file->evidence);
	json_path(json, "path", file->path ? file->path : file->entry.path);
	json_path(json, "stream", file->entry.stream);
	json_hex(json, "sha256", sha256, digest_size(DIGEST_SHA256), sha256);
	json_text(json, "verdict", verdict_names[file->verdict]);
	json_begin_list(json, "findings");
	for (uint32_t i = index->first[row->number]; i != NO_FINDING; i = index->items[i].next)
		json_text(json, NULL, finding_id(&report->findings->items[index->items[i].finding]).text);
	json_end_list(json);
	buffer_release(&description);
}

static void
write_event(struct json *json, const struct event *event)
{
	struct buffer named;

	/* Timesketch drops a line without a message. */
	buffer_init(&named, 0);
	buffer_add_format(&named, "%s %s", event->provider ? event->provider : "", event->id ? event->id : "");
	json_text(json, "message", event->text ? event->text : event->object ? event->object : named.bytes);
	buffer_release(&named);
	json_time(json, "datetime", &event->time);
	json_text(json, "timestamp_desc", event_kind_names[event->kind]);
	json_text(json, "evidence", event->at.evidence);
	json_path(json, "path", event->at.path);
	json_u64_or_null(json, "line", event->at.line);
	json_text(json, "object", event->object);
	json_text(json, "user", event->user);
}

static void
write_finding(struct json *json, const struct finding *finding, const struct finding_statement *statement, const struct row *row)
{
	const uint8_t *sha256 = digests_get(&finding->file->digests, DIGEST_SHA256);

	json_text(json, "message", statement ? statement->text : NULL);
	json_time(json, "datetime", &row->time);
	json_text(json, "timestamp_desc", "Finding");
	json_text(json, "evidence", finding_evidence(finding));
	json_path(json, "path", finding_path(finding));
	json_hex(json, "sha256", sha256, digest_size(DIGEST_SHA256), sha256);
	json_text(json, "severity", severity_names[finding->severity]);
	json_begin_list(json, "findings");
	json_text(json, NULL, finding_id(finding).text);
	json_end_list(json);
}

static void
write_row(struct json *json, const struct report *report, const struct by_file *index, struct finding_reader *reader,
	const struct row *row)
{
	const struct finding *finding;

	switch (row->kind) {
	case ROW_FILE:
		write_file(json, report, index, row);
		break;
	case ROW_FINDING:
		finding = &report->findings->items[row->number];
		write_finding(json, finding, finding_read(reader, finding), row);
		break;
	}
}

/* The next event that Timesketch can take, NULL at the end. */
static const struct event *
next_event(struct event_walk *walk)
{
	const struct event *event;

	do
		event = event_walk_next(walk);
	while (event && !can_be_imported(&event->time));
	return event;
}

static bool
is_before_event(const struct row *row, const struct event *event)
{
	int by_time = event ? timestamp_compare(&row->time, &event->time) : -1;

	return by_time < 0 || (!by_time && row->kind == ROW_FILE);
}

/* Events come sorted from the disk: there may be too many for memory. */
static enum status
write_merged(const struct report *report, const struct rows *rows, const struct by_file *index, struct output *out)
{
	struct event_walk *walk = event_walk_open(report->inventory->event_store, false);
	struct finding_reader *reader = finding_reader_open(report->findings, NULL);
	const struct event *event = next_event(walk);
	struct lines lines;
	size_t i = 0;

	lines_begin(&lines, out);
	while ((i < rows->count || event) && !output_error(out)) {
		if (i < rows->count && is_before_event(&rows->items[i], event)) {
			write_row(&lines.json, report, index, reader, &rows->items[i++]);
		} else {
			write_event(&lines.json, event);
			event = next_event(walk);
		}
		lines_next(&lines);
	}
	if (!finding_reader_close(reader))
		output_fail(out, EIO);
	if (!event_walk_close(walk))
		output_fail(out, EIO);
	return lines_end(&lines);
}

static enum status
write_timeline(const struct report *report, struct output *out)
{
	struct rows rows = { .items = NULL };
	struct by_file index;
	enum status status;

	collect(&rows, report);
	index_findings(&index, report);
	if (rows.count)
		qsort(rows.items, rows.count, sizeof *rows.items, compare_rows);
	status = write_merged(report, &rows, &index, out);
	memory_free(rows.items);
	memory_free(index.first);
	memory_free(index.items);
	return status;
}

const struct report_format timeline_jsonl_format = {
	.name        = "timeline.jsonl",
	.description = "times of examined files, events and findings, for Timesketch",
	.write       = write_timeline,
	.is_early    = true,
	.work        = 10,
};
