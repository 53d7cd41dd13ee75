/* inflate_gzip.c - gzip members (RFC 1952) and bare deflate (RFC 1951) by zlib. */
#include <zlib.h>

#include <t1554triage/memory.h>

#include "inflater.h"

enum { GZIP_ONLY = 16 };	/* added to the window bits */

static void *
open_stream(int window_bits)
{
	z_stream *stream = memory_allocate(1, sizeof *stream);

	if (inflateInit2(stream, window_bits) == Z_OK)
		return stream;
	memory_free(stream);
	return NULL;
}

static void *
gzip_open(void)
{
	return open_stream(MAX_WBITS + GZIP_ONLY);
}

static void *
deflate_open(void)
{
	return open_stream(-MAX_WBITS);
}

static enum inflater_result
zlib_step(void *state, struct inflater_room *room)
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
zlib_close(void *state)
{
	inflateEnd(state);
	memory_free(state);
}

static void *
zlib_copy(void *state)
{
	z_stream *stream = memory_allocate(1, sizeof *stream);

	if (inflateCopy(stream, state) == Z_OK)
		return stream;
	memory_free(stream);
	return NULL;
}

const struct inflater inflater_gzip = {
	.name = "gzip", .open = gzip_open, .step = zlib_step, .close = zlib_close, .copy = zlib_copy,
};

const struct inflater inflater_deflate = {
	.name = "deflate", .open = deflate_open, .step = zlib_step, .close = zlib_close, .copy = zlib_copy,
};
