/*
 * notes_jsonl.c - what limited this examination
 *
 *	{"kind":"file_unreadable","evidence":"E1","volume":"p2","path":"/usr/bin/x", ..., "incomplete":true}
 */
#include "formats.h"
#include "jsonl.h"

static void
write_note(struct json *json, const struct note *note)
{
	json_text(json, "kind", note_kind_name(note->kind));
	json_text(json, "evidence", note->at.evidence);
	json_text(json, "volume", note->at.volume);
	json_path(json, "path", note->at.path);
	json_text(json, "inode", note->at.inode);
	/* A range may begin at 0. */
	if (note->length || note->at.offset)
		json_u64(json, "offset", note->at.offset);
	else
		json_null(json, "offset");
	json_u64_or_null(json, "length", note->length);
	json_u64_or_null(json, "files", note->files);
	json_text(json, "text", note->text ? note->text : note_kind_meaning(note->kind));
	json_bool(json, "incomplete", note->incomplete);
}

static enum status
write_notes(const struct report *report, struct output *out)
{
	struct lines lines;

	lines_begin(&lines, out);
	for (size_t i = 0; i < report->inventory->note_count; i++) {
		write_note(&lines.json, &report->inventory->notes[i]);
		lines_next(&lines);
	}
	return lines_end(&lines);
}

const struct report_format notes_jsonl_format = {
	.name        = "notes.jsonl",
	.description = "what limited this examination, and why",
	.write       = write_notes,
};
