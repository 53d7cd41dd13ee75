/* field_list.c - the fields of an event while they are gathered: one buffer of texts, offsets into it. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "field_list.h"

void
field_list_init(struct field_list *list)
{
	*list = (struct field_list){ .count = 0 };
	buffer_init(&list->texts, 0);
}

void
field_list_release(struct field_list *list)
{
	buffer_release(&list->texts);
	memory_free(list->items);
	memory_free(list->lent);
}

void
field_list_clear(struct field_list *list)
{
	buffer_clear(&list->texts);
	list->count = 0;
	list->cut = false;
}

static size_t
add_text(struct buffer *texts, const char *text, size_t length)
{
	size_t offset = texts->length;

	while (length && !text[length - 1])
		length--;
	for (size_t i = 0; i < length; i++)
		buffer_add_char(texts, text[i] ? text[i] : ' ');
	buffer_add_char(texts, '\0');
	return offset;
}

void
field_list_add(struct field_list *list, const char *name, size_t name_length, const char *value, size_t value_length)
{
	struct field_offset *item;

	if (list->count >= limit_get(LIMIT_EVENT_FIELDS) ||
	    list->texts.length + name_length + value_length > limit_get(LIMIT_EVENT_BYTES)) {
		list->cut = true;
		return;
	}
	list->items = memory_grow(list->items, list->count, &list->capacity, sizeof *list->items);
	item = &list->items[list->count++];
	item->name = add_text(&list->texts, name, name_length);
	item->value = add_text(&list->texts, value, value_length);
}

void
field_list_add_text(struct field_list *list, const char *name, const char *value)
{
	if (value)
		field_list_add(list, name, strlen(name), value, strlen(value));
}

const char *
field_list_value(const struct field_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->texts.bytes + list->items[i].name, name))
			return list->texts.bytes + list->items[i].value;
	return NULL;
}

void
field_list_lend(struct field_list *list, struct event *event)
{
	for (size_t i = 0; i < list->count; i++) {
		list->lent = memory_grow(list->lent, i, &list->lent_capacity, sizeof *list->lent);
		list->lent[i].name = list->texts.bytes + list->items[i].name;
		list->lent[i].value = list->texts.bytes + list->items[i].value;
	}
	event->fields = list->lent;
	event->field_count = list->count;
}
