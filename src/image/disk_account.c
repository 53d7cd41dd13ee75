/*
 * disk_account.c - whether the tables of a virtual disk can be whole: no part of a file stands for two places of the
 * medium, and no part that was written is left out.
 *
 * The tables have no checksums.  An entry that was lost leaves a part of the file that nothing leads to, and the
 * medium would be read as zeros there; an entry that was altered mostly leads to a part that another one names too.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"

/* Of a disk whose parts lie in no order, 256 GiB of 64 KiB each; 96 MiB of memory. */
enum { PLACES_MAX = 4 << 20 };

struct disk_places {
	struct disk_range *items;
	size_t count, capacity;
	bool   is_full;
};

void
disk_places_add(struct disk_places *places, uint64_t from, uint64_t to, bool may_be_shared)
{
	struct disk_range *last = places->count ? &places->items[places->count - 1] : NULL;

	if (to <= from)
		return;
	if (last && last->may_be_shared == may_be_shared && (from == last->to ||
	    (may_be_shared && from >= last->from && from <= last->to))) {
		last->to = to > last->to ? to : last->to;
		return;
	}
	places->is_full = places->count == PLACES_MAX;
	if (places->is_full)
		return;
	places->items = memory_grow(places->items, places->count, &places->capacity, sizeof *places->items);
	places->items[places->count++] = (struct disk_range){ from, to, may_be_shared };
}

static int
compare_places(const void *a, const void *b)
{
	const struct disk_range *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* Every part of the file that the tables lead to; false where they name more than the file has room to name. */
static bool
collect(struct disk_layer *layer, struct disk_places *places)
{
	uint64_t left = layer->file->source->size / 2 + 65536;
	uint64_t last = UINT64_MAX;

	for (uint64_t at = 0; at < layer->size && !places->is_full; ) {
		struct disk_piece piece = layer->map(layer, at);
		uint64_t within = at % layer->unit, start = piece.offset - within;

		if (!left-- || !piece.length)
			return false;
		if (piece.kind == DISK_PACKED)
			disk_places_add(places, piece.offset / layer->unit * layer->unit,
				(piece.offset + piece.packed + layer->unit - 1) / layer->unit * layer->unit, true);
		else if (piece.kind == DISK_DATA && piece.offset >= within && start >= layer->lead && last != at / layer->unit)
			disk_places_add(places, start - layer->lead, start + layer->unit, false);
		if (piece.kind == DISK_DATA)
			last = at / layer->unit;
		if (__builtin_add_overflow(at, piece.length, &at))
			break;
	}
	return true;
}

struct account {
	struct disk_places twice;
	uint64_t lost_at;	/* byte of the file; UINT64_MAX: nothing is left out */
};

/* In order of the file: where two overlap, and what lies between them. */
static void
sweep(struct disk_layer *layer, struct disk_places *places, struct account *account)
{
	uint64_t end = 0, size = layer->file->source->size;
	bool end_is_shared = false;

	qsort(places->items, places->count, sizeof *places->items, compare_places);
	for (size_t i = 0; i < places->count; i++) {
		const struct disk_range *item = &places->items[i];

		if (item->from < end && !(item->may_be_shared && end_is_shared))
			disk_places_add(&account->twice, item->from, item->to < end ? item->to : end, false);
		if (end < size && item->from > end && account->lost_at == UINT64_MAX)
			account->lost_at = layer->find_left_out(layer, end, item->from < size ? item->from : size);
		if (item->to > end) {
			end = item->to;
			end_is_shared = item->may_be_shared;
		}
	}
	if (end < size && account->lost_at == UINT64_MAX)
		account->lost_at = layer->find_left_out(layer, end, size);
}

static enum status
say(struct disk *disk, struct disk_layer *layer, const struct account *account)
{
	enum status status = STATUS_OK;

	if (account->twice.count)
		status = disk_note(disk, layer->file, STATUS_DAMAGED, NOTE_IMAGE_DAMAGED,
			"the tables of %s lead to one part of the file for two places (the first at its byte %" PRIu64 "): they are "
			"damaged, and what lies there is counted as damage; compare with a second copy",
			layer->file->name, account->twice.items[0].from);
	if (account->lost_at != UINT64_MAX)
		status = disk_note(disk, layer->file, STATUS_DAMAGED, NOTE_IMAGE_DAMAGED,
			"%s holds parts that its tables do not lead to (the first at its byte %" PRIu64 "): the tables are "
			"damaged, or their writer was stopped; what they call empty is counted as damage; compare with a second "
			"copy", layer->file->name, account->lost_at);
	return status;
}

enum status
disk_account(struct disk *disk, struct disk_layer *layer)
{
	struct disk_places places = { .count = 0 };
	struct account account = { .lost_at = UINT64_MAX };
	enum status status;

	if (!layer->unit || !layer->find_left_out)
		return STATUS_OK;
	layer->claim(layer, &places);
	if (!collect(layer, &places)) {
		memory_free(places.items);
		return disk_note(disk, layer->file, STATUS_UNREADABLE, NOTE_IMAGE_INCOMPLETE,
			"%s cannot be read: its tables name more parts than its file has room for; compare with a second copy", layer->file->name);
	}
	if (places.is_full) {
		memory_free(places.items);
		return disk_note(disk, layer->file, STATUS_OK, NOTE_NOT_VERIFIED, "the tables of %s were not held against its file: "
			"they lead to more than %u separate parts", layer->file->name, (unsigned)PLACES_MAX);
	}
	sweep(layer, &places, &account);
	status = say(disk, layer, &account);
	if (account.twice.count) {
		layer->twice = memcpy(arena_allocate(&disk->arena, account.twice.count * sizeof *account.twice.items),
			account.twice.items, account.twice.count * sizeof *account.twice.items);
		layer->twice_count = account.twice.count;
	}
	layer->holes_are_lost = account.lost_at != UINT64_MAX;
	memory_free(account.twice.items);
	memory_free(places.items);
	return status;
}

static bool
is_twice(const struct disk_layer *layer, uint64_t from, uint64_t length)
{
	size_t low = 0, high = layer->twice_count;

	while (low < high) {	/* the first that ends behind from */
		size_t middle = low + (high - low) / 2;

		if (layer->twice[middle].to <= from)
			low = middle + 1;
		else
			high = middle;
	}
	return low < layer->twice_count && layer->twice[low].from < from + length;
}

struct disk_piece
disk_judge(const struct disk_layer *layer, struct disk_piece piece)
{
	if (piece.kind == DISK_BELOW && layer->holes_are_lost)
		return disk_lost(piece.length, "a table of the image calls this empty, and entries of its tables were lost");
	if ((piece.kind == DISK_DATA && is_twice(layer, piece.offset, piece.length)) ||
	    (piece.kind == DISK_PACKED && is_twice(layer, piece.offset, piece.packed)))
		return disk_lost(piece.length, "a table of the image leads to a part of the file that is another's");
	return piece;
}
