/*
 * findings_jsonl.c - one line per finding, by severity
 *
 *	{"id":"F-0001","check":"differs-from-record","rule":null,"evidence":"E1", ...}
 */
#include "formats.h"
#include "jsonl.h"

static void
write_subject(struct json *json, const struct finding *finding)
{
	const struct file *file = finding->file;
	const uint8_t *sha256 = file ? digests_get(&file->digests, DIGEST_SHA256) : NULL;

	json_text(json, "evidence", file ? file->evidence : finding->evidence);
	json_text(json, "system", file ? file_system_id(file) : finding->system);
	json_text(json, "volume", file ? text_or_dash(file->volume) : NULL);
	json_path(json, "path", finding_path(finding));
	json_path(json, "stream", file ? file->entry.stream : NULL);
	json_text(json, "inode", file ? file->entry.inode : NULL);
	json_hex(json, "sha256", sha256, digest_size(DIGEST_SHA256), sha256);
}

static void
write_support(struct json *json, const struct finding *finding)
{
	json_begin_list(json, "seen");
	for (size_t i = 0; i < finding->seen_count; i++)
		json_place(json, &finding->seen[i]);
	json_end_list(json);
	json_begin_list(json, "repeat");
	for (size_t i = 0; i < finding->repeat_count; i++)
		json_text(json, NULL, finding->repeat[i]);
	json_end_list(json);
}

static enum status
write_findings(const struct report *report, struct output *out)
{
	struct lines lines;

	lines_begin(&lines, out);
	for (size_t i = 0; i < report->findings->count; i++) {
		const struct finding *finding = &report->findings->items[i];
		struct json *json = &lines.json;

		json_text(json, "id", finding->id);
		json_text(json, "check", finding->check->id);
		json_rule(json, "rule", finding->rule);
		write_subject(json, finding);
		json_text(json, "severity", severity_names[finding->severity]);
		json_text(json, "support", support_names[finding->support]);
		json_text(json, "text", finding->text);
		json_text(json, "innocent", finding->innocent ? finding->innocent : finding->check->innocent);
		write_support(json, finding);
		json_difference(json, "differences", finding->file ? finding->file->difference : NULL);
		lines_next(&lines);
	}
	return lines_end(&lines);
}

const struct report_format findings_jsonl_format = {
	.name        = "findings.jsonl",
	.description = "every finding: statement, support, what could explain it, where it was seen, how to repeat it",
	.write       = write_findings,
};
