/* test_disk_account.c - tables of a virtual disk held against their file: what is named twice, what is left out, and too many parts. */
#include <string.h>

#include "../../src/image/disk.h"
#include "tap.h"

enum { UNIT = 512, UNITS = 1000, MANY_UNITS = (4 << 20) + 2 };

/* Units lie in the file one after the other from its end to its beginning, so that no two are one part. */
struct fake { struct disk_layer layer; uint64_t units, twice, lost; };

static struct disk_piece
map(struct disk_layer *layer, uint64_t offset)
{
	const struct fake *fake = (const struct fake *)layer;
	uint64_t unit = offset / UNIT, at = fake->units - unit;

	if (unit == fake->lost)
		return (struct disk_piece){ .kind = DISK_BELOW, .length = UNIT };
	if (unit == fake->twice)
		at = fake->units;
	return (struct disk_piece){ .kind = DISK_DATA, .length = UNIT, .file = layer->file, .offset = at * UNIT };
}

static void
claim(struct disk_layer *layer, struct disk_places *places)
{
	(void)layer;
	disk_places_add(places, 0, UNIT, false);
}

static uint64_t
find_left_out(struct disk_layer *layer, uint64_t from, uint64_t to)
{
	(void)layer;
	return from < to ? from : UINT64_MAX;
}

struct noted { size_t count; enum note_kind kind; bool incomplete; char text[200]; };

static void
take_note(void *context, const struct note *note)
{
	struct noted *noted = context;

	noted->count++;
	noted->kind = note->kind;
	noted->incomplete = note->incomplete;
	snprintf(noted->text, sizeof noted->text, "%s", note->text);
}

static struct noted
account(struct fake *fake, enum status expected, const char *what)
{
	struct source source = { .size = (fake->units + 1) * UNIT };
	struct disk_file file = { .source = &source, .name = "disk" };
	struct noted noted = { .count = 0 };
	const struct notes notes = { .add = take_note, .context = &noted };
	struct disk disk = { .evidence = "E1", .notes = &notes };

	arena_init(&disk.arena);
	fake->layer = (struct disk_layer){ .disk = &disk, .file = &file, .size = fake->units * UNIT, .map = map, .unit = UNIT,
		.claim = claim, .find_left_out = find_left_out };
	IS(disk_account(&disk, &fake->layer), expected, what);
	fake->layer.twice = NULL;
	arena_release(&disk.arena);
	return noted;
}

int
main(void)
{
	struct fake fake = { .units = UNITS, .twice = UINT64_MAX, .lost = UINT64_MAX };
	struct noted noted = account(&fake, STATUS_OK, "each unit has its place");

	IS(noted.count, 0, "nothing is noted");
	OK(!fake.layer.twice_count && !fake.layer.holes_are_lost, "and nothing doubted");

	fake.lost = 500;
	noted = account(&fake, STATUS_DAMAGED, "a part to which nothing leads");
	OK(noted.count == 1 && noted.kind == NOTE_IMAGE_DAMAGED && fake.layer.holes_are_lost, "is told, and holes are lost");

	fake.lost = UINT64_MAX;
	fake.twice = 500;
	account(&fake, STATUS_DAMAGED, "a part of two places");
	OK(fake.layer.twice_count == 1 && fake.layer.holes_are_lost, "is doubted, and what it should be is left out");

	fake = (struct fake){ .units = MANY_UNITS, .twice = 7, .lost = UINT64_MAX };
	noted = account(&fake, STATUS_OK, "more separate parts than are kept");
	OK(noted.count == 1 && noted.kind == NOTE_NOT_VERIFIED && strstr(noted.text, "not held against"), "that is said");
	OK(!fake.layer.twice_count && !fake.layer.holes_are_lost, "and nothing is doubted");
	return tap_done();
}
