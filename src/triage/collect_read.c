/*
 * collect_read.c - one driver on one system: its files are found across the mounts, opened and inflated, and what it hands out
 * goes up the pipe with the system's id.  Local times become UTC here, by the system's own zone.
 */
#include <string.h>

#include <t1554triage/inflate.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "artifact_list.h"
#include "collect.h"
#include "found_logs.h"
#include "owner_names.h"
#include "rules.h"
#include "task.h"

static const struct field zone_fields[] = {
	FIELD(struct zone_told, system, FIELD_TEXT),
	FIELD(struct zone_told, name, FIELD_TEXT),
	FIELD(struct zone_told, source, FIELD_TEXT),
	FIELD(struct zone_told, known, FIELD_BOOL),
	FIELD_LAST
};
const struct record_type zone_told_record = {
	.name = "zone", .size = sizeof (struct zone_told), .fields = zone_fields,
	.description = "the time zone that a system was set to",
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
	const char         *table;
	struct owner_names  owners;
	struct zone         zone;
	const char         *zone_source;
	const char         *local_source;	/* time_source of its local times; NULL: none yet */
	struct artifact_list files;	/* of the driver */
	size_t              found, shares;	/* files of the driver; processes that may read them */
	size_t              item;		/* that the event before was of */
	uint64_t            rows;
	struct rule_asking *rules;	/* of the events of a log */
};

static bool
is_sent_by_others(const struct eventlog_driver *log, const char *path)
{
	return log && log->of_others && path && text_matches_glob(log->of_others, text_base_name(path));
}

static void
note_sent(const struct collecting *at)
{
	for (size_t i = 0; i < at->files.count; i++)
		if (is_sent_by_others(at->log, at->files.items[i]->artifact.path))
			note(at->reader->notes, STATUS_OK, NOTE_LOG_ELSEWHERE, &at->files.items[i]->artifact.place, "%s holds what other computers "
				"sent to this one: its records are listed, and tied to no file", at->files.items[i]->artifact.path);
}

/* span is NULL where it is no log, or not one file of it. */
static void
send_artifact(struct collecting *at, const char *path, uint64_t size, uint64_t rows, const char *result, const struct log_span *span)
{
	struct artifact_seen seen = span ? span->seen : (struct artifact_seen){ .path = NULL };

	seen.system = at->system;
	seen.driver = at->files.driver;
	seen.table = at->table;
	seen.path = path;
	seen.size = size;
	seen.rows = rows;
	seen.result = result;
	reader_send(at->reader, &artifact_seen_record, &seen);
}

static void
send_artifacts(struct collecting *at, enum status status)
{
	const char *result = status == STATUS_OK ? "read" : status == STATUS_DAMAGED ? "damaged" : "unreadable";
	uint64_t size = 0;

	if (!at->found) {
		send_artifact(at, NULL, 0, 0, at->files.status < STATUS_OK ? "damaged" : "absent", NULL);
		return;
	}
	for (size_t i = 0; i < at->files.count; i++)
		size += at->files.items[i]->artifact.size;
	/* What was read in shares is joined by the coordinator. */
	if (at->files.count > ARTIFACTS_LISTED && at->shares == 1) {
		send_artifact(at, at->files.items[0]->artifact.path, size, at->rows, result, NULL);
		return;
	}
	/* Rows are counted for the driver as a whole: they stand with its first file. */
	for (size_t i = 0; i < at->files.count; i++)
		send_artifact(at, at->files.items[i]->artifact.path, at->files.items[i]->artifact.size, i ? 0 : at->rows, result, &at->files.items[i]->span);
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
	for (size_t i = 0; event->at.path && i < at->files.count; i++) {
		struct listed_artifact *item = at->files.items[(at->item + i) % at->files.count];

		if (item->artifact.path != event->at.path && strcmp(item->artifact.path, event->at.path))
			continue;
		at->item = (at->item + i) % at->files.count;
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

static void
add_further(void *context, const char *path)
{
	struct collecting *at = context;
	const char *const patterns[] = { arena_copy_text(&at->reader->scratch, path), NULL };

	for (size_t i = 0; i < at->files.count; i++)
		if (!strcmp(at->files.items[i]->artifact.path, path))
			return;
	artifact_list_find(&at->files, patterns, false, false);
}

/* The same with what settings among them lead to. */
static struct artifact *
with_further(struct collecting *at, const struct package_db_driver *driver, struct artifact *artifacts, enum status *status)
{
	if (!driver->further || !at->files.count)
		return artifacts;
	*status = driver->further(&(struct artifact_group){ .items = artifacts, .count = at->files.count }, add_further, at,
		at->reader->notes);
	memory_free(artifacts);
	return artifact_list_copy(&at->files);
}

static void
collect_packages(struct collecting *at, const struct package_db_driver *driver)
{
	const struct package_sink sink = { take_package, take_package_file, take_lock, take_diversion, at, take_part, take_witness, take_baseline,
		take_load };
	enum status status = STATUS_OK;
	struct artifact *artifacts;

	at->files.takes_links = driver->takes_links;
	at->table = "package";
	at->files.driver = driver->name;
	at->shares = 1;
	artifact_list_find(&at->files, driver->files, false, false);
	artifacts = with_further(at, driver, artifact_list_copy(&at->files), &status);
	at->found = at->files.count;
	if (at->files.count)
		status = status_worse(status, driver->parse(&(struct artifact_group){ artifacts, at->files.count, at->reader->run->trusted_keys.keyring }, &sink,
			at->reader->notes));
	send_artifacts(at, status_worse(at->files.status, status));
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
	at->files.driver = driver->name;
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
size_t
collect_shares(const struct eventlog_driver *driver)
{
	return driver->is_each_alone && !limit_get(LIMIT_SLACK_RECORDS) ? COLLECT_SHARES : 1;
}

/* Of the files, in their order, those that end in this share of all their bytes. */
static void
keep_share(struct collecting *at, uint64_t share)
{
	uint64_t all = 0, passed = 0;
	size_t kept = 0;

	for (size_t i = 0; i < at->files.count; i++)
		all += at->files.items[i]->artifact.size / COLLECT_SHARES + 1;
	for (size_t i = 0; i < at->files.count; i++) {
		passed += at->files.items[i]->artifact.size / COLLECT_SHARES + 1;
		if ((passed - 1) / (all / COLLECT_SHARES + 1) == share)
			at->files.items[kept++] = at->files.items[i];
	}
	at->files.count = kept;
}

static void
collect_events(struct collecting *at, const struct eventlog_driver *driver, uint64_t share)
{
	const struct event_sink sink = { take_event, at };
	struct artifact *artifacts;
	enum status status = STATUS_OK;

	at->table = "eventlog";
	at->files.driver = driver->name;
	at->log = driver;
	at->shares = collect_shares(driver);
	artifact_list_find(&at->files, driver->files, !driver->is_not_rotated, driver->is_package_log);
	at->found = at->files.count;
	if (at->shares > 1)
		keep_share(at, share);
	artifacts = artifact_list_copy(&at->files);

	if (driver->is_package_log)
		artifact_list_note_emptied(&at->files);
	note_sent(at);
	if (at->files.count) {
		at->rules = rules_ask_begin(at->reader);
		status = driver->parse(&(struct artifact_group){ artifacts, at->files.count, at->reader->run->trusted_keys.keyring }, &sink,
			at->reader->notes);
		rules_ask_end(at->rules, &artifacts[0].place);
		if (!driver->is_not_rotated)
			artifact_list_join_spans(&at->files);
	}
	if (at->files.count || !share)
		send_artifacts(at, status_worse(at->files.status, status));
	memory_free(artifacts);
}

/* Through a link in its folder the driver may have read it already. */
static bool
is_among_items(const struct collecting *at, const struct system_entry *found)
{
	for (size_t i = 0; i < at->files.count; i++) {
		const struct system_entry *item = &at->files.items[i]->entry;

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
	at->files.driver = driver->name;
	at->log = driver;
	at->shares = 1;
	at->is_found = true;
	at->files.count = 0;
	artifact_list_find(&at->files, driver->files, false, false);
	known = at->files.count;
	for (size_t i = 0; i < log_count; i++)
		if (system_lookup(at->view, logs[i].path, false, &found) == STATUS_OK && !is_among_items(at, &found))
			artifact_list_add(&at->files, &found);
	at->found = at->files.count -= known;
	if (!at->files.count)
		return;
	memmove(at->files.items, at->files.items + known, at->files.count * sizeof *at->files.items);
	for (size_t i = 0; i < at->files.count; i++)
		note(at->reader->notes, STATUS_OK, NOTE_LOG_ELSEWHERE, &at->files.items[i]->artifact.place, "%s is a log by its first bytes "
			"(%s) and lies where the system keeps none: it was read; records that name another computer than the system's "
			"own logs do are listed, and tied to no file", at->files.items[i]->artifact.path, driver->description);
	artifacts = artifact_list_copy(&at->files);
	at->rules = rules_ask_begin(at->reader);
	status = driver->parse(&(struct artifact_group){ artifacts, at->files.count, at->reader->run->trusted_keys.keyring }, &sink,
		at->reader->notes);
	rules_ask_end(at->rules, &artifacts[0].place);
	send_artifacts(at, status_worse(at->files.status, status));
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

void
collect_read(void *state, struct worker *worker, const char *task)
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
	at.files = (struct artifact_list){ .reader = reader, .view = at.view, .system = at.system, .evidence = at.evidence };
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
	memory_free(at.files.items);
	owner_names_release(&at.owners);
	reader_trim_views(reader);
	arena_release(&reader->scratch);
}
