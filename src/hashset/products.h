/* products.h - products of the NSRL by their code, and which of them are tools.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_PRODUCTS_H
#define T1554TRIAGE_HASHSET_PRODUCTS_H

#include <t1554triage/hashset.h>
#include <t1554triage/map.h>

#include "tool_types.h"

struct product {
	const char *name;		/* with its version */
	const char *application_type;
	const char *system;		/* its code, in RDSv3 its name */
	bool        tool;
};

enum { PRODUCTS_SMALL_CODES = 1 << 20 };

struct products {
	struct arena      arena;
	struct tool_types tools;
	struct map        numbers;	/* code to number in items */
	uint32_t         *small_numbers;	/* 1 + number, by a code below PRODUCTS_SMALL_CODES, as they are as a rule */
	struct map        systems;	/* code of an operating system to its name in the arena */
	struct product   *items;
	size_t            count, capacity;
};

/* Reads the table of tool types; DAMAGED (noted) where it is not there: tools are told as known then. */
enum status products_init(struct products *products, const struct notes *notes);
void products_release(struct products *products);

/* Texts are copied.  A code may come several times: one product that is a tool makes it a tool. */
void products_add(struct products *products, int64_t code, const char *name, const char *version,
	const char *application_type, const char *system);
void products_add_system(struct products *products, const char *code, const char *name, const char *version);
const char *products_system(const struct products *products, const char *code);	/* the code itself where it has no name */

const struct product *products_find(const struct products *products, int64_t code);	/* NULL: nothing is known of it */
/* Sets product, application type, system and class of the row; false where nothing is known of the code. */
bool products_describe(const struct products *products, int64_t code, struct hash_row *row);

#endif
