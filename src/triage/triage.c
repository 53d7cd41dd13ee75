/* triage.c - the passes of a run, in order. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <t1554triage/content_rule.h>
#include <t1554triage/exit_status.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/sandbox.h>
#include <t1554triage/spool_file.h>
#include <t1554triage/text.h>

#include "exhibit_numbers.h"
#include "facts.h"
#include "folder.h"
#include "interruption.h"
#include "medium.h"
#include "rules.h"
#include "run.h"
#include "steps.h"

static const char spool_name[] = "timeline.body.spooled";

static void
take_note(void *context, const struct note *note)
{
	struct run *run = context;

	struct note own = *note;

	if (run->inventory.note_count >= limit_get(LIMIT_NOTES)) {
		run->inventory.notes_dropped++;
		return;
	}
	own.of_judging = run->is_judging;
	inventory_add_note(&run->inventory, &own);
	if (run->observer && run->observer->note)
		run->observer->note(run->observer->context, note);
}

static void
tick(void *context)
{
	run_ask_interruption(context);
	run_tell_progress(context);
}

void
run_init(struct run *run, const struct triage_options *options, const struct triage_observer *observer)
{
	*run = (struct run){ .options = options, .observer = observer, .stage = "starting", .unit = "", .output_folder = -1, .signals = -1,
		.originals = { .folder = -1 } };
	inventory_init(&run->inventory);
	run->notes = (struct notes){ take_note, run };
	arena_init(&run->arena);
	arena_init(&run->candidate_arena);
	stacks_init(&run->stacks);
	map_init(&run->notes_seen);
	map_init(&run->event_systems);
	map_init(&run->bad_names);
	map_init(&run->indicator_names);
	pools_set_ticker(tick, run);
	/* Made before any fork: libcrypto reads files when it is first used. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_ADD_ALL_DIGESTS, NULL);
	digest_stream_close(digest_stream_open(options->digests | options->media_digests | 1u << DIGEST_MD5 |
		1u << DIGEST_SHA1 | 1u << DIGEST_SHA256 | 1u << DIGEST_SHA224 | 1u << DIGEST_SHA384 |
		1u << DIGEST_SHA512));
	/* A limit of the size of files is an error of writing, which is told. */
	signal(SIGXFSZ, SIG_IGN);
}

void
run_release(struct run *run)
{
	facts_release(run);
	verification_close(run);
	line_spool_close(run->spool);
	for (size_t i = 0; i < run->inventory.set_count; i++)
		hashset_close(run->inventory.sets[i]);
	for (size_t i = 0; i < run->inventory.evidence_count; i++)
		damage_release(&run->inventory.evidences[i].damage);
	network_index_close(run->inventory.bad_network);
	memory_free(run->inventory.sets);
	keyring_close(run->trusted_keys.keyring);
	systems_release(&run->inventory.systems);
	if (run->candidates != run->inventory.files)
		memory_free(run->candidates);
	inventory_release(&run->inventory);
	exhibits_close(&run->exhibits);
	content_rules_close(run->content_rules);
	rule_set_close(run->rules);
	memory_free(run->content_files);
	memory_free(run->readables);
	memory_free(run->facts);
	memory_free(run->mounts);
	memory_free(run->folders_found);
	memory_free(run->found_logs);
	memory_free(run->computer_names);
	exports_close(run);
	originals_close(run);
	memory_free(run->descriptors);
	memory_free(run->folders);
	memory_free(run->output_path);
	if (run->output_folder >= 0)
		close(run->output_folder);
	map_release(&run->notes_seen);
	map_release(&run->event_systems);
	map_release(&run->bad_names);
	map_release(&run->indicator_names);
	arena_release(&run->arena);
	arena_release(&run->candidate_arena);
	stacks_release(&run->stacks);
	pools_set_ticker(NULL, NULL);
}

static void
add_set(struct run *run, struct hash_set *set)
{
	run->inventory.sets = memory_resize(run->inventory.sets, run->inventory.set_count + 1,
		sizeof *run->inventory.sets);
	run->inventory.sets[run->inventory.set_count++] = set;
}

static void
add_bad_name(void *context, const char *name)
{
	struct run *run = context;

	map_add_text(&run->bad_names, name, 0);
}

/* Base names and whole paths are looked up; only patterns with wildcards are compared one by one. */
static int
open_indicators(struct run *run, struct buffer *ret_message)
{
	struct inventory *inventory = &run->inventory;
	int status;

	if (!run->options->default_sets)
		return 0;
	status = path_indicators_read(&run->arena, &run->notes, &inventory->indicators,
		&inventory->indicator_count, ret_message);
	run->indicator_globs = arena_allocate(&run->arena, (inventory->indicator_count + 1) * sizeof *run->indicator_globs);
	for (size_t i = 0; !status && i < inventory->indicator_count; i++) {
		const char *pattern = inventory->indicators[i].pattern;

		if (strpbrk(pattern, "*?["))
			run->indicator_globs[run->indicator_glob_count++] = pattern;
		else
			map_add_text(&run->indicator_names, pattern, i);
	}
	return status;
}

int
run_open_sets(struct run *run, struct buffer *ret_message)
{
	struct hash_set **defaults = NULL, *set;
	size_t default_count = 0;
	int status;

	run->is_judging = true;
	for (size_t i = 0; i < run->options->set_count; i++) {
		status = hashset_open(&run->options->sets[i], &run->notes, &set, ret_message);
		if (status)
			return status;
		add_set(run, set);
	}
	if (run->options->default_sets) {
		status = hashset_open_default(&run->notes, &defaults, &default_count, ret_message);
		if (status)
			return status;
		for (size_t i = 0; i < default_count; i++)
			add_set(run, defaults[i]);
		memory_free(defaults);
	}
	hashset_bad_names(run->inventory.sets, run->inventory.set_count, add_bad_name, run);
	run->inventory.bad_network = hashset_network(run->inventory.sets, run->inventory.set_count);
	status = open_indicators(run, ret_message);
	run->is_judging = false;
	return status;
}

static void
collect_descriptors(struct run *run)
{
	size_t count = run->export_count;

	for (size_t i = 0; i < run->exhibits.count; i++)
		count += run->exhibits.items[i].segment_count + run->exhibits.items[i].record_count;
	run->descriptors = memory_allocate(count, sizeof *run->descriptors);
	run->folders = memory_allocate(run->exhibits.count, sizeof *run->folders);
	run->chunk_counts = arena_allocate(&run->arena, run->exhibits.count * sizeof *run->chunk_counts);
	for (size_t i = 0; i < run->exhibits.count; i++) {
		const struct exhibit *exhibit = &run->exhibits.items[i];

		for (size_t s = 0; s < exhibit->segment_count; s++)
			if (exhibit->segments[s].descriptor >= 0)
				run->descriptors[run->descriptor_count++] = exhibit->segments[s].descriptor;
		for (size_t r = 0; r < exhibit->record_count; r++)
			if (exhibit->records[r].descriptor >= 0)
				run->descriptors[run->descriptor_count++] = exhibit->records[r].descriptor;
		if (exhibit->kind == EXHIBIT_FOLDER)
			run->folders[run->folder_count++] = exhibit->segments[0].descriptor;
	}
}

/* --timezone: a fixed offset, or a name of this workstation's zone files. */
static int
read_examiners_zone(struct run *run, struct buffer *ret_message)
{
	const char *name = run->options->zone;
	struct source *source;
	struct stat status;
	char *path;
	int descriptor;

	if (!name || zone_fixed(name, &run->arena, &run->examiners_zone))
		return 0;
	path = arena_format(&run->arena, "/usr/share/zoneinfo/%s", name);
	descriptor = strstr(name, "..") || *name == '/' ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor >= 0 && !fstat(descriptor, &status) && S_ISREG(status.st_mode)) {
		source = source_open_descriptor(descriptor, (uint64_t)status.st_size);
		zone_read(source, name, &(struct place){ .path = path }, &run->notes, &run->arena, &run->examiners_zone);
		source_close(source);
	}
	if (descriptor >= 0)
		close(descriptor);
	if (run->examiners_zone.known)
		return 0;
	buffer_add_format(ret_message, "--timezone %s: no such zone on this workstation (package tzdata); "
		"a name such as Europe/Berlin or an offset such as +02:00 is wanted\n", name);
	return EXIT_USAGE;
}

static void
describe_isolation(struct run *run, struct run_information *information)
{
	struct buffer text;

	buffer_init(&text, 0);
	if (!run->options->jobs || !run->options->sandboxed) {
		buffer_add_text(&text, run->options->jobs
			? "evidence was parsed in separate processes without a sandbox (--no-sandbox)"
			: "evidence was parsed in the main process, without isolation (--jobs 0)");
		note(&run->notes, STATUS_OK, NOTE_SANDBOX, NULL, "%s", text.bytes);
	} else {
		sandbox_self_test(&text);
	}
	information->isolation = arena_copy_text(&run->arena, text.bytes);
	buffer_release(&text);
}

static int
check_isolation(const struct run *run, struct buffer *ret_message)
{
	struct buffer text;
	bool stands = true;

	if (run->options->jobs && run->options->sandboxed) {
		buffer_init(&text, 0);
		stands = sandbox_self_test(&text);
		if (!stands)
			buffer_add_format(ret_message, "%s: --no-sandbox goes on without it, which the report says\n", text.bytes);
		buffer_release(&text);
	}
	return stands ? 0 : 70;
}

/* Several readers make a rotating disk seek, and a network or USB wait: one is faster there. */
static void
choose_order(struct run *run)
{
	struct buffer why;

	buffer_init(&why, 0);
	run->is_sequential = run->options->io == IO_SEQUENTIAL;
	if (run->options->io != IO_AUTO)
		buffer_add_format(&why, "--io %s", run->is_sequential ? "sequential" : "parallel");
	for (size_t i = 0; run->options->io == IO_AUTO && i < run->descriptor_count && !run->is_sequential; i++) {
		buffer_clear(&why);
		run->is_sequential = medium_is_sequential(run->descriptors[i], &why);
	}
	run->order_why = arena_copy_text(&run->arena, why.bytes);
	buffer_release(&why);
}

static int
open_evidence(struct run *run, struct buffer *ret_message)
{
	int status = read_examiners_zone(run, ret_message);

	if (!status)
		status = exhibits_open(&run->exhibits, run->options->operands, run->options->operand_count,
			&run->notes, ret_message);
	if (!status && !exhibit_numbers_make(run, ret_message))
		status = EXIT_USAGE;
	if (!status)
		status = check_isolation(run, ret_message);
	if (status)
		return status;
	collect_descriptors(run);
	choose_order(run);
	for (size_t i = 0; i < run->export_count; i++)
		run->descriptors[run->descriptor_count++] = run->exports[i].descriptor;
	return pass_identify(run, ret_message);
}

void
run_judge(struct run *run, struct findings *findings)
{
	checks_run(&run->inventory, findings);
	if (findings->error)
		run->spool_error = findings->error;
	verdicts_set(&run->inventory, findings);
}

/* Notes come in the order in which processes end: what is shown does not. */
static int
by_kind_and_place(const void *a, const void *b)
{
	const struct note *one = a, *other = b;
	int difference = (int)one->kind - (int)other->kind;

	if (!difference)
		difference = text_compare(one->at.evidence, other->at.evidence);
	if (!difference)
		difference = text_compare(one->at.volume, other->at.volume);
	if (!difference)
		difference = text_compare(one->at.path, other->at.path);
	if (!difference && one->at.offset != other->at.offset)
		difference = one->at.offset < other->at.offset ? -1 : 1;
	if (!difference && one->at.line != other->at.line)
		difference = one->at.line < other->at.line ? -1 : 1;
	return difference ? difference : text_compare(one->text, other->text);
}

/* What an interruption left open says nothing of what is absent. */
static void
mark_cut_collection(struct run *run, size_t first)
{
	for (size_t i = first; run->interrupted_by && i < run->inventory.systems.count; i++)
		run->inventory.summaries[i].database_whole = run->inventory.summaries[i].logs_whole = false;
}

static void
mark_cut_walk(struct run *run)
{
	for (size_t i = 0; run->interrupted_by && i < run->inventory.filesystem_count; i++) {
		run->inventory.filesystems[i].count.complete = false;
		run->inventory.filesystems[i].metadata_damaged = true;
	}
}

static void
note_interruption(struct run *run, bool walked)
{
	struct buffer text;
	uint64_t left = 0;

	for (size_t i = 0; i < run->candidate_count; i++)
		left += run->candidates[i].not_examined == not_examined_interrupted;
	buffer_init(&text, 0);
	buffer_add_format(&text, "the operator interrupted the run (%s) while %s: ", run->interrupted_by,
		run->interrupted_stage);
	if (!walked)
		buffer_add_format(&text, "directories were left unread, so that not all files are known; of the %zu that "
			"are, %llu were not examined", run->walked_count, (unsigned long long)left);
	else if (left)
		buffer_add_format(&text, "%llu of %zu files that were to be examined were not", (unsigned long long)left,
			run->walked_count);
	else
		buffer_add_text(&text, "every file was examined, but not everything was read a second time or verified");
	note(&run->notes, STATUS_UNREADABLE, NOTE_INTERRUPTED, NULL, "%s; run it again for a whole examination",
		text.bytes);
	buffer_release(&text);
}

static void
finish_notes(struct run *run)
{
	/* Of an earlier run they stand among its notes. */
	if (!run->judged_again)
		run_note_damage(run);
	if (run->inventory.notes_dropped)
		inventory_add_note(&run->inventory, &(struct note){ .kind = NOTE_LIMIT_HIT, .incomplete = true,
			.of_judging = true,
			.text = arena_format(&run->arena, "%llu further notes were not kept (limit notes)",
				(unsigned long long)run->inventory.notes_dropped) });
	if (run->inventory.note_count)
		qsort(run->inventory.notes, run->inventory.note_count, sizeof *run->inventory.notes, by_kind_and_place);
}

struct timestamp
run_time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (struct timestamp){ .seconds = now.tv_sec, .resolution_nanoseconds = 1000000000 };
}

static void
digest_executable(struct run_information *information)
{
	int descriptor = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_SHA256);
	uint8_t block[65536];
	ssize_t got;

	while (descriptor >= 0 && (got = read(descriptor, block, sizeof block)) > 0)
		digest_stream_update(stream, block, (size_t)got);
	if (descriptor >= 0)
		digest_stream_finish(stream, &information->executable_digests, NULL);
	digest_stream_close(stream);
	if (descriptor >= 0)
		close(descriptor);
}

void
run_describe(struct run *run, struct run_information *information)
{
	struct utsname system;
	const struct passwd *user = getpwuid(geteuid());
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);

	if (!uname(&system)) {
		information->host = arena_copy_text(&run->arena, system.nodename);
		information->kernel = arena_format(&run->arena, "%s %s", system.sysname, system.release);
		information->architecture = arena_copy_text(&run->arena, system.machine);
	}
	information->user = user ? arena_copy_text(&run->arena, user->pw_name)
		: arena_format(&run->arena, "%u", (unsigned)geteuid());
	information->executable = arena_copy(&run->arena, path, length > 0 ? (size_t)length : 0);
	information->arguments = run->options->arguments;
	information->argument_count = run->options->argument_count;
	information->jobs = run->is_sequential && run->options->jobs ? 1 : run->options->jobs;
	digest_executable(information);
	if (run->judged_again)
		information->isolation = "no evidence was parsed: the facts of an earlier run were read";
	else
		describe_isolation(run, information);
}

/* The files of the exhibits as they are now against how they were opened. */
static void
check_segments(struct run *run, struct run_information *information)
{
	struct segment_check *checks;

	for (size_t i = 0; i < run->exhibits.count; i++)
		information->segment_count += run->exhibits.items[i].segment_count;
	information->segments = checks = arena_allocate(&run->arena, information->segment_count * sizeof *checks);
	for (size_t i = 0; i < run->exhibits.count; i++)
		for (size_t s = 0; s < run->exhibits.items[i].segment_count; s++, checks++) {
			const struct segment *segment = &run->exhibits.items[i].segments[s];
			struct stat status;

			*checks = (struct segment_check){ .path = segment->path, .size = segment->size };
			checks->unchanged = segment->descriptor >= 0 && !fstat(segment->descriptor, &status) &&
				(S_ISDIR(status.st_mode) || (S_ISBLK(status.st_mode) || (uint64_t)status.st_size == segment->size)) &&
				(S_ISBLK(status.st_mode) || (int64_t)status.st_mtime == segment->modified);
		}
}

static int
cannot_spool(struct run *run, struct buffer *ret_text)
{
	buffer_add_format(ret_text, "%s: the names, events and findings could not be written: %s; "
		"run again with more room or another --output\n", run->output_path, strerror(run->spool_error));
	report_abandon(run->report_begun, run->output_folder);
	run->report_begun = NULL;
	unlinkat(run->output_folder, spool_name, 0);
	extract_end(run);
	return EXIT_OUTPUT;
}

/* The lines of the walk in their order; nothing that is found out later changes them. */
static int
write_spool(struct run *run, struct buffer *ret_text)
{
	if (!run->spool_error && !line_spool_write_sorted(run->spool, run->output_folder, spool_name))
		run->spool_error = errno ? errno : EIO;
	if (!run->spool_error)
		return 0;
	return cannot_spool(run, ret_text);
}

static const char *
spool_path(struct run *run)
{
	return arena_format(&run->arena, "%s/%s", run->output_path, spool_name);
}

/* While the media are still being verified: what that cannot change. */
static void
begin_report(struct run *run, const struct findings *findings, const struct run_information *information)
{
	const struct report report = { .run = information, .inventory = &run->inventory, .findings = findings,
		.body_spool = spool_path(run) };

	if (run->verification && !run->spool_error)
		run->report_begun = report_begin(&report, run->output_folder);
}

static int
write_report(struct run *run, const struct findings *findings, const struct judgement *judgement,
	struct run_information *information, struct buffer *ret_text)
{
	struct settings settings = run->options->settings;
	struct case_information about = run->options->case_information;
	struct report report = { .case_information = &about, .run = information,
		.settings = &settings, .inventory = &run->inventory, .findings = findings,
		.judgement = judgement, .judged_again = run->judged_again,
		.extraction = run->options->extract ? &run->extraction : NULL };
	int status;

	run_enter(run, "writing the report", "");
	about.exhibit_numbers = run->exhibit_numbers;
	settings.trusted_keys = run->trusted_keys.files;
	settings.trusted_key_count = run->trusted_keys.file_count;
	settings.given = run->given_lines;
	settings.given_count = run->given_line_count;
	settings.rules_used = run->rules_used;
	settings.rules_used_count = run->rules_used_count;
	report.body_spool = run->judged_again ? run->judged_again->body : spool_path(run);
	if (!facts_settle(run))
		return cannot_spool(run, ret_text);
	report.write_facts = facts_write;
	report.facts = run;
	information->ended = run_time_now();
	information->bytes_read = run->bytes;
	information->is_sequential = run->is_sequential;
	information->order_why = run->order_why;
	for (size_t i = 0; !run->judged_again && i < run->exhibits.count; i++) {
		information->chunk_count += run->chunk_counts[i].count;
		information->chunks_inflated += run->chunk_counts[i].inflated;
	}
	if (!run->judged_again)
		check_segments(run, information);
	status = report_write(&report, run->report_begun, run->output_folder, run->output_path, run->options->sign_key,
		run->options->sign_cert, ret_text);
	run->report_begun = NULL;
	unlinkat(run->output_folder, spool_name, 0);
	extract_end(run);
	if (status)
		return status;
	report_summary(&report, run->output_path, run->options->json, ret_text);
	return judgement->exit_status;
}

/* While the media are still being verified: who waits for the report knows already. */
static void
tell_findings(struct run *run, const struct findings *findings)
{
	struct finding_reader *reader;

	if (!run->verification || !run->observer || !run->observer->finding)
		return;
	reader = finding_reader_open(findings, NULL);
	for (size_t i = 0; i < findings->count && findings->items[i].severity <= SEVERITY_HIGH; i++) {
		const struct finding_statement *statement = finding_read(reader, &findings->items[i]);

		if (statement)
			run->observer->finding(run->observer->context, &findings->items[i], statement->text);
	}
	if (!finding_reader_close(reader))
		run->spool_error = EIO;
}

/* No log is read any more. */
void
run_sort_events(struct run *run)
{
	int error = event_store_sort(run->inventory.event_store);

	if (error)
		run->spool_error = error;
}

/* False: the walk was cut short. */
static bool
read_evidence(struct run *run)
{
	size_t systems;
	bool walked;

	pass_join(run);
	pass_within(run, 0);
	pass_collect(run, 0);
	mark_cut_collection(run, 0);
	systems = run->inventory.systems.count;
	pass_walk(run);
	mark_cut_collection(run, systems);
	mark_cut_walk(run);
	walked = !run->interrupted_by;
	pass_examine(run);
	pass_collect_found(run);
	run_sort_events(run);
	return walked;
}

/*
 * Before the media are read to their end, of which judging asks nothing: what
 * the verification adds is counted when the judgement is made.  What the second
 * reading finds unreliable is judged again.
 */
static void
judge_and_read_again(struct run *run, struct findings *findings)
{
	run_enter(run, "judging", "");
	inventory_finish(&run->inventory);
	pass_contents(run);
	rules_finish(run);
	run_judge(run, findings);
	if (pass_read_again(run)) {
		findings_release(findings);
		findings_init(findings, spool_file_open(run->output_folder));
		run_judge(run, findings);
	}
	pass_compare(run);
	pass_runs(run, findings);
	tell_findings(run, findings);
}

int
run_decide_and_report(struct run *run, const struct findings *findings, struct run_information *information,
	struct buffer *ret_text)
{
	struct judgement judgement;
	int status;

	if (!run->judged_again)
		pass_extract(run, findings);
	run_enter(run, "judging", "");
	finish_notes(run);
	if (judgement_make(&run->inventory, findings, &judgement)) {
		status = write_report(run, findings, &judgement, information, ret_text);
	} else {
		run->spool_error = EIO;
		status = cannot_spool(run, ret_text);
	}
	judgement_release(&judgement);
	return status;
}

static int
examine_and_judge(struct run *run, struct run_information *information, struct buffer *ret_text)
{
	struct findings findings;
	bool walked;
	int status;

	findings_init(&findings, spool_file_open(run->output_folder));
	run->signals = interruption_open();
	verification_begin(run);
	walked = read_evidence(run);
	judge_and_read_again(run, &findings);
	status = write_spool(run, ret_text);
	if (!status) {
		begin_report(run, &findings, information);
		verification_end(run);
	}
	interruption_close(run->signals);
	if (run->interrupted_by)
		note_interruption(run, walked);
	if (!status)
		status = run_decide_and_report(run, &findings, information, ret_text);
	findings_release(&findings);
	return status;
}

int
triage_run(const struct triage_options *options, const struct triage_observer *observer,
	struct buffer *ret_text)
{
	struct run_information information = { .began = run_time_now() };
	struct run run;
	int status;

	run_init(&run, options, observer);
	status = folder_check(options->output, ret_text);
	if (!status)
		status = folder_keep_out(options->output, options->operands, options->operand_count, "evidence", ret_text);
	if (!status)
		status = run_open_sets(&run, ret_text);
	if (!status)
		status = trusted_keys_load(options->trusted_keys, &run.arena, &run.notes, &run.trusted_keys, ret_text);
	if (!status)
		status = rules_open(&run, ret_text);
	if (!status)
		status = exports_open(&run, ret_text);
	if (!status)
		status = exports_digest(&run, ret_text);
	if (!status)
		status = originals_open(&run, ret_text);
	if (!status)
		status = open_evidence(&run, ret_text);
	if (!status)
		status = folder_open(options->output, options->operands[0], &run.output_folder, &run.output_path, ret_text);
	if (!status) {
		run.spool = line_spool_open(run.output_folder);
		run.inventory.event_store = event_store_open(run.output_folder);
		run.kept_facts.lines = spool_file_open(run.output_folder);
		if (!run.spool || !run.inventory.event_store || !run.kept_facts.lines) {
			buffer_add_format(ret_text, "%s: nothing can be written there: %s\n", run.output_path, strerror(errno));
			status = EXIT_OUTPUT;
		}
	}
	if (!status) {
		run_describe(&run, &information);
		status = examine_and_judge(&run, &information, ret_text);
	}
	if (status >= EXIT_USAGE && run.output_path)
		folder_remove_if_empty(run.output_path);
	run_release(&run);
	return status;
}

static void
tell_verification(const struct run *run, size_t exhibit, struct buffer *out)
{
	static const char *const words[][2] = {
		{ "equal", "equals the value stored in the image" },
		{ "differs", "DIFFERS from the value stored in the image" },
		{ "nothing_stored", "no value is stored in the image" },
		{ "not_compared", "no stored value of this kind" },
		{ "unreadable", "was not computed to the end: the medium could not be read, or a process was lost" },
		{ "interrupted", "was not computed to the end: interrupted" },
	};
	const struct media_verification *result = &run->verification_results[exhibit];
	const struct exhibit *item = &run->exhibits.items[exhibit];
	const char *said = result->result;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (!strcmp(words[i][0], result->result))
			said = words[i][1];
	buffer_add_format(out, "%s %s: %s\n", item->id, item->path,
		item->kind == EXHIBIT_IMAGE ? said : "a folder or archive has no medium to verify");
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++) {
		const uint8_t *bytes = digests_get(&result->computed, (enum digest_algorithm)i);

		if (!bytes)
			continue;
		buffer_add_format(out, "  %s ", digest_algorithm_names[i]);
		text_add_hex(out, bytes, digest_size((enum digest_algorithm)i));
		buffer_add_char(out, '\n');
	}
}

static int
verify(struct run *run, struct buffer *ret_text)
{
	int status;

	run->only_media = true;
	status = open_evidence(run, ret_text);
	if (status)
		return status;
	run->signals = interruption_open();
	verification_begin(run);
	verification_end(run);
	interruption_close(run->signals);
	finish_notes(run);
	for (size_t i = 0; i < run->exhibits.count; i++)
		tell_verification(run, i, ret_text);
	for (size_t i = 0; i < run->inventory.note_count; i++) {
		const struct note *note = &run->inventory.notes[i];

		/* What stands beside the image is compared, too, and said in each case. */
		if (note->kind > NOTE_MEDIA_DIGEST && note->kind != NOTE_MEDIA_RECORDED && note->kind != NOTE_NOT_VERIFIED &&
		    note->kind != NOTE_IMAGE_COPY)
			continue;
		buffer_add_text(ret_text, "  ");
		text_add_visible(ret_text, note->text, strlen(note->text));
		buffer_add_char(ret_text, '\n');
		if (note->kind <= NOTE_MEDIA_DIGEST)
			status = 2;
	}
	return status;
}

int
triage_verify(const struct triage_options *options, const struct triage_observer *observer,
	struct buffer *ret_text)
{
	struct run run;
	int status;

	run_init(&run, options, observer);
	status = verify(&run, ret_text);
	run_release(&run);
	return status;
}
