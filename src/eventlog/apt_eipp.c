/*
 * apt_eipp.c - /var/log/apt/eipp.log.xz: what apt knew of all packages before its last transaction
 * (apt, doc/external-installation-planner-protocol.md)
 *
 *	Request: EIPP 0.1
 *	Architecture: amd64
 *	Install: openssh-server:amd64
 *	Planner: internal
 *
 *	Package: bash
 *	Architecture: amd64
 *	Version: 5.2-1
 *	Status: installed
 *
 * A stanza a package and version.  The request bears no time: apt wrote the file then.  Of the packages those count that
 * were installed: a third copy, beside status and the log, of what was there.
 */
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "line_log.h"

struct planning {
	struct arena arena;		/* texts of the stanza */
	struct event event;
	bool         is_request, is_installed;
	const struct artifact *artifact;
};

static void
begin_stanza(struct planning *planning)
{
	arena_release(&planning->arena);
	planning->event = (struct event){ .kind = EVENT_RECORD };
	planning->is_request = planning->is_installed = false;
}

static void
end_stanza(struct line_log *log)
{
	struct planning *planning = log->state;
	struct event *event = &planning->event;

	if (planning->is_request || (planning->is_installed && event->object && event->version_old)) {
		event->provider = "apt";
		event->time = planning->artifact->times.modified;
		event->time_source = "time of modification of the file";
		event->kind = planning->is_request ? EVENT_PACKAGE_TRANSACTION : EVENT_RECORD;
		event->id = planning->is_request ? "plan" : "installed-before";
		line_log_event(log, event);
	}
	begin_stanza(planning);
}

/* Fields that tell nothing here are passed by. */
static void
take_field(struct planning *planning, const char *line, const char *value)
{
	struct event *event = &planning->event;
	const char *copy = arena_copy_text(&planning->arena, value);

	if (text_has_prefix(line, "Request: ")) {
		planning->is_request = true;
		event->text = arena_copy_text(&planning->arena, line);
	} else if (text_has_prefix(line, "Package: ")) {
		event->object = copy;
		event->text = arena_copy_text(&planning->arena, line);
	} else if (text_has_prefix(line, "Architecture: ")) {
		event->architecture = copy;
	} else if (text_has_prefix(line, "Version: ")) {
		event->version_old = copy;
	} else if (text_has_prefix(line, "Status: ")) {
		planning->is_installed = !strcmp(value, "installed");
	} else if (planning->is_request && (text_has_prefix(line, "Install: ") || text_has_prefix(line, "Remove: ") ||
	    text_has_prefix(line, "ReInstall: "))) {
		event->subject = event->subject ? arena_format(&planning->arena, "%s; %s", event->subject, line) :
			arena_copy_text(&planning->arena, line);
	}
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct planning *planning = log->state;
	const char *colon = strchr(line, ':');

	(void)length;
	if (*line == ' ')
		return true;	/* a value goes on */
	if (!colon)
		return false;
	/* An empty line is not handed out: the first field of a stanza begins it. */
	if (text_has_prefix(line, "Package: ") || text_has_prefix(line, "Request: ")) {
		end_stanza(log);
		planning->artifact = log->artifact;
		planning->event.at = *at;
	}
	take_field(planning, line, colon + 1 + strspn(colon + 1, " "));
	return true;
}

static enum status
parse_apt_eipp(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct planning planning = { .artifact = NULL };
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .state = &planning,
		.odd = "not a field of a plan of apt; what it recorded is not known" };
	enum status status;

	arena_init(&planning.arena);
	status = line_log_read(&log, group);
	end_stanza(&log);
	arena_release(&planning.arena);
	return status;
}

const struct eventlog_driver apt_eipp_eventlog = {
	.name        = "apt_eipp",
	.description = "apt: what was installed before the last transaction (/var/log/apt/eipp.log.xz)",
	.files       = (const char *const[]){ "/var/log/apt/eipp.log*", NULL },
	.parse       = parse_apt_eipp,
};
