/* collection.c - the collected system laid over the folder or archive that holds it. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "collection.h"

struct filesystem_state {
	struct collection collection;
};

#define COLLECTOR(name) extern const struct collector name##_collector;
#include "collector.def"
#undef COLLECTOR

static const struct collector *const collectors[] = {
#define COLLECTOR(name) &name##_collector,
#include "collector.def"
#undef COLLECTOR
};

bool
collection_has(struct filesystem *inner, const char *base, const char *name, enum entry_type type)
{
	struct file_entry entry;
	struct arena arena;
	bool found;

	arena_init(&arena);
	found = filesystem_lookup(inner, arena_format(&arena, "%s/%s", base, name), NULL, &arena, &entry) == STATUS_OK
		&& entry.type == type;
	arena_release(&arena);
	return found;
}

/* Folders still to be listed. */
struct walk {
	struct collection *collection;
	struct pending { const char *path; uint64_t node; } *pending;
	size_t      count, capacity;
	size_t      prefix_length;	/* of inner's path that target stands for */
	const char *target, *skip;	/* skip: the whole path in inner */
	struct arena texts;
};

static void
take_metadata(struct collection *collection, struct tree_node *node, const struct file_entry *entry)
{
	struct tree *tree = &collection->tree;

	node->told = true;
	node->type = node->first_child ? ENTRY_DIRECTORY : (uint8_t)entry->type;
	/* The inode is that of the copy: it says nothing of the system. */
	node->has = (uint8_t)(entry->has & ~(uint32_t)ENTRY_HAS_INODE);
	node->size = entry->size;
	node->mode = (uint16_t)entry->mode;
	node->uid = entry->uid;
	node->gid = entry->gid;
	node->capabilities = entry->capabilities;
	node->capabilities_effective = entry->capabilities_effective;
	node->order = entry->disk_offset;
	node->not_readable = entry->not_readable;	/* of the archive: static */
	node->link_target = arena_copy_text(&tree->texts, entry->link_target);
	node->modified = tree_time_from(&entry->times.modified);
	node->accessed = tree_time_from(&entry->times.accessed);
	node->changed = tree_time_from(&entry->times.changed);
	node->born = tree_time_from(&entry->times.born);
}

/* Keeps how inner is asked for the content: its path and node. */
static void
keep_inner(struct collection *collection, struct tree_node *node, const struct file_entry *entry)
{
	struct inner_entries *inner = &collection->inner_entries;

	inner->items = memory_grow(inner->items, inner->count, &inner->capacity, sizeof *inner->items);
	inner->items[inner->count] = (struct inner_entry){
		.path = arena_copy_text(&collection->tree.texts, entry->path), .node = entry->node };
	node->below = inner->count++;
}

static bool
add_entry(void *context, const struct file_entry *entry)
{
	struct walk *walk = context;
	struct collection *collection = walk->collection;
	struct tree_node *node;
	uint32_t index;
	char *path;

	if (walk->skip && !strcmp(entry->path, walk->skip))
		return true;
	path = arena_format(&walk->texts, "%s%s", walk->target, entry->path + walk->prefix_length);
	index = tree_add(&collection->tree, path, strlen(path));
	if (index == TREE_NOWHERE)
		return true;
	node = &collection->tree.nodes[index];
	take_metadata(collection, node, entry);
	if (entry->has & ENTRY_HAS_CONTENT)
		keep_inner(collection, node, entry);
	if (entry->type == ENTRY_DIRECTORY) {
		walk->pending = memory_grow(walk->pending, walk->count, &walk->capacity, sizeof *walk->pending);
		walk->pending[walk->count++] = (struct pending){
			arena_copy_text(&walk->texts, entry->path), entry->node };
	}
	return true;
}

enum status
collection_add_folder(struct collection *collection, const char *folder, const char *target, const char *skip)
{
	struct walk walk = { .collection = collection, .target = target };
	struct entry_sink sink = { add_entry, &walk };
	struct file_entry start;
	enum status status;
	char *path;

	arena_init(&walk.texts);
	path = arena_format(&walk.texts, "%s%s%s", collection->base, *folder ? "/" : "", folder);
	walk.prefix_length = strlen(path);
	walk.skip = skip ? arena_format(&walk.texts, "%s/%s", path, skip) : NULL;
	status = filesystem_lookup(collection->inner, *path ? path : "/", collection->notes, &walk.texts, &start);
	if (status == STATUS_OK) {
		walk.pending = memory_grow(NULL, 0, &walk.capacity, sizeof *walk.pending);
		walk.pending[walk.count++] = (struct pending){ *path ? path : "/", start.node };
	}
	while (walk.count) {
		struct pending one = walk.pending[--walk.count];

		status = status_worse(status, collection->inner->driver->list(collection->inner, one.node, one.path,
			&sink, collection->notes));
	}
	memory_free(walk.pending);
	arena_release(&walk.texts);
	return status;
}

enum status
collection_open_file(struct collection *collection, const char *name, struct place *ret_place,
	struct source **ret_source)
{
	struct arena *arena = &collection->tree.texts;
	struct file_entry entry;
	enum status status = filesystem_lookup(collection->inner, arena_format(arena, "%s/%s", collection->base, name),
		collection->notes, arena, &entry);

	if (status != STATUS_OK)
		return status;
	if (entry.type != ENTRY_REGULAR)
		return STATUS_END;
	*ret_place = collection->place;
	ret_place->path = entry.path;
	return collection->inner->driver->content(collection->inner, &entry, CONTENT_BY_RUNS, collection->notes,
		ret_source);
}

struct digests *
collection_digests(struct collection *collection, struct tree_node *node)
{
	if (!node->digests) {
		collection->digests = memory_grow(collection->digests, collection->digest_count,
			&collection->digest_capacity, sizeof *collection->digests);
		collection->digests[collection->digest_count] = (struct digests){ .known = 0 };
		node->digests = (uint32_t)++collection->digest_count;
	}
	return &collection->digests[node->digests - 1];
}

/* Adds to an entry what the tree does not hold. */
struct completion {
	const struct collection *collection;
	const struct entry_sink *out;
};

static bool
complete_entry(void *context, const struct file_entry *entry)
{
	const struct completion *completion = context;
	const struct collection *collection = completion->collection;
	const struct tree_node *node = tree_node_of(&collection->tree, entry->node);
	struct file_entry whole = *entry;

	whole.collector = collection->collector->name;
	if (node && node->digests && collection->digests[node->digests - 1].known)
		whole.collected = &collection->digests[node->digests - 1];
	return completion->out->entry(completion->out->context, &whole);
}

static enum status
collection_list(struct filesystem *filesystem, uint64_t node, const char *path, const struct entry_sink *out,
	const struct notes *notes)
{
	struct collection *collection = &filesystem->state->collection;
	struct completion completion = { collection, out };
	struct entry_sink sink = { complete_entry, &completion };

	(void)notes;
	return status_worse(collection->status, tree_list(&collection->tree, node, path, &sink));
}

static enum status
collection_content(struct filesystem *filesystem, const struct file_entry *entry, enum content_method method,
	const struct notes *notes, struct source **ret_source)
{
	struct collection *collection = &filesystem->state->collection;
	const struct tree_node *node = tree_node_of(&collection->tree, entry->node);
	struct place place = { .evidence = filesystem->evidence, .volume = filesystem->volume, .path = entry->path };
	struct file_entry inner = *entry;

	if (!node || !(node->has & ENTRY_HAS_CONTENT) || node->below >= collection->inner_entries.count)
		return note(notes, STATUS_UNREADABLE, NOTE_FILE_UNREADABLE, &place,
			"the collector took only the name of this file, not its content");
	inner.path = collection->inner_entries.items[node->below].path;
	inner.node = collection->inner_entries.items[node->below].node;
	return collection->inner->driver->content(collection->inner, &inner, method, notes, ret_source);
}

static void
collection_close(struct filesystem *filesystem)
{
	struct collection *collection = &filesystem->state->collection;

	filesystem_close(collection->inner);
	tree_release(&collection->tree);
	memory_free(collection->inner_entries.items);
	memory_free(collection->digests);
	memory_free(filesystem->state);
}

static const struct filesystem_driver collection_filesystem = {
	.name = "collection",
	.description = "the system that a collector took files and lists from",
	.close = collection_close,
	.list = collection_list,
	.content = collection_content,
};

/* The only folder at the top: people pack the collector's folder once more. */
static bool
take_only_folder(void *context, const struct file_entry *entry)
{
	struct buffer *path = context;

	if (entry->type != ENTRY_DIRECTORY || path->length) {
		path->overflowed = true;
		return false;
	}
	buffer_add_text(path, entry->path);
	return true;
}

static const struct collector *
find_collector(struct filesystem *inner, const char *base, const struct notes *notes)
{
	for (size_t i = 0; i < sizeof collectors / sizeof *collectors; i++)
		if (collectors[i]->recognise(inner, base, notes))
			return collectors[i];
	return NULL;
}

static enum status
become_collection(struct filesystem *filesystem, struct filesystem *inner, const struct collector *collector,
	const char *base, const struct notes *notes)
{
	struct collection *collection;
	enum status status;

	filesystem->driver = &collection_filesystem;
	filesystem->lookups = NULL;
	filesystem->state = memory_allocate(1, sizeof *filesystem->state);
	collection = &filesystem->state->collection;
	collection->collector = collector;
	collection->inner = inner;
	collection->notes = notes;
	collection->place = (struct place){ .evidence = filesystem->evidence, .volume = filesystem->volume };
	tree_init(&collection->tree);
	collection->base = arena_copy_text(&collection->tree.texts, base);
	filesystem->identity = (struct filesystem_identity){ .type = collector->name, .uuid = "",
		.label = inner->identity.type, .last_mounted = "" };
	status = collector->read(collection);
	if (collection->tree.dropped)
		status = note_add(notes, &(struct note){ .kind = NOTE_LIMIT_HIT, .status = STATUS_DAMAGED,
			.at = collection->place, .files = collection->tree.dropped, .incomplete = true,
			.text = "names of this collection were left out: more, deeper or longer ones than the limits "
				"(archive-members, directory-depth) allow" });
	collection->status = status <= STATUS_DAMAGED ? STATUS_DAMAGED : STATUS_OK;
	collection->notes = NULL;
	return collection->status;
}

enum status
collection_recognise(struct filesystem *filesystem, const struct notes *notes)
{
	struct filesystem *inner = memory_allocate(1, sizeof *inner);
	const struct collector *collector;
	enum status status = STATUS_OK;
	struct buffer base;

	*inner = *filesystem;
	buffer_init(&base, 0);
	collector = find_collector(inner, base.bytes, notes);
	if (!collector) {
		struct entry_sink sink = { take_only_folder, &base };

		inner->driver->list(inner, filesystem_root(inner), "/", &sink, NULL);
		if (base.length && !base.overflowed)
			collector = find_collector(inner, base.bytes, notes);
	}
	if (collector) {
		status = become_collection(filesystem, inner, collector, base.bytes, notes);
	} else {
		*filesystem = *inner;
		memory_free(inner);
	}
	buffer_release(&base);
	return status;
}
