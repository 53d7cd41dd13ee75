/* digested_source.c - a source whose SHA-256 comes of reading it once from its first byte to its last. */
#include <string.h>

#include <t1554triage/memory.h>

#include "digested_source.h"

enum { COPY_BYTES = 64 << 10 };

struct digested_source {
	struct source        source;
	struct source       *inner;
	struct digest_steps *steps;
	uint64_t             position;	/* up to which it was read without a gap */
	uint8_t              copy[COPY_BYTES];	/* what is lent */
};

static void
lend(struct digested_source *digested, const uint8_t *bytes, size_t length)
{
	for (size_t part; length; bytes += part, length -= part) {
		part = length < COPY_BYTES ? length : COPY_BYTES;
		digest_steps_rest(digested->steps);
		memcpy(digested->copy, bytes, part);
		digest_steps_lend(digested->steps, digested->copy, part);
		digested->position += part;
	}
}

static enum status
read_digested(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct digested_source *digested = (struct digested_source *)source;
	enum status status = source_read(digested->inner, offset, buffer, length, ret_length);

	if (status == STATUS_OK && offset == digested->position)
		lend(digested, buffer, *ret_length);
	return status;
}

static void
close_digested(struct source *source)
{
	memory_free(source);
}

struct source *
digested_source_open(struct source *inner, struct digest_steps *steps)
{
	struct digested_source *digested = memory_allocate(1, sizeof *digested);

	digested->source = (struct source){ .size = inner->size, .read = read_digested, .close = close_digested,
		.damage = inner->damage };
	digested->inner = inner;
	digested->steps = steps;
	return &digested->source;
}

bool
digested_source_was_read(const struct source *source)
{
	const struct digested_source *digested = (const struct digested_source *)source;

	return digested->position == source->size;
}
