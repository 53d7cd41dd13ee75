/*
 * walk.c - every name of every file system; what is worth examining goes on.
 *
 * One directory is one task, its folders are queued; the search for orphans of a file system is one more.
 * The reading process decides what is examined, by the index of packages, indicators and sets that it inherited.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "body.h"
#include "found_logs.h"
#include "image_within.h"
#include "reader.h"
#include "task.h"

enum { ROWS_ASKED = 64 };

/* ---- in the reading process ---- */

struct folder_found { uint64_t node; const char *path; };
static const struct field folder_fields[] = {
	FIELD(struct folder_found, node, FIELD_U64),
	FIELD(struct folder_found, path, FIELD_TEXT),
	FIELD_LAST
};
static const struct record_type folder_found_record = {
	.name = "folder", .size = sizeof (struct folder_found), .fields = folder_fields,
	.description = "a directory to be listed",
};

struct body_line { const char *text; };
static const struct field body_fields[] = { FIELD(struct body_line, text, FIELD_TEXT), FIELD_LAST };
static const struct record_type body_line_record = {
	.name = "body", .size = sizeof (struct body_line), .fields = body_fields,
	.description = "lines of the body file",
};

/* Where an entry lies in its running system. */
struct located {
	const struct installed_system *system;
	const char *path;
	bool        hidden;		/* by another mount, or by a layer above */
};

struct walking {
	struct reader     *reader;
	struct filesystem *filesystem;
	uint32_t           number;
	struct walk_count  count;
	struct buffer      body;
	const struct located *located;	/* of the entry that is looked at */
	bool               has_etc, has_tree;	/* names of the folder that the root of a system has */
};

static struct located
locate(struct walking *at, const struct file_entry *entry)
{
	struct located located = { .path = entry->path };

	if (!systems_path(&at->reader->run->inventory.systems, at->number, entry->path, &at->reader->scratch,
	    &located.system, &located.path, &located.hidden)) {
		located.system = NULL;
		located.path = entry->path;
	}
	return located;
}

static void
add_to_body(struct walking *at, const struct file_entry *entry, const struct located *located)
{
	const struct run *run = at->reader->run;
	const char *path = located->path;

	if (!located->system)
		path = arena_format(&at->reader->scratch, "%s/%s%s", run->facts[at->number].evidence,
			run->facts[at->number].volume, path);
	else if (run->inventory.systems.count > 1)
		path = arena_format(&at->reader->scratch, "%s:%s", located->system->id, path);
	body_add_line(&at->body, path, entry);
}

static bool
is_place_for_programs(const struct located *located)
{
	static const char *const patterns[] = {
#define PROGRAM_PLACE(pattern) pattern "/**",
#include "program_place.def"
#undef PROGRAM_PLACE
	};

	for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
		if (text_matches_glob(patterns[i], located->path))
			return true;
	return false;
}

static bool
matches_indicator(const struct run *run, const char *path)
{
	uint64_t unused;

	if (map_get_text(&run->indicator_names, text_base_name(path), &unused) ||
	    map_get_text(&run->indicator_names, path, &unused))
		return true;
	for (size_t i = 0; i < run->indicator_glob_count; i++) {
		const char *pattern = run->indicator_globs[i];

		if (text_matches_glob(pattern, strchr(pattern, '/') ? path : text_base_name(path)))
			return true;
	}
	return false;
}

/* False: there is content, and it cannot be read as it was. */
static bool
read_head(struct walking *at, const struct file_entry *entry, uint8_t *head, size_t *ret_length)
{
	struct source *content;
	enum status status;

	*ret_length = 0;
	if (!(entry->has & ENTRY_HAS_CONTENT) || !entry->size)
		return true;
	/* What cannot be read is noted when it is examined; here it is only looked at. */
	status = entry->not_readable ? STATUS_UNREADABLE : at->filesystem->driver->content(at->filesystem,
		entry, CONTENT_BY_RUNS, &(struct notes){ .add = NULL }, &content);
	if (status < STATUS_DAMAGED)
		return false;
	status = status_worse(status, source_read(content, 0, head, BINARY_HEAD_BYTES, ret_length));
	if (status < STATUS_DAMAGED)
		*ret_length = 0;
	source_close(content);
	return status >= STATUS_OK;
}

static size_t
rows_of(struct walking *at, const struct located *located, const struct package_file **rows)
{
	if (!located->system)
		return 0;
	return inventory_rows(&at->reader->run->inventory, located->system->id, located->path, rows, ROWS_ASKED);
}

static bool
has_digest_or_script(const struct package_file *const *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i]->digest.algorithm || rows[i]->kind == PACKAGE_FILE_SCRIPT)
			return true;
	return false;
}

/* A link is recorded here, and this is none, or one that leads elsewhere. */
static bool
is_other_than_linked(const struct file_entry *entry, const struct package_file *const *rows, size_t count)
{
	bool differs = false;

	for (size_t i = 0; i < count; i++) {
		if (!package_file_is_link(rows[i]) || rows[i]->kind != PACKAGE_FILE_PLAIN)
			continue;
		if (package_file_links_to(rows[i], entry->link_target))
			return false;
		differs = true;
	}
	return differs;
}

/* "bin_t" of "system_u:object_r:bin_t:s0"; NULL: of no such form. */
static const char *
type_of_label(const char *label, size_t *ret_length)
{
	for (unsigned fields = 0; label && fields < 2; fields++) {
		label = strchr(label, ':');
		label += label != NULL;
	}
	*ret_length = label ? strcspn(label, ":") : 0;
	return label;
}

/*
 * The label by the system's own policy where the entry has another type.  User and level are those of
 * who made the file, and a restoring of labels leaves them.
 */
static const char *
other_label(struct walking *at, const struct file_entry *entry)
{
	const struct installed_system *system = at->located->system;
	struct system_labels *labels = entry->selinux && system && entry->state == ENTRY_ALLOCATED && !entry->stream ?
		reader_labels(at->reader, (size_t)(system - at->reader->run->inventory.systems.items)) : NULL;
	const char *expected = labels ? system_label(labels, at->located->path, entry->type) : NULL, *type, *own;
	size_t length, own_length;

	if (!expected)
		return NULL;
	type = type_of_label(expected, &length);
	own = type_of_label(entry->selinux, &own_length);
	return length != own_length || !type || !own || memcmp(type, own, length) ? expected : NULL;
}

static void
send_candidate(struct walking *at, const struct file_entry *entry, enum program_type type, bool is_link)
{
	struct file file = { .filesystem = at->number, .entry = *entry, .type = type,
		.is_candidate_only = type == PROGRAM_OTHER, .is_link_for_row = is_link,
		.label_expected = other_label(at, entry) };

	if (type != PROGRAM_OTHER)
		at->count.programs++;
	reader_send(at->reader, &file_record, &file);
}

/*
 * What is read anyway is not looked at while folders are listed: its place on
 * the medium would be visited twice, and out of order.  Of an archive that holds
 * for every member: looking at the head of each would unpack it again and again.
 */
static bool
is_better_read_later(const struct walking *at, const struct file_entry *entry, bool is_wanted)
{
	const struct run *run = at->reader->run;

	return (is_wanted || run->exhibits.items[run->readables[at->number].exhibit].kind == EXHIBIT_ARCHIVE) &&
		entry->has & ENTRY_HAS_CONTENT && entry->size && !entry->not_readable;
}

static void
send_untyped(struct walking *at, const struct file_entry *entry, enum program_type type_by_name, bool is_wanted_anyway)
{
	struct file file = { .filesystem = at->number, .entry = *entry, .type = type_by_name,
		.is_candidate_only = is_wanted_anyway, .is_type_open = true, .label_expected = other_label(at, entry) };

	reader_send(at->reader, &file_record, &file);
}

static enum program_type
type_by_name(const struct file_entry *entry, const struct located *located, bool is_owned)
{
	if (!is_owned && !is_place_for_programs(located))
		return PROGRAM_OTHER;
	return binary_type_by_name(text_base_name(entry->path));
}

static enum program_type
program_type_of(struct walking *at, const struct file_entry *entry, const struct located *located, bool is_owned,
	bool *ret_is_readable)
{
	uint8_t head[BINARY_HEAD_BYTES];
	size_t length;
	enum program_type type;

	*ret_is_readable = read_head(at, entry, head, &length);
	found_log_tell(at->reader, at->number, entry, head, length);
	type = length ? binary_type(head, length, text_base_name(entry->path)) : PROGRAM_OTHER;
	return type != PROGRAM_OTHER ? type : type_by_name(entry, located, is_owned);
}

/* A collection names it and holds no content that could tell what it is: listed where it could be run. */
static bool
is_named_program(const struct file_entry *entry, const struct located *located)
{
	return !(entry->has & ENTRY_HAS_CONTENT) && entry->has & ENTRY_HAS_MODE && entry->mode & 0111 &&
		is_place_for_programs(located);
}

/* Reasons to digest a file that is no program. */
static bool
is_wanted_anyway(const struct run *run, const struct file_entry *entry, const struct located *located,
	const struct package_file *const *rows, size_t row_count)
{
	bool is_allocated = entry->state == ENTRY_ALLOCATED;
	uint64_t unused;
	size_t baselines = 0;

	if (is_allocated && located->system && !entry->stream)
		inventory_baselines(&run->inventory, located->system->id, located->path, &baselines);
	return baselines || has_digest_or_script(rows, row_count) || is_other_than_linked(entry, rows, row_count) ||
		entry->collected ||
		map_get_text(&run->bad_names, text_base_name(entry->path), &unused) ||
		(is_allocated && entry->immutable && package_db_names(located->path)) ||
		(is_allocated && (entry->stream || is_named_program(entry, located) || run->options->settings.all_files)) ||
		matches_indicator(run, located->path);
}

static void
consider_regular(struct walking *at, const struct file_entry *entry, const struct located *located)
{
	const struct package_file *rows[ROWS_ASKED];
	bool is_allocated = entry->state == ENTRY_ALLOCATED, is_wanted, is_readable;
	size_t row_count = is_allocated ? rows_of(at, located, rows) : 0;
	enum program_type type;

	if (!is_allocated && (entry->content_state == CONTENT_GONE || entry->content_state == CONTENT_REALLOCATED)) {
		/* A name is left where a package has a file: it tells that the file was there, and nothing of it. */
		if (entry->state != ENTRY_ORPHAN && !entry->stream && has_digest_or_script(rows, rows_of(at, located, rows)))
			send_candidate(at, entry, PROGRAM_OTHER, false);
		return;
	}
	is_wanted = is_wanted_anyway(at->reader->run, entry, located, rows, row_count);
	if (is_better_read_later(at, entry, is_wanted)) {
		send_untyped(at, entry, type_by_name(entry, located, row_count > 0), is_wanted);
		return;
	}
	type = program_type_of(at, entry, located, row_count > 0, &is_readable);
	if (type != PROGRAM_OTHER || is_wanted || (is_allocated && !is_readable))
		send_candidate(at, entry, type, false);
	else if (is_allocated)
		at->count.left_out++;
}

/* A packaged link of which only the name is recorded, where programs lie, to what no package has. */
static bool
is_stray_link(struct walking *at, const struct file_entry *entry, const struct located *located,
	const struct package_file *const *rows, size_t count)
{
	const struct package_file *unused;
	struct buffer target;
	bool is_owned;

	if (entry->type != ENTRY_LINK || !entry->link_target || !count || !path_is_system_folder(located->path, false))
		return false;
	for (size_t i = 0; i < count; i++)
		if (rows[i]->digest.algorithm || rows[i]->link_target)
			return false;
	buffer_init(&target, 0);
	path_add_link_target(&target, located->path, entry->link_target);
	is_owned = inventory_rows(&at->reader->run->inventory, located->system->id, target.bytes, &unused, 1);
	buffer_release(&target);
	return !is_owned;
}

static void
consider_other(struct walking *at, const struct file_entry *entry, const struct located *located)
{
	const struct package_file *rows[ROWS_ASKED];
	size_t count;

	/* What was deleted in an upper layer is nothing in the system. */
	if (entry->whiteout && located->system && located->system->mounts[0].lower_count)
		return;
	count = rows_of(at, located, rows);
	/* Where a package has a file: a link to another, or what is no file at all. */
	if (has_digest_or_script(rows, count) || is_other_than_linked(entry, rows, count) ||
	    is_stray_link(at, entry, located, rows, count))
		send_candidate(at, entry, PROGRAM_OTHER, entry->type == ENTRY_LINK);
}

/*
 * A package database without etc/passwd and os-release beside it: what it belongs to is no system that was
 * joined, and that is said, never passed over.
 */
static void
note_system_within(struct walking *at, const struct file_entry *entry, const struct located *located)
{
	static const char *const databases[] = {
#define SYSTEM_WITHIN(path) path,
#include "system_within.def"
#undef SYSTEM_WITHIN
	};
	const struct run *run = at->reader->run;
	struct place place = { .evidence = run->facts[at->number].evidence, .volume = run->facts[at->number].volume,
		.system = located->system ? located->system->id : NULL, .path = located->path, .inode = entry->inode };

	size_t row = 0, root;

	while (row < sizeof databases / sizeof databases[0] && !text_has_suffix(located->path, databases[row]))
		row++;
	if (row == sizeof databases / sizeof databases[0] || entry->state != ENTRY_ALLOCATED)
		return;
	root = strlen(located->path) - strlen(databases[row]);
	if (root && !located->hidden)
		note(at->reader->notes, STATUS_UNREADABLE, NOTE_SYSTEM_WITHIN, &place, "a package database lies in %.*s "
			"(%s), and neither etc/passwd nor an os-release: it was not taken for an installed system, programs there were "
			"asked in hash sets and not compared with its packages", (int)root, located->path, located->path);
}

/*
 * Who gives the folder of an image, or the archive that it was sent in, means the image.  In an installed system it is a
 * file of that system, as of a virtual machine.
 */
static void
note_image_within(struct walking *at, const struct file_entry *entry, const struct located *located)
{
	const struct run *run = at->reader->run;
	const struct exhibit *exhibit = &run->exhibits.items[run->readables[at->number].exhibit];
	uint8_t head[BINARY_HEAD_BYTES];
	const char *form;
	size_t length;

	if (exhibit->kind == EXHIBIT_IMAGE || located->system || entry->state != ENTRY_ALLOCATED || entry->stream ||
	    !image_within_is_named(entry->path) || !read_head(at, entry, head, &length))
		return;
	form = image_within_form(entry->path, head, length);
	if (form)
		note(at->reader->notes, STATUS_UNREADABLE, NOTE_IMAGE_WITHIN, &(struct place){
			.evidence = run->facts[at->number].evidence, .volume = run->facts[at->number].volume, .path = entry->path,
			.inode = entry->inode }, "%s is a disk image (%s) and was not opened: what was given is examined as files that "
			"were collected; %sgive the image itself as evidence", entry->path, form,
			exhibit->kind == EXHIBIT_ARCHIVE ? "unpack it and " : "");
}

/* redirect_dir of overlayfs: what lies below this folder of an upper layer has another path in the layers below. */
static void
note_redirected(struct walking *at, const struct file_entry *entry, const struct located *located)
{
	const struct run *run = at->reader->run;

	if (entry->redirected && located->system && located->system->mounts[0].lower_count)
		note(at->reader->notes, STATUS_UNREADABLE, NOTE_SYSTEM_WITHIN, &(struct place){
			.evidence = run->facts[at->number].evidence, .volume = run->facts[at->number].volume,
			.system = located->system->id, .path = located->path, .inode = entry->inode },
			"the overlay moved this folder (redirect): what the layers below hold of it is examined under its old path");
}

static void
count_entry(struct walk_count *count, const struct file_entry *entry)
{
	count->entries++;
	count->directories += entry->type == ENTRY_DIRECTORY && entry->state == ENTRY_ALLOCATED;
	count->regular += entry->type == ENTRY_REGULAR && entry->state == ENTRY_ALLOCATED;
	count->links += entry->type == ENTRY_LINK && entry->state == ENTRY_ALLOCATED;
	count->others += entry->type > ENTRY_LINK && entry->state == ENTRY_ALLOCATED;
	count->deleted += entry->state == ENTRY_DELETED || entry->state == ENTRY_REALLOCATED;
	count->orphans += entry->state == ENTRY_ORPHAN;
}

static void
look_for_root(struct walking *at, const struct file_entry *entry)
{
	const char *name = text_base_name(entry->path);

	if (entry->state != ENTRY_ALLOCATED || (entry->type != ENTRY_DIRECTORY && entry->type != ENTRY_LINK))
		return;
	at->has_etc |= !strcmp(name, "etc");
	at->has_tree |= !strcmp(name, "usr") || !strcmp(name, "var") || !strcmp(name, "lib");
}

static bool
take_entry(void *context, const struct file_entry *entry)
{
	struct walking *at = context;
	struct located located;

	worker_touch(at->reader->worker, entry->path);
	if (worker_must_skip(at->reader->worker, entry->path))
		return true;
	located = locate(at, entry);
	at->located = &located;
	look_for_root(at, entry);
	if (!entry->stream)
		count_entry(&at->count, entry);
	add_to_body(at, entry, &located);
	if (entry->type == ENTRY_DIRECTORY && !entry->stream) {
		struct folder_found folder = { entry->node, entry->path };

		if (entry->state == ENTRY_ALLOCATED || entry->state == ENTRY_DELETED)
			reader_send(at->reader, &folder_found_record, &folder);
		if (entry->state == ENTRY_ALLOCATED) {
			note_redirected(at, entry, &located);
			consider_other(at, entry, &located);
		}
	} else if (entry->type == ENTRY_REGULAR || entry->stream) {
		note_system_within(at, entry, &located);
		note_image_within(at, entry, &located);
		consider_regular(at, entry, &located);
	} else if (entry->state == ENTRY_ALLOCATED) {
		consider_other(at, entry, &located);
	}
	arena_release(&at->reader->scratch);
	return true;
}

static void
send_body(struct walking *at)
{
	struct body_line line = { at->body.bytes };

	if (at->body.length)
		reader_send(at->reader, &body_line_record, &line);
}

/* A folder that is the root of a system: told, and listed again when that is joined. */
static bool
is_system(struct walking *at, const struct task_order *order, const char *path)
{
	struct reader *reader = at->reader;
	const struct file_entry folder = { .path = path };
	struct located located;
	struct within_fact fact;

	if (order->kind != TASK_LIST || order->row || !at->has_etc || !at->has_tree || !strcmp(path, "/") ||
	    systems_of_tree(&reader->run->inventory.systems, at->number, path) ||
	    !system_is_within(at->filesystem, at->number, path, reader->notes, &reader->scratch, &fact))
		return false;
	located = locate(at, &folder);
	fact.system.within = located.system ? located.system->id : NULL;
	fact.system.origin = arena_format(&reader->scratch, "%s %s", system_place_name(located.path), located.path);
	reader_send(reader, &within_fact_record, &fact);
	return true;
}

static void
walk_task(struct reader *reader, const struct task_order *order)
{
	struct walking at = { .reader = reader, .number = order->number };
	const struct entry_sink sink = { take_entry, &at };
	/* The path outlives the scratch memory that is released with each entry. */
	char *path = memory_copy_text(order->path ? order->path : "/");
	uint64_t touches;
	enum status status;

	at.filesystem = reader_filesystem(reader, order->number);
	if (at.filesystem) {
		buffer_init(&at.body, 0);
		touches = filesystem_damage_touches(at.filesystem);
		worker_touch(reader->worker, path);
		status = order->kind == TASK_ORPHANS
			? at.filesystem->driver->orphans(at.filesystem, &sink, reader->notes)
			: at.filesystem->driver->list(at.filesystem, order->node, path, &sink, reader->notes);
		if (is_system(&at, order, path)) {
			buffer_release(&at.body);
			memory_free(path);
			return;
		}
		at.count.filesystem = order->number;
		at.count.damaged_directories = status < STATUS_OK;
		at.count.complete = status >= STATUS_OK && filesystem_damage_touches(at.filesystem) == touches;
		send_body(&at);
		reader_send(reader, &walk_count_record, &at.count);
		buffer_release(&at.body);
	}
	memory_free(path);
}

static void
work(void *state, struct worker *worker, const char *task)
{
	struct reader *reader = state;
	struct task_order order;

	(void)worker;
	if (task_read(task, &reader->scratch, &order) && order.number < reader->run->readable_count)
		walk_task(reader, &order);
	arena_release(&reader->scratch);
}

/* ---- in the coordinator ---- */

struct walk {
	struct run  *run;
	struct pool *pool;
	struct map   visited;		/* "number node path-if-no-node": damaged file systems hold loops */
	struct arena arena;
	struct task_order order;	/* of the result that is taken now */
	char        *key;		/* of its lines in the body file */
};

static bool
is_visited(struct walk *walk, uint32_t number, const struct folder_found *folder)
{
	struct { uint64_t number, node; } key = { number, folder->node };

	/* Folders and archives tell directories by path; a path has no loops. */
	if (walk->run->exhibits.items[walk->run->readables[number].exhibit].kind != EXHIBIT_IMAGE)
		return false;
	return !map_add(&walk->visited, &key, sizeof key, 0);
}

static size_t
depth_of(const char *path)
{
	size_t depth = 0;

	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

static void
queue_folder(struct walk *walk, uint32_t number, const struct folder_found *folder)
{
	const struct filesystem_fact *fact = &walk->run->facts[number];
	struct place place = { .evidence = fact->evidence, .volume = fact->volume, .path = folder->path };
	struct buffer line;

	if (depth_of(folder->path) > limit_get(LIMIT_DIRECTORY_DEPTH) ||
	    strlen(folder->path) > 16 * limit_get(LIMIT_NAME_BYTES)) {
		note(&walk->run->notes, STATUS_UNREADABLE, NOTE_LIMIT_HIT, &place,
			"folders lie too deep within one another: this one was not listed (limit directory-depth)");
		walk->run->inventory.filesystems[number].count.complete = false;
		return;
	}
	if (is_visited(walk, number, folder))
		return;
	buffer_init(&line, 0);
	task_write(&line, &(struct task_order){ .kind = TASK_LIST, .number = number, .node = folder->node,
		.path = folder->path });
	/* What lies in a folder lies near it on the disk: its own folders are next. */
	pool_add_first(walk->pool, line.bytes);
	buffer_release(&line);
	walk->run->known++;
}

static void
add_count(struct walk_count *sum, const struct walk_count *one)
{
	sum->directories += one->directories;
	sum->entries += one->entries;
	sum->regular += one->regular;
	sum->links += one->links;
	sum->others += one->others;
	sum->deleted += one->deleted;
	sum->orphans += one->orphans;
	sum->programs += one->programs;
	sum->left_out += one->left_out;
	sum->damaged_directories += one->damaged_directories;
	sum->complete &= one->complete;
}

static void
take_candidate(struct run *run, const struct file *file)
{
	run->candidates = memory_grow(run->candidates, run->candidate_count, &run->candidate_capacity,
		sizeof *run->candidates);
	run->candidates[run->candidate_count++] = *file;
}

static void
take_line(void *context, const char *line, size_t length)
{
	struct walk *walk = context;
	struct run *run = walk->run;
	struct folder_found folder;
	struct walk_count count;
	struct body_line body;
	struct file file;

	if (record_is(line, length, &file_record)) {
		if (record_read(line, length, &file_record, &run->candidate_arena, &file) == STATUS_OK &&
		    file.filesystem == walk->order.number && file.entry.path)
			take_candidate(run, &file);
	} else if (found_log_take(run, line, length)) {
		return;
	} else if (record_read(line, length, &folder_found_record, &walk->arena, &folder) == STATUS_OK) {
		if (folder.path)
			queue_folder(walk, walk->order.number, &folder);
	} else if (record_read(line, length, &body_line_record, &walk->arena, &body) == STATUS_OK) {
		if (body.text && !line_spool_add(run->spool, walk->key, body.text, strlen(body.text)))
			run->spool_error = errno;
	} else if (record_read(line, length, &walk_count_record, &walk->arena, &count) == STATUS_OK) {
		add_count(&run->inventory.filesystems[walk->order.number].count, &count);
	} else {
		run_take_note(run, line, length);
	}
}

static void
take_system(void *context, const char *line, size_t length)
{
	struct walk *walk = context;
	struct run *run = walk->run;
	struct within_fact fact;

	if (record_read(line, length, &within_fact_record, &run->arena, &fact) != STATUS_OK)
		return;
	run->folders_found = memory_grow(run->folders_found, run->folder_found_count, &run->folder_found_capacity,
		sizeof *run->folders_found);
	run->folders_found[run->folder_found_count++] = (struct folder_system){ .filesystem = walk->order.number,
		.node = walk->order.node, .path = arena_copy_text(&run->arena, walk->order.path), .fact = fact };
}

/* What was listed of a folder that is a system is taken when it is listed again. */
static bool
is_folder_system(struct walk *walk, const struct task_result *result)
{
	size_t count = walk->run->folder_found_count;

	if (walk->order.kind == TASK_LIST && !walk->order.row && walk->order.path)
		result_each_line(result, take_system, walk);
	return walk->run->folder_found_count > count;
}

static void
done(void *context, const struct task_result *result)
{
	struct walk *walk = context;
	struct run *run = walk->run;
	struct walk_count *count;

	if (!task_read(result->task, &walk->arena, &walk->order) || walk->order.number >= run->readable_count)
		return;
	if (is_folder_system(walk, result)) {
		run->done++;
		arena_release(&walk->arena);
		return;
	}
	walk->key = arena_format(&walk->arena, "%06u %06u %s", (unsigned)run->readables[walk->order.number].exhibit,
		walk->order.number, walk->order.kind == TASK_ORPHANS ? "\xff" : walk->order.path ? walk->order.path : "/");
	count = &run->inventory.filesystems[walk->order.number].count;
	if (result->lost_count)
		count->complete = false;
	run_note_lost(run, result, &(struct place){ .evidence = run->facts[walk->order.number].evidence,
		.volume = run->facts[walk->order.number].volume });
	result_each_line(result, take_line, walk);
	run->done++;
	arena_release(&walk->arena);
}

static void
add_first_tasks(struct walk *walk)
{
	struct run *run = walk->run;
	struct buffer line;

	buffer_init(&line, 0);
	for (uint32_t i = 0; i < run->readable_count; i++) {
		run->inventory.filesystems[i].count.filesystem = i;
		task_write(&line, &(struct task_order){ .kind = TASK_LIST, .number = i,
			.node = filesystem_root(NULL), .path = "/" });
		pool_add(walk->pool, line.bytes);
		run->known++;
		if (run->exhibits.items[run->readables[i].exhibit].kind != EXHIBIT_IMAGE)
			continue;
		task_write(&line, &(struct task_order){ .kind = TASK_ORPHANS, .number = i });
		pool_add(walk->pool, line.bytes);
		run->known++;
	}
	buffer_release(&line);
}

static int
by_place(const void *a, const void *b)
{
	const struct folder_system *one = a, *other = b;

	if (one->filesystem != other->filesystem)
		return one->filesystem < other->filesystem ? -1 : 1;
	return strcmp(one->path, other->path);
}

/* Joins the folders that the walk came to, and adds their tasks; one that finds no room is walked as a part of what is around it. */
static void
join_folders(struct walk *walk)
{
	struct run *run = walk->run;
	size_t first = run->inventory.systems.count, count = run->folder_found_count;
	struct buffer line;

	qsort(run->folders_found, count, sizeof *run->folders_found, by_place);
	for (size_t i = 0; i < count; i++) {
		struct folder_system *found = &run->folders_found[i];
		const struct layer layer = { found->filesystem, found->path };
		struct place place = { .evidence = run->facts[found->filesystem].evidence,
			.volume = run->facts[found->filesystem].volume, .path = found->path };

		found->fact.layers = &layer;
		found->fact.layer_count = 1;
		found->is_joined = run_has_room_for_system(run, &place, found->fact.system.origin);
		if (found->is_joined)
			run_add_system(run, &found->fact);
	}
	pass_within(run, first);
	pass_collect(run, first);
	walk->pool = run_pool(run, "walk", run->options->jobs, work, done, walk);
	buffer_init(&line, 0);
	for (size_t i = 0; i < count; i++) {
		task_write(&line, &(struct task_order){ .kind = TASK_LIST, .number = run->folders_found[i].filesystem,
			.node = run->folders_found[i].node, .path = run->folders_found[i].path,
			.row = !run->folders_found[i].is_joined });
		pool_add(walk->pool, line.bytes);
		run->known++;
	}
	buffer_release(&line);
	run->folder_found_count = 0;
}

/* The root directory again under its own number would be a loop that nothing tells: it is named at once. */
void
pass_walk(struct run *run)
{
	struct walk walk = { .run = run };

	run_enter(run, "walking", "directories");
	map_init(&walk.visited);
	arena_init(&walk.arena);
	walk.pool = run_pool(run, "walk", run->options->jobs, work, done, &walk);
	add_first_tasks(&walk);
	run_pool_through(run, walk.pool);
	pool_close(walk.pool);
	while (run->folder_found_count) {
		join_folders(&walk);
		run->stage = "walking";
		run_pool_through(run, walk.pool);
		pool_close(walk.pool);
	}
	for (size_t i = 0; i < run->readable_count; i++)
		run->inventory.filesystems[i].metadata_damaged = !run->inventory.filesystems[i].count.complete;
	map_release(&walk.visited);
	arena_release(&walk.arena);
}
