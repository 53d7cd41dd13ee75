/*
 * fuzz_main.c - runs the fuzz target without libFuzzer.
 *
 *	fuzz_main [-seconds=N] [-runs=N] SEED...
 *
 * Every seed is run as it is, then mutants of it: N a seed, or until the time
 * is over.  The same seeds give the same mutants.  The input that is being run
 * lies in "crash-input" when the program dies.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

#include <t1554triage/memory.h>

#include "../random_numbers.h"
#include "fuzz_drivers.h"

enum { INPUT_MAX = 1 << 16 };

static uint8_t current[2 * INPUT_MAX];
static size_t  current_length;

/* Only what may be called in a signal handler. */
static void
keep_input(int number)
{
	int file = open("crash-input", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t written = write(file, current, current_length);

	(void)written;
	signal(number, SIG_DFL);
	raise(number);
}

static void
mutate(void)
{
	static const uint8_t interesting[] = { 0, 1, 0x0a, 0x20, 0x2f, 0x7f, 0x80, 0xff };
	size_t at = random_number(current_length), span = 1 + random_number(16);

	if (current_length < 2)
		return;
	switch (random_number(6)) {
	case 0:
		current[at] ^= (uint8_t)(1U << random_number(8));
		break;
	case 1:
		current[at] = interesting[random_number(sizeof interesting)];
		break;
	case 2:
		current_length = at + 1;
		break;
	case 3:	/* cut out */
		span = span < current_length - at ? span : current_length - at;
		memmove(current + at, current + at + span, current_length - at - span);
		current_length -= span;
		break;
	case 4:	/* repeat */
		span = span < current_length - at ? span : current_length - at;
		if (current_length + span > sizeof current)
			break;
		memmove(current + at + span, current + at, current_length - at);
		current_length += span;
		break;
	case 5:	/* copy from elsewhere */
		span = span < current_length - at ? span : current_length - at;
		memmove(current + at, current + random_number(current_length - span + 1), span);
		break;
	}
}

static size_t
read_seed(const char *path, uint8_t seed[INPUT_MAX])
{
	FILE *file = fopen(path, "rb");
	size_t length;

	if (!file) {
		perror(path);
		exit(99);
	}
	length = fread(seed, 1, INPUT_MAX, file);
	fclose(file);
	return length;
}

static void
run_seed(const char *path, unsigned mutants)
{
	static uint8_t seed[INPUT_MAX];
	size_t length = read_seed(path, seed);

	for (unsigned i = 0; i <= mutants; i++) {
		memcpy(current, seed, length);
		current_length = length;
		for (uint64_t count = i ? 1 + random_number(8) : 0; count > 0; count--)
			mutate();
		LLVMFuzzerTestOneInput(current, current_length);
	}
}

int
main(int argc, char *argv[])
{
	unsigned seconds = 0, runs = 200, rounds = 0;
	time_t begin = time(NULL);
	int first = 1;

	for (; first < argc && argv[first][0] == '-'; first++)
		if (sscanf(argv[first], "-seconds=%u", &seconds) != 1 && sscanf(argv[first], "-runs=%u", &runs) != 1)
			return 64;
	signal(SIGSEGV, keep_input);
	signal(SIGABRT, keep_input);
	do {
		for (int i = first; i < argc; i++)
			run_seed(argv[i], runs);
		rounds++;
	} while (first < argc && time(NULL) - begin < (time_t)seconds);
	printf("%d seeds, %u mutants each, %u rounds\n", argc - first, runs, rounds);
	return 0;
}
