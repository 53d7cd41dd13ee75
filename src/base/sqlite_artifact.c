/* sqlite_artifact.c - a SQLite database among the artifacts of a driver, with what stands beside it. */
#include <string.h>

#include <t1554triage/sqlite_database.h>

static enum status
open_beside(const struct artifact_group *group, const struct artifact *artifact, const char *ending,
	const struct notes *notes, struct source **ret_source)
{
	size_t length = strlen(artifact->path);

	for (size_t i = 0; i < group->count; i++) {
		const struct artifact *item = &group->items[i];
		enum status status;

		if (strncmp(item->path, artifact->path, length) || strcmp(item->path + length, ending) || !item->size)
			continue;
		status = artifact_open(item, notes, ret_source);
		if (status < STATUS_DAMAGED)
			*ret_source = NULL;
		return status;
	}
	return STATUS_OK;
}

enum status
sqlite_artifact_open(const struct artifact_group *group, const struct artifact *artifact,
	const struct notes *notes, struct sqlite_artifact *ret_opened)
{
	struct sqlite_artifact *opened = ret_opened;
	enum status status, one;

	*opened = (struct sqlite_artifact){ .source = NULL };
	status = artifact_open(artifact, notes, &opened->source);
	if (status < STATUS_DAMAGED) {
		opened->source = NULL;
		return status;
	}
	status = status_worse(status, open_beside(group, artifact, "-wal", notes, &opened->log));
	status = status_worse(status, open_beside(group, artifact, "-journal", notes, &opened->journal));
	one = sqlite_overlay_open(opened->source, opened->log, opened->journal, &artifact->place, notes, &opened->overlay);
	if (one == STATUS_NOT_MINE)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &artifact->place,
			"%s is no SQLite database: nothing is known from it", artifact->path);
	status = status_worse(status, one);
	return status_worse(status, sqlite_database_open(opened->overlay, &artifact->place, notes, &opened->database));
}

void
sqlite_artifact_close(struct sqlite_artifact *opened)
{
	sqlite_database_close(opened->database);
	source_close(opened->overlay);
	source_close(opened->journal);
	source_close(opened->log);
	source_close(opened->source);
}
