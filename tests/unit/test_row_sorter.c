/* test_row_sorter.c - rows in order against a stable sort, however they come, in memory and by way of runs. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/hashset/byte_mask.h"
#include "../../src/hashset/row_sorter.h"
#include "../random_numbers.h"
#include "tap.h"

enum { KEY = 16, ROW = KEY + 4, MANY = 3 * ROW_PARTED_FROM };

static char folder[] = "/tmp/test_row_sorter.XXXXXX";
static char output[64];

enum kind { RANDOM, ASCENDING, BREAKING, ONE_BUCKET, ONE_HEAD, REPEATED, KINDS };

static const char *const kinds[KINDS] = { "random keys", "ascending keys", "keys that ascend up to their last one",
	"keys of one bucket", "keys whose first eight bytes are the same", "each key some hundred times" };

/* A row ends with its number, so that rows of one key can be told apart. */
static void
draw(enum kind kind, uint32_t number, size_t count, uint8_t row[ROW])
{
	uint64_t words[2] = { random_bits(), random_bits() };

	if (kind == ASCENDING || (kind == BREAKING && number + 1 < count))
		words[0] = htobe64((uint64_t)number << 32 | (words[0] & 0xFFFF));
	if (kind == ONE_BUCKET)
		words[0] = htobe64(0x1554000000000000 | (words[0] & 0xFFFFF));
	if (kind == ONE_HEAD)
		words[0] = 1554;
	if (kind == REPEATED)
		words[0] = words[1] = number % (count / 256 + 1) * 0x9E3779B97F4A7C15;
	memcpy(row, words, KEY);
	memcpy(row + KEY, &number, sizeof number);
}

static int
compare_rows(const void *a, const void *b)
{
	uint32_t one, other;
	int result = memcmp(a, b, KEY);

	memcpy(&one, (const uint8_t *)a + KEY, sizeof one);
	memcpy(&other, (const uint8_t *)b + KEY, sizeof other);
	return result ? result : (one > other) - (one < other);
}

static void
sorts(enum kind kind, size_t count, size_t run)
{
	uint8_t *rows = memory_allocate(count, ROW);
	struct row_sorter sorter;
	size_t wrong = 0, got = 0;
	const uint8_t *row;
	char what[200];

	row_sorter_open(&sorter, output, ROW, KEY);
	for (size_t i = 0; i < count; i++) {
		draw(kind, (uint32_t)i, count, rows + i * ROW);
		memcpy(row_sorter_add(&sorter, rows + i * ROW), rows + i * ROW, ROW);
		if (run && i % run == run - 1)
			row_sorter_end_run(&sorter);
	}
	qsort(rows, count, ROW, compare_rows);
	row_sorter_finish(&sorter);
	for (; (row = row_sorter_next(&sorter)); got++)
		wrong += got >= count || memcmp(row, rows + got * ROW, ROW);
	wrong += row_sorter_next(&sorter) != NULL || sorter.total != count || row_sorter_error(&sorter);
	snprintf(what, sizeof what, "%s: %zu rows%s, of equal ones that first which came first", kinds[kind], count,
		run ? " in runs" : "");
	OK(got == count && !wrong, what);
	row_sorter_close(&sorter);
	memory_free(rows);
}

/* Row by row twice: the second one is taken back wherever it lies right behind the first. */
static void
takes_back(size_t count)
{
	struct row_sorter sorter;
	size_t wrong = 0, taken = 0, got = 0;
	const uint8_t *next;
	uint8_t last[ROW] = "";
	char what[120];

	row_sorter_open(&sorter, output, ROW, ROW);
	for (size_t i = 0; i < count; i++) {
		uint8_t row[ROW];

		draw(RANDOM, (uint32_t)i, count, row);
		for (size_t j = 0; j < 2; j++) {
			uint8_t *to = row_sorter_add(&sorter, row);
			bool again;

			memcpy(to, row, ROW);
			again = row_sorter_take_back_again(&sorter, to);
			wrong += again && !j;
			taken += again;
		}
	}
	row_sorter_finish(&sorter);
	for (; (next = row_sorter_next(&sorter)); got++, memcpy(last, next, ROW))
		wrong += got && memcmp(last, next, ROW) > 0;
	snprintf(what, sizeof what, "%zu rows, each twice: nearly all second ones are taken back, and no first one", count);
	OK(!wrong && got == 2 * count - taken && taken > count - count / 50 - 1, what);
	row_sorter_close(&sorter);
}

/* Where a byte stands: as told by one look at each, by words and by vectors. */
static void
bytes_are_found(void)
{
	size_t wrong = 0;

	for (size_t round = 0; round < 20000; round++) {
		uint64_t expected = 0;
		char text[64];

		for (size_t i = 0; i < sizeof text; i++) {
			uint64_t random = random_bits();

			text[i] = random % 4 ? (char)(random >> 8) : ",\n\xAC-+\0\x80\x01"[random >> 8 & 7];
			expected |= (uint64_t)(text[i] == ',') << i;
		}
		wrong += byte_mask_64(text, ',') != expected || byte_mask_words(text, 64, ',') != expected;
		wrong += byte_mask_32(text, ',') != (uint32_t)expected || byte_mask_words(text, 32, ',') != (uint32_t)expected;
	}
	IS(wrong, 0, "commas are found where they stand, by vectors and by words");
}

int
main(void)
{
	static const size_t counts[] = { 1, 2, 13, 300, ROW_PARTED_FROM - 1, ROW_PARTED_FROM + 1, MANY };

	if (!mkdtemp(folder))
		return 1;
	snprintf(output, sizeof output, "%s/set", folder);
	for (enum kind kind = RANDOM; kind < KINDS; kind++) {
		for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
			sorts(kind, counts[i], 0);
		sorts(kind, MANY, 1000);
		sorts(kind, MANY, ROW_PARTED_FROM + 500);
	}
	sorts(RANDOM, 0, 0);
	takes_back(1000);
	takes_back(MANY);
	bytes_are_found();
	rmdir(folder);
	return tap_done();
}
