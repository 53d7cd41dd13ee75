/* inflater.h - the table of compressed formats.  Private to base. */
#ifndef T1554TRIAGE_INFLATER_H
#define T1554TRIAGE_INFLATER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory that a decoder may take for its window: above "xz -9" and "zstd --ultra -22". */
enum { INFLATER_MEMORY_BYTES = 512 << 20, INFLATER_WINDOW_LOG = 29 };

/* Room on both sides; a step moves the pointers and lowers the counts. */
struct inflater_room {
	const uint8_t *input;
	size_t         input_left;
	uint8_t       *output;
	size_t         output_left;
};

enum inflater_result {
	INFLATER_MORE,		/* went on as far as the room allowed */
	INFLATER_MEMBER_END,	/* the member is whole, its checksum right */
	INFLATER_DAMAGED,
	INFLATER_TOO_LARGE,	/* wants more than INFLATER_MEMORY_BYTES */
};

/* One row of src/base/inflater.def. */
struct inflater {
	const char *name;
	void *(*open)(void);		/* for one member; NULL: no memory */
	enum inflater_result (*step)(void *state, struct inflater_room *room);
	void  (*close)(void *state);
	void *(*copy)(void *state);	/* to go on from here again; NULL: the library has no such thing */
};

extern const struct inflater inflater_gzip, inflater_deflate, inflater_bzip2, inflater_xz, inflater_lzma,
	inflater_zstd, inflater_lz4;

#endif
