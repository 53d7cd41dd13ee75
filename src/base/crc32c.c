/* crc32c.c - CRC-32C, eight bytes a step: by tables, or by the processor's own instruction where it has one. */
#include <string.h>

#include <t1554triage/crc32c.h>

static const uint32_t polynomial = 0x82F63B78;	/* bits reversed */

#if defined(__x86_64__)
static bool
has_instruction(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("sse4.2");
}

__attribute__((target("sse4.2"))) static uint32_t
add_by_instruction(uint32_t rest, const uint8_t *at, size_t length)
{
	uint64_t wide = rest, word;

	for (; length >= sizeof word; length -= sizeof word, at += sizeof word) {
		memcpy(&word, at, sizeof word);
		wide = __builtin_ia32_crc32di(wide, word);
	}
	rest = (uint32_t)wide;
	for (; length; length--)
		rest = __builtin_ia32_crc32qi(rest, *at++);
	return rest;
}

/* An instruction waits for the one before of its range: those of three fill the time. */
__attribute__((target("sse4.2"))) static size_t
add_three_by_instruction(uint32_t rests[3], const uint8_t *const ranges[3], size_t length)
{
	uint64_t first = rests[0], second = rests[1], third = rests[2], words[3];
	size_t at = 0;

	for (; at + sizeof words[0] <= length; at += sizeof words[0]) {
		memcpy(&words[0], ranges[0] + at, sizeof words[0]);
		memcpy(&words[1], ranges[1] + at, sizeof words[1]);
		memcpy(&words[2], ranges[2] + at, sizeof words[2]);
		first = __builtin_ia32_crc32di(first, words[0]);
		second = __builtin_ia32_crc32di(second, words[1]);
		third = __builtin_ia32_crc32di(third, words[2]);
	}
	rests[0] = (uint32_t)first;
	rests[1] = (uint32_t)second;
	rests[2] = (uint32_t)third;
	return at;
}
#else
static bool
has_instruction(void)
{
	return false;
}

static uint32_t
add_by_instruction(uint32_t rest, const uint8_t *at, size_t length)
{
	(void)at;
	(void)length;
	return rest;
}

static size_t
add_three_by_instruction(uint32_t rests[3], const uint8_t *const ranges[3], size_t length)
{
	(void)rests;
	(void)ranges;
	(void)length;
	return 0;
}
#endif

void
crc32c_init(struct crc32c *crc)
{
	crc->by_instruction = has_instruction();
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t rest = byte;

		for (int bit = 0; bit < 8; bit++)
			rest = rest & 1 ? rest >> 1 ^ polynomial : rest >> 1;
		crc->steps[0][byte] = rest;
	}
	for (uint32_t byte = 0; byte < 256; byte++)
		for (int step = 1; step < 8; step++)
			crc->steps[step][byte] = crc->steps[step - 1][byte] >> 8 ^
				crc->steps[0][crc->steps[step - 1][byte] & 0xFF];
}

static uint32_t
add_by_tables(const struct crc32c *crc, uint32_t rest, const uint8_t *at, size_t length)
{
	for (; length >= 8; length -= 8, at += 8) {
		rest ^= (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
		rest = crc->steps[7][rest & 0xFF] ^ crc->steps[6][rest >> 8 & 0xFF] ^
		       crc->steps[5][rest >> 16 & 0xFF] ^ crc->steps[4][rest >> 24] ^
		       crc->steps[3][at[4]] ^ crc->steps[2][at[5]] ^ crc->steps[1][at[6]] ^ crc->steps[0][at[7]];
	}
	for (; length; length--)
		rest = rest >> 8 ^ crc->steps[0][(rest ^ *at++) & 0xFF];
	return rest;
}

uint32_t
crc32c_add(const struct crc32c *crc, uint32_t rest, const void *bytes, size_t length)
{
	return crc->by_instruction ? add_by_instruction(rest, bytes, length) : add_by_tables(crc, rest, bytes, length);
}

void
crc32c_add_three(const struct crc32c *crc, uint32_t rests[3], const uint8_t *const ranges[3], size_t length)
{
	size_t done = crc->by_instruction ? add_three_by_instruction(rests, ranges, length) : 0;

	for (size_t i = 0; i < 3; i++)
		rests[i] = crc32c_add(crc, rests[i], ranges[i] + done, length - done);
}

uint32_t
crc32c_of(const struct crc32c *crc, const void *bytes, size_t length)
{
	return ~crc32c_add(crc, 0xFFFFFFFF, bytes, length);
}
