/* rpm_index.c - the indexes of a store of rpm, whole and sorted by record, and what they say of each. */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/limit.h>

#include "rpm_index.h"

void
rpm_indexes_init(struct rpm_indexes *indexes)
{
	*indexes = (struct rpm_indexes){ .names = NULL };
	map_init(&indexes->records);
}

void
rpm_indexes_release(struct rpm_indexes *indexes)
{
	for (size_t i = 0; i < RPM_INDEX_COUNT; i++)
		memory_free(indexes->tables[i].entries);
	memory_free(indexes->names);
	map_release(&indexes->records);
}

bool
rpm_index_add(struct rpm_index_table *table, uint32_t record, uint32_t number, const char *text)
{
	if (table->count >= limit_get(LIMIT_PACKAGE_FILES))
		return false;
	table->entries = memory_grow(table->entries, table->count, &table->capacity, sizeof *table->entries);
	table->entries[table->count++] = (struct rpm_index_entry){ record, number, text };
	return true;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct rpm_index_entry *one = a, *other = b;

	if (one->record != other->record)
		return one->record < other->record ? -1 : 1;
	if (one->number != other->number)
		return one->number < other->number ? -1 : 1;
	return strcmp(one->text, other->text);
}

void
rpm_index_finish(struct rpm_index_table *table)
{
	table->is_usable = table->count;
	if (table->count)
		qsort(table->entries, table->count, sizeof *table->entries, compare_entries);
}

static const struct rpm_index_entry *
first_entry(const struct rpm_index_table *table, uint32_t record)
{
	size_t low = 0, high = table->is_usable ? table->count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->entries[middle].record < record)
			low = middle + 1;
		else
			high = middle;
	}
	return table->count ? table->entries + low : NULL;
}

static bool
is_of_record(const struct rpm_index_table *table, const struct rpm_index_entry *entry, uint32_t record)
{
	return table->is_usable && entry && entry < table->entries + table->count && entry->record == record;
}

struct rpm_index
rpm_indexes_of_record(struct rpm_indexes *indexes, uint32_t number)
{
	const struct rpm_index_table *names = &indexes->tables[RPM_INDEX_BASE_NAMES];
	const struct rpm_index_table *digests = &indexes->tables[RPM_INDEX_DIGESTS];
	struct rpm_index found = { .has_base_names = names->is_usable };
	const struct rpm_index_entry *entry = first_entry(digests, number);

	map_add(&indexes->records, &number, sizeof number, 0);
	if (is_of_record(digests, entry, number))
		found.digest = entry->text;
	for (entry = first_entry(names, number); is_of_record(names, entry, number); entry++) {
		indexes->names = memory_grow(indexes->names, found.base_name_count, &indexes->name_capacity, sizeof *indexes->names);
		indexes->names[found.base_name_count++] = entry->text;
	}
	found.base_names = indexes->names;
	return found;
}

void
rpm_indexes_look_for_missing(const struct rpm_indexes *indexes, struct rpm_database *database)
{
	const struct rpm_index_table *names = &indexes->tables[RPM_INDEX_NAMES];
	uint64_t known;

	for (size_t i = 0; names->is_usable && i < names->count; i++)
		if (!map_get(&indexes->records, &names->entries[i].record, sizeof names->entries[i].record, &known))
			rpm_database_miss(database, names->entries[i].text, &names->at);
}
