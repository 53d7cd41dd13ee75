/*
 * extract.c - "--extract": copies of flagged files, encrypted, under the names of their digests
 *
 * A reading process sends the content in blocks; they are kept in a file without a name, digested, and go from there into
 * the archive.  Nothing that the evidence names becomes the name of a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "encrypted_zip.h"
#include "part_spool.h"
#include "reader.h"
#include "task.h"

enum { BLOCK_BYTES = 48 * 1024 };
#define PASSWORD "infected"

static const char spool_name[] = "extracted.zip.spooled";

struct copied_block { const char *hex; bool damaged, failed; };
static const struct field fields[] = {
	FIELD(struct copied_block, hex, FIELD_TEXT),
	FIELD(struct copied_block, damaged, FIELD_BOOL),
	FIELD(struct copied_block, failed, FIELD_BOOL),
	FIELD_LAST
};
static const struct record_type copied_block_record = {
	.name = "copied", .size = sizeof (struct copied_block), .fields = fields,
	.description = "a block of a file that is extracted",
};

/* ---- in the reading process ---- */

static void
send_content(struct reader *reader, struct source *content)
{
	uint8_t *block = memory_allocate(BLOCK_BYTES, 1);
	enum status status = STATUS_OK;
	struct buffer hex;
	size_t got = 0;

	buffer_init(&hex, 0);
	for (uint64_t at = 0; status != STATUS_END && status != STATUS_UNREADABLE; at += got) {
		status = source_read(content, at, block, BLOCK_BYTES, &got);
		if (status == STATUS_END || (!got && status != STATUS_UNREADABLE))
			break;
		buffer_clear(&hex);
		text_add_hex(&hex, block, status == STATUS_UNREADABLE ? 0 : got);
		reader_send(reader, &copied_block_record, &(struct copied_block){ hex.bytes, status == STATUS_DAMAGED,
			status == STATUS_UNREADABLE });
		worker_progress(reader->worker);
	}
	buffer_release(&hex);
	memory_free(block);
}

static void
work(void *state, struct worker *worker, const char *task)
{
	struct reader *reader = state;
	struct filesystem *filesystem;
	const struct file *file;
	struct task_order order;
	struct source *content;

	if (!task_read(task, &reader->scratch, &order) || order.item >= reader->run->inventory.file_count)
		return;
	file = &reader->run->inventory.files[order.item];
	worker_touch(worker, file->path);
	filesystem = reader_filesystem(reader, file->filesystem);
	if (worker_must_skip(worker, file->path) || !filesystem ||
	    filesystem->driver->content(filesystem, &file->entry, CONTENT_BY_RUNS, reader->notes, &content) < STATUS_DAMAGED) {
		reader_send(reader, &copied_block_record, &(struct copied_block){ "", false, true });
	} else {
		send_content(reader, content);
		source_close(content);
	}
	arena_release(&reader->scratch);
}

/* ---- in the coordinator ---- */

struct extracting {
	struct run        *run;
	struct part_spool *parts;
	struct extracted  *items;
	size_t             count;
	struct map         names;	/* of the archive: one content is copied once */
	uint64_t           bytes;	/* of all that is copied */
	/* of the item that is taken now */
	struct extracted  *item;
	struct digest_stream *stream;
	struct encrypted_zip *zip;
	uint8_t            block[BLOCK_BYTES];
	struct arena       arena;
};

/* By number: what is accused, what findings of high severity are about, and where the recorded content lies now. */
static bool *
find_flagged(const struct inventory *inventory, const struct findings *findings)
{
	bool *is_flagged = memory_allocate(inventory->file_count + 1, sizeof *is_flagged);

	for (size_t i = 0; i < inventory->file_count; i++)
		is_flagged[i] = verdict_is_accusing(inventory->files[i].verdict);
	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].file && (findings->items[i].severity <= SEVERITY_HIGH ||
		    !strcmp(findings->items[i].check->id, "moved-original")))
			is_flagged[findings->items[i].file->number] = true;
	return is_flagged;
}

/* Of names of one content the first stands for all. */
static void
choose(struct extracting *at, const struct findings *findings)
{
	struct inventory *inventory = &at->run->inventory;
	bool *is_flagged = find_flagged(inventory, findings);
	bool *is_chosen = memory_allocate(inventory->file_count + 1, sizeof *is_chosen);

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (is_flagged[i] && file->digest_origin && !strcmp(file->digest_origin, "computed") && !is_chosen[file->first_name]) {
			is_chosen[file->first_name] = true;
			at->count++;
		}
	}
	at->items = arena_allocate(&at->run->arena, (at->count + 1) * sizeof *at->items);
	at->count = 0;
	for (size_t i = 0; i < inventory->file_count; i++)
		if (is_chosen[i])
			at->items[at->count++].file = &inventory->files[i];
	memory_free(is_chosen);
	memory_free(is_flagged);
}

static struct extracted *
item_of(struct extracting *at, const char *task, size_t *ret_position)
{
	struct task_order order;

	if (!task_read(task, &at->arena, &order) || order.count >= at->count)
		return NULL;
	*ret_position = (size_t)order.count;
	return &at->items[order.count];
}

static void
keep_part(void *context, const char *task, const char *lines, size_t length)
{
	struct extracting *at = context;
	size_t position;

	if (item_of(at, task, &position))
		part_spool_add(at->parts, position, lines, length);
	arena_release(&at->arena);
}

static void
drop_parts(void *context, const char *task)
{
	struct extracting *at = context;
	size_t position;

	if (item_of(at, task, &position))
		part_spool_drop(at->parts, position);
	arena_release(&at->arena);
}

static void
keep(void *context, const struct task_result *result)
{
	struct extracting *at = context;
	size_t position;
	struct extracted *item = item_of(at, result->task, &position);

	if (item && result->lost_count) {
		item->why = "the process that read it was lost: it was not copied";
		part_spool_drop(at->parts, position);
	}
	arena_release(&at->arena);
	if (!item || !item->why)
		keep_part(at, result->task, result->lines, result->length);
}

static size_t
decode(struct extracting *at, const struct copied_block *block)
{
	size_t length = block->hex ? strlen(block->hex) : 0;

	if (length % 2 || length / 2 > sizeof at->block || (length && !text_parse_hex(block->hex, length, at->block)))
		return SIZE_MAX;
	return length / 2;
}

/* First what it is called, and how it was read. */
static void
measure(void *context, char *line, size_t length, uint64_t offset)
{
	struct extracting *at = context;
	struct copied_block block;
	size_t count;

	(void)offset;
	if (record_read(line, length, &copied_block_record, &at->arena, &block) != STATUS_OK) {
		run_take_note(at->run, line, length);
		arena_release(&at->arena);
		return;
	}
	count = decode(at, &block);
	arena_release(&at->arena);
	if (block.failed || count == SIZE_MAX) {
		at->item->why = "its content could not be read to the end: it was not copied";
	} else {
		digest_stream_update(at->stream, at->block, count);
		at->item->size += count;
	}
	if (block.damaged && !at->item->why)
		at->item->why = "a part of it lies in a damaged range of the medium: zeros stand there in the copy";
}

static void
copy(void *context, char *line, size_t length, uint64_t offset)
{
	struct extracting *at = context;
	struct copied_block block;
	size_t count;

	(void)offset;
	if (record_read(line, length, &copied_block_record, &at->arena, &block) == STATUS_OK) {
		count = decode(at, &block);
		if (count != SIZE_MAX)
			encrypted_zip_add(at->zip, at->block, count);
	}
	arena_release(&at->arena);
}

static bool
was_read(const struct extracted *item)
{
	return !item->why || text_has_prefix(item->why, "a part of it");
}

static void
put_in_archive(struct extracting *at, size_t position)
{
	struct extracted *item = at->item = &at->items[position];
	struct digests digests;
	struct buffer name;

	if (item->why)
		return;
	at->stream = digest_stream_open(1u << DIGEST_SHA256);
	if (!part_spool_each_line(at->parts, position, measure, at))
		at->run->spool_error = errno ? errno : EIO;
	digest_stream_finish(at->stream, &digests, NULL);
	digest_stream_close(at->stream);
	memcpy(item->sha256, digests.sha256, sizeof item->sha256);
	if (was_read(item) && at->bytes + item->size > limit_get(LIMIT_EXTRACT_BYTES))
		item->why = "all copies together would be larger than the limit extract-bytes: it was not copied";
	if (!was_read(item))
		return;
	buffer_init(&name, 0);
	text_add_hex(&name, item->sha256, sizeof item->sha256);
	buffer_add_text(&name, ".bin");
	item->name = arena_copy_text(&at->run->arena, name.bytes);
	if (map_add_text(&at->names, name.bytes, 0)) {
		at->bytes += item->size;
		encrypted_zip_begin(at->zip, item->name, (uint32_t)item->size, item->sha256);
		if (!part_spool_each_line(at->parts, position, copy, at))
			at->run->spool_error = errno ? errno : EIO;
	}
	buffer_release(&name);
}

static void
read_all(struct extracting *at)
{
	struct buffer line;
	struct pool *pool = run_pool_planned(at->run, (struct pool_plan){ .name = "extract", .jobs = at->run->options->jobs ? 1 : 0,
		.work = work, .part = keep_part, .part_lost = drop_parts, .done = keep, .done_context = at });

	buffer_init(&line, 0);
	for (size_t i = 0; i < at->count; i++) {
		/* Known before it is read: nothing of this size is sent up the pipe. */
		if (at->items[i].file->entry.size > limit_get(LIMIT_EXTRACT_BYTES)) {
			at->items[i].why = "it is larger than the limit extract-bytes: it was not copied";
			continue;
		}
		task_write(&line, &(struct task_order){ .kind = TASK_COPY, .item = at->items[i].file->number, .count = i });
		pool_add(pool, line.bytes);
	}
	buffer_release(&line);
	run_pool_through(at->run, pool);
	pool_close(pool);
}

static void
write_archive(struct extracting *at)
{
	struct run *run = at->run;
	int error, descriptor = openat(run->output_folder, spool_name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	if (descriptor < 0) {
		run->spool_error = errno;
		return;
	}
	at->zip = encrypted_zip_open(descriptor, PASSWORD);
	for (size_t i = 0; i < at->count; i++)
		put_in_archive(at, i);
	error = encrypted_zip_close(at->zip);
	if (close(descriptor) && !error)
		error = errno;
	if (error)
		run->spool_error = error;
}

void
pass_extract(struct run *run, const struct findings *findings)
{
	struct spool_file *file;
	struct extracting *at;

	if (!run->options->extract || run->spool_error)
		return;
	at = memory_allocate(1, sizeof *at);
	at->run = run;
	run_enter(run, "copying flagged files", "");
	arena_init(&at->arena);
	map_init(&at->names);
	choose(at, findings);
	file = spool_file_open(run->output_folder);
	if (file) {
		at->parts = part_spool_open(file, at->count + 1);
		read_all(at);
		write_archive(at);
		part_spool_close(at->parts);
	} else {
		run->spool_error = errno;
	}
	spool_file_close(file);
	run->extraction = (struct extraction){ .items = at->items, .count = at->count,
		.spool = arena_format(&run->arena, "%s/%s", run->output_path, spool_name) };
	map_release(&at->names);
	arena_release(&at->arena);
	memory_free(at);
}

void
extract_end(const struct run *run)
{
	unlinkat(run->output_folder, spool_name, 0);
}
