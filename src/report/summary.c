/*
 * summary.c - what the analyst reads first, at most 15 lines
 *
 *	./case-t1554
 *	Escalate to tier 2: /usr/sbin/sshd differs from the record of its package ...
 *	  1 yes               3 programs differ from their package record ...
 */
#include <string.h>

#include <t1554triage/json.h>
#include <t1554triage/text.h>

#include "formats.h"

enum { CRITERIA = 3 };

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

static void
add_criterion(struct buffer *out, const struct answered *criterion, unsigned number)
{
	buffer_add_format(out, "  criterion %u  %-16s ", number, answer_names[criterion->answer]);
	add_visible(out, criterion->text);
	buffer_add_char(out, '\n');
}

static void
add_deciding(struct buffer *out, const struct deciding *deciding)
{
	buffer_add_text(out, "  ");
	add_visible(out, deciding_path(deciding));
	buffer_add_text(out, ": recorded ");
	add_visible(out, deciding->record_says);
	buffer_add_text(out, "; found ");
	add_visible(out, deciding->file_has);
	buffer_add_char(out, '\n');
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
	if (incomplete)
		buffer_add_format(out, "\nNot read: %llu notes say what a living system would have shown and was "
			"not examined (notes.jsonl)\n", (unsigned long long)incomplete);
	else
		buffer_add_format(out, "\nNot read: nothing that a living system would have shown (%zu notes)\n",
			report->inventory->note_count);
}

static void
add_text(const struct report *report, const char *folder_path, struct buffer *out)
{
	const struct judgement *judgement = report->judgement;

	add_visible(out, folder_path);
	buffer_add_format(out, "\n%s%s: ", decision_words[judgement->decision],
		judgement->incomplete ? ", examination incomplete" : "");
	add_visible(out, judgement->sentence);
	buffer_add_char(out, '\n');
	for (unsigned i = 0; i < CRITERIA; i++)
		add_criterion(out, &judgement->criteria[i], i + 1);
	for (size_t i = 0; i < judgement->deciding_count; i++)
		add_deciding(out, &judgement->deciding[i]);
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
	json_text(json, "finding", deciding->finding ? deciding->finding->id : NULL);
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
