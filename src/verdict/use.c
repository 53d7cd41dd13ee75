/*
 * use.c - question 2: are the altered programs in use?
 *
 * Logs of processes (audit, Sysmon) say what started a program, with its parent; most systems keep none.  A package that installs a unit, an init script or a job of cron starts its
 * programs by itself:
 *
 *	/lib/systemd/system/ssh.service
 *	/etc/init.d/ssh
 *	/etc/cron.daily/apache2
 */
#include <string.h>

#include <t1554triage/buffer.h>
#include <t1554triage/text.h>

#include "judgement.h"

/* Writing a file may set its access time, too. */
enum { TIMES_APART_SECONDS = 2 };

static bool
starts_programs(const char *path)
{
	static const struct { const char *folder, *suffix; } places[] = {
		{ "/lib/systemd/system/", ".service" }, { "/usr/lib/systemd/system/", ".service" },
		{ "/etc/systemd/system/", ".service" }, { "/etc/init.d/", "" }, { "/etc/init/", ".conf" },
		{ "/etc/rc.d/init.d/", "" }, { "/etc/cron.d/", "" }, { "/etc/cron.hourly/", "" },
		{ "/etc/cron.daily/", "" }, { "/etc/cron.weekly/", "" }, { "/etc/cron.monthly/", "" },
		{ "/Library/LaunchDaemons/", ".plist" },
	};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (text_has_prefix(path, places[i].folder) && text_has_suffix(path, places[i].suffix) &&
		    !path_is_hidden(path))
			return true;
	return false;
}

static void
make_key(struct buffer *key, const char *system, const char *package)
{
	buffer_clear(key);
	buffer_add_text(key, system ? system : "");
	buffer_add(key, "", 1);
	buffer_add_text(key, package ? package : "");
}

/* The first unit of a package counts before its first script or job. */
void
services_find(const struct inventory *inventory, struct map *services)
{
	struct buffer key;

	map_init(services);
	buffer_init(&key, 0);
	for (int units = 1; units >= 0; units--)
		for (size_t i = 0; i < inventory->package_file_count; i++) {
			const struct package_file *row = &inventory->package_files[i];

			if (!row->path || text_has_suffix(row->path, ".service") != units || !starts_programs(row->path))
				continue;
			make_key(&key, row->system, row->package);
			map_add(services, key.bytes, key.length, i);
		}
	buffer_release(&key);
}

const struct package_file *
service_of(const struct inventory *inventory, const struct map *services, const struct file *file)
{
	const struct package_file *found = NULL;
	struct buffer key;
	uint64_t number;

	if (!file->package)
		return NULL;
	buffer_init(&key, 0);
	make_key(&key, file->package->system, file->package->name);
	if (map_get(services, key.bytes, key.length, &number))
		found = &inventory->package_files[number];
	buffer_release(&key);
	return found;
}

static bool
is_altered_program(const struct file *file)
{
	return file_is_allocated_program(file) && (verdict_is_accusing(file->verdict) ||
	       file->verdict == VERDICT_CHANGED_EXPLAINED);
}

/* An access that is recorded after the last change of the content. */
static bool
was_read_since(const struct file *file)
{
	const struct macb *times = &file->entry.times;

	return timestamp_is_recorded(&times->accessed) && timestamp_is_recorded(&times->modified) &&
	       !times->accessed.local && !times->modified.local &&
	       times->accessed.seconds > times->modified.seconds + TIMES_APART_SECONDS &&
	       (!timestamp_is_recorded(&times->changed) ||
		times->accessed.seconds > times->changed.seconds + TIMES_APART_SECONDS);
}

/* A record of a start, or of being loaded, after the change. */
static const struct event *
started_since(const struct file *file)
{
	const struct macb *times = &file->entry.times;
	const struct timestamp *change = timestamp_is_recorded(&times->changed) ? &times->changed : &times->modified;

	for (int i = ACTIVITY_RUN; file->activity && i <= ACTIVITY_LOADED; i++) {
		const struct event *event = file->activity->last[i];

		if (event && timestamp_is_recorded(change) && !change->local && timestamp_is_recorded(&event->time) &&
		    !event->time.local && timestamp_compare(&event->time, change) > 0)
			return event;
	}
	return NULL;
}

struct use { uint64_t altered, started, read, ran; };

static void
say_file(struct buffer *out, const struct file *file, const struct package_file *service)
{
	char text[TIMESTAMP_TEXT_SIZE];
	bool read = was_read_since(file);
	const struct event *start = started_since(file);

	if (!service && !read && !start)
		return;
	buffer_add_format(out, "; %s:", file->path);
	if (start) {
		timestamp_format_short(&start->time, text);
		buffer_add_format(out, " %s at %s by %s%s%s%s", start->kind == EVENT_IMAGE_LOADED ? "loaded" : "started", text,
			start->subject ? start->subject : "a process that is not recorded",
			start->user ? ", user " : "", start->user ? start->user : "", service || read ? ";" : "");
	}
	if (service)
		buffer_add_format(out, " its package %s installs %s", file->package->name, service->path);
	if (!read)
		return;
	timestamp_format_short(&file->entry.times.accessed, text);
	buffer_add_format(out, "%s last access %s, after its change", service ? "," : "", text);
}

void
answer_use(struct tally *tally, struct answered *answered)
{
	const struct inventory *inventory = tally->inventory;
	struct judgement *judgement = tally->judgement;
	struct use use = { .altered = 0 };
	struct buffer files;

	buffer_init(&files, 0);
	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (!is_altered_program(file))
			continue;
		use.altered++;
		use.started += service_of(inventory, &tally->services, file) != NULL;
		use.read += was_read_since(file);
		use.ran += started_since(file) != NULL;
	}
	for (size_t i = 0; i < judgement->deciding_count; i++)
		if (is_altered_program(judgement->deciding[i].file))
			say_file(&files, judgement->deciding[i].file,
				service_of(inventory, &tally->services, judgement->deciding[i].file));
	answered->basis = "logs of started processes where the system kept them, units, init scripts and jobs that "
		"packages install, and access times";
	answered->against = "";
	if (!use.altered) {
		answered->answer = judgement->with_baseline ? ANSWER_NO : ANSWER_NOT_DETERMINABLE;
		answered->text = judgement->with_baseline ? "no altered program was found" :
			"no program could be compared with a record";
	} else if (use.ran) {
		answered->answer = ANSWER_YES;
		answered->text = arena_format(&judgement->arena, "logs tell that %llu of %llu names of programs in question were "
			"started or loaded after the change%s", (unsigned long long)use.ran, (unsigned long long)use.altered,
			files.bytes);
		answered->against = "A log names a path: the program that lay there at that moment may have been another one.";
	} else if (use.started || use.read) {
		answered->answer = ANSWER_PARTLY;
		answered->text = arena_format(&judgement->arena, "of %llu name%s of programs in question (altered, "
			"or with another sign against them) %llu belong%s to packages that install a service or a job, and "
			"%llu %s read after the change%s",
			(unsigned long long)use.altered, use.altered == 1 ? "" : "s", (unsigned long long)use.started,
			use.started == 1 ? "s" : "", (unsigned long long)use.read, use.read == 1 ? "was" : "were",
			files.bytes);
		answered->against = "An access is a start, a copy, a backup or a scan alike; which process started "
			"which stands in memory and in process accounting, neither of which is on the medium.";
	} else {
		answered->answer = ANSWER_NOT_DETERMINABLE;
		answered->text = "no package of the programs in question installs a service or a job, and no access is "
			"recorded after the change";
		answered->against = "Programs run without leaving either, for instance where access times are off.";
	}
	buffer_release(&files);
}
