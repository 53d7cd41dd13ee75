/* package_file_missing.c - nothing lies where an installed package put a program; one finding a package. */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "finding.h"

enum { PATHS_NAMED = 5, TELLING_BYTES = 64, MODE_ANY_EXECUTE = 0111 };

struct missing {
	const struct package_file *row;
	const struct package      *package;
	const struct file         *elsewhere;	/* an unpackaged program with the recorded content, NULL */
};

struct missing_list {
	struct missing *items;
	size_t          count, capacity;
};

static bool
lies_in_one_of(const char *path, const char *const *folders)
{
	for (; *folders; folders++)
		if (text_has_prefix(path, *folders))
			return true;
	return false;
}

/* By the name and place alone: of what is not there nothing else is known. */
static bool
is_program_place(const struct package_file *row, const char *path)
{
	static const char *const programs[] = { "/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/libexec/",
		"/libexec/", NULL };
	/* Only code that a slimmed system keeps: examples in /usr/share/doc are left out often. */
	static const char *const code[] = { "/lib", "/usr/lib", "/usr/share/perl", "/usr/share/python3/", NULL };
	const char *name = text_base_name(path);

	if (lies_in_one_of(path, programs))
		return true;
	if (!lies_in_one_of(path, code))
		return false;
	return binary_type_by_name(name) != PROGRAM_OTHER || text_has_suffix(name, ".so") || strstr(name, ".so.") ||
	       strstr(name, ".ko.") || (row->has_mode && row->mode & MODE_ANY_EXECUTE);
}

/* By package; rows of one package by place. */
static int
by_package(const void *left, const void *right)
{
	const struct missing *a = left, *b = right;
	int order;

	/* Both lie sorted in their lists. */
	if (a->package != b->package)
		return a->package < b->package ? -1 : 1;
	order = text_compare(inventory_row_place(a->row), inventory_row_place(b->row));
	return order ? order : (a->row > b->row) - (a->row < b->row);
}

static void
collect(const struct inventory *inventory, const char *system, struct missing_list *list)
{
	size_t there = 0;

	for (size_t i = 0; i < inventory->package_file_count; i++) {
		const struct package_file *row = &inventory->package_files[i];
		enum presence presence;

		if (text_compare(row->system, system) || !is_program_place(row, inventory_row_place(row)))
			continue;
		presence = inventory_presence(inventory, row);
		there += presence == PRESENCE_THERE;
		if (presence != PRESENCE_MISSING)
			continue;
		list->items = memory_grow(list->items, list->count, &list->capacity, sizeof *list->items);
		list->items[list->count++] = (struct missing){ .row = row, .package = inventory_package(inventory,
			row->system, row->manager, row->package, row->architecture) };
	}
	/* Where hardly anything is there, the system lies elsewhere in part (layers, a volume that nothing names). */
	if (list->count > there)
		list->count = 0;
	if (list->count)
		qsort(list->items, list->count, sizeof *list->items, by_package);
}

static bool
may_be_moved(const struct file *file)
{
	return file_is_live(file) && file_is_program(file) && !file->row_count && !file->unreliable &&
	       !file->entry.stream && file->entry.size >= TELLING_BYTES;
}

static void
find_elsewhere(const struct inventory *inventory, const char *system, struct missing_list *list)
{
	static const enum digest_algorithm algorithms[] = { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 };
	struct map digests;

	map_init(&digests);
	for (size_t i = 0; i < list->count; i++)
		map_add(&digests, list->items[i].row->digest.bytes,
			digest_size(list->items[i].row->digest.algorithm), i);
	for (size_t i = 0; list->count && i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (!may_be_moved(file) || strcmp(file->system->id, system))
			continue;
		for (size_t k = 0; k < sizeof algorithms / sizeof algorithms[0]; k++) {
			const uint8_t *bytes = digests_get(&file->digests, algorithms[k]);
			uint64_t number;

			if (bytes && map_get(&digests, bytes, digest_size(algorithms[k]), &number) &&
			    !list->items[number].elsewhere)
				list->items[number].elsewhere = file;
		}
	}
	map_release(&digests);
}

static bool
is_kept_out_of_sight(const struct file *file)
{
	return path_is_hidden(file->path) || path_is_world_writable(file->path);
}

static void
say_elsewhere(struct draft *draft, const struct missing *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct file *file = items[i].elsewhere;
		struct place place;

		if (!file)
			continue;
		buffer_add_format(&draft->text, "; the content recorded for %s lies at %s",
			inventory_row_place(items[i].row), file->path);
		if (is_kept_out_of_sight(file))
			draft->finding.severity = SEVERITY_MEDIUM;
		place = file_place(file);
		draft_see(draft, &place, NULL);
	}
}

/* Rows of one package; two rows of one place are one file. */
static void
say_package(const struct check *self, const struct missing *items, size_t count, struct findings *out)
{
	const char *before = "";
	struct draft draft;
	size_t files = 0;

	draft_begin(&draft, self, NULL, out);
	draft.subject.evidence = items->row->at.evidence;
	draft.subject.system = items->row->system;
	draft.subject.path = inventory_row_place(items->row);
	draft.finding.support = SUPPORT_LIMITED;
	add_package(&draft.text, items->package, items->row);
	buffer_add_text(&draft.text, " records programs where nothing lies, neither file nor link: ");
	for (size_t i = 0; i < count; i++) {
		const char *path = inventory_row_place(items[i].row);

		if (!strcmp(before, path))
			continue;
		before = path;
		if (++files > PATHS_NAMED)
			continue;
		buffer_add_format(&draft.text, "%s%s", files > 1 ? ", " : "", path);
		draft_see_row(&draft, items[i].row, items->package);
	}
	if (files > PATHS_NAMED)
		buffer_add_format(&draft.text, " and %zu more", files - PATHS_NAMED);
	buffer_add_format(&draft.text, " (%zu in all); the package database and the file system were read whole", files);
	say_elsewhere(&draft, items, count);
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	for (size_t i = 0; i < inventory->systems.count; i++) {
		const char *system = inventory->systems.items[i].id;
		struct missing_list list = { .items = NULL };

		collect(inventory, system, &list);
		find_elsewhere(inventory, system, &list);
		for (size_t first = 0, end = 0; first < list.count; first = end) {
			while (end < list.count && list.items[end].package == list.items[first].package)
				end++;
			say_package(self, &list.items[first], end - first, out);
		}
		memory_free(list.items);
	}
}

const struct check package_file_missing_check = {
	.id       = "package-file-missing",
	.title    = "nothing lies where an installed package put a program",
	.severity = SEVERITY_LOW,
	.playbook = "Key Indicators: changes to common executable binaries without corresponding update processes",
	.innocent = "an administrator removed it, a removal or update was interrupted, the package manager was told to leave "
		"it out (path-exclude), an image was made slim",
	.whole    = look,
};
