/* inflate_zstd.c - zstd frames (RFC 8878) by libzstd. */
#include <zstd.h>
#include <zstd_errors.h>

#include "inflater.h"

static void *
zstd_open(void)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();

	if (context)
		ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, INFLATER_WINDOW_LOG);
	return context;
}

static enum inflater_result
zstd_step(void *state, struct inflater_room *room)
{
	ZSTD_inBuffer input = { room->input, room->input_left, 0 };
	ZSTD_outBuffer output = { room->output, room->output_left, 0 };
	size_t result = ZSTD_decompressStream(state, &output, &input);
	ZSTD_ErrorCode error = ZSTD_getErrorCode(result);

	*room = (struct inflater_room){ room->input + input.pos, room->input_left - input.pos,
		room->output + output.pos, room->output_left - output.pos };
	if (error == ZSTD_error_frameParameter_windowTooLarge || error == ZSTD_error_memory_allocation)
		return INFLATER_TOO_LARGE;
	if (ZSTD_isError(result))
		return INFLATER_DAMAGED;
	return result == 0 ? INFLATER_MEMBER_END : INFLATER_MORE;
}

static void
zstd_close(void *state)
{
	ZSTD_freeDCtx(state);
}

const struct inflater inflater_zstd = {
	.name = "zstd", .open = zstd_open, .step = zstd_step, .close = zstd_close,
};
