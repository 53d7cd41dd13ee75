/* difference.h - what differs between an altered program and its original.  Layer: binary. */
#ifndef T1554TRIAGE_DIFFERENCE_H
#define T1554TRIAGE_DIFFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include <t1554triage/memory.h>
#include <t1554triage/record.h>

enum difference_kind {
	DIFFERENCE_SECTION,	/* ELF, PE: of both with other bytes, or of one only */
	DIFFERENCE_LIBRARY,	/* ELF DT_NEEDED, PE import table: only the altered one names it */
	DIFFERENCE_IMPORT,	/* a symbol or function of another file: only the altered one asks for it */
	DIFFERENCE_STRING,	/* printable characters that only the altered one holds */
	DIFFERENCE_LINE,	/* of a text, wherever it stands there */
	DIFFERENCE_KIND_COUNT
};
extern const char *const difference_kind_names[];

enum difference_side { DIFFERENCE_OF_BOTH, DIFFERENCE_OF_ALTERED, DIFFERENCE_OF_ORIGINAL };
extern const char *const difference_side_names[];	/* "both" "altered" "original" */

enum difference_recorded {
	RECORDED_NONE,		/* no digest is recorded for that path */
	RECORDED_EQUAL,		/* the original has the recorded digest */
	RECORDED_DIFFERS,	/* it has another: it is of another build, or the record was changed */
};
extern const char *const difference_recorded_names[];	/* "none" "equal" "differs" */

struct difference_item {
	enum difference_kind kind;
	enum difference_side side;		/* which of the two has it */
	const char *name;			/* bytes; of strings and lines the first DIFFERENCE_NAME_BYTES */
	uint64_t offset, size;			/* bytes, in the altered file */
	uint64_t original_offset, original_size;	/* in the original */
};

enum {
	DIFFERENCE_ITEMS_OF_A_KIND = 64,	/* that are listed; all are counted */
	DIFFERENCE_ITEMS_MOST = DIFFERENCE_ITEMS_OF_A_KIND * DIFFERENCE_KIND_COUNT,
	DIFFERENCE_NAME_BYTES = 240,
};

struct difference {
	uint32_t    file;		/* number of the altered file in the inventory */
	bool        is_given;		/* the original is the examiner's; else it lies in the evidence, too, and is no better than that */
	const char *original;		/* name of its file, or of the package that holds it */
	const char *product;		/* "bash 5.2.15-2", of a package; NULL */
	const char *member;		/* path within the package; NULL */
	enum difference_recorded recorded;
	const char *sha256;		/* of the original, hexadecimal */
	uint64_t    size, original_size;	/* bytes */
	uint64_t    first;		/* offset of the first byte that differs, or the length of the shorter one */
	uint64_t    bytes;		/* that differ, of those that both have at the same offset */
	uint64_t    sections, libraries, imports, strings, lines;	/* all items of each kind */
	struct difference_item *items;	/* not in the record: they follow it as records of their own */
	size_t      item_count, item_capacity;
};
extern const struct record_type difference_record, difference_item_record;

/*
 * Compares two contents: sizes, bytes, and what the format of both tells (ELF, PE, text; of anything else the strings).
 * Fills what follows from them in *difference; items and their names live in arena.  Both may be hostile; what
 * cannot be parsed in both is not compared.
 */
void difference_find(struct difference *difference, const void *altered, size_t altered_size, const void *original,
	size_t original_size, struct arena *arena);

#endif
