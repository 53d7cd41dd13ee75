/*
 * findings_jsonl.c - one line per finding, by severity
 *
 *	{"id":"F-0001","check":"differs-from-record","rule":null,"evidence":"E1", ...}
 */
#include <errno.h>

#include "formats.h"
#include "jsonl.h"
#include "output.h"

static void
write_subject(struct json *json, const struct finding *finding)
{
	const struct file *file = finding->file;
	const uint8_t *sha256 = file ? digests_get(&file->digests, DIGEST_SHA256) : NULL;

	json_text(json, "evidence", finding_evidence(finding));
	json_text(json, "system", file ? file_system_id(file) : finding->subject->system);
	json_text(json, "volume", file ? text_or_dash(file->volume) : NULL);
	json_path(json, "path", finding_path(finding));
	json_path(json, "stream", file ? file->entry.stream : NULL);
	json_text(json, "inode", file ? file->entry.inode : NULL);
	json_hex(json, "sha256", sha256, digest_size(DIGEST_SHA256), sha256);
}

static void
write_support(struct json *json, const struct finding_statement *statement)
{
	json_begin_list(json, "seen");
	for (size_t i = 0; i < statement->seen_count; i++)
		json_place(json, &statement->seen[i]);
	json_end_list(json);
	json_begin_list(json, "repeat");
	for (size_t i = 0; i < statement->repeat_count; i++)
		json_text(json, NULL, statement->repeat[i]);
	json_end_list(json);
}

static enum status
write_findings(const struct report *report, struct output *out)
{
	struct finding_reader *reader = finding_reader_open(report->findings, report->inventory);
	struct lines lines;

	lines_begin(&lines, out);
	for (size_t i = 0; i < report->findings->count; i++) {
		const struct finding *finding = &report->findings->items[i];
		const struct finding_statement *statement = finding_read(reader, finding);
		struct json *json = &lines.json;

		if (!statement)
			break;
		json_text(json, "id", finding_id(finding).text);
		json_text(json, "check", finding->check->id);
		json_rule(json, "rule", finding->rule);
		write_subject(json, finding);
		json_text(json, "severity", severity_names[finding->severity]);
		json_text(json, "support", support_names[finding->support]);
		json_text(json, "text", statement->text);
		json_text(json, "innocent", finding->innocent ? finding->innocent : finding->check->innocent);
		write_support(json, statement);
		json_difference(json, "differences", finding->file ? finding->file->difference : NULL);
		lines_next(&lines);
	}
	if (!finding_reader_close(reader))
		output_fail(out, EIO);
	return lines_end(&lines);
}

const struct report_format findings_jsonl_format = {
	.name        = "findings.jsonl",
	.description = "every finding: statement, support, what could explain it, where it was seen, how to repeat it",
	.write       = write_findings,
};
