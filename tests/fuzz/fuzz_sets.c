/*
 * fuzz_sets.c - mutants of compiled hash sets, of packages and of SQLite tables, each read through.
 *
 *	fuzz_sets set|package|database RUNS FILE...
 *
 * A few bytes of each file are changed.  Of a compiled set, half of the changes are in its header, all
 * checksums are made right again, and it is opened, asked for digests that it held, and read from end to
 * end.  Of a package every file is read, of a database every row of what its first pages are the root of.  The same
 * files give the same mutants.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <t1554triage/crc32c.h>
#include <t1554triage/hashset.h>
#include <t1554triage/package_content.h>

#include "../../src/hashset/index_format.h"
#include "../../src/hashset/set.h"
#include "../../src/hashset/table_pages.h"
#include "../random_numbers.h"

enum { FILE_MAX = 8 << 20, CHANGES_MAX = 6, ASKED_MAX = 64, HEADER_USED = 1024, FILES_MAX = 10000, CONTENT_MAX = 64 << 20, ROOTS_END = 5 };

struct mutant {
	bool     is_set;
	bool   (*read)(struct mutant *mutant);
	uint8_t *bytes;
	size_t   length;
	int      memory;		/* a file that holds the mutant */
	uint64_t checks;		/* offset of the section of checks, of a set */
	struct digests asked[ASKED_MAX];
	size_t   asked_count;
	unsigned long sum, files, content;
};

static struct crc32c crc;

/* Every byte is touched, so that a sanitizer sees one that is not there. */
static void
touch(struct mutant *mutant, const char *text)
{
	for (; text && *text; text++)
		mutant->sum += (unsigned char)*text;
}

static void
take_row(void *context, const struct hash_row *row)
{
	struct mutant *mutant = context;
	const char *const texts[] = { row->name, row->product, row->application_type, row->system, row->actor, row->source,
		row->note };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		touch(mutant, texts[i]);
	if (mutant->asked_count < ASKED_MAX && random_number(4) == 0)
		mutant->asked[mutant->asked_count++] = row->digests;
}

static void
take_match(void *context, size_t item, const struct hash_match *match)
{
	struct mutant *mutant = context;

	mutant->sum += item + match->row + (unsigned)match->class;
	touch(mutant, match->name);
	touch(mutant, match->product);
	touch(mutant, match->source);
}

static bool
read_set(struct mutant *mutant)
{
	struct hash_set_request request;
	struct hash_set *set;
	struct buffer message;
	char path[64];
	bool opened;

	if (ftruncate(mutant->memory, (off_t)mutant->length) ||
	    pwrite(mutant->memory, mutant->bytes, mutant->length, 0) != (ssize_t)mutant->length)
		return false;
	snprintf(path, sizeof path, "/proc/self/fd/%d", mutant->memory);
	request = (struct hash_set_request){ .name = path };
	buffer_init(&message, 0);
	opened = !hashset_open(&request, NULL, &set, &message);
	buffer_release(&message);
	if (!opened)
		return false;
	touch(mutant, hashset_identity(set)->description);
	hashset_ask(&set, 1, mutant->asked, mutant->asked_count, take_match, mutant, NULL);
	set_read(set, take_row, mutant, NULL);
	hashset_close(set);
	return true;
}

static void
take_file(void *context, const char *product, const char *path, struct source *content)
{
	struct mutant *mutant = context;
	uint8_t piece[4096];
	size_t got;

	touch(mutant, product);
	touch(mutant, path);
	for (uint64_t at = 0; mutant->content < CONTENT_MAX; at += got, mutant->content += got) {
		if (source_read(content, at, piece, sizeof piece, &got) < 0 || !got)
			break;
		mutant->sum += piece[got - 1];
	}
	mutant->files++;
}

static bool
read_package(struct mutant *mutant)
{
	struct source *source = source_open_memory(mutant->bytes, mutant->length);
	const struct package_content_sink sink = { .file = take_file, .context = mutant };
	const struct place here = { .path = "mutant" };
	enum status status;

	mutant->files = mutant->content = 0;
	status = package_content_read(source, &here, &sink, NULL);
	source_close(source);
	return status == STATUS_OK && mutant->files;
}

static bool
read_database(struct mutant *mutant)
{
	struct source *source = source_open_memory(mutant->bytes, mutant->length);
	unsigned long rows = 0;

	for (uint32_t root = 1; root < ROOTS_END; root++) {
		struct table_pages pages;
		struct table_row row;

		for (bool opened = table_pages_open(&pages, source, root); opened && table_pages_next(&pages, &row); rows++)
			for (size_t i = 0; row.is_whole && i < row.count; i++) {
				for (size_t j = 0; j < row.values[i].length; j++)
					mutant->sum += row.values[i].bytes[j];
				if (table_value_is_integer(&row.values[i]))
					mutant->sum += (unsigned long)table_value_integer(&row.values[i]);
			}
		table_pages_close(&pages);
	}
	source_close(source);
	return rows;
}

/* The checksums of all blocks, of themselves and of the header. */
static void
seal(struct mutant *mutant)
{
	uint8_t *checks = mutant->bytes + mutant->checks;
	uint64_t blocks = 0;

	for (uint64_t at = INDEX_HEADER_BYTES; at < mutant->checks; at += INDEX_BLOCK_BYTES, blocks++) {
		uint64_t left = mutant->checks - at;

		index_put(checks + 4 * blocks, crc32c_of(&crc, mutant->bytes + at, left < INDEX_BLOCK_BYTES ? (size_t)left : INDEX_BLOCK_BYTES), 4);
	}
	index_put(mutant->bytes + 24, crc32c_of(&crc, checks, (size_t)blocks * 4), 4);
	index_put(mutant->bytes + INDEX_HEADER_BYTES - 4, crc32c_of(&crc, mutant->bytes, INDEX_HEADER_BYTES - 4), 4);
}

static void
run_mutant(struct mutant *mutant)
{
	uint8_t *sound = memory_allocate(mutant->length, 1);
	size_t count = (size_t)random_number(CHANGES_MAX) + 1, asked = mutant->asked_count;

	memcpy(sound, mutant->bytes, mutant->length);
	for (size_t i = 0; i < count; i++) {
		bool is_header = mutant->is_set && random_number(2);
		size_t at = (size_t)random_number(is_header ? HEADER_USED : mutant->length);

		mutant->bytes[at] = random_number(2) ? (uint8_t)random_number(256) : mutant->bytes[at] ^ (1U << random_number(8));
	}
	if (mutant->is_set)
		seal(mutant);
	mutant->read(mutant);
	mutant->asked_count = asked;
	memcpy(mutant->bytes, sound, mutant->length);
	memory_free(sound);
}

/* The checks are the last section. */
static void
find_checks(struct mutant *mutant)
{
	uint64_t sections = index_get(mutant->bytes + 12, 4);

	mutant->checks = mutant->length;
	for (uint64_t i = 0; i < sections && i < 32; i++) {
		const uint8_t *at = mutant->bytes + INDEX_SECTIONS_AT + i * INDEX_SECTION_BYTES;

		if (index_get(at, 4) == SECTION_CHECKS)
			mutant->checks = index_get(at + 8, 8);
	}
}

static bool
open_file(struct mutant *mutant, const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		return false;
	}
	mutant->length = fread(mutant->bytes, 1, FILE_MAX, file);
	fclose(file);
	if (mutant->is_set && mutant->length > INDEX_HEADER_BYTES)
		find_checks(mutant);
	if (mutant->read(mutant))
		return true;
	fprintf(stderr, "%s cannot be read\n", path);
	return false;
}

int
main(int argc, char **argv)
{
	unsigned long runs = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;

	if (argc < 4)
		return 64;
	crc32c_init(&crc);
	for (int i = 3; i < argc; i++) {
		struct mutant mutant = { .is_set = !strcmp(argv[1], "set"),
			.read = !strcmp(argv[1], "set") ? read_set : !strcmp(argv[1], "database") ? read_database : read_package,
			.bytes = memory_allocate(FILE_MAX, 1),
			.memory = memfd_create("mutant", MFD_CLOEXEC) };

		if (mutant.memory < 0 || !open_file(&mutant, argv[i]))
			return 66;
		for (unsigned long run = 0; run < runs; run++)
			run_mutant(&mutant);
		close(mutant.memory);
		memory_free(mutant.bytes);
	}
	return 0;
}
