/*
 * random_numbers.h - numbers for tests that are the same in each run
 *
 * Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (14), 2003: the shifts 13, 7, 17 for 64 bits.
 */
#ifndef TESTS_RANDOM_NUMBERS_H
#define TESTS_RANDOM_NUMBERS_H

#include <stdint.h>

/* *state is not 0. */
static inline uint64_t
random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	return *state ^= *state << 17;
}

/* Of the program; what begins a round anew sets it. */
static uint64_t random_state = 1554;

static inline uint64_t
random_bits(void)
{
	return random_next(&random_state);
}

/* 0 to below - 1; 0 where below is 0. */
static inline uint64_t
random_number(uint64_t below)
{
	uint64_t bits = random_bits();

	return below ? bits % below : 0;
}

#endif
