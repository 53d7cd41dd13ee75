/*
 * fuzz_stack.c - changed members of volume groups and arrays, with their checksums made right: joined, and begun to be read.
 *
 *	fuzz_stack RUNS IMAGE...
 *
 * Each run changes some places of the superblocks and descriptions at the beginning of the images (LVM2, md 1.2), in a
 * process of its own.  The same images give the same runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zlib.h>

#include <t1554triage/cursor.h>
#include <t1554triage/memory.h>

#include "../images/stack_run.h"
#include "../random_numbers.h"

enum { IMAGES_MAX = 8, RUN_SECONDS = 20, HEAD_BYTES = 12288, AREA = 4096, READ_BYTES = 1 << 16, TEXT_MAX = 1 << 18 };

static void
put_u32(uint8_t *at, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(number >> 8 * i);
}

static uint32_t
lvm_sum(const uint8_t *bytes, size_t length)
{
	return ~(uint32_t)crc32((uLong)(uint32_t)~0xf597a6cfU, bytes, (uInt)length);
}

static void
seal_lvm(uint8_t *bytes, size_t length)
{
	struct cursor c = cursor_at(bytes, length, AREA + 40);
	uint64_t offset = take_u64le(&c), size = take_u64le(&c);

	put_u32(bytes + 512 + 16, lvm_sum(bytes + 512 + 20, 492));
	if (offset < length - AREA && size < TEXT_MAX && size <= length - AREA - offset)
		put_u32(bytes + AREA + 56, lvm_sum(bytes + AREA + offset, (size_t)size));
	put_u32(bytes + AREA, lvm_sum(bytes + AREA + 4, 508));
}

static void
seal_md(uint8_t *block)
{
	struct cursor c = cursor_at(block, 4096, 220);
	size_t size = 256 + 2 * (size_t)(take_u32le(&c) % 1900);
	uint64_t sum = 0;

	put_u32(block + 216, 0);
	c = cursor_over(block, size);
	for (size_t at = 0; at < size; at += 4)
		sum += size - at >= 4 ? take_u32le(&c) : take_u16le(&c);
	put_u32(block + 216, (uint32_t)((sum & 0xffffffff) + (sum >> 32)));
}

static void
change(uint8_t *bytes, size_t length)
{
	static const uint8_t interesting[] = { 0, 1, 2, 0x7f, 0x80, 0xff, '9', '"', '{', '}', '0', ',' };
	size_t end = length < HEAD_BYTES ? length : HEAD_BYTES;

	for (uint64_t count = random_number(8); count; count--) {
		size_t at = random_number(end);

		for (unsigned left = 200; !bytes[at] && left; left--)
			at = random_number(end);
		bytes[at] = random_number(2) ? interesting[random_number(sizeof interesting)] :
			(uint8_t)(bytes[at] ^ 1U << random_number(8));
	}
	if (!memcmp(bytes + 512, "LABELONE", 8))
		seal_lvm(bytes, length);
	else
		seal_md(bytes + 4096);
}

static void
run(uint8_t *const bytes[], const size_t lengths[], size_t count)
{
	static uint8_t piece[READ_BYTES];
	const struct notes silence = { .add = NULL };
	struct exhibit exhibits[IMAGES_MAX] = { { .id = "E1" } };
	struct image images[IMAGES_MAX] = { { .sector_size = 512 } }, *media[IMAGES_MAX];
	struct stack_run run = { .media = media, .exhibits = exhibits, .count = count, .notes = &silence };

	for (size_t i = 0; i < count; i++) {
		exhibits[i].id = "E1";
		images[i] = (struct image){ .exhibit = &exhibits[i], .sector_size = 512,
			.source = source_open_memory(bytes[i], lengths[i]) };
		damage_init(&images[i].damage);
		images[i].source->damage = &images[i].damage;
		media[i] = &images[i];
	}
	stack_run(&run);
	for (uint32_t i = 0; i < run.stacks.count; i++) {
		struct source *source = stack_run_open(&run, i)->source;

		for (uint64_t part = 0; part < 8; part++) {
			size_t got;

			source_read(source, source->size / 8 * part, piece, sizeof piece, &got);
		}
	}
	stack_run_close(&run);
	for (size_t i = 0; i < count; i++) {
		source_close(images[i].source);
		damage_release(&images[i].damage);
	}
}

static uint8_t *
read_file(const char *path, size_t *ret_length)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes;

	if (!file || fseek(file, 0, SEEK_END))
		exit(99);
	*ret_length = (size_t)ftell(file);
	bytes = memory_allocate(*ret_length, 1);
	rewind(file);
	if (fread(bytes, 1, *ret_length, file) != *ret_length)
		exit(99);
	fclose(file);
	return bytes;
}

int
main(int argc, char *argv[])
{
	unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, lost = 0;
	uint8_t *bytes[IMAGES_MAX];
	size_t lengths[IMAGES_MAX], count = 0;

	for (int i = 2; i < argc && count < IMAGES_MAX; i++, count++) {
		bytes[count] = read_file(argv[i], &lengths[count]);
		if (lengths[count] < HEAD_BYTES)
			return 99;
	}
	for (unsigned long number = 0; number <= runs; number++) {
		pid_t child = fork();
		int status = 0;

		if (!child) {
			alarm(RUN_SECONDS);
			random_state = 1554 + number * 2654435761U;
			for (size_t i = 0; i < count && number; i++)
				change(bytes[i], lengths[i]);
			run(bytes, lengths, count);
			_exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || status) {
			printf("run %lu ended with %d\n", number, status);
			lost++;
		}
	}
	printf("%lu runs, %lu of them ended badly\n", runs, lost);
	for (size_t i = 0; i < count; i++)
		memory_free(bytes[i]);
	return lost ? 1 : 0;
}
