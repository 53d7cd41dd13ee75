/*
 * cloud_init.c - cloud-init.log: what cloud-init wrote and ran when the host booted, and cloud-init-output.log
 *
 *	2026-11-21 19:28:06,123 - util.py[DEBUG]: Writing to /etc/hosts - wb: [644] 120 bytes
 *	2026-11-21 19:28:07,456 - subp.py[DEBUG]: Running command ['/usr/sbin/sshd', '-t'] with allowed return codes [0]
 *	Cloud-init v. 22.4.2 running 'modules:final' at Tue, 21 Nov 2026 19:28:06 +0000. Up 12.3 seconds.
 *
 * Specification: cloudinit/log.py, util.py and subp.py of cloud-init, whose times are UTC.  Lines without a time are
 * output of what ran, under the time of the line before.
 */
#include <stdio.h>
#include <string.h>

#include <t1554triage/text.h>

#include "line_log.h"
#include "local_time.h"

enum { PATH_BYTES = 4096 };

/* "Tue, 21 Nov 2026 19:28:06 +0000": the words of one day are kept, and the offset is always that of UTC. */
static bool
read_banner(const char *line, struct timestamp *ret_time)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *at = strstr(line, " at "), *found;
	unsigned day, hour, minute, second, year;
	char month[4];

	if (!text_has_prefix(line, "Cloud-init v. ") || !at ||
	    sscanf(at + 4, "%*3s, %2u %3s %4u %2u:%2u:%2u +0000", &day, month, &year, &hour, &minute, &second) != 6 ||
	    strlen(month) != 3 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
		return false;
	found = strstr(months, month);
	if (!found || (found - months) % 3)
		return false;
	*ret_time = (struct timestamp){ .resolution_nanoseconds = 1000000000, .seconds = hour * 3600 + minute * 60 + second +
		timestamp_days(year, (unsigned)(found - months) / 3 + 1, day) * 86400 };
	return true;
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	static const char writing[] = ": Writing to ";
	struct event event = { .kind = EVENT_RECORD, .provider = "cloud-init", .text = line, .at = *at };
	const char *rest = local_time_read(line, &event.time), *path = rest ? strstr(rest, writing) : NULL, *end;
	char name[PATH_BYTES];

	(void)length;
	if (rest) {
		event.time.local = false;
	} else if (!read_banner(line, &event.time)) {
		line_log_output(log, "cloud-init", line, at);
		return true;
	}
	end = path ? strstr(path + sizeof writing - 1, " - ") : NULL;
	if (end && path[sizeof writing - 1] == '/' && (size_t)(end - path) - (sizeof writing - 1) < sizeof name) {
		snprintf(name, sizeof name, "%.*s", (int)(end - path - (ptrdiff_t)(sizeof writing - 1)), path + sizeof writing - 1);
		event.object = name;
		event.id = "written";
	}
	line_log_event(log, &event);
	return true;
}

static enum status
parse_cloud_init(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .oldest_first = true,
		.odd = "not a line of a log of cloud-init; what it says is not known" };

	return line_log_read(&log, group);
}

const struct eventlog_driver cloud_init_eventlog = {
	.name        = "cloud_init",
	.description = "cloud-init: what it wrote and ran when the host booted",
	.files       = (const char *const[]){ "/var/log/cloud-init.log*", "/var/log/cloud-init-output.log*", NULL },
	.parse       = parse_cloud_init,
};
