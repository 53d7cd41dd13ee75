/*
 * collect.c - databases and logs of each system, looked up by path and read by their drivers.
 *
 * One driver on one system is one task: its files are found across the mounts, opened, inflated, and what the
 * driver hands out goes up the pipe with the system's id. Local times become UTC here, by the system's own zone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/inflate.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "facts.h"
#include "found_logs.h"
#include "log_span.h"
#include "part_spool.h"
#include "owner_names.h"
#include "reader.h"
#include "rules.h"
#include "task.h"

enum { ARTIFACTS_LISTED = 64 };		/* files of one driver that the report names one by one */
enum { TAKEN_BESIDE_BYTES = 64 << 20 };	/* of one task, while processes read others */
enum { SHARES = 8 };			/* in which files that tell of themselves only are read */
enum { EMPTIED_SECONDS = 60 };		/* by which an empty log is older than its last change */

/* ---- in the reading process ---- */

struct zone_told { const char *system, *name, *source; bool known; };
static const struct field zone_fields[] = {
	FIELD(struct zone_told, system, FIELD_TEXT),
	FIELD(struct zone_told, name, FIELD_TEXT),
	FIELD(struct zone_told, source, FIELD_TEXT),
	FIELD(struct zone_told, known, FIELD_BOOL),
	FIELD_LAST
};
static const struct record_type zone_told_record = {
	.name = "zone", .size = sizeof (struct zone_told), .fields = zone_fields,
	.description = "the time zone that a system was set to",
};

struct collected_artifact {
	struct artifact      artifact;
	struct system_entry  entry;
	struct collecting   *collecting;
	struct log_span      span;	/* of a log */
};

struct collecting {
	bool                is_of_nobody;	/* what is read now tells of no system of the evidence for sure */
	const struct eventlog_driver *log;	/* that is read now, NULL */
	const char         *last_path;		/* of its record before; what that file holds other computers sent */
	bool                is_of_others;
	bool                is_found;		/* it lies where the system keeps none: of it where it names its computer */
	struct reader      *reader;
	struct system_view *view;
	const char         *system, *evidence;
	const char         *table, *driver, *pattern;
	bool                takes_links;
	struct owner_names  owners;
	struct zone         zone;
	const char         *zone_source;
	const char         *local_source;	/* time_source of its local times; NULL: none yet */
	struct collected_artifact **items;
	size_t              count, capacity;
	size_t              found, shares;	/* files of the driver; processes that may read them */
	size_t              item;		/* that the event before was of */
	uint64_t            rows;
	enum status         status;
	struct rule_asking *rules;	/* of the events of a log */
};

static enum status
open_content(const struct artifact *artifact, const struct notes *notes, struct source **ret_source)
{
	const struct collected_artifact *item = artifact->context;
	struct collecting *at = item->collecting;
	struct filesystem *filesystem = at->view->filesystems[item->entry.filesystem];
	struct source *content, *inflated;
	enum status status, inflating;

	worker_touch(at->reader->worker, artifact->path);
	if (item->entry.entry.not_readable)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &artifact->place,
			"%s was not read: its content is %s", artifact->path, item->entry.entry.not_readable);
	if (!(item->entry.entry.has & ENTRY_HAS_CONTENT))
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &artifact->place,
			"%s was not read: the collection names it and does not hold its content", artifact->path);
	if (worker_must_skip(at->reader->worker, artifact->path))
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
is_in_place_of_artifact(const struct collecting *at, const struct file_entry *entry)
{
	return entry->type != ENTRY_DIRECTORY || *text_base_name(at->pattern) != '*';
}

/* A link to what is not there yet, as Debian 13 has it of wtmpdb: nothing is hidden behind it.  What leads to a device is. */
static bool
leads_to_nothing(const struct collecting *at, const struct system_entry *found)
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
	return !is_device && system_lookup(at->view, found->path, true, &target) == STATUS_END;
}

/* A log that is a link to nowhere or to a device, a queue or a folder: the system wrote it elsewhere or not at all. */
static void
note_irregular(struct collecting *at, const struct system_entry *found)
{
	if (leads_to_nothing(at, found))
		return;
	at->status = status_worse(at->status, note(at->reader->notes, STATUS_DAMAGED, NOTE_ARTIFACT_UNREADABLE,
		&(struct place){ .evidence = at->evidence, .system = at->system,
			.volume = at->view->filesystems[found->filesystem]->volume,
			.path = found->path, .inode = found->entry.inode },
		"what lies where %s is looked for is no file (%s), and nothing can be read from it%s%s", at->driver,
		entry_type_names[found->entry.type],
		found->entry.link_target ? "; it leads to " : "",
		found->entry.link_target ? found->entry.link_target : ""));
}

static bool
found_artifact(void *context, const struct system_entry *found)
{
	struct collecting *at = context;
	struct collected_artifact *item;
	struct system_entry link;

	if (found->entry.state != ENTRY_ALLOCATED)
		return true;
	if (found->entry.type != ENTRY_REGULAR && at->takes_links && system_lookup(at->view, found->path, false, &link) == STATUS_OK &&
	    link.entry.type == ENTRY_LINK) {
		found = &link;
	} else if (found->entry.type != ENTRY_REGULAR) {
		if (is_in_place_of_artifact(at, &found->entry))
			note_irregular(at, found);
		return true;
	}
	item = arena_allocate(&at->reader->scratch, sizeof *item);
	item->collecting = at;
	item->entry = *found;
	item->artifact = (struct artifact){
		.path = found->path, .times = found->entry.times, .size = found->entry.size,
		.open = open_content, .context = item,
		.link_target = found->entry.type == ENTRY_LINK ? found->entry.link_target : NULL,
		.place = { .evidence = at->evidence, .system = at->system,
			.volume = at->view->filesystems[found->filesystem]->volume,
			.path = found->path, .inode = found->entry.inode },
	};
	at->items = memory_grow(at->items, at->count, &at->capacity, sizeof *at->items);
	at->items[at->count++] = item;
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
	const struct collected_artifact *one = *(struct collected_artifact *const *)a;
	const struct collected_artifact *other = *(struct collected_artifact *const *)b;
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
note_gaps(struct collecting *at, size_t first)
{
	unsigned long expected = 0;

	for (size_t i = first; i < at->count; i++) {
		const struct artifact *artifact = &at->items[i]->artifact;
		unsigned long rotation = rotation_of(artifact->path);

		if (rotation > expected && rotation < 10000)
			at->items[i]->span.seen.rotations_missing = rotation - expected;
		if (rotation > expected && rotation < 10000)
			note(at->reader->notes, STATUS_OK, NOTE_LOG_GAP, &artifact->place,
				"the log before %s is missing: rotation %lu is there, %lu is not", artifact->path,
				rotation, expected);
		expected = rotation + 1;
	}
}

/*
 * logrotate leaves a log that it rotates alone where it is empty, and begins a new one: a part without content, or a log
 * without content whose inode is older than that, was emptied.
 */
static void
note_emptied(struct collecting *at)
{
	for (size_t i = 0; i < at->count; i++) {
		const struct artifact *artifact = &at->items[i]->artifact;
		const struct macb *times = &artifact->times;
		bool is_part = rotation_of(artifact->path) || day_of(artifact->path);
		bool is_older = timestamp_is_recorded(&times->born) && timestamp_is_recorded(&times->modified) &&
			times->modified.seconds > times->born.seconds + EMPTIED_SECONDS;

		if (!artifact->size && (is_part || is_older))
			note(at->reader->notes, STATUS_OK, NOTE_LOG_GAP, &artifact->place, "%s is empty%s: what it held is not there to "
				"explain any change", artifact->path, is_part ? ", and parts of a log are not rotated while they are" :
				", and was there before its content was taken away");
	}
}

static void
find_artifacts(struct collecting *at, const char *const *patterns, bool rotated, bool is_package_log)
{
	for (; *patterns; patterns++) {
		size_t first = at->count;

		enum status status;

		at->pattern = *patterns;
		status = system_find(at->view, *patterns, found_artifact, at);
		at->status = status_worse(at->status, status);
		if (!rotated || at->count == first)
			continue;
		qsort(at->items + first, at->count - first, sizeof *at->items, by_rotation);
		if (is_package_log)
			note_gaps(at, first);
	}
}

static bool
is_sent_by_others(const struct eventlog_driver *log, const char *path)
{
	return log && log->of_others && path && text_matches_glob(log->of_others, text_base_name(path));
}

static void
note_sent(const struct collecting *at)
{
	for (size_t i = 0; i < at->count; i++)
		if (is_sent_by_others(at->log, at->items[i]->artifact.path))
			note(at->reader->notes, STATUS_OK, NOTE_LOG_ELSEWHERE, &at->items[i]->artifact.place, "%s holds what other computers "
				"sent to this one: its records are listed, and tied to no file", at->items[i]->artifact.path);
}

/* span is NULL where it is no log, or not one file of it. */
static void
send_artifact(struct collecting *at, const char *path, uint64_t size, uint64_t rows, const char *result, const struct log_span *span)
{
	struct artifact_seen seen = span ? span->seen : (struct artifact_seen){ .path = NULL };

	seen.system = at->system;
	seen.driver = at->driver;
	seen.table = at->table;
	seen.path = path;
	seen.size = size;
	seen.rows = rows;
	seen.result = result;
	reader_send(at->reader, &artifact_seen_record, &seen);
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
static void
join_spans(struct collecting *at)
{
	for (size_t i = 0; i + 1 < at->count; i++) {
		const char *path = at->items[i]->artifact.path, *before = at->items[i + 1]->artifact.path;
		size_t length = stem_length(path);

		if (length == stem_length(before) && !strncmp(path, before, length))
			log_span_follow(&at->items[i]->span, &at->items[i + 1]->span.seen.last);
	}
}

static void
send_artifacts(struct collecting *at, enum status status)
{
	const char *result = status == STATUS_OK ? "read" : status == STATUS_DAMAGED ? "damaged" : "unreadable";
	uint64_t size = 0;

	if (!at->found) {
		send_artifact(at, NULL, 0, 0, at->status < STATUS_OK ? "damaged" : "absent", NULL);
		return;
	}
	for (size_t i = 0; i < at->count; i++)
		size += at->items[i]->artifact.size;
	/* What was read in shares is joined by the coordinator. */
	if (at->count > ARTIFACTS_LISTED && at->shares == 1) {
		send_artifact(at, at->items[0]->artifact.path, size, at->rows, result, NULL);
		return;
	}
	/* Rows are counted for the driver as a whole: they stand with its first file. */
	for (size_t i = 0; i < at->count; i++)
		send_artifact(at, at->items[i]->artifact.path, at->items[i]->artifact.size, i ? 0 : at->rows, result, &at->items[i]->span);
}

/* One row of what the driver hands out, the system's id on it. */
static void
hand_on(struct collecting *at, const struct record_type *type, const void *row)
{
	at->rows++;
	reader_send(at->reader, type, row);
}

static void
take_package(void *context, const struct package *package)
{
	struct collecting *at = context;
	struct package own = *package;

	own.system = at->system;
	hand_on(at, &package_record, &own);
	worker_progress(at->reader->worker);
}

static void
take_package_file(void *context, const struct package_file *file)
{
	struct collecting *at = context;
	struct package_file own = *file;

	own.system = at->system;
	owner_names_resolve(&at->owners, at->view, at->evidence, at->system, at->reader->notes, &own);
	own.canonical = system_canonical(at->view, file->path);
	if (!strcmp(own.canonical, own.path))
		own.canonical = NULL;
	if (own.diverted_to)
		own.diverted_to = system_canonical(at->view, own.diverted_to);
	hand_on(at, &package_file_record, &own);
}

static void
take_lock(void *context, const struct package_lock *lock)
{
	struct collecting *at = context;
	struct package_lock own = *lock;

	own.system = at->system;
	if (own.since.local && at->zone.known)
		zone_to_utc(&at->zone, &own.since);
	hand_on(at, &package_lock_record, &own);
}

static void
take_diversion(void *context, const struct package_diversion *diversion)
{
	struct collecting *at = context;
	struct package_diversion own = *diversion;

	own.system = at->system;
	own.from = system_canonical(at->view, diversion->from);
	own.to = system_canonical(at->view, diversion->to);
	hand_on(at, &package_diversion_record, &own);
}

/* Names of modules of PAM are looked for in its folders when all files are known. */
static void
take_load(void *context, const struct package_load *load)
{
	struct collecting *at = context;
	struct package_load own = *load;
	struct system_entry found;

	own.system = at->system;
	own.canonical = *load->target == '/' && system_lookup(at->view, load->target, true, &found) == STATUS_OK ? found.path : NULL;
	hand_on(at, &package_load_record, &own);
}

static void
take_part(void *context, const struct package_part *part)
{
	struct collecting *at = context;
	struct package_part own = *part;

	own.system = at->system;
	reader_send(at->reader, &package_part_record, &own);
}

static void
take_witness(void *context, const struct package_witness *witness)
{
	struct collecting *at = context;
	struct package_witness own = *witness;

	own.system = at->system;
	hand_on(at, &package_witness_record, &own);
	worker_progress(at->reader->worker);
}

/* Where the zone is not known, the time of its file is all that can be compared. */
static void
take_baseline(void *context, const struct package_baseline *baseline)
{
	struct collecting *at = context;
	struct package_baseline own = *baseline;

	own.system = at->system;
	if (own.taken.local && at->zone.known)
		zone_to_utc(&at->zone, &own.taken);
	if (own.taken.local)
		own.taken = own.written;
	own.canonical = system_canonical(at->view, baseline->path);
	if (!strcmp(own.canonical, own.path))
		own.canonical = NULL;
	hand_on(at, &package_baseline_record, &own);
	worker_progress(at->reader->worker);
}

/* Records of one file come together: the file of the one before is asked first. */
static void
take_time(struct collecting *at, const struct event *event)
{
	for (size_t i = 0; event->at.path && i < at->count; i++) {
		struct collected_artifact *item = at->items[(at->item + i) % at->count];

		if (item->artifact.path != event->at.path && strcmp(item->artifact.path, event->at.path))
			continue;
		at->item = (at->item + i) % at->count;
		log_span_take(&item->span, &event->time, event->at.line);
		return;
	}
}

/* What another computer recorded tells nothing of the programs of this one. */
static bool
is_of_another(struct collecting *at, const struct event *event)
{
	const char *name = NULL;

	/* The records of one file come together, and with its path. */
	if (event->at.path != at->last_path) {
		at->last_path = event->at.path;
		at->is_of_others = is_sent_by_others(at->log, event->at.path);
	}
	if (!at->is_found)
		return at->is_of_others;
	for (size_t i = 0; i < event->field_count && !name; i++)
		if (!strcmp(event->fields[i].name, "Computer"))
			name = event->fields[i].value;
	return !name || !computer_name_is_kept(at->reader->run, at->system, name);
}

static void
take_event(void *context, const struct event *event)
{
	struct collecting *at = context;
	struct event own = *event;
	bool is_foreign = is_of_another(at, event);

	own.system = at->is_of_nobody || is_foreign ? NULL : at->system;
	if (own.time.local && at->zone.known) {
		zone_to_utc(&at->zone, &own.time);
		zone_to_utc(&at->zone, &own.end);
		/* Made once: a log may have millions of lines. */
		if (!at->local_source)
			at->local_source = arena_format(&at->reader->scratch, "local time of the log, zone %s (%s)",
				at->zone.name, at->zone_source);
		own.time_source = at->local_source;
	} else if (!own.time_source) {
		own.time_source = own.time.local ? "local time of the log, zone not known" : "the log";
	}
	at->rows++;
	take_time(at, &own);
	reader_send_event(at->reader, &own);
	if (!is_foreign)
		rules_ask(at->rules, &own);
	worker_progress(at->reader->worker);
}

/* "/usr/share/zoneinfo/Europe/Berlin" gives "Europe/Berlin". */
static const char *
zone_name_of(const char *path)
{
	const char *folder = path ? strstr(path, "zoneinfo/") : NULL;
	const char *name = folder ? folder + strlen("zoneinfo/") : NULL;

	if (name && (!strncmp(name, "posix/", 6) || !strncmp(name, "right/", 6)))
		name += 6;
	return name;
}

static bool
read_zone(struct collecting *at, const char *path, const char *name)
{
	struct system_entry found;
	struct filesystem *filesystem;
	struct source *content;
	struct place place = { .evidence = at->evidence, .system = at->system, .path = path };
	enum status status;

	if (system_lookup(at->view, path, true, &found) != STATUS_OK || found.entry.type != ENTRY_REGULAR ||
	    !(found.entry.has & ENTRY_HAS_CONTENT))
		return false;
	filesystem = at->view->filesystems[found.filesystem];
	if (filesystem->driver->content(filesystem, &found.entry, CONTENT_BY_RUNS, at->reader->notes, &content) < STATUS_DAMAGED)
		return false;
	if (zone_name_of(found.path))
		name = zone_name_of(found.path);
	status = zone_read(content, name ? name : path, &place, at->reader->notes, &at->reader->scratch, &at->zone);
	source_close(content);
	at->zone_source = arena_copy_text(&at->reader->scratch, path);
	return status == STATUS_OK && at->zone.known;
}

/*
 * A Linux system without /etc/localtime runs in UTC (localtime(5)); a damaged
 * folder, or one that was not collected, does not say so.
 */
static void
find_zone(struct collecting *at, const struct installed_system *system)
{
	struct system_entry found;

	at->zone_source = "";
	if (read_zone(at, "/etc/localtime", system->zone_name))
		return;
	if (system->zone_name && read_zone(at, arena_format(&at->reader->scratch, "/usr/share/zoneinfo/%s",
	    system->zone_name), system->zone_name))
		return;
	if (at->reader->run->examiners_zone.known) {
		at->zone = at->reader->run->examiners_zone;
		at->zone_source = "--timezone";
		return;
	}
	if (system->zone_name && zone_fixed(system->zone_name, &at->reader->scratch, &at->zone)) {
		at->zone_source = "/etc/timezone";
		return;
	}
	if (!system->windows && system_lookup(at->view, "/etc/localtime", false, &found) == STATUS_END &&
	    system_lookup(at->view, "/etc/passwd", false, &found) == STATUS_OK &&
	    zone_fixed("UTC", &at->reader->scratch, &at->zone))
		at->zone_source = "there is no /etc/localtime";
}

static void
tell_zone(struct collecting *at)
{
	struct zone_told told = { at->system, at->zone.known ? at->zone.name : "", at->zone_source, at->zone.known };
	struct place place = { .evidence = at->evidence, .system = at->system };

	reader_send(at->reader, &zone_told_record, &told);
	if (!at->zone.known)
		note(at->reader->notes, STATUS_OK, NOTE_ZONE_UNKNOWN, &place,
			"the time zone of system %s is not known: local times of its logs are not related to time "
			"stamps of files; --timezone says it where the image does not", at->system);
}

/* What was found, as drivers take it: owned by the caller. */
static struct artifact *
list_artifacts(const struct collecting *at)
{
	struct artifact *artifacts = memory_allocate(at->count, sizeof *artifacts);

	for (size_t i = 0; i < at->count; i++)
		artifacts[i] = at->items[i]->artifact;
	return artifacts;
}

static void
add_further(void *context, const char *path)
{
	struct collecting *at = context;
	const char *const patterns[] = { arena_copy_text(&at->reader->scratch, path), NULL };

	for (size_t i = 0; i < at->count; i++)
		if (!strcmp(at->items[i]->artifact.path, path))
			return;
	find_artifacts(at, patterns, false, false);
}

/* The same with what settings among them lead to. */
static struct artifact *
with_further(struct collecting *at, const struct package_db_driver *driver, struct artifact *artifacts, enum status *status)
{
	if (!driver->further || !at->count)
		return artifacts;
	*status = driver->further(&(struct artifact_group){ .items = artifacts, .count = at->count }, add_further, at,
		at->reader->notes);
	memory_free(artifacts);
	return list_artifacts(at);
}

static void
collect_packages(struct collecting *at, const struct package_db_driver *driver)
{
	const struct package_sink sink = { take_package, take_package_file, take_lock, take_diversion, at, take_part, take_witness, take_baseline,
		take_load };
	enum status status = STATUS_OK;
	struct artifact *artifacts;

	at->takes_links = driver->takes_links;
	at->table = "package";
	at->driver = driver->name;
	at->shares = 1;
	find_artifacts(at, driver->files, false, false);
	artifacts = with_further(at, driver, list_artifacts(at), &status);
	at->found = at->count;
	if (at->count)
		status = status_worse(status, driver->parse(&(struct artifact_group){ artifacts, at->count, at->reader->run->trusted_keys.keyring }, &sink,
			at->reader->notes));
	send_artifacts(at, status_worse(at->status, status));
	memory_free(artifacts);
}

/* ---- what was given beside the image ---- */

static enum status
open_given(const struct artifact *artifact, const struct notes *notes, struct source **ret_source)
{
	const struct given_file *file = artifact->context;
	struct source *content = source_open_descriptor(file->descriptor, file->size), *inflated;
	enum status status = inflate_open(content, &artifact->place, notes, &inflated);

	if (status == STATUS_NOT_MINE) {
		*ret_source = content;
		return STATUS_OK;
	}
	source_close(content);
	if (status < STATUS_DAMAGED)
		return status;
	*ret_source = inflated;
	return status;
}

/*
 * Records of hosts are those of the host in the image: of the first system, where all evidence is one exhibit.  With
 * more exhibits nobody says of which host they are, and they are tied to no file.
 */
static void
collect_given(struct collecting *at, const struct eventlog_driver *driver)
{
	const struct event_sink sink = { take_event, at };
	const struct run *run = at->reader->run;
	struct artifact *artifacts = memory_allocate(run->export_count, sizeof *artifacts);
	size_t count = 0;
	enum status status;

	at->table = "eventlog";
	at->driver = driver->name;
	at->is_of_nobody = run->exhibits.count > 1;
	for (size_t i = 0; i < run->export_count; i++)
		if (run->exports[i].is_traffic == driver->is_traffic)
			artifacts[count++] = (struct artifact){ .path = run->exports[i].name, .size = run->exports[i].size,
			.open = open_given, .context = &run->exports[i], .place = { .path = run->exports[i].name } };
	if (!count) {
		memory_free(artifacts);
		return;
	}
	at->rules = rules_ask_begin(at->reader);
	status = driver->parse(&(struct artifact_group){ .items = artifacts, .count = count }, &sink,
		at->reader->notes);
	rules_ask_end(at->rules, &artifacts[0].place);
	for (size_t i = 0; i < count; i++)
		send_artifact(at, artifacts[i].path, artifacts[i].size, i ? 0 : at->rows,
			status == STATUS_OK ? "read" : status == STATUS_DAMAGED ? "damaged" : "unreadable", NULL);
	memory_free(artifacts);
}

/* Records from unused space are counted over all files of the driver: one process reads them. */
static size_t
shares_of(const struct eventlog_driver *driver)
{
	return driver->is_each_alone && !limit_get(LIMIT_SLACK_RECORDS) ? SHARES : 1;
}

/* Of the files, in their order, those that end in this share of all their bytes. */
static void
keep_share(struct collecting *at, uint64_t share)
{
	uint64_t all = 0, passed = 0;
	size_t kept = 0;

	for (size_t i = 0; i < at->count; i++)
		all += at->items[i]->artifact.size / SHARES + 1;
	for (size_t i = 0; i < at->count; i++) {
		passed += at->items[i]->artifact.size / SHARES + 1;
		if ((passed - 1) / (all / SHARES + 1) == share)
			at->items[kept++] = at->items[i];
	}
	at->count = kept;
}

static void
collect_events(struct collecting *at, const struct eventlog_driver *driver, uint64_t share)
{
	const struct event_sink sink = { take_event, at };
	struct artifact *artifacts;
	enum status status = STATUS_OK;

	at->table = "eventlog";
	at->driver = driver->name;
	at->log = driver;
	at->shares = shares_of(driver);
	find_artifacts(at, driver->files, !driver->is_not_rotated, driver->is_package_log);
	at->found = at->count;
	if (at->shares > 1)
		keep_share(at, share);
	artifacts = list_artifacts(at);

	if (driver->is_package_log)
		note_emptied(at);
	note_sent(at);
	if (at->count) {
		at->rules = rules_ask_begin(at->reader);
		status = driver->parse(&(struct artifact_group){ artifacts, at->count, at->reader->run->trusted_keys.keyring }, &sink,
			at->reader->notes);
		rules_ask_end(at->rules, &artifacts[0].place);
		if (!driver->is_not_rotated)
			join_spans(at);
	}
	if (at->count || !share)
		send_artifacts(at, status_worse(at->status, status));
	memory_free(artifacts);
}

/* Through a link in its folder the driver may have read it already. */
static bool
is_among_items(const struct collecting *at, const struct system_entry *found)
{
	for (size_t i = 0; i < at->count; i++) {
		const struct system_entry *item = &at->items[i]->entry;

		if (item->filesystem == found->filesystem && item->entry.node == found->entry.node &&
		    !strcmp(item->entry.path, found->entry.path))
			return true;
	}
	return false;
}

/* Those of one driver, of the found ones from first on to end. */
static void
collect_found(struct collecting *at, const struct eventlog_driver *driver, const struct found_log *logs, size_t log_count)
{
	const struct event_sink sink = { take_event, at };
	struct artifact *artifacts;
	struct system_entry found;
	enum status status;
	size_t known;

	at->table = "eventlog";
	at->driver = driver->name;
	at->log = driver;
	at->shares = 1;
	at->is_found = true;
	at->count = 0;
	find_artifacts(at, driver->files, false, false);
	known = at->count;
	for (size_t i = 0; i < log_count; i++)
		if (system_lookup(at->view, logs[i].path, false, &found) == STATUS_OK && !is_among_items(at, &found))
			found_artifact(at, &found);
	at->found = at->count -= known;
	if (!at->count)
		return;
	memmove(at->items, at->items + known, at->count * sizeof *at->items);
	for (size_t i = 0; i < at->count; i++)
		note(at->reader->notes, STATUS_OK, NOTE_LOG_ELSEWHERE, &at->items[i]->artifact.place, "%s is a log by its first bytes "
			"(%s) and lies where the system keeps none: it was read; records that name another computer than the system's "
			"own logs do are listed, and tied to no file", at->items[i]->artifact.path, driver->description);
	artifacts = list_artifacts(at);
	at->rules = rules_ask_begin(at->reader);
	status = driver->parse(&(struct artifact_group){ artifacts, at->count, at->reader->run->trusted_keys.keyring }, &sink,
		at->reader->notes);
	rules_ask_end(at->rules, &artifacts[0].place);
	send_artifacts(at, status_worse(at->status, status));
	memory_free(artifacts);
}

static void
collect_all_found(struct collecting *at, uint32_t system)
{
	const struct run *run = at->reader->run;
	struct found_log *logs = memory_allocate(run->found_log_count + 1, sizeof *logs);

	for (uint32_t row = 0; eventlog_drivers()[row]; row++) {
		size_t count = 0;

		for (size_t i = 0; i < run->found_log_count; i++)
			if (run->found_logs[i].system == system && run->found_logs[i].row == row)
				logs[count++] = run->found_logs[i];
		if (count)
			collect_found(at, eventlog_drivers()[row], logs, count);
	}
	memory_free(logs);
}

static void
work(void *state, struct worker *worker, const char *task)
{
	struct reader *reader = state;
	const struct installed_system *system;
	struct task_order order;
	struct collecting at = { .reader = reader };

	(void)worker;
	if (!task_read(task, &reader->scratch, &order) || order.number >= reader->run->inventory.systems.count)
		return;
	system = &reader->run->inventory.systems.items[order.number];
	at.view = reader_view(reader, order.number);
	at.system = system->id;
	at.evidence = reader->run->facts[system->root].evidence;
	owner_names_init(&at.owners);
	find_zone(&at, system);
	if (order.table == COLLECT_ZONE)
		tell_zone(&at);
	else if (order.table == COLLECT_PACKAGES)
		collect_packages(&at, package_db_drivers()[order.row]);
	else if (order.table == COLLECT_FOUND)
		collect_all_found(&at, order.number);
	else if (!eventlog_drivers()[order.row]->is_given)
		collect_events(&at, eventlog_drivers()[order.row], order.item);
	else if (order.number == 0 && reader->run->export_count)
		collect_given(&at, eventlog_drivers()[order.row]);
	memory_free(at.items);
	owner_names_release(&at.owners);
	reader_trim_views(reader);
	arena_release(&reader->scratch);
}

/* ---- in the coordinator ---- */

struct collection {
	struct run   *run;
	struct part_spool *parts;	/* by task, so that the order of ending does not matter */
	size_t        count, first;	/* first: the system whose tasks stand first */
	bool         *is_open;		/* by task: it is not done */
	size_t        taken;		/* tasks */
	bool          is_found;		/* each is that of a system, of logs that were found */
	struct system_summary *summary;
	bool          is_package_log, is_database, is_shared;
	struct event  event;		/* waits for its fields */
	bool          has_event, wants_fields;
	uint64_t      event_offset, event_length;	/* of its lines among those of the store, as far as they lie together */
	struct buffer event_lines;	/* the same, copied, where they do not; else empty */
	uint64_t      events_over;	/* beyond LIMIT_EVENTS */
	struct buffer computer_line;	/* the last field that named the computer of a system's own record */
	struct event_field *fields;
	size_t        field_capacity;
	struct seen_files { struct artifact_seen *items; size_t count, capacity; } shared;	/* of a driver whose files were read in shares */
	struct arena  arena, shared_arena;
};

static void
cover_time(struct system_summary *summary, const struct timestamp *time)
{
	struct timestamp *first = &summary->log_first, *last = &summary->log_last;

	if (!timestamp_is_recorded(time) || time->local)
		return;
	if (!timestamp_is_recorded(first) || timestamp_compare(time, first) < 0)
		*first = *time;
	if (!timestamp_is_recorded(last) || timestamp_compare(time, last) > 0)
		*last = *time;
}

static void
flush_event(struct collection *at)
{
	struct inventory *inventory = &at->run->inventory;

	if (!at->has_event)
		return;
	at->has_event = false;
	if (event_store_count(inventory->event_store) >= limit_get(LIMIT_EVENTS)) {
		at->events_over++;
		return;
	}
	if (at->event_lines.length) {
		at->event_length = at->event_lines.length;
		at->event_offset = spool_file_add(event_store_lines(inventory->event_store), at->event_lines.bytes, at->event_lines.length);
	}
	at->event.fields = at->fields;
	run_add_event(at->run, &at->event, at->event_offset, (size_t)at->event_length);
	at->summary->events++;
	if (at->is_package_log)
		cover_time(at->summary, &at->event.time);
}

/* Where a part ends within the event, or a line of it is none of its own: its lines are put together again. */
static void
copy_event_lines(struct collection *at)
{
	char *room = buffer_room(&at->event_lines, (size_t)at->event_length);

	if (room && spool_file_read(event_store_lines(at->run->inventory.event_store), at->event_offset, room,
	    (size_t)at->event_length) == at->event_length)
		buffer_added(&at->event_lines, (size_t)at->event_length);
	else
		at->run->spool_error = errno ? errno : EIO;
}

/* A line of the event, before it is read in its place. */
static void
keep_event_line(struct collection *at, const char *line, size_t length, uint64_t offset)
{
	if (!at->event_lines.length && offset == at->event_offset + at->event_length) {
		at->event_length += length + 1;
		return;
	}
	if (!at->event_lines.length)
		copy_event_lines(at);
	buffer_add(&at->event_lines, line, length);
	buffer_add_char(&at->event_lines, '\n');
}

/*
 * Whether it is a field as all are written, that record_read would understand: those of most events are asked for
 * nothing here.  Its name is handed out as it is written.
 */
static bool
is_usual_field(const char *line, size_t length, const char **ret_name, size_t *ret_length)
{
	static const char before[] = "event-field name=", between[] = " value=", nul[] = "%00";
	const char *name = line + sizeof before - 1, *end = line + length, *value;

	if (length < sizeof before || memcmp(line, before, sizeof before - 1))
		return false;
	value = memchr(name, ' ', (size_t)(end - name));
	if (!value || (size_t)(end - value) < sizeof between - 1 || memcmp(value, between, sizeof between - 1) ||
	    memchr(value + 1, ' ', (size_t)(end - value - 1)) || memchr(line, 0, length))
		return false;
	*ret_name = name;
	*ret_length = (size_t)(value - name);
	for (const char *escape = name; (escape = memchr(escape, '%', (size_t)(end - escape))); escape++)
		if ((size_t)(end - escape) >= sizeof nul - 1 && !memcmp(escape, nul, sizeof nul - 1))
			return false;
	return true;
}

/* The records of one log name the same computer, and are looked at once. */
static bool
is_same_computer(const struct collection *at, const char *line, size_t length)
{
	return at->computer_line.length == length && !memcmp(at->computer_line.bytes, line, length);
}

static void
keep_computer(struct collection *at, const char *line, size_t length, const char *name)
{
	if (!at->event.system || !at->event.at.evidence || at->is_found || is_same_computer(at, line, length))
		return;
	buffer_clear(&at->computer_line);
	buffer_add(&at->computer_line, line, length);
	computer_name_keep(at->run, at->event.system, name);
}

/* False: it is no field of the event. */
static bool
take_field(struct collection *at, char *line, size_t length, uint64_t offset)
{
	struct event_field field;
	const char *name;
	size_t name_length;

	if (!at->wants_fields && is_usual_field(line, length, &name, &name_length) && !report_looks_at_field(name, name_length) &&
	    (is_same_computer(at, line, length) || name_length != strlen("Computer") || memcmp(name, "Computer", name_length))) {
		keep_event_line(at, line, length, offset);
		return true;
	}
	if (record_read(line, length, &event_field_record, &at->arena, &field) != STATUS_OK)
		return false;
	if (!field.name || !field.value)
		return true;
	if (!strcmp(field.name, "Computer"))
		keep_computer(at, line, length, field.value);
	keep_event_line(at, line, length, offset);
	at->fields = memory_grow(at->fields, at->event.field_count, &at->field_capacity, sizeof *at->fields);
	at->fields[at->event.field_count++] = field;
	return true;
}

/* Its texts are copied: the line is written over by the next. */
static bool
take_event_head(struct collection *at, const char *line, size_t length, uint64_t offset)
{
	struct event event;

	if (record_read(line, length, &event_record, &at->arena, &event) != STATUS_OK)
		return false;
	at->event = event;
	at->has_event = true;
	at->wants_fields = run_may_keep_event(&event);
	at->event_offset = offset;
	at->event_length = length + 1;
	buffer_clear(&at->event_lines);
	return true;
}

static void
add_seen(struct collection *at, const struct artifact_seen *seen)
{
	bool is_there = strcmp(seen->result, "absent") != 0, is_whole = !strcmp(seen->result, "read");

	inventory_add_artifact(&at->run->inventory, seen);
	if (!is_there)
		return;
	if (at->is_database) {
		at->summary->has_database |= seen->rows > 0;
		at->summary->database_whole &= is_whole;
	} else if (at->is_package_log) {
		at->summary->has_package_log = true;
		at->summary->logs_whole &= is_whole;
	}
}

/* Of shares it is told as if one process had read all files. */
static void
add_shared(struct collection *at)
{
	struct seen_files *shared = &at->shared;
	struct artifact_seen sum = { .result = "read" };

	for (size_t i = 0; i < shared->count; i++) {
		sum.rows += shared->items[i].rows;
		sum.size += shared->items[i].size;
		if (!strcmp(sum.result, "read") || !strcmp(shared->items[i].result, "unreadable"))
			sum.result = shared->items[i].result;
	}
	for (size_t i = 0; i < shared->count && (!i || shared->count <= ARTIFACTS_LISTED); i++) {
		struct artifact_seen *seen = &shared->items[i];

		if (shared->count > ARTIFACTS_LISTED)
			*seen = (struct artifact_seen){ .system = seen->system, .driver = seen->driver, .table = seen->table,
				.path = seen->path, .size = sum.size };
		seen->rows = i ? 0 : sum.rows;
		seen->result = sum.result;
		add_seen(at, seen);
	}
	shared->count = 0;
	arena_clear(&at->shared_arena);
}

static void
take_seen(struct collection *at, const struct artifact_seen *seen)
{
	struct artifact_seen *own;

	if (!at->is_shared) {
		add_seen(at, seen);
		return;
	}
	at->shared.items = memory_grow(at->shared.items, at->shared.count, &at->shared.capacity, sizeof *at->shared.items);
	own = &at->shared.items[at->shared.count++];
	*own = *seen;
	own->system = arena_copy_text(&at->shared_arena, seen->system);
	own->table = arena_copy_text(&at->shared_arena, seen->table);
	own->driver = arena_copy_text(&at->shared_arena, seen->driver);
	own->path = arena_copy_text(&at->shared_arena, seen->path);
	own->result = arena_copy_text(&at->shared_arena, seen->result);
}

static void
take_line(void *context, char *line, size_t length, uint64_t offset)
{
	struct collection *at = context;
	struct inventory *inventory = &at->run->inventory;
	union {
		struct package package; struct package_file file; struct package_lock lock;
		struct package_diversion diversion; struct package_part part; struct package_witness witness; struct package_baseline baseline;
		struct package_load load; struct zone_told zone; struct artifact_seen seen; struct rule_match match;
	} fact;

	if (at->has_event && take_field(at, line, length, offset))
		return;
	flush_event(at);
	arena_clear(&at->arena);
	if (take_event_head(at, line, length, offset))
		return;
	if (record_read(line, length, &rule_match_record, &at->arena, &fact) == STATUS_OK) {
		if (fact.match.number < rule_set_count(inventory->rules))
			inventory_add_log_match(inventory, &fact.match);
		return;
	}
	facts_keep_line(at->run, line, length);
	if (record_read(line, length, &package_file_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_package_file(inventory, &fact.file);
		at->summary->package_files++;
	} else if (record_read(line, length, &package_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_package(inventory, &fact.package);
		at->summary->packages++;
	} else if (record_read(line, length, &package_lock_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_lock(inventory, &fact.lock);
		at->summary->locks++;
	} else if (record_read(line, length, &package_diversion_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_diversion(inventory, &fact.diversion);
	} else if (record_read(line, length, &package_witness_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_witness(inventory, &fact.witness);
	} else if (record_read(line, length, &package_baseline_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_baseline(inventory, &fact.baseline);
	} else if (record_read(line, length, &package_load_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_load(inventory, &fact.load);
	} else if (record_read(line, length, &package_part_record, &at->arena, &fact) == STATUS_OK) {
		inventory_add_part(inventory, &fact.part);
	} else if (record_read(line, length, &artifact_seen_record, &at->arena, &fact) == STATUS_OK) {
		take_seen(at, &fact.seen);
	} else if (record_read(line, length, &zone_told_record, &at->arena, &fact) == STATUS_OK) {
		at->summary->zone.name = arena_copy_text(&inventory->arena, fact.zone.name ? fact.zone.name : "");
		at->summary->zone.known = fact.zone.known;
		at->summary->zone_source = arena_copy_text(&inventory->arena, fact.zone.source ? fact.zone.source : "");
	} else {
		run_take_note(at->run, line, length);
	}
}

static size_t
row_count(const void *const *rows)
{
	size_t count = 0;

	while (rows[count])
		count++;
	return count;
}

/* Tasks stand in this order for each system: zone, package databases, logs; each has the place of SHARES. */
static size_t
tasks_of_system(void)
{
	return 1 + row_count((const void *const *)package_db_drivers()) +
		row_count((const void *const *)eventlog_drivers());
}

/* The order of a task and where it stands among all; false: it is none of them. */
static bool
find_task(struct collection *at, const char *task, struct task_order *ret_order, size_t *ret_position)
{
	size_t packages = row_count((const void *const *)package_db_drivers());

	if (!task_read(task, &at->arena, ret_order))
		return false;
	if (ret_order->table == COLLECT_FOUND) {
		*ret_position = ret_order->number;
		return true;
	}
	*ret_position = ((ret_order->number - at->first) * tasks_of_system() + (ret_order->table == COLLECT_ZONE ? 0 :
		ret_order->table == COLLECT_PACKAGES ? 1 + ret_order->row : 1 + packages + ret_order->row)) * SHARES +
		ret_order->item;
	return true;
}

/* In the order of the tasks, whatever the order was in which they ended. */
static void
take_task(struct collection *at, size_t number)
{
	size_t packages = row_count((const void *const *)package_db_drivers());
	size_t position = at->is_found ? 0 : number / SHARES % tasks_of_system();

	at->summary = &at->run->inventory.summaries[at->is_found ? number : at->first + number / SHARES / tasks_of_system()];
	at->is_shared = position > packages && shares_of(eventlog_drivers()[position - 1 - packages]) > 1;
	at->is_package_log = position > packages && eventlog_drivers()[position - 1 - packages]->is_package_log;
	at->is_database = position && position <= packages && !package_db_drivers()[position - 1]->locks_only;
	buffer_clear(&at->computer_line);
	if (!part_spool_each_line(at->parts, number, take_line, at))
		at->run->spool_error = errno ? errno : EIO;
	flush_event(at);
	arena_clear(&at->arena);
	if (at->is_shared && number % SHARES == SHARES - 1)
		add_shared(at);
}

/* While others are still read: what is long enough that their processes would seem to stand still meanwhile waits. */
static void
take_ready(struct collection *at)
{
	while (at->taken < at->count && !at->is_open[at->taken] && part_spool_bytes(at->parts, at->taken) <= TAKEN_BESIDE_BYTES)
		take_task(at, at->taken++);
}

static void
keep_lines(struct collection *at, size_t position, const char *lines, size_t length)
{
	part_spool_add(at->parts, position, lines, length);
}

static void
keep_part(void *context, const char *task, const char *lines, size_t length)
{
	struct collection *at = context;
	struct task_order order;
	size_t position;

	if (find_task(at, task, &order, &position))
		keep_lines(at, position, lines, length);
	arena_release(&at->arena);
}

static void
drop_parts(void *context, const char *task)
{
	struct collection *at = context;
	struct task_order order;
	size_t position;

	if (find_task(at, task, &order, &position))
		part_spool_drop(at->parts, position);
	arena_release(&at->arena);
}

static void
keep(void *context, const struct task_result *result)
{
	struct collection *at = context;
	const struct installed_system *system;
	struct task_order order;
	size_t position;

	if (!find_task(at, result->task, &order, &position))
		return;
	system = &at->run->inventory.systems.items[order.number];
	keep_lines(at, position, result->lines, result->length);
	for (size_t i = 0; i < result->lost_count; i++) {
		struct place place = { .evidence = at->run->facts[system->root].evidence, .system = system->id,
			.path = result->lost[i] };

		note(&at->run->notes, STATUS_UNREADABLE, result->outcome == TASK_STALLED ? NOTE_WORKER_STALLED
			: NOTE_WORKER_DIED, &place, "%s could not be read: the reading process was lost (%s)",
			*result->lost[i] ? result->lost[i] : "an artifact", result->lost_why[i]);
		at->run->inventory.summaries[order.number].database_whole &= order.table != COLLECT_PACKAGES ||
			package_db_drivers()[order.row]->locks_only;
		at->run->inventory.summaries[order.number].logs_whole &= order.table != COLLECT_EVENTS ||
			!eventlog_drivers()[order.row]->is_package_log;
	}
	arena_release(&at->arena);
	at->is_open[position] = false;
	take_ready(at);
}

static void
add_task(struct collection *at, struct pool *pool, const struct task_order *order)
{
	struct task_order same;
	struct buffer line;
	size_t position;

	buffer_init(&line, 0);
	task_write(&line, order);
	if (find_task(at, line.bytes, &same, &position))
		at->is_open[position] = true;
	pool_add(pool, line.bytes);
	buffer_release(&line);
}

static void
add_tasks(struct collection *at, struct pool *pool, uint32_t system)
{
	add_task(at, pool, &(struct task_order){ .kind = TASK_COLLECT, .number = system, .table = COLLECT_ZONE });
	for (uint32_t row = 0; package_db_drivers()[row]; row++)
		add_task(at, pool, &(struct task_order){ .kind = TASK_COLLECT, .number = system, .table = COLLECT_PACKAGES, .row = row });
	for (uint32_t row = 0; eventlog_drivers()[row]; row++)
		for (uint64_t share = 0; share < shares_of(eventlog_drivers()[row]); share++)
			add_task(at, pool, &(struct task_order){ .kind = TASK_COLLECT, .number = system, .table = COLLECT_EVENTS,
				.row = row, .item = share });
}

/* A gap in the rotation of a package log: what it held is not there to explain anything. */
static void
apply_gaps(struct run *run)
{
	struct inventory *inventory = &run->inventory;

	for (size_t i = 0; i < inventory->note_count; i++)
		for (size_t s = 0; inventory->notes[i].kind == NOTE_LOG_GAP && s < inventory->systems.count; s++)
			if (inventory->notes[i].at.system &&
			    !strcmp(inventory->notes[i].at.system, inventory->systems.items[s].id))
				inventory->summaries[s].logs_whole = false;
}

static void
note_missing_databases(struct run *run, size_t first)
{
	for (size_t i = first; i < run->inventory.systems.count; i++) {
		const struct installed_system *system = &run->inventory.systems.items[i];
		const struct filesystem_fact *root = &run->facts[system->root];
		struct place place = { .evidence = root->evidence, .system = system->id, .volume = root->volume };

		if (run->inventory.summaries[i].has_database)
			continue;
		note_add(&run->notes, &(struct note){ .kind = NOTE_DATABASE_NONE, .status = STATUS_UNREADABLE,
			.at = place, .incomplete = system->has_package_database,
			.text = system->has_package_database
			? "a package database is there, but no package could be read from it: no program of this system has a baseline"
			: system->windows ? "the component store of Windows is not read by this version: no program of this system has a baseline from it"
			: "no package database was found: no program of this system has a baseline" });
	}
}

static void
note_events_over(const struct collection *at)
{
	if (at->run->nearby > NEARBY_KEPT)
		note(&at->run->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, NULL,
			"%llu logins, deployments and commands by sudo are not shown beside the changes that they are near to: no more "
			"than %u are; all of them stand in events.jsonl", (unsigned long long)(at->run->nearby - NEARBY_KEPT),
			(unsigned)NEARBY_KEPT);
	if (at->events_over)
		note(&at->run->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, NULL,
			"%llu records of logs were left out: no more than %llu are kept; --limit events=NUMBER allows more",
			(unsigned long long)at->events_over, (unsigned long long)limit_get(LIMIT_EVENTS));
}

/* For at->count tasks; the pool that does them. */
static struct pool *
open_collection(struct collection *at, const char *name)
{
	at->parts = part_spool_open(event_store_lines(at->run->inventory.event_store), at->count);
	at->is_open = memory_allocate(at->count, sizeof *at->is_open);
	buffer_init(&at->event_lines, 0);
	buffer_init(&at->computer_line, 0);
	arena_init(&at->arena);
	arena_init(&at->shared_arena);
	return run_pool_planned(at->run, (struct pool_plan){ .name = name, .jobs = at->run->options->jobs, .ahead = 1, .work = work,
		.part = keep_part, .part_lost = drop_parts, .done = keep, .done_context = at });
}

/* Until all that was asked for is done, and taken. */
static void
finish_collection(struct collection *at, struct pool *pool)
{
	run_pool_through(at->run, pool);
	pool_close(pool);
	while (at->taken < at->count)
		take_task(at, at->taken++);
	part_spool_close(at->parts);
	memory_free(at->is_open);
	buffer_release(&at->event_lines);
	buffer_release(&at->computer_line);
	memory_free(at->fields);
	memory_free(at->shared.items);
	arena_release(&at->shared_arena);
	arena_release(&at->arena);
	note_events_over(at);
}

void
pass_collect(struct run *run, size_t first)
{
	struct collection at = { .run = run, .first = first };
	struct pool *pool;

	run_enter(run, "collecting", "");
	at.count = (run->inventory.systems.count - first) * tasks_of_system() * SHARES;
	pool = open_collection(&at, "collect");
	for (size_t i = first; i < run->inventory.systems.count; i++)
		add_tasks(&at, pool, (uint32_t)i);
	finish_collection(&at, pool);
	apply_gaps(run);
	if (!run->interrupted_by)
		note_missing_databases(run, first);
	if (run->export_count && !run->inventory.systems.count)
		note(&run->notes, STATUS_OK, NOTE_INPUT_UNUSED, NULL, "the records of --events and --network were not read: there is no "
			"installed system in the evidence that they could tell of");
	inventory_index_packages(&run->inventory);
}

static void
add_found_tasks(struct collection *at, struct pool *pool)
{
	const struct run *run = at->run;
	struct buffer line;

	buffer_init(&line, 0);
	for (size_t i = 0; i < run->found_log_count; i++) {
		uint32_t system = run->found_logs[i].system;

		if (at->is_open[system])
			continue;
		at->is_open[system] = true;
		task_write(&line, &(struct task_order){ .kind = TASK_COLLECT, .number = system, .table = COLLECT_FOUND });
		pool_add(pool, line.bytes);
	}
	buffer_release(&line);
}

void
pass_collect_found(struct run *run)
{
	struct collection at = { .run = run, .count = run->inventory.systems.count, .is_found = true };
	struct pool *pool;

	found_logs_settle(run);
	if (!run->found_log_count || run->interrupted_by)
		return;
	run_enter(run, "collecting logs that were found", "");
	pool = open_collection(&at, "found");
	add_found_tasks(&at, pool);
	finish_collection(&at, pool);
}
