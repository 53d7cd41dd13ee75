/* find.c - entries of a running system whose path matches a pattern. */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/buffer.h>
#include <t1554triage/limit.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "view.h"

/* A folder, and what of the pattern is to be matched below it. */
struct find_folder {
	const char *path;		/* without links, "" the root */
	const char *pattern;		/* without a leading slash */
	const char *base;		/* part of path that a pattern with "**" starts from, else NULL */
	uint64_t    depth;
};

struct find {
	struct system_view  *view;
	struct find_folder  *folders;	/* still to be listed */
	size_t               folder_count, folder_capacity;
	struct system_entry *matches;
	size_t               match_count, match_capacity;
	uint64_t             entries;
	enum status          status;
	const struct find_folder *current;
	struct map           seen;	/* folders and patterns */
};

/* Layers may hold the same folder: once is enough. */
static void
add_folder(struct find *find, struct find_folder folder)
{
	const char *key = arena_format(find->view->arena, "%s\n%s", folder.path, folder.pattern);

	if (!map_add_text(&find->seen, key, 0))
		return;
	find->folders = memory_grow(find->folders, find->folder_count, &find->folder_capacity,
		sizeof *find->folders);
	find->folders[find->folder_count++] = folder;
}

/* A link stands for what it leads to, under its own path; one that leads nowhere for itself. */
static void
add_match(struct find *find, const char *path)
{
	struct system_entry entry, target;
	enum status status = view_entry(find->view, path, &entry);

	if (status != STATUS_OK) {
		find->status = status_worse(find->status, status == STATUS_END ? STATUS_OK : status);
		return;
	}
	if (entry.entry.type == ENTRY_LINK &&
	    system_lookup(find->view, path, true, &target) == STATUS_OK) {
		entry.entry = target.entry;
		entry.filesystem = target.filesystem;
	}
	find->matches = memory_grow(find->matches, find->match_count, &find->match_capacity,
		sizeof *find->matches);
	find->matches[find->match_count++] = entry;
}

/* A name in a folder whose next part of the pattern ends at rest ("" the last). */
static void
take_name(struct find *find, const char *path, enum entry_type type, const char *rest)
{
	struct view_folder below;

	if (!*rest) {
		add_match(find, path);
		return;
	}
	if (type != ENTRY_DIRECTORY && type != ENTRY_LINK)
		return;
	below = view_folder(find->view, path, strlen(path));
	if (below.status == STATUS_OK)
		add_folder(find, (struct find_folder){ .path = below.canonical, .pattern = rest });
}

static void
take_deep(struct find *find, const struct find_folder *folder, const char *path, enum entry_type type)
{
	if (text_matches_glob(folder->pattern, path + strlen(folder->base) + 1))
		add_match(find, path);
	if (type != ENTRY_DIRECTORY)
		return;
	if (folder->depth >= limit_get(LIMIT_DIRECTORY_DEPTH)) {
		find->status = status_worse(find->status, note(find->view->notes, STATUS_DAMAGED,
			NOTE_LIMIT_HIT, &(struct place){ .system = find->view->system->id, .path = path },
			"folders below this one were not searched: they lie deeper than %llu (directory-depth)",
			(unsigned long long)limit_get(LIMIT_DIRECTORY_DEPTH)));
		return;
	}
	add_folder(find, (struct find_folder){ .path = path, .pattern = folder->pattern,
		.base = folder->base, .depth = folder->depth + 1 });
}

static bool
find_entry(void *context, const struct file_entry *entry)
{
	struct find *find = context;
	const struct find_folder folder = *find->current;
	size_t length = strcspn(folder.pattern, "/");
	const char *name = text_base_name(entry->path);
	struct arena *arena = find->view->arena;

	if (entry->state != ENTRY_ALLOCATED || entry->stream)
		return true;
	if (++find->entries > limit_get(LIMIT_DIRECTORY_ENTRIES))
		return false;
	if (folder.base) {
		take_deep(find, &folder, arena_format(arena, "%s/%s", folder.path, name), entry->type);
	} else if (text_matches_glob(arena_copy(arena, folder.pattern, length), name)) {
		take_name(find, arena_format(arena, "%s/%s", folder.path, name), entry->type,
			folder.pattern + length + strspn(folder.pattern + length, "/"));
	}
	return true;
}

static void
list_folder(struct find *find, const struct find_folder *folder)
{
	enum status status;

	find->current = folder;
	status = view_list(find->view, folder->path, &(struct entry_sink){ .entry = find_entry, .context = find });
	if (find->entries > limit_get(LIMIT_DIRECTORY_ENTRIES))
		status = note(find->view->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT,
			&(struct place){ .system = find->view->system->id, .path = folder->path },
			"the search for %s ends here, after %llu entries (directory-entries)", folder->pattern,
			(unsigned long long)limit_get(LIMIT_DIRECTORY_ENTRIES));
	find->status = status_worse(find->status, status > STATUS_OK ? STATUS_OK : status);
}

/* The parts of the pattern before the first that is no plain name. */
static void
start(struct find *find, const char *pattern)
{
	size_t special = strcspn(pattern, "*?["), folder;
	struct view_folder at;

	for (folder = special; folder > 0 && pattern[folder - 1] != '/'; )
		folder--;
	at = view_folder(find->view, pattern, pattern[special] ? folder : strlen(pattern) -
		strlen(text_base_name(pattern)));
	if (at.status != STATUS_OK) {
		find->status = at.status == STATUS_END ? STATUS_OK : at.status;
		return;
	}
	if (!pattern[special])
		add_match(find, arena_format(find->view->arena, "%s/%s", at.canonical, text_base_name(pattern)));
	else
		add_folder(find, (struct find_folder){ .path = at.canonical, .pattern = pattern + folder });
}

static int
compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct system_entry *)a)->path, ((const struct system_entry *)b)->path);
}

enum status
system_find(struct system_view *view, const char *pattern,
	bool (*found)(void *context, const struct system_entry *entry), void *context)
{
	struct find find = { .view = view };

	map_init(&find.seen);
	start(&find, pattern);
	while (find.folder_count && find.entries <= limit_get(LIMIT_DIRECTORY_ENTRIES)) {
		struct find_folder folder = find.folders[--find.folder_count];

		if (!folder.base && strstr(folder.pattern, "**") &&
		    strcspn(folder.pattern, "/") >= (size_t)(strstr(folder.pattern, "**") - folder.pattern))
			folder.base = folder.path;
		list_folder(&find, &folder);
	}
	if (find.match_count)
		qsort(find.matches, find.match_count, sizeof *find.matches, compare_paths);
	for (size_t i = 0; i < find.match_count; i++) {
		bool again = i && !strcmp(find.matches[i].path, find.matches[i - 1].path);

		if (!again && !found(context, &find.matches[i]))
			break;
	}
	map_release(&find.seen);
	memory_free(find.folders);
	memory_free(find.matches);
	return find.status;
}
