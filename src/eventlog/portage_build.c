/*
 * portage_build.c - logs that portage keeps of builds (make.conf(5), PORTAGE_LOGDIR; ebuild(5))
 *
 *	/var/log/portage/app-shells:bash-5.1_p8:20211123-024530.log[.gz]
 *	/var/log/portage/build/app-shells/bash-5.1_p8:20211123-024530.log
 *	/var/log/portage/elog/app-shells:bash-5.1_p8:20211123-024612.log
 *
 * What is built, and when in UTC that began, stands in the name.  Of the content one line counts, ">>> Merging
 * app-shells/bash-5.1_p8 to /", without which nothing was installed; that is done last, so that its time is that of the
 * file's modification.
 */
#include <stdio.h>
#include <string.h>

#include <t1554triage/eventlog.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "local_time.h"

struct build_logs {
	const struct event_sink *out;
	const struct notes      *notes;
	struct arena             arena;
	enum status              status;
};

/* "20211123-024530.log" */
static bool
read_stamp(const char *text, struct timestamp *ret_time)
{
	char spread[24];

	if (strspn(text, "0123456789") != 8 || text[8] != '-' || strspn(text + 9, "0123456789") != 6)
		return false;
	snprintf(spread, sizeof spread, "%.4s-%.2s-%.2s %.2s:%.2s:%.2s", text, text + 4, text + 6, text + 9, text + 11, text + 13);
	if (!local_time_read(spread, ret_time))
		return false;
	ret_time->local = false;
	return true;
}

/* "app-shells:bash-5.1_p8:" or, below build/, "bash-5.1_p8:" in a folder of the category. */
static bool
name_package(struct build_logs *logs, const struct artifact *artifact, struct event *event)
{
	const char *base = text_base_name(artifact->path), *stamp = strrchr(base, ':');
	char *name, *colon, *version = NULL;

	if (!stamp || !read_stamp(stamp + 1, &event->time))
		return false;
	name = arena_copy(&logs->arena, base, (size_t)(stamp - base));
	colon = strchr(name, ':');
	if (colon) {
		*colon = '/';
	} else {
		const char *folder = arena_copy(&logs->arena, artifact->path, (size_t)(base - artifact->path) - 1);

		name = arena_format(&logs->arena, "%s/%s", text_base_name(folder), name);
	}
	for (char *at = strchr(name, '/'); at && *at; at++)
		if (*at == '-' && at[1] >= '0' && at[1] <= '9')
			version = at;
	if (version)
		*version++ = '\0';
	event->object = name;
	event->version_new = version;
	return true;
}

static bool
is_merge(const char *line)
{
	return text_has_prefix(line, ">>> Merging ") || text_has_prefix(line, ">>> Installing (");
}

static void
look_for_merge(struct build_logs *logs, const struct artifact *artifact, struct event *event)
{
	struct line_reader lines;
	struct source *source;
	enum status status = artifact_open(artifact, logs->notes, &source);
	size_t length;
	char *line;

	logs->status = status_worse(logs->status, status);
	if (status < STATUS_DAMAGED)
		return;
	line_reader_init(&lines, source, &artifact->place, logs->notes);
	while (event->kind == EVENT_RECORD && line_reader_next(&lines, &line, &length))
		if (is_merge(line)) {
			event->time = artifact->times.modified;
			event->time_source = "time of modification of the file";
			event->kind = EVENT_PACKAGE_INSTALLED;
			event->id = "merged";
			event->text = arena_copy(&logs->arena, line, length);
			event->at = lines.place;
		}
	logs->status = status_worse(logs->status, lines.status);
	line_reader_release(&lines);
	source_close(source);
}

static enum status
parse_portage_build(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct build_logs logs = { .out = out, .notes = notes };

	arena_init(&logs.arena);
	for (size_t i = 0; i < group->count; i++) {
		const struct artifact *artifact = &group->items[i];
		struct event event = { .kind = EVENT_RECORD, .provider = "portage", .id = "build",
			.text = text_base_name(artifact->path), .time_source = "name of the file", .at = artifact->place };

		/* A log under another name is none of these. */
		if (name_package(&logs, artifact, &event)) {
			out->event(out->context, &event);
			look_for_merge(&logs, artifact, &event);
			if (event.kind == EVENT_PACKAGE_INSTALLED)
				out->event(out->context, &event);
		}
		arena_release(&logs.arena);
	}
	return logs.status;
}

const struct eventlog_driver portage_build_eventlog = {
	.name        = "portage_build",
	.description = "portage: builds, and whether they were installed (logs in /var/log/portage)",
	.files       = (const char *const[]){
		"/var/log/portage/*:*:*.log*", "/var/log/portage/build/*/*:*.log*", "/var/log/portage/elog/*:*:*.log*", NULL
	},
	.parse       = parse_portage_build,
};
