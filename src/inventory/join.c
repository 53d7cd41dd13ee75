/* join.c - after the walk: files get their system, owner, hash matches; everything gets its order. */
#include <string.h>

#include <t1554triage/buffer.h>
#include <t1554triage/memory.h>

#include "order.h"

enum { ROWS_OF_ONE_PATH = 64 };

static void
place_file(struct inventory *inventory, struct file *file)
{
	const struct installed_system *system = NULL;
	const char *path = NULL;
	bool hidden = false;

	file->path = file->entry.path;
	file->evidence = file->volume = file->filesystem_type = "-";
	if (file->filesystem >= inventory->filesystem_count)
		return;
	file->evidence = inventory->filesystems[file->filesystem].fact.evidence;
	file->volume = inventory->filesystems[file->filesystem].fact.volume;
	file->filesystem_type = inventory->filesystems[file->filesystem].fact.type;
	if (!systems_path(&inventory->systems, file->filesystem, file->entry.path, &inventory->arena,
	    &system, &path, &hidden))
		return;
	file->system = system;
	file->path = path;
}

/* What package databases say is asked for what a running system would have seen there. */
static bool
may_be_packaged(const struct file *file)
{
	return file->system && file->entry.state == ENTRY_ALLOCATED && !file->entry.stream;
}

static void
join_rows(struct inventory *inventory, struct file *file)
{
	const struct package_file *rows[ROWS_OF_ONE_PATH], **copy;
	size_t count;

	if (!may_be_packaged(file))
		return;
	count = inventory_rows(inventory, file->system->id, file->path, rows, ROWS_OF_ONE_PATH);
	if (!count)
		return;
	copy = arena_allocate(&inventory->arena, count * sizeof *copy);
	memcpy(copy, rows, count * sizeof *copy);
	file->rows = copy;
	file->row_count = count;
}

/* What tells one content from another; false: nothing does. */
static bool
content_key(const struct file *file, struct buffer *key)
{
	buffer_clear(key);
	if (!file->entry.inode)
		return false;
	buffer_add_text(key, file->system ? file->system->id : "-");
	buffer_add_char(key, ' ');
	buffer_add_u64(key, file->filesystem);
	buffer_add_char(key, (char)('a' + file->entry.state));
	buffer_add_char(key, file->is_link_for_row ? '>' : ' ');
	buffer_add_text(key, file->entry.inode);
	buffer_add_char(key, ' ');
	buffer_add_text(key, file->entry.stream ? file->entry.stream : "");
	return true;
}

static void
tie_names(struct inventory *inventory)
{
	struct buffer key;
	struct map known;

	map_init(&known);
	buffer_init(&key, 0);
	for (size_t i = 0; i < inventory->file_count; i++) {
		struct file *file = &inventory->files[i];
		uint64_t first = i;

		if (content_key(file, &key) && !map_add(&known, key.bytes, key.length, i))
			map_get(&known, key.bytes, key.length, &first);
		file->first_name = (uint32_t)first;
	}
	buffer_release(&key);
	map_release(&known);
}

static void
index_paths(struct inventory *inventory)
{
	char key[PATH_KEY_BYTES];

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];
		size_t length;

		if (!may_be_packaged(file))
			continue;
		length = path_key(file->system->id, file->path, key, sizeof key);
		if (length)
			map_add(&inventory->file_by_path, key, length, i);
	}
}

const struct file *
inventory_file(const struct inventory *inventory, const char *system, const char *path)
{
	char key[PATH_KEY_BYTES];
	size_t length = path_key(system, path, key, sizeof key);
	uint64_t number;

	if (!length || !map_get(&inventory->file_by_path, key, length, &number))
		return NULL;
	return &inventory->files[number];
}

const struct file *
inventory_link_target(const struct inventory *inventory, const struct file *file)
{
	const struct file *target;
	struct buffer path;

	if (!file->entry.link_target || !file->system)
		return NULL;
	buffer_init(&path, 0);
	path_add_link_target(&path, file->path, file->entry.link_target);
	target = inventory_file(inventory, file->system->id, path.bytes);
	buffer_release(&path);
	return target;
}

/* Blocks that belong to another file by now would answer for that one. */
static bool
may_be_asked(const struct file *file)
{
	return file->digests.known && file->entry.state != ENTRY_REALLOCATED &&
	       file->entry.content_state == CONTENT_INTACT;
}

struct asking {
	struct inventory  *inventory;
	const uint32_t    *numbers;		/* of files, one an item */
	struct hash_match *matches;
	size_t            *items;		/* which item each match is of */
	size_t             count, match_capacity, item_capacity;
};

static void
take_match(void *context, size_t item, const struct hash_match *match)
{
	struct asking *asking = context;
	struct arena *arena = &asking->inventory->arena;
	struct hash_match copy = *match;

	copy.name = arena_copy_text(arena, match->name ? match->name : "");
	copy.product = arena_copy_text(arena, match->product ? match->product : "");
	copy.application_type = arena_copy_text(arena, match->application_type ? match->application_type : "");
	copy.actor = arena_copy_text(arena, match->actor ? match->actor : "");
	copy.source = arena_copy_text(arena, match->source ? match->source : "");
	asking->matches = memory_grow(asking->matches, asking->count, &asking->match_capacity,
		sizeof *asking->matches);
	asking->items = memory_grow(asking->items, asking->count, &asking->item_capacity,
		sizeof *asking->items);
	asking->matches[asking->count] = copy;
	asking->items[asking->count++] = item;
}

/* Matches come in the order of items: each run becomes the list of one file. */
static void
hand_out_matches(struct asking *asking)
{
	struct inventory *inventory = asking->inventory;
	struct hash_match *kept = arena_allocate(&inventory->arena, (asking->count + 1) * sizeof *kept);

	if (asking->count)
		memcpy(kept, asking->matches, asking->count * sizeof *kept);
	for (size_t i = 0; i < asking->count; i++) {
		struct file *file = &inventory->files[asking->numbers[asking->items[i]]];

		if (!file->match_count++)
			file->matches = &kept[i];
	}
}

static void
ask_sets(struct inventory *inventory)
{
	struct notes notes = inventory_notes(inventory);
	struct digests *digests = memory_allocate(inventory->file_count, sizeof *digests);
	uint32_t *numbers = memory_allocate(inventory->file_count, sizeof *numbers);
	struct asking asking = { .inventory = inventory, .numbers = numbers };
	size_t count = 0;

	for (size_t i = 0; i < inventory->file_count; i++) {
		inventory->files[i].matches = NULL;
		inventory->files[i].match_count = 0;
		if (may_be_asked(&inventory->files[i])) {
			digests[count] = inventory->files[i].digests;
			numbers[count++] = (uint32_t)i;
		}
	}
	if (inventory->set_count)
		hashset_ask(inventory->sets, inventory->set_count, digests, count, take_match, &asking, &notes);
	hand_out_matches(&asking);
	memory_free(asking.matches);
	memory_free(asking.items);
	memory_free(numbers);
	memory_free(digests);
}

void
inventory_finish(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->file_count; i++)
		place_file(inventory, &inventory->files[i]);
	order_facts(inventory);
	for (size_t i = 0; i < inventory->file_count; i++) {
		inventory->files[i].number = (uint32_t)i;
		join_rows(inventory, &inventory->files[i]);
	}
	tie_names(inventory);
	index_paths(inventory);
	inventory_index_events(inventory);
	inventory_date_locks(inventory);
	inventory_set_absence(inventory);
	inventory_set_states(inventory);
	inventory_find_copies(inventory);
	ask_sets(inventory);
	inventory_tie_events(inventory);
	inventory_note_left_out(inventory);
	order_notes(inventory);
}
