/* test_digested_source.c - the digest that comes of reading a source, however who reads it asks for it. */
#include <string.h>

#include <openssl/evp.h>

#include "../../src/hashset/digested_source.h"
#include "tap.h"

enum { SIZE = 300000 };

static uint8_t content[SIZE], window[SIZE];

/* Reads on in pieces of such a length; what was read is written over, and steps are taken, before the next. */
static void
read_on(struct source *source, struct digest_steps *steps, uint64_t from, size_t length)
{
	size_t got;

	for (; source_read(source, from, window, length, &got) == STATUS_OK && got; from += got) {
		memset(window, 0, got);
		for (size_t i = 0; i < length / 50; i++)
			digest_step(steps);
	}
}

static bool
is_right(struct digest_steps *steps)
{
	uint8_t expected[EVP_MAX_MD_SIZE];
	struct digests digests;

	digest_steps_finish(steps, &digests);
	EVP_Digest(content, SIZE, expected, NULL, EVP_sha256(), NULL);
	return !memcmp(digests.sha256, expected, sizeof digests.sha256);
}

int
main(void)
{
	static const size_t lengths[] = { 1000, 4096, 49152, 65536, 65537, 200000, SIZE };
	struct source *memory = source_open_memory(content, SIZE), *source;
	struct digest_steps *steps = digest_steps_open();
	size_t got, wrong = 0;

	if (!steps) {
		printf("1..0 # SKIP this processor has no instructions for SHA-256\n");
		return 0;
	}
	digest_steps_close(steps);
	for (size_t i = 0; i < SIZE; i++)
		content[i] = (uint8_t)(i * i >> 5);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		steps = digest_steps_open();
		source = digested_source_open(memory, steps);
		OK(source->size == SIZE && !digested_source_was_read(source), "not read yet");
		read_on(source, steps, 0, lengths[i]);
		wrong += !digested_source_was_read(source) || !is_right(steps);
		source_close(source);
		digest_steps_close(steps);
	}
	IS(wrong, 0, "the digest of all bytes, whatever pieces were read and changed");

	steps = digest_steps_open();
	source = digested_source_open(memory, steps);
	source_read(source, 0, window, 5000, &got);
	source_read(source, 10, window, 100, &got);
	read_on(source, steps, 5000, 7000);
	OK(digested_source_was_read(source) && is_right(steps), "what is read again is digested once");
	source_close(source);
	digest_steps_close(steps);

	steps = digest_steps_open();
	source = digested_source_open(memory, steps);
	source_read(source, 0, window, 5000, &got);
	read_on(source, steps, 5001, 7000);
	OK(!digested_source_was_read(source), "with a gap of a byte there is no digest");
	source_close(source);
	digest_steps_close(steps);
	source_close(memory);
	return tap_done();
}
