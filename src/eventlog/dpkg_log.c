/*
 * dpkg_log.c - /var/log/dpkg.log and its rotated copies (dpkg(1), "log"; lib/dpkg/log.c)
 *
 *	2026-11-21 19:28:07 startup archives unpack
 *	2026-11-21 19:28:07 install openssh-server:amd64 <none> 1:9.2p1-2+deb12u2
 *	2026-11-21 19:28:07 upgrade bash:amd64 5.2-1 5.2-2
 *	2026-11-21 19:28:08 status half-installed openssh-server:amd64 1:9.2p1-2+deb12u2
 *	2026-11-21 19:28:09 configure openssh-server:amd64 1:9.2p1-2+deb12u2 <none>
 *	2026-11-21 19:28:09 trigproc libc-bin:amd64 2.36-9 <none>
 *	2026-11-21 19:28:09 remove vsftpd:amd64 3.0.3-13 <none>
 *	2026-11-21 19:28:09 conffile /etc/bash.bashrc keep
 *
 * Local time, no zone, whole seconds.  "install" may name an old version, of
 * which only the configuration was left; "upgrade" to the same version is a
 * reinstallation; holds are not logged at all.  After a crash such a log often
 * holds a run of NULs.  A line that bears no time is noted, and the log is not
 * whole then.
 */
#include <string.h>

#include "line_log.h"
#include "local_time.h"

enum versions { OLD_AND_NEW, ONLY_NEW, ONLY_OLD };

static const struct action { const char *name; enum event_kind kind; enum versions versions; } actions[] = {
	{ "install",   EVENT_PACKAGE_INSTALLED,  OLD_AND_NEW },
	{ "upgrade",   EVENT_PACKAGE_UPGRADED,   OLD_AND_NEW },
	{ "configure", EVENT_PACKAGE_CONFIGURED, ONLY_NEW },
	{ "trigproc",  EVENT_PACKAGE_TRIGGERED,  ONLY_NEW },
	{ "status",    EVENT_PACKAGE_STATUS,     ONLY_NEW },
	{ "remove",    EVENT_PACKAGE_REMOVED,    ONLY_OLD },
	{ "purge",     EVENT_PACKAGE_REMOVED,    ONLY_OLD },
	{ "disappear", EVENT_PACKAGE_REMOVED,    ONLY_OLD },
	{ NULL, EVENT_RECORD, OLD_AND_NEW }
};

static const char *
version_or_null(const char *word)
{
	return word && strcmp(word, "<none>") ? word : NULL;
}

/* "openssh-server:amd64" */
static void
set_package(struct event *event, const char *name)
{
	char *colon = name ? strchr(name, ':') : NULL;

	event->object = name;
	if (!colon)
		return;
	*colon = '\0';
	event->architecture = colon + 1;
}

static void
set_package_action(struct event *event, const struct action *action, char *rest)
{
	const char *first, *second;

	set_package(event, line_log_word(&rest));
	first = version_or_null(line_log_word(&rest));
	second = version_or_null(line_log_word(&rest));
	if (!event->object)
		return;
	event->kind = action->kind;
	event->version_old = action->versions == ONLY_NEW ? NULL : first;
	event->version_new = action->versions == OLD_AND_NEW ? second :
		action->versions == ONLY_NEW ? first : NULL;
	if (event->kind == EVENT_PACKAGE_UPGRADED && first && second && !strcmp(first, second))
		event->kind = EVENT_PACKAGE_REINSTALLED;
}

/* What stands behind the time; a line of another kind stays a record of its own. */
static void
set_action(struct event *event, char *rest, struct event_field *state)
{
	const struct action *action = actions;

	event->id = line_log_word(&rest);
	if (!event->id)
		return;
	while (action->name && strcmp(action->name, event->id))
		action++;
	if (!strcmp(event->id, "status")) {
		*state = (struct event_field){ "state", line_log_word(&rest) };
		event->fields = state;
		event->field_count = state->value != NULL;
	}
	if (action->name)
		set_package_action(event, action, rest);
	else if (!strcmp(event->id, "conffile"))
		event->object = line_log_word(&rest);
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct event event = { .kind = EVENT_RECORD, .provider = "dpkg", .text = line, .at = *at };
	struct event_field state;
	const char *rest = local_time_read(line, &event.time);

	(void)length;
	if (!rest || *rest != ' ')
		return false;
	set_action(&event, line_log_copy(log, rest), &state);
	if (!event.id)
		return false;
	log->out->event(log->out->context, &event);
	return true;
}

static enum status
parse_dpkg_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct line_log log = { .out = out, .notes = notes, .take = take_line,
		.odd = "not a line of dpkg's log; what it recorded is not known" };

	return line_log_read(&log, group);
}

const struct eventlog_driver dpkg_log_eventlog = {
	.name           = "dpkg_log",
	.description    = "dpkg: each step of each package (/var/log/dpkg.log and rotated)",
	.files          = (const char *const[]){ "/var/log/dpkg.log*", NULL },
	.is_package_log = true,
	.manager = "dpkg",
	.parse          = parse_dpkg_log,
};
