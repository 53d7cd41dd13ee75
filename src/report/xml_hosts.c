/*
 * xml_hosts.c - hosts side by side: exhibits of one case compared with each other, and the neighbours that a host speaks of
 *
 * Where the same version of a package has another content at the same path on two exhibits, one of them is not what the
 * package brought, or they are builds for different processors: listed, not accused.  A content that no package of either
 * owns and that lies on both may have been carried from one to the other.  Neighbours are where the digests of
 * bad.sha256 are looked for next.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "jsonl.h"
#include "sections.h"

/* ---- exhibits compared ---- */

struct compared { const struct file *file; const uint8_t *sha256; };

static bool
is_same_package(const struct file *a, const struct file *b)
{
	return a->package && b->package && !strcmp(a->path, b->path) && !strcmp(a->package->manager, b->package->manager) &&
	       !strcmp(a->package->name, b->package->name) && !text_compare(a->package->version, b->package->version) &&
	       !text_compare(a->package->architecture, b->package->architecture);
}

static int
by_number(const struct compared *one, const struct compared *other)
{
	return (one->file->number > other->file->number) - (one->file->number < other->file->number);
}

static int
by_package(const void *left, const void *right)
{
	const struct compared *one = left, *other = right;
	const struct package *a = one->file->package, *b = other->file->package;
	int order = strcmp(one->file->path, other->file->path);

	if (!order)
		order = strcmp(a->manager, b->manager);
	if (!order)
		order = strcmp(a->name, b->name);
	if (!order)
		order = text_compare(a->version, b->version);
	if (!order)
		order = text_compare(a->architecture, b->architecture);
	return order ? order : by_number(one, other);
}

static int
by_content(const void *left, const void *right)
{
	const struct compared *one = left, *other = right;
	int order = memcmp(one->sha256, other->sha256, digest_size(DIGEST_SHA256));

	return order ? order : by_number(one, other);
}

static bool
is_same_content(const struct compared *a, const struct compared *b)
{
	return !memcmp(a->sha256, b->sha256, digest_size(DIGEST_SHA256));
}

static bool
is_owned(const struct file *file)
{
	return file->package && file->type != PROGRAM_OTHER;
}

static bool
is_of_nobody(const struct file *file)
{
	return (file->package_state == PACKAGE_STATE_UNOWNED || file->package_state == PACKAGE_STATE_LOCAL) &&
	       !file->row_count && file->type != PROGRAM_OTHER && !hashset_is_meaningless(&file->digests);
}

static size_t
collect(const struct inventory *inventory, bool (*is_asked)(const struct file *), struct compared *ret_items)
{
	size_t count = 0;

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];
		const uint8_t *sha256 = digests_get(&file->digests, DIGEST_SHA256);

		if (sha256 && !file->unreliable && file->system && file->path && file->entry.state == ENTRY_ALLOCATED &&
		    !file->entry.stream && !file->is_link_for_row && is_asked(file))
			ret_items[count++] = (struct compared){ file, sha256 };
	}
	return count;
}

static bool
lies_on_several(const struct compared *items, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (strcmp(items[i].file->evidence, items[0].file->evidence))
			return true;
	return false;
}

static bool
differs(const struct compared *items, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!is_same_content(&items[i], &items[0]))
			return true;
	return false;
}

static void
write_places(struct xml *xml, const struct compared *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct digests digests = { .known = 1u << DIGEST_SHA256 };

		memcpy(digests.sha256, items[i].sha256, sizeof digests.sha256);
		xml_begin(xml, "of");
		xml_attribute(xml, "evidence", items[i].file->evidence);
		xml_attribute(xml, "system", items[i].file->system->id);
		xml_attribute(xml, "verdict", verdict_names[items[i].file->verdict]);
		xml_path(xml, "path", items[i].file->path);
		xml_digests(xml, "digest", &digests);
		xml_end(xml);
	}
}

/* The groups of equal neighbours of the sorted items that are told; their number. */
static uint64_t
each_group(struct xml *xml, const char *name, const struct compared *items, size_t count,
	bool (*belongs)(const struct compared *a, const struct compared *b), bool by_difference)
{
	uint64_t limit = limit_get(LIMIT_ROWS_HTML), told = 0;

	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count && belongs(&items[from], &items[to]); to++)
			;
		if (!lies_on_several(items + from, to - from) || (by_difference && !differs(items + from, to - from)))
			continue;
		if (told++ >= limit || !xml)
			continue;
		xml_begin(xml, name);
		if (by_difference) {
			xml_attribute(xml, "manager", items[from].file->package->manager);
			xml_attribute(xml, "package", items[from].file->package->name);
			xml_attribute(xml, "version", items[from].file->package->version);
		}
		write_places(xml, items + from, to - from < limit ? to - from : (size_t)limit);
		xml_end(xml);
	}
	return told;
}

static bool
belong_to_one_row(const struct compared *a, const struct compared *b)
{
	return is_same_package(a->file, b->file);
}

static void
write_comparison(struct xml *xml, const struct inventory *inventory)
{
	struct compared *owned, *unowned;
	size_t owned_count, unowned_count;

	if (inventory->evidence_count < 2)
		return;
	owned = memory_allocate(inventory->file_count + 1, sizeof *owned);
	unowned = memory_allocate(inventory->file_count + 1, sizeof *unowned);
	owned_count = collect(inventory, is_owned, owned);
	unowned_count = collect(inventory, is_of_nobody, unowned);
	qsort(owned, owned_count, sizeof *owned, by_package);
	qsort(unowned, unowned_count, sizeof *unowned, by_content);
	xml_begin(xml, "comparison");
	xml_attribute_u64(xml, "differing", each_group(NULL, NULL, owned, owned_count, belong_to_one_row, true));
	xml_attribute_u64(xml, "shared", each_group(NULL, NULL, unowned, unowned_count, is_same_content, false));
	each_group(xml, "differing", owned, owned_count, belong_to_one_row, true);
	each_group(xml, "shared", unowned, unowned_count, is_same_content, false);
	xml_end(xml);
	memory_free(owned);
	memory_free(unowned);
}

/* ---- neighbours ---- */

struct neighbour {
	const char *system, *address;	/* as the log has it */
	uint64_t    logins;		/* records, not deeds: several logs may tell the same */
	uint64_t    known;		/* lines of known_hosts that name it */
	struct timestamp first, last;	/* of logins */
	struct place seen;		/* of the first */
};

struct neighbours {
	struct neighbour *items;
	size_t       count, capacity;
	uint64_t     hashed;		/* lines of known_hosts whose hosts cannot be read */
	struct map   known;
	struct arena arena;
};

#define FIELD_OF_RESULT "result"
#define FIELD_OF_HOST   "host"

static bool
is_of_known_hosts(const struct event *event)
{
	return event->kind == EVENT_RECORD && event->provider && !strcmp(event->provider, "known_hosts");
}

const char *
neighbours_field(const struct event *event)
{
	return event->kind == EVENT_LOGON ? FIELD_OF_RESULT : is_of_known_hosts(event) ? FIELD_OF_HOST : NULL;
}

static bool
is_accepted(const struct event *event)
{
	if (event->kind != EVENT_LOGON || (event->id && !strcmp(event->id, "4625")))
		return false;
	for (size_t i = 0; i < event->field_count; i++)
		if (!strcmp(event->fields[i].name, FIELD_OF_RESULT))
			return strcmp(event->fields[i].value, "failed") != 0;
	return true;
}

static bool
is_another_host(const char *address)
{
	static const char *const own[] = { "", "-", ":0", "localhost", "LOCAL", "::1", "127.0.0.1", "0.0.0.0", NULL };

	for (const char *const *name = own; *name; name++)
		if (!strcmp(address, *name))
			return false;
	/* A display or a terminal is no host; the kernel's name stands with starts of the system. */
	return *address != ':' || strchr(address + 1, ':') != NULL;
}

/* The host of that address, of the system of the event. */
static struct neighbour *
find_neighbour(struct neighbours *at, const struct event *event, const char *address)
{
	struct buffer key;
	uint64_t number = at->count;

	buffer_init(&key, 0);
	buffer_add_format(&key, "%s ", event->system ? event->system : "-");
	buffer_add_text(&key, address);
	if (map_add_text(&at->known, key.bytes, number)) {
		at->items = memory_grow(at->items, at->count, &at->capacity, sizeof *at->items);
		at->items[at->count++] = (struct neighbour){ .system = arena_copy_text(&at->arena, event->system),
			.address = arena_copy_text(&at->arena, address), .seen = { .line = event->at.line,
			.offset = event->at.offset, .record_id = event->at.record_id,
			.evidence = arena_copy_text(&at->arena, event->at.evidence),
			.path = arena_copy_text(&at->arena, event->at.path) } };
	} else {
		map_get_text(&at->known, key.bytes, &number);
	}
	buffer_release(&key);
	return &at->items[number];
}

static void
add_login(struct neighbours *at, const struct event *event)
{
	struct neighbour *item = find_neighbour(at, event, event->subject);

	if (!item->logins++)
		item->first = event->time;
	item->last = event->time;
}

/* Every host that a line of known_hosts names. */
static void
add_known(struct neighbours *at, const struct event *event)
{
	at->hashed += event->id && !strcmp(event->id, "hashed");
	for (size_t i = 0; i < event->field_count; i++)
		if (!strcmp(event->fields[i].name, FIELD_OF_HOST) && is_another_host(event->fields[i].value))
			find_neighbour(at, event, event->fields[i].value)->known++;
}

static int
by_address(const void *left, const void *right)
{
	const struct neighbour *a = left, *b = right;
	int order = text_compare(a->system, b->system);

	return order ? order : strcmp(a->address, b->address);
}

struct neighbours *
neighbours_open(void)
{
	struct neighbours *neighbours = memory_allocate(1, sizeof *neighbours);

	map_init(&neighbours->known);
	arena_init(&neighbours->arena);
	return neighbours;
}

void
neighbours_see(struct neighbours *neighbours, const struct event *event)
{
	if (is_of_known_hosts(event))
		add_known(neighbours, event);
	else if (event->subject && is_accepted(event) && is_another_host(event->subject))
		add_login(neighbours, event);
}

void
neighbours_close(struct neighbours *neighbours)
{
	memory_free(neighbours->items);
	map_release(&neighbours->known);
	arena_release(&neighbours->arena);
	memory_free(neighbours);
}

static void
write_neighbours(struct xml *xml, const struct neighbours *neighbours)
{
	struct neighbour *sorted = memory_allocate(neighbours->count + 1, sizeof *sorted);
	uint64_t limit = limit_get(LIMIT_ROWS_HTML);

	if (neighbours->count) {
		memcpy(sorted, neighbours->items, neighbours->count * sizeof *sorted);
		qsort(sorted, neighbours->count, sizeof *sorted, by_address);
	}
	xml_begin(xml, "neighbours");
	xml_attribute_u64(xml, "count", neighbours->count);
	xml_attribute_u64(xml, "hashed", neighbours->hashed);
	for (size_t i = 0; i < neighbours->count && i < limit; i++) {
		const struct neighbour *item = &sorted[i];

		xml_begin(xml, "neighbour");
		xml_attribute(xml, "system", item->system);
		xml_attribute_u64(xml, "logins", item->logins);
		xml_attribute_u64(xml, "known", item->known);
		xml_attribute_time(xml, "first", &item->first);
		xml_attribute_time(xml, "last", &item->last);
		xml_statement(xml, "address", item->address);
		xml_place(xml, "seen", &item->seen, NULL);
		xml_end(xml);
	}
	xml_end(xml);
	memory_free(sorted);
}

void
xml_hosts(struct xml *xml, const struct report *report, const struct neighbours *neighbours)
{
	write_comparison(xml, report->inventory);
	write_neighbours(xml, neighbours);
}
