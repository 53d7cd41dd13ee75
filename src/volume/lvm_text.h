/* lvm_text.h - the text in which LVM2 describes a volume group. */
#ifndef LVM_TEXT_H
#define LVM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/memory.h>

enum lvm_value { LVM_SECTION, LVM_LIST, LVM_TEXT, LVM_NUMBER };

/* A section, a value with its name, or an element of a list (its name is ""). */
struct lvm_item {
	const char      *name;
	enum lvm_value   type;
	const char      *text;
	uint64_t         number;
	struct lvm_item *first, *next;	/* of a section or list: what is in it, in order */
};

/*
 * The text as a section without a name, in the arena.  NULL: it is not of the
 * form; *ret_line is where.  At most as much memory as a multiple of the text.
 */
struct lvm_item *lvm_text_parse(const char *text, size_t length, struct arena *arena, size_t *ret_line);

/* NULL where there is none of the name and type. */
const struct lvm_item *lvm_item_find(const struct lvm_item *section, const char *name, enum lvm_value type);
const char *lvm_item_text(const struct lvm_item *section, const char *name);	/* NULL */
uint64_t    lvm_item_number(const struct lvm_item *section, const char *name, uint64_t otherwise);
bool        lvm_item_lists(const struct lvm_item *section, const char *list, const char *text);

#endif
