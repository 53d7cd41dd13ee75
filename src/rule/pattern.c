/*
 * pattern.c - the values of Sigma rules, as github.com/SigmaHQ/sigma-specification (2.1.0) has them.
 *
 *	\\*\C$*		two backslashes are one, and so is one before any other sign; * and ? are wildcards
 *	\*		a star
 */
#include <string.h>

#include <arpa/inet.h>

#include "pattern.h"

enum { DASHES_MAX = 5, FRAGMENT_LENGTH = 8 };

void
pattern_parse(const char *text, size_t length, struct buffer *ret_pattern)
{
	for (size_t i = 0; i < length; i++) {
		char byte = text[i];
		bool is_escape = byte == '\\' && i + 1 < length && strchr("\\*?", text[i + 1]) && text[i + 1];

		if (is_escape)
			byte = text[++i];
		else if (byte == '*')
			byte = (char)WILDCARD_ANY;
		else if (byte == '?')
			byte = (char)WILDCARD_ONE;
		buffer_add_char(ret_pattern, byte);
	}
}

/* The second byte of a capital letter of two bytes in UTF-8, and what it becomes; both keep their length. */
static void
fold_pair(unsigned char *pair)
{
	unsigned char lead = pair[0], trail = pair[1];

	if (lead == 0xC3 && trail >= 0x80 && trail <= 0x9E && trail != 0x97)
		pair[1] = trail + 0x20;					/* U+00C0 to U+00DE */
	else if (lead == 0xCE && trail >= 0x91 && trail <= 0x9F)
		pair[1] = trail + 0x20;					/* Greek, first half */
	else if (lead == 0xCE && trail >= 0xA0 && trail <= 0xA9)
		pair[0] = 0xCF, pair[1] = trail - 0x20;			/* Greek, second half */
	else if (lead == 0xD0 && trail >= 0x90 && trail <= 0x9F)
		pair[1] = trail + 0x20;					/* Cyrillic, first half */
	else if (lead == 0xD0 && trail >= 0xA0 && trail <= 0xAF)
		pair[0] = 0xD1, pair[1] = trail - 0x20;			/* Cyrillic, second half */
	else if (lead == 0xD0 && trail >= 0x80 && trail <= 0x8F)
		pair[0] = 0xD1, pair[1] = trail + 0x10;			/* U+0400 to U+040F */
}

void
pattern_fold(char *text, size_t length)
{
	unsigned char *at = (unsigned char *)text;

	for (size_t i = 0; i < length; i++) {
		if (at[i] >= 'A' && at[i] <= 'Z')
			at[i] |= 0x20;
		else if (at[i] >= 0xC3 && at[i] <= 0xD0 && i + 1 < length)
			fold_pair(at + i++);
	}
}

static bool
is_wildcard(char byte)
{
	return (unsigned char)byte >= WILDCARD_ONE;
}

/* The longest run without wildcards; of the wanted length at most, taken from its end, where paths differ. */
static void
find_literal(struct pattern *pattern)
{
	size_t begin = 0;

	for (size_t i = 0; i <= pattern->length; i++) {
		if (i < pattern->length && !is_wildcard(pattern->text[i]))
			continue;
		if (i - begin > pattern->literal_length) {
			pattern->literal = begin;
			pattern->literal_length = i - begin;
		}
		begin = i + 1;
	}
	if (pattern->literal_length > FRAGMENT_LENGTH) {
		pattern->literal += pattern->literal_length - FRAGMENT_LENGTH;
		pattern->literal_length = FRAGMENT_LENGTH;
	}
}

void
pattern_make(const char *text, size_t length, bool cased, struct arena *arena, struct pattern *ret_pattern)
{
	size_t first = 0, end = length;
	char *copy = arena_copy(arena, text, length);

	if (!cased)
		pattern_fold(copy, length);
	while (first < end && (unsigned char)copy[first] == WILDCARD_ANY)
		first++;
	while (end > first && (unsigned char)copy[end - 1] == WILDCARD_ANY)
		end--;
	*ret_pattern = (struct pattern){ .cased = cased, .text = copy + first, .length = end - first };
	for (size_t i = first; i < end && ret_pattern->kind != PATTERN_GLOB; i++)
		if (is_wildcard(copy[i]))
			ret_pattern->kind = PATTERN_GLOB;
	if (length && first == end)
		ret_pattern->kind = PATTERN_ANYTHING;
	else if (ret_pattern->kind == PATTERN_GLOB)
		ret_pattern->text = copy, ret_pattern->length = length;
	else if (first || end < length)
		ret_pattern->kind = !first ? PATTERN_PREFIX : end == length ? PATTERN_SUFFIX : PATTERN_PART;
	find_literal(ret_pattern);
}

/* One sign of UTF-8 stands for one wildcard; what is no UTF-8 counts byte by byte. */
static size_t
sign_length(const char *text, size_t length)
{
	size_t i = 1;

	while (i < length && i < 4 && ((unsigned char)text[0] & 0xC0) == 0xC0 && ((unsigned char)text[i] & 0xC0) == 0x80)
		i++;
	return i;
}

/* Goes back to the last star only, so that it takes at most the product of both lengths. */
static bool
glob_matches(const char *glob, size_t glob_length, const char *text, size_t length)
{
	size_t g = 0, t = 0, star = SIZE_MAX, resume = 0;

	while (t < length) {
		if (g < glob_length && (unsigned char)glob[g] == WILDCARD_ANY) {
			star = g++;
			resume = t;
		} else if (g < glob_length && (unsigned char)glob[g] == WILDCARD_ONE) {
			t += sign_length(text + t, length - t);
			g++;
		} else if (g < glob_length && glob[g] == text[t]) {
			g++;
			t++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (g < glob_length && (unsigned char)glob[g] == WILDCARD_ANY)
		g++;
	return g == glob_length;
}

bool
pattern_matches_at(const struct pattern *pattern, const char *text, size_t length, size_t end)
{
	size_t before = pattern->literal + pattern->literal_length, behind = pattern->length - before;
	size_t begin = end - before;

	if (pattern->kind == PATTERN_GLOB)
		return glob_matches(pattern->text, pattern->length, text, length);
	if (pattern->length > length || end < before || length - end < behind)
		return false;
	if (pattern->kind == PATTERN_EXACT && pattern->length != length)
		return false;
	if (pattern->kind == PATTERN_PREFIX && begin)
		return false;
	if (pattern->kind == PATTERN_SUFFIX && begin + pattern->length != length)
		return false;
	return !memcmp(text + begin, pattern->text, pattern->length);
}

bool
pattern_matches(const struct pattern *pattern, const char *text, size_t length)
{
	switch (pattern->kind) {
	case PATTERN_ANYTHING:
		return true;
	case PATTERN_GLOB:
		return glob_matches(pattern->text, pattern->length, text, length);
	case PATTERN_EXACT:
		return pattern->length == length && !memcmp(text, pattern->text, length);
	case PATTERN_PREFIX:
		return pattern->length <= length && !memcmp(text, pattern->text, pattern->length);
	case PATTERN_SUFFIX:
		return pattern->length <= length &&
			!memcmp(text + length - pattern->length, pattern->text, pattern->length);
	case PATTERN_PART:
		return memmem(text, length, pattern->text, pattern->length) != NULL;
	}
	return false;
}

static bool
is_word(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

/* A dash or slash before a word, and not within one. */
static bool
is_option_dash(const char *text, size_t length, size_t at)
{
	return (text[at] == '-' || text[at] == '/') && (!at || !is_word(text[at - 1])) &&
	       at + 1 < length && is_word(text[at + 1]);
}

bool
pattern_dashes(const char *text, size_t length, const struct pattern_sink *out)
{
	static const char *const dashes[] = { "-", "/", "\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x80\x95" };
	enum { FORMS = sizeof dashes / sizeof dashes[0] };
	unsigned count = 0, combinations = 1;
	struct buffer value;

	for (size_t i = 0; i < length; i++)
		count += is_option_dash(text, length, i);
	if (count > DASHES_MAX)
		return false;
	for (unsigned i = 0; i < count; i++)
		combinations *= FORMS;
	buffer_init(&value, 0);
	for (unsigned combination = 0; combination < combinations; combination++) {
		unsigned rest = combination;

		buffer_clear(&value);
		for (size_t i = 0; i < length; i++) {
			if (!is_option_dash(text, length, i)) {
				buffer_add_char(&value, text[i]);
				continue;
			}
			buffer_add_text(&value, dashes[rest % FORMS]);
			rest /= FORMS;
		}
		out->value(out->context, value.bytes, value.length);
	}
	buffer_release(&value);
	return true;
}

void
pattern_base64(const char *text, size_t length, struct buffer *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *bytes = (const unsigned char *)text;

	for (size_t i = 0; i < length; i += 3) {
		size_t here = length - i < 3 ? length - i : 3;
		uint32_t group = (uint32_t)bytes[i] << 16 | (here > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
			(here > 2 ? bytes[i + 2] : 0);

		buffer_add_char(out, digits[group >> 18]);
		buffer_add_char(out, digits[group >> 12 & 63]);
		buffer_add_char(out, here > 1 ? digits[group >> 6 & 63] : '=');
		buffer_add_char(out, here > 2 ? digits[group & 63] : '=');
	}
}

void
pattern_base64_offsets(const char *text, size_t length, const struct pattern_sink *out)
{
	static const size_t begins[] = { 0, 2, 3 };	/* digits that the bytes before decide */
	static const size_t ends[] = { 0, 3, 2 };	/* and those behind, by the length of both modulo three */
	struct buffer padded, encoded;

	buffer_init(&padded, 0);
	buffer_init(&encoded, 0);
	for (size_t offset = 0; offset < 3; offset++) {
		size_t cut;

		buffer_clear(&padded);
		buffer_clear(&encoded);
		buffer_add(&padded, "  ", offset);
		buffer_add(&padded, text, length);
		pattern_base64(padded.bytes, padded.length, &encoded);
		cut = ends[padded.length % 3];
		if (encoded.length > begins[offset] + cut)
			out->value(out->context, encoded.bytes + begins[offset], encoded.length - begins[offset] - cut);
	}
	buffer_release(&padded);
	buffer_release(&encoded);
}

/* Beyond the first plane signs are left as they are: no rule encodes them. */
void
pattern_utf16(const char *text, size_t length, bool big_endian, bool with_mark, struct buffer *out)
{
	if (with_mark)
		buffer_add(out, big_endian ? "\xFE\xFF" : "\xFF\xFE", 2);
	for (size_t i = 0; i < length; ) {
		unsigned char lead = (unsigned char)text[i];
		size_t count = sign_length(text + i, length - i);
		uint32_t sign = count == 1 ? lead : count == 2 ? lead & 0x1Fu : lead & 0x0Fu;

		for (size_t k = 1; k < count; k++)
			sign = sign << 6 | ((unsigned char)text[i + k] & 0x3Fu);
		buffer_add_char(out, (char)(big_endian ? sign >> 8 : sign));
		buffer_add_char(out, (char)(big_endian ? sign : sign >> 8));
		i += count;
	}
}

bool
network_parse(const char *text, struct network *ret_network)
{
	char address[64] = "";
	size_t length = strcspn(text, "/");
	unsigned bits = 0;

	*ret_network = (struct network){ .bits = 0 };
	if (length >= sizeof address)
		return false;
	memcpy(address, text, length);
	ret_network->is_v6 = strchr(address, ':') != NULL;
	if (inet_pton(ret_network->is_v6 ? AF_INET6 : AF_INET, address, ret_network->bytes) != 1)
		return false;
	ret_network->bits = ret_network->is_v6 ? 128 : 32;
	if (!text[length])
		return true;
	for (const char *digit = text + length + 1; *digit; digit++) {
		if (*digit < '0' || *digit > '9' || bits > ret_network->bits)
			return false;
		bits = bits * 10 + (unsigned)(*digit - '0');
	}
	if (!text[length + 1] || bits > ret_network->bits)
		return false;
	ret_network->bits = bits;
	return true;
}

bool
network_holds(const struct network *network, const char *address)
{
	uint8_t bytes[16] = { 0 };
	unsigned whole = network->bits / 8, rest = network->bits % 8;
	uint8_t mask = (uint8_t)(0xFF00u >> rest);

	if (!strncmp(address, "::ffff:", 7) && !network->is_v6)
		address += 7;
	if (inet_pton(network->is_v6 ? AF_INET6 : AF_INET, address, bytes) != 1)
		return false;
	return !memcmp(bytes, network->bytes, whole) && (!rest || !((bytes[whole] ^ network->bytes[whole]) & mask));
}
