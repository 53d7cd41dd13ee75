/* test_event_store.c - events of a case on disk: all of them, by time, as they were, in memory that does not grow. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/event_store.h>
#include <t1554triage/memory.h>

#include "tap.h"

enum { MANY = 700000 };		/* more than two runs of the sort */

static void
add(struct event_store *store, const struct event *event)
{
	struct buffer lines;

	buffer_init(&lines, 0);
	event_write(&lines, event);
	event_store_add(store, event, spool_file_add(event_store_lines(store), lines.bytes, lines.length), lines.length,
		event->at.record_id % 7 == 0);
	buffer_release(&lines);
}

/* Times jump back and forth; of each moment there are several events. */
static void
fill(struct event_store *store)
{
	for (uint32_t i = 0; i < MANY; i++) {
		struct event event = { .time = { .seconds = (int64_t)(i * 2654435761u % 1000), .nanoseconds = i % 3,
			.resolution_nanoseconds = 1 }, .kind = EVENT_RECORD, .at = { .record_id = i + 1 } };

		add(store, &event);
	}
}

static bool
is_behind(const struct event *event, const struct event *before)
{
	int by_time = timestamp_compare(&before->time, &event->time);

	return by_time < 0 || (!by_time && before->at.record_id < event->at.record_id);
}

static void
test_order(int folder)
{
	struct event_store *store = event_store_open(folder);
	struct event_walk *walk;
	const struct event *event;
	struct event before = { .time = { .seconds = -1 } };
	uint64_t sum = 0, count = 0, disorder = 0, marked;

	fill(store);
	IS(event_store_sort(store), 0, "700,000 events are sorted");
	walk = event_walk_open(store, true);
	while ((event = event_walk_next(walk))) {
		disorder += !is_behind(event, &before);
		before = *event;
		sum += event->at.record_id;
		count++;
	}
	OK(event_walk_close(walk), "and read to the end");
	walk = event_walk_open(store, false);
	event_walk_only_marked(walk);
	for (marked = 0; (event = event_walk_next(walk)); marked++)
		disorder += event->at.record_id % 7 != 0;
	OK(event_walk_close(walk) && marked == MANY / 7 && !disorder, "a walk over those that are marked meets them, and no others");
	IS(count, MANY, "none is missing");
	IS(sum, (uint64_t)MANY * (MANY + 1) / 2, "each is there once");
	IS(disorder, 0, "by time, within a moment as they were added");
	event_store_close(store);
}

static void
test_content(int folder)
{
	const struct event_field fields[] = { { "Image", "C:\\a b=%\n\xff" }, { "", "" } };
	const struct event full = { .system = "s1", .kind = EVENT_PROCESS_STARTED, .object = "x", .field_count = 2,
		.fields = fields, .time = { .seconds = 5, .nanoseconds = 100, .resolution_nanoseconds = 100 } };
	struct event_store *store = event_store_open(folder);
	struct event_walk *walk;
	const struct event *event;

	add(store, &full);
	add(store, &(struct event){ .time = { .seconds = 1, .resolution_nanoseconds = 1 } });
	IS(event_store_sort(store), 0, "two events are sorted");
	walk = event_walk_open(store, true);
	event = event_walk_next(walk);
	OK(event && event->time.seconds == 1 && !event->field_count, "the earlier one comes first, without fields of the other");
	event = event_walk_next(walk);
	OK(event && event->kind == EVENT_PROCESS_STARTED && event->field_count == 2 &&
		!strcmp(event->fields[0].value, fields[0].value) && !strcmp(event->fields[1].name, ""),
		"an event comes back with the bytes of its fields");
	OK(!event_walk_next(walk) && event_walk_close(walk), "and that is all");
	walk = event_walk_open(store, false);
	event_walk_next(walk);
	event = event_walk_next(walk);
	OK(event && event->kind == EVENT_PROCESS_STARTED && !event->field_count && event_walk_close(walk),
		"a walk that asks for no fields gets none");
	event_store_close(store);
}

enum { MIXED = 3000, LONG_TEXT = 40000 };

/* Logs that were written at the same time lie apart; of all sizes, some larger than what is read at once. */
static void
test_walks(int folder)
{
	struct event_store *store = event_store_open(folder);
	uint64_t changed = 0, count = 0, with_boot = 0, bytes = 0, added = 0;
	char *text = memory_allocate(LONG_TEXT + 1, 1);
	struct event_walk *walk;
	const struct event *event;
	const char *lines;
	size_t length;

	memset(text, 'x', LONG_TEXT);
	for (uint32_t i = 0; i < MIXED; i++) {
		struct event_field fields[] = { { "Number", text + LONG_TEXT - (i % 100 ? i % 900 : LONG_TEXT) }, { "_BOOT_ID", "b" } };
		struct event own = { .time = { .seconds = i % 3 * 1000 + i, .resolution_nanoseconds = 1 }, .at = { .record_id = i + 1 },
			.kind = i % 2 ? EVENT_PROCESS_STARTED : EVENT_RECORD, .fields = fields, .field_count = i % 5 ? 1 : 2 };
		struct buffer written;

		buffer_init(&written, 0);
		event_write(&written, &own);
		event_store_add(store, &own, spool_file_add(event_store_lines(store), written.bytes, written.length), written.length,
			false);
		added += written.length;
		buffer_release(&written);
	}
	IS(event_store_sort(store), 0, "events of all sizes are sorted");
	walk = event_walk_open(store, false);
	event_walk_only(walk, UINT64_C(1) << EVENT_PROCESS_STARTED);
	while ((event = event_walk_next(walk))) {
		uint64_t i = event->at.record_id - 1;

		count++;
		with_boot += event_walk_may_have(walk, "_BOOT_ID");
		changed += event->kind != EVENT_PROCESS_STARTED || event->field_count;
		event = event_walk_fields(walk);
		changed += !event || event->field_count != (i % 5 ? 1u : 2u) || event->at.record_id != i + 1 ||
			strlen(event->fields[0].value) != (i % 100 ? i % 900 : LONG_TEXT);
		changed += event_walk_fields(walk) != event || event->field_count > 2;
	}
	OK(event_walk_close(walk), "those of one kind are walked");
	IS(count, MIXED / 2, "all of them");
	IS(changed, 0, "and their fields come when they are asked for, once");
	IS(with_boot, MIXED / 10, "which of them have a field can be asked before");
	walk = event_walk_open(store, false);
	for (count = 0; event_walk_lines(walk, &lines, &length); count++) {
		bytes += length;
		changed += length < 6 || memcmp(lines, "event ", 6) || lines[length - 1] != '\n';
	}
	OK(event_walk_close(walk) && count == MIXED && bytes == added && !changed, "the lines are those that were added");
	memory_free(text);
	event_store_close(store);
}

/* Pieces below and above what is written at once. */
static void
test_spool_file(int folder)
{
	enum { PIECES = 5, LONG_PIECE = 300000 };
	static const size_t lengths[PIECES] = { 3, LONG_PIECE, 1, 0, LONG_PIECE + 7 };
	struct spool_file *file = spool_file_open(folder);
	char *piece = memory_allocate(LONG_PIECE + 7, 1), *read = memory_allocate(LONG_PIECE + 7, 1);
	uint64_t offsets[PIECES], expected = 0, wrong = 0;

	for (size_t i = 0; i < PIECES; i++) {
		memset(piece, 'a' + (int)i, lengths[i]);
		offsets[i] = spool_file_add(file, piece, lengths[i]);
		wrong += offsets[i] != expected;
		expected += lengths[i];
	}
	IS(spool_file_flush(file), 0, "pieces are kept");
	for (size_t i = 0; i < PIECES; i++) {
		memset(piece, 'a' + (int)i, lengths[i]);
		wrong += spool_file_read(file, offsets[i], read, lengths[i]) != lengths[i] || memcmp(piece, read, lengths[i]);
	}
	IS(wrong, 0, "and are read where they were said to lie");
	IS(spool_file_read(file, expected - 2, read, 10), 2, "behind the last there is nothing");
	memory_free(piece);
	memory_free(read);
	spool_file_close(file);
}

static void
test_nothing(int folder)
{
	struct event_store *store = event_store_open(folder);
	struct event_walk *walk;

	IS(event_store_sort(store), 0, "no events are sorted");
	walk = event_walk_open(store, true);
	OK(!event_walk_next(walk) && event_walk_close(walk), "and there are none");
	event_store_close(store);
	walk = event_walk_open(NULL, true);
	OK(!event_walk_next(walk) && event_walk_close(walk), "nor are there where no log was read");
	IS(event_store_count(NULL), 0, "and none are counted");
}

int
main(void)
{
	char path[] = "event_store.XXXXXX";
	int folder = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY) : -1;

	test_order(folder);
	test_content(folder);
	test_walks(folder);
	test_spool_file(folder);
	test_nothing(folder);
	IS(rmdir(path), 0, "nothing is left in the folder");
	return tap_done();
}
