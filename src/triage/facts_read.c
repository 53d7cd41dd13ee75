/*
 * facts_read.c - facts.records of an earlier run, into an empty inventory
 *
 * The file may come from anybody: every line is a record that is checked as those of a reading process are, every number
 * that leads somewhere is compared with how many there are, and a text that judging needs must be there.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/exit_status.h>
#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "facts.h"
#include "rules.h"
#include "runs.h"

enum { LISTED_MAX = 4096, EXHIBITS_MAX = 4096, FILESYSTEMS_MAX = 1 << 16 };

struct reading {
	struct run        *run;
	struct facts_read *facts;
	struct arena       scratch;		/* of one line */
	struct event       event;		/* waits for its fields */
	struct arena       event_arena;
	struct buffer      event_lines;
	struct event_field *fields;
	size_t             field_capacity;
	bool               has_event, is_joined, has_summaries;
	struct within_fact within;		/* waits for its layers */
	struct layer      *layers;
	size_t             layer_capacity;
	bool               has_within;
	uint32_t           rule_number, rule_now;	/* of a rule over contents: then, and in this run */
	bool               has_rule;
	struct rules_again *rules;
	const char        *why;			/* the line is not used */
};

static bool
are_there(const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!texts[i])
			return false;
	return true;
}

#define HAVE(...) are_there((const char *const[]){ __VA_ARGS__ }, sizeof (const char *const[]){ __VA_ARGS__ } / sizeof (char *))

static bool
reads(struct reading *at, const char *line, size_t length, const struct record_type *type, void *object)
{
	return record_read(line, length, type, &at->scratch, object) == STATUS_OK;
}

static bool
keeps(struct reading *at, const char *line, size_t length, const struct record_type *type, void *object)
{
	return record_read(line, length, type, &at->run->arena, object) == STATUS_OK;
}

/* ---- what was given, and the exhibits ---- */

static void
add_line(struct run *run, const char *const **list, size_t *count, const char *text)
{
	const char **lines;

	if (*count >= LISTED_MAX)
		return;
	lines = arena_allocate(&run->arena, (*count + 2) * sizeof *lines);
	if (*count)
		memcpy(lines, *list, *count * sizeof *lines);
	lines[(*count)++] = text;
	*list = lines;
}

static void
take_list(struct reading *at, const struct facts_line *line)
{
	struct facts_read *facts = at->facts;
	struct custody_line *custody;

	if (!strcmp(line->list, "limit")) {
		add_line(at->run, &facts->settings.limits, &facts->settings.limit_count, line->text);
	} else if (!strcmp(line->list, "trusted-key")) {
		add_line(at->run, &facts->settings.trusted_keys, &facts->settings.trusted_key_count, line->text);
	} else if (!strcmp(line->list, "given")) {
		add_line(at->run, &facts->settings.given, &facts->settings.given_count, line->text);
	} else if (!strcmp(line->list, "exhibit-number")) {
		add_line(at->run, &facts->exhibit_numbers, &facts->exhibit_number_count, line->text);
	} else if (!strcmp(line->list, "custody") && facts->case_information.custody_count < LISTED_MAX) {
		custody = arena_allocate(&at->run->arena, (facts->case_information.custody_count + 1) * sizeof *custody);
		if (facts->case_information.custody_count)
			memcpy(custody, facts->case_information.custody, facts->case_information.custody_count * sizeof *custody);
		custody[facts->case_information.custody_count++].text = line->text;
		facts->case_information.custody = custody;
	}
}

static bool
take_given(struct reading *at, const char *line, size_t length)
{
	union { struct facts_settings settings; struct facts_case about; struct facts_line line; struct facts_set set; } u;
	struct facts_read *facts = at->facts;

	if (keeps(at, line, length, &facts_settings_record, &u.settings)) {
		facts->settings.all_files = u.settings.all_files;
		facts->settings.no_verify = u.settings.no_verify;
		facts->settings.sandboxed = !u.settings.unsandboxed;
		facts->settings.digests = u.settings.digests ? u.settings.digests : "";
		facts->settings.acquired_digest = u.settings.acquired_digest;
	} else if (keeps(at, line, length, &facts_case_record, &u.about)) {
		facts->case_information.number = u.about.number;
		facts->case_information.examiner = u.about.examiner;
		facts->case_information.organization = u.about.organization;
		facts->case_information.request = u.about.request;
		facts->case_information.notes = u.about.notes;
	} else if (keeps(at, line, length, &facts_line_record, &u.line)) {
		if (u.line.list && u.line.text)
			take_list(at, &u.line);
	} else if (keeps(at, line, length, &facts_set_record, &u.set)) {
		facts->sets = memory_grow(facts->sets, facts->set_count, &facts->set_capacity, sizeof *facts->sets);
		u.set.name = u.set.name ? u.set.name : "";
		facts->sets[facts->set_count++] = u.set;
	} else {
		return false;
	}
	return true;
}

static void
add_exhibit(struct reading *at, const struct facts_exhibit *given)
{
	struct run *run = at->run;
	struct exhibits *exhibits = &run->exhibits;
	struct exhibit *items;
	struct evidence_summary *summaries;

	if (exhibits->count == EXHIBITS_MAX || !HAVE(given->id, given->name, given->container) || at->is_joined) {
		at->why = "an exhibit that is not whole";
		return;
	}
	items = arena_allocate(&run->arena, (exhibits->count + 1) * sizeof *items);
	summaries = arena_allocate(&run->arena, (exhibits->count + 1) * sizeof *summaries);
	if (exhibits->count) {
		memcpy(items, exhibits->items, exhibits->count * sizeof *items);
		memcpy(summaries, run->inventory.evidences, exhibits->count * sizeof *summaries);
	}
	/* Nothing opens it: name and path are the same, and nobody writes to them. */
	items[exhibits->count] = (struct exhibit){ .id = given->id, .kind = given->kind, .container = given->container,
		.name = arena_copy_text(&run->arena, given->name), .path = arena_copy_text(&run->arena, given->name) };
	summaries[exhibits->count].evidence = given->id;
	exhibits->items = items;
	run->inventory.evidences = summaries;
	run->inventory.evidence_count = ++exhibits->count;
	run->inventory.exhibits = exhibits;
}

static void
add_segment(struct reading *at, const struct facts_segment *given)
{
	struct exhibit *exhibit;
	struct segment *segments;

	if (given->exhibit >= at->run->exhibits.count || !given->name) {
		at->why = "a segment of no exhibit";
		return;
	}
	exhibit = &at->run->exhibits.items[given->exhibit];
	segments = arena_allocate(&at->run->arena, (exhibit->segment_count + 1) * sizeof *segments);
	if (exhibit->segment_count)
		memcpy(segments, exhibit->segments, exhibit->segment_count * sizeof *segments);
	/* Whether it was there is all that the number of its descriptor is asked for. */
	segments[exhibit->segment_count++] = (struct segment){ .path = arena_copy_text(&at->run->arena, given->name),
		.descriptor = given->missing ? -1 : 0, .size = given->size };
	exhibit->segments = segments;
}

static struct evidence_summary *
summary_of(struct reading *at, const char *evidence)
{
	for (size_t i = 0; evidence && i < at->run->inventory.evidence_count; i++)
		if (!strcmp(at->run->inventory.evidences[i].evidence, evidence))
			return &at->run->inventory.evidences[i];
	at->why = "of no exhibit";
	return NULL;
}

static void
take_summary(struct reading *at, const struct evidence_summary *told)
{
	struct evidence_summary *summary = summary_of(at, told->evidence);

	if (!summary)
		return;
	summary->size = told->size;
	summary->sector_size = told->sector_size;
	summary->stored = told->stored;
	summary->opened = told->opened;
}

static void
take_acquisition(struct reading *at, const struct facts_acquisition *value)
{
	struct evidence_summary *summary;
	struct acquisition_value *values;

	if (value->exhibit >= at->run->inventory.evidence_count || !value->name) {
		at->why = "of no exhibit";
		return;
	}
	summary = &at->run->inventory.evidences[value->exhibit];
	if (summary->acquisition_count >= LISTED_MAX)
		return;
	values = arena_allocate(&at->run->arena, (summary->acquisition_count + 1) * sizeof *values);
	if (summary->acquisition_count)
		memcpy(values, summary->acquisition, summary->acquisition_count * sizeof *values);
	values[summary->acquisition_count++] = (struct acquisition_value){ value->name, value->value };
	summary->acquisition = values;
}

static void
take_recorded(struct reading *at, const struct recorded_digest *digest)
{
	struct evidence_summary *summary = summary_of(at, digest->evidence);
	struct recorded_digest *digests;

	if (!summary || summary->recorded_count >= LISTED_MAX || !HAVE(digest->file, digest->tool))
		return;
	digests = arena_allocate(&at->run->arena, (summary->recorded_count + 1) * sizeof *digests);
	if (summary->recorded_count)
		memcpy(digests, summary->recorded, summary->recorded_count * sizeof *digests);
	digests[summary->recorded_count++] = *digest;
	summary->recorded = digests;
}

static void
take_verification(struct reading *at, const struct media_verification *told)
{
	struct inventory *inventory = &at->run->inventory;
	struct media_verification *items;

	if (!HAVE(told->evidence, told->result) || inventory->verification_count >= EXHIBITS_MAX) {
		at->why = "a verification that is not whole";
		return;
	}
	items = arena_allocate(&at->run->arena, (inventory->verification_count + 1) * sizeof *items);
	if (inventory->verification_count)
		memcpy(items, inventory->verifications, inventory->verification_count * sizeof *items);
	items[inventory->verification_count++] = *told;
	inventory->verifications = items;
}

static bool
take_evidence(struct reading *at, const char *line, size_t length)
{
	union { struct facts_exhibit exhibit; struct facts_segment segment; struct evidence_summary summary;
		struct facts_acquisition acquisition; struct recorded_digest recorded; struct facts_damage damage;
		struct media_verification verification; } u;

	if (keeps(at, line, length, &facts_exhibit_record, &u.exhibit))
		add_exhibit(at, &u.exhibit);
	else if (keeps(at, line, length, &facts_segment_record, &u.segment))
		add_segment(at, &u.segment);
	else if (keeps(at, line, length, &evidence_summary_record, &u.summary))
		take_summary(at, &u.summary);
	else if (keeps(at, line, length, &facts_acquisition_record, &u.acquisition))
		take_acquisition(at, &u.acquisition);
	else if (keeps(at, line, length, &recorded_digest_record, &u.recorded))
		take_recorded(at, &u.recorded);
	else if (keeps(at, line, length, &media_verification_record, &u.verification))
		take_verification(at, &u.verification);
	else if (keeps(at, line, length, &facts_damage_record, &u.damage) && u.damage.exhibit < at->run->inventory.evidence_count)
		damage_add(&at->run->inventory.evidences[u.damage.exhibit].damage, u.damage.offset, u.damage.length);
	else
		return false;
	return true;
}

/* ---- volumes, file systems, systems ---- */

static void
add_filesystem(struct reading *at, const struct filesystem_fact *fact)
{
	struct run *run = at->run;

	if (!HAVE(fact->evidence, fact->volume, fact->type) || run->readable_count >= FILESYSTEMS_MAX || at->is_joined) {
		at->why = "a file system that is not whole";
		return;
	}
	run->facts = memory_grow(run->facts, run->readable_count, &run->fact_capacity, sizeof *run->facts);
	run->facts[run->readable_count++] = *fact;
}

static bool
take_volumes(struct reading *at, const char *line, size_t length)
{
	union { struct volume volume; struct filesystem_fact fact; struct mount_fact mount; } u;
	struct run *run = at->run;

	if (reads(at, line, length, &volume_record, &u.volume)) {
		if (HAVE(u.volume.evidence, u.volume.name, u.volume.scheme, u.volume.type, u.volume.label, u.volume.part_uuid))
			inventory_add_volume(&run->inventory, &u.volume);
		else
			at->why = "a volume that is not whole";
	} else if (keeps(at, line, length, &filesystem_fact_record, &u.fact)) {
		add_filesystem(at, &u.fact);
	} else if (keeps(at, line, length, &mount_fact_record, &u.mount)) {
		if (u.mount.filesystem >= run->readable_count || !HAVE(u.mount.what, u.mount.where, u.mount.type, u.mount.options) ||
		    at->is_joined) {
			at->why = "a mount of no file system";
			return true;
		}
		run->mounts = memory_grow(run->mounts, run->mount_count, &run->mount_capacity, sizeof *run->mounts);
		run->mounts[run->mount_count++] = u.mount;
	} else {
		return false;
	}
	return true;
}

static const struct notes silence;

/* What joining had to say stands among the notes. */
static void
join(struct reading *at)
{
	struct run *run = at->run;
	struct inventory *inventory = &run->inventory;

	at->is_joined = true;
	systems_join(&inventory->systems, run->facts, run->readable_count, run->mounts, run->mount_count, &silence);
	inventory->filesystem_count = run->readable_count;
	inventory->filesystems = arena_allocate(&run->arena, (run->readable_count + 1) * sizeof *inventory->filesystems);
	for (size_t i = 0; i < run->readable_count; i++) {
		struct filesystem_summary *summary = &inventory->filesystems[i];

		summary->fact = run->facts[i];
		for (size_t k = 0; k < inventory->volume_count; k++)
			if (!strcmp(inventory->volumes[k].evidence, summary->fact.evidence) &&
			    !strcmp(inventory->volumes[k].name, summary->fact.volume))
				summary->volume = inventory->volumes[k];
		summary->evidence_path = "";
	}
}

static void
flush_within(struct reading *at)
{
	if (!at->has_within)
		return;
	at->has_within = false;
	at->within.layers = at->layers;
	if (!at->within.layer_count || at->run->inventory.systems.count >= limit_get(LIMIT_SYSTEMS))
		at->why = "a system without a layer";
	else
		systems_add_within(&at->run->inventory.systems, &at->within);
	at->within.layer_count = 0;
}

static bool
take_systems(struct reading *at, const char *line, size_t length)
{
	union { struct within_fact within; struct layer layer; struct facts_cover cover; } u;
	struct run *run = at->run;

	if (at->has_within && keeps(at, line, length, &layer_record, &u.layer)) {
		if (u.layer.filesystem >= run->readable_count || !u.layer.subroot || at->within.layer_count > limit_get(LIMIT_LAYERS)) {
			at->why = "a layer of no file system";
			return true;
		}
		at->layers = memory_grow(at->layers, at->within.layer_count, &at->layer_capacity, sizeof *at->layers);
		at->layers[at->within.layer_count++] = u.layer;
		return true;
	}
	flush_within(at);
	if (at->why || !at->is_joined || at->has_summaries)
		return at->why != NULL;
	if (keeps(at, line, length, &within_fact_record, &u.within)) {
		at->within = u.within;
		at->within.layer_count = 0;
		at->has_within = true;
	} else if (reads(at, line, length, &facts_cover_record, &u.cover)) {
		if (u.cover.filesystem < run->readable_count && u.cover.path) {
			systems_add_cover(&run->inventory.systems, u.cover.filesystem, u.cover.path, u.cover.cover);
			facts_keep_cover(run, u.cover.filesystem, u.cover.path, u.cover.cover);
		}
	} else {
		return false;
	}
	return true;
}

/* ---- summaries ---- */

static void
begin_summaries(struct reading *at)
{
	struct inventory *inventory = &at->run->inventory;

	at->has_summaries = true;
	inventory->summaries = arena_allocate(&at->run->arena, (inventory->systems.count + 1) * sizeof *inventory->summaries);
	for (size_t i = 0; i < inventory->systems.count; i++)
		inventory->summaries[i] = (struct system_summary){ .system = &inventory->systems.items[i], .zone_source = "" };
}

static void
take_system(struct reading *at, const struct facts_summary *told)
{
	struct inventory *inventory = &at->run->inventory;

	for (size_t i = 0; told->system && i < inventory->systems.count; i++) {
		struct system_summary *summary = &inventory->summaries[i];

		if (strcmp(summary->system->id, told->system))
			continue;
		summary->zone.name = told->zone ? told->zone : "";
		summary->zone.known = told->zone_known;
		summary->zone_source = told->zone_source ? told->zone_source : "";
		summary->has_database = told->has_database;
		summary->database_whole = told->database_whole;
		summary->has_package_log = told->has_package_log;
		summary->logs_whole = told->logs_whole;
		summary->log_first = told->log_first;
		summary->log_last = told->log_last;
		summary->packages = told->packages;
		summary->package_files = told->package_files;
		summary->locks = told->locks;
		summary->events = told->events;
		return;
	}
	at->why = "a summary of no system";
}

static bool
take_summaries(struct reading *at, const char *line, size_t length)
{
	union { struct facts_summary system; struct walk_count count; struct facts_filesystem walked; struct artifact_seen seen; } u;
	struct inventory *inventory = &at->run->inventory;

	if (!at->has_summaries)
		return false;
	if (keeps(at, line, length, &facts_summary_record, &u.system)) {
		take_system(at, &u.system);
	} else if (reads(at, line, length, &walk_count_record, &u.count)) {
		if (u.count.filesystem < inventory->filesystem_count)
			inventory->filesystems[u.count.filesystem].count = u.count;
	} else if (reads(at, line, length, &facts_filesystem_record, &u.walked)) {
		if (u.walked.filesystem < inventory->filesystem_count)
			inventory->filesystems[u.walked.filesystem].metadata_damaged = u.walked.metadata_damaged;
	} else if (reads(at, line, length, &artifact_seen_record, &u.seen)) {
		if (HAVE(u.seen.system, u.seen.driver, u.seen.table, u.seen.result))
			inventory_add_artifact(inventory, &u.seen);
	} else {
		return false;
	}
	return true;
}

/* ---- package managers ---- */

static bool
take_packages(struct reading *at, const char *line, size_t length)
{
	union { struct package_file row; struct package package; struct package_lock lock; struct package_diversion diversion;
		struct package_witness witness; struct package_part part; struct package_baseline baseline; struct package_load load; } u;
	struct inventory *inventory = &at->run->inventory;
	bool is_whole;

	if (reads(at, line, length, &package_file_record, &u.row)) {
		is_whole = HAVE(u.row.system, u.row.manager, u.row.package, u.row.path);
		if (is_whole)
			inventory_add_package_file(inventory, &u.row);
	} else if (reads(at, line, length, &package_record, &u.package)) {
		is_whole = HAVE(u.package.system, u.package.manager, u.package.name);
		if (is_whole)
			inventory_add_package(inventory, &u.package);
	} else if (reads(at, line, length, &package_lock_record, &u.lock)) {
		is_whole = HAVE(u.lock.system, u.lock.manager, u.lock.pattern, u.lock.kind);
		if (is_whole)
			inventory_add_lock(inventory, &u.lock);
	} else if (reads(at, line, length, &package_diversion_record, &u.diversion)) {
		is_whole = HAVE(u.diversion.system, u.diversion.from, u.diversion.to);
		if (is_whole)
			inventory_add_diversion(inventory, &u.diversion);
	} else if (reads(at, line, length, &package_witness_record, &u.witness)) {
		is_whole = HAVE(u.witness.system, u.witness.manager, u.witness.package, u.witness.path, u.witness.chain);
		if (is_whole)
			inventory_add_witness(inventory, &u.witness);
	} else if (reads(at, line, length, &package_load_record, &u.load)) {
		is_whole = HAVE(u.load.system, u.load.target);
		if (is_whole)
			inventory_add_load(inventory, &u.load);
	} else if (reads(at, line, length, &package_part_record, &u.part)) {
		is_whole = HAVE(u.part.system, u.part.manager, u.part.package);
		if (is_whole)
			inventory_add_part(inventory, &u.part);
	} else if (reads(at, line, length, &package_baseline_record, &u.baseline)) {
		is_whole = HAVE(u.baseline.system, u.baseline.product, u.baseline.path) && u.baseline.digest.algorithm != DIGEST_NONE;
		if (is_whole)
			inventory_add_baseline(inventory, &u.baseline);
	} else {
		return false;
	}
	if (!is_whole)
		at->why = "a record of a package manager that is not whole";
	facts_keep_line(at->run, line, length);
	return true;
}

/* ---- files, matches, notes ---- */

static void
take_rule(struct reading *at, const struct facts_rule *told)
{
	const struct run *run = at->run;

	at->has_rule = false;
	at->rule_number = told->number;
	for (size_t i = 0; told->id && i < rule_set_count(run->rules) && !at->has_rule; i++)
		if (rule_set_rule(run->rules, i)->asks_content && !strcmp(rule_set_rule(run->rules, i)->id, told->id)) {
			at->rule_now = (uint32_t)i;
			at->has_rule = true;
		}
}

static bool
take_files(struct reading *at, const char *line, size_t length)
{
	union { struct file file; struct facts_reading reading; struct facts_rule rule; struct rule_match match;
		struct note note; struct difference difference; struct difference_item item; struct told_run run; } u;
	struct inventory *inventory = &at->run->inventory;
	struct facts_read *facts = at->facts;

	if (!at->is_joined)
		return false;
	if (reads(at, line, length, &file_record, &u.file)) {
		if (u.file.filesystem < inventory->filesystem_count && u.file.entry.path && *u.file.entry.path == '/' &&
		    inventory->file_count < UINT32_MAX)
			inventory_add_file(inventory, &u.file);
		else
			at->why = "a file of no file system";
	} else if (reads(at, line, length, &facts_reading_record, &u.reading)) {
		facts->readings = memory_grow(facts->readings, facts->reading_count, &facts->reading_capacity, sizeof *facts->readings);
		facts->readings[facts->reading_count++] = u.reading;
	} else if (reads(at, line, length, &difference_record, &u.difference)) {
		inventory_add_difference(inventory, &u.difference);
	} else if (reads(at, line, length, &difference_item_record, &u.item)) {
		inventory_add_difference_item(inventory, &u.item);
	} else if (reads(at, line, length, &told_run_record, &u.run)) {
		facts->runs = memory_grow(facts->runs, facts->run_count, &facts->run_capacity, sizeof *facts->runs);
		facts->runs[facts->run_count++] = u.run;
	} else if (reads(at, line, length, &facts_rule_record, &u.rule)) {
		take_rule(at, &u.rule);
	} else if (reads(at, line, length, &rule_match_record, &u.match)) {
		u.match.number = at->rule_now;
		if (at->has_rule)
			inventory_add_rule_match(inventory, &u.match);
	} else if (reads(at, line, length, &note_record, &u.note)) {
		inventory_add_note(inventory, &u.note);
	} else {
		return false;
	}
	return true;
}

/* ---- events ---- */

static void
flush_event(struct reading *at)
{
	uint64_t offset;

	if (!at->has_event)
		return;
	at->has_event = false;
	at->event.fields = at->fields;
	offset = spool_file_add(event_store_lines(at->run->inventory.event_store), at->event_lines.bytes, at->event_lines.length);
	run_add_event(at->run, &at->event, offset, at->event_lines.length);
	rules_again_ask(at->rules, &at->event);
	arena_clear(&at->event_arena);
}

static void
keep_event_line(struct reading *at, const char *line, size_t length)
{
	buffer_add(&at->event_lines, line, length);
	buffer_add_char(&at->event_lines, '\n');
}

static bool
take_event(struct reading *at, const char *line, size_t length)
{
	struct event_field field;
	struct event event;

	if (at->has_event && record_read(line, length, &event_field_record, &at->event_arena, &field) == STATUS_OK) {
		if (!HAVE(field.name, field.value))
			return true;
		keep_event_line(at, line, length);
		at->fields = memory_grow(at->fields, at->event.field_count, &at->field_capacity, sizeof *at->fields);
		at->fields[at->event.field_count++] = field;
		return true;
	}
	flush_event(at);
	if (record_read(line, length, &event_record, &at->event_arena, &event) != STATUS_OK)
		return false;
	if (event_store_count(at->run->inventory.event_store) >= limit_get(LIMIT_EVENTS))
		return true;
	at->event = event;
	at->has_event = true;
	buffer_clear(&at->event_lines);
	keep_event_line(at, line, length);
	return true;
}

/* ---- the file ---- */

static bool
take_part(struct reading *at, const char *line, size_t length)
{
	struct facts_part part;

	if (!reads(at, line, length, &facts_part_record, &part) || !part.name)
		return false;
	flush_within(at);
	if (!strcmp(part.name, "systems") && !at->is_joined)
		join(at);
	else if (!strcmp(part.name, "summaries") && at->is_joined && !at->has_summaries)
		begin_summaries(at);
	else if (strcmp(part.name, "files") || !at->has_summaries)
		at->why = "a part out of its order";
	return true;
}

/* Events first: they are most of the lines. */
static void
take_line(struct reading *at, const char *line, size_t length)
{
	bool is_known = take_event(at, line, length) || take_files(at, line, length) || take_packages(at, line, length) ||
		take_part(at, line, length) || take_summaries(at, line, length) || take_systems(at, line, length) ||
		take_volumes(at, line, length) || take_evidence(at, line, length) || take_given(at, line, length);

	if (!is_known && !at->why)
		at->why = "no record of this version";
	arena_release(&at->scratch);
}

static void
keep_why(void *context, const struct note *note)
{
	struct reading *at = context;

	/* A line that is too long for the reader is left out, and that is said. */
	if (note->status > STATUS_UNREADABLE)
		note_add(&at->run->notes, note);
	else
		at->why = arena_copy_text(&at->run->arena, note->text);
}

static bool
take_head(struct reading *at, const char *line, size_t length)
{
	struct facts_head head;

	if (!keeps(at, line, length, &facts_head_record, &head))
		return false;
	at->facts->program = head.program ? head.program : "";
	return head.format == FACTS_FORMAT;
}

static void
read_lines(struct reading *at, struct source *source, const char *path, struct buffer *ret_message)
{
	const struct notes notes = { keep_why, at };
	struct line_reader reader;
	size_t length;
	char *line;

	line_reader_init(&reader, source, &(struct place){ .path = path }, &notes);
	if (!line_reader_next(&reader, &line, &length) || !take_head(at, line, length))
		at->why = "its first line is not that of a version of this program that this one understands";
	while (!at->why && line_reader_next(&reader, &line, &length))
		take_line(at, line, length);
	flush_event(at);
	if (!at->why && !at->has_summaries)
		at->why = "it is cut off";
	if (at->why)
		buffer_add_format(ret_message, "%s/facts.records, line %llu: %s: nothing can be judged again from it; examine the "
			"evidence again\n", path, (unsigned long long)reader.line, at->why);
	line_reader_release(&reader);
}

int
facts_read(struct run *run, int folder, const char *folder_path, struct facts_read *ret_facts, struct buffer *ret_message)
{
	struct reading at = { .run = run, .facts = ret_facts };
	int descriptor = openat(folder, "facts.records", O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct source *source;
	struct stat status;

	if (descriptor < 0 || fstat(descriptor, &status) || !S_ISREG(status.st_mode)) {
		buffer_add_format(ret_message, "%s: it holds no facts.records, from which a run can be judged again: it was made by a "
			"version before 0.1.0, or is no output folder; examine the evidence again\n", folder_path);
		if (descriptor >= 0)
			close(descriptor);
		return EXIT_NO_INPUT;
	}
	arena_init(&at.scratch);
	arena_init(&at.event_arena);
	buffer_init(&at.event_lines, 0);
	at.rules = rules_again_begin(run);
	source = source_open_descriptor(descriptor, (uint64_t)status.st_size);
	read_lines(&at, source, folder_path, ret_message);
	source_close(source);
	close(descriptor);
	rules_again_end(at.rules);
	memory_free(at.fields);
	memory_free(at.layers);
	buffer_release(&at.event_lines);
	arena_release(&at.event_arena);
	arena_release(&at.scratch);
	return at.why ? EXIT_DATA : 0;
}

void
facts_read_release(struct facts_read *facts)
{
	memory_free(facts->readings);
	memory_free(facts->runs);
	memory_free(facts->sets);
}
