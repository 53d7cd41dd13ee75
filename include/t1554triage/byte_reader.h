/* byte_reader.h - a source byte by byte from its front, for tokenizers.  Layer: base. */
#ifndef T1554TRIAGE_BYTE_READER_H
#define T1554TRIAGE_BYTE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/source.h>

enum { BYTE_READER_WINDOW = 32 * 1024, BYTE_READER_END = -1 };

struct byte_reader {
	struct source *source;		/* borrowed */
	uint64_t       position;	/* of the next byte to be read from the source */
	size_t         at, end;		/* of what is in the window */
	enum status    status;		/* below STATUS_OK: a read failed, what follows is lost */
	uint8_t        window[BYTE_READER_WINDOW];
};

static inline void
byte_reader_init(struct byte_reader *reader, struct source *source)
{
	reader->source = source;
	reader->position = 0;
	reader->at = reader->end = 0;
	reader->status = STATUS_OK;
}

/* The next byte without passing it; BYTE_READER_END at the end and where nothing can be read. */
static inline int
byte_peek(struct byte_reader *reader)
{
	size_t got = 0;
	enum status status;

	if (reader->at < reader->end)
		return reader->window[reader->at];
	if (reader->status < STATUS_OK || reader->position >= reader->source->size)
		return BYTE_READER_END;
	status = source_read(reader->source, reader->position, reader->window, sizeof reader->window, &got);
	if (status < STATUS_OK)
		reader->status = status;
	if (status != STATUS_OK || !got)
		return BYTE_READER_END;
	reader->position += got;
	reader->at = 0;
	reader->end = got;
	return reader->window[0];
}

static inline int
byte_take(struct byte_reader *reader)
{
	int byte = byte_peek(reader);

	reader->at += byte != BYTE_READER_END;
	return byte;
}

#endif
