/*
 * fuzz_disk.c - changed containers of virtual disks: opened, and their media read.
 *
 *	fuzz_disk [-seconds=N] IMAGE...
 *
 * Each run changes some bytes of one image, most of them in its first and last
 * pages, where its tables lie.  Runs are the same for the same images.  Checked
 * beside memory: that no piece is empty or longer than what was asked for, and
 * that a compressed unit lies within its bounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <t1554triage/memory.h>

#include "../../src/image/disk.h"
#include "../random_numbers.h"

enum { IMAGE_MAX = 64 << 20, CHANGES_MAX = 12, PIECES_MAX = 20000, READS = 8, READ_BYTES = 100000, TABLES = 1 << 19 };

static void
lost(void *context, uint64_t offset, uint64_t length, const char *cause)
{
	struct disk *disk = context;

	if (!cause || !length || offset + length > disk->layers[0]->size)
		abort();
}

static void
read_medium(struct disk *disk)
{
	static uint8_t bytes[READ_BYTES];
	uint64_t size = disk->layers[0]->size, offset = 0;

	for (int i = 0; i < PIECES_MAX && offset < size; i++) {
		struct disk_layer *layer = NULL;
		struct disk_piece piece = disk_map(disk, offset, size - offset, &layer);

		if (!piece.length || piece.length > size - offset)
			abort();
		if (piece.kind == DISK_PACKED && (piece.unit > DISK_UNIT_MAX || piece.within + piece.length > piece.unit))
			abort();
		offset += piece.length;
	}
	for (int i = 0; i < READS && size; i++) {
		uint64_t at = i ? random_number(size) : 0;

		disk_read(disk, at, bytes, size - at < READ_BYTES ? (size_t)(size - at) : READ_BYTES, lost, disk);
	}
}

static void
run(const uint8_t *bytes, size_t length)
{
	const struct notes silence = { .add = NULL };
	struct source *source = source_open_memory(bytes, length);
	const char *name = "image";
	struct disk disk;

	if (disk_open(&disk, &source, &name, 1, "E1", &silence) >= STATUS_DAMAGED)
		read_medium(&disk);
	disk_close(&disk);
	source_close(source);
}

static void
change(uint8_t *bytes, size_t length)
{
	static const uint8_t interesting[] = { 0, 1, 2, 0x7f, 0x80, 0xfe, 0xff };

	for (uint64_t i = random_number(CHANGES_MAX) + 1; i; i--) {
		size_t at = (size_t)random_number(length < TABLES ? length : TABLES);

		if (!random_number(3))
			at = (size_t)random_number(length < 1024 ? length : 1024);
		if (!random_number(6))
			at = length - 1 - at;
		for (int left = 200; !bytes[at] && left; left--)
			at = (at + 7) % length;
		bytes[at] = random_number(2) ? interesting[random_number(sizeof interesting)] :
			(uint8_t)(bytes[at] ^ 1U << random_number(8));
	}
}

int
main(int argc, char **argv)
{
	time_t end = time(NULL) + 5;
	unsigned long runs = 0;
	int first = 1;

	if (argc > 1 && !strncmp(argv[1], "-seconds=", 9)) {
		end = time(NULL) + strtol(argv[1] + 9, NULL, 10);
		first++;
	}
	for (int i = first; i < argc; i++) {
		struct buffer original;
		uint8_t *copy;
		FILE *file = fopen(argv[i], "rb");
		static char piece[1 << 16];
		size_t got;

		buffer_init(&original, IMAGE_MAX);
		while (file && (got = fread(piece, 1, sizeof piece, file)))
			buffer_add(&original, piece, got);
		if (file)
			fclose(file);
		copy = memory_allocate(original.length + 1, 1);
		for (time_t until = time(NULL) + (end - time(NULL)) / (argc - i) + 1; time(NULL) < until; runs++) {
			memcpy(copy, original.bytes, original.length);
			if (original.length > 1024)
				change(copy, original.length);
			run(copy, original.length);
		}
		memory_free(copy);
		buffer_release(&original);
	}
	printf("%lu runs\n", runs);
	return 0;
}
