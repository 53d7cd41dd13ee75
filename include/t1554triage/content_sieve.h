/* content_sieve.h - what rules over contents need, looked for while a content is digested.  Layer: rule. */
#ifndef T1554TRIAGE_CONTENT_SIEVE_H
#define T1554TRIAGE_CONTENT_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * YARA is asked only of contents that a shipped rule can match. What a rule needs is read from its own condition and
 * strings, never too much: of a content that lacks it YARA's answer is no. Where a condition is of a kind that is not
 * understood, and with rules of the examiner, every content passes.
 */

enum { SIEVE_LITERALS_MAX = 64, SIEVE_LITERAL_BYTES = 64, SIEVE_NEEDS_MAX = 64 };

/* What one rule needs: first bytes, and one of some literals, which have a bit each. */
struct sieve_need {
	uint32_t head;			/* little-endian */
	unsigned head_bytes;		/* 0: any */
	uint64_t literals;		/* 0: none */
};

struct sieve_literal {
	uint8_t  bytes[SIEVE_LITERAL_BYTES];
	uint8_t  length;
	uint8_t  window;		/* offset of SIEVE_WINDOW bytes that are seldom */
};
enum { SIEVE_WINDOW = 3 };

/* What all rules need; kept in one piece, so that it can be inherited. */
struct content_sieve {
	bool     passes_all;
	struct sieve_need needs[SIEVE_NEEDS_MAX];
	size_t   need_count;
	struct sieve_literal literals[SIEVE_LITERALS_MAX];
	size_t   literal_count;
	/* By position in the window and half of a byte: the literals, number modulo 8, that have it there. */
	uint8_t  low[SIEVE_WINDOW][16], high[SIEVE_WINDOW][16];
};

/* Adds what a rule needs; literals are those of its set. More than fit: everything passes. */
void sieve_add(struct content_sieve *sieve, const struct sieve_need *need);
/* The bit of a literal, longer ones by their beginning; 0: there is no room. Length is 4 at least. */
uint64_t sieve_add_literal(struct content_sieve *sieve, const void *bytes, size_t length);
enum { SIEVE_LITERAL_LEAST = 4 };

/* One content on its way, piece by piece from its beginning; zeroed at first. */
struct sieving {
	uint64_t found;			/* literals */
	uint64_t offset;
	uint32_t head;
	uint8_t  tail[SIEVE_LITERAL_BYTES];	/* what a literal may begin in */
	size_t   tail_length;
};
void sieving_piece(struct sieving *sieving, const struct content_sieve *sieve, const uint8_t *bytes, size_t length);
/* At its end: whether a rule can match. */
bool sieving_passes(const struct sieving *sieving, const struct content_sieve *sieve);

#endif
