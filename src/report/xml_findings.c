/* xml_findings.c - findings one by one up to a limit, the others in groups, and every check with its number. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "formats.h"
#include "jsonl.h"
#include "output.h"
#include "sections.h"

static const char *const relation_names[] = {
	[TRANSACTION_INSIDE] = "inside", [TRANSACTION_OUTSIDE] = "outside",
	[TRANSACTION_NOT_COVERED] = "not-covered", [TRANSACTION_NO_STAMP] = "no-stamp",
	[TRANSACTION_COPIED] = "copied", [TRANSACTION_RECORDED] = "recorded",
};

static void
write_stamp(struct xml *xml, const struct report *report, const struct file *file, const char *kind,
	const struct timestamp *time)
{
	const struct event *before = NULL, *after = NULL;
	enum transaction_relation relation;

	if (!timestamp_is_recorded(time))
		return;
	xml_begin(xml, "stamp");
	xml_attribute(xml, "kind", kind);
	xml_attribute_time(xml, "time", time);
	xml_attribute_u64(xml, "resolution-nanoseconds", time->resolution_nanoseconds);
	if (time_is_of_interest(report->settings, time))
		xml_attribute_bool(xml, "in-window", true);
	if (strcmp(kind, "accessed")) {
		relation = transaction_of(report->inventory, file, time, &before, &after);
		xml_attribute(xml, "relation", relation_names[relation]);
		if (before)
			xml_attribute_time(xml, "before", &before->time);
		if (after)
			xml_attribute_time(xml, "after", &after->time);
	}
	xml_end(xml);
}

static void
write_match(struct xml *xml, const struct hash_match *match)
{
	char grade[2] = { match->grade, '\0' };

	xml_begin(xml, "match");
	xml_attribute(xml, "set", match->set ? hashset_identity(match->set)->name : "-");
	xml_attribute(xml, "release", match->set && *hashset_identity(match->set)->release ?
		hashset_identity(match->set)->release : NULL);
	xml_attribute(xml, "class", hash_class_names[match->class]);
	xml_attribute(xml, "by", digest_algorithm_names[match->by]);
	xml_attribute(xml, "grade", match->grade ? grade : NULL);
	if (match->row)
		xml_attribute_u64(xml, "row", match->row);
	if (match->name && *match->name)
		xml_statement(xml, "name", match->name);
	if (match->product && *match->product)
		xml_statement(xml, "product", match->product);
	if (match->actor && *match->actor)
		xml_statement(xml, "actor", match->actor);
	if (match->source && *match->source)
		xml_statement(xml, "source", match->source);
	xml_end(xml);
}

static void
write_expected(struct xml *xml, const struct package_file *row)
{
	struct buffer hex;

	if (!row || row->digest.algorithm == DIGEST_NONE)
		return;
	buffer_init(&hex, 0);
	digest_add_hex(&hex, &row->digest);
	xml_begin(xml, "expected");
	xml_attribute(xml, "algorithm", digest_algorithm_names[row->digest.algorithm]);
	xml_attribute(xml, "digest", hex.bytes);
	xml_place(xml, "seen", &row->at, NULL);
	xml_end(xml);
	buffer_release(&hex);
}

static void
write_entry(struct xml *xml, const struct file_entry *entry)
{
	char mode[16];
	struct buffer capabilities;

	xml_attribute(xml, "state", entry_state_names[entry->state]);
	xml_attribute(xml, "content-state", content_state_names[entry->content_state]);
	xml_attribute_u64(xml, "size", entry->size);
	snprintf(mode, sizeof mode, "%04o", entry->mode & 07777);
	if (entry->has & ENTRY_HAS_MODE)
		xml_attribute(xml, "mode", mode);
	if (entry->has & ENTRY_HAS_OWNER) {
		xml_attribute_u64(xml, "uid", entry->uid);
		xml_attribute_u64(xml, "gid", entry->gid);
	}
	buffer_init(&capabilities, 0);
	if (capabilities_add(&capabilities, entry->capabilities, entry->capabilities_effective))
		xml_attribute(xml, "capabilities", capabilities.bytes);
	buffer_release(&capabilities);
}

/* Did it run, when last, by whom, with which parent; what wrote it; what it connected to; what others call it. */
static void
write_activity(struct xml *xml, const struct file_activity *activity)
{
	for (int i = 0; activity && i < ACTIVITY_COUNT; i++) {
		const struct event *last = activity->last[i];

		if (!last)
			continue;
		xml_begin(xml, "activity");
		xml_attribute(xml, "kind", activity_names[i]);
		xml_attribute_u64(xml, "records", activity->counts[i]);
		if (timestamp_is_recorded(&activity->first[i]))
			xml_attribute_time(xml, "first", &activity->first[i]);
		if (timestamp_is_recorded(&last->time))
			xml_attribute_time(xml, "last", &last->time);
		xml_statement(xml, "by", last->subject);
		if (i == ACTIVITY_CONNECTED)
			xml_statement(xml, "to", last->object);
		xml_statement(xml, "user", last->user);
		xml_statement(xml, "command", last->text);
		xml_place(xml, "seen", &last->at, NULL);
		xml_end(xml);
	}
}

static void
write_difference(struct xml *xml, const struct difference *difference)
{
	if (!difference)
		return;
	xml_begin(xml, "difference");
	xml_attribute(xml, "origin", difference->is_given ? "given" : "kept");
	xml_attribute(xml, "recorded", difference_recorded_names[difference->recorded]);
	xml_attribute(xml, "sha256", difference->sha256);
	xml_attribute_u64(xml, "size", difference->size);
	xml_attribute_u64(xml, "original-size", difference->original_size);
	xml_attribute_u64(xml, "first", difference->first);
	xml_attribute_u64(xml, "bytes", difference->bytes);
	xml_attribute_u64(xml, "sections", difference->sections);
	xml_attribute_u64(xml, "libraries", difference->libraries);
	xml_attribute_u64(xml, "imports", difference->imports);
	xml_attribute_u64(xml, "strings", difference->strings);
	xml_attribute_u64(xml, "lines", difference->lines);
	xml_path(xml, "original", difference->original);
	xml_statement(xml, "product", difference->product);
	xml_path(xml, "member", difference->member);
	for (size_t i = 0; i < difference->item_count; i++) {
		const struct difference_item *item = &difference->items[i];
		const bool has_place = item->kind != DIFFERENCE_LIBRARY && item->kind != DIFFERENCE_IMPORT;

		xml_begin(xml, "item");
		xml_attribute(xml, "kind", difference_kind_names[item->kind]);
		xml_attribute(xml, "side", difference_side_names[item->side]);
		if (has_place && item->side != DIFFERENCE_OF_ORIGINAL) {
			xml_attribute_u64(xml, "offset", item->offset);
			xml_attribute_u64(xml, "size", item->size);
		}
		if (has_place && item->side != DIFFERENCE_OF_ALTERED) {
			xml_attribute_u64(xml, "original-offset", item->original_offset);
			xml_attribute_u64(xml, "original-size", item->original_size);
		}
		xml_statement(xml, "name", item->name ? item->name : "");
		xml_end(xml);
	}
	xml_end(xml);
}

static void
write_runs(struct xml *xml, const struct inventory *inventory, const struct file *file)
{
	if (!file->runs)
		return;
	xml_begin(xml, "byte-runs");
	xml_attribute(xml, "of", file_lies_on_medium(inventory, file) ? "medium" : "volume");
	xml_attribute_bool(xml, "cut", file->runs->is_cut);
	for (size_t i = 0; i < file->runs->count; i++) {
		const struct content_run *run = &file->runs->items[i];

		xml_begin(xml, "run");
		xml_attribute_u64(xml, "file-offset", run->file_offset);
		if (run->image_offset != UINT64_MAX)
			xml_attribute_u64(xml, "offset", run->image_offset);
		xml_attribute_u64(xml, "length", run->length);
		xml_end(xml);
	}
	xml_end(xml);
}

static void
write_file(struct xml *xml, const struct report *report, const struct file *file)
{
	const struct macb *times = &file->entry.times;

	xml_begin(xml, "file");
	xml_attribute(xml, "verdict", verdict_names[file->verdict]);
	xml_attribute(xml, "trust", file->trust ? trust_names[file->trust] : NULL);
	xml_attribute(xml, "type", program_type_names[file->type]);
	xml_attribute(xml, "package-state", file->package_state ? package_state_names[file->package_state] : NULL);
	if (file->digests.known)
		xml_attribute_bool(xml, "digest-reliable", !file->unreliable);
	xml_attribute_bool(xml, "read-twice", file->read_twice);
	write_entry(xml, &file->entry);
	xml_path(xml, "volume-path", file->entry.path);
	xml_path(xml, "stream", file->entry.stream);
	xml_statement(xml, "why", file->verdict_why);
	xml_digests(xml, "digest", &file->digests);
	if (file->package) {
		xml_begin(xml, "package");
		xml_attribute(xml, "manager", file->package->manager);
		xml_attribute(xml, "name", file->package->name);
		xml_attribute(xml, "version", file->package->version);
		xml_attribute(xml, "state", file->package->state);
		xml_end(xml);
	}
	write_expected(xml, file->expected);
	for (size_t i = 0; i < file->match_count; i++)
		write_match(xml, &file->matches[i]);
	write_stamp(xml, report, file, "modified", &times->modified);
	write_stamp(xml, report, file, "accessed", &times->accessed);
	write_stamp(xml, report, file, "changed", &times->changed);
	write_stamp(xml, report, file, "born", &times->born);
	write_runs(xml, report->inventory, file);
	write_activity(xml, file->activity);
	write_difference(xml, file->difference);
	xml_end(xml);
}

/* Reading a file says little of when something was done to it. */
static bool
changed_in_window(const struct settings *settings, const struct file *file)
{
	const struct macb *times = file ? &file->entry.times : NULL;

	return times && (time_is_of_interest(settings, &times->modified) ||
	       time_is_of_interest(settings, &times->changed) || time_is_of_interest(settings, &times->born));
}

static void
write_finding(struct xml *xml, const struct report *report, const struct finding *finding,
	const struct finding_statement *statement, bool has_card)
{
	const struct file *file = finding->file;

	xml_begin(xml, "finding");
	xml_attribute(xml, "id", finding_id(finding).text);
	xml_attribute(xml, "severity", severity_names[finding->severity]);
	xml_attribute(xml, "support", support_names[finding->support]);
	xml_attribute(xml, "check", finding->check->id);
	xml_attribute(xml, "evidence", finding_evidence(finding));
	xml_attribute(xml, "system", file ? file_system_id(file) : finding->subject->system);
	xml_attribute(xml, "volume", file ? file->volume : NULL);
	xml_attribute(xml, "inode", file ? file->entry.inode : NULL);
	xml_attribute_bool(xml, "card", has_card);
	if (changed_in_window(report->settings, file))
		xml_attribute_bool(xml, "in-window", true);
	xml_statement(xml, "title", finding->check->title);
	xml_path(xml, "path", finding_path(finding));
	xml_statement(xml, "text", statement->text);
	xml_statement(xml, "innocent", finding->innocent ? finding->innocent : finding->check->innocent);
	if (file)
		write_file(xml, report, file);
	for (size_t i = 0; i < statement->seen_count; i++)
		xml_place_said(xml, "seen", &statement->seen[i], statement->seen_decoded && statement->seen_decoded[i] ? "decoded" : "quoted",
			statement->seen_text ? statement->seen_text[i] : NULL);
	for (size_t i = 0; i < statement->repeat_count; i++)
		xml_statement(xml, "repeat", statement->repeat[i]);
	xml_end(xml);
}

/* Findings that are not shown one by one, by severity, check and package. */
struct group { const struct finding *first; const char *package; uint64_t count; };

struct groups {
	struct group *items;
	size_t        count, capacity;
	struct map    index;
};

static void
add_to_group(struct groups *groups, const struct finding *finding)
{
	const char *package = finding->file && finding->file->package ? finding->file->package->name : NULL;
	struct buffer key;
	uint64_t number = groups->count;

	buffer_init(&key, 0);
	buffer_add_format(&key, "%d\t%s\t%s", (int)finding->severity, finding->check->id, package ? package : "");
	if (map_add(&groups->index, key.bytes, key.length, number)) {
		groups->items = memory_grow(groups->items, groups->count, &groups->capacity, sizeof *groups->items);
		groups->items[groups->count++] = (struct group){ .first = finding, .package = package };
	} else {
		map_get(&groups->index, key.bytes, key.length, &number);
	}
	groups->items[number].count++;
	buffer_release(&key);
}

static void
write_groups(struct xml *xml, struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		const struct group *group = &groups->items[i];

		xml_begin(xml, "group");
		xml_attribute(xml, "severity", severity_names[group->first->severity]);
		xml_attribute(xml, "check", group->first->check->id);
		xml_attribute(xml, "package", group->package);
		xml_attribute_u64(xml, "count", group->count);
		xml_statement(xml, "title", group->first->check->title);
		xml_end(xml);
	}
	memory_free(groups->items);
	map_release(&groups->index);
}

static uint64_t
count_severity(const struct findings *findings, enum severity severity)
{
	uint64_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->items[i].severity == severity;
	return count;
}

static void
write_checks(struct xml *xml, const struct findings *findings)
{
	xml_begin(xml, "checks");
	for (const struct check *const *check = checks(); *check; check++) {
		uint64_t count = 0;

		for (size_t i = 0; i < findings->count; i++)
			count += !strcmp(findings->items[i].check->id, (*check)->id);
		xml_begin(xml, "check");
		xml_attribute(xml, "id", (*check)->id);
		xml_attribute(xml, "severity", severity_names[(*check)->severity]);
		xml_attribute_u64(xml, "findings", count);
		xml_statement(xml, "title", (*check)->title);
		xml_statement(xml, "playbook", (*check)->playbook);
		xml_statement(xml, "innocent", (*check)->innocent);
		xml_end(xml);
	}
	xml_end(xml);
}

/* Of the full list, where it holds more than stands here one by one. */
static void
attribute_list_digest(struct xml *xml, const struct report *report)
{
	struct output *out;
	struct buffer hex;
	uint8_t sha256[32];
	int error;

	if (report->findings->count <= limit_get(LIMIT_FINDINGS_XML))
		return;
	out = output_open_digest();
	findings_jsonl_format.write(report, out);
	/* A list that cannot be made has no digest. */
	error = output_finish(out, sha256, NULL);
	if (error)
		output_fail(xml->out, error);
	buffer_init(&hex, 0);
	text_add_hex(&hex, sha256, sizeof sha256);
	xml_attribute(xml, "list-sha256", hex.bytes);
	buffer_release(&hex);
}

void
xml_findings(struct xml *xml, const struct report *report)
{
	const struct findings *findings = report->findings;
	struct finding_reader *reader = finding_reader_open(findings, report->inventory);
	uint64_t cards = 0;
	struct groups groups = { .items = NULL };

	map_init(&groups.index);
	xml_begin(xml, "findings");
	xml_attribute_u64(xml, "count", findings->count);
	xml_attribute_u64(xml, "rows", limit_get(LIMIT_ROWS_HTML));
	attribute_list_digest(xml, report);
	for (enum severity severity = SEVERITY_CRITICAL; severity <= SEVERITY_INFO; severity++)
		xml_attribute_u64(xml, severity_names[severity], count_severity(findings, severity));
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		const struct finding_statement *statement;

		/* The gravest come first. */
		if (i >= limit_get(LIMIT_FINDINGS_XML))
			add_to_group(&groups, finding);
		else if ((statement = finding_read(reader, finding)))
			write_finding(xml, report, finding, statement,
				finding->severity <= SEVERITY_MEDIUM && cards++ < limit_get(LIMIT_CARDS_HTML));
	}
	if (!finding_reader_close(reader))
		output_fail(xml->out, EIO);
	write_groups(xml, &groups);
	xml_end(xml);
	write_checks(xml, findings);
}
