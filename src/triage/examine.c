/*
 * examine.c - the content of what the walk found is read once and digested; hard links share one reading.
 *
 * The list of candidates, in the order of the disk, is inherited by the reading processes: a task is a part of it, so
 * that what lies side by side is read, and inflated, by one process. The same code reads files with an accusing
 * verdict a second time, by the library's own call and through fresh handles.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <t1554triage/content_rule.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "found_logs.h"
#include "media_window.h"
#include "reader.h"
#include "task.h"

/*
 * Large tasks have more to be digested side by side; towards the end they get smaller, so that none waits for the last.
 */
enum {
	ROWS_ASKED = 64, TASK_FILES_MIN = 64, TASK_FILES_MAX = 16384, TASK_BYTES_MIN = 4 * 1024 * 1024,
	TASK_BYTES_MAX = 1024 * 1024 * 1024, TASKS_OF_A_PROCESS = 2, LARGE_BYTES = 1024 * 1024,
	TASKS_AHEAD = 2,	/* more would give the large tasks of the beginning to one process */
};

/*
 * Along with the verification: every process is at a part of the disk that it has just read, the parts of two are no
 * longer than what it keeps.  With more processes examining alone is faster than MD5 of the medium.
 */
enum {
	ALONG_JOBS_MAX = 4, ALONG_BYTES = MEDIA_PIECES * MEDIA_PIECE_BYTES / 4, ALONG_PATIENCE_MILLISECONDS = 2000,
	ALONG_STEP_MILLISECONDS = 1,
};

struct examined {
	uint64_t       item;
	struct digests digests;
	struct digest  extra;
	const char    *not_examined;
	bool           unreliable;
	uint64_t       bytes_read;
	bool           has_pyc, is_prelinked, is_prelink_undone, may_match_rules;
	const char    *not_undone;
	struct bytecode_source pyc;
	enum program_type type;		/* by content, where it was left open */
	bool           is_unwanted;	/* no program, and nothing else asks for it */
};

static const struct field examined_fields[] = {
	FIELD(struct examined, item, FIELD_U64),
	FIELDS_DIGESTS(struct examined, digests),
	FIELD_ENUM(struct examined, extra.algorithm, "extra_algorithm", digest_algorithm_names),
	FIELD_BYTES(struct examined, extra.bytes, "extra"),
	FIELD(struct examined, not_examined, FIELD_TEXT),
	FIELD(struct examined, unreliable, FIELD_BOOL),
	FIELD(struct examined, bytes_read, FIELD_U64),
	FIELD(struct examined, has_pyc, FIELD_BOOL),
	FIELD(struct examined, is_prelinked, FIELD_BOOL),
	FIELD(struct examined, is_prelink_undone, FIELD_BOOL),
	FIELD(struct examined, not_undone, FIELD_TEXT),
	FIELD(struct examined, may_match_rules, FIELD_BOOL),
	FIELD_AS(struct examined, pyc.by_hash, "pyc_by_hash", FIELD_BOOL),
	FIELD_AS(struct examined, pyc.modified, "pyc_modified", FIELD_U32),
	FIELD_AS(struct examined, pyc.size, "pyc_size", FIELD_U32),
	FIELD_ENUM(struct examined, type, "type", program_type_names),
	FIELD(struct examined, is_unwanted, FIELD_BOOL),
	FIELD_LAST
};
static const struct record_type examined_record = {
	.name = "examined", .size = sizeof (struct examined), .fields = examined_fields,
	.description = "what reading the content of a file gave",
};

/* ---- in the reading process ---- */

static struct place
place_of(const struct reader *reader, const struct file *file)
{
	return (struct place){ .evidence = reader->run->facts[file->filesystem].evidence,
		.volume = reader->run->facts[file->filesystem].volume, .path = file->entry.path,
		.inode = file->entry.inode };
}

static const char *
kind_of(const struct file *file)
{
	return file->entry.state == ENTRY_ALLOCATED ? "file" : "deleted file";
}

/* The type by the first bytes, where the walk has left it open; false: there is no reason to go on. */
static bool
settle_type(const struct file *file, const uint8_t *head, size_t length, struct examined *ret_examined)
{
	if (file->is_type_open) {
		enum program_type type = binary_type(head, length < BINARY_HEAD_BYTES ? length : BINARY_HEAD_BYTES,
			text_base_name(file->entry.path));

		ret_examined->type = type != PROGRAM_OTHER ? type : file->type;
	}
	ret_examined->is_unwanted = file->is_type_open && ret_examined->type == PROGRAM_OTHER && !file->is_candidate_only;
	if (ret_examined->type == PROGRAM_BYTECODE)
		ret_examined->has_pyc = binary_read_pyc(head, length, &ret_examined->pyc);
	return !ret_examined->is_unwanted;
}

/* A content on its way through the digests. */
struct reading {
	const struct file    *file;	/* NULL: none */
	struct source        *content;
	enum status           status;
	bool                  is_over;	/* there is no more to be read of it */
	struct digest_stream *stream;
	uint8_t              *block;	/* READER_BLOCK_BYTES */
	struct sieving        sieving;	/* what rules over contents need */
	struct examined       examined;
};

/* The contents of a task: several are digested side by side, a piece of each in turn. */
struct examining {
	struct reader           *reader;
	const struct task_order *order;
	const struct content_sieve *sieve;		/* NULL: no rules over contents are asked */
	size_t                   next, end, most;	/* candidates; contents at once */
	size_t                  *large;			/* candidates, the largest first; NULL: all go by the order of the disk */
	size_t                   large_count, large_next;
	bool                     is_along;		/* with the verification */
	uint64_t                 waiting_at, waiting_since;	/* pieces that it had read; milliseconds, 0: nothing is waited for */
	struct reading           readings[READER_CONTENTS];
	struct digest_piece      pieces[READER_CONTENTS];	/* of them: what is not yet digested */
};

/* Reads the next piece of it; 0: it is over. */
static size_t
read_piece(struct reader *reader, struct reading *reading)
{
	struct source *content = reading->content;
	struct examined *examined = &reading->examined;
	uint64_t offset = examined->bytes_read;
	enum status status;
	size_t got = 0;

	reading->is_over = offset >= content->size || offset >= limit_get(LIMIT_FILE_BYTES);
	if (reading->is_over)
		return 0;
	worker_touch(reader->worker, reading->file->entry.path);
	status = source_read(content, offset, reading->block, READER_BLOCK_BYTES, &got);
	reading->status = status_worse(reading->status, status > STATUS_OK ? STATUS_UNREADABLE : status);
	if (!offset)
		found_log_tell(reader, reading->file->filesystem, &reading->file->entry, reading->block, got);
	if (reading->status <= STATUS_UNREADABLE || !got ||
	    (!offset && !settle_type(reading->file, reading->block, got, examined))) {
		reading->is_over = true;
		return 0;
	}
	examined->bytes_read += got;
	reading->is_over = examined->bytes_read >= content->size;
	return got;
}

/* What is lost of a content is said once. */
static void
note_loss(struct reader *reader, const struct reading *reading, bool by_library, struct examined *ret_examined)
{
	const struct file *file = reading->file;
	const bool is_allocated = file->entry.state == ENTRY_ALLOCATED;
	struct place place = place_of(reader, file);

	if (reading->status <= STATUS_UNREADABLE || ret_examined->bytes_read < reading->content->size) {
		note(reader->notes, STATUS_UNREADABLE, is_allocated ? NOTE_FILE_UNREADABLE : NOTE_DELETED_ITEM, &place,
			"%s %s could be read to byte %llu of %llu only", kind_of(file), file->entry.path,
			(unsigned long long)ret_examined->bytes_read, (unsigned long long)reading->content->size);
		ret_examined->digests = (struct digests){ .known = 0 };
		ret_examined->extra = (struct digest){ .algorithm = DIGEST_NONE };
		ret_examined->not_examined = "it could not be read to its end";
	} else if (reading->status == STATUS_DAMAGED) {
		ret_examined->unreliable = true;
		if (!by_library)
			note(reader->notes, STATUS_DAMAGED, is_allocated ? NOTE_FILE_DAMAGED : NOTE_DELETED_ITEM, &place,
				"%s %s lies in a damaged range: zeros stand for what is lost, its digests say nothing about "
				"what it was", kind_of(file), file->entry.path);
	}
}

/* The rows of packages for the path that a candidate has in its system; of more than the room only the best. */
static size_t
rows_of(const struct run *run, const struct file *file, struct arena *arena, const struct package_file **rows,
	const struct installed_system **ret_system, const char **ret_path)
{
	bool hidden;

	if (!systems_path(&run->inventory.systems, file->filesystem, file->entry.path, arena, ret_system, ret_path, &hidden)) {
		*ret_system = NULL;
		return 0;
	}
	return inventory_rows(&run->inventory, (*ret_system)->id, *ret_path, rows, ROWS_ASKED);
}

/* Is the content as it was before prelink the one that a package records? */
static void
undo_prelink(struct examining *at, struct reading *reading)
{
	const struct package_file *rows[ROWS_ASKED];
	const struct installed_system *system;
	struct examined *examined = &reading->examined;
	struct digests digests;
	struct digest extra;
	const char *path;
	uint8_t *content;
	size_t size, count;

	count = rows_of(at->reader->run, reading->file, &at->reader->scratch, rows, &system, &path);
	if (!count)
		return;
	worker_touch(at->reader->worker, reading->file->entry.path);
	content = binary_undo_prelink(reading->content, &size, &examined->not_undone);
	if (!content)
		return;
	digest_stream_reset(reading->stream);
	digest_stream_expect(reading->stream, size);
	digest_stream_update(reading->stream, content, size);
	digest_stream_finish(reading->stream, &digests, &extra);
	memory_free(content);
	for (size_t i = 0; i < count; i++)
		examined->is_prelink_undone |= rows[i]->kind != PACKAGE_FILE_SOURCE &&
			digest_compare(&rows[i]->digest, &digests, &extra) == DIGEST_EQUAL;
	if (!examined->is_prelink_undone)
		examined->not_undone = "undoing it gives another content than its package records";
}

static void
end_reading(struct examining *at, struct reading *reading)
{
	struct examined *examined = &reading->examined;

	digest_stream_finish(reading->stream, &examined->digests, &examined->extra);
	if (!examined->is_unwanted)
		note_loss(at->reader, reading, at->order->by_library, examined);
	examined->is_prelinked = examined->type == PROGRAM_ELF && !at->order->by_library && reading->status == STATUS_OK &&
		binary_is_prelinked(reading->content);
	if (examined->is_prelinked)
		undo_prelink(at, reading);
	examined->may_match_rules = at->sieve && sieving_passes(&reading->sieving, at->sieve);
	source_close(reading->content);
	reader_send(at->reader, &examined_record, examined);
	reading->file = NULL;
}

/* The entry whose content counts: of a link where a package has a file, what the link leads to. */
static const struct file_entry *
content_entry(struct reader *reader, const struct file *file, uint32_t *ret_filesystem, const char **ret_why)
{
	const struct inventory *inventory = &reader->run->inventory;
	const struct installed_system *system;
	struct system_entry found;
	struct file_entry *copy;
	const char *path;
	bool hidden;

	*ret_filesystem = file->filesystem;
	if (!file->is_link_for_row)
		return &file->entry;
	if (!systems_path(&inventory->systems, file->filesystem, file->entry.path, &reader->scratch, &system, &path, &hidden) ||
	    system_lookup(reader_view(reader, (size_t)(system - inventory->systems.items)), path, true, &found) != STATUS_OK ||
	    found.entry.type != ENTRY_REGULAR) {
		*ret_why = "the symbolic link leads to no file of the system";
		return NULL;
	}
	*ret_filesystem = found.filesystem;
	copy = arena_allocate(&reader->scratch, sizeof *copy);
	*copy = found.entry;
	return copy;
}

/* Opens what is to be digested of a file; NULL: *ret_examined says why there is nothing. */
static struct source *
open_content(struct reader *reader, const struct task_order *order, const struct file *file, enum status *ret_status,
	struct examined *ret_examined)
{
	struct place place = place_of(reader, file);
	struct filesystem *filesystem;
	const struct file_entry *entry;
	struct source *content = NULL;
	uint32_t number;

	entry = content_entry(reader, file, &number, &ret_examined->not_examined);
	if (!entry)
		return NULL;
	if (entry->type != ENTRY_REGULAR && !entry->stream) {
		ret_examined->not_examined = entry->type == ENTRY_UNKNOWN
			? "what it is could not be read" : "it is no regular file and has no content to compare";
		return NULL;
	}
	if (entry->content_state == CONTENT_GONE || entry->content_state == CONTENT_REALLOCATED) {
		ret_examined->not_examined = "its content is no longer there";
		return NULL;
	}
	if (entry->not_readable) {
		ret_examined->not_examined = entry->not_readable;
		note(reader->notes, STATUS_UNREADABLE, file->entry.state == ENTRY_ALLOCATED ? NOTE_CONTENT_NOT_EXAMINED
			: NOTE_DELETED_ITEM, &place, "%s %s was not digested: its content is %s", kind_of(file),
			file->entry.path, entry->not_readable);
		return NULL;
	}
	if (!(entry->has & ENTRY_HAS_CONTENT)) {
		ret_examined->not_examined = "the evidence names it and does not hold its content";
		return NULL;
	}
	filesystem = reader_filesystem(reader, number);
	*ret_status = !filesystem ? STATUS_UNREADABLE : filesystem->driver->content(filesystem, entry,
		order->by_library ? CONTENT_BY_LIBRARY : CONTENT_BY_RUNS, reader->notes, &content);
	if (*ret_status < STATUS_DAMAGED) {
		note(reader->notes, STATUS_UNREADABLE, file->entry.state == ENTRY_ALLOCATED ? NOTE_FILE_UNREADABLE
			: NOTE_DELETED_ITEM, &place, "%s %s could not be read", kind_of(file), file->entry.path);
		ret_examined->not_examined = "it could not be read";
		return NULL;
	}
	return content;
}

static int
compare_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static bool
is_same_content(const struct file *a, const struct file *b)
{
	return a->filesystem == b->filesystem && a->entry.inode && b->entry.inode &&
		!strcmp(a->entry.inode, b->entry.inode) && !compare_texts(a->entry.stream, b->entry.stream) &&
		a->entry.state == b->entry.state && a->is_link_for_row == b->is_link_for_row;
}

/* Names of one content stand side by side: the first is read. */
static bool
is_read(const struct run *run, size_t item)
{
	return !item || !is_same_content(&run->candidates[item - 1], &run->candidates[item]);
}

static void
begin_reading(struct examining *at, size_t number, size_t item)
{
	struct reader *reader = at->reader;
	const struct file *file = &reader->run->candidates[item];
	struct reading *reading = &at->readings[number];

	worker_touch(reader->worker, file->entry.path);
	if (worker_must_skip(reader->worker, file->entry.path))
		return;
	reading->examined = (struct examined){ .item = item, .type = file->type };
	reading->content = open_content(reader, at->order, file, &reading->status, &reading->examined);
	if (!reading->content) {
		reader_send(reader, &examined_record, &reading->examined);
		return;
	}
	reading->file = file;
	reading->is_over = false;
	reading->block = reader_block(reader, number);
	reading->sieving = (struct sieving){ .found = 0 };
	reading->stream = reader_digest_stream(reader, number, at->order->algorithms |
		(at->order->by_library ? DIGEST_BY_LIBRARY : 0));
	digest_stream_expect(reading->stream, reading->content->size);
}

/* The first of the task is read whatever it is: it was asked for by itself. */
static bool
is_asked(const struct examining *at, size_t item)
{
	return item == at->order->item || is_read(at->reader->run, item);
}

static bool
is_large(const struct examining *at, size_t item)
{
	return at->reader->run->candidates[item].entry.size >= LARGE_BYTES;
}

/* By the order of the disk, but what is large where that is listed. */
static bool
next_of_disk(struct examining *at, size_t *ret_item)
{
	while (at->next < at->end) {
		*ret_item = at->next++;
		if (is_asked(at, *ret_item) && !(at->large && is_large(at, *ret_item)))
			return true;
	}
	return false;
}

static bool
next_of_large(struct examining *at, size_t *ret_item)
{
	if (at->large_next == at->large_count)
		return false;
	*ret_item = at->large[at->large_next++];
	return true;
}

/*
 * Half of the places begin with what is large, the largest first, so that none of it remains for the end, where nothing
 * would be digested beside it.
 */
static bool
next_item(struct examining *at, size_t place, size_t *ret_item)
{
	if (place < at->most / 2)
		return next_of_large(at, ret_item) || next_of_disk(at, ret_item);
	return next_of_disk(at, ret_item) || next_of_large(at, ret_item);
}

static int
by_size(const void *left, const void *right, void *context)
{
	const struct file *candidates = context;
	uint64_t a = candidates[*(const size_t *)left].entry.size, b = candidates[*(const size_t *)right].entry.size;

	return a != b ? (a < b) - (a > b) : (*(const size_t *)left > *(const size_t *)right) - (*(const size_t *)left < *(const size_t *)right);
}

static void
list_large(struct examining *at)
{
	size_t count = 0;

	for (size_t i = at->next; i < at->end; i++)
		count += is_large(at, i);
	at->large = memory_allocate(count + 1, sizeof *at->large);
	for (size_t i = at->next; i < at->end; i++)
		if (is_large(at, i) && is_asked(at, i))
			at->large[at->large_count++] = i;
	qsort_r(at->large, at->large_count, sizeof *at->large, by_size, at->reader->run->candidates);
}

/* ---- along with the verification ---- */

static bool
is_inflated(const struct exhibit *exhibit)
{
	const struct image_driver *const *driver = image_drivers();

	while (*driver && strcmp((*driver)->name, exhibit->container))
		driver++;
	return exhibit->kind == EXHIBIT_IMAGE && *driver && (*driver)->asks_beside;
}

/* Where a content begins; UINT64_MAX: not where the verification comes by. */
static uint64_t
place_in_media(const struct run *run, const struct file *file)
{
	const struct readable *readable = &run->readables[file->filesystem];

	if (readable->stack != STACK_NONE || !is_inflated(&run->exhibits.items[readable->exhibit]) || !file->entry.disk_offset)
		return UINT64_MAX;
	return media_window_base(run, readable->exhibit) + file->entry.disk_offset;
}

static uint64_t
next_place(const struct examining *at, const struct reading *reading)
{
	uint64_t place = place_in_media(at->reader->run, reading->file);

	return place == UINT64_MAX ? place : place + reading->examined.bytes_read;
}

/* Most files lie in one piece: of others this is wrong, and costs time only. */
static bool
is_to_come(const struct examining *at, const struct reading *reading)
{
	uint64_t place = next_place(at, reading), left = reading->content->size - reading->examined.bytes_read;

	if (!at->is_along || place == UINT64_MAX || !left)
		return false;
	left = left < READER_BLOCK_BYTES ? left : READER_BLOCK_BYTES;
	return media_window_state(at->reader->window, place) == MEDIA_WINDOW_AHEAD ||
		media_window_state(at->reader->window, place + left - 1) == MEDIA_WINDOW_AHEAD;
}

static uint64_t
milliseconds_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* A verification that does not go on is not waited for. */
static void
wait_for_media(struct examining *at)
{
	uint64_t asked = atomic_load_explicit(&at->reader->window->asked, memory_order_relaxed);

	if (!at->waiting_since || asked != at->waiting_at) {
		at->waiting_at = asked;
		at->waiting_since = milliseconds_now();
	}
	at->is_along = milliseconds_now() - at->waiting_since < ALONG_PATIENCE_MILLISECONDS;
	if (!at->is_along)
		worker_tell_place(at->reader->worker, UINT64_MAX);
	else
		poll(NULL, 0, ALONG_STEP_MILLISECONDS);
	worker_progress(at->reader->worker);
}

/* The first place that this task still asks for. */
static void
tell_place(const struct examining *at)
{
	const struct run *run = at->reader->run;
	uint64_t lowest = UINT64_MAX, place;

	if (!at->is_along)
		return;
	for (size_t i = 0; i < at->most; i++)
		if (at->readings[i].file && (place = next_place(at, &at->readings[i])) < lowest)
			lowest = place;
	if (at->next < at->end && (place = place_in_media(run, &run->candidates[at->next])) < lowest)
		lowest = place;
	for (size_t i = at->large_next; i < at->large_count; i++)
		if ((place = place_in_media(run, &run->candidates[at->large[i]])) < lowest)
			lowest = place;
	/* What is past is not held any more. */
	worker_tell_place(at->reader->worker, media_window_state(at->reader->window, lowest) == MEDIA_WINDOW_PAST
		? UINT64_MAX : lowest);
}

static void
go_along(struct examining *at)
{
	const struct reader *reader = at->reader;
	uint64_t place = place_in_media(reader->run, &reader->run->candidates[at->next]);

	at->is_along = at->order->table && reader->window && place != UINT64_MAX &&
		media_window_state(reader->window, place) != MEDIA_WINDOW_PAST;
	worker_tell_place(reader->worker, at->is_along ? place : UINT64_MAX);
}

/* Fills what is free, a piece of each is digested, and what is over makes room; false: nothing was left. */
static bool
examine_pieces(struct examining *at)
{
	bool any = false, waits = false, moves = false;
	size_t item;

	tell_place(at);
	for (size_t i = 0; i < at->most; i++) {
		struct reading *reading = &at->readings[i];
		size_t got;

		any |= reading->file != NULL;
		moves |= at->pieces[i].length != 0;
		if (at->pieces[i].length)
			continue;
		while (!reading->file && next_item(at, i, &item))
			begin_reading(at, i, item);
		if (!reading->file)
			continue;
		any = true;
		if (is_to_come(at, reading)) {
			waits = true;
			continue;
		}
		moves = true;
		at->waiting_since = 0;
		got = read_piece(at->reader, reading);
		if (got && at->sieve)
			sieving_piece(&reading->sieving, at->sieve, reading->block, got);
		at->pieces[i] = (struct digest_piece){ .stream = reading->stream, .bytes = reading->block, .length = got };
	}
	if (waits && !moves)
		wait_for_media(at);
	digest_streams_update(at->pieces, at->most);
	for (size_t i = 0; i < at->most; i++)
		if (at->readings[i].file && at->readings[i].is_over && !at->pieces[i].length)
			end_reading(at, &at->readings[i]);
	return any;
}

/* Archives are unpacked from front to back, and some media are read so: one content at a time. */
static size_t
contents_at_once(const struct run *run, size_t item)
{
	size_t exhibit = run->readables[run->candidates[item].filesystem].exhibit;

	return run->is_sequential || run->exhibits.items[exhibit].kind == EXHIBIT_ARCHIVE ? 1 : READER_CONTENTS;
}

static void
work(void *state, struct worker *worker, const char *task)
{
	struct reader *reader = state;
	struct task_order order;
	struct examining at = { .reader = reader, .order = &order };
	size_t count = reader->run->candidate_count;

	(void)worker;
	if (!task_read(task, &reader->scratch, &order) || order.item >= count)
		return;
	at.sieve = order.by_library || !reader->run->content_rules ? NULL : content_rules_sieve(reader->run->content_rules);
	at.next = order.item;
	at.end = order.count < count - order.item ? order.item + order.count : count;
	at.most = contents_at_once(reader->run, order.item);
	go_along(&at);
	if (at.most > 1)
		list_large(&at);
	while (examine_pieces(&at))
		;
	memory_free(at.large);
	arena_release(&reader->scratch);
}

/* ---- in the coordinator ---- */

enum second_reading { NOT_READ_AGAIN, READ_THE_SAME, READ_DIFFERENTLY };

struct examination {
	struct run  *run;
	struct pool *pool;
	struct arena arena;
	size_t       task_count;	/* of tasks that were added */
	bool         by_library;
	bool        *is_settled;	/* by candidate: its record came back */
	bool         is_along;		/* with the verification: from where it is, and what it has passed at the end */
	uint64_t     along_from;	/* place in the media */
	uint8_t     *again;		/* by candidate: enum second_reading */
};

/* By place on the medium, names of one content side by side; the rest only makes the order certain. */
static int
by_disk(const void *a, const void *b)
{
	const struct file *one = a, *other = b;
	int difference;

	if (one->filesystem != other->filesystem)
		return one->filesystem < other->filesystem ? -1 : 1;
	if (one->entry.disk_offset != other->entry.disk_offset)
		return one->entry.disk_offset < other->entry.disk_offset ? -1 : 1;
	difference = compare_texts(one->entry.inode, other->entry.inode);
	if (!difference)
		difference = compare_texts(one->entry.stream, other->entry.stream);
	if (!difference)
		difference = (int)one->entry.state - (int)other->entry.state;
	if (!difference)
		difference = one->is_link_for_row - other->is_link_for_row;
	return difference ? difference : strcmp(one->entry.path, other->entry.path);
}

static void
take_examined(struct run *run, const struct examined *examined)
{
	struct file *file = &run->candidates[examined->item];

	file->digests = examined->digests;
	file->extra = examined->extra.algorithm ? arena_copy_part(&run->candidate_arena, &examined->extra, sizeof examined->extra) : NULL;
	file->digest_origin = examined->digests.known || examined->extra.algorithm ? "computed" : NULL;
	file->not_examined = examined->not_examined;
	file->unreliable = examined->unreliable;
	file->bytes_read = examined->bytes_read;
	file->has_pyc = examined->has_pyc;
	file->is_prelinked = examined->is_prelinked;
	file->is_prelink_undone = examined->is_prelink_undone;
	file->not_undone = examined->not_undone;
	file->may_match_rules = examined->may_match_rules;
	file->pyc = examined->pyc;
	if (file->is_type_open)
		file->type = examined->type;
	run->bytes += examined->bytes_read;
}

static bool
digests_agree(const struct digests *a, const struct digests *b)
{
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++) {
		const uint8_t *one = digests_get(a, (enum digest_algorithm)i), *other = digests_get(b, (enum digest_algorithm)i);

		if (one && other && memcmp(one, other, digest_size((enum digest_algorithm)i)))
			return false;
	}
	return true;
}

/*
 * The second reading: agreement is kept, a difference takes the file its reliability.  The files themselves are
 * written when the processes are gone: who writes to what they inherited has it twice in memory.
 */
static void
compare_readings(struct examination *at, const struct examined *again)
{
	struct run *run = at->run;
	const struct file *file = &run->candidates[again->item];
	struct place place = { .evidence = run->facts[file->filesystem].evidence,
		.volume = run->facts[file->filesystem].volume, .path = file->entry.path, .inode = file->entry.inode };

	if (again->digests.known && digests_agree(&file->digests, &again->digests)) {
		at->again[again->item] = READ_THE_SAME;
		return;
	}
	at->again[again->item] = READ_DIFFERENTLY;
	note(&run->notes, STATUS_DAMAGED, NOTE_SECOND_READING, &place,
		"%s: a second reading through the library of the file system gave %s: its digests are not relied on",
		file->entry.path, again->digests.known ? "other digests" : "nothing");
}

static void
take_line(void *context, const char *line, size_t length)
{
	struct examination *at = context;
	struct examined examined;

	if (found_log_take(at->run, line, length))
		return;
	if (record_read(line, length, &examined_record, &at->run->candidate_arena, &examined) != STATUS_OK) {
		run_take_note(at->run, line, length);
		return;
	}
	if (examined.item >= at->run->candidate_count || at->is_settled[examined.item])
		return;
	at->is_settled[examined.item] = true;
	at->run->done++;
	if (at->by_library)
		compare_readings(at, &examined);
	else
		take_examined(at->run, &examined);
}

static void
add_task(struct examination *at, struct task_order order)
{
	struct buffer line;

	order.kind = TASK_EXAMINE;
	order.by_library = at->by_library;
	buffer_init(&line, 0);
	task_write(&line, &order);
	pool_add(at->pool, line.bytes);
	at->task_count++;
	buffer_release(&line);
}

/*
 * What no process has answered for is asked for once more, by itself: a process
 * may be lost for a reason that lies outside of the evidence.
 */
static void
settle_item(struct examination *at, const struct task_result *result, const struct task_order *order, size_t item)
{
	const char *why = result->lost_count ? result->lost_why[result->lost_count - 1] : "no answer came back";

	if (at->is_settled[item])
		return;
	if (!order->row) {
		add_task(at, (struct task_order){ .item = item, .count = 1, .row = 1, .algorithms = order->algorithms });
		return;
	}
	if (at->by_library)
		at->again[item] = READ_DIFFERENTLY;
	else
		at->run->candidates[item].not_examined = arena_format(&at->run->candidate_arena, "its reading process was lost twice (%s)", why);
	at->run->done++;
}

static void
note_lost(const struct examination *at, const struct task_result *result, const struct task_order *order)
{
	const struct run *run = at->run;
	const struct file *file = &run->candidates[order->item];
	struct place place = { .evidence = run->facts[file->filesystem].evidence,
		.volume = run->facts[file->filesystem].volume };

	if (order->row) {
		place.inode = file->entry.inode;
		run_note_lost(at->run, result, &place);
		return;
	}
	for (size_t i = 0; i < result->lost_count; i++) {
		place.path = *result->lost[i] ? result->lost[i] : NULL;
		note(&run->notes, STATUS_OK, NOTE_WORKER_REPLACED, &place, "a reading process was lost on %s (%s): "
			"another one was asked to read it", place.path ? place.path : "a group of files", result->lost_why[i]);
	}
}

static void
done(void *context, const struct task_result *result)
{
	struct examination *at = context;
	struct run *run = at->run;
	struct task_order order;

	if (!task_read(result->task, &at->arena, &order) || order.item >= run->candidate_count)
		return;
	note_lost(at, result, &order);
	result_each_line(result, take_line, at);
	for (size_t i = order.item; i < run->candidate_count && i - order.item < order.count; i++)
		if (i == order.item || is_read(run, i))
			settle_item(at, result, &order, i);
	arena_release(&at->arena);
}

/* The algorithm that a baseline of the path needs beside those that are computed anyway; 0: none. */
static uint32_t
baselines_algorithm(const struct run *run, const struct installed_system *system, const char *path)
{
	size_t count;
	const struct package_baseline *baselines = inventory_baselines(&run->inventory, system->id, path, &count);

	for (size_t i = count; i-- > 0; )
		if (!(run->options->digests & 1u << baselines[i].digest.algorithm))
			return 1u << baselines[i].digest.algorithm;
	return 0;
}

/* The algorithm that a package row, or else a baseline, needs beside those that are computed anyway. */
static uint32_t
owners_algorithm(const struct run *run, const struct file *file, struct arena *arena)
{
	const struct package_file *rows[ROWS_ASKED];
	const struct installed_system *system;
	const char *path;
	uint32_t wanted = 0;
	size_t count = rows_of(run, file, arena, rows, &system, &path);

	if (!system)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (!rows[i]->digest.algorithm)
			continue;
		if (run->options->digests & 1u << rows[i]->digest.algorithm) {
			wanted = 0;
			break;
		}
		wanted = wanted ? wanted : 1u << rows[i]->digest.algorithm;
	}
	return wanted ? wanted : baselines_algorithm(run, system, path);
}

/* The content goes before what the living system's tools said of it; that they differ is said. */
static void
compare_with_collected(struct run *run, const struct file *file)
{
	struct place place = { .evidence = run->facts[file->filesystem].evidence,
		.volume = run->facts[file->filesystem].volume, .path = file->entry.path, .inode = file->entry.inode };

	if (!file->unreliable && !digests_agree(&file->digests, file->entry.collected))
		note(&run->notes, STATUS_OK, NOTE_ARTIFACT_CLAIM, &place,
			"%s: the digest that the collector had the living host compute is not that of the collected content: "
			"the file changed in between, or the host's tools did not tell what is there; the content counts",
			file->entry.path);
}

/* What a collector digested on the living system, where the content itself was not collected. */
static void
use_collected(struct run *run, struct file *file)
{
	if (!file->entry.collected)
		return;
	if (file->digest_origin) {
		compare_with_collected(run, file);
		return;
	}
	file->digests = *file->entry.collected;
	file->digest_origin = arena_format(&run->candidate_arena, "collector:%s",
		file->entry.collector ? file->entry.collector : "unknown");
	file->not_examined = NULL;
}

/* What the operator's interruption left: of names of one content the first stands for all. */
static void
mark_interrupted(struct run *run)
{
	for (size_t i = 0; i < run->candidate_count; i++) {
		struct file *file = &run->candidates[i];

		if (!file->digest_origin && !file->not_examined)
			file->not_examined = not_examined_interrupted;
	}
}

/* Names of one content get what its first name got. */
static void
share_readings(struct run *run)
{
	for (size_t i = 0; i < run->candidate_count; i++) {
		struct file *file = &run->candidates[i];
		const struct file *first = file - 1;

		if (i && is_same_content(first, file)) {
			file->digests = first->digests;
			file->extra = first->extra;
			file->digest_origin = first->digest_origin;
			file->not_examined = first->not_examined;
			file->unreliable = first->unreliable;
			file->has_pyc = first->has_pyc;
			file->is_prelinked = first->is_prelinked;
			file->is_prelink_undone = first->is_prelink_undone;
			file->not_undone = first->not_undone;
			file->may_match_rules = first->may_match_rules;
			file->pyc = first->pyc;
			file->type = file->is_type_open && first->type != PROGRAM_OTHER ? first->type : file->type;
		}
		use_collected(run, file);
	}
}

/* What was left open and turned out to be no program is only counted. */
static bool
is_listed(struct run *run, const struct file *file)
{
	struct walk_count *count = &run->inventory.filesystems[file->filesystem].count;
	bool is_program = file->type != PROGRAM_OTHER;

	if (file->is_type_open && !is_program && !file->is_candidate_only && !file->not_examined) {
		count->left_out++;
		return false;
	}
	count->programs += file->is_type_open && is_program;
	return true;
}

/* The list is handed over as it is: a copy would double the memory of a large case. */
static void
hand_over(struct run *run)
{
	size_t listed = 0;

	for (size_t i = 0; i < run->candidate_count; i++)
		if (is_listed(run, &run->candidates[i])) {
			if (listed != i)
				run->candidates[listed] = run->candidates[i];
			listed++;
		}
	inventory_take_files(&run->inventory, run->candidates, listed);
	run->candidate_count = listed;
}

/* What is not yet in a task, and the task that is being filled. */
struct filling {
	struct task_order task;
	bool     is_along;
	uint64_t first_place;		/* of the task */
	uint64_t bytes, bytes_left;	/* of the task; of all that are to come */
	size_t   files_left;
};

static uint64_t
share_of(const struct run *run, uint64_t left, uint64_t least, uint64_t most)
{
	uint64_t share = left / ((run->options->jobs ? run->options->jobs : 1) * (uint64_t)TASKS_OF_A_PROCESS);

	return share < least ? least : share > most ? most : share;
}

static bool
is_filled(const struct run *run, const struct filling *filling, size_t next)
{
	if (filling->is_along)
		return filling->bytes >= ALONG_BYTES ||
			place_in_media(run, &run->candidates[next]) - filling->first_place >= ALONG_BYTES;
	return filling->bytes >= share_of(run, filling->bytes_left, TASK_BYTES_MIN, TASK_BYTES_MAX) ||
		filling->task.count >= share_of(run, filling->files_left, TASK_FILES_MIN, TASK_FILES_MAX);
}

/* The file joins the task, or begins the next one; item SIZE_MAX ends the last. */
static void
add_item(struct examination *at, struct filling *filling, size_t item)
{
	struct run *run = at->run;
	struct task_order *task = &filling->task;
	uint32_t algorithms = 0;

	if (item != SIZE_MAX) {
		algorithms = run->options->digests | owners_algorithm(run, &run->candidates[item], &at->arena);
		run->known++;
	}
	if (task->count && (item == SIZE_MAX || algorithms != task->algorithms || is_filled(run, filling, item) ||
	    run->candidates[item].filesystem != run->candidates[task->item].filesystem)) {
		add_task(at, *task);
		task->count = 0;
	}
	if (item == SIZE_MAX)
		return;
	if (!task->count) {
		*task = (struct task_order){ .item = item, .algorithms = algorithms, .table = filling->is_along };
		filling->bytes = 0;
		filling->first_place = place_in_media(run, &run->candidates[item]);
	}
	task->count = item + 1 - task->item;
	filling->bytes += run->candidates[item].entry.size;
	filling->bytes_left -= run->candidates[item].entry.size;
	filling->files_left--;
}

/* The first of the list that the verification has not passed. */
static size_t
first_along(const struct examination *at)
{
	for (size_t i = 0; i < at->run->candidate_count; i++) {
		uint64_t place = place_in_media(at->run, &at->run->candidates[i]);

		if (place != UINT64_MAX && place >= at->along_from && is_read(at->run, i))
			return i;
	}
	return 0;
}

bool
examination_may_go_along(const struct run *run)
{
	bool any = false;

	for (size_t i = 0; i < run->exhibits.count; i++)
		any |= is_inflated(&run->exhibits.items[i]);
	return any && !run->is_sequential && run->options->jobs && run->options->jobs <= ALONG_JOBS_MAX;
}

/*
 * Where much of what is left of the media is examined, examining takes as long as verifying, and is done along with
 * it.  Else it is sooner through by itself, and so is what it finds.
 */
static void
decide_along(struct examination *at)
{
	struct run *run = at->run;
	const uint64_t end = media_window_base(run, run->exhibits.count);
	uint64_t bytes = 0, asked;

	if (!run->window_view || !examination_may_go_along(run))
		return;
	asked = atomic_load(&run->window->asked);
	at->along_from = asked > end / MEDIA_PIECE_BYTES ? end : (asked < MEDIA_PIECES ? 0 : asked - MEDIA_PIECES) * MEDIA_PIECE_BYTES;
	for (size_t i = 0; i < run->candidate_count && bytes < end; i++) {
		uint64_t place = place_in_media(run, &run->candidates[i]), size = run->candidates[i].entry.size;

		if (place != UINT64_MAX && place >= at->along_from && is_read(run, i))
			bytes += size < end ? size : end;
	}
	at->is_along = at->along_from < end && bytes >= (end - at->along_from) / 2;
	atomic_store(&run->window->wanted, at->is_along ? at->along_from / MEDIA_PIECE_BYTES : UINT64_MAX);
}

static void
hold_verification(void *context)
{
	const struct examination *at = context;
	uint64_t lowest;

	if (!at->is_along || !at->pool)
		return;
	lowest = pool_lowest_place(at->pool);
	atomic_store_explicit(&at->run->window->wanted, lowest == UINT64_MAX ? lowest
		: (lowest > at->along_from ? lowest : at->along_from) / MEDIA_PIECE_BYTES, memory_order_relaxed);
}

/* Sizes are what evidence claims: sums may be absurd, and only say how large tasks are. */
static void
add_items(struct examination *at)
{
	struct run *run = at->run;
	struct filling filling = { .bytes = 0 };
	size_t first = at->is_along ? first_along(at) : 0;
	bool is_started = false;

	for (size_t i = 0; i < run->candidate_count; i++)
		if (is_read(run, i)) {
			filling.bytes_left += run->candidates[i].entry.size;
			filling.files_left++;
		}
	filling.is_along = at->is_along;
	for (size_t k = 0; k < run->candidate_count; k++) {
		size_t i = first + k < run->candidate_count ? first + k : first + k - run->candidate_count;

		if (first && !i) {
			add_item(at, &filling, SIZE_MAX);
			filling.is_along = false;
		}
		if (is_read(run, i))
			add_item(at, &filling, i);
		if (!is_started && at->task_count >= 2 * (size_t)run->options->jobs) {
			pool_start(at->pool);
			is_started = true;
		}
	}
	add_item(at, &filling, SIZE_MAX);
}

static void
examination_init(struct examination *at, struct run *run, bool by_library)
{
	*at = (struct examination){ .run = run, .by_library = by_library };
	run->done = run->known = 0;
	arena_init(&at->arena);
	at->is_settled = memory_allocate(run->candidate_count, sizeof *at->is_settled);
	if (!by_library)
		decide_along(at);
	at->again = memory_allocate(by_library ? run->candidate_count : 0, sizeof *at->again);
	at->pool = run_pool_planned(run, (struct pool_plan){ .name = by_library ? "read again" : "examine",
		.jobs = run->options->jobs, .ahead = at->is_along ? 1 : TASKS_AHEAD, .work = work,
		.start = at->is_along ? reader_start_beside : NULL,
		.shared = at->is_along ? (void *)(uintptr_t)run->window_view : NULL,
		.shared_size = at->is_along ? sizeof *run->window_view : 0,
		.step = at->is_along ? hold_verification : NULL, .step_milliseconds = ALONG_STEP_MILLISECONDS,
		.done = done, .done_context = at });
}

static void
examination_release(struct examination *at)
{
	pool_close(at->pool);
	if (at->is_along)
		atomic_store(&at->run->window->wanted, UINT64_MAX);
	memory_free(at->is_settled);
	memory_free(at->again);
	arena_release(&at->arena);
}

void
pass_examine(struct run *run)
{
	struct examination at;

	run->walked_count = run->candidate_count;
	run_enter(run, "examining", "files");
	if (run->candidate_count)
		qsort(run->candidates, run->candidate_count, sizeof *run->candidates, by_disk);
	examination_init(&at, run, false);
	add_items(&at);
	run_pool_through(run, at.pool);
	examination_release(&at);
	if (run->interrupted_by)
		mark_interrupted(run);
	share_readings(run);
	hand_over(run);
}

/* True: a file lost its reliability. */
static bool
take_second_readings(struct run *run, const uint8_t *again)
{
	bool has_changed = false;

	for (size_t i = 0; i < run->candidate_count; i++) {
		struct file *file = &run->candidates[i];

		if (again[i] == READ_THE_SAME)
			file->read_twice = true;
		if (again[i] != READ_DIFFERENTLY || file->unreliable)
			continue;
		file->unreliable = file->second_differs = true;
		has_changed = true;
	}
	return has_changed;
}

bool
pass_read_again(struct run *run)
{
	struct examination at;
	bool has_changed;

	run_enter(run, "reading a second time", "files");
	examination_init(&at, run, true);
	for (size_t i = 0; i < run->candidate_count; i++) {
		const struct file *file = &run->candidates[i];

		if (!verdict_is_accusing(file->verdict) || !file->digest_origin || strcmp(file->digest_origin, "computed"))
			continue;
		add_task(&at, (struct task_order){ .item = i, .count = 1, .algorithms = run->options->digests |
			owners_algorithm(run, file, &at.arena) });
		run->known++;
	}
	run_pool_through(run, at.pool);
	pool_close(at.pool);
	at.pool = NULL;
	has_changed = take_second_readings(run, at.again);
	examination_release(&at);
	return has_changed;
}
