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

#include <t1554triage/eventlog.h>
#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>

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

struct log_run {
	const struct event_sink *out;
	const struct notes      *notes;
	struct buffer            words;		/* the line, cut into words */
	uint64_t                 events;
};

/* The next word, NULL at the end; the text is cut. */
static const char *
next_word(char **text)
{
	char *word = *text + strspn(*text, " ");
	size_t length = strcspn(word, " ");

	if (!length)
		return NULL;
	*text = word + length + (word[length] != '\0');
	word[length] = '\0';
	return word;
}

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

	set_package(event, next_word(&rest));
	first = version_or_null(next_word(&rest));
	second = version_or_null(next_word(&rest));
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

	event->id = next_word(&rest);
	if (!event->id)
		return;
	while (action->name && strcmp(action->name, event->id))
		action++;
	if (!strcmp(event->id, "status")) {
		*state = (struct event_field){ "state", next_word(&rest) };
		event->fields = state;
		event->field_count = state->value != NULL;
	}
	if (action->name)
		set_package_action(event, action, rest);
	else if (!strcmp(event->id, "conffile"))
		event->object = next_word(&rest);
}

static bool
take_line(struct log_run *run, const char *line, size_t length, const struct place *at)
{
	struct event event = { .kind = EVENT_RECORD, .provider = "dpkg", .text = line, .at = *at };
	struct event_field state;
	const char *rest;

	if (memchr(line, '\0', length))
		return false;
	rest = local_time_read(line, &event.time);
	if (!rest || *rest != ' ')
		return false;
	buffer_clear(&run->words);
	buffer_add_text(&run->words, rest);
	set_action(&event, run->words.bytes, &state);
	if (!event.id)
		return false;
	run->out->event(run->out->context, &event);
	return true;
}

static enum status
read_log(struct log_run *run, const struct artifact *artifact)
{
	struct odd_lines odd = { .count = 0 };
	struct line_reader reader;
	struct source *source;
	enum status status = artifact_open(artifact, run->notes, &source);
	char *line;
	size_t length;

	if (status != STATUS_OK && status != STATUS_DAMAGED)
		return status;
	line_reader_init(&reader, source, &artifact->place, run->notes);
	while (line_reader_next(&reader, &line, &length)) {
		if (run->events++ >= limit_get(LIMIT_EVENTS)) {
			status = note(run->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &reader.place,
				"lines from here on were left out (events)");
			break;
		}
		if (length && !take_line(run, line, length, &reader.place))
			odd_lines_add(&odd, &reader);
	}
	status = status_worse(status, odd_lines_note(&odd, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, run->notes,
		"not a line of dpkg's log; what it recorded is not known"));
	status = status_worse(status, reader.status);
	line_reader_release(&reader);
	source_close(source);
	return status;
}

static enum status
parse_dpkg_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct log_run run = { .out = out, .notes = notes };
	enum status status = STATUS_OK;

	buffer_init(&run.words, 0);
	for (size_t i = 0; i < group->count; i++)
		status = status_worse(status, read_log(&run, &group->items[i]));
	buffer_release(&run.words);
	return status;
}

const struct eventlog_driver dpkg_log_eventlog = {
	.name           = "dpkg_log",
	.description    = "dpkg: each step of each package (/var/log/dpkg.log and rotated)",
	.files          = (const char *const[]){ "/var/log/dpkg.log*", NULL },
	.is_package_log = true,
	.parse          = parse_dpkg_log,
};
