/*
 * timeline_body.c - TSK 3 body file of every name walked, as the walk spooled it: whole and sorted
 *
 *	0|/usr/sbin/sshd|262411|r/rrwxr-xr-x|0|0|1339392|1763199129|1702900800|1763086425|1763086425
 */
#include "formats.h"
#include "output.h"

static enum status
write_body(const struct report *report, struct output *out)
{
	if (!report->body_spool)
		return STATUS_OK;
	output_copy(out, report->body_spool);
	return output_error(out) ? STATUS_FATAL : STATUS_OK;
}

const struct report_format timeline_body_format = {
	.name        = "timeline.body",
	.description = "times of every name walked, as a body file for mactime",
	.write       = write_body,
	.is_early    = true,
	.work        = 1,
};
