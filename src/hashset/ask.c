/* ask.c - all items against all sets at once. */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/text.h>

#include "key_table.h"
#include "set.h"

/* The strongest first: it decides where a row and an item have several digests in common. */
static const enum digest_algorithm by_strength[] = { DIGEST_SHA256, DIGEST_SHA1, DIGEST_MD5 };
enum { STRENGTHS = 3 };

struct answer {
	size_t   item, set;
	uint64_t sequence;
	struct hash_match match;
};

struct asking {
	struct hash_set *const *sets;
	const struct digests *items;
	size_t           set;			/* the one that is being asked */
	struct key_table tables[STRENGTHS];	/* of the items, made for the first set that is read */
	struct answer   *answers;
	size_t           count, capacity;
	struct map       texts;			/* to the copies in the set's arena */
	struct arena    *arena;
};

static void
build_table(const struct digests *items, size_t count, enum digest_algorithm algorithm, struct key_table *ret_table)
{
	size_t row_size = digest_size(algorithm) + KEY_NUMBER_BYTES;
	uint8_t *rows = memory_allocate(count, row_size), *first;
	size_t rows_count = 0;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *bytes = digests_get(&items[i], algorithm);
		uint8_t *row = rows + rows_count * row_size;

		if (!bytes)
			continue;
		memcpy(row, bytes, digest_size(algorithm));
		key_row_set_number(row, digest_size(algorithm), (uint32_t)i);
		rows_count++;
	}
	key_rows_sort(rows, rows_count, row_size);
	*ret_table = (struct key_table){ .rows = rows, .digest_size = digest_size(algorithm), .count = rows_count,
		.bits = key_table_bits(rows_count) };
	first = memory_allocate(((size_t)1 << ret_table->bits) + 1, 8);
	key_table_fill_first(rows, rows_count, row_size, ret_table->bits, first);
	ret_table->first = first;
}

static void
build_tables(struct asking *asking, size_t item_count)
{
	for (size_t i = 0; i < STRENGTHS && !asking->tables[i].rows; i++)
		build_table(asking->items, item_count, by_strength[i], &asking->tables[i]);
}

static void
release_table(struct key_table *table)
{
	memory_free((void *)(uintptr_t)table->rows);
	memory_free((void *)(uintptr_t)table->first);
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

	if (class == HASH_BAD && set_is_empty_content(&asking->items[item]))
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

	for (size_t i = 0; i < STRENGTHS; i++) {
		const struct key_table *table = &asking->tables[i];
		const uint8_t *bytes = digests_get(&row->digests, by_strength[i]);
		uint64_t first, count = 0;

		if (bytes)
			key_table_find(table, bytes, &first, &count);
		for (uint64_t j = 0; j < count; j++) {
			uint32_t item = key_row_number(table, first + j);

			if (!(asking->items[item].known & stronger))
				add_answer(asking, item, by_strength[i], row);
		}
		if (bytes)
			stronger |= 1u << by_strength[i];
	}
}

static int
compare_answers(const void *a, const void *b)
{
	const struct answer *one = a, *other = b;

	if (one->item != other->item)
		return one->item < other->item ? -1 : 1;
	if (one->set != other->set)
		return one->set < other->set ? -1 : 1;
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

	if (row->class != HASH_BAD || !row->name)
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
