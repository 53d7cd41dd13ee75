/*
 * fuzz_hive.c - mutants of a hive and its logs whose checksums are right, so that what lies behind them is reached.
 *
 *	fuzz_hive RUNS HIVE LOG...
 *
 * A few bytes of one of the files are changed, mostly near the beginning of a sector; the sums of first blocks and the
 * hashes of changes are made right again, and the driver reads the hive.  The same files give the same mutants.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/memory.h>

#include "../parsers/driver_run.h"
#include "../random_numbers.h"

enum { FILE_MAX = 1 << 20, FILES_MAX = 3, SECTOR = 512, SUM_AT = 508, ENTRY_HEAD = 40, CHANGES_MAX = 6 };

static uint32_t
number_at(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void
set_number(uint8_t *bytes, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
}

static void
seal_block(uint8_t *bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < SUM_AT; i += 4)
		sum ^= number_at(bytes + i);
	set_number(bytes + SUM_AT, sum);
}

/* Lengths are multiples of four here. */
static void
set_hash(const uint8_t *bytes, size_t length, uint8_t *ret_hash)
{
	uint32_t low = 0x884DEF82, high = 0xC5554E7A;

	for (size_t i = 0; i < length + 8; i += 4) {
		low += i < length ? number_at(bytes + i) : i == length ? 0x80 : 0;
		high ^= low;
		low = (low << 20 | low >> 12) + high;
		high = (high << 9 | high >> 23) ^ low;
		low = (low << 27 | low >> 5) + high;
		high = high << 19 | high >> 13;
	}
	set_number(ret_hash, low);
	set_number(ret_hash + 4, high);
}

static void
seal(uint8_t *bytes, size_t length)
{
	if (length >= SECTOR && random_number(8))
		seal_block(bytes);
	for (size_t at = SECTOR; at + SECTOR <= length; at += SECTOR) {
		uint32_t entry = number_at(bytes + at + 4);

		if (memcmp(bytes + at, "HvLE", 4) != 0)
			continue;
		if (entry >= ENTRY_HEAD && entry % 4 == 0 && entry <= length - at)
			set_hash(bytes + at + ENTRY_HEAD, entry - ENTRY_HEAD, bytes + at + 24);
		set_hash(bytes + at, 32, bytes + at + 32);
	}
}

static enum status
read_hive(struct driver_input *files, size_t count, struct buffer *out)
{
	struct driver_input copies[FILES_MAX];
	const struct driver_table *table;
	size_t driver;

	memcpy(copies, files, count * sizeof *files);
	buffer_clear(out);
	if (!driver_find("eventlog", "windows_registry", &table, &driver))
		exit(70);
	return driver_run(table, driver, copies, count, out);
}

static void
run_mutant(struct driver_input *files, size_t count, struct buffer *out)
{
	struct driver_input *changed = &files[random_number(count)];
	const void *kept = changed->bytes;
	uint8_t *bytes = memory_allocate(changed->length + 1, 1);

	memcpy(bytes, kept, changed->length);
	for (uint64_t i = random_number(CHANGES_MAX) + 1; i; i--) {
		size_t at = (size_t)(random_number(changed->length / SECTOR) * SECTOR + random_number(random_number(4) ? 64 : SECTOR));

		bytes[at] = random_number(2) ? (uint8_t)random_number(256) : bytes[at] ^ (uint8_t)(1U << random_number(8));
	}
	seal(bytes, changed->length);
	changed->bytes = bytes;
	read_hive(files, count, out);
	changed->bytes = kept;
	memory_free(bytes);
	if (out->length && strstr(out->bytes, "broken:")) {
		fputs(out->bytes, stderr);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	static const char *const paths[FILES_MAX] = { "/Windows/System32/config/SYSTEM", "/Windows/System32/config/SYSTEM.LOG1",
		"/Windows/System32/config/SYSTEM.LOG2" };
	unsigned long runs = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
	struct driver_input files[FILES_MAX] = { { .path = NULL } };
	void *kept[FILES_MAX] = { NULL };
	size_t count = argc > 2 ? (size_t)argc - 2 : 0;
	struct buffer out;

	if (!count || count > FILES_MAX)
		return 64;
	buffer_init(&out, 0);
	for (size_t i = 0; i < count; i++) {
		void *bytes = kept[i] = memory_allocate(FILE_MAX, 1);
		FILE *file = fopen(argv[i + 2], "rb");

		if (!file) {
			perror(argv[i + 2]);
			return 66;
		}
		files[i] = (struct driver_input){ .path = paths[i], .bytes = bytes, .length = fread(bytes, 1, FILE_MAX, file) };
		fclose(file);
		if (files[i].length < SECTOR)
			return 65;
	}
	if (read_hive(files, count, &out) != STATUS_OK || !strstr(out.bytes, "JOURNAL_REPLAYED")) {
		fprintf(stderr, "no log fits the hive before anything is changed\n");
		return 65;
	}
	for (unsigned long run = 0; run < runs; run++)
		run_mutant(files, count, &out);
	printf("%lu changed hives\n", runs);
	buffer_release(&out);
	for (size_t i = 0; i < count; i++)
		memory_free(kept[i]);
	return 0;
}
