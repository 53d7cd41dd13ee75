/* json_reader.h - JSON from a source, event by event, with bounded memory.  Layer: base. */
#ifndef T1554TRIAGE_JSON_READER_H
#define T1554TRIAGE_JSON_READER_H

#include <stdbool.h>
#include <stdint.h>

#include <t1554triage/buffer.h>
#include <t1554triage/byte_reader.h>

enum { JSON_DEPTH_MAX = 64, JSON_TEXT_MAX = 1 << 20 };

enum json_event {
	JSON_END,		/* of the source, behind a whole value or before the first */
	JSON_BROKEN,		/* not JSON, too deep, cut off or not readable: nothing more comes */
	JSON_BEGIN_OBJECT, JSON_END_OBJECT, JSON_BEGIN_LIST, JSON_END_LIST,
	JSON_NAME,		/* of a member: text */
	JSON_TEXT, JSON_NUMBER,	/* text: unescaped UTF-8; the number as it is written */
	JSON_TRUE, JSON_FALSE, JSON_NULL
};

/* RFC 8259; several values may follow one another.  Names and texts over JSON_TEXT_MAX are cut. */
struct json_reader {
	struct buffer  text;		/* of the last NAME, TEXT or NUMBER; a NUL is behind its length */
	uint64_t       line;		/* from 1 */
	unsigned       depth;		/* objects and lists that are open */
	const char    *why;		/* after JSON_BROKEN: what was expected */
	/* private */
	uint64_t       line_offset;	/* where the line begins in the source */
	bool           is_line_begun;	/* something but blanks stands in it, in front of the last bracket that opened */
	bool           is_line_used;	/* and up to here */
	uint8_t        kinds[JSON_DEPTH_MAX];
	int            expects;
	struct byte_reader bytes;	/* its status may be asked: of a read that failed, where the text ends for the reader */
};

/* The source is borrowed. */
void json_reader_init(struct json_reader *reader, struct source *source);
void json_reader_release(struct json_reader *reader);
enum json_event json_reader_next(struct json_reader *reader);

/* A record that was begun: where its line is left to, and what lies around it. */
struct json_record {
	uint64_t offset, line;		/* behind it nothing was taken yet */
	uint64_t indent;		/* bytes of its line before its bracket */
	unsigned depth;			/* of what it lies in */
	bool     begins_line;		/* they are blanks */
	bool     is_whole;		/* its last bracket was read */
};
/* Behind the JSON_BEGIN_OBJECT of a record. */
void json_record_begin(const struct json_reader *reader, struct json_record *ret_record);
/* Behind its last bracket. */
void json_record_end(const struct json_reader *reader, struct json_record *record);
/*
 * After a text that is broken within or behind the record: goes on with the next line that begins as that of the record did, with
 * as many blanks and a bracket; a list around it is open as it was.  False, and the reader as it was: there is none, the
 * record did not begin its line, or a read has failed.
 */
bool json_reader_resume(struct json_reader *reader, const struct json_record *record);

#endif
