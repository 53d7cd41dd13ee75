/* media_window.h - the pieces of the media that verification has read last, for others to look at. */
#ifndef MEDIA_WINDOW_H
#define MEDIA_WINDOW_H

#include <stdatomic.h>

#include "run.h"

/*
 * Media follow one another in it, each from the beginning of a piece on: a place is an offset in that sequence, and
 * piece N lies in slot N % MEDIA_PIECES.  The processes of verification write it; the coordinator writes wanted and
 * nothing else.  Who parses file systems has it mapped for reading only, and no right to change that.
 *
 * Each piece wakes who hands it on twice, on a processor that inflates else: pieces of 2 MiB do that half as often as such of
 * 1 MiB, and verifying takes 0.7 % fewer cycles.
 */
enum { MEDIA_PIECES = 16, MEDIA_PIECE_BYTES = 2 * 1024 * 1024 };

struct media_window {
	atomic_ullong digested;		/* bytes of the media so far */
	atomic_ullong asked;		/* pieces that are read, or are being read; UINT64_MAX: no more will be */
	atomic_ullong wanted;		/* piece that a reading process still asks for, the first; UINT64_MAX: none is */
	atomic_bool   is_taken;		/* by a process that verifies: another one in its place has memory of its own */
	atomic_int    processor;	/* on which MD5 is computed: its number and 1; 0: not known */
	atomic_ullong whole[MEDIA_PIECES];	/* by slot: number of the piece that lies in it, and 1; 0: none; MEDIA_NOT_WHOLE */
	_Alignas(4096) uint8_t slots[MEDIA_PIECES][MEDIA_PIECE_BYTES];
};

/* Was not read without damage: whoever wants it has to find out itself. */
#define MEDIA_NOT_WHOLE UINT64_MAX

/* NULL: no memory.  *ret_view: the same memory, for reading; NULL where it cannot be had so that it stays that way. */
struct media_window *media_window_open(const struct media_window **ret_view);
void media_window_close(struct media_window *window, const struct media_window *view);	/* NULL is fine */

/* The place of the first byte of a medium, when sizes are known. */
uint64_t media_window_base(const struct run *run, size_t exhibit);

/* PAST: it is not there, and will not be. */
enum media_window_state { MEDIA_WINDOW_PAST, MEDIA_WINDOW_THERE, MEDIA_WINDOW_AHEAD };
enum media_window_state media_window_state(const struct media_window *view, uint64_t place);
/* False: not all of it is there, bytes are undefined. */
bool media_window_copy(const struct media_window *view, uint64_t place, void *bytes, size_t length);

#endif
