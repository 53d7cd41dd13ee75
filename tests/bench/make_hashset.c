/*
 * make_hashset.c - hash sets for the benchmarks, of any size, always the same bytes:
 *
 *	make_hashset rds2 ROWS FOLDER	NSRLFile.txt with NSRLProd.txt and NSRLOS.txt, as RDS 2: ordered by SHA-1
 *	make_hashset rds3 ROWS FILE	RDSv3 minimal, a SQLite database (where this build has SQLite)
 *	make_hashset sha256 ROWS FILE	random SHA-256, one a line
 *	make_hashset ask COUNT FILE	COUNT digests of those that sha256 makes, MD5 and SHA-1 of rds2, and of none
 *
 * One row in eight repeats the digests of the row before under another product;
 * there are 5,000 products and about a million names.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "make_hashset.h"

enum { PRODUCTS = 5000, SYSTEMS = 50, NAMES = 1 << 20, REPEATED_OF = 8, OUTPUT_BYTES = 1 << 20 };

static uint64_t
mix(uint64_t value)
{
	value += 0x9E3779B97F4A7C15;
	value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
	value = (value ^ value >> 27) * 0x94D049BB133111EB;
	return value ^ value >> 31;
}

/* Digits of the number-th content: of that algorithm as good as random, and ascending where the first bits count it. */
static void
put_digits(char *to, size_t digits, uint64_t number, uint64_t algorithm, const char *letters)
{
	for (size_t i = 0; i < digits; i++) {
		uint64_t word = mix(number * 16 + algorithm * 4 + i / 16);

		to[i] = letters[word >> (60 - 4 * (i % 16)) & 15];
	}
	to[digits] = '\0';
}

static void
put_ascending(char *to, size_t digits, uint64_t number, uint64_t rows, uint64_t algorithm, const char *letters)
{
	uint64_t step = UINT64_MAX / (rows + 1), head = number * step + mix(number) % step;

	put_digits(to, digits, number, algorithm, letters);
	for (size_t i = 0; i < 16; i++)
		to[i] = letters[head >> (60 - 4 * i) & 15];
}

static const char upper[] = "0123456789ABCDEF", lower[] = "0123456789abcdef";

void
make_row(uint64_t number, uint64_t rows, bool by_sha256, struct made_row *ret_row)
{
	static const char *const stems[] = { "lib", "setup", "data", "msvc", "help, part ", "_", "res", "i18n-" };
	static const char *const ends[] = { "dll", "exe", "so.1", "class", "txt", "png", "sys", "inf" };
	uint64_t content = number % REPEATED_OF == REPEATED_OF - 1 ? number - 1 : number, random = mix(content ^ 0x1554);

	if (by_sha256) {
		put_ascending(ret_row->sha256, 64, content, rows, 3, upper);
		put_digits(ret_row->sha1, 40, content, 2, upper);
	} else {
		put_digits(ret_row->sha256, 64, content, 3, upper);
		put_ascending(ret_row->sha1, 40, content, rows, 2, upper);
	}
	put_digits(ret_row->md5, 32, content, 1, upper);
	put_digits(ret_row->crc32, 8, content, 0, upper);
	snprintf(ret_row->name, sizeof ret_row->name, "%s%05" PRIx64 ".%s", stems[random % 8], random / 64 % (NAMES / 64) * 64 + random % 64,
		ends[random / 8 % 8]);
	ret_row->size = random % 1000000;
	ret_row->product = mix(number / 40 * 2 + number % 2) % PRODUCTS + 1;
	ret_row->system = ret_row->product % SYSTEMS + 1;
}

static FILE *
open_output(const char *folder, const char *name)
{
	char path[4096];
	FILE *out;

	snprintf(path, sizeof path, "%s%s%s", folder, name ? "/" : "", name ? name : "");
	out = fopen(path, "w");
	if (!out) {
		perror(path);
		exit(1);
	}
	setvbuf(out, NULL, _IOFBF, OUTPUT_BYTES);
	return out;
}

static int
close_output(FILE *out)
{
	bool failed = ferror(out);

	return fclose(out) || failed;
}

static int
make_rds2(uint64_t rows, const char *folder)
{
	FILE *out = open_output(folder, "NSRLFile.txt");
	struct made_row row;
	int result;

	fputs("\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\",\"FileSize\",\"ProductCode\",\"OpSystemCode\",\"SpecialCode\"\r\n", out);
	for (uint64_t i = 0; i < rows; i++) {
		make_row(i, rows, false, &row);
		fprintf(out, "\"%s\",\"%s\",\"%s\",\"%s\",%" PRIu64 ",%" PRIu64 ",\"%" PRIu64 "\",\"\"\r\n", row.sha1, row.md5,
			row.crc32, row.name, row.size, row.product, row.system);
	}
	result = close_output(out);
	out = open_output(folder, "NSRLProd.txt");
	fputs("\"ProductCode\",\"ProductName\",\"ProductVersion\",\"OpSystemCode\",\"MfgCode\",\"Language\",\"ApplicationType\"\r\n", out);
	for (unsigned i = 1; i <= PRODUCTS; i++)
		fprintf(out, "%u,\"Product %u\",\"%u.0\",\"%u\",\"1\",\"English\",\"%s\"\r\n", i, i, i % 9, i % SYSTEMS + 1,
			i % 500 ? "Operating System" : "Hacker Tool");
	result |= close_output(out);
	out = open_output(folder, "NSRLOS.txt");
	fputs("\"OpSystemCode\",\"OpSystemName\",\"OpSystemVersion\",\"MfgCode\"\r\n", out);
	for (unsigned i = 1; i <= SYSTEMS; i++)
		fprintf(out, "\"%u\",\"System\",\"%u\",\"1\"\r\n", i, i);
	return result | close_output(out);
}

static int
make_sha256(uint64_t rows, const char *path)
{
	FILE *out = open_output(path, NULL);
	char digits[65];

	for (uint64_t i = 0; i < rows; i++) {
		put_digits(digits, 64, i, 3, lower);
		fprintf(out, "%s\n", digits);
	}
	return close_output(out);
}

static int
make_questions(uint64_t count, const char *path)
{
	FILE *out = open_output(path, NULL);

	for (uint64_t i = 0; i < count; i++) {
		char digits[65];

		put_digits(digits, 64, i % 2 ? mix(i) : i * 3, 3, lower);
		fprintf(out, "%s\n", digits);
	}
	return close_output(out);
}

int
main(int argc, char *argv[])
{
	uint64_t rows = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;

	if (!rows) {
		fputs("make_hashset: rds2|rds3|sha256|ask ROWS FILE\n", stderr);
		return 64;
	}
	if (!strcmp(argv[1], "rds2"))
		return make_rds2(rows, argv[3]);
	if (!strcmp(argv[1], "rds3"))
		return make_rds3(rows, argv[3], PRODUCTS, SYSTEMS);
	return strcmp(argv[1], "ask") ? make_sha256(rows, argv[3]) : make_questions(rows, argv[3]);
}
