/* xfs.c - XFS, versions 4 and 5, by an own reader. */
#include <string.h>

#include "xfs.h"
#include "xfs_log.h"

static struct place
place_of(const struct filesystem *filesystem)
{
	return (struct place){ .evidence = filesystem->evidence, .volume = filesystem->volume };
}

static const char *
copy_uuid(struct arena *arena, const uint8_t *uuid)
{
	return arena_format(arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		uuid[0], uuid[1], uuid[2], uuid[3], uuid[4], uuid[5], uuid[6], uuid[7],
		uuid[8], uuid[9], uuid[10], uuid[11], uuid[12], uuid[13], uuid[14], uuid[15]);
}

static void
close_xfs(struct filesystem *filesystem)
{
	struct filesystem_state *state = filesystem->state;

	source_close(state->replayed);
	arena_release(&state->arena);
	memory_free(state);
}

/* What of it is not as it should be, though it can be read. */
static enum status
note_identity(const struct filesystem *filesystem, const struct notes *notes)
{
	const struct xfs_geometry *geometry = &filesystem->state->xfs.geometry;
	uint64_t blocks = filesystem->state->xfs.volume->size >> geometry->block_log;
	struct place at = place_of(filesystem);
	enum status status = STATUS_OK;

	if (geometry->needs_repair)
		status = note(notes, STATUS_DAMAGED, NOTE_FILESYSTEM_DAMAGED, &at,
			"the XFS file system is marked as in need of repair: a running system would not mount it");
	if (geometry->realtime_blocks)
		note(notes, STATUS_OK, NOTE_FILESYSTEM_UNSUPPORTED, &at,
			"the XFS file system has a real-time section: contents of files that are kept there are not read");
	if (blocks < geometry->block_count)
		status = note(notes, STATUS_DAMAGED, NOTE_FILESYSTEM_DAMAGED, &at,
			"the XFS file system should have %llu blocks, the volume ends after %llu: what lies behind is not read",
			(unsigned long long)geometry->block_count, (unsigned long long)blocks);
	return status;
}

static enum status
read_geometry(const struct filesystem *filesystem, const struct notes *notes)
{
	struct xfs *xfs = &filesystem->state->xfs;
	struct place at = place_of(filesystem);
	const char *reason = NULL;
	enum status status = xfs_geometry_read(xfs->volume, &xfs->crc, &xfs->geometry, &reason);

	if (status == STATUS_UNREADABLE)
		return note(notes, status, NOTE_FILESYSTEM_DAMAGED, &at, "the volume begins as XFS and cannot be read, "
			"its files are not examined: the superblock is broken (%s) and no copy of it was found", reason);
	if (status == STATUS_DAMAGED)
		note(notes, status, NOTE_FILESYSTEM_DAMAGED, &at, "the superblock of the XFS file system is broken (%s): "
			"it is read by the copy at byte %llu", reason, (unsigned long long)xfs->geometry.offset);
	if (status != STATUS_NOT_MINE && xfs->geometry.unknown)
		return note(notes, STATUS_UNREADABLE, NOTE_FILESYSTEM_UNSUPPORTED, &at,
			"the XFS file system has features that this version does not read (0x%x): nothing in it was examined",
			xfs->geometry.unknown);
	return status;
}

static enum status
open_xfs(struct filesystem *filesystem, const struct filesystem_origin *origin, const struct notes *notes)
{
	struct place at = place_of(filesystem);
	struct filesystem_state *state;
	bool unreplayed = false;
	enum status status;

	if (!origin->source || origin->volume->recognised)
		return STATUS_NOT_MINE;
	state = memory_allocate(1, sizeof *state);
	arena_init(&state->arena);
	crc32c_init(&state->xfs.crc);
	state->xfs.volume = origin->source;
	state->start = origin->volume->start;
	filesystem->state = state;
	status = read_geometry(filesystem, notes);
	if ((status == STATUS_OK || status == STATUS_DAMAGED) && origin->index)
		status = STATUS_END;
	if (status != STATUS_OK && status != STATUS_DAMAGED) {
		close_xfs(filesystem);
		return status;
	}
	state->replayed = xfs_log_open(&state->xfs, &at, notes, &unreplayed);
	if (state->replayed)
		state->xfs.volume = state->replayed;
	filesystem->identity = (struct filesystem_identity){
		.type = "xfs", .uuid = copy_uuid(&state->arena, state->xfs.geometry.uuid),
		.label = arena_copy_text(&state->arena, state->xfs.geometry.label), .last_mounted = "",
		.block_size = state->xfs.geometry.block_size,
		.case_insensitive = state->xfs.geometry.is_case_insensitive,
		.journal_unreplayed = unreplayed,
	};
	return status_worse(status, note_identity(filesystem, notes));
}

const struct filesystem_driver xfs_filesystem = {
	.name        = "xfs",
	.description = "XFS, versions 4 and 5",
	.open        = open_xfs,
	.close       = close_xfs,
	.list        = xfs_list,
	.orphans     = xfs_orphans,
	.content     = xfs_content,
	.runs        = xfs_runs,
};
