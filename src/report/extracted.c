/*
 * extracted.c - "--extract": the archive of copies, and what lies in it
 *
 *	{"name":"9f86...bin","sha256":"9f86...","size":1339392,"evidence":"E1","volume":"p1","path":"/usr/sbin/sshd", ...}
 */
#include "formats.h"
#include "jsonl.h"
#include "output.h"

static bool
is_asked_for(const struct report *report)
{
	return report->extraction != NULL;
}

static enum status
write_archive(const struct report *report, struct output *out)
{
	output_copy(out, report->extraction->spool);
	return output_error(out) ? STATUS_FATAL : STATUS_OK;
}

static enum status
write_list(const struct report *report, struct output *out)
{
	struct lines lines;

	lines_begin(&lines, out);
	for (size_t i = 0; i < report->extraction->count; i++) {
		const struct extracted *item = &report->extraction->items[i];
		const struct file *file = item->file;

		json_text(&lines.json, "name", item->name);
		json_hex(&lines.json, "sha256", item->sha256, sizeof item->sha256, item->name != NULL);
		json_u64(&lines.json, "size", item->size);
		json_text(&lines.json, "evidence", file->evidence);
		json_text(&lines.json, "volume", text_or_dash(file->volume));
		json_path(&lines.json, "path", file->path);
		json_path(&lines.json, "stream", file->entry.stream);
		json_text(&lines.json, "inode", file->entry.inode);
		json_text(&lines.json, "verdict", verdict_names[file->verdict]);
		json_text(&lines.json, "state", entry_state_names[file->entry.state]);
		json_text(&lines.json, "remark", item->why);
		lines_next(&lines);
	}
	return lines_end(&lines);
}

const struct report_format extracted_zip_format = {
	.name        = "extracted.zip",
	.description = "copies of flagged files, encrypted (AES-256, password infected) under the names of their digests",
	.write       = write_archive,
	.is_written  = is_asked_for,
};

const struct report_format extracted_jsonl_format = {
	.name        = "extracted.jsonl",
	.description = "what lies in extracted.zip, and what could not be copied",
	.write       = write_list,
	.is_written  = is_asked_for,
};
