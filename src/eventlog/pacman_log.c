/*
 * pacman_log.c - /var/log/pacman.log (pacman, lib/libalpm/log.c; pacman.conf(5) "LogFile")
 *
 *	[2026-11-21T19:50:19+0000] [PACMAN] Running 'pacman -Syu'
 *	[2026-11-21T19:50:19+0000] [ALPM] transaction started
 *	[2026-11-21T19:50:19+0000] [ALPM] upgraded bash (5.1-1 -> 5.2-1)
 *	[2019-07-25 23:38] [ALPM] installed mytool (1.1-1)
 *
 * Since 2019 with seconds and a zone, before in local minutes.  "Running" is logged for attempts that fail,
 * too: only what [ALPM] says was done.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "line_log.h"
#include "local_time.h"
#include "package_name.h"

static const struct package_verb verbs[] = {
	{ "installed",   EVENT_PACKAGE_INSTALLED,   false },
	{ "upgraded",    EVENT_PACKAGE_UPGRADED,    false },
	{ "downgraded",  EVENT_PACKAGE_UPGRADED,    false },
	{ "reinstalled", EVENT_PACKAGE_REINSTALLED, false },
	{ "removed",     EVENT_PACKAGE_REMOVED,     true },
	{ NULL, EVENT_RECORD, false }
};

/* "[2019-07-25 23:38]": a minute. */
static const char *
read_old_time(const char *text, struct timestamp *ret_time)
{
	char padded[24];

	if (strlen(text) < 17 || text[16] != ']')
		return NULL;
	memcpy(padded, text, 16);
	memcpy(padded + 16, ":00", 4);
	if (!local_time_read(padded, ret_time))
		return NULL;
	ret_time->resolution_nanoseconds = 60ULL * 1000000000;
	return text + 16;
}

static void
set_action(struct event *event, char *rest)
{
	const char *word = line_log_word(&rest);
	char *package = word ? line_log_word(&rest) : NULL, *versions = rest;
	const struct package_verb *verb = verbs;
	char *arrow, *end;

	while (package && verb->name && strcmp(verb->name, word))
		verb++;
	end = package ? strrchr(versions, ')') : NULL;
	if (!end || !verb->name || *versions != '(')
		return;
	*end = '\0';
	versions++;
	arrow = strstr(versions, " -> ");
	event->kind = verb->kind;
	event->id = verb->name;
	event->object = package;
	if (arrow) {
		*arrow = '\0';
		event->version_old = versions;
		event->version_new = arrow + 4;
	} else {
		event->version_old = verb->goes ? versions : NULL;
		event->version_new = verb->goes ? NULL : versions;
	}
}

static void
set_message(struct event *event, char *text)
{
	static const char running[] = "Running '";
	char *message = text + strspn(text, " "), *end = strchr(message, ']');

	if (*message != '[' || !end || end[1] != ' ')
		return;
	*end = '\0';
	event->channel = message + 1;
	message = end + 2;
	if (text_has_prefix(message, running)) {
		event->kind = EVENT_PACKAGE_TRANSACTION;
		event->id = "command";
		event->subject = message + strlen(running);
		end = strrchr(message, '\'');
		*end = '\0';
	} else if (!strcmp(event->channel, "ALPM")) {
		set_action(event, message);
	}
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct event event = { .kind = EVENT_RECORD, .provider = "pacman", .text = line, .at = *at };
	const char *rest = NULL;

	(void)length;
	if (*line == '[') {
		rest = zoned_time_read(line + 1, &event.time);
		if (!rest || *rest != ']')
			rest = read_old_time(line + 1, &event.time);
	}
	if (!rest) {
		line_log_output(log, "pacman", line, at);
		return true;
	}
	set_message(&event, line_log_copy(log, rest + 1));
	line_log_event(log, &event);
	return true;
}

static enum status
parse_pacman_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct line_log log = { .out = out, .notes = notes, .take = take_line,
		.odd = "not a line of pacman's log; what it recorded is not known" };

	return line_log_read(&log, group);
}

const struct eventlog_driver pacman_log_eventlog = {
	.name           = "pacman_log",
	.description    = "pacman: commands, packages that came and went (/var/log/pacman.log and rotated)",
	.files          = (const char *const[]){ "/var/log/pacman.log*", NULL },
	.is_package_log = true,
	.manager = "pacman",
	.parse          = parse_pacman_log,
};
