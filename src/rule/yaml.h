/* yaml.h - YAML documents as a tree, with bounded size. */
#ifndef RULE_YAML_H
#define RULE_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/memory.h>

enum yaml_kind { YAML_NULL, YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_kind kind;
	const char    *key;		/* of a member of a map, NULL: an item or the root */
	const char    *text;		/* of a scalar; "" of null */
	size_t         length;
	uint32_t       line;		/* from 1 */
	struct yaml   *first, *next;	/* members or items; documents follow one another by next */
	size_t         count;
};

struct yaml_error {
	uint32_t    line;
	const char *text;		/* in the arena */
};

/* The documents of a file; false, with the place and the reason, where what follows them cannot be read. */
bool yaml_read(const char *bytes, size_t length, struct arena *arena, struct yaml **ret_documents,
	struct yaml_error *ret_error);

/* A member of a map; NULL where the node is none or lacks it. */
const struct yaml *yaml_member(const struct yaml *map, const char *key);
/* The text of a member, NULL. */
const char *yaml_text(const struct yaml *map, const char *key);

#endif
