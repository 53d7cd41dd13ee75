/*
 * packet.c - packets of OpenPGP and their armor (RFC 9580, sections 4.2, 3.2 and 6)
 *
 *	10TTTTLL length[1, 2 or 4]	the old form: tag, and how long the length is
 *	11TTTTTT length[1, 2 or 5]	the new form: below C0, below E0 with one more byte, or FF and four
 *
 * A length in pieces (E0 to FE) is for literal data only, and no key or signature has one.
 *
 *	-----BEGIN PGP PUBLIC KEY BLOCK-----
 *	Comment: ...
 *
 *	mQINBFwy...	base64
 *	=vxZK		its CRC, which RFC 9580 lets nobody rely on
 *	-----END PGP PUBLIC KEY BLOCK-----
 */
#include <string.h>

#include <t1554triage/text.h>

#include "openpgp.h"

enum { NEW_FORM = 0x40, PACKET = 0x80 };

static size_t
take_new_length(struct cursor *at)
{
	uint8_t first = take_u8(at);

	if (first < 192)
		return first;
	if (first < 224)
		return ((size_t)(first - 192) << 8) + take_u8(at) + 192;
	if (first == 255)
		return take_u32be(at);
	at->failed = true;
	return 0;
}

static size_t
take_old_length(struct cursor *at, unsigned kind)
{
	if (kind == 3)	/* to the end of the file */
		return (size_t)(at->end - at->at);
	return (size_t)take_be(at, (size_t)1 << kind);
}

bool
openpgp_next(struct cursor *at, struct openpgp_packet *ret_packet)
{
	uint8_t first;

	if (at->failed || at->at == at->end)
		return false;
	first = take_u8(at);
	if (!(first & PACKET)) {
		at->failed = true;
		return false;
	}
	ret_packet->tag = first & NEW_FORM ? first & 0x3Fu : first >> 2 & 0xFu;
	ret_packet->length = first & NEW_FORM ? take_new_length(at) : take_old_length(at, first & 3u);
	ret_packet->body = at->failed ? NULL : take_bytes(at, ret_packet->length);
	return !at->failed;
}

const uint8_t *
openpgp_number(struct cursor *at, size_t *ret_length)
{
	*ret_length = ((size_t)take_u16be(at) + 7) / 8;
	return take_bytes(at, *ret_length);
}

/* ---- armor ---- */

/* The line from at on without its end; *ret_next: behind it. */
static size_t
line_length(const char *at, const char *end, const char **ret_next)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;

	*ret_next = newline ? newline + 1 : end;
	while (stop > at && (stop[-1] == '\r' || stop[-1] == ' ' || stop[-1] == '\t'))
		stop--;
	return (size_t)(stop - at);
}

static bool
begins(const char *line, size_t length, const char *with)
{
	return length >= strlen(with) && !memcmp(line, with, strlen(with));
}

static bool
add_base64(struct buffer *text, struct buffer *out)
{
	struct buffer bytes;
	size_t length = 0;
	bool sound;

	buffer_init(&bytes, 0);
	buffer_add(&bytes, text->bytes, text->length);
	sound = text_parse_base64(text->bytes, text->length, (uint8_t *)bytes.bytes, bytes.length, &length);
	if (sound)
		buffer_add(out, bytes.bytes, length);
	buffer_release(&bytes);
	return sound;
}

/* One block from behind its first line on; *at goes behind it. */
static bool
read_block(const char **at, const char *end, struct buffer *out)
{
	struct buffer text;
	bool in_headers = true, sound;

	buffer_init(&text, 0);
	while (*at < end) {
		const char *line = *at;
		size_t length = line_length(line, end, at);

		if (begins(line, length, "-----"))
			break;
		if (in_headers) {
			in_headers = length && memchr(line, ':', length);
			if (!length || in_headers)
				continue;
		}
		if (length && *line != '=')
			buffer_add(&text, line, length);
	}
	sound = add_base64(&text, out);
	buffer_release(&text);
	return sound;
}

bool
openpgp_dearmor(const void *bytes, size_t length, struct buffer *buffer, struct cursor *ret_packets)
{
	const char *at = bytes, *end = at + length;
	size_t blocks = 0;

	if (length && *(const uint8_t *)bytes & PACKET) {
		*ret_packets = cursor_over(bytes, length);
		return true;
	}
	while (at < end) {
		const char *line = at;
		size_t used = line_length(line, end, &at);

		if (!begins(line, used, "-----BEGIN PGP ") || begins(line, used, "-----BEGIN PGP SIGNED"))
			continue;
		if (!read_block(&at, end, buffer))
			return false;
		blocks++;
	}
	*ret_packets = cursor_over(buffer->bytes, buffer->length);
	return blocks > 0;
}
