/* difference.c - what differs between altered files and their originals, kept and tied to the files. */
#include <stdlib.h>

#include "order.h"

void
inventory_add_difference(struct inventory *inventory, const struct difference *difference)
{
	struct difference *copy;

	inventory->differences = memory_grow(inventory->differences, inventory->difference_count, &inventory->difference_capacity,
		sizeof *inventory->differences);
	copy = &inventory->differences[inventory->difference_count++];
	*copy = *difference;
	copy->items = NULL;
	copy->item_count = copy->item_capacity = 0;
	copy->original = inventory_shared_text(inventory, difference->original);
	copy->product = inventory_shared_text(inventory, difference->product);
	copy->member = inventory_shared_text(inventory, difference->member);
	copy->sha256 = inventory_shared_text(inventory, difference->sha256);
}

void
inventory_add_difference_item(struct inventory *inventory, const struct difference_item *item)
{
	struct difference *difference = inventory->difference_count ? &inventory->differences[inventory->difference_count - 1] : NULL;
	struct difference_item *copy;

	if (!difference || difference->item_count == DIFFERENCE_ITEMS_MOST)
		return;
	difference->items = memory_grow(difference->items, difference->item_count, &difference->item_capacity,
		sizeof *difference->items);
	copy = &difference->items[difference->item_count++];
	*copy = *item;
	copy->name = inventory_shared_text(inventory, item->name);
}

static int
by_file(const void *a, const void *b)
{
	const struct difference *one = a, *other = b;

	return one->file < other->file ? -1 : one->file > other->file;
}

/* They come in the order in which processes end. */
void
inventory_set_differences(struct inventory *inventory)
{
	if (inventory->difference_count)
		qsort(inventory->differences, inventory->difference_count, sizeof *inventory->differences, by_file);
	for (size_t i = 0; i < inventory->difference_count; i++) {
		const struct difference *difference = &inventory->differences[i];

		for (size_t f = 0; difference->file < inventory->file_count && f < inventory->file_count; f++)
			if (inventory->files[f].first_name == inventory->files[difference->file].first_name)
				inventory->files[f].difference = difference;
	}
}

void
inventory_release_differences(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->difference_count; i++)
		memory_free(inventory->differences[i].items);
	memory_free(inventory->differences);
}
