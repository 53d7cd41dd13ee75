/*
 * dpkg_copies.c - older states of dpkg: /var/lib/dpkg/status-old, /var/backups/dpkg.status.N (dpkg, dpkg-db-backup)
 *
 *	Package: openssh-server
 *	Status: hold ok installed
 *
 * No log records "apt-mark hold": a package that is held in one copy and not in the one before was held between the two.
 * Each copy is an event, and so is each package that it holds; their time is that of the copy's last change.
 */
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "line_log.h"

struct copy {
	struct arena           arena;
	const struct artifact *artifact;	/* that is counted now */
	const char            *package;
	uint64_t               packages, held;
};

static void
end_copy(struct line_log *log)
{
	struct copy *copy = log->state;

	if (copy->artifact)
		line_log_event(log, &(struct event){ .kind = EVENT_PACKAGE_LOCKED, .provider = "dpkg", .id = "copy",
			.time = copy->artifact->times.modified, .time_source = "time of modification of the file",
			.text = arena_format(&copy->arena, "a copy of dpkg's status: %llu packages, %llu of them held",
				(unsigned long long)copy->packages, (unsigned long long)copy->held),
			.at = copy->artifact->place });
	copy->artifact = NULL;
	copy->package = NULL;
	copy->packages = copy->held = 0;
	arena_release(&copy->arena);
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	static const char package[] = "Package: ", held[] = "Status: hold ";
	struct copy *copy = log->state;

	(void)length;
	if (copy->artifact != log->artifact)
		end_copy(log);
	copy->artifact = log->artifact;
	if (text_has_prefix(line, package)) {
		copy->package = arena_copy_text(&copy->arena, line + strlen(package));
		copy->packages++;
	} else if (text_has_prefix(line, held) && copy->package) {
		copy->held++;
		line_log_event(log, &(struct event){ .kind = EVENT_PACKAGE_LOCKED, .provider = "dpkg", .id = "held-in-copy",
			.object = copy->package, .time = log->artifact->times.modified,
			.time_source = "time of modification of the file", .text = line, .at = *at });
	}
	return true;
}

static enum status
parse_dpkg_copies(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct copy copy = { .artifact = NULL };
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .state = &copy,
		.odd = "not a line of dpkg's status" };
	enum status status;

	arena_init(&copy.arena);
	status = line_log_read(&log, group);
	end_copy(&log);
	return status;
}

const struct eventlog_driver dpkg_copies_eventlog = {
	.name        = "dpkg_copies",
	.description = "dpkg: copies of its status, and which packages each of them holds (status-old, /var/backups)",
	.files       = (const char *const[]){ "/var/lib/dpkg/status-old", "/var/backups/dpkg.status.*", NULL },
	.parse       = parse_dpkg_copies,
};
