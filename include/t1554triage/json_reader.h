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
	uint8_t        kinds[JSON_DEPTH_MAX];
	int            expects;
	struct byte_reader bytes;	/* its status may be asked: of a read that failed, where the text ends for the reader */
};

/* The source is borrowed. */
void json_reader_init(struct json_reader *reader, struct source *source);
void json_reader_release(struct json_reader *reader);
enum json_event json_reader_next(struct json_reader *reader);

#endif
