/* left_out.c - rows of package databases beyond a limit: whose they are and how many, so that nobody takes them for rows that are not there. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "order.h"

/* Rows that are left out come one database after another. */
static struct rows_left_out *
entry_of(struct inventory *inventory, const struct rows_left_out *of)
{
	struct rows_left_out *last = inventory->left_out_count ? &inventory->left_out[inventory->left_out_count - 1] : NULL;

	if (last && last->what == of->what && !order_text(last->system, of->system) && !order_text(last->from, of->from))
		return last;
	inventory->left_out = memory_grow(inventory->left_out, inventory->left_out_count, &inventory->left_out_capacity,
		sizeof *inventory->left_out);
	last = &inventory->left_out[inventory->left_out_count++];
	*last = (struct rows_left_out){ .what = of->what, .system = inventory_shared_text(inventory, of->system),
		.from = inventory_shared_text(inventory, of->from), .at = inventory_own_place(inventory, &of->at) };
	return last;
}

/* What is not among the rows that were kept is neither missing nor nobody's. */
static void
break_database(struct inventory *inventory, const char *system)
{
	for (size_t i = 0; inventory->summaries && i < inventory->systems.count; i++)
		if (!order_text(inventory->systems.items[i].id, system))
			inventory->summaries[i].database_whole = false;
}

bool
inventory_leaves_out(struct inventory *inventory, size_t count, const struct rows_left_out *of)
{
	if (count < limit_get(LIMIT_PACKAGE_FILES))
		return false;
	if (!entry_of(inventory, of)->count++ && of->what == ROWS_OF_PACKAGES)
		break_database(inventory, of->system);
	return true;
}

void
inventory_note_left_out(struct inventory *inventory)
{
	static const struct { const char *rows, *meaning; } words[] = {
		[ROWS_OF_PACKAGES] = { "paths of packages in the database of",
			"nothing is compared with them, and what the others do not name is not called nobody's" },
		[ROWS_OF_ARCHIVES] = { "files in kept archives of packages of", "they are no witness of what was installed" },
		[ROWS_OF_CHECKERS] = { "files in the database of", "they are no witness of what was there before" },
	};
	struct notes notes = inventory_notes(inventory);

	for (size_t i = 0; i < inventory->left_out_count; i++) {
		const struct rows_left_out *left = &inventory->left_out[i];

		note(&notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &left->at, "%s %s were left out from here on, %llu of them, since %llu of all "
			"systems were kept already: %s; --limit package-files=NUMBER allows more", words[left->what].rows, left->from,
			(unsigned long long)left->count, (unsigned long long)limit_get(LIMIT_PACKAGE_FILES), words[left->what].meaning);
	}
}
