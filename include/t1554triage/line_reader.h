/* line_reader.h - the lines of a text artifact, with bounded memory.  Layer: base. */
#ifndef T1554TRIAGE_LINE_READER_H
#define T1554TRIAGE_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/note.h>
#include <t1554triage/source.h>

struct line_reader {
	struct source      *source;
	struct place        place;	/* of the artifact; line is set for each line */
	const struct notes *notes;
	struct buffer       window;
	uint64_t            position;	/* of the next byte to be read from the source */
	size_t              begin;	/* of the next line within the window */
	uint64_t            line;	/* number of the line handed out last, from 1 */
	uint64_t            offset;	/* of that line in the source */
	enum status         status;	/* the worst seen so far */
	bool                is_utf16;	/* it begins with the mark of UTF-16LE: lines are handed out as UTF-8, offset is 0 */
};

/* source, notes and the texts of place are borrowed. */
void line_reader_init(struct line_reader *reader, struct source *source,
	const struct place *place, const struct notes *notes);
void line_reader_release(struct line_reader *reader);

/*
 * The next line without its LF (and without a CR before it), with a NUL behind;
 * valid until the next call.  False at the end.  A line that holds NUL bytes is
 * handed out as it is (use the length).  A line over LIMIT_LINE_BYTES is
 * skipped with a note; a read error ends the text with a note.
 */
bool line_reader_next(struct line_reader *reader, char **ret_line, size_t *ret_length);

/*
 * What has been read and not been handed out yet, behind at least one call of line_reader_next().  Who knows the form of a
 * line finds its end there at once, may change its bytes, and passes it with its LF.  Lines over LIMIT_LINE_BYTES are
 * the caller's matter here.
 */
static inline char *
line_reader_window(const struct line_reader *reader, size_t *ret_length)
{
	*ret_length = reader->window.length - reader->begin;
	return reader->window.bytes + reader->begin;
}

static inline void
line_reader_pass(struct line_reader *reader, size_t length)
{
	reader->offset = reader->is_utf16 ? 0 : reader->position - (reader->window.length - reader->begin);
	reader->place.line = ++reader->line;
	reader->begin += length;
}

/* Lines that do not have the form of their kind: one note a file, not one a line.  Zero at first. */
struct odd_lines {
	struct place first;
	uint64_t     count;
};
void odd_lines_add(struct odd_lines *lines, const struct line_reader *reader);
/* "3 lines, the first here: WHAT"; nothing and STATUS_OK where there were none. */
enum status odd_lines_note(const struct odd_lines *lines, enum status status, enum note_kind kind,
	const struct notes *notes, const char *what);

#endif
