/*
 * facts_records.c - what was read of the evidence, as records: facts as the run has them, then every event by time
 *
 *	facts format=1 program=0.1.0
 *	package system=s1 manager=dpkg name=openssh-server version=1:9.2p1-2 ...
 */
#include <errno.h>

#include "formats.h"
#include "output.h"

static void
copy_events(const struct report *report, struct output *out)
{
	struct event_walk *walk = event_walk_open(report->inventory->event_store, false);
	const char *lines;
	size_t length;

	while (!output_error(out) && event_walk_lines(walk, &lines, &length))
		output_write(out, lines, length);
	if (!event_walk_close(walk))
		output_fail(out, EIO);
}

static enum status
write_facts(const struct report *report, struct output *out)
{
	int error;

	if (!report->write_facts)
		return STATUS_OK;
	error = report->write_facts(report->facts, out);
	if (error)
		output_fail(out, error);
	copy_events(report, out);
	return output_error(out) ? STATUS_FATAL : STATUS_OK;
}

const struct report_format facts_records_format = {
	.name        = "facts.records",
	.description = "what was read of the evidence, for judging again without it",
	.write       = write_facts,
	.work        = 4,
};
