/* filesystem.c - the table of file systems, the written form of an entry, paths looked up. */
#include <string.h>
#include <strings.h>

#include <t1554triage/filesystem.h>
#include <t1554triage/limit.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/record.h>
#include <t1554triage/text.h>

const char *const entry_type_names[] = {
	[ENTRY_UNKNOWN] = "unknown", [ENTRY_REGULAR] = "regular", [ENTRY_DIRECTORY] = "directory",
	[ENTRY_LINK] = "link", [ENTRY_FIFO] = "fifo", [ENTRY_SOCKET] = "socket",
	[ENTRY_CHARACTER] = "character", [ENTRY_BLOCK] = "block", NULL
};

const char *const entry_state_names[] = {
	[ENTRY_ALLOCATED] = "allocated", [ENTRY_DELETED] = "deleted",
	[ENTRY_REALLOCATED] = "reallocated", [ENTRY_ORPHAN] = "orphan", NULL
};

const char *const content_state_names[] = {
	[CONTENT_INTACT] = "intact", [CONTENT_PARTLY_REALLOCATED] = "partly_reallocated",
	[CONTENT_REALLOCATED] = "reallocated", [CONTENT_GONE] = "gone", NULL
};

static const struct field file_entry_fields[] = {
	FIELD(struct file_entry, path, FIELD_TEXT),
	FIELD(struct file_entry, stream, FIELD_TEXT),
	FIELD(struct file_entry, inode, FIELD_TEXT),
	FIELD(struct file_entry, node, FIELD_U64),
	FIELD(struct file_entry, has, FIELD_U32),
	FIELD_ENUM(struct file_entry, type, "type", entry_type_names),
	FIELD_ENUM(struct file_entry, state, "state", entry_state_names),
	FIELD_ENUM(struct file_entry, content_state, "content_state", content_state_names),
	FIELD(struct file_entry, size, FIELD_U64),
	FIELD(struct file_entry, mode, FIELD_OCTAL),
	FIELD(struct file_entry, uid, FIELD_U32),
	FIELD(struct file_entry, gid, FIELD_U32),
	FIELD(struct file_entry, links, FIELD_U32),
	FIELD_AS(struct file_entry, times.modified, "modified", FIELD_TIMESTAMP),
	FIELD_AS(struct file_entry, times.accessed, "accessed", FIELD_TIMESTAMP),
	FIELD_AS(struct file_entry, times.changed, "changed", FIELD_TIMESTAMP),
	FIELD_AS(struct file_entry, times.born, "born", FIELD_TIMESTAMP),
	FIELD_OF_PART(struct file_entry, further, struct further_times, name.modified, "name_modified", .type = FIELD_TIMESTAMP),
	FIELD_OF_PART(struct file_entry, further, struct further_times, name.accessed, "name_accessed", .type = FIELD_TIMESTAMP),
	FIELD_OF_PART(struct file_entry, further, struct further_times, name.changed, "name_changed", .type = FIELD_TIMESTAMP),
	FIELD_OF_PART(struct file_entry, further, struct further_times, name.born, "name_born", .type = FIELD_TIMESTAMP),
	FIELD_OF_PART(struct file_entry, further, struct further_times, deleted, "deleted", .type = FIELD_TIMESTAMP),
	FIELD(struct file_entry, capabilities, FIELD_U64),
	FIELD(struct file_entry, capabilities_effective, FIELD_BOOL),
	FIELD(struct file_entry, immutable, FIELD_BOOL),
	FIELD(struct file_entry, selinux, FIELD_TEXT),
	FIELD(struct file_entry, ima, FIELD_TEXT),
	FIELD(struct file_entry, whiteout, FIELD_BOOL),
	FIELD(struct file_entry, opaque, FIELD_BOOL),
	FIELD(struct file_entry, redirected, FIELD_BOOL),
	FIELD(struct file_entry, metacopy, FIELD_BOOL),
	FIELD(struct file_entry, link_target, FIELD_TEXT),
	FIELD(struct file_entry, disk_offset, FIELD_U64),
	FIELD(struct file_entry, not_readable, FIELD_TEXT),
	FIELD_OF_PART(struct file_entry, collected, struct digests, md5, "md5", .type = FIELD_BLOB),
	FIELD_OF_PART(struct file_entry, collected, struct digests, sha1, "sha1", .type = FIELD_BLOB),
	FIELD_OF_PART(struct file_entry, collected, struct digests, sha256, "sha256", .type = FIELD_BLOB),
	FIELD_OF_PART(struct file_entry, collected, struct digests, known, "digests", .type = FIELD_U32),
	FIELD(struct file_entry, collector, FIELD_TEXT),
	FIELD_LAST
};

const struct record_type file_entry_record = {
	.name = "entry",
	.size = sizeof(struct file_entry),
	.fields = file_entry_fields,
	.description = "one name in a file system, a folder or an archive",
};

void
file_entry_copy(struct arena *arena, const struct file_entry *entry, struct file_entry *ret_entry)
{
	struct file_entry copy = *entry;

	copy.path = arena_copy_text(arena, entry->path);
	copy.stream = arena_copy_text(arena, entry->stream);
	copy.inode = arena_copy_text(arena, entry->inode);
	copy.link_target = arena_copy_text(arena, entry->link_target);
	copy.not_readable = arena_copy_text(arena, entry->not_readable);
	copy.collector = arena_copy_text(arena, entry->collector);
	copy.selinux = arena_copy_text(arena, entry->selinux);
	copy.ima = arena_copy_text(arena, entry->ima);
	copy.further = arena_copy_part(arena, entry->further, sizeof *entry->further);
	copy.collected = arena_copy_part(arena, entry->collected, sizeof *entry->collected);
	*ret_entry = copy;
}

#define FILESYSTEM(name) extern const struct filesystem_driver name##_filesystem;
#define MISSING_FILESYSTEM(driver_name, library) \
	static const struct filesystem_driver driver_name##_filesystem = { \
		.name = #driver_name, .description = "not in this build, needs " library \
	};
#include "filesystem.def"
#undef FILESYSTEM
#undef MISSING_FILESYSTEM

const struct filesystem_driver *const *
filesystem_drivers(void)
{
	static const struct filesystem_driver *const drivers[] = {
#define FILESYSTEM(name) &name##_filesystem,
#define MISSING_FILESYSTEM(name, library) &name##_filesystem,
#include "filesystem.def"
#undef FILESYSTEM
#undef MISSING_FILESYSTEM
		NULL
	};

	return drivers;
}

enum status
filesystem_open(const struct filesystem_origin *origin, const struct notes *notes,
	struct filesystem **ret_filesystem)
{
	struct filesystem *filesystem = memory_allocate(1, sizeof *filesystem);

	for (const struct filesystem_driver *const *driver = filesystem_drivers(); *driver; driver++) {
		enum status status;

		*filesystem = (struct filesystem){
			.driver = *driver, .evidence = origin->exhibit->id,
			.volume = origin->volume->name, .image = origin->image, .count = 1,
		};
		status = (*driver)->open ? (*driver)->open(filesystem, origin, notes) : STATUS_NOT_MINE;
		if (status == STATUS_NOT_MINE)
			continue;
		if ((status == STATUS_OK || status == STATUS_DAMAGED) && origin->index >= filesystem->count) {
			filesystem_close(filesystem);
			return STATUS_END;
		}
		if (status == STATUS_OK || status == STATUS_DAMAGED)
			*ret_filesystem = filesystem;
		else
			memory_free(filesystem);
		return status;
	}
	memory_free(filesystem);
	return STATUS_NOT_MINE;
}

uint64_t
filesystem_damage_touches(const struct filesystem *filesystem)
{
	return filesystem->image ? filesystem->image->damage.touches : 0;
}

/* One directory as it was listed: allocated names without streams. */
struct listing {
	struct file_entry *entries;
	size_t      count, capacity;
	struct map  names;		/* "=" and the name, or "~" and the folded name, to an index */
	struct arena texts;
	enum status status;
};

struct lookup_cache {
	struct listing **listings;
	size_t     count, capacity;
	struct map paths;		/* of directories, to an index of listings */
	uint64_t   entries;		/* in all listings */
};

static void
listing_close(struct listing *listing)
{
	map_release(&listing->names);
	arena_release(&listing->texts);
	memory_free(listing->entries);
	memory_free(listing);
}

static void
lookup_cache_clear(struct lookup_cache *cache)
{
	for (size_t i = 0; i < cache->count; i++)
		listing_close(cache->listings[i]);
	cache->count = 0;
	cache->entries = 0;
	map_release(&cache->paths);
	map_init(&cache->paths);
}

static void
lookup_cache_close(struct lookup_cache *cache)
{
	if (!cache)
		return;
	lookup_cache_clear(cache);
	map_release(&cache->paths);
	memory_free(cache->listings);
	memory_free(cache);
}

void
filesystem_close(struct filesystem *filesystem)
{
	if (!filesystem)
		return;
	lookup_cache_close(filesystem->lookups);
	filesystem->driver->close(filesystem);
	memory_free(filesystem);
}

/* ASCII only: names of programs and of what describes them are. */
static void
add_key(struct buffer *out, char kind, const char *name, size_t length)
{
	buffer_clear(out);
	buffer_add_char(out, kind);
	for (size_t i = 0; i < length; i++) {
		bool upper = kind == '~' && name[i] >= 'A' && name[i] <= 'Z';

		buffer_add_char(out, (char)(upper ? name[i] + ('a' - 'A') : name[i]));
	}
}

struct listing_walk {
	struct filesystem *filesystem;
	struct listing    *listing;
	struct buffer      key;
	uint64_t           room;	/* entries that may still be kept */
	bool               overflowed;
	const char        *wanted;	/* name that is kept in any case */
	size_t             wanted_length;
};

static bool
is_wanted(const struct listing_walk *walk, const char *name)
{
	bool folded = walk->filesystem->identity.case_insensitive;

	return strlen(name) == walk->wanted_length &&
	       (folded ? strncasecmp(name, walk->wanted, walk->wanted_length) :
			 memcmp(name, walk->wanted, walk->wanted_length)) == 0;
}

static bool
keep_entry(void *context, const struct file_entry *entry)
{
	struct listing_walk *walk = context;
	struct listing *listing = walk->listing;
	const char *name = text_base_name(entry->path);

	if (entry->state != ENTRY_ALLOCATED || entry->stream)
		return true;
	if (listing->count >= walk->room) {
		walk->overflowed = true;
		if (!is_wanted(walk, name))
			return true;
	}
	listing->entries = memory_grow(listing->entries, listing->count, &listing->capacity,
		sizeof *listing->entries);
	file_entry_copy(&listing->texts, entry, &listing->entries[listing->count]);
	add_key(&walk->key, '=', name, strlen(name));
	map_add(&listing->names, walk->key.bytes, walk->key.length, listing->count);
	if (walk->filesystem->identity.case_insensitive) {
		add_key(&walk->key, '~', name, strlen(name));
		map_add(&listing->names, walk->key.bytes, walk->key.length, listing->count);
	}
	listing->count++;
	return true;
}

static struct listing *
listing_read(struct filesystem *filesystem, const struct file_entry *directory, const char *wanted,
	size_t wanted_length, const struct notes *notes, bool *ret_whole)
{
	struct listing *listing = memory_allocate(1, sizeof *listing);
	struct listing_walk walk = {
		.filesystem = filesystem, .listing = listing, .room = limit_get(LIMIT_LOOKUP_ENTRIES),
		.wanted = wanted, .wanted_length = wanted_length,
	};

	map_init(&listing->names);
	arena_init(&listing->texts);
	buffer_init(&walk.key, 0);
	listing->status = filesystem->driver->list(filesystem, directory->node, directory->path,
		&(struct entry_sink){ .entry = keep_entry, .context = &walk }, notes);
	buffer_release(&walk.key);
	*ret_whole = !walk.overflowed;
	return listing;
}

/* Copies the entry of that name; what the listing's status says about an absence. */
static enum status
listing_find(const struct filesystem *filesystem, const struct listing *listing, const char *name,
	size_t length, struct arena *arena, struct file_entry *ret_entry)
{
	struct buffer key;
	uint64_t index = 0;
	bool found;

	buffer_init(&key, 0);
	add_key(&key, '=', name, length);
	found = map_get(&listing->names, key.bytes, key.length, &index);
	if (!found && filesystem->identity.case_insensitive) {
		add_key(&key, '~', name, length);
		found = map_get(&listing->names, key.bytes, key.length, &index);
	}
	buffer_release(&key);
	if (found) {
		file_entry_copy(arena, &listing->entries[index], ret_entry);
		return STATUS_OK;
	}
	return listing->status < STATUS_OK ? STATUS_DAMAGED : STATUS_END;
}

static enum status
find_in_directory(struct filesystem *filesystem, const struct file_entry *directory, const char *name,
	size_t length, const struct notes *notes, struct arena *arena, struct file_entry *ret_entry)
{
	struct lookup_cache *cache = filesystem->lookups;
	struct listing *listing;
	enum status status;
	uint64_t index;
	bool whole;

	if (map_get_text(&cache->paths, directory->path, &index))
		return listing_find(filesystem, cache->listings[index], name, length, arena, ret_entry);
	listing = listing_read(filesystem, directory, name, length, notes, &whole);
	status = listing_find(filesystem, listing, name, length, arena, ret_entry);
	if (!whole) {
		listing_close(listing);
		return status;
	}
	if (cache->entries + listing->count > limit_get(LIMIT_LOOKUP_ENTRIES))
		lookup_cache_clear(cache);
	cache->listings = memory_grow(cache->listings, cache->count, &cache->capacity,
		sizeof *cache->listings);
	map_add_text(&cache->paths, directory->path, cache->count);
	cache->listings[cache->count++] = listing;
	cache->entries += listing->count;
	return status;
}

/* A path on its way: the directories down to where it stands, and what is left of it. */
struct lookup {
	struct file_entry *chain;
	size_t      depth, capacity;
	const char *rest;
	uint64_t    links;		/* followed so far */
};

static void
lookup_enter(struct lookup *lookup, const struct file_entry *directory)
{
	lookup->chain = memory_grow(lookup->chain, lookup->depth, &lookup->capacity, sizeof *lookup->chain);
	lookup->chain[lookup->depth++] = *directory;
}

/* Goes on at the target of a link that stands before the rest of the path. */
static enum status
lookup_follow(struct lookup *lookup, const struct file_entry *link, struct arena *arena)
{
	if (!link->link_target || ++lookup->links > limit_get(LIMIT_LINK_DEPTH))
		return STATUS_END;
	if (link->link_target[0] == '/')
		lookup->depth = 1;
	lookup->rest = arena_format(arena, "%s/%s", link->link_target, lookup->rest);
	return STATUS_OK;
}

/* One part of the path; STATUS_OK with *ret_last set once entry is what was asked for. */
static enum status
lookup_step(struct filesystem *filesystem, struct lookup *lookup, const struct notes *notes,
	struct arena *arena, struct file_entry *entry, bool *ret_last)
{
	const struct file_entry *directory = &lookup->chain[lookup->depth - 1];
	const char *name = lookup->rest + strspn(lookup->rest, "/");
	size_t length = strcspn(name, "/");
	enum status status;

	lookup->rest = name + length + strspn(name + length, "/");
	*ret_last = !*lookup->rest;
	if (length == 2 && !memcmp(name, "..", 2) && lookup->depth > 1)
		lookup->depth--;
	if (!length || (length == 1 && name[0] == '.') || (length == 2 && !memcmp(name, "..", 2))) {
		*entry = lookup->chain[lookup->depth - 1];
		return STATUS_OK;
	}
	status = find_in_directory(filesystem, directory, name, length, notes, arena, entry);
	if (status != STATUS_OK || *ret_last)
		return status;
	if (entry->type == ENTRY_LINK)
		return lookup_follow(lookup, entry, arena);
	if (entry->type != ENTRY_DIRECTORY)
		return STATUS_END;
	lookup_enter(lookup, entry);
	return STATUS_OK;
}

enum status
filesystem_lookup(struct filesystem *filesystem, const char *path, const struct notes *notes,
	struct arena *arena, struct file_entry *ret_entry)
{
	struct file_entry entry = {
		.path = "/", .node = filesystem_root(filesystem), .type = ENTRY_DIRECTORY,
	};
	struct lookup lookup = { .rest = path };
	enum status status = STATUS_OK;
	bool last = false;

	if (!filesystem->lookups) {
		filesystem->lookups = memory_allocate(1, sizeof *filesystem->lookups);
		map_init(&filesystem->lookups->paths);
	}
	lookup_enter(&lookup, &entry);
	while (status == STATUS_OK && !last)
		status = lookup_step(filesystem, &lookup, notes, arena, &entry, &last);
	memory_free(lookup.chain);
	if (status == STATUS_OK)
		*ret_entry = entry;
	return status;
}
