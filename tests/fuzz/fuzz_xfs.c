/*
 * fuzz_xfs.c - mutants of XFS whose checksums are right, so that what lies behind them is reached.
 *
 *	fuzz_xfs SECONDS IMAGE...
 *
 * A few bytes of metadata or of the log are changed at a time, and what they lie in is sealed anew; each
 * mutant is opened, walked and its contents begun.  The same images give the same mutants.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <t1554triage/filesystem.h>
#include <t1554triage/memory.h>

#include "../../src/filesystem/xfs.h"
#include "../random_numbers.h"

enum {
	IMAGE_MAX = 64 << 20, CHANGES_MAX = 5, NODES_MAX = 512, ENTRIES_MAX = 4000, CONTENT_BYTES = 1 << 17,
	MUTANT_SECONDS = 30, RECORD_BLOCKS_MAX = 520, BLOCK = 512, ATTEMPTS = 400,
};

struct mutant {
	uint8_t *bytes;
	size_t   length;
	struct xfs xfs;
	uint64_t log, log_end;		/* bytes */
};

static void
put_sum(uint8_t *at, uint32_t rest)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(~rest >> 8 * i);
}

static void
seal(struct mutant *image, size_t start, size_t length, size_t at)
{
	if (start + length > image->length || at + 4 > length)
		return;
	memset(image->bytes + start + at, 0, 4);
	put_sum(image->bytes + start + at, crc32c_add(&image->xfs.crc, 0xffffffff, image->bytes + start, length));
}

/* The record of the log that a place lies in: header, its extensions, data. */
static void
seal_record(struct mutant *image, size_t at)
{
	size_t start = at - at % BLOCK, size, headers = 1;
	uint32_t rest;
	uint8_t *header;

	for (unsigned i = 0; i < RECORD_BLOCKS_MAX && start > image->log && memcmp(image->bytes + start, "\xfe\xed\xba\xbe", 4); i++)
		start -= BLOCK;
	header = image->bytes + start;
	size = xfs_u32(header, 12);
	if (xfs_u32(header, 320) > 32768)
		headers = (xfs_u32(header, 320) + 32767) / 32768;
	if (headers > 8 || size > image->log_end || start + headers * BLOCK + size > image->log_end)
		return;
	memset(header + 32, 0, 4);
	rest = crc32c_add(&image->xfs.crc, 0xffffffff, header, 328);
	for (size_t i = 1; i < (size + 32767) / 32768; i++)
		rest = crc32c_add(&image->xfs.crc, rest, header + i * BLOCK, 260);
	put_sum(header + 32, crc32c_add(&image->xfs.crc, rest, header + headers * BLOCK, size));
}

struct sealed { const char *magic; unsigned magic_length, magic_at, crc; };

static void
seal_around(struct mutant *image, size_t at)
{
	static const struct sealed kinds[] = {
		{ "BMA3", 4, 0, 64 }, { "IAB3", 4, 0, 52 }, { "FIB3", 4, 0, 52 }, { "AB3B", 4, 0, 52 },
		{ "XDB3", 4, 0, 4 }, { "XDD3", 4, 0, 4 }, { "XARM", 4, 0, 12 }, { "XSLM", 4, 0, 12 },
		{ "\x3b\xee", 2, 8, 12 }, { "\x3e\xbe", 2, 8, 12 },
	};
	size_t block = image->xfs.geometry.block_size, inode = image->xfs.geometry.inode_size;
	size_t sector = at - at % BLOCK, start = at - at % block;

	if (at >= image->log && at < image->log_end) {
		seal_record(image, at);
		return;
	}
	if (!memcmp(image->bytes + (at - at % inode), "IN", 2))
		seal(image, at - at % inode, inode, 100);
	else if (!memcmp(image->bytes + sector, "XFSB", 4))
		seal(image, sector, BLOCK, 224);
	else if (!memcmp(image->bytes + sector, "XAGI", 4))
		seal(image, sector, BLOCK, 312);
	else if (!memcmp(image->bytes + sector, "XAGF", 4))
		seal(image, sector, BLOCK, 216);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!memcmp(image->bytes + start + kinds[i].magic_at, kinds[i].magic, kinds[i].magic_length))
			seal(image, start, kinds[i].magic[0] == 'X' && kinds[i].magic[1] == 'D' ?
				image->xfs.geometry.directory_block_size : block, kinds[i].crc);
}

/* Where something stands: near the beginning of what has a seal, every second time in the log. */
static size_t
choose_offset(const struct mutant *image)
{
	bool in_log = random_number(2);
	uint64_t first = in_log ? image->log : 0, span = in_log ? image->log_end - image->log : image->length;
	size_t at = 0;

	for (unsigned i = 0; i < ATTEMPTS; i++) {
		size_t start = (size_t)(first + random_number(span / BLOCK) * BLOCK);

		at = start + random_number(random_number(2) ? 200 : BLOCK);
		if (image->bytes[at] && (in_log || !memcmp(image->bytes + start, "IN", 2) || image->bytes[start] == 'X' ||
		    !memcmp(image->bytes + start + 2, "B3", 2) || !memcmp(image->bytes + start, "BMA3", 4) || random_number(8) == 0))
			break;
	}
	return at;
}

struct walk {
	struct filesystem *filesystem;
	uint64_t nodes[NODES_MAX];
	size_t   count, entries;
};

static bool
take_entry(void *context, const struct file_entry *entry)
{
	static uint8_t bytes[CONTENT_BYTES];
	const struct notes silence = { .add = NULL };
	struct walk *walk = context;
	struct source *content = NULL;
	struct content_run runs[4];
	size_t got;

	if (entry->type == ENTRY_DIRECTORY && walk->count < NODES_MAX)
		walk->nodes[walk->count++] = entry->node;
	for (unsigned method = 0; entry->has & ENTRY_HAS_CONTENT && method < 2; method++) {
		if (walk->filesystem->driver->content(walk->filesystem, entry, method ? CONTENT_BY_LIBRARY : CONTENT_BY_RUNS,
		    &silence, &content) < STATUS_DAMAGED)
			continue;
		source_read(content, 0, bytes, sizeof bytes, &got);
		if (content->size)
			source_read(content, content->size - 1, bytes, sizeof bytes, &got);
		source_close(content);
	}
	walk->filesystem->driver->runs(walk->filesystem, entry, runs, 4);
	return ++walk->entries < ENTRIES_MAX;
}

static void
read_mutant(const struct mutant *image)
{
	const struct notes silence = { .add = NULL };
	const struct exhibit exhibit = { .id = "E1" };
	const struct volume volume = { .evidence = "E1", .name = "-" };
	struct source *source = source_open_memory(image->bytes, image->length);
	const struct filesystem_origin origin = { .exhibit = &exhibit, .volume = &volume, .source = source };
	struct walk walk = { .count = 0 };
	const struct entry_sink sink = { take_entry, &walk };

	alarm(MUTANT_SECONDS);
	if (filesystem_open(&origin, &silence, &walk.filesystem) >= STATUS_DAMAGED && walk.filesystem) {
		const struct filesystem_driver *driver = walk.filesystem->driver;

		driver->list(walk.filesystem, filesystem_root(walk.filesystem), "/", &sink, &silence);
		for (size_t i = 0; i < walk.count && walk.entries < ENTRIES_MAX; i++)
			driver->list(walk.filesystem, walk.nodes[i], "/folder", &sink, &silence);
		if (driver->orphans)
			driver->orphans(walk.filesystem, &sink, &silence);
		filesystem_close(walk.filesystem);
	}
	source_close(source);
}

static void
run_mutant(struct mutant *image, const uint8_t *whole)
{
	static const uint8_t interesting[] = { 0, 1, 2, 3, 0x10, 0x7f, 0x80, 0xff };
	size_t count = random_number(CHANGES_MAX + 1);

	for (size_t i = 0; i < count; i++) {
		size_t at = choose_offset(image);

		image->bytes[at] = random_number(2) ? interesting[random_number(sizeof interesting)] :
			image->bytes[at] ^ (uint8_t)(1U << random_number(8));
		seal_around(image, at);
	}
	read_mutant(image);
	memcpy(image->bytes, whole, image->length);
}

static bool
load(const char *path, struct mutant *image)
{
	FILE *file = fopen(path, "rb");
	const char *reason;
	struct source *source;
	bool is_xfs;

	if (!file)
		return false;
	image->bytes = memory_allocate(IMAGE_MAX, 1);
	image->length = fread(image->bytes, 1, IMAGE_MAX, file);
	fclose(file);
	crc32c_init(&image->xfs.crc);
	source = source_open_memory(image->bytes, image->length);
	is_xfs = xfs_geometry_read(source, &image->xfs.crc, &image->xfs.geometry, &reason) == STATUS_OK &&
		xfs_block_offset(&image->xfs.geometry, image->xfs.geometry.log_start, image->xfs.geometry.log_blocks, &image->log);
	image->log_end = image->log + ((uint64_t)image->xfs.geometry.log_blocks << image->xfs.geometry.block_log);
	source_close(source);
	return is_xfs && image->log_end <= image->length;
}

int
main(int argc, char **argv)
{
	unsigned long count = 0;
	time_t end;

	if (argc < 3)
		return 64;
	end = time(NULL) + atoi(argv[1]);
	for (int i = 2; i < argc; i++) {
		struct mutant *image = memory_allocate(1, sizeof *image);
		time_t until = end - (end - time(NULL)) / (argc - i) * (argc - i - 1);
		uint8_t *whole;

		if (!load(argv[i], image)) {
			fprintf(stderr, "%s: no XFS with a log of its own\n", argv[i]);
			return 66;
		}
		whole = memory_allocate(image->length, 1);
		memcpy(whole, image->bytes, image->length);
		do {
			run_mutant(image, whole);
			count++;
		} while (time(NULL) < until);
		memory_free(whole);
		memory_free(image->bytes);
		memory_free(image);
	}
	printf("%lu mutants\n", count);
	return 0;
}
