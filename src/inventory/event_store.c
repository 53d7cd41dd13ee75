/*
 * event_store.c - every event of the case, on disk
 *
 * One file holds the lines of the events as they came, another one entries of a fixed size that say where each
 * lies and when it happened. Entries are sorted in runs that fit into memory, the runs are merged once: what is
 * moved is 32 bytes an event, whatever it holds, and logs are written in the order of time, so that reading by
 * the entries goes forward through the lines of each log.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/event_store.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

enum {
	ENTRIES_A_RUN = 1 << 18,	/* 8 MiB */
	ENTRIES_A_READ = 256,
	BLOCK_BYTES = 16 * 1024,	/* of lines, that a walk reads at once */
	BLOCKS = 256,			/* it keeps: logs that were written at the same time lie far from one another */
	KINDS_MAX = 64,			/* a walk can tell apart */
};

struct entry {
	int64_t  seconds;
	uint64_t number : 56, kind : 7, is_marked : 1;	/* number: as added */
	uint64_t offset;		/* of its lines */
	uint32_t nanoseconds, length;
};
_Static_assert((int)EVENT_KIND_COUNT <= (int)KINDS_MAX, "kinds are bits of a word");

struct run_of_entries { uint64_t first, count; };

struct event_store {
	struct spool_file *lines, *index, *sorted;	/* sorted: the runs merged */
	uint64_t       count, written;		/* events; entries in the index */
	struct entry  *run;			/* that is being filled */
	size_t         run_length;
	struct run_of_entries *runs;
	size_t         run_count, run_capacity;
	int            error;			/* errno where the index could not be read again, 0 */
};

struct event_store *
event_store_open(int folder)
{
	struct event_store *store = memory_allocate(1, sizeof *store);
	int error;

	store->lines = spool_file_open(folder);
	store->index = spool_file_open(folder);
	store->sorted = spool_file_open(folder);
	error = errno;
	if (!store->lines || !store->index || !store->sorted) {
		event_store_close(store);
		errno = error;
		return NULL;
	}
	store->run = memory_allocate(ENTRIES_A_RUN, sizeof *store->run);
	return store;
}

void
event_store_close(struct event_store *store)
{
	if (!store)
		return;
	spool_file_close(store->lines);
	spool_file_close(store->index);
	spool_file_close(store->sorted);
	memory_free(store->run);
	memory_free(store->runs);
	memory_free(store);
}

uint64_t
event_store_count(const struct event_store *store)
{
	return store ? store->count : 0;
}

static int
compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->seconds != b->seconds)
		return a->seconds < b->seconds ? -1 : 1;
	if (a->nanoseconds != b->nanoseconds)
		return a->nanoseconds < b->nanoseconds ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static void
end_run(struct event_store *store)
{
	if (!store->run_length)
		return;
	qsort(store->run, store->run_length, sizeof *store->run, compare_entries);
	spool_file_add(store->index, store->run, store->run_length * sizeof *store->run);
	store->runs = memory_grow(store->runs, store->run_count, &store->run_capacity, sizeof *store->runs);
	store->runs[store->run_count++] = (struct run_of_entries){ store->written, store->run_length };
	store->written += store->run_length;
	store->run_length = 0;
}

struct spool_file *
event_store_lines(const struct event_store *store)
{
	return store->lines;
}

void
event_store_add(struct event_store *store, const struct event *event, uint64_t offset, size_t length, bool is_marked)
{
	store->run[store->run_length++] = (struct entry){ .seconds = event->time.seconds,
		.nanoseconds = event->time.nanoseconds, .number = store->count++, .kind = event->kind,
		.is_marked = is_marked, .offset = offset, .length = (uint32_t)length };
	if (store->run_length == ENTRIES_A_RUN)
		end_run(store);
}

/* Where the merge is in one run. */
struct run_reader {
	struct run_of_entries left;
	struct entry entries[ENTRIES_A_READ];
	size_t       at, count;
};

/* False at the end of the run. */
static bool
has_entry(struct event_store *store, struct run_reader *reader)
{
	size_t want = reader->left.count < ENTRIES_A_READ ? (size_t)reader->left.count : ENTRIES_A_READ;

	if (reader->at < reader->count)
		return true;
	if (!want || store->error)
		return false;
	if (spool_file_read(store->index, reader->left.first * sizeof (struct entry), reader->entries,
	    want * sizeof (struct entry)) < want * sizeof (struct entry)) {
		store->error = errno ? errno : EIO;
		return false;
	}
	reader->left.first += want;
	reader->left.count -= want;
	reader->at = 0;
	reader->count = want;
	return true;
}

/* The heap holds the readers that have an entry, the earliest first. */
static void
sink_down(struct run_reader **heap, size_t count)
{
	size_t at = 0, child;

	while ((child = 2 * at + 1) < count) {
		struct run_reader *moved = heap[at];

		if (child + 1 < count && compare_entries(&heap[child + 1]->entries[heap[child + 1]->at],
		    &heap[child]->entries[heap[child]->at]) < 0)
			child++;
		if (compare_entries(&moved->entries[moved->at], &heap[child]->entries[heap[child]->at]) <= 0)
			return;
		heap[at] = heap[child];
		heap[child] = moved;
		at = child;
	}
}

static int
compare_readers(const void *left, const void *right)
{
	const struct run_reader *a = *(struct run_reader *const *)left, *b = *(struct run_reader *const *)right;

	return compare_entries(&a->entries[a->at], &b->entries[b->at]);
}

/* Readers in the order of their first entries are a heap already. */
static size_t
begin_merge(struct event_store *store, struct run_reader *readers, struct run_reader **heap)
{
	size_t count = 0;

	for (size_t i = 0; i < store->run_count; i++) {
		readers[i].left = store->runs[i];
		if (has_entry(store, &readers[i]))
			heap[count++] = &readers[i];
	}
	qsort(heap, count, sizeof *heap, compare_readers);
	return count;
}

static void
merge(struct event_store *store)
{
	struct run_reader *readers = memory_allocate(store->run_count, sizeof *readers);
	struct run_reader **heap = memory_allocate(store->run_count, sizeof *heap);
	size_t count = begin_merge(store, readers, heap);

	store->run_length = 0;
	while (count && !store->error) {
		store->run[store->run_length++] = heap[0]->entries[heap[0]->at++];
		if (!has_entry(store, heap[0]))
			heap[0] = heap[--count];
		sink_down(heap, count);
		if (store->run_length == ENTRIES_A_RUN || !count) {
			spool_file_add(store->sorted, store->run, store->run_length * sizeof *store->run);
			store->run_length = 0;
		}
	}
	memory_free(heap);
	memory_free(readers);
}

int
event_store_sort(struct event_store *store)
{
	int lines_error = spool_file_flush(store->lines), index_error, sorted_error;

	end_run(store);
	index_error = spool_file_flush(store->index);
	if (!index_error)
		merge(store);
	sorted_error = spool_file_flush(store->sorted);
	memory_free(store->run);
	store->run = NULL;
	return lines_error ? lines_error : index_error ? index_error : store->error ? store->error : sorted_error;
}

/* A block of the lines; number counts from 1, 0: none. */
struct block { uint64_t number; size_t length; char *bytes; };

struct event_walk {
	const struct event_store *store;
	uint64_t      at;			/* entries passed */
	uint64_t      kinds;			/* that are wanted */
	struct entry  entries[ENTRIES_A_READ];
	struct block  blocks[BLOCKS];
	char         *joined;			/* lines that no one block holds */
	size_t        joined_capacity;
	char         *lines;			/* of the event: texts of what is read lie in them */
	size_t        length, head_length;	/* of them; of the first of them */
	struct event  event;
	struct event_field *fields;
	size_t        field_capacity;
	bool          with_fields, only_marked, has_fields, failed;
};

struct event_walk *
event_walk_open(const struct event_store *store, bool with_fields)
{
	struct event_walk *walk = memory_allocate(1, sizeof *walk);

	walk->store = store;
	walk->kinds = UINT64_MAX;
	walk->with_fields = with_fields;
	return walk;
}

void
event_walk_only(struct event_walk *walk, uint64_t kinds)
{
	walk->kinds = kinds;
}

void
event_walk_only_marked(struct event_walk *walk)
{
	walk->only_marked = true;
}

bool
event_walk_close(struct event_walk *walk)
{
	bool is_whole = !walk->failed;

	for (size_t i = 0; i < BLOCKS; i++)
		memory_free(walk->blocks[i].bytes);
	memory_free(walk->joined);
	memory_free(walk->fields);
	memory_free(walk);
	return is_whole;
}

static bool
read_entries(struct event_walk *walk)
{
	uint64_t left = walk->store->count - walk->at;
	size_t want = left < ENTRIES_A_READ ? (size_t)left : ENTRIES_A_READ;

	return spool_file_read(walk->store->sorted, walk->at * sizeof (struct entry), walk->entries,
		want * sizeof (struct entry)) == want * sizeof (struct entry);
}

/* The block in which the offset lies; NULL where it could not be read. */
static const struct block *
block_at(struct event_walk *walk, uint64_t offset)
{
	uint64_t number = offset / BLOCK_BYTES;
	struct block *block = &walk->blocks[number % BLOCKS];

	if (block->number == number + 1)
		return block;
	if (!block->bytes)
		block->bytes = memory_allocate(BLOCK_BYTES, 1);
	block->length = spool_file_read(walk->store->lines, number * BLOCK_BYTES, block->bytes, BLOCK_BYTES);
	block->number = number + 1;
	return block;
}

static bool
join_lines(struct event_walk *walk, uint64_t offset, size_t length)
{
	if (length > walk->joined_capacity) {
		walk->joined_capacity = length;
		walk->joined = memory_resize(walk->joined, length, 1);
	}
	walk->lines = walk->joined;
	for (size_t done = 0; done < length; ) {
		const struct block *block = block_at(walk, offset + done);
		size_t from = (size_t)((offset + done) % BLOCK_BYTES), count = length - done;

		if (block->length <= from)
			return false;
		if (count > block->length - from)
			count = block->length - from;
		memcpy(walk->joined + done, block->bytes + from, count);
		done += count;
	}
	return true;
}

static bool
read_lines(struct event_walk *walk, const struct entry *entry)
{
	size_t from = (size_t)(entry->offset % BLOCK_BYTES);
	const struct block *block;

	walk->length = entry->length;
	if (entry->length > BLOCK_BYTES - from)
		return join_lines(walk, entry->offset, entry->length);
	block = block_at(walk, entry->offset);
	walk->lines = block->bytes + from;
	return block->length >= from + entry->length;
}

/*
 * "event-field name=Image value=C:%5CWindows", as all are written: the texts are made in their place.  False for any
 * other line, which is as it was then.
 */
static bool
read_usual_field(char *line, size_t length, struct event_field *ret_field)
{
	static const char before[] = "event-field name=", between[] = " value=";
	char *name = line + sizeof before - 1, *end = line + length, *value;

	if (length < sizeof before || memcmp(line, before, sizeof before - 1))
		return false;
	value = memchr(name, ' ', (size_t)(end - name));
	if (!value || (size_t)(end - value) < sizeof between - 1 || memcmp(value, between, sizeof between - 1))
		return false;
	text_end_percent(name, (size_t)(value - name));
	value += sizeof between - 1;
	text_end_percent(value, (size_t)(end - value));
	*ret_field = (struct event_field){ name, value };
	return true;
}

/* What is in the store was read once before it was added. */
static bool
read_field(struct event_walk *walk, char *line, size_t length)
{
	struct event_field *field;

	walk->fields = memory_grow(walk->fields, walk->event.field_count, &walk->field_capacity, sizeof *walk->fields);
	field = &walk->fields[walk->event.field_count++];
	return read_usual_field(line, length, field) ||
		record_read_in_place(line, length, &event_field_record, field) == STATUS_OK;
}

static bool
read_event(struct event_walk *walk)
{
	const char *newline = memchr(walk->lines, '\n', walk->length);

	walk->has_fields = false;
	if (!newline)
		return false;
	walk->head_length = (size_t)(newline - walk->lines) + 1;
	return record_read_in_place(walk->lines, walk->head_length - 1, &event_record, &walk->event) == STATUS_OK;
}

static bool
read_fields(struct event_walk *walk)
{
	char *line = walk->lines + walk->head_length, *end = walk->lines + walk->length, *newline;

	for (; line < end; line = newline + 1) {
		newline = memchr(line, '\n', (size_t)(end - line));
		if (!newline || !read_field(walk, line, (size_t)(newline - line)))
			return false;
	}
	walk->event.fields = walk->fields;
	walk->has_fields = true;
	return true;
}

const struct event *
event_walk_fields(struct event_walk *walk)
{
	if (!walk->failed && !walk->has_fields)
		walk->failed = !read_fields(walk);
	return walk->failed ? NULL : &walk->event;
}

bool
event_walk_may_have(const struct event_walk *walk, const char *name)
{
	return memmem(walk->lines + walk->head_length, walk->length - walk->head_length, name, strlen(name));
}

/* The lines of the next event that is wanted; false at the end. */
static bool
go_on(struct event_walk *walk)
{
	while (!walk->failed && walk->at < event_store_count(walk->store)) {
		const struct entry *entry = &walk->entries[walk->at % ENTRIES_A_READ];

		if (walk->at % ENTRIES_A_READ == 0 && !read_entries(walk)) {
			walk->failed = true;
			return false;
		}
		walk->at++;
		if (!(walk->kinds >> entry->kind & 1) || (walk->only_marked && !entry->is_marked))
			continue;
		walk->failed = !read_lines(walk, entry);
		return !walk->failed;
	}
	return false;
}

bool
event_walk_lines(struct event_walk *walk, const char **ret_lines, size_t *ret_length)
{
	if (!go_on(walk))
		return false;
	*ret_lines = walk->lines;
	*ret_length = walk->length;
	return true;
}

const struct event *
event_walk_next(struct event_walk *walk)
{
	if (!go_on(walk))
		return NULL;
	walk->failed = !read_event(walk) || (walk->with_fields && !read_fields(walk));
	return walk->failed ? NULL : &walk->event;
}
