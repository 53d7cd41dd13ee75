/* order.h - total orders of facts, so that nothing depends on who came first. */
#ifndef INVENTORY_ORDER_H
#define INVENTORY_ORDER_H

#include <t1554triage/inventory.h>

/* Byte order; NULL stands before every text. */
int order_text(const char *a, const char *b);
/* "E2" before "E10": runs of digits by their number. */
int order_natural(const char *a, const char *b);
int order_number(uint64_t a, uint64_t b);

/* Sorts what the collect pass gave: packages, rows, locks, diversions. */
void order_packages(struct inventory *inventory);
/* Sorts the rest: volumes, events, artifacts, files. */
void order_facts(struct inventory *inventory);
void order_notes(struct inventory *inventory);

/* The path by which a row is found: where its package's file lies. */
const char *row_place(const struct package_file *row);

/* absence.c: which file systems show that something is not there */
void inventory_set_absence(struct inventory *inventory);
/* join.c and state.c */
void inventory_set_states(struct inventory *inventory);
/* transaction.c */
void inventory_index_events(struct inventory *inventory);
void inventory_date_locks(struct inventory *inventory);
void inventory_find_copies(struct inventory *inventory);
void inventory_tie_events(struct inventory *inventory);

/* "s1\0/usr/bin/ls"; key has room for capacity bytes.  0: it does not fit. */
size_t path_key(const char *system, const char *path, char *key, size_t capacity);
enum { PATH_KEY_BYTES = 4608 };

/* archive.c: what package archives hold becomes the record of their files. */
void inventory_lay_witnesses(struct inventory *inventory);

/* left_out.c: true where count rows are as many as are kept, and one more was counted as left out; a note of each database of these. */
bool inventory_leaves_out(struct inventory *inventory, size_t count, const struct rows_left_out *of);
void inventory_note_left_out(struct inventory *inventory);

/* inventory.c: a text that repeats, kept once; a place whose texts are the inventory's. */
const char  *inventory_shared_text(struct inventory *inventory, const char *text);
struct place inventory_own_place(struct inventory *inventory, const struct place *place);

#endif
