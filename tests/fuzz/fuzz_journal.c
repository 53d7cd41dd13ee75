/*
 * fuzz_journal.c - mutants of images with a journal, laid over their volume.
 *
 *	fuzz_journal SECONDS OFFSET,LENGTH IMAGE...
 *
 * The range (of the journal, bytes) and the first 64 KiB of each image are changed, a few bytes
 * at a time; each mutant is opened and read through.  The same images give the same mutants.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <t1554triage/memory.h>

#include "../../src/filesystem/ext_journal.h"
#include "../random_numbers.h"

enum { IMAGE_MAX = 64 << 20, HEAD_BYTES = 64 << 10, CHANGES_MAX = 6, READ_BYTES = 100003 };

struct image {
	uint8_t *bytes;
	size_t   length;
};

static struct image
load(const char *path)
{
	struct image image = { .bytes = memory_allocate(IMAGE_MAX, 1) };
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		exit(66);
	}
	image.length = fread(image.bytes, 1, IMAGE_MAX, file);
	fclose(file);
	return image;
}

/* Near the beginning of a block of the log stands what is worth changing. */
static size_t
choose_offset(const struct image *image, unsigned long long offset, unsigned long long length)
{
	size_t at = (size_t)random_number(HEAD_BYTES), blocks = (size_t)(length / 1024);

	if (random_number(8) && blocks)
		at = (size_t)(offset + random_number(random_number(4) ? 200 < blocks ? 200 : blocks : blocks) * 1024 +
			random_number(random_number(2) ? 32 : 1024));
	return at < image->length ? at : 0;
}

static uint8_t
choose_byte(uint8_t byte)
{
	static const uint8_t interesting[] = { 0, 1, 2, 5, 8, 0x10, 0x7f, 0x80, 0xff };

	if (random_number(2))
		return interesting[random_number(sizeof interesting)];
	return byte ^ (uint8_t)(1U << random_number(8));
}

static void
read_mutant(const struct image *image)
{
	static uint8_t bytes[READ_BYTES];
	const struct place at = { .evidence = "E1" };
	struct source *volume = source_open_memory(image->bytes, image->length), *overlay;
	bool unreplayed;

	overlay = ext_journal_open(volume, &at, NULL, &unreplayed);
	for (uint64_t offset = 0; overlay && offset < overlay->size; offset += READ_BYTES) {
		uint64_t length = READ_BYTES;
		size_t got;

		source_read(overlay, offset, bytes, sizeof bytes, &got);
		if (ext_journal_place(overlay, offset, &length) >= image->length || !length)
			abort();
	}
	source_close(overlay);
	source_close(volume);
}

static void
run_mutant(struct image *image, unsigned long long offset, unsigned long long length)
{
	struct { size_t at; uint8_t byte; } changes[CHANGES_MAX] = { { 0 } };
	size_t count = (size_t)random_number(CHANGES_MAX + 1);

	for (size_t i = 0; i < count; i++) {
		changes[i].at = choose_offset(image, offset, length);
		changes[i].byte = image->bytes[changes[i].at];
		image->bytes[changes[i].at] = choose_byte(changes[i].byte);
	}
	read_mutant(image);
	while (count--)
		image->bytes[changes[count].at] = changes[count].byte;
}

int
main(int argc, char **argv)
{
	unsigned long long offset, length;
	unsigned long count = 0;
	time_t end;

	if (argc < 4 || sscanf(argv[2], "%llu,%llu", &offset, &length) != 2)
		return 64;
	end = time(NULL) + atoi(argv[1]);
	for (int i = 3; i < argc; i++) {
		struct image image = load(argv[i]);
		time_t until = end - (end - time(NULL)) / (argc - i) * (argc - i - 1);

		do {
			run_mutant(&image, offset, length);
			count++;
		} while (time(NULL) < until);
		memory_free(image.bytes);
	}
	printf("%lu mutants\n", count);
	return 0;
}
