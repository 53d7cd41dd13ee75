/* md5_steps.h - the steps of MD5 (RFC 1321, 3.4), and how one content takes them.  Private to digest. */
#ifndef T1554TRIAGE_DIGEST_MD5_STEPS_H
#define T1554TRIAGE_DIGEST_MD5_STEPS_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* STEP(function, accumulator, the other three, word of the block, rotation, constant), by fours; STEP_LAST is the last of all. */
#define MD5_STEPS_0(STEP) \
	STEP(F, a, b, c, d, 0, 7, 0xd76aa478) STEP(F, d, a, b, c, 1, 12, 0xe8c7b756) \
	STEP(F, c, d, a, b, 2, 17, 0x242070db) STEP(F, b, c, d, a, 3, 22, 0xc1bdceee)
#define MD5_STEPS_1(STEP) \
	STEP(F, a, b, c, d, 4, 7, 0xf57c0faf) STEP(F, d, a, b, c, 5, 12, 0x4787c62a) \
	STEP(F, c, d, a, b, 6, 17, 0xa8304613) STEP(F, b, c, d, a, 7, 22, 0xfd469501)
#define MD5_STEPS_2(STEP) \
	STEP(F, a, b, c, d, 8, 7, 0x698098d8) STEP(F, d, a, b, c, 9, 12, 0x8b44f7af) \
	STEP(F, c, d, a, b, 10, 17, 0xffff5bb1) STEP(F, b, c, d, a, 11, 22, 0x895cd7be)
#define MD5_STEPS_3(STEP) \
	STEP(F, a, b, c, d, 12, 7, 0x6b901122) STEP(F, d, a, b, c, 13, 12, 0xfd987193) \
	STEP(F, c, d, a, b, 14, 17, 0xa679438e) STEP(F, b, c, d, a, 15, 22, 0x49b40821)
#define MD5_STEPS_4(STEP) \
	STEP(G, a, b, c, d, 1, 5, 0xf61e2562) STEP(G, d, a, b, c, 6, 9, 0xc040b340) \
	STEP(G, c, d, a, b, 11, 14, 0x265e5a51) STEP(G, b, c, d, a, 0, 20, 0xe9b6c7aa)
#define MD5_STEPS_5(STEP) \
	STEP(G, a, b, c, d, 5, 5, 0xd62f105d) STEP(G, d, a, b, c, 10, 9, 0x02441453) \
	STEP(G, c, d, a, b, 15, 14, 0xd8a1e681) STEP(G, b, c, d, a, 4, 20, 0xe7d3fbc8)
#define MD5_STEPS_6(STEP) \
	STEP(G, a, b, c, d, 9, 5, 0x21e1cde6) STEP(G, d, a, b, c, 14, 9, 0xc33707d6) \
	STEP(G, c, d, a, b, 3, 14, 0xf4d50d87) STEP(G, b, c, d, a, 8, 20, 0x455a14ed)
#define MD5_STEPS_7(STEP) \
	STEP(G, a, b, c, d, 13, 5, 0xa9e3e905) STEP(G, d, a, b, c, 2, 9, 0xfcefa3f8) \
	STEP(G, c, d, a, b, 7, 14, 0x676f02d9) STEP(G, b, c, d, a, 12, 20, 0x8d2a4c8a)
#define MD5_STEPS_8(STEP) \
	STEP(H, a, b, c, d, 5, 4, 0xfffa3942) STEP(H, d, a, b, c, 8, 11, 0x8771f681) \
	STEP(H, c, d, a, b, 11, 16, 0x6d9d6122) STEP(H, b, c, d, a, 14, 23, 0xfde5380c)
#define MD5_STEPS_9(STEP) \
	STEP(H, a, b, c, d, 1, 4, 0xa4beea44) STEP(H, d, a, b, c, 4, 11, 0x4bdecfa9) \
	STEP(H, c, d, a, b, 7, 16, 0xf6bb4b60) STEP(H, b, c, d, a, 10, 23, 0xbebfbc70)
#define MD5_STEPS_10(STEP) \
	STEP(H, a, b, c, d, 13, 4, 0x289b7ec6) STEP(H, d, a, b, c, 0, 11, 0xeaa127fa) \
	STEP(H, c, d, a, b, 3, 16, 0xd4ef3085) STEP(H, b, c, d, a, 6, 23, 0x04881d05)
#define MD5_STEPS_11(STEP) \
	STEP(H, a, b, c, d, 9, 4, 0xd9d4d039) STEP(H, d, a, b, c, 12, 11, 0xe6db99e5) \
	STEP(H, c, d, a, b, 15, 16, 0x1fa27cf8) STEP(H, b, c, d, a, 2, 23, 0xc4ac5665)
#define MD5_STEPS_12(STEP) \
	STEP(I, a, b, c, d, 0, 6, 0xf4292244) STEP(I, d, a, b, c, 7, 10, 0x432aff97) \
	STEP(I, c, d, a, b, 14, 15, 0xab9423a7) STEP(I, b, c, d, a, 5, 21, 0xfc93a039)
#define MD5_STEPS_13(STEP) \
	STEP(I, a, b, c, d, 12, 6, 0x655b59c3) STEP(I, d, a, b, c, 3, 10, 0x8f0ccc92) \
	STEP(I, c, d, a, b, 10, 15, 0xffeff47d) STEP(I, b, c, d, a, 1, 21, 0x85845dd1)
#define MD5_STEPS_14(STEP) \
	STEP(I, a, b, c, d, 8, 6, 0x6fa87e4f) STEP(I, d, a, b, c, 15, 10, 0xfe2ce6e0) \
	STEP(I, c, d, a, b, 6, 15, 0xa3014314) STEP(I, b, c, d, a, 13, 21, 0x4e0811a1)
#define MD5_STEPS_15(STEP) \
	STEP(I, a, b, c, d, 4, 6, 0xf7537e82) STEP(I, d, a, b, c, 11, 10, 0xbd3af235) \
	STEP(I, c, d, a, b, 2, 15, 0x2ad7d2bb) STEP##_LAST(I, b, c, d, a, 9, 21, 0xeb86d391)
#define MD5_STEPS(STEP) \
	MD5_STEPS_0(STEP) MD5_STEPS_1(STEP) MD5_STEPS_2(STEP) MD5_STEPS_3(STEP) \
	MD5_STEPS_4(STEP) MD5_STEPS_5(STEP) MD5_STEPS_6(STEP) MD5_STEPS_7(STEP) \
	MD5_STEPS_8(STEP) MD5_STEPS_9(STEP) MD5_STEPS_10(STEP) MD5_STEPS_11(STEP) \
	MD5_STEPS_12(STEP) MD5_STEPS_13(STEP) MD5_STEPS_14(STEP) MD5_STEPS_15(STEP)

/* What does not wait for the step before (of which b is the result) is added first; GCC would order it otherwise. */
#define MD5_SETTLE(value) __asm__("" : "+r" (value))
#define MD5_EARLY_F(b, c, d) ((c) ^ (d))
#define MD5_LATE_F(early, b, c, d) (((early) & (b)) ^ (d))
#define MD5_EARLY_G(b, c, d) ((c) & ~(d))
#define MD5_LATE_G(early, b, c, d) ((b) & (d))
#define MD5_EARLY_H(b, c, d) ((c) ^ (d))
#define MD5_LATE_H(early, b, c, d) ((early) ^ (b))
#define MD5_EARLY_I(b, c, d) (~(d))
#define MD5_LATE_I(early, b, c, d) (((early) | (b)) ^ (c))
/* The two halves of G share no bit: the early one is added with what else does not wait. */
#define MD5_ADDED_F(early) 0
#define MD5_ADDED_G(early) (early)
#define MD5_ADDED_H(early) 0
#define MD5_ADDED_I(early) 0
#define MD5_STEP_WITH(f, a, b, c, d, word, shift, constant, added) \
	early = MD5_EARLY_##f(b, c, d); \
	a += md5_word_of(bytes, word) + (constant) + MD5_ADDED_##f(early); \
	MD5_SETTLE(early); \
	MD5_SETTLE(a); \
	a += MD5_LATE_##f(early, b, c, d); \
	a = (a << (shift) | a >> (32 - (shift))) + (added);
#define MD5_STEP_OF_ONE(f, a, b, c, d, word, shift, constant) MD5_STEP_WITH(f, a, b, c, d, word, shift, constant, b)
/* The next block waits for the sum with what b was before this one (b_before), which is added while the last step waits. */
#define MD5_STEP_OF_ONE_LAST(f, a, b, c, d, word, shift, constant) \
	b_before += b; \
	MD5_SETTLE(b_before); \
	MD5_STEP_WITH(f, a, b, c, d, word, shift, constant, b_before)

/* Each word is read where it is used: a copy of the block costs 2 to 3 of 100 cycles. */
static inline uint32_t
md5_word_of(const uint8_t *bytes, size_t number)
{
	uint32_t word;

	memcpy(&word, bytes + number * sizeof word, sizeof word);
	return le32toh(word);
}

#endif
