/*
 * timeline_body.c - TSK 3 body file of every name walked, as the walk spooled it: whole and sorted
 *
 *	0|/usr/sbin/sshd|262411|r/rrwxr-xr-x|0|0|1339392|1763199129|1702900800|1763086425|1763086425
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "formats.h"
#include "output.h"

static void
copy(int descriptor, struct output *out)
{
	char block[1 << 16];
	ssize_t count;

	while ((count = read(descriptor, block, sizeof block)) != 0) {
		if (count > 0)
			output_write(out, block, (size_t)count);
		else if (errno != EINTR)
			break;
	}
	if (count < 0)
		output_fail(out, errno);
}

static enum status
write_body(const struct report *report, struct output *out)
{
	int descriptor;

	if (!report->body_spool)
		return STATUS_OK;
	descriptor = open(report->body_spool, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0) {
		output_fail(out, errno);
		return STATUS_FATAL;
	}
	copy(descriptor, out);
	close(descriptor);
	return output_error(out) ? STATUS_FATAL : STATUS_OK;
}

const struct report_format timeline_body_format = {
	.name        = "timeline.body",
	.description = "times of every name walked, as a body file for mactime",
	.write       = write_body,
};
