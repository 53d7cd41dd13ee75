/*
 * lock_witness.c - what the logs say of a lock: since when, by whom.
 *
 * No package manager logs its locks as such; what is there are commands (dnf.log, apt's history, sudo, histories of
 * shells), copies of dpkg's status, the installation of the plugin, and the times of the lists themselves.
 */
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "lock_witness.h"

enum { LOGS_MAX = 64 };

/* A log that was read, and how many of its records name the lock. */
struct log_count { const char *driver, *path; uint64_t records, naming; };

struct witness {
	const struct inventory    *inventory;
	const struct package_lock *lock;
	const struct event        *first;		/* that names the lock */
	struct log_count           logs[LOGS_MAX];
	size_t                     log_count;
};

static struct log_count *
log_of(struct witness *witness, const char *path)
{
	for (size_t i = 0; path && i < witness->log_count; i++)
		if (witness->logs[i].path && !strcmp(witness->logs[i].path, path))
			return &witness->logs[i];
	return NULL;
}

static void
list_logs(struct witness *witness)
{
	for (size_t i = 0; i < witness->inventory->artifact_count && witness->log_count < LOGS_MAX; i++) {
		const struct artifact_seen *artifact = &witness->inventory->artifacts[i];

		if (artifact_seen_is_log(artifact) && artifact->system && !strcmp(artifact->system, witness->lock->system))
			witness->logs[witness->log_count++] = (struct log_count){ .driver = artifact->driver,
				.path = artifact->path, .records = artifact->rows };
	}
}

static void
count_names(struct witness *witness)
{
	for (size_t i = 0; i < witness->inventory->event_count; i++) {
		const struct event *event = &witness->inventory->events[i];
		struct log_count *log;

		if (!inventory_names_lock(witness->lock, event))
			continue;
		log = log_of(witness, event->at.path);
		if (log)
			log->naming++;
		/* Events lie sorted by time. */
		if (!witness->first)
			witness->first = event;
	}
}

/* "2 of dnf_log's 812 records name it"; what names it nowhere is told in one number. */
static void
say_logs(struct draft *draft, const struct witness *witness)
{
	uint64_t naming = 0, silent = 0, silent_logs = 0;

	for (size_t i = 0; i < witness->log_count; i++) {
		const struct log_count *log = &witness->logs[i];

		if (log->naming)
			buffer_add_format(&draft->text, "; %llu %s of %s name%s it", (unsigned long long)log->naming,
				log->naming == 1 ? "record" : "records", log->path, log->naming == 1 ? "s" : "");
		else
			silent += log->records, silent_logs++;
		naming += log->naming;
	}
	if (silent_logs)
		buffer_add_format(&draft->text, "; of %llu %s that %s read, with %llu records, none names it",
			(unsigned long long)silent_logs, naming ? (silent_logs == 1 ? "other log" : "other logs") :
			silent_logs == 1 ? "log" : "logs", silent_logs == 1 ? "was" : "were", (unsigned long long)silent);
	else if (!witness->log_count)
		buffer_add_text(&draft->text, "; no log was there to tell when");
}

static void
say_first(struct draft *draft, const struct event *event)
{
	buffer_add_text(&draft->text, "; the first record that names it is of ");
	add_time(&draft->text, &event->time);
	if (event->user && *event->user)
		buffer_add_format(&draft->text, " by %s", event->user);
	if (event->subject && *event->subject)
		buffer_add_format(&draft->text, ": %s", event->subject);
	draft_see_event(draft, event);
}

static bool
is_copy(const struct witness *witness, const struct event *event, const char *id)
{
	return event->system && !strcmp(event->system, witness->lock->system) && event->id && !strcmp(event->id, id);
}

static bool
is_held_in(const struct witness *witness, const struct event *copy)
{
	for (size_t i = 0; i < witness->inventory->event_count; i++) {
		const struct event *event = &witness->inventory->events[i];

		if (is_copy(witness, event, "held-in-copy") && event->object && !strcmp(event->object, witness->lock->pattern) &&
		    event->at.path && copy->at.path && !strcmp(event->at.path, copy->at.path))
			return true;
	}
	return false;
}

/* Between the last copy of dpkg's status that does not hold it and the first that does. */
static void
say_copies(struct draft *draft, const struct witness *witness)
{
	const struct event *without = NULL, *with = NULL;

	for (size_t i = 0; i < witness->inventory->event_count; i++) {
		const struct event *event = &witness->inventory->events[i];

		if (!is_copy(witness, event, "copy"))
			continue;
		if (is_held_in(witness, event)) {
			with = with ? with : event;
		} else {
			without = event;
			with = NULL;
		}
	}
	if (without) {
		buffer_add_format(&draft->text, "; %s, last changed ", without->at.path);
		add_time(&draft->text, &without->time);
		buffer_add_text(&draft->text, ", does not hold it");
		draft_see_event(draft, without);
	}
	if (with) {
		buffer_add_format(&draft->text, "; %s, last changed ", with->at.path);
		add_time(&draft->text, &with->time);
		buffer_add_text(&draft->text, ", is the oldest copy that does");
		draft_see_event(draft, with);
	}
}

static void
say_plugin(struct draft *draft, const struct witness *witness)
{
	for (size_t i = 0; i < witness->inventory->event_count; i++) {
		const struct event *event = &witness->inventory->events[i];

		if (event->kind != EVENT_PACKAGE_INSTALLED || !event->system || strcmp(event->system, witness->lock->system) ||
		    !event->object || !strstr(event->object, "versionlock"))
			continue;
		buffer_add_format(&draft->text, "; its plugin %s was installed ", event->object);
		add_time(&draft->text, &event->time);
		if (event->user && *event->user)
			buffer_add_format(&draft->text, " by %s", event->user);
		draft_see_event(draft, event);
		return;
	}
}

void
lock_witness_say(struct draft *draft, const struct inventory *inventory, const struct package_lock *lock)
{
	struct witness *witness = memory_allocate(1, sizeof *witness);

	witness->inventory = inventory;
	witness->lock = lock;
	if (timestamp_is_recorded(&lock->written)) {
		buffer_add_text(&draft->text, "; its file was last written ");
		add_time(&draft->text, &lock->written);
	}
	if (lock->system) {
		list_logs(witness);
		count_names(witness);
		if (witness->first)
			say_first(draft, witness->first);
		if (!strcmp(lock->kind, "hold"))
			say_copies(draft, witness);
		if (!strcmp(lock->kind, "versionlock"))
			say_plugin(draft, witness);
		say_logs(draft, witness);
	}
	memory_free(witness);
}
