/*
 * network_value.c - addresses and names as lists of indicators have them
 *
 *	198.51.100.7		203.0.113.0/24		2001:db8::7		198.51.100.7:443
 *	evil.example.org	*.evil.example.org	hxxps://evil[.]example[.]org/
 *
 * RFC 4291 and 5952 for addresses; RFC 1035 and 2181 for names (letters, digits, '-' and '_', labels of at most 63 bytes).
 * What is written so that nobody clicks on it ("[.]", "hxxp") is common among publishers and has no standard.
 */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <t1554triage/network_indicator.h>
#include <t1554triage/text.h>

enum { TEXT_SIZE = 512, LABEL_MAX = 63, NARROWEST_4 = 8, NARROWEST_6 = 16 };

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool
is_version_4(const uint8_t address[ADDRESS_BYTES])
{
	return !memcmp(address, mapped, sizeof mapped);
}

/* Four decimal numbers without zeros in front, which some readers take for octal. */
static bool
read_version_4(const char *text, uint8_t ret_address[ADDRESS_BYTES])
{
	for (size_t i = 0; i < 4; i++) {
		size_t digits = strspn(text, "0123456789");
		uint64_t number;

		if (!digits || digits > 3 || (digits > 1 && *text == '0') || !text_parse_u64(text, digits, 10, &number) ||
		    number > 255 || text[digits] != (i < 3 ? '.' : '\0'))
			return false;
		ret_address[sizeof mapped + i] = (uint8_t)number;
		text += digits + 1;
	}
	memcpy(ret_address, mapped, sizeof mapped);
	return true;
}

bool
network_address_read(const char *text, size_t length, uint8_t ret_address[ADDRESS_BYTES])
{
	char copy[64], *zone;

	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	if (!length || length >= sizeof copy || memchr(text, '\0', length))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (read_version_4(copy, ret_address))
		return true;
	zone = strchr(copy, '%');
	if (zone)
		*zone = '\0';
	return strchr(copy, ':') && inet_pton(AF_INET6, copy, ret_address) == 1;
}

void
network_address_add(struct buffer *out, const uint8_t address[ADDRESS_BYTES])
{
	char text[INET6_ADDRSTRLEN] = "";

	if (is_version_4(address))
		buffer_add_format(out, "%u.%u.%u.%u", address[12], address[13], address[14], address[15]);
	else if (inet_ntop(AF_INET6, address, text, sizeof text))
		buffer_add_text(out, text);
}

/* ---- what stands for something else ---- */

static const struct { const char *written, *meant; } defanged[] = {
	{ "[.]", "." }, { "(.)", "." }, { "{.}", "." }, { "[dot]", "." }, { "(dot)", "." }, { "{dot}", "." }, { "[.", "." },
	{ "[:]", ":" }, { "[://]", "://" }, { "[/]", "/" }, { "\\.", "." },
};

/* In lower case, with what was made harmless as it was; false where it is too long. */
static bool
refang(const char *text, size_t length, char ret_plain[TEXT_SIZE])
{
	size_t count = 0;

	for (size_t at = 0; at < length; ) {
		size_t found = 0, written = 1;
		const char *meant = NULL;

		while (found < sizeof defanged / sizeof *defanged) {
			written = strlen(defanged[found].written);
			if (length - at >= written && !strncasecmp(text + at, defanged[found].written, written))
				break;
			found++;
		}
		if (found < sizeof defanged / sizeof *defanged)
			meant = defanged[found].meant;
		else
			written = 1;
		if (count + 4 >= TEXT_SIZE || !text[at])
			return false;
		for (; meant && *meant; meant++)
			ret_plain[count++] = *meant;
		if (written == 1)
			ret_plain[count++] = text[at] >= 'A' && text[at] <= 'Z' ? (char)(text[at] + 32) : text[at];
		at += written;
	}
	while (count && strchr(" \t", ret_plain[count - 1]))
		count--;
	ret_plain[count] = '\0';
	return true;
}

/* ---- ranges, ports, names ---- */

static void
clear_behind(uint8_t address[ADDRESS_BYTES], unsigned prefix)
{
	for (unsigned bit = prefix; bit < ADDRESS_BITS; bit++)
		address[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
}

static bool
read_range(const char *text, size_t length, const char *bits, struct network_value *value)
{
	unsigned first;
	uint64_t number;

	if (!network_address_read(text, length, value->address))
		return false;
	first = is_version_4(value->address) ? ADDRESS_4_FIRST_BIT : 0;
	number = ADDRESS_BITS - first;
	if (bits && (!text_parse_u64(bits, strlen(bits), 10, &number) || number > ADDRESS_BITS - first))
		return false;
	value->prefix = first + (unsigned)number;
	clear_behind(value->address, value->prefix);
	return true;
}

/* Labels of letters, digits, '-' and '_', at least two, the last one with a letter: else it would be a number. */
static bool
read_domain(const char *text, size_t length, char ret_domain[DOMAIN_SIZE])
{
	size_t label = 0, dots = 0;
	bool has_letter = false;

	if (length > 2 && text[0] == '*' && text[1] == '.') {
		text += 2;
		length -= 2;
	}
	if (length && text[length - 1] == '.')
		length--;
	if (!length || length >= DOMAIN_SIZE)
		return false;
	for (size_t i = 0; i < length; i++) {
		char byte = text[i];
		bool is_letter = byte >= 'a' && byte <= 'z';

		if (byte == '.') {
			if (!label || text[i - 1] == '-')
				return false;
			dots++;
			label = 0;
			has_letter = false;
			continue;
		}
		if ((!is_letter && !(byte >= '0' && byte <= '9') && byte != '-' && byte != '_') || ++label > LABEL_MAX ||
		    (label == 1 && byte == '-'))
			return false;
		has_letter |= is_letter;
	}
	if (!dots || !label || !has_letter || text[length - 1] == '-')
		return false;
	memcpy(ret_domain, text, length);
	ret_domain[length] = '\0';
	return true;
}

static bool
read_port(const char *text, struct network_value *value)
{
	uint64_t number;

	if (!text_parse_u64(text, strlen(text), 10, &number) || !number || number > UINT16_MAX)
		return false;
	value->port = (uint16_t)number;
	return true;
}

/* Behind "http://": NULL where more than a host follows. */
static char *
host_of_url(char *url)
{
	char *end = url + strcspn(url, "/?#");

	if (end[0] && !(end[0] == '/' && !end[1]))
		return NULL;
	*end = '\0';
	return strchr(url, '@') ? strchr(url, '@') + 1 : url;
}

const char *
network_value_read(const char *text, size_t length, struct network_value *ret_value)
{
	static const char *const schemes[] = { "http://", "https://", "hxxp://", "hxxps://", "tcp://", "udp://" };
	struct network_value value = { .is_domain = false };
	char plain[TEXT_SIZE], *host = plain, *slash, *colon;

	if (!refang(text, length, plain))
		return "neither an address nor a name";
	host += strspn(host, " \t");
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (strncmp(host, schemes[i], strlen(schemes[i])))
			continue;
		host = host_of_url(host + strlen(schemes[i]));
		if (!host)
			return "a URL names more than the host that it is on";
		break;
	}
	slash = strchr(host, '/');
	if (read_range(host, slash ? (size_t)(slash - host) : strlen(host), slash ? slash + 1 : NULL, &value)) {
		*ret_value = value;
		return NULL;
	}
	if (slash)
		return "neither an address nor a name";
	colon = strrchr(host, ':');
	if (colon && (strchr(host, ':') == colon || colon[-1] == ']')) {
		if (!read_port(colon + 1, &value))
			return "neither an address nor a name";
		*colon = '\0';
		if (read_range(host, strlen(host), NULL, &value)) {
			*ret_value = value;
			return NULL;
		}
	}
	if (!read_domain(host, strlen(host), value.domain))
		return "neither an address nor a name";
	value.is_domain = true;
	*ret_value = value;
	return NULL;
}

void
network_value_add(struct buffer *out, const struct network_value *value)
{
	unsigned first = is_version_4(value->address) ? ADDRESS_4_FIRST_BIT : 0;

	if (value->is_domain) {
		buffer_add_text(out, value->domain);
	} else {
		buffer_add_text(out, value->port && !first ? "[" : "");
		network_address_add(out, value->address);
		buffer_add_text(out, value->port && !first ? "]" : "");
		if (value->prefix < ADDRESS_BITS)
			buffer_add_format(out, "/%u", value->prefix - first);
	}
	if (value->port)
		buffer_add_format(out, ":%u", value->port);
}

/* ---- what says nothing ---- */

static const struct { const char *range, *why; } ranges[] = {
#define MEANINGLESS_RANGE(range, why) { range, why },
#define MEANINGLESS_NAME(name, why)
#include "meaningless_network.def"
#undef MEANINGLESS_RANGE
#undef MEANINGLESS_NAME
};
static const struct { const char *name, *why; } names[] = {
#define MEANINGLESS_RANGE(range, why)
#define MEANINGLESS_NAME(name, why) { name, why },
#include "meaningless_network.def"
#undef MEANINGLESS_RANGE
#undef MEANINGLESS_NAME
};

/* Parsed once: a log asks for millions of addresses. */
static const struct network_value *
parsed_ranges(void)
{
	static struct network_value values[sizeof ranges / sizeof *ranges];
	static bool are_parsed;

	for (size_t i = 0; !are_parsed && i < sizeof ranges / sizeof *ranges; i++)
		network_value_read(ranges[i].range, strlen(ranges[i].range), &values[i]);
	are_parsed = true;
	return values;
}

static bool
lies_within(const uint8_t address[ADDRESS_BYTES], const struct network_value *range)
{
	unsigned whole = range->prefix / 8, rest = range->prefix % 8;

	return !memcmp(address, range->address, whole) &&
		(!rest || !((address[whole] ^ range->address[whole]) >> (8 - rest)));
}

static const char *
why_meaningless(const uint8_t address[ADDRESS_BYTES], unsigned prefix)
{
	const struct network_value *values = parsed_ranges();

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (prefix >= values[i].prefix && lies_within(address, &values[i]))
			return ranges[i].why;
	return NULL;
}

bool
network_address_is_meaningless(const uint8_t address[ADDRESS_BYTES])
{
	return why_meaningless(address, ADDRESS_BITS) != NULL;
}

const char *
network_value_is_meaningless(const struct network_value *value)
{
	if (!value->is_domain) {
		if (value->prefix < (is_version_4(value->address) ? ADDRESS_4_FIRST_BIT + NARROWEST_4 : NARROWEST_6))
			return "a range that is wider than any publisher means";
		return why_meaningless(value->address, value->prefix);
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i].name, value->domain))
			return names[i].why;
	return NULL;
}
