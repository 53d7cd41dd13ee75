/*
 * fuzz_acquisition.c - changed logs of acquisition beside an image.
 *
 *	fuzz_acquisition RUNS LOG...
 *
 * Checked beside memory: that each range lies on the medium, in order and apart from the others, that what could not be
 * acquired is damage, and that the status says so.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <t1554triage/memory.h>

#include "../../src/image/acquisition_log.h"
#include "../random_numbers.h"

enum { LOG_MAX = 1 << 16, CHANGES_MAX = 6, MEDIUM_BYTES = 1 << 21 };

struct log { char bytes[LOG_MAX]; size_t length; };

static void
check(const struct image *image, enum status status)
{
	const struct damage *damage = &image->damage;
	uint64_t end = 0;

	for (size_t i = 0; i < damage->count; i++) {
		const struct damage_range *range = &damage->ranges[i];

		if ((i && range->offset <= end) || !range->length || range->offset > MEDIUM_BYTES ||
		    range->length > MEDIUM_BYTES - range->offset)
			abort();
		end = range->offset + range->length;
	}
	if (image->acquisition_errors.count != damage->count || (damage->count && status > STATUS_DAMAGED))
		abort();
}

static void
run(int descriptor, const struct log *log)
{
	static char path[] = "disk.raw", beside[] = "disk.raw.log", id[] = "E1";
	static const uint8_t medium[MEDIUM_BYTES];
	const struct notes silence = { .add = NULL };
	struct segment segment = { .path = path, .descriptor = -1 };
	struct segment record = { .path = beside, .descriptor = descriptor, .size = log->length };
	const struct exhibit exhibit = { .id = id, .name = path, .path = path, .kind = EXHIBIT_IMAGE, .container = "raw",
		.segments = &segment, .segment_count = 1, .records = &record, .record_count = 1 };
	struct image image = { .exhibit = &exhibit, .sector_size = 512, .notes = &silence };

	if (ftruncate(descriptor, 0) || pwrite(descriptor, log->bytes, log->length, 0) != (ssize_t)log->length)
		abort();
	image.source = source_open_memory(medium, sizeof medium);
	damage_init(&image.damage);
	damage_init(&image.acquisition_errors);
	arena_init(&image.arena);
	check(&image, acquisition_logs_read(&image, &silence));
	arena_release(&image.arena);
	damage_release(&image.acquisition_errors);
	damage_release(&image.damage);
	source_close(image.source);
}

/* Some bytes in place of some others. */
static void
replace(struct log *log, size_t at, size_t count, const char *bytes, size_t length)
{
	if (count > log->length - at)
		count = log->length - at;
	if (length > LOG_MAX - (log->length - count))
		return;
	memmove(log->bytes + at + length, log->bytes + at + count, log->length - at - count);
	memcpy(log->bytes + at, bytes, length);
	log->length += length - count;
}

static void
change(struct log *log)
{
	static const char *const pieces[] = { "0", "-", "18446744073709551615", "0xffffffffffffffff", "\n", "'", "`", " ", ",", "4096", "?", "\0" };

	for (uint64_t i = random_number(CHANGES_MAX) + 1; i && log->length; i--) {
		size_t at = (size_t)random_number(log->length);
		const char *piece = pieces[random_number(sizeof pieces / sizeof *pieces)];
		char again[256];
		size_t length = (size_t)random_number(sizeof again);

		switch (random_number(4)) {
		case 0:
			log->bytes[at] ^= (char)(1U << random_number(8));
			break;
		case 1:
			replace(log, at, (size_t)random_number(8), piece, *piece ? strlen(piece) : 1);
			break;
		case 2:
			replace(log, at, (size_t)random_number(64), "", 0);
			break;
		default:
			length = length < log->length - at ? length : log->length - at;
			memcpy(again, log->bytes + at, length);
			replace(log, (size_t)random_number(log->length), 0, again, length);
		}
	}
}

int
main(int argc, char **argv)
{
	static struct log original, changed;
	unsigned long runs = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
	int descriptor = memfd_create("log", MFD_CLOEXEC);

	if (argc < 3 || descriptor < 0)
		return 64;
	for (int i = 2; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");

		if (!file) {
			perror(argv[i]);
			return 66;
		}
		original.length = fread(original.bytes, 1, LOG_MAX, file);
		fclose(file);
		run(descriptor, &original);
		for (unsigned long k = 0; k < runs; k++) {
			changed = original;
			change(&changed);
			run(descriptor, &changed);
		}
	}
	printf("%lu changed logs\n", runs * (unsigned long)(argc - 2));
	return 0;
}
