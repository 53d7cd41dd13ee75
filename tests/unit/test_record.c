/* test_record.c - what is written is read again, and nothing else is. */
#include <t1554triage/digest.h>
#include <t1554triage/filesystem.h>
#include <t1554triage/note.h>
#include <t1554triage/record.h>

#include "tap.h"

int
main(void)
{
	struct note written = { .kind = NOTE_FILE_UNREADABLE, .at = { .path = "/a b=%\xff", .line = 7 },
		.text = "" }, read;
	struct buffer line;
	struct arena arena;

	buffer_init(&line, 0);
	arena_init(&arena);
	record_write(&line, &note_record, &written);
	IS_TEXT(line.bytes, "note kind=FILE_UNREADABLE at.path=/a%20b%3D%25%FF at.line=7 text=\n", "written form");
	IS(record_read(line.bytes, line.length - 1, &note_record, &arena, &read), STATUS_OK, "is read");
	IS_TEXT(read.at.path, written.at.path, "the path survives byte by byte");
	IS_TEXT(read.text, "", "an empty text is not an absent one");
	OK(read.at.volume == NULL, "an absent text is NULL");
	IS(record_read_in_place(line.bytes, line.length - 1, &note_record, &read), STATUS_OK, "it is read in its place");
	OK(!strcmp(read.at.path, written.at.path) && read.at.line == 7 && !*read.text && read.kind == written.kind,
		"as where it is copied");
	OK(read.at.path > line.bytes && read.at.path < line.bytes + line.length, "and is not copied");
	buffer_clear(&line);
	buffer_add_text(&line, "note text=a%00b");
	IS(record_read_in_place(line.bytes, line.length, &note_record, &read), STATUS_UNREADABLE, "what is none is none there");
	IS(record_read("note kind=NONSENSE", 18, &note_record, &arena, &read), STATUS_UNREADABLE, "unknown name");
	IS(record_read("note kindness=1", 15, &note_record, &arena, &read), STATUS_UNREADABLE, "unknown field");
	IS(record_read("note text=a%00b", 15, &note_record, &arena, &read), STATUS_UNREADABLE, "a NUL in a name");
	IS(record_read("note text=a\0b", 13, &note_record, &arena, &read), STATUS_UNREADABLE, "a NUL in the line itself");
	IS(record_read("note text", 9, &note_record, &arena, &read), STATUS_UNREADABLE, "a field without a value");
	IS(record_read("note ", 5, &note_record, &arena, &read), STATUS_UNREADABLE, "a blank and no field");
	IS(record_read("note at.line=7 text=%4", 22, &note_record, &arena, &read), STATUS_OK, "an escape that is none");
	IS_TEXT(read.text, "%4", "stays as it is");
	IS(record_read("note text=a at.line=8 kind=FILE_UNREADABLE", 42, &note_record, &arena, &read), STATUS_OK,
		"fields in another order");
	OK(read.at.line == 8 && read.kind == NOTE_FILE_UNREADABLE, "are found, too");
	IS(record_read("notes", 5, &note_record, &arena, &read), STATUS_NOT_MINE, "another type");
	buffer_release(&line);
	arena_release(&arena);
	return tap_done();
}
