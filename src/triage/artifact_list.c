/* artifact_list.c - files that a driver reads: their contents, their parts by rotation, and what is missing between those. */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/inflate.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "artifact_list.h"

enum { EMPTIED_SECONDS = 60 };		/* by which an empty log is older than its last change */

static enum status
open_content(const struct artifact *artifact, const struct notes *notes, struct source **ret_source)
{
	const struct listed_artifact *item = artifact->context;
	struct artifact_list *list = item->list;
	struct filesystem *filesystem = list->view->filesystems[item->entry.filesystem];
	struct source *content, *inflated;
	enum status status, inflating;

	worker_touch(list->reader->worker, artifact->path);
	if (item->entry.entry.not_readable)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &artifact->place,
			"%s was not read: its content is %s", artifact->path, item->entry.entry.not_readable);
	if (!(item->entry.entry.has & ENTRY_HAS_CONTENT))
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &artifact->place,
			"%s was not read: the collection names it and does not hold its content", artifact->path);
	if (worker_must_skip(list->reader->worker, artifact->path))
		return STATUS_UNREADABLE;	/* noted when its process was lost */
	status = filesystem->driver->content(filesystem, &item->entry.entry, CONTENT_BY_RUNS, notes, &content);
	if (status < STATUS_DAMAGED)
		return note(notes, status, NOTE_ARTIFACT_UNREADABLE, &artifact->place,
			"%s exists and could not be read", artifact->path);
	/* Damaged: its inode or list of blocks is, and what is read may be too short and yet without a gap. */
	inflating = inflate_open(content, &artifact->place, notes, &inflated);
	if (inflating == STATUS_NOT_MINE) {
		*ret_source = content;
		return status;
	}
	source_close(content);
	if (inflating < STATUS_DAMAGED)
		return inflating;
	*ret_source = inflated;
	return status_worse(status, inflating);
}

/* A folder among the files that a pattern like "preferences.d/\*" names is none of them. */
static bool
is_in_place_of_artifact(const struct artifact_list *list, const struct file_entry *entry)
{
	return entry->type != ENTRY_DIRECTORY || *text_base_name(list->pattern) != '*';
}

/* A link to what is not there yet, as Debian 13 has it of wtmpdb: nothing is hidden behind it.  What leads to a device is. */
static bool
leads_to_nothing(const struct artifact_list *list, const struct system_entry *found)
{
	struct system_entry target;
	struct buffer path;
	bool is_device;

	if (found->entry.type != ENTRY_LINK || !found->entry.link_target)
		return false;
	buffer_init(&path, 0);
	path_add_link_target(&path, found->path, found->entry.link_target);
	is_device = text_has_prefix(path.bytes, "/dev/");
	buffer_release(&path);
	return !is_device && system_lookup(list->view, found->path, true, &target) == STATUS_END;
}

/* A log that is a link to nowhere or to a device, a queue or a folder: the system wrote it elsewhere or not at all. */
static void
note_irregular(struct artifact_list *list, const struct system_entry *found)
{
	if (leads_to_nothing(list, found))
		return;
	list->status = status_worse(list->status, note(list->reader->notes, STATUS_DAMAGED, NOTE_ARTIFACT_UNREADABLE,
		&(struct place){ .evidence = list->evidence, .system = list->system,
			.volume = list->view->filesystems[found->filesystem]->volume,
			.path = found->path, .inode = found->entry.inode },
		"what lies where %s is looked for is no file (%s), and nothing can be read from it%s%s", list->driver,
		entry_type_names[found->entry.type],
		found->entry.link_target ? "; it leads to " : "",
		found->entry.link_target ? found->entry.link_target : ""));
}

bool
artifact_list_add(void *context, const struct system_entry *found)
{
	struct artifact_list *list = context;
	struct listed_artifact *item;
	struct system_entry link;

	if (found->entry.state != ENTRY_ALLOCATED)
		return true;
	if (found->entry.type != ENTRY_REGULAR && list->takes_links && system_lookup(list->view, found->path, false, &link) == STATUS_OK &&
	    link.entry.type == ENTRY_LINK) {
		found = &link;
	} else if (found->entry.type != ENTRY_REGULAR) {
		if (is_in_place_of_artifact(list, &found->entry))
			note_irregular(list, found);
		return true;
	}
	item = arena_allocate(&list->reader->scratch, sizeof *item);
	item->list = list;
	item->entry = *found;
	item->artifact = (struct artifact){
		.path = found->path, .times = found->entry.times, .size = found->entry.size,
		.open = open_content, .context = item,
		.link_target = found->entry.type == ENTRY_LINK ? found->entry.link_target : NULL,
		.place = { .evidence = list->evidence, .system = list->system,
			.volume = list->view->filesystems[found->filesystem]->volume,
			.path = found->path, .inode = found->entry.inode },
	};
	list->items = memory_grow(list->items, list->count, &list->capacity, sizeof *list->items);
	list->items[list->count++] = item;
	return true;
}

/* Digits of the rotation in "dpkg.log.12.gz": 12; 0 for the file in use. */
static unsigned long
rotation_of(const char *path)
{
	for (const char *dot = strchr(text_base_name(path), '.'); dot; dot = strchr(dot + 1, '.'))
		if (dot[1] >= '0' && dot[1] <= '9')
			return strtoul(dot + 1, NULL, 10);
	return 0;
}

/* "dnf.log-20261121.gz": 20261121; 0 where no day is in the name. */
static unsigned long
day_of(const char *path)
{
	for (const char *dash = strchr(text_base_name(path), '-'); dash; dash = strchr(dash + 1, '-'))
		if (strspn(dash + 1, "0123456789") == 8)
			return strtoul(dash + 1, NULL, 10);
	return 0;
}

/* The file in use first, then from the latest rotation to the oldest. */
static int
by_rotation(const void *a, const void *b)
{
	const struct listed_artifact *one = *(struct listed_artifact *const *)a;
	const struct listed_artifact *other = *(struct listed_artifact *const *)b;
	unsigned long one_rotation = rotation_of(one->artifact.path), other_rotation = rotation_of(other->artifact.path);

	unsigned long one_day = day_of(one->artifact.path), other_day = day_of(other->artifact.path);

	if (one_rotation != other_rotation)
		return one_rotation < other_rotation ? -1 : 1;
	if (one_day != other_day)
		return !one_day || (other_day && one_day > other_day) ? -1 : 1;
	return strcmp(one->artifact.path, other->artifact.path);
}

/* A number that is missing between others: a log that was there and is not. */
static void
note_gaps(struct artifact_list *list, size_t first)
{
	unsigned long expected = 0;

	for (size_t i = first; i < list->count; i++) {
		const struct artifact *artifact = &list->items[i]->artifact;
		unsigned long rotation = rotation_of(artifact->path);

		if (rotation > expected && rotation < 10000)
			list->items[i]->span.seen.rotations_missing = rotation - expected;
		if (rotation > expected && rotation < 10000)
			note(list->reader->notes, STATUS_OK, NOTE_LOG_GAP, &artifact->place,
				"the log before %s is missing: rotation %lu is there, %lu is not", artifact->path,
				rotation, expected);
		expected = rotation + 1;
	}
}

/*
 * logrotate leaves a log that it rotates alone where it is empty, and begins a new one: a part without content, or a log
 * without content whose inode is older than that, was emptied.
 */
void
artifact_list_note_emptied(struct artifact_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct artifact *artifact = &list->items[i]->artifact;
		const struct macb *times = &artifact->times;
		bool is_part = rotation_of(artifact->path) || day_of(artifact->path);
		bool is_older = timestamp_is_recorded(&times->born) && timestamp_is_recorded(&times->modified) &&
			times->modified.seconds > times->born.seconds + EMPTIED_SECONDS;

		if (!artifact->size && (is_part || is_older))
			note(list->reader->notes, STATUS_OK, NOTE_LOG_GAP, &artifact->place, "%s is empty%s: what it held is not there to "
				"explain any change", artifact->path, is_part ? ", and parts of a log are not rotated while they are" :
				", and was there before its content was taken away");
	}
}

void
artifact_list_find(struct artifact_list *list, const char *const *patterns, bool rotated, bool is_package_log)
{
	for (; *patterns; patterns++) {
		size_t first = list->count;

		enum status status;

		list->pattern = *patterns;
		status = system_find(list->view, *patterns, artifact_list_add, list);
		list->status = status_worse(list->status, status);
		if (!rotated || list->count == first)
			continue;
		qsort(list->items + first, list->count - first, sizeof *list->items, by_rotation);
		if (is_package_log)
			note_gaps(list, first);
	}
}

/* Up to the number or day of its rotation: "/var/log/dpkg.log.2.gz" gives the length of "/var/log/dpkg.log". */
static size_t
stem_length(const char *path)
{
	const char *name = text_base_name(path);
	size_t length = strcspn(name, "0123456789");

	while (length && (name[length - 1] == '.' || name[length - 1] == '-'))
		length--;
	return (size_t)(name - path) + length;
}

/* Parts of one log lie newest first. */
void
artifact_list_join_spans(struct artifact_list *list)
{
	for (size_t i = 0; i + 1 < list->count; i++) {
		const char *path = list->items[i]->artifact.path, *before = list->items[i + 1]->artifact.path;
		size_t length = stem_length(path);

		if (length == stem_length(before) && !strncmp(path, before, length))
			log_span_follow(&list->items[i]->span, &list->items[i + 1]->span.seen.last);
	}
}

/* What was found, as drivers take it: owned by the caller. */
struct artifact *
artifact_list_copy(const struct artifact_list *list)
{
	struct artifact *artifacts = memory_allocate(list->count, sizeof *artifacts);

	for (size_t i = 0; i < list->count; i++)
		artifacts[i] = list->items[i]->artifact;
	return artifacts;
}
