/*
 * contents.c - rules over contents, asked of what no baseline accounts for; with --all-files of every file.
 *
 * This comes when packages and hash sets have been asked: of an ordinary system few files are left. What no rule can
 * match was told while it was digested and is not read again.
 */
#include <string.h>

#include <t1554triage/content_rule.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "reader.h"
#include "rules.h"
#include "task.h"

enum { FILES_OF_A_TASK = 4 };

static struct place
place_of(const struct file *file)
{
	return (struct place){ .evidence = file->evidence, .system = file->system ? file->system->id : NULL,
		.volume = file->volume, .path = file->path, .inode = file->entry.inode };
}

/* ---- in the reading process ---- */

struct scanning {
	struct reader     *reader;
	const struct file *file;
	struct place       place;
};

static void
take_hit(void *context, const struct rule *rule)
{
	struct scanning *at = context;
	struct rule_match match = { .number = rule->number, .provider = "content", .object = at->file->path, .at = at->place };

	reader_send(at->reader, &rule_match_record, &match);
}

static void
take_given_up_rule(void *context, const struct rule *rule, bool has_failed)
{
	struct scanning *at = context;

	note(at->reader->notes, STATUS_OK, NOTE_RULE_LIMIT, &at->place, "%s: the rule %s of %s %s; it is not asked of this file, nor "
		"of those that the same process reads after it, and what refers to it does not match", at->file->path, rule->id,
		rule->file, has_failed ? "could not be asked: YARA failed" : "took longer than a rule may (limit content-seconds)");
}

static void
take_progress(void *context)
{
	struct scanning *at = context;

	worker_progress(at->reader->worker);
}

static void
scan_file(struct scanning *at, struct content_scanner *scanner)
{
	struct reader *reader = at->reader;
	const struct file *file = at->file;
	struct filesystem *filesystem = reader_filesystem(reader, file->filesystem);
	struct source *content;
	enum status status;

	worker_touch(reader->worker, file->path);
	if (worker_must_skip(reader->worker, file->path) || !filesystem ||
	    filesystem->driver->content(filesystem, &file->entry, CONTENT_BY_RUNS, reader->notes, &content) < STATUS_DAMAGED)
		return;		/* noted when it was digested, or its process was lost */
	status = content_scan(scanner, content, &(struct content_asking){ take_hit, take_given_up_rule, take_progress, at,
		file->path, file->system && file->system->windows });
	if (status == STATUS_DAMAGED)
		note(reader->notes, STATUS_OK, NOTE_RULE_LIMIT, &at->place, "%s: rules over contents were given up: YARA failed, or took "
			"more than %llu seconds (limit content-seconds)", file->path,
			(unsigned long long)limit_get(LIMIT_CONTENT_SECONDS));
	if (status == STATUS_UNREADABLE)
		note(reader->notes, STATUS_OK, NOTE_RULE_LIMIT, &at->place, "%s: rules over contents were not asked: it could not be "
			"read again", file->path);
	source_close(content);
}

static void
work(void *state, struct worker *worker, const char *task)
{
	struct reader *reader = state;
	const struct run *run = reader->run;
	struct content_scanner *scanner;
	struct task_order order;

	(void)worker;
	if (!task_read(task, &reader->scratch, &order))
		return;
	scanner = content_scanner_open(run->content_rules);
	if (!scanner)
		note(reader->notes, STATUS_OK, NOTE_RULE_LIMIT, NULL, "rules over contents were not asked of %llu files: YARA could not "
			"be started", (unsigned long long)order.count);
	for (uint64_t i = order.item; scanner && i < order.item + order.count && i < run->content_file_count; i++) {
		const struct file *file = &run->inventory.files[run->content_files[i]];
		struct scanning at = { .reader = reader, .file = file, .place = place_of(file) };

		scan_file(&at, scanner);
	}
	content_scanner_close(scanner);
	arena_release(&reader->scratch);
}

/* ---- in the coordinator ---- */

static void
take_line(void *context, const char *line, size_t length)
{
	struct run *run = context;
	struct rule_match match;
	struct arena arena;

	arena_init(&arena);
	if (record_read(line, length, &rule_match_record, &arena, &match) != STATUS_OK)
		run_take_note(run, line, length);
	else if (match.number < rule_set_count(run->rules))
		inventory_add_rule_match(&run->inventory, &match);
	arena_release(&arena);
}

static void
done(void *context, const struct task_result *result)
{
	struct run *run = context;
	struct place place = { .evidence = NULL };

	run_note_lost(run, result, &place);
	result_each_line(result, take_line, run);
}

/* A set that only knows it vouches for nothing. */
static bool
is_accounted_for(const struct file *file)
{
	for (size_t i = 0; i < file->match_count; i++)
		if (file->matches[i].class == HASH_GOOD)
			return true;
	return file->package_state == PACKAGE_STATE_VERIFIED || file->package_state == PACKAGE_STATE_DERIVED;
}

bool
contents_are_asked(const struct run *run, const struct file *file)
{
	return file->first_name == file->number && file->digest_origin && !strcmp(file->digest_origin, "computed") &&
	       !file->is_link_for_row && (run->options->settings.all_files || !is_accounted_for(file));
}

/* What lies behind the limit is said of files that no rule can match, too: they might have by what was left out. */
static void
note_limit(struct run *run, const struct file *file)
{
	struct place place = place_of(file);

	if (file->bytes_read > limit_get(LIMIT_CONTENT_BYTES))
		note(&run->notes, STATUS_OK, NOTE_RULE_LIMIT, &place, "%s: rules over contents were asked of its first "
			"%llu bytes (limit content-bytes)", file->path, (unsigned long long)limit_get(LIMIT_CONTENT_BYTES));
}

/* What is to be read for them: the others were told while they were digested. */
static void
choose_files(struct run *run)
{
	run->content_files = memory_allocate(run->inventory.file_count + 1, sizeof *run->content_files);
	for (size_t i = 0; i < run->inventory.file_count; i++) {
		struct file *file = &run->inventory.files[i];

		if (!contents_are_asked(run, file))
			continue;
		file->scanned = true;
		note_limit(run, file);
		if (file->may_match_rules)
			run->content_files[run->content_file_count++] = (uint32_t)i;
	}
}

static void
add_tasks(struct run *run, struct pool *pool)
{
	struct buffer line;

	buffer_init(&line, 0);
	for (uint64_t i = 0; i < run->content_file_count; i += FILES_OF_A_TASK) {
		task_write(&line, &(struct task_order){ .kind = TASK_SCAN, .item = i, .count = FILES_OF_A_TASK });
		pool_add(pool, line.bytes);
	}
	buffer_release(&line);
}

void
pass_contents(struct run *run)
{
	struct pool *pool;

	if (!run->content_rules || run->interrupted_by)
		return;
	choose_files(run);
	if (!run->content_file_count)
		return;
	run_enter(run, "asking rules over contents", "");
	pool = run_pool(run, "contents", run->options->jobs, work, done, run);
	add_tasks(run, pool);
	run_pool_through(run, pool);
	pool_close(pool);
}
