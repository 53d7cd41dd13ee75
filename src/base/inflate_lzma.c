/* inflate_lzma.c - .xz streams and the older .lzma by liblzma. */
#include <lzma.h>

#include <t1554triage/memory.h>

#include "inflater.h"

static void *
opened(lzma_stream *stream, lzma_ret result)
{
	if (result == LZMA_OK)
		return stream;
	memory_free(stream);
	return NULL;
}

static void *
xz_open(void)
{
	lzma_stream *stream = memory_allocate(1, sizeof *stream);

	return opened(stream, lzma_stream_decoder(stream, INFLATER_MEMORY_BYTES, 0));
}

static void *
lzma_open(void)
{
	lzma_stream *stream = memory_allocate(1, sizeof *stream);

	return opened(stream, lzma_alone_decoder(stream, INFLATER_MEMORY_BYTES));
}

static enum inflater_result
lzma_step(void *state, struct inflater_room *room)
{
	lzma_stream *stream = state;
	lzma_ret result;

	stream->next_in = room->input;
	stream->avail_in = room->input_left;
	stream->next_out = room->output;
	stream->avail_out = room->output_left;
	result = lzma_code(stream, LZMA_RUN);
	*room = (struct inflater_room){ stream->next_in, stream->avail_in, stream->next_out, stream->avail_out };
	switch (result) {
	case LZMA_STREAM_END:
		return INFLATER_MEMBER_END;
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return INFLATER_MORE;
	case LZMA_MEM_ERROR:
	case LZMA_MEMLIMIT_ERROR:
		return INFLATER_TOO_LARGE;
	default:
		return INFLATER_DAMAGED;
	}
}

static void
close_stream(void *state)
{
	lzma_end(state);
	memory_free(state);
}

const struct inflater inflater_xz = {
	.name = "xz", .open = xz_open, .step = lzma_step, .close = close_stream,
};

const struct inflater inflater_lzma = {
	.name = "lzma", .open = lzma_open, .step = lzma_step, .close = close_stream,
};
