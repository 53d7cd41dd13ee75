/*
 * rules.c - detection rules of a run: loaded and compiled before any process is started, asked by the processes
 * that read logs, their matches kept by the coordinator.
 */
#include <errno.h>
#include <string.h>

#include <t1554triage/content_rule.h>
#include <t1554triage/exit_status.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "reader.h"
#include "rules.h"
#include "rules_used.h"
#include "task.h"

/* ---- in the coordinator, before ---- */

struct loading { struct run *run; struct rule_origins origins; };

static void
take_refusal(void *context, const struct rule_refusal *refusal)
{
	struct loading *loading = context;
	struct place place = { .path = refusal->file, .line = refusal->line };

	rule_origins_refused(&loading->origins, refusal->file);
	if (refusal->line)
		note(&loading->run->notes, STATUS_OK, NOTE_RULE_REFUSED, &place, "%s, line %u: the rule is not used: %s", refusal->file,
			(unsigned)refusal->line, refusal->reason);
	else
		note(&loading->run->notes, STATUS_OK, NOTE_RULE_REFUSED, &place, "%s: the file is not used: %s", refusal->file,
			refusal->reason);
}

static void
take_unread(void *context, const char *source, size_t rules)
{
	struct loading *loading = context;

	note(&loading->run->notes, STATUS_OK, NOTE_RULE_UNASKED, NULL, "%zu %s loaded and cannot match: no log of %s source (%s) "
		"is read", rules, rules == 1 ? "rule is" : "rules are", rules == 1 ? "its" : "their", source);
}

static void
take_file(void *context, const char *path, const char *bytes, size_t length)
{
	struct loading *loading = context;

	rule_origins_file(&loading->origins, path, bytes, length);
}

/* Known when all of them are compiled. */
static void
count_content_rules(struct loading *loading)
{
	const struct rule_set *rules = loading->run->rules;

	for (size_t i = 0; i < rule_set_count(rules); i++)
		if (rule_set_rule(rules, i)->asks_content)
			rule_origins_rules(&loading->origins, rule_origins_of(&loading->origins, rule_set_rule(rules, i), "YARA"), 1);
}

/* Rules over contents: 0, or an exit status with a message. */
static int
open_content_rules(struct loading *loading, const struct rule_sink *sink, struct buffer *ret_message)
{
	struct run *run = loading->run;

	run->content_rules = content_rules_open();
	if (!run->content_rules && run->options->content_path_count) {
		buffer_add_text(ret_message, "--yara: this build has no YARA (libyara was not there when it was configured)\n");
		return EXIT_USAGE;
	}
	if (!run->content_rules)
		return 0;
	rule_origins_begin(&loading->origins, NULL, "YARA");
	content_rules_add_catalog(run->content_rules, sink);
	for (size_t i = 0; i < run->options->content_path_count; i++) {
		const char *path = run->options->content_paths[i];
		size_t files = content_rules_files(run->content_rules);

		rule_origins_begin(&loading->origins, path, "YARA");
		if (!content_rules_add_folder(run->content_rules, path, sink)) {
			buffer_add_format(ret_message, "--yara %s: cannot be read: %s\n", path, strerror(errno));
			return EXIT_NO_INPUT;
		}
		if (content_rules_files(run->content_rules) == files) {
			buffer_add_format(ret_message, "--yara %s: there is no file of rules (*.yar, *.yara) in it\n", path);
			return EXIT_NO_INPUT;
		}
	}
	if (content_rules_compile(run->content_rules, run->rules)) {
		count_content_rules(loading);
		return 0;
	}
	buffer_add_text(ret_message, "rules over contents could not be compiled together\n");
	return EXIT_INTERNAL;
}

/* Rules over events and names: the same. */
static int
open_event_rules(struct loading *loading, const struct rule_sink *sink, struct buffer *ret_message)
{
	struct run *run = loading->run;

	rule_origins_begin(&loading->origins, NULL, "Sigma");
	rule_set_add_catalog(run->rules, sink);
	rule_origins_rules(&loading->origins, 0, rule_set_count(run->rules));
	for (size_t i = 0; i < run->options->rule_path_count; i++) {
		const char *path = run->options->rule_paths[i];
		size_t files = rule_set_files(run->rules), rules = rule_set_count(run->rules);

		rule_origins_begin(&loading->origins, path, "Sigma");
		if (!rule_set_add_folder(run->rules, path, false, sink)) {
			buffer_add_format(ret_message, "--rules %s: cannot be read: %s\n", path, strerror(errno));
			return EXIT_NO_INPUT;
		}
		if (rule_set_files(run->rules) == files) {
			buffer_add_format(ret_message, "--rules %s: there is no file of rules (*.yml) in it\n", path);
			return EXIT_NO_INPUT;
		}
		rule_origins_rules(&loading->origins, i + 1, rule_set_count(run->rules) - rules);
	}
	return 0;
}

int
rules_open(struct run *run, struct buffer *ret_message)
{
	struct loading loading = { .run = run, .origins = { .arena = &run->arena } };
	const struct rule_sink sink = { .refused = take_refusal, .file = take_file, .unread = take_unread, .context = &loading };
	int status;

	run->is_judging = true;
	run->rules = rule_set_open();
	status = open_event_rules(&loading, &sink, ret_message);
	if (!status)
		status = open_content_rules(&loading, &sink, ret_message);
	if (!status)
		rule_set_compile(run->rules, &sink);
	run->rules_used = rule_origins_finish(&loading.origins, &run->rules_used_count);
	run->inventory.rules = run->rules;
	run->is_judging = false;
	return status;
}

/* ---- in the reading process ---- */

struct rule_asking {
	struct rule_matcher *matcher;
	struct reader       *reader;
	struct rule_kept    *kept;
	uint64_t             order;
	const struct event  *event;
};

struct rule_asking *
rules_ask_begin(struct reader *reader)
{
	struct rule_asking *asking = memory_allocate(1, sizeof *asking);

	asking->reader = reader;
	asking->matcher = rule_matcher_open(reader->run->rules);
	asking->kept = rule_kept_open(reader->run->rules);
	return asking;
}

static struct rule_match
match_of(const struct rule_hit *hit, const struct event *event, uint64_t order)
{
	struct rule_match match = { .number = hit->rule->number, .time = event->time, .provider = event->provider,
		.event = event->id, .object = hit->object, .group = hit->group, .at = event->at, .order = order };

	match.at.system = event->system;
	return match;
}

static void
take_hit(void *context, const struct rule_hit *hit)
{
	struct rule_asking *asking = context;
	const struct event *event = asking->event;
	struct rule_match match = match_of(hit, event, asking->order);

	/* Rules over the list of files are asked of that only. */
	if (!hit->rule->asks_files)
		rule_kept_add(asking->kept, &match);
}

void
rules_ask(struct rule_asking *asking, const struct event *event)
{
	asking->event = event;
	asking->order++;
	rule_matcher_ask(asking->matcher, event, take_hit, asking);
}

static void
send_match(void *context, const struct rule_match *match)
{
	reader_send(context, &rule_match_record, match);
}

void
rules_ask_end(struct rule_asking *asking, const struct place *place)
{
	const struct notes *notes = asking->reader->notes;
	uint64_t given_up = rule_matcher_given_up(asking->matcher);

	rule_kept_each(asking->kept, send_match, asking->reader);
	if (given_up)
		note(notes, STATUS_OK, NOTE_RULE_LIMIT, place, "regular expressions of rules were given up %llu times, so that "
			"matches may be missing (limit regex-steps)", (unsigned long long)given_up);
	rule_matcher_close(asking->matcher);
	rule_kept_close(asking->kept);
	memory_free(asking);
}

/* ---- rules over the list of files ---- */

static void
work(void *state, struct worker *worker, const char *task)
{
	struct reader *reader = state;
	struct task_order order;

	worker_progress(worker);
	if (task_read(task, &reader->scratch, &order))
		inventory_ask_rules(&reader->run->inventory, order.item, order.count, send_match, reader);
	arena_release(&reader->scratch);
}

/* ---- in the coordinator, after ---- */

struct rules_again {
	struct run          *run;
	struct rule_matcher *matcher;
	const struct event  *event;
	uint64_t             order;
};

struct rules_again *
rules_again_begin(struct run *run)
{
	struct rules_again *again = memory_allocate(1, sizeof *again);

	again->run = run;
	again->matcher = rule_matcher_open(run->rules);
	return again;
}

static void
take_hit_again(void *context, const struct rule_hit *hit)
{
	struct rules_again *again = context;
	struct rule_match match = match_of(hit, again->event, again->order);

	if (!hit->rule->asks_files)
		inventory_add_log_match(&again->run->inventory, &match);
}

void
rules_again_ask(struct rules_again *again, const struct event *event)
{
	again->event = event;
	again->order++;
	rule_matcher_ask(again->matcher, event, take_hit_again, again);
}

void
rules_again_end(struct rules_again *again)
{
	uint64_t given_up = rule_matcher_given_up(again->matcher);

	if (given_up)
		note(&again->run->notes, STATUS_OK, NOTE_RULE_LIMIT, NULL, "regular expressions of rules were given up %llu times, "
			"so that matches may be missing (limit regex-steps)", (unsigned long long)given_up);
	rule_matcher_close(again->matcher);
	memory_free(again);
}

enum { FILES_OF_A_TASK = 1024 };

/* What processes found, kept until it can be taken in the order of the files. */
struct list_asking {
	struct run *run;
	char      **answers;		/* lines, by task; NULL: none yet */
	size_t      count;
};

static void
keep_answer(void *context, const struct task_result *result)
{
	struct list_asking *at = context;
	struct task_order order;
	struct arena arena;

	arena_init(&arena);
	/* What was lost is asked here: nothing of it is evidence that could not be read. */
	if (result->outcome == TASK_DONE && !result->lost_count && task_read(result->task, &arena, &order) &&
	    order.item / FILES_OF_A_TASK < at->count)
		at->answers[order.item / FILES_OF_A_TASK] = memory_copy_text(result->lines);
	arena_release(&arena);
}

static void
take_match(void *context, const struct rule_match *match)
{
	struct run *run = context;

	if (match->number < rule_set_count(run->rules))
		inventory_add_rule_match(&run->inventory, match);
}

static void
take_line(void *context, const char *line, size_t length)
{
	struct run *run = context;
	struct rule_match match;
	struct arena arena;

	arena_init(&arena);
	if (record_read(line, length, &rule_match_record, &arena, &match) == STATUS_OK)
		take_match(run, &match);
	else
		run_take_note(run, line, length);
	arena_release(&arena);
}

static void
ask_processes(struct list_asking *at)
{
	struct pool *pool = run_pool(at->run, "rules", at->run->options->jobs, work, keep_answer, at);
	struct buffer line;

	buffer_init(&line, 0);
	for (uint64_t i = 0; i < at->count; i++) {
		task_write(&line, &(struct task_order){ .kind = TASK_RULES, .item = i * FILES_OF_A_TASK,
			.count = FILES_OF_A_TASK });
		pool_add(pool, line.bytes);
	}
	buffer_release(&line);
	run_pool_through(at->run, pool);
	pool_close(pool);
}

/* In the order of the files, whoever was asked; what an interruption left is asked here. */
static void
ask_files(struct run *run)
{
	struct list_asking at = { .run = run, .count = (run->inventory.file_count + FILES_OF_A_TASK - 1) / FILES_OF_A_TASK };

	at.answers = memory_allocate(at.count + 1, sizeof *at.answers);
	/* A process is not worth its start for a few. */
	if (at.count > 1 && run->options->jobs)
		ask_processes(&at);
	for (size_t i = 0; i < at.count; i++) {
		if (at.answers[i])
			result_each_line(&(struct task_result){ .lines = at.answers[i], .length = strlen(at.answers[i]) },
				take_line, run);
		else
			inventory_ask_rules(&run->inventory, i * FILES_OF_A_TASK, FILES_OF_A_TASK, take_match, run);
		memory_free(at.answers[i]);
	}
	memory_free(at.answers);
}

void
rules_finish(struct run *run)
{
	run->is_judging = true;
	ask_files(run);
	inventory_match_rules(&run->inventory);
	if (run->inventory.rule_matches_left_out)
		note(&run->notes, STATUS_OK, NOTE_RULE_MATCHES, NULL, "%llu matches of rules in logs are not listed: of one rule the first "
			"%llu by time are (limit rule-matches)", (unsigned long long)run->inventory.rule_matches_left_out,
			(unsigned long long)rule_kept_of_one(false));
	if (run->inventory.rule_parts_left_out)
		note(&run->notes, STATUS_OK, NOTE_RULE_LIMIT, NULL, "%llu matches of rules that are parts of correlations were not joined: "
			"of one rule the first %llu by time are, so that later matches of correlations may be missing (limit rule-matches)",
			(unsigned long long)run->inventory.rule_parts_left_out, (unsigned long long)rule_kept_of_one(true));
	if (run->inventory.rule_matches_dropped)
		note(&run->notes, STATUS_OK, NOTE_RULE_MATCHES, NULL, "%llu matches of rules are not listed (limit rule-matches)",
			(unsigned long long)run->inventory.rule_matches_dropped);
	run->is_judging = false;
}
