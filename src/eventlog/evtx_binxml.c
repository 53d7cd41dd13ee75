/*
 * evtx_binxml.c - binary XML of Windows event records (MS-EVEN6 2.2.12 to 2.2.17; libyal's "Windows XML Event Log format")
 *
 *	0f 01 01 00                                   a fragment
 *	0c 01 ID4 OFFSET4 [definition if it is here]  an instance of a template, then COUNT4,
 *	                                              COUNT of SIZE2 TYPE1 0, and the values one after another
 *	01|41 [DEPENDENCY2] SIZE4 NAME4 [name] [41: SIZE4 of the attributes]   "<Name"; 06|46 NAME4 [name] begins an attribute
 *	02 ">"   03 "/>"   04 "</Name>"   00 the end
 *	05|45 TYPE1 COUNT2 UTF-16   07|47 COUNT2 UTF-16   08|48 CODE2   09|49 NAME4   text, CDATA, &#CODE; &name;
 *	0d|0e SLOT2 TYPE1             what value SLOT is (0e: nothing where it is empty)
 *	0a NAME4 0b COUNT2 UTF-16     a processing instruction
 *
 * Names and definitions lie in the chunk where they were used first: all offsets count from the chunk's begin, and
 * one is in place where it points behind itself.  The dependency stands in definitions only, so records without a
 * template (forwarded ones) have none.  A value of type 21 is a fragment again.
 *
 * A definition is compiled once a chunk into steps that say which slot or constant belongs to which name; a record is
 * these steps run over its values.  Elements of System are called by their own name, their attributes Element_Attribute;
 * what lies in EventData by its attribute Name; what lies in UserData by the name of the element that holds the text.
 */
#include <string.h>

#include <t1554triage/cursor.h>

#include "evtx_binxml.h"

enum {
	TEXT_BYTES = 1 << 20,		/* of all values of one record, which itself has 64 KiB at most */
	FIELDS_MAX = 2048,		/* of one record */
	STEPS_MAX = 1 << 16,		/* of one record: templates may be nested, and name a slot often */
	CHUNK_MEMORY_MAX = 16 << 20,	/* of names and steps of one chunk: many names may lie in one place */
	ELEMENT_DEPTH_MAX = 64,
	FRAGMENT_DEPTH_MAX = 16,
	SLOTS_MAX = 1 << 16,
	MORE = 0x40,			/* flag of a token: attributes, or further attributes, follow */
};

enum token {
	TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE_START, TOKEN_CLOSE_EMPTY, TOKEN_END_ELEMENT, TOKEN_VALUE, TOKEN_ATTRIBUTE,
	TOKEN_CDATA, TOKEN_CHARACTER, TOKEN_ENTITY, TOKEN_PI_TARGET, TOKEN_PI_TEXT, TOKEN_TEMPLATE, TOKEN_SLOT,
	TOKEN_OPTIONAL_SLOT, TOKEN_FRAGMENT
};

/* Where an element stands. */
enum section { SECTION_NONE, SECTION_EVENT, SECTION_SYSTEM, SECTION_DATA, SECTION_USER, SECTION_OTHER };
struct context { enum section section; const char *prefix; };	/* prefix: of SECTION_OTHER */

enum step_kind { STEP_TEXT, STEP_SLOT, STEP_CALLED, STEP_FIELD };
struct evtx_step {
	enum step_kind kind;
	bool           keeps_empty;	/* STEP_FIELD: an empty value is one, too */
	uint16_t       slot;
	uint32_t       length;		/* of the text */
	const char    *name;		/* of the field; NULL: as STEP_CALLED said */
	const char    *text;		/* STEP_TEXT */
	enum evtx_system system;
	struct context context;		/* of elements that stand in the slot */
};

struct evtx_template {
	struct evtx_template *next;
	uint32_t offset;
	struct evtx_step *steps;	/* NULL: it cannot be read */
	size_t   count;
	size_t   end;			/* offset behind the definition */
};

void
evtx_binxml_init(struct evtx_binxml *xml)
{
	*xml = (struct evtx_binxml){ .text = memory_allocate(TEXT_BYTES, 1) };
	arena_init(&xml->arena);
}

void
evtx_binxml_release(struct evtx_binxml *xml)
{
	arena_release(&xml->arena);
	memory_free(xml->text);
	memory_free(xml->fields);
	memory_free(xml->steps);
	memory_free(xml->slots);
}

void
evtx_binxml_chunk(struct evtx_binxml *xml, const uint8_t *chunk, size_t length)
{
	arena_release(&xml->arena);
	memset(xml->templates, 0, sizeof xml->templates);
	xml->chunk = chunk;
	xml->length = length;
}

/* ---- definitions become steps ---- */

struct compiler {
	struct evtx_binxml *xml;
	struct cursor       c;
	bool                in_template;
	unsigned            depth;
};

static size_t
offset_of(const struct compiler *at)
{
	return (size_t)(at->c.at - at->xml->chunk);
}

static struct evtx_step *
add_step(struct compiler *at, enum step_kind kind)
{
	struct evtx_binxml *xml = at->xml;
	struct evtx_step *step;

	xml->steps = memory_grow(xml->steps, xml->step_count, &xml->step_capacity, sizeof *xml->steps);
	step = &xml->steps[xml->step_count++];
	*step = (struct evtx_step){ .kind = kind };
	return step;
}

/* NULL: the chunk asks for too much. */
static char *
copy_utf16(struct evtx_binxml *xml, const uint8_t *bytes, size_t characters, size_t *ret_length)
{
	char *text;

	if (xml->arena.bytes > CHUNK_MEMORY_MAX)
		return NULL;
	text = arena_allocate(&xml->arena, 3 * characters + 1);
	*ret_length = evtx_utf16_write(text, 3 * characters, bytes, 2 * characters);
	return text;
}

/* NEXT4 HASH2 COUNT2 UTF-16 NUL2: here, if the offset says so. NULL: there is none. */
static const char *
take_name(struct compiler *at)
{
	uint32_t offset = take_u32le(&at->c);
	bool is_here = offset == offset_of(at);
	struct cursor there = cursor_at(at->xml->chunk, at->xml->length, offset);
	struct cursor *c = is_here ? &at->c : &there;
	const uint8_t *bytes;
	size_t count, length;

	take_bytes(c, 6);
	count = take_u16le(c);
	bytes = take_bytes(c, 2 * count);
	take_u16le(c);
	if (at->c.failed || c->failed)
		return NULL;
	return copy_utf16(at->xml, bytes, count, &length);
}

static bool
add_text(struct compiler *at, const char *text, size_t length)
{
	struct evtx_step *step = add_step(at, STEP_TEXT);

	step->text = text;
	step->length = (uint32_t)length;
	return true;
}

static bool
take_utf16(struct compiler *at)
{
	size_t count = take_u16le(&at->c), length;
	const uint8_t *bytes = take_bytes(&at->c, 2 * count);
	const char *text;

	if (at->c.failed)
		return false;
	text = copy_utf16(at->xml, bytes, count, &length);
	return text && add_text(at, text, length);
}

static bool
take_character(struct compiler *at)
{
	const uint8_t *bytes = take_bytes(&at->c, 2);
	const char *text;
	size_t length;

	if (!bytes)
		return false;
	text = copy_utf16(at->xml, bytes, 1, &length);
	return text && add_text(at, text, length);
}

/* The five of XML; others have no definition anywhere, and stand as they are. */
static bool
take_entity(struct compiler *at)
{
	static const char *const entities[][2] = {
		{ "lt", "<" }, { "gt", ">" }, { "amp", "&" }, { "quot", "\"" }, { "apos", "'" },
	};
	const char *name = take_name(at);

	if (!name)
		return false;
	for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
		if (!strcmp(name, entities[i][0]))
			return add_text(at, entities[i][1], 1);
	name = arena_format(&at->xml->arena, "&%s;", name);
	return add_text(at, name, strlen(name));
}

/* One piece of text in an element or attribute; false: the token is none, or it cannot be read. */
static bool
take_piece(struct compiler *at, enum token token, const char *name, struct context context)
{
	struct evtx_step *step;

	switch (token) {
	case TOKEN_VALUE:
		return take_u8(&at->c) == EVTX_STRING && take_utf16(at);
	case TOKEN_CDATA:
		return take_utf16(at);
	case TOKEN_CHARACTER:
		return take_character(at);
	case TOKEN_ENTITY:
		return take_entity(at);
	case TOKEN_SLOT:
	case TOKEN_OPTIONAL_SLOT:
		step = add_step(at, STEP_SLOT);
		step->slot = take_u16le(&at->c);
		take_u8(&at->c);	/* the type that was meant: the value has its own */
		step->name = name;
		step->context = context;
		return at->in_template && !at->c.failed;
	default:
		return false;
	}
}

static enum evtx_system
system_of(struct context context, const char *name)
{
	static const struct { const char *name; enum evtx_system system; } known[] = {
		{ "Provider_Name", EVTX_PROVIDER }, { "EventID", EVTX_ID }, { "TimeCreated_SystemTime", EVTX_TIME },
		{ "EventRecordID", EVTX_RECORD_ID }, { "Channel", EVTX_CHANNEL }, { "Security_UserID", EVTX_USER },
	};

	for (size_t i = 0; context.section == SECTION_SYSTEM && i < sizeof known / sizeof *known; i++)
		if (!strcmp(name, known[i].name))
			return known[i].system;
	return EVTX_FIELD;
}

static void
add_field(struct compiler *at, size_t first, const char *name, struct context context, bool keeps_empty)
{
	enum evtx_system system = name ? system_of(context, name) : EVTX_FIELD;
	struct evtx_step *step = add_step(at, STEP_FIELD);

	step->name = name;
	step->keeps_empty = keeps_empty;
	/* A slot must know it, too: a time is taken as it is. */
	for (size_t i = first; i < at->xml->step_count; i++)
		at->xml->steps[i].system = system;
}

static const char *
join_name(struct evtx_binxml *xml, const char *before, const char *name)
{
	return before ? arena_format(&xml->arena, "%s_%s", before, name) : name;
}

/* "System" within "Event" begins a section, and all that lies in it belongs to it. */
static struct context
enter(struct context outer, const char *name)
{
	static const struct { const char *name; enum section section; } sections[] = {
		{ "System", SECTION_SYSTEM }, { "EventData", SECTION_DATA }, { "UserData", SECTION_USER },
	};

	if (outer.section == SECTION_NONE)
		return (struct context){ strcmp(name, "Event") ? SECTION_USER : SECTION_EVENT, NULL };
	if (outer.section != SECTION_EVENT)
		return outer;
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
		if (!strcmp(name, sections[i].name))
			return (struct context){ sections[i].section, NULL };
	return (struct context){ SECTION_OTHER, name };
}

struct element {
	const char *name;		/* as the evidence has it */
	const char *called;		/* of the field that its text is; NULL: a value of the record says it */
	struct context outer, inner;
};

static bool
names_the_field(const struct element *element, const char *attribute)
{
	return !strcmp(attribute, "Name") && (element->outer.section == SECTION_DATA ||
		(element->outer.section == SECTION_USER && !strcmp(element->name, "Data")));
}

static void
end_name(struct compiler *at, struct element *element, size_t first)
{
	struct evtx_binxml *xml = at->xml;

	if (xml->step_count == first + 1 && xml->steps[first].kind == STEP_TEXT) {
		element->called = arena_copy(&xml->arena, xml->steps[first].text, xml->steps[first].length);
		xml->step_count = first;
	} else if (xml->step_count > first) {
		element->called = NULL;
		add_step(at, STEP_CALLED);
	}
}

static bool
is_piece(enum token token)
{
	return token == TOKEN_VALUE || token == TOKEN_CDATA || token == TOKEN_CHARACTER || token == TOKEN_ENTITY ||
	       token == TOKEN_SLOT || token == TOKEN_OPTIONAL_SLOT;
}

static enum token
next_token(const struct compiler *at)
{
	return at->c.at < at->c.end ? (enum token)(*at->c.at & ~MORE) : TOKEN_END;
}

static bool
compile_attribute(struct compiler *at, struct element *element)
{
	const char *name = take_name(at), *called;
	size_t first = at->xml->step_count;
	bool is_read = name != NULL;

	if (!is_read)
		return false;
	called = join_name(at->xml, element->name, name);
	while (is_read && is_piece(next_token(at)))
		is_read = take_piece(at, (enum token)(take_u8(&at->c) & ~MORE), called, element->inner);
	if (!is_read)
		return false;
	if (names_the_field(element, name))
		end_name(at, element, first);
	else if (!strncmp(name, "xmlns", 5))
		at->xml->step_count = first;	/* says where the words come from, nothing of what happened */
	else
		add_field(at, first, called, element->inner, false);
	return true;
}

static bool compile_element(struct compiler *at, struct context outer, bool has_attributes);

/* What lies between "<Name>" and "</Name>". */
static bool
compile_content(struct compiler *at, const struct element *element)
{
	/* An empty element is worth a line where the evidence lists values; elsewhere it only holds others. */
	bool is_leaf = element->outer.section >= SECTION_DATA, is_read = true;
	size_t first = at->xml->step_count;

	while (is_read && next_token(at) != TOKEN_END_ELEMENT) {
		uint8_t byte = take_u8(&at->c);
		enum token token = (enum token)(byte & ~MORE);

		if (token == TOKEN_OPEN) {
			if (at->xml->step_count > first)
				add_field(at, first, element->called, element->inner, false);
			is_leaf = false;
			is_read = compile_element(at, element->inner, byte & MORE);
			first = at->xml->step_count;
		} else if (token == TOKEN_PI_TARGET) {
			is_read = take_name(at) != NULL;
		} else if (token == TOKEN_PI_TEXT) {
			take_bytes(&at->c, 2 * (size_t)take_u16le(&at->c));
			is_read = !at->c.failed;
		} else {
			is_read = take_piece(at, token, element->called, element->inner);
		}
	}
	take_u8(&at->c);
	if (is_leaf || at->xml->step_count > first)
		add_field(at, first, element->called, element->inner, is_leaf);
	return is_read && !at->c.failed;
}

/* Behind the token of "<Name". */
static bool
compile_element(struct compiler *at, struct context outer, bool has_attributes)
{
	struct element element = { .outer = outer };
	bool is_read;
	uint8_t byte;

	if (at->in_template)
		take_u16le(&at->c);
	take_u32le(&at->c);
	element.name = take_name(at);
	if (has_attributes)
		take_u32le(&at->c);
	if (!element.name || at->c.failed || ++at->depth > ELEMENT_DEPTH_MAX)
		return false;
	element.inner = enter(outer, element.name);
	element.called = join_name(at->xml, element.inner.section == SECTION_OTHER && outer.section == SECTION_OTHER ?
		element.inner.prefix : NULL, element.name);
	while (next_token(at) == TOKEN_ATTRIBUTE) {
		take_u8(&at->c);
		if (!compile_attribute(at, &element))
			return false;
	}
	byte = take_u8(&at->c);
	is_read = !at->c.failed && (byte == TOKEN_CLOSE_START || byte == TOKEN_CLOSE_EMPTY);
	if (is_read && byte == TOKEN_CLOSE_START)
		is_read = compile_content(at, &element);
	else if (is_read && outer.section >= SECTION_DATA)
		add_field(at, at->xml->step_count, element.called, element.inner, element.called != NULL);
	at->depth--;
	return is_read;
}

/* Elements up to the end of the definition or fragment. */
static bool
compile_all(struct compiler *at, struct context outer)
{
	while (at->c.at < at->c.end) {
		uint8_t byte = take_u8(&at->c);

		switch (byte & ~MORE) {
		case TOKEN_END:
			return true;
		case TOKEN_FRAGMENT:
			take_bytes(&at->c, 3);
			break;
		case TOKEN_OPEN:
			if (!compile_element(at, outer, byte & MORE))
				return false;
			break;
		case TOKEN_PI_TARGET:
			if (!take_name(at))
				return false;
			break;
		case TOKEN_PI_TEXT:
			take_bytes(&at->c, 2 * (size_t)take_u16le(&at->c));
			break;
		default:
			return false;
		}
	}
	return !at->c.failed;
}

/* The steps that were added since first, as the chunk's own. */
static struct evtx_step *
keep_steps(struct evtx_binxml *xml, size_t first, size_t *ret_count)
{
	struct evtx_step *steps;

	*ret_count = xml->step_count - first;
	steps = arena_allocate(&xml->arena, *ret_count * sizeof *steps + 1);
	if (*ret_count)
		memcpy(steps, xml->steps + first, *ret_count * sizeof *steps);
	xml->step_count = first;
	return steps;
}

/* The first use says where the elements stand: Windows uses no definition in two places. */
static struct evtx_template *
find_template(struct evtx_binxml *xml, uint32_t offset, struct context context)
{
	struct evtx_template **bucket = &xml->templates[offset / 8 % (sizeof xml->templates / sizeof *xml->templates)];
	struct compiler at = { .xml = xml, .c = cursor_at(xml->chunk, xml->length, offset), .in_template = true };
	struct evtx_template *template;
	size_t size, first = xml->step_count;

	for (template = *bucket; template; template = template->next)
		if (template->offset == offset)
			return template;
	template = arena_allocate(&xml->arena, sizeof *template);
	*template = (struct evtx_template){ .next = *bucket, .offset = offset };
	*bucket = template;
	take_bytes(&at.c, 20);		/* the next definition, the first part of it: the identifier */
	size = take_u32le(&at.c);
	template->end = offset_of(&at) + size;
	if (at.c.failed || size > (size_t)(at.c.end - at.c.at))
		return template;
	at.c.end = at.c.at + size;
	if (compile_all(&at, context))
		template->steps = keep_steps(xml, first, &template->count);
	xml->step_count = first;
	return template;
}

/* ---- steps become values ---- */

static bool run_fragment(struct evtx_binxml *xml, const uint8_t *bytes, size_t size, struct context context);

static bool
end_field(struct evtx_binxml *xml, const struct evtx_step *step)
{
	const char *name = step->name ? step->name : xml->called;
	size_t begin = xml->begin;

	if (xml->used == begin && (!step->keeps_empty || xml->nested)) {
		xml->nested = false;
		return true;
	}
	xml->nested = false;
	if (xml->used >= TEXT_BYTES || xml->field_count >= FIELDS_MAX || !name)
		return false;
	xml->text[xml->used++] = '\0';
	xml->begin = xml->used;
	if (step->system != EVTX_FIELD)
		xml->system[step->system] = xml->text + begin;
	/* Who is named in the data may be another one than the account that wrote the record. */
	if (step->system != EVTX_FIELD && step->system != EVTX_USER)
		return true;
	xml->fields = memory_grow(xml->fields, xml->field_count, &xml->field_capacity, sizeof *xml->fields);
	xml->fields[xml->field_count++] = (struct event_field){ name, xml->text + begin };
	return true;
}

static bool
add_value(struct evtx_binxml *xml, enum evtx_type type, const uint8_t *bytes, size_t size)
{
	size_t length = evtx_value_write(xml->text + xml->used, TEXT_BYTES - xml->used, type, bytes, size);

	if (length == SIZE_MAX)
		return false;
	xml->used += length;
	return true;
}

/* Bytes of the item of an array that begins there. */
static size_t
item_length(enum evtx_type type, const uint8_t *bytes, size_t size)
{
	size_t length = evtx_item_size(type), unit = type == EVTX_STRING ? 2 : 1;

	if (type == EVTX_STRING || type == EVTX_ANSI) {
		while (length + unit <= size && (bytes[length] || bytes[length + unit - 1]))
			length += unit;
		length += unit;
	}
	return length && length < size ? length : size;
}

/* Each item is a field of the same name, as Windows repeats the element; the last is ended by its own step. */
static bool
add_array(struct evtx_binxml *xml, const struct evtx_step *step, enum evtx_type type, const uint8_t *bytes, size_t size)
{
	struct evtx_step ends = { .name = step->name, .system = step->system, .keeps_empty = true };

	while (size) {
		size_t length = item_length(type, bytes, size);

		if (!xml->budget-- || !add_value(xml, type, bytes, length))
			return false;
		bytes += length;
		size -= length;
		if (size && !end_field(xml, &ends))
			return false;
	}
	return true;
}

/* What stands before elements in the same place is a value of its own. */
static bool
run_nested(struct evtx_binxml *xml, const struct evtx_step *step, const uint8_t *bytes, size_t size)
{
	struct evtx_step ends = { .name = step->name, .system = step->system };

	if (xml->used > xml->begin && !end_field(xml, &ends))
		return false;
	if (!run_fragment(xml, bytes, size, step->context))
		return false;
	xml->nested = true;
	return true;
}

static bool
add_slot(struct evtx_binxml *xml, const struct evtx_step *step, size_t first, size_t count)
{
	struct evtx_slot slot;

	/* A value that the record does not have is an empty one. */
	if (step->slot >= count)
		return true;
	slot = xml->slots[first + step->slot];
	if (slot.type == EVTX_BINXML)
		return run_nested(xml, step, slot.bytes, slot.size);
	if (slot.type & EVTX_ARRAY)
		return add_array(xml, step, (enum evtx_type)(slot.type & ~EVTX_ARRAY), slot.bytes, slot.size);
	if (step->system == EVTX_TIME && slot.type == EVTX_FILETIME && slot.size == 8) {
		struct cursor c = cursor_over(slot.bytes, 8);

		xml->time = evtx_filetime(take_u64le(&c));
		return true;
	}
	return add_value(xml, (enum evtx_type)slot.type, slot.bytes, slot.size);
}

static bool
run_steps(struct evtx_binxml *xml, const struct evtx_step *steps, size_t count, size_t first_slot, size_t slot_count)
{
	for (const struct evtx_step *step = steps; step < steps + count; step++) {
		bool is_done = xml->budget > 0;

		if (!is_done)
			return false;
		xml->budget--;
		switch (step->kind) {
		case STEP_TEXT:
			is_done = TEXT_BYTES - xml->used > step->length;
			if (is_done && step->length)
				memcpy(xml->text + xml->used, step->text, step->length);
			xml->used += is_done ? step->length : 0;
			break;
		case STEP_SLOT:
			is_done = add_slot(xml, step, first_slot, slot_count);
			break;
		case STEP_CALLED:
			is_done = xml->used < TEXT_BYTES;
			if (is_done) {
				xml->text[xml->used++] = '\0';
				xml->called = xml->text + xml->begin;
				xml->begin = xml->used;
			}
			break;
		case STEP_FIELD:
			is_done = end_field(xml, step);
			break;
		}
		if (!is_done)
			return false;
	}
	return true;
}

/* COUNT4, SIZE2 TYPE1 0 of each, the values. */
static bool
take_slots(struct evtx_binxml *xml, struct cursor *c, size_t *ret_count)
{
	size_t count = take_u32le(c);
	struct cursor sizes;

	if (c->failed || count > (size_t)(c->end - c->at) / 4 || xml->slot_count + count > SLOTS_MAX)
		return false;
	sizes = cursor_over(take_bytes(c, 4 * count), 4 * count);
	for (size_t i = 0; i < count; i++) {
		struct evtx_slot slot = { .size = take_u16le(&sizes) };

		slot.type = take_u8(&sizes);
		take_u8(&sizes);
		slot.bytes = take_bytes(c, slot.size);
		if (!slot.bytes)
			return false;
		xml->slots = memory_grow(xml->slots, xml->slot_count, &xml->slot_capacity, sizeof *xml->slots);
		xml->slots[xml->slot_count++] = slot;
	}
	*ret_count = count;
	return true;
}

static bool
run_template(struct evtx_binxml *xml, struct cursor *c, struct context context)
{
	size_t first = xml->slot_count, count = 0;
	struct evtx_template *template;
	uint32_t offset;
	bool is_run;

	take_bytes(c, 5);
	offset = take_u32le(c);
	if (c->failed)
		return false;
	template = find_template(xml, offset, context);
	if (offset == (size_t)(c->at - xml->chunk))
		*c = template->end <= (size_t)(c->end - xml->chunk) ?
			(struct cursor){ xml->chunk + template->end, c->end, false } : (struct cursor){ c->end, c->end, true };
	is_run = template->steps && !c->failed && take_slots(xml, c, &count) &&
		run_steps(xml, template->steps, template->count, first, count);
	xml->slot_count = first;
	return is_run;
}

/* Elements without a template: forwarded records, and some values. */
static bool
run_elements(struct evtx_binxml *xml, const uint8_t *bytes, size_t size, struct context context)
{
	struct compiler at = { .xml = xml, .c = cursor_over(bytes, size) };
	size_t first = xml->step_count, count;
	struct evtx_step *steps;

	if (!compile_all(&at, context)) {
		xml->step_count = first;
		return false;
	}
	steps = keep_steps(xml, first, &count);
	return run_steps(xml, steps, count, 0, 0);
}

static bool
run_fragment(struct evtx_binxml *xml, const uint8_t *bytes, size_t size, struct context context)
{
	struct cursor c = cursor_over(bytes, size);
	bool is_run = true;

	if (++xml->depth > FRAGMENT_DEPTH_MAX)
		return false;
	while (is_run && c.at < c.end && *c.at == TOKEN_FRAGMENT)
		take_bytes(&c, 4);
	if (c.at < c.end && *c.at == TOKEN_TEMPLATE) {
		take_u8(&c);
		is_run = run_template(xml, &c, context);
	} else if (c.at < c.end) {
		is_run = run_elements(xml, c.at, (size_t)(c.end - c.at), context);
	}
	xml->depth--;
	return is_run;
}

bool
evtx_binxml_record(struct evtx_binxml *xml, size_t offset, size_t length)
{
	xml->used = xml->begin = xml->field_count = xml->slot_count = 0;
	memset(xml->system, 0, sizeof xml->system);
	xml->time = (struct timestamp){ .seconds = 0 };
	xml->called = NULL;
	xml->depth = 0;
	xml->budget = STEPS_MAX;
	xml->nested = false;
	if (offset > xml->length || length > xml->length - offset)
		return false;
	return run_fragment(xml, xml->chunk + offset, length, (struct context){ SECTION_NONE, NULL });
}
