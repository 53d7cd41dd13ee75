/*
 * examine_read.c - the contents of a part of the candidates are read and digested, several side by side.
 *
 * The same code reads files with an accusing verdict a second time, by the library's own call and through fresh handles.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/content_rule.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "candidate.h"
#include "examine.h"
#include "found_logs.h"
#include "media_window.h"
#include "reader.h"
#include "task.h"

enum { LARGE_BYTES = 1024 * 1024, ALONG_PATIENCE_MILLISECONDS = 2000 };

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
const struct record_type examined_record = {
	.name = "examined", .size = sizeof (struct examined), .fields = examined_fields,
	.description = "what reading the content of a file gave",
};

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

/* Is the content as it was before prelink the one that a package records? */
static void
undo_prelink(struct examining *at, struct reading *reading)
{
	const struct package_file *rows[CANDIDATE_ROWS];
	const struct installed_system *system;
	struct examined *examined = &reading->examined;
	struct digests digests;
	struct digest extra;
	const char *path;
	uint8_t *content;
	size_t size, count;

	count = candidate_rows(at->reader->run, reading->file, &at->reader->scratch, rows, &system, &path);
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
	return item == at->order->item || candidate_is_read(at->reader->run, item);
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

static uint64_t
next_place(const struct examining *at, const struct reading *reading)
{
	uint64_t place = candidate_place(at->reader->run, reading->file);

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

/* A verification that does not go on is not waited for. */
static void
wait_for_media(struct examining *at)
{
	uint64_t asked = atomic_load_explicit(&at->reader->window->asked, memory_order_relaxed);

	if (!at->waiting_since || asked != at->waiting_at) {
		at->waiting_at = asked;
		at->waiting_since = pool_milliseconds();
	}
	at->is_along = pool_milliseconds() - at->waiting_since < ALONG_PATIENCE_MILLISECONDS;
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
	if (at->next < at->end && (place = candidate_place(run, &run->candidates[at->next])) < lowest)
		lowest = place;
	for (size_t i = at->large_next; i < at->large_count; i++)
		if ((place = candidate_place(run, &run->candidates[at->large[i]])) < lowest)
			lowest = place;
	/* What is past is not held any more. */
	worker_tell_place(at->reader->worker, media_window_state(at->reader->window, lowest) == MEDIA_WINDOW_PAST
		? UINT64_MAX : lowest);
}

static void
go_along(struct examining *at)
{
	const struct reader *reader = at->reader;
	uint64_t place = candidate_place(reader->run, &reader->run->candidates[at->next]);

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

void
examine_read(void *state, struct worker *worker, const char *task)
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
