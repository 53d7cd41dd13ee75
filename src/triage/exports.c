/* exports.c - records that the examiner gives beside the image: of other products (--events), of traffic (--network). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/inflate.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "run.h"

enum { HEAD_BYTES = 1 << 20 };

static void
keep_quiet(void *context, const struct note *note)
{
	(void)context;
	(void)note;
}

/* Compressed or not; what the names of its first records say. */
static bool
is_known(const struct given_file *file)
{
	const struct notes quiet = { keep_quiet, NULL };
	const struct place place = { .path = file->name };
	struct source *content = source_open_descriptor(file->descriptor, file->size), *inflated = NULL, *head;
	bool known;

	if (inflate_open_stream(content, &place, &quiet, &inflated) != STATUS_OK)
		inflated = NULL;
	head = source_open_range(inflated ? inflated : content, 0, HEAD_BYTES);
	known = file->is_traffic ? network_file_is_known(head) : export_is_known(head);
	source_close(head);
	source_close(inflated);
	source_close(content);
	return known;
}

static const struct given_kind { const char *option, *unknown; } kinds[] = {
	{ "--events", "not an export that this version knows: CSV or JSON of Defender's advanced "
		"hunting, of tables of Sentinel, of eslogger, of ECS, CircleCI, Dynatrace, Google Workspace or Recorded Future, with "
		"the names of the fields and at least one record" },
	{ "--network", "not records of traffic that this version knows: conn or dns logs of Zeek (text or JSON), or flows as CSV "
		"with a heading that names the time and the addresses of both ends, and at least one record" },
};

static int
open_one(struct run *run, const char *path, bool is_traffic, struct buffer *ret_message)
{
	const struct given_kind *kind = &kinds[is_traffic];
	struct given_file *file = &run->exports[run->export_count];
	struct stat status;

	file->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (file->descriptor < 0 || fstat(file->descriptor, &status)) {
		buffer_add_format(ret_message, "%s %s: cannot be opened: %s\n", kind->option, path, strerror(errno));
		return 66;
	}
	run->export_count++;
	file->is_traffic = is_traffic;
	file->name = text_base_name(path);
	file->size = (uint64_t)status.st_size;
	if (S_ISREG(status.st_mode) && is_known(file))
		return 0;
	buffer_add_format(ret_message, "%s %s: %s\n", kind->option, path, kind->unknown);
	return 65;
}

int
exports_open(struct run *run, struct buffer *ret_message)
{
	int status = 0;

	run->exports = memory_allocate(run->options->event_path_count + run->options->network_path_count, sizeof *run->exports);
	for (size_t i = 0; i < run->options->event_path_count && !status; i++)
		status = open_one(run, run->options->event_paths[i], false, ret_message);
	for (size_t i = 0; i < run->options->network_path_count && !status; i++)
		status = open_one(run, run->options->network_paths[i], true, ret_message);
	return status;
}

void
exports_close(struct run *run)
{
	for (size_t i = 0; i < run->export_count; i++)
		close(run->exports[i].descriptor);
	memory_free(run->exports);
}
