/*
 * fuzz_bolt.c - mutants of the databases of containerd, each read through.
 *
 *	fuzz_bolt RUNS DATABASE...
 *
 * A few bytes of each database are changed, mostly near the beginning of a page, and the checksums of the two meta
 * pages are made right again. Every bucket is read, to the depth that the program reads.  The same databases
 * give the same mutants.
 */
#include <stdio.h>
#include <stdlib.h>

#include <t1554triage/memory.h>

#include "../../src/system/bolt.h"
#include "../random_numbers.h"

enum { DATABASE_MAX = 4 << 20, PAGE_BYTES = 4096, META_AT = 16, META_BYTES = 64, CHANGES_MAX = 6, DEPTH = 6,
	ITEMS_MAX = 100000 };

struct database {
	uint8_t *bytes;
	size_t   length;
};

struct reading {
	struct bolt bolt;
	unsigned    depth;
	unsigned long items, sum;
};

static bool
take_item(void *context, const struct bolt_item *item)
{
	struct reading *reading = context;

	/* Every byte is touched, so that a sanitizer sees one that is not there. */
	for (size_t i = 0; i < item->key_length; i++)
		reading->sum += (uint8_t)item->key[i];
	for (size_t i = 0; i < item->value_length; i++)
		reading->sum += item->value[i];
	if (item->is_bucket && reading->depth < DEPTH) {
		reading->depth++;
		bolt_each(&reading->bolt, &item->bucket, take_item, reading);
		reading->depth--;
	}
	return ++reading->items < ITEMS_MAX;
}

static unsigned long
read_database(const struct database *database)
{
	struct source *source = source_open_memory(database->bytes, database->length);
	struct reading reading = { .depth = 0 };

	if (bolt_open(&reading.bolt, source))
		bolt_each(&reading.bolt, &reading.bolt.root, take_item, &reading);
	source_close(source);
	return reading.items;
}

static void
seal(uint8_t *meta)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < META_BYTES - 8; i++)
		sum = (sum ^ meta[i]) * 0x100000001b3;
	for (size_t i = 0; i < 8; i++)
		meta[META_BYTES - 8 + i] = (uint8_t)(sum >> 8 * i);
}

static void
run_mutant(struct database *database)
{
	struct { size_t at; uint8_t byte; } changes[CHANGES_MAX] = { { 0 } };
	size_t count = (size_t)random_number(CHANGES_MAX) + 1, pages = database->length / PAGE_BYTES;

	for (size_t i = 0; i < count; i++) {
		size_t at = (size_t)(random_number(pages) * PAGE_BYTES + random_number(random_number(4) ? 96 : PAGE_BYTES));

		changes[i].at = at;
		changes[i].byte = database->bytes[at];
		database->bytes[at] = random_number(2) ? (uint8_t)random_number(256) : database->bytes[at] ^ (1U << random_number(8));
	}
	seal(database->bytes + META_AT);
	seal(database->bytes + PAGE_BYTES + META_AT);
	read_database(database);
	while (count--)
		database->bytes[changes[count].at] = changes[count].byte;
}

int
main(int argc, char **argv)
{
	unsigned long runs = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;

	if (argc < 3)
		return 64;
	for (int i = 2; i < argc; i++) {
		struct database database = { .bytes = memory_allocate(DATABASE_MAX, 1) };
		FILE *file = fopen(argv[i], "rb");

		if (!file) {
			perror(argv[i]);
			return 66;
		}
		database.length = fread(database.bytes, 1, DATABASE_MAX, file);
		fclose(file);
		if (database.length < 2 * PAGE_BYTES || !read_database(&database)) {
			fprintf(stderr, "%s: no item is read of it\n", argv[i]);
			return 65;
		}
		for (unsigned long run = 0; run < runs; run++)
			run_mutant(&database);
		memory_free(database.bytes);
	}
	printf("%lu changed databases\n", runs * (unsigned long)(argc - 2));
	return 0;
}
