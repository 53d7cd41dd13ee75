/*
 * lz4_block.c - one block of LZ4 (lz4_Block_format.md): no frame, no checksum, its end is the end of its bytes
 *
 *	token (length of literals << 4 | length of match - 4), 255 255 n more of each, literals, offset of the match (2 bytes)
 */
#include <string.h>

#include <t1554triage/inflate.h>

static bool
take_length(const uint8_t **at, const uint8_t *end, size_t *length)
{
	uint8_t byte;

	if (*length != 15)
		return true;
	do {
		if (*at == end)
			return false;
		byte = *(*at)++;
		*length += byte;
	} while (byte == 255);
	return true;
}

size_t
inflate_lz4_block(const uint8_t *bytes, size_t length, uint8_t *ret_bytes, size_t capacity)
{
	const uint8_t *at = bytes, *end = bytes + length;
	size_t made = 0;

	while (at < end) {
		size_t literals = *at >> 4, match = *at & 15, offset;

		at++;
		if (!take_length(&at, end, &literals))
			return 0;
		if (literals > (size_t)(end - at) || literals > capacity - made)
			return 0;
		memcpy(ret_bytes + made, at, literals);
		made += literals;
		at += literals;
		if (at == end)
			return made;
		if (end - at < 2)
			return 0;
		offset = (size_t)(at[0] | at[1] << 8);
		at += 2;
		if (!take_length(&at, end, &match) || !offset || offset > made || match + 4 > capacity - made)
			return 0;
		/* The match may reach into what it makes itself. */
		for (match += 4; match; match--, made++)
			ret_bytes[made] = ret_bytes[made - offset];
	}
	return made;
}
