/*
 * judge.c - an earlier run is judged again: its facts, with the sets, rules and statements that are given now
 *
 * The evidence is not there.  What a run with these options would have asked of it, and this one cannot, is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/exit_status.h>
#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>
#include <t1554triage/spool_file.h>
#include <t1554triage/text.h>

#include "exhibit_numbers.h"
#include "facts.h"
#include "folder.h"
#include "rules.h"
#include "runs.h"
#include "steps.h"

enum { NOT_ASKED_MAX = 256 };

struct judging {
	struct run            run;
	struct triage_options options;		/* as given, with what the earlier run was given of its evidence */
	struct facts_read     facts;
	struct judged_again   again;
	const char           *not_asked[NOT_ASKED_MAX];
	int                   folder;		/* the earlier output folder */
};

static void __attribute__((format(printf, 2, 3)))
tell(struct judging *at, const char *format, ...)
{
	struct buffer text;
	va_list arguments;

	if (at->again.not_asked_count == NOT_ASKED_MAX)
		return;
	buffer_init(&text, 0);
	va_start(arguments, format);
	buffer_add_vformat(&text, format, arguments);
	va_end(arguments);
	at->not_asked[at->again.not_asked_count++] = arena_copy_text(&at->run.arena, text.bytes);
	buffer_release(&text);
}

/* ---- before ---- */

static const char *
given(const char *now, const char *then)
{
	return now ? now : then;
}

static void
take_over_limits(struct judging *at)
{
	struct settings *now = &at->options.settings;
	const struct settings *then = &at->facts.settings;
	const char **all = arena_allocate(&at->run.arena, (then->limit_count + now->limit_count) * sizeof *all);

	memcpy(all, then->limits, then->limit_count * sizeof *all);
	if (now->limit_count)
		memcpy(all + then->limit_count, now->limits, now->limit_count * sizeof *all);
	now->limits = all;
	now->limit_count += then->limit_count;
}

/* How the evidence was read stays as it was; what is said of the case now counts before what was said then. */
static void
take_over(struct judging *at)
{
	struct case_information *now = &at->options.case_information;
	const struct case_information *then = &at->facts.case_information;
	struct settings *settings = &at->options.settings;
	const struct settings *read = &at->facts.settings;

	now->number = given(now->number, then->number);
	now->examiner = given(now->examiner, then->examiner);
	now->organization = given(now->organization, then->organization);
	now->request = given(now->request, then->request);
	now->notes = given(now->notes, then->notes);
	if (!now->custody_count) {
		now->custody = then->custody;
		now->custody_count = then->custody_count;
	}
	settings->all_files = read->all_files;
	settings->no_verify = read->no_verify;
	settings->sandboxed = read->sandboxed;
	settings->digests = read->digests;
	settings->acquired_digest = read->acquired_digest;
	if (read->limit_count)
		take_over_limits(at);
	at->run.trusted_keys.files = read->trusted_keys;
	at->run.trusted_keys.file_count = read->trusted_key_count;
	at->run.given_lines = read->given;
	at->run.given_line_count = read->given_count;
}

static const char *
base_name_of(struct arena *arena, const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return text_base_name(arena_copy(arena, path, length));
}

static int
open_folder(struct judging *at, struct buffer *ret_message)
{
	const char *path = at->options.operands[0];
	struct buffer lines;
	unsigned departures;

	at->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at->folder < 0) {
		buffer_add_format(ret_message, "%s cannot be opened as a folder: %s; the output folder of an earlier run is wanted\n",
			path, strerror(errno));
		return EXIT_NO_INPUT;
	}
	buffer_init(&lines, 0);
	departures = report_check_folder(at->folder, &at->again.manifest, &at->again.report, &lines);
	report_id_of_folder(at->folder, at->again.id);
	if (departures)
		buffer_add_format(ret_message, "%s is not as it was written (%u departure%s from its manifest): nothing is judged from "
			"it; use a copy of the folder that is whole, or examine the evidence again\n%s", path, departures,
			departures == 1 ? "" : "s", lines.bytes);
	buffer_release(&lines);
	at->again.folder = base_name_of(&at->run.arena, path);
	at->again.body = arena_format(&at->run.arena, "%s/timeline.body", path);
	return departures ? EXIT_DATA : 0;
}

/* "case-t1554" is judged into "case-t1554-2". */
static int
make_folder(struct judging *at, struct buffer *ret_message)
{
	const char *name = at->again.folder;
	size_t length = strlen(name);
	struct run *run = &at->run;
	char *base;
	int status;

	if (text_has_suffix(name, "-t1554"))
		length -= strlen("-t1554");
	base = arena_format(&run->arena, "%.*s", (int)(length < 200 ? length : 200), name);
	status = folder_open(at->options.output, *base && strcmp(base, ".") ? base : "judged", &run->output_folder, &run->output_path,
		ret_message);
	if (status)
		return status;
	run->inventory.event_store = event_store_open(run->output_folder);
	run->kept_facts.lines = spool_file_open(run->output_folder);
	if (run->inventory.event_store && run->kept_facts.lines)
		return 0;
	buffer_add_format(ret_message, "%s: nothing can be written there: %s\n", run->output_path, strerror(errno));
	return EXIT_OUTPUT;
}

/* ---- what could not be asked again ---- */

static bool
is_given_again(const struct judging *at, const struct facts_set *set)
{
	for (size_t i = 0; i < at->run.inventory.set_count; i++) {
		const struct hash_set_identity *identity = hashset_identity(at->run.inventory.sets[i]);

		if (set->file.known ? identity->file.known & 1u << DIGEST_SHA256 &&
		    !memcmp(identity->file.sha256, set->file.sha256, sizeof set->file.sha256)
		    : !strcmp(identity->name, set->name))
			return true;
	}
	return false;
}

static void
tell_sets(struct judging *at)
{
	struct buffer name;

	buffer_init(&name, 0);
	for (size_t i = 0; i < at->facts.set_count; i++) {
		if (is_given_again(at, &at->facts.sets[i]))
			continue;
		buffer_clear(&name);
		text_add_visible(&name, at->facts.sets[i].name, strlen(at->facts.sets[i].name));
		tell(at, "the earlier run asked the hash set %s; it was not given again, and what it says counts no more", name.bytes);
	}
	buffer_release(&name);
}

static void
tell_contents(struct judging *at)
{
	const struct inventory *inventory = &at->run.inventory;
	uint64_t unscanned = 0, once = 0;

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		unscanned += !file->scanned && at->run.content_rules && contents_are_asked(&at->run, file);
		once += verdict_is_accusing(file->verdict) && !file->read_twice && !file->second_differs &&
			file->digest_origin && !strcmp(file->digest_origin, "computed");
	}
	if (unscanned)
		tell(at, "rules over contents were not asked of %llu files that nothing accounts for by the sets given now: "
			"their contents are not here", (unsigned long long)unscanned);
	if (once)
		tell(at, "names with an accusing verdict whose files were not read a second time by an independent path, and whose place on "
			"the medium is not told, as a run with these options would have done: %llu", (unsigned long long)once);
}

/* The name of a line of the body file: "0|/usr/bin/x (deleted)|12|...". */
static const char *
name_of_line(struct buffer *name, const char *line)
{
	const char *begin = strchr(line, '|'), *end = begin ? strchr(begin + 1, '|') : NULL;

	if (!end)
		return NULL;
	buffer_clear(name);
	buffer_add(name, begin + 1, (size_t)(end - begin - 1));
	if (text_has_suffix(name->bytes, " (deleted)"))
		buffer_truncate(name, name->length - strlen(" (deleted)"));
	return text_base_name(name->bytes);
}

/* Names in bad sets given now that the walk saw, and that were no reason to examine a file then. */
static void
tell_names(struct judging *at)
{
	int descriptor = at->run.bad_names.count ? openat(at->folder, "timeline.body", O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
	off_t size = descriptor >= 0 ? lseek(descriptor, 0, SEEK_END) : -1;
	struct line_reader reader;
	struct source *source;
	struct buffer name;
	struct map examined;
	uint64_t count = 0, ignored;
	size_t length;
	char *line;

	if (size < 0) {
		if (descriptor >= 0)
			close(descriptor);
		return;
	}
	map_init(&examined);
	buffer_init(&name, 0);
	for (size_t i = 0; i < at->run.inventory.file_count; i++)
		map_add_text(&examined, text_base_name(at->run.inventory.files[i].entry.path), 0);
	source = source_open_descriptor(descriptor, (uint64_t)size);
	line_reader_init(&reader, source, &(struct place){ .path = "timeline.body" }, &at->run.notes);
	while (line_reader_next(&reader, &line, &length)) {
		const char *base = name_of_line(&name, line);

		count += base && map_get_text(&at->run.bad_names, base, &ignored) && !map_get_text(&examined, base, &ignored);
	}
	if (count)
		tell(at, "%llu names that stand in a bad set given now were not examined then: their contents are not here",
			(unsigned long long)count);
	line_reader_release(&reader);
	source_close(source);
	close(descriptor);
	buffer_release(&name);
	map_release(&examined);
}

static void
tell_not_asked(struct judging *at)
{
	tell_sets(at);
	tell_contents(at);
	tell_names(at);
	at->again.not_asked = at->not_asked;
}

/* ---- the run ---- */

static int
read_facts(struct judging *at, struct buffer *ret_message)
{
	struct run *run = &at->run;
	int status = facts_read(run, at->folder, at->options.operands[0], &at->facts, ret_message);

	if (status)
		return status;
	take_over(at);
	if (!exhibit_numbers_make(run, ret_message))
		return EXIT_USAGE;
	if (!run->exhibit_numbers)
		exhibit_numbers_take(run, at->facts.exhibit_numbers, at->facts.exhibit_number_count);
	at->again.program = at->facts.program;
	run_sort_events(run);
	inventory_index_packages(&run->inventory);
	inventory_finish(&run->inventory);
	return 0;
}

/* What followed the first reading was found out when files had their states. */
static int
apply_readings(struct judging *at, struct buffer *ret_message)
{
	struct inventory *inventory = &at->run.inventory;

	for (size_t i = 0; i < at->facts.reading_count; i++) {
		const struct facts_reading *reading = &at->facts.readings[i];

		if (reading->number >= inventory->file_count) {
			buffer_add_format(ret_message, "%s/facts.records speaks of a file that it does not hold: nothing is judged from it\n",
				at->options.operands[0]);
			return EXIT_DATA;
		}
		inventory->files[reading->number].read_twice = reading->twice;
		inventory->files[reading->number].second_differs = reading->differs;
		inventory->files[reading->number].unreliable |= reading->differs;
		inventory->files[reading->number].scanned = reading->scanned;
	}
	inventory_set_differences(inventory);
	for (size_t i = 0; i < at->facts.run_count; i++)
		if (!runs_take(&at->run, &at->facts.runs[i])) {
			buffer_add_format(ret_message, "%s/facts.records says of a file that it does not hold where it lies: nothing is "
				"judged from it\n", at->options.operands[0]);
			return EXIT_DATA;
		}
	return 0;
}

static int
judge(struct judging *at, struct run_information *information, struct buffer *ret_text)
{
	struct run *run = &at->run;
	struct findings findings;
	int status;

	findings_init(&findings, spool_file_open(run->output_folder));
	run_describe(run, information);
	run->order_why = "no medium was read: an earlier run was judged again";
	rules_finish(run);
	run_judge(run, &findings);
	tell_not_asked(at);
	if (run->spool_error) {
		buffer_add_format(ret_text, "%s: events and findings could not be written: %s; run again with more room or another --output\n",
			run->output_path, strerror(run->spool_error));
		status = EXIT_OUTPUT;
	} else {
		status = run_decide_and_report(run, &findings, information, ret_text);
	}
	findings_release(&findings);
	return status;
}

int
triage_judge(const struct triage_options *options, const struct triage_observer *observer, struct buffer *ret_text)
{
	struct run_information information = { .began = run_time_now() };
	struct judging at = { .options = *options, .folder = -1 };
	int status;

	if (options->operand_count != 1) {
		buffer_add_text(ret_text, "judge: one output folder of an earlier run is wanted\n");
		return EXIT_USAGE;
	}
	run_init(&at.run, &at.options, observer);
	at.run.judged_again = &at.again;
	status = folder_check(options->output, ret_text);
	if (!status)
		status = folder_keep_out(options->output, options->operands, 1, "an earlier report", ret_text);
	if (!status)
		status = open_folder(&at, ret_text);
	if (!status)
		status = run_open_sets(&at.run, ret_text);
	if (!status)
		status = rules_open(&at.run, ret_text);
	if (!status)
		status = make_folder(&at, ret_text);
	if (!status)
		status = read_facts(&at, ret_text);
	if (!status)
		status = apply_readings(&at, ret_text);
	if (!status)
		status = judge(&at, &information, ret_text);
	if (status >= EXIT_USAGE && at.run.output_path)
		folder_remove_if_empty(at.run.output_path);
	/* Nothing of them was opened. */
	at.run.exhibits = (struct exhibits){ .items = NULL };
	run_release(&at.run);
	facts_read_release(&at.facts);
	if (at.folder >= 0)
		close(at.folder);
	return status;
}
