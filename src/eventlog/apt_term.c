/*
 * apt_term.c - /var/log/apt/term.log, unattended-upgrades-dpkg.log and rotated: what dpkg said on the terminal
 * (apt, apt-pkg/deb/dpkgpm.cc; dpkg, src/main/unpack.c)
 *
 *	Log started: 2026-11-21  19:28:06
 *	Unpacking openssh-server (1:9.2p1-2+deb12u2) ...
 *	Unpacking bash:amd64 (5.2-2) over (5.2-1) ...
 *	Setting up bash:amd64 (5.2-2) ...
 *	Removing vsftpd (3.0.3-13) ...
 *	Processing triggers for libc-bin (2.36-9) ...
 *	Log ended: 2026-11-21  19:28:12
 *
 * Local time, and only of a session as a whole: each line of it has the session's span.  A session without an end was
 * interrupted, or the log was cut there.  Other lines are output, which may hold anything.
 */
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "line_log.h"
#include "local_time.h"

static const struct action { const char *begin, *id; enum event_kind kind; bool goes; } actions[] = {
	{ "Unpacking ",               "unpack",    EVENT_PACKAGE_INSTALLED,  false },
	{ "Setting up ",              "configure", EVENT_PACKAGE_CONFIGURED, false },
	{ "Removing ",                "remove",    EVENT_PACKAGE_REMOVED,    true },
	{ "Purging configuration files for ", "purge", EVENT_PACKAGE_REMOVED, true },
	{ "Processing triggers for ", "trigger",   EVENT_PACKAGE_TRIGGERED,  false },
	{ NULL, NULL, EVENT_RECORD, false }
};

/* Events of a session that wait for its end. */
struct session {
	struct arena    arena;
	struct event   *events;
	size_t          count, capacity;
	struct timestamp begin;
	const struct artifact *artifact;
};

static void
end_session(struct line_log *log, const struct timestamp *end)
{
	struct session *session = log->state;

	for (size_t i = 0; i < session->count; i++) {
		if (end)
			session->events[i].end = *end;
		log->out->event(log->out->context, &session->events[i]);
	}
	session->count = 0;
	session->begin = (struct timestamp){ .seconds = 0 };
	arena_release(&session->arena);
}

/* "5.2-2)": cut at its end; NULL where there is none. */
static char *
cut_version(char *text)
{
	char *end = *text == '(' ? strchr(text, ')') : NULL;

	if (!end || end == text + 1)
		return NULL;
	*end = '\0';
	return end + 1;
}

static void
set_action(struct event *event, char *text)
{
	const struct action *action = actions;
	char *name, *version, *rest, *colon;

	while (action->begin && !text_has_prefix(text, action->begin))
		action++;
	if (!action->begin)
		return;
	text += strlen(action->begin);
	name = line_log_word(&text);
	version = text;
	rest = name ? cut_version(version) : NULL;
	if (!rest)
		return;
	colon = strchr(name, ':');
	if (colon)
		*colon = '\0';
	event->kind = action->kind;
	event->id = action->id;
	event->object = name;
	event->architecture = colon ? colon + 1 : NULL;
	event->version_old = action->goes ? version + 1 : NULL;
	event->version_new = action->goes ? NULL : version + 1;
	if (action->kind != EVENT_PACKAGE_INSTALLED || !text_has_prefix(rest, " over (") ||
	    !cut_version(rest + strlen(" over ")))
		return;
	event->version_old = rest + strlen(" over (");
	event->kind = strcmp(event->version_old, event->version_new) ? EVENT_PACKAGE_UPGRADED : EVENT_PACKAGE_REINSTALLED;
}

static void
add_line(struct session *session, const char *line, const struct place *at)
{
	struct event *event;

	session->events = memory_grow(session->events, session->count, &session->capacity, sizeof *session->events);
	event = &session->events[session->count++];
	*event = (struct event){ .kind = EVENT_RECORD, .provider = "apt", .id = "output", .time = session->begin,
		.text = arena_copy_text(&session->arena, line), .at = *at };
	set_action(event, arena_copy_text(&session->arena, line));
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	static const char started[] = "Log started: ", ended[] = "Log ended: ";
	struct session *session = log->state;
	struct timestamp end;

	(void)length;
	if (session->artifact != log->artifact)
		end_session(log, NULL);
	session->artifact = log->artifact;
	if (text_has_prefix(line, started)) {
		end_session(log, NULL);
		if (!local_time_read(line + strlen(started), &session->begin))
			return false;
		add_line(session, line, at);
		session->events[0].kind = EVENT_PACKAGE_TRANSACTION;
		session->events[0].id = "session";
	} else if (text_has_prefix(line, ended)) {
		if (!local_time_read(line + strlen(ended), &end))
			return false;
		add_line(session, line, at);
		end_session(log, &end);
	} else {
		add_line(session, line, at);
	}
	return true;
}

static enum status
parse_apt_term(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct session session = { .count = 0 };
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .state = &session,
		.odd = "no time where a session of apt begins or ends; when it was is not known" };
	enum status status;

	arena_init(&session.arena);
	status = line_log_read(&log, group);
	end_session(&log, NULL);
	memory_free(session.events);
	return status;
}

const struct eventlog_driver apt_term_eventlog = {
	.name           = "apt_term",
	.description    = "apt: what dpkg said in each session (/var/log/apt/term.log, unattended-upgrades-dpkg.log and rotated)",
	.files          = (const char *const[]){
		"/var/log/apt/term.log*", "/var/log/unattended-upgrades/unattended-upgrades-dpkg.log*", NULL
	},
	.is_package_log = true,
	.manager = "dpkg",
	.parse          = parse_apt_term,
};
