/* manifest.c - what drivers of text databases share: opening, limits, counts. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "manifest.h"

bool
manifest_open(struct manifest *manifest, const struct artifact *artifact, struct source **ret_source,
	struct line_reader *ret_reader)
{
	enum status status = artifact_open(artifact, manifest->notes, ret_source);

	manifest->status = status_worse(manifest->status, status);
	if (status < STATUS_DAMAGED)
		return false;
	line_reader_init(ret_reader, *ret_source, &artifact->place, manifest->notes);
	return true;
}

void
manifest_close(struct manifest *manifest, struct source *source, struct line_reader *reader)
{
	manifest->status = status_worse(manifest->status, reader->status);
	line_reader_release(reader);
	source_close(source);
}

void
manifest_file(struct manifest *manifest, struct package_file *file)
{
	file->manager = manifest->manager;
	if (manifest->rows++ == limit_get(LIMIT_PACKAGE_FILES))
		manifest->status = status_worse(manifest->status, note(manifest->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT,
			&file->at, "paths of packages from here on were left out (package-files)"));
	if (manifest->rows <= limit_get(LIMIT_PACKAGE_FILES))
		manifest->out->file(manifest->out->context, file);
}

void
manifest_package(struct manifest *manifest, struct package *package)
{
	package->manager = manifest->manager;
	if (manifest->packages++ == limit_get(LIMIT_PACKAGES))
		manifest->status = status_worse(manifest->status, note(manifest->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT,
			&package->at, "packages from here on were left out (packages)"));
	if (manifest->packages <= limit_get(LIMIT_PACKAGES))
		manifest->out->package(manifest->out->context, package);
}

void
manifest_odd(struct manifest *manifest, const struct odd_lines *odd, const char *what)
{
	manifest->status = status_worse(manifest->status,
		odd_lines_note(odd, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, manifest->notes, what));
}

bool
manifest_is_repeated(const struct artifact_group *group, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (!strcmp(group->items[i].path, group->items[index].path))
			return true;
	return false;
}

bool
manifest_is_text(const char *line, size_t length)
{
	return !memchr(line, '\0', length);
}

struct timestamp
manifest_epoch(const char *text)
{
	uint64_t seconds;

	if (!text_parse_u64(text, strlen(text), 10, &seconds) || seconds > INT64_MAX)
		return (struct timestamp){ .resolution_nanoseconds = 0 };
	return (struct timestamp){ .seconds = (int64_t)seconds, .resolution_nanoseconds = 1000000000 };
}
