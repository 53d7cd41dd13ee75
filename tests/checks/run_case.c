/*
 * run_case.c - facts in, findings, verdicts and decision out.
 *
 * A case is a text of records (the written form of facts) and of what is
 * expected of them:
 *
 *	package system=s1 manager=dpkg name=openssh-server version=1 installed_whole=yes
 *	package-file system=s1 manager=dpkg package=openssh-server path=/usr/sbin/sshd algorithm=md5 digest=1*
 *	file path=/usr/sbin/sshd inode=12 type=elf md5=2*
 *	expect package-digest-mismatch high /usr/sbin/sshd
 *	says package-digest-mismatch records md5 1111
 *	expect-none unowned-program
 *	verdict /usr/sbin/sshd changed_no_record
 *	criterion 1 partly
 *	decision inconclusive 2
 *	told Code that nobody has published is in no set.
 *
 * "told" looks in all that a report could show.
 *
 * "2*" stands for a digest of nothing but 2.  Records that only cases have:
 * summary (what the collect pass tells of a system; without it everything was
 * read whole), set, row, indicator and network (a known-bad address or name).  Without a record filesystem there is
 * one root on ext4.  Each case is run again with its records in other orders: the
 * result must be the same byte for byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <t1554triage/buffer.h>
#include <t1554triage/record.h>
#include <t1554triage/text.h>
#include <t1554triage/verdict.h>
#include <t1554triage/spool_file.h>

enum { ORDERS = 6, LINES_MAX = 4096, SETS_MAX = 8, ROWS_MAX = 64, FILESYSTEMS_MAX = 8, FIELDS_MAX = 8 };

/* The runner stands in for the hash sets: rows come from the case. */
struct hash_set {
	struct hash_set_identity identity;
	struct hash_row rows[ROWS_MAX];
	size_t row_count;
};

struct set_line { const char *name; unsigned kind; bool md5, sha1, sha256; };
struct row_line { const char *set; struct digests digests; unsigned class;
	const char *name, *product, *source, *grade; };
/* A match of a rule by the rule's own identifier, its number being that of the catalog of the day. */
struct match_line { const char *rule, *object, *system, *path; uint64_t record; };
struct network_line { const char *value, *set, *product, *grade; };
struct indicator_line { const char *pattern; unsigned use; const char *family, *kind, *os; };
struct summary_line { const char *system; bool no_database, database_damaged, no_log, logs_damaged;
	struct timestamp log_first, log_last; };

static const char *const class_names[] = { "none", "probably", "known", "tool", "good", "benign", "bad", NULL };
static const char *const use_names[] = { "name_alone", "unowned_only", "replaced_file", NULL };

static const struct field set_fields[] = {
	FIELD(struct set_line, name, FIELD_TEXT), FIELD_ENUM(struct set_line, kind, "kind", class_names),
	FIELD(struct set_line, md5, FIELD_BOOL), FIELD(struct set_line, sha1, FIELD_BOOL),
	FIELD(struct set_line, sha256, FIELD_BOOL), FIELD_LAST
};
static const struct field row_fields[] = {
	FIELD(struct row_line, set, FIELD_TEXT), FIELDS_DIGESTS(struct row_line, digests),
	FIELD_ENUM(struct row_line, class, "class", class_names), FIELD(struct row_line, name, FIELD_TEXT),
	FIELD(struct row_line, product, FIELD_TEXT), FIELD(struct row_line, source, FIELD_TEXT),
	FIELD(struct row_line, grade, FIELD_TEXT), FIELD_LAST
};
static const struct field indicator_fields[] = {
	FIELD(struct indicator_line, pattern, FIELD_TEXT), FIELD_ENUM(struct indicator_line, use, "use", use_names),
	FIELD(struct indicator_line, family, FIELD_TEXT), FIELD(struct indicator_line, kind, FIELD_TEXT),
	FIELD(struct indicator_line, os, FIELD_TEXT), FIELD_LAST
};
static const struct field network_fields[] = {
	FIELD(struct network_line, value, FIELD_TEXT), FIELD(struct network_line, set, FIELD_TEXT),
	FIELD(struct network_line, product, FIELD_TEXT), FIELD(struct network_line, grade, FIELD_TEXT), FIELD_LAST
};
static const struct field match_fields[] = {
	FIELD(struct match_line, rule, FIELD_TEXT), FIELD(struct match_line, object, FIELD_TEXT),
	FIELD(struct match_line, system, FIELD_TEXT), FIELD(struct match_line, path, FIELD_TEXT),
	FIELD(struct match_line, record, FIELD_U64), FIELD_LAST
};
static const struct field summary_fields[] = {
	FIELD(struct summary_line, system, FIELD_TEXT), FIELD(struct summary_line, no_database, FIELD_BOOL),
	FIELD(struct summary_line, database_damaged, FIELD_BOOL), FIELD(struct summary_line, no_log, FIELD_BOOL),
	FIELD(struct summary_line, logs_damaged, FIELD_BOOL), FIELD(struct summary_line, log_first, FIELD_TIMESTAMP),
	FIELD(struct summary_line, log_last, FIELD_TIMESTAMP), FIELD_LAST
};

#define RECORD_TYPE(name_) { .name = #name_, .size = sizeof (struct name_##_line), .fields = name_##_fields }
static const struct record_type set_type = RECORD_TYPE(set), row_type = RECORD_TYPE(row),
	indicator_type = RECORD_TYPE(indicator), match_type = RECORD_TYPE(match), network_type = RECORD_TYPE(network), summary_type = RECORD_TYPE(summary);

/* A rule that is none of the catalog. */
static const char other_rule[] =
	"title: Other\nid: other\nlevel: high\nlogsource: { product: none }\n"
	"detection: { a: { B: c }, condition: a }\n";

const struct hash_set_identity *
hashset_identity(const struct hash_set *set)
{
	return &set->identity;
}

static enum digest_algorithm
agrees(const struct digests *a, const struct digests *b)
{
	static const enum digest_algorithm algorithms[] = { DIGEST_SHA256, DIGEST_SHA1, DIGEST_MD5 };

	for (size_t i = 0; i < 3; i++) {
		const uint8_t *left = digests_get(a, algorithms[i]), *right = digests_get(b, algorithms[i]);

		if (left && right && !memcmp(left, right, digest_size(algorithms[i])))
			return algorithms[i];
	}
	return DIGEST_NONE;
}

void
hashset_ask(struct hash_set *const sets[], size_t set_count, const struct digests *items, size_t item_count,
	void (*found)(void *context, size_t item, const struct hash_match *match), void *context,
	const struct notes *notes)
{
	(void)notes;
	for (size_t item = 0; item < item_count; item++)
		for (size_t set = 0; set < set_count; set++)
			for (size_t i = 0; i < sets[set]->row_count; i++) {
				const struct hash_row *row = &sets[set]->rows[i];
				enum digest_algorithm by = agrees(&items[item], &row->digests);

				if (by)
					found(context, item, &(struct hash_match){ .set = sets[set], .by = by,
						.class = row->class ? row->class : sets[set]->identity.kind,
						.name = row->name, .product = row->product, .source = row->source,
						.grade = row->grade });
			}
}

struct test_case {
	char  *lines[LINES_MAX];
	size_t count;
};

/* One run of the case. */
struct run {
	struct inventory inventory;
	struct rule_set *rules;
	struct findings  findings;
	struct finding_reader *statements;
	struct judgement judgement;
	struct arena     arena;
	struct hash_set  sets[SETS_MAX], *set_list[SETS_MAX];
	struct filesystem_fact facts[FILESYSTEMS_MAX];
	size_t           fact_count;
	struct mount_fact mounts[FILESYSTEMS_MAX];
	size_t           mount_count;
};

static int test_number, failures;

static void
result(bool passed, const char *file, const char *what, const char *got)
{
	printf("%sok %d - %s: %s\n", passed ? "" : "not ", ++test_number, file, what);
	if (!passed) {
		failures++;
		printf("# got: %s\n", got);
	}
}

static void
die(const char *file, const char *line)
{
	printf("Bail out! %s: not a record and not an expectation: %s\n", file, line);
	exit(99);
}

/* "md5=1*" becomes 32 ones. */
static char *
expand(struct arena *arena, const char *line)
{
	static const struct { const char *name; size_t digits; } fields[] = {
		{ "md5=", 32 }, { "digest=", 32 }, { "sha1=", 40 }, { "sha256=", 64 },
	};
	struct buffer out;
	char *copy;

	buffer_init(&out, 0);
	while (*line) {
		size_t length = strcspn(line, " "), digits = 0, name_length = strcspn(line, "=") + 1;

		for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
			if (name_length == strlen(fields[i].name) && !strncmp(line, fields[i].name, name_length))
				digits = fields[i].digits;
		if (digits && length == name_length + 2 && line[length - 1] == '*') {
			buffer_add(&out, line, name_length);
			while (digits--)
				buffer_add_char(&out, line[name_length]);
		} else {
			buffer_add(&out, line, length);
		}
		line += length;
		if (*line == ' ')
			buffer_add_char(&out, *line++);
	}
	copy = arena_copy_text(arena, out.bytes);
	buffer_release(&out);
	return copy;
}

static bool
any(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return true;
	return false;
}

static void
set_known(struct digests *digests)
{
	digests->known = (uint32_t)any(digests->md5, 16) << DIGEST_MD5 |
		(uint32_t)any(digests->sha1, 20) << DIGEST_SHA1 | (uint32_t)any(digests->sha256, 32) << DIGEST_SHA256;
}

static bool
reads(struct run *run, const char *line, const struct record_type *type, void *object)
{
	return record_read(line, strlen(line), type, &run->arena, object) == STATUS_OK;
}

static void
take_file(struct run *run, struct file *file)
{
	set_known(&file->digests);
	if (!file->entry.has)
		file->entry.has = ENTRY_HAS_INODE | ENTRY_HAS_MODE | ENTRY_HAS_OWNER | ENTRY_HAS_CONTENT |
			ENTRY_HAS_SIZE | ENTRY_HAS_ATTRIBUTES;
	if (file->entry.type == ENTRY_UNKNOWN)
		file->entry.type = ENTRY_REGULAR;
	if (file->digests.known && !file->digest_origin)
		file->digest_origin = "computed";
	inventory_add_file(&run->inventory, file);
}

static struct hash_set *
find_set(struct run *run, const char *name)
{
	for (size_t i = 0; i < run->inventory.set_count; i++)
		if (!strcmp(run->sets[i].identity.name, name))
			return &run->sets[i];
	return NULL;
}

static void
take_set(struct run *run, const struct set_line *line)
{
	struct hash_set *set = &run->sets[run->inventory.set_count++];

	set->identity = (struct hash_set_identity){ .name = line->name, .release = "", .kind = (enum hash_class)line->kind,
		.entries = { [DIGEST_MD5] = line->md5, [DIGEST_SHA1] = line->sha1, [DIGEST_SHA256] = line->sha256 } };
}

static bool
take_row(struct run *run, struct row_line *line)
{
	struct hash_set *set = line->set ? find_set(run, line->set) : NULL;

	if (!set || set->row_count == ROWS_MAX)
		return false;
	set_known(&line->digests);
	set->rows[set->row_count++] = (struct hash_row){ .digests = line->digests,
		.class = (enum hash_class)line->class, .name = line->name, .product = line->product,
		.source = line->source, .grade = line->grade ? *line->grade : 0 };
	return true;
}

/* What is not a fact of the inventory: sets and indicators keep the order of the case, as options do. */
static bool
take_setting(struct run *run, const char *line)
{
	union { struct set_line set; struct row_line row; struct indicator_line indicator;
		struct summary_line summary; } u;

	if (reads(run, line, &set_type, &u.set)) {
		take_set(run, &u.set);
	} else if (reads(run, line, &row_type, &u.row)) {
		return take_row(run, &u.row);
	} else if (reads(run, line, &indicator_type, &u.indicator)) {
		struct inventory *inventory = &run->inventory;
		struct path_indicator *items = arena_allocate(&run->arena,
			(inventory->indicator_count + 1) * sizeof *items);

		if (inventory->indicator_count)
			memcpy(items, inventory->indicators, inventory->indicator_count * sizeof *items);
		items[inventory->indicator_count++] = (struct path_indicator){ .pattern = u.indicator.pattern,
			.use = (enum path_indicator_use)u.indicator.use, .family = u.indicator.family,
			.kind = u.indicator.kind, .os = u.indicator.os, .source = "a case" };
		inventory->indicators = items;
	} else if (run->fact_count < FILESYSTEMS_MAX &&
		   reads(run, line, &filesystem_fact_record, &run->facts[run->fact_count])) {
		run->fact_count++;
	} else if (run->mount_count < FILESYSTEMS_MAX &&
		   reads(run, line, &mount_fact_record, &run->mounts[run->mount_count])) {
		run->mount_count++;
	} else {
		return reads(run, line, &summary_type, &u.summary);
	}
	return true;
}

static bool
take_network(struct run *run, const struct network_line *line)
{
	struct network_row row = { .product = line->product, .grade = line->grade ? *line->grade : '\0', .line = 1 };

	if (!line->value || network_value_read(line->value, strlen(line->value), &row.value))
		return false;
	if (!run->inventory.bad_network)
		run->inventory.bad_network = network_index_open();
	network_index_add(run->inventory.bad_network, line->set ? line->set : "list", &row);
	return true;
}

static bool
take_match(struct run *run, const struct match_line *line)
{
	for (size_t i = 0; line->rule && i < rule_set_count(run->inventory.rules); i++)
		if (!strcmp(rule_set_rule(run->inventory.rules, i)->id, line->rule)) {
			inventory_add_rule_match(&run->inventory, &(struct rule_match){ .number = (uint32_t)i,
				.object = line->object, .order = line->record,
				.at = { .evidence = "E1", .system = line->system, .path = line->path, .record_id = line->record } });
			return true;
		}
	return false;
}

/* An event and, each in a line that was tied to it, its fields. */
static bool
take_event(struct run *run, const char *line)
{
	struct event_field fields[FIELDS_MAX];
	struct event event;
	size_t length = strcspn(line, "\n");

	if (record_read(line, length, &event_record, &run->arena, &event) != STATUS_OK)
		return false;
	event.fields = fields;
	for (line += length; *line == '\n' && event.field_count < FIELDS_MAX; line += length) {
		length = strcspn(++line, "\n");
		if (record_read(line, length, &event_field_record, &run->arena, &fields[event.field_count++]) != STATUS_OK)
			return false;
	}
	inventory_add_event(&run->inventory, &event);
	return true;
}

static bool
take_fact(struct run *run, const char *line)
{
	struct inventory *inventory = &run->inventory;
	union { struct file file; struct package package; struct package_file row; struct package_lock lock;
		struct package_diversion diversion; struct package_part part; struct package_witness witness; struct package_baseline baseline; struct package_load load; struct note note;
		struct artifact_seen artifact; struct volume volume; struct match_line match; struct network_line network; } u;

	if (reads(run, line, &match_type, &u.match))
		return take_match(run, &u.match);
	if (reads(run, line, &network_type, &u.network))
		return take_network(run, &u.network);
	if (reads(run, line, &file_record, &u.file))
		take_file(run, &u.file);
	else if (reads(run, line, &package_record, &u.package))
		inventory_add_package(inventory, &u.package);
	else if (reads(run, line, &package_file_record, &u.row))
		inventory_add_package_file(inventory, &u.row);
	else if (reads(run, line, &package_lock_record, &u.lock))
		inventory_add_lock(inventory, &u.lock);
	else if (reads(run, line, &package_diversion_record, &u.diversion))
		inventory_add_diversion(inventory, &u.diversion);
	else if (reads(run, line, &package_witness_record, &u.witness))
		inventory_add_witness(inventory, &u.witness);
	else if (reads(run, line, &package_baseline_record, &u.baseline))
		inventory_add_baseline(inventory, &u.baseline);
	else if (reads(run, line, &package_load_record, &u.load))
		inventory_add_load(inventory, &u.load);
	else if (reads(run, line, &package_part_record, &u.part))
		inventory_add_part(inventory, &u.part);
	else if (take_event(run, line))
		;
	else if (reads(run, line, &note_record, &u.note))
		inventory_add_note(inventory, &u.note);
	else if (reads(run, line, &artifact_seen_record, &u.artifact))
		inventory_add_artifact(inventory, &u.artifact);
	else if (reads(run, line, &volume_record, &u.volume))
		inventory_add_volume(inventory, &u.volume);
	else
		return false;
	return true;
}

static bool
is_fact(const char *line)
{
	static const struct record_type *const types[] = { &file_record, &package_record, &package_file_record,
		&package_lock_record, &package_diversion_record, &package_part_record,
		&package_witness_record, &package_baseline_record, &package_load_record, &event_record, &note_record,
		&artifact_seen_record, &volume_record, &match_type, &network_type };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (record_is(line, strlen(line), types[i]))
			return true;
	return false;
}

static bool
is_expectation(const char *line)
{
	static const char *const words[] = { "expect ", "expect-none ", "verdict ", "state ", "trust ", "criterion ",
		"question ", "step ", "decision ", "share ", "says ", "told ", NULL };

	for (const char *const *word = words; *word; word++)
		if (text_has_prefix(line, *word))
			return true;
	return false;
}

/* Without a summary in the case: what is there was read whole. */
static void
summarize(struct run *run, const struct test_case *test)
{
	struct inventory *inventory = &run->inventory;
	struct summary_line line;

	inventory->summaries = arena_allocate(&run->arena, (inventory->systems.count + 1) *
		sizeof *inventory->summaries);
	for (size_t i = 0; i < inventory->systems.count; i++) {
		struct system_summary *summary = &inventory->summaries[i];

		*summary = (struct system_summary){ .system = &inventory->systems.items[i],
			.has_database = inventory->package_count > 0, .database_whole = true, .logs_whole = true };
		for (size_t k = 0; k < inventory->event_count; k++) {
			const struct timestamp *time = &inventory->events[k].time;

			if (!summary->has_package_log || timestamp_compare(time, &summary->log_first) < 0)
				summary->log_first = *time;
			if (!summary->has_package_log || timestamp_compare(time, &summary->log_last) > 0)
				summary->log_last = *time;
			summary->has_package_log = true;
		}
		for (size_t k = 0; k < test->count; k++) {
			if (!reads(run, test->lines[k], &summary_type, &line) ||
			    strcmp(line.system, summary->system->id))
				continue;
			summary->has_database &= !line.no_database;
			summary->database_whole &= !line.database_damaged;
			summary->has_package_log &= !line.no_log;
			summary->logs_whole &= !line.logs_damaged;
			if (timestamp_is_recorded(&line.log_first)) {
				summary->log_first = line.log_first;
				summary->has_package_log = true;
			}
			if (timestamp_is_recorded(&line.log_last))
				summary->log_last = line.log_last;
		}
	}
}

static void
place_systems(struct run *run)
{
	struct inventory *inventory = &run->inventory;

	if (!run->fact_count)
		run->facts[run->fact_count++] = (struct filesystem_fact){ .evidence = "E1", .volume = "p1",
			.type = "ext4", .has_passwd = true, .has_package_database = true };
	inventory->filesystems = arena_allocate(&run->arena, run->fact_count * sizeof *inventory->filesystems);
	for (size_t i = 0; i < run->fact_count; i++)
		inventory->filesystems[inventory->filesystem_count++].fact = run->facts[i];
	systems_join(&inventory->systems, run->facts, run->fact_count, run->mounts, run->mount_count, NULL);
}

/* A small generator of its own: the same orders on every machine. */
static void
order_lines(const struct test_case *test, unsigned order, const char **ret_lines)
{
	uint64_t state = order;

	for (size_t i = 0; i < test->count; i++)
		ret_lines[i] = test->lines[order == 1 ? test->count - 1 - i : i];
	for (size_t i = test->count; order > 1 && i > 1; i--) {
		const char *line = ret_lines[i - 1];
		size_t other;

		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		other = (size_t)(state >> 33) % i;
		ret_lines[i - 1] = ret_lines[other];
		ret_lines[other] = line;
	}
}

static void
keep_match(void *context, const struct rule_match *match)
{
	inventory_add_rule_match(context, match);
}

static void
run_open(struct run *run, const struct test_case *test, unsigned order, const char *file)
{
	static const struct rule_sink silent;
	const char *lines[LINES_MAX];

	memset(run, 0, sizeof *run);
	arena_init(&run->arena);
	inventory_init(&run->inventory);
	findings_init(&run->findings, spool_file_take(memfd_create("findings", 0)));
	for (size_t i = 0; i < SETS_MAX; i++)
		run->set_list[i] = &run->sets[i];
	run->inventory.sets = run->set_list;
	run->rules = rule_set_open();
	rule_set_add_catalog(run->rules, &silent);
	rule_set_add(run->rules, "other.yml", other_rule, sizeof other_rule - 1, false, &silent);
	rule_set_add_other(run->rules, &(struct rule){ .id = "content", .title = "Content", .level = "medium",
		.status = "stable", .file = "content.yar", .shipped = true, .asks_content = true });
	rule_set_compile(run->rules, &silent);
	run->inventory.rules = run->rules;
	order_lines(test, order, lines);
	for (size_t i = 0; i < test->count; i++)
		if (!is_expectation(test->lines[i]) && !is_fact(test->lines[i]) && !take_setting(run, test->lines[i]))
			die(file, test->lines[i]);
	for (size_t i = 0; i < test->count; i++)
		if (is_fact(lines[i]) && !take_fact(run, lines[i]))
			die(file, lines[i]);
	place_systems(run);
	summarize(run, test);
	inventory_index_packages(&run->inventory);
	inventory_finish(&run->inventory);
	inventory_ask_rules(&run->inventory, 0, run->inventory.file_count, keep_match, &run->inventory);
	inventory_match_rules(&run->inventory);
	checks_run(&run->inventory, &run->findings);
	run->statements = finding_reader_open(&run->findings, &run->inventory);
	verdicts_set(&run->inventory, &run->findings);
	judgement_make(&run->inventory, &run->findings, &run->judgement);
}

static void
run_close(struct run *run)
{
	judgement_release(&run->judgement);
	finding_reader_close(run->statements);
	findings_release(&run->findings);
	network_index_close(run->inventory.bad_network);
	inventory_release(&run->inventory);
	rule_set_close(run->rules);
	arena_release(&run->arena);
}

static void
add_answers(struct buffer *out, const struct answered *answered)
{
	for (size_t i = 0; i < 3; i++)
		buffer_add_format(out, "%s %s: %s | %s | %s | %zu\n", answered[i].id, answer_names[answered[i].answer],
			answered[i].text, answered[i].basis, answered[i].against, answered[i].because_count);
}

static const char *
path_of(const struct finding *finding)
{
	const char *path = finding_path(finding);

	return path ? path : "-";
}

/* Everything that a report could show, as one text. */
static void
describe(const struct run *run, struct buffer *out)
{
	const struct judgement *judgement = &run->judgement;

	for (size_t i = 0; i < run->findings.count; i++) {
		const struct finding *finding = &run->findings.items[i];
		const struct finding_statement *said = finding_read(run->statements, finding);

		buffer_add_format(out, "%s %s %s %s %s: %s\n", finding_id(finding).text, finding->check->id,
			severity_names[finding->severity], support_names[finding->support], path_of(finding), said->text);
		for (size_t k = 0; k < said->seen_count; k++)
			buffer_add_format(out, "\tseen %s:%llu %s\n", said->seen[k].path ? said->seen[k].path : "-",
				(unsigned long long)said->seen[k].line, said->seen_text[k] ? said->seen_text[k] : "");
	}
	for (size_t i = 0; i < run->inventory.file_count; i++) {
		const struct file *file = &run->inventory.files[i];

		buffer_add_format(out, "%s %s %s %s %s: %s\n", file->path, file->entry.inode ? file->entry.inode : "-",
			package_state_names[file->package_state], verdict_names[file->verdict], trust_names[file->trust],
			file->verdict_why);
	}
	add_answers(out, judgement->criteria);
	add_answers(out, judgement->questions);
	add_answers(out, judgement->steps);
	for (size_t i = 0; i < judgement->deciding_count; i++)
		buffer_add_format(out, "deciding %s: %s / %s\n", judgement->deciding[i].file->path,
			judgement->deciding[i].record_says, judgement->deciding[i].file_has);
	buffer_add_format(out, "%s %d: %s | %s\n", decision_names[judgement->decision], judgement->exit_status,
		judgement->sentence, judgement->against);
}

/* At most four words. */
static size_t
split(char *line, char *ret_words[4])
{
	size_t count = 0;

	for (char *word = strtok(line, " "); word && count < 4; word = strtok(NULL, " "))
		ret_words[count++] = word;
	return count;
}

static bool
has_finding(const struct run *run, const char *check, const char *severity, const char *path)
{
	for (size_t i = 0; i < run->findings.count; i++) {
		const struct finding *finding = &run->findings.items[i];

		if (!strcmp(finding->check->id, check) &&
		    (!severity || !strcmp(severity_names[finding->severity], severity)) &&
		    (!path || !strcmp(path_of(finding), path)))
			return finding->severity > SEVERITY_MEDIUM || finding_read(run->statements, finding)->seen_count;
	}
	return false;
}

/* "CHECK WORDS": a finding of that check holds the words. */
static bool
says(const struct run *run, char *text)
{
	char *words = strchr(text, ' ');

	if (!words)
		return false;
	*words++ = '\0';
	for (size_t i = 0; i < run->findings.count; i++)
		if (!strcmp(run->findings.items[i].check->id, text) &&
		    strstr(finding_read(run->statements, &run->findings.items[i])->text, words))
			return true;
	return false;
}

static const struct file *
file_of(const struct run *run, const char *path)
{
	for (size_t i = 0; i < run->inventory.file_count; i++)
		if (!strcmp(run->inventory.files[i].path, path))
			return &run->inventory.files[i];
	return NULL;
}

static bool
is_answer(const struct answered *answered, const char *number, const char *name)
{
	unsigned long i = strtoul(number, NULL, 10);
	char plain[32];

	snprintf(plain, sizeof plain, "%s", name);
	for (char *at = plain; *at; at++)
		if (*at == '_')
			*at = ' ';
	return i >= 1 && i <= 3 && !strcmp(answer_names[answered[i - 1].answer], plain);
}

static bool
holds_of_file(const struct run *run, const char *what, const char *path, const char *name)
{
	const struct file *file = file_of(run, path);

	if (!file)
		return false;
	if (!strcmp(what, "verdict"))
		return !strcmp(verdict_names[file->verdict], name);
	if (!strcmp(what, "state"))
		return !strcmp(package_state_names[file->package_state], name);
	return !strcmp(trust_names[file->trust], name);
}

static bool
holds(const struct run *run, char *words[4], size_t count)
{
	const struct judgement *judgement = &run->judgement;

	if (!strcmp(words[0], "expect"))
		return count == 4 && has_finding(run, words[1], words[2], words[3]);
	if (!strcmp(words[0], "expect-none"))
		return !has_finding(run, words[1], NULL, count > 2 ? words[2] : NULL);
	if (!strcmp(words[0], "criterion"))
		return count == 3 && is_answer(judgement->criteria, words[1], words[2]);
	if (!strcmp(words[0], "question"))
		return count == 3 && is_answer(judgement->questions, words[1], words[2]);
	if (!strcmp(words[0], "step"))
		return count == 3 && is_answer(judgement->steps, words[1], words[2]);
	if (!strcmp(words[0], "decision"))
		return count == 3 && !strcmp(decision_names[judgement->decision], words[1]) &&
		       judgement->exit_status == atoi(words[2]);
	if (!strcmp(words[0], "share"))
		return count == 3 && judgement->with_baseline == strtoul(words[1], NULL, 10) &&
		       judgement->system_programs == strtoul(words[2], NULL, 10);
	return count == 3 && holds_of_file(run, words[0], words[1], words[2]);
}

static void
check_expectations(const struct run *run, const struct test_case *test, const char *file)
{
	struct buffer got;

	buffer_init(&got, 0);
	describe(run, &got);
	for (char *at = got.bytes; (at = strchr(at, '\n')) && at[1]; )
		*at = ' ', at++;
	for (size_t i = 0; i < test->count; i++) {
		char line[1024], *words[4] = { NULL };
		size_t count;

		if (!is_expectation(test->lines[i]))
			continue;
		snprintf(line, sizeof line, "%s", test->lines[i]);
		if (text_has_prefix(line, "says ")) {
			result(says(run, line + strlen("says ")), file, test->lines[i], got.bytes);
			continue;
		}
		if (text_has_prefix(line, "told ")) {
			result(strstr(got.bytes, line + strlen("told ")) != NULL, file, test->lines[i], got.bytes);
			continue;
		}
		count = split(line, words);
		result(holds(run, words, count), file, test->lines[i], got.bytes);
	}
	buffer_release(&got);
}

static void
check_orders(const struct test_case *test, const char *file)
{
	struct buffer first, other;
	bool same = true;

	buffer_init(&first, 0);
	buffer_init(&other, 0);
	for (unsigned order = 0; order < ORDERS && same; order++) {
		struct run *run = memory_allocate(1, sizeof *run);

		run_open(run, test, order, file);
		buffer_clear(&other);
		describe(run, order ? &other : &first);
		same = !order || !strcmp(first.bytes, other.bytes);
		run_close(run);
		memory_free(run);
	}
	result(same, file, "the order of records changes nothing", other.bytes);
	buffer_release(&first);
	buffer_release(&other);
}

static void
load(struct test_case *test, struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[8192];

	if (!file) {
		printf("Bail out! cannot open %s\n", path);
		exit(99);
	}
	test->count = 0;
	while (fgets(line, sizeof line, file) && test->count < LINES_MAX) {
		line[strcspn(line, "\n")] = '\0';
		/* A field stays with its event, whatever the order of lines. */
		if (test->count && text_has_prefix(line, "event-field "))
			test->lines[test->count - 1] = arena_format(arena, "%s\n%s", test->lines[test->count - 1], line);
		else if (*line && *line != '#')
			test->lines[test->count++] = expand(arena, line);
	}
	fclose(file);
}

int
main(int argc, char *argv[])
{
	struct test_case *test = memory_allocate(1, sizeof *test);

	for (int i = 1; i < argc; i++) {
		struct run *run = memory_allocate(1, sizeof *run);
		struct arena arena;

		arena_init(&arena);
		load(test, &arena, argv[i]);
		run_open(run, test, 0, argv[i]);
		check_expectations(run, test, argv[i]);
		if (getenv("SHOW_CASE")) {
			struct buffer text;

			buffer_init(&text, 0);
			describe(run, &text);
			fputs(text.bytes, stderr);
			buffer_release(&text);
		}
		run_close(run);
		memory_free(run);
		check_orders(test, argv[i]);
		arena_release(&arena);
	}
	memory_free(test);
	if (argc < 2)
		printf("1..0 # SKIP no case\n");
	else
		printf("1..%d\n", test_number);
	return failures ? 1 : 0;
}
