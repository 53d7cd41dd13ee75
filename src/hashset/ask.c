/* ask.c - all items against all sets at once. */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/text.h>

#include "index_format.h"
#include "key_table.h"
#include "row_sorter.h"
#include "set.h"

/* The items' digests of one algorithm, in order. */
struct item_table {
	struct key_table keys;
	uint32_t        *items;		/* which item each key is of */
};

struct answer {
	size_t   item, set;
	uint64_t sequence;
	struct hash_match match;
};

struct asking {
	struct hash_set *const *sets;
	const struct digests *items;
	size_t           set;			/* the one that is being asked */
	struct item_table tables[STRENGTHS];	/* of the items, made for the first set that is read */
	uint32_t         known_of_all;		/* digests that every item has */
	struct answer   *answers;
	size_t           count, capacity;
	struct map       texts;			/* to the copies in the set's arena */
	struct arena    *arena;
};

static void
build_table(const struct digests *items, size_t count, enum digest_algorithm algorithm, struct item_table *ret_table)
{
	size_t size = digest_size(algorithm);
	struct row_sorter sorter;
	uint8_t *keys, *first;
	const uint8_t *row;

	row_sorter_open(&sorter, NULL, size + sizeof (uint32_t), size);
	for (size_t i = 0; i < count; i++)
		if (digests_get(&items[i], algorithm)) {
			const uint8_t *digest = digests_get(&items[i], algorithm);
			uint8_t *room = row_sorter_add(&sorter, digest);

			memcpy(room, digest, size);
			index_put(room + size, i, sizeof (uint32_t));
		}
	row_sorter_finish(&sorter);
	keys = memory_allocate(sorter.total, size);
	ret_table->items = memory_allocate(sorter.total, sizeof *ret_table->items);
	ret_table->keys = (struct key_table){ .keys = keys, .digest_size = size, .bits = key_table_bits(sorter.total) };
	while ((row = row_sorter_next(&sorter))) {
		memcpy(keys + ret_table->keys.count * size, row, size);
		ret_table->items[ret_table->keys.count++] = index_get_u32(row + size);
	}
	row_sorter_close(&sorter);
	first = memory_allocate(((size_t)1 << ret_table->keys.bits) + 1, KEY_FIRST_BYTES);
	key_table_fill_first(&ret_table->keys, first);
	ret_table->keys.first = first;
}

static void
build_tables(struct asking *asking, size_t item_count)
{
	if (asking->tables[0].items)
		return;
	asking->known_of_all = UINT32_MAX;
	for (size_t i = 0; i < item_count; i++)
		asking->known_of_all &= asking->items[i].known;
	for (size_t i = 0; i < STRENGTHS; i++)
		build_table(asking->items, item_count, digests_by_strength[i], &asking->tables[i]);
}

static void
release_table(struct item_table *table)
{
	memory_free((void *)(uintptr_t)table->keys.keys);
	memory_free((void *)(uintptr_t)table->keys.first);
	memory_free(table->items);
}

static const char *
keep_text(struct asking *asking, const char *text)
{
	uint64_t kept;

	if (!text || !*text)
		return "";
	if (!map_get_text(&asking->texts, text, &kept)) {
		kept = (uintptr_t)arena_copy_text(asking->arena, text);
		map_add_text(&asking->texts, text, kept);
	}
	return (const char *)(uintptr_t)kept;
}

static void
add_answer(void *context, size_t item, enum digest_algorithm by, const struct hash_row *row)
{
	struct asking *asking = context;
	struct hash_set *set = asking->sets[asking->set];
	enum hash_class class = set_row_class(row->class, set->identity.kind);

	if (hashset_is_meaningless(&asking->items[item]))
		return;
	asking->answers = memory_grow(asking->answers, asking->count, &asking->capacity, sizeof *asking->answers);
	asking->answers[asking->count] = (struct answer){
		.item = item, .set = asking->set, .sequence = asking->count,
		.match = {
			.set = set, .class = class, .by = by,
			.name = keep_text(asking, row->name), .product = keep_text(asking, row->product),
			.application_type = keep_text(asking, row->application_type),
			.actor = keep_text(asking, row->actor), .source = keep_text(asking, row->source),
			.grade = row->grade, .row = row->row,
		},
	};
	asking->count++;
}

/* A row of a set that is read: equal in the strongest digest that both have. */
static void
compare_row(void *context, const struct hash_row *row)
{
	struct asking *asking = context;
	uint32_t stronger = 0;

	for (size_t i = 0; i < STRENGTHS && !(asking->known_of_all & stronger); i++) {
		const struct item_table *table = &asking->tables[i];
		const uint8_t *bytes = digests_get(&row->digests, digests_by_strength[i]);
		struct key_range found = { .count = 0 };

		if (bytes)
			found = key_table_find(&table->keys, bytes);
		for (uint32_t j = 0; j < found.count; j++) {
			uint32_t item = table->items[found.first + j];

			if (!(asking->items[item].known & stronger))
				add_answer(asking, item, digests_by_strength[i], row);
		}
		if (bytes)
			stronger |= 1u << digests_by_strength[i];
	}
}

/* By rows of the source, so that a set answers the same compiled or not. */
static int
compare_answers(const void *a, const void *b)
{
	const struct answer *one = a, *other = b;

	if (one->item != other->item)
		return one->item < other->item ? -1 : 1;
	if (one->set != other->set)
		return one->set < other->set ? -1 : 1;
	if (one->match.row != other->match.row)
		return one->match.row < other->match.row ? -1 : 1;
	return one->sequence < other->sequence ? -1 : 1;
}

static void
ask_set(struct asking *asking, size_t item_count, const struct notes *notes)
{
	struct hash_set *set = asking->sets[asking->set];
	const struct place here = { .path = set->identity.path };
	enum status status = STATUS_NOT_MINE;

	map_init(&asking->texts);
	asking->arena = &set->arena;
	if (set->format->ask)
		status = set->format->ask(set, asking->items, item_count, add_answer, asking, notes);
	if (status == STATUS_NOT_MINE) {
		build_tables(asking, item_count);
		status = set_read(set, compare_row, asking, notes);
	}
	set->identity.asked_in_part = status < 0;
	if (status < 0)
		note(notes, status, NOTE_ARTIFACT_DAMAGED, &here,
			"hash set %s could not be asked whole: what it holds of these files may be missing", set->identity.name);
	map_release(&asking->texts);
}

void
hashset_ask(struct hash_set *const sets[], size_t set_count, const struct digests *items, size_t item_count,
	void (*found)(void *context, size_t item, const struct hash_match *match), void *context,
	const struct notes *notes)
{
	struct asking asking = { .sets = sets, .items = items };

	for (asking.set = 0; asking.set < set_count; asking.set++)
		ask_set(&asking, item_count, notes);
	if (asking.count)
		qsort(asking.answers, asking.count, sizeof *asking.answers, compare_answers);
	for (size_t i = 0; i < asking.count; i++)
		found(context, asking.answers[i].item, &asking.answers[i].match);
	memory_free(asking.answers);
	for (size_t i = 0; i < STRENGTHS; i++)
		release_table(&asking.tables[i]);
}

struct bad_names {
	struct map   seen;
	struct arena arena;
	const char **names;
	size_t       count, capacity;
};

static void
take_bad_name(void *context, const struct hash_row *row)
{
	struct bad_names *bad = context;
	const char *name, *slash;

	if (set_row_class(row->class, HASH_BAD) != HASH_BAD || !row->name)
		return;
	slash = strrchr(row->name, '\\');
	name = text_base_name(slash ? slash + 1 : row->name);
	if (!*name || !map_add_text(&bad->seen, name, 1))
		return;
	bad->names = memory_grow(bad->names, bad->count, &bad->capacity, sizeof *bad->names);
	bad->names[bad->count++] = arena_copy_text(&bad->arena, name);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
hashset_bad_names(struct hash_set *const sets[], size_t set_count, void (*add)(void *context, const char *name),
	void *context)
{
	struct bad_names bad = { .count = 0 };

	map_init(&bad.seen);
	arena_init(&bad.arena);
	for (size_t i = 0; i < set_count; i++)
		if (sets[i]->identity.kind == HASH_BAD)
			set_read(sets[i], take_bad_name, &bad, NULL);
	if (bad.count)
		qsort(bad.names, bad.count, sizeof *bad.names, compare_names);
	for (size_t i = 0; i < bad.count; i++)
		add(context, bad.names[i]);
	memory_free(bad.names);
	arena_release(&bad.arena);
	map_release(&bad.seen);
}
