/*
 * audit_words.c - one record of the audit log as fields (auditd's field-dictionary.csv; "Audit event field reference")
 *
 *	type=PATH msg=audit(1364481363.243:24287): item=0 name="/etc/ssh/sshd_config" inode=409248 nametype=NORMAL
 *	type=EXECVE msg=audit(1700000000.001:7): argc=3 a0="sh" a1="-c" a2=6C73202D6C
 *	type=USER_CMD msg=audit(1700000000.002:8): pid=1 uid=0 msg='cwd="/srv" cmd=6C73 terminal=pts/0 res=success'
 *	node=web1 type=SYSCALL msg=audit(...): arch=c000003e ... exe="/bin/cat" key=(null)^]ARCH=x86_64 UID="root"
 *
 * A text that holds a blank, a quote or a control character is written in hexadecimal, without quotes; fields that can
 * hold such a text are listed below, because "inode=409248" looks the same.
 */
#include <stdio.h>
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/text.h>

#include "audit_words.h"

enum { ENRICHED = 0x1d };

static bool
is_encoded(const char *type, const char *name, size_t length)
{
	static const char *const names[] = { "acct", "cmd", "comm", "cwd", "data", "dir", "exe", "file", "id_name", "key",
		"name", "new-chardev", "new-disk", "new-fs", "new-rng", "ocomm", "old-chardev", "old-disk", "old-fs",
		"old-rng", "path", "proctitle", "root_dir", "sw", "vm", "watch", NULL };

	if (!strcmp(type, "EXECVE"))
		return length > 1 && name[0] == 'a' && name[1] >= '0' && name[1] <= '9' && !memchr(name, '_', length);
	for (size_t i = 0; names[i]; i++)
		if (strlen(names[i]) == length && !memcmp(names[i], name, length))
			return true;
	return false;
}

static void
add_decoded(struct field_list *list, const char *name, size_t name_length, const char *hex, size_t digits)
{
	struct buffer bytes;

	buffer_init(&bytes, 0);
	for (size_t i = 0; i < digits; i += 2) {
		uint8_t byte = 0;

		text_parse_hex(hex + i, 2, &byte);
		buffer_add_char(&bytes, (char)byte);
	}
	field_list_add(list, name, name_length, bytes.bytes, bytes.length);
	buffer_release(&bytes);
}

/* Bytes up to the end of a value, its closing mark among them. */
static size_t
value_span(const char *text)
{
	char close = *text == '"' ? '"' : *text == '\'' ? '\'' : *text == '{' ? '}' : '\0';
	const char *end = close ? strchr(text + 1, close) : NULL;

	if (end)
		return (size_t)(end - text) + 1;
	return strcspn(text, " \x1d");
}

static void
take_value(struct field_list *list, const char *type, const char *name, size_t name_length, const char *value, size_t span)
{
	bool is_quoted = span >= 2 && *value == '"' && value[span - 1] == '"';

	if (is_quoted)
		field_list_add(list, name, name_length, value + 1, span - 2);
	else if (span >= 2 && span % 2 == 0 && strspn(value, "0123456789ABCDEF") >= span &&
	    is_encoded(type, name, name_length))
		add_decoded(list, name, name_length, value, span);
	else
		field_list_add(list, name, name_length, value, span);
}

/* The name=value pairs of a text that goes to its NUL; of msg='...' and SADDR={...} their own, once. */
static void
read_pairs(struct field_list *list, const char *type, const char *text, bool is_outer)
{
	while (*text) {
		size_t name_length, span;
		const char *value;

		text += strspn(text, " \x1d,");
		name_length = strcspn(text, "= \x1d");
		if (text[name_length] != '=') {
			text += name_length;
			continue;
		}
		value = text + name_length + 1;
		span = value_span(value);
		if (is_outer && span >= 2 && (*value == '\'' || *value == '{')) {
			struct buffer inner;

			buffer_init(&inner, 0);
			buffer_add(&inner, value + 1, span - 2);
			read_pairs(list, type, inner.bytes, false);
			buffer_release(&inner);
		} else if (name_length) {
			take_value(list, type, text, name_length, value, span);
		}
		text = value + span;
	}
}

void
audit_words_read(struct field_list *list, const char *type, const char *rest)
{
	read_pairs(list, type, rest, true);
}

/* "node=web1 " before the type, where logs of several hosts are gathered. */
static const char *
word_of(const char *text, const char *name, char *ret_word, size_t capacity)
{
	size_t length = strlen(name), span;

	ret_word[0] = '\0';
	if (strncmp(text, name, length))
		return text;
	span = strcspn(text + length, " ");
	if (!span || span >= capacity || text[length + span] != ' ')
		return NULL;
	memcpy(ret_word, text + length, span);
	ret_word[span] = '\0';
	return text + length + span + 1;
}

/* "1364481363.243:24287): " */
static const char *
read_stamp(const char *text, struct audit_stamp *ret_stamp)
{
	size_t seconds = strspn(text, "0123456789"), milliseconds, serial;
	uint64_t number, thousandths;

	if (text[seconds] != '.' || !text_parse_u64(text, seconds, 10, &number) || number > INT64_MAX / 2)
		return NULL;
	text += seconds + 1;
	milliseconds = strspn(text, "0123456789");
	if (milliseconds != 3 || text[3] != ':' || !text_parse_u64(text, 3, 10, &thousandths))
		return NULL;
	text += 4;
	serial = strspn(text, "0123456789");
	if (strncmp(text + serial, "):", 2) || !text_parse_u64(text, serial, 10, &ret_stamp->serial))
		return NULL;
	ret_stamp->time = (struct timestamp){ .seconds = (int64_t)number, .nanoseconds = (uint32_t)thousandths * 1000000,
		.resolution_nanoseconds = 1000000 };
	return text + serial + 2;
}

bool
audit_stamp_read(const char *line, struct audit_stamp *ret_stamp, char ret_type[48], char ret_node[256],
	const char **ret_rest)
{
	static const char begin[] = "msg=audit(";

	line = word_of(line, "node=", ret_node, 256);
	if (line)
		line = word_of(line, "type=", ret_type, 48);
	if (!line || !*ret_type || strncmp(line, begin, sizeof begin - 1))
		return false;
	*ret_rest = read_stamp(line + sizeof begin - 1, ret_stamp);
	return *ret_rest;
}

static void
add_ip4(struct buffer *text, const uint8_t *bytes)
{
	buffer_add_format(text, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
}

/* RFC 5952 without its shortening of zeros, except for addresses of version 4 within version 6. */
static void
add_ip6(struct buffer *text, const uint8_t *bytes)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	if (!memcmp(bytes, mapped, sizeof mapped)) {
		add_ip4(text, bytes + 12);
		return;
	}
	for (size_t i = 0; i < 16; i += 2)
		buffer_add_format(text, "%s%x", i ? ":" : "", bytes[i] << 8 | bytes[i + 1]);
}

void
audit_address_read(struct field_list *list, const char *hex)
{
	enum { FAMILY_UNIX = 1, FAMILY_IP4 = 2, FAMILY_IP6 = 10 };
	uint8_t bytes[128] = { 0 };
	size_t length = strspn(hex, "0123456789abcdefABCDEF") / 2;
	struct cursor c;
	const uint8_t *address;
	struct buffer text;
	unsigned family, port;

	length = length > sizeof bytes ? sizeof bytes : length;
	if (!text_parse_hex(hex, length * 2, bytes))
		return;
	c = cursor_over(bytes, length);
	family = take_u16le(&c);
	if (family == FAMILY_UNIX && length > 2) {
		const char *path = (const char *)bytes + 2;

		field_list_add_text(list, "saddr_family", "unix");
		/* An abstract name begins with a NUL. */
		field_list_add(list, "saddr_path", 10, path, strnlen(path, length - 2));
		return;
	}
	if (family != FAMILY_IP4 && family != FAMILY_IP6)
		return;
	port = take_u16be(&c);
	if (family == FAMILY_IP6)
		take_bytes(&c, 4);
	address = take_bytes(&c, family == FAMILY_IP4 ? 4 : 16);
	if (!address)
		return;
	buffer_init(&text, 0);
	if (family == FAMILY_IP4)
		add_ip4(&text, address);
	else
		add_ip6(&text, address);
	field_list_add_text(list, "saddr_family", family == FAMILY_IP4 ? "inet" : "inet6");
	field_list_add(list, "saddr_ip", 8, text.bytes, text.length);
	buffer_clear(&text);
	buffer_add_u64(&text, port);
	field_list_add(list, "saddr_port", 10, text.bytes, text.length);
	buffer_release(&text);
}
