/* inflate.h - compressed artifacts as sources, with a ratio limit.  Layer: base. */
#ifndef T1554TRIAGE_INFLATE_H
#define T1554TRIAGE_INFLATE_H

#include <t1554triage/note.h>
#include <t1554triage/source.h>

/*
 * gzip (also several members), bzip2, xz/lzma, lz4 and zstd, told by their magic.
 * Returns STATUS_NOT_MINE where the bytes are none of these (*ret_source is
 * not set, the artifact is to be read as it is), STATUS_UNREADABLE with a note
 * where nothing comes out.  The result holds the inflated bytes in memory, at
 * most LIMIT_ARTIFACT_BYTES and LIMIT_INFLATE_RATIO; a stream that ends early,
 * is damaged or hits a limit gives what came out, a note and STATUS_DAMAGED.
 * compressed is borrowed during the call only.
 */
enum status inflate_open(struct source *compressed, const struct place *place,
	const struct notes *notes, struct source **ret_source);

/*
 * The same as a stream, for what is too large for memory: compressed and the
 * texts of place stay borrowed, and size is UINT64_MAX as nobody knows it.
 * Reading forward costs one pass; a read before the last one's offset begins
 * again at the front.  STATUS_END
 * behind a whole stream; STATUS_UNREADABLE, noted once, behind what came out of
 * a damaged one.
 */
enum status inflate_open_stream(struct source *compressed, const struct place *place,
	const struct notes *notes, struct source **ret_source);

/*
 * The same for a format that is known: "deflate" (without a header), "padded deflate" (any bytes may follow the
 * stream), "bzip2", "zstd" ...  NULL: not in this build.
 */
struct source *inflate_open_member(struct source *compressed, const char *format, const struct place *place,
	const struct notes *notes);

/* One block of LZ4 into at most capacity bytes; how many came out, 0: it is damaged or does not fit. */
size_t inflate_lz4_block(const uint8_t *bytes, size_t length, uint8_t *ret_bytes, size_t capacity);

#endif
