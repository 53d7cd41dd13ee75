/* source.c - ranges of evidence bytes, and what of them is damaged. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/memory.h>
#include <t1554triage/source.h>

enum { READ_BYTES = 64 * 1024 };

void
damage_init(struct damage *damage)
{
	*damage = (struct damage){ .ranges = NULL };
}

void
damage_release(struct damage *damage)
{
	memory_free(damage->ranges);
	damage_init(damage);
}

/* The first range that ends behind offset. */
static size_t
damage_find(const struct damage *damage, uint64_t offset)
{
	size_t low = 0, high = damage->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct damage_range *range = &damage->ranges[middle];

		if (range->offset + range->length <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
damage_overlaps(const struct damage *damage, uint64_t offset, uint64_t length)
{
	size_t at = damage_find(damage, offset);

	if (!length || at == damage->count)
		return false;
	return damage->ranges[at].offset <= offset || damage->ranges[at].offset - offset < length;
}

bool
damage_add(struct damage *damage, uint64_t offset, uint64_t length)
{
	uint64_t end = length > UINT64_MAX - offset ? UINT64_MAX : offset + length;
	size_t first = damage_find(damage, offset ? offset - 1 : 0), last = first;

	damage->touches++;
	if (!length)
		return false;
	if (first < damage->count && damage->ranges[first].offset <= offset &&
	    damage->ranges[first].offset + damage->ranges[first].length >= end)
		return false;
	for (; last < damage->count && damage->ranges[last].offset <= end; last++) {
		const struct damage_range *range = &damage->ranges[last];

		if (range->offset < offset)
			offset = range->offset;
		if (range->offset + range->length > end)
			end = range->offset + range->length;
	}
	if (first == last) {
		damage->ranges = memory_grow(damage->ranges, damage->count, &damage->capacity,
			sizeof *damage->ranges);
		memmove(damage->ranges + first + 1, damage->ranges + first,
			(damage->count - first) * sizeof *damage->ranges);
		damage->count++;
		last = first + 1;
	}
	damage->ranges[first] = (struct damage_range){ offset, end - offset };
	memmove(damage->ranges + first + 1, damage->ranges + last,
		(damage->count - last) * sizeof *damage->ranges);
	damage->count -= last - first - 1;
	return true;
}

void
source_close(struct source *source)
{
	if (source)
		source->close(source);
}

enum status
source_read_exactly(struct source *source, uint64_t offset, void *buffer, size_t length)
{
	enum status status = STATUS_OK;
	uint8_t *to = buffer;

	while (length) {
		size_t got = 0;
		enum status one = source_read(source, offset, to, length, &got);

		if (one > STATUS_OK || one <= STATUS_UNREADABLE || !got)
			return STATUS_UNREADABLE;
		status = status_worse(status, one);
		to += got;
		offset += got;
		length -= got;
	}
	return status;
}

enum status
source_read_pieces(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length,
	enum status (*piece)(struct source *source, uint64_t offset, uint8_t *to, size_t length, size_t *ret_length))
{
	enum status status = STATUS_OK;
	uint8_t *to = buffer;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	while (length) {
		size_t part = 0;
		enum status one = piece(source, offset, to, length, &part);

		if (one <= STATUS_UNREADABLE || !part)
			return *ret_length ? status : STATUS_UNREADABLE;
		status = status_worse(status, one);
		offset += part;
		to += part;
		length -= part;
		*ret_length += part;
	}
	return status;
}

enum status
source_read_all(struct source *source, size_t limit, struct buffer *out)
{
	enum status status = STATUS_OK;
	char *block = memory_allocate(READ_BYTES, 1);

	for (uint64_t offset = 0; offset < source->size; ) {
		size_t got = 0, want = READ_BYTES;

		if (offset >= limit) {
			status = status_worse(status, STATUS_DAMAGED);
			break;
		}
		if (want > limit - offset)
			want = (size_t)(limit - offset);
		status = status_worse(status, source_read(source, offset, block, want, &got));
		if (status <= STATUS_UNREADABLE || !got)
			break;
		buffer_add(out, block, got);
		offset += got;
	}
	memory_free(block);
	return status;
}

struct memory_source {
	struct source source;
	const uint8_t *bytes;
	void *owned;
};

static enum status
memory_read(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct memory_source *memory = (struct memory_source *)source;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	memcpy(buffer, memory->bytes + offset, length);
	*ret_length = length;
	return STATUS_OK;
}

static void
memory_close(struct source *source)
{
	memory_free(((struct memory_source *)source)->owned);
	memory_free(source);
}

struct source *
source_open_memory(const void *bytes, size_t length)
{
	struct memory_source *memory = memory_allocate(1, sizeof *memory);

	memory->source = (struct source){ .size = length, .read = memory_read, .close = memory_close };
	memory->bytes = bytes;
	return &memory->source;
}

struct source *
source_open_buffer(struct buffer *buffer)
{
	struct source *source = source_open_memory(buffer->bytes, buffer->length);

	((struct memory_source *)source)->owned = buffer->bytes;
	buffer_init(buffer, buffer->limit);
	return source;
}

struct range_source {
	struct source  source;
	struct source *parent;
	uint64_t       start;
};

static enum status
range_read(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct range_source *range = (struct range_source *)source;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	return source_read(range->parent, range->start + offset, buffer, length, ret_length);
}

static void
plain_close(struct source *source)
{
	memory_free(source);
}

struct source *
source_open_range(struct source *parent, uint64_t start, uint64_t length)
{
	struct range_source *range = memory_allocate(1, sizeof *range);

	if (start > parent->size)
		start = parent->size;
	if (length > parent->size - start)
		length = parent->size - start;
	range->source = (struct source){ .size = length, .read = range_read, .close = plain_close,
		.damage = parent->damage };
	range->parent = parent;
	range->start = start;
	return &range->source;
}

struct descriptor_source {
	struct source source;
	int           descriptor;
};

static enum status
descriptor_read(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct descriptor_source *file = (struct descriptor_source *)source;
	ssize_t got;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	do
		got = pread(file->descriptor, buffer, length, (off_t)offset);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return STATUS_UNREADABLE;
	*ret_length = (size_t)got;
	return STATUS_OK;
}

struct source *
source_open_descriptor(int descriptor, uint64_t size)
{
	struct descriptor_source *file = memory_allocate(1, sizeof *file);

	file->source = (struct source){ .size = size, .read = descriptor_read, .close = plain_close };
	file->descriptor = descriptor;
	return &file->source;
}
