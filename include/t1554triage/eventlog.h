/* eventlog.h - what happened, and when: logs of package managers and systems.  Layer: eventlog. */
#ifndef T1554TRIAGE_EVENTLOG_H
#define T1554TRIAGE_EVENTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/artifact.h>
#include <t1554triage/note.h>
#include <t1554triage/record.h>
#include <t1554triage/timestamp.h>

/* The kinds stand in include/t1554triage/event_kind.def. */
enum event_kind {
#define EVENT_KIND(name, meaning) EVENT_##name,
#include <t1554triage/event_kind.def>
#undef EVENT_KIND
	EVENT_KIND_COUNT
};
extern const char *const event_kind_names[];

struct event_field { const char *name, *value; };	/* bytes */

struct event {
	const char *system;		/* set by the collect pass */
	struct timestamp time;		/* local where the log has no zone: the collect pass makes it UTC */
	const char *time_source;	/* "dpkg.log, zone Europe/Berlin"; set by the collect pass for local times */
	enum event_kind kind;
	const char *provider;		/* "dpkg", "apt", "Sysmon" */
	const char *id;			/* of the provider's vocabulary: "upgrade", "11"; NULL */
	const char *channel;
	const char *subject;		/* who or what acts: the command line of a transaction */
	const char *object;		/* what is acted upon: the package ("openssh-server"), the file */
	const char *architecture;
	const char *version_old, *version_new;
	const char *user;
	const char *text;		/* the line as it stands, without its end */
	const struct event_field *fields;
	size_t      field_count;
	/* A span of time, for transactions: end is recorded where the log tells it. */
	struct timestamp end;
	struct place at;
};
extern const struct record_type event_record;	/* without fields: those are records of their own, behind it */
extern const struct record_type event_field_record;
/* Adds the event and its fields, a line each. */
void event_write(struct buffer *out, const struct event *event);

struct event_sink {
	void (*event)(void *context, const struct event *event);	/* borrowed */
	void  *context;
};

/* True where the words of the event are those by which packages are held, locked or left out, whoever writes them. */
bool event_speaks_of_locks(const struct event *event);

struct eventlog_driver {
	const char *name, *description;
	const char *const *files;	/* patterns in the running system, end with NULL */
	bool        is_package_log;	/* its events account for changes of packaged files */
	const char *manager;		/* of those packages: "rpm"; NULL where it is no package log */
	bool        is_not_rotated;	/* numbers in names of its files count nothing */
	const char *beside;		/* name of a file that is read for what a log's numbers mean and is no log, NULL */
	bool        is_each_alone;	/* each file tells of itself only: several processes may read them */
	const char *of_others;		/* pattern of the names of files whose records other computers sent, NULL */
	const char *signature;		/* first bytes by which its files are known wherever they lie, NULL */
	size_t      signature_bytes;
	bool        is_given;		/* reads what the examiner gives beside the image; its patterns are those of its tests */
	bool        is_traffic;		/* of what is given: records of traffic (--network), else of hosts (--events) */
	enum status (*parse)(const struct artifact_group *group, const struct event_sink *out,
		const struct notes *notes);
};

/* The manager of whose packages the log of a driver of that name tells, NULL: of none. */
const char *eventlog_manager(const char *driver);
/* False for a file that the driver of that name reads beside its logs (passwd beside lastlog), and for any of no driver. */
bool eventlog_is_log(const char *driver, const char *path);

/* True where the front of a file holds records of an export that is known (src/eventlog/export.def). */
bool export_is_known(struct source *head);
/* True where it holds records of traffic: logs of Zeek, flows (src/eventlog/network_file.c). */
bool network_file_is_known(struct source *head);

const struct eventlog_driver *const *eventlog_drivers(void);	/* rows of src/eventlog/eventlog.def; NULL ends them */
size_t eventlog_driver_count(void);
/* The row of the driver whose files begin so; false: of none that has a signature. */
bool eventlog_of_content(const uint8_t *head, size_t length, size_t *ret_row);

#endif
