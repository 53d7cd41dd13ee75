/* eventlog.c - the table of logs, and how their events are written. */
#include <string.h>

#include <t1554triage/eventlog.h>
#include <t1554triage/text.h>

#define EVENTLOG(name) extern const struct eventlog_driver name##_eventlog;
#include "eventlog.def"
#undef EVENTLOG

static const struct eventlog_driver *const drivers[] = {
#define EVENTLOG(name) &name##_eventlog,
#include "eventlog.def"
#undef EVENTLOG
	NULL
};

const struct eventlog_driver *const *
eventlog_drivers(void)
{
	return drivers;
}

size_t
eventlog_driver_count(void)
{
	return sizeof drivers / sizeof drivers[0] - 1;
}

bool
eventlog_of_content(const uint8_t *head, size_t length, size_t *ret_row)
{
	for (size_t i = 0; drivers[i]; i++)
		if (drivers[i]->signature && length >= drivers[i]->signature_bytes &&
		    !memcmp(head, drivers[i]->signature, drivers[i]->signature_bytes)) {
			*ret_row = i;
			return true;
		}
	return false;
}

bool
event_speaks_of_locks(const struct event *event)
{
	static const char *const words[] = { "versionlock", "apt-mark", "--set-selections", "addlock", "zypper al ", "IgnorePkg",
		"systemctl mask", "chattr", "exclude", "Package-Blacklist", "apk add", "brew pin", "snap refresh --hold" };
	const char *texts[] = { event->text, event->subject };

	/* Steps of packages are most of all events, and never the command. */
	if (event->kind >= EVENT_PACKAGE_INSTALLED && event->kind <= EVENT_PACKAGE_STATUS)
		return false;
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; texts[i] && k < sizeof words / sizeof words[0]; k++)
			if (strstr(texts[i], words[k]))
				return true;
	return event->kind == EVENT_PACKAGE_LOCKED;
}

/* In the order of event_kind.def; tests/unit/test_eventlog.c compares the two. */
const char *const event_kind_names[] = {
	"record",
	"package_installed",
	"package_upgraded",
	"package_reinstalled",
	"package_removed",
	"package_configured",
	"package_triggered",
	"package_status",
	"package_transaction",
	"package_locked",
	"package_database_changed",
	"process_started",
	"process_ended",
	"image_loaded",
	"file_created",
	"file_changed",
	"file_deleted",
	"file_renamed",
	"file_accessed",
	"network_connection",
	"dns_query",
	"service_installed",
	"log_cleared",
	"logon",
	"detection",
	"file_listed",
	"command_typed",
	NULL
};
_Static_assert(sizeof event_kind_names / sizeof *event_kind_names == EVENT_KIND_COUNT + 1,
	"each kind of event_kind.def has its name");

static const struct field fields[] = {
	FIELD(struct event, system, FIELD_TEXT),
	FIELD(struct event, time, FIELD_TIMESTAMP),
	FIELD(struct event, time_source, FIELD_TEXT),
	FIELD_ENUM(struct event, kind, "kind", event_kind_names),
	FIELD(struct event, provider, FIELD_TEXT),
	FIELD(struct event, id, FIELD_TEXT),
	FIELD(struct event, channel, FIELD_TEXT),
	FIELD(struct event, subject, FIELD_TEXT),
	FIELD(struct event, object, FIELD_TEXT),
	FIELD(struct event, architecture, FIELD_TEXT),
	FIELD(struct event, version_old, FIELD_TEXT),
	FIELD(struct event, version_new, FIELD_TEXT),
	FIELD(struct event, user, FIELD_TEXT),
	FIELD(struct event, text, FIELD_TEXT),
	FIELD(struct event, end, FIELD_TIMESTAMP),
	FIELDS_PLACE(struct event, at),
	FIELD_LAST
};

const struct record_type event_record = {
	.name = "event", .size = sizeof (struct event), .fields = fields,
	.description = "what a log says that happened",
};

static const struct field event_field_fields[] = {
	FIELD(struct event_field, name, FIELD_TEXT),
	FIELD(struct event_field, value, FIELD_TEXT),
	FIELD_LAST
};

const struct record_type event_field_record = {
	.name = "event-field", .size = sizeof (struct event_field), .fields = event_field_fields,
	.description = "a field of the event before it",
};

void
event_write(struct buffer *out, const struct event *event)
{
	record_write(out, &event_record, event);
	for (size_t i = 0; i < event->field_count; i++)
		record_write(out, &event_field_record, &event->fields[i]);
}

const char *
eventlog_manager(const char *driver)
{
	for (const struct eventlog_driver *const *at = eventlog_drivers(); driver && *at; at++)
		if (!strcmp((*at)->name, driver))
			return (*at)->manager;
	return NULL;
}

bool
eventlog_is_log(const char *driver, const char *path)
{
	for (const struct eventlog_driver *const *at = eventlog_drivers(); driver && *at; at++)
		if (!strcmp((*at)->name, driver))
			return !(*at)->beside || strcmp(text_base_name(path), (*at)->beside);
	return false;
}
