/* inflate_lz4.c - frames of lz4 ("LZ4 Frame Format Description"), as apt keeps its lists, by liblz4. */
#include <lz4frame.h>

#include "inflater.h"

static void *
lz4_open(void)
{
	LZ4F_dctx *context = NULL;

	return LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) ? NULL : context;
}

static enum inflater_result
lz4_step(void *state, struct inflater_room *room)
{
	size_t output = room->output_left, input = room->input_left;
	size_t result = LZ4F_decompress(state, room->output, &output, room->input, &input, NULL);

	*room = (struct inflater_room){ room->input + input, room->input_left - input, room->output + output,
		room->output_left - output };
	if (LZ4F_isError(result))
		return INFLATER_DAMAGED;
	return result == 0 ? INFLATER_MEMBER_END : INFLATER_MORE;
}

static void
lz4_close(void *state)
{
	LZ4F_freeDecompressionContext(state);
}

const struct inflater inflater_lz4 = {
	.name = "lz4", .open = lz4_open, .step = lz4_step, .close = lz4_close,
};
