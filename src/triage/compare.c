/*
 * compare.c - altered files beside their originals: those of --originals, and what the host's own package manager kept
 *
 * An original counts by its digest: the one with the recorded digest is taken, wherever it comes from.  Where none has it,
 * a file of the given tree is, or that of an archive of the installed version; what belongs to another version is not.
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <t1554triage/difference.h>
#include <t1554triage/inflate.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/package_content.h>
#include <t1554triage/text.h>
#include <t1554triage/verdict.h>

#include "reader.h"
#include "task.h"

/* Where package managers keep archives of what they installed. */
static const char *const kept_packages[] = {
	"/var/cache/apt/archives/*.deb",
	"/var/cache/dnf/*/packages/*.rpm", "/var/cache/libdnf5/*/packages/*.rpm",
	"/var/cache/yum/*/packages/*.rpm", "/var/cache/yum/*/*/*/packages/*.rpm",
	"/var/cache/zypp/packages/*/*.rpm", "/var/cache/zypp/packages/*/*/*.rpm",
	"/var/cache/pacman/pkg/*.pkg.tar*", NULL
};

enum rank { RANK_NONE, RANK_VERSION, RANK_TREE, RANK_RECORDED };

struct comparison {
	struct reader     *reader;
	const struct file *file;
	struct place       place;	/* of what is read now */
	bool               is_given, is_cut;	/* now; something was larger than the limit */
	const char        *name;	/* now */
	const char        *product;	/* now, where its name alone tells it; NULL */
	/* the best so far */
	enum rank          best;
	struct buffer      original;
	struct difference  difference;
};

static struct place
place_of(const struct file *file)
{
	return (struct place){ .evidence = file->evidence, .system = file->system ? file->system->id : NULL,
		.volume = file->volume, .path = file->path, .inode = file->entry.inode };
}

/* ---- in the reading process ---- */

static void
keep_quiet(void *context, const struct note *note)
{
	(void)context;
	(void)note;
}

static void
digest_bytes(const struct buffer *bytes, uint32_t algorithms, struct digests *ret_digests, struct digest *ret_extra)
{
	struct digest_stream *stream = digest_stream_open(algorithms | 1u << DIGEST_SHA256);

	digest_stream_update(stream, bytes->bytes, bytes->length);
	digest_stream_finish(stream, ret_digests, ret_extra);
	digest_stream_close(stream);
}

/* "NAME VERSION" as the package database has it, or without the epoch. */
static bool
is_installed_version(const struct file *file, const char *product)
{
	const char *version = file->package ? file->package->version : NULL, *epoch_end;
	const char *said = product ? strchr(product, ' ') : NULL;

	if (!version || !said)
		return false;
	epoch_end = strchr(version, ':');
	return !strcmp(said + 1, version) || (epoch_end && !strcmp(said + 1, epoch_end + 1));
}

/* Takes the bytes over where they are better than what is there. */
static void
offer(struct comparison *at, struct buffer *bytes, const char *product, const char *member)
{
	const struct package_file *row = at->file->expected;
	const bool is_recorded = row && row->digest.algorithm != DIGEST_NONE;
	struct arena *scratch = &at->reader->scratch;
	struct digest extra = { .algorithm = DIGEST_NONE };
	struct digests digests;
	enum rank rank;
	struct buffer hex;

	digest_bytes(bytes, is_recorded ? 1u << row->digest.algorithm : 0, &digests, &extra);
	rank = is_recorded && digest_compare(&row->digest, &digests, &extra) == DIGEST_EQUAL ? RANK_RECORDED :
		!product ? RANK_TREE : is_installed_version(at->file, product) ? RANK_VERSION : RANK_NONE;
	if (rank <= at->best)
		return;
	at->best = rank;
	buffer_release(&at->original);
	at->original = *bytes;
	buffer_init(bytes, 0);
	buffer_init(&hex, 0);
	text_add_hex(&hex, digests.sha256, sizeof digests.sha256);
	at->difference = (struct difference){ .file = at->file->number, .is_given = at->is_given,
		.original = arena_copy_text(scratch, at->name), .product = arena_copy_text(scratch, product),
		.member = arena_copy_text(scratch, member), .sha256 = arena_copy_text(scratch, hex.bytes),
		.recorded = !is_recorded ? RECORDED_NONE : rank == RANK_RECORDED ? RECORDED_EQUAL : RECORDED_DIFFERS };
	buffer_release(&hex);
}

static void
take_content(struct comparison *at, const char *product, const char *member, struct source *content)
{
	struct buffer bytes;

	buffer_init(&bytes, 0);
	if (content->size > limit_get(LIMIT_COMPARE_BYTES) && content->size != UINT64_MAX)
		at->is_cut = true;
	else if (source_read_all(content, (size_t)limit_get(LIMIT_COMPARE_BYTES), &bytes) == STATUS_OK)
		offer(at, &bytes, product, member);
	buffer_release(&bytes);
}

static void
take_member(void *context, const char *product, const char *path, struct source *content)
{
	struct comparison *at = context;
	const struct file *file = at->file;

	worker_progress(at->reader->worker);
	if (at->best < RANK_RECORDED && (!strcmp(path, file->path) || (file->expected && !strcmp(path, file->expected->path))))
		take_content(at, at->product ? at->product : product ? product : "", path, content);
}

/* "bash-5.2.015-1-x86_64.pkg.tar.zst" tells what is in it by its name alone; STATUS_OK where that is another version. */
static enum status
take_bare_tar(struct comparison *at, struct source *package, const struct notes *notes)
{
	const struct package *owner = at->file->package;
	const char *product = owner && owner->version && text_has_prefix(text_base_name(at->name) + strlen(owner->name) + 1, owner->version) ?
		arena_format(&at->reader->scratch, "%s %s", owner->name, owner->version) : NULL;
	struct source *tar = NULL;
	const struct package_content_sink sink = { take_member, at };
	enum status status;

	if (!product)
		return STATUS_OK;
	status = inflate_open_stream(package, &at->place, notes, &tar);
	if (status != STATUS_OK && status != STATUS_NOT_MINE)
		return status;
	at->product = product;
	status = package_content_read_tar(tar ? tar : package, &at->place, &sink, notes);
	at->product = NULL;
	source_close(tar);
	return status;
}

static void
read_package(struct comparison *at, struct source *package)
{
	const struct notes quiet = { keep_quiet, NULL };
	const struct package_content_sink sink = { take_member, at };
	const enum rank before = at->best;
	enum status status = package_content_read(package, &at->place, &sink, &quiet);

	if (status == STATUS_NOT_MINE)
		status = take_bare_tar(at, package, &quiet);
	if (status != STATUS_OK && at->best == before)
		note(at->reader->notes, STATUS_OK, NOTE_ORIGINAL_NOT_READ, &at->place, "%s could not be read whole, and what it holds of %s "
			"was not compared", at->name, at->file->path);
}

static void
read_given(struct comparison *at)
{
	const struct originals *originals = &at->reader->run->originals;

	at->is_given = true;
	for (size_t i = 0; i < originals->given_count && at->best < RANK_RECORDED; i++) {
		const struct given_original *given = &originals->given[i];
		struct source *source;

		if (given->file != at->file->number)
			continue;
		at->name = given->name;
		at->place = (struct place){ .path = given->name };
		source = source_open_descriptor(given->descriptor, given->size);
		if (given->is_package)
			read_package(at, source);
		else
			take_content(at, NULL, NULL, source);
		source_close(source);
	}
}

/* "bash_5.2.15-2_amd64.deb", "bash-5.2.15-2.x86_64.rpm" may be of "bash", by its name. */
static bool
may_be_of(const char *archive, const struct file *file)
{
	const char *name = file->package ? file->package->name : NULL, *base = text_base_name(archive);

	return name && text_has_prefix(base, name) && (base[strlen(name)] == '_' || base[strlen(name)] == '-');
}

static bool
found_archive(void *context, const struct system_entry *found)
{
	struct comparison *at = context;
	struct reader *reader = at->reader;
	struct filesystem *filesystem;
	struct source *content;

	if (found->entry.state != ENTRY_ALLOCATED || found->entry.type != ENTRY_REGULAR || !may_be_of(found->path, at->file) ||
	    !(found->entry.has & ENTRY_HAS_CONTENT) || found->entry.not_readable)
		return true;
	at->name = found->path;
	at->place = place_of(at->file);
	at->place.path = found->path;
	at->place.inode = found->entry.inode;
	filesystem = reader_filesystem(reader, found->filesystem);
	if (!filesystem || filesystem->driver->content(filesystem, &found->entry, CONTENT_BY_RUNS, reader->notes, &content) < STATUS_DAMAGED) {
		note(reader->notes, STATUS_OK, NOTE_ORIGINAL_NOT_READ, &at->place, "%s could not be read, and what it holds of %s was not "
			"compared", at->name, at->file->path);
		return true;
	}
	read_package(at, content);
	source_close(content);
	return at->best < RANK_RECORDED;
}

static void
read_kept(struct comparison *at)
{
	const struct inventory *inventory = &at->reader->run->inventory;
	const struct installed_system *system = at->file->system;

	if (!system || !at->file->package)
		return;
	at->is_given = false;
	for (const char *const *pattern = kept_packages; *pattern && at->best < RANK_RECORDED; pattern++)
		system_find(reader_view(at->reader, (size_t)(system - inventory->systems.items)), *pattern, found_archive, at);
}

static bool
read_altered(const struct comparison *at, struct buffer *out)
{
	struct filesystem *filesystem = reader_filesystem(at->reader, at->file->filesystem);
	struct source *content;
	bool is_read;

	if (!filesystem || filesystem->driver->content(filesystem, &at->file->entry, CONTENT_BY_RUNS, at->reader->notes, &content) < STATUS_DAMAGED)
		return false;
	is_read = source_read_all(content, (size_t)limit_get(LIMIT_COMPARE_BYTES), out) == STATUS_OK;
	source_close(content);
	return is_read;
}

static void
compare(struct comparison *at)
{
	struct reader *reader = at->reader;
	const struct place place = place_of(at->file);
	struct buffer altered;

	buffer_init(&altered, 0);
	if (!read_altered(at, &altered)) {
		note(reader->notes, STATUS_OK, NOTE_ORIGINAL_NOT_READ, &place, "%s could not be read whole again and was not compared with its "
			"original", at->file->path);
	} else {
		difference_find(&at->difference, altered.bytes, altered.length, at->original.bytes, at->original.length, &reader->scratch);
		reader_send(reader, &difference_record, &at->difference);
		for (size_t i = 0; i < at->difference.item_count; i++)
			reader_send(reader, &difference_item_record, &at->difference.items[i]);
	}
	buffer_release(&altered);
}

/* Silence would be taken for an original that does not differ. */
static void
say_missing(const struct comparison *at)
{
	const struct place place = place_of(at->file);

	if (at->is_cut)
		note(at->reader->notes, STATUS_OK, NOTE_ORIGINAL_NOT_READ, &place, "%s was not compared: its original is larger than the limit "
			"compare-bytes", at->file->path);
	else if (at->reader->run->options->originals)
		note(at->reader->notes, STATUS_OK, NOTE_ORIGINAL_NOT_READ, &place, "%s was not compared: --originals holds neither a file under "
			"its path nor a package of its version with it, nor does the host's own cache", at->file->path);
}

static void
work(void *state, struct worker *worker, const char *task)
{
	struct reader *reader = state;
	struct comparison at = { .reader = reader };
	struct task_order order;

	if (!task_read(task, &reader->scratch, &order) || order.item >= reader->run->inventory.file_count)
		return;
	at.file = &reader->run->inventory.files[order.item];
	worker_touch(worker, at.file->path);
	if (worker_must_skip(worker, at.file->path))
		return;
	buffer_init(&at.original, 0);
	read_given(&at);
	read_kept(&at);
	if (at.best)
		compare(&at);
	else
		say_missing(&at);
	buffer_release(&at.original);
	reader_trim_views(reader);
	arena_release(&reader->scratch);
}

/* ---- in the coordinator ---- */

static void
take_line(void *context, const char *line, size_t length)
{
	struct run *run = context;
	union { struct difference difference; struct difference_item item; } u;
	struct arena arena;

	arena_init(&arena);
	if (record_read(line, length, &difference_record, &arena, &u.difference) == STATUS_OK)
		inventory_add_difference(&run->inventory, &u.difference);
	else if (record_read(line, length, &difference_item_record, &arena, &u.item) == STATUS_OK)
		inventory_add_difference_item(&run->inventory, &u.item);
	else
		run_take_note(run, line, length);
	arena_release(&arena);
}

static void
done(void *context, const struct task_result *result)
{
	struct run *run = context;
	struct place place = { .evidence = NULL };

	run_note_lost(run, result, &place);
	result_each_line(result, take_line, run);
	run->done++;
}

static void
add_given(struct run *run, const struct file *file, const char *name, bool is_package)
{
	/* A link of the tree leads to what the tree has there, never to a file of this machine. */
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	struct originals *originals = &run->originals;
	int descriptor = (int)syscall(SYS_openat2, originals->folder, name, &how, sizeof how);
	struct stat status;

	if (descriptor < 0)
		return;
	if (fstat(descriptor, &status) || !S_ISREG(status.st_mode)) {
		close(descriptor);
		return;
	}
	originals->given = memory_grow(originals->given, originals->given_count, &originals->given_capacity, sizeof *originals->given);
	originals->given[originals->given_count++] = (struct given_original){ .file = file->number, .descriptor = descriptor,
		.size = (uint64_t)status.st_size, .name = arena_copy_text(&run->arena, name), .is_package = is_package };
}

static void
open_given(struct run *run, const struct file *file)
{
	const struct originals *originals = &run->originals;

	if (originals->folder < 0)
		return;
	add_given(run, file, file->path + 1, false);
	if (file->expected && strcmp(file->expected->path, file->path))
		add_given(run, file, file->expected->path + 1, false);
	for (size_t i = 0; i < originals->package_count; i++)
		if (may_be_of(originals->packages[i], file))
			add_given(run, file, originals->packages[i], true);
}

/* What an original could be held against: content of a path that someone has a record of, or that is accused. */
static bool
is_compared(const struct file *file)
{
	return (file->package_state == PACKAGE_STATE_MODIFIED || verdict_is_accusing(file->verdict)) && file->first_name == file->number &&
	       file->entry.state == ENTRY_ALLOCATED && !file->is_link_for_row && file->digest_origin &&
	       !strcmp(file->digest_origin, "computed") && file->path && *file->path == '/';
}

/* The processes that compare inherit what was opened for them. */
static void
keep_open(struct run *run)
{
	const struct originals *originals = &run->originals;

	run->descriptors = memory_resize(run->descriptors, run->descriptor_count + originals->given_count + 1, sizeof *run->descriptors);
	for (size_t i = 0; i < originals->given_count; i++)
		run->descriptors[run->descriptor_count++] = originals->given[i].descriptor;
}

static void
add_task(struct run *run, struct buffer *tasks, const struct file *file)
{
	struct buffer line;

	buffer_init(&line, 0);
	task_write(&line, &(struct task_order){ .kind = TASK_COMPARE, .item = file->number });
	buffer_add(tasks, line.bytes, line.length);
	buffer_release(&line);
	open_given(run, file);
	run->known++;
}

static void
run_tasks(struct run *run, const struct buffer *tasks)
{
	struct pool *pool;
	struct buffer line;

	keep_open(run);
	pool = run_pool(run, "compare", run->options->jobs, work, done, run);
	buffer_init(&line, 0);
	for (const char *at = tasks->bytes; at < tasks->bytes + tasks->length; at += line.length) {
		buffer_clear(&line);
		buffer_add(&line, at, strcspn(at, "\n") + 1);
		pool_add(pool, line.bytes);
	}
	buffer_release(&line);
	run_pool_through(run, pool);
	pool_close(pool);
}

void
pass_compare(struct run *run)
{
	const struct inventory *inventory = &run->inventory;
	uint64_t left = 0;
	struct buffer tasks;

	if (run->interrupted_by)
		return;
	run_enter(run, "comparing with originals", "files");
	buffer_init(&tasks, 0);
	for (size_t i = 0; i < inventory->file_count; i++)
		if (is_compared(&inventory->files[i]) && run->known < limit_get(LIMIT_COMPARE_FILES))
			add_task(run, &tasks, &inventory->files[i]);
		else
			left += is_compared(&inventory->files[i]);
	if (left)
		note(&run->notes, STATUS_OK, NOTE_ORIGINAL_NOT_READ, NULL, "%llu altered files were not compared with originals (limit "
			"compare-files): those that come first by path were", (unsigned long long)left);
	if (run->known)
		run_tasks(run, &tasks);
	buffer_release(&tasks);
	inventory_set_differences(&run->inventory);
}
