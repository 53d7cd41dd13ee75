/*
 * summary.c - what the analyst reads first, at most 15 lines
 *
 *	./case-t1554
 *	Escalate to tier 2, by criterion 1
 *	  criterion 1  yes              3 programs differ from the record of the installed package ...
 *	  /usr/sbin/sshd: locked (hold); changed 2026-11-11T02:13:00Z; openssh-server 1:9.2p1-2 records md5 ...
 */
#include <string.h>

#include <t1554triage/json.h>
#include <t1554triage/text.h>

#include "formats.h"

#define CUT "..."

enum { CRITERIA = 3, LINE_MAXIMUM = 160, SHOWN_BYTES = 6 };

static const char *const decision_words[] = {
	[DECISION_DO_NOT_ESCALATE] = "Do not escalate",
	[DECISION_ESCALATE] = "Escalate to tier 2",
	[DECISION_INCONCLUSIVE] = "Inconclusive",
};

static void
add_visible(struct buffer *out, const char *text)
{
	if (text)
		text_add_visible(out, text, strlen(text));
}

static uint64_t
count_incomplete(const struct inventory *inventory)
{
	uint64_t count = 0;

	for (size_t i = 0; i < inventory->note_count; i++)
		count += inventory->notes[i].incomplete;
	return count;
}

static const char *
deciding_path(const struct deciding *deciding)
{
	const struct file *file = deciding->file;

	return file ? file->path ? file->path : file->entry.path :
		deciding->finding ? finding_path(deciding->finding) : NULL;
}

/* No line is longer than a screen shows; what is cut stands whole in the report. */
static void
end_line(struct buffer *out, size_t start)
{
	size_t end = start + LINE_MAXIMUM - strlen(CUT);

	if (out->length - start > LINE_MAXIMUM) {
		/* Not within a character of UTF-8. */
		while (end > start && ((unsigned char)out->bytes[end] & 0xC0) == 0x80)
			end--;
		buffer_truncate(out, end);
		buffer_add_text(out, CUT);
	}
	buffer_add_char(out, '\n');
}

static void
add_criterion(struct buffer *out, const struct answered *criterion, unsigned number)
{
	size_t start = out->length;

	buffer_add_format(out, "  criterion %u  %-16s ", number, answer_names[criterion->answer]);
	add_visible(out, criterion->text);
	end_line(out, start);
}

/* Enough of a digest to tell two apart. */
static void
add_short_digest(struct buffer *out, const uint8_t *bytes)
{
	for (size_t i = 0; bytes && i < SHOWN_BYTES; i++)
		buffer_add_format(out, "%02x", bytes[i]);
	buffer_add_text(out, bytes ? ".." : "nothing");
}

static const uint8_t *
digest_of(const struct file *file, enum digest_algorithm algorithm)
{
	const uint8_t *bytes = digests_get(&file->digests, algorithm);

	return bytes ? bytes : file->extra && file->extra->algorithm == algorithm ? file->extra->bytes : NULL;
}

static const struct hash_match *
bad_match(const struct file *file)
{
	for (size_t i = 0; i < file->match_count; i++)
		if (file->matches[i].class == HASH_BAD)
			return &file->matches[i];
	return NULL;
}

static void
add_difference(struct buffer *out, const struct file *file)
{
	const struct package_file *row = file->expected;

	add_visible(out, row->package);
	if (file->package && file->package->version) {
		buffer_add_char(out, ' ');
		add_visible(out, file->package->version);
	}
	buffer_add_format(out, " records %s ", digest_algorithm_names[row->digest.algorithm]);
	add_short_digest(out, row->digest.bytes);
	buffer_add_text(out, ", found ");
	add_short_digest(out, digest_of(file, row->digest.algorithm));
}

/* The record against the file, in a few words. */
static void
add_contrast(struct buffer *out, const struct deciding *deciding)
{
	const struct file *file = deciding->file;
	const struct hash_match *bad = bad_match(file);

	if (bad) {
		buffer_add_format(out, "%s ", digest_algorithm_names[bad->by]);
		add_short_digest(out, digest_of(file, bad->by));
		buffer_add_text(out, " stands in the set ");
		add_visible(out, hashset_identity(bad->set)->name);
		if (bad->product && *bad->product) {
			buffer_add_text(out, " as ");
			add_visible(out, bad->product);
		}
	} else if (file->expected && file->expected->digest.algorithm &&
		   file->verdict != VERDICT_SUSPICIOUS) {
		add_difference(out, file);
	} else {
		add_visible(out, deciding->finding ? deciding->finding->check->title : file->verdict_why);
	}
}

static void
add_deciding(struct buffer *out, const struct report *report, const struct deciding *deciding)
{
	const struct timestamp *changed = &deciding->file->entry.times.changed;
	size_t start = out->length;
	char text[TIMESTAMP_TEXT_SIZE];

	buffer_add_text(out, "  ");
	if (report->inventory->systems.count > 1 && deciding->file->system)
		buffer_add_format(out, "%s %s ", deciding->file->evidence, deciding->file->system->id);
	add_visible(out, deciding_path(deciding));
	buffer_add_text(out, ": ");
	if (deciding->lock)
		buffer_add_format(out, "locked (%s); ", deciding->lock->kind ? deciding->lock->kind : "");
	if (!timestamp_is_recorded(changed))
		changed = &deciding->file->entry.times.modified;
	timestamp_format_short(changed, text);
	if (*text)
		buffer_add_format(out, "changed %s; ", text);
	add_contrast(out, deciding);
	end_line(out, start);
}

/* "Escalate to tier 2, by criterion 1 and criterion 2", "Inconclusive, open: criterion 1": the lines below say why. */
static void
add_decision(struct buffer *out, const struct judgement *judgement)
{
	bool open = judgement->decision == DECISION_INCONCLUSIVE;
	unsigned asked = open ? 2 : CRITERIA;	/* the third one decides by a yes only */
	unsigned count = 0;

	buffer_add_text(out, decision_words[judgement->decision]);
	for (unsigned i = 0; i < asked && judgement->decision != DECISION_DO_NOT_ESCALATE; i++) {
		enum answer answer = judgement->criteria[i].answer;

		if (open ? answer != ANSWER_PARTLY && answer != ANSWER_NOT_DETERMINABLE : answer != ANSWER_YES)
			continue;
		buffer_add_format(out, "%s criterion %u", count++ ? " and" : open ? ", open:" : ", by", i + 1);
	}
	buffer_add_text(out, judgement->incomplete ? "; the examination was incomplete\n" : "\n");
}

static bool
is_interrupted(const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->note_count; i++)
		if (inventory->notes[i].kind == NOTE_INTERRUPTED)
			return true;
	return false;
}

static void
add_coverage(struct buffer *out, const struct report *report)
{
	const struct judgement *judgement = report->judgement;
	uint64_t incomplete = count_incomplete(report->inventory);

	buffer_add_format(out, "Programs examined: %llu; in the package manager's folders %llu, of them with a baseline %llu",
		(unsigned long long)judgement->programs, (unsigned long long)judgement->system_programs,
		(unsigned long long)judgement->with_baseline);
	if (judgement->system_programs)
		buffer_add_format(out, " (%.1f %%)", 100.0 * (double)judgement->with_baseline /
			(double)judgement->system_programs);
	if (is_interrupted(report->inventory))
		buffer_add_format(out, "\nNot read: the run was interrupted; what was not examined is said in notes.jsonl (%llu)\n",
			(unsigned long long)incomplete);
	else if (incomplete)
		buffer_add_format(out, "\nNot read: what was to be examined and was not is said in notes.jsonl (%llu)\n", (unsigned long long)incomplete);
	else
		buffer_add_format(out, "\nNot read: nothing of what was to be examined (%zu note%s)\n",
			report->inventory->note_count, report->inventory->note_count == 1 ? "" : "s");
}

static void
add_text(const struct report *report, const char *folder_path, struct buffer *out)
{
	const struct judgement *judgement = report->judgement;

	add_visible(out, folder_path);
	buffer_add_char(out, '\n');
	add_decision(out, judgement);
	for (unsigned i = 0; i < CRITERIA; i++)
		add_criterion(out, &judgement->criteria[i], i + 1);
	for (size_t i = 0; i < judgement->deciding_count; i++)
		add_deciding(out, report, &judgement->deciding[i]);
	add_coverage(out, report);
	buffer_add_text(out, "Report: ");
	add_visible(out, folder_path);
	buffer_add_text(out, "/report.html\n");
}

static void
add_json_criterion(struct json *json, const struct answered *criterion)
{
	json_begin_object(json, NULL);
	json_text(json, "kind", "criterion");
	json_text(json, "id", criterion->id);
	json_text(json, "answer", answer_names[criterion->answer]);
	json_text(json, "text", criterion->text);
	json_end_object(json);
	json_end_line(json);
}

static void
add_json_deciding(struct json *json, const struct deciding *deciding)
{
	json_begin_object(json, NULL);
	json_text(json, "kind", "deciding");
	json_text(json, "finding", deciding->finding ? finding_id(deciding->finding).text : NULL);
	json_path(json, "path", deciding_path(deciding));
	json_text(json, "record_says", deciding->record_says);
	json_text(json, "file_has", deciding->file_has);
	json_end_object(json);
	json_end_line(json);
}

static void
add_json(const struct report *report, const char *folder_path, struct buffer *out)
{
	const struct judgement *judgement = report->judgement;
	struct json json;

	json_init(&json, out);
	json_begin_object(&json, NULL);
	json_text(&json, "kind", "output");
	json_path(&json, "path", folder_path);
	json_end_object(&json);
	json_end_line(&json);
	json_begin_object(&json, NULL);
	json_text(&json, "kind", "decision");
	json_text(&json, "decision", decision_names[judgement->decision]);
	json_bool(&json, "incomplete", judgement->incomplete);
	json_u64(&json, "exit_status", (uint64_t)judgement->exit_status);
	json_text(&json, "text", judgement->sentence);
	json_u64(&json, "programs", judgement->programs);
	json_u64(&json, "system_programs", judgement->system_programs);
	json_u64(&json, "with_baseline", judgement->with_baseline);
	json_u64(&json, "not_read", count_incomplete(report->inventory));
	json_end_object(&json);
	json_end_line(&json);
	for (unsigned i = 0; i < CRITERIA; i++)
		add_json_criterion(&json, &judgement->criteria[i]);
	for (size_t i = 0; i < judgement->deciding_count; i++)
		add_json_deciding(&json, &judgement->deciding[i]);
}

void
report_summary(const struct report *report, const char *folder_path, bool json, struct buffer *out)
{
	if (json)
		add_json(report, folder_path, out);
	else
		add_text(report, folder_path, out);
}
