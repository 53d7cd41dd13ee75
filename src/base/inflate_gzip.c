/* inflate_gzip.c - gzip members (RFC 1952) by zlib. */
#include <zlib.h>

#include <t1554triage/memory.h>

#include "inflater.h"

enum { GZIP_ONLY = 16 };	/* added to the window bits */

static void *
gzip_open(void)
{
	z_stream *stream = memory_allocate(1, sizeof *stream);

	if (inflateInit2(stream, MAX_WBITS + GZIP_ONLY) == Z_OK)
		return stream;
	memory_free(stream);
	return NULL;
}

static enum inflater_result
gzip_step(void *state, struct inflater_room *room)
{
	z_stream *stream = state;
	int result;

	stream->next_in = (Bytef *)(uintptr_t)room->input;	/* zlib does not write to it */
	stream->avail_in = (uInt)room->input_left;
	stream->next_out = room->output;
	stream->avail_out = (uInt)room->output_left;
	result = inflate(stream, Z_NO_FLUSH);
	*room = (struct inflater_room){ stream->next_in, stream->avail_in, stream->next_out, stream->avail_out };
	if (result == Z_STREAM_END)
		return INFLATER_MEMBER_END;
	return result == Z_OK || result == Z_BUF_ERROR ? INFLATER_MORE : INFLATER_DAMAGED;
}

static void
gzip_close(void *state)
{
	inflateEnd(state);
	memory_free(state);
}

const struct inflater inflater_gzip = {
	.name = "gzip", .open = gzip_open, .step = gzip_step, .close = gzip_close,
};
