/* rows.c - what the package databases say of a path: rows by place, diversions laid over them. */
#include <string.h>

#include <t1554triage/buffer.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "key.h"
#include "order.h"

size_t
path_key(const char *system, const char *path, char *key, size_t capacity)
{
	size_t system_length = strlen(system), path_length = strlen(path);

	if (system_length + path_length + 2 > capacity)
		return 0;
	memcpy(key, system, system_length + 1);
	memcpy(key + system_length + 1, path, path_length);
	return system_length + 1 + path_length;
}

/* "s1\0dpkg\0name\0arch", or without the last part. */
static size_t
package_key(const char *system, const char *manager, const char *name, const char *architecture,
	char *key, size_t capacity)
{
	const char *const parts[] = { system ? system : "", manager ? manager : "", name ? name : "", architecture };

	return key_of_parts(parts, sizeof parts / sizeof *parts, key, capacity);
}

const struct package *
inventory_package(const struct inventory *inventory, const char *system, const char *manager,
	const char *name, const char *architecture)
{
	char key[PATH_KEY_BYTES];
	size_t length;
	uint64_t number;

	length = package_key(system, manager, name, architecture, key, sizeof key);
	if (length && architecture && map_get(&inventory->package_by_name, key, length, &number))
		return &inventory->packages[number];
	length = package_key(system, manager, name, NULL, key, sizeof key);
	if (length && map_get(&inventory->package_by_name, key, length, &number))
		return &inventory->packages[number];
	return NULL;
}

static void
index_names(struct inventory *inventory)
{
	char key[PATH_KEY_BYTES];

	for (size_t i = 0; i < inventory->package_count; i++) {
		const struct package *package = &inventory->packages[i];
		size_t length = package_key(package->system, package->manager, package->name,
			package->architecture, key, sizeof key);

		if (length)
			map_add(&inventory->package_by_name, key, length, i);
		/* The first of several architectures answers for the bare name. */
		length = package_key(package->system, package->manager, package->name, NULL, key, sizeof key);
		if (length)
			map_add(&inventory->package_by_name, key, length, i);
	}
}

static size_t
folder_length(const char *path)
{
	return (size_t)(text_base_name(path) - path);
}

/* Folders that a link moves (usr-merge), learnt from the rows: "s1\0/bin/" -> a row whose canonical path tells. */
static void
learn_folders(const struct inventory *inventory, struct map *folders)
{
	char key[PATH_KEY_BYTES];

	for (size_t i = 0; i < inventory->package_file_count; i++) {
		const struct package_file *row = &inventory->package_files[i];
		size_t length;

		if (!row->canonical || !row->system)
			continue;
		length = path_key(row->system, row->path, key, sizeof key);
		if (length)
			map_add(folders, key, length - strlen(text_base_name(row->path)), i);
	}
}

/* The path with its folder as the rows have it. */
static const char *
resolved(struct inventory *inventory, const struct map *folders, const char *system, const char *path)
{
	char key[PATH_KEY_BYTES];
	size_t length = path_key(system, path, key, sizeof key);
	const char *canonical;
	uint64_t number;

	if (!length || !map_get(folders, key, length - strlen(text_base_name(path)), &number))
		return path;
	canonical = inventory->package_files[number].canonical;
	return arena_format(&inventory->arena, "%.*s%s", (int)folder_length(canonical), canonical,
		text_base_name(path));
}

/* A file of any other package that would lie at "from" lies at "to". */
static void
lay_diversions(struct inventory *inventory)
{
	char key[PATH_KEY_BYTES];
	struct map folders, diverted;

	map_init(&folders);
	map_init(&diverted);
	learn_folders(inventory, &folders);
	for (size_t i = 0; i < inventory->diversion_count; i++) {
		struct package_diversion *diversion = &inventory->diversions[i];
		size_t length;

		if (!diversion->system || !diversion->from || !diversion->to)
			continue;
		diversion->from = resolved(inventory, &folders, diversion->system, diversion->from);
		diversion->to = resolved(inventory, &folders, diversion->system, diversion->to);
		length = path_key(diversion->system, diversion->from, key, sizeof key);
		if (length)
			map_add(&diverted, key, length, i);
	}
	for (size_t i = 0; diverted.count && i < inventory->package_file_count; i++) {
		struct package_file *row = &inventory->package_files[i];
		size_t length = row->system ? path_key(row->system,
			row->canonical ? row->canonical : row->path, key, sizeof key) : 0;
		uint64_t number;

		if (!length || !map_get(&diverted, key, length, &number))
			continue;
		if (order_text(inventory->diversions[number].package, row->package))
			row->diverted_to = inventory->diversions[number].to;
	}
	map_release(&folders);
	map_release(&diverted);
}

static bool
counts(const struct inventory *inventory, const struct package_file *row)
{
	const struct package *package;

	if (!row->system || !row->path || row->is_interrupted)
		return false;
	package = inventory_package(inventory, row->system, row->manager, row->package, row->architecture);
	/* A package that an interruption left half-way still owns its files. */
	if (!package || package->is_installed || package->is_unfinished)
		return true;
	/* Of one that was removed its settings stay, and its script that would take them away: they are not nobody's. */
	return row->kind == PACKAGE_FILE_SCRIPT || (row->kind == PACKAGE_FILE_CONFIG && text_has_prefix(row->path, "/etc/"));
}

/* Rows lie sorted by place, so a chain is a run; rows of packages that are gone are in none. */
static void
index_rows(struct inventory *inventory)
{
	char key[PATH_KEY_BYTES];
	uint32_t last = UINT32_MAX;

	inventory->row_next = memory_allocate(inventory->package_file_count, sizeof *inventory->row_next);
	for (size_t i = 0; i < inventory->package_file_count; i++) {
		const struct package_file *row = &inventory->package_files[i];
		size_t length;

		inventory->row_next[i] = UINT32_MAX;
		if (!counts(inventory, row))
			continue;
		length = path_key(row->system, row_place(row), key, sizeof key);
		if (length && !map_add(&inventory->rows_by_path, key, length, i))
			inventory->row_next[last] = (uint32_t)i;
		if (length)
			last = (uint32_t)i;
	}
}

static const char *
baseline_place(const struct package_baseline *baseline)
{
	return baseline->canonical ? baseline->canonical : baseline->path;
}

/* They lie sorted by place: the first of each. */
static void
index_baselines(struct inventory *inventory)
{
	char key[PATH_KEY_BYTES];

	for (size_t i = 0; i < inventory->baseline_count; i++) {
		const struct package_baseline *baseline = &inventory->baselines[i];
		size_t length = baseline->system && baseline->path ?
			path_key(baseline->system, baseline_place(baseline), key, sizeof key) : 0;

		if (length)
			map_add(&inventory->baselines_by_path, key, length, i);
	}
}

const struct package_baseline *
inventory_baselines(const struct inventory *inventory, const char *system, const char *path, size_t *ret_count)
{
	char key[PATH_KEY_BYTES];
	size_t length = path_key(system, path, key, sizeof key), end;
	uint64_t first;

	*ret_count = 0;
	if (!length || !map_get(&inventory->baselines_by_path, key, length, &first))
		return NULL;
	for (end = (size_t)first; end < inventory->baseline_count &&
	     !order_text(inventory->baselines[end].system, system) &&
	     !order_text(baseline_place(&inventory->baselines[end]), path); end++)
		continue;
	*ret_count = end - (size_t)first;
	return &inventory->baselines[first];
}

void
inventory_index_packages(struct inventory *inventory)
{
	/* Again where further systems were found: numbers of rows are others then. */
	map_release(&inventory->package_by_name);
	map_init(&inventory->package_by_name);
	map_release(&inventory->rows_by_path);
	map_init(&inventory->rows_by_path);
	map_release(&inventory->baselines_by_path);
	map_init(&inventory->baselines_by_path);
	memory_free(inventory->row_next);
	/* The sorted order decides who answers for a name and which of two diversions counts. */
	order_packages(inventory);
	index_names(inventory);
	lay_diversions(inventory);
	inventory_lay_witnesses(inventory);
	order_packages(inventory);
	index_rows(inventory);
	index_baselines(inventory);
}

size_t
inventory_rows(const struct inventory *inventory, const char *system, const char *path,
	const struct package_file **ret_rows, size_t row_limit)
{
	char key[PATH_KEY_BYTES];
	size_t length = path_key(system, path, key, sizeof key), count = 0;
	uint64_t first;

	if (!length || !map_get(&inventory->rows_by_path, key, length, &first))
		return 0;
	for (uint32_t i = (uint32_t)first; i != UINT32_MAX && count < row_limit; i = inventory->row_next[i])
		ret_rows[count++] = &inventory->package_files[i];
	return count;
}

const struct package_diversion *
inventory_diversion(const struct inventory *inventory, const char *system, const char *path)
{
	for (size_t i = 0; i < inventory->diversion_count; i++) {
		const struct package_diversion *diversion = &inventory->diversions[i];

		if (!order_text(diversion->system, system) && !order_text(diversion->from, path))
			return diversion;
	}
	return NULL;
}
