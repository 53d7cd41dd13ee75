/* exports.c - records that the examiner gives beside the image: of other products (--events), of traffic (--network). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/digest.h>
#include <t1554triage/exit_status.h>
#include <t1554triage/inflate.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "run.h"

enum { HEAD_BYTES = 1 << 20, BLOCK_BYTES = 256 << 10 };

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
		return EXIT_NO_INPUT;
	}
	run->export_count++;
	file->is_traffic = is_traffic;
	file->name = text_base_name(path);
	file->size = (uint64_t)status.st_size;
	if (S_ISREG(status.st_mode) && is_known(file))
		return 0;
	buffer_add_format(ret_message, "%s %s: %s\n", kind->option, path, kind->unknown);
	return EXIT_DATA;
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

/* False: it could not be read to its end. */
static bool
digest_of(const struct given_file *file, struct digest *ret_digest)
{
	struct source *content = source_open_descriptor(file->descriptor, file->size);
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_SHA256);
	uint8_t *block = memory_allocate(1, BLOCK_BYTES);
	struct digests digests;
	uint64_t at = 0;
	size_t length = 0;

	while (at < file->size && source_read(content, at, block, BLOCK_BYTES, &length) == STATUS_OK) {
		digest_stream_update(stream, block, length);
		at += length;
	}
	digest_stream_finish(stream, &digests, NULL);
	*ret_digest = (struct digest){ .algorithm = DIGEST_SHA256 };
	memcpy(ret_digest->bytes, digests.sha256, sizeof digests.sha256);
	digest_stream_close(stream);
	memory_free(block);
	source_close(content);
	return at == file->size;
}

int
exports_digest(struct run *run, struct buffer *ret_message)
{
	const char **lines = arena_allocate(&run->arena, (run->export_count + 1) * sizeof *lines);
	struct buffer hex;

	buffer_init(&hex, 0);
	for (size_t i = 0; i < run->export_count; i++) {
		const struct given_file *file = &run->exports[i];
		struct digest digest;

		if (!digest_of(file, &digest)) {
			buffer_add_format(ret_message, "%s %s: cannot be read to its end\n", kinds[file->is_traffic].option, file->name);
			buffer_release(&hex);
			return EXIT_NO_INPUT;
		}
		buffer_clear(&hex);
		digest_add_hex(&hex, &digest);
		lines[i] = arena_format(&run->arena, "%s %s: %llu bytes, SHA-256 %s", kinds[file->is_traffic].option, file->name,
			(unsigned long long)file->size, hex.bytes);
	}
	buffer_release(&hex);
	run->given_lines = lines;
	run->given_line_count = run->export_count;
	return 0;
}

void
exports_close(struct run *run)
{
	for (size_t i = 0; i < run->export_count; i++)
		close(run->exports[i].descriptor);
	memory_free(run->exports);
}
