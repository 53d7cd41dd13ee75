/* command_bench.c - "hashset bench": how many questions a second a set answers, once it is warm. */
#include <string.h>
#include <time.h>

#include <t1554triage/memory.h>

#include "command.h"
#include "index.h"
#include "set.h"

enum { QUESTIONS = 1 << 20 };

/* splitmix64: the same questions in every run. */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t value = *state += 0x9E3779B97F4A7C15;

	value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
	value = (value ^ value >> 27) * 0x94D049BB133111EB;
	return value ^ value >> 31;
}

static void
draw_random(struct digests *items, size_t count, enum digest_algorithm algorithm, uint64_t *state)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t bytes[DIGEST_BYTES_MAX];

		for (size_t j = 0; j < sizeof bytes; j += 8)
			index_put(bytes + j, next_random(state), 8);
		items[i].known = 0;
		digests_set(&items[i], algorithm, bytes);
	}
}

static void
draw_present(struct digests *items, size_t count, enum digest_algorithm algorithm, const struct key_table *keys,
	uint64_t *state)
{
	for (size_t i = 0; i < count; i++) {
		items[i].known = 0;
		digests_set(&items[i], algorithm, keys->keys + next_random(state) % keys->count * keys->digest_size);
	}
}

static void
count_item(void *context, size_t item, const struct hash_match *match)
{
	struct { size_t last, count; } *found = context;

	(void)match;
	found->count += item != found->last;
	found->last = item;
}

static double
seconds_between(const struct timespec *begin, const struct timespec *end)
{
	return (double)(end->tv_sec - begin->tv_sec) + (double)(end->tv_nsec - begin->tv_nsec) / 1e9;
}

static void
ask_and_print(struct hash_set *set, const struct digests *items, size_t count, const char *what)
{
	struct { size_t last, count; } found = { .last = SIZE_MAX };
	struct timespec begin, end;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	hashset_ask(&set, 1, items, count, count_item, &found, &hashset_command_notes);
	clock_gettime(CLOCK_MONOTONIC, &end);
	seconds = seconds_between(&begin, &end);
	printf("%-30s %zu questions, %zu found, %.3f s, %.0f a second\n", what, count, found.count, seconds,
		seconds > 0 ? (double)count / seconds : 0.0);
}

/* Membership alone, as questions are asked of the keys: a batch at a time. */
static void
find_and_print(const struct key_table *keys, const struct digests *items, size_t count, enum digest_algorithm algorithm,
	const char *what)
{
	struct timespec begin, end;
	size_t found = 0;
	double seconds;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (size_t i = 0; i + KEY_BATCH <= count; i += KEY_BATCH) {
		const uint8_t *digests[KEY_BATCH];
		struct key_range ranges[KEY_BATCH];

		for (size_t j = 0; j < KEY_BATCH; j++)
			digests[j] = digests_get(&items[i + j], algorithm);
		key_table_find_batch(keys, digests, KEY_BATCH, ranges);
		for (size_t j = 0; j < KEY_BATCH; j++)
			found += ranges[j].count > 0;
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	seconds = seconds_between(&begin, &end);
	printf("%-30s %zu questions, %zu found, %.3f s of CPU, %.0f a second\n", what, count, found, seconds,
		seconds > 0 ? (double)count / seconds : 0.0);
}

/* Every block is in memory and checked then: what follows is warm. */
static void
warm_and_print(struct hash_set *set)
{
	struct timespec begin, end;
	bool sound;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	sound = set_index_verify(set->index);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	printf("%-30s %.3f s of CPU, %s\n", "read and checked once", seconds_between(&begin, &end),
		sound ? "every block is sound" : "damaged: build the set again");
}

static void
bench_set(struct hash_set *set)
{
	static const enum digest_algorithm algorithms[] = { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 };
	struct digests *items = memory_allocate(QUESTIONS, sizeof *items);
	uint64_t state = 1554;

	if (set->index)
		warm_and_print(set);
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
		const struct key_table *keys = set->index ? set_index_keys(set->index, algorithms[i]) : NULL;
		char what[40];

		snprintf(what, sizeof what, "%s random", digest_algorithm_names[algorithms[i]]);
		draw_random(items, QUESTIONS, algorithms[i], &state);
		ask_and_print(set, items, QUESTIONS, what);
		if (!keys || !keys->count)
			continue;
		snprintf(what, sizeof what, "%s keys, random, warm", digest_algorithm_names[algorithms[i]]);
		find_and_print(keys, items, QUESTIONS, algorithms[i], what);
		draw_present(items, QUESTIONS, algorithms[i], keys, &state);
		snprintf(what, sizeof what, "%s keys, present, warm", digest_algorithm_names[algorithms[i]]);
		find_and_print(keys, items, QUESTIONS, algorithms[i], what);
		snprintf(what, sizeof what, "%s present", digest_algorithm_names[algorithms[i]]);
		ask_and_print(set, items, QUESTIONS, what);
	}
	memory_free(items);
}

int
hashset_command_bench(int argc, char *argv[])
{
	struct hash_set_request request = { .name = argc == 1 ? argv[0] : NULL };
	struct hash_set *set;
	int result;

	if (!request.name)
		return hashset_usage("bench: one set", NULL);
	result = hashset_command_open(&request, &set);
	if (result)
		return result;
	bench_set(set);
	hashset_close(set);
	return EXIT_DONE;
}
