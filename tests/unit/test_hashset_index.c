/* test_hashset_index.c - compiled sets against a naive search, and against damage. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <t1554triage/hashset.h>
#include <t1554triage/map.h>

#include "../../src/hashset/index.h"
#include "../../src/hashset/index_build.h"
#include "../random_numbers.h"
#include "tap.h"

enum { ROWS = 5000, RUN_BYTES = 4096, IN_MEMORY = 1 << 26 };

static char folder[] = "/tmp/test_hashset_index.XXXXXX";
static char path[64], other[64], damaged[64];

/* Digests of few different first bytes, so that prefixes are full and rows repeat. */
static void
draw(struct hash_row *row, uint64_t *state, uint64_t number)
{
	uint8_t bytes[32];

	for (size_t i = 0; i < sizeof bytes; i += 8) {
		uint64_t random = random_next(state);

		memcpy(bytes + i, &random, 8);
	}
	bytes[0] = (uint8_t)(number % 7 ? bytes[0] : number % 3 ? 0x00 : 0xFF);
	if (number % 11 == 0)
		memset(bytes, number % 2 ? 0xFF : 0x01, 16);
	*row = (struct hash_row){ .name = number % 2 ? "name" : "another", .product = number % 5 ? "product" : "other",
		.row = number * 3 % 7919, .group = number % 5 ? 1 : 2, .class = number % 5 ? HASH_NONE : HASH_TOOL };
	if (number % 13)
		digests_set(&row->digests, DIGEST_SHA256, bytes);
	if (number % 17 == 0)
		digests_set(&row->digests, DIGEST_SHA1, bytes + 4);
	if (number % 2 || !row->digests.known)
		digests_set(&row->digests, DIGEST_MD5, bytes + 8);
}

static int
build(const char *to, const struct hash_row *rows, size_t count, bool keys_only, size_t run_bytes)
{
	static const char identity[] = "set name=x kind=known rows=5000\n";
	struct set_builder *builder = set_builder_open(to, keys_only, run_bytes);
	int error;

	if (!builder)
		return -1;
	set_builder_begin_source(builder, HASH_KNOWN, HASH_KNOWN, NULL);
	for (size_t i = 0; i < count; i++)
		set_builder_row(builder, &rows[i]);
	error = set_builder_finish(builder, identity, strlen(identity));
	set_builder_close(builder);
	return error;
}

static size_t
read_file(const char *name, uint8_t **ret_bytes)
{
	int descriptor = open(name, O_RDONLY);
	struct stat status;
	size_t length = 0;

	*ret_bytes = NULL;
	if (descriptor >= 0 && fstat(descriptor, &status) == 0) {
		*ret_bytes = memory_allocate((size_t)status.st_size, 1);
		length = (size_t)read(descriptor, *ret_bytes, (size_t)status.st_size);
	}
	if (descriptor >= 0)
		close(descriptor);
	return length;
}

static void
write_file(const char *name, const uint8_t *bytes, size_t length)
{
	int descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (write(descriptor, bytes, length) != (ssize_t)length)
		OK(false, "a test file could be written");
	close(descriptor);
}

/* What is asked of a set, so that two ways of asking can be compared whatever the order. */
struct answer {
	uint64_t rows, row_numbers, classes, algorithms, names;
};

static void
add_row(void *context, const struct hash_row *row, uint32_t algorithms)
{
	struct answer *answer = context;

	answer->rows++;
	answer->row_numbers += row->row;
	answer->classes += row->class;
	answer->algorithms += algorithms;
	answer->names += (unsigned char)row->name[0] + 3 * (uint64_t)(unsigned char)row->product[0];
}

static struct answer
naive_answer(const struct hash_row *rows, const uint8_t *digest, enum digest_algorithm algorithm)
{
	struct answer answer = { .rows = 0 };

	for (size_t i = 0; i < ROWS; i++) {
		const uint8_t *bytes = digests_get(&rows[i].digests, algorithm);

		if (bytes && !memcmp(bytes, digest, digest_size(algorithm)))
			add_row(&answer, &rows[i], rows[i].digests.known);
	}
	return answer;
}

static struct answer
index_answer(struct set_index *index, const uint8_t *digest, enum digest_algorithm algorithm)
{
	struct key_range found = key_table_find(set_index_keys(index, algorithm), digest);
	struct answer answer = { .rows = found.damaged ? UINT64_MAX : 0 };

	for (uint32_t i = 0; i < found.count; i++)
		if (!set_index_key(index, algorithm, (uint64_t)found.first + i, add_row, &answer))
			answer.rows = UINT64_MAX;
	return answer;
}

/* Present digests, and the same with their last bit changed. */
static size_t
count_differences(struct set_index *index, const struct hash_row *rows, enum digest_algorithm algorithm)
{
	size_t wrong = 0;

	for (size_t i = 0; i < ROWS; i++) {
		const uint8_t *bytes = digests_get(&rows[i].digests, algorithm);
		uint8_t digest[DIGEST_BYTES_MAX];

		for (int change = 0; bytes && change < 2; change++) {
			struct answer expected, got;

			memcpy(digest, bytes, digest_size(algorithm));
			digest[digest_size(algorithm) - 1] ^= (uint8_t)change;
			expected = naive_answer(rows, digest, algorithm);
			got = index_answer(index, digest, algorithm);
			wrong += memcmp(&expected, &got, sizeof got) != 0;
		}
	}
	return wrong;
}

/* Of keys only, each class and set of algorithms that a digest has is told once. */
static size_t
count_wrong_marks(struct set_index *index, const struct hash_row *rows, enum digest_algorithm algorithm)
{
	size_t wrong = 0;

	for (size_t i = 0; i < ROWS; i++) {
		const uint8_t *digest = digests_get(&rows[i].digests, algorithm);
		uint64_t classes = 0;
		struct answer got;

		if (!digest)
			continue;
		for (size_t j = 0; j < ROWS; j++) {
			const uint8_t *second = digests_get(&rows[j].digests, algorithm);

			if (second && !memcmp(second, digest, digest_size(algorithm)))
				classes |= 1ULL << index_mark(rows[j].class, rows[j].grade, rows[j].digests.known);
		}
		got = index_answer(index, digest, algorithm);
		wrong += got.rows != (uint64_t)__builtin_popcountll(classes) || got.row_numbers;
	}
	return wrong;
}

static uint64_t
naive_distinct(const struct hash_row *rows, enum digest_algorithm algorithm)
{
	struct map seen;
	uint64_t distinct;

	map_init(&seen);
	for (size_t i = 0; i < ROWS; i++) {
		const uint8_t *digest = digests_get(&rows[i].digests, algorithm);

		if (digest)
			map_add(&seen, digest, digest_size(algorithm), 1);
	}
	distinct = seen.count;
	map_release(&seen);
	return distinct;
}

static struct set_index *
open_index(const char *name, const char **ret_why)
{
	int descriptor = open(name, O_RDONLY);
	struct set_index *index;
	struct stat status;

	fstat(descriptor, &status);
	index = set_index_open(descriptor, (uint64_t)status.st_size, ret_why);
	close(descriptor);
	return index;
}

static void
finds_what_a_naive_search_finds(const struct hash_row *rows)
{
	const uint8_t lowest[32] = { 0 };
	struct set_index *index;
	uint8_t highest[32];
	const char *why;

	index = open_index(path, &why);
	OK(index, "a set of several runs is opened");
	IS(count_differences(index, rows, DIGEST_SHA256), 0, "SHA-256: as a naive search");
	IS(count_differences(index, rows, DIGEST_SHA1), 0, "SHA-1: as a naive search");
	IS(count_differences(index, rows, DIGEST_MD5), 0, "MD5: as a naive search");
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		IS(set_index_distinct(index, (enum digest_algorithm)i), naive_distinct(rows, (enum digest_algorithm)i),
			digest_algorithm_names[i]);
	memset(highest, 0xFF, sizeof highest);
	OK(!key_table_find(set_index_keys(index, DIGEST_SHA256), lowest).count &&
		!key_table_find(set_index_keys(index, DIGEST_SHA256), highest).count,
		"below the first and above the last row");
	OK(set_index_verify(index), "all blocks are sound");
	set_index_close(index);
}

/* However much of it is put on files, and at whichever stage. */
static void
is_the_same_in_any_memory(const struct hash_row *rows, bool keys_only)
{
	uint8_t *expected, *bytes;
	size_t length, different = 0;

	build(other, rows, ROWS, keys_only, IN_MEMORY);
	length = read_file(other, &expected);
	for (size_t memory = RUN_BYTES; memory < ROWS * 100; memory += memory / 3) {
		build(other, rows, ROWS, keys_only, memory);
		different += read_file(other, &bytes) != length || memcmp(bytes, expected, length);
		memory_free(bytes);
	}
	IS(different, 0, keys_only ? "keys only: the same bytes in any memory" : "the same bytes in any memory");
	memory_free(expected);
}

static void
finds_keys_alone(const struct hash_row *rows)
{
	struct set_index *index;
	const char *why;

	IS(build(other, rows, ROWS, true, RUN_BYTES), 0, "a set of keys only");
	index = open_index(other, &why);
	IS(count_wrong_marks(index, rows, DIGEST_SHA256), 0, "SHA-256: classes and algorithms");
	IS(count_wrong_marks(index, rows, DIGEST_SHA1), 0, "SHA-1: classes and algorithms");
	IS(count_wrong_marks(index, rows, DIGEST_MD5), 0, "MD5: classes and algorithms");
	OK(!set_index_contents(index), "and nothing else");
	set_index_close(index);
}

/* True if a damaged copy is refused or its damage found. */
static bool
is_found(void)
{
	const char *why;
	struct set_index *index = open_index(damaged, &why);
	bool found = !index || !set_index_verify(index);

	set_index_close(index);
	return found;
}

/* Asks everything of a damaged copy: it may fail, it must not crash or find a detail that is not there. */
static void
ask_damaged(const struct hash_row *rows)
{
	const char *why;
	struct set_index *index = open_index(damaged, &why);

	for (size_t i = 0; index && i < ROWS; i += 250)
		for (size_t j = 0; j < STRENGTHS; j++) {
			const uint8_t *digest = digests_get(&rows[i].digests, digests_by_strength[j]);

			if (digest && set_index_keys(index, digests_by_strength[j]))
				index_answer(index, digest, digests_by_strength[j]);
		}
	set_index_close(index);
}

static void
finds_every_flipped_byte(const struct hash_row *rows, uint8_t *bytes, size_t length)
{
	size_t missed = 0, step = length / 150;

	for (size_t at = 0; at < length; at += at < INDEX_HEADER_BYTES ? 131 : step) {
		bytes[at] ^= 0x40;
		write_file(damaged, bytes, length);
		missed += !is_found();
		ask_damaged(rows);
		bytes[at] ^= 0x40;
	}
	IS(missed, 0, "a flipped byte is refused at opening or found when it is touched");
}

static void
finds_every_truncation(const uint8_t *bytes, size_t length)
{
	const size_t lengths[] = { 0, 1, 7, 8, 31, 32, 4095, 4096, 4097, 65536, INDEX_HEADER_BYTES + INDEX_BLOCK_BYTES,
		length / 2, length - 5, length - 4, length - 1 };
	size_t opened = 0;
	const char *why;

	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct set_index *index;

		write_file(damaged, bytes, lengths[i]);
		index = open_index(damaged, &why);
		opened += index != NULL;
		set_index_close(index);
	}
	IS(opened, 0, "a file that was cut is refused at every length");
}

struct cutting { struct set_index *index; size_t to; unsigned long seen; };

static void
read_and_cut(void *context)
{
	struct cutting *at = context;
	const struct key_table *keys = set_index_keys(at->index, DIGEST_SHA256);

	for (uint64_t i = 0; i < keys->count; i++) {
		at->seen += keys->keys[i * keys->digest_size];
		if (i == keys->count / 2 && truncate(damaged, (off_t)at->to))
			return;
	}
}

/* What lies behind the end of a file that is mapped is no memory: SIGBUS. */
static void
is_told_of_a_cut_meanwhile(const uint8_t *bytes, size_t length)
{
	struct cutting at = { .to = 4096 };
	const char *why;
	int status = 0;
	pid_t child;

	write_file(damaged, bytes, length);
	at.index = open_index(damaged, &why);
	OK(!set_index_guard(at.index, read_and_cut, &at), "a set that is cut while it is read: told, and the process lives");
	OK(!set_index_verify(at.index), "it is not sound");
	child = fork();
	if (!child) {
		signal(SIGBUS, SIG_DFL);
		read_and_cut(&at);
		_exit(0);
	}
	OK(waitpid(child, &status, 0) == child && !(WIFEXITED(status) && !WEXITSTATUS(status)), "without the guard it is fatal as ever");
	set_index_close(at.index);
	write_file(damaged, bytes, length);
	at.index = open_index(damaged, &why);
	at.to = length;
	OK(set_index_guard(at.index, read_and_cut, &at) && set_index_verify(at.index), "a set that stays whole is read");
	set_index_close(at.index);
}

static void
leaves_nothing_behind(const struct hash_row *rows)
{
	struct set_builder *builder = set_builder_open(damaged, false, RUN_BYTES);

	unlink(damaged);
	for (size_t i = 0; i < ROWS; i++)
		set_builder_row(builder, &rows[i]);
	set_builder_close(builder);
	OK(access(damaged, F_OK), "a build that is given up leaves no set");
}

int
main(void)
{
	struct hash_row *rows = memory_allocate(ROWS, sizeof *rows);
	uint8_t *bytes, *again;
	uint64_t state = 1554;
	size_t length;

	if (!mkdtemp(folder))
		return 99;
	snprintf(path, sizeof path, "%s/a.t1554set", folder);
	snprintf(other, sizeof other, "%s/b.t1554set", folder);
	snprintf(damaged, sizeof damaged, "%s/c.t1554set", folder);
	for (uint64_t i = 0; i < ROWS; i++)
		draw(&rows[i], &state, i);
	IS(build(path, rows, ROWS, false, RUN_BYTES), 0, "built from runs");
	IS(build(other, rows, ROWS, false, IN_MEMORY), 0, "built in memory");
	length = read_file(path, &bytes);
	OK(length == read_file(other, &again) && !memcmp(bytes, again, length), "the same bytes, however large the runs");
	finds_what_a_naive_search_finds(rows);
	finds_keys_alone(rows);
	is_the_same_in_any_memory(rows, false);
	is_the_same_in_any_memory(rows, true);
	finds_every_flipped_byte(rows, bytes, length);
	finds_every_truncation(bytes, length);
	is_told_of_a_cut_meanwhile(bytes, length);
	leaves_nothing_behind(rows);
	IS(build(other, rows, 0, false, RUN_BYTES), 0, "a set without rows is made");
	unlink(path);
	unlink(other);
	unlink(damaged);
	IS(rmdir(folder), 0, "and no other file is left beside them");
	memory_free(rows);
	memory_free(bytes);
	memory_free(again);
	return tap_done();
}
