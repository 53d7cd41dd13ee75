/*
 * activity.c - what logs say of programs: whether they ran, by whom and with which parent, what wrote them, what they connected to
 *
 * The store is walked twice: once to count and to find the last event of each sort, once to copy those; where there are
 * bad addresses once more before, for the host's own (traffic.c).  Events of
 * millions of processes cost no memory.
 *
 * Logs name a program by the path at which it was started.  Where folders were merged (/bin is /usr/bin) both names
 * are tried; names of Windows are compared without regard to case, the drive C: being the root of the system.
 */
#include <string.h>
#include <strings.h>

#include <t1554triage/event_vocabulary.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "order.h"
#include "traffic.h"

enum { PATH_BYTES = 4096, NEAR_SECONDS = 24 * 3600 };

const char *const activity_names[] = { "run", "loaded", "written", "deleted", "connected", "detected", "named", "listed", NULL };

/* Numbers of events, in their order; UINT64_MAX: none. */
struct last {
	uint64_t numbers[ACTIVITY_COUNT];
	uint64_t apart;		/* seconds between the change of the file and the connection that is kept */
};

struct tying {
	struct inventory *inventory;
	struct map        windows;	/* "s1\0/windows/x.exe" in lower case -> number of a file */
	struct map        numbers;	/* number of a file -> its place among the lasts */
	struct file     **files;
	struct last      *lasts;
	size_t            count, file_capacity, last_capacity;
	struct buffer     form;
	struct traffic   *traffic;
};

static bool
activity_of(enum event_kind kind, enum activity *ret_activity)
{
	switch (kind) {
	case EVENT_PROCESS_STARTED:
		*ret_activity = ACTIVITY_RUN;
		return true;
	case EVENT_IMAGE_LOADED:
		*ret_activity = ACTIVITY_LOADED;
		return true;
	case EVENT_FILE_CREATED:
	case EVENT_FILE_CHANGED:
	case EVENT_FILE_RENAMED:
		*ret_activity = ACTIVITY_WRITTEN;
		return true;
	case EVENT_FILE_DELETED:
		*ret_activity = ACTIVITY_DELETED;
		return true;
	case EVENT_NETWORK_CONNECTION:
	case EVENT_DNS_QUERY:
		*ret_activity = ACTIVITY_CONNECTED;
		return true;
	case EVENT_DETECTION:
		*ret_activity = ACTIVITY_DETECTED;
		return true;
	case EVENT_COMMAND_TYPED:
		*ret_activity = ACTIVITY_NAMED;
		return true;
	case EVENT_FILE_LISTED:
		*ret_activity = ACTIVITY_LISTED;
		return true;
	default:
		return false;
	}
}

/* ---- files by the names that logs use ---- */

static size_t
windows_key(const char *system, const char *path, char *key, size_t capacity)
{
	size_t length = strlen(system), at = length + 1;

	if (length + strlen(path) + 3 > capacity)
		return 0;
	memcpy(key, system, length + 1);
	if (*path == '/' && path[1] && path[2] == ':')
		path += 3;
	else if (*path && path[1] == ':')
		path += 2;
	for (; *path; path++)
		key[at++] = *path == '\\' ? '/' : *path >= 'A' && *path <= 'Z' ? (char)(*path + 32) : *path;
	return at;
}

static void
index_windows(struct tying *at)
{
	char key[PATH_BYTES];

	for (size_t i = 0; i < at->inventory->file_count; i++) {
		const struct file *file = &at->inventory->files[i];
		size_t length;

		if (!file->system || !file->system->windows || file->entry.state != ENTRY_ALLOCATED || file->entry.stream)
			continue;
		length = windows_key(file->system->id, file->path, key, sizeof key);
		if (length)
			map_add(&at->windows, key, length, i);
	}
}

/* "/bin/ls" for "/usr/bin/ls" and the other way round. */
static const struct file *
merged_file(const struct inventory *inventory, const char *system, const char *path)
{
	static const char *const folders[] = { "/bin/", "/sbin/", "/lib/", "/lib64/", NULL };
	char other[PATH_BYTES];

	if (!strncmp(path, "/usr/", 5))
		return inventory_file(inventory, system, path + 4);
	for (size_t i = 0; folders[i]; i++) {
		if (strncmp(path, folders[i], strlen(folders[i])) || strlen(path) + 5 > sizeof other)
			continue;
		memcpy(other, "/usr", 4);
		memcpy(other + 4, path, strlen(path) + 1);
		return inventory_file(inventory, system, other);
	}
	return NULL;
}

static const struct file *
file_named(struct tying *at, const char *system, const char *name)
{
	const char *path = system ? value_in_form(name, VALUE_PATH, &at->form) : NULL;
	const struct file *file;
	char key[PATH_BYTES];
	size_t length;
	uint64_t number;

	if (!path)
		return NULL;
	if (*path == '/') {
		file = inventory_file(at->inventory, system, path);
		return file ? file : merged_file(at->inventory, system, path);
	}
	/* Of other drives nothing is known here. */
	if (!((*path == 'C' || *path == 'c') && path[1] == ':'))
		return NULL;
	length = windows_key(system, path, key, sizeof key);
	return length && map_get(&at->windows, key, length, &number) ? &at->inventory->files[number] : NULL;
}

/* The program that an event is about: what connects is the program, of all else what is acted upon. */
static const struct file *
file_of(struct tying *at, const struct event *event, enum activity activity)
{
	return file_named(at, event->system, activity == ACTIVITY_CONNECTED ? event->subject : event->object);
}

/* ---- both walks ---- */

/* The store, or where there is none (the tests of checks) the events in memory. */
struct event_line { const struct inventory *inventory; struct event_walk *walk; size_t next; };

static const struct event *
next_event(struct event_line *line)
{
	if (line->walk)
		return event_walk_next(line->walk);
	return line->next < line->inventory->event_count ? &line->inventory->events[line->next++] : NULL;
}

/* The kinds that an activity follows from. */
static uint64_t
kinds_of_activities(void)
{
	enum activity activity;
	uint64_t kinds = 0;

	for (unsigned kind = 0; kind < EVENT_KIND_COUNT; kind++)
		if (activity_of((enum event_kind)kind, &activity))
			kinds |= UINT64_C(1) << kind;
	return kinds;
}

static void
each_event(struct tying *at, bool with_fields, void (*take)(struct tying *at, const struct event *event, enum activity activity, uint64_t number))
{
	struct event_line line = { .inventory = at->inventory };
	const struct event *event;
	enum activity activity;

	if (at->inventory->event_store) {
		line.walk = event_walk_open(at->inventory->event_store, with_fields);
		event_walk_only(line.walk, kinds_of_activities());
	}
	for (uint64_t number = 0; (event = next_event(&line)); number++)
		if (activity_of(event->kind, &activity))
			take(at, event, activity, number);
	if (line.walk)
		event_walk_close(line.walk);	/* what cannot be read again ends the run where the events are written out */
}

/* Of what was done to its bytes or its inode the last is told by the inode's change, else by its birth. */
static const struct timestamp *
last_change(const struct file *file)
{
	const struct macb *times = &file->entry.times;

	return timestamp_is_recorded(&times->changed) ? &times->changed :
		timestamp_is_recorded(&times->born) ? &times->born : &times->modified;
}

static uint64_t
seconds_from_change(const struct file *file, const struct timestamp *time)
{
	const struct timestamp *change = last_change(file);
	int64_t apart;

	if (!timestamp_is_recorded(change) || change->local || !timestamp_is_recorded(time) || time->local ||
	    __builtin_sub_overflow(time->seconds, change->seconds, &apart))
		return UINT64_MAX - 1;
	return apart < 0 ? 0 - (uint64_t)apart : (uint64_t)apart;
}

/* Of connections the one nearest to the change is kept, of all else the last. */
static bool
is_kept(struct last *last, const struct file *file, const struct event *event, enum activity activity)
{
	uint64_t apart;

	if (activity != ACTIVITY_CONNECTED)
		return true;
	apart = seconds_from_change(file, &event->time);
	if (apart >= last->apart)
		return false;
	last->apart = apart;
	return true;
}

static void
count_event(struct tying *at, const struct event *event, enum activity activity, uint64_t number)
{
	const struct file *found = file_of(at, event, activity);
	struct file *file = found ? &at->inventory->files[found->number] : NULL;
	struct file_activity *own;
	uint64_t place;

	if (activity == ACTIVITY_CONNECTED) {
		at->inventory->network_events++;
		traffic_take(at->traffic, event, file);
	} else if (activity == ACTIVITY_RUN && at->inventory->bad_network) {
		traffic_process(at->traffic, event, file);
	}
	if (!file)
		return;
	if (!map_get(&at->numbers, &file->number, sizeof file->number, &place)) {
		place = at->count;
		map_add(&at->numbers, &file->number, sizeof file->number, place);
		at->files = memory_grow(at->files, at->count, &at->file_capacity, sizeof *at->files);
		at->lasts = memory_grow(at->lasts, at->count, &at->last_capacity, sizeof *at->lasts);
		at->files[at->count] = file;
		memset(&at->lasts[at->count++], 0xff, sizeof *at->lasts);
		file->activity = arena_allocate(&at->inventory->arena, sizeof *file->activity);
	}
	own = file->activity;
	if (!own->counts[activity]++)
		own->first[activity] = event->time;
	if (is_kept(&at->lasts[place], file, event, activity))
		at->lasts[place].numbers[activity] = number;
}

static void
learn_event(struct tying *at, const struct event *event, enum activity activity, uint64_t number)
{
	(void)number;
	if (activity == ACTIVITY_CONNECTED)
		traffic_learn(at->traffic, event);
}

static void
copy_event(struct tying *at, const struct event *event, enum activity activity, uint64_t number)
{
	const struct file *file = file_of(at, event, activity);
	struct arena *arena = &at->inventory->arena;
	uint64_t place;
	const char *value;
	struct event *own;

	if (!file || !map_get(&at->numbers, &file->number, sizeof file->number, &place) ||
	    at->lasts[place].numbers[activity] != number)
		return;
	own = arena_allocate(arena, sizeof *own);
	*own = (struct event){ .time = event->time, .kind = event->kind, .at = event->at,
		.provider = arena_copy_text(arena, event->provider), .id = arena_copy_text(arena, event->id),
		.subject = arena_copy_text(arena, event->subject), .object = arena_copy_text(arena, event->object),
		.user = arena_copy_text(arena, event->user) };
	own->at.evidence = arena_copy_text(arena, event->at.evidence);
	own->at.system = arena_copy_text(arena, event->at.system);
	own->at.volume = arena_copy_text(arena, event->at.volume);
	own->at.path = arena_copy_text(arena, event->at.path);
	own->at.inode = arena_copy_text(arena, event->at.inode);
	value = event_value(event, activity == ACTIVITY_DETECTED ? EVENT_NAME_ActionTaken : EVENT_NAME_CommandLine, &at->form);
	own->text = arena_copy_text(arena, activity == ACTIVITY_LISTED ? event->text : value);
	at->files[place]->activity->last[activity] = own;
}

bool
file_changed_near(const struct file *file, const struct timestamp *time)
{
	return seconds_from_change(file, time) <= NEAR_SECONDS;
}

bool
file_changed_between(const struct file *file, const struct timestamp *first, const struct timestamp *last)
{
	const struct timestamp *change = last_change(file);

	return timestamp_is_recorded(change) && !change->local && timestamp_compare(first, change) <= 0 &&
		timestamp_compare(change, last) <= 0;
}

bool
file_connected_near_change(const struct file *file)
{
	const struct event *event = file->activity ? file->activity->last[ACTIVITY_CONNECTED] : NULL;

	return event && file_changed_near(file, &event->time);
}

void
inventory_tie_events(struct inventory *inventory)
{
	struct tying at = { .inventory = inventory };

	map_init(&at.windows);
	map_init(&at.numbers);
	buffer_init(&at.form, 0);
	index_windows(&at);
	at.traffic = traffic_begin(inventory);
	/* Addresses are fields, which are read only where somebody asks for them. */
	if (inventory->bad_network)
		each_event(&at, true, learn_event);
	each_event(&at, inventory->bad_network != NULL, count_event);
	traffic_end(at.traffic);
	if (at.count)
		each_event(&at, true, copy_event);
	buffer_release(&at.form);
	map_release(&at.windows);
	map_release(&at.numbers);
	memory_free(at.files);
	memory_free(at.lasts);
}
