/* inflate_bzip2.c - bzip2 streams by libbz2. */
#include <bzlib.h>

#include <t1554triage/memory.h>

#include "inflater.h"

static void *
bzip2_open(void)
{
	bz_stream *stream = memory_allocate(1, sizeof *stream);

	if (BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK)
		return stream;
	memory_free(stream);
	return NULL;
}

static enum inflater_result
bzip2_step(void *state, struct inflater_room *room)
{
	bz_stream *stream = state;
	int result;

	stream->next_in = (char *)(uintptr_t)room->input;	/* libbz2 does not write to it */
	stream->avail_in = (unsigned)room->input_left;
	stream->next_out = (char *)room->output;
	stream->avail_out = (unsigned)room->output_left;
	result = BZ2_bzDecompress(stream);
	room->input += room->input_left - stream->avail_in;
	room->input_left = stream->avail_in;
	room->output += room->output_left - stream->avail_out;
	room->output_left = stream->avail_out;
	if (result == BZ_STREAM_END)
		return INFLATER_MEMBER_END;
	return result == BZ_OK ? INFLATER_MORE : INFLATER_DAMAGED;
}

static void
bzip2_close(void *state)
{
	BZ2_bzDecompressEnd(state);
	memory_free(state);
}

const struct inflater inflater_bzip2 = {
	.name = "bzip2", .open = bzip2_open, .step = bzip2_step, .close = bzip2_close,
};
