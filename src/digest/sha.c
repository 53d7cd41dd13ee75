/*
 * sha.c - SHA-1 and SHA-256 (FIPS 180-4) by the instructions that processors of x86 have for them, several side by side, or
 * beside MD5 of the same content.
 *
 * Each round waits for the one before, and what computes it could begin others meanwhile: two rounds of SHA-256 take 4 cycles
 * and can begin every 2.  A loop over one content waits half of the time; over several, or over both digests of one, it does not.
 * Cycles a byte, measured on Zen 3 (GCC 12, pieces of 32 KiB in the cache), with libcrypto 3.0 beside it:
 *
 *     contents in one loop       1      2      3   libcrypto
 *     SHA-1                   1.91   1.08   0.83        1.90
 *     SHA-256                 2.02   1.05   0.99        2.02
 *     both                    2.36   1.70   1.74        3.91
 *
 * Two rounds of SHA-256 every 2 cycles are 1.00 a byte: there is little more to be had.  MD5 of one content waits for itself, too, and
 * asks other parts of the processor: with it both take 4.52 in one loop, as long as MD5 alone, and 6.9 in two.  Where the processor has no such
 * instructions libcrypto does it all (digest.c).
 */
#include "sha.h"

#ifdef __x86_64__

#include <cpuid.h>
#include <immintrin.h>

#include "md5_steps.h"

enum { LANES = 3, LANES_OF_SHA256 = 2, WORDS_BYTES = 16, GROUPS_OF_SHA256 = 16 };

#define BY_INSTRUCTIONS __attribute__((target("sha,sse4.1,ssse3")))
/* What follows is one loop body when it is compiled: numbers are constants then, and structs are registers. */
#define PART static inline __attribute__((always_inline)) BY_INSTRUCTIONS void

bool
sha_has_instructions(void)
{
	static bool is_known, has_them;		/* asking takes microseconds in a virtual machine */
	unsigned eax, ebx, ecx, edx;

	if (!is_known) {
		has_them = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1") &&
			__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && ebx & bit_SHA;
		is_known = true;
	}
	return has_them;
}

/* ---- SHA-1: 20 groups of 4 rounds ---- */

struct sha1_lane {
	const uint8_t *bytes;
	__m128i abcd, e, abcd_before, e_before;
	__m128i words[4];		/* the last 16 of the schedule, the first of each 4 in the highest place */
};

PART
sha1_load(struct sha1_lane *lane, const struct block_piece *piece)
{
	const uint32_t *state = piece->blocks->sha1;

	lane->bytes = piece->bytes;
	lane->abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0x1b);
	lane->e = _mm_set_epi32((int)state[4], 0, 0, 0);
}

PART
sha1_begin(struct sha1_lane *lane, size_t offset)
{
	const __m128i order = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
	const __m128i *block = (const __m128i *)(lane->bytes + offset);

	lane->abcd_before = lane->abcd;
	lane->e_before = lane->e;
	lane->words[0] = _mm_shuffle_epi8(_mm_loadu_si128(block), order);
	lane->words[1] = _mm_shuffle_epi8(_mm_loadu_si128(block + 1), order);
	lane->words[2] = _mm_shuffle_epi8(_mm_loadu_si128(block + 2), order);
	lane->words[3] = _mm_shuffle_epi8(_mm_loadu_si128(block + 3), order);
}

PART
sha1_rounds(struct sha1_lane *lane, size_t group)
{
	__m128i *words = lane->words, *now = &words[group % 4], added;

	if (group >= 4)
		*now = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(*now, words[(group + 1) % 4]), words[(group + 2) % 4]),
			words[(group + 3) % 4]);
	added = group ? _mm_sha1nexte_epu32(lane->e, *now) : _mm_add_epi32(lane->e, *now);
	lane->e = lane->abcd;
	switch (group / 5) {		/* the function and its constant are part of the instruction */
	case 0:  lane->abcd = _mm_sha1rnds4_epu32(lane->abcd, added, 0); break;
	case 1:  lane->abcd = _mm_sha1rnds4_epu32(lane->abcd, added, 1); break;
	case 2:  lane->abcd = _mm_sha1rnds4_epu32(lane->abcd, added, 2); break;
	default: lane->abcd = _mm_sha1rnds4_epu32(lane->abcd, added, 3); break;
	}
}

PART
sha1_end(struct sha1_lane *lane, size_t offset)
{
	(void)offset;
	lane->e = _mm_sha1nexte_epu32(lane->e, lane->e_before);
	lane->abcd = _mm_add_epi32(lane->abcd, lane->abcd_before);
}

PART
sha1_store(const struct sha1_lane *lane, const struct block_piece *piece)
{
	uint32_t *state = piece->blocks->sha1;

	_mm_storeu_si128((__m128i *)state, _mm_shuffle_epi32(lane->abcd, 0x1b));
	state[4] = (uint32_t)_mm_extract_epi32(lane->e, 3);
}

/* ---- SHA-256: 16 groups of 4 rounds ---- */

struct sha256_lane {
	const uint8_t *bytes;
	__m128i abef, cdgh, abef_before, cdgh_before;
	__m128i words[4];		/* the last 16 of the schedule */
};

/* FIPS 180-4, 4.2.2 */
static const uint32_t constants[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

PART
sha256_load(struct sha256_lane *lane, const struct block_piece *piece)
{
	const __m128i *state = (const __m128i *)piece->blocks->sha256;
	__m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(state), 0xb1), hgfe = _mm_shuffle_epi32(_mm_loadu_si128(state + 1), 0x1b);

	lane->bytes = piece->bytes;
	lane->abef = _mm_alignr_epi8(badc, hgfe, 8);
	lane->cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
}

PART
sha256_begin(struct sha256_lane *lane, size_t offset)
{
	const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	const __m128i *block = (const __m128i *)(lane->bytes + offset);

	lane->abef_before = lane->abef;
	lane->cdgh_before = lane->cdgh;
	lane->words[0] = _mm_shuffle_epi8(_mm_loadu_si128(block), order);
	lane->words[1] = _mm_shuffle_epi8(_mm_loadu_si128(block + 1), order);
	lane->words[2] = _mm_shuffle_epi8(_mm_loadu_si128(block + 2), order);
	lane->words[3] = _mm_shuffle_epi8(_mm_loadu_si128(block + 3), order);
}

PART
sha256_rounds(struct sha256_lane *lane, size_t group)
{
	__m128i *words = lane->words, *now = &words[group % 4], added;

	if (group >= GROUPS_OF_SHA256)
		return;
	if (group >= 4)
		*now = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(*now, words[(group + 1) % 4]),
			_mm_alignr_epi8(words[(group + 3) % 4], words[(group + 2) % 4], 4)), words[(group + 3) % 4]);
	added = _mm_add_epi32(*now, _mm_load_si128((const __m128i *)constants + group));
	lane->cdgh = _mm_sha256rnds2_epu32(lane->cdgh, lane->abef, added);
	lane->abef = _mm_sha256rnds2_epu32(lane->abef, lane->cdgh, _mm_shuffle_epi32(added, 0x0e));
}

PART
sha256_end(struct sha256_lane *lane, size_t offset)
{
	(void)offset;
	lane->abef = _mm_add_epi32(lane->abef, lane->abef_before);
	lane->cdgh = _mm_add_epi32(lane->cdgh, lane->cdgh_before);
}

PART
sha256_store(const struct sha256_lane *lane, const struct block_piece *piece)
{
	__m128i *state = (__m128i *)piece->blocks->sha256;
	__m128i feba = _mm_shuffle_epi32(lane->abef, 0x1b), dchg = _mm_shuffle_epi32(lane->cdgh, 0xb1);

	_mm_storeu_si128(state, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128(state + 1, _mm_alignr_epi8(dchg, feba, 8));
}

/* ---- one loop over several ---- */

/* Lanes by turns, so that beside what waits stands what does not; the first sha1s and sha256s of them are used. */
#define LANE(number, step, argument) { \
	enum { lane = (number) }; \
	if (lane < sha1s) \
		sha1_##step(&sha1[lane], argument); \
	if (lane < sha256s) \
		sha256_##step(&sha256[lane], argument); \
}
#define EACH_LANE(step, argument) LANE(0, step, argument) LANE(1, step, argument) LANE(2, step, argument)
#define GROUP(number) EACH_LANE(rounds, number)
#define MD5_FOUR(number) if (with_md5) { MD5_STEPS_##number(MD5_STEP_OF_ONE) }
#define BESIDE_MD5(group, number) MD5_FOUR(number) GROUP(group)

PART
digest_lanes(struct block_piece *const *pieces, bool with_md5, size_t sha1s, size_t sha256s, size_t count)
{
	struct sha1_lane sha1[LANES];
	struct sha256_lane sha256[LANES];
	uint32_t *md5 = pieces[0]->blocks->md5, a = md5[0], b = md5[1], c = md5[2], d = md5[3], early, b_before;
	const uint8_t *bytes = pieces[0]->bytes;

	EACH_LANE(load, pieces[lane])
	for (size_t offset = 0; offset < count * BLOCK_BYTES; offset += BLOCK_BYTES, bytes += BLOCK_BYTES) {
		b_before = b;
		EACH_LANE(begin, offset)
		BESIDE_MD5(0, 0) BESIDE_MD5(1, 1) BESIDE_MD5(2, 2) BESIDE_MD5(3, 3) GROUP(4)
		BESIDE_MD5(5, 4) BESIDE_MD5(6, 5) BESIDE_MD5(7, 6) BESIDE_MD5(8, 7) GROUP(9)
		BESIDE_MD5(10, 8) BESIDE_MD5(11, 9) BESIDE_MD5(12, 10) BESIDE_MD5(13, 11) GROUP(14)
		BESIDE_MD5(15, 12) BESIDE_MD5(16, 13) BESIDE_MD5(17, 14) BESIDE_MD5(18, 15) GROUP(19)
		EACH_LANE(end, offset)
		if (with_md5) {
			md5[0] = a += md5[0];
			md5[1] = b;
			md5[2] = c += md5[2];
			md5[3] = d += md5[3];
		}
	}
	EACH_LANE(store, pieces[lane])
}

#define LOOP(name, with_md5, sha1s, sha256s) \
	static void BY_INSTRUCTIONS \
	name(struct block_piece *const *pieces, size_t count) \
	{ \
		digest_lanes(pieces, with_md5, sha1s, sha256s, count); \
	}
LOOP(digest_sha1, false, 1, 0)
LOOP(digest_two_sha1, false, 2, 0)
LOOP(digest_three_sha1, false, 3, 0)
LOOP(digest_sha256, false, 0, 1)
LOOP(digest_two_sha256, false, 0, 2)
LOOP(digest_both, false, 1, 1)
LOOP(digest_two_of_both, false, 2, 2)
LOOP(digest_md5_sha1, true, 1, 0)
LOOP(digest_md5_sha256, true, 0, 1)
LOOP(digest_md5_both, true, 1, 1)

typedef void loop_function(struct block_piece *const *pieces, size_t count);
static const struct asking {
	uint32_t       algorithms;
	loop_function *loops[LANES];	/* by the number of pieces, one less; NULL: so many are not taken in one loop */
	loop_function *with_md5;
} askings[] = {
	{ 1u << DIGEST_SHA1, { digest_sha1, digest_two_sha1, digest_three_sha1 }, digest_md5_sha1 },
	{ 1u << DIGEST_SHA256, { digest_sha256, digest_two_sha256, NULL }, digest_md5_sha256 },
	{ 1u << DIGEST_SHA1 | 1u << DIGEST_SHA256, { digest_both, digest_two_of_both, NULL }, digest_md5_both },
};

static bool
is_asked(const struct asking *asking, const struct block_piece *piece)
{
	const uint32_t algorithms = 1u << DIGEST_SHA1 | 1u << DIGEST_SHA256;

	return (piece->blocks->algorithms & algorithms) == asking->algorithms;
}

/* The longest first: who is through makes room for the next. */
static void
digest_pieces(const struct asking *asking, struct block_piece *pieces, size_t count)
{
	struct block_piece *active[LANES];
	size_t used = 0, next = 0;

	for (;;) {
		size_t blocks;

		for (; used < LANES && asking->loops[used] && next < count; next++)
			if (is_asked(asking, &pieces[next]) && pieces[next].length >= BLOCK_BYTES)
				active[used++] = &pieces[next];
		if (!used)
			return;
		blocks = block_pieces_fewest(active, used);
		asking->loops[used - 1](active, blocks);
		used = block_pieces_advance(active, used, blocks);
	}
}

void
sha_side_by_side(struct block_piece *pieces, size_t count)
{
	block_pieces_sort(pieces, count);
	for (size_t i = 0; i < sizeof askings / sizeof *askings; i++)
		digest_pieces(&askings[i], pieces, count);
}

void
sha_and_md5(struct block_piece *piece)
{
	size_t blocks = piece->length / BLOCK_BYTES;

	for (size_t i = 0; i < sizeof askings / sizeof *askings; i++)
		if (is_asked(&askings[i], piece))
			askings[i].with_md5(&piece, blocks);
	block_pieces_advance(&piece, 1, blocks);
}

#else

bool
sha_has_instructions(void)
{
	return false;
}

void
sha_side_by_side(struct block_piece *pieces, size_t count)
{
	(void)pieces;
	(void)count;
}

void
sha_and_md5(struct block_piece *piece)
{
	(void)piece;
}

#endif
