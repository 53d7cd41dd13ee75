/* covers.c - what an upper layer lays over those below it, as a list that every process may ask. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/system.h>
#include <t1554triage/text.h>

struct folder { uint64_t node; char *path; };

struct covering {
	const struct cover_sink *out;
	bool           has_named_whiteouts;
	struct folder *folders;		/* still to be listed */
	size_t         count, capacity;
	uint64_t       entries;
	enum status    status;
};

static void
tell(struct covering *at, const char *path, enum cover cover)
{
	at->out->cover(at->out->context, path, cover);
}

/* ".wh.NAME" in its folder; false: it is no name of this kind. */
static bool
tell_named(struct covering *at, const char *path)
{
	const char *name = text_base_name(path);
	size_t folder = (size_t)(name - path);
	char *hidden;

	if (!at->has_named_whiteouts || strncmp(name, ".wh.", 4))
		return false;
	hidden = memory_copy_text(path);
	if (!strcmp(name, ".wh..wh..opq")) {
		hidden[folder - 1] = '\0';
		tell(at, hidden, COVER_OPAQUE);
	} else if (strncmp(name, ".wh..wh.", 8)) {
		memmove(hidden + folder, hidden + folder + 4, strlen(hidden + folder + 4) + 1);
		tell(at, hidden, COVER_WHITEOUT);
	}
	memory_free(hidden);
	return true;
}

static void
add_folder(struct covering *at, uint64_t node, const char *path)
{
	size_t depth = 0;

	for (const char *slash = path; *slash; slash++)
		depth += *slash == '/';
	if (depth > limit_get(LIMIT_DIRECTORY_DEPTH))
		return;		/* the walk notes it */
	at->folders = memory_grow(at->folders, at->count, &at->capacity, sizeof *at->folders);
	at->folders[at->count++] = (struct folder){ node, memory_copy_text(path) };
}

static bool
take_entry(void *context, const struct file_entry *entry)
{
	struct covering *at = context;

	if (entry->state != ENTRY_ALLOCATED || entry->stream)
		return true;
	if (++at->entries > limit_get(LIMIT_LAYER_ENTRIES))
		return false;
	if (entry->whiteout)
		tell(at, entry->path, COVER_WHITEOUT);
	else if (entry->type != ENTRY_DIRECTORY && !tell_named(at, entry->path))
		tell(at, entry->path, COVER_FILE);
	else if (entry->type == ENTRY_DIRECTORY)
		tell(at, entry->path, entry->opaque ? COVER_OPAQUE : COVER_FOLDER);
	if (entry->type == ENTRY_DIRECTORY)
		add_folder(at, entry->node, entry->path);
	return true;
}

enum status
system_covers(struct filesystem *filesystem, const char *subroot, bool has_named_whiteouts,
	const struct notes *notes, const struct cover_sink *out)
{
	struct covering at = { .out = out, .has_named_whiteouts = has_named_whiteouts, .status = STATUS_OK };
	struct file_entry root;
	struct arena arena;

	arena_init(&arena);
	if (filesystem_lookup(filesystem, subroot, notes, &arena, &root) == STATUS_OK)
		add_folder(&at, root.node, root.path);
	while (at.count && at.entries <= limit_get(LIMIT_LAYER_ENTRIES)) {
		struct folder folder = at.folders[--at.count];
		enum status status = filesystem->driver->list(filesystem, folder.node, folder.path,
			&(struct entry_sink){ take_entry, &at }, notes);

		at.status = status < STATUS_OK ? status_worse(at.status, status) : at.status;
		memory_free(folder.path);
	}
	if (at.entries > limit_get(LIMIT_LAYER_ENTRIES))
		at.status = note(notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &(struct place){ .evidence = filesystem->evidence,
			.volume = filesystem->volume, .path = subroot }, "this layer holds more than %llu names: what it hides of the "
			"layers below is not known of all (layer-entries)", (unsigned long long)limit_get(LIMIT_LAYER_ENTRIES));
	while (at.count)
		memory_free(at.folders[--at.count].path);
	memory_free(at.folders);
	arena_release(&arena);
	return at.status;
}
