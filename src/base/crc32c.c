/* crc32c.c - CRC-32C, eight bytes a step. */
#include <t1554triage/crc32c.h>

static const uint32_t polynomial = 0x82F63B78;	/* bits reversed */

void
crc32c_init(struct crc32c *crc)
{
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

uint32_t
crc32c_add(const struct crc32c *crc, uint32_t rest, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

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
crc32c_of(const struct crc32c *crc, const void *bytes, size_t length)
{
	return ~crc32c_add(crc, 0xFFFFFFFF, bytes, length);
}
