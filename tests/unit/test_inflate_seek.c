/* test_inflate_seek.c - a compressed stream read in any order gives the same bytes. */
#include <stdlib.h>

#include <zlib.h>

#include <t1554triage/inflate.h>
#include <t1554triage/memory.h>

#include "tap.h"

enum { CONTENT_BYTES = 12 << 20, READS = 100, READ_BYTES = 5000 };

/* Text that shrinks, and no two stretches alike. */
static unsigned char *
make_content(void)
{
	unsigned char *content = memory_allocate(CONTENT_BYTES, 1);
	unsigned state = 1554;

	for (size_t i = 0; i < CONTENT_BYTES; i++) {
		state = state * 1103515245 + 12345;
		content[i] = i % 7 ? (unsigned char)('a' + (state >> 16) % 9) : (unsigned char)(i >> 12);
	}
	return content;
}

/* Two members, so that there is a place between members too. */
static size_t
compress_content(const unsigned char *content, unsigned char *compressed, size_t room)
{
	size_t used = 0;

	for (size_t part = 0; part < 2; part++) {
		z_stream stream = { .next_in = (Bytef *)(uintptr_t)(content + part * (CONTENT_BYTES / 2)),
			.avail_in = CONTENT_BYTES / 2, .next_out = compressed + used, .avail_out = (uInt)(room - used) };

		deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
		deflate(&stream, Z_FINISH);
		used += stream.total_out;
		deflateEnd(&stream);
	}
	return used;
}

int
main(void)
{
	static unsigned char got[READ_BYTES];
	unsigned char *content = make_content(), *compressed = memory_allocate(CONTENT_BYTES * 2, 1);
	size_t size = compress_content(content, compressed, CONTENT_BYTES * 2), wrong = 0;
	struct source *file = source_open_memory(compressed, size), *stream = NULL;

	IS(inflate_open_stream(file, NULL, NULL, &stream), STATUS_OK, "the stream opens");
	srand(1554);
	for (unsigned i = 0; i < READS; i++) {
		uint64_t offset = (uint64_t)rand() % (CONTENT_BYTES - READ_BYTES);

		if (source_read_exactly(stream, offset, got, READ_BYTES) != STATUS_OK ||
		    memcmp(got, content + offset, READ_BYTES))
			wrong++;
	}
	IS(wrong, 0, "100 reads in any order give the bytes of their place");
	IS(source_read_exactly(stream, CONTENT_BYTES - 10, got, 10), STATUS_OK, "the last bytes are read");
	OK(source_read_exactly(stream, CONTENT_BYTES - 5, got, 10) == STATUS_UNREADABLE, "and nothing behind them");
	IS(source_read_exactly(stream, 0, got, READ_BYTES), STATUS_OK, "then the first again");
	OK(!memcmp(got, content, READ_BYTES), "as they were");
	source_close(stream);
	source_close(file);
	memory_free(content);
	memory_free(compressed);
	return tap_done();
}
