/*
 * yum_log.c - /var/log/yum.log and rotated (yum, rpmtrans.py, yum.conf(5) "logfile")
 *
 *	May 03 21:14:02 Updated: openssh-server-7.4p1-23.el7_9.x86_64
 *	May 03 21:14:05 Installed: 1:yum-plugin-versionlock-1.1.31-54.el7_8.noarch
 *	May 03 21:15:00 Erased: vsftpd-3.0.2-29.el7_9.x86_64
 *
 * Local time without a year, no user, no command line.  The year is taken from the file: lines stand in order,
 * and the last one is not later than the file's own time of modification.  Where that time
 * is not known, times are not recorded.  Old versions of yum write of what they erase the bare name.
 */
#include <string.h>

#include <t1554triage/memory.h>

#include "line_log.h"
#include "local_time.h"
#include "package_name.h"

static const struct package_verb verbs[] = {
	{ "Installed:",     EVENT_PACKAGE_INSTALLED,   false },
	{ "Dep-Installed:", EVENT_PACKAGE_INSTALLED,   false },
	{ "Updated:",       EVENT_PACKAGE_UPGRADED,    false },
	{ "Reinstalled:",   EVENT_PACKAGE_REINSTALLED, false },
	{ "Downgraded:",    EVENT_PACKAGE_UPGRADED,    false },
	{ "Obsoleted:",     EVENT_PACKAGE_REMOVED,     true },
	{ "Erased:",        EVENT_PACKAGE_REMOVED,     true },
	{ NULL, EVENT_RECORD, false }
};

/* A line whose year waits for the lines behind it. */
struct waiting { struct event event; const char *stamp; };

struct yum_log {
	const struct artifact *artifact;
	struct arena           arena;
	struct waiting        *items;
	size_t                 count, capacity;
};

/* From the last line to the first, each not later than the one behind it; then in their own order. */
static void
hand_out(struct line_log *log, struct yum_log *yum)
{
	struct timestamp latest = yum->artifact ? yum->artifact->times.modified : (struct timestamp){ .seconds = 0 };
	bool is_known = timestamp_is_recorded(&latest);

	for (size_t i = yum->count; is_known && i-- > 0; )
		if (yearless_time_read(yum->items[i].stamp, &latest, &yum->items[i].event.time))
			latest = yum->items[i].event.time;
	for (size_t i = 0; i < yum->count; i++)
		log->out->event(log->out->context, &yum->items[i].event);
	yum->count = 0;
	arena_release(&yum->arena);
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	static const struct timestamp far = { .seconds = 253402300799, .resolution_nanoseconds = 1000000000 };
	struct yum_log *yum = log->state;
	struct timestamp unused;
	const char *rest = yearless_time_read(line, &far, &unused);
	struct waiting *waiting;

	if (!rest || *rest != ' ')
		return false;
	if (yum->artifact != log->artifact)
		hand_out(log, yum);
	yum->artifact = log->artifact;
	yum->items = memory_grow(yum->items, yum->count, &yum->capacity, sizeof *yum->items);
	waiting = &yum->items[yum->count++];
	waiting->stamp = arena_copy(&yum->arena, line, length);
	waiting->event = (struct event){ .kind = EVENT_RECORD, .provider = "yum", .text = waiting->stamp, .at = *at };
	package_verb_set(&waiting->event, verbs, arena_copy_text(&yum->arena, rest));
	return true;
}

static enum status
parse_yum_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct yum_log yum = { .artifact = NULL };
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .state = &yum,
		.odd = "not a line of yum's log; what it recorded is not known" };
	enum status status;

	arena_init(&yum.arena);
	status = line_log_read(&log, group);
	hand_out(&log, &yum);
	memory_free(yum.items);
	return status;
}

const struct eventlog_driver yum_log_eventlog = {
	.name           = "yum_log",
	.description    = "yum: packages that came and went (/var/log/yum.log and rotated)",
	.files          = (const char *const[]){ "/var/log/yum.log*", NULL },
	.is_package_log = true,
	.manager = "rpm",
	.parse          = parse_yum_log,
};
