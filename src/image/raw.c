/*
 * raw.c - the bytes of a medium as they are, in one file or split.
 *
 * dd, dcfldd, FTK Imager: disk.raw, or disk.001 disk.002 disk.003, all of one
 * size but the last.  There is no checksum: the only damage that shows is what
 * the host cannot read, and a segment that is not there.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/descriptor.h>
#include <t1554triage/image.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "damage.h"

struct raw_source {
	struct source source;
	struct image *image;
	uint64_t     *starts;	/* bytes of the medium, one a segment and the end */
	size_t        last;	/* segment of the last read */
};

/* After a failed read: what can be had sector by sector, zeros for the rest. */
static void
read_sectors(struct raw_source *raw, const struct segment *segment, uint64_t start, uint64_t offset,
	uint8_t *bytes, size_t length)
{
	uint32_t sector_size = raw->image->sector_size;

	for (size_t done = 0; done < length; ) {
		size_t piece = sector_size - (size_t)((offset + done) % sector_size);
		size_t got;

		if (piece > length - done)
			piece = length - done;
		got = descriptor_read_at(segment->descriptor, offset + done, bytes + done, piece);
		if (got < piece) {
			memset(bytes + done + got, 0, piece - got);
			image_add_damage(raw->image, NOTE_IMAGE_DAMAGED, start + offset + done + got,
				piece - got, "the host cannot read a part of the image file");
		}
		done += piece;
	}
}

static enum status
read_segment(struct raw_source *raw, size_t index, uint64_t offset, uint8_t *bytes, size_t length)
{
	const struct segment *segment = &raw->image->exhibit->segments[index];
	uint64_t start = raw->starts[index], touches = raw->image->damage.touches;
	size_t got;

	if (segment->descriptor < 0) {
		memset(bytes, 0, length);
		raw->image->damage.touches++;
		return STATUS_DAMAGED;
	}
	got = descriptor_read_at(segment->descriptor, offset, bytes, length);
	if (got < length)
		read_sectors(raw, segment, start, offset + got, bytes + got, length - got);
	return raw->image->damage.touches == touches ? STATUS_OK : STATUS_DAMAGED;
}

static size_t
find_segment(const struct raw_source *raw, uint64_t offset)
{
	size_t low = 0, high = raw->image->exhibit->segment_count - 1;

	if (offset >= raw->starts[raw->last] && offset < raw->starts[raw->last + 1])
		return raw->last;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (offset >= raw->starts[middle + 1])
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static enum status
raw_read(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct raw_source *raw = (struct raw_source *)source;
	enum status status = STATUS_OK;
	size_t done = 0;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	while (done < length) {
		size_t index = raw->last = find_segment(raw, offset + done);
		uint64_t left = raw->starts[index + 1] - (offset + done);
		size_t piece = length - done < left ? length - done : (size_t)left;

		status = status_worse(status, read_segment(raw, index, offset + done - raw->starts[index],
			(uint8_t *)buffer + done, piece));
		done += piece;
	}
	*ret_length = done;
	/* What the acquisition could not read is there, and is not the medium's. */
	if (status == STATUS_OK && damage_overlaps(&raw->image->damage, offset, length)) {
		raw->image->damage.touches++;
		return STATUS_DAMAGED;
	}
	return status;
}

static void
raw_source_close(struct source *source)
{
	memory_free(((struct raw_source *)source)->starts);
	memory_free(source);
}

/* All segments but the last are of one size: that of a missing one. */
static uint64_t
usual_size(const struct exhibit *exhibit)
{
	for (size_t i = 0; i + 1 < exhibit->segment_count; i++)
		if (exhibit->segments[i].descriptor >= 0)
			return exhibit->segments[i].size;
	return exhibit->segments[exhibit->segment_count - 1].size;
}

static bool
raw_probe(const uint8_t *head, size_t length)
{
	(void)head;
	return length > 0;
}

static enum status
raw_open(struct image *image, const struct notes *notes)
{
	const struct exhibit *exhibit = image->exhibit;
	struct raw_source *raw = memory_allocate(1, sizeof *raw);
	enum status status = STATUS_OK;

	(void)notes;
	raw->source = (struct source){ .read = raw_read, .close = raw_source_close };
	raw->image = image;
	raw->starts = memory_allocate(exhibit->segment_count + 1, sizeof *raw->starts);
	image->source = &raw->source;
	for (size_t i = 0; i < exhibit->segment_count; i++) {
		const struct segment *segment = &exhibit->segments[i];
		bool missing = segment->descriptor < 0;
		uint64_t size = missing ? usual_size(exhibit) : segment->size;

		raw->starts[i + 1] = raw->starts[i] + size;
		if (!missing)
			continue;
		image_add_damage(image, NOTE_IMAGE_INCOMPLETE, raw->starts[i], size,
			arena_format(&image->arena, "%s is not there, put it beside the others and run again",
				text_base_name(segment->path)));
		status = STATUS_DAMAGED;
	}
	raw->source.size = raw->starts[exhibit->segment_count];
	return status;
}

static void
raw_close(struct image *image)
{
	(void)image;
}

const struct image_driver raw_image_driver = {
	.name        = "raw",
	.description = "raw image or block device, also split (.001 .002, .aa .ab)",
	.probe       = raw_probe,
	.open        = raw_open,
	.close       = raw_close,
};
