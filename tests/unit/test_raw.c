/* test_raw.c - A raw image of which the host cannot read a part: the file is shorter than it was when it was opened. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/image.h>

#include "tap.h"

enum { FILE_BYTES = 10000, MEDIUM_BYTES = 20480 };

struct counts {
	int      damaged;
	uint64_t offset, length;
};

static void
count_note(void *context, const struct note *note)
{
	struct counts *counts = context;

	if (note->kind != NOTE_IMAGE_DAMAGED)
		return;
	if (!counts->damaged++)
		counts->offset = note->at.offset;
	counts->length += note->length;
}

static int
make_file(void)
{
	char path[] = "/tmp/t1554-raw.XXXXXX", bytes[FILE_BYTES];
	int descriptor = mkstemp(path);

	memset(bytes, 'x', sizeof bytes);
	if (descriptor < 0 || write(descriptor, bytes, sizeof bytes) != (ssize_t)sizeof bytes)
		abort();
	unlink(path);
	return descriptor;
}

int
main(void)
{
	struct counts counts = { .damaged = 0 };
	const struct notes notes = { .add = count_note, .context = &counts };
	char path[] = "disk.raw";
	struct segment segment = { .path = path, .descriptor = make_file(), .size = MEDIUM_BYTES };
	const struct exhibit exhibit = { .id = "E1", .name = path, .path = path, .container = "raw",
		.segments = &segment, .segment_count = 1 };
	struct media_verification found;
	static uint8_t bytes[MEDIUM_BYTES];
	struct image *image = NULL;
	size_t got;

	IS(image_open(&exhibit, &notes, &image), STATUS_OK, "opened");
	IS(source_read(image->source, 0, bytes, 512, &got), STATUS_OK, "what is there is read");
	IS(image_verify(image, 0, &notes, NULL, NULL, &found), STATUS_DAMAGED, "reading all of it is damaged");
	IS(counts.damaged, 1, "which is one range");
	IS(counts.offset, FILE_BYTES, "from the first byte that is lost");
	IS(counts.length, MEDIUM_BYTES - FILE_BYTES, "to the end");
	IS(found.damaged_bytes, MEDIUM_BYTES - FILE_BYTES, "the verification counts its bytes");
	IS(found.bytes, MEDIUM_BYTES, "and reads on to the end");
	IS(source_read(image->source, FILE_BYTES - 10, bytes, 20, &got), STATUS_DAMAGED, "a read into it is damaged");
	IS(got, 20, "and whole");
	OK(bytes[9] == 'x' && !bytes[10] && !bytes[19], "with zeros for what is lost");
	IS(source_read(image->source, MEDIUM_BYTES, bytes, 1, &got), STATUS_END, "the end is the end");
	IS(source_read(image->source, UINT64_MAX - 1, bytes, 512, &got), STATUS_END, "far behind it too");
	image_close(image);
	close(segment.descriptor);
	return tap_done();
}
