/*
 * tsk.c - file systems that The Sleuth Kit reads: ext2/3/4, NTFS, FAT, exFAT, HFS+, APFS, UFS, ISO 9660.
 *
 * What libtsk 4.11.1 does not tell or tells wrongly is read beside it: ext
 * inodes (ext_inode.c), what a superblock says of the file system
 * (superblock.c), content by its runs (tsk_content.c).
 */
#include <string.h>

#include <t1554triage/tsk_image.h>

#include "ext_journal.h"
#include "ext_superblock.h"
#include "tsk.h"

const char *
tsk_message(void)
{
	const char *message = tsk_error_get();

	return message ? message : "the library gives no reason";
}

static void
close_state(struct filesystem_state *state)
{
	if (state->fs)
		tsk_fs_close(state->fs);
	if (state->pool_image)
		tsk_img_close(state->pool_image);
	if (state->pool)
		tsk_pool_close(state->pool);
	tsk_image_close(state->image);
	source_close(state->presented);
	source_close(state->journal);
	arena_release(&state->arena);
	memory_free(state);
}

static struct place
place_of(const struct filesystem *filesystem)
{
	return (struct place){ .evidence = filesystem->evidence, .volume = filesystem->volume };
}

/* "p3/apfs1": the pool's volumes in the order of its table, from 1. */
static void
name_pool_volume(struct filesystem *filesystem, const struct filesystem_origin *origin)
{
	struct filesystem_state *state = filesystem->state;

	filesystem->count = (unsigned)state->pool->num_vols;
	filesystem->volume = arena_format(&state->arena, "%s/apfs%u", origin->volume->name,
		origin->index + 1);
}

/* STATUS_UNREADABLE without a note where libtsk tells the reason. */
static enum status
open_pool(struct filesystem *filesystem, const struct filesystem_origin *origin)
{
	struct filesystem_state *state = filesystem->state;
	const TSK_POOL_VOLUME_INFO *volume;

	state->pool = tsk_pool_open_img_sing(state->image, 0, TSK_POOL_TYPE_APFS);
	if (!state->pool)
		return origin->index ? STATUS_END : STATUS_UNREADABLE;
	volume = state->pool->vol_list;
	for (unsigned i = 0; volume && i < origin->index; i++)
		volume = volume->next;
	if (!volume)
		return STATUS_END;
	name_pool_volume(filesystem, origin);
	state->pool_volume = volume;
	if (volume->flags & TSK_POOL_VOLUME_FLAG_ENCRYPTED)
		return STATUS_UNREADABLE;
	/* tsk_fs_open_pool is declared, but not in the library. */
	state->pool_image = state->pool->get_img_info(state->pool, volume->block);
	if (state->pool_image)
		state->fs = tsk_fs_open_img(state->pool_image, 0, TSK_FS_TYPE_APFS);
	return state->fs ? STATUS_OK : STATUS_UNREADABLE;
}

/* The source that everything reads: the volume, of ext with its journal and a superblock that can be read. */
static void
choose_source(struct filesystem *filesystem, const struct filesystem_origin *origin,
	const struct notes *notes)
{
	struct filesystem_state *state = filesystem->state;
	struct place at = place_of(filesystem);

	state->source = origin->source;
	state->start = origin->volume->start;
	if (state->kind->type != TSK_FS_TYPE_EXT_DETECT)
		return;
	state->journal = ext_journal_open(state->source, &at, notes, &state->journal_unreplayed);
	if (state->journal)
		state->source = state->journal;
	state->presented = ext_present(state->source);
	if (state->presented)
		state->source = state->presented;
}

uint64_t
tsk_medium_offset(const struct filesystem_state *state, uint64_t offset, uint64_t *length)
{
	return state->start + (state->journal ? ext_journal_place(state->journal, offset, length) : offset);
}

static enum status
open_kind(struct filesystem *filesystem, const struct filesystem_origin *origin)
{
	struct filesystem_state *state = filesystem->state;

	tsk_error_reset();
	if (state->kind->type == TSK_FS_TYPE_APFS)
		return open_pool(filesystem, origin);
	state->fs = tsk_fs_open_img(state->image, 0, state->kind->type);
	return state->fs ? STATUS_OK : STATUS_UNREADABLE;
}

static enum status
note_identity(struct filesystem *filesystem, const struct notes *notes)
{
	struct filesystem_state *state = filesystem->state;
	struct place at = place_of(filesystem);
	enum status status = STATUS_OK;

	/* Of ext it is told where it is found. */
	if (filesystem->identity.journal_unreplayed && !state->journal_unreplayed)
		note(notes, STATUS_OK, NOTE_JOURNAL_UNREPLAYED, &at,
			"the %s file system was not unmounted cleanly and its journal is not replayed: "
			"the newest changes may be missing, files they concern may be read as they were before",
			filesystem->identity.type);
	if (state->kind->type == TSK_FS_TYPE_ISO9660 && tsk_iso_has_rock_ridge(state))
		note(notes, STATUS_OK, NOTE_FILESYSTEM_UNSUPPORTED, &at,
			"the ISO 9660 file system has Rock Ridge entries, which are not read: symbolic links are seen as "
			"empty files, names may be the short ones, modes and owners are not known");
	if (state->kind->is_damaged)
		status = note(notes, STATUS_DAMAGED, NOTE_FILESYSTEM_DAMAGED, &at,
			"the superblock of the %s file system is lost: it is read by the copy in its second group, "
			"which tells nothing of its last state", filesystem->identity.type);
	if (state->fs->last_block_act < state->fs->last_block)
		status = note(notes, STATUS_DAMAGED, NOTE_FILESYSTEM_DAMAGED, &at,
			"the %s file system should have %llu blocks, the volume ends after %llu: "
			"what lies behind is not read", filesystem->identity.type,
			(unsigned long long)state->fs->last_block + 1,
			(unsigned long long)state->fs->last_block_act + 1);
	return status;
}

static enum status
identify(struct filesystem *filesystem, const struct notes *notes)
{
	struct filesystem_state *state = filesystem->state;

	filesystem->identity = (struct filesystem_identity){
		.type = state->kind->name, .uuid = "", .label = "", .last_mounted = "",
		.block_size = state->fs->block_size,
		.case_insensitive = state->kind->case_insensitive,
		.local_times = state->kind->local_times,
	};
	state->kind->identify(state, &filesystem->identity);
	return note_identity(filesystem, notes);
}

static void
note_not_opened(const struct filesystem *filesystem, const struct notes *notes)
{
	const struct filesystem_state *state = filesystem->state;
	struct place at = place_of(filesystem);

	if (state->pool_volume && state->pool_volume->flags & TSK_POOL_VOLUME_FLAG_ENCRYPTED)
		note(notes, STATUS_UNREADABLE, NOTE_FILESYSTEM_UNSUPPORTED, &at,
			"an encrypted APFS volume: its files cannot be examined");
	else
		note(notes, STATUS_UNREADABLE, NOTE_FILESYSTEM_DAMAGED, &at,
			"the volume begins as %s and cannot be opened, its files are not examined: %s",
			state->kind->name, tsk_message());
}

static enum status
open_tsk(struct filesystem *filesystem, const struct filesystem_origin *origin, const struct notes *notes)
{
	const struct tsk_kind *kind;
	struct filesystem_state *state;
	enum status status;

	if (!origin->source || origin->volume->recognised)
		return STATUS_NOT_MINE;
	for (kind = tsk_kinds; kind->name && !kind->probe(origin->source); kind++)
		;
	if (!kind->name)
		return STATUS_NOT_MINE;
	if (origin->index && kind->type != TSK_FS_TYPE_APFS)
		return STATUS_END;
	state = memory_allocate(1, sizeof *state);
	arena_init(&state->arena);
	state->kind = kind;
	filesystem->state = state;
	choose_source(filesystem, origin, notes);
	state->image = tsk_image_open(state->source, origin->image ? origin->image->sector_size : 0);
	status = open_kind(filesystem, origin);
	if (status == STATUS_OK)
		return identify(filesystem, notes);
	if (status == STATUS_UNREADABLE)
		note_not_opened(filesystem, notes);
	close_state(state);
	return status;
}

static void
close_tsk(struct filesystem *filesystem)
{
	close_state(filesystem->state);
}

const struct filesystem_driver tsk_filesystem = {
	.name        = "tsk",
	.library     = "The Sleuth Kit",
	.library_version = tsk_version_get_str,
	.description = "ext2, ext3, ext4, NTFS, FAT, exFAT, HFS+, APFS, UFS and ISO 9660, by The Sleuth Kit",
	.open        = open_tsk,
	.close       = close_tsk,
	.list        = tsk_list,
	.orphans     = tsk_orphans,
	.content     = tsk_content,
	.runs        = tsk_runs,
};
