/*
 * xml.c - writing XML as a stream.
 *
 * libxml2's writer passes invalid bytes through and returns success (measured
 * with 2.9.14: a control, an overlong slash, a lone surrogate), so no
 * byte of the evidence ever reaches it: everything goes through add_encoded.
 */
#include <stdio.h>
#include <string.h>

#include <t1554triage/inventory.h>
#include <t1554triage/text.h>

#include "output.h"
#include "xml.h"

void
xml_init(struct xml *xml, struct output *out)
{
	*xml = (struct xml){ .out = out, .to = output_buffer(out) };
	buffer_init(&xml->scratch, 0);
	buffer_add_text(xml->to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
}

void
xml_release(struct xml *xml)
{
	buffer_release(&xml->scratch);
}

static const bool is_markup[256] = { ['&'] = true, ['<'] = true, ['>'] = true, ['"'] = true };

/* Bytes that text_add_escaped or text_add_visible have made valid characters of XML. */
static void
add_encoded(struct buffer *out, const char *bytes, size_t length)
{
	size_t plain = 0;

	for (size_t i = 0; i < length; i++) {
		const char *entity;

		if (!is_markup[(uint8_t)bytes[i]])
			continue;
		entity = bytes[i] == '&' ? "&amp;" : bytes[i] == '<' ? "&lt;" : bytes[i] == '>' ? "&gt;" : "&quot;";
		buffer_add(out, bytes + plain, i - plain);
		buffer_add_text(out, entity);
		plain = i + 1;
	}
	buffer_add(out, bytes + plain, length - plain);
}

/* The form for machines: of nearly every value its own bytes. */
static void
add_value(struct xml *xml, const char *value)
{
	size_t length = 0;

	while (value[length] >= 0x20 && value[length] < 0x7F && value[length] != '\\' && !is_markup[(uint8_t)value[length]])
		length++;
	buffer_add(xml->to, value, length);
	if (!value[length])
		return;
	value += length;
	buffer_clear(&xml->scratch);
	text_add_escaped(&xml->scratch, value, strlen(value));
	add_encoded(xml->to, xml->scratch.bytes, xml->scratch.length);
}

static void
close_tag(struct xml *xml)
{
	if (xml->in_tag)
		buffer_add_text(xml->to, ">");
	xml->in_tag = false;
}

static void
indent(struct xml *xml)
{
	buffer_add_text(xml->to, "\n");
	for (unsigned i = 0; i < xml->depth; i++)
		buffer_add_char(xml->to, ' ');
}

void
xml_begin(struct xml *xml, const char *name)
{
	close_tag(xml);
	if (xml->depth && !xml->inline_text)
		indent(xml);
	buffer_add_text(xml->to, "<");
	buffer_add_text(xml->to, name);
	xml->names[xml->depth++] = name;
	xml->in_tag = true;
}

void
xml_end(struct xml *xml)
{
	const char *name = xml->names[--xml->depth];

	if (xml->in_tag) {
		buffer_add_text(xml->to, "/>");
		xml->in_tag = false;
	} else {
		if (!xml->inline_text)
			indent(xml);
		buffer_add_text(xml->to, "</");
		buffer_add_text(xml->to, name);
		buffer_add_text(xml->to, ">");
	}
	xml->inline_text = false;
	if (!xml->depth)
		buffer_add_text(xml->to, "\n");
	output_settle(xml->out);
}

void
xml_attribute(struct xml *xml, const char *name, const char *value)
{
	if (!value)
		return;
	buffer_add_text(xml->to, " ");
	buffer_add_text(xml->to, name);
	buffer_add_text(xml->to, "=\"");
	add_value(xml, value);
	buffer_add_text(xml->to, "\"");
}

void
xml_attribute_u64(struct xml *xml, const char *name, uint64_t value)
{
	buffer_add_text(xml->to, " ");
	buffer_add_text(xml->to, name);
	buffer_add_text(xml->to, "=\"");
	buffer_add_u64(xml->to, value);
	buffer_add_text(xml->to, "\"");
}

void
xml_attribute_bool(struct xml *xml, const char *name, bool value)
{
	xml_attribute(xml, name, value ? "true" : "false");
}

void
xml_attribute_time(struct xml *xml, const char *name, const struct timestamp *time)
{
	char text[TIMESTAMP_TEXT_SIZE];

	timestamp_format(time, text);
	xml_attribute(xml, name, text[0] ? text : NULL);
}

void
xml_text(struct xml *xml, const char *text)
{
	close_tag(xml);
	add_value(xml, text);
	xml->inline_text = true;
}

/* One character, or one byte that is none, of which nothing can be seen. */
static void
add_escape(struct xml *xml, const char *bytes, size_t size, bool is_character, uint32_t character)
{
	char code[32];

	buffer_add_text(xml->to, "<esc");
	if (is_character && character != '\\') {
		snprintf(code, sizeof code, " character=\"U+%04X\"", character);
		buffer_add_text(xml->to, code);
	}
	buffer_add_text(xml->to, ">");
	for (size_t i = 0; i < size; i++) {
		snprintf(code, sizeof code, "\\x%02X", (uint8_t)bytes[i]);
		buffer_add_text(xml->to, code);
	}
	buffer_add_text(xml->to, "</esc>");
}

void
xml_visible(struct xml *xml, const char *text)
{
	size_t length = strlen(text), plain = 0;

	close_tag(xml);
	for (size_t i = 0; i < length; ) {
		uint32_t character = 0;
		size_t size = text_decode_utf8(text + i, length - i, &character);
		bool is_character = size > 0;

		if (is_character && !text_is_risky_character(character)) {
			i += size;
			continue;
		}
		add_encoded(xml->to, text + plain, i - plain);
		size = is_character ? size : 1;
		add_escape(xml, text + i, size, is_character, character);
		i += size;
		plain = i;
	}
	add_encoded(xml->to, text + plain, length - plain);
	xml->inline_text = true;
}

void
xml_element(struct xml *xml, const char *name, const char *text)
{
	if (!text)
		return;
	xml_begin(xml, name);
	xml_text(xml, text);
	xml_end(xml);
}

void
xml_statement(struct xml *xml, const char *name, const char *text)
{
	if (!text)
		return;
	xml_begin(xml, name);
	xml_visible(xml, text);
	xml_end(xml);
}

void
xml_element_u64(struct xml *xml, const char *name, uint64_t value)
{
	xml_begin(xml, name);
	close_tag(xml);
	buffer_add_u64(xml->to, value);
	xml->inline_text = true;
	xml_end(xml);
}

static bool
is_ascii(const char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text >= 0x80)
			return false;
	return true;
}

/* True where the form for people is the name itself. */
static bool
is_shown_as_is(const char *text)
{
	struct buffer visible;
	bool same;

	buffer_init(&visible, 0);
	text_add_visible(&visible, text, strlen(text));
	same = !strcmp(visible.bytes, text);
	buffer_release(&visible);
	return same;
}

void
xml_path(struct xml *xml, const char *name, const char *path)
{
	bool ascii;
	struct buffer hex;

	if (!path)
		return;
	ascii = is_ascii(path);
	xml_begin(xml, name);
	if (!ascii || !is_shown_as_is(path)) {
		buffer_init(&hex, 0);
		text_add_hex(&hex, path, strlen(path));
		xml_attribute(xml, "raw", hex.bytes);
		buffer_release(&hex);
	}
	if (!ascii && path_is_system_folder(path, false))
		xml_attribute(xml, "look-alike", "true");
	xml_visible(xml, path);
	xml_end(xml);
}

void
xml_digests(struct xml *xml, const char *name, const struct digests *digests)
{
	for (enum digest_algorithm algorithm = DIGEST_NONE + 1; algorithm < DIGEST_ALGORITHM_COUNT; algorithm++) {
		const uint8_t *bytes = digests_get(digests, algorithm);
		struct buffer hex;

		if (!bytes)
			continue;
		buffer_init(&hex, 0);
		text_add_hex(&hex, bytes, digest_size(algorithm));
		xml_begin(xml, name);
		xml_attribute(xml, "algorithm", digest_algorithm_names[algorithm]);
		xml_text(xml, hex.bytes);
		xml_end(xml);
		buffer_release(&hex);
	}
}

void
xml_place(struct xml *xml, const char *name, const struct place *place, const char *quoted)
{
	xml_place_said(xml, name, place, "quoted", quoted);
}

void
xml_place_said(struct xml *xml, const char *name, const struct place *place, const char *element, const char *text)
{
	xml_begin(xml, name);
	xml_attribute(xml, "evidence", place->evidence);
	xml_attribute(xml, "system", place->system);
	xml_attribute(xml, "volume", place->volume);
	xml_attribute(xml, "inode", place->inode);
	if (place->line)
		xml_attribute_u64(xml, "line", place->line);
	if (place->offset)
		xml_attribute_u64(xml, "offset", place->offset);
	if (place->record_id)
		xml_attribute_u64(xml, "record", place->record_id);
	xml_path(xml, "path", place->path);
	xml_statement(xml, element, text);
	xml_end(xml);
}
